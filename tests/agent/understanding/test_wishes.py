"""What an utterance is taken to want, one test for each behaviour."""

from __future__ import annotations

import pytest

from tests.agent.understanding.conftest import SLATE, Listener


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("no horror", {"-genre=Horror!"}),
        ("no horror or westerns, something funny", {"-genre=Horror!", "-genre=Western!", "+mood=funny~"}),
        ("nothing with Tom Cruise", {"-cast=Tom Cruise!"}),
        ("anything but a musical", {"-genre=Musical!"}),
        ("I'm not a big fan of westerns", {"-genre=Western~"}),
        ("horror is not my thing", {"-genre=Horror!"}),
        ("a thriller but not French", {"+genre=Thriller!", "-language=French!"}),
    ],
)
def test_negation_reaches_its_list_and_no_further(listener: Listener, said: str, meant: set[str]) -> None:
    assert listener.wishes(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("a comedy", {"+genre=Comedy!"}),
        ("maybe a comedy", {"+genre=Comedy~"}),
        ("a comedy would be nice", {"+genre=Comedy~"}),
        ("I like comedies", {"+genre=Comedy~"}),
        ("I only watch comedies", {"+genre=Comedy!"}),
        ("it must be funny", {"+mood=funny!"}),
        ("something funny", {"+mood=funny~"}),
        ("not too violent", {"-mood=violent~"}),
        ("preferably no violence", {"-mood=violent~"}),
    ],
)
def test_firmness_is_read_from_how_it_was_said(listener: Listener, said: str, meant: set[str]) -> None:
    assert listener.wishes(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("older than 1990 please", "year<=1989!"),
        ("nothing older than 1990", "year>=1990!"),
        ("between 1990 and 2000", "year=1990..2000!"),
        ("from the 80s", "year=1980..1989!"),
        ("late nineties", "year=1996..1999!"),
        ("from the last ten years", "year>=2016!"),
        ("2000 or later", "year>=2000!"),
        ("under two hours", "runtime<=119!"),
        ("90 minutes max", "runtime<=90!"),
        ("not longer than 2h", "runtime<=120!"),
        ("an hour and a half tops", "runtime<=90!"),
        ("at least 2 and a half hours", "runtime>=150!"),
        ("ideally under 100 minutes", "runtime<=99~"),
    ],
)
def test_numbers_are_read_with_their_units(listener: Listener, said: str, meant: str) -> None:
    assert listener.wishes(said) == {meant}


@pytest.mark.parametrize(
    ("said", "prefix"), [("something recent", "year>="), ("an old classic", "year<="), ("not too long", "runtime<=")]
)
def test_vague_amounts_are_soft_bounds(listener: Listener, said: str, prefix: str) -> None:
    (only,) = listener.wishes(said)

    assert only.startswith(prefix)
    assert only.endswith("~")


def test_alternatives_are_one_wish(listener: Listener) -> None:
    assert listener.wishes("a comedy or a drama") == {"+genre=Comedy|Drama!"}
    assert listener.wishes("a sci-fi horror film") == {"+genre=Sci-Fi!", "+genre=Horror!"}


def test_children_make_a_hard_wish_for_what_suits_them(listener: Listener) -> None:
    assert "suit<=8" in listener.wishes("what about a feel-good one for my kids, under two hours")
    assert "suit<=0" in listener.wishes("something for my 6 year old")
    assert "suit<=13" in listener.wishes("nothing above PG-13")
    assert not any("suit" in w for w in listener.wishes("a comedy, the kids are asleep"))


def test_how_long_a_wish_holds_is_read(listener: Listener) -> None:
    assert listener.wishes("I never watch horror") == {"-genre=Horror!@standing"}
    assert listener.wishes("just for tonight, a horror film") == {"+genre=Horror!@turn"}


def test_what_no_facet_covers_stays_as_words(listener: Listener) -> None:
    assert listener.wishes("a film about two people stuck in an elevator") == {
        "+about=two people stuck in an elevator~"
    }


