"""Checkpoints: the state of each session, in SQLite, small, strict, and one bad session at a time.

Only the types named when opening are rebuilt from bytes (strict msgpack); only the latest few
checkpoints of a session are kept; a session whose state cannot be read is set aside, alone. A file
that SQLite cannot read any more is set aside whole, and every row still readable is carried over.
Incognito sessions are kept in this process's memory.
"""

from __future__ import annotations

import os

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # read once, when langgraph is first imported

import base64
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite import SqliteSaver
from pydantic import BaseModel

from parley.memory.database import mend_for
from parley.memory.errors import CheckpointDamagedError, ForgetError, MemoryStoreError, check_id
from parley.memory.salvage import salvage

_PRIVATE = "private:"


def thread_id(user: str, session: str, *, incognito: bool = False) -> str:
    """LangGraph's thread of a user's session: equal only for equal pairs, whatever the ids contain.

    Raises:
        IdError: an id that is empty or cannot be stored.
    """
    parts = (check_id("user", user), check_id("session", session))
    text = ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
    return f"{_PRIVATE}{text}" if incognito else text


def models_in(*modules: ModuleType) -> set[type]:
    """The Pydantic models and enums a module defines: what its states are made of."""
    return {
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, BaseModel | Enum) and found.__module__ == module.__name__
    }


class Checkpointer(SqliteSaver):
    """LangGraph's SQLite saver, with pruning, quarantine and private sessions.

    Two graphs compiled over one checkpointer share its connection and its lock.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, models: Iterable[type]) -> None:
        names = sorted({(model.__module__, model.__name__) for model in models})
        serde = JsonPlusSerializer(allowed_msgpack_modules=names)
        super().__init__(connection, serde=serde)
        self.path = path
        self.private = InMemorySaver(serde=serde)
        self.salvaged: str = ""
        """If the file had to be set aside on opening: one line on what became of it."""

    def with_allowlist(self, extra_allowlist: Collection[tuple[str, ...]]) -> Checkpointer:
        clone = super().with_allowlist(extra_allowlist)
        assert isinstance(clone, Checkpointer)
        clone.private = self.private.with_allowlist(extra_allowlist)  # type: ignore[assignment]
        return clone

    def setup(self) -> None:
        if self.is_setup:
            return
        super().setup()
        self.conn.executescript(
            "PRAGMA secure_delete = ON;"
            "CREATE TABLE IF NOT EXISTS quarantine (thread_id TEXT NOT NULL, checkpoint_ns TEXT NOT NULL, "
            "checkpoint_id TEXT NOT NULL, type TEXT, checkpoint BLOB, reason TEXT NOT NULL);"
        )

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """The latest (or the named) checkpoint.

        Raises:
            CheckpointDamagedError: it cannot be read; it has been set aside and the next call starts afresh.
            MemoryStoreError: the file cannot be read at all.
        """
        if _is_private(config):
            return self.private.get_tuple(config)
        try:
            found = super().get_tuple(config)
            if found is not None:
                _require_whole(found.checkpoint)
            return found
        except sqlite3.Error as error:
            raise MemoryStoreError(f"{str(self.path)!r}: {error}; {mend_for(str(error))}") from error
        except Exception as error:
            name = str(config["configurable"]["thread_id"])
            self.quarantine(name, f"{type(error).__name__}: {error}")
            raise CheckpointDamagedError(
                f"the state of session {name!r} was damaged ({type(error).__name__}) and has been set aside; "
                "say your last sentence again to go on"
            ) from error

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        if config is not None and _is_private(config):
            yield from self.private.list(config, filter=filter, before=before, limit=limit)
            return
        yield from super().list(config, filter=filter, before=before, limit=limit)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        if _is_private(config):
            return self.private.put(config, checkpoint, metadata, new_versions)
        try:
            return super().put(config, checkpoint, metadata, new_versions)
        except sqlite3.Error as error:
            raise MemoryStoreError(f"{str(self.path)!r}: {error}; {mend_for(str(error))}") from error

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        if _is_private(config):
            self.private.put_writes(config, writes, task_id, task_path)
            return
        try:
            super().put_writes(config, writes, task_id, task_path)
        except sqlite3.Error as error:
            raise MemoryStoreError(f"{str(self.path)!r}: {error}; {mend_for(str(error))}") from error

    def delete_thread(self, thread_id: str) -> None:
        """Delete a session's checkpoints, those set aside included. `scrub` then clears the bytes."""
        if thread_id.startswith(_PRIVATE):
            self.private.delete_thread(thread_id)
            return
        super().delete_thread(thread_id)
        with self.cursor() as cursor:
            cursor.execute("DELETE FROM quarantine WHERE thread_id = ?", (thread_id,))

    def quarantine(self, thread_id: str, reason: str) -> None:
        """Move a session's unreadable checkpoints aside; the session then starts with an empty state."""
        with self.cursor() as cursor:
            cursor.execute(
                "INSERT INTO quarantine SELECT thread_id, checkpoint_ns, checkpoint_id, type, checkpoint, ? "
                "FROM checkpoints WHERE thread_id = ?",
                (reason, thread_id),
            )
            cursor.execute("DELETE FROM checkpoints WHERE thread_id = ?", (thread_id,))
            cursor.execute("DELETE FROM writes WHERE thread_id = ?", (thread_id,))

    def quarantined(self) -> tuple[tuple[str, str], ...]:
        """(thread, reason) of sessions set aside."""
        with self.cursor(transaction=False) as cursor:
            cursor.execute("SELECT DISTINCT thread_id, reason FROM quarantine ORDER BY thread_id")
            return tuple((str(thread), str(reason)) for thread, reason in cursor.fetchall())

    def scrub(self) -> None:
        """Rewrite the file without what was deleted, and empty its log.

        Raises:
            ForgetError: a reader elsewhere keeps the log alive.
        """
        with self.lock:
            self.setup()
            self.conn.commit()
            self.conn.execute("VACUUM")
            busy = self.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise ForgetError(f"another program is reading {str(self.path)!r}; close it and repeat")

    # The hook the memory store calls when someone is forgotten

    def forget_user(self, user: str, sessions: Sequence[str]) -> None:
        """Delete all of the user's sessions and their bytes, listed or not."""
        prefix = thread_id(user, "x").split(".")[0] + "."
        with self.cursor() as cursor:
            for table in ("checkpoints", "writes", "quarantine"):
                cursor.execute(
                    f"DELETE FROM {table} WHERE substr(thread_id, 1, ?) = ?",
                    (len(prefix), prefix),
                )
        for session in sessions:
            self.private.delete_thread(thread_id(user, session, incognito=True))
        self.scrub()

    def forget_session(self, user: str, session: str) -> None:
        for incognito in (False, True):
            self.delete_thread(thread_id(user, session, incognito=incognito))
        self.scrub()

    def close(self) -> None:
        with self.lock:
            self.conn.close()


