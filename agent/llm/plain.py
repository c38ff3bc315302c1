"""llama-cpp-python's own object behind a lock: the reference in tests, and the way back when the engine cannot run."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.agent.llm.buffers import safe_loading
from parley.agent.llm.library import Vocabulary, log_softmax, quiet_llama, shared_prefix
from parley.agent.llm.runner import Request
from parley.agent.llm.schemas import compact_grammar
from parley.agent.llm.seam import ModelError, ModelTimeout

PREFILL_STEP = 128
"""Prompt tokens computed between two looks at the clock and the stop button."""


class SingleRunner:
    """llama-cpp-python's `Llama` behind one lock: the reference, and the way back when the engine cannot run."""

    def __init__(
        self, path: str, adapter: str | None, context_size: int, threads: int, *, home: str | None = None
    ) -> None:
        import llama_cpp

        quiet_llama()
        try:
            with safe_loading(home):
                self._llama = llama_cpp.Llama(
                    path,
                    n_ctx=context_size,
                    n_batch=PREFILL_STEP,
                    n_ubatch=PREFILL_STEP,
                    n_threads=threads,
                    n_threads_batch=threads,
                    lora_path=adapter,
                    flash_attn=True,
                    verbose=False,
                )
        except Exception as error:
            raise ModelError(f"llama.cpp cannot load {Path(path).name!r}: {error}") from None
        self.vocabulary = Vocabulary(self._llama._model)
        self._lock = threading.Lock()
        self._holder: int | None = None
        self._grammars: dict[str, Any] = {}

    def run(self, request: Request) -> Iterator[int]:
        with self._held(request):
            self._prefill(request, request.tokens)
            self._llama.set_seed(request.seed)
            stream = self._llama.generate(
                request.tokens,
                temp=request.temperature,
                top_k=40,
                top_p=0.95,
                min_p=0.0,
                repeat_penalty=1.0,
                grammar=self._grammar(request),
            )
            try:
                for _ in range(request.max_tokens):
                    token = next(stream, None)
                    if token is None or token in self.vocabulary.ends:
                        request.finish = "stop"
                        return
                    yield token
                    request.check()
                    if request.cancelled.is_set():
                        request.finish = "cancelled"
                        return
            finally:
                stream.close()

    def score(self, request: Request, options: Sequence[Sequence[int]]) -> list[list[float]]:
        with self._held(request):
            self._prefill(request, request.tokens)
            first = self._after(request.tokens[-1:], len(request.tokens) - 1)[0]
            rows = []
            for option in options:
                row = [float(first[option[0]])]
                if len(option) > 1:
                    later = self._after(option[:-1], len(request.tokens))
                    row += [float(later[i][token]) for i, token in enumerate(option[1:])]
                rows.append(row)
                request.check()
            self._llama._ctx.kv_cache_seq_rm(-1, len(request.tokens), -1)
            return rows

    def close(self) -> None:
        with self._lock:
            self._llama.close()

    @contextlib.contextmanager
    def _held(self, request: Request) -> Iterator[None]:
        """The model for one caller. A caller who still streams from it gets an error, not a deadlock."""
        if self._holder == threading.get_ident():
            raise ModelError("this thread is still streaming from the model; close that stream first")
        wait = min(max(0.0, request.deadline - time.monotonic()), threading.TIMEOUT_MAX)
        if not self._lock.acquire(timeout=wait):
            raise ModelTimeout("the model was busy with other conversations all the time this call had")
        self._holder = threading.get_ident()
        try:
            yield
        finally:
            self._holder = None
            self._lock.release()

    def _prefill(self, request: Request, tokens: list[int]) -> None:
        """Bring the context to exactly `tokens`, recomputing only what differs from the last prompt."""
        llama = self._llama
        same = min(shared_prefix(llama._input_ids, tokens), len(tokens) - 1)
        if same and not llama._ctx.kv_cache_seq_rm(-1, same, -1):
            same = 0
        if not same:
            llama.reset()
        llama.n_tokens = same
        request.reused = same
        try:
            for start in range(same, len(tokens), PREFILL_STEP):
                request.check()
                if request.cancelled.is_set():
                    raise ModelError("cancelled")
                llama.eval(tokens[start : start + PREFILL_STEP])
        except RuntimeError as error:
            llama.reset()
            if isinstance(error, ModelError):
                raise
            raise ModelError(f"llama.cpp could not compute the prompt: {error}") from None

    def _after(self, tokens: Sequence[int], position: int) -> list[NDArray[np.float64]]:
        """log P of the next token after each of `tokens`, the first of which stands at `position`.

        Returns:
            len(tokens) arrays (n_vocab,) float64, nats.
        """
        llama = self._llama
        llama._ctx.kv_cache_seq_rm(-1, position, -1)
        rows = []
        for start in range(0, len(tokens), PREFILL_STEP):
            part = list(tokens[start : start + PREFILL_STEP])
            llama._batch.set_batch(batch=part, n_past=position + start, logits_all=True)
            llama._ctx.decode(llama._batch)
            for i in range(len(part)):
                logits = np.ctypeslib.as_array(llama._ctx.get_logits_ith(i), shape=(self.vocabulary.size,))
                rows.append(log_softmax(logits))
        llama._requires_eval = True
        return rows

    def _grammar(self, request: Request) -> Any:
        if request.json_schema is None:
            return None
        key = request.schema_key
        if key not in self._grammars:
            try:
                self._grammars[key] = compact_grammar(request.json_schema)
            except Exception as error:
                raise ModelError(f"this schema cannot become a grammar: {error}") from None
        return self._grammars[key]
