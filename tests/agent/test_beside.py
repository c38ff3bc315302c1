"""One message that asks about items and asks for items: both are done in one turn, the answer first."""

from __future__ import annotations

import pytest

from parley.agent.ledger import Stance
from parley.agent.messages import Turn
from parley.agent.trace import tell_story
from parley.agent.understanding import DialogueContext
from parley.ui.web.cards import share_out
from parley.ui.web.story import tell_turn
from tests.agent.test_behaviours import Films, films, titles, wishes
from tests.agent.understanding.conftest import SLATE, Listener

__all__ = ["films"]


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


def answer_of(turn: Turn) -> str:
    """What stands before the slate's own paragraph."""
    return turn.reply.rpartition("\n\n")[0]


def test_who_directed_it_and_something_like_it_from_the_90s(films: Films) -> None:
    (turn,) = films.play("who directed Alien, and can you find me something like it from the 90s?")

    assert turn.reply.startswith("Ridley Scott directed Alien.\n\n")
    assert turn.slate
    assert all(1990 <= (item.year or 0) <= 1999 for item in turn.slate)
    assert turn.ledger.items(Stance.LIKE) == ("alien-1979",)
    assert turn.route == "plan"
    assert turn.plan  # one plan, for the request
    assert turn.quick_replies


def test_what_follows_refers_to_the_new_slate_and_to_whom_the_answer_named(films: Films) -> None:
    both, second, by_him = films.play(
        "who directed Alien, and can you find me something like it from the 90s?",
        "who directed the second one?",
        "something else by that director, any year",
    )

    shown = films.item(both.slate[1])
    assert shown.people["director"][0] in second.reply
    assert all(shown.people["director"][0] in films.item(i).people["director"] for i in by_him.slate)


def test_more_by_him_means_the_one_the_answer_names(films: Films) -> None:
    (turn,) = films.play("Who directed Blade Runner? I'd like more by him")

    assert turn.reply.startswith("Ridley Scott directed Blade Runner.")
    assert all("Ridley Scott" in films.item(i).people["director"] for i in turn.slate)
    assert "Blade Runner" not in titles(turn)


def test_a_comparison_and_one_more_like_the_first(films: Films) -> None:
    first, turn = films.play(
        "funny films from the 90s", "what's the difference between the first two, and give me one more like the first"
    )

    one, two = titles(first)[:2]
    assert answer_of(turn).startswith(f"{one} and {two}, side by side")
    assert len(turn.slate) == 1
    assert turn.slate[0].title not in titles(first)
    assert turn.ledger.items(Stance.LIKE) == (first.slate[0].item_id,)


def test_the_cards_get_the_words_of_the_slate_and_the_answer_stays_together(films: Films) -> None:
    _, turn = films.play("funny films from the 90s", "compare the first two, and show me some more")

    shared = share_out(turn.reply, turn.slate)
    assert set(shared.lines) == {item.item_id for item in turn.slate}
    assert shared.before.startswith(answer_of(turn))


def test_why_rests_on_what_was_said_before_it(films: Films) -> None:
    first, turn = films.play("a thriller from the 80s", "why the first one? and show me something funny instead")

    answer = answer_of(turn)
    assert first.slate[0].title in answer
    assert "thriller" in answer
    assert "comic" not in answer
    assert [w.value for w in wishes(turn, "mood")] == ["funny"]


def test_what_is_known_is_told_as_it_was_before_the_request(films: Films) -> None:
    (turn,) = films.play("what do you know about me? and recommend a comedy")

    assert answer_of(turn).startswith("Nothing so far")
    assert all("Comedy" in films.item(i).tags["genre"] for i in turn.slate)


def test_two_questions_get_two_answers(films: Films) -> None:
    (turn,) = films.play("who directed Heat and how long is it?")

    assert turn.reply == "Michael Mann directed Heat. Heat runs 2 h 50 min."
    assert turn.route == "answer"
    assert not turn.slate


def test_a_title_we_lack_is_said_and_the_rest_is_done(films: Films) -> None:
    (turn,) = films.play("do you have Zorblatt? If not, something weird from the 70s")

    assert "Zorblatt" in answer_of(turn)
    assert all(1970 <= (item.year or 0) <= 1979 for item in turn.slate)
    assert [w.value for w in wishes(turn, "mood")] == ["weird"]


# A wish that is only stated


def test_too_long_for_the_time_there_is_brings_others(films: Films) -> None:
    (turn,) = films.play("how long is Heat? I only have two hours")

    assert answer_of(turn) == "Heat runs 2 h 50 min. That is longer than two hours, so:"
    assert turn.slate
    assert all(films.item(i).numbers["runtime"] <= 120 for i in turn.slate)


def test_short_enough_for_the_time_there_is_needs_no_others(films: Films) -> None:
    (turn,) = films.play("how long is Fargo? I only have two hours")

    assert turn.route == "answer"
    assert turn.reply.endswith("So it fits.")
    assert not turn.slate
    assert [w.lte for w in wishes(turn, "runtime")] == [120]


# Conditions


def test_if_so_is_decided_by_the_answer(films: Films) -> None:
    (yes,) = films.play("Is Alien scary? If so show me something lighter")
    (no,) = films.play("Is Fargo scary? If so show me something lighter")

    assert yes.slate
    assert [w.value for w in wishes(yes, "mood")] == ["light"]
    assert no.route == "answer"
    assert not no.slate
    assert not wishes(no, "mood")
    assert "say the word" in no.reply
    assert no.quick_replies == ("Show me something lighter",)


