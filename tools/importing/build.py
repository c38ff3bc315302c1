"""Rows to items: every row becomes one item or one line of the report that says why not."""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from parley.tools.importing.columns import parse_number, parse_year
from parley.tools.importing.languages import LANGUAGES
from parley.tools.importing.tables import ImportFault, Row, Table
from parley.tools.items import Item

_LONGEST_TEXT = 20_000
_LONGEST_WORDS = 300
_MOST_VALUES = 60
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")
_MOVED = re.compile(r"^(.+), (The|A|An|La|Le|Les|L'|Il|El|Los|Las|Der|Die|Das)((?: \(.*)?)$")
_SERIES = re.compile(r"\s*\(([^()]+?),?\s+#[\d.–-]+[^()]*\)\s*$")
_TITLE_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")


class Complaint(BaseModel):
    """One kind of trouble with examples."""

    model_config = ConfigDict(frozen=True)

    what: str
    count: int
    examples: tuple[str, ...]


class Report:
    """What was read, kept, mended and dropped."""

    def __init__(self) -> None:
        self.read = 0
        self.kept = 0
        self._counts: Counter[str] = Counter()
        self._examples: dict[str, list[str]] = {}
        self.notes: list[str] = []

    def add(self, what: str, example: str) -> None:
        """Count a trouble; the first three keep an example."""
        self._counts[what] += 1
        shown = self._examples.setdefault(what, [])
        if len(shown) < 3:
            shown.append(example[:80])

    @property
    def complaints(self) -> tuple[Complaint, ...]:
        return tuple(
            Complaint(what=what, count=count, examples=tuple(self._examples[what]))
            for what, count in self._counts.most_common()
        )


