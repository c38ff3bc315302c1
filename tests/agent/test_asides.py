"""Whole turns beside the search: questions no entry answers, refusals, choices left to us, what is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.agent.api import Agent
from tests.agent.test_behaviours import Films, films, titles, wishes

__all__ = ["films"]


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("who wrote Alien?", "who wrote Alien"),
        ("where can I watch the first one?", "where to watch"),
        ("is it on netflix?", "where to watch"),
    ],
)
def test_what_is_not_recorded_is_said_to_be_so(films: Films, question: str, named: str) -> None:
    _, turn = films.play("horror please", question)

    assert turn.route == "answer"
    assert named in turn.reply
    assert "record" in turn.reply
    assert not wishes(turn, "item")


def test_a_bare_no_is_followed_by_one_question_and_then_by_what_comes_next(films: Films) -> None:
    first, asked, *later = films.play("comedy please", "no", "nah", "still no", "boring")

    assert asked.route == "ask"
    shown = [title for turn in (first, *later) for title in titles(turn)]
    assert len(shown) == len(set(shown)) == 20


def test_none_of_our_options_leads_on(films: Films) -> None:
    _, turn = films.play("suggest something", "none of these")

    assert not wishes(turn, "about")
    assert turn.route in ("ask", "plan")


def test_left_to_us_one_is_named_as_our_choice_and_can_be_explained(films: Films) -> None:
    first, turn, why = films.play("thriller please", "pick one for me", "why that one?")

    assert turn.reply.startswith("I'd take ")
    assert sum(title in turn.reply for title in titles(first)) == 1
    assert not wishes(turn, "item")
    assert "which you liked" not in why.reply


def test_left_to_us_at_the_outset_one_film_is_shown(films: Films) -> None:
    (turn,) = films.play("just tell me what to watch")
    _, answered = films.play("suggest something", "you pick")

    assert len(turn.slate) == len(answered.slate) == 1


def test_taken_and_content_is_the_end_of_it(films: Films) -> None:
    *_, turn = films.play("comedy please", "the second", "ok")

    assert "?" not in turn.reply


def test_another_language_is_told_that_english_is_read(films: Films) -> None:
    (turn,) = films.play("Ich suche einen lustigen Film")

    assert "English" in turn.reply


def test_any_work_of_a_director_is_of_any_kind(films: Films) -> None:
    first, turn = films.play("thriller please", "Anything by the director of the second one?")

    (director,) = films.item(first.slate[1]).people["director"]
    assert all(director in films.item(i).people["director"] for i in turn.slate)
    assert not wishes(turn, "genre")
    assert len(turn.slate) > 1


def test_what_is_known_is_told_and_what_is_to_be_forgotten_goes(films: Films) -> None:
    nothing, _, told, gone, after = films.play(
        "what do you know about me?",
        "I loved Heat",
        "what do you know about me?",
        "forget that I like Heat",
        "what do you know about me?",
    )

    assert "Nothing" in nothing.reply
    assert "Heat" in told.reply
    assert gone.reply.startswith("Forgotten: Heat")
    assert "Heat" not in after.reply


def test_what_an_earlier_evening_left_can_be_forgotten(tmp_path: Path) -> None:
    with Agent.open(home=tmp_path, model="none") as agent:
        agent.set_consent("ana", True)
        agent.chat("I loved Heat", user="ana", session="monday")
        before = agent.chat("what do you know about me?", user="ana", session="tuesday")
        agent.chat("forget that I like Heat", user="ana", session="tuesday")
        after = agent.chat("what do you know about me?", user="ana", session="friday")

    assert "Heat" in before.reply
    assert "Heat" not in after.reply


@pytest.mark.parametrize(
    "messages",
    [
        ("Is Paddington 2 ok for a 4 year old? And what else would she like?",),
        ("can my 4 year old watch Jurassic Park?", "what else would he like then"),
        ("would my daughter who is 4 enjoy Up?", "hmm, show me something else for her"),
    ],
)
def test_who_asks_on_for_a_child_is_shown_nothing_for_grown_ups(films: Films, messages: tuple[str, ...]) -> None:
    turns = films.play(*messages)

    assert "is rated" in turns[0].reply
    assert turns[-1].slate
    rated = {films.agent.catalog[item.item_id].tags["certificate"][0] for item in turns[-1].slate}
    assert rated <= {"G", "TV-G", "TV-Y"}


def test_a_child_asked_about_binds_no_other_request(films: Films) -> None:
    *_, thriller = films.play("is The Matrix suitable for kids?", "show me some thrillers")
    assert wishes(thriller, "certificate") == []

    *_, alone = films.play("can my 6 year old watch Up?", "what else would he like?", "just for me tonight, a thriller")
    assert alone.slate
    assert wishes(alone, "certificate") == []


@pytest.mark.parametrize(
    "message", ["ok what about the first one, is it scary?", "the first one sounds good. is it scary?"]
)
def test_it_is_what_the_clause_before_named(films: Films, message: str) -> None:
    listed, _, answered = films.play("something like Alien from the 90s", "how long is the second one?", message)

    assert listed.slate[0].title in answered.reply
    assert listed.slate[1].title not in answered.reply


@pytest.mark.parametrize("message", ["my girlfriend hates violence but I love action", "a thriller, nothing violent"])
def test_who_refuses_violence_is_not_led_to_what_is_for_adults_while_there_is_other(films: Films, message: str) -> None:
    (turn,) = films.play(message)

    rated = {films.item(shown).tags["certificate"][0] for shown in turn.slate}
    assert rated
    assert "R" not in rated


def test_why_something_is_not_on_the_list_is_answered_and_no_dislike(films: Films) -> None:
    _, heat, saddles = films.play("a funny western", "why not Heat?", "why didn't you suggest Blazing Saddles?")

    assert heat.reply.startswith("Heat (1995) does not meet “westerns”")
    assert "Blazing Saddles (1974)" in saddles.reply
    assert not wishes(saddles, "item")


def test_what_about_a_title_tells_of_it(films: Films) -> None:
    _, turn = films.play("action films", "what about Heat?")

    assert turn.route == "answer"
    assert turn.reply.startswith("Heat (1995) is ")


@pytest.mark.parametrize(
    "complaint", ["that's not funny at all", "hmm, these aren't really funny", "none of them are funny"]
)
def test_a_quality_found_missing_is_wanted(films: Films, complaint: str) -> None:
    first, turn = films.play("comedy please", complaint)

    assert [(w.value, w.polarity) for w in wishes(turn, "mood")] == [("funny", "want")]
    assert turn.slate
    assert not set(titles(first)) & set(titles(turn))


@pytest.mark.parametrize(
    "message",
    [
        "I've seen all the famous ones, something lesser known",
        "I have seen most of the classics, what else is there",
        "a thriller, but not a famous one",
    ],
)
def test_who_knows_the_well_known_is_shown_what_most_do_not_know(films: Films, message: str) -> None:
    (turn,) = films.play(message)
    services = films.agent.parts.services
    known = {i.item_id: float(p) for i, p in zip(services.catalog, services.popularity, strict=True)}
    middle = sorted(known.values())[int(0.6 * len(known))]

    assert len(turn.slate) == 5
    assert all(known[item.item_id] <= middle for item in turn.slate)


def test_a_narrow_theme_reaches_what_nobody_marked_with_it(films: Films) -> None:
    (turn,) = films.play("I want to learn about the space race")

    assert {"The Right Stuff", "Hidden Figures"} <= set(titles(turn))
    assert {"Apollo 13", "October Sky", "Apollo 11", "First Man"} & set(titles(turn))


def test_what_has_the_words_comes_before_what_is_only_near_in_meaning(films: Films) -> None:
    (turn,) = films.play("something about chess")

    assert set(titles(turn)[:2]) == {"Searching for Bobby Fischer", "The Seventh Seal"}
