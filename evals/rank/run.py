"""Run rankers on requests: quality, order sensitivity, popularity bias, price; and what fusion makes of them.

Half of the people choose the fusion weights (and nothing else), the other half are the test. A ranker
sees the candidates in a random order, so that it cannot score by leaving the list as it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

from parley.evals.intervals import Estimate, bootstrap, paired_difference
from parley.evals.rank.requests import Asked, RankEvalError
from parley.tools.candidates import Candidate
from parley.tools.ranking.adaptive import ActivityWeights, Validated, fit_activity_weights, uncertainty
from parley.tools.ranking.fusion import fuse_scores
from parley.tools.ranking.judging import PairwiseRanker, PointwiseRanker
from parley.tools.ranking.language import Describe, Scorer, Writer
from parley.tools.ranking.letters import LetterConfig, LetterRanker
from parley.tools.ranking.likelihood import LikelihoodRanker
from parley.tools.ranking.permutation import ListwiseRanker, NirRanker, WindowRanker
from parley.tools.seams import RankedList, Ranker

Count = Callable[[], int]
"""Tokens the model has read and written so far."""


class RankerRow(BaseModel):
    """One ranker on one kind of candidates."""

    model_config = ConfigDict(frozen=True)

    ranker: str
    candidates: str
    ndcg10: Estimate
    hit1: Estimate
    against_input: Estimate | None = None
    """NDCG@10 less that of the input order, paired by person."""
    top1_kept: Estimate | None = None
    """Share of requests whose first item stays the same when the candidates arrive in another order."""
    popularity_of_first: Estimate | None = None
    """Mean share of people who have the first item; the same of the input order is the yardstick."""
    fell_back: float | None = None
    """Share of requests whose answer was illegal."""
    seconds: float | None = None
    calls: float | None = None
    tokens: float | None = None
    """Per request."""
    weights: ActivityWeights | None = None
    """Fusion weights the validation people chose."""
    routed: float | None = None
    """Share of requests sent to the LLM."""


def make_ranker(name: str, model: Scorer, write: Writer, describe: Describe) -> Ranker:
    """The ranker of that name.

    Raises:
        RankEvalError: no such ranker; the message lists the ones there are.
    """
    makers: Mapping[str, Callable[[], Ranker]] = {
        "letters": lambda: LetterRanker(model, describe),
        "letters-recency": lambda: LetterRanker(model, describe, LetterConfig(history="recency")),
        "letters-in-context": lambda: LetterRanker(model, describe, LetterConfig(history="in-context")),
        "letters-x4": lambda: LetterRanker(model, describe, LetterConfig(orders=4)),
        "letters-calibrated": lambda: LetterRanker(model, describe, LetterConfig(orders=2, calibrate=True)),
        "likelihood": lambda: LikelihoodRanker(model, describe),
        "likelihood-pmi": lambda: LikelihoodRanker(model, describe, pmi=True),
        "pointwise": lambda: PointwiseRanker(model, describe),
        "pairwise": lambda: PairwiseRanker(model, describe, passes=1),
        "listwise": lambda: ListwiseRanker(write, describe),
        "rankgpt": lambda: WindowRanker(ListwiseRanker(write, describe), window=10, step=5),
        "nir": lambda: NirRanker(write, describe),
    }
    if name not in makers:
        raise RankEvalError(f"no ranker {name!r}; known: {', '.join(makers)}")
    return makers[name]()


def evaluate_baselines(asked: Sequence[Asked], popularity: Mapping[str, float], *, seed: int = 0) -> list[RankerRow]:
    """Random, popularity and the input order, on the test half."""
    rng = np.random.default_rng(seed)
    test = asked[len(asked) // 2 :]
    orders: dict[str, list[tuple[Candidate, ...]]] = {
        "random": [tuple(a.candidates[i] for i in rng.permutation(len(a.candidates))) for a in test],
        "popularity": [tuple(sorted(a.candidates, key=lambda c: -popularity[c.item_id])) for a in test],
        "input order (EASE)": [a.candidates for a in test],
    }
    return [_row(name, test, found, popularity, seed) for name, found in orders.items()]


def evaluate_ranker(
    ranker: Ranker, asked: Sequence[Asked], popularity: Mapping[str, float], tokens: Count, *, seed: int = 0,
    again: int = 12,
) -> list[RankerRow]:  # fmt: skip
    """The ranker alone, fused with weights by activity, and fused where the input is uncertain.

    Args:
        again: test requests that are asked a second time in another order.
    """
    rng = np.random.default_rng(seed)
    started, before = time.perf_counter(), tokens()
    ranked = [ranker.rank(a.request, _shuffled(a, rng)) for a in asked]
    seconds, used = time.perf_counter() - started, tokens() - before
    half = len(asked) // 2
    test, found = asked[half:], ranked[half:]
    kept = [
        float(ranker.rank(a.request, _shuffled(a, rng)).candidates[0].item_id == r.candidates[0].item_id)
        for a, r in list(zip(test, found, strict=True))[:again]
    ]
    alone = _row(ranker.name, test, [r.candidates for r in found], popularity, seed).model_copy(
        update={
            "top1_kept": bootstrap(kept, seed=seed), "fell_back": float(np.mean([r.fell_back for r in ranked])),
            "seconds": seconds / len(asked), "tokens": used / len(asked),
            "calls": float(np.mean([r.model_calls for r in ranked])),
        }
    )  # fmt: skip
    weights = fit_activity_weights(
        [_validated(a, r) for a, r in zip(asked[:half], ranked[:half], strict=True)], bands=2, seed=seed
    )
    fused = [fuse_scores(a.candidates, r, weights.weight(a.activity)) for a, r in zip(test, found, strict=True)]
    threshold = float(np.median([uncertainty([c.score for c in a.candidates]) for a in asked[:half]]))
    sent = [uncertainty([c.score for c in a.candidates]) > threshold for a in test]
    routed = [new if go else a.candidates for a, new, go in zip(test, fused, sent, strict=True)]
    return [
        alone,
        _row(f"fused {ranker.name}", test, fused, popularity, seed).model_copy(update={"weights": weights}),
        _row(f"routed {ranker.name}", test, routed, popularity, seed).model_copy(
            update={"weights": weights, "routed": float(np.mean(sent))}
        ),
    ]


def _shuffled(asked: Asked, rng: np.random.Generator) -> list[Candidate]:
    return [asked.candidates[i] for i in rng.permutation(len(asked.candidates))]


def _validated(asked: Asked, ranked: RankedList) -> Validated:
    return Validated(candidates=asked.candidates, ranked=ranked, target=asked.target, activity=asked.activity)


def _row(
    name: str, asked: Sequence[Asked], orders: Sequence[Sequence[Candidate]], popularity: Mapping[str, float], seed: int
) -> RankerRow:
    gains = [_gain(order, a.target) for a, order in zip(asked, orders, strict=True)]
    given = [_gain(a.candidates, a.target) for a in asked]
    return RankerRow(
        ranker=name,
        candidates=asked[0].source,
        ndcg10=bootstrap(gains, seed=seed),
        hit1=bootstrap([float(o[0].item_id == a.target) for a, o in zip(asked, orders, strict=True)], seed=seed),
        against_input=paired_difference(gains, given, seed=seed),
        popularity_of_first=bootstrap([popularity[order[0].item_id] for order in orders], seed=seed),
    )


def _gain(order: Sequence[Candidate], target: str) -> float:
    """NDCG@10 of the one target."""
    place = next((n for n, c in enumerate(order[:10], 1) if c.item_id == target), None)
    return 0.0 if place is None else float(1 / np.log2(1 + place))
