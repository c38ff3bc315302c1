"""The store of everything that outlives a turn: transcripts, reactions, statements, consent.

Every call names its user and touches that user's rows only. Ids are values, never SQL, never
paths. Incognito sessions live in this process and never reach the file.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from parley.memory.database import Database, Execute, open_database
from parley.memory.edits import correct_statement, without_session, write_statement
from parley.memory.errors import ForgetError, UnknownSessionError, UnknownStatementError, check_id
from parley.memory.export import export_user
from parley.memory.moving import free_session, move_user
from parley.memory.rows import Consent, ForgetHook, Reaction, SessionInfo, StoredTurn, plain_line, to_json
from parley.memory.statements import Statement, check_statement, utc_now

__all__ = ["Consent", "ForgetHook", "MemoryStore", "Reaction", "SessionInfo", "StoredTurn"]

TITLE_LENGTH = 60
WORDS_LENGTH = 1000
"""Of a message, kept beside the turn for recall."""


class MemoryStore:
    """Transcripts and memories of many users in one database. Thread-safe; one process writes."""

    def __init__(self, database: Database, *, clock: Callable[[], datetime] = utc_now) -> None:
        self.database = database
        self.clock = clock
        self.text_vectors: dict[str, Any] = {}
        """Vectors of statements in words, so that recall embeds each once in a process."""
        self._hooks: list[ForgetHook] = []
        self._incognito: dict[tuple[str, str], tuple[SessionInfo, dict[int, StoredTurn]]] = {}
        self.lock = threading.RLock()
        """Held while something is read, changed and written back."""

    @classmethod
    def open(cls, where: Path | str, *, clock: Callable[[], datetime] = utc_now) -> MemoryStore:
        """Open a SQLite file (made and migrated as needed) or a `postgresql://` address.

        Raises:
            MemoryStoreError: damaged, unwritable, or written by a newer Parley.
        """
        return cls(open_database(where), clock=clock)

    # Users and consent

    def users(self) -> list[str]:
        """Everyone with a row in the store, by id."""
        return [row[0] for row in self.database.read("SELECT user_id FROM users ORDER BY user_id")]

    def consent(self, user: str) -> Consent:
        rows = self.database.read("SELECT consent FROM users WHERE user_id = ?", check_id("user", user))
        return Consent(rows[0][0]) if rows else Consent.UNASKED

    def set_consent(self, user: str, granted: bool) -> None:
        """Record the user's answer. Declining keeps what is there; `forget_user` removes it."""
        check_id("user", user)
        answer = Consent.GRANTED if granted else Consent.DECLINED
        with self.database.write() as execute:
            self._add_user(execute, user)
            execute("UPDATE users SET consent = ?, consent_at = ? WHERE user_id = ?", answer.value, self._stamp(), user)

    # Sessions and transcripts

    def begin_session(self, user: str, session: str, *, incognito: bool = False, title: str = "") -> SessionInfo:
        """Make the session known; an existing one stays as it is. Incognito ones leave no trace."""
        key = check_id("user", user), check_id("session", session)
        if incognito:
            now = self.clock()
            info = SessionInfo(session=session, title=title, created=now, updated=now, incognito=True)
            with self.lock:
                return self._incognito.setdefault(key, (info, {}))[0]
        if key in self._incognito:
            return self._incognito[key][0]
        with self.database.write() as execute:
            self._add_session(execute, user, session, title)
        return self._session(user, session)

    def is_incognito(self, user: str, session: str) -> bool:
        return (user, session) in self._incognito

    def append_turn(self, user: str, session: str, number: int, payload: Mapping[str, Any]) -> bool:
        """Add a finished turn to the transcript; the session is made if new.

        Idempotent: a turn of that number that is already there stays as it is. The session's title
        is the first `user_message`.

        Returns:
            True if the turn was added.
        """
        check_id("user", user)
        check_id("session", session)
        now = self.clock()
        if (user, session) in self._incognito:
            return self._append_incognito((user, session), StoredTurn(number=number, payload=payload, created=now))
        words = plain_line(str(payload.get("user_message") or ""))[:WORDS_LENGTH]
        title = words[:TITLE_LENGTH]
        with self.database.write() as execute:
            self._add_session(execute, user, session, title)
            added = execute(
                "INSERT INTO turns (user_id, session_id, number, payload, created, words) VALUES (?, ?, ?, ?, ?, ?) "
                "ON CONFLICT DO NOTHING RETURNING number",
                user, session, number, to_json(payload), now.isoformat(), words,
            )  # fmt: skip
            if added:
                execute(
                    "UPDATE sessions SET updated = ?, title = CASE WHEN title = '' THEN ? ELSE title END "
                    "WHERE user_id = ? AND session_id = ?",
                    now.isoformat(), title, user, session,
                )  # fmt: skip
        return bool(added)

    def turns(self, user: str, session: str, *, last: int | None = None) -> list[StoredTurn]:
        """The session's turns, oldest first; only the `last` few if given.

        Raises:
            UnknownSessionError: the user has no such session.
        """
        self._require_session(user, session)
        if (user, session) in self._incognito:
            stored = sorted(self._incognito[user, session][1].values(), key=lambda turn: turn.number)
            return stored[-last:] if last else stored
        rows = self.database.read(
            "SELECT number, payload, created FROM turns WHERE user_id = ? AND session_id = ? "
            "ORDER BY number DESC" + ("" if last is None else f" LIMIT {int(last)}"),
            user, session,
        )  # fmt: skip
        return [StoredTurn(number=n, payload=json.loads(p), created=_time(c)) for n, p, c in reversed(rows)]

    def recent_messages(self, user: str, count: int, *, except_session: str = "") -> list[tuple[str, int, str]]:
        """(session, turn, the user's words) of the latest turns with words, latest first."""
        rows = self.database.read(
            "SELECT session_id, number, words FROM turns WHERE user_id = ? AND session_id <> ? AND words <> '' "
            "ORDER BY created DESC, number DESC" + f" LIMIT {int(count)}",
            check_id("user", user), except_session,
        )  # fmt: skip
        return [(str(session), int(number), str(words)) for session, number, words in rows]

    def has_session(self, user: str, session: str) -> bool:
        check_id("user", user)
        check_id("session", session)
        if (user, session) in self._incognito:
            return True
        return bool(self.database.read("SELECT 1 FROM sessions WHERE user_id = ? AND session_id = ?", user, session))

    def sessions(self, user: str) -> list[SessionInfo]:
        """The user's sessions, latest first; open incognito ones among them."""
        check_id("user", user)
        rows = self.database.read(
            "SELECT s.session_id, s.title, s.created, s.updated, COUNT(t.number) FROM sessions s LEFT JOIN turns t "
            "ON t.user_id = s.user_id AND t.session_id = s.session_id WHERE s.user_id = ? "
            "GROUP BY s.session_id, s.title, s.created, s.updated",
            user,
        )
        stored = [
            SessionInfo(session=s, title=t, created=_time(c), updated=_time(u), turns=n) for s, t, c, u, n in rows
        ]
        with self.lock:
            private = [
                info.model_copy(update={"turns": len(turns)})
                for (owner, _), (info, turns) in self._incognito.items()
                if owner == user
            ]
        return sorted(stored + private, key=lambda info: (info.updated, info.session), reverse=True)

    def set_title(self, user: str, session: str, title: str) -> None:
        self._require_session(user, session)
        with self.database.write() as execute:
            execute(
                "UPDATE sessions SET title = ? WHERE user_id = ? AND session_id = ?",
                plain_line(title)[:TITLE_LENGTH], user, session,
            )  # fmt: skip

    # Reactions

    def add_reaction(self, user: str, session: str, turn: int, item_id: str, stance: str) -> None:
        """Keep a reaction to an item; the same one twice is kept once. Incognito: nothing is kept."""
        check_id("user", user)
        check_id("session", session)
        check_id("item", item_id)
        if (user, session) in self._incognito:
            return
        with self.database.write() as execute:
            self._add_session(execute, user, session, "")
            execute(
                "INSERT INTO reactions (user_id, session_id, turn, item_id, stance, created) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                user, session, turn, item_id, stance, self._stamp(),
            )  # fmt: skip

    def reactions(self, user: str) -> list[Reaction]:
        """All reactions of the user, oldest first."""
        rows = self.database.read(
            "SELECT session_id, turn, item_id, stance, created FROM reactions WHERE user_id = ? "
            "ORDER BY created, session_id, turn, item_id, stance",
            check_id("user", user),
        )
        return [Reaction(session=s, turn=t, item_id=i, stance=w, created=_time(c)) for s, t, i, w, c in rows]

    # Statements

    def statements(self, user: str) -> list[Statement]:
        """Everything remembered about the user, tentative and contradicted statements included."""
        rows = self.database.read(
            "SELECT body FROM statements WHERE user_id = ? ORDER BY last_seen, statement_id", check_id("user", user)
        )
        return [Statement.model_validate_json(row[0]) for row in rows]

    def put_statement(self, user: str, statement: Statement) -> Statement:
        """Write one statement, replacing the one on the same subject. `remember` is the usual way in.

        Raises:
            StatementError: it is not a plain typed preference.
        """
        return self.put_statements(user, [statement])[0]

    def put_statements(
        self, user: str, statements: Sequence[Statement], *, gone: Sequence[str] = ()
    ) -> list[Statement]:
        """Write several statements, and drop those named in `gone`, in one transaction."""
        check_id("user", user)
        checked = [check_statement(statement) for statement in statements]
        with self.database.write() as execute:
            self._add_user(execute, user)
            for statement in checked:
                write_statement(execute, user, statement)
            for statement_id in gone:
                execute("DELETE FROM statements WHERE user_id = ? AND statement_id = ?", user, statement_id)
        return checked

    def statement(self, user: str, statement_id: str) -> Statement:
        """One statement of the user.

        Raises:
            UnknownStatementError: the user has none of that id.
        """
        rows = self.database.read(
            "SELECT body FROM statements WHERE user_id = ? AND statement_id = ?", check_id("user", user), statement_id
        )
        if not rows:
            raise UnknownStatementError(f"{user!r} has no statement {statement_id!r}; `parley memory show` lists them")
        return Statement.model_validate_json(rows[0][0])

    def correct(self, user: str, statement_id: str, /, **changes: Any) -> Statement:
        """The user's own edit of a statement: any of value, gte, lte, polarity, strength, hardness, kind, rating.

        The result is believed fully, and nothing inferred overrides it. A new value is a new subject,
        so the statement's id may change.

        Raises:
            UnknownStatementError: no such statement of this user.
            StatementError: the change does not leave a plain typed preference.
        """
        return correct_statement(self, user, statement_id, changes)

    def delete_statement(self, user: str, statement_id: str) -> None:
        """Remove one statement for good.

        Raises:
            UnknownStatementError: no such statement of this user.
        """
        self.statement(user, statement_id)
        with self.database.write() as execute:
            execute("DELETE FROM statements WHERE user_id = ? AND statement_id = ?", user, statement_id)

    # Ownership

    def add_forget_hook(self, hook: ForgetHook) -> None:
        self._hooks.append(hook)

    def forget_session(self, user: str, session: str) -> None:
        """Remove a session: its transcript, its reactions, and what only it gave evidence for.

        Raises:
            UnknownSessionError: the user has no such session.
            ForgetError: bytes are left somewhere; the message says where.
        """
        self._require_session(user, session)
        self._call_hooks(f"session {session!r} of {user!r}", lambda hook: hook.forget_session(user, session))
        with self.lock:
            if self._incognito.pop((user, session), None) is not None:
                return
        kept, gone = without_session(self.statements(user), session)
        self.put_statements(user, kept, gone=gone)
        with self.database.write() as execute:
            execute("DELETE FROM sessions WHERE user_id = ? AND session_id = ?", user, session)
        self.database.scrub()

    def forget_user(self, user: str) -> None:
        """Remove everything about the user, here and with every registered hook; no byte is left.

        Raises:
            ForgetError: bytes are left somewhere; the message says where. Calling again goes on.
        """
        sessions = [info.session for info in self.sessions(user)]
        self._call_hooks(f"{user!r}", lambda hook: hook.forget_user(user, sessions))
        with self.lock:
            for key in [key for key in self._incognito if key[0] == user]:
                del self._incognito[key]
        self.text_vectors.clear()
        with self.database.write() as execute:
            execute("DELETE FROM users WHERE user_id = ?", user)
        self.database.scrub()

    def free_session(self, user: str, session: str, taken: Sequence[str] = ()) -> str:
        """This session id, or the next like it that the user has no session of (nor is among `taken`)."""
        return free_session(self, user, session, taken)

    def move_user(self, user: str, to: str, sessions: Mapping[str, str]) -> None:
        """Move sessions, and what is remembered where both agree to it, to another user: all or nothing.

        Args:
            user: whose they are.
            to: whose they will be.
            sessions: id by id, under which free name each goes on.
        """
        move_user(self, user, to, sessions)

    def export_user(self, user: str) -> dict[str, Any]:
        """All and only this user's rows, as JSON-ready data."""
        return export_user(self, user)

    def close(self) -> None:
        """Close the database; open incognito sessions are gone."""
        with self.lock:
            self._incognito.clear()
        self.database.close()

    def __enter__(self) -> MemoryStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Helpers

    def _stamp(self) -> str:
        return self.clock().isoformat()

    def _add_user(self, execute: Execute, user: str) -> None:
        execute("INSERT INTO users (user_id, created) VALUES (?, ?) ON CONFLICT DO NOTHING", user, self._stamp())

    def _add_session(self, execute: Execute, user: str, session: str, title: str) -> None:
        self._add_user(execute, user)
        now = self._stamp()
        execute(
            "INSERT INTO sessions (user_id, session_id, title, created, updated) VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT DO NOTHING",
            user, session, title, now, now,
        )  # fmt: skip

    def _session(self, user: str, session: str) -> SessionInfo:
        return next(info for info in self.sessions(user) if info.session == session)

    def _require_session(self, user: str, session: str) -> None:
        if not self.has_session(user, session):
            raise UnknownSessionError(f"{user!r} has no session {session!r}; start it by saying something in it")

    def _append_incognito(self, key: tuple[str, str], turn: StoredTurn) -> bool:
        with self.lock:
            info, turns = self._incognito[key]
            if turn.number in turns:
                return False
            turns[turn.number] = turn
            self._incognito[key] = (info.model_copy(update={"updated": turn.created}), turns)
            return True

    def _call_hooks(self, what: str, call: Callable[[ForgetHook], None]) -> None:
        for hook in self._hooks:
            try:
                call(hook)
            except Exception as error:
                raise ForgetError(
                    f"{what} is not forgotten yet: {type(hook).__name__} failed ({error}); mend that and repeat"
                ) from error


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
