"""How many simulated conversations an hour this machine plays, in one run: processes side by side.

With templates the cost is the agent's own turns. With a model every process would load its own; a server that
all share (an `openai:` model) is the third arm. Ratios are within one run; absolute figures are this machine's.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from parley.evals.simulate.benches import AgentBench
from parley.evals.simulate.records import Persona
from parley.evals.simulate.run import RunSettings, players, run_sessions


def play_rate(
    personas: Sequence[Persona], bench: AgentBench, jobs: int, *, turns: int = 5, seed: int = 1
) -> dict[str, Any]:
    """Conversations and turns an hour of `jobs` processes, opening the agents not counted."""
    with tempfile.TemporaryDirectory() as scratch, players(bench, jobs) as play:
        warm = personas[: 2 * jobs]
        run_sessions(warm, play, RunSettings("parley", "agenda", turns, seed + 1), Path(scratch))
        started = time.perf_counter()
        sessions = run_sessions(personas, play, RunSettings("parley", "agenda", turns, seed), Path(scratch))
        seconds = time.perf_counter() - started
    said = sum(len(session.turns) for session in sessions)
    return {
        "model": bench.model,
        "processes": jobs,
        "conversations": len(sessions),
        "seconds": round(seconds, 2),
        "conversations an hour": round(3600 * len(sessions) / seconds),
        "turns an hour": round(3600 * said / seconds),
    }
