from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from parley.memory.home import HomeLock
from parley.memory.learn import TurnFacts, WishFact, propose
from parley.memory.opening import open_memory
from parley.memory.profile import remember
from tests.memory.conftest import Clock


def parley(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "parley.ui.cli", "memory", *arguments, "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, timeout=600)


def told(home: Path, *arguments: str) -> dict[str, Any]:
    done = parley(home, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


@pytest.fixture
def home(tmp_path: Path, clock: Clock) -> Path:
    store, checkpointer = open_memory(tmp_path, clock=clock)
    for user in ("ana", "bo"):
        store.set_consent(user, True)
        store.append_turn(user, "s", 1, {"user_message": f"canary-{user} hates horror"})
        wish = WishFact(facet="genre", value="Horror", polarity="avoid", scope="standing", words=f"canary-{user}")
        facts = TurnFacts(
            user=user, session="s", turn=1, time=clock(), wishes=(wish,), reactions=(("mv-does-not-exist", "like"),)
        )
        remember(store, propose([facts]), clock())
    store.close()
    checkpointer.close()
    return tmp_path


def test_show_correct_export_and_forget(home: Path) -> None:
    shown = told(home, "show", "--user", "ana")
    assert shown["consent"] == "granted"
    assert {s["text"] for s in shown["statements"]} == {"no Horror", "likes mv-does-not-exist"}
    horror = next(s for s in shown["statements"] if s["value"] == "Horror")
    assert horror["evidence"][0]["words"] == "canary-ana"
    assert "no Horror" in shown["profile"]

    changed = told(home, "correct", "--user", "ana", "--statement", horror["statement_id"], "--polarity", "want")
    assert changed["statement"]["source"] == "corrected"
    assert told(home, "correct", "--user", "ana", "--statement", horror["statement_id"], "--delete")["deleted"]
    assert len(told(home, "show", "--user", "ana")["statements"]) == 1

    exported = told(home, "export", "--user", "ana")
    assert "canary-ana" in json.dumps(exported)
    assert "canary-bo" not in json.dumps(exported)

    assert told(home, "forget", "--user", "ana", "--yes")["forgotten"]
    assert not any(b"canary-ana" in path.read_bytes() for path in home.rglob("*") if path.is_file())
    assert told(home, "show", "--user", "bo")["statements"]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("show", "--user", ""), "is empty"),
        (("correct", "--user", "ana", "--statement", "nope", "--delete"), "has no statement"),
        (("correct", "--user", "ana", "--statement", "nope"), "give either"),
        (("forget", "--user", "ana", "--session", "nope", "--yes"), "has no session"),
        (("consent", "--user", "ana", "perhaps"), "neither yes nor no"),
        (("export", "--user", "ana", "--output", "/does/not/exist/x.json"), "cannot write"),
    ],
)
def test_a_mistake_is_one_line_and_exit_2(home: Path, arguments: tuple[str, ...], reason: str) -> None:
    done = parley(home, *arguments)

    assert done.returncode == 2
    assert reason in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_changing_memory_is_refused_while_parley_runs_but_looking_is_not(home: Path) -> None:
    with HomeLock(home):
        refused = parley(home, "forget", "--user", "ana", "--yes")
        assert refused.returncode == 2
        assert "in use" in refused.stderr
        assert told(home, "show", "--user", "ana")["statements"]


def test_a_home_without_memory_shows_nothing_and_makes_nothing(tmp_path: Path) -> None:
    assert told(tmp_path / "none", "show", "--user", "ana")["statements"] == []
    assert told(tmp_path / "none", "export", "--user", "ana")["sessions"] == []
    assert not (tmp_path / "none").exists()
