"""What the verifier lets through and what it stops, sentence by sentence."""

from __future__ import annotations

import time

import pytest

from parley.agent.reply.sentences import split_sentences
from parley.agent.reply.titles import NameFinder
from parley.agent.reply.verify import Verifier, verify
from parley.tools.items import Catalog
from tests.agent.reply.worlds import BOOKS


@pytest.fixture(scope="module")
def films() -> Catalog:
    return Catalog.films()


@pytest.fixture(scope="module")
def check(films: Catalog):
    """Verify a text that may name Alien, Blade Runner and Heat."""
    ids = [
        next(i.item_id for i in films if i.label == label)
        for label in ("Alien (1979)", "Blade Runner (1982)", "Heat (1995)")
    ]
    verifier = Verifier(films)
    return lambda text, **more: verifier.verify(text, ids, **more)


@pytest.mark.parametrize(
    "text",
    [
        "Alien (1979) is a terrifying sci-fi horror film directed by Ridley Scott.",
        "Directed by Ridley Scott, Blade Runner is a 1982 sci-fi thriller with Rutger Hauer.",
        "Ridley Scott's Blade Runner is rated R.",
        "Alien runs 117 minutes, that is 1 h 57 min.",
        "Heat, starring Al Pacino and Robert De Niro, is a crime thriller.",
        "Alien is not a comedy.",
        "If you want heat and speed, the big game is on: get out and see Heat.",
        "You wanted something funny, but Heat is tense.",
    ],
)
def test_true_sentences_pass(check, text: str) -> None:
    verdict = check(text)
    assert verdict.ok, verdict.problems
    assert verdict.text == text


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("You may also like Aliens.", "title"),
        ("Try Big Fish (2003).", "title"),
        ("Watch “Heat” and then “Jaws”.", "title"),
        ("Try “Space Madness”, it is close.", "title"),
        ("Blorptown is a film much like Alien.", "name"),
        ("Alien (1980) is the one.", "year"),
        ("Heat came out in 1999.", "year"),
        ("Alien was directed by James Cameron.", "person"),
        ("Blade Runner stars Ridley Scott.", "person"),
        ("Heat was directed by Al Pacino.", "person"),
        ("James Cameron's Alien is tense.", "person"),
        ("Alien runs 2 h 5 min.", "number"),
        ("Heat is a romantic comedy.", "tag"),
        ("Alien is rated PG-13.", "tag"),
        ("Jonathan Blorp plays the lead in Heat.", "name"),
    ],
)
def test_a_wrong_title_or_fact_is_caught_and_named(check, text: str, kind: str) -> None:
    verdict = check(text)
    assert verdict.is_wrong
    assert kind in {p.kind for p in verdict.problems}


@pytest.mark.parametrize(
    "text",
    [
        "Heat won many awards.",
        "Alien is a masterpiece.",
        "Heat scored 9 points.",
        "Alien is heartwarming.",
        "You'll love Heat.",
    ],
)
def test_praise_no_field_bears_out_is_cut_without_condemning_the_rest(check, text: str) -> None:
    verdict = check(f"Alien is from 1979. {text}")
    assert verdict.text == "Alien is from 1979."
    assert verdict.problems


def test_a_pronoun_is_checked_against_the_item_named_before(check) -> None:
    assert check("Try Heat. It was directed by Michael Mann.").ok
    assert check("Try Heat. It was directed by Ridley Scott.").is_wrong


def test_words_of_the_user_may_be_repeated_in_quotation_marks_only(check) -> None:
    assert check("You said “older than Titanic”, so Heat.", phrases=("older than Titanic please",)).ok
    assert check("You said older than Titanic, so Titanic.", phrases=("older than Titanic please",)).is_wrong


def test_common_words_are_not_taken_for_titles(films: Catalog) -> None:
    finder = NameFinder(films)
    text = "I like big speed and heat, up in the air. Get out more. The game is up. Rocky road, alien food."
    assert [n.text for n in finder.find(text) if n.kind == "title" and n.certain] == []
    assert {n.text for n in finder.find("Try Heat, Up and “Big”; or The Game.") if n.kind == "title"} == {
        "Heat",
        "Up",
        "Big",
        "The Game",
    }


def test_every_title_of_the_catalogue_is_found_with_its_year(films: Catalog) -> None:
    finder = NameFinder(films)
    missed = [
        i.label for i in films if i.item_id not in [x for n in finder.find(f"See {i.label} now.") for x in n.item_ids]
    ]
    assert missed == []


def test_sentences_split_and_join_to_the_same_text() -> None:
    text = (
        "Dr. Strangelove is fine. So is Kill Bill: Vol. 2 (2004). Airplane! is a comedy.\n- A line.\n- By J. K. Smith."
    )
    parts = split_sentences(text)
    assert "".join(parts) == text
    assert len([p for p in parts if p.strip()]) == 5


def test_verifying_a_reply_takes_a_small_fraction_of_a_model_call(check) -> None:
    text = " ".join(["Alien (1979) is a terrifying sci-fi horror film directed by Ridley Scott, like Aliens."] * 5)
    check(text)
    times = []
    for _ in range(20):
        start = time.thread_time()  # the processor's own time: a busy machine changes nothing
        check(text)
        times.append(time.thread_time() - start)
    assert min(times) < 0.02


def test_another_domain_is_verified_by_its_own_fields() -> None:
    ids = ["the-salt-road"]
    assert verify("The Salt Road (1931) is a wry mystery by Ada Merrow.", ids, BOOKS).ok
    assert verify("The Salt Road (1931) is by Jon Haldane.", ids, BOOKS).is_wrong
    assert verify("Read Nine Winters.", ids, BOOKS).is_wrong


def test_a_theme_of_another_film_is_cut(films: Catalog) -> None:
    crow = next(i for i in films if i.title == "The Crow: City of Angels")
    metal = next(i for i in films if i.title == "Heavy Metal")
    said = "Heavy Metal (1981) is an animated sci-fi film about a murdered son."
    true = "The Crow: City of Angels (1996) is a fantasy thriller about a murdered son."

    verdict = verify(f"{said} {true}", [crow.item_id, metal.item_id], films)

    assert verdict.text == true
    assert [(p.text, p.wrong) for p in verdict.problems] == [("murdered son", False)]
