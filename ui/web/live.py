"""Turns under way. A turn belongs to the conversation, not to the browser tab that started it.

Each runs on its own thread and gathers what has come so far; any number of pages follow it by looking
at that. So a reload in the middle of an answer loses nothing, a slow browser slows nobody, and Stop
answers at once even while a model is busy.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from parley.agent.messages import Event, SlateItem, Turn

log = logging.getLogger(__name__)

PAGE_INTERVAL_S = 0.1
"""A page is repainted at most this often: many small deltas would drown a browser (and the queue)."""

CROWD = 6
"""With each so many turns at once, pages are repainted less often by another `PAGE_INTERVAL_S`."""

TROUBLE = "Something went wrong on my side and this turn was not finished. Nothing you told me is lost: try again."
STOPPED = "Stopped."

AFTER_STOP_S = 10.0
"""How long a new message waits for a stopped turn to let go."""


class BusyError(ValueError):
    """The conversation already has a turn under way."""


class Streams(Protocol):
    """The part of the agent that answers."""

    def stream(self, message: str, *, user: str = "guest", session: str = "main") -> Iterator[Event]: ...

    def stop(self, *, user: str = "guest", session: str = "main") -> bool: ...


class Snapshot(BaseModel):
    """How far a turn has come."""

    model_config = ConfigDict(frozen=True)

    message: str
    node: str = ""
    text: str = ""
    slate: tuple[SlateItem, ...] = ()
    turn: Turn | None = None
    error: str = ""
    done: bool = False


class LiveTurn:
    """One turn on its own thread."""

    def __init__(self, events: Iterator[Event], message: str, halt: Callable[[], object] = lambda: None) -> None:
        self._events = events
        self._halt = halt
        self._state = Snapshot(message=message)
        self._version = 0
        self._changed = threading.Condition()
        self._stopped = threading.Event()
        self.ended = threading.Event()
        """Set when the turn is through and let go of, which after `stop` may be a moment later than `done`."""

    @property
    def snapshot(self) -> Snapshot:
        return self._state

    @property
    def trouble(self) -> str:
        """Why the turn has no record; empty if it has one or was stopped."""
        state = self._state
        return state.error if state.turn is None and state.error != STOPPED else ""

    def stop(self) -> None:
        """End the turn for those who watch now; its thread goes on until the agent has ended it too."""
        self._stopped.set()
        self._update(done=True, error=STOPPED)

    def follow(self, interval_s: float = PAGE_INTERVAL_S) -> Iterator[Snapshot]:
        """Snapshots as the turn goes on, at most one each `interval_s`, the last one `done`."""
        seen = -1
        while True:
            with self._changed:
                while self._version == seen:
                    self._changed.wait()
                seen, state = self._version, self._state
            yield state
            if state.done:
                return
            self._stopped.wait(interval_s)

    def run(self) -> None:
        """Take the events in; called on the turn's own thread."""
        try:
            for event in self._events:  # after a stop too: the agent cuts its turn short and records it
                self._take(event)
                if self._stopped.is_set():  # again, for the agent may not have begun when it was told first
                    self._halt()
        except Exception as error:
            log.exception("a turn failed")
            known = type(error).__module__.startswith("parley.") and isinstance(error, ValueError)
            self._update(error=str(error) if known else TROUBLE)
        finally:
            close = getattr(self._events, "close", None)
            if close is not None:
                close()
            self._update(done=True)

    def _take(self, event: Event) -> None:
        match event.kind:
            case "node":
                self._update(node=event.node)
            case "token":
                self._update(text=self._state.text + event.text)
            case "slate":
                self._update(slate=event.slate)
            case "turn":
                self._update(turn=event.turn)
            case "error":
                self._update(error=event.text or TROUBLE)

    def _update(self, **changes: object) -> None:
        with self._changed:
            if self._state.done:
                return
            self._state = self._state.model_copy(update=changes)
            self._version += 1
            self._changed.notify_all()


class LiveTurns:
    """The turns under way of every conversation, at most one each."""

    def __init__(self) -> None:
        self._turns: dict[tuple[str, str], LiveTurn] = {}
        self._changed = threading.Condition()

    def start(
        self, agent: Streams, message: str, *, user: str, session: str, then: Callable[[], None] = lambda: None
    ) -> LiveTurn:
        """Begin a turn; `then` is called when it is through, whatever came of it.

        Raises:
            BusyError: this conversation is still answering.
        """
        key = (user, session)
        with self._changed:
            before = self._turns.get(key)
            if before is not None and before.snapshot.done:  # stopped: it lets go in a moment
                self._changed.wait_for(lambda: key not in self._turns, AFTER_STOP_S)
            if key in self._turns:
                raise BusyError("I am still answering; wait a moment or press Stop")
            events = agent.stream(message, user=user, session=session)
            live = LiveTurn(events, message, lambda: agent.stop(user=user, session=session))
            self._turns[key] = live
        threading.Thread(target=self._run, args=(key, live, then), daemon=True, name="parley-turn").start()
        return live

    def stop(self, agent: Streams, *, user: str, session: str) -> None:
        """End the turn under way in this conversation, if any: at once for the page, then in the agent."""
        live = self.get(user, session)
        if live is not None:
            live.stop()
            agent.stop(user=user, session=session)

    @property
    def interval_s(self) -> float:
        """How often a page is repainted now: less often the more there are to paint."""
        with self._changed:
            return PAGE_INTERVAL_S * (1 + len(self._turns) // CROWD)

    def get(self, user: str, session: str) -> LiveTurn | None:
        """The turn under way in this conversation, if any."""
        with self._changed:
            return self._turns.get((user, session))

    def under_way(self, user: str) -> bool:
        """Whether any of this user's conversations has a turn under way."""
        with self._changed:
            return any(owner == user for owner, _ in self._turns)

    def _run(self, key: tuple[str, str], live: LiveTurn, then: Callable[[], None]) -> None:
        try:
            live.run()
        finally:
            with self._changed:
                self._turns.pop(key, None)
                self._changed.notify_all()
            then()
            live.ended.set()
