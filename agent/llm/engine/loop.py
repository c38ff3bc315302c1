"""One owner of the model: admit, compute one batch for everybody, hand back, again.

A thread owns the context. Each step computes one token for every conversation that is writing and, with the room
left, the next piece of prompts (first come, first served among owners who take turns). Callers wait on queues, from
threads or coroutines. After Orca's iteration-level scheduling, OSDI 2022.
"""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from parley.agent.llm.engine.jobs import END, Job, tell
from parley.agent.llm.engine.native import NativeContext
from parley.agent.llm.engine.prefix import PUBLIC, PrefixStats, PrefixStore
from parley.agent.llm.engine.scoring import Scoring
from parley.agent.llm.seam import ModelError, ModelTimeout

GUESSES, FEW_WRITERS = 16, 3
"""Tokens guessed ahead for one answer; among more writers half, and only what is nearly certain, because a wrong
guess costs them all time."""


@dataclass(frozen=True)
class Limits:
    """How much the engine takes on."""

    active: int = 16
    """Conversations computed together. More gain nothing on a CPU and slow everyone's attention."""
    waiting: int = 1024
    """Requests in the queue before callers are told to come back."""
    prompt_step: int = 128
    """Prompt tokens in one step while somebody is writing: what the others wait for."""


class Engine(Scoring):
    """The step loop. `submit` from any thread; results arrive through the job's `deliver`."""

    def __init__(self, context: NativeContext, limits: Limits = Limits(), **store: int) -> None:
        self._context, self._limits = context, limits
        self._ends = context.weights.vocabulary.ends
        self._room = context.size.cells - 1  # for a token's company
        self._spare = list(range(context.size.sequences))
        self._store = PrefixStore(context, self._spare, **store)
        self._waiting: deque[Job] = deque()
        self._active: list[Job] = []
        self._wake = threading.Condition()
        self._closing = False
        self._broken: Exception | None = None
        self._orders: deque[Any] = deque()
        self.steps = 0
        self.batched_tokens = 0
        self.guessed = self.guessed_right = 0
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name="parley-engine", daemon=True)
        self._thread.start()

    # --- callers' side --------------------------------------------------------------------

    def submit(self, job: Job) -> None:
        """Queue a job.

        Raises:
            ModelError: the queue is full, the prompt can never fit, or the engine has ended.
        """
        if os.getpid() != self._pid:
            raise ModelError("the model's engine does not follow into a forked process; load the model there")
        if job.reservation > self._room:
            raise ModelError(f"a request of {job.reservation:,} tokens exceeds the engine's {self._room:,}")
        with self._wake:
            if self._closing or self._broken is not None:
                raise ModelError(
                    f"the model's engine has ended{f': {self._broken}' if self._broken else ''}; load it again"
                )
            if len(self._waiting) >= self._limits.waiting:
                raise ModelError(f"the model is busy: {len(self._waiting)} requests are waiting; try again in a moment")
            self._waiting.append(job)
            self._wake.notify()

    def close(self) -> None:
        """End the loop, fail what is under way, free the context."""
        with self._wake:
            if self._closing:
                return
            self._closing = True
            self._wake.notify()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def forget(self, owner: str) -> None:
        """Drop the kept text of an owner before the next step."""
        with self._wake:
            self._orders.append(lambda: self._store.forget(owner))
            self._wake.notify()

    def clear(self) -> None:
        """Drop all kept text before the next step."""
        with self._wake:
            self._orders.append(self._store.clear)
            self._wake.notify()

    def stats(self) -> dict[str, Any]:
        """Figures of now: active, waiting, spare sequences, steps, and the prefix store's."""
        prefixes: PrefixStats = self._store.stats()
        return {
            "active": len(self._active),
            "waiting": len(self._waiting),
            "spare_sequences": len(self._spare),
            "steps": self.steps,
            "batched_tokens": self.batched_tokens,
            "guessed": self.guessed,
            "guessed_right": self.guessed_right,
            "prefixes": prefixes,
        }

    # --- the loop -------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._wait_for_work():
                self._admit()
                self._drop_ended()
                if self._active:
                    self._step()
        except Exception as error:
            self._broken = error
        finally:
            failure = ModelError(f"the model's engine has ended: {self._broken or 'closed'}")
            with self._wake:
                left = [*self._active, *self._waiting]
                self._waiting.clear()
            for job in left:
                tell(job, failure)
            self._active = []
            self._context.close()

    def _wait_for_work(self) -> bool:
        """Sleep until there is something to do; False at the end."""
        with self._wake:
            while not self._closing and not self._waiting and not self._active and not self._orders:
                self._wake.wait()
            if self._closing:
                return False
            orders, self._orders = self._orders, deque()
        for order in orders:
            order()
        return True

    def _admit(self) -> None:
        """Move waiting jobs in while there is room; owners with fewer active jobs go first."""
        while len(self._active) < self._limits.active:
            room = self._room - sum(j.reservation for j in self._active)
            with self._wake:
                job = self._next_waiting()
                if job is None or job.reservation > room or not self._place_for(job):
                    return
                self._waiting.remove(job)
            if self._over(job):
                continue
            self._begin(job)

    def _place_for(self, job: Job) -> bool:
        """Whether a steady context has cells for one more job; when nobody works, cells used once are made free."""
        if not self._context.size.steady or job.most_cells <= self._unclaimed():
            return True
        if self._active:
            return False
        while self._store.push_out():
            pass
        self._context.clear()
        return True

    def _unclaimed(self) -> int:
        """Cells of a steady context that no active job may come to need."""
        return self._context.left - sum(j.most_cells for j in self._active)

    def _next_waiting(self) -> Job | None:
        if not self._waiting:
            return None
        if len(self._waiting) == 1 or not self._active:
            return self._waiting[0]
        busy: dict[str, int] = {}
        for job in self._active:
            busy[job.request.owner] = busy.get(job.request.owner, 0) + 1
        window = [self._waiting[i] for i in range(min(64, len(self._waiting)))]
        return min(window, key=lambda j: busy.get(j.request.owner, 0))

    def _begin(self, job: Job) -> None:
        self._active.append(job)  # first, so that whatever fails from here on is told to it
        job.sequence = self._take_sequence()
        request = job.request
        job.shared = self._store.begin(job.sequence, request.tokens, request.owner)
        request.reused = job.shared
        job.computed = list(request.tokens[: job.shared])
        job.pending = list(request.tokens[job.shared :])
        job.public_kept = job.shared >= request.public
        if job.automaton is not None:
            job.place = job.automaton.start
            self._guess(job, len(self._active))  # how it begins is computed with the prompt

    def _take_sequence(self) -> int:
        while not self._spare:
            if not self._store.push_out():
                raise ModelError("no sequence is free; this is our fault")
        return self._spare.pop()

    def _drop_ended(self) -> None:
        for job in list(self._active):
            if self._over(job):
                self._end(job, keep=job.decoding)

    def _over(self, job: Job) -> bool:
        """Whether a job was given up or is out of time; it is told."""
        if job.request.cancelled.is_set():
            job.request.finish = "cancelled"
            tell(job, END)
            return True
        if time.monotonic() > job.request.deadline:
            tell(job, ModelTimeout("the model did not finish in its time; give it more, or ask for fewer tokens"))
            return True
        return False

    def _step(self) -> None:
        """Compute one batch, writers first, and deliver it."""
        jobs = sorted(self._active, key=lambda j: (not j.decoding, j.arrived))
        room = self._context.size.batch
        if jobs[0].decoding:
            room = min(room, self._limits.prompt_step + len(jobs))
        tokens: list[int] = []
        positions: list[int] = []
        sequences: list[int] = []
        wanted: list[bool] = []
        parts: list[tuple[Job, int, int, list[int]]] = []
        spendable = self._unclaimed() if self._context.size.steady else self._room
        rows = 0
        for number, job in enumerate(jobs):
            count = min(len(job.pending), room)
            if count == 0:
                continue
            last = count == len(job.pending)
            spare = min(room - count, self._context.size.outputs - rows - 1) - (len(jobs) - number - 1)
            guessed = job.guessed[: max(0, min(spare, spendable))] if last else []
            spendable -= len(guessed)
            room -= count + len(guessed)
            start = len(job.computed)
            tokens += [*job.pending[:count], *guessed]
            positions += range(start, start + count + len(guessed))
            sequences += [job.sequence] * (count + len(guessed))
            wanted += [False] * (count - 1) + [last] + [True] * len(guessed)
            parts.append((job, count, rows if last else -1, guessed))
            rows += last + len(guessed)
        logits = self._context.decode(tokens, positions, sequences, wanted)
        while logits is None:
            if not self._store.push_out(save=False):
                raise ModelError("the context is full although room was reserved; this is our fault")
            logits = self._context.decode(tokens, positions, sequences, wanted)
        self.steps += 1
        self.batched_tokens += len(tokens)
        writers = sum(row >= 0 for _, _, row, _ in parts)
        for job, count, row, guessed in parts:
            job.computed += job.pending[:count]
            del job.pending[:count]
            job.guessed = []
            if not job.public_kept and job.decoding:
                self._keep_public(job)
            if row >= 0 and job.options is None:
                self._continue(job, logits[row : row + 1 + len(guessed)], guessed, writers)
        asked = [(job, logits[row].copy()) for job, _, row, _ in parts if row >= 0 and job.options is not None]
        for job, last_logits in asked:  # copies, because scoring computes batches of its own
            self._score(job, last_logits)

    def _continue(self, job: Job, logits: Any, guessed: Sequence[int], writers: int) -> None:
        """Choose, deliver and queue a job's next tokens: one for certain, more where guesses were right."""
        complete = False
        for number, row in enumerate(logits):
            try:
                tokens, complete = job.choose(row, self._ends)
            except Exception as error:
                tell(job, error if isinstance(error, ModelError) else ModelError(f"the answer failed: {error}"))
                self._end(job, keep=False)
                return
            job.produced += len(tokens)
            for token in tokens:
                tell(job, token)
            if complete:
                if not tokens:
                    job.request.finish = "stop"
                break
            if number >= len(guessed) or tokens[0] != guessed[number]:
                job.pending = tokens
                break
            job.computed += tokens
            self.guessed_right += 1
        self.guessed += len(guessed)
        if guessed:
            job.judge(len(guessed), number)
            self._context.cut(job.sequence, len(job.computed))
        if complete:
            tell(job, END)
            self._end(job, keep=True)
        else:
            self._guess(job, writers)

    def _guess(self, job: Job, writers: int) -> None:
        few = writers <= FEW_WRITERS
        job.guess(GUESSES if few else GUESSES // 2, sure=1 if few else 2)

    def _keep_public(self, job: Job) -> None:
        """Keep the role's instructions at the beginning of a prompt for everybody."""
        job.public_kept = True
        length = min(job.request.public, len(job.request.tokens) - 1)
        if length < 8:
            return
        sequence = self._take_sequence()
        self._context.copy(job.sequence, sequence, length)
        if not self._store.keep(sequence, job.request.tokens[:length], PUBLIC, min(job.shared, length)):
            self._context.cut(sequence, 0)
            self._spare.append(sequence)

    def _end(self, job: Job, *, keep: bool) -> None:
        """Take a job out; its sequence goes to the prefix store or back to the spare ones."""
        self._active.remove(job)
        if keep and self._store.keep(job.sequence, job.computed, job.request.owner, job.shared):
            return
        self._context.cut(job.sequence, 0)
        self._spare.append(job.sequence)
