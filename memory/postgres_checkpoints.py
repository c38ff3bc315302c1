"""Checkpoints in PostgreSQL, for homes that outgrow one file: LangGraph's saver with the same manners as ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.postgres import PostgresSaver
from psycopg.rows import dict_row

from parley.memory.errors import MemoryStoreError
from parley.memory.threads import PrivateSessions, strict_serializer, thread_id, user_prefix

TABLES = ("checkpoints", "checkpoint_blobs", "checkpoint_writes")


class PostgresCheckpointer(PrivateSessions, PostgresSaver):
    """LangGraph's PostgreSQL saver, strict, with private sessions and forgetting."""

    @classmethod
    def open(cls, address: str, models: Iterable[type] = ()) -> PostgresCheckpointer:
        """Connect and migrate.

        Raises:
            MemoryStoreError: the server is out of reach.
        """
        with _telling():
            connection = psycopg.connect(address, autocommit=True, prepare_threshold=0, row_factory=dict_row)
            serde = strict_serializer(models)
            saver = cls(connection, serde=serde)
            saver.private = InMemorySaver(serde=serde)
            saver.setup()
        return saver

    def keep_latest(self, thread_id: str, keep: int) -> int:
        """Keep the latest checkpoint. PostgreSQL's saver knows no other number and tells no count."""
        with _telling():
            self.prune([thread_id])
        return 0

    def forget_user(self, user: str, sessions: Sequence[str]) -> None:
        """Delete all of the user's sessions, and rewrite the tables without them."""
        prefix = user_prefix(user)
        with _telling(), self._cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"DELETE FROM {table} WHERE starts_with(thread_id, %s)", (prefix,))
        self.forget_private(user, sessions)
        self._scrub()

    def forget_session(self, user: str, session: str) -> None:
        for incognito in (False, True):
            self.delete_thread(thread_id(user, session, incognito=incognito))
        self._scrub()

    def close(self) -> None:
        with self.lock:
            self.conn.close()

    def _scrub(self) -> None:
        with _telling(), self._cursor() as cursor:
            for table in TABLES:
                cursor.execute(f"VACUUM FULL {table}")


@contextmanager
def _telling() -> Iterator[Any]:
    """PostgreSQL's errors as ours, in one line."""
    try:
        yield
    except psycopg.Error as error:
        line = str(error).strip().splitlines()
        raise MemoryStoreError(
            f"PostgreSQL: {line[0] if line else error!r}; check that the server runs and the address is right"
        ) from error
