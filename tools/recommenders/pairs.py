"""Pairs of items of one person, weighed by how far apart they are in that person's history."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from parley.tools.recommenders.base import Progress
from parley.tools.recommenders.data import Histories

FADED = 1e-3
"""Pairs weighing less than this are left out."""


def sum_pairs(
    histories: Histories, kernels: Sequence[Callable[[int], float]], progress: Progress | None = None
) -> list[NDArray[np.float32]]:
    """For each kernel, (n_items, n_items) float32: its sum over all pairs of a person (i before j), by distance."""
    n = histories.n_items
    sums = [np.zeros(n * n, dtype=np.float32) for _ in kernels]
    people, items = histories.people, histories.items.astype(np.int64)
    longest = int(histories.lengths.max(initial=0))
    reach = next((d for d in range(1, longest) if all(k(d) < FADED for k in kernels)), longest)
    for distance in range(1, reach):
        together = people[:-distance] == people[distance:]
        pairs = items[:-distance][together] * n + items[distance:][together]
        for total, kernel in zip(sums, kernels, strict=True):
            weight = kernel(distance)
            if weight >= FADED:
                np.add.at(total, pairs, np.float32(weight))
        if progress and distance % 10 == 0:
            progress(0.8 * distance / reach, "counting pairs")
    return [total.reshape(n, n) for total in sums]
