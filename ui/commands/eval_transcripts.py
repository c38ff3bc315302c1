"""`parley eval transcripts`: conversations to read, written as Markdown."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, fail, log

SETS = {"standard": "conversations.jsonl", "hard": "hard_conversations.jsonl"}


def transcripts(
    out: Annotated[Path, typer.Option(help="Folder to write to.")],
    which: Annotated[str, typer.Option("--set", help="standard | hard.")] = "standard",
    only: Annotated[str | None, typer.Option(help="One conversation by name.")] = None,
    model: Annotated[str, typer.Option(help="embedded | llamacpp:/path.gguf | openai:NAME@URL | none.")] = "embedded",
    as_json: JsonFlag = False,
) -> None:
    """Play the scripted users against the agent in a fresh home and write what was said.

    Example: parley eval transcripts --out docs/transcripts
    """
    from parley.agent import Agent
    from parley.evals.transcripts import load_scripts, write_transcript

    if which not in SETS:
        fail(f"no set {which!r}; known: {', '.join(SETS)}")
    scripts = [s for s in load_scripts(SETS[which]) if only in (None, s.name)]
    if not scripts:
        fail(
            f"no conversation {only!r} in set {which!r}; known: {', '.join(s.name for s in load_scripts(SETS[which]))}"
        )
    with tempfile.TemporaryDirectory() as home, Agent.open(home=Path(home), model=model) as agent:
        for script in scripts:
            path = write_transcript(agent, script, out)
            if as_json:
                emit({"name": script.name, "path": str(path)})
            else:
                log.print(f"wrote {path}")


def register(commands: Commands) -> None:
    commands.group("eval", "Evaluations.").command("transcripts")(transcripts)
