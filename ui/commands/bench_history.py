"""`parley bench history`: what written queries, grounding and history selection are worth, on MovieLens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, print_table


def history(
    mirror: Annotated[
        Path, typer.Option(envvar="PARLEY_DATA_MIRROR", help="The folder that holds movielens-latest-small.")
    ],
    users: Annotated[int, typer.Option(min=10, help="At most this many people.")] = 300,
    seed: Annotated[int, typer.Option(help="Seed of people, slips and intervals.")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Queries written from a history, misspelt titles, and similar against recent history, with intervals.

    Example: parley bench history --mirror data --users 300
    """
    from parley.evals.bench.history import run

    rows = run(mirror, seed=seed, users=users)
    if as_json:
        emit({"seed": seed, "users": users, "rows": rows})
        return
    for measure in dict.fromkeys(row["measure"] for row in rows):
        chosen = [row for row in rows if row["measure"] == measure]
        print_table(measure, [{name: value for name, value in row.items() if name != "measure"} for row in chosen])


def register(commands: Commands) -> None:
    suite = commands.group("bench", "The benchmark suite: ratios against peers in the same run.")
    suite.command("history")(history)
