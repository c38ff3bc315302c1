from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from parley.memory.errors import HomeInUseError, MemoryStoreError
from parley.memory.home import HomeLock

HOLDER = """
import sys
from parley.memory.home import HomeLock
lock = HomeLock(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def hold(home: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", HOLDER, str(home)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "held"
    return process


def test_a_second_process_is_refused_and_told_who_holds_the_home(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    try:
        with pytest.raises(HomeInUseError) as refusal:
            HomeLock(tmp_path)
        assert str(tmp_path) in str(refusal.value)
        assert str(holder.pid) in str(refusal.value)
        assert "--home" in str(refusal.value)
        assert "\n" not in str(refusal.value)
    finally:
        holder.kill()
        holder.wait()


def test_a_killed_holder_leaves_the_home_free(tmp_path: Path) -> None:
    holder = hold(tmp_path)
    os.kill(holder.pid, signal.SIGKILL)
    holder.wait()

    HomeLock(tmp_path).close()


def test_a_closed_home_can_be_opened_again_and_closing_twice_is_harmless(tmp_path: Path) -> None:
    lock = HomeLock(tmp_path / "deep" / "home")
    with pytest.raises(HomeInUseError, match="this process"):
        HomeLock(tmp_path / "deep" / "home")
    lock.close()
    lock.close()

    with HomeLock(tmp_path / "deep" / "home"):
        pass


def test_a_home_that_is_a_file_is_refused_with_the_mend(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(MemoryStoreError, match="--home"):
        HomeLock(tmp_path / "file")