def test_attitudes_to_items_are_told_apart(listener: Listener) -> None:
    assert listener.wishes("I loved Heat, hated Titanic and I've seen Jaws") == {
        "like:heat-1995", "dislike:titanic-1997", "seen:jaws-1975",
    }  # fmt: skip
    assert listener.wishes("I've never seen Casablanca") == set()


def test_not_this_one_i_have_seen_it_is_seen_and_the_rest_is_a_soft_wish(listener: Listener) -> None:
    context = listener.context(shown=SLATE)

    meant = listener.wishes("not Blade Runner, I have seen it; maybe with Harrison Ford", context)

    assert meant == {"seen:blade-runner-1982", "+cast=Harrison Ford~"}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("shorter than Inception", {"runtime<=147!"}),
        ("newer than the second one", {"year>=1983!"}),
        ("like Alien but funnier", {"like:alien-1979", "+mood=funny~"}),
        ("something shorter", {"runtime<=116!"}),
        ("too scary", {"-mood=scary~"}),
    ],
)
def test_comparatives_are_read_against_items(listener: Listener, said: str, meant: set[str]) -> None:
    assert listener.wishes(said, listener.context(shown=SLATE)) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("I've seen the first one", {"seen:alien-1979"}),
        ("not the last one", {"reject:inception-2010"}),
        ("I'll watch the second one", {"accept:blade-runner-1982"}),
        ("more like that", {"like:blade-runner-1982"}),
        ("another by that director", {"+director=Ridley Scott!"}),
        ("the one with DiCaprio? seen it", {"seen:inception-2010"}),
        ("I've seen them all", {"seen:alien-1979", "seen:blade-runner-1982", "seen:inception-2010"}),
    ],
)
def test_references_find_what_was_shown(listener: Listener, said: str, meant: set[str]) -> None:
    assert listener.wishes(said, listener.context(shown=SLATE, focus="blade-runner-1982")) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("forget the year", {"retract:year"}),
        ("any genre", {"retract:genre"}),
        ("doesn't have to be French any more", {"retract:language=French"}),
        ("actually horror is fine", {"retract:genre=Horror"}),
        ("I'm flexible on the language", {"soften:language"}),
        ("it really must be French", {"harden:language=French"}),
        ("the year is a must", {"harden:year"}),
        ("in Spanish instead", {"+language=Spanish!"}),
        ("or a drama", {"or +genre=Drama!"}),
        ("start over", {"reset"}),
    ],
)
def test_earlier_wishes_are_taken_back_softened_hardened_and_widened(
    listener: Listener, said: str, meant: set[str]
) -> None:
    context = listener.context("+genre=Comedy!", "+language=French!", "year<=1989!", "-genre=Horror!")

    assert listener.wishes(said, context) == meant


def test_the_opposite_turns_the_last_wishes_round(listener: Listener) -> None:
    context = listener.context("+mood=dark~", "year<=1989!@2")

    assert listener.wishes("the opposite of that", context) == {"year>=1990!"}


def test_a_contradiction_is_noticed(listener: Listener) -> None:
    context = listener.context("-genre=Horror!")

    assert listener.hear("show me a horror film", context).contradiction is not None
    assert listener.hear("actually horror is fine", context).contradiction is None


def test_an_ambiguous_title_is_noted_only_where_it_matters(listener: Listener) -> None:
    loved = listener.hear("I loved Dune")

    assert loved.ambiguous is not None
    assert loved.ambiguous.alternatives == ("dune-1984",)
    assert listener.hear("I loved Dune (1984)").ambiguous is None
    assert listener.hear("I've seen Dune").ambiguous is None


def test_a_title_the_catalogue_does_not_hold_is_named(listener: Listener) -> None:
    assert listener.hear("something like Zorblax Prime").unmatched == ("Zorblax Prime",)


def test_counts_and_surprises(listener: Listener) -> None:
    assert listener.hear("just one good thriller").count == 1
    assert listener.hear("give me three films").count == 3
    assert listener.hear("surprise me").surprise
