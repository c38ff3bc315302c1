"""What a turn may still spend on the model, and the proxy that holds it to that.

A turn opens an `Allowance` of calls, tokens and seconds and enters it with `spending`; every model call
made inside, in whichever thread, is charged to it and to no other turn. `MeteredModel` stands in front of a
model: it refuses a call the turn cannot afford, gives each call no more than the seconds left, and walks
away from a model that hangs, so that the classical answer still comes in time.

with spending(allowance):
    model.generate(messages, DraftPlan)
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from langchain_core.messages import BaseMessage

from parley.agent.llm.breaker import Breaker
from parley.agent.llm.seam import ChatModel, ModelError, ModelTimeout, Schema, Usage

Result = TypeVar("Result")

GRACE_S = 0.25
"""How long after its time a call may still come back before the model counts as hung."""
GLANCE_S = 0.02
"""How often a waiting call looks whether the person pressed Stop."""
HELD_PIECES = 64
"""Pieces a stream may run ahead of its reader."""
MIN_ANSWER = 8
"""Tokens of answer below which a call is not worth making."""
DEFAULT_S = 120.0

log = logging.getLogger(__name__)


class Allowance:
    """What one turn may spend on the model, and what it has spent. Thread-safe."""

    def __init__(
        self, *, calls: int = 1_000_000, tokens: int = 1_000_000_000, seconds: float = 1e9,
        cancelled: threading.Event | None = None, clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.calls, self.tokens, self.seconds = calls, tokens, seconds
        self.cancelled = cancelled or threading.Event()
        self._clock, self._started = clock, clock()
        self._lock = threading.Lock()
        self._admitted = 0
        self._spent = Usage()

    @property
    def spent(self) -> Usage:
        """Exactly what the calls of this turn cost, whatever other turns do meanwhile."""
        with self._lock:
            return self._spent.model_copy(update={"calls": self._admitted})

    def seconds_left(self) -> float:
        """0 once the person pressed Stop."""
        return 0.0 if self.cancelled.is_set() else max(0.0, self.seconds - (self._clock() - self._started))

    def tokens_left(self) -> int:
        with self._lock:
            return self.tokens - self._spent.tokens_in - self._spent.tokens_out

    def admit(self) -> None:
        """Count one more call.

        Raises:
            ModelError: the turn was stopped, or its calls or tokens are used up.
            ModelTimeout: its seconds are.
        """
        if self.cancelled.is_set():
            raise ModelError("the turn was stopped")
        if self.seconds_left() <= 0:
            raise ModelTimeout(f"the turn's {self.seconds:g} seconds for the model are used up")
        if self.tokens_left() < MIN_ANSWER:
            raise ModelError(f"the turn's {self.tokens} tokens are used up")
        with self._lock:
            if self._admitted >= self.calls:
                raise ModelError(f"the turn's {self.calls} model calls are used up")
            self._admitted += 1

    def charge(self, usage: Usage) -> None:
        """Add what a call cost; the call itself was counted when it was admitted."""
        with self._lock:
            self._spent = self._spent + usage


_current: ContextVar[Allowance | None] = ContextVar("parley_allowance", default=None)


@contextmanager
def spending(allowance: Allowance) -> Iterator[None]:
    """Model calls inside are this turn's."""
    token = _current.set(allowance)
    try:
        yield
    finally:
        _current.reset(token)


def charge(usage: Usage) -> None:
    """Called by a model after each call, in the thread that made it."""
    if (allowance := _current.get()) is not None:
        allowance.charge(usage)


def stopped() -> bool:
    """Whether the turn this thread works for was stopped: a model asks after each piece."""
    allowance = _current.get()
    return allowance is not None and allowance.cancelled.is_set()


