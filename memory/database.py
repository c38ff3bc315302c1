"""One small face over SQLite and PostgreSQL: read, write in a transaction, scrub what was deleted.

SQLite: WAL, foreign keys, secure delete, one connection behind one lock, so any thread may call.
SQL is written with `?`; values always travel as parameters.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from parley.memory.errors import ForgetError, MemoryStoreError
from parley.memory.schema import MIGRATIONS, TABLES

Row = tuple[Any, ...]
Execute = Callable[..., list[Row]]
"""`execute(sql, *values)` -> rows (empty for a statement that returns none)."""


class Database(Protocol):
    """What the store needs of a database."""

    def read(self, sql: str, *values: object) -> list[Row]:
        """All rows of one query."""
        ...

    def write(self) -> Any:
        """A context manager: one transaction, all or nothing; gives an `Execute`."""
        ...

    def scrub(self) -> None:
        """Make what was deleted unreadable in the files as well."""
        ...

    def close(self) -> None: ...


def open_database(where: Path | str) -> Database:
    """A `postgresql://` address, or the path of a SQLite file (made if missing)."""
    if isinstance(where, str) and where.startswith(("postgres://", "postgresql://")):
        return PostgresDatabase(where)
    return SqliteDatabase(Path(where).expanduser())


class SqliteDatabase:
    """A SQLite file, migrated on opening."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        with self._telling():
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10.0)
            try:
                for pragma in (
                    "busy_timeout = 10000", "journal_mode = WAL", "foreign_keys = ON", "secure_delete = ON",
                    "synchronous = FULL", "temp_store = MEMORY",
                ):  # fmt: skip
                    self._connection.execute(f"PRAGMA {pragma}").fetchall()
                self._migrate()
            except BaseException:
                self._connection.close()
                raise

    def _migrate(self) -> None:
        version = int(self._connection.execute("PRAGMA user_version").fetchone()[0])
        if version > len(MIGRATIONS):
            raise MemoryStoreError(
                f"{str(self.path)!r} was written by a newer Parley (format {version}, this one knows "
                f"{len(MIGRATIONS)}); upgrade Parley or use another home"
            )
        for number, statements in enumerate(MIGRATIONS[version:], version + 1):
            with self.write() as execute:
                for statement in statements:
                    execute(statement.format(blob="BLOB"))
                execute(f"PRAGMA user_version = {number}")

    def read(self, sql: str, *values: object) -> list[Row]:
        with self._lock, self._telling():
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def write(self) -> Iterator[Execute]:
        with self._lock, self._telling():
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield lambda sql, *values: self._connection.execute(sql, values).fetchall()
            except BaseException:
                if self._connection.in_transaction:  # a full disk rolls back by itself
                    self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def scrub(self) -> None:
        """Rewrite the file without free pages and empty the write-ahead log.

        Raises:
            ForgetError: a reader elsewhere keeps the log alive.
        """
        with self._lock, self._telling():
            self._connection.execute("VACUUM")
            busy = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        if busy:
            raise ForgetError(
                f"rows are deleted, but another program is reading {str(self.path)!r}, so its log still holds "
                "their bytes; close it and run the command again"
            )

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """SQLite's own errors as ours, with the mend."""
        try:
            yield
        except sqlite3.ProgrammingError as error:
            raise MemoryStoreError(f"{str(self.path)!r}: {error}; open the store again") from error
        except (sqlite3.Error, OSError) as error:
            raise MemoryStoreError(f"{str(self.path)!r}: {error}; {mend_for(str(error))}") from error


def mend_for(message: str) -> str:
    """What to do about one of SQLite's messages."""
    text = message.lower()
    if "full" in text:
        return "free some disk space and try again"
    if "readonly" in text or "unable to open" in text or "permission" in text:
        return "make the file and its folder writable, or use another home"
    if "malformed" in text or "not a database" in text:
        return "restore it from a backup, or move it away to start with an empty memory"
    if "locked" in text:
        return "another program holds it; close that program"
    return "check the disk and try again"


class PostgresDatabase:
    """The same tables in PostgreSQL."""

    def __init__(self, address: str) -> None:
        import psycopg

        self._lock = threading.RLock()
        self._error = psycopg.Error
        with self._telling():
            self._connection = psycopg.connect(address, autocommit=True)
            self._migrate()

    def _migrate(self) -> None:
        with self.write() as execute:
            execute("SELECT pg_advisory_xact_lock(727274)")  # two openers at once: one migrates
            execute("CREATE TABLE IF NOT EXISTS memory_version (version INTEGER NOT NULL)")
            rows = execute("SELECT version FROM memory_version")
            version = int(rows[0][0]) if rows else 0
            if version > len(MIGRATIONS):
                raise MemoryStoreError(
                    f"this database was written by a newer Parley (format {version}); upgrade Parley"
                )
            for statements in MIGRATIONS[version:]:
                for statement in statements:
                    execute(statement.format(blob="BYTEA"))
            execute("DELETE FROM memory_version")
            execute("INSERT INTO memory_version VALUES (?)", len(MIGRATIONS))

    def read(self, sql: str, *values: object) -> list[Row]:
        with self._lock, self._telling():
            return self._execute(sql, *values)

    @contextmanager
    def write(self) -> Iterator[Execute]:
        with self._lock, self._telling(), self._connection.transaction():
            yield self._execute

    def _execute(self, sql: str, *values: object) -> list[Row]:
        cursor = self._connection.execute(sql.replace("?", "%s"), values)
        return cursor.fetchall() if cursor.description else []

    def scrub(self) -> None:
        """Rewrite the tables. The server's own log keeps old pages until it recycles its segments."""
        with self._lock, self._telling():
            for table in TABLES:
                self._connection.execute(f"VACUUM FULL {table}")
            self._connection.execute("CHECKPOINT")

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            line = str(error).strip().splitlines()
            raise MemoryStoreError(
                f"PostgreSQL: {line[0] if line else error!r}; check that the server runs and the address is right"
            ) from error


def placeholders(values: Sequence[object]) -> str:
    """`?, ?, ?` for an IN list."""
    return ", ".join("?" for _ in values)
