"""`parley bench simulate`: simulated conversations an hour."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, fail, log, print_table, split_names


def simulate(
    users: Annotated[int, typer.Option(min=2, help="Conversations of each arm.")] = 24,
    processes: Annotated[str, typer.Option(help="Numbers of processes, separated by commas.")] = "1,2",
    at_once: Annotated[
        str, typer.Option(help="Conversations at once that share one model, separated by commas.")
    ] = "8",
    wording: Annotated[
        str, typer.Option(help="Who words what users say, separated by commas: templates, embedded, ...")
    ] = "templates,embedded",
    rounds: Annotated[int, typer.Option(min=1, help="Arms take turns so many times.")] = 2,
    seed: Annotated[int, typer.Option(help="Personas are drawn from this seed.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Write the tables to this Markdown file too.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Conversations an hour with templates and with a model, a model in each process against one that all share.

    Example: parley bench simulate --users 24 --processes 1,2 --at-once 8 --wording templates,embedded
    """
    import tempfile

    from parley.evals.bench.simulate import arms_of, play_arms
    from parley.evals.simulate.study import Study, StudySettings
    from parley.evals.simulate.table import markdown

    counts, together = _numbers("--processes", processes), _numbers("--at-once", at_once)
    with tempfile.TemporaryDirectory() as scratch:
        people = Study.prepare(StudySettings(users=users, seed=seed), Path(scratch)).personas
    tables: dict[str, list[dict[str, Any]]] = {}
    for name in split_names(wording):
        log.print(f"{name} ...")
        tables[name] = play_arms(people, arms_of(name, counts, together, seed), rounds=rounds, seed=seed)
    if out is not None:
        command = (
            f"parley bench simulate --users {users} --processes {processes} --at-once {at_once} "
            f"--wording {','.join(tables)} --rounds {rounds} --seed {seed}"
        )
        told = [[{k: str(v) for k, v in row.items()} for row in rows] for rows in tables.values()]
        head = f"# Simulated conversations an hour\n\n`{command}`\n\n"
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(head + "\n\n".join(markdown(rows) for rows in told) + "\n", "utf-8")
    if as_json:
        emit({"seed": seed, "users": users, "rows": [row for rows in tables.values() for row in rows]})
        return
    for name, rows in tables.items():
        print_table(f"{name}: simulated conversations, seed {seed}", list[Any](rows))


def _numbers(option: str, given: str) -> list[int]:
    parts = split_names(given)
    if not parts or not all(part.isdigit() and 0 < int(part) <= 64 for part in parts):
        fail(f"{option} {given!r} must be numbers from 1 to 64, separated by commas, e.g. 1,2")
    return [int(part) for part in parts]


def register(commands: Commands) -> None:
    commands.group("bench").command("simulate")(simulate)
