"""Tables of simulated sessions: means with intervals, and each agent's paired difference from the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from parley.evals.intervals import bootstrap, paired_difference
from parley.evals.simulate.records import Scorer, SessionRecord


def score_table(
    sessions: Mapping[str, Sequence[SessionRecord]], scorers: Mapping[str, Scorer], *, seed: int = 0
) -> list[dict[str, Any]]:
    """One row an agent. The last agent is the one the others are compared with, on the first scorer, by persona."""
    values = {
        name: {label: [scorer(s).value for s in played] for label, scorer in scorers.items()}
        for name, played in sessions.items()
    }
    champion, headline = list(sessions)[-1], next(iter(scorers))
    rows = []
    for name, by_label in values.items():
        row: dict[str, Any] = {"agent": name}
        for label, scores in by_label.items():
            estimate = bootstrap(scores, seed=seed)
            row[label] = str(estimate) + (f" ({estimate.unjudged} not judged)" if estimate.unjudged else "")
        if name != champion:
            gap = paired_difference(values[champion][headline], by_label[headline], seed=seed)
            row[f"{champion} - this, {headline}"] = str(gap)
        rows.append(row)
    return rows
