"""A person's own list becomes memory: read as people have it, believed only where it is sure, taken back whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from parley.agent.ledger import Stance
from parley.agent.suggest import UnknownItemError
from parley.memory.errors import ConsentError
from parley.tools.importing.histories import FindTitle, read_history
from parley.tools.importing.tables import ImportFault, Table
from parley.tools.importing.words import make_domain
from parley.tools.items import Catalog, Item
from parley.ui.cli import main
from parley.ui.commands.memory_import import find_in
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


@pytest.fixture(scope="module")
def find(films: Catalog) -> FindTitle:
    return find_in(films)


def read(text: str, path: Path, films: Catalog, find: FindTitle, **given: str) -> dict[str, float | None]:
    path.write_text(text, "utf-8")
    history = read_history(Table(path), films, find, given)
    return {films[item_id].label: rating for item_id, rating in history.watched}


def test_exports_of_letterboxd_and_imdb_and_a_plain_sheet_are_read(
    tmp_path: Path, films: Catalog, find: FindTitle
) -> None:
    boxd = read(LETTERBOXD, tmp_path / "ratings.csv", films, find)
    assert list(boxd.items()) == [
        ("Star Wars: Episode IV - A New Hope (1977)", 5.0),
        ("Paddington 2 (2017)", 4.0),
        ("The Matrix (1999)", 4.5),
    ], "oldest first, each once, the rated line counts"
    assert read(IMDB, tmp_path / "imdb.csv", films, find) == {"Alien (1979)": 5.0, "The Matrix (1999)": 4.5}
    assert read(SHEET, tmp_path / "sheet.tsv", films, find, title="film", rating="stars") == {
        "Heat (1995)": 3.0,
        "The Thing (1982)": 5.0,
    }, "a namesake of another year is somebody else's film"


def test_a_title_is_believed_only_if_it_is_written_out(find: FindTitle) -> None:
    assert find("Matrix, The", None) is not None
    for unsure in ("Th Mtrx", "Matrix Reloaded Again", "the one with the spoon", ""):
        assert find(unsure, None) is None, unsure


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
        ("item_id\n" + "x\n" * 50_001, {}, "over 50,000 rows"),
    ],
)
def test_a_list_that_cannot_be_read_is_told_in_one_line(
    tmp_path: Path, films: Catalog, find: FindTitle, text: str, given: dict[str, str], says: str
) -> None:
    with pytest.raises(ImportFault, match=says):
        read(text, tmp_path / "list.csv", films, find, **given)


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


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of `parley memory ...`."""
    with pytest.raises(SystemExit) as ended:
        main(("memory", *arguments))
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_the_command_imports_shows_and_takes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, ana = tmp_path / "ratings.csv", ("--user", "ana", "--home", str(tmp_path / "home"))
    path.write_text(LETTERBOXD, "utf-8")

    def told(*arguments: str) -> dict[str, Any]:
        code, out, err = run(capsys, *arguments, *ana, "--json")
        assert code == 0, err
        result: dict[str, Any] = json.loads(out)
        return result

    code, _, err = run(capsys, "import", str(path), *ana)
    assert (code, "has not agreed" in err) == (2, True)
    told("consent", "yes")
    done = told("import", str(path))
    assert (done["read"], done["kept"], done["columns"]["title"]) == (5, 3, "Name")
    assert done["dropped"] == [{"what": "not in the catalogue", "count": 1, "examples": ['=HYPERLINK("http://x")']}]
    assert len(told("show")["statements"]) == done["statements"] == 6
    assert told("import", "--undo") == {"user": "ana", "forgotten": 6}
    assert told("show")["statements"] == []
    for wrong in (("import",), ("import", str(path), "--undo"), ("import", str(path), "--map", "title")):
        code, _, err = run(capsys, *wrong, *ana)
        assert code == 2
        assert len([line for line in err.splitlines() if line.startswith("parley: ")]) == 1, err
