"""Who looks at which conversation, tab by tab.

Events of one tab may be handled in another order than they were asked for: each runs on a thread of its
own. So no event says who is looking by what it brings along; the tab's place is kept here, and what was
asked for last holds.
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict

PAGE_TURNS = 30
"""Turns shown at once; a button shows more."""

SESSION = re.compile(r"[\w.-]{1,64}")
"""A session id that a browser may bring."""


class Visitor(BaseModel):
    """Who is looking at which conversation."""

    model_config = ConfigDict(frozen=True)

    user: str
    session: str
    named: bool = False
    """The user gave a name; otherwise `user` was drawn for this browser."""
    limit: int = PAGE_TURNS
    incognito: bool = False

    def note(self) -> dict[str, Any]:
        """What the browser keeps. An incognito conversation is not kept."""
        return {"user": self.user, "named": self.named, "session": "" if self.incognito else self.session}

    def is_at(self, other: Visitor) -> bool:
        """Whether both look at the same conversation."""
        return (self.user, self.session) == (other.user, other.session)


def clean_name(name: object) -> str:
    """A user's name as an id: NFC, no control characters, at most 64 characters; empty if nothing is left."""
    text = unicodedata.normalize("NFC", str(name or ""))
    return " ".join("".join(c for c in text if c.isprintable()).split())[:64].strip()


def new_session_id(now: datetime) -> str:
    """A session id that sorts by time and cannot be guessed."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


class Tabs:
    """The open tabs, the visitor each looks as, and who may not be moved just now. Thread-safe."""

    def __init__(self) -> None:
        self._looks: dict[str, Visitor] = {}
        self._before: dict[str, dict[str, Visitor]] = {}
        """By tab and name: where the tab looked when it last had another name."""
        self._painted: dict[str, Visitor] = {}
        """Whose page each tab was painted last."""
        self._wanted: dict[str, str] = {}
        """The name a tab asked for last."""
        self._busy: Counter[str] = Counter()
        """By user: turns and acts under way."""
        self._moving: set[str] = set()
        self._changed = threading.Condition()

    def at(self, tab: str | None, told: Visitor | None = None) -> Visitor | None:
        """The visitor of a tab. One the server lost sight of (a laptop that slept) is where it says it was."""
        if tab is None:
            return None
        with self._changed:
            if told is not None:
                self._looks.setdefault(tab, told)
            return self._looks.get(tab)

    def shows(self, tab: str | None, visitor: Visitor) -> bool:
        """Whether a tab looks at this conversation now."""
        here = self.at(tab)
        return here is not None and here.is_at(visitor)

    def turn(self, tab: str | None, visitor: Visitor, *, leaving: Visitor | None = None) -> None:
        """A tab turns to a conversation.

        Args:
            tab: which.
            visitor: who looks at what from now on.
            leaving: the visitor who asked; nothing happens if the tab has another user by now.
        """
        if tab is None:
            return
        with self._changed:
            here = self._looks.get(tab)
            if leaving is not None and (here is None or here.user != leaving.user):
                return
            if here is not None and here.user != visitor.user:
                self._before.setdefault(tab, {})[here.user] = here
            self._looks[tab] = visitor

    def close(self, tab: str | None) -> None:
        """The tab is gone."""
        with self._changed:
            for kept in (self._looks, self._before, self._painted, self._wanted):
                kept.pop(tab or "", None)

    def paint(self, tab: str | None, visitor: Visitor) -> None:
        """A tab is painted as this visitor sees it."""
        with self._changed:
            if tab in self._looks:
                self._painted[tab] = visitor

    def painted(self, tab: str | None) -> Visitor | None:
        """Whose page a tab shows: where it turned to may not be painted yet."""
        with self._changed:
            return self._painted.get(tab or "")

    def had(self, tab: str, user: str) -> Visitor | None:
        """Where a tab looked when it last had this name, if it has had it and has another now."""
        with self._changed:
            return self._before.get(tab, {}).get(user)

    def want(self, tab: str, name: str) -> None:
        """A name was typed."""
        with self._changed:
            self._wanted[tab] = name

    def wanted(self, tab: str) -> str:
        """The name typed last."""
        with self._changed:
            return self._wanted.get(tab, "")

    @contextmanager
    def using(self, tab: str | None, told: Visitor | None = None) -> Iterator[Visitor | None]:
        """The tab's visitor, whose conversations stay where they are meanwhile; None for a tab we do not know."""
        with self._changed:
            visitor = self.at(tab, told)
            while visitor is not None and visitor.user in self._moving:
                self._changed.wait()
                visitor = self.at(tab)
            if visitor is not None:
                self._busy[visitor.user] += 1
        try:
            yield visitor
        finally:
            if visitor is not None:
                self.release(visitor.user)

    def keep(self, user: str) -> None:
        """A turn of the user begins; call it while `using` the user, and `release` at the end of the turn."""
        with self._changed:
            self._busy[user] += 1

    def release(self, user: str) -> None:
        """What was under way is through."""
        with self._changed:
            self._busy[user] -= 1
            if self._busy[user] <= 0:
                del self._busy[user]
            self._changed.notify_all()

    @contextmanager
    def moving(self, user: str, wait_s: float = 0.0) -> Iterator[bool]:
        """Alone with a user's conversations: nothing is under way and nothing begins. False if that did not come."""
        with self._changed:
            alone = self._changed.wait_for(lambda: user not in self._moving and not self._busy[user], wait_s)
            if alone:
                self._moving.add(user)
        try:
            yield alone
        finally:
            if alone:
                with self._changed:
                    self._moving.discard(user)
                    self._changed.notify_all()

    def move(self, user: str, where: Callable[[Visitor], Visitor]) -> None:
        """Every tab that looks as this user looks elsewhere now."""
        with self._changed:
            for tab, visitor in self._looks.items():
                if visitor.user == user:
                    self._looks[tab] = where(visitor)