class ItemBuilder:
    """Makes items of one table's rows.

    Args:
        fields: column to field.
        joined: id to further columns, from a second table.
    """

    def __init__(self, table: Table, fields: Mapping[str, str], joined: Mapping[str, Row] | None = None) -> None:
        self.table = table
        self.fields = fields
        self.joined = joined or {}
        self.report = Report()
        if table.layout.note:
            self.report.notes.append(table.layout.note)
        self._separators = self._find_separators()
        self._types = dict(zip(table.layout.columns, table.layout.types, strict=False))
        self._id = next((c for c, f in fields.items() if f == "id"), None)
        if self._id is None:
            self.report.notes.append("no id column: ids are made of title and year; --map id=COLUMN says otherwise")

    def items(self) -> Iterator[Item]:
        """Every good row as an item; ids are unique, the first row of an id wins."""
        seen: set[str] = set()
        for number, row in self.table.rows():
            self.report.read += 1
            if isinstance(row, str):
                self.report.add(f"rows dropped: {row}", f"row {number}")
                continue
            item = self._item(number, row)
            if item is None:
                continue
            if item.item_id in seen:
                self.report.add("rows dropped: the id occurs twice (first one kept)", f"row {number}: {item.item_id}")
                continue
            seen.add(item.item_id)
            self.report.kept += 1
            yield item

    def _item(self, number: int, row: Row) -> Item | None:
        item_id = _clean(row.get(self._id, "") if self._id else "", 200)
        if self._id and not item_id:
            self.report.add("rows dropped: no id", f"row {number}")
            return None
        if self._id:
            row = {**row, **self.joined.get(row[self._id], {})}
        made: dict[str, list[tuple[str, str]]] = {}
        for column, field in self.fields.items():
            value = row.get(column, "")
            if value and field not in ("ignore", "id"):
                made.setdefault(field, []).append((column, value))
        title, year, series = self._title(number, made)
        if not title:
            self.report.add("rows dropped: no title", f"row {number}")
            return None
        tags = self._tags(made)
        if series:
            tags.setdefault("series", (series,)) if "tag:series" in self.fields.values() else None
        return Item(
            item_id=item_id or self._slug(title, year),
            title=title,
            aliases=self._aliases(made, title),
            year=year,
            people={f[5:]: self._words(v) for f, v in made.items() if f.startswith("role:")},
            tags=tags,
            numbers=self._numbers(number, made),
            text=self._text(number, made),
            links={f[5:]: _clean(v[0][1], 200) for f, v in made.items() if f.startswith("link:")},
        )

    def _title(self, number: int, made: Mapping[str, list[tuple[str, str]]]) -> tuple[str, int | None, str]:
        raw = made.get("title", [("", "")])[0][1]
        if raw[:1] in "=@+" and len(raw) > 1 and not raw[1:2].isspace():
            example = f"row {number}: {raw}"
            self.report.add("titles that look like spreadsheet formulas: kept as plain text", example)
        title = _clean(raw, _LONGEST_WORDS)
        year = None
        written = made.get("year", [("", "")])[0][1]
        if written:
            year = parse_year(written)
            if year is None:
                self.report.add("years dropped: not a year or a date", f"row {number}: {written}")
        return split_title(title, year)

    def _aliases(self, made: Mapping[str, list[tuple[str, str]]], title: str) -> tuple[str, ...]:
        found = (_clean(value, _LONGEST_WORDS) for _, cell in made.get("alias", []) for value in cell.split("|"))
        return tuple(dict.fromkeys(a for a in found if a and a.casefold() != title.casefold()))

    def _tags(self, made: Mapping[str, list[tuple[str, str]]]) -> dict[str, tuple[str, ...]]:
        tags = {f[4:]: self._words(v) for f, v in made.items() if f.startswith("tag:")}
        for field, cells in made.items():
            if field.startswith("flag:"):
                names = tuple(_flag_name(column) for column, value in cells if value in ("1", "1.0", "true", "True"))
                if names:
                    tags[field[5:]] = tuple(dict.fromkeys((*tags.get(field[5:], ()), *names)))
        return {kind: words for kind, words in tags.items() if words}

    def _words(self, cells: Sequence[tuple[str, str]]) -> tuple[str, ...]:
        words: dict[str, None] = {}
        for column, value in cells:
            separator = self._separators.get(column)
            for word in value.split(separator) if separator else [value]:
                clean = _clean(word.strip(" []'\""), 120)
                if self.fields[column] == "tag:language":
                    clean = LANGUAGES.get(clean.casefold().partition("-")[0], clean)
                if clean and not clean.startswith("(no "):
                    words[clean] = None
        if len(words) > _MOST_VALUES:
            self.report.add(f"values dropped: more than {_MOST_VALUES} in one cell", cells[0][1])
        return tuple(words)[:_MOST_VALUES]

    def _numbers(self, number: int, made: Mapping[str, list[tuple[str, str]]]) -> dict[str, float]:
        found: dict[str, float] = {}
        for field, cells in made.items():
            if field.startswith("number:"):
                value = parse_number(cells[0][1])
                if value is None:
                    self.report.add(f"numbers dropped: {field[7:]} is no number", f"row {number}: {cells[0][1]}")
                else:
                    found[field[7:]] = value
        return found

    def _text(self, number: int, made: Mapping[str, list[tuple[str, str]]]) -> str:
        text = _clean(" ".join(value for _, value in made.get("text", [])), _LONGEST_TEXT + 1)
        if len(text) > _LONGEST_TEXT:
            self.report.add(f"texts cut to {_LONGEST_TEXT} characters", f"row {number}")
        return text[:_LONGEST_TEXT]

    def _slug(self, title: str, year: int | None) -> str:
        slug = re.sub(r"\W+", "-", f"{title} {year or ''}".casefold()).strip("-")
        return slug or "item"

    def _find_separators(self) -> dict[str, str]:
        """How each list column separates its values: RecBole by spaces, else the commonest of | ; and comma."""
        from parley.tools.importing.columns import sample

        rows = sample(self.table)
        found: dict[str, str] = {}
        for column, field in self.fields.items():
            if not field.startswith(("tag:", "role:")):
                continue
            kind = dict(zip(self.table.layout.columns, self.table.layout.types, strict=False)).get(column, "")
            if kind == "token_seq":
                found[column] = " "
                continue
            values = [row.get(column, "") for row in rows]
            counts = {s: sum(s in v for v in values) for s in ("|", ";", ", ", ",")}
            best = max(counts, key=lambda s: counts[s])
            if counts[best] > 0.02 * max(1, len(values)):
                found[column] = best
        return found


def split_title(written: str, year: int | None = None) -> tuple[str, int | None, str]:
    """A title as people say it, its year, and what its brackets said of a series, "" if nothing.

    "Matrix, The (1999)" becomes "The Matrix" and 1999; a year in brackets that contradicts `year` stays in the title.
    """
    title = written
    match = _TITLE_YEAR.search(title)
    if match and (year is None or abs(int(match[1]) - year) <= 1):
        title, year = title[: match.start()], year or int(match[1])
    series = _SERIES.search(title)
    if series:
        title = title[: series.start()]
    moved = _MOVED.match(title)
    if moved:
        title = f"{moved[2]} {moved[1]}{moved[3]}".replace("L' ", "L'")
    return title.strip(), year, series[1] if series else ""


def read_join(path: Table, key: str) -> dict[str, Row]:
    """A second table by its key column, for columns that are kept apart (genres, prices).

    Raises:
        ImportFault: it has no such column.
    """
    if key not in path.columns:
        raise ImportFault(f"{path.path.name} has no column {key!r} to join on; it has {', '.join(path.columns[:12])}")
    return {row[key]: {c: v for c, v in row.items() if c != key} for _, row in path.rows() if isinstance(row, dict)}


def _flag_name(column: str) -> str:
    return column.replace("_", " ").replace("-", " ").strip() if column.islower() else column


def _clean(text: str, longest: int) -> str:
    """Plain text: entities read, control and direction marks gone, one space between words."""
    if "&" in text:
        text = html.unescape(text)
    return " ".join(_CONTROL.sub("", text).split())[:longest].strip()
