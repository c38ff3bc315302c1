"""Weights are earned on validation users; the LLM is asked only where the classical scores are undecided."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from parley.tools.candidates import Candidate
from parley.tools.ranking.adaptive import (
    ActivityWeights,
    FusedRanker,
    RoutedRanker,
    Validated,
    fit_activity_weights,
    uncertainty,
)
from parley.tools.ranking.language import RankerError
from parley.tools.seams import RankedList, RankRequest, Taste

LIST = tuple(Candidate(item_id=i, score=s) for i, s in (("a", 3.0), ("b", 2.9), ("c", 1.0)))


class Asked:
    """Turns the list around and counts."""

    name = "turned"

    def __init__(self) -> None:
        self.times = 0

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        self.times += 1
        return RankedList(candidates=tuple(reversed(candidates)), model_calls=1)


def answered(target: str, activity: int, best: str) -> Validated:
    """The ranker is sure of `best`."""
    scores = {c.item_id: float(c.item_id == best) for c in LIST}
    return Validated(
        candidates=LIST, ranked=RankedList(candidates=LIST, scores=scores), target=target, activity=activity
    )


def test_a_ranker_that_helps_only_newcomers_gets_weight_only_for_newcomers() -> None:
    newcomers = [answered("c", 2, best="c") for _ in range(20)]
    regulars = [answered("a", 50, best="c") for _ in range(20)]

    weights = fit_activity_weights([*newcomers, *regulars], bands=2)

    assert weights.weight(2) > 0
    assert weights.weight(50) == 0


def test_a_ranker_at_chance_earns_nothing() -> None:
    mixed = [answered("abc"[n % 3], 5, best="abc"[(n * 7 // 3) % 3]) for n in range(60)]

    assert fit_activity_weights(mixed, bands=1).weights == (0.0,)


def test_one_lucky_request_is_not_enough() -> None:
    lucky = [answered("c", 5, best="c"), *(answered("a", 5, best="a") for _ in range(30))]

    assert fit_activity_weights(lucky, bands=1).weights == (0.0,)


def test_a_handful_of_people_proves_nothing() -> None:
    few = [answered("c", 2, best="c") for _ in range(19)]

    assert fit_activity_weights(few, bands=1).weights == (0.0,)
    assert fit_activity_weights([*few, few[0]], bands=1).weights != (0.0,)


def test_no_request_is_refused() -> None:
    with pytest.raises(RankerError, match="0 requests"):
        fit_activity_weights([])


def test_weight_zero_keeps_the_order_and_asks_nobody() -> None:
    asked = Asked()
    found = FusedRanker(asked, ActivityWeights()).rank(RankRequest(), LIST)

    assert found.candidates == LIST
    assert asked.times == 0


def test_the_weight_follows_the_length_of_the_history() -> None:
    ranker = FusedRanker(Asked(), ActivityWeights(edges=(2,), weights=(1.0, 0.0)))
    regular = RankRequest(taste=Taste(reactions=tuple((f"x{n}", 1.0) for n in range(5))))

    assert [c.item_id for c in ranker.rank(RankRequest(), LIST).candidates] == ["c", "b", "a"]
    assert ranker.rank(regular, LIST).candidates == LIST


def test_uncertainty_runs_from_one_that_stands_out_to_all_alike() -> None:
    clear, close = uncertainty([9.0, 1.0, 1.0, 1.0]), uncertainty([9.0, 8.9, 8.8, 1.0])

    assert 0 < clear < close < uncertainty([1.0, 1.0, 1.0, 1.0])
    assert uncertainty([1.0, 1.0, 1.0, 1.0]) == pytest.approx(1.0)
    assert uncertainty([5.0]) == 0


def test_only_uncertain_requests_reach_the_ranker() -> None:
    asked = Asked()
    ranker = RoutedRanker(asked, threshold=0.8)
    clear = tuple(Candidate(item_id=i, score=s) for i, s in (("a", 9.0), ("b", 1.0), ("c", 1.0), ("d", 1.0)))
    tied = tuple(c.model_copy(update={"score": 1.0}) for c in clear)

    assert ranker.rank(RankRequest(), clear).candidates == clear
    assert asked.times == 0
    assert ranker.rank(RankRequest(), tied).candidates == tuple(reversed(tied))
    assert asked.times == 1
