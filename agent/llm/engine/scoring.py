"""Options scored over a prompt just computed: each in a sequence that shares the prompt, many in one batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from parley.agent.llm.engine.jobs import END, Job, first_scores, tell
from parley.agent.llm.engine.native import NativeContext
from parley.agent.llm.engine.prefix import PrefixStore
from parley.agent.llm.library import log_softmax
from parley.agent.llm.seam import ModelError


class Scoring(ABC):
    """The part of the engine that scores; the loop gives it sequences and ends its jobs."""

    _context: NativeContext
    _store: PrefixStore
    _spare: list[int]
    steps: int
    batched_tokens: int

    @abstractmethod
    def _take_sequence(self) -> int:
        """A sequence nobody uses."""

    @abstractmethod
    def _over(self, job: Job) -> bool:
        """Whether a job was given up or is out of time; it is told."""

    @abstractmethod
    def _end(self, job: Job, *, keep: bool) -> None:
        """Take a job out; its sequence goes to the prefix store or back to the spare ones."""

    def _score(self, job: Job, logits: Any) -> None:
        """Score all options over the prompt just computed; longer ones in shared batches."""
        options = job.options or ()
        found = first_scores(logits, options)
        borrowed: list[int] = []
        try:
            waves = self._waves([i for i, option in enumerate(options) if len(option) > 1], options)
            for wave in waves:
                if self._over(job):
                    self._end(job, keep=True)
                    return
                for _ in wave:
                    borrowed.append(self._take_sequence())
                self._score_wave(job, wave, borrowed, options, found)
                self._give_back(borrowed)
        except ModelError as error:
            self._give_back(borrowed)
            tell(job, error)
        else:
            tell(job, found)
            tell(job, END)
        self._end(job, keep=True)

    def _give_back(self, borrowed: list[int]) -> None:
        for sequence in borrowed:
            self._context.cut(sequence, 0)
            self._spare.append(sequence)
        borrowed.clear()

    def _waves(self, which: Sequence[int], options: Sequence[Sequence[int]]) -> list[list[int]]:
        """Options grouped so that a group fits into one batch."""
        most = min(self._context.size.outputs, self._context.size.batch)
        waves: list[list[int]] = [[]]
        used = 0
        for index in which:
            size = len(options[index]) - 1
            if size > most:
                raise ModelError(f"an option of {size + 1} tokens is too long to score; at most {most} fit")
            if waves[-1] and (used + size > most or len(waves[-1]) >= 24):
                waves.append([])
                used = 0
            waves[-1].append(index)
            used += size
        return waves if waves[0] else []

    def _score_wave(
        self,
        job: Job,
        wave: Sequence[int],
        sequences: Sequence[int],
        options: Sequence[Sequence[int]],
        found: list[list[float]],
    ) -> None:
        start = len(job.computed)
        tokens: list[int] = []
        positions: list[int] = []
        owners: list[int] = []
        for index, sequence in zip(wave, sequences, strict=True):
            self._context.copy(job.sequence, sequence, start)
            body = list(options[index][:-1])
            tokens += body
            positions += range(start, start + len(body))
            owners += [sequence] * len(body)
        logits = self._context.decode(tokens, positions, owners, [True] * len(tokens))
        while logits is None:
            if not self._store.push_out(save=False):
                raise ModelError("no room to score the options; ask for fewer")
            logits = self._context.decode(tokens, positions, owners, [True] * len(tokens))
        self.steps += 1
        self.batched_tokens += len(tokens)
        row = 0
        for index in wave:
            for token in options[index][1:]:
                found[index].append(float(log_softmax(logits[row])[token]))
                row += 1
