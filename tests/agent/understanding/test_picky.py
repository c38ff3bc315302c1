"""What a picky person says, and what used to go wrong: each with the sentence that showed it."""

from __future__ import annotations

import pytest

from parley.agent.ledger import Polarity, Stance
from parley.agent.understanding import DialogueContext
from parley.agent.understanding.text import clean
from tests.agent.understanding.conftest import SLATE, Listener


def facts(listener: Listener, text: str, context: DialogueContext | None = None) -> set[tuple[str, str, str]]:
    """(facet, value, polarity) of everything added."""
    edits = listener.hear(text, context).edits
    return {(e.wish.facet, e.wish.value, e.wish.polarity.value) for e in edits if e.wish and e.action.value == "add"}


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("something from between 2010 and 2019", 2010, 2019),
        ("made before 1917", None, 1916),
        ("a film from 2012", 2012, 2012),
        ("a movie from 99", 1999, 1999),
        ("a comedy from '85", 1985, 1985),
    ],
)
def test_a_figure_among_words_of_time_is_a_year_and_no_title(
    listener: Listener, text: str, low: int | None, high: int | None
) -> None:
    heard = listener.hear(text)
    years = [e.wish for e in heard.edits if e.wish is not None and e.wish.facet == "year"]
    assert [(w.gte, w.lte) for w in years] == [(low, high)]
    assert not [m for m in heard.mentions if m.item_id]


def test_a_figure_that_is_a_title_stays_one(listener: Listener) -> None:
    assert [m.item_id for m in listener.hear("I loved 1917").mentions] == ["1917-2019"]


@pytest.mark.parametrize(
    "text",
    [
        "Hi, I am from France",
        "my wife is Korean",
        "we live in Japan",
        "I'm learning Italian",
        "I am from the USA",
        "I am an African American",
    ],
)
def test_where_people_are_from_is_no_wish(listener: Listener, text: str) -> None:
    assert facts(listener, text) == set()


@pytest.mark.parametrize("text", ["I am 80 years old", "my son is 25 years old", "my mother is 72 years old"])
def test_a_grown_up_needs_no_care(listener: Listener, text: str) -> None:
    assert facts(listener, f"{text}. A comedy please") == {("genre", "Comedy", "want")}
    assert any(f[0] == "certificate" for f in facts(listener, "my son is 5 years old. A comedy please"))


def test_a_fan_of_a_country_and_a_favourite_still_wish(listener: Listener) -> None:
    assert ("language", "French", "want") in facts(listener, "my favourite films are French")


def test_i_am_is_no_length_of_time(listener: Listener) -> None:
    assert listener.hear("I am here").edits == ()


@pytest.mark.parametrize("text", ["I'm feeling sad, cheer me up", "I am so sad tonight"])
def test_a_mood_the_speaker_is_in_asks_for_its_opposite(listener: Listener, text: str) -> None:
    assert {("mood", "feel-good", "want"), ("mood", "sad", "avoid")} <= facts(listener, text)


def test_somebody_who_wants_to_cry_gets_sad_films(listener: Listener) -> None:
    assert facts(listener, "I feel like crying") == {("mood", "sad", "want")}


def test_a_name_before_the_noun_is_who_made_it_if_they_make_more_than_they_act_in(listener: Listener) -> None:
    assert ("director", "Quentin Tarantino", "want") in facts(listener, "a Tarantino film from the nineties")
    assert ("director", "Tom Hanks", "want") not in facts(listener, "a Tom Hanks film")


def test_consonants_alone_and_a_swapped_letter_do_not_turn_a_wish_round(listener: Listener) -> None:
    assert clean("somthing lik it but lss violnt") == "something like it but less violent"
    assert ("mood", "violent", "avoid") in facts(listener, "somthing lik matirx but lss violnt")


@pytest.mark.parametrize("text", ["no i ment fnnier", "no I meant funnier", "no, I said funny"])
def test_no_before_i_meant_refuses_nothing(listener: Listener, text: str) -> None:
    assert facts(listener, text) == {("mood", "funny", "want")}


def test_two_moods_before_one_noun_are_both_heard(listener: Listener) -> None:
    assert {("mood", "slow-burning", "want"), ("mood", "sad", "want")} <= facts(listener, "a slow, sad drama")


def test_a_refused_value_said_to_be_fine_is_taken_back(listener: Listener) -> None:
    context = listener.context("-mood=violent!")
    heard = listener.hear("ok, violence is fine then", context)
    assert not context.ledger.apply(heard.edits, turn=4).active


@pytest.mark.parametrize("text", ["I don't dislike horror", "I don't mind horror"])
def test_two_negations_refuse_nothing(listener: Listener, text: str) -> None:
    assert ("genre", "Horror", "avoid") not in facts(listener, text)


def test_the_opposite_turns_qualities_round_and_lets_the_kind_go(listener: Listener) -> None:
    context = DialogueContext()
    ledger = context.ledger.apply(listener.hear("a slow, sad drama").edits, turn=1)
    heard = listener.hear("the opposite of that", DialogueContext(ledger=ledger, turn=2, slate=SLATE, shown=SLATE))
    after = ledger.apply(heard.edits, turn=2)
    assert heard.contradiction is None
    assert {(w.value, w.polarity) for w in after.active} == {
        ("slow-burning", Polarity.AVOID), ("sad", Polarity.AVOID), ("fast-paced", Polarity.WANT),
        ("feel-good", Polarity.WANT),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["longer is fine actually", "I don't mind something longer"])
def test_a_comparative_that_is_fine_lifts_the_bound_on_its_side(listener: Listener, text: str) -> None:
    heard = listener.hear("at most 90 minutes")
    ledger = DialogueContext().ledger.apply(heard.edits, turn=1)
    context = DialogueContext(ledger=ledger, turn=2, slate=SLATE, shown=SLATE)
    assert not ledger.apply(listener.hear(text, context).edits, turn=2).active


