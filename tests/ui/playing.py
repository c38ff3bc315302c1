"""Studies for tests of the evaluation room: played in the other process, without opening the real agents."""

from __future__ import annotations

import os
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from parley.evals.intervals import bootstrap
from parley.evals.simulate.spread import Spread
from parley.evals.simulate.study import StudySettings
from parley.evals.simulate.table import Row
from parley.evals.simulate.watch import Answered, Begun, Ended, Named, Said
from parley.ui.web.evaluation import Failed, Finished, Prepared

WANTED = Named(item_id="alien-1979", label="Alien (1979)", is_target=True)
OTHER = Named(item_id="up-2009", label="Up (2009)")
ATTACK = "<img src=x onerror=alert(1)>"


def play_all(settings: StudySettings, folder: Path, wire: Connection, pause: Any) -> None:
    """Every user finds Alien with Parley on turn 2, and nothing with the other agent."""
    agents = settings.agents.split(",") or ["popularity", "parley"]
    wire.send(Prepared(agents, settings.users, "hit@5"))
    for agent in agents:
        for number in range(settings.users):
            _talk(wire, agent, f"p{number}", found=agent == "parley")
    spread = Spread(coverage=0.1, gini=0.5, popularity_lift=1.0, shown=10)
    scores = {agent: [float(agent == "parley")] * settings.users for agent in agents}
    rows = [
        Row(agent=agent, sessions=settings.users, scores={"hit@5": bootstrap(scores[agent])}, spread=spread)
        for agent in agents
    ]
    (folder / "report.html").write_text("<!doctype html><title>Report</title>A report.", "utf-8")
    wire.send(Finished(rows, ["A note with `code`."]))


def play_and_hang(settings: StudySettings, folder: Path, wire: Connection, pause: Any) -> None:
    """One conversation, then a turn that never comes back."""
    wire.send(Prepared(["parley"], settings.users, "hit@5"))
    _talk(wire, "parley", "p0", found=True)
    wire.send(Begun(agent="parley", persona="p1", wants=(WANTED,)))
    wire.send(Said(text="hello?"))
    time.sleep(600)


def play_and_die(settings: StudySettings, folder: Path, wire: Connection, pause: Any) -> None:
    """Killed by the system in the middle."""
    wire.send(Prepared(["parley"], settings.users, "hit@5"))
    os.kill(os.getpid(), 9)


def play_nothing(settings: StudySettings, folder: Path, wire: Connection, pause: Any) -> None:
    """A study that cannot be had."""
    wire.send(Failed("no folder 'movielens-100k'; run `parley data get movielens-100k`"))


def _talk(wire: Connection, agent: str, persona: str, *, found: bool) -> None:
    wire.send(Begun(agent=agent, persona=persona, wants=(WANTED,), likes=(OTHER,), slice="known"))
    wire.send(Said(text=f"Something tense {ATTACK}"))
    wire.send(Answered(reply=f"How about this? {ATTACK}\n- Up: a balloon", route="plan", slate=(OTHER,)))
    wire.send(Said(text="Not quite."))
    wire.send(Answered(reply="Then this:", route="plan", slate=(OTHER, WANTED) if found else (OTHER,)))
    ended_by = "accepted" if found else "turns"
    label = WANTED.label if found else ""
    wire.send(
        Ended(agent=agent, persona=persona, ended_by=ended_by, accepted=label, turns=2, score=1.0 if found else 0.0)
    )
