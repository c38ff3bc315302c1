"""Write what a study found: report.html, metrics.parquet and trajectories.jsonl in one folder."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from parley.evals.intervals import bootstrap
from parley.evals.report.plots import bars, calibration, success_by_turn
from parley.evals.simulate.records import SessionRecord
from parley.evals.simulate.study import StudyResult, StudySettings

ENDINGS = {
    "accepted": "accepted",
    "turns": "not found",
    "left": "left",
    "simulator_error": "not judged",
    "agent_error": "broken",
}
MOST_CONVERSATIONS = 25
"""Conversations of each agent on the page; every one is in the JSONL files."""
FIFTHS = 5
"""Parts of the slates in the calibration plot; fewer than ten slates in each are not plotted."""
DEFAULTS = StudySettings().model_dump(mode="json")
ALWAYS = ("simulator", "users", "turns", "seed", "data", "model")
"""Settings a reader always wants to see; the others where they are not the defaults."""


def write_report(result: StudyResult, folder: Path) -> Path:
    """Write the three files and return the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    write_metrics(result, folder / "metrics.parquet")
    with (folder / "trajectories.jsonl").open("w", encoding="utf-8") as out:
        for line in trajectories(result):
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    page = folder / "report.html"
    page.write_text(render(result), "utf-8")
    return page


def write_metrics(result: StudyResult, path: Path) -> None:
    """One row a session and scorer: agent, persona, slice, seed, scorer, value (null: not judged), why."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {
            "agent": session.agent,
            "persona": session.persona.persona_id,
            "slice": session.persona.slice,
            "simulator": session.simulator,
            "seed": session.seed,
            "turns": len(session.turns),
            "ended_by": session.ended_by,
            "scorer": label,
            "value": None if math.isnan(score.value) else score.value,
            "why": score.why,
        }
        for session in _sessions(result)
        for label, score in ((label, scorer(session)) for label, scorer in result.scorers.items())
    ]
    pq.write_table(pa.Table.from_pylist(rows), path)


def trajectories(result: StudyResult) -> Iterator[dict[str, Any]]:
    """Conversations with a reward a turn, for tuning: 1 for the turn that led to acceptance, -0.1 for a question.

    A turn whose user message leaked a target has no reward.
    """
    for session in _sessions(result):
        if session.ended_by == "simulator_error":
            continue
        yield {
            "agent": session.agent,
            "simulator": session.simulator,
            "seed": session.seed,
            "persona": session.persona.persona_id,
            "turns": [
                {
                    "user": turn.said,
                    "agent": turn.answer.reply,
                    "slate": turn.answer.slate,
                    "route": turn.answer.route,
                    "reward": None if turn.leaked else float(bool(turn.accepted)) - 0.1 * (turn.answer.route == "ask"),
                }
                for turn in session.turns
            ],
            "return": sum(float(bool(turn.accepted)) for turn in session.turns),
        }


def render(result: StudyResult) -> str:
    """The page: tables, plots and conversations, with nothing outside itself."""
    from jinja2 import Environment

    template = (files("parley.evals.report") / "page.html").read_text("utf-8")
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(template)
    headline, champion = next(iter(result.scorers)), list(result.runs)[-1]
    sessions = list(_sessions(result))
    return page.render(
        title=result.title,
        settings={k: v for k, v in result.settings.model_dump(mode="json").items() if v != DEFAULTS[k] or k in ALWAYS},
        notes=result.notes,
        tables=_wide(result.tables()),
        headline=headline,
        champion=champion,
        **_plots(result, headline, champion),
        cost_words=_say_cost(sessions),
        leaks=sum(session.leaked for session in sessions),
        unjudged=sum(session.ended_by == "simulator_error" for session in sessions),
        sessions=len(sessions),
        most=MOST_CONVERSATIONS,
        conversations=[
            (name, [_conversation(result, session) for session in runs[0][:MOST_CONVERSATIONS]])
            for name, runs in reversed(list(result.runs.items()))
        ],
    )


def _plots(result: StudyResult, headline: str, champion: str) -> dict[str, str]:
    """Every plot by its name in the page; empty where there is nothing to plot."""

    def estimates(label: str) -> list[tuple[str, float, float, float]]:
        known = [(row.agent, row.scores.get(label)) for row in result.rows]
        return [(agent, e.mean, e.low, e.high) for agent, e in known if e is not None and e.n]

    slices = _slices(result, champion)
    held = calibrate(result, champion)
    cost = estimates("s/turn")
    curves = {name: _curve(result, name) for name in result.runs}
    has_targets = any(session.persona.targets for session in _sessions(result))
    return {
        "headline_plot": bars(estimates(headline), headline, champion),
        "turn_plot": success_by_turn(curves, champion) if has_targets else "",
        "slice_plot": bars(slices, f"{headline} by slice") if len(slices) > 1 else "",
        "calibration_plot": calibration(held, "Targets on the slate by score") if held else "",
        "cost_plot": bars(cost, "seconds a turn", champion) if cost else "",
    }


def _wide(tables: Sequence[tuple[str, list[dict[str, str]]]]) -> list[tuple[str, list[dict[str, str]]]]:
    """Tables cut for a terminal, put together again; what was not judged is a dash."""
    found: list[tuple[str, list[dict[str, str]]]] = []
    for name, rows in tables:
        told = [{k: v.replace("nan", "–") if k != "agent" else v for k, v in row.items()} for row in rows]
        if found and found[-1][0] == name:
            found[-1] = (name, [{**before, **row} for before, row in zip(found[-1][1], told, strict=True)])
        else:
            found.append((name, told))
    return found


def _slices(result: StudyResult, champion: str) -> list[tuple[str, float, float, float]]:
    """The champion's headline score for each slice of personas, with its interval."""
    scorer = next(iter(result.scorers.values()))
    groups: dict[str, list[float]] = {}
    for session in (s for sessions in result.runs[champion] for s in sessions):
        name = str(session.interview.get("manner", session.persona.slice)) or "all"
        groups.setdefault(name, []).append(scorer(session).value)
    found = {name: bootstrap(values, seed=result.settings.seed) for name, values in sorted(groups.items())}
    return [(f"{name} ({e.n})", e.mean, e.low, e.high) for name, e in found.items()]


