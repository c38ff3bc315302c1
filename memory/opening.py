"""Opening the memory of a home: the store and the checkpoints, in the home's files or in PostgreSQL.

PostgreSQL by setting: `PARLEY_DATABASE=postgresql://...` puts both there, with the same tables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from parley.memory.statements import utc_now
from parley.memory.store import MemoryStore

if TYPE_CHECKING:
    from parley.memory.checkpoints import Checkpointer
    from parley.memory.postgres_checkpoints import PostgresCheckpointer

MEMORY_FILE = "memory.sqlite"
SESSIONS_FILE = "sessions.sqlite"
SETTING = "PARLEY_DATABASE"


def database_address() -> str | None:
    """The `postgresql://` address set for this process, if any."""
    return os.environ.get(SETTING) or None


def has_memory(home: Path) -> bool:
    """True if there is anything to read without making it."""
    return database_address() is not None or (home / MEMORY_FILE).exists()


def open_store(home: Path, *, clock: Callable[[], datetime] = utc_now) -> MemoryStore:
    """The home's memory store.

    Raises:
        MemoryStoreError: it cannot be opened; the message says the mend.
    """
    return MemoryStore.open(database_address() or home / MEMORY_FILE, clock=clock)


def open_memory(
    home: Path, models: Iterable[type] = (), *, clock: Callable[[], datetime] = utc_now
) -> tuple[MemoryStore, Checkpointer | PostgresCheckpointer]:
    """The home's store and checkpoints, tied together so that forgetting reaches both.

    Raises:
        MemoryStoreError: one of them cannot be opened; the message says the mend.
    """
    from parley.memory.checkpoints import open_checkpointer, open_postgres_checkpointer

    store = open_store(home, clock=clock)
    address = database_address()
    try:
        checkpointer = (
            open_postgres_checkpointer(address, models) if address else open_checkpointer(home / SESSIONS_FILE, models)
        )
    except BaseException:
        store.close()
        raise
    store.add_forget_hook(checkpointer)
    return store, checkpointer
