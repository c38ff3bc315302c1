"""The trace of a turn: what was heard, planned, found, ranked, checked and said, as data and as a story.

Stored beside the transcript, so that forgetting a session forgets its traces; exported as JSON lines
with `parley trace`, run again with `parley replay`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parley.agent.messages import Frozen, Relaxation, Understanding
from parley.agent.planning.plan import StepOutcome
from parley.agent.state import Meter, SessionState, Verdict
from parley.agent.wish_words import say_wish
from parley.tools.candidates import Candidate
from parley.tools.items import Catalog

CANDIDATES_KEPT = 10


class TurnTrace(Frozen):
    """One turn as it went."""

    turn: int
    message: str
    understanding: Understanding
    known: tuple[str, ...] = ()
    """What memory brought to the turn, in words."""
    route: str
    strategy: str = ""
    thoughts: tuple[str, ...] = ()
    tried: int = 0
    """Tool calls made while planning."""
    steps: tuple[StepOutcome, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    """The best ranked, with every source's rank and score."""
    chance: float = 0.0
    """How likely the slate holds what is wanted, learnt from simulated users; 0 without a slate."""
    verdict: Verdict = Verdict()
    relaxed: tuple[Relaxation, ...] = ()
    written_by: str = "realiser"
    rejected: str = ""
    """The model's prose, where it failed verification, and why."""
    memories: tuple[str, ...] = ()
    timings_ms: Mapping[str, float] = {}
    model: str = ""
    model_calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_reused: int = 0
    seed: int = 0
    catalog: str = ""
    """The catalogue's fingerprint: a replay on another one is no replay."""


def trace_of(state: SessionState, meter: Meter, *, catalog: Catalog, model: str, seed: int) -> TurnTrace:
    """The trace of the turn that left this state."""
    looked = state["route"] == "plan"
    pool = state.get("pool")
    return TurnTrace(
        turn=state["turn"],
        message=state["message"],
        understanding=state["understanding"],
        known=state["profile"].facts,
        route=state["route"],
        strategy=state["plan"].strategy if looked else "",
        thoughts=state["plan"].thoughts if looked else (),
        tried=state["plan"].tried if looked else 0,
        steps=state["outcomes"] if looked else (),
        candidates=pool.candidates[:CANDIDATES_KEPT] if looked and pool else (),
        chance=state["slate"].chance if looked else 0.0,
        verdict=state["verdict"],
        relaxed=state["relaxed"],
        written_by=state["reply"].written_by,
        rejected=state["reply"].rejected,
        memories=state["memories"],
        timings_ms=meter.timings_ms(),
        model=model,
        model_calls=meter.usage.calls,
        tokens_in=meter.usage.tokens_in,
        tokens_out=meter.usage.tokens_out,
        tokens_reused=meter.usage.tokens_reused,
        seed=seed,
        catalog=catalog.fingerprint,
    )


def tell_story(trace: TurnTrace, catalog: Catalog) -> list[str]:
    """The trace as a person would tell it, one line a step."""
    heard = trace.understanding
    acts = ", ".join(act.value.replace("_", " ") for act in heard.acts) or "nothing in particular"
    lines = [f"Heard: {acts}."]
    if heard.edits:
        said = ", ".join(say_wish(e.wish, catalog) if e.wish else "everything" for e in heard.edits)
        lines.append(f"Changed in the ledger: {said}.")
    if trace.known:
        lines.append(f"Remembered: {'; '.join(trace.known)}.")
    lines.append(_decision(trace))
    lines += [f"Thought: {thought}" for thought in trace.thoughts]
    if trace.tried:
        lines.append(f"Tried {trace.tried} tool calls while planning.")
    for step in trace.steps:
        what = f"could not run: {step.error}" if step.error else step.text or f"{step.found} candidates"
        lines.append(f"{step.tool.capitalize()} ({step.why or 'no reason given'}): {what}, {step.ms:.1f} ms.")
    for candidate in trace.candidates[:5]:
        where = ", ".join(f"{s.name} #{s.rank}" for s in candidate.sources)
        item = catalog.get(candidate.item_id)
        lines.append(f"Ranked {item.label if item else candidate.item_id} at {candidate.score:.2f} ({where}).")
    if trace.chance:
        lines.append(f"Chance that what is wanted is among them, going by how many fit: {100 * trace.chance:.0f} %.")
    lines += [f"Check: {problem}." for problem in trace.verdict.problems]
    lines += [f"Gave up {r.text}: {r.count} left." for r in trace.relaxed]
    if trace.rejected:
        lines.append(f"The model's words were not used: {trace.rejected}")
    lines += [f"Will remember: {memory}." for memory in trace.memories]
    cost = f"{trace.timings_ms.get('total', 0):.0f} ms"
    if trace.model_calls:
        cost += f", {trace.model_calls} model calls, {trace.tokens_in} tokens in, {trace.tokens_out} out"
    return [*lines, f"Took {cost}."]


def _decision(trace: TurnTrace) -> str:
    """What was decided to do, and what became of a request beside a question."""
    done = {"ask": "ask", "chat": "talk", "answer": "answer from the catalogue", "plan": "recommend"}[trace.route]
    beside = trace.understanding.beside
    if beside is None:
        return f"Decided to {done}."
    if beside.due:
        return f"Decided to answer from the catalogue and to {done} for “{beside.words}”."
    reason = f"“{beside.condition.words}” does not hold" if beside.condition else "what was asked about fits"
    return f"Decided to {done} alone: {reason}."


def story_of(payload: Mapping[str, Any], catalog: Catalog) -> list[str]:
    """The story of a stored turn; empty for one stored without a trace."""
    raw = payload.get("trace")
    return tell_story(TurnTrace.model_validate(raw), catalog) if raw else []
