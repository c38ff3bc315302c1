"""Write what a study found: report.html, metrics.parquet and trajectories.jsonl in one folder."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from parley.evals.report.plots import bars, success_by_turn
from parley.evals.simulate.records import SessionRecord
from parley.evals.simulate.study import StudyResult

ENDINGS = {
    "accepted": "accepted",
    "turns": "not found",
    "left": "left",
    "simulator_error": "not judged",
    "agent_error": "broken",
}
MOST_CONVERSATIONS = 25
"""Conversations of each agent on the page; every one is in the JSONL files."""


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
    headline = next(iter(result.scorers))
    shown = [
        (row.agent, row.scores[headline].mean, row.scores[headline].low, row.scores[headline].high)
        for row in result.rows
    ]
    cost = [(row.agent, e.mean, e.low, e.high) for row in result.rows for e in [row.scores.get("s/turn")] if e and e.n]
    return page.render(
        title=result.title,
        settings=result.settings.model_dump(mode="json"),
        notes=result.notes,
        tables=result.tables(),
        headline=headline,
        headline_plot=bars(shown, headline),
        turn_plot=success_by_turn({name: _curve(result, name) for name in result.runs}),
        cost_plot=bars(cost, "seconds a turn") if cost else "",
        leaks=sum(session.leaked for session in _sessions(result)),
        sessions=sum(1 for _ in _sessions(result)),
        conversations=[_conversation(result, session) for session in _chosen(result)],
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


def _chosen(result: StudyResult) -> Iterator[SessionRecord]:
    for sessions in result.runs.values():
        yield from sessions[0][:MOST_CONVERSATIONS]


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
        "ended": session.error or ENDINGS[session.ended_by],
        "scores": {label: scorer(session) for label, scorer in list(result.scorers.items())[:3]},
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
