"""Which tokens may come next: the grammar's network walked over the vocabulary's trie, once per place.

A place is a set of configurations (node, characters left and needed in a string, return addresses).
Its mask is computed when first reached and kept, so a schema costs its masks once and then only a
look-up a token. Text the grammar forces is found without asking the model ("jump-ahead").
After Willard & Louf, arXiv:2307.09702, and Zheng et al. (SGLang), arXiv:2312.07104.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.agent.llm.engine.grammar import CARRY, CLOSE, CONSUME, ENTER, Grammar
from parley.agent.llm.seam import ModelError

Stack = tuple[Any, ...] | None
Config = tuple[int, int, int, Stack]
"""(node, characters left, characters needed, (node to return to, the stack below))."""
Place = frozenset[Config]
Mask = NDArray[np.bool_] | NDArray[np.int32]
"""(n_vocab,) bool, or the few allowed ids."""

MANY = 96
"""Characters left beyond which a limit cannot bite within one token."""
KEPT_MASKS = 1500
FEW = 2048


class TokenTrie:
    """The vocabulary as a tree of bytes, and what of it is plain inside a JSON string."""

    def __init__(self, pieces: Sequence[bytes], banned: frozenset[int]) -> None:
        self.size = len(pieces)
        self.root: dict[Any, Any] = {}
        self.special: dict[Any, Any] = {}
        """Tokens with a quote, a backslash, or half a character: those that are not plain."""
        self.plain = np.zeros(self.size, np.bool_)
        self.characters = np.zeros(self.size, np.int16)
        for token, piece in enumerate(pieces):
            if not piece or token in banned or len(piece) >= MANY:
                continue
            self._insert(self.root, piece, token)
            if self._is_plain(piece):
                self.plain[token] = True
                self.characters[token] = len(piece.decode())
            else:
                self._insert(self.special, piece, token)

    @staticmethod
    def _insert(node: dict[Any, Any], piece: bytes, token: int) -> None:
        for byte in piece:
            node = node.setdefault(byte, {})
        node.setdefault(-1, []).append(token)

    def byte(self, byte: int) -> int:
        """The token of a single byte.

        Raises:
            ModelError: the vocabulary has none.
        """
        tokens = self.root.get(byte, {}).get(-1)
        if not tokens:
            raise ModelError(f"the vocabulary has no token for byte {byte}")
        return int(tokens[0])

    @staticmethod
    def _is_plain(piece: bytes) -> bool:
        if b'"' in piece or b"\\" in piece or any(b < 0x20 or b == 0x7F for b in piece):
            return False
        try:
            piece.decode()
        except UnicodeDecodeError:
            return False
        return True


class Automaton:
    """A schema's network over one vocabulary. Thread-safe; shared by all requests with the schema."""

    def __init__(self, schema: Mapping[str, Any], trie: TokenTrie, tokenize: Callable[[str], list[int]]) -> None:
        self.grammar = Grammar(schema)
        self._trie, self._tokenize = trie, tokenize
        self._steps: dict[tuple[Place, int], Place] = {}
        self._masks: OrderedDict[Place, Mask] = OrderedDict()
        self._forced: dict[Place, tuple[bytes, bool]] = {}
        self._lock = threading.Lock()
        self.start = self._closure([(self.grammar.start, 0, 0, None)])

    # --- moving ---------------------------------------------------------------------------

    def _closure(self, configs: Sequence[Config]) -> Place:
        """Everything reachable without reading: rules entered, rules left."""
        nodes = self.grammar.nodes
        seen: set[Config] = set()
        kept: set[Config] = set()
        todo = list(configs)
        while todo:
            config = todo.pop()
            if config in seen:
                continue
            seen.add(config)
            index, stack = config[0], config[3]
            node = nodes[index]
            if node.edges or (node.end and stack is None):
                kept.add(config)
            if node.end and stack is not None:
                todo.append((stack[0], 0, 0, stack[1]))
            for rule, back in node.calls:
                target = nodes[back]
                below = stack if target.end and not target.edges else (back, stack)
                if below is stack and stack is None:
                    below = (back, None)
                todo.append((rule, 0, 0, below))
            for jump in node.jumps:
                todo.append((jump, 0, 0, stack))
        return frozenset(kept)

    def step(self, place: Place, byte: int) -> Place:
        """Where a byte leads; empty if it is not allowed."""
        key = (place, byte)
        known = self._steps.get(key)
        if known is not None:
            return known
        nodes = self.grammar.nodes
        found: list[Config] = []
        bit = 1 << byte
        for index, left, need, stack in place:
            for bits, following, what in nodes[index].edges:
                if not bits & bit:
                    continue
                if what == ENTER:
                    fewest, most = nodes[following].limits
                    found.append((following, most, fewest, stack))
                elif what == CLOSE:
                    if need <= 0:
                        found.append((following, 0, 0, stack))
                elif what == CARRY:
                    if left > 0:
                        found.append((following, left, need, stack))
                elif what == CONSUME and left > 0:
                    found.append((following, left - 1, max(0, need - 1), stack))
        result = self._closure(found)
        if len(self._steps) < 400_000:
            self._steps[key] = result
        return result

    def advance(self, place: Place, piece: bytes) -> Place:
        """Where the bytes of a token lead; empty if they are not allowed."""
        for byte in piece:
            place = self.step(place, byte)
            if not place:
                break
        return place

    def accepts(self, place: Place) -> bool:
        """The document may end here."""
        return any(self.grammar.nodes[c[0]].end and c[3] is None for c in place)

    def finished(self, place: Place) -> bool:
        """The document must end here."""
        return bool(place) and not any(self.grammar.nodes[c[0]].edges for c in place)

    # --- what may come --------------------------------------------------------------------

    def mask(self, place: Place) -> Mask:
        """The tokens allowed at a place (the end of the document is not among them)."""
        key = frozenset((node, min(left, MANY), need, stack) for node, left, need, stack in place)
        with self._lock:
            known = self._masks.get(key)
            if known is not None:
                self._masks.move_to_end(key)
                return known
        allowed = np.zeros(self._trie.size, np.bool_)
        body = self._only_string_body(key)
        if body is not None:
            left = body[1]
            plain = self._trie.plain
            allowed |= plain if left >= MANY else plain & (self._trie.characters <= left)
            self._walk(self._trie.special, key, allowed)
        else:
            self._walk(self._trie.root, key, allowed)
        ids = np.flatnonzero(allowed).astype(np.int32)
        mask: Mask = ids if len(ids) <= FEW else allowed
        with self._lock:
            self._masks[key] = mask
            while len(self._masks) > KEPT_MASKS:
                self._masks.popitem(last=False)
        return mask

    def _only_string_body(self, place: Place) -> Config | None:
        if len(place) != 1:
            return None
        config = next(iter(place))
        node = self.grammar.nodes[config[0]]
        return config if any(what == CLOSE for _, _, what in node.edges) else None

    def _walk(self, node: dict[Any, Any], place: Place, allowed: NDArray[np.bool_]) -> None:
        for byte, below in node.items():
            if byte == -1:
                continue
            following = self.step(place, byte)
            if not following:
                continue
            tokens = below.get(-1)
            if tokens:
                allowed[tokens] = True
            self._walk(below, following, allowed)

    def forced_text(self, place: Place) -> tuple[bytes, bool]:
        """The bytes that must come, and whether the document is then complete."""
        known = self._forced.get(place)
        if known is not None:
            return known
        origin, text = place, bytearray()
        while not self.accepts(place):
            bits = 0
            for config in place:
                for edge, _, what in self.grammar.nodes[config[0]].edges:
                    if not ((what == CLOSE and config[2] > 0) or (what in (CARRY, CONSUME) and config[1] <= 0)):
                        bits |= edge
            if bits == 0 or bits & (bits - 1):
                break
            byte = bits.bit_length() - 1
            text.append(byte)
            place = self.step(place, byte)
        found = bytes(text), self.finished(place)
        if len(self._forced) < 50_000:
            self._forced[origin] = found
        return found

    def forced_tokens(self, place: Place) -> list[int]:
        """Tokens that can be taken without asking the model, cut where a longer token could straddle the end."""
        text, complete = self.forced_text(place)
        if len(text) < 2 and not complete:
            return []
        try:
            tokens = self._tokenize(text.decode())
        except UnicodeDecodeError:
            return []
        if complete:
            return tokens
        pieces = self.pieces
        while tokens:
            last = pieces[tokens.pop()]
            if any(chr(b).isalnum() for b in last) or not tokens:
                break
            if any(chr(b).isalnum() for b in pieces[tokens[-1]]):
                break
        return tokens

    pieces: Sequence[bytes] = ()
    """The vocabulary's bytes; set by `AutomatonStore`."""

    def closing_text(self, place: Place) -> bytes:
        """A shortest end of the document from here."""
        text = bytearray()
        while not self.accepts(place) and len(text) < 100_000:
            text.append(self._closing_byte(place))
            place = self.step(place, text[-1])
        return bytes(text)

    def tokens_of(self, text: bytes) -> list[int]:
        """Tokens for bytes of a document, which may begin inside a character."""
        head = next((i for i, b in enumerate(text) if b & 0xC0 != 0x80), len(text))
        if head == 0:
            return self._tokenize(text.decode())
        return [*(self._trie.byte(b) for b in text[:head]), *self._tokenize(text[head:].decode())]

    def _closing_byte(self, place: Place) -> int:
        nodes, distance = self.grammar.nodes, self.grammar.distance
        best: tuple[int, int] | None = None
        for index, left, need, stack in place:
            rest, below = 0, stack
            while below is not None:
                rest += distance[below[0]]
                below = below[1]
            for bits, following, what in nodes[index].edges:
                if what == CLOSE and need > 0:
                    continue
                cost = rest + 1 + distance[following]
                if what in (CARRY, CONSUME):
                    if left <= 0 or (what == CONSUME and need <= 0 and self._is_body(index)):
                        continue
                    cost += need
                choice = (cost, _tidy_byte(bits))
                best = min(best, choice) if best is not None else choice
        if best is None:
            raise ModelError("the document cannot be closed from here")
        byte: int = best[1]
        return byte

    def _is_body(self, index: int) -> bool:
        return any(what == CLOSE for _, _, what in self.grammar.nodes[index].edges)


