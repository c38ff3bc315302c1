"""Bring a catalogue of any kind into a home: tables in, `items.jsonl`, `domain.json` and interactions out, or nothing.

Rows stream from the file to the disk, so memory grows with the number of ids only. The result is
written beside its place and moved there in one step.
"""

from __future__ import annotations

import re
import tempfile
from array import array
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from parley.tools.importing.build import Complaint, ItemBuilder, Report, read_join
from parley.tools.importing.columns import guess_interactions, guess_items, parse_number
from parley.tools.importing.tables import ImportFault, Table
from parley.tools.importing.words import guess_noun, make_domain
from parley.tools.items import Catalog, CatalogError, Domain
from parley.tools.linking.text import key_of, tokenize
from parley.tools.recommenders.data import Interactions

INTERACTIONS = "interactions.npz"
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
Progress = Callable[[str, int], None]
"""Called with what is read and how many rows so far."""


class ImportPlan(BaseModel):
    """What an import would do, for a person to confirm."""

    model_config = ConfigDict(frozen=True)

    name: str
    items: Path
    interactions: Path | None
    columns: dict[str, str]
    """Column of the items table to field; `ignore` ones are left out of the catalogue."""
    interaction_columns: dict[str, str]
    """Field (user, item, weight, time) to column."""
    domain: Domain
    join: Path | None = None
    encoding: str | None = None


class ImportReport(BaseModel):
    """What an import did."""

    model_config = ConfigDict(frozen=True)

    name: str
    folder: Path
    rows: int
    items: int
    interaction_rows: int = 0
    interactions: int = 0
    users: int = 0
    complaints: tuple[Complaint, ...] = ()
    notes: tuple[str, ...] = ()


def plan_import(
    name: str,
    items: Path,
    interactions: Path | None = None,
    *,
    given: Mapping[str, str] | None = None,
    join: Path | None = None,
    noun: str | None = None,
    plural: str | None = None,
    verb: str | None = None,
    encoding: str | None = None,
) -> ImportPlan:
    """Look at the files and guess what their columns mean. Writes nothing.

    Args:
        given: field to column, for what the guess gets wrong.

    Raises:
        ImportFault: a file cannot be read, or a column that is needed is not there.
    """
    if not _NAME.fullmatch(name) or name == "films":
        raise ImportFault(f"the name {name!r} cannot be used; choose lower-case letters, digits and - (not 'films')")
    table = Table(items, encoding=encoding)
    wanted = dict(given or {})
    ours = {f: c for f, c in wanted.items() if f in ("user", "item", "weight", "time")}
    extra = Table(join, encoding=encoding) if join else None
    columns = guess_items(table, {f: c for f, c in wanted.items() if f not in ours})
    if extra is not None:
        key = next((c for c, f in columns.items() if f == "id"), "")
        if key not in extra.columns:
            known = ", ".join(extra.columns[:12])
            raise ImportFault(f"{extra.path.name} has no column {key!r} to join on; it has {known}")
        columns |= {c: f for c, f in _joined_columns(extra, key).items() if c not in columns}
    log = Table(interactions, encoding=encoding) if interactions else None
    pairs = guess_interactions(log, ours) if log else {}
    kept = [f for f in columns.values() if f not in ("ignore", "id")]
    thing = noun or guess_noun([table.path.name, *table.columns])
    return ImportPlan(
        name=name, items=items, interactions=interactions, columns=columns, interaction_columns=pairs, join=join,
        domain=make_domain(name, kept, noun=thing, plural=plural, verb=verb), encoding=encoding,
    )  # fmt: skip


