"""`parley eval memory`: is what memory learns right, does it last, what does it cost."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, MirrorOption, emit, fail, log, print_table, split_names


def register(commands: Commands) -> None:
    commands.group("eval", "Measure.").command("memory")(memory)


def memory(
    data: Annotated[
        str, typer.Option("--data", help="Data sets, comma-separated.")
    ] = "movielens-latest-small,laps-movie",
    mirror: MirrorOption = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="For folds and intervals.")] = 0,
    report: Annotated[Path | None, typer.Option("--report", help="Write memory.md and memory.json here.")] = None,
    json: JsonFlag = False,
) -> None:
    """Held-out likes from the learned profile, LAPS preferences across sessions, tokens against history.

    Example: parley eval memory --data movielens-latest-small,laps-movie --json
    """
    from parley.evals.memory.report import evaluate_memory, write_page
    from parley.tools.items import Catalog

    names = split_names(data)
    found = evaluate_memory(names, lambda name: _folder(name, mirror), Catalog.films(), seed=seed)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        (report / "memory.md").write_text(write_page(found), "utf-8")
        (report / "memory.json").write_text(found.model_dump_json(indent=1) + "\n", "utf-8")
        log.print(f"wrote {report / 'memory.md'}")
    if json:
        emit(found.model_dump(mode="json"))
        return
    if found.prediction is not None:
        rows: list[Mapping[str, Any]] = [
            {"from": r.name, "AUC": str(r.auc), "F1": str(r.f1)} for r in found.prediction.rows
        ]
        print_table("Held-out likes and dislikes", rows)
    if found.laps is not None:
        print_table(
            "Preferences across sessions",
            [{"by": r.name, "recall": str(r.recall), "precision": str(r.precision)} for r in found.laps.rows],
        )


def _folder(name: str, mirror: Path | None) -> Path:
    """Where a data set lies: the mirror, or the home it was fetched to."""
    home = Path(os.environ.get("PARLEY_HOME") or "~/.parley").expanduser()
    places = (*([mirror / name] if mirror is not None else []), home / "data" / name)
    found = next((place for place in places if place.is_dir()), None)
    return found or fail(f"data set {name!r} is not here; run `parley data get {name}` or set PARLEY_DATA_MIRROR")
