"""When the LLM's opinion counts, and when it is asked at all.

`fit_activity_weights` chooses a fusion weight for each band of history length on validation users: people
with short histories, whom a classical model knows least, may lean on the LLM more. A weight above 0 must
earn it: its gain over the input order must stay above 0 at the lower end of a bootstrap interval, or the
band keeps weight 0. `RoutedRanker` asks the LLM only where the classical scores are undecided.

Sources: Luo et al. (Llama4Rec), arXiv:2401.13870, adaptive aggregation by activity; Lin et al., "Play to
Your Strengths: Collaborative Intelligence of Conventional Recommender Models and Large Language Models",
arXiv:2403.16378.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from parley.tools.candidates import Candidate
from parley.tools.ranking.fusion import fuse_scores, to_unit
from parley.tools.ranking.language import RankerError, keep_order
from parley.tools.seams import RankedList, Ranker, RankRequest

WEIGHTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.7, 1.0)
"""Weights tried."""

LEAST = 20
"""People a band needs for a proof: a bootstrap over a handful calls a lucky draw sure."""


class ActivityWeights(BaseModel):
    """A fusion weight for each band of history length."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edges: tuple[int, ...] = ()
    """Band b holds histories of at least edges[b - 1] and fewer than edges[b] likes."""
    weights: tuple[float, ...] = (0.0,)
    """One more than `edges`."""

    def weight(self, activity: int) -> float:
        """The weight for a person with so many likes."""
        return self.weights[int(np.searchsorted(self.edges, activity, side="right"))]


class Validated(BaseModel):
    """One validation request: what was asked for, in what order it came, what the ranker made of it."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    candidates: tuple[Candidate, ...]
    ranked: RankedList
    target: str
    activity: int
    """Likes in the history."""


def fit_activity_weights(
    requests: Sequence[Validated], *, bands: int = 3, seed: int = 0, samples: int = 1000
) -> ActivityWeights:
    """The weight by band of activity that earns the most NDCG over the input order, 0 where none surely does.

    Raises:
        RankerError: no request, or `bands` below 1.
    """
    if not requests or bands < 1:
        raise RankerError(f"{len(requests)} requests in {bands} bands; give at least one of each")
    activity = np.array([r.activity for r in requests])
    edges = tuple(sorted({int(e) for e in np.quantile(activity, np.linspace(0, 1, bands + 1)[1:-1])}))
    band_of = np.searchsorted(edges, activity, side="right")
    gains = np.array([[reciprocal_gain(r, weight) for weight in WEIGHTS] for r in requests])  # (n, len(WEIGHTS))
    rng = np.random.default_rng(seed)
    chosen = []
    for band in range(len(edges) + 1):
        rows = gains[band_of == band]
        best = int(rows.mean(axis=0).argmax()) if len(rows) else 0
        chosen.append(WEIGHTS[best] if best and _surely_better(rows[:, best] - rows[:, 0], rng, samples) else 0.0)
    return ActivityWeights(edges=edges, weights=tuple(chosen))


def reciprocal_gain(request: Validated, weight: float) -> float:
    """NDCG of the one target in the fused order: 1 / log2(1 + place); 0 if it is no candidate."""
    fused = fuse_scores(request.candidates, request.ranked, weight)
    place = next((n for n, c in enumerate(fused, 1) if c.item_id == request.target), None)
    return 0.0 if place is None else float(1 / np.log2(1 + place))


def _surely_better(difference: NDArray[np.float64], rng: np.random.Generator, samples: int) -> bool:
    """The lower end of a 95 % bootstrap interval of the mean lies above 0, over enough people."""
    n = len(difference)
    if n < LEAST:
        return False
    means = difference[rng.integers(0, n, (samples, n))].mean(axis=1)
    return bool(np.percentile(means, 2.5) > 0)


class FusedRanker:
    """Another ranker, mixed into the input order with the weight its person's activity earns. Weight 0: not called."""

    def __init__(self, ranker: Ranker, weights: ActivityWeights) -> None:
        self.ranker = ranker
        self.weights = weights
        self.name = f"fused-{ranker.name}"

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        weight = self.weights.weight(len(request.taste.liked))
        if weight == 0:
            return keep_order(candidates)
        ranked = self.ranker.rank(request, candidates)
        return ranked.model_copy(update={"candidates": fuse_scores(candidates, ranked, weight), "scores": {}})


def uncertainty(scores: Sequence[float]) -> float:
    """From 0 (one candidate stands out) to 1 (all alike): the normalised entropy of the scores' softmax.

    Scores are scaled to [0, 1] and sharpened by their count first, so the scale they came on does not matter.
    """
    if len(scores) < 2:
        return 0.0
    unit = to_unit(np.array(scores, dtype=np.float64)) * np.log(len(scores)) * 2
    share = np.exp(unit - unit.max())
    share /= share.sum()
    return float(-(share * np.log(share)).sum() / np.log(len(scores)))


class RoutedRanker:
    """Asks the ranker only where the classical scores' uncertainty exceeds `threshold`; else keeps the order."""

    def __init__(self, ranker: Ranker, *, threshold: float) -> None:
        """Raises: RankerError: `threshold` outside [0, 1]."""
        if not 0 <= threshold <= 1:
            raise RankerError(f"threshold is {threshold}; it must lie between 0 (always ask) and 1 (never)")
        self.ranker = ranker
        self.threshold = threshold
        self.name = f"routed-{ranker.name}"

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        if uncertainty([c.score for c in candidates]) <= self.threshold:
            return keep_order(candidates)
        return self.ranker.rank(request, candidates)
