"""The vocabulary as a tree of bytes in flat arrays, so that one walk finds every token a grammar allows."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from parley.agent.llm.seam import ModelError

TEXT = -1
"""The run of characters inside a JSON string, where others are a set of bytes as a 256-bit number."""

LONGEST_TOKEN = 96
"""Bytes beyond which a token is left out: runs of blanks."""

Moves = Callable[[NDArray[np.int32]], NDArray[np.int32]]
"""(n,) states -> (n, 256) the states their bytes lead to, 0 for none."""


class Tree:
    """Some tokens, as nodes level by level; the children of a node lie side by side."""

    def __init__(self, pieces: Sequence[bytes], tokens: NDArray[np.int32]) -> None:
        self.tokens = tokens
        longest = max((len(pieces[t]) for t in tokens), default=0)
        table = np.full((len(tokens), longest), 256, np.int64)  # (tokens, bytes), 256 after the end
        for row, token in enumerate(tokens):
            table[row, : len(pieces[token])] = np.frombuffer(pieces[token], np.uint8)
        at = np.zeros(len(tokens), np.int64)  # the node each token has reached
        bytes_, parents, size = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)], 1
        for depth in range(longest):
            alive = np.flatnonzero(table[:, depth] < 256)
            keys, found = np.unique(at[alive] * 256 + table[alive, depth], return_inverse=True)
            at[alive] = size + found.reshape(-1)
            bytes_.append(keys % 256)
            parents.append(keys // 256)
            size += len(keys)
        self.byte = np.concatenate(bytes_).astype(np.uint8)
        self.count = np.bincount(np.concatenate(parents)[1:], minlength=size).astype(np.int64)
        self.first = 1 + np.cumsum(self.count) - self.count
        self.node = at

    def reach(self, state: int, moves: Moves) -> NDArray[np.int32]:
        """The tokens all of whose bytes lead somewhere from a state."""
        seen = np.zeros(len(self.byte), np.bool_)
        nodes, states = np.zeros(1, np.int64), np.full(1, state, np.int32)
        while len(nodes):
            counts = self.count[nodes]
            total = int(counts.sum())
            if not total:
                break
            before = np.cumsum(counts) - counts
            below = np.repeat(self.first[nodes] - before, counts) + np.arange(total)
            unique, which = _unique(states)
            following = moves(unique)[np.repeat(which, counts), self.byte[below]]
            alive = following != 0
            nodes, states = below[alive], following[alive]
            seen[nodes] = True
        return self.tokens[seen[self.node]]


def _unique(states: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Distinct small numbers, and for each entry which of them it is; quicker than sorting."""
    there = np.zeros(int(states.max()) + 1, np.bool_)
    there[states] = True
    unique = np.flatnonzero(there).astype(np.int32)
    place = np.cumsum(there) - 1
    return unique, place[states]


@dataclass(frozen=True)
class Run:
    """The vocabulary seen from inside a run of characters of one kind."""

    inside: NDArray[np.bool_]
    """(n_vocab,) tokens made of such characters only."""
    characters: NDArray[np.int16]
    """(n_vocab,) how many characters those have."""
    crossing: Tree
    """The other tokens."""


class TokenTrie:
    """The vocabulary of one model. Thread-safe."""

    def __init__(self, pieces: Sequence[bytes], banned: frozenset[int]) -> None:
        self.size = len(pieces)
        self._pieces = pieces
        self._usable = np.array(
            [t for t, piece in enumerate(pieces) if piece and t not in banned and len(piece) < LONGEST_TOKEN], np.int32
        )
        self.whole = Tree(pieces, self._usable)
        self._single = {pieces[t][0]: int(t) for t in reversed(self._usable) if len(pieces[t]) == 1}
        self._runs: dict[int, Run] = {}
        self._lock = threading.Lock()

    def byte(self, byte: int) -> int:
        """The token of a single byte.

        Raises:
            ModelError: the vocabulary has none.
        """
        if byte not in self._single:
            raise ModelError(f"the vocabulary has no token for byte {byte}")
        return self._single[byte]

    def run(self, kind: int) -> Run:
        """The vocabulary inside a run: `TEXT`, or a set of bytes."""
        with self._lock:
            if kind not in self._runs:
                self._runs[kind] = self._sort(kind)
            return self._runs[kind]

    def _sort(self, kind: int) -> Run:
        inside = np.zeros(self.size, np.bool_)
        characters = np.zeros(self.size, np.int16)
        allowed = bytes(b for b in range(256) if kind != TEXT and kind >> b & 1)
        for token in self._usable:
            piece = self._pieces[token]
            length = _characters(piece) if kind == TEXT else len(piece) if not piece.translate(None, allowed) else 0
            if length:
                inside[token], characters[token] = True, length
        return Run(inside, characters, Tree(self._pieces, self._usable[~inside[self._usable]]))


def _characters(piece: bytes) -> int:
    """Characters of a token that is plain inside a JSON string; 0 with a quote, a backslash, half a character."""
    if b'"' in piece or b"\\" in piece or any(b < 0x20 or b == 0x7F for b in piece):
        return 0
    try:
        return len(piece.decode())
    except UnicodeDecodeError:
        return 0
