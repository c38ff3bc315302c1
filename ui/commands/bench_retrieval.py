"""`parley bench retrieval`: search by size and filter, beside Chroma alone and a plain loop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, fail, log, print_table

COLUMNS = ("items", "task", "filter", "system", "ms", "p95", "cpu", "recall", "ratio", "note")


def retrieval(
    sizes: Annotated[str, typer.Option(help="Catalogue sizes, with commas.")] = "1700,10000,100000",
    queries: Annotated[int, typer.Option(min=3, max=1000, help="Questions a figure is the median of.")] = 30,
    chroma_up_to: Annotated[int, typer.Option(help="Build Chroma's index up to this size.")] = 100_000,
    seed: Annotated[int, typer.Option(help="Seed of items and questions.")] = 0,
    report: Annotated[Path | None, typer.Option(help="Also write the table to this Markdown file.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Milliseconds a query and recall@100, by catalogue size and filter, with ratios to peers in the same run.

    Example: parley bench retrieval --sizes 1700,100000
    """
    from parley.evals.bench.retrieval import run

    try:
        wanted = [int(size) for size in sizes.split(",")]
    except ValueError:
        fail(f"--sizes {sizes!r}: give whole numbers with commas, like 1700,100000")
    if min(wanted) < 200:
        fail(f"--sizes {sizes!r}: at least 200 items each, since a hundred are asked for")
    if report is not None and not report.parent.is_dir():
        fail(f"--report {str(report)!r}: the folder does not exist; make it first")
    rows = run(wanted, queries=queries, seed=seed, chroma_up_to=chroma_up_to, progress=log.print)
    if report is not None:
        report.write_text(markdown(rows), "utf-8")
    if as_json:
        emit({"sizes": wanted, "queries": queries, "seed": seed, "rows": rows})
    else:
        print_table("Retrieval, milliseconds a query", list(rows))


def markdown(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    lines = [" | ".join(COLUMNS), " | ".join("---" for _ in COLUMNS)]
    for row in rows:
        cells = ["" if (value := row.get(column, "")) != value else value for column in COLUMNS]
        lines.append(" | ".join(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in cells))
    return "\n".join(f"| {line} |" for line in lines) + "\n"


def register(commands: Commands) -> None:
    suite = commands.group("bench", "The benchmark suite: ratios against peers in the same run.")
    suite.command("retrieval")(retrieval)
