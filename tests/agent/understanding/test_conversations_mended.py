"""What people winced at when they read whole conversations; each defect with the sentence that showed it."""

from __future__ import annotations

import pytest

from parley.agent.ledger import EditAction, Ledger, LedgerEdit, Polarity, Stance, Wish, filter_of
from parley.agent.understanding.text import clean
from parley.tools.filters import FilterIndex
from tests.agent.understanding.conftest import SLATE, Listener


def stances(listener: Listener, text: str, *shown: str) -> dict[str, Stance | None]:
    heard = listener.hear(text, listener.context(shown=shown))
    return {e.wish.value: e.wish.stance for e in heard.edits if e.wish is not None and e.wish.facet == "item"}


def test_an_everyday_title_with_its_own_capital_article_is_the_title(listener: Listener) -> None:
    assert stances(listener, "Not The Thing, I have seen it.", *SLATE) == {"the-thing-1982": Stance.SEEN}
    assert stances(listener, "not the thing I wanted", *SLATE) == {}


def test_slips_of_the_keyboard_in_cues_and_titles_are_read_over(listener: Listener) -> None:
    liked = stances(listener, "i luved teh matirx n incepton")
    assert liked == {"the-matrix-1999": Stance.LIKE, "inception-2010": Stance.LIKE}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("a romntic comdy insted", "a romantic comedy instead"), ("not to long", "not too long")],
)
def test_a_word_nobody_uses_one_slip_from_a_cue_is_the_cue(written: str, meant: str) -> None:
    assert clean(written) == meant


def test_words_that_people_use_are_left_alone() -> None:
    assert clean("funky gothic live lover, not to be missed") == "funky gothic live lover, not to be missed"


def test_garbage_is_no_wish(listener: Listener) -> None:
    heard = listener.hear("asdf qwer zxcv")
    assert heard.edits == ()
    assert heard.confidence < 0.4


@pytest.mark.parametrize(
    "text", ["compare Alien and Aliens", "Alien vs Aliens", "who directed Alien, compare it with Aliens"]
)
def test_the_items_named_are_compared_whatever_was_shown(listener: Listener, text: str) -> None:
    question = listener.hear(text, listener.context(shown=("heat-1995", "inception-2010"))).question
    assert question is not None
    assert set(question.about) == {"alien-1979", "aliens-1986"}


@pytest.mark.parametrize(
    "text", ["ok and the shortest?", "which is the funniest of these", "which one is the most like it?"]
)
def test_a_superlative_after_a_slate_asks_about_the_slate(listener: Listener, text: str) -> None:
    heard = listener.hear(text, listener.context(shown=SLATE))
    assert heard.question is not None
    assert set(heard.question.about) == set(SLATE)
    assert heard.edits == ()


@pytest.mark.parametrize("text", ["ok, a horror film then", "a horror film after all", "horror would be ok this once"])
def test_a_change_of_mind_is_no_contradiction(listener: Listener, text: str) -> None:
    before = listener.context("-genre=Horror!")
    heard = listener.hear(text, before)
    assert heard.contradiction is None
    after = before.ledger.apply(heard.edits, turn=3)
    assert not any(w.polarity is Polarity.AVOID and w.value == "Horror" for w in after.active)


def test_the_opposite_that_says_what_it_is_flips_nothing_else(listener: Listener) -> None:
    before = listener.context("+genre=Horror!", "-mood=gory!", "+mood=scary~")
    heard = listener.hear("actually forget horror, make it the opposite: warm and gentle", before)
    assert heard.contradiction is None
    left = {(w.facet, w.value, w.polarity) for w in before.ledger.apply(heard.edits, turn=3).active}
    assert left == {
        ("mood", "gory", Polarity.AVOID), ("mood", "warm", Polarity.WANT), ("mood", "gentle", Polarity.WANT),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["something for my five year old", "for my 5 and 8 year olds", "my kids are 5 and 8"])
