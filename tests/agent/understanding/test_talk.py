"""Talk that is no wish, and ways of speaking that used to be misread; each beside a neighbour that stays as it was."""

from __future__ import annotations

import pytest

from tests.agent.understanding.conftest import SLATE, Listener

ONE = SLATE[:1]
ALIEN = "alien-1979"


@pytest.mark.parametrize(
    "text",
    [
        "It was funny and had a happy ending.",
        "haven't seen that one either",
        "I am planning my day off",
        "It was a good movie, it was close to the comic books",
        "See you later",
        "Happy new year!",
    ],
)
def test_talk_about_a_film_or_oneself_is_no_wish(listener: Listener, text: str) -> None:
    assert listener.wishes(text) == set()


def test_a_sentence_that_also_wishes_is_no_mere_remark(listener: Listener) -> None:
    assert listener.wishes("it has to be funny") == {"+mood=funny!"}
    assert "+genre=Western!" in listener.wishes("It was funny, give me a western")


@pytest.mark.parametrize(
    "text", ["I like the actor Brad Pitt.", "I loved the actress Emma Stone", "I like the director Wes Anderson"]
)
def test_a_named_part_of_a_film_is_a_wish(listener: Listener, text: str) -> None:
    assert any(wish.startswith("+person=") for wish in listener.wishes(text))
    assert listener.wishes("I like the main actor") == set()


@pytest.mark.parametrize(
    ("text", "shown", "meant"),
    [
        ("haven't seen it, i'll check it out", ONE, {f"accept:{ALIEN}"}),
        ("not sure about the first one", ONE, set()),
        ("not the first one", ONE, {f"reject:{ALIEN}"}),
        ("perfect, Alien", SLATE, {f"accept:{ALIEN}"}),
        ("saw Bowfinger last year, great movie", SLATE, {"like:bowfinger-1999"}),
        ("saw Bowfinger and want something great", SLATE, {"seen:bowfinger-1999"}),
        ("watched Bowfinger and couldn't finish it", SLATE, {"dislike:bowfinger-1999"}),
        ("Life of Pi did nothing for me", (), {"dislike:life-of-pi-2012"}),
        ("Troy? no", SLATE, {"reject:troy-2004"}),
        ("i don't like any of those", ONE, {f"reject:{ALIEN}"}),
    ],
)
def test_what_is_thought_of_a_film(listener: Listener, text: str, shown: tuple[str, ...], meant: set[str]) -> None:
    assert listener.wishes(text, listener.context(shown=shown)) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("no subtitles, a war movie", {"+language=English!", "+genre=War!"}),
        ("no gore, violence or horror", {"-genre=Horror!", "-mood=violent!"}),
        ("is there a really good thriller out there?", {"+genre=Thriller!"}),
        ("never been a fan of horror flicks", {"-genre=Horror!"}),
        ("i never like horror films", {"-genre=Horror!@standing"}),
        ("can't do wistful stuff", {"-mood=wistful!"}),
        ("i can do horror", {"+genre=Horror~"}),
        ("i get nightmares from nail-biting stuff", {"-mood=nail-biting!"}),
        ("something funny rather than sad", {"+mood=funny~", "-mood=sad!"}),
        ("more romance than fantasy", {"+genre=Romance~"}),
        ("more romance and fantasy", {"+genre=Fantasy~", "+genre=Romance~"}),
        ("not as long as Freaks", {"runtime<=63!"}),
        ("one more thing: it has to be before 1975", {"year<=1974!"}),
        ("show me one more", {"count:1"}),
        ("how do i cook an egg?", set()),
    ],
)
def test_the_reach_of_words_of_refusal_and_comparison(listener: Listener, text: str, meant: set[str]) -> None:
    assert listener.wishes(text) == meant


@pytest.mark.parametrize(
    ("kept", "text", "meant"),
    [
        ("+genre=Comedy!", "i'm serious about the genre", {"harden:genre"}),
        ("+genre=Crime!", "crime would be nice but isn't a must", {"soften:genre=Crime"}),
        ("+genre=Sci-Fi!", "it doesn't have to be sci fi but i'd prefer it", {"soften:genre=Sci-Fi"}),
        ("+genre=Sci-Fi!", "it doesn't have to be sci fi any more", {"retract:genre=Sci-Fi"}),
        ("+genre=Action!", "forget action", {"retract:genre=Action"}),
        ("+cast=Chloë Sevigny!", "i changed my mind about Chloe Sevigny", {"retract:person=Chloë Sevigny"}),
    ],
)
def test_what_is_said_of_a_wish_that_stands(listener: Listener, kept: str, text: str, meant: set[str]) -> None:
    assert listener.wishes(text, listener.context(kept)) == meant
