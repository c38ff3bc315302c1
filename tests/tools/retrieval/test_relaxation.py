"""When nothing fits: which wishes to give up, what that leaves, and how little would have been enough."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.tools.filters import Filter, FilterIndex
from parley.tools.items import Catalog
from parley.tools.relaxation import HardWish, relax
from tests.tools.retrieval.conftest import DOMAIN, GAMES


@pytest.fixture(scope="module")
def filters() -> FilterIndex:
    return FilterIndex(Catalog(GAMES, DOMAIN))


def wish(name: str, condition: dict[str, Any], cost: float = 1.0) -> HardWish:
    return HardWish(wish_id=name, filter=Filter.model_validate(condition), label=name, cost=cost)


DRAGONS = wish("about dragons", {"theme": ["dragons"]}, cost=2)
SHORT = wish("under 30 hours", {"hours": {"lte": 30}})
CRANE = wish("by Ada Crane", {"designer": ["Ada Crane"]}, cost=3)


def test_each_wish_that_stands_in_the_way_is_an_option_cheapest_first(filters: FilterIndex) -> None:
    options = relax([DRAGONS, SHORT], filters)

    assert [(o.wish_ids, o.count) for o in options] == [(("under 30 hours",), 2), (("about dragons",), 8)]
    assert options[0].text == "under 30 hours"


def test_a_bound_says_the_nearest_value_there_is(filters: FilterIndex) -> None:
    widening = relax([DRAGONS, SHORT], filters)[0].widenings[0]

    assert (widening.asked, widening.nearest, widening.count) == (30, 40, 1)
    assert filters.count(DRAGONS.filter.merged(widening.filter)) == 1


def test_only_smallest_sets_are_options(filters: FilterIndex) -> None:
    options = relax([DRAGONS, SHORT, CRANE], filters)

    assert [o.wish_ids for o in options] == [("about dragons",), ("under 30 hours", "by Ada Crane")]
    assert options[1].text == "under 30 hours and by Ada Crane"


def test_at_equal_cost_the_one_that_leaves_more_comes_first(filters: FilterIndex) -> None:
    early, racing = wish("before 1990", {"year": {"lte": 1990}}), wish("puzzle", {"genre": ["Puzzle"]})

    assert [(o.wish_ids, o.count) for o in relax([early, racing], filters)] == [
        (("before 1990",), 2),
        (("puzzle",), 1),
    ]


def test_excluded_items_do_not_count_as_left(filters: FilterIndex) -> None:
    options = relax([DRAGONS, SHORT], filters, exclude=frozenset({"ember", "ashfall", "unknown"}))

    assert [o.wish_ids for o in options] == [("about dragons",)]


def test_nothing_is_left_of_nothing_and_met_wishes_need_no_relaxing(filters: FilterIndex) -> None:
    everything = frozenset(item.item_id for item in GAMES)

    assert relax([DRAGONS, SHORT], filters, exclude=everything) == []
    assert [(o.wish_ids, o.count) for o in relax([DRAGONS], filters)] == [((), 2)]


def test_conditions_that_always_hold_are_never_given_up(filters: FilterIndex) -> None:
    options = relax([DRAGONS, SHORT], filters, always=Filter.model_validate({"designer": {"none": ["Cy Abara"]}}))

    assert [o.wish_ids for o in options] == [("about dragons",)]


def test_a_contradiction_within_one_facet_offers_either_side(filters: FilterIndex) -> None:
    before, after = wish("before 1990", {"year": {"lte": 1990}}), wish("after 2000", {"year": {"gte": 2000}})

    options = relax([before, after], filters)

    assert {o.wish_ids for o in options} == {("before 1990",), ("after 2000",)}
    assert next(o for o in options if o.wish_ids == ("after 2000",)).widenings[0].nearest == 1982


CONDITIONS = st.sampled_from(
    [
        {"theme": ["dragons"]}, {"theme": ["war"]}, {"theme": {"none": ["night"]}}, {"genre": ["Puzzle"]},
        {"genre": ["Racing", "Strategy"]}, {"hours": {"lte": 5}}, {"hours": {"gte": 20}}, {"year": {"lte": 1999}},
        {"year": {"gte": 2005}}, {"designer": ["Eve Stone"]}, {"platform": ["Console"]},
    ]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(CONDITIONS, min_size=1, max_size=6))
def test_the_options_are_those_of_trying_every_subset(conditions: list[dict[str, Any]]) -> None:
    index = FilterIndex(Catalog(GAMES, DOMAIN))
    wishes = [wish(f"w{n}", condition) for n, condition in enumerate(conditions)]
    minimal: dict[frozenset[str], int] = {}
    for size in range(len(wishes) + 1):
        for dropped in combinations(wishes, size):
            ids = frozenset(w.wish_id for w in dropped)
            if any(known <= ids for known in minimal):
                continue
            left = index.mask(Filter({}))
            for other in wishes:
                if other not in dropped:
                    left &= index.mask(other.filter)
            if left.any():
                minimal[ids] = int(left.sum())

    assert {frozenset(o.wish_ids): o.count for o in relax(wishes, index, most=100)} == minimal
