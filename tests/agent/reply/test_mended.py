"""What people winced at in replies: each defect once."""

from __future__ import annotations

import pytest

from parley.agent.ledger import Hardness, Ledger, LedgerEdit, Polarity, Wish
from parley.agent.messages import Route
from parley.agent.reply.compare import most_like, standout, superlative
from parley.agent.reply.known import told_facts
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.wording import Wording
from parley.tools.items import Catalog


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording(Catalog.films())


@pytest.mark.parametrize(
    ("value", "phrase"),
    [("twist", "with a twist"), ("martial arts", "with martial arts"), ("underdog", "about an underdog"),
     ("team of specialists", "about a team of specialists"), ("subconscious", "about the subconscious"),
     ("studio ghibli", "by Studio Ghibli")],
)  # fmt: skip
def test_reasons_are_phrased_as_people_would(wording: Wording, value: str, phrase: str) -> None:
    assert wording.phrase("keyword", value) == phrase


def test_a_range_not_wanted_is_never_told_as_wanted(wording: Wording) -> None:
    wish = Wish(facet="year", gte=1980, lte=1989, polarity=Polarity.AVOID, hardness=Hardness.HARD)
    assert wording.understood([wish]) == "nothing from the 1980s"
    assert wording.short(wish) == "nothing from the 1980s"


def test_the_one_that_stands_out_is_the_one_told_first(wording: Wording) -> None:
    items = [wording.catalog[i] for i in ("heat-1995", "alien-1979", "airplane-1980")]
    assert standout(items, "ok and the shortest?", wording) == "airplane-1980"
    assert standout(items, "which is the funniest of these", wording) == "airplane-1980"
    assert superlative(items, "which is the funniest of these", wording).startswith("Airplane! looks the funniest")


def test_the_most_like_it_is_told_by_what_they_share(wording: Wording) -> None:
    items = [wording.catalog[i] for i in ("heat-1995", "aliens-1986")]
    assert most_like(items, [wording.catalog["alien-1979"]], wording).startswith("Aliens has most in common with Alien")


def test_two_conversations_begin_differently_and_each_keeps_its_voice() -> None:
    def request(words: str, turn: int) -> ReplyRequest:
        ledger = Ledger().apply([LedgerEdit(wish=Wish(facet="genre", value="Comedy", words=words))], turn=1)
        return ReplyRequest(route=Route.RECOMMEND, ledger=ledger, turn=turn)

    assert request("a comedy", 1).voice == request("a comedy", 4).voice
    assert request("a comedy", 1).voice != request("comedies", 1).voice


def test_what_is_remembered_is_told_in_a_sentence() -> None:
    said = told_facts(("not Animation", "likes Heat (1995)", "likes Alien (1979)"))
    assert said == "I remember that you like Heat (1995) and Alien (1979) and you told me “not Animation”."
    assert told_facts(()) == ""


def test_an_item_is_not_called_romantic_twice(wording: Wording) -> None:
    from parley.agent.reply.lines import LineWriter

    item = wording.catalog["when-harry-met-sally-1989"]
    line = LineWriter(wording).main_phrase(item, 0, [], [("mood", "romantic"), ("mood", "feel-good")])
    assert line.count("romantic") == 1
