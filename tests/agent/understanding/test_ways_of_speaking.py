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
