"""The same conversation in a network namespace that has nothing but loopback."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SAID = (
    "I loved The Matrix and Inception, something like them but not too violent",
    "older than 1990 please",
    "who directed the second one?",
    "not Blade Runner, I have seen it; maybe with Harrison Ford",
    "what about a feel-good one for my kids, under two hours",
)


def can_unshare() -> bool:
    unshare = shutil.which("unshare")
    return unshare is not None and subprocess.run([unshare, "-n", "true"], capture_output=True).returncode == 0


@pytest.mark.llm
@pytest.mark.slow
@pytest.mark.skipif(not can_unshare(), reason="needs the right to make a network namespace (unshare -n)")
def test_a_conversation_needs_no_network(tmp_path: Path) -> None:
    says = [part for text in SAID for part in ("--say", text)]
    command = [sys.executable, "-m", "parley.ui.cli", "chat", "--home", str(tmp_path), "--json", *says]

    done = subprocess.run(["unshare", "-n", *command], capture_output=True, text=True, timeout=600)

    assert done.returncode == 0, done.stderr
    turns = [json.loads(line) for line in done.stdout.splitlines()]
    assert [turn["turn"] for turn in turns] == [1, 2, 3, 4, 5]
    assert turns[2]["route"] == "answer"
    for turn in (turns[1], turns[3], turns[4]):
        assert turn["slate"]
        assert all(item["year"] < 1990 for item in turn["slate"])
    shown_later = {item["item_id"] for turn in turns[3:] for item in turn["slate"]}
    assert shown_later.isdisjoint({"blade-runner-1982", "the-matrix-1999", "inception-2010"})
    keys = {"turn", "reply", "slate", "acts", "ledger", "plan", "route", "timings_ms", "model_calls", "tokens"}
    assert keys <= set(turns[0])
