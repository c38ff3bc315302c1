"""When nothing meets every hard wish: which wishes to give up, least first, and what that gives.

The wishes an item breaks form a set. Giving up a set of wishes leaves an item exactly if it covers the
item's own set, so the smallest such sets over all items are all the minimal relaxations there are: one
pass over the catalogue, no search through subsets.

Source: Jannach, "Techniques for Fast Query Relaxation in Content-Based Recommender Systems", KI 2006.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from parley.tools.filters import Filter, FilterIndex

MOST_WISHES = 63
"""Wishes that fit one machine word; later ones are kept whatever happens."""


class HardWish(BaseModel):
    """A condition the user insists on."""

    model_config = ConfigDict(frozen=True)

    wish_id: str
    filter: Filter
    label: str
    """For people: "older than 1990"."""
    cost: float = 1.0
    """How unwelcome giving it up is; above 0."""


class Widening(BaseModel):
    """A bound on a number, moved just far enough."""

    model_config = ConfigDict(frozen=True)

    wish_id: str
    facet: str
    asked: float
    """The bound as the user set it, in the facet's unit."""
    nearest: float
    """The closest value there is: "nothing under 80 minutes; the shortest is 84"."""
    filter: Filter
    """The wish's filter with the bound moved to it."""
    count: int
    """How many items that gives, the option's other wishes given up and everything else kept."""


class RelaxOption(BaseModel):
    """A smallest set of wishes whose giving up leaves something."""

    model_config = ConfigDict(frozen=True)

    wish_ids: tuple[str, ...]
    text: str
    """Their labels, joined."""
    cost: float
    count: int
    """How many items are left without them."""
    widenings: tuple[Widening, ...] = ()
    """For wishes about numbers: how little would have been enough."""


def relax(
    wishes: Sequence[HardWish],
    index: FilterIndex,
    *,
    exclude: frozenset[str] = frozenset(),
    always: Filter = Filter({}),
    most: int = 8,
) -> list[RelaxOption]:
    """Every minimal set of wishes to give up, cheapest first, then the one that leaves most.

    Args:
        exclude: item ids that do not count as left.
        always: conditions that are not up for discussion.
        most: at most this many options.

    Returns:
        Empty if nothing is left even without any wish. If something meets every wish already, one
        option that gives up nothing, with its count.
    """
    usable = index.mask(always)
    usable[[index.catalog.positions[i] for i in exclude if i in index.catalog.positions]] = False
    for wish in wishes[MOST_WISHES:]:
        usable &= index.mask(wish.filter)
    wishes = wishes[:MOST_WISHES]
    broken = np.zeros(len(index.catalog), dtype=np.uint64)
    for place, wish in enumerate(wishes):
        broken |= np.where(index.mask(wish.filter), np.uint64(0), np.uint64(1 << place))
    sets, counts = np.unique(broken[usable], return_counts=True)
    options = [
        _option(int(chosen), wishes, index, broken, usable, int(counts[(sets & ~chosen) == 0].sum()))
        for chosen in _minimal(sets)
    ]
    return sorted(options, key=lambda option: (option.cost, -option.count, option.wish_ids))[:most]


def _minimal(sets: NDArray[np.uint64]) -> list[np.uint64]:
    """The sets (as bits) that contain no other of them."""
    by_size = sorted((value for value in sets), key=lambda value: int(value).bit_count())
    kept: list[np.uint64] = []
    for value in by_size:
        if not any((int(small) & ~int(value)) == 0 for small in kept):
            kept.append(value)
    return kept


def _option(
    chosen: int,
    wishes: Sequence[HardWish],
    index: FilterIndex,
    broken: NDArray[np.uint64],
    usable: NDArray[np.bool_],
    count: int,
) -> RelaxOption:
    given_up = [wish for place, wish in enumerate(wishes) if chosen >> place & 1]
    left = usable & ((broken & ~np.uint64(chosen)) == 0)
    widenings = [w for wish in given_up for w in _widen(wish, index, left)]
    return RelaxOption(
        wish_ids=tuple(wish.wish_id for wish in given_up),
        text=" and ".join(dict.fromkeys(wish.label for wish in given_up)),
        cost=sum(wish.cost for wish in given_up),
        count=count,
        widenings=tuple(widenings),
    )


def _widen(wish: HardWish, index: FilterIndex, left: NDArray[np.bool_]) -> list[Widening]:
    """The nearest values to the wish's bounds among the items left, nearest bound first."""
    found = []
    for facet, condition in wish.filter.root.items():
        values = np.array([index.catalog[int(row)].number(facet) for row in np.flatnonzero(left)], dtype=np.float64)
        values = values[~np.isnan(values)]
        for side, asked in (("lte", condition.lte), ("gte", condition.gte)):
            if asked is None or not len(values):
                continue
            beyond = values[values > asked] if side == "lte" else values[values < asked]
            if not len(beyond):
                continue
            nearest = float(beyond.min() if side == "lte" else beyond.max())
            moved = Filter({**wish.filter.root, facet: condition.model_copy(update={side: nearest})})
            count = int((left & index.mask(moved)).sum())
            if count:
                found.append(
                    Widening(wish_id=wish.wish_id, facet=facet, asked=asked, nearest=nearest, filter=moved, count=count)
                )
    return sorted(found, key=lambda widening: abs(widening.nearest - widening.asked))
