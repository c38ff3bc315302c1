"""Looks at a GGUF file before llama.cpp does: a broken file ends in one clear line, not in a crash.

The header is read here, in Python, with every length checked against the file. A file we did not
ship is then opened once in a child process, so that a parser fault cannot take the session down.
Format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

from __future__ import annotations

import math
import os
import struct
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from parley.agent.llm.seam import ModelError

_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9

BLOCKS = {0: (1, 4), 1: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 30: (1, 2)}
"""GGML type -> (weights in a block, bytes of a block), for the types we size."""

MAX_COUNT = 1_000_000
"""More keys, tensors or bytes of a name than any real file has."""


@dataclass(frozen=True)
class Tensor:
    """Where a tensor lies in the file."""

    name: str
    shape: tuple[int, ...]
    """Fastest-changing first, as GGUF has it."""
    type: int
    offset: int
    """From the start of the data section, bytes."""


@dataclass(frozen=True)
class Header:
    """What a GGUF says of itself."""

    metadata: dict[str, Any]
    """Arrays longer than 64 are left out."""
    tensors: tuple[Tensor, ...]
    data_start: int
    """Bytes."""

    @property
    def architecture(self) -> str:
        return str(self.metadata.get("general.architecture", ""))


def read_header(path: str | Path) -> Header:
    """The header of a GGUF file.

    Raises:
        ModelError: missing, not GGUF, cut off, or with counts that make no sense.
    """
    file = Path(path)
    if not file.is_file():
        raise ModelError(f"no model file at {str(path)!r}; give the path of a .gguf file, or use 'embedded'")
    try:
        with file.open("rb") as stream:
            return _Reader(stream, file.stat().st_size).header()
    except OSError as error:
        raise ModelError(f"cannot read {str(path)!r}: {error.strerror or error}") from None
    except _Broken as error:
        raise ModelError(f"{file.name!r} is not a usable GGUF model: {error}; download it again") from None


def check_gguf(path: str | Path) -> Header:
    """`read_header`, and every tensor lies inside the file, and the weights fit into memory.

    Raises:
        ModelError: with the reason.
    """
    header = read_header(path)
    size = Path(path).stat().st_size
    for tensor in header.tensors:
        end = header.data_start + tensor.offset + _bytes(tensor)
        if end > size:
            raise ModelError(
                f"{Path(path).name!r} is cut off: tensor {tensor.name!r} ends at byte {end:,} of {size:,}; "
                "download it again"
            )
    available = memory_available()
    if available is not None and size > available:
        raise ModelError(
            f"{Path(path).name!r} needs at least {size / 2**30:.1f} GiB and {available / 2**30:.1f} GiB of memory is "
            "free; choose a smaller model"
        )
    return header


def probe_gguf(path: str | Path, *, timeout_s: float = 300.0) -> None:
    """Load the file once in a child process and decode one token: faults stay there.

    Raises:
        ModelError: llama.cpp refuses the file or dies of it.
    """
    check_gguf(path)
    environment = {**os.environ, "PARLEY_NO_REAL_MODEL": "0"}
    command = [sys.executable, "-m", "parley.agent.llm.probe", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, env=environment, check=False)
    except subprocess.TimeoutExpired:
        raise ModelError(f"{Path(path).name!r} did not load within {timeout_s:.0f} s; choose a smaller model") from None
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        reason = lines[-1] if lines and done.returncode > 0 else f"the loader died (signal {-done.returncode})"
        raise ModelError(f"llama.cpp cannot load {Path(path).name!r}: {reason[:200]}; try another file")


def memory_available() -> int | None:
    """Bytes that could be allocated now; None where the system does not say."""
    found = []
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                found.append(int(line.split()[1]) * 1024)
    except OSError:
        return None
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text().strip()
        if limit != "max":
            used = int(Path("/sys/fs/cgroup/memory.current").read_text())
            found.append(max(0, int(limit) - used))
    except (OSError, ValueError):
        pass
    return min(found) if found else None


def _bytes(tensor: Tensor) -> int:
    weights = math.prod(tensor.shape)
    block, size = BLOCKS.get(tensor.type, (1, 0))
    return weights // block * size


class _Broken(ValueError):
    pass


class _Reader:
    """Reads GGUF values; never past the end, never more than a sane count."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._size = stream, size

    def header(self) -> Header:
        if self._take(4) != b"GGUF":
            raise _Broken("it does not begin with GGUF")
        version = self._number("<I")
        if version not in (2, 3):
            raise _Broken(f"GGUF version {version}, we read 2 and 3")
        n_tensors, n_keys = self._count(), self._count()
        metadata: dict[str, Any] = {}
        for _ in range(n_keys):
            key = self._string()
            value = self._value(self._number("<I"), depth=0)
            if not (isinstance(value, list) and len(value) > 64):
                metadata[key] = value
        tensors = tuple(self._tensor() for _ in range(n_tensors))
        align = metadata.get("general.alignment", 32)
        if not isinstance(align, int) or not 0 < align <= 65536:
            raise _Broken(f"alignment {align!r}")
        start = self._stream.tell()
        return Header(metadata, tensors, start + (-start) % align)

    def _tensor(self) -> Tensor:
        name = self._string()
        dimensions = self._number("<I")
        if not 0 < dimensions <= 4:
            raise _Broken(f"tensor {name!r} has {dimensions} dimensions")
        shape = tuple(self._number("<Q") for _ in range(dimensions))
        if math.prod(shape) > 2**45:
            raise _Broken(f"tensor {name!r} claims shape {shape}")
        return Tensor(name, shape, self._number("<I"), self._number("<Q"))

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _SCALARS:
            return self._number(_SCALARS[kind])
        if kind == _STRING:
            return self._string()
        if kind == _ARRAY and depth < 4:
            inner, count = self._number("<I"), self._number("<Q")
            if count * (struct.calcsize(_SCALARS[inner]) if inner in _SCALARS else 8) > self._size:
                raise _Broken(f"an array claims {count:,} values")
            if inner in _SCALARS:
                data = self._take(count * struct.calcsize(_SCALARS[inner]))
                return list(data) if inner == 0 else [v[0] for v in struct.iter_unpack(_SCALARS[inner], data)]
            return [self._value(inner, depth + 1) for _ in range(count)]
        raise _Broken(f"value type {kind}")

    def _string(self) -> str:
        length = self._number("<Q")
        if length > min(self._size, 64 * MAX_COUNT):
            raise _Broken(f"a string claims {length:,} bytes")
        return self._take(length).decode("utf-8", errors="replace")

    def _count(self) -> int:
        count = int(self._number("<Q"))
        if count > MAX_COUNT:
            raise _Broken(f"it claims {count:,} entries")
        return count

    def _number(self, layout: str) -> Any:
        return struct.unpack(layout, self._take(struct.calcsize(layout)))[0]

    def _take(self, count: int) -> bytes:
        data = self._stream.read(count)
        if len(data) != count:
            raise _Broken("it ends in the middle of its header")
        return data