class MeteredModel:
    """A `ChatModel` in front of another: within a turn it keeps to the turn's allowance.

    Outside a turn it changes nothing. Inside, every call runs in a thread of its own, so that the turn
    goes on when the model does not; a model that hangs again and again is left alone for a while.
    """

    def __init__(self, model: ChatModel, *, breaker: Breaker | None = None) -> None:
        self.inner = model
        self.model_id = model.model_id
        self.context_size = model.context_size
        self._charges_itself = hasattr(model, "_count")
        self._breaker = breaker or Breaker(after=5, cool_down_s=30.0)

    def __getattr__(self, name: str) -> Any:
        """Everything else (LangChain's protocol, closing) is the model's own."""
        if name == "inner":
            raise AttributeError(name)
        return getattr(self.inner, name)

    def generate(
        self, messages: Sequence[BaseMessage], schema: type[Schema], *, max_tokens: int = 256,
        temperature: float = 0.0, seed: int = 0, timeout_s: float | None = None,
    ) -> Schema:  # fmt: skip
        """See `ChatModel`. Whatever goes wrong in the model is a `ModelError`."""
        allowance = _current.get()
        options: dict[str, Any] = {"temperature": temperature, "seed": seed}
        if allowance is None:
            return self.inner.generate(messages, schema, max_tokens=max_tokens, timeout_s=timeout_s, **options)
        size, seconds = self._afford(allowance, messages, max_tokens, timeout_s)
        value = self._in_time(
            allowance, seconds,
            lambda: self.inner.generate(messages, schema, max_tokens=size, timeout_s=seconds, **options),
        )  # fmt: skip
        if not isinstance(value, schema):
            raise ModelError(f"{self.model_id} gave a {type(value).__name__} where a {schema.__name__} was due")
        if not self._charges_itself:
            self._charge(allowance, messages, value.model_dump_json())
        return value

    def score(
        self, prompt: str | Sequence[BaseMessage], options: Sequence[str], *, normalise: bool = True
    ) -> list[float]:
        """See `ChatModel`. Whatever goes wrong in the model is a `ModelError`."""
        allowance = _current.get()
        if allowance is None:
            return self.inner.score(prompt, options, normalise=normalise)
        allowance.admit()
        found = self._in_time(
            allowance, allowance.seconds_left(), lambda: self.inner.score(prompt, options, normalise=normalise)
        )
        if len(found) != len(options):
            raise ModelError(f"{self.model_id} scored {len(found)} of {len(options)} options")
        if not self._charges_itself:
            self._charge(allowance, prompt, "")
        return found

    def stream_text(
        self, messages: Sequence[BaseMessage], *, max_tokens: int = 200, temperature: float = 0.0, seed: int = 0,
        stop: Sequence[str] = (), timeout_s: float | None = None,
    ) -> Iterator[str]:  # fmt: skip
        """See `ChatModel`. Ends after `max_tokens` pieces even if the model does not.

        Nothing happens, and nothing is refused, before the first piece is asked for.
        """
        allowance = _current.get()
        options: dict[str, Any] = {"temperature": temperature, "seed": seed, "stop": stop}
        if allowance is None:
            return self.inner.stream_text(messages, max_tokens=max_tokens, timeout_s=timeout_s, **options)
        start = lambda size, seconds: self.inner.stream_text(messages, max_tokens=size, timeout_s=seconds, **options)
        return self._pieces_in_time(allowance, messages, max_tokens, timeout_s, start)

    def count_tokens(self, text: str) -> int:
        return self.inner.count_tokens(text)

    def usage(self) -> Usage:
        """The model's totals over all turns; a turn's own are in its `Allowance`."""
        return self.inner.usage()

    # Helpers

    def _afford(
        self, allowance: Allowance, messages: Sequence[BaseMessage], max_tokens: int, timeout_s: float | None
    ) -> tuple[int, float]:
        """Tokens and seconds this call may take.

        Raises:
            ModelError: fewer than a useful answer's are left.
        """
        prompt = sum(self.inner.count_tokens(m.text) for m in messages)
        size = min(max_tokens, allowance.tokens_left() - prompt)
        if size < min(MIN_ANSWER, max_tokens):
            raise ModelError(f"a prompt of {prompt} tokens is more than what is left of the turn's {allowance.tokens}")
        allowance.admit()
        left = allowance.seconds_left()
        return size, min(left, DEFAULT_S if timeout_s is None else max(timeout_s, 0.0))

    def _in_time(self, allowance: Allowance, seconds: float, call: Callable[[], Result]) -> Result:
        """The call's result, waited for no longer than `seconds` and never past Stop."""
        answer: queue.SimpleQueue[tuple[Result | None, BaseException | None]] = queue.SimpleQueue()

        def work() -> None:
            try:
                answer.put((call(), None))
            except BaseException as error:
                answer.put((None, error))

        self._breaker.admit(self.model_id)
        self._begin(work)
        value, error = self._wait(allowance, time.monotonic() + seconds, answer)
        if error is not None:
            raise self._told(error) from None
        result: Result = value
        return result

    def _pieces_in_time(
        self, allowance: Allowance, messages: Sequence[BaseMessage], max_tokens: int, timeout_s: float | None,
        start: Callable[[int, float], Iterator[str]],
    ) -> Iterator[str]:  # fmt: skip
        """A stream pumped through a queue: the reader waits no longer than the turn can."""
        size, seconds = self._afford(allowance, messages, max_tokens, timeout_s)
        ahead: queue.Queue[tuple[str | None, BaseException | None]] = queue.Queue(maxsize=HELD_PIECES)
        closed = threading.Event()

        def hand_over(piece: str | None, error: BaseException | None) -> bool:
            while not closed.is_set():
                try:
                    ahead.put((piece, error), timeout=0.5)
                    return True
                except queue.Full:
                    continue
            return False

        def pump() -> None:
            try:
                stream = start(size, seconds)
                try:
                    for piece in stream:
                        if not hand_over(piece, None):
                            return
                finally:
                    if (close := getattr(stream, "close", None)) is not None:
                        close()
                hand_over(None, None)
            except BaseException as error:
                hand_over(None, error)

        self._breaker.admit(self.model_id)
        self._begin(pump)
        deadline, said = time.monotonic() + seconds, list[str]()
        try:
            while len(said) < size:
                piece, error = self._wait(allowance, deadline, ahead)
                if error is not None:
                    raise self._told(error) from None
                if piece is None:
                    return
                said.append(piece)
                yield piece
        finally:
            closed.set()
            if not self._charges_itself:
                self._charge(allowance, messages, "".join(said))

    def _begin(self, work: Callable[[], None]) -> None:
        """Run in a daemon thread that knows whose turn it is."""
        context = copy_context()
        threading.Thread(target=context.run, args=(work,), name="parley-model-call", daemon=True).start()

    def _wait(self, allowance: Allowance, deadline: float, answers: Any) -> Any:
        """The next answer.

        Raises:
            ModelError: the person pressed Stop.
            ModelTimeout: nothing came in time.
        """
        while True:
            if allowance.cancelled.is_set():
                self._breaker.report(ok=True)  # nothing is known against the model
                raise ModelError("the turn was stopped")
            left = deadline + GRACE_S - time.monotonic()
            if left <= 0:
                self._breaker.report(ok=False)
                raise ModelTimeout(f"{self.model_id} did not answer in its time; the turn went on without it")
            try:
                answer = answers.get(timeout=min(left, GLANCE_S))
            except queue.Empty:
                continue
            self._breaker.report(ok=True)
            return answer

    def _told(self, error: BaseException) -> ModelError:
        """The failure as the seam tells failures."""
        if isinstance(error, ModelError):
            return error
        log.warning("%s failed: %s", self.model_id, type(error).__name__)
        return ModelError(f"{self.model_id} failed: {type(error).__name__}: {str(error)[:200]}")

    def _charge(self, allowance: Allowance, prompt: str | Sequence[BaseMessage], answer: str) -> None:
        """For a model that does not charge its calls itself: by its own count of the texts."""
        texts = [prompt] if isinstance(prompt, str) else [m.text for m in prompt]
        count = self.inner.count_tokens
        allowance.charge(Usage(tokens_in=sum(map(count, texts)), tokens_out=count(answer) if answer else 0))
