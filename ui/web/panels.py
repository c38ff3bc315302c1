"""The panels beside the conversation: what I understood, how I got there, and your conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from parley.agent.ledger import ABOUT, ITEM, Hardness, Ledger, Scope, Stance, Status, Wish
from parley.agent.messages import Turn
from parley.agent.trace import TurnTrace
from parley.agent.wish_words import say_wish
from parley.tools.items import Catalog
from parley.ui.web.html import button, esc, icon
from parley.ui.web.story import tell_cost, tell_turn

_STANCE_GROUPS: Mapping[Stance, str] = {
    Stance.LIKE: "You like", Stance.ACCEPT: "You chose", Stance.DISLIKE: "Not for you",
    Stance.SEEN: "Already seen", Stance.REJECT: "Not now",
}  # fmt: skip
SHOWN_ENDED = 8


def show_ledger(ledger: Ledger, catalog: Catalog) -> str:
    """Standing wishes as chips by kind, each with a cross; then what no longer counts, struck through."""
    groups: dict[str, list[str]] = {}
    for wish in ledger.active:
        groups.setdefault(_group(wish, catalog), []).append(_chip(wish, catalog))
    head = f"<h2>What I understood{_count(len(ledger.active))}</h2>"
    if not groups and not ledger.wishes:
        return f'{head}<p class="hint">Nothing yet. What you tell me appears here, and you can take any of it back.</p>'
    shown = "".join(f'<h3>{esc(name)}</h3><ul class="wishes">{"".join(chips)}</ul>' for name, chips in groups.items())
    ended = [wish for wish in ledger if not wish.is_active][-SHOWN_ENDED:]
    if ended:
        gone = "".join(_gone(wish, catalog) for wish in reversed(ended))
        shown += f'<h3>No longer counts</h3><ul class="wishes ended">{gone}</ul>'
    legend = (
        f'<p class="legend"><span>{icon("lock")} must hold</span><span class="soft-mark">nice to have</span></p>'
        if any(wish.stance is None for wish in ledger.active)
        else ""
    )
    return head + shown + legend


def show_trace(turn: Turn | None, catalog: Catalog, trace: TurnTrace | None = None) -> str:
    """The newest turn's story, folded away until asked for."""
    if turn is None:
        return ""
    chapters = "".join(
        f"<dt>{esc(c.title)}</dt><dd>{''.join(f'<p>{esc(line)}</p>' for line in c.lines)}</dd>"
        for c in tell_turn(turn, catalog, trace)
    )
    cost = tell_cost(turn)
    longest = max((ms for _, ms in cost.nodes_ms), default=0.0) or 1.0
    bars = "".join(
        f'<li><span>{esc(name)}</span><i style="width:{max(1.0, 100 * ms / longest):.0f}%"></i><b>{ms:,.0f} ms</b></li>'
        for name, ms in cost.nodes_ms
    )
    return (
        f'<details class="trace" data-keep="trace"><summary><h2>How I got there</h2><span>{esc(cost.summary)}</span>'
        f'</summary><dl>{chapters}</dl><ul class="bars">{bars}</ul></details>'
    )


def show_sessions(
    sessions: Sequence[Mapping[str, Any]], current: str, now: datetime, *, incognito: bool = False
) -> str:
    """The user's conversations, newest first; the open one is marked."""
    rows = []
    if not any(str(s["session"]) == current for s in sessions):
        title = "Incognito: leaves no trace" if incognito else "New conversation"
        rows.append(_session_row({"session": current, "title": title}, current, now))
    rows += [_session_row(session, current, now) for session in sessions]
    new = button("New conversation", "new", kind="new", inner=icon("plus") + "<span>New conversation</span>")
    hidden = button(
        "Incognito",
        "incognito",
        kind="new ghost",
        inner=icon("ghost") + "<span>Incognito</span>",
        title="A conversation that leaves no trace",
    )
    return f'<div class="begin">{new}{hidden}</div><h2>Conversations</h2><ul class="sessions">{"".join(rows)}</ul>'


def _session_row(session: Mapping[str, Any], current: str, now: datetime) -> str:
    name, title = str(session["session"]), str(session.get("title") or "Untitled")
    here = name == current
    when = say_when(session.get("updated"), now)
    turns = session.get("turns")
    detail = " · ".join(filter(None, (when, f"{turns} turn{'s' * (turns != 1)}" if turns else "")))
    opener = button(
        f"Open: {title}",
        "open",
        kind="open",
        inner=f"<b>{esc(title)}</b><small>{esc(detail)}</small>",
        session=name,
        aria_current="true" if here else "false",
    )
    forget = (
        button(f"Delete: {title}", "drop", kind="drop", title="Delete", inner=icon("bin"), session=name)
        if turns
        else ""
    )
    return f'<li class="{"here" if here else ""}">{opener}{forget}</li>'


def say_when(moment: object, now: datetime) -> str:
    """How long ago, in words; empty for anything that is no time."""
    if isinstance(moment, int | float):
        then = datetime.fromtimestamp(moment, UTC)
    elif isinstance(moment, datetime):
        then = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    else:
        try:
            then = datetime.fromisoformat(str(moment))
        except ValueError:
            return ""
        then = then if then.tzinfo else then.replace(tzinfo=UTC)
    seconds = (now - then).total_seconds()
    for limit, unit, size in ((3600, "min", 60), (86400, "h", 3600), (86400 * 14, "d", 86400)):
        if seconds < limit:
            return "just now" if seconds < 60 else f"{seconds // size:.0f} {unit} ago"
    return then.date().isoformat()


def _group(wish: Wish, catalog: Catalog) -> str:
    if wish.facet == ITEM:
        return _STANCE_GROUPS[wish.stance or Stance.LIKE]
    if wish.facet == ABOUT:
        return "In your words"
    return catalog.domain.label(wish.facet).capitalize()


def _words(wish: Wish, catalog: Catalog) -> str:
    """The wish within its group: an item's wish is its title."""
    if wish.facet == ITEM:
        item = catalog.get(wish.value)
        return item.label if item else wish.value
    return say_wish(wish, catalog)


def _chip(wish: Wish, catalog: Catalog) -> str:
    words = _words(wish, catalog)
    hard = wish.stance is None and wish.hardness is Hardness.HARD
    firmness = "hard" if hard else "item" if wish.stance is not None else "soft"
    spoken = {"hard": " (must hold)", "soft": " (nice to have)", "item": ""}[firmness]
    origin = f"You said: “{wish.words}”" if wish.words else "From a button"
    always = '<em class="always">always</em>' if wish.scope is Scope.STANDING else ""
    cross = button(f"Remove: {words}", "unwish", kind="cross", title="Remove", inner=icon("cross"), wish=wish.wish_id)
    return (
        f'<li class="wish {firmness} {esc(wish.polarity)}" title="{esc(f"{origin} (turn {wish.turn})")}">'
        f'{icon("lock") if hard else ""}<span>{esc(words)}<span class="sr">{spoken}</span></span>{always}{cross}</li>'
    )


def _gone(wish: Wish, catalog: Catalog) -> str:
    why = "replaced later" if wish.status is Status.OVERRIDDEN else wish.ended_by or "taken back"
    return f'<li class="wish gone" title="{esc(why)}"><s>{esc(_words(wish, catalog))}</s></li>'


def _count(number: int) -> str:
    return f' <span class="count">{number}</span>' if number else ""
