"""Themes, refusals and slips of spelling, each beside a neighbour that is none."""

from __future__ import annotations

import pytest

from tests.agent.understanding.conftest import Listener


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a christmas movie", {"+keyword=christmas~"}),
        ("a funny xmas film", {"+mood=funny~", "+keyword=christmas~"}),
        ("a zombie film", {"+keyword=zombies~"}),
        ("something with zombies", {"+keyword=zombies~"}),
        ("any superhero films?", {"+keyword=superhero~"}),
        ("no superheroes", {"-keyword=superhero!"}),
        ("a comedy set in a prison", {"+genre=Comedy!", "+keyword=prison~"}),
        ("a road trip movie", {"+keyword=road trip~"}),
        ("Pixar film please", {"+keyword=pixar~"}),
        ("not a sequel", {"-keyword=sequel!"}),
    ],
)
def test_a_common_theme_is_understood_by_its_everyday_word(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    "text",
    [
        "my wife is a college teacher",
        "watch with my brothers",
        "I liked the wedding scene",
        "I like the chase in it",
        "we are at my mother's for christmas",
        "I want to watch it on the train",
    ],
)
def test_an_everyday_word_is_no_theme_by_itself(listener: Listener, text: str) -> None:
    assert not any("keyword" in wish for wish in listener.wishes(text))


def test_a_title_that_is_also_a_theme_stays_a_title(listener: Listener) -> None:
    assert listener.wishes("i loved road trip") == {"like:road-trip-2000"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("something for tonight, nothing heavy", {"+mood=lighthearted~"}),
        ("nothing too heavy", {"+mood=lighthearted~"}),
        ("no heavy stuff", {"+mood=lighthearted~"}),
        ("I can't face anything too demanding tonight", {"+mood=lighthearted~"}),
        ("nothing dark or heavy", {"-mood=dark!", "+mood=lighthearted~"}),
        ("nothing too heavy or sad", {"-mood=sad~", "+mood=lighthearted~"}),
        ("no heavy metal", {"-keyword=heavy metal!"}),
        ("a heavy drama please", {"+genre=Drama!"}),
        ("it's not very deep", set()),
    ],
)
def test_who_wants_nothing_heavy_wants_something_light(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("comedy, no violense", {"+genre=Comedy!", "-mood=violent!"}),
        ("a thriller, no goree", {"+genre=Thriller!", "-mood=violent!"}),
        ("no volence", {"-mood=violent!"}),
        ("not too dissturbing", {"-mood=disturbing~"}),
        ("something suspensful", {"+mood=suspenseful~"}),
        ("no violins", {"-keyword=violin!"}),
        ("more intensely", set()),
        ("more details", set()),
        ("more grant films", set()),
    ],
)
def test_a_misspelt_mood_is_read_where_one_is_to_be_expected(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


def test_one_message_does_not_argue_with_itself(listener: Listener) -> None:
    heard = listener.hear("a scary film but no horror")

    assert heard.contradiction is None
    assert {"-genre=Horror!", "+mood=scary~"} <= listener.wishes("a scary film but no horror")
    assert listener.wishes("a scary film") == {"+genre=Horror!", "+mood=scary~"}
    assert "-genre=Horror!" in listener.wishes("no scary films")


def test_bounds_of_one_message_that_leave_no_room_are_still_noticed(listener: Listener) -> None:
    assert listener.hear("under 90 minutes and over two hours").contradiction is not None