def run_import(
    plan: ImportPlan, home: Path, *, replace: bool = False, progress: Progress | None = None
) -> ImportReport:
    """Do it: write `home/catalogs/NAME`, whole or not at all.

    Raises:
        ImportFault: the name is taken, a file is damaged, or no row was usable.
    """
    target = home / "catalogs" / plan.name
    if target.exists() and not replace:
        raise ImportFault(f"there is a catalogue {plan.name!r} already; add --replace, or choose another --name")
    target.parent.mkdir(parents=True, exist_ok=True)
    tell = progress or (lambda what, rows: None)
    with tempfile.TemporaryDirectory(prefix=f".{plan.name}-", dir=target.parent) as scratch:
        fresh = Path(scratch) / plan.name
        fresh.mkdir()
        builder = _builder(plan)
        ids, titles = _write_items(builder, fresh / "items.jsonl", tell, with_titles=plan.interactions is not None)
        if not ids:
            reasons = "; ".join(f"{c.what} ({c.count})" for c in builder.report.complaints[:3]) or "no rows"
            raise ImportFault(f"{plan.items.name}: no usable row: {reasons}")
        (fresh / "domain.json").write_text(plan.domain.model_dump_json(indent=1), "utf-8")
        log = _write_interactions(plan, ids, titles, fresh / INTERACTIONS, tell) if plan.interactions else None
        report = _report(plan, target, builder.report, log)
        (fresh / "import.json").write_text(report.model_dump_json(indent=1), "utf-8")
        if target.exists():
            old = Path(scratch) / "old"
            target.rename(old)
        fresh.rename(target)
    return report


def open_catalog(name_or_path: str, home: Path) -> Catalog:
    """A catalogue by name (`films`, or one imported into this home) or by its folder.

    Raises:
        CatalogError: there is none; the message lists those there are.
    """
    return Catalog.films() if name_or_path == "films" else Catalog.load(catalog_folder(name_or_path, home))


def catalog_folder(name_or_path: str, home: Path) -> Path:
    """The folder of a catalogue imported into this home, or the folder named.

    Raises:
        CatalogError: there is none; the message lists those there are.
    """
    imported = home / "catalogs" / name_or_path
    if _NAME.fullmatch(name_or_path) and imported.is_dir():
        return imported
    if Path(name_or_path).is_dir():
        return Path(name_or_path)
    known = ", ".join(["films", *list_catalogs(home)])
    raise CatalogError(f"no catalogue {name_or_path!r}; known: {known}; bring your own with parley import")


def list_catalogs(home: Path) -> list[str]:
    """Names of the catalogues imported into a home."""
    folder = home / "catalogs"
    return sorted(p.name for p in folder.iterdir() if (p / "items.jsonl").is_file()) if folder.is_dir() else []


def load_catalog_interactions(folder: Path) -> Interactions | None:
    """The interactions imported with a catalogue; None if there were none. Items keep the catalogue's order."""
    path = folder / INTERACTIONS
    if not path.is_file():
        return None
    with np.load(path, allow_pickle=False) as saved:
        return Interactions(
            saved["user_index"], saved["item_index"], saved["weight"], saved["time"],
            tuple(map(str, saved["user_ids"])), tuple(map(str, saved["item_ids"])), bool(saved["timed"]), folder.name,
        )  # fmt: skip


def _joined_columns(extra: Table, key: str) -> dict[str, str]:
    try:
        return {c: f for c, f in guess_items(extra, {"id": key, "title": key}).items() if c != key}
    except ImportFault:
        return {}


def _builder(plan: ImportPlan) -> ItemBuilder:
    table = Table(plan.items, encoding=plan.encoding)
    joined = None
    if plan.join is not None:
        key = next(c for c, f in plan.columns.items() if f == "id")
        joined = read_join(Table(plan.join, encoding=plan.encoding), key)
    return ItemBuilder(table, plan.columns, joined)


def _write_items(
    builder: ItemBuilder, path: Path, tell: Progress, *, with_titles: bool
) -> tuple[dict[str, int], dict[str, int]]:
    """Item id to place, and folded title to place where only one item has it."""
    ids: dict[str, int] = {}
    titles: dict[str, int] = {}
    with path.open("w", encoding="utf-8") as out:
        for place, item in enumerate(builder.items()):
            out.write(item.model_dump_json(exclude_defaults=True) + "\n")
            ids[item.item_id] = place
            if with_titles:
                key = key_of([t.folded for t in tokenize(item.title)])
                titles[key] = -1 if key in titles else place
            if place % 10_000 == 0:
                tell(builder.table.path.name, place)
    return ids, titles


