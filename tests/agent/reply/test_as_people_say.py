"""Turns of phrase of a person where a machine's stood: in wishes, leads, complaints and goodbyes."""

from __future__ import annotations

import pytest

from parley.agent.ledger import Hardness, Polarity, Wish
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import with_the
from parley.agent.wish_words import say_condition
from parley.tools.films import FILM_DOMAIN
from parley.tools.items import Catalog, Domain, NumberInfo
from tests.agent.test_behaviours import Films, films, titles, wishes

__all__ = ["films"]


@pytest.fixture(scope="module")
def wording() -> Wording:
    return Wording(Catalog.films())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("United States", "the United States"), ("United Kingdom", "the United Kingdom"),
        ("Netherlands", "the Netherlands"), ("Soviet Union", "the Soviet Union"),
        ("Czech Republic", "the Czech Republic"), ("Philippines", "the Philippines"),
        ("France", "France"), ("New Zealand", "New Zealand"), ("Hong Kong", "Hong Kong"),
    ],
)  # fmt: skip
def test_countries_have_their_article(name: str, said: str) -> None:
    assert with_the(name) == said
    assert say_condition(Wish(facet="country", value=name), FILM_DOMAIN) == f"from {said}"


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (None, 161, "no longer than 2 h 41 min"),
        (None, 120, "no longer than two hours"),
        (None, 119, "under two hours"),
        (91, None, "over an hour and a half"),
        (150, None, "at least two and a half hours long"),
        (80, 100, "1 h 20 min to 1 h 40 min long"),
    ],
)
def test_running_times_are_bounds_in_words(low: float | None, high: float | None, said: str) -> None:
    assert say_condition(Wish(facet="runtime", gte=low, lte=high), FILM_DOMAIN) == said


def test_other_numbers_are_at_most_and_at_least() -> None:
    numbers = {"pages": NumberInfo(label="pages", unit="pages"), "price": NumberInfo(label="price", unit="")}
    books = Domain(name="books", noun="book", plural="books", verb="read", numbers=numbers)

    assert say_condition(Wish(facet="pages", lte=300), books) == "at most 300 pages"
    assert say_condition(Wish(facet="pages", gte=300), books) == "at least 300 pages"
    assert say_condition(Wish(facet="price", lte=30), books) == "price at most 30"


def test_a_kind_refused_is_none_of_it_and_a_mood_is_not_it() -> None:
    horror = Wish(facet="genre", value="Horror", polarity=Polarity.AVOID)
    sad = Wish(facet="mood", value="sad", polarity=Polarity.AVOID)

    assert say_condition(horror, FILM_DOMAIN) == "no horror"
    nolan = Wish(facet="person", value="Christopher Nolan", polarity=Polarity.AVOID)
    assert say_condition(sad, FILM_DOMAIN) == "not sad"
    assert say_condition(nolan, FILM_DOMAIN) == "not Christopher Nolan"


def test_wishes_of_several_sorts_are_one_phrase(wording: Wording) -> None:
    two = [Wish(facet="genre", value="Comedy"), Wish(facet="year", gte=1990, lte=1999)]
    four = [*two, Wish(facet="country", value="United Kingdom"), Wish(facet="runtime", lte=135)]

    assert wording.understood(two) == "comedies from the 1990s"
    assert wording.understood(four).count(",") >= 2
    assert "from the United Kingdom" in wording.understood(four)


def test_films_are_set_in_places_not_about_them(wording: Wording) -> None:
    assert wording.phrase("keyword", "paris") == "set in Paris"
    assert wording.phrase("keyword", "revenge") == "about revenge"


def test_a_country_is_told_with_its_article(films: Films) -> None:
    (turn,) = films.play("what country is Heat from?")

    assert turn.reply == "Heat was made in the United States."


# Replies


def test_what_is_said_again_is_apologised_for_and_becomes_a_must(films: Films) -> None:
    first, again = films.play("action movie please", "less violent", "still too violent")[1:]

    assert wishes(first, "mood")[0].hardness is Hardness.SOFT
    assert wishes(again, "mood")[0].hardness is Hardness.HARD
    assert "Sorry" in again.reply or "You did say so" in again.reply
    assert all("violent" not in films.item(i).tags.get("mood", ()) for i in again.slate)