def calibrate(result: StudyResult, champion: str) -> list[tuple[str, float, float, float, int]]:
    """Slates in fifths by the agent's own score: (scores, share that held a target, low, high, slates).

    A slate is one case; slates of turns whose message leaked a target are left out.
    """
    cases = sorted(
        (turn.answer.score, float(bool(set(turn.answer.slate) & set(session.persona.targets))))
        for sessions in result.runs[champion]
        for session in sessions
        for turn in session.turns
        if turn.answer.score is not None and session.persona.targets and not turn.leaked
    )
    if len(cases) < 10 * FIFTHS:
        return []
    found = []
    for n in range(FIFTHS):
        part = cases[len(cases) * n // FIFTHS : len(cases) * (n + 1) // FIFTHS]
        e = bootstrap([held for _, held in part], seed=result.settings.seed)
        found.append((f"{part[0][0]:.2f} to {part[-1][0]:.2f}", e.mean, e.low, e.high, e.n))
    return found


def _say_cost(sessions: Sequence[SessionRecord]) -> str:
    """Model calls, tokens and agents' time in words."""
    turns = [turn.answer for session in sessions for turn in session.turns]
    calls, tokens = sum(t.model_calls for t in turns), sum(t.tokens for t in turns)
    seconds = sum(t.milliseconds for t in turns) / 1000
    spent = f"{calls:,} model calls, {tokens:,} tokens" if calls or tokens else "No model was called"
    clock = f"; the agents took {seconds:,.0f} s for {len(turns):,} turns" if seconds else ""
    unread = "" if seconds else "; not timed, since the sessions were read back from a file"
    return (
        f"{spent}{clock}{unread}. Below: seconds a turn of the agents that were timed."
        if clock
        else f"{spent}{unread}."
    )


def _curve(result: StudyResult, agent: str) -> list[float]:
    """Share of judged sessions with a target shown by each turn."""
    turns = result.settings.turns
    judged = [s for sessions in result.runs[agent] for s in sessions if s.ended_by != "simulator_error"]
    found = []
    for last in range(1, turns + 1):
        hits = sum(
            any(set(t.answer.slate) & set(s.persona.targets) or t.accepted for t in s.turns[:last]) for s in judged
        )
        found.append(hits / max(1, len(judged)))
    return found


def _sessions(result: StudyResult) -> Iterator[SessionRecord]:
    for repeats in result.runs.values():
        for sessions in repeats:
            yield from sessions


def _conversation(result: StudyResult, session: SessionRecord) -> dict[str, Any]:
    def name(item_id: str) -> str:
        item = result.catalog.get(item_id)
        return item.label if item else item_id

    targets = set(session.persona.targets)
    return {
        "agent": session.agent,
        "persona": session.persona.persona_id,
        "slice": session.persona.slice,
        "wants": [name(i) for i in session.persona.targets[:5]],
        "found": session.ended_by == "accepted",
        "ended": session.error or ENDINGS[session.ended_by],
        "scores": {label: scorer(session) for label, scorer in list(result.scorers.items())[:2]},
        "turns": [
            {
                "said": turn.said,
                "leaked": turn.leaked,
                "reply": turn.answer.reply,
                "route": turn.answer.route,
                "slate": [(name(i), i in targets) for i in turn.answer.slate],
                "accepted": name(turn.accepted) if turn.accepted else "",
            }
            for turn in session.turns
        ],
    }
