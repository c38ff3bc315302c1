"""The engine as the seam's `Runner`: choose format and threads, start the loop, wait for its tokens."""

from __future__ import annotations

import asyncio
import queue
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parley.agent.llm.engine.automaton import AutomatonStore
from parley.agent.llm.engine.formats import Choice, choose_format
from parley.agent.llm.engine.jobs import END, Job
from parley.agent.llm.engine.loop import Engine, Limits
from parley.agent.llm.engine.native import ContextSize, NativeContext, Weights
from parley.agent.llm.engine.prefix import SAVED_BYTES
from parley.agent.llm.gguf import read_header
from parley.agent.llm.library import Vocabulary, default_threads
from parley.agent.llm.runner import Request
from parley.agent.llm.seam import ModelError, ModelTimeout

if TYPE_CHECKING:
    from parley.agent.llm.llamacpp import LlamaCppChat

GRACE_S = 5.0
"""How long after its deadline a caller waits for the engine to say so."""


class EngineRunner:
    """Runs requests through one engine over one set of weights."""

    def __init__(
        self,
        weights: Weights,
        *,
        size: ContextSize | None = None,
        threads: int = 1,
        limits: Limits | None = None,
        choice: Choice | None = None,
        **store: int,
    ) -> None:
        self.weights, self.choice = weights, choice
        self.vocabulary: Vocabulary = weights.vocabulary
        self.engine = Engine(NativeContext(weights, size or ContextSize(), threads), limits or Limits(), **store)
        banned = self.vocabulary.control | self.vocabulary.ends
        self.automata = AutomatonStore(self.vocabulary.pieces, banned, self.vocabulary.tokenize)

    def run(self, request: Request) -> Iterator[int]:
        inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.engine.submit(self._job(request, inbox.put))
        try:
            while True:
                item = _wait(inbox, request)
                if item is END:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            request.cancelled.set()

    async def arun(self, request: Request) -> AsyncIterator[int]:
        """`run` for coroutines: no thread waits."""
        loop = asyncio.get_running_loop()
        inbox: asyncio.Queue[Any] = asyncio.Queue()
        self.engine.submit(self._job(request, lambda item: loop.call_soon_threadsafe(inbox.put_nowait, item)))
        try:
            while True:
                item = await inbox.get()
                if item is END:
                    return
                if isinstance(item, BaseException):
                    raise item
                yield item
        finally:
            request.cancelled.set()

    def score(self, request: Request, options: Sequence[Sequence[int]]) -> list[list[float]]:
        inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.engine.submit(Job(request, inbox.put, options=options))
        rows: list[list[float]] | None = None
        try:
            while True:
                item = _wait(inbox, request)
                if item is END:
                    break
                if isinstance(item, BaseException):
                    raise item
                rows = item
        finally:
            request.cancelled.set()
        if rows is None:
            raise ModelError("the scoring was cancelled")
        return rows

    def close(self) -> None:
        self.engine.close()
        self.weights.close()

    def _job(self, request: Request, deliver: Any) -> Job:
        automaton = None
        if request.json_schema is not None:
            automaton = self.automata.compile(request.schema_key, request.json_schema)
        return Job(request, deliver, automaton=automaton)


def _wait(inbox: queue.SimpleQueue[Any], request: Request) -> Any:
    left = request.deadline - time.monotonic() + GRACE_S
    try:
        return inbox.get(timeout=min(max(0.0, left), 1e6))
    except queue.Empty:
        raise ModelTimeout("the model did not answer in its time") from None


def most_memory(path: str | Path, context_size: int = 4096) -> int:
    """Bytes an engine takes at most: weights, the cells of its context, and what it keeps outside it."""
    told = read_header(path).metadata
    kind = told.get("general.architecture", "")
    heads = int(told.get(f"{kind}.attention.head_count", 1))
    kept = int(told.get(f"{kind}.attention.head_count_kv", heads))
    width, layers = int(told.get(f"{kind}.embedding_length", 0)), int(told.get(f"{kind}.block_count", 0))
    cell = 2 * 2 * layers * kept * (width // max(1, heads))  # keys and values, two bytes each
    return Path(path).stat().st_size + cells_for(context_size) * cell + SAVED_BYTES


def cells_for(context_size: int) -> int:
    """Tokens an engine holds: one whole conversation and room for others."""
    return max(6144, context_size + 2048)


def open_engine(chat: LlamaCppChat) -> tuple[EngineRunner, Vocabulary]:
    """An engine for a chat model's file: the fastest format that is as good, the fastest thread count."""
    choice = choose_format(
        chat.path, home=chat.home, adapter=chat.adapter, threads=chat.threads, steady=chat.reproducible
    )
    weights = Weights(choice.path, chat.adapter, home=chat.home)
    cells = cells_for(chat.context_size)
    size = ContextSize.reproducible(cells) if chat.reproducible else ContextSize(cells=cells)
    runner = EngineRunner(weights, size=size, threads=choice.threads or default_threads(), choice=choice)
    return runner, weights.vocabulary