def test_an_older_child_too_leaves_the_younger_one_in_mind(listener: Listener) -> None:
    ledger = DialogueContext().ledger.apply(listener.hear("a film for my 6 year old").edits, turn=1)
    context = DialogueContext(ledger=ledger, turn=2, slate=SLATE, shown=SLATE)
    after = ledger.apply(listener.hear("and for my 14 year old too?", context).edits, turn=2)
    assert [set(w.values) for w in after.active] == [set(w.values) for w in ledger.active]


@pytest.mark.parametrize("text", ["the second one but happier", "the second one, but with robots"])
def test_an_item_but_otherwise_asks_for_something_like_it(listener: Listener, text: str) -> None:
    edits = listener.hear(text, listener.context(shown=SLATE)).edits
    assert ("blade-runner-1982", Stance.LIKE) in {(e.wish.value, e.wish.stance) for e in edits if e.wish}


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("which one is shorter?", "compare"),
        ("who would like it more?", "compare"),
        ("which would you pick?", "compare"),
    ],
)
def test_after_a_comparison_the_questions_are_about_what_was_compared(
    listener: Listener, text: str, field: str
) -> None:
    context = listener.context(shown=SLATE).model_copy(update={"compared": SLATE[:2]})
    question = listener.hear(text, context).question
    assert question is not None
    assert (question.field, question.about) == (field, SLATE[:2])


@pytest.mark.parametrize("text", ["I can't decide", "help me choose", "just one"])
def test_somebody_undecided_before_a_slate_is_asking_which(listener: Listener, text: str) -> None:
    question = listener.hear(text, listener.context(shown=SLATE)).question
    assert question is not None
    assert question.about == SLATE


def test_is_one_better_than_the_other_compares_them(listener: Listener) -> None:
    question = listener.hear("is Alien better than Aliens?").question
    assert question is not None
    assert (question.field, set(question.about)) == ("compare", {"alien-1979", "aliens-1986"})


def test_ok_for_her_asks_whether_a_child_may_see_it(listener: Listener) -> None:
    question = listener.hear("is the first one ok for her?", listener.context(shown=SLATE)).question
    assert question is not None
    assert (question.field, question.about) == ("suitable", SLATE[:1])


def test_two_requests_that_nothing_meets_together_are_taken_one_by_one(listener: Listener) -> None:
    heard = listener.hear("a funny western and also something sad with Meryl Streep")
    assert {e.wish.value for e in heard.edits if e.wish} == {"funny", "Western"}
    assert heard.set_aside == "something sad with Meryl Streep"


def test_two_requests_that_something_meets_are_one_wish_list(listener: Listener) -> None:
    heard = listener.hear("a crime film and also something with Al Pacino")
    assert heard.set_aside == ""
    assert {"Crime", "Al Pacino"} <= {e.wish.value for e in heard.edits if e.wish}


@pytest.mark.parametrize("text", ["yes", "ok, the other one", "something sad with Meryl Streep"])
def test_the_second_request_is_taken_up_and_the_first_let_go(listener: Listener, text: str) -> None:
    ledger = DialogueContext().ledger.apply(listener.hear("a funny western").edits, turn=1)
    context = DialogueContext(
        ledger=ledger, turn=2, slate=SLATE, shown=SLATE, set_aside="something sad with Meryl Streep"
    )
    after = ledger.apply(listener.hear(text, context).edits, turn=2)
    assert {w.value for w in after.active} == {"sad", "Meryl Streep"}


@pytest.mark.parametrize(("text", "asked"), [("ok drop that", False), ("drop it", True), ("yes please", True)])
def test_what_we_named_as_in_the_way_is_dropped_on_a_word(listener: Listener, text: str, asked: bool) -> None:
    ledger = DialogueContext().ledger.apply(listener.hear("a Japanese western").edits, turn=1)
    offered = tuple(w.wish_id for w in ledger.active if w.value == "Japanese")
    context = DialogueContext(ledger=ledger, turn=2, offered=offered, asked_to_drop=asked)
    after = ledger.apply(listener.hear(text, context).edits, turn=2)
    assert [w.value for w in after.active] == ["Western"]


@pytest.mark.parametrize(
    ("text", "items"),
    [("go back to the first list", ("a", "b", "c")), ("show me the previous ones again", ("d", "e", "f"))],
)
def test_an_earlier_slate_is_shown_again(listener: Listener, text: str, items: tuple[str, ...]) -> None:
    ids = [item.item_id for item in listener.catalog][:9]
    names = dict(zip("abcdefghi", ids, strict=True))
    context = DialogueContext(turn=4, slate=tuple(ids[6:]), shown=tuple(ids))
    heard = listener.hear(text, context)
    assert heard.again == tuple(names[i] for i in items)
    assert heard.edits == ()


def test_the_longest_of_all_is_no_mood(listener: Listener) -> None:
    assert listener.hear("what's the longest film you have?").extreme == ("runtime", 1)
    newest = listener.hear("what's your newest western?")
    assert newest.extreme == ("year", 1)
    assert [e.wish.value for e in newest.edits if e.wish] == ["Western"]


@pytest.mark.parametrize("text", ["not quite", "Hmm, none of these.", "nah, not really"])
def test_a_slate_turned_down_as_a_whole_is_heard_as_that(listener: Listener, text: str) -> None:
    assert listener.hear(text, listener.context(shown=SLATE)).refuses


@pytest.mark.parametrize("text", ["not quite so long", "not really a comedy", "none"])
def test_a_critique_is_no_refusal_of_everything(listener: Listener, text: str) -> None:
    assert not listener.hear(text, listener.context(shown=SLATE)).refuses