@pytest.mark.parametrize("answer", ["yes please", "Show me something lighter", "do it anyway"])
def test_what_was_left_undone_can_be_had_all_the_same(films: Films, answer: str) -> None:
    *_, turn = films.play("a thriller from the 80s", "Is The Terminator scary? If so show me something lighter", answer)

    assert turn.slate
    assert [w.value for w in wishes(turn, "mood")] == ["light"]
    assert [w.value for w in wishes(turn, "genre")] == ["Thriller"]  # the request adds to what was wished


def test_what_was_left_undone_is_forgotten_by_the_next_message(films: Films) -> None:
    *_, turn = films.play("Is Fargo scary? If so show me something lighter", "who directed it?", "yes please")

    assert not wishes(turn, "mood")


def test_if_not_asks_for_the_opposite_answer(films: Films) -> None:
    (turn,) = films.play("Is Alien ok for kids? If not, find me something for a six year old")

    assert turn.reply.startswith("No: Alien")
    assert turn.slate
    assert all(films.item(i).tags["certificate"][0] in ("G", "Approved", "Passed") for i in turn.slate)


@pytest.mark.parametrize(
    ("message", "due"),
    [
        ("how long is Heat? If it's longer than two hours, find me a shorter crime film", True),
        ("how long is Fargo? If it's longer than two hours, find me a shorter crime film", False),
        ("how long is Fargo? Find me a shorter crime film if it's over two hours", False),
        ("I only have two hours. How long is Heat? If it's too long, find me another crime film", True),
        ("I only have two hours. How long is Fargo? If it's too long, find me another crime film", False),
        ("If Alien is scary, show me something gentle", True),
        ("If Fargo is scary, show me something gentle", False),
        ("is Heat in French? otherwise something French", True),
    ],
)
def test_a_condition_is_decided_where_the_entry_or_a_bound_tells(films: Films, message: str, due: bool) -> None:
    (turn,) = films.play(message)

    assert bool(turn.slate) is due
    assert ("say the word" in turn.reply) is not due


def test_what_only_the_person_can_judge_is_said_to_be_so(films: Films) -> None:
    (turn,) = films.play("how long is Heat? If it's too long, find me a shorter crime film")

    assert "Whether it is too long is for you to say; in case it is:" in turn.reply
    assert all(films.item(i).numbers["runtime"] < 170 for i in turn.slate)


def test_an_undone_condition_takes_back_only_what_hung_on_it(films: Films) -> None:
    (turn,) = films.play("I only have two hours. How long is Fargo? If it's too long, find me a comedy")

    assert [w.lte for w in wishes(turn, "runtime")] == [120]
    assert not wishes(turn, "genre")


# The trace and the story


def test_the_trace_and_the_page_tell_both(films: Films) -> None:
    (turn,) = films.play("who directed Alien, and can you find me something like it?")
    trace = films.trace
    story = "\n".join(tell_story(trace, films.agent.catalog))
    decided = next(c.lines for c in tell_turn(turn, films.agent.catalog, trace) if c.title == "Decided")

    assert trace.understanding.question is not None
    assert trace.understanding.question.field == "director"
    assert "answer from the catalogue and to recommend" in story
    assert len(decided) == 2


def test_the_slate_and_the_tokens_add_up_to_the_reply(films: Films) -> None:
    events = list(films.agent.stream("who directed Alien, and find me something like it", user="streamer"))
    turn = events[-1].turn

    assert turn is not None
    assert "".join(e.text for e in events if e.kind == "token") == turn.reply
    assert [e.slate for e in events if e.kind == "slate"] == [turn.slate]


# Neighbours


@pytest.mark.parametrize(
    "text",
    [
        "who directed Alien?",
        "who directed Alien? I loved it",
        "who directed Alien? I can't remember",
        "is the first one scary?",
        "what is the difference between the first two?",
        "thanks! and who directed the second one?",
        "how long is the first one, roughly?",
    ],
)
def test_a_question_alone_stays_a_question(listener: Listener, text: str) -> None:
    heard = listener.hear(text, listener.context(shown=SLATE, focus="alien-1979"))

    assert heard.question is not None
    assert heard.only_asks
    assert heard.beside is None


@pytest.mark.parametrize(
    "text",
    [
        "can you show me something like Heat?",
        "can you find me a comedy, and something with Tom Hanks?",
        "do you have any thrillers, and what about westerns?",
        "what should I watch? I like horror",
        "I want a film about love and war, is there anything like that?",
        "show me something funny if you have any",
        "is there anything like Alien? I only have two hours",
        "something with The Good, the Bad and the Ugly feel, but newer",
    ],
)
def test_a_request_alone_stays_a_request(listener: Listener, text: str) -> None:
    heard = listener.hear(text, DialogueContext())

    assert heard.question is None
    assert heard.beside is None


def test_can_you_show_me_a_title_is_a_request(films: Films) -> None:
    (turn,) = films.play("can you show me The Godfather?")

    assert turn.route != "answer"


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("is De Niro in Heat?", "Yes: Heat stars Robert De Niro"),
        ("is Tom Hanks in Heat?", "Not that my catalogue knows: Heat stars Al Pacino"),
        ("is Heat longer than two hours?", "Yes: Heat runs 2 h 50 min"),
        ("is Fargo longer than two hours?", "No: Fargo runs 1 h 38 min"),
        ("is Heat in French?", "No: Heat is in English"),
    ],
)
def test_a_yes_or_no_question_gets_a_yes_or_a_no(films: Films, question: str, start: str) -> None:
    (turn,) = films.play(question)

    assert turn.reply.startswith(start)
    assert turn.route == "answer"
    assert not wishes(turn, "runtime")
