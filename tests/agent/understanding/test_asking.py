"""Questions that no entry answers, choices left to us, and what is kept of a person; each beside a neighbour."""

from __future__ import annotations

import pytest

from parley.agent.messages import Elicitation
from parley.agent.understanding.foreign import is_foreign, is_wordless
from parley.agent.understanding.social import leaves_it_to_us, topic_of
from tests.agent.understanding.conftest import SLATE, Listener

ALIEN = "alien-1979"


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("who wrote Alien?", "writer"),
        ("who did the music for Alien?", "music"),
        ("how much did Alien cost?", "budget"),
        ("where can I watch the first one?", "streaming"),
        ("is it on netflix?", "streaming"),
        ("what did critics think of Alien?", "critics"),
        ("how does the first one end?", "ending"),
        ("is there a happy ending in the first one?", "ending"),
        ("did it win any oscars?", "awards"),
        ("is there a sequel to Alien?", "sequel"),
        ("who directed Alien?", "director"),
        ("how long is the first one?", "runtime"),
        ("is there anything sad in it?", "mood"),
    ],
)
def test_a_question_about_a_film_is_no_wish_and_no_like(listener: Listener, text: str, field: str) -> None:
    heard = listener.hear(text, listener.context(shown=SLATE, focus=ALIEN))

    assert heard.question is not None
    assert (heard.question.field, heard.question.about) == (field, (ALIEN,))
    assert heard.edits == ()


@pytest.mark.parametrize(
    "text", ["have you anything like Alien?", "what is like Alien?", "what should I watch after Alien?"]
)
def test_a_request_that_names_a_film_still_likes_it(listener: Listener, text: str) -> None:
    assert listener.wishes(text, listener.context(shown=SLATE)) >= {f"like:{ALIEN}"}


@pytest.mark.parametrize("text", ["is there a film with a happy ending?", "do you know any musicals with great music?"])
def test_a_request_with_a_word_no_entry_tells_is_no_question(listener: Listener, text: str) -> None:
    assert listener.hear(text, listener.context(shown=SLATE)).question is None


@pytest.mark.parametrize(
    "text", ["no", "nah", "Nope.", "boring", "still no", "meh", "no thanks", "not quite", "these are all boring"]
)
def test_a_bare_refusal_turns_down_what_is_shown(listener: Listener, text: str) -> None:
    assert listener.hear(text, listener.context(shown=SLATE)).refuses


def test_a_no_to_a_question_of_ours_turns_nothing_down(listener: Listener) -> None:
    asked = Elicitation(text="What mood?", facet="mood", options=("Funny",), values=("funny",))
    context = listener.context(shown=SLATE)
    offered = context.model_copy(update={"window": (("assistant", "Good to hear. Shall I look for more?"),)})

    assert not listener.hear("no", context.model_copy(update={"elicitation": asked})).refuses
    assert not listener.hear("no", offered).refuses
    assert not listener.hear("no").refuses
    assert not listener.hear("no horror", context).refuses


@pytest.mark.parametrize("text", ["none of these", "neither", "None"])
def test_none_of_our_options_is_no_preference(listener: Listener, text: str) -> None:
    asked = Elicitation(text="What mood?", facet="mood", options=("Funny", "Tense"), values=("funny", "tense"))

    assert listener.wishes(text, listener.context().model_copy(update={"elicitation": asked})) == set()


@pytest.mark.parametrize(
    "text",
    [
        "pick one",
        "pick one for me",
        "just pick one",
        "you pick",
        "just tell me what to watch",
        "choose for me",
        "Just decide!",
    ],
)
def test_the_choice_left_to_us_is_no_choice_of_theirs(listener: Listener, text: str) -> None:
    shown, fresh = listener.hear(text, listener.context(shown=SLATE)), listener.hear(text)

    assert shown.edits == fresh.edits == ()
    assert shown.question is not None
    assert shown.question.about == SLATE
    assert (fresh.surprise, fresh.count) == (True, 1)


