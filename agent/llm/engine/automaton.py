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
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.agent.llm.engine.grammar import CARRY, CLOSE, CONSUME, ENTER, Grammar
from parley.agent.llm.engine.trie import LONGEST_TOKEN, TokenTrie
from parley.agent.llm.seam import ModelError

Stack = tuple[Any, ...] | None
Config = tuple[int, int, int, Stack]
"""(node, characters left, characters needed, (node to return to, the stack below))."""
Place = frozenset[Config]
Mask = NDArray[np.bool_] | NDArray[np.int32]
"""(n_vocab,) bool, or the few allowed ids."""

MANY = LONGEST_TOKEN
"""Characters left beyond which a limit cannot bite within one token."""
KEPT_MASKS = 1500
FEW = 2048
MOST_HABITS, SUREST = 4000, 3
MOST_STATES = 6000
"""Numbered places; beyond, numbering begins anew."""


class Automaton:
    """A schema's network over one vocabulary. Thread-safe; shared by all requests with the schema."""

    def __init__(self, schema: Mapping[str, Any], trie: TokenTrie, tokenize: Callable[[str], list[int]]) -> None:
        self.grammar = Grammar(schema)
        self._trie, self._tokenize = trie, tokenize
        self._masks: OrderedDict[Place, Mask] = OrderedDict()
        self._forced: dict[Place, tuple[bytes, bool]] = {}
        self._habits: dict[Place, tuple[int, int]] = {}
        self._lock = threading.RLock()
        self._forget_numbers()
        self.start = self._closure([self._entered(self.grammar.start, None)])

    # --- moving ---------------------------------------------------------------------------

    def _entered(self, node: int, stack: Stack) -> Config:
        fewest, most = self.grammar.nodes[node].limits
        return (node, most, fewest, stack)

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
            index, _, need, stack = config
            node = nodes[index]
            if node.edges or (node.end and stack is None):
                kept.add(config)
            if node.end and stack is not None:
                todo.append(self._entered(stack[0], stack[1]))
            if node.leave >= 0 and need <= 0:
                todo.append(self._entered(node.leave, stack))
            for rule, back in node.calls:
                target = nodes[back]
                below = stack if target.end and not target.edges else (back, stack)
                if below is stack and stack is None:
                    below = (back, None)
                todo.append(self._entered(rule, below))
            for jump in node.jumps:
                todo.append(self._entered(jump, stack))
        return frozenset(kept)

    def _forget_numbers(self) -> None:
        """Number places from 1 again; 0 is nowhere. A row of the table says where each byte leads."""
        self._places: list[Place] = [frozenset()]
        self._numbers: dict[Place, int] = {frozenset(): 0}
        self._table: NDArray[np.int32] = np.zeros((64, 256), np.int32)
        self._ready = np.zeros(64, np.bool_)
        self._ready[0] = True

    def _number(self, place: Place) -> int:
        number = self._numbers.get(place)
        if number is None:
            number = self._numbers[place] = len(self._places)
            self._places.append(place)
            if number >= len(self._table):
                self._table = np.concatenate([self._table, np.zeros_like(self._table)])
                self._ready = np.concatenate([self._ready, np.zeros_like(self._ready)])
        return number

    def _row(self, number: int) -> NDArray[np.int32]:
        if not self._ready[number]:
            row = np.zeros(256, np.int32)
            for bits, following in self._moves(self._places[number]):
                row[_bytes_of(bits)] = self._number(following)
            self._table[number] = row
            self._ready[number] = True
        found: NDArray[np.int32] = self._table[number]
        return found

    def _rows(self, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
        """(n, 256) where every byte leads from each of some numbered places."""
        for number in numbers[~self._ready[numbers]]:
            self._row(int(number))
        return self._table[numbers]

    def _moves(self, place: Place) -> list[tuple[int, Place]]:
        """The bytes that may come, in groups that lead to the same place."""
        nodes = self.grammar.nodes
        moves: list[tuple[int, Config]] = []
        for index, left, need, stack in place:
            for bits, following, what in nodes[index].edges:
                if what == ENTER or (what == CLOSE and need <= 0):
                    moves.append((bits, self._entered(following, stack)))
                elif what == CARRY and left > 0:
                    moves.append((bits, (following, left, need, stack)))
                elif what == CONSUME and left > 0:
                    moves.append((bits, (following, left - 1, max(0, need - 1), stack)))
        groups: list[tuple[int, list[Config]]] = []
        for bits, config in moves:
            split: list[tuple[int, list[Config]]] = []
            for known, configs in groups:
                both = known & bits
                if both:
                    split.append((both, [*configs, config]))
                if known & ~both:
                    split.append((known & ~both, configs))
                bits &= ~both
            if bits:
                split.append((bits, [config]))
            groups = split
        return [(bits, self._closure(configs)) for bits, configs in groups]

    def step(self, place: Place, byte: int) -> Place:
        """Where a byte leads; empty if it is not allowed."""
        with self._lock:
            if len(self._places) > MOST_STATES:
                self._forget_numbers()
            return self._places[int(self._row(self._number(place))[byte])]

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
            allowed = self._allowed(key)
            ids = np.flatnonzero(allowed).astype(np.int32)
            mask = self._masks[key] = ids if len(ids) <= FEW else allowed
            while len(self._masks) > KEPT_MASKS:
                self._masks.popitem(last=False)
        return mask

    def _allowed(self, place: Place) -> NDArray[np.bool_]:
        """(n_vocab,) by walks over the vocabulary; inside a run only tokens that leave it need one."""
        if len(self._places) > MOST_STATES:
            self._forget_numbers()
        allowed = np.zeros(self._trie.size, np.bool_)
        others: set[Config] = set()
        for config in place:
            node, left = self.grammar.nodes[config[0]], config[1]
            if not node.run:
                others.add(config)
            elif left > 0 or any(what == CLOSE for _, _, what in node.edges):
                run = self._trie.run(node.run)
                allowed |= run.inside if left >= MANY else run.inside & (run.characters <= left)
                allowed[run.crossing.reach(self._number(frozenset([config])), self._rows)] = True
        if others:
            allowed[self._trie.whole.reach(self._number(frozenset(others)), self._rows)] = True
        return allowed

    def in_text(self, place: Place) -> bool:
        """Inside a run of free characters: what somebody says, not how the document is built."""
        return any(self.grammar.nodes[config[0]].run for config in place)

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

    # --- guessing -------------------------------------------------------------------------

    def learn(self, place: Place, token: int) -> None:
        """Remember what was chosen at a place, so that it can be guessed: never inside text."""
        known, sure = self._habits.get(place, (token, -1))
        if known != token:
            sure -= 1
            self._habits[place] = (token, 0) if sure < 0 else (known, sure)
        elif sure < SUREST and (len(self._habits) < MOST_HABITS or place in self._habits) and not self.in_text(place):
            self._habits[place] = (token, sure + 1)

    def guess(self, place: Place, most: int, *, sure: int = 1, habits: bool = True) -> list[int]:
        """Up to `most` tokens that are likely to come: forced text in its usual tokens, and what came here before.

        A choice seen `sure` times more often than not is guessed once in a row; behind it only surer ones.
        Without `habits`, forced text only: what is guessed then depends on nothing that happened before.
        """
        guessed: list[int] = []
        while len(guessed) < most and place:
            habit = self._habits.get(place) if habits else None
            forced, _ = self.forced_text(place)
            if habit is not None and (forced or habit[1] >= sure):
                tokens = [habit[0]]
                sure = sure if forced else SUREST
            elif forced:
                tokens = self.tokens_of(forced)
            else:
                break
            for token in tokens[: most - len(guessed)]:
                guessed.append(token)
                place = self.advance(place, self.pieces[token])
        return guessed

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
            rest = self._below(stack)
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

    def _below(self, stack: Stack) -> int:
        """Bytes to the end of the rules that wait, at least."""
        rest = 0
        while stack is not None:
            rest += self.grammar.distance[stack[0]]
            stack = stack[1]
        return rest

    def least_left(self, place: Place) -> int:
        """Bytes to the end of the document, roughly at least; quick."""
        return min((self.grammar.distance[c[0]] + self._below(c[3]) for c in place), default=0)

    def _is_body(self, index: int) -> bool:
        return self.grammar.nodes[index].run != 0


@cache
def _bytes_of(bits: int) -> NDArray[np.int64]:
    return np.array([b for b in range(256) if bits >> b & 1], np.int64)


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