def _write_interactions(
    plan: ImportPlan, ids: Mapping[str, int], titles: Mapping[str, int], path: Path, tell: Progress
) -> dict[str, Any]:
    """Stream the log into columns; rows about unknown items, repeats and broken numbers are told, not kept."""
    assert plan.interactions is not None
    table = Table(plan.interactions, encoding=plan.encoding)
    report = Report()
    columns = plan.interaction_columns
    users: dict[str, int] = {}
    user_index, item_index, weight, time = array("i"), array("i"), array("f"), array("d")
    by_title = False
    for number, row in table.rows():
        report.read += 1
        if report.read % 50_000 == 0:
            tell(table.path.name, report.read)
        if isinstance(row, str):
            report.add(f"interactions dropped: {row}", f"row {number}")
            continue
        item = row[columns["item"]]
        place = ids.get(item, -1)
        if place < 0:
            place = titles.get(key_of([t.folded for t in tokenize(item)]), -1) if item else -1
            by_title = by_title or place >= 0
        if place < 0 or not row[columns["user"]]:
            what = "the catalogue has no such item" if row[columns["user"]] else "no user"
            report.add(f"interactions dropped: {what}", f"row {number}: {item}")
            continue
        strength = _cell(row, columns, "weight", 1.0, number, report)
        moment = _when(row, columns, number, report)
        if strength is None or moment is None:
            continue
        user_index.append(users.setdefault(row[columns["user"]][:200], len(users)))
        item_index.append(place)
        weight.append(strength)
        time.append(moment)
    if not len(user_index):
        reasons = "; ".join(f"{c.what} ({c.count})" for c in report.complaints[:2]) or "no rows"
        raise ImportFault(f"{table.path.name}: no usable interaction: {reasons}; check --map item=COLUMN")
    if by_title:
        report.notes.append(f"{table.path.name}: items matched by title where the id was unknown")
    kept = _without_repeats(user_index, item_index, weight, time, report)
    np.savez_compressed(
        path, **kept, user_ids=np.array(list(users)), item_ids=np.array(list(ids)), timed=np.array("time" in columns)
    )
    return {"report": report, "users": len(users), "kept": len(kept["user_index"])}


def _without_repeats(
    users: array[int], items: array[int], weight: array[float], time: array[float], report: Report
) -> dict[str, Any]:
    """Columns as arrays; of rows equal in user, item and time the strongest stays."""
    u, i = np.frombuffer(users, np.int32), np.frombuffer(items, np.int32)
    w, t = np.frombuffer(weight, np.float32), np.frombuffer(time, np.float64)
    order = np.lexsort((-w, t, i, u))
    same = (np.diff(u[order]) == 0) & (np.diff(i[order]) == 0) & (np.diff(t[order]) == 0)
    rows = np.sort(order[np.concatenate([[True], ~same])])
    if len(rows) < len(u):
        report.notes.append(f"{len(u) - len(rows)} repeated interactions (same user, item and time) merged")
    return {"user_index": u[rows], "item_index": i[rows], "weight": w[rows], "time": t[rows]}


def _cell(
    row: Mapping[str, str], columns: Mapping[str, str], field: str, default: float, number: int, report: Report
) -> float | None:
    if field not in columns:
        return default
    value = parse_number(row[columns[field]])
    if value is None:
        report.add(f"interactions dropped: {field} is no number", f"row {number}: {row[columns[field]]}")
    return value


def _when(row: Mapping[str, str], columns: Mapping[str, str], number: int, report: Report) -> float | None:
    """Seconds since 1970 from a number or an ISO date."""
    from datetime import UTC, datetime

    if "time" not in columns:
        return 0.0
    text = row[columns["time"]]
    value = parse_number(text)
    if value is not None:
        return value / 1000 if value > 1e11 else value
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        report.add("interactions dropped: time is neither a number nor an ISO date", f"row {number}: {text}")
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _report(plan: ImportPlan, target: Path, items: Report, log: Mapping[str, Any] | None) -> ImportReport:
    second: Report | None = log["report"] if log else None
    return ImportReport(
        name=plan.name,
        folder=target,
        rows=items.read,
        items=items.kept,
        interaction_rows=second.read if second else 0,
        interactions=log["kept"] if log else 0,
        users=log["users"] if log else 0,
        complaints=(*items.complaints, *(second.complaints if second else ())),
        notes=(*items.notes, *(second.notes if second else ())),
    )