def _tidy_byte(bits: int) -> int:
    """A harmless byte of a set: a digit or a letter where there is one."""
    for byte in (*b"0", *b"1", *b"x"):
        if bits >> byte & 1:
            return int(byte)
    lowest: int = (bits & -bits).bit_length() - 1
    return lowest


class AutomatonStore:
    """Automata by schema, over one vocabulary; the trie is built when first needed."""

    def __init__(
        self, pieces: Sequence[bytes], banned: frozenset[int], tokenize: Callable[[str], list[int]], *, keep: int = 64
    ) -> None:
        self._pieces, self._banned, self._tokenize = pieces, banned, tokenize
        self._trie: TokenTrie | None = None
        self._known: OrderedDict[str, Automaton] = OrderedDict()
        self._lock = threading.Lock()
        self._keep = keep

    def compile(self, key: str, schema: Mapping[str, Any]) -> Automaton:
        """The schema's automaton.

        Raises:
            ModelError: the schema cannot be compiled.
        """
        with self._lock:
            known = self._known.get(key)
            if known is None:
                if self._trie is None:
                    self._trie = TokenTrie(self._pieces, self._banned)
                known = Automaton(schema, self._trie, self._tokenize)
                known.pieces = self._pieces
                self._known[key] = known
                while len(self._known) > self._keep:
                    self._known.popitem(last=False)
            else:
                self._known.move_to_end(key)
            return known
