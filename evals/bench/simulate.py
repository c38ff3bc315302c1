"""Simulated conversations an hour, in one run: processes side by side, and conversations that share one model.

With templates the cost is the agent's own turns. With a model that words what users say, every process either loads
its own, or the conversations of one process share one: its engine computes a token for each of them in one step.
Arms are played in turns, round by round, so that a busy hour of the machine falls on all of them. On a machine with
other work, two processes also get twice the share of one: processor time is what compares there.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parley.evals.simulate.benches import AgentBench
from parley.evals.simulate.records import Persona, SessionRecord
from parley.evals.simulate.run import Play, RunSettings, players, run_sessions


@dataclass(frozen=True)
class Arm:
    """One way to play the same conversations."""

    name: str
    bench: AgentBench
    jobs: int = 1
    at_once: int = 1


@dataclass
class Played:
    """What an arm has done so far."""

    arm: Arm
    play: Play
    folder: Path
    sessions: list[SessionRecord] = field(default_factory=list)
    seconds: float = 0.0
    cpu: float = 0.0

    def go_on(self, personas: Sequence[Persona], turns: int, seed: int) -> None:
        """These people too; opening the agents and reading files back are not counted."""
        settings = RunSettings("parley", "agenda", turns, seed, self.arm.bench.wording)
        started, before = time.perf_counter(), processor_seconds()
        self.sessions += run_sessions(personas, self.play, settings, self.folder / f"{len(self.sessions)}-{seed}")
        self.seconds += time.perf_counter() - started
        self.cpu += processor_seconds() - before

    def row(self, first: Played) -> dict[str, Any]:
        """Its line of the table; speed-ups are over the first arm, by the clock and by processor time."""
        turns = [turn for session in self.sessions for turn in session.turns]
        rate = 3600 * len(self.sessions) / self.seconds
        base = 3600 * len(first.sessions) / first.seconds
        return {
            "arm": self.arm.name,
            "conversations": len(self.sessions),
            "seconds": round(self.seconds, 1),
            "conversations an hour": round(rate),
            "turns an hour": round(3600 * len(turns) / self.seconds),
            "speed-up": round(rate / base, 2),
            "processor s a conversation": round(self.cpu / len(self.sessions), 2),
            "per processor second": round(first.cpu / len(first.sessions) / (self.cpu / len(self.sessions)), 2),
            "worded by the model": round(sum(t.worded_by == "model" for t in turns) / max(1, len(turns)), 3),
            "model tokens a turn": round(sum(t.user_tokens for t in turns) / max(1, len(turns))),
        }


def processor_seconds() -> float:
    """Of this process and of its workers that are alive (those of Linux; elsewhere of this process alone)."""
    total = time.process_time()
    for worker in multiprocessing.active_children():
        stat = Path(f"/proc/{worker.pid}/stat")
        if stat.exists():
            fields = stat.read_text().rpartition(")")[2].split()
            total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def arms_of(wording: str, processes: Sequence[int], at_once: Sequence[int], seed: int) -> list[Arm]:
    """The arms for one wording: so many processes each with a model of its own, and so many conversations of one."""
    bench = AgentBench(wording=wording, seed=seed)
    own = "" if wording == "templates" else ", a model each"
    found = [Arm(f"{wording}, {n} process{'es' if n > 1 else ''}{own}", bench, jobs=n) for n in processes]
    if wording != "templates":
        found += [Arm(f"{wording}, one shared model, {n} at once", bench, at_once=n) for n in at_once if n > 1]
    return found


def play_arms(
    personas: Sequence[Persona], arms: Sequence[Arm], *, rounds: int = 2, turns: int = 5, seed: int = 1
) -> list[dict[str, Any]]:
    """Rows in the order of the arms. All are opened first and warmed by a conversation each of their players.

    Args:
        personas: divided over the rounds; every arm plays all of them.
    """
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as opened:
        played = []
        for number, arm in enumerate(arms):
            play = opened.enter_context(players(arm.bench, arm.jobs, arm.at_once))
            one = Played(arm, play, Path(scratch) / str(number))
            one.go_on(personas[: max(arm.jobs, arm.at_once)], turns, seed + 1)
            one.sessions, one.seconds, one.cpu = [], 0.0, 0.0
            played.append(one)
        for lap in range(rounds):
            for one in played:
                one.go_on(personas[lap::rounds], turns, seed)
    return [one.row(played[0]) for one in played]
