"""`parley trace` and `parley replay`: how turns went, and the same turns run again."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail


def trace(
    user: Annotated[str, typer.Option(help="Whose session.")] = "guest",
    session: Annotated[str, typer.Option(help="Which session.")] = "main",
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Show how the turns of a session went; with --json, one trace a line, for `parley replay`.

    Example: parley trace --user ana --session friday --json > friday.jsonl
    """
    from parley.agent import Agent
    from parley.agent.trace import tell_story

    with Agent.open(home=home, model="none") as agent:
        traces = agent.traces(user=user, session=session)
        if not traces:
            fail(f"user {user!r} has no turns in session {session!r}; `parley chat` starts one")
        for each in traces:
            if as_json:
                emit(each.model_dump(mode="json", exclude_defaults=True))
                continue
            typer.secho(f"Turn {each.turn}: {each.message}", bold=True)
            for line in tell_story(each, agent.parts.services.catalog):
                typer.echo(f"  {line}")


def replay(
    trace_file: Annotated[Path, typer.Argument(metavar="TRACE", help="A file written by `parley trace --json`.")],
    model: Annotated[str | None, typer.Option(help="Run with another model than the one in the trace.")] = None,
    planner: Annotated[str, typer.Option(help="Planning strategy.")] = "direct",
    as_json: JsonFlag = False,
) -> None:
    """Run a trace's messages again in a fresh home and say what came out differently.

    Buttons pressed on cards and earlier sessions are not part of a trace. Exits 0 if every turn took the
    same route to the same candidates, else 2.

    Example: parley replay friday.jsonl --model none
    """
    from pydantic import ValidationError

    from parley.agent import Agent
    from parley.agent.trace import TurnTrace

    try:
        lines = [line for line in trace_file.read_text("utf-8").splitlines() if line.strip()]
        traces = [TurnTrace.model_validate(json.loads(line)) for line in lines]
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, ValidationError) as error:
        fail(f"{str(trace_file)!r} is no trace ({str(error).splitlines()[0]}); write one with `parley trace --json`")
    if not traces:
        fail(f"{str(trace_file)!r} holds no turns; write a trace with `parley trace --json`")
    same = True
    with (
        tempfile.TemporaryDirectory() as home,
        Agent.open(home=home, model=model or traces[0].model or "none", planner=planner, seed=traces[0].seed) as agent,
    ):
        if agent.parts.services.catalog.fingerprint != traces[0].catalog:
            fail("the trace was made with another catalogue; replay it where that one is")
        for old in traces:
            agent.chat(old.message, user="replay", session="replay")
            new = agent.traces(user="replay", session="replay")[-1]
            before, after = [c.item_id for c in old.candidates], [c.item_id for c in new.candidates]
            equal = old.route == new.route and before == after
            same = same and equal
            row = {"turn": old.turn, "same": equal, "route": [old.route, new.route], "candidates": [before, after]}
            if as_json:
                emit(row)
            else:
                typer.secho(f"turn {old.turn}: {'same' if equal else 'different'}", fg="green" if equal else "red")
                if not equal:
                    typer.echo(f"  was {old.route} {before[:5]}\n  now {new.route} {after[:5]}")
    if not same:
        raise typer.Exit(2)


def register(commands: Commands) -> None:
    commands.app.command("trace")(trace)
    commands.app.command("replay")(replay)
