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


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I don't know what I want to be honest", set()),
        ("to be perfectly honest I want a comedy", {"+genre=Comedy!"}),
        ("it has to be honest", {"+mood=honest!"}),
        ("a good film for a rainy sunday", set()),
        ("something funny for friday night", {"+mood=funny~"}),
        ("my girlfriend is crying on the sofa, help", set()),
        ("a man stuck on mars", {"+about=a man stuck on mars~"}),
        ("something about a party that goes wrong", {"+about=party that goes wrong~"}),
    ],
)
def test_turns_of_speech_and_occasions_are_no_wishes(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("I prefer his samurai films to the contemporary ones", {"+keyword=samurai~"}),
        ("I prefer comedies over dramas", {"+genre=Comedy~"}),
        ("I'd prefer to watch a comedy", {"+genre=Comedy~"}),
        ("I prefer something similar to horror", {"+genre=Horror~"}),
    ],
)
def test_what_is_liked_less_is_only_a_measure(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("text", "meant", "narrows"),
    [
        ("we've seen all the Pixar ones", {"-keyword=pixar!"}, False),
        ("I've seen all the Nolan films", {"-director=Christopher Nolan!"}, False),
        ("I've seen all the Nolan films, all great", set(), False),
        ("the funny ones", {"+mood=funny~"}, True),
        ("I prefer comedies to the sad ones", {"+genre=Comedy~"}, False),
    ],
)
def test_what_is_all_seen_is_wanted_no_more(listener: Listener, text: str, meant: set[str], narrows: bool) -> None:
    heard = listener.hear(text, listener.context(shown=SLATE))

    assert (listener.wishes(text, listener.context(shown=SLATE)), heard.narrows) == (meant, narrows)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("anything like Tarkovsky's Stalker", {"like:stalker-1979"}),
        ("something like Nolan's Inception", {"like:inception-2010"}),
        ("I loved Hitchcock's birds", {"like:the-birds-1963"}),
        ("something like Inception by Nolan", {"like:inception-2010"}),
        ("Nolan's films", {"+director=Christopher Nolan!"}),
        ("a comedy by Nolan", {"+genre=Comedy!", "+person=Christopher Nolan!"}),
    ],
)
def test_a_title_told_by_who_made_it_is_that_film(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize("text", ["others please", "no, others", "the others?"])
def test_others_are_other_films(listener: Listener, text: str) -> None:
    heard = listener.hear(text, listener.context(shown=SLATE))

    assert (heard.edits, heard.acts[0].value) == ((), "continue")
    assert listener.wishes("I saw The Others yesterday", listener.context(shown=SLATE)) == {"seen:the-others-2001"}


def test_the_whole_of_not_enough_is_quoted(listener: Listener) -> None:
    edits = listener.hear("not funny enough").edits
    assert [edit.wish.words for edit in edits if edit.wish] == ["not funny enough"]
