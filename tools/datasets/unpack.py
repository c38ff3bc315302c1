"""Archives from outside, opened with suspicion: bounded size, no path that leads elsewhere."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from parley.tools.datasets.registry import DataError

MOST_BYTES = 8 * 1024**3
"""Unpacked size beyond which an archive is refused."""
MOST_RATIO = 200
"""Unpacked to packed; real tables stay far below it, bombs are at a thousand and more."""
_GRACE = 16 * 1024**2
"""Small files may compress as they like."""


class BoundedReader:
    """Reads a decompressing stream and stops when it grows suspiciously."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, *, packed: int, name: str, most: int = MOST_BYTES) -> None:
        self._stream = stream
        self._most = min(most, max(_GRACE, MOST_RATIO * packed))
        self._name = name
        self._read = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes.

        Raises:
            DataError: more came out than a table of this packed size can hold, or the stream is damaged.
        """
        try:
            block = self._stream.read(size if size >= 0 else self._most - self._read + 1)
        except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError) as error:
            raise DataError(f"{self._name!r} is damaged ({error}); fetch it again") from error
        self._read += len(block)
        if self._read > self._most:
            raise DataError(
                f"{self._name!r} unpacks to more than {self._most // 1024**2} MB: refused as a decompression bomb; "
                "unpack it yourself if you trust it"
            )
        return block


def open_gzip(path: Path, *, most: int = MOST_BYTES) -> BoundedReader:
    """A gzip file as a bounded stream."""
    return BoundedReader(gzip.open(path, "rb"), packed=path.stat().st_size, name=path.name, most=most)


def list_zip(path: Path) -> list[zipfile.ZipInfo]:
    """The files of a zip archive.

    Raises:
        DataError: not a zip archive, too big, or a name leads out of it.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [m for m in archive.infolist() if not m.is_dir()]
    except (zipfile.BadZipFile, OSError) as error:
        raise DataError(f"{path.name!r} is no zip archive ({error}); fetch it again") from error
    if sum(m.file_size for m in members) > MOST_BYTES or len(members) > 100_000:
        raise DataError(f"{path.name!r} unpacks to more than {MOST_BYTES // 1024**3} GB: refused")
    for member in members:
        parts = PurePosixPath(member.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or ":" in parts.parts[0]:
            raise DataError(f"{path.name!r} holds {member.filename[:80]!r}, which leads out of the archive: refused")
    return members


def open_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, *, most: int = MOST_BYTES) -> BoundedReader:
    """One file of an archive as a bounded stream."""
    try:
        stream = archive.open(member)
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile) as error:
        raise DataError(f"{member.filename[:80]!r} cannot be unpacked ({error}); unpack it yourself") from error
    return BoundedReader(stream, packed=member.compress_size, name=member.filename, most=most)


def unpack_zip(path: Path, folder: Path, *, under: str = "") -> Iterator[str]:
    """Write the files of an archive into `folder` (without a common top folder); yields their names.

    Args:
        under: only files below this folder of the archive.
    """
    members = [m for m in list_zip(path) if m.filename.startswith(under)]
    tops = {PurePosixPath(m.filename).parts[0] for m in members}
    single = len(tops) == 1 and all(len(PurePosixPath(m.filename).parts) > 1 for m in members)
    with zipfile.ZipFile(path) as archive:
        for member in members:
            parts = PurePosixPath(member.filename)
            relative = parts.relative_to(under) if under else PurePosixPath(*parts.parts[1:]) if single else parts
            if relative.parts[0] == "__MACOSX":
                continue
            target = folder / relative
            target.parent.mkdir(parents=True, exist_ok=True)
            reader = open_member(archive, member)
            with target.open("wb") as out:
                while block := reader.read(1 << 20):
                    out.write(block)
            yield str(relative)
