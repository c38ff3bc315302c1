"""What each column of a table means: guessed from its name and its values, shown, and open to correction.

A field is `id`, `title`, `alias`, `year`, `text`, `tag:KIND`, `role:ROLE`, `number:NAME`, `link:SITE`, `flag:KIND`
(a 0/1 column whose name is the value) or `ignore`; for interactions `user`, `item`, `weight`, `time`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

from parley.tools.importing.tables import ImportFault, Row, Table

SAMPLE = 500
_NAMES: tuple[tuple[str, str], ...] = (
    ("title", r"(movie_?|book_?|game_?|item_?|product_?|song_?|track_?)?(title|name)"),
    ("alias", r"original_?title|alias(es)?|alt(ernative)?_?titles?|also_?known_?as"),
    ("year", r"((original_?)?(publication|release|published|released)_?)?year|release_?date|published(_?date)?|date"),
    ("text", r"description|overview|synopsis|plot|summary|text|about|blurb|short_?description"),
    ("role:author", r"authors?|written_?by|writers?_?names?"),
    ("role:director", r"directors?(_name)?"),
    ("role:cast", r"casts?|actors?|stars|starring"),
    ("role:artist", r"artists?(_name)?|performers?|band"),
    ("role:developer", r"developers?|studio"),
    ("role:publisher", r"publishers?"),
    ("tag:genre", r"genres?|category_?names?|main_?category"),
    ("tag:category", r"categor(y|ies)|features"),
    ("tag:keyword", r"keywords?|themes?|topics?|subjects?|shelves"),
    ("tag:tag", r"(\w+_)?tags?"),
    ("tag:mood", r"moods?"),
    ("tag:language", r"(original_?)?language(_?code)?s?|lang"),
    ("tag:country", r"countr(y|ies)"),
    ("tag:platform", r"platforms?|systems?|console"),
    ("tag:series", r"series"),
    ("tag:certificate", r"certificate|mpaa|age_?rating|content_?rating"),
    ("tag:brand", r"brand"),
    ("number:pages", r"(num_?|number_?of_?)?pages?"),
    ("number:runtime", r"runtime(_min(utes)?)?|duration(_min)?|length_?min(utes)?"),
    ("number:price", r"price"),
    ("number:rating", r"(average_?|avg_?|mean_?)?rating|score|vote_?average"),
    ("number:popularity", r"ratings_?count|popularity|positive_?ratings|num_?ratings|vote_?count|owners_?count"),
    ("number:minimum_age", r"required_?age|min(imum)?_?age"),
    ("number:players", r"(max_?)?players"),
    ("link:imdb", r"imdb_?id"),
    ("link:movielens", r"movielens_?id"),
    ("link:isbn", r"isbn(13)?"),
)  # fmt: skip
_INTERACTION_NAMES: tuple[tuple[str, str], ...] = (
    ("user", r"(user|reviewer|customer|member|person|account|u)_?(id|name|key)?|uid"),
    (
        "item",
        r"(item|movie|book|game|product|anime|song|track|business|app|parent_?asin|asin|i)_?(id|key|name|title)?|iid",
    ),
    ("weight", r"ratings?|weight|score|stars|hours(_played)?|playtime|count|plays|value"),
    ("time", r"time_?stamp|time|date|datetime|unix_?review_?time|ts|created(_at)?"),
)
_FIELDS = re.compile(r"(id|title|alias|year|text|ignore|(tag|role|number|link|flag):[a-z][a-z0-9_]{0,30})")


def guess_items(table: Table, given: Mapping[str, str], extra: Sequence[str] = ()) -> dict[str, str]:
    """Column to field for a table of items.

    Args:
        given: field to column, as the user said; wins over every guess.
        extra: columns that a joined table adds.

    Raises:
        ImportFault: a column or field is unknown, or there is no title.
    """
    columns = (*table.columns, *(c for c in extra if c not in table.columns))
    fields = _given(given, columns, _FIELDS, table.path.name)
    rows = sample(table)
    taken = set(fields.values())
    flags = _flag_columns(table.columns, rows)
    for column in columns:
        if column in fields:
            continue
        field = "flag:genre" if column in flags else _named(column)
        once = field.partition(":")[0] in ("title", "year", "text", "id")
        if (once and field in taken) or (field == "ignore"):
            fields[column] = "ignore"
            continue
        fields[column] = field if _fits(field, column, rows) else "ignore"
        taken.add(fields[column])
    if "id" not in taken:
        _choose_id(table.columns, rows, fields)
    if "title" not in fields.values():
        raise ImportFault(
            f"{table.path.name}: no column of {', '.join(columns[:12])} looks like a title; say it: --map title=COLUMN"
        )
    return fields


def guess_interactions(table: Table, given: Mapping[str, str]) -> dict[str, str]:
    """Field to column for a table of interactions; `weight` and `time` may be missing.

    Raises:
        ImportFault: no user or no item column.
    """
    allowed = re.compile("user|item|weight|time")
    fields = {field: column for column, field in _given(given, table.columns, allowed, table.path.name).items()}
    for field, pattern in _INTERACTION_NAMES:
        free = [c for c in table.columns if c not in fields.values()]
        match = next((c for c in free if re.fullmatch(pattern, _plain(c))), None)
        if field not in fields and match is not None:
            fields[field] = match
    for field in ("user", "item"):
        if field not in fields:
            raise ImportFault(
                f"{table.path.name}: which column of {', '.join(table.columns[:8])} is the {field}? "
                f"Say it: --map {field}=COLUMN"
            )
    return fields


def sample(table: Table) -> list[Row]:
    """The first rows that are whole."""
    return [row for _, row in itertools.islice(table.rows(), SAMPLE) if isinstance(row, dict)]


def _given(given: Mapping[str, str], columns: Sequence[str], allowed: re.Pattern[str], name: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for field, joined in given.items():
        if not allowed.fullmatch(field):
            raise ImportFault(f"--map {field}={joined}: no field {field!r}; fields: id, title, year, text, tag:KIND, "
                              "role:ROLE, number:NAME, flag:KIND, ignore; user, item, weight, time")  # fmt: skip
        for column in joined.split(",") if joined not in columns else [joined]:
            if column not in columns:
                known = ", ".join(columns[:12])
                raise ImportFault(f"--map {field}={column}: {name} has no column {column!r}; it has {known}")
            fields[column] = field
    return fields


def _named(column: str) -> str:
    plain = _plain(column)
    return next((field for field, pattern in _NAMES if re.fullmatch(pattern, plain)), "ignore")


def _plain(column: str) -> str:
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column)
    return re.sub(r"\W+", "_", snake.casefold()).strip("_")


def _fits(field: str, column: str, rows: Sequence[Row]) -> bool:
    """Do the values look like the field?"""
    values = [row[column] for row in rows if row.get(column)]
    if not values:
        return not rows or field == "title" or field.startswith("flag:")
    if field.startswith("number:"):
        return sum(parse_number(v) is not None for v in values) > 0.8 * len(values)
    return True


def _choose_id(columns: Sequence[str], rows: Sequence[Row], fields: dict[str, str]) -> None:
    """The first unmapped column named like an id whose sample values are all different."""
    named = [c for c in columns if re.fullmatch(r"(\w+_)?(id|key|asin|isbn|sku|slug)|appid|movieid|itemid", _plain(c))]
    for column in named:
        values = [row.get(column, "") for row in rows]
        filled = [value for value in values if value]
        distinct = len(set(filled)) > 0.8 * len(filled) or len(filled) < 20
        if fields.get(column) in ("ignore", "link:isbn", None) and 2 * len(filled) >= len(values) and distinct:
            fields[column] = "id"
            return


def _flag_columns(columns: Sequence[str], rows: Sequence[Row]) -> set[str]:
    """Five or more neighbouring columns of 0 and 1 are flags."""
    found: set[str] = set()
    run: list[str] = []
    for column in (*columns, ""):
        values = {row.get(column, "") for row in rows} if column else {"x"}
        if values <= {"0", "1", "", "0.0", "1.0"} and rows:
            run.append(column)
            continue
        if len(run) >= 5:
            found.update(run)
        run = []
    return found


def parse_number(text: str) -> float | None:
    """A finite number; None if it is none."""
    try:
        value = float(text.replace(" ", "").replace("\u00a0", ""))
    except ValueError:
        return None
    return value if abs(value) < 1e15 else None


def parse_year(text: str) -> int | None:
    """The year of "1999", "1999.0", "1999-03-31", "31-Mar-1999" or "March 31, 1999"; None if there is none."""
    number = parse_number(text)
    if number is not None:
        return int(number) if number.is_integer() and -3000 <= number <= 2100 and number else None
    match = re.search(r"(?<!\d)(1[0-9]\d\d|20\d\d)(?!\d)", text)
    return int(match[1]) if match else None
