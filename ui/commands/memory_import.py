"""`parley memory import`: a person's own list of what they have watched becomes what is remembered of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.ui.commands.common import HomeOption, JsonFlag, emit, fail, home_folder, log

if TYPE_CHECKING:
    from parley.tools.importing.histories import FindTitle, History
    from parley.tools.items import Catalog

SURE = 0.94
"""Likeness from which a title of a list is believed to be the catalogue's: written out, or a letter of many off."""
SURE_WITH_YEAR = 0.85
"""The same where the year agrees too: "Star Wars" of 1977 is enough."""


def import_list(
    file: Annotated[Path | None, typer.Argument(help="CSV, TSV, JSONL or Parquet; may be .gz or .zip.")] = None,
    user: Annotated[str, typer.Option("--user", "-u", help="Whose list it is.")] = "guest",
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="field=column: item, title, year, rating, date.")
    ] = None,
    scale: Annotated[
        float | None, typer.Option("--scale", min=1, max=1000, help="The best rating there can be.")
    ] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Forget what was imported for this person.")] = False,
    catalog: Annotated[str, typer.Option("--catalog", help="A catalogue's name or folder.")] = "films",
    home: HomeOption = None,
    json: JsonFlag = False,
) -> None:
    """Bring a list of what you have watched and rated: an export of Letterboxd, IMDb or Goodreads, or a sheet.

    Needs your consent to be remembered. Example: parley memory import ratings.csv --user ana
    """
    from parley.agent.opening import open_catalog
    from parley.agent.remembering import Remembering
    from parley.tools.importing.histories import read_history
    from parley.tools.importing.tables import Table
    from parley.ui.commands.memory import owning

    if (file is None) is not undo:
        fail("give a list to import, or --undo to forget the one imported before")
    items = open_catalog(catalog, home_folder(home))
    history = None if file is None else read_history(Table(file), items, find_in(items), _given(mapping), scale=scale)
    with owning(home) as store:
        remembering = Remembering(store, items)
        if history is None:
            gone = remembering.take_back(user)
            emit({"user": user, "forgotten": gone}) if json else log.print(f"{gone} statements forgotten.")
            return
        written = remembering.bring(user, [(item_id, rating) for item_id, rating in history.watched])
    if json:
        told = {"read": history.report.read, "kept": history.report.kept, "statements": written}
        complaints = [complaint.model_dump() for complaint in history.report.complaints]
        emit({"user": user, "columns": dict(history.columns), "scale": history.scale, **told, "dropped": complaints})
    else:
        _tell(user, history, written)


def _tell(user: str, history: History, written: int) -> None:
    columns = ", ".join(f"{field}: {column}" for field, column in history.columns.items())
    log.print(f"Read {columns}; the best rating is {history.scale:g}.")
    rated = sum(rating is not None for _, rating in history.watched)
    log.print(
        f"{history.report.kept} of {history.report.read} are in the catalogue, {rated} of them rated; "
        f"{written} statements remembered. Take it back: parley memory import --undo --user {user}"
    )
    for complaint in history.report.complaints:
        log.print(f"  {complaint.count} {complaint.what}: {'; '.join(complaint.examples)}", markup=False)
    for note in history.report.notes:
        log.print(f"  {note}")


def _given(mapping: list[str] | None) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in mapping or ()]
    for field, is_given, column in pairs:
        if not is_given or not column:
            fail(f"--map {field!r} is not field=column, e.g. --map title=Name")
    return {field: column for field, _, column in pairs}


def find_in(catalog: Catalog) -> FindTitle:
    from parley.tools.linking.linker import Linker

    linker = Linker.for_catalog(catalog)

    def find(title: str, year: int | None) -> str | None:
        found = linker.resolve_title(title if year is None else f"{title} ({year})")
        if found is not None and year is not None and catalog[found.item_id].year is None:
            found, year = linker.resolve_title(title), None
        if found is None or found.score < (SURE if year is None else SURE_WITH_YEAR):
            return None
        return found.item_id

    return find
