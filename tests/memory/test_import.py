"""A person's own list becomes memory: read as people have it, believed only where it is sure, taken back whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parley.agent.ledger import Stance
from parley.agent.suggest import UnknownItemError
from parley.memory.errors import ConsentError
from parley.tools.importing.histories import read_history
from parley.tools.importing.tables import ImportFault, Table
from parley.tools.importing.words import make_domain
from parley.tools.items import Catalog, Item
from parley.tools.linking.linker import Linker
from parley.ui.commands.memory_import import SURE, find_in
from tests.memory.test_command import parley, told
from tests.world import open_world

LETTERBOXD = """Date,Name,Year,Letterboxd URI,Rating
2024-01-02,The Matrix,1999,https://boxd.it/a,4.5
2023-01-05,Star Wars,1977,https://boxd.it/b,5
2023-02-05,Paddington 2,2017,https://boxd.it/c,
2023-02-06,Paddington 2,2017,https://boxd.it/c,4
2023-02-07,"=HYPERLINK(""http://x"")",2017,https://boxd.it/d,bad
"""
IMDB = """Const,Your Rating,Date Rated,Title,Original Title,URL,Title Type,IMDb Rating,Year
tt0133093,9,2020-05-01,The Matrix,The Matrix,x,Movie,8.7,1999
tt9999999,3,2020-05-02,No Such Film At All,No Such Film At All,x,Movie,5.0,2011
tt0078748,10,2019-05-02,Alien,Alien,x,Movie,8.5,1979
"""
SHEET = "film\tstars\nheat\t3\nThe Thing (1982)\t5\nHeat (1924)\t5\n"


@pytest.fixture(scope="module")
def films() -> Catalog:
    return Catalog.films()


def read(text: str, path: Path, films: Catalog, **given: str) -> dict[str, float | None]:
    path.write_text(text, "utf-8")
    history = read_history(Table(path), films, find_in(films), given)
    return {films[item_id].label: rating for item_id, rating in history.watched}


def test_exports_of_letterboxd_and_imdb_and_a_plain_sheet_are_read(tmp_path: Path, films: Catalog) -> None:
    boxd = read(LETTERBOXD, tmp_path / "ratings.csv", films)
    assert list(boxd.items()) == [
        ("Star Wars: Episode IV - A New Hope (1977)", 5.0),
        ("Paddington 2 (2017)", 4.0),
        ("The Matrix (1999)", 4.5),
    ], "oldest first, each once, the rated line counts"
    assert read(IMDB, tmp_path / "imdb.csv", films) == {"Alien (1979)": 5.0, "The Matrix (1999)": 4.5}
    assert read(SHEET, tmp_path / "sheet.tsv", films, title="film", rating="stars") == {
        "Heat (1995)": 3.0,
        "The Thing (1982)": 5.0,
    }, "a namesake of another year is somebody else's film"


def test_a_title_is_believed_only_if_it_is_written_out(films: Catalog) -> None:
    find = find_in(films)
    assert find("Matrix, The", None) is not None
    for unsure in ("Th Mtrx", "Matrix Reloaded Again", "the one with the spoon", ""):
        found = Linker.for_catalog(films).resolve_title(unsure) if unsure else None
        assert find(unsure, None) is None, (unsure, found, SURE)


def test_a_number_beside_a_title_is_not_taken_for_our_id(tmp_path: Path, books: Catalog) -> None:
    path = tmp_path / "goodreads.csv"
    path.write_text("Book Id,Title,My Rating\n1,Dune,0\n2,Emma,4\n", "utf-8")
    history = read_history(Table(path), books, find_in(books), {})
    assert dict(history.watched) == {"2": None, "1": 4.0}, "0 stars: read, not rated"


@pytest.fixture
def books() -> Catalog:
    items = [Item(item_id="1", title="Emma"), Item(item_id="2", title="Dune")]
    return Catalog(items, make_domain("books", ["title"], noun="book"))


@pytest.mark.parametrize(
    ("text", "given", "says"),
    [
        ("a,b\n1,2\n", {}, "holds titles; say it: --map title=COLUMN"),
        ("Name,Rating\nHeat,500\n", {}, "above 100"),
        ("Name,Rating\nHeat,5\n", {"stars": "Rating"}, "no field 'stars'"),
        ("Name,Rating\nHeat,5\n", {"rating": "Stars"}, "no column 'Stars'"),
        ("Name\n" + "Heat\n" * 50_001, {}, "over 50,000 rows"),
    ],
)
def test_a_list_that_cannot_be_read_is_told_in_one_line(
    tmp_path: Path, films: Catalog, text: str, given: dict[str, str], says: str
) -> None:
    with pytest.raises(ImportFault, match=says):
        read(text, tmp_path / "list.csv", films, **given)


def test_nothing_is_taken_over_without_consent_nor_of_unknown_items(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        with pytest.raises(ConsentError, match="parley memory consent"):
            world.agent.import_history("ana", [("alien", 5.0)])
        world.agent.set_consent("ana", True)
        with pytest.raises(UnknownItemError, match="no-such-film"):
            world.agent.import_history("ana", [("alien", 5.0), ("no-such-film", 5.0)])
        assert world.agent.statements("ana") == []


def test_what_was_brought_is_never_recommended_and_leads_to_its_kin(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        before = world.play("what do you recommend?", "what else?", user="bo")
        world.agent.set_consent("ana", True)
        brought = [("alien", 5.0), ("the-thing", Stance.LIKE), ("amelie", None), ("notting-hill", 1.0)]
        known = [(item_id, felt) for item_id, felt in brought if item_id in world.agent.catalog]
        assert world.agent.import_history("ana", known) > 0
        assert world.agent.import_history("ana", known) == 0, "bringing it again changes nothing"
        after = world.play("what do you recommend?", "what else?", user="ana")
    shown = {item for slate in after.slates for item in slate}
    assert not shown & {item_id for item_id, _ in known}
    assert {item for slate in before.slates for item in slate} & {item_id for item_id, _ in known}


def test_the_command_imports_shows_and_takes_back(tmp_path: Path) -> None:
    home, path = tmp_path / "home", tmp_path / "ratings.csv"
    path.write_text(LETTERBOXD, "utf-8")
    refused = parley(home, "import", str(path), "--user", "ana")
    assert (refused.returncode, "has not agreed" in refused.stderr) == (2, True)
    told(home, "consent", "yes", "--user", "ana")
    done = told(home, "import", str(path), "--user", "ana")
    assert (done["read"], done["kept"], done["columns"]["title"]) == (5, 3, "Name")
    assert done["dropped"] == [{"what": "not in the catalogue", "count": 1, "examples": ['=HYPERLINK("http://x")']}]
    shown = told(home, "show", "--user", "ana")
    assert len(shown["statements"]) == done["statements"] == 6
    assert told(home, "import", "--undo", "--user", "ana") == {"user": "ana", "forgotten": 6}
    assert told(home, "show", "--user", "ana")["statements"] == []
    for wrong in (("import",), ("import", str(path), "--undo"), ("import", str(path), "--map", "title")):
        failed = parley(home, *wrong)
        assert failed.returncode == 2
        assert len(failed.stderr.strip().splitlines()) == 1, json.dumps(failed.stderr)
