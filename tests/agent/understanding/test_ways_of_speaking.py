"""Families of everyday speech that were misread; beside each, a neighbour that must stay as it is."""

from __future__ import annotations

import pytest

from tests.agent.understanding.conftest import SLATE, Listener


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("not funny enough", {"+mood=funny~"}),
        ("it's not romantic enough", {"+mood=romantic~"}),
        ("not enough romance", {"+genre=Romance~"}),
        ("not long enough", {"runtime>=118!"}),
        ("not recent enough", {"year>=1983!"}),
        ("my son is not old enough for it", {"suit<=8"}),
        ("not funny", {"-mood=funny!"}),
        ("I've had enough horror", {"-genre=Horror!"}),
        ("something long enough for a flight", {"runtime>=127~"}),
    ],
)
def test_not_enough_asks_for_more(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text, listener.context(shown=SLATE)) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("sci-fi, 90 to 110 minutes", {"+genre=Sci-Fi!", "runtime=90..110!"}),
        ("between 90 and 110 minutes", {"runtime=90..110!"}),
        ("an hour and a half to two hours", {"runtime=90..120!"}),
        ("1-2 hours", {"runtime=60..120!"}),
        ("ideally 90 minutes to 2 hours", {"runtime=90..120~"}),
        ("nothing between 90 and 110 minutes", {"-runtime=90..110!"}),
        ("a comedy and 90 minutes", {"+genre=Comedy!", "runtime=80..100~"}),
        ("a film from 1990 to 2000, 2 hours", {"year=1990..2000!", "runtime=108..132~"}),
    ],
)
def test_a_range_of_amounts_keeps_both_its_ends(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("kept", "text", "left"),
    [
        (("+genre=Thriller!",), "go back to romantic comedies", {"Comedy", "Romance"}),
        (("+genre=Thriller!",), "ok a romantic comedy instead", {"Comedy", "Romance"}),
        (("+cast=Meryl Streep!",), "what about Kathryn Bigelow instead?", {"Kathryn Bigelow"}),
        (
            ("+director=Christopher Nolan!", "+cast=Christian Bale!"),
            "with Cillian Murphy instead",
            {"Christopher Nolan", "Cillian Murphy"},
        ),
        (("+genre=Romance!", "+genre=Comedy!"), "forget the romance", {"Comedy"}),
        (("+genre=Comedy!",), "with a bit of romance after all", {"Comedy", "Romance"}),
        (("+genre=Thriller!",), "something like Back to the Future", {"Thriller", "back-to-the-future-1985"}),
        (("+cast=Meryl Streep!",), "directed by Kathryn Bigelow", {"Meryl Streep", "Kathryn Bigelow"}),
    ],
)
def test_a_change_of_mind_lets_the_old_wish_go(
    listener: Listener, kept: tuple[str, ...], text: str, left: set[str]
) -> None:
    context = listener.context(*kept)
    ledger = context.ledger.apply(listener.hear(text, context).edits, turn=context.turn)

    assert {wish.value for wish in ledger.active} == left


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Just got back from seeing Oppenheimer, I need a comedy", {"seen:oppenheimer-2023", "+genre=Comedy!"}),
        ("ha, yesterday my mum made us watch Titanic again", {"seen:titanic-1997"}),
        ("my wife dragged me to Barbie last week", {"seen:barbie-2023"}),
        ("just got back from seeing Oppenheimer, loved it", {"like:oppenheimer-2023"}),
        ("loved seeing Titanic", {"like:titanic-1997"}),
        ("I feel like seeing Titanic again", {"like:titanic-1997"}),
    ],
)  # fmt: skip
def test_a_film_seen_in_passing_is_no_favourite(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant
