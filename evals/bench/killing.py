"""A process killed at random moments of a turn, again and again, on one home: nothing lost, nothing doubled (T1).

The parent only forks, kills and reads; the agent lives in the children. A message counts as accepted
once the turn's first event came back; an accepted one must be in the transcript exactly once after the restart.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from parley.agent.api import Agent
from parley.evals.bench.faults import SickModel, with_model

OpenAgent = Callable[[Path], AbstractContextManager[Agent]]
PATIENCE_S = 120.0


@dataclass
class Killed:
    """What was found after the kills."""

    kills: int = 0
    in_mid_turn: int = 0
    """Kills after the message was accepted and before the turn was over."""
    consistent: int = 0
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    slowest_resume_s: float = 0.0
    """Finishing the interrupted turn and answering the next message, after opening."""


def kill_in_mid_turn(open_agent: OpenAgent, home: Path, *, kills: int, seed: int = 0) -> Killed:
    """Kill a child at `kills` random moments of a turn; restart and look after each."""
    rng, found = random.Random(seed), Killed()
    length = _length_of_a_turn(open_agent, home)
    accepted: list[str] = []
    for number in range(kills):
        message = f"a film from after {1900 + number}"
        child, pipe = _fork(partial(_talk, open_agent, home, message))
        _await(pipe, "ready")
        time.sleep(rng.uniform(0.0, 1.1 * length))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        words = _rest(pipe)
        if "accepted" in words:
            accepted.append(message)
            found.in_mid_turn += "done" not in words
        found.kills += 1
        state = _look(open_agent, home, f"what else? {number}")
        found.slowest_resume_s = max(found.slowest_resume_s, state["seconds"])
        said: list[str] = state["said"]
        lost = [m for m in accepted if m not in said and m not in found.lost]
        doubled = [m for m in set(said) if said.count(m) > 1 and m not in found.doubled]
        found.lost += lost
        found.doubled += doubled
        whole = state["numbers"] == list(range(1, len(said) + 1)) and all(state["replies"])
        found.consistent += not lost and not doubled and whole
    return found


def _talk(open_agent: OpenAgent, home: Path, message: str, out: Callable[[str], None]) -> None:
    """In the child: one slow turn, reporting how far it is."""
    with open_agent(home) as agent:
        with_model(agent, SickModel(fault="slow", pause_s=0.004), planner="react")
        out("ready")
        for number, _ in enumerate(agent.stream(message, user="ana")):
            if number == 0:
                out("accepted")
        out("done")


def _look(open_agent: OpenAgent, home: Path, message: str) -> dict[str, Any]:
    """Restart, say something, and read the transcript."""

    def work(out: Callable[[str], None]) -> None:
        with open_agent(home) as agent:
            started = time.perf_counter()
            agent.chat(message, user="ana")
            seconds = time.perf_counter() - started
            history = agent.history(user="ana")
            state = {
                "seconds": seconds,
                "said": [turn.user_message for turn in history],
                "numbers": [turn.turn for turn in history],
                "replies": [bool(turn.reply.strip()) for turn in history],
            }
            out(json.dumps(state))

    child, pipe = _fork(work)
    text = _rest(pipe)
    os.waitpid(child, 0)
    found: dict[str, Any] = json.loads(text)
    return found


def _length_of_a_turn(open_agent: OpenAgent, home: Path) -> float:
    """Seconds from ready to done, undisturbed."""
    child, pipe = _fork(partial(_talk, open_agent, home, "a film from after 1899"))
    _await(pipe, "ready")
    started = time.perf_counter()
    _rest(pipe)
    os.waitpid(child, 0)
    return time.perf_counter() - started


def _fork(work: Callable[[Callable[[str], None]], None]) -> tuple[int, int]:
    """Run `work` in a child; what it says comes through the pipe returned."""
    reads, writes = os.pipe()
    child = os.fork()
    if child:
        os.close(writes)
        return child, reads
    os.close(reads)
    status = 1
    try:
        work(lambda words: _write(writes, words))
        status = 0
    finally:
        os._exit(status)


def _write(pipe: int, words: str) -> None:
    data = f"{words}\n".encode()
    while data:
        data = data[os.write(pipe, data) :]


def _await(pipe: int, word: str) -> None:
    heard, deadline = b"", time.monotonic() + PATIENCE_S
    while word.encode() not in heard:
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        piece = os.read(pipe, 64) if ready else b""
        if not piece:
            raise RuntimeError(f"the child did not come as far as {word!r}")
        heard += piece


def _rest(pipe: int) -> str:
    """Everything the child said until it ended."""
    pieces = []
    while piece := os.read(pipe, 65536):
        pieces.append(piece)
    os.close(pipe)
    return b"".join(pieces).decode()


def as_row(found: Killed) -> dict[str, Any]:
    """For a JSON report."""
    return asdict(found)
