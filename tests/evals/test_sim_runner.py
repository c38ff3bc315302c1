"""The runner: killed at random, resumed, spread over processes; the result is the same to the byte."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from parley.evals.simulate.benches import histories_of
from parley.evals.simulate.contestants import RememberingContestant
from parley.evals.simulate.records import AgentReply
from parley.evals.simulate.run import Bench, RunSettings, players, read_sessions, run_sessions, simulate_session
from parley.evals.simulate.seam import SimulationError
from tests.evals.sim_world import SPACE, people, run_all, space_bench
from tests.world import open_world

ROOT = Path(__file__).parents[2]
NAME = "sessions-parley-agenda-3.jsonl"


@pytest.mark.timeout(1500)
def test_ten_kills_at_random_leave_the_result_of_an_uninterrupted_run(tmp_path: Path) -> None:
    run_all(tmp_path / "whole")
    rng = random.Random(7)
    path = tmp_path / "killed" / NAME
    kills = 0
    while kills < 10:
        size = path.stat().st_size if path.exists() else 0
        runner = subprocess.Popen([sys.executable, "-m", "tests.evals.sim_world", str(tmp_path / "killed")], cwd=ROOT)
        if _wait_for_growth(path, size, runner):
            time.sleep(rng.uniform(0.0, 0.1))
        if runner.poll() is None:
            os.kill(runner.pid, signal.SIGKILL)
            kills += 1
        runner.wait()
        _tear(path, rng)

    run_all(tmp_path / "killed")

    assert path.read_bytes() == (tmp_path / "whole" / NAME).read_bytes()


def test_two_processes_give_the_bytes_of_one(tmp_path: Path) -> None:
    run_all(tmp_path / "one")
    run_all(tmp_path / "two", jobs=2)

    assert (tmp_path / "two" / NAME).read_bytes() == (tmp_path / "one" / NAME).read_bytes()


def test_a_folder_with_another_run_is_refused(tmp_path: Path) -> None:
    with players(space_bench) as play:
        run_sessions(people(2), play, RunSettings("list", "agenda", 2, 1), tmp_path)
        with pytest.raises(SimulationError, match="other settings"):
            run_sessions(people(3), play, RunSettings("list", "agenda", 2, 1), tmp_path)


def test_an_unknown_simulator_is_named_with_those_there_are(tmp_path: Path) -> None:
    with players(space_bench) as play, pytest.raises(SimulationError, match="'oracle'; known: agenda"):
        run_sessions(people(1), play, RunSettings("list", "oracle"), tmp_path)


def test_what_is_read_back_equals_what_was_played(tmp_path: Path) -> None:
    with players(space_bench) as play:
        played = run_sessions(people(4), play, RunSettings("list", "agenda", 3, 1), tmp_path)

    assert list(read_sessions(tmp_path / "sessions-list-agenda-1.jsonl")) == played


def test_an_agent_that_breaks_has_failed_and_a_simulator_that_breaks_is_not_judged() -> None:
    broken = simulate_session(people(1)[0], Bench({"broken": _Broken()}, SPACE), RunSettings("broken"))
    nobody = people(1)[0].model_copy(update={"targets": ()})
    lost = simulate_session(nobody, Bench({"broken": _Broken()}, SPACE), RunSettings("broken"))

    assert (broken.ended_by, broken.error) == ("agent_error", "RuntimeError: out of order")
    assert lost.ended_by == "simulator_error"


class _Broken:
    name = "broken"

    def begin(self, conversation: str) -> None: ...

    def reply(self, conversation: str, message: str) -> AgentReply:
        raise RuntimeError("out of order")

    def end(self, conversation: str) -> None: ...


def _wait_for_growth(path: Path, size: int, runner: subprocess.Popen[bytes]) -> bool:
    for _ in range(3000):
        if path.exists() and path.stat().st_size > size:
            return True
        if runner.poll() is not None:
            return False
        time.sleep(0.01)
    return False


def _tear(path: Path, rng: random.Random) -> None:
    """A kill can also fall inside a write: cut the last line in two; undo some sessions, so none is last."""
    if not path.exists():
        return
    lines = path.read_bytes().splitlines(keepends=True)
    keep = lines[: max(1, len(lines) - rng.randint(0, 3))]
    torn = keep[-1][: rng.randint(0, len(keep[-1]) - 1)] if rng.random() < 0.5 else b""
    path.write_bytes(b"".join(keep[:-1] if torn else keep) + torn)


def test_parley_with_memory_knows_the_log_and_leaves_nothing_of_the_person(tmp_path: Path) -> None:
    persona = people(2)[1]
    seen = {item_id for item_id, _ in persona.history}
    with open_world(tmp_path) as world:
        knowing = RememberingContestant(world.agent, "with memory", histories_of([persona]))
        bench = Bench({"with memory": knowing}, SPACE, {})
        session = simulate_session(persona, bench, RunSettings("with memory", "agenda", 3, 3))
        left = world.agent.parts.store.users()
    shown = [item_id for turn in session.turns for item_id in turn.answer.slate]
    assert session.error == ""
    assert shown
    assert not seen & set(shown)
    assert left == []
