"""Tables of simulated sessions: means with intervals, and the last agent's paired difference from each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parley.evals.intervals import Estimate, bootstrap, paired_difference
from parley.evals.simulate.records import Frozen, Scorer, SessionRecord
from parley.evals.simulate.spread import Spread, pass_hat, spread_of
from parley.tools.items import Catalog

Runs = Sequence[Sequence[SessionRecord]]
"""Repeats of the same personas in the same order."""


class Row(Frozen):
    """One agent's line of a table."""

    agent: str
    sessions: int
    scores: Mapping[str, Estimate]
    """Over personas: a persona's value is its mean over repeats."""
    gap: Estimate | None = None
    """The champion's headline score minus this one's, paired by persona; None for the champion."""
    spread: Spread
    reliable: Estimate | None = None
    """pass^k over the k repeats, when there are several."""
    broken: int = 0
    """Sessions that the agent's own error ended."""
    unjudged: int = 0
    """Sessions that the simulator's error ended."""


def score_rows(
    runs: Mapping[str, Runs],
    scorers: Mapping[str, Scorer],
    catalog: Catalog,
    popularity: Mapping[str, float],
    *,
    seed: int = 0,
) -> list[Row]:
    """One row an agent; the last agent is the champion, the first scorer the headline."""
    values = {
        name: {label: _per_persona(repeats, scorer) for label, scorer in scorers.items()}
        for name, repeats in runs.items()
    }
    champion, headline = list(runs)[-1], next(iter(scorers))
    rows = []
    for name, repeats in runs.items():
        played = [session for sessions in repeats for session in sessions]
        rows.append(
            Row(
                agent=name,
                sessions=len(played),
                scores={label: bootstrap(v, seed=seed) for label, v in values[name].items()},
                gap=None
                if name == champion
                else paired_difference(values[champion][headline], values[name][headline], seed=seed),
                spread=spread_of(played, catalog, popularity),
                reliable=bootstrap(pass_hat(repeats, scorers[headline], len(repeats)), seed=seed)
                if len(repeats) > 1
                else None,
                broken=sum(session.ended_by == "agent_error" for session in played),
                unjudged=sum(session.ended_by == "simulator_error" for session in played),
            )
        )
    return rows


def slice_rows(runs: Mapping[str, Runs], scorer: Scorer, *, seed: int = 0) -> list[dict[str, Any]]:
    """The headline score by agent and slice of personas."""
    found = []
    for name, repeats in runs.items():
        groups: dict[str, list[float]] = {}
        for session in (s for sessions in repeats for s in sessions):
            groups.setdefault(str(session.interview.get("manner", session.persona.slice)) or "all", []).append(
                scorer(session).value
            )
        found += [
            {"agent": name, "slice": group, "n": len(v), "score": str(bootstrap(v, seed=seed))}
            for group, v in sorted(groups.items())
        ]
    return found


def narrow_tables(rows: Sequence[Row]) -> list[tuple[str, list[dict[str, str]]]]:
    """The rows as tables a terminal can hold: what matters with intervals, then the rest as means."""
    if not rows:
        return []
    labels = list(rows[0].scores)
    head, rest = labels[:2], labels[2:]
    first = [
        {"agent": row.agent, "n": str(row.sessions)}
        | {label: brief(row.scores[label]) for label in head}
        | {f"{rows[-1].agent} better by": brief(row.gap) if row.gap else ""}
        for row in rows
    ]
    means = [
        (
            "means",
            [{"agent": row.agent} | {label: f"{row.scores[label].mean:.3f}" for label in some} for row in rows],
        )
        for some in (rest[:4], rest[4:])
        if some
    ]
    third = [
        {
            "agent": row.agent,
            "coverage": f"{row.spread.coverage:.3f}",
            "Gini": f"{row.spread.gini:.3f}",
            "lift": f"{row.spread.popularity_lift:.2f}",
            **({"pass^k": brief(row.reliable)} if row.reliable else {}),
            "broken / not judged": f"{row.broken} / {row.unjudged}",
        }
        for row in rows
    ]
    return [("success", first), *means, ("spread (lift: of popularity)", third)]


def brief(estimate: Estimate) -> str:
    """Two digits: narrow enough for a terminal."""
    return f"{estimate.mean:.2f} [{estimate.low:.2f}, {estimate.high:.2f}]"


def markdown(rows: Sequence[Mapping[str, str]]) -> str:
    """Rows as a Markdown table."""
    columns = list(dict.fromkeys(key for row in rows for key in row))
    lines = ["| " + " | ".join(columns) + " |", "|" + "---|" * len(columns)]
    lines += ["| " + " | ".join(str(row.get(column, "")) for column in columns) + " |" for row in rows]
    return "\n".join(lines)


def _per_persona(repeats: Runs, scorer: Scorer) -> list[float]:
    """A persona's mean over repeats; nan if every repeat is."""
    import numpy as np

    grid = np.array([[scorer(session).value for session in sessions] for sessions in repeats], dtype=np.float64)
    judged = ~np.isnan(grid)
    total = np.where(judged, grid, 0.0).sum(axis=0)
    counted = judged.sum(axis=0)
    return [float(t / c) if c else float("nan") for t, c in zip(total, counted, strict=True)]
