"""How likely the slate holds what is wanted: it rises as the wishes narrow the catalogue, and says so in the trace."""

from __future__ import annotations

import pytest

from parley.agent.sure import INTERCEPT, SLOPE, chance_of, count_fitting
from parley.agent.trace import tell_story
from tests.agent.test_behaviours import Films, films

__all__ = ["films"]


def test_the_fewer_fit_the_likelier_it_is_among_those_shown() -> None:
    chances = [chance_of(n, 5) for n in (1, 10, 100, 1000)]

    assert chances == sorted(chances, reverse=True)
    assert all(0 < c < 1 for c in chances)


def test_a_longer_slate_is_likelier_to_hold_it_and_an_empty_one_does_not() -> None:
    assert chance_of(100, 10) > chance_of(100, 5) > chance_of(100, 1)
    assert chance_of(0, 5) == chance_of(5, 0) == 0.0


def test_the_curve_is_the_logistic_one_of_the_fit() -> None:
    from math import exp, log

    assert chance_of(99, 5) == pytest.approx(1 / (1 + exp(-(INTERCEPT + SLOPE * log(100)))))


def test_what_was_shown_and_what_is_ruled_out_no_longer_counts(films: Films) -> None:
    broad, narrow, more = films.play("a thriller", "from the 80s", "show more")
    agent = films.agent
    context = agent.context(user=films.user)
    state = agent._state(films.user, "main")
    fitting = count_fitting(context.workbench(state), state["ledger"])
    without = count_fitting(context.workbench(state), state["ledger"], [i.item_id for i in narrow.slate])

    assert fitting == sum(
        "Thriller" in item.tags["genre"] and 1980 <= (item.year or 0) <= 1989 for item in agent.catalog
    )
    assert without == fitting - len(narrow.slate)
    chances = [trace.chance for trace in agent.traces(user=films.user)]
    assert chances[0] < chances[1] < chances[2]
    assert broad.slate
    assert more.slate


@pytest.mark.parametrize("wanted", ["a tense thriller", "something quirky, bleak, joyful and terrifying"])
def test_the_soft_wishes_count_and_the_nearest_where_nothing_meets_all(films: Films, wanted: str) -> None:
    films.play(wanted)
    state = films.agent._state(films.user, "main")
    bench = films.agent.context(user=films.user).workbench(state)

    assert 0 < count_fitting(bench, state["ledger"]) < int(bench.allowed().sum())


def test_the_story_tells_the_chance_and_a_reply_without_a_slate_has_none(films: Films) -> None:
    films.play("a thriller from the 80s", "who directed the first one?")
    found, answered = films.agent.traces(user=films.user)

    assert "Chance that what is wanted is among them" in "\n".join(tell_story(found, films.agent.catalog))
    assert answered.chance == 0.0
