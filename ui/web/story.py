"""A turn told as a story: what was heard, decided, searched, ranked, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from parley.agent.acts import DialogueAct
from parley.agent.ledger import Status, Wish
from parley.agent.messages import Turn
from parley.agent.trace import TurnTrace
from parley.agent.wish_words import say_wish
from parley.tools.candidates import Source
from parley.tools.items import Catalog
from parley.ui.web.html import join_words

ACT_WORDS: Mapping[DialogueAct, str] = {
    DialogueAct.REQUEST: "asked for something to choose from",
    DialogueAct.ANSWER: "answered my question",
    DialogueAct.PROVIDE_PREFERENCE: "told me a taste",
    DialogueAct.CRITIQUE_FEATURE: "reacted to what I showed",
    DialogueAct.ADD_CONSTRAINT: "added a condition",
    DialogueAct.COMPARE: "compared",
    DialogueAct.ACCEPT: "took a suggestion",
    DialogueAct.REJECT: "turned a suggestion down",
    DialogueAct.SEEN: "said what you have seen",
    DialogueAct.INQUIRE: "asked about a title",
    DialogueAct.ASK_OPINION: "asked what I think",
    DialogueAct.CONTINUE: "asked for more",
    DialogueAct.REFORMULATE: "put it another way",
    DialogueAct.NEUTRAL: "made a remark",
    DialogueAct.STOP: "asked me to stop",
    DialogueAct.END: "said goodbye",
    DialogueAct.OTHER: "said something that is not about choosing",
}

ROUTE_WORDS = {
    "ask": "One question first: the answer narrows things down more than guessing would.",
    "chat": "No search needed: I just replied.",
    "answer": "A question about titles: I looked the answer up in the catalogue.",
    "plan": "Enough to go on: I searched and suggested.",
}


SOURCE_WORDS = {
    "similar": "by likeness",
    "taste": "by taste",
    "popular": "by renown",
    "match": "by attributes",
    "search": "by the words",
    "llm": "by the model",
}


class Chapter(BaseModel):
    """One part of the story."""

    model_config = ConfigDict(frozen=True)

    title: str
    lines: tuple[str, ...] = ()


class Cost(BaseModel):
    """What a turn took."""

    model_config = ConfigDict(frozen=True)

    nodes_ms: tuple[tuple[str, float], ...]
    """Each node with its milliseconds, in the order they ran."""
    total_ms: float
    summary: str


def tell_turn(turn: Turn, catalog: Catalog, trace: TurnTrace | None = None) -> tuple[Chapter, ...]:
    """The chapters of a turn, in the order things happened; empty ones are left out."""
    chapters = (
        Chapter(title="Remembered", lines=tuple(_capital(fact) for fact in trace.known) if trace else ()),
        Chapter(title="Heard", lines=_heard(turn)),
        Chapter(title="Took down", lines=_took_down(turn, catalog)),
        Chapter(title="Decided", lines=_decided(turn, trace)),
        Chapter(title="Considered", lines=trace.thoughts if trace else ()),
        Chapter(title="Searched", lines=tuple(_say_step(step, catalog) for step in turn.plan)),
        Chapter(title="Chose", lines=_chose(turn)),
        Chapter(title="Checked", lines=_checked(trace) if trace else ()),
        Chapter(title="Will remember", lines=tuple(_capital(memory) for memory in trace.memories) if trace else ()),
    )
    return tuple(chapter for chapter in chapters if chapter.lines)


def tell_cost(turn: Turn) -> Cost:
    """The milliseconds, model calls and tokens of a turn."""
    nodes = tuple((name, ms) for name, ms in turn.timings_ms.items() if name not in ("total", "first_token"))
    total = turn.timings_ms.get("total", sum(ms for _, ms in nodes))
    parts = [_say_ms(total)]
    if "first_token" in turn.timings_ms:
        parts.append(f"first word after {_say_ms(turn.timings_ms['first_token'])}")
    calls = turn.model_calls
    parts.append("no model call" if not calls else f"{calls} model call{'s' * (calls != 1)}")
    if any(turn.tokens.values()):
        parts.append(f"{turn.tokens.get('in', 0):,} tokens read, {turn.tokens.get('out', 0):,} written")
    return Cost(nodes_ms=nodes, total_ms=total, summary=" · ".join(parts))


def _heard(turn: Turn) -> tuple[str, ...]:
    acts = [ACT_WORDS[act] for act in turn.acts]
    return (f"You {join_words(acts)}.",) if acts else ()


def _decided(turn: Turn, trace: TurnTrace | None) -> tuple[str, ...]:
    """The route, after what came of a question in the same message."""
    route = ROUTE_WORDS.get(str(turn.route), str(turn.route))
    beside = trace.understanding.beside if trace else None
    if beside is None:
        return (route,)
    if beside.due:
        return (ROUTE_WORDS["answer"], route)
    condition = f"“{beside.condition.words}” does not hold" if beside.condition else "What you asked about fits"
    return (route, f"{condition}, so I looked for nothing else.")


def _took_down(turn: Turn, catalog: Catalog) -> tuple[str, ...]:
    new = [w for w in turn.ledger if w.turn == turn.turn]
    ended = [w for w in turn.ledger if w.ended_turn == turn.turn and w.turn != turn.turn]
    return (
        *(f"{_capital(say_wish(wish, catalog))}{_firmness(wish)}" for wish in new),
        *(f"{_capital(say_wish(wish, catalog))}: {_ending(wish)}" for wish in ended),
    )


def _firmness(wish: Wish) -> str:
    if wish.stance is not None:
        return ""
    return " (must hold)" if wish.hardness == "hard" else " (nice to have)"


def _ending(wish: Wish) -> str:
    return "replaced" if wish.status is Status.OVERRIDDEN else "no longer counts"


def _say_step(step: Mapping[str, Any], catalog: Catalog) -> str:
    """One tool call in words; tolerant of what a plan records about it."""
    name = str(step.get("tool") or step.get("name") or "step")
    args, why = step.get("args"), str(step.get("why") or "")
    shown = (
        ", ".join(f"{k.replace('_', ' ')} {_short(v, catalog)}" for k, v in args.items() if v)
        if isinstance(args, Mapping)
        else ""
    )
    if name == "match" and isinstance(args, Mapping):
        line = f"By attributes: {_short(args.get('filter'), catalog)}"
    elif why:
        line = _capital(why)
    else:
        line = _capital(name.replace("_", " ")) + (f" ({shown})" if shown else "")
    if step.get("error"):
        return f"{line}; failed: {step['error']}"
    if step.get("found"):
        line += f"; found {step['found']}"
    if isinstance(step.get("ms"), int | float):
        line += f" in {_say_ms(float(step['ms']))}"
    return line


def _chose(turn: Turn) -> tuple[str, ...]:
    return tuple(
        f"{item.title}: {', '.join(map(_say_source, item.sources[:4]))}" if item.sources else item.title
        for item in turn.slate
    )


def _say_source(source: Source) -> str:
    """ "2nd by likeness (close to Alien)"."""
    place = f"{_ordinal(source.rank)} {SOURCE_WORDS.get(source.name, f'by {source.name}')}"
    return f"{place} ({source.why})" if source.why else place


def _ordinal(rank: int) -> str:
    """1 -> "1st", 12 -> "12th"."""
    ending = "th" if rank % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{ending}"


def _checked(trace: TurnTrace) -> tuple[str, ...]:
    """What was found wrong on the way, and what became of it."""
    return (
        *(_capital(str(problem)) for problem in trace.verdict.problems),
        *(f"Nothing met every wish; without “{r.text}” there are {r.count}" for r in trace.relaxed),
        *((f"The model's own words were not used: {trace.rejected}",) if trace.rejected else ()),
    )


def _short(value: object, catalog: Catalog, limit: int = 60) -> str:
    """An argument in few words; items by their titles."""
    if isinstance(value, Mapping):
        text = ", ".join(f"{k} {_short(v, catalog)}" for k, v in value.items() if v)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        text = ", ".join(_short(each, catalog) for each in value)
    else:
        item = catalog.get(str(value))
        text = item.title if item else str(value)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _say_ms(ms: float) -> str:
    return f"{ms / 1000:.1f} s" if ms >= 1000 else f"{ms:.0f} ms"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
