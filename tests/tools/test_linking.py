"""The linker on a hand-written set, and the cases that matter one by one."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from parley.tools.items import Catalog, Domain, Item, KindInfo
from parley.tools.linking import Linker
from parley.tools.linking.text import tokenize

UTTERANCES = Path(__file__).with_name("linking_utterances.tsv")


@pytest.fixture(scope="module")
def linker() -> Linker:
    return Linker.for_catalog(Catalog.films())


def ids(linker: Linker, text: str) -> list[str]:
    return [title.item_id for title in linker.link_titles(text)]


def values(linker: Linker, text: str) -> set[tuple[str, str]]:
    return {(value.facet, value.value) for value in linker.link_values(text)}


def rows() -> list[tuple[str, set[str], set[str] | None]]:
    found = []
    for line in UTTERANCES.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            text, wanted, facets = ([*line.split("\t"), "", ""])[:3]
            checked = None if facets == "-" else set(filter(None, facets.split(";")))
            found.append((text, set(wanted.split()), checked))
    return found


def test_the_hand_written_set_is_large_and_names_only_films_of_the_catalogue() -> None:
    catalog = Catalog.films()
    assert len(rows()) >= 150
    assert all(item_id in catalog for _, wanted, _ in rows() for item_id in wanted)


def test_titles_of_the_hand_written_set_are_found_and_ordinary_words_are_not(linker: Linker) -> None:
    right = wrong = missed = 0
    for text, wanted, _ in rows():
        found = set(ids(linker, text))
        right += len(found & wanted)
        wrong += len(found - wanted)
        missed += len(wanted - found)

    assert right / (right + wrong) >= 0.97
    assert right / (right + missed) >= 0.93


def test_values_of_the_hand_written_set_are_found(linker: Linker) -> None:
    right = wrong = missed = 0
    for text, _, wanted in rows():
        if wanted is not None:
            found = {f"{facet}={value}" for facet, value in values(linker, text)}
            right += len(found & wanted)
            wrong += len(found - wanted)
            missed += len(wanted - found)

    assert right / (right + wrong) >= 0.95
    assert right / (right + missed) >= 0.95


@pytest.mark.parametrize(
    "text",
    [
        "something big for the kids",
        "it is up to you",
        "I go home once it stops",
        "her signs of heat",
        "no rush",
        "go on",
    ],
)
def test_everyday_words_are_no_titles(linker: Linker, text: str) -> None:
    assert ids(linker, text) == []


@pytest.mark.parametrize(
    ("text", "item_id"),
    [
        ('"Big"', "big-1988"),
        ("Big (1988)", "big-1988"),
        ("have you seen Big?", "big-1988"),
        ("Big", "big-1988"),
        ("the film Heat", "heat-1995"),
    ],
)
def test_the_same_words_with_evidence_are_titles(linker: Linker, text: str, item_id: str) -> None:
    assert ids(linker, text) == [item_id]


@pytest.mark.parametrize(
    ("text", "item_id"),
    [
        ("is The Matrix suitable for kids?", "the-matrix-1999"),
        ("is the matrix ok for children?", "the-matrix-1999"),
        ("hey, is Heat any good?", "heat-1995"),
        ("Is Frozen ok for a 3 year old?", "frozen-2013"),
        ("would my daughter who is 10 enjoy Up?", "up-2009"),
        ("did Titanic win anything?", "titanic-1997"),
    ],
)
def test_a_title_that_is_asked_about_is_one(linker: Linker, text: str, item_id: str) -> None:
    assert [title.item_id for title in linker.link_titles(text)] == [item_id]


@pytest.mark.parametrize(
    "text",
    ["is it ok?", "is big ok for you?", "is something good on?", "would you like some coffee?", "is up good for kids?",
     "Are there any good films?"],
)  # fmt: skip
def test_everyday_words_in_a_question_are_no_titles(linker: Linker, text: str) -> None:
    assert linker.link_titles(text) == []


def test_a_link_says_where_it_stands_in_the_text(linker: Linker) -> None:
    text = "What about Dune (1984), or the other one?"

    (title,) = linker.link_titles(text)

    assert text[title.start : title.end] == title.text == "Dune (1984)"
    assert title.item_id == "dune-1984"


def test_a_sequel_the_catalogue_does_not_have_is_not_taken_for_the_film_it_follows(linker: Linker) -> None:
    assert ids(linker, "I watched Rush Hour 3 yesterday") == []
    assert ids(linker, "I watched Rush Hour 2 yesterday") == ["rush-hour-2-2001"]


def test_namesakes_come_as_alternatives_and_a_year_or_fame_decides() -> None:
    catalog = Catalog.films()
    plain = Linker.for_catalog(catalog)
    famous = Linker.for_catalog(catalog, popularity={"dune-1984": 5.0, "dune-2021": 1.0})
    dune, by_year, by_fame = (
        plain.resolve_title("Dune"),
        plain.resolve_title("Dune (1984)"),
        famous.resolve_title("dune"),
    )

    assert dune is not None
    assert {dune.item_id, *dune.alternatives} >= {"dune-1984", "dune-2021"}
    assert by_year is not None
    assert (by_year.item_id, by_year.alternatives) == ("dune-1984", ())
    assert by_fame is not None
    assert by_fame.item_id == "dune-1984"


@pytest.mark.parametrize(
    ("title", "item_id"),
    [
        ("Matrix, The (1999)", "the-matrix-1999"),
        ("the godfater", "the-godfather-1972"),
        ("Amelie", "amelie-2001"),
        ("lord rings fellowship", "the-lord-of-the-rings-the-fellowship-of-the-ring-2001"),
        ("GODFATHER PART TWO", "the-godfather-part-ii-1974"),
    ],
)
def test_a_string_known_to_be_a_title_resolves(linker: Linker, title: str, item_id: str) -> None:
    found = linker.resolve_title(title)
    assert found is not None
    assert found.item_id == item_id


@pytest.mark.parametrize("title", ["", "   ", "?!", "qqqq zzzz", "x" * 10_000])
def test_what_is_no_title_resolves_to_nothing(linker: Linker, title: str) -> None:
    assert linker.resolve_title(title) is None


def test_a_title_inside_a_name_is_not_a_title(linker: Linker) -> None:
    linked = linker.link("anything with Jack Nicholson")

    assert linked.titles == ()
    assert [(v.facet, v.value) for v in linked.values] == [("cast", "Jack Nicholson")]


def test_a_word_inside_a_title_is_not_a_wish(linker: Linker) -> None:
    linked = linker.link("I loved American Psycho and A Christmas Story")

    assert [t.item_id for t in linked.titles] == ["american-psycho-2000", "a-christmas-story-1983"]
    assert linked.values == ()


def test_brothers_are_several_people(linker: Linker) -> None:
    assert values(linker, "the Wachowskis") == {("person", "Lana Wachowski"), ("person", "Lilly Wachowski")}
    assert values(linker, "the coen brothers") == {("person", "Joel Coen"), ("person", "Ethan Coen")}


def test_common_surnames_need_a_sign_that_a_person_is_meant(linker: Linker) -> None:
    assert values(linker, "a stone on a hill in the black sea") == set()
    assert ("person", "Harrison Ford") in values(linker, "I like Harrison Ford films")


def test_shy_words_need_a_wish_beside_them(linker: Linker) -> None:
    assert values(linker, "cool, thanks") == set()
    assert values(linker, "something cool") == {("mood", "cool")}


def test_hostile_text_neither_hangs_nor_raises(linker: Linker) -> None:
    for text in ("", " ", "\x00\x01", "((((", "'" * 500, "the " * 3000, "𝕿𝖍𝖊 matrix \u202e", "a" * 20_000):
        started = time.thread_time()  # the processor's own time: a busy machine changes nothing
        linker.link(text)
        assert time.thread_time() - started < 10


def test_books_and_games_are_linked_without_code_of_their_own() -> None:
    domain = Domain(
        name="books", noun="book", plural="books", verb="read", past="read",
        kinds={"genre": KindInfo(label="genre")}, roles={"author": KindInfo(label="author", phrase="by {value}")},
    )  # fmt: skip
    books = Catalog(
        [
            Item(item_id="1", title="The Left Hand of Darkness", year=1969, people={"author": ("Ursula K. Le Guin",)},
                 tags={"genre": ("Science Fiction",)}),
            Item(item_id="2", title="Persuasion", year=1817, people={"author": ("Jane Austen",)},
                 tags={"genre": ("Romance",)}),
        ],
        domain,
    )  # fmt: skip
    linker = Linker.for_catalog(books)

    assert ids(linker, "I read left hand of darkness") == ["1"]
    assert ids(linker, "have you read Persuasion?") == ["2"]
    assert ids(linker, "no amount of persuasion will do") == []
    assert values(linker, "a science fiction book by ursula le guin") == {
        ("genre", "Science Fiction"),
        ("author", "Ursula K. Le Guin"),
    }


def test_tokens_know_their_place_and_fold_numbers() -> None:
    tokens = tokenize("Se7en & Rocky II, Part Two: Amélie's")

    assert [t.folded for t in tokens] == ["se7en", "and", "rocky", "2", "part", "2", "amelie", "s"]
    assert all("Se7en & Rocky II, Part Two: Amélie's"[t.start : t.end] == t.raw for t in tokens)


def test_an_utterance_takes_milliseconds_and_the_index_a_second(linker: Linker) -> None:
    texts = [text for text, _, _ in rows()]
    started = time.process_time()
    for text in texts:
        linker.link(text)
    assert (time.process_time() - started) / len(texts) < 0.01


def test_precision_and_recall_on_redial_stay_where_they_were_measured(linker: Linker) -> None:
    mirror = os.environ.get("PARLEY_DATA_MIRROR")
    if not mirror or not (Path(mirror) / "redial").is_dir():
        pytest.skip("set PARLEY_DATA_MIRROR to a folder with redial/ to measure on real dialogues")
    from parley.tools.linking.fit import tally
    from parley.tools.linking.redial import read_utterances

    counts = tally(linker, read_utterances(Path(mirror), "test_dev_half", linker.catalog, seed=0))

    assert counts.precision > 0.80
    assert counts.recall > 0.89