def test_picking_by_number_is_a_choice(listener: Listener) -> None:
    assert listener.wishes("pick number two", listener.context(shown=SLATE)) == {"accept:blade-runner-1982"}
    assert not leaves_it_to_us("pick something scary")
    assert not leaves_it_to_us("you pick good films")


@pytest.mark.parametrize(
    "text",
    [
        "what do you know about me?",
        "What have you learned about me",
        "do you remember me?",
        "show me what you remember of me",
    ],
)
def test_what_is_kept_can_be_asked(listener: Listener, text: str) -> None:
    question = listener.hear(text).question

    assert question is not None
    assert question.field == "me"


def test_what_others_know_is_no_such_question(listener: Listener) -> None:
    question = listener.hear("what do you know about Alien?").question

    assert question is not None
    assert (question.field, question.about) == ("text", (ALIEN,))


@pytest.mark.parametrize(
    ("text", "held", "gone"),
    [
        ("forget that I like westerns", "+genre=Western!", "Western"),
        ("forget I said I love westerns", "+genre=Western!", "Western"),
        ("forget that I never watch horror", "-genre=Horror!@standing", "Horror"),
    ],
)
def test_what_is_to_be_forgotten_is_taken_back(listener: Listener, text: str, held: str, gone: str) -> None:
    (edit,) = listener.hear(text, listener.context(held, "+mood=funny~")).edits

    assert edit.wish is not None
    assert (edit.action.value, edit.wish.value) == ("retract", gone)


def test_the_director_of_a_film_shown_is_wished_for(listener: Listener) -> None:
    context = listener.context(shown=SLATE)

    assert listener.wishes("Anything by the director of the second one?", context) == {"+director=Ridley Scott!"}
    assert "+director=Ridley Scott!" in listener.wishes("something by the guy who directed Alien")
    asked = listener.hear("who is the director of the second one?", context).question
    assert asked is not None
    assert asked.field == "director"


@pytest.mark.parametrize(
    ("text", "other"), [("2001", "2001-a-space-odyssey-1968"), ("1917", "1917-2019"), ("Alien", ALIEN)]
)
def test_a_title_after_than_is_compared(listener: Listener, text: str, other: str) -> None:
    question = listener.hear(f"is Blade Runner longer than {text}?").question

    assert question is not None
    assert (question.field, question.about) == ("compare", ("blade-runner-1982", other))
    assert listener.wishes("newer than 2001") == {"year>=2002!"}


@pytest.mark.parametrize(
    "text", ["Ich suche einen lustigen Film", "je cherche un film drôle", "привет, посоветуй фильм"]
)
def test_other_languages_are_told_from_english(text: str) -> None:
    assert is_foreign(text)


@pytest.mark.parametrize(
    "text", ["I want a film in German", "das boot", "La La Land", "la dolce vita please", "no", "", "me no like"]
)
def test_english_with_foreign_names_is_english(text: str) -> None:
    assert not is_foreign(text)
    assert not is_wordless(text)


def test_a_trade_that_is_not_ours(listener: Listener) -> None:
    assert topic_of("can you recommend a restaurant?", names_something=False) == "off_topic"
    assert topic_of("recommend a good restaurant in Paris", names_something=True) == "off_topic"
    assert topic_of("can you recommend a film about a restaurant?", names_something=False) == "domain"


@pytest.mark.parametrize("text", ["I'm feeling a bit down today", "rough day at work", "I'm so fed up", "cheer me up"])
def test_low_spirits_ask_for_what_cheers(listener: Listener, text: str) -> None:
    assert listener.wishes(text) == {"+mood=feel-good~"}


@pytest.mark.parametrize(
    "text", ["a film about a bad day at work", "I'm down for anything", "it was a bad time travel film"]
)
def test_a_bad_day_in_a_film_is_nobodys_mood(listener: Listener, text: str) -> None:
    assert "+mood=feel-good~" not in listener.wishes(text)
