"""`parley understand`: what utterances are taken to mean, one JSON line each."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, UsageError, emit, log

if TYPE_CHECKING:
    from parley.agent.messages import Understanding
    from parley.tools.items import Catalog


def understand(
    input: Annotated[
        str, typer.Option("--input", help='JSON lines {"context": [[role, text], ...], "utterance": text}; "-": stdin.')
    ],
    catalog: Annotated[Path | None, typer.Option("--catalog", help="A folder written by parley import.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Read utterances: their dialogue acts, constraints and mentions.

    Example: echo '{"context": [], "utterance": "older than 1990, no horror"}' | parley understand --input - --json
    """
    lines = _read(input)
    from parley.agent.understanding import Understander
    from parley.agent.understanding.history import context_of
    from parley.tools.items import Catalog
    from parley.tools.linking import Linker

    items = Catalog.films() if catalog is None else Catalog.load(catalog)
    understander = Understander(items, Linker.for_catalog(items))
    for messages, utterance in lines:
        found = understander.understand(utterance, context_of(messages, understander))
        if as_json:
            emit(as_document(found, items))
        else:
            _tell(utterance, found, items)


def as_document(found: Understanding, catalog: Catalog) -> dict[str, Any]:
    """The stable JSON of an understanding."""
    return {
        "acts": [act.value for act in found.acts],
        "constraints": [_constraint(edit) for edit in found.edits],
        "mentions": [
            {"text": m.text, "item_id": m.item_id, "kind": m.kind} | ({"value": m.value} if m.value else {})
            for m in found.mentions
        ]
        + [{"text": name, "item_id": None, "kind": "item"} for name in found.unmatched],
        "question": found.question.model_dump(mode="json") if found.question else None,
        "topic": found.topic,
        "count": found.count,
        "surprise": found.surprise,
        "confidence": found.confidence,
    }


def _constraint(edit: Any) -> dict[str, Any]:
    wish = (
        edit.wish.model_dump(mode="json", exclude={"wish_id", "turn", "status", "ended_turn", "ended_by"})
        if edit.wish
        else {}
    )
    return {"action": edit.action.value} | {k: v for k, v in wish.items() if v not in (None, "", [])}


def _read(source: str) -> list[tuple[list[tuple[str, str]], str]]:
    """The checked lines; nothing is answered before all of them are right.

    Raises:
        UsageError: no such file, or a line of another shape; the message names the line.
    """
    if source == "-":
        raw = sys.stdin.buffer.read()
    else:
        path = Path(source)
        if not path.is_file():
            raise UsageError(f"no file {source!r}; give JSON lines, or - for stdin")
        raw = path.read_bytes()
    return list(_parsed(raw, "stdin" if source == "-" else Path(source).name))


def _parsed(raw: bytes, name: str) -> Iterator[tuple[list[tuple[str, str]], str]]:
    shape = 'expected {"context": [[role, text], ...], "utterance": text}'
    for number, line in enumerate(raw.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            value = json.loads(line.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{name} line {number}: not JSON ({error}); {shape}") from error
        if not isinstance(value, dict) or not isinstance(value.get("utterance"), str):
            raise UsageError(f"{name} line {number}: no utterance; {shape}")
        context = value.get("context", [])
        pairs = isinstance(context, list) and all(
            isinstance(m, list) and len(m) == 2 and all(isinstance(part, str) for part in m) for m in context
        )
        if not pairs:
            raise UsageError(
                f"{name} line {number}: context {json.dumps(context)[:60]} is not [[role, text], ...]; {shape}"
            )
        yield [(role, text) for role, text in context], value["utterance"]


def _tell(utterance: str, found: Understanding, catalog: Catalog) -> None:
    from parley.agent.ledger import EditAction
    from parley.agent.wish_words import say_wish

    log.print(f"[bold]{utterance}[/bold]", markup=True) if "[" not in utterance else log.print(utterance, markup=False)
    print("  acts:", ", ".join(a.value for a in found.acts) or "-")
    for edit in found.edits:
        if edit.wish is None:
            print(f"  {edit.action.value}")
        elif edit.action is EditAction.ADD:
            print(f"  {edit.wish.hardness.value}: {say_wish(edit.wish, catalog)}")
        else:
            print(f"  {edit.action.value}: {edit.wish.value or catalog.domain.label(edit.wish.facet)}")
    if found.question:
        titles = ", ".join(catalog[i].label for i in found.question.about) or found.question.unknown
        print(f"  asks {found.question.field or 'about'}: {titles}")
    for name in found.unmatched:
        print(f"  not in the catalogue: {name}")


def register(commands: Commands) -> None:
    commands.app.command("understand")(understand)
