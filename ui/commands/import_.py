"""`parley import`: bring your own catalogue."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, log

if TYPE_CHECKING:
    from parley.tools.importing import ImportPlan, ImportReport


def register(commands: Commands) -> None:
    commands.app.command("import")(import_catalog)


def import_catalog(
    items: Annotated[Path, typer.Option("--items", help="CSV, TSV, Parquet, JSONL, .item, .dat; may be .gz or .zip.")],
    name: Annotated[str, typer.Option("--name", help="What to call the catalogue.")],
    interactions: Annotated[Path | None, typer.Option("--interactions", help="Who reacted to what.")] = None,
    mapping: Annotated[
        list[str] | None, typer.Option("--map", help="field=column, e.g. title=Name; several allowed.")
    ] = None,
    join: Annotated[Path | None, typer.Option("--join", help="A second table with the same id column.")] = None,
    noun: Annotated[str | None, typer.Option("--noun", help="One thing of it: book, game, recipe.")] = None,
    plural: Annotated[str | None, typer.Option("--plural", help="Several of them.")] = None,
    verb: Annotated[str | None, typer.Option("--verb", help="What people do with it: read, play.")] = None,
    encoding: Annotated[str | None, typer.Option("--encoding", help="Of the text, if the guess is wrong.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Over a catalogue of the same name.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Take the guessed columns without asking.")] = False,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Bring a catalogue, and interactions if you have them; then: parley chat --catalog NAME.

    Example: parley import --items books.csv --map title=original_title --name books --yes
    """
    from parley.tools.importing import plan_import, run_import

    plan = plan_import(
        name, items, interactions, given=_read_mapping(mapping or []), join=join,
        noun=noun, plural=plural, verb=verb, encoding=encoding,
    )  # fmt: skip
    if not as_json:
        _show_plan(plan)
    if not yes:
        _confirm()
    with log.status("reading ...") as status:
        report = run_import(
            plan,
            home_folder(home),
            replace=replace,
            progress=lambda what, rows: status.update(f"{what}: {rows:,} rows"),
        )
    if as_json:
        told = {"columns": plan.columns, "interaction_columns": plan.interaction_columns}
        emit(told | report.model_dump(mode="json"))
    else:
        _show_report(report)


def _read_mapping(pairs: list[str]) -> dict[str, str]:
    """ "field=column" to a table; a field named twice gathers its columns."""
    found: dict[str, str] = {}
    for pair in pairs:
        field, sign, column = pair.partition("=")
        if not sign or not field or not column:
            fail(f"--map {pair!r}: write field=column, e.g. --map title=Name")
        found[field] = f"{found[field]},{column}" if field in found else column
    return found


def _confirm() -> None:
    if not sys.stdin.isatty():
        fail("the guessed columns need a yes: add --yes to take them, or --map field=column to change them")
    if not typer.confirm("Import like this?", default=True, err=True):
        raise typer.Exit(2)


def _show_plan(plan: ImportPlan) -> None:
    used = {column: field for column, field in plan.columns.items() if field != "ignore"}
    ignored = [column for column, field in plan.columns.items() if field == "ignore"]
    log.print(f"{plan.items.name}: {plan.domain.plural} (to {plan.domain.verb})")
    for column, field in used.items():
        log.print(f"  {column} -> {field}", markup=False)
    if ignored:
        log.print(f"  left out: {', '.join(ignored)}", markup=False)
    if plan.interactions is not None:
        log.print(f"{plan.interactions.name}:")
        for field, column in plan.interaction_columns.items():
            log.print(f"  {column} -> {field}", markup=False)


def _show_report(report: ImportReport) -> None:
    log.print(f"{report.items:,} of {report.rows:,} rows imported as {report.name!r} into {report.folder}")
    if report.interaction_rows:
        log.print(f"{report.interactions:,} of {report.interaction_rows:,} interactions of {report.users:,} users")
    for complaint in report.complaints:
        log.print(f"  {complaint.count:,} {complaint.what}; e.g. {complaint.examples[0]}", markup=False)
    for note in report.notes:
        log.print(f"  {note}", markup=False)
    log.print(f"Now: parley chat --catalog {report.name}")
