"""What a person has watched, read or played, and how they rated it, from a list of their own.

Lists as people have them: Letterboxd's, IMDb's and Goodreads' exports, a sheet of titles and stars, ids from an app.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from parley.tools.importing.build import Report, split_title
from parley.tools.importing.columns import parse_number, parse_year
from parley.tools.importing.tables import ImportFault, Row, Table
from parley.tools.items import Catalog

MOST_ROWS = 50_000
"""Rows of a list; nobody has watched more."""
TOP = 5.0
"""The best rating, whatever scale a list has."""
_SCALES = (5.0, 10.0, 100.0)
FindTitle = Callable[[str, int | None], str | None]
_COLUMNS: Mapping[str, str] = {
    "item": r"(item|movie|film|book|game)?_?id|const|isbn(13)?",
    "title": r"(movie|film|book|game|item|original)?_?(title|name)",
    "year": r"((original_?)?(publication|release)_?)?year(_published)?",
    "rating": r"(your_?|my_?)?rating|(your_?|my_?)?stars|(your_?|my_?)?score",
    "date": r"date_?(rated|read|added|watched)|watched_?date|date|time_?stamp",
}


class Watched(NamedTuple):
    """One line of a list."""

    item_id: str
    rating: float | None
    """0 to 5; None: watched, not rated."""


class History(NamedTuple):
    """A list as it was understood."""

    columns: Mapping[str, str]
    """Field to column."""
    scale: float
    """The best rating of the list's own scale."""
    watched: tuple[Watched, ...]
    """Oldest first where the list has dates, else in its order; each item once."""
    report: Report


class _Line(NamedTuple):
    item_id: str
    rating: float | None
    when: str


def read_history(
    table: Table,
    catalog: Catalog,
    find_title: FindTitle,
    given: Mapping[str, str],
    *,
    scale: float | None = None,
) -> History:
    """Read a person's list.

    Args:
        table: where it is.
        catalog: what its items are looked up in.
        find_title: the item of a title and, if known, a year; None if there is none for sure.
        given: field (item, title, year, rating, date) to column; wins over every guess.
        scale: the best rating there can be; by default the smallest of 5, 10 and 100 that none is above.

    Raises:
        ImportFault: no column holds items or titles, a rating is above the scale, or the file is damaged or far
            too long.
    """
    columns = _guess(table, given)
    report = Report()
    reader = _Reader(columns, catalog, find_title, report)
    found = [line for number, row in _rows(table, report) if (line := reader.read(number, row)) is not None]
    top = max((line.rating for line in found if line.rating is not None), default=0.0)
    scale = scale or next((s for s in _SCALES if top <= s), _SCALES[-1])
    if top > scale:
        raise ImportFault(
            f"{table.path.name}: a rating of {top:g} is above {scale:g}; say --scale, or --map rating=COLUMN"
        )
    if all(line.when for line in found):
        found.sort(key=lambda line: line.when)
    latest: dict[str, float | None] = {}
    for line in found:  # of an item listed twice the later line counts, and a rating more than none
        before = latest.pop(line.item_id, None)
        latest[line.item_id] = line.rating or before
    if len(latest) < len(found):
        report.notes.append(f"{len(found) - len(latest)} listed more than once: the latest counts")
    report.kept = len(latest)
    watched = tuple(Watched(item_id, rating and rating * TOP / scale) for item_id, rating in latest.items())
    return History(columns, scale, watched, report)


def _guess(table: Table, given: Mapping[str, str]) -> dict[str, str]:
    for field, column in given.items():
        if field not in _COLUMNS:
            raise ImportFault(f"--map {field}={column}: no field {field!r}; fields: {', '.join(_COLUMNS)}")
        if column not in table.columns:
            known = ", ".join(table.columns[:12])
            raise ImportFault(f"--map {field}={column}: {table.path.name} has no column {column!r}; it has {known}")
    columns = dict(given)
    for field, pattern in _COLUMNS.items():
        free = [c for c in table.columns if c not in columns.values()]
        match = next((c for c in free if re.fullmatch(pattern, re.sub(r"\W+", "_", c.strip().casefold()))), None)
        if field not in columns and match is not None:
            columns[field] = match
    if not {"item", "title"} & set(columns):
        known = ", ".join(table.columns[:12])
        raise ImportFault(f"{table.path.name}: no column of {known} holds titles; say it: --map title=COLUMN")
    return columns


def _rows(table: Table, report: Report) -> Iterator[tuple[int, Row]]:
    for number, row in table.rows():
        report.read += 1
        if report.read > MOST_ROWS:
            raise ImportFault(f"{table.path.name} has over {MOST_ROWS:,} rows; a person's list is shorter")
        if isinstance(row, str):
            report.add("damaged", f"row {number}: {row}")
        else:
            yield number, row


class _Reader:
    """Turns the cells of a row into what was watched."""

    def __init__(self, columns: Mapping[str, str], catalog: Catalog, find_title: FindTitle, report: Report) -> None:
        self._columns = columns
        self._catalog = catalog
        self._find_title = find_title
        self._report = report
        # ids elsewhere (IMDb's, an ISBN); short numbers are too little to tell whose they are
        links = ((link, item.item_id) for item in catalog for link in item.links.values())
        self._links = {link: item_id for link, item_id in links if len(link) > 9 or not link.isdigit()}

    def read(self, number: int, row: Row) -> _Line | None:
        cells = {field: row.get(column, "").strip() for field, column in self._columns.items()}
        item_id = self._item(cells)
        if item_id is None:
            self._report.add("not in the catalogue", cells.get("title") or cells.get("item") or f"row {number}: empty")
            return None
        return _Line(item_id, self._rating(number, cells.get("rating", "")), _when(cells.get("date", "")))

    def _item(self, cells: Mapping[str, str]) -> str | None:
        written = cells.get("item", "")
        if written in self._catalog and not (written.isdigit() and cells.get("title")):  # a number may be anybody's
            return written
        if written in self._links:
            return self._links[written]
        title, year, _ = split_title(cells.get("title", ""), parse_year(cells.get("year", "")))
        return self._find_title(title, year) if title else None

    def _rating(self, number: int, written: str) -> float | None:
        """0 is no rating, as Goodreads writes it."""
        rating = parse_number(written) if written else 0.0
        if rating is None or rating < 0:
            self._report.add("rating is no number: taken as not rated", f"row {number}: {written}")
            return None
        return rating or None


def _when(written: str) -> str:
    """A day or a number of seconds, so written that texts sort as times; "" for anything else."""
    day = re.match(r"(\d{4})[-/](\d\d?)[-/](\d\d?)", written)
    if day:
        return f"{int(day[1]):04}-{int(day[2]):02}-{int(day[3]):02}"
    seconds = parse_number(written) if written else None
    return f"{seconds:020.0f}" if seconds is not None and seconds > 0 else ""
