"""`parley bench turn`: what a turn costs, node by node."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, log, print_table


def turn(
    model: Annotated[str, typer.Option(help="embedded | llamacpp:/path.gguf | openai:NAME@URL | none.")] = "embedded",
    planner: Annotated[str, typer.Option(help="Planning strategy.")] = "direct",
    as_json: JsonFlag = False,
) -> None:
    """Milliseconds by node, model calls, tokens and time to first token over 50 turns in a fresh home.

    Example: parley bench turn --model none
    """
    from parley.agent import Agent
    from parley.evals.bench.turn import run_turns, summarise

    with (
        tempfile.TemporaryDirectory() as home,
        Agent.open(home=Path(home), model=model, planner=planner, progress=lambda words: log.print(words)) as agent,
    ):
        rows = summarise(run_turns(agent))
    if as_json:
        emit({"model": model, "planner": planner, "rows": rows})
    else:
        print_table(f"50 turns, model {model}, planner {planner}", list(rows))


def register(commands: Commands) -> None:
    commands.group("bench", "The benchmark suite: ratios against peers in the same run.").command("turn")(turn)
