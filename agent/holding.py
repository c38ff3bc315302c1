"""One turn or edit at a time in each session."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

WAIT_S = 120.0
"""How long a second message to a busy session waits for the first."""


class SessionBusyError(RuntimeError):
    """The session is still answering an earlier message."""


class SessionLocks:
    """A lock for every session that was ever used."""

    def __init__(self) -> None:
        self._locks: dict[tuple[str, str], threading.Lock] = {}
        self._guard = threading.Lock()

    @contextmanager
    def hold(self, user: str, session: str) -> Iterator[None]:
        """Hold a session.

        Raises:
            SessionBusyError: it was not free in time.
        """
        with self._guard:
            lock = self._locks.setdefault((user, session), threading.Lock())
        if not lock.acquire(timeout=WAIT_S):
            raise SessionBusyError(f"session {session!r} is still answering; try again when it is done")
        try:
            yield
        finally:
            lock.release()

    @contextmanager
    def hold_all(self, user: str, known: Callable[[], list[str]]) -> Iterator[list[str]]:
        """Hold every session of a user, those begun meanwhile too; gives their ids.

        Raises:
            SessionBusyError: one of them was not free in time.
        """
        held: list[str] = []
        with ExitStack() as stack:
            while begun := [session for session in known() if session not in held]:
                for session in begun:
                    stack.enter_context(self.hold(user, session))
                held += begun
            yield held
