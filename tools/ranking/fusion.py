"""Fusing an LLM ranker's scores with the classical order it was given.

The classical score is the floor: with weight 0 the order stays as it came, and items the ranker did not
score keep their place. Weights come from validation users, never from the test.

Source: Luo et al., "Integrating Large Language Models into Recommendation via Mutual Augmentation and
Adaptive Aggregation" (Llama4Rec), arXiv:2401.13870, whose long-tail-aware weighting the fitting follows.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from parley.tools.candidates import Candidate, Source
from parley.tools.seams import RankedList


def fuse_scores(candidates: Sequence[Candidate], ranked: RankedList, weight: float) -> tuple[Candidate, ...]:
    """The candidates by (1 - weight) * classical + weight * ranker, both scaled to [0, 1] over the list.

    Args:
        candidates: in classical order, best first.
        ranked: what the ranker made of them; a list that fell back changes nothing.
        weight: 0 keeps the classical order, 1 takes the ranker's.

    Raises:
        ValueError: `weight` is outside [0, 1].
    """
    if not 0 <= weight <= 1:
        raise ValueError(f"weight is {weight}; it must lie between 0 (classical) and 1 (the ranker)")
    if weight == 0 or ranked.fell_back or not candidates:
        return tuple(candidates)
    scores = ranked.scores or {c.item_id: -float(place) for place, c in enumerate(ranked.candidates)}
    classical = to_unit(np.array([c.score for c in candidates], dtype=np.float64))
    known = [c.item_id in scores for c in candidates]
    lowest = min((scores[c.item_id] for c, k in zip(candidates, known, strict=True) if k), default=0.0)
    theirs = to_unit(np.array([scores.get(c.item_id, lowest) for c in candidates], dtype=np.float64))
    mixed = np.where(known, (1 - weight) * classical + weight * theirs, classical)
    order = np.argsort(-mixed, kind="stable")
    rank_of = {int(row): place for place, row in enumerate(np.argsort(-theirs, kind="stable"), 1)}
    return tuple(
        candidates[row].model_copy(
            update={
                "score": float(mixed[row]),
                "sources": (
                    *candidates[row].sources,
                    Source(name="llm", rank=rank_of[int(row)], score=float(theirs[row])),
                ),
            }
        )
        for row in order
    )


def to_unit(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scaled to [0, 1]; all 0.5 where all are equal."""
    span = float(values.max() - values.min())
    return (values - values.min()) / span if span > 0 else np.full(len(values), 0.5)
