"""What the engine works on: a text or JSON to write, or options to score; and how its next token is chosen."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.agent.llm.engine.automaton import Automaton, Place
from parley.agent.llm.engine.lookup import PromptLookup
from parley.agent.llm.library import log_softmax
from parley.agent.llm.runner import Request

END = object()
"""What a job delivers last, unless it failed."""

SLACK = 24
"""Bytes by which the quick estimate of a document's end may be short."""

TOP_K, TOP_P = 40, 0.95


@dataclass(eq=False)
class Job:
    """One request on its way through the engine. Only the engine's thread changes it."""

    request: Request
    deliver: Callable[[Any], None]
    """Takes token ids, score rows, an exception, END. Must not block."""
    options: Sequence[Sequence[int]] | None = None
    automaton: Automaton | None = None
    arrived: float = field(default_factory=time.monotonic)
    sequence: int = -1
    shared: int = 0
    """Tokens that came from the prefix store."""
    computed: list[int] = field(default_factory=list)
    """Tokens whose keys and values are in the sequence."""
    pending: list[int] = field(default_factory=list)
    """Tokens to compute next."""
    guessed: list[int] = field(default_factory=list)
    """Tokens that may follow those: computed along, kept if they are what would have been chosen."""
    lookup: PromptLookup | None = None
    """What was read and written, to guess from; made when first needed."""
    copied: bool = False
    """The guesses are from there."""
    produced: int = 0
    place: Place = frozenset()
    public_kept: bool = False
    random: np.random.Generator | None = None

    @property
    def reservation(self) -> int:
        """Cells it may need at most."""
        extra = sum(map(len, self.options)) if self.options is not None else self.request.max_tokens
        return len(self.request.tokens) + extra + 8

    @property
    def most_cells(self) -> int:
        """Cells it may still use where cells are used once: a token alone is computed in company."""
        unread = max(0, len(self.request.tokens) - len(self.computed))
        extra = sum(map(len, self.options)) if self.options is not None else self.request.max_tokens - self.produced
        return unread + 2 * extra + 8

    @property
    def decoding(self) -> bool:
        """Past its prompt."""
        return len(self.computed) >= len(self.request.tokens)

    def choose(self, logits: NDArray[np.float32], ends: frozenset[int]) -> tuple[list[int], bool]:
        """The next token after the ones computed (or the whole rest), and whether the answer is complete with it.

        Args:
            logits: (n_vocab,) float32 after the last computed token.
            ends: tokens that end an answer.
        """
        left = self.request.max_tokens - self.produced
        if self.automaton is None:
            token = self._pick(logits, None)
            return ([], True) if token in ends else ([token], left <= 1)
        return self._choose_json(logits, ends, self.automaton, left)

    def guess(self, most: int, *, sure: int) -> None:
        """Guess up to `most` tokens beyond the pending ones; where one guess is not nearly `sure`, only surer ones."""
        self.copied = False
        if self.automaton is not None:
            again = self.request.temperature > 0  # the same seed is to give the same answer again
            self.guessed = self.automaton.guess(self.place, most, sure=sure, habits=not again)
            if self.guessed or not self.automaton.in_text(self.place):
                return
        if sure == 1:
            self.copied = True
            self.guessed = self._looked_up(most)

    def judge(self, guessed: int, right: int) -> None:
        """Be told how many of the guessed tokens were right."""
        if self.copied and self.lookup is not None:
            self.lookup.judge(guessed, right)

    def _looked_up(self, most: int) -> list[int]:
        """What followed the last tokens where they stood before."""
        if self.lookup is None:
            self.lookup = PromptLookup()
        known, done = len(self.lookup), len(self.computed)
        self.lookup.grow([*self.computed[known:], *self.pending[max(0, known - done) :]])
        return self.lookup.guess(min(most, self.request.max_tokens - self.produced - 1))

    def _choose_json(
        self, logits: NDArray[np.float32], ends: frozenset[int], automaton: Automaton, left: int
    ) -> tuple[list[int], bool]:
        closing = self._closing(automaton, left)
        if closing is not None:
            self.request.finish = "stop" if len(closing) <= left else "length"
            return closing[:left], True
        mask = automaton.mask(self.place)
        if automaton.accepts(self.place):
            mask = np.union1d(np.flatnonzero(mask) if mask.dtype == np.bool_ else mask, list(ends)).astype(np.int32)
        token = self._pick(logits, mask)
        if token in ends:
            self.request.finish = "stop"
            return [], True
        automaton.learn(self.place, token)
        self.place = automaton.advance(self.place, automaton.pieces[token])
        complete = automaton.finished(self.place)
        if complete:
            self.request.finish = "stop"
        return [token], complete or left <= 1

    def _closing(self, automaton: Automaton, left: int) -> list[int] | None:
        """The tokens that end the document, when the budget allows no more than that."""
        if left > 64 or automaton.least_left(self.place) + SLACK < left:
            return None
        text = automaton.closing_text(self.place)
        if len(text) + 1 < left:
            return None
        tokens = automaton.tokens_of(text)
        return tokens if len(tokens) + 1 >= left else None

    def _pick(self, logits: NDArray[np.float32], mask: NDArray[Any] | None) -> int:
        """Greedy at temperature 0; else top-k, then top-p, drawn with the request's seed."""
        ids: NDArray[Any] | None = None
        if mask is None:
            values = logits
        elif mask.dtype == np.bool_:
            best = int(logits.argmax())
            if self.request.temperature <= 0 and mask[best]:
                return best
            values = np.where(mask, logits, -np.inf)
        else:
            ids, values = mask, logits[mask]
        if self.request.temperature <= 0:
            best = int(values.argmax())
        else:
            best = self._draw(values / np.float32(self.request.temperature))
        return int(ids[best]) if ids is not None else best

    def _draw(self, values: NDArray[np.float32]) -> int:
        if self.random is None:
            self.random = np.random.default_rng(self.request.seed)
        top = np.argpartition(values, -TOP_K)[-TOP_K:] if len(values) > TOP_K else np.arange(len(values))
        top = top[np.argsort(-values[top], kind="stable")]
        weights = np.exp(values[top].astype(np.float64) - float(values[top[0]]))
        weights /= weights.sum()
        kept = int(np.searchsorted(np.cumsum(weights), TOP_P)) + 1
        weights = weights[:kept] / weights[:kept].sum()
        return int(top[self.random.choice(kept, p=weights)])


def first_scores(logits: NDArray[np.float32], options: Sequence[Sequence[int]]) -> list[list[float]]:
    """log P of every option's first token, one row an option."""
    values = log_softmax(logits)
    return [[float(values[option[0]])] for option in options]


def tell(job: Job, item: Any) -> None:
    """Deliver; a caller whose loop is gone is nobody's problem but its own."""
    with contextlib.suppress(RuntimeError):
        job.deliver(item)
