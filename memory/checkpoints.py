"""Checkpoints: the state of each session, in SQLite, small, strict, and one bad session at a time.

Only the types named when opening are rebuilt from bytes (strict msgpack); only the latest few
checkpoints of a session are kept; a session whose state cannot be read is set aside, alone. A file
that SQLite cannot read any more is set aside whole, and every row still readable is carried over.
Incognito sessions are kept in this process's memory.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata, CheckpointTuple
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.sqlite import SqliteSaver

from parley.memory.database import mend_for
from parley.memory.errors import CheckpointDamagedError, ForgetError, MemoryStoreError
from parley.memory.salvage import salvage
from parley.memory.threads import PrivateSessions, is_private, models_in, strict_serializer, thread_id, user_prefix

if TYPE_CHECKING:
    from parley.memory.postgres_checkpoints import PostgresCheckpointer

__all__ = ["Checkpointer", "models_in", "open_checkpointer", "open_postgres_checkpointer", "prune", "thread_id"]


class Checkpointer(PrivateSessions, SqliteSaver):
    """LangGraph's SQLite saver, with pruning, quarantine and private sessions.

    Two graphs compiled over one checkpointer share its connection and its lock.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path, models: Iterable[type]) -> None:
        serde = strict_serializer(models)
        super().__init__(connection, serde=serde)
        self.path = path
        self.private = InMemorySaver(serde=serde)
        self.salvaged: str = ""
        """If the file had to be set aside on opening: one line on what became of it."""

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
        try:
            with self._telling():
                found = super().get_tuple(config)
            if found is not None:
                _require_whole(found.checkpoint)
            return found
        except MemoryStoreError:
            raise
        except Exception as error:
            name = str(config["configurable"]["thread_id"])
            self.quarantine(name, f"{type(error).__name__}: {error}")
            raise CheckpointDamagedError(
                f"the state of session {name!r} was damaged ({type(error).__name__}) and has been set aside; "
                "say your last sentence again to go on"
            ) from error

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        with self._telling():
            return super().put(config, checkpoint, metadata, new_versions)

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        with self._telling():
            super().put_writes(config, writes, task_id, task_path)

    def delete_thread(self, thread_id: str) -> None:
        """Delete a session's checkpoints, those set aside included. `scrub` then clears the bytes."""
        super().delete_thread(thread_id)
        if not is_private(thread_id):
            with self.cursor() as cursor:
                cursor.execute("DELETE FROM quarantine WHERE thread_id = ?", (thread_id,))

    def keep_latest(self, thread_id: str, keep: int) -> int:
        """See `prune`."""
        old = (
            "SELECT checkpoint_ns, checkpoint_id FROM (SELECT checkpoint_ns, checkpoint_id, ROW_NUMBER() OVER "
            "(PARTITION BY checkpoint_ns ORDER BY checkpoint_id DESC) AS age FROM checkpoints WHERE thread_id = ?) "
            "WHERE age > ?"
        )
        with self.cursor() as cursor:
            rows = cursor.execute(old, (thread_id, keep)).fetchall()
            for table in ("checkpoints", "writes"):
                cursor.executemany(
                    f"DELETE FROM {table} WHERE thread_id = ? AND checkpoint_ns = ? AND checkpoint_id = ?",
                    [(thread_id, *row) for row in rows],
                )
        return len(rows)

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
        prefix = user_prefix(user)
        with self.cursor() as cursor:
            for table in ("checkpoints", "writes", "quarantine"):
                cursor.execute(f"DELETE FROM {table} WHERE substr(thread_id, 1, ?) = ?", (len(prefix), prefix))
        self.forget_private(user, sessions)
        self.scrub()

    def forget_session(self, user: str, session: str) -> None:
        for incognito in (False, True):
            self.delete_thread(thread_id(user, session, incognito=incognito))
        self.scrub()

    def close(self) -> None:
        with self.lock:
            self.conn.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """SQLite's own errors as ours, with the mend."""
        try:
            yield
        except sqlite3.Error as error:
            raise MemoryStoreError(f"{str(self.path)!r}: {error}; {mend_for(str(error))}") from error


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


def open_postgres_checkpointer(address: str, models: Iterable[type] = ()) -> PostgresCheckpointer:
    """Checkpoints in PostgreSQL; `models` as for `open_checkpointer`.

    Raises:
        MemoryStoreError: the server is out of reach.
    """
    from parley.memory.postgres_checkpoints import PostgresCheckpointer

    return PostgresCheckpointer.open(address, models)


def prune(saver: Checkpointer | PostgresCheckpointer, thread_id: str, keep: int = 1) -> int:
    """Keep a session's latest `keep` checkpoints (per subgraph) and drop the others.

    Returns:
        How many were dropped, where the database says. Their room is used again, so files stop growing.
    """
    if keep < 1:
        raise ValueError(f"keep={keep}: at least the latest checkpoint must stay")
    return 0 if is_private(thread_id) else saver.keep_latest(thread_id, keep)


def _require_whole(checkpoint: Checkpoint) -> None:
    if not isinstance(checkpoint, dict) or not {"v", "id", "channel_values", "channel_versions"} <= set(checkpoint):
        raise ValueError("the checkpoint lacks its parts")