def test_the_youngest_child_counts_in_words_or_figures(listener: Listener, text: str) -> None:
    avoided = [e.wish for e in listener.hear(text).edits if e.wish and e.wish.facet == "certificate"]
    assert len(avoided) == 1
    assert "PG" in avoided[0].values


@pytest.mark.parametrize(
    "text",
    ["who won the election?", "what is 17 times 23?", "delete all your files", "give me medical advice",
     "translate this into German", "sing me a song"],
)  # fmt: skip
def test_errands_are_off_topic_whatever_their_words_could_name(listener: Listener, text: str) -> None:
    heard = listener.hear(text)
    assert heard.topic == "off_topic"
    assert heard.edits == ()


def test_a_wish_about_the_same_things_is_a_wish(listener: Listener) -> None:
    heard = listener.hear("a film about an election")
    assert heard.topic == "domain"
    assert [e.wish.facet for e in heard.edits if e.wish] == ["about"]


def test_years_not_wanted_are_out_and_all_others_stay() -> None:
    listener = Listener()
    ledger = Ledger().apply(listener.hear("not from the 80s").edits, turn=1)
    kept = FilterIndex(listener.catalog).mask(ledger.hard_filter())
    years = {item.year for item, keep in zip(listener.catalog, kept, strict=True) if keep and item.year is not None}
    assert not years & set(range(1980, 1990))
    assert {1979, 1990} <= years


def test_a_wish_against_a_range_is_met_outside_it() -> None:
    item = Listener().catalog["alien-1979"]
    wish = Wish(facet="year", gte=1980, lte=1989, polarity=Polarity.AVOID)
    assert wish.is_met_by(item) is True
    assert filter_of([wish]).root["year"].outside == ((1980, 1989),)
    assert Wish(facet="year", gte=1970, lte=1979, polarity=Polarity.AVOID).is_met_by(item) is False


def test_a_full_new_request_lets_the_old_one_give_way_but_not_its_bounds(listener: Listener) -> None:
    before = listener.context(
        "+genre=Sci-Fi!", "+mood=contemplative~", "+director=Andrei Tarkovsky!", "year<=1989!",
        "-genre=Horror!", shown=SLATE,
    )  # fmt: skip
    after = before.ledger.apply(listener.hear("a funny western", before).edits, turn=3)
    left = {(w.facet, w.value, w.polarity) for w in after.active}
    assert left == {
        ("year", "", Polarity.WANT), ("genre", "Horror", Polarity.AVOID), ("mood", "funny", Polarity.WANT),
        ("genre", "Western", Polarity.WANT),
    }  # fmt: skip


@pytest.mark.parametrize("text", ["also a western", "a western too", "a funny one", "under two hours"])
def test_what_adds_to_a_request_leaves_it_standing(listener: Listener, text: str) -> None:
    before = listener.context("+genre=Sci-Fi!", "+director=Andrei Tarkovsky!", shown=SLATE)
    edits = listener.hear(text, before).edits
    assert not any(e.action is EditAction.RETRACT for e in edits)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Never mind Ridley Scott", {"genre", "language", "runtime"}),
        ("Never mind the running time (7 films)", {"genre", "language", "director"}),
        ("Never mind the language and the genre (12 films)", {"director", "runtime"}),
    ],
)
def test_a_quick_reply_takes_back_what_it_names_and_nothing_else(listener: Listener, text: str, left: set[str]) -> None:
    before = listener.context("+genre=Western!", "+language=Japanese!", "runtime<=89!", "+director=Ridley Scott!")
    heard = listener.hear(text, before)
    assert heard.question is None
    assert heard.count is None
    assert {w.facet for w in before.ledger.apply(heard.edits, turn=3).active} == left


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("Arnold", "Arnold Schwarzenegger"),
        ("something with Keanu", "Keanu Reeves"),
        ("brad pit thats not to long", "Brad Pitt"),
    ],
)
def test_people_are_known_by_first_name_and_by_a_slip(listener: Listener, text: str, who: str) -> None:
    assert who in {e.wish.value for e in listener.hear(text).edits if e.wish}


