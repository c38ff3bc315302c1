"""The weights of a blend, fitted on the validation targets: every mix in tenths is tried, the best one kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from parley.evals import metrics
from parley.evals.offline.splits import Task
from parley.tools.recommenders import ClassicalRecommender
from parley.tools.recommenders.blend import standardise

PARTS = 10
"""Weights are multiples of 1 / PARTS that sum to 1."""
PEOPLE = 5000
"""Weights are fitted on at most so many people, drawn at random."""
CHUNK = 256


def fit_weights(members: Sequence[ClassicalRecommender], task: Task) -> tuple[tuple[float, ...], float]:
    """The weights with the highest mean NDCG@10 (of one target a person, drawn at random), and that mean.

    The members' scores are computed once; a mix is a weighted sum of them, as `Blend` makes it.
    """
    mixes = np.array(list(mixes_of(len(members))), dtype=np.float32) / PARTS
    generator = np.random.default_rng(0)
    people = np.arange(len(task.targets))
    if len(people) > PEOPLE:
        people = np.sort(generator.choice(people, PEOPLE, replace=False))
    totals = np.zeros(len(mixes))
    for start in range(0, len(people), CHUNK):
        chunk = people[start : start + CHUNK]
        histories = task.seen.take(chunk)
        parts = np.stack([standardise(member.score(histories)) for member in members])  # (m, c, n_items)
        targets = np.array([generator.choice(task.targets[person]) for person in chunk])
        barred = _known(histories.people, histories.items, targets)
        for number, mix in enumerate(mixes):
            scores: NDArray[np.float32] = np.tensordot(mix, parts, axes=1)  # (c, n_items)
            own = scores[np.arange(len(chunk)), targets]
            scores[barred] = -np.inf
            above = (scores >= own[:, None]).sum(axis=1) - 1
            totals[number] += metrics.ndcg_at(10, above).sum()
    even = -mixes.var(axis=1)  # among equals the most even mix
    best = int(np.lexsort((even, totals))[-1])
    return tuple(round(float(weight), 6) for weight in mixes[best]), float(totals[best] / len(people))


def mixes_of(members: int, parts: int = PARTS) -> Iterator[tuple[int, ...]]:
    """All ways to share `parts` among so many members."""
    if members == 1:
        yield (parts,)
        return
    for mine in range(parts + 1):
        for others in mixes_of(members - 1, parts - mine):
            yield (mine, *others)


def _known(
    rows: NDArray[np.int64], items: NDArray[np.int32], targets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """(row, item) of everything known, less the targets (someone may react twice to one item)."""
    other = items != targets[rows]
    return rows[other], items[other]
