"""Rescue of a damaged SQLite file: set it aside, carry every row that can still be read into a new one."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

MAGIC = b"SQLite format 3\x00"
TABLES = ("checkpoints", "writes", "quarantine")


def salvage(path: Path) -> str:
    """Make sure the file can be used; if not, set it aside and rescue what can be read.

    Returns:
        "" if the file is sound or absent; otherwise one line on what happened.

    Raises:
        sqlite3.OperationalError: it cannot be opened for a reason that is not damage (permissions, disk).
    """
    if not path.exists() or path.stat().st_size == 0 or _is_sound(path):
        return ""
    aside = path.with_name(f"{path.name}.damaged-{time.time_ns()}")
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + suffix).replace(aside.with_name(aside.name + suffix))
    _mend_header(aside)
    rescued = 0
    with closing(sqlite3.connect(path)) as new, closing(sqlite3.connect(aside)) as old:
        for table in TABLES:
            rescued += _carry_over(old, new, table)
        new.commit()
    return f"{path.name} was damaged: {rescued} rows were rescued, the old file is {aside.name}"


def _is_sound(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path, timeout=10.0)) as connection:
            return bool(connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok")
    except sqlite3.OperationalError as error:
        if "malformed" in str(error):
            return False
        raise
    except sqlite3.DatabaseError:
        return False


def _mend_header(path: Path) -> None:
    """Give the file a header SQLite accepts: its own without the page count, or a plain one (4096-byte pages)."""
    with path.open("r+b") as file:
        header = bytearray(file.read(100).ljust(100, b"\0"))
        sane = bytes(header[18:20]) in (b"\x01\x01", b"\x02\x02") and header[21:24] == b"\x40\x20\x20"
        if bytes(header[:16]) != MAGIC or not sane:
            header = bytearray(100)
            header[:16] = MAGIC
            header[16:18] = (4096).to_bytes(2, "big")
            header[18:24] = bytes((2, 2, 0, 64, 32, 32))
            header[44:48] = (4).to_bytes(4, "big")  # schema format
            header[56:60] = (1).to_bytes(4, "big")  # UTF-8
        header[28:32] = bytes(4)  # the size is what is left of the file
        file.seek(0)
        file.write(header)


def _carry_over(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> int:
    """Copy a table's readable rows; where a page is unreadable, go on behind it."""
    try:
        row = old.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)).fetchone()
        if row is None:
            return 0
        new.execute(row[0])
        columns = [str(info[1]) for info in old.execute(f"PRAGMA table_info({table})")]
    except sqlite3.DatabaseError:
        return 0
    insert = f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' for _ in columns)})"
    copied, after, leap = 0, -1, 1
    while leap <= 1 << 20:
        try:
            for rowid, *values in old.execute(f"SELECT rowid, * FROM {table} WHERE rowid > ? ORDER BY rowid", (after,)):
                new.execute(insert, values)
                copied, after, leap = copied + 1, int(rowid), 1
            break
        except sqlite3.DatabaseError:
            after += leap
            leap *= 2
    return copied
