"""A store in a temporary home, a clock that a test can turn, and a few ids that others trip over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from parley.memory.store import MemoryStore

AWKWARD_IDS = (
    "alice",
    "alice2",
    "ALICE",
    "a.b@x",
    "ünï",
    "'; DROP TABLE users; --",
    "../../etc",
    "a/b",
    "%",
    "_",
    " x ",
)


class Clock:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 20, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_days(self, days: float) -> datetime:
        self.now += timedelta(days=days)
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[MemoryStore]:
    with MemoryStore.open(tmp_path / "memory.sqlite", clock=clock) as opened:
        yield opened
