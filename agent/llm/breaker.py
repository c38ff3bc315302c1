"""Keeps a sick server from taking the session with it: bounded calls in flight, retries, circuit breaker."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from parley.agent.llm.seam import ModelError, ModelTimeout
from parley.agent.llm.transport import HttpFailure

Result = TypeVar("Result")


class Breaker:
    """Opens after `after` failures in a row; lets one call through after `cool_down_s`."""

    def __init__(
        self, *, after: int = 5, cool_down_s: float = 10.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._after, self._cool_down, self._clock = after, cool_down_s, clock
        self._failures = 0
        self._opened = 0.0
        self._trial = False
        self._lock = threading.Lock()

    def admit(self, name: str) -> None:
        """Raise while open.

        Raises:
            ModelError: too many calls have failed just now.
        """
        with self._lock:
            if self._failures < self._after:
                return
            left = self._opened + self._cool_down - self._clock()
            if left > 0 or self._trial:
                raise ModelError(
                    f"{name} failed {self._failures} times in a row; it is tried again in {max(1.0, left):.0f} s"
                )
            self._trial = True

    def report(self, ok: bool) -> None:
        with self._lock:
            self._trial = False
            if ok:
                self._failures = 0
            else:
                self._failures += 1
                self._opened = self._clock()


class Slots:
    """At most `size` calls in flight; keeps account of how full the slots were."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._free = threading.Semaphore(size)
        self._lock = threading.Lock()
        self._busy = 0
        self._since = time.monotonic()
        self._slot_seconds = 0.0
        self.peak = 0

    def acquire(self, deadline: float) -> None:
        """Wait for a slot.

        Raises:
            ModelTimeout: none came free in time.
        """
        if not self._free.acquire(timeout=max(0.0, min(deadline - time.monotonic(), threading.TIMEOUT_MAX))):
            raise ModelTimeout(f"all {self.size} calls in flight were busy all the time this call had")
        self._change(+1)

    def release(self) -> None:
        self._change(-1)
        self._free.release()

    def slot_seconds(self) -> float:
        """Busy slots integrated over time since the beginning."""
        self._change(0)
        return self._slot_seconds

    def _change(self, by: int) -> None:
        with self._lock:
            now = time.monotonic()
            self._slot_seconds += self._busy * (now - self._since)
            self._since = now
            self._busy += by
            self.peak = max(self.peak, self._busy)


def with_retries(
    attempt: Callable[[], Result],
    *,
    retries: int,
    deadline: float,
    seed: int = 0,
    base_s: float = 0.25,
    may_retry: Callable[[], bool] = lambda: True,
) -> Result:
    """`attempt()`, again after a transient failure: waits double, with full jitter, inside the deadline.

    `Retry-After` is honoured. `may_retry` says no once something of the answer was already shown.
    """
    spread = random.Random(f"{seed}:{time.monotonic_ns()}")
    for number in range(retries + 1):
        try:
            return attempt()
        except HttpFailure as failure:
            wait = failure.retry_after_s or spread.uniform(0.0, base_s * 2**number)
            out_of_time = time.monotonic() + wait >= deadline
            if not failure.transient or number == retries or out_of_time or not may_retry():
                raise
            time.sleep(wait)
    raise AssertionError("unreachable")
