"""One process owns a home folder. A second one is told so at once, by name.

Chroma's embedded client and a graph's sessions are single-process; two owners would corrupt one
and fork the other. The operating system drops the lock when its holder dies, kill -9 included.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout

from parley.memory.errors import HomeInUseError, MemoryStoreError

LOCK_NAME = "home.lock"
OWNER_NAME = "home.pid"


class HomeLock:
    """Holds a home for this process from construction to `close`.

    Raises:
        HomeInUseError: another holder has it; at once, without waiting.
        MemoryStoreError: the folder cannot be made or written.
    """

    def __init__(self, home: Path | str) -> None:
        self.home = Path(home).expanduser()
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            self._lock = FileLock(self.home / LOCK_NAME, timeout=0, thread_local=False)
            self._lock.acquire(timeout=0)
        except Timeout as error:
            raise HomeInUseError(self._in_use()) from error
        except OSError as error:
            raise MemoryStoreError(
                f"home {str(self.home)!r} cannot be written ({error.strerror or error}); choose another with --home"
            ) from error
        (self.home / OWNER_NAME).write_text(str(os.getpid()), "ascii")

    def _in_use(self) -> str:
        pid = owner_pid(self.home)
        holder = f"process {pid}" if pid is not None else "another process"
        if pid == os.getpid():
            holder = f"this process ({pid})"
        return f"home {str(self.home)!r} is in use by {holder}; close it first, or choose another with --home"

    def close(self) -> None:
        """Give the home back; closing twice does nothing."""
        if self._lock.is_locked:
            (self.home / OWNER_NAME).unlink(missing_ok=True)
            self._lock.release()

    def __enter__(self) -> HomeLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def owner_pid(home: Path) -> int | None:
    """The process said to hold the home; None if unknown."""
    try:
        return int((home / OWNER_NAME).read_text("ascii"))
    except (OSError, ValueError):
        return None