def open_checkpointer(path: Path | str, models: Iterable[type] = ()) -> Checkpointer:
    """Open (or make) the checkpoint file.

    Args:
        path: the SQLite file.
        models: every Pydantic model and enum that may stand in a state; see `models_in`. Types that a
            graph's schema names are added when it is compiled. Anything else comes back as plain data.

    Raises:
        MemoryStoreError: the file is read-only or cannot be made.
    """
    path = Path(path).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        salvaged = salvage(path)
        connection = sqlite3.connect(path, check_same_thread=False, timeout=10.0)
        saver = Checkpointer(connection, path, models)
        saver.setup()
        connection.execute("UPDATE checkpoints SET type = type WHERE 0")  # a read-only file fails here, not mid-turn
        connection.rollback()
    except (sqlite3.Error, OSError) as error:
        raise MemoryStoreError(f"{str(path)!r}: {error}; {mend_for(str(error))}") from error
    saver.salvaged = salvaged
    return saver


def prune(saver: SqliteSaver, thread_id: str, keep: int = 1) -> int:
    """Keep a session's latest `keep` checkpoints (per subgraph) and drop the others.

    Returns:
        How many were dropped. Their pages are reused, so the file stops growing.
    """
    if thread_id.startswith(_PRIVATE):
        return 0
    if keep < 1:
        raise ValueError(f"keep={keep}: at least the latest checkpoint must stay")
    old = (
        "SELECT checkpoint_ns, checkpoint_id FROM (SELECT checkpoint_ns, checkpoint_id, ROW_NUMBER() OVER "
        "(PARTITION BY checkpoint_ns ORDER BY checkpoint_id DESC) AS age FROM checkpoints WHERE thread_id = ?) "
        "WHERE age > ?"
    )
    with saver.cursor() as cursor:
        rows = cursor.execute(old, (thread_id, keep)).fetchall()
        for table in ("checkpoints", "writes"):
            cursor.executemany(
                f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?",
                [(thread_id, *row) for row in rows],
            )
    return len(rows)


def _is_private(config: RunnableConfig) -> bool:
    return str(config["configurable"].get("thread_id", "")).startswith(_PRIVATE)


def _require_whole(checkpoint: Checkpoint) -> None:
    if not isinstance(checkpoint, dict) or not {"v", "id", "channel_values", "channel_versions"} <= set(checkpoint):
        raise ValueError("the checkpoint lacks its parts")
