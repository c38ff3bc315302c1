"""A GGUF model in this process, through llama.cpp.

`LlamaCppChat` is the seam's model. Under it sits a `Runner`: the engine in `parley.agent.llm.engine`, or
`plain.SingleRunner`, one conversation at a time with the last prompt's prefix reused.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, SystemMessage
from pydantic import PrivateAttr

from parley.agent.llm.chat import Call, TextChat, as_messages, plain, refuse_in_unit_tests
from parley.agent.llm.gguf import check_gguf
from parley.agent.llm.library import Vocabulary, default_threads, shared_prefix
from parley.agent.llm.owner import current_owner
from parley.agent.llm.plain import SingleRunner
from parley.agent.llm.prompting import TextAssembler, cut_middle, fit_messages
from parley.agent.llm.runner import Request, Runner
from parley.agent.llm.seam import ModelError


class LlamaCppChat(TextChat):
    """A chat model over one GGUF file. Loads on first use; `open()` loads now."""

    path: str
    adapter: str | None = None
    """A LoRA adapter as GGUF, applied at scale 1."""
    threads: int | None = None
    backend: str = "single"
    """`single` or `engine`."""
    reproducible: bool = False
    """Engine only: the same text whatever else is computed meanwhile; for simulations and evaluations."""
    home: str | None = None
    """Where a format chosen for this machine is kept."""

    _runner: Any = PrivateAttr(default=None)
    _vocabulary: Any = PrivateAttr(default=None)
    _open_lock: Any = PrivateAttr(default_factory=threading.Lock)

    def open(self) -> LlamaCppChat:
        """Load the weights now.

        Raises:
            ModelError: the file is missing, broken or of a kind llama.cpp does not know.
        """
        with self._open_lock:
            if self._runner is not None:
                return self
            refuse_in_unit_tests(self.model_id)
            check_gguf(self.path)
            if self.adapter:
                check_gguf(self.adapter)
            if self.backend == "engine":
                self._open_engine()
            if self._runner is None:
                threads = self.threads or default_threads()
                single = SingleRunner(self.path, self.adapter, self.context_size, threads, home=self.home)
                self._runner, self._vocabulary = single, single.vocabulary
            self.context_size = min(self.context_size, self._vocabulary.context_train or self.context_size)
        return self

    def _open_engine(self) -> None:
        """The engine, or (with a warning) nothing, so that the plain runner takes over."""
        from parley.agent.llm.engine.runner import open_engine

        try:
            self._runner, self._vocabulary = open_engine(self)
        except Exception as error:  # another build of llama.cpp may lack what the engine calls
            logging.getLogger(__name__).warning("the engine cannot run (%s); one conversation at a time instead", error)

    def forget(self, owner: str) -> None:
        """Drop what was kept of a conversation (see `owner.conversation`)."""
        engine = getattr(self._runner, "engine", None)
        if engine is not None:
            engine.forget(owner)

    def close(self) -> None:
        with self._open_lock:
            if self._runner is not None:
                self._runner.close()
                self._runner = None

    @property
    def runner(self) -> Runner:
        refuse_in_unit_tests(self.model_id)
        if self._runner is None:
            self.open()
        runner: Runner = self._runner
        return runner

    @property
    def vocabulary(self) -> Vocabulary:
        if self._vocabulary is None:
            self.open()
        vocabulary: Vocabulary = self._vocabulary
        return vocabulary

    def count_tokens(self, text: str) -> int:
        return len(self.vocabulary.tokenize(text))

    def fit_messages(self, messages: Sequence[BaseMessage], max_tokens: int) -> list[BaseMessage]:
        """What of `messages` fits beside an answer of `max_tokens` (see `prompting.fit_messages`)."""
        budget = self.context_size - min(max_tokens, self.context_size // 2) - 4
        return fit_messages(messages, budget, lambda kept: len(self._tokens(kept)))

    def prompt_text(self, messages: Sequence[BaseMessage]) -> str:
        """The prompt as the model sees it: useful for traces and for training."""
        return self.vocabulary.template.render(plain(messages))

    def _tokens(self, messages: Sequence[BaseMessage]) -> list[int]:
        return self.vocabulary.tokenize(self.prompt_text(messages), special=True, bos=True)

    def _public(self, messages: Sequence[BaseMessage], tokens: list[int]) -> int:
        """How many first tokens are the role's instructions and the same for everybody."""
        system = [m for m in messages if isinstance(m, SystemMessage)][:1]
        if not system or messages[0] is not system[0]:
            return 0
        return shared_prefix(self._tokens(system), tokens)

    def _request(self, call: Call) -> Request:
        messages = self.fit_messages(as_messages(list(call.messages)), call.max_tokens)
        if not messages:
            raise ModelError("there are no messages to answer; give at least one")
        tokens = self._tokens(messages)
        return Request(
            tokens,
            min(call.max_tokens, self.context_size - len(tokens) - 1),
            call.temperature,
            call.seed,
            call.json_schema,
            call.deadline,
            current_owner(),
            self._public(messages, tokens),
        )

    def _pieces(self, call: Call) -> Iterator[str]:
        runner = self.runner
        request = self._request(call)
        call.tokens_in = len(request.tokens)
        assembler = TextAssembler(call.stop)
        stream = runner.run(request)
        try:
            for token in stream:
                call.tokens_out += 1
                call.tokens_reused = request.reused
                if text := assembler.push(self.vocabulary.piece(token)):
                    yield text
                if assembler.stopped:
                    call.finish = "stop"
                    return
            call.finish = request.finish
            if text := assembler.finish():
                yield text
        finally:
            call.tokens_reused = request.reused
            request.cancelled.set()
            stream.close()  # type: ignore[attr-defined]

    def _apieces(self, call: Call) -> AsyncIterator[str] | None:
        runner = self.runner
        arun = getattr(runner, "arun", None)
        return self._apieces_of(call, arun) if arun is not None else None

    async def _apieces_of(self, call: Call, arun: Callable[[Request], AsyncIterator[int]]) -> AsyncIterator[str]:
        request = self._request(call)
        call.tokens_in = len(request.tokens)
        assembler = TextAssembler(call.stop)
        stream = arun(request)
        try:
            async for token in stream:
                call.tokens_out += 1
                if text := assembler.push(self.vocabulary.piece(token)):
                    yield text
                if assembler.stopped:
                    call.finish = "stop"
                    return
            call.finish = request.finish
            if text := assembler.finish():
                yield text
        finally:
            call.tokens_reused = request.reused
            request.cancelled.set()
            await stream.aclose()  # type: ignore[attr-defined]

    def score(
        self, prompt: str | Sequence[BaseMessage], options: Sequence[str], *, normalise: bool = True
    ) -> list[float]:
        started = time.monotonic()
        runner = self.runner
        if not options or not all(options):
            raise ModelError(f"options {list(options)!r}: give at least one, none of them empty")
        encoded = [self.vocabulary.tokenize(option) for option in options]
        longest = max(map(len, encoded))
        if longest > self.context_size // 2:
            raise ModelError(f"an option of {longest} tokens is too long for a context of {self.context_size}")
        public = 0
        if isinstance(prompt, str):
            tokens = self.vocabulary.tokenize(prompt, bos=True) or [self.vocabulary.start]
            tokens = cut_middle(tokens, self.context_size - longest - 1)
        else:
            messages = self.fit_messages(as_messages(prompt), longest)
            tokens = self._tokens(messages)
            public = self._public(messages, tokens)
        deadline = started + self._timeout(None)
        request = Request(tokens, longest, deadline=deadline, owner=current_owner(), public=public)
        found = runner.score(request, encoded)
        self._count(len(tokens) + sum(map(len, encoded)), 0, request.reused, time.monotonic() - started)
        return [sum(row) / (len(row) if normalise else 1) for row in found]
