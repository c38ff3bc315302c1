"""The memory panel: every statement with its evidence, to correct or delete; export; forget me."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from parley.memory.learn import BROUGHT
from parley.memory.statements import Kind, Source, Statement, Status
from parley.memory.store import Consent
from parley.ui.web.html import button, esc, icon
from parley.ui.web.panels import say_when

_KIND_WORDS: Mapping[Kind, str] = {
    Kind.LIKE: "You like", Kind.DISLIKE: "You do not like", Kind.SEEN: "You have seen", Kind.RATING: "You rated",
    Kind.ATTRIBUTE_TASTE: "You lean towards", Kind.CONSTRAINT: "Always", Kind.HOUSEHOLD: "At home",
    Kind.LANGUAGE: "Language",
}  # fmt: skip
_STATUS_WORDS: Mapping[Status, str] = {
    Status.TENTATIVE: "heard once, not used yet",
    Status.ACTIVE: "",
    Status.CONTRADICTED: "you have since said otherwise, not used",
    Status.UNPROVEN: "did not predict what you like, not used",
}

SayStatement = Callable[[Statement], str]


def ask_consent() -> str:
    """The question before anything is kept beyond the conversation."""
    yes = button("Yes, remember me", "consent", kind="quick", answer="yes")
    no = button("No, just this conversation", "consent", kind="quick", answer="no")
    return (
        '<div class="consent" role="group" aria-label="Memory"><p>May I remember what you like for your next visit? '
        f'It stays on this computer, and you can see, correct and delete it.</p><div class="quicks">{yes}{no}</div>'
        "</div>"
    )


def show_memory(
    statements: Sequence[Statement],
    say: SayStatement,
    consent: Consent,
    now: datetime,
    *,
    asking: bool,
    saved: str = "",
) -> str:
    """What is remembered of the user, folded away until asked for.

    Args:
        statements: The user's own.
        say: A statement's subject in the catalogue's words.
        consent: Whether anything may be kept.
        now: For "2 days ago".
        asking: Forget-me was pressed once; ask before it is done.
        saved: The export as JSON, once asked for.
    """
    rows = "".join(_row(s, say, now) for s in reversed(statements))
    if consent is Consent.DECLINED:
        rest = button("Remember me from now on", "consent", kind="text", answer="yes")
        state = f'<p class="hint">I keep nothing from one conversation to the next. {rest}</p>'
    elif not statements:
        state = '<p class="hint">Nothing yet. What I learn about your taste will be listed here.</p>'
    else:
        state = ""
    count = f' <span class="count">{len(statements)}</span>' if statements else ""
    return (
        f'<details class="memory" data-keep="memory"><summary><h2>What I remember{count}</h2></summary>{state}'
        f'<ul class="statements">{rows}</ul>{_ownership(asking=asking, saved=saved)}</details>'
    )


def export_link(export: Mapping[str, Any]) -> str:
    """A user's export as an address that saves it; nothing is written on the server."""
    return "data:application/json;charset=utf-8," + quote(json.dumps(export, ensure_ascii=False, indent=1))


def _row(statement: Statement, say: SayStatement, now: datetime) -> str:
    words, about = say(statement), _KIND_WORDS[statement.kind]
    if statement.kind is Kind.ATTRIBUTE_TASTE and statement.polarity == "avoid":
        about = "You lean away from"
    if statement.rating is not None:
        words += f": {statement.rating:g}"
    status = _STATUS_WORDS[statement.status] or ("as you corrected it" if statement.source is Source.CORRECTED else "")
    name = statement.statement_id
    buttons = button(
        f"Forget: {words}", "forget", kind="cross", title="Forget this", inner=icon("cross"), statement=name
    )
    if statement.kind not in (Kind.SEEN, Kind.RATING, Kind.HOUSEHOLD):
        buttons = (
            button(
                f"The opposite is true: {words}",
                "opposite",
                kind="cross",
                title="The opposite is true",
                inner=icon("swap"),
                statement=name,
            )
            + buttons
        )
    evidence = "".join(f"<li>{esc(line)}</li>" for line in _evidence(statement, now))
    note = f" <em>{esc(status)}</em>" if status else ""
    return (
        f'<li class="statement {"" if statement.is_believed else "doubted"}"><div><p><small>{esc(about)}</small>'
        f'{esc(words)}{note}</p><details data-keep="evidence-{esc(name)}"><summary>Why I think so</summary>'
        f"<ul>{evidence}</ul></details></div><span>{buttons}</span></li>"
    )


def _evidence(statement: Statement, now: datetime) -> list[str]:
    lines = []
    for evidence in statement.evidence:
        brought = evidence.session == BROUGHT
        what = f"you said “{evidence.words}”" if evidence.words else "from how you reacted"
        when = say_when(evidence.at, now) if evidence.at else ""
        against = "" if evidence.speaks_for else " (speaks against it)"
        told = ("from the list you brought", when) if brought else (f"{what}{against}", f"turn {evidence.turn}", when)
        lines.append(", ".join(filter(None, told)))
    if statement.supports > len(lines):
        lines.append(f"and {statement.supports - len(lines)} more times before")
    return [line[:1].upper() + line[1:] for line in lines]


def _ownership(*, asking: bool, saved: str) -> str:
    if saved:
        export = f'<a class="text" href="{esc(saved)}" download="parley-memory.json">Save parley-memory.json</a>'
    else:
        export = button("Export everything", "export", kind="text")
    if not asking:
        return f'<p class="own">{export}{button("Forget me", "forget-me", kind="text")}</p>'
    sure = button("Yes, forget me", "forget-me-now", kind="quick danger")
    keep = button("Keep it", "keep-me", kind="quick")
    return (
        f'<p class="own">{export}</p><div class="consent"><p>This deletes every conversation, reaction and memory '
        f'under your name. It cannot be undone.</p><div class="quicks">{sure}{keep}</div></div>'
    )