def test_a_complaint_is_met_with_what_we_go_by(films: Films) -> None:
    _, turn = films.play("action movie please, nothing violent", "are you even listening?")

    assert turn.route == "chat"
    assert "orry" in turn.reply
    assert "action films" in turn.reply
    assert "Start over" in turn.quick_replies


def test_the_same_again_turns_the_list_down(films: Films) -> None:
    first, turn = films.play("something from the 90s", "ugh, same stuff again")

    assert not set(titles(first)) & set(titles(turn))


def test_why_not_names_what_stands_in_the_way(films: Films) -> None:
    first, turn = films.play("a korean western musical from the 30s", "why not?")

    assert "at once" in first.reply
    assert turn.route == "answer"
    assert "What stands in the way" in turn.reply
    assert "Korean" in turn.reply


def test_why_not_with_nothing_given_up_is_no_such_question(films: Films) -> None:
    _, turn = films.play("a comedy", "why not?")

    assert "stands in the way" not in turn.reply


def test_the_less_well_known_are_less_well_known(films: Films) -> None:
    first, turn = films.play("a thriller", "something less well known")
    renown = dict(zip((i.item_id for i in films.agent.catalog), films.agent.parts.services.popularity, strict=True))

    assert turn.slate
    assert max(renown[i.item_id] for i in turn.slate) < min(renown[i.item_id] for i in first.slate)
    assert not wishes(turn, "about")
    assert [w.value for w in wishes(turn, "genre")] == ["Thriller"]


@pytest.mark.parametrize("text", ["a well known thriller", "something popular", "anything you know"])
def test_the_well_known_are_not_the_less_well_known(films: Films, text: str) -> None:
    films.play(text)

    assert not films.trace.understanding.lesser_known


def test_something_good_answers_our_question(films: Films) -> None:
    asked, turn = films.play("recommend something", "something good")

    assert asked.route == "ask"
    assert turn.route in ("ask", "plan")


def test_what_was_asked_for_so_far_is_told(films: Films) -> None:
    _, turn = films.play("a thriller from the 80s", "what did I ask for so far?")

    assert turn.route == "answer"
    assert "thrillers from the 1980s" in turn.reply


def test_a_rating_is_told_without_yes_or_no(films: Films) -> None:
    (asked,) = films.play("what's the rating of Heat?")
    (suits,) = films.play("is Heat suitable for children?")

    assert asked.reply.startswith("Heat is rated R")
    assert suits.reply.startswith("No: Heat is rated R")


def test_thanks_and_goodbye_is_goodbye(films: Films) -> None:
    *_, turn = films.play("a comedy", "thanks, bye!")

    assert any(word in turn.reply for word in ("bye", "time"))
    assert not turn.quick_replies


def test_a_change_of_subject_is_no_goodbye(films: Films) -> None:
    *_, turn = films.play("a scary movie", "actually let's do something else instead")

    assert not any(word in turn.reply for word in ("Goodbye", "Till next time", "See you"))


def test_how_many_fit_is_counted(films: Films) -> None:
    (all_of_them,) = films.play("how many films do you have?")
    first, fitting = films.play("a thriller from the 80s", "how many have you got?")

    assert f"{len(films.agent.catalog):,}" in all_of_them.reply
    total = films.agent.slate(user=films.user).total
    assert total > len(first.slate)
    assert f"{total:,}" in fitting.reply


def test_a_name_that_leads_nowhere_is_said(films: Films) -> None:
    _, turn = films.play("a thriller", "and from the Netherlands?")

    assert "the Netherlands" in turn.reply


def test_few_of_what_was_wanted_is_said_before_the_list(films: Films) -> None:
    (turn,) = films.play("films about chess")
    having = [i for i in turn.slate if "chess" in films.item(i).tags["keyword"]]

    assert 0 < len(having) < len(turn.slate)
    assert "about chess; the others are further off" in turn.reply


def test_why_a_refused_kind_is_told_as_a_person_would(films: Films) -> None:
    _, turn = films.play("no musicals. something from Italy", "why the first?")

    assert "It is not a musical" in turn.reply
    assert "It is from Italy" in turn.reply


def test_many_seen_are_not_told_one_by_one(films: Films) -> None:
    first, turn = films.play("something for a 10 year old", "she's seen them all")

    assert len(first.slate) == 5
    assert "and three more" in turn.reply
