"""`parley data`: the public data sets, and how to get them."""

from __future__ import annotations

from typing import Annotated

import typer

from parley.ui.commands.common import (
    Commands,
    HomeOption,
    JsonFlag,
    MirrorOption,
    emit,
    fail,
    home_folder,
    log,
    print_table,
)


def register(commands: Commands) -> None:
    group = commands.group("data", help="Public data sets: list them, get one.")
    group.command("list")(list_sets)
    group.command("get")(get)


def list_sets(mirror: MirrorOption = None, home: HomeOption = None, as_json: JsonFlag = False) -> None:
    """The data sets Parley knows, with their licences.

    Example: parley data list
    """
    from parley.tools.datasets import list_data

    rows = list_data(home_folder(home), mirror)
    if as_json:
        emit(rows)
    else:
        print_table("Data sets", [{k: v for k, v in row.items() if k != "home"} for row in rows])


def get(
    name: Annotated[str, typer.Argument(help="One of the names in: parley data list.")],
    mirror: MirrorOption = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Fetch a data set into HOME/data/NAME, verified; an interrupted download goes on where it stopped.

    Example: parley data get movielens-100k
    """
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn

    from parley.tools.datasets import fetch

    if mirror is not None and not mirror.is_dir():
        fail(f"no mirror at {str(mirror)!r}; name a folder that holds {name}/, or leave --mirror out")
    amount = (
        MofNCompleteColumn() if mirror is not None and (mirror / name).is_dir() else DownloadColumn()
    )  # files or bytes
    with Progress(TextColumn("{task.description}"), BarColumn(), amount, console=log) as bar:
        task = bar.add_task(name, total=None)
        found = fetch(
            name,
            home_folder(home),
            mirror=mirror,
            progress=lambda what, done, total: bar.update(task, description=what, completed=done, total=total or None),
        )
    if as_json:
        emit(found.model_dump(mode="json"))
        return
    log.print(f"{name}: {len(found.files)} files in {found.folder}, from {found.origin}")
    if not found.pinned:
        log.print("Its SHA-256 was not known beforehand: the hashes of what came are in parley-data.json.")
