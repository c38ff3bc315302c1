"""The classical floor: candidates scored by every kind of evidence at hand, without a language model.

Each feature is on [0, 1] over the candidates of the turn, so the weights read as importance. An LLM
ranker may improve on this order (`tools/ranking/fusion.py`); it never replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from parley.tools.candidates import Candidate, CandidateBus
from parley.tools.filters import Condition, Filter
from parley.tools.ranking.fusion import to_unit
from parley.tools.toolbox import Workbench, graded_mask


class RankWeights(BaseModel):
    """How much each kind of evidence counts. Found by `parley eval simulate`; see docs/results."""

    model_config = ConfigDict(frozen=True)

    fused: float = 1.0
    """The reciprocal-rank fusion of the sources."""
    match: float = 2.5
    """The share of the wishes an item meets, rarer values counting more."""
    avoid: float = 1.5
    """Taken off for each thing to avoid that an item has."""
    taste: float = 0.9
    """What the recommender makes of the person's reactions."""
    renown: float = 0.35
    """How well known an item is."""
    shown: float = 0.6
    """Taken off an item already shown this session, for each time."""


class SoftWish(BaseModel):
    """A wish as the ranking sees it."""

    model_config = ConfigDict(frozen=True)

    wish_id: str = ""
    facet: str
    condition: Condition
    avoid: bool = False
    weight: float = 1.0


def rank_classically(
    bus: CandidateBus,
    bench: Workbench,
    wishes: Sequence[SoftWish],
    *,
    weights: RankWeights | None = None,
    shown: Mapping[str, int] | None = None,
) -> CandidateBus:
    """Order the candidates; scores are sums of weighted features, comparable within the turn only."""
    if not len(bus):
        return bus
    w = weights or RankWeights()
    rows = np.array([bench.catalog.positions[c.item_id] for c in bus])
    score = w.fused * to_unit(np.array([c.score for c in bus]))
    met, avoided = match_features(rows, bench, wishes)
    score += w.match * met - w.avoid * avoided
    if bench.taste.reactions:
        score += w.taste * _percentile(_taste(rows, bench))
    score += w.renown * bench.popularity[rows]
    if shown:
        score -= w.shown * np.array([min(2, shown.get(c.item_id, 0)) for c in bus])
    ordered = np.argsort(-score, kind="stable")
    candidates = bus.candidates
    return CandidateBus(
        candidates=tuple(
            Candidate(item_id=candidates[i].item_id, score=round(float(score[i]), 4), sources=candidates[i].sources)
            for i in ordered
        )
    )


def match_features(
    rows: NDArray[np.int64], bench: Workbench, wishes: Sequence[SoftWish]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each candidate: the weighted share of wants it meets, and the weighted sum of avoids it has.

    Args:
        rows: (n,) catalogue positions.

    Returns:
        Two (n,) float64 arrays.
    """
    met, avoided, total = np.zeros(len(rows)), np.zeros(len(rows)), 0.0
    for wish in wishes:
        if wish.condition.any:
            grade = graded_mask(wish.facet, wish.condition.any, bench, avoid=wish.avoid)
        else:
            grade = bench.filters.mask(Filter({wish.facet: wish.condition})).astype(np.float64)
        if wish.avoid:
            avoided += wish.weight * grade[rows]
            continue
        rarity = 1.0 + np.log1p(len(grade) / max(1.0, float(grade.sum()))) / 8
        met += wish.weight * rarity * grade[rows]
        total += wish.weight * rarity
    return (met / total if total else met), avoided


def _taste(rows: NDArray[np.int64], bench: Workbench) -> NDArray[np.float64]:
    """(n,) the recommender's score; items it does not know get its lowest."""
    raw = bench.recommender.fold_in(bench.taste)
    known = {item_id: i for i, item_id in enumerate(bench.recommender.item_ids)}
    lowest = float(raw.min()) if len(raw) else 0.0
    return np.array([raw[known[i]] if (i := bench.catalog.items[r].item_id) in known else lowest for r in rows])


def _percentile(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank-normalised to [0, 1], ties averaged: robust to a recommender's scale."""
    if len(values) < 2:
        return np.full(len(values), 0.5)
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    highest = np.cumsum(counts)
    middle = highest - (counts + 1) / 2  # mean place of each group of ties, from 0
    return np.asarray(middle[inverse] / (len(values) - 1))
