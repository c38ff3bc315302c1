"""`parley bench train`: fitting and asking recommenders, beside the `implicit` package in the same run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, log


def train(
    data: Annotated[str, typer.Option("--data", help="A data set with times.")] = "movielens-100k",
    repeats: Annotated[int, typer.Option("--repeats", min=1, max=50, help="Fits a median is taken of.")] = 5,
    fold_items: Annotated[int, typer.Option(min=100, max=20_000, help="Items of the fold-in measurement.")] = 10_000,
    sasrec: Annotated[
        bool, typer.Option("--sasrec/--no-sasrec", help="Fit SASRec once too, for the time to its quality.")
    ] = True,
    report: Annotated[Path | None, typer.Option("--report", help="Also write the tables to this file.")] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """CPU seconds to fit, microseconds to ask, NDCG@10, and ratios to `implicit` in the same run.

    Example: parley bench train --data movielens-100k --repeats 5
    """
    from parley.evals.bench.train import as_markdown, measure_fold_in, run
    from parley.tools.recommenders import load_interactions
    from parley.ui.commands.train import data_folder

    folder = data_folder(data, home)
    log.print(f"fitting on {folder.name}, {repeats} times each")
    rows = run(load_interactions(folder.name, folder), repeats=repeats, slow=sasrec)
    fold = measure_fold_in(fold_items)
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(as_markdown(rows, fold), "utf-8")
    if as_json:
        emit({"data": folder.name, "rows": rows, "fold_in": fold})
    else:
        print(as_markdown(rows, fold))


def register(commands: Commands) -> None:
    commands.group("bench").command("train")(train)
