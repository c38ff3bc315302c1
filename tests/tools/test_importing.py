"""Catalogues from files: what is understood, what is refused, and that nothing half-made stays."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from parley.tools.importing import (
    ImportFault,
    ImportReport,
    list_catalogs,
    load_catalog_interactions,
    open_catalog,
    plan_import,
    run_import,
)
from parley.tools.items import Catalog, CatalogError
from parley.tools.linking import Linker

BOOKS = """book_id,title,authors,publication_year,genres,num_pages,description
1,Dune,Frank Herbert,1965,Science Fiction|Adventure,412,A desert planet.
2,Emma,Jane Austen,1815,Romance,474,A matchmaker errs.
3,"Hobbit, The",J. R. R. Tolkien,1937,Fantasy|Adventure,310,A burglar leaves home.
"""


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return path


LOG_COLUMNS = {"user": "column1", "item": "column2", "weight": "column4"}


def bring(items: Path, home: Path, interactions: Path | None = None, **options: object) -> tuple[Catalog, ImportReport]:
    plan = plan_import("mine", items, interactions, **options)  # type: ignore[arg-type]
    report = run_import(plan, home)
    return open_catalog("mine", home), report


def assert_nothing_was_left(home: Path) -> None:
    folder = home / "catalogs"
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_csv_of_books_becomes_a_catalogue_in_its_own_words(tmp_path: Path) -> None:
    catalog, report = bring(write(tmp_path, "books.csv", BOOKS), tmp_path)

    assert (report.rows, report.items, report.complaints) == (3, 3, ())
    assert (catalog.domain.noun, catalog.domain.plural, catalog.domain.verb) == ("book", "books", "read")
    assert catalog["3"].title == "The Hobbit"
    assert catalog["1"].people == {"author": ("Frank Herbert",)}
    assert catalog["1"].tags == {"genre": ("Science Fiction", "Adventure")}
    assert (catalog["2"].year, catalog["2"].numbers, catalog["2"].text) == (
        1815,
        {"pages": 474.0},
        "A matchmaker errs.",
    )
    assert [t.item_id for t in Linker.for_catalog(catalog).link_titles("have you read the hobbit?")] == ["3"]


@pytest.mark.parametrize("packing", ["gz", "zip"])
def test_packed_files_are_read_as_they_are(tmp_path: Path, packing: str) -> None:
    path = tmp_path / f"books.csv.{packing}"
    if packing == "gz":
        path.write_bytes(gzip.compress(BOOKS.encode()))
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("books.csv", BOOKS)

    assert len(bring(path, tmp_path)[0]) == 3


def test_every_format_gives_the_same_titles(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    rows = [{"id": "a", "title": "First", "genres": ["X", "Y"]}, {"id": "b", "title": "Second", "genres": ["Y"]}]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "t.parquet")
    files = [
        tmp_path / "t.parquet",
        write(tmp_path, "t.jsonl", "".join(json.dumps(row) + "\n" for row in rows)),
        write(tmp_path, "t.tsv", "id\ttitle\tgenres\na\tFirst\tX|Y\nb\tSecond\tY\n"),
        write(tmp_path, "t.item", "item_id:token\ttitle:token_seq\tgenres:token_seq\na\tFirst\tX Y\nb\tSecond\tY\n"),
        write(tmp_path, "movies.dat", "a::First (1990)::X|Y\nb::Second (1991)::Y\n"),
        write(tmp_path, "semi.csv", "id;title;genres\na;First;X|Y\nb;Second;Y\n"),
    ]
    for number, path in enumerate(files):
        catalog, _ = bring(path, tmp_path / str(number))
        assert [(item.item_id, item.title, item.tags["genre"]) for item in catalog] == [
            ("a", "First", ("X", "Y")),
            ("b", "Second", ("Y",)),
        ], path.name


def test_the_flags_of_u_item_are_genres_and_the_year_comes_from_the_date(tmp_path: Path) -> None:
    flags = "|".join("1" if n in (1, 16) else "0" for n in range(19))
    rows = ("1|Am\xe9lie (2001)|01-Jan-2001||http://x|", "2|Matrix, The (1999)|31-Mar-1999||http://y|")
    line = "".join(f"{row}{flags}\n" for row in rows)
    catalog, report = bring(write(tmp_path, "u.item", line.encode("latin-1")), tmp_path)

    assert catalog["1"].title == "Amélie"
    assert catalog["2"].title == "The Matrix"
    assert catalog["2"].year == 1999
    assert catalog["2"].tags["genre"] == ("Action", "Thriller")
    assert "not UTF-8" in report.notes[0]


def test_columns_can_be_named_and_a_second_table_joined(tmp_path: Path) -> None:
    items = write(tmp_path, "things.csv", "code,Bezeichnung,maker\nx1,Widget,Acme\nx2,Gadget,Umbrella\n")
    extra = write(tmp_path, "prices.csv", "code,price\nx1,5\nx2,7.5\n")
    catalog, _ = bring(
        items, tmp_path, given={"title": "Bezeichnung", "id": "code", "tag:maker": "maker"}, join=extra, noun="gizmo"
    )

    assert catalog["x2"].numbers == {"price": 7.5}
    assert catalog["x1"].tags == {"maker": ("Acme",)}
    assert catalog.domain.plural == "gizmos"


def test_what_is_dropped_is_told_with_its_reason(tmp_path: Path) -> None:
    text = (
        "id,title,year\n1,One,1990\n1,One again,1990\n,No id,1990\n2,,1990\n"
        "3,Three,last summer\n4,=HYPERLINK(1),1990\n5,a,b,c,d\n"
    )
    catalog, report = bring(write(tmp_path, "i.csv", text), tmp_path)

    told = {complaint.what: complaint.count for complaint in report.complaints}
    assert [item.item_id for item in catalog] == ["1", "3", "4"]
    assert catalog["1"].title == "One"
    assert catalog["4"].title == "=HYPERLINK(1)"
    assert told == {
        "rows dropped: the id occurs twice (first one kept)": 1,
        "rows dropped: no id": 1,
        "rows dropped: no title": 1,
        "rows dropped: 5 columns, 3 expected": 1,
        "years dropped: not a year or a date": 1,
        "titles that look like spreadsheet formulas: kept as plain text": 1,
    }


def test_interactions_keep_known_items_and_tell_the_rest(tmp_path: Path) -> None:
    items = write(tmp_path, "books.csv", BOOKS)
    log = write(
        tmp_path, "ratings.csv",
        "user_id,book_id,rating,timestamp\nu,1,5,100\nu,1,5,100\nu,2,4,200\nv,9,5,100\nv,3,good,100\nv,3,2,soon\n"
        "w,3,3,2020-01-01\n",
    )  # fmt: skip
    catalog, report = bring(items, tmp_path, log)
    found = load_catalog_interactions(tmp_path / "catalogs" / "mine")

    assert found is not None
    assert found.item_ids == tuple(item.item_id for item in catalog)
    assert [
        (found.user_ids[u], found.item_ids[i]) for u, i in zip(found.user_index, found.item_index, strict=True)
    ] == [
        ("u", "1"),
        ("u", "2"),
        ("w", "3"),
    ]
    assert found.time[-1] == 1577836800
    assert {c.what: c.count for c in report.complaints} == {
        "interactions dropped: the catalogue has no such item": 1,
        "interactions dropped: weight is no number": 1,
        "interactions dropped: time is neither a number nor an ISO date": 1,
    }
    assert any("1 repeated" in note for note in report.notes)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.csv", b"", "is empty"),
        ("binary.csv", b"\x00\x01\x02" * 999, "not a text table"),
        ("notitle.csv", b"a,b\n1,2\n", "looks like a title"),
        ("header.csv", b"id,title\n", "no usable row"),
        ("twice.csv", b"id,title,title\n1,a,b\n", "occurs twice"),
        ("huge.csv", b"id,title\n1,\"" + b"x" * 10_000_000 + b"\"\n", "line longer"),
        ("line.jsonl", b'{"id": 1, "title": "' + b"x" * 10_000_000 + b'"}\n', "line longer|no JSON object"),
        ("open.csv", b'id,title\n1,"never closed\n' + b"2,x\n" * 400_000, "field larger"),
        ("torn.csv.gz", gzip.compress(BOOKS.encode())[:-20], "damaged"),
        ("fake.csv.zip", b"PK\x03\x04nonsense", "no zip archive"),
        ("fake.parquet", b"PAR1nonsense", "no Parquet"),
    ],
)  # fmt: skip
def test_a_hostile_file_gives_one_line_and_leaves_nothing(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    with pytest.raises(ImportFault, match=reason) as fault:
        bring(write(tmp_path, name, content), tmp_path)

    assert "\n" not in str(fault.value)
    assert name.split(".")[0] in str(fault.value)
    assert_nothing_was_left(tmp_path)


def test_bombs_are_refused_before_they_fill_anything(tmp_path: Path) -> None:
    zeros = b"id,title\n" + b"1,a\n" * 30_000_000
    with gzip.open(tmp_path / "bomb.csv.gz", "wb", compresslevel=9) as out:
        out.write(zeros)
    with zipfile.ZipFile(tmp_path / "bomb.csv.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("bomb.csv", zeros)
    with zipfile.ZipFile(tmp_path / "slip.zip", "w") as archive:
        archive.writestr("../../evil.csv", BOOKS)

    for name in ("bomb.csv.gz", "bomb.csv.zip"):
        with pytest.raises(ImportFault, match="decompression bomb"):
            bring(tmp_path / name, tmp_path)
    with pytest.raises(ImportFault, match="leads out of the archive"):
        bring(tmp_path / "slip.zip", tmp_path)
    assert_nothing_was_left(tmp_path)


def test_an_encoding_that_is_not_utf8_is_found_or_said(tmp_path: Path) -> None:
    for number, (encoding, said) in enumerate(
        [("latin-1", None), ("utf-16", None), ("utf-8-sig", None), ("cp1251", "cp1251")]
    ):
        title = "Преступление" if said else "Les Misérables"
        path = write(tmp_path, f"{number}.csv", f"id,title\n1,{title}\n".encode(encoding))
        catalog, _ = bring(path, tmp_path / str(number), encoding=said)
        assert catalog["1"].title == title
    with pytest.raises(ImportFault, match="no encoding"):
        bring(write(tmp_path, "x.csv", BOOKS), tmp_path / "x", encoding="klingon")
    with pytest.raises(ImportFault, match="is not utf-8"):
        bring(write(tmp_path, "y.csv", "id,title\n1,é\n".encode("latin-1")), tmp_path / "y", encoding="utf-8")


@pytest.mark.parametrize("name", ["", "../evil", "a/b", "films", "UPPER", ".hidden", "x" * 99])
def test_a_name_that_is_no_name_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImportFault, match="cannot be used"):
        plan_import(name, write(tmp_path, "books.csv", BOOKS))


def test_a_mapping_to_what_is_not_there_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "books.csv", BOOKS)
    with pytest.raises(ImportFault, match="no column 'Name'"):
        plan_import("mine", path, given={"title": "Name"})
    with pytest.raises(ImportFault, match="no field 'colour'"):
        plan_import("mine", path, given={"colour": "title"})
    with pytest.raises(ImportFault, match="is the user"):
        plan_import("mine", path, write(tmp_path, "log.csv", "foo,bar\na,b\n"))


def test_a_failed_replacement_keeps_the_old_catalogue(tmp_path: Path) -> None:
    bring(write(tmp_path, "books.csv", BOOKS), tmp_path)
    bad = plan_import("mine", write(tmp_path, "none.csv", "id,title\n1,\n2,\n"))

    with pytest.raises(ImportFault, match="already"):
        run_import(bad, tmp_path)
    with pytest.raises(ImportFault, match="no usable row"):
        run_import(bad, tmp_path, replace=True)

    assert len(open_catalog("mine", tmp_path)) == 3
    assert list_catalogs(tmp_path) == ["mine"]


def test_an_unknown_catalogue_is_told_with_those_there_are(tmp_path: Path) -> None:
    bring(write(tmp_path, "books.csv", BOOKS), tmp_path)
    with pytest.raises(CatalogError, match="films, mine"):
        open_catalog("yours", tmp_path)


@pytest.mark.slow
@pytest.mark.skipif(
    not Path("/proc/self/status").exists(), reason="reads the peak of memory from /proc, which only Linux has"
)
def test_a_million_rows_need_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "items.csv"
    with path.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["id", "title", "year", "genres", "description"])
        rows.writerows([n, f"Item number {n}", 1950 + n % 70, "A|B", "words " * 20] for n in range(1_000_000))
    program = (
        "import sys; from pathlib import Path\n"
        "from parley.tools.importing import plan_import, run_import\n"
        "report = run_import(plan_import('big', Path(sys.argv[1])), Path(sys.argv[2]))\n"
        "status = Path('/proc/self/status').read_text()\n"  # ru_maxrss would count the parent's memory from before exec
        "print(report.items, int(status.split('VmHWM:')[1].split()[0]) // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path), str(tmp_path)], capture_output=True, text=True, check=True
    )

    items, megabytes = map(int, done.stdout.split())
    assert items == 1_000_000
    assert megabytes < 700


@pytest.fixture(scope="module")
def mirror() -> Path:
    folder = Path(os.environ.get("PARLEY_DATA_MIRROR") or "/nonexistent")
    if not (folder / "goodbooks").is_dir():
        pytest.skip("set PARLEY_DATA_MIRROR to a folder with goodbooks/ and steam-games/")
    return folder


def test_goodbooks_is_understood_without_help(mirror: Path, tmp_path: Path) -> None:
    catalog, report = bring(
        mirror / "goodbooks" / "books.csv.gz", tmp_path, join=mirror / "goodbooks" / "genre_flags.csv.gz"
    )

    assert (report.items, catalog.domain.verb) == (10_000, "read")
    assert {"genre", "language"} == set(catalog.domain.kinds)
    linker = Linker.for_catalog(catalog)
    assert catalog[linker.link_titles("I loved the hunger games")[0].item_id].title == "The Hunger Games"
    assert ("author", "Stephen King") in {(v.facet, v.value) for v in linker.link_values("a novel by stephen king")}


def test_steam_games_meet_their_players_by_title(mirror: Path, tmp_path: Path) -> None:
    catalog, report = bring(
        mirror / "steam-games" / "steam_store.csv.gz", tmp_path, mirror / "steam-games" / "steam-200k.csv.gz",
        given=LOG_COLUMNS,
    )  # fmt: skip

    assert catalog.domain.noun == "game"
    assert report.items == 27_075
    assert report.interactions > 80_000
