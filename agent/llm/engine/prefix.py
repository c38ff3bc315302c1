"""Computed text that is kept: role instructions for everybody, conversations for their owner alone.

An entry is a run of tokens whose keys and values lie in a sequence of the context (to be shared at no
cost) or, once pushed out, in ordinary memory (to be copied back in a millisecond). Found by longest common
beginning; pushed out by last use. After RadixAttention (SGLang), arXiv:2312.07104.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

PUBLIC = "*"
"""The owner of text that belongs to nobody: a role's instructions."""

SAVED_BYTES = 96 * 2**20
"""Ordinary memory for text that was pushed out of the context."""

WORTH_SAVING = 24
"""Tokens below which computing again is cheaper than saving."""


class Sequences(Protocol):
    """What the store needs of a context (`NativeContext` is one)."""

    def copy(self, source: int, target: int, length: int) -> None: ...
    def cut(self, sequence: int, length: int) -> None: ...
    def save(self, sequence: int) -> NDArray[np.uint8]: ...
    def restore(self, data: NDArray[np.uint8], sequence: int) -> bool: ...


@dataclass
class Entry:
    """One kept run of tokens."""

    tokens: NDArray[np.int32]
    owner: str
    sequence: int | None
    """Where it lies in the context; None when saved."""
    saved: NDArray[np.uint8] | None = None
    cost: int = 0
    """Cells it holds that nothing else shares, at most."""
    used: int = 0
    """When it was last of use, in the store's own count."""


@dataclass(frozen=True)
class PrefixStats:
    """Figures for `parley doctor` and the benchmarks."""

    entries: int
    resident_tokens: int
    saved_bytes: int
    hits: int
    misses: int
    tokens_reused: int
    evicted: int


class PrefixStore:
    """Kept prefixes of one context with one adapter. Called by the context's owner only."""

    def __init__(
        self, context: Sequences, spare: list[int], *, resident_tokens: int = 3072, saved_bytes: int = SAVED_BYTES
    ) -> None:
        """`spare` are the sequence numbers nobody uses; the store takes from and gives back to it."""
        self._context, self._spare = context, spare
        self._resident_limit, self._saved_limit = resident_tokens, saved_bytes
        self._entries: list[Entry] = []
        self._clock = 0
        self._hits = self._misses = self._reused = self._evicted = 0

    def begin(self, sequence: int, tokens: Sequence[int], owner: str) -> int:
        """Put the longest kept beginning of `tokens` into an empty sequence.

        Returns:
            How many tokens are there; at most all but the last, whose logits are wanted.
        """
        wanted = np.asarray(tokens, np.int32)
        best, length = None, 0
        for entry in self._entries:
            if entry.owner in (PUBLIC, owner):
                shared = _common(entry.tokens, wanted)
                if shared > length or (shared == length and best is not None and best.sequence is None):
                    best, length = entry, shared
        length = min(length, len(tokens) - 1)
        if best is None or length < 1:
            self._misses += 1
            return 0
        if best.sequence is not None:
            self._context.copy(best.sequence, sequence, length)
        else:
            if length < WORTH_SAVING or best.saved is None or not self._context.restore(best.saved, sequence):
                self._misses += 1
                return 0
            self._context.cut(sequence, length)
        self._clock += 1
        best.used = self._clock
        self._hits += 1
        self._reused += length
        return length

    def keep(self, sequence: int, tokens: Sequence[int], owner: str, shared: int) -> bool:
        """Take over a sequence that holds exactly `tokens`, of which `shared` came from the store.

        Returns:
            False if it was not worth keeping: the caller keeps the sequence.
        """
        kept = np.asarray(tokens, np.int32)
        if len(kept) < 2:
            return False
        for entry in self._entries:
            if (
                entry.owner in (PUBLIC, owner)
                and entry.sequence is not None
                and _common(entry.tokens, kept) == len(kept)
            ):
                self._clock += 1
                entry.used = self._clock
                return False
        for entry in [e for e in self._entries if e.owner == owner and len(e.tokens) <= len(kept)]:
            if _common(entry.tokens, kept) == len(entry.tokens):
                shared -= entry.cost
                self._drop(entry)
        self._clock += 1
        self._entries.append(Entry(kept, owner, sequence, None, len(kept) - max(0, shared), self._clock))
        self.shrink()
        return True

    def shrink(self) -> None:
        """Push out what was not used longest until the limits hold."""
        while self._resident() > self._resident_limit and self.push_out():
            pass
        while self._saved() > self._saved_limit:
            self._drop(min((e for e in self._entries if e.saved is not None), key=lambda e: e.used))

    def push_out(self, *, save: bool = True) -> bool:
        """Free the sequence that was not used longest (public ones count as used later); False if there is none."""
        resident = [e for e in self._entries if e.sequence is not None]
        if not resident:
            return False
        self._evicted += 1
        entry = min(resident, key=lambda e: e.used + (64 if e.owner == PUBLIC else 0))
        if save and len(entry.tokens) >= WORTH_SAVING and entry.sequence is not None:
            entry.saved = self._context.save(entry.sequence)
            self._release(entry)
            entry.cost = 0
        else:
            self._drop(entry)
        return True

    def forget(self, owner: str) -> int:
        """Drop everything of an owner; how many entries that was."""
        mine = [e for e in self._entries if e.owner == owner]
        for entry in mine:
            self._drop(entry)
        return len(mine)

    def clear(self) -> None:
        for entry in list(self._entries):
            self._drop(entry)

    def stats(self) -> PrefixStats:
        return PrefixStats(
            len(self._entries), self._resident(), self._saved(), self._hits, self._misses, self._reused, self._evicted
        )

    def _resident(self) -> int:
        return sum(e.cost for e in self._entries if e.sequence is not None)

    def _saved(self) -> int:
        return sum(len(e.saved) for e in self._entries if e.saved is not None)

    def _release(self, entry: Entry) -> None:
        if entry.sequence is not None:
            self._context.cut(entry.sequence, 0)
            self._spare.append(entry.sequence)
            entry.sequence = None

    def _drop(self, entry: Entry) -> None:
        self._release(entry)
        self._entries = [e for e in self._entries if e is not entry]


def _common(left: NDArray[np.int32], right: NDArray[np.int32]) -> int:
    """How many first tokens two runs share."""
    size = min(len(left), len(right))
    if not size or left[0] != right[0]:
        return 0
    differs = left[:size] != right[:size]
    at = int(differs.argmax())
    return at if differs[at] else size
