"""`parley bench simulate`: simulated conversations an hour."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, print_table


def simulate(
    users: Annotated[int, typer.Option(min=2, help="Conversations of each arm.")] = 40,
    jobs: Annotated[str, typer.Option(help="Numbers of processes, separated by commas.")] = "1,2",
    models: Annotated[str, typer.Option(help="The agent's models, separated by commas.")] = "none",
    seed: Annotated[int, typer.Option(help="Personas are drawn from this seed.")] = 1,
    as_json: JsonFlag = False,
) -> None:
    """Play the same people with one process and with several, and print conversations an hour and the speed-up.

    Example: parley bench simulate --users 40 --jobs 1,2 --models none,embedded
    """
    import tempfile
    from pathlib import Path

    from parley.evals.bench.simulate import play_rate
    from parley.evals.simulate.benches import AgentBench
    from parley.evals.simulate.study import Study, StudySettings
    from parley.ui.commands.common import fail

    counts = [part.strip() for part in jobs.split(",") if part.strip()]
    if not counts or not all(part.isdigit() and int(part) > 0 for part in counts):
        fail(f"--jobs {jobs!r} must be numbers of processes from 1 up, separated by commas, e.g. 1,2")
    with tempfile.TemporaryDirectory() as scratch:
        people = Study.prepare(StudySettings(users=users, seed=seed), Path(scratch)).personas
    rows: list[dict[str, Any]] = []
    for model in [part.strip() for part in models.split(",") if part.strip()]:
        arms = [play_rate(people, AgentBench(model=model, seed=seed), int(count), seed=seed) for count in counts]
        first = arms[0]["conversations an hour"]
        rows += [{**arm, "speed-up": round(arm["conversations an hour"] / first, 2)} for arm in arms]
    if as_json:
        emit({"seed": seed, "rows": rows})
    else:
        print_table(f"simulated conversations, seed {seed}", list[Any](rows))


def register(commands: Commands) -> None:
    commands.group("bench").command("simulate")(simulate)