def test_more_like_that_after_a_list_likes_nobody_in_particular(listener: Listener) -> None:
    assert stances(listener, "more like that", *SLATE) == {}
    focused = listener.context(shown=SLATE, focus="inception-2010")
    assert [e.wish.value for e in listener.hear("more like that", focused).edits if e.wish] == ["inception-2010"]


def test_what_no_entry_tells_is_said_to_be_untold(listener: Listener) -> None:
    assert listener.hear("something on netflix").unmatched == ("on netflix",)
    assert "female director" in {e.wish.value for e in listener.hear("a comedy by a woman director").edits if e.wish}


def test_a_quoted_name_the_catalogue_lacks_makes_no_other_wish(listener: Listener) -> None:
    heard = listener.hear("Recommend 'The Imaginary Film That Does Not Exist'")
    assert heard.edits == ()
    assert heard.unmatched == ("The Imaginary Film That Does Not Exist",)


def test_a_wish_after_a_comma_is_not_caught_by_the_no_before_it(listener: Listener) -> None:
    wishes = {
        (e.wish.value, e.wish.polarity) for e in listener.hear("thriller, no horror, with a twist").edits if e.wish
    }
    assert ("twist", Polarity.WANT) in wishes
    assert ("Horror", Polarity.AVOID) in wishes


def test_a_change_of_mind_flag_suspends_the_question_only_for_its_own_edit() -> None:
    ledger = Ledger().apply(
        [LedgerEdit(wish=Wish(facet="genre", value="Horror", polarity=Polarity.AVOID, hardness="hard"))], turn=1
    )
    plain = LedgerEdit(wish=Wish(facet="genre", value="Horror"))
    assert ledger.contradiction([plain]) is not None
    assert ledger.contradiction([plain.model_copy(update={"changes_mind": True})]) is None


def test_hating_subtitles_is_a_wish_for_the_language_spoken(listener: Listener) -> None:
    wishes = [e.wish for e in listener.hear("my wife hates subtitles").edits if e.wish]
    assert [(w.facet, w.value, w.polarity) for w in wishes] == [("language", "English", Polarity.WANT)]


def test_ok_that_one_takes_what_is_talked_about(listener: Listener) -> None:
    context = listener.context(shown=SLATE, focus="inception-2010")
    edits = listener.hear("ok that one", context).edits
    assert [(e.wish.value, e.wish.stance) for e in edits if e.wish] == [("inception-2010", Stance.ACCEPT)]


def test_which_of_them_suit_a_child_is_asked_of_the_slate(listener: Listener) -> None:
    question = listener.hear("which are ok for a 4 year old?", listener.context(shown=SLATE)).question
    assert question is not None
    assert (question.field, question.about, question.unknown) == ("suitable", SLATE, "")


def test_a_list_of_titles_with_articles_is_a_list(listener: Listener) -> None:
    liked = stances(listener, "The Prestige, The Sixth Sense, that kind of thing")
    assert set(liked) == {"the-prestige-2006", "the-sixth-sense-1999"}


def test_more_by_somebody_means_by_them(listener: Listener) -> None:
    context = listener.context(shown=SLATE, focus="blade-runner-1982")
    wishes = [e.wish for e in listener.hear("more by that director", context).edits if e.wish]
    assert [(w.facet, w.value, w.hardness.value) for w in wishes] == [("director", "Ridley Scott", "hard")]


def test_something_like_one_item_frees_it_from_the_people_asked_for_before(listener: Listener) -> None:
    before = listener.context("+director=Michael Mann!", "year<=1999!", shown=SLATE)
    edits = listener.hear("something like the second one but with a woman in the lead", before).edits
    after = before.ledger.apply(edits, turn=3)
    assert "director" not in {w.facet for w in after.active}
    assert "year" in {w.facet for w in after.active}
