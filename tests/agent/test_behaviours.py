"""What a person can do in a conversation, each at the level of whole turns over the shipped films, with no model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest

from parley.agent.api import Agent
from parley.agent.ledger import Hardness, Ledger, Polarity, Status, Wish
from parley.agent.messages import SlateItem, Turn
from parley.agent.nodes.find import find_relaxations
from parley.agent.trace import TurnTrace
from parley.tools.items import Item


@dataclass
class Films:
    """An agent over the films; every conversation has a user of its own."""

    agent: Agent
    numbers: Iterator[int]

    def play(self, *messages: str) -> list[Turn]:
        self.user = f"behaviour-{next(self.numbers)}"
        self.agent.begin_session(user=self.user, session="main", incognito=True)
        return [self.agent.chat(message, user=self.user) for message in messages]

    def item(self, shown: SlateItem) -> Item:
        return self.agent.catalog[shown.item_id]

    @property
    def trace(self) -> TurnTrace:
        return self.agent.traces(user=self.user)[-1]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Films]:
    home: Path = tmp_path_factory.mktemp("films")
    with Agent.open(home=home, model="none") as agent:
        yield Films(agent, count())


def wishes(turn: Turn, facet: str) -> list[Wish]:
    return [w for w in turn.ledger.active if w.facet == facet]


def titles(turn: Turn) -> list[str]:
    return [item.title for item in turn.slate]


# The ledger


def test_override_a_later_word_on_the_same_thing_takes_the_place_of_the_earlier(films: Films) -> None:
    _, turn = films.play("a film from the eighties", "actually make that the nineties")

    assert [(w.gte, w.lte) for w in wishes(turn, "year")] == [(1990, 1999)]
    assert all(1990 <= (item.year or 0) <= 1999 for item in turn.slate)
    old = next(w for w in turn.ledger if w.status is Status.OVERRIDDEN)
    assert old.ended_turn == 2
    assert old.words


def test_retract_a_wish_taken_back_no_longer_holds(films: Films) -> None:
    first, turn = films.play("a French comedy", "it doesn't have to be French any more")

    assert all("French" in films.item(i).tags["language"] for i in first.slate)
    assert not wishes(turn, "language")
    assert all("Comedy" in films.item(i).tags["genre"] for i in turn.slate)
    assert any("French" not in films.item(i).tags["language"] for i in turn.slate)


def test_negate_what_was_wanted_is_avoided_when_the_person_says_so(films: Films) -> None:
    _, turn = films.play("a horror film", "no horror after all")

    assert [w.polarity for w in wishes(turn, "genre")] == [Polarity.AVOID]
    assert turn.slate
    assert all("Horror" not in films.item(i).tags["genre"] for i in turn.slate)


def test_soften_a_hard_wish_becomes_a_preference_or_goes(films: Films) -> None:
    first, turn = films.play("a western, it must be before 1960", "the year is not that important")

    assert wishes(first, "year")[0].hardness is Hardness.HARD
    assert all(w.hardness is Hardness.SOFT for w in wishes(turn, "year"))
    assert any((item.year or 0) >= 1960 for item in turn.slate)


def test_harden_a_preference_becomes_a_must(films: Films) -> None:
    first, turn = films.play("preferably a comedy", "it really must be a comedy")

    assert wishes(first, "genre")[0].hardness is Hardness.SOFT
    assert [w.hardness for w in wishes(turn, "genre")] == [Hardness.HARD]


def test_the_opposite_of_that_turns_the_last_wish_round(films: Films) -> None:
    _, turn = films.play("something dark", "the opposite of that")

    assert [w.polarity for w in wishes(turn, "mood") if w.value == "dark"] == [Polarity.AVOID]


def test_any_lets_go_of_a_facet(films: Films) -> None:
    _, turn = films.play("a French film", "any language is fine")

    assert not wishes(turn, "language")


def test_range_both_ends_hold(films: Films) -> None:
    (turn,) = films.play("a thriller between 1990 and 1995 under 110 minutes")

    assert turn.slate
    for item in turn.slate:
        assert 1990 <= (item.year or 0) <= 1995
        assert films.item(item).numbers["runtime"] < 110


def test_comparative_shorter_than_the_first_one(films: Films) -> None:
    first, turn = films.play("a heist film", "shorter than the first one")

    limit = films.item(first.slate[0]).numbers["runtime"]
    assert turn.slate
    assert all(films.item(i).numbers["runtime"] < limit for i in turn.slate)


def test_comparative_newer_than_the_second_one(films: Films) -> None:
    first, turn = films.play("a heist film", "newer than the second one")

    assert turn.slate
    assert all((item.year or 0) > (first.slate[1].year or 0) for item in turn.slate)


def test_comparative_like_one_but_funnier(films: Films) -> None:
    (turn,) = films.play("something like Alien but funnier")

    assert "alien-1979" in turn.ledger.excluded
    assert [w.value for w in wishes(turn, "mood")] == ["funny"]
    funny = [
        i for i in turn.slate if {"Comedy"} & set(films.item(i).tags["genre"]) or "funny" in films.item(i).tags["mood"]
    ]
    assert len(funny) >= 3


def test_reference_the_second_one_and_then_that_director(films: Films) -> None:
    first, answer, turn = films.play("a heist film", "who directed the second one?", "more by that director")

    director = films.item(first.slate[1]).people["director"][0]
    assert answer.route == "answer"
    assert director in answer.reply
    assert [w.value for w in turn.ledger.active if w.facet in ("director", "person")] == [director]
    assert director in films.item(turn.slate[0]).people["director"]


def test_contradiction_two_wishes_that_cannot_both_hold_are_asked_about_and_the_answer_stands(films: Films) -> None:
    _, asked, turn = films.play("no horror please", "I want a horror film", "horror films")

    assert asked.route == "ask"
    assert len(asked.quick_replies) == 2
    assert turn.route == "plan"
    assert all("Horror" in films.item(i).tags["genre"] for i in turn.slate)


def test_hard_avoid_who_hates_gore_is_shown_nothing_gory_on_any_page(films: Films) -> None:
    turns = films.play("I love horror but hate gore", "older than 1985", "something scarier", "more")

    for turn in turns:
        tags = [films.item(i).tags for i in turn.slate]
        assert tags
        assert all(not {"violent", "gory", "gruesome", "brutal"} & set(t["mood"]) for t in tags)
        assert all("gore" not in t["keyword"] for t in tags)
    assert [w.words for w in wishes(turns[-1], "mood") if w.polarity is Polarity.AVOID] == ["hate gore"]


def test_per_turn_scope_just_for_tonight_holds_for_more_and_then_the_old_taste_is_back(films: Films) -> None:
    first, tonight, more, after = films.play(
        "I love science fiction", "just for tonight a romantic comedy", "show me more", "something from the eighties"
    )

    for turn in (tonight, more):
        assert turn.slate
        assert all({"Comedy", "Romance"} <= set(films.item(i).tags["genre"]) for i in turn.slate)
    assert set(titles(tonight)).isdisjoint(titles(more))
    assert [w.value for w in wishes(first, "genre")] == [w.value for w in wishes(after, "genre")] == ["Sci-Fi"]


# Saying no


def test_abstention_what_nothing_meets_is_named_with_the_nearest_way_out_and_its_count(films: Films) -> None:
    (turn,) = films.play("a western in Japanese from before 1950")

    relaxed = films.trace.relaxed
    assert relaxed
    assert turn.route == "plan"
    assert "western" in turn.reply.lower() or "japanese" in turn.reply.lower()
    given_up = relaxed[0].wish_ids
    kept = [w for w in films.agent.ledger(user=films.user).facet_wishes(Hardness.HARD) if w.wish_id not in given_up]
    assert kept
    assert all(w.is_met_by(films.item(i)) for i in turn.slate for w in kept)


def test_relaxation_order_what_was_said_first_gives_way_first_and_what_to_avoid_last(films: Films) -> None:
    (_,) = films.play("surprise me")
    context = films.agent.context(user=films.user)

    def wish(number: int, **what: object) -> Wish:
        return Wish(wish_id=f"w{number}", hardness=Hardness.HARD, turn=number, words="", **what)  # type: ignore[arg-type]

    ledger = Ledger(
        wishes=(
            wish(1, facet="genre", value="Western"),
            wish(2, facet="genre", value="Animation"),
            wish(3, facet="genre", value="Comedy", polarity=Polarity.AVOID),
            wish(4, facet="year", lte=1950),
        ),
        next_number=5,
    )
    options = find_relaxations(ledger, context.workbench({"ledger": ledger}))

    assert options[0].wish_ids == ("w1",)
    assert all("w3" not in option.wish_ids for option in options[:2])


def test_relaxation_never_gives_up_what_keeps_a_slate_suitable_for_a_child(films: Films) -> None:
    (turn,) = films.play("a Tarantino film for my five year old")

    assert films.trace.relaxed
    age = films.agent.catalog.domain.age_kind
    assert [w for w in turn.ledger.active if w.facet == age and w.hardness is Hardness.HARD]
    assert all(films.item(i).tags[age][0] in ("G", "TV-G", "TV-Y", "TV-Y7") for i in turn.slate if age)


def test_a_soft_wish_that_nothing_shown_meets_is_said_to_be_missed(films: Films) -> None:
    (turn,) = films.play("a four hour animated family comedy")

    assert turn.slate
    assert all(item.misses for item in turn.slate)
    assert "though" in turn.reply


# Asking


def test_question_then_its_quick_reply_narrows_the_slate(films: Films) -> None:
    (asked,) = films.play("recommend something")
    answer = asked.quick_replies[0]
    question = films.agent.open_question(user=films.user)
    turn = films.agent.chat(answer, user=films.user)

    assert asked.route == "ask"
    assert question is not None
    assert [w.value for w in turn.ledger.active if w.facet == question.facet] == [answer]
    assert turn.route in ("plan", "ask")


def test_there_are_never_more_than_two_questions_in_a_row(films: Films) -> None:
    turns = films.play("recommend something", "no preference", "no preference", "no preference")

    assert [t.route for t in turns].count("ask") <= 2
    assert turns[-1].slate


def test_surprise_me_gives_a_slate_of_the_less_known_half(films: Films) -> None:
    (turn,) = films.play("surprise me")

    known = films.agent.parts.services.popularity
    best_known = {films.agent.catalog.items[row].item_id for row in known.argsort()[-20:]}
    assert turn.route == "plan"
    assert len(turn.slate) == 5
    assert best_known.isdisjoint({item.item_id for item in turn.slate})


def test_ambiguous_title_is_asked_about_with_years_and_the_answer_is_taken(films: Films) -> None:
    asked, turn = films.play("something like Dune", "Dune (1984)")

    assert asked.route == "ask"
    assert set(asked.quick_replies) == {"Dune (2021)", "Dune (1984)"}
    assert turn.ledger.taste.reactions == (("dune-1984", 1.0),)
    assert turn.slate


@pytest.mark.parametrize("said", ["asdf qwer zxcv", "something with zorps and grommlets", "give me the flibberdy"])
def test_words_that_mean_nothing_here_are_not_searched_for(films: Films, said: str) -> None:
    (turn,) = films.play(said)

    assert turn.ledger.text == ""
    says_so = any(words in turn.reply for words in ("can't find", "I don't have", "not in my catalogue"))
    assert turn.route in ("ask", "chat") or says_so


# Answering


def test_paging_shows_more_of_the_same_pool_without_looking_again(films: Films) -> None:
    first, second, third = films.play("a comedy", "show me more", "show me more")

    assert films.trace.strategy == "page"
    assert not second.plan
    assert not third.plan
    shown = [*titles(first), *titles(second), *titles(third)]
    assert len(shown) == len(set(shown)) == 15
    assert all("Comedy" in films.item(i).tags["genre"] for i in third.slate)


def test_compare_two_side_by_side_and_who_would_prefer_which(films: Films) -> None:
    first, turn = films.play("a heist film", "compare the first two")

    assert turn.route == "answer"
    for shown in first.slate[:2]:
        assert f"{shown.title} ({shown.year})" in turn.reply
        assert films.item(shown).people["director"][0] in turn.reply
    assert "Take" in turn.reply


def test_compare_more_than_two_by_title(films: Films) -> None:
    (turn,) = films.play("compare Alien, Aliens and Blade Runner")

    assert turn.route == "answer"
    assert all(title in turn.reply for title in ("Alien (1979)", "Aliens (1986)", "Blade Runner (1982)"))


def test_why_gives_evidence_your_words_your_likes_and_who_else_likes_it(films: Films) -> None:
    *_, turn = films.play("I loved Alien and Blade Runner", "not violent please", "why the first one?")

    assert turn.route == "answer"
    assert "not violent" in turn.reply
    assert "Alien" in turn.reply or "Blade Runner" in turn.reply


def test_why_points_to_the_wish_it_rests_on(films: Films) -> None:
    first, turn = films.play("a thriller from the nineties", "why the second one?")

    assert first.slate[1].title in turn.reply
    assert "nineties" in turn.reply or "1990" in turn.reply
    reasons = [r for r in first.slate[1].reasons if r.kind == "wish"]
    assert {r.wish_id for r in reasons} <= {w.wish_id for w in first.ledger.active}


def test_an_item_question_is_answered_from_the_catalogue_only(films: Films) -> None:
    (turn,) = films.play("how long is Blade Runner?")

    minutes = films.agent.catalog["blade-runner-1982"].numbers["runtime"]
    assert turn.route == "answer"
    assert f"{int(minutes // 60)} h {int(minutes % 60)} min" in turn.reply


def test_a_title_the_catalogue_does_not_hold_is_not_talked_about(films: Films) -> None:
    (turn,) = films.play("who directed Kwyjibo Returns?")

    assert not turn.slate
    assert "Kwyjibo" in turn.reply
