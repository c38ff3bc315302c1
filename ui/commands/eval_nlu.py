"""`parley eval nlu`: how well utterances are understood, beside baselines."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, UsageError, emit, log, print_table


def nlu(
    data: Annotated[
        Path | None,
        typer.Option("--data", help="Labelled dialogues in the form of iard.json or iard_dialoguekit.json (or .gz)."),
    ] = None,
    cross_validate: Annotated[
        bool,
        typer.Option("--cross-validate", help="Also the baselines, trained by five-fold over the dialogues of --data."),
    ] = False,
    tuned: Annotated[
        bool,
        typer.Option("--tuned", help="With --cross-validate: ask the tuned model about every turn too (minutes)."),
    ] = False,
    split: Annotated[
        str,
        typer.Option("--split", help="Of the committed wishes: development, held_out, all, or more (second set)."),
    ] = "all",
    model: Annotated[str | None, typer.Option("--model", help='Probe a model instead, e.g. "embedded".')] = None,
    sample: Annotated[int, typer.Option("--sample", min=1, help="Utterances a model is probed with.")] = 40,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Measure understanding: acts, slots and titles on labelled dialogues, or exact wishes on the committed set.

    Without --data, the 300 hand-written utterances of `parley.evals.nlu`; --split more, the second set, batch by batch.

    Example: parley eval nlu --data iard.json.gz --cross-validate --json
    """
    if split not in ("development", "held_out", "all", "more"):
        raise UsageError(f"no split {split!r}; take development, held_out, all or more")
    if cross_validate and data is None:
        raise UsageError("--cross-validate needs --data with labelled dialogues")
    if tuned and not cross_validate:
        raise UsageError("--tuned needs --cross-validate, which is what learns from it")
    from parley.evals.nlu.report import measure_dialogues, measure_wishes, probe_model

    if model is not None:
        report = probe_model(model, data, sample=sample, seed=seed)
    elif data is None:
        report = measure_wishes(None if split == "all" else split)
    else:
        report = measure_dialogues(data, cross_validate=cross_validate, tuned=tuned, seed=seed, tell=log.print)
    if as_json:
        emit(report)
    else:
        print_table(report["title"], [_rounded(row) for row in report["rows"]])


def _rounded(row: dict[str, Any]) -> dict[str, Any]:
    return {k: f"{v:.3f}" if isinstance(v, float) else v for k, v in row.items() if not isinstance(v, dict)}


def register(commands: Commands) -> None:
    commands.group("eval").command("nlu")(nlu)
