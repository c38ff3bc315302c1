"""Judge what rankers answered: quality, order sensitivity, popularity bias, price; and what fusion makes of them.

Every other person (from the first) chooses the fusion weights and nothing else; those between are the test. So a
ranker asked of fewer people is judged on some of the same people, against the input order of just those.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

from parley.evals.intervals import Estimate, bootstrap, paired_difference
from parley.evals.rank.asking import Answers, Count, ask_ranker, shuffled
from parley.evals.rank.requests import Asked, RankEvalError, make_requests
from parley.tools.candidates import Candidate
from parley.tools.ranking.adaptive import LEAST, ActivityWeights, Validated, fit_activity_weights, uncertainty
from parley.tools.ranking.fusion import fuse_scores
from parley.tools.ranking.judging import PairwiseRanker, PointwiseRanker
from parley.tools.ranking.language import Describe, Scorer, Writer
from parley.tools.ranking.letters import LetterConfig, LetterRanker
from parley.tools.ranking.likelihood import LikelihoodRanker
from parley.tools.ranking.permutation import ListwiseRanker, NirRanker, WindowRanker
from parley.tools.recommenders.data import Interactions
from parley.tools.seams import Ranker


class RankerRow(BaseModel):
    """One ranker on one kind of candidates."""

    model_config = ConfigDict(frozen=True)

    ranker: str
    candidates: str
    ndcg10: Estimate
    hit1: Estimate
    people: int
    """Test people judged."""
    against_input: Estimate | None = None
    """NDCG@10 less that of the input order, paired by person."""
    top1_kept: Estimate | None = None
    """Share of requests whose first item stays the same when the candidates arrive in another order."""
    popularity_of_first: Estimate | None = None
    """Mean share of people who have the first item; the same of the input order is the yardstick."""
    fell_back: float | None = None
    """Share of requests whose answer was illegal."""
    cpu_seconds: float | None = None
    calls: float | None = None
    tokens: float | None = None
    """Per request."""
    chosen_on: int | None = None
    """People the fusion weights were chosen on."""
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


def compare_rankers(
    log: Interactions,
    rankers: Mapping[str, Ranker],
    asked_of: Mapping[str, int],
    answers: Answers,
    tokens: Count,
    *,
    users: int,
    history: int | None = None,
    again: int = 20,
    seed: int = 0,
    tell: Callable[[str], None] = lambda words: None,
) -> list[RankerRow]:
    """Every ranker beside the baselines, over random candidates and over those of a retriever.

    Args:
        asked_of: of how many people each ranker is asked.
        answers: answers that are there already are not asked for.
        users, history, again: as in `make_requests` and `ask_ranker`.

    Raises:
        RankEvalError: too few people, or too few answers.
    """
    rows: list[RankerRow] = []
    for source in ("random", "retriever"):
        asked, popularity = make_requests(log, users=users, source=source, seed=seed, history=history)
        rows += judge_baselines(asked, popularity, seed=seed)
        for name, ranker in rankers.items():
            tell(f"{source} candidates: {name}, {asked_of[name]} people")
            some = asked[: asked_of[name]]
            ask_ranker(name, ranker, some, answers, tokens, seed=seed, again=again)
            rows += judge_ranker(name, some, answers, popularity, seed=seed)
    return rows


def judge_baselines(asked: Sequence[Asked], popularity: Mapping[str, float], *, seed: int = 0) -> list[RankerRow]:
    """Random, popularity and the input order, on the test half."""
    test = asked[1::2]
    orders: dict[str, list[tuple[Candidate, ...]]] = {
        "random": [tuple(shuffled(a, [seed, n, 2])) for n, a in enumerate(test)],
        "popularity": [tuple(sorted(a.candidates, key=lambda c: -popularity[c.item_id])) for a in test],
        "input order (EASE)": [a.candidates for a in test],
    }
    return [_row(name, test, found, popularity, seed) for name, found in orders.items()]


def judge_ranker(
    name: str, asked: Sequence[Asked], answers: Answers, popularity: Mapping[str, float], *, seed: int = 0
) -> list[RankerRow]:
    """The ranker alone, fused with weights by activity, and fused where the input is uncertain.

    Judged on the first people without a gap in the answers, at most `asked`.

    Raises:
        RankEvalError: fewer than 4 answers.
    """
    told = [answers.find(name, a.source, person) for person, a in enumerate(asked)]
    whole = [answer for answer in told[: told.index(None) if None in told else len(told)] if answer is not None]
    if len(whole) < 4:
        raise RankEvalError(f"{name}: {len(whole)} answers; ask of 4 people at least")
    asked = asked[: len(whole)]
    ranked = [answer.ranked(a) for answer, a in zip(whole, asked, strict=True)]
    test, found = asked[1::2], ranked[1::2]
    twice = [(a, answers.find(name, a.source, person, 1)) for person, a in enumerate(whole) if person % 2]
    alone = _row(name, test, [r.candidates for r in found], popularity, seed).model_copy(
        update={
            "top1_kept": bootstrap([float(b.order[0] == a.order[0]) for a, b in twice if b is not None], seed=seed),
            "fell_back": float(np.mean([a.fell_back for a in whole])),
            "calls": float(np.mean([a.calls for a in whole])),
            "tokens": float(np.mean([a.tokens for a in whole])),
            "cpu_seconds": float(np.median([a.cpu_seconds for a in whole])),
        }
    )  # fmt: skip
    learned = [
        Validated(candidates=a.candidates, ranked=r, target=a.target, activity=a.activity)
        for a, r in zip(asked[::2], ranked[::2], strict=True)
    ]
    weights = fit_activity_weights(learned, bands=max(1, min(2, len(learned) // LEAST)), seed=seed)
    fused = [fuse_scores(a.candidates, r, weights.weight(a.activity)) for a, r in zip(test, found, strict=True)]
    threshold = float(np.median([uncertainty([c.score for c in a.candidates]) for a in asked[::2]]))
    sent = [uncertainty([c.score for c in a.candidates]) > threshold for a in test]
    routed = [new if go else a.candidates for a, new, go in zip(test, fused, sent, strict=True)]
    more = {"weights": weights, "chosen_on": len(learned)}
    return [
        alone,
        _row(f"fused {name}", test, fused, popularity, seed).model_copy(update=more),
        _row(f"routed {name}", test, routed, popularity, seed).model_copy(
            update={**more, "routed": float(np.mean(sent))}
        ),
    ]


def _row(
    name: str, asked: Sequence[Asked], orders: Sequence[Sequence[Candidate]], popularity: Mapping[str, float], seed: int
) -> RankerRow:
    gains = [_gain(order, a.target) for a, order in zip(asked, orders, strict=True)]
    given = [_gain(a.candidates, a.target) for a in asked]
    return RankerRow(
        ranker=name,
        candidates=asked[0].source,
        people=len(asked),
        ndcg10=bootstrap(gains, seed=seed),
        hit1=bootstrap([float(o[0].item_id == a.target) for a, o in zip(asked, orders, strict=True)], seed=seed),
        against_input=paired_difference(gains, given, seed=seed),
        popularity_of_first=bootstrap([popularity[order[0].item_id] for order in orders], seed=seed),
    )


def _gain(order: Sequence[Candidate], target: str) -> float:
    """NDCG@10 of the one target."""
    place = next((n for n, c in enumerate(order[:10], 1) if c.item_id == target), None)
    return 0.0 if place is None else float(1 / np.log2(1 + place))
