"""A GGUF model in this process, through llama.cpp.

`LlamaCppChat` is the seam's model. Under it sits a `Runner`: `SingleRunner` here, which is
llama-cpp-python's own high-level object behind one lock (one conversation at a time, the last
prompt's prefix reused), or the engine in `parley.agent.llm.engine`.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import re
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.messages import BaseMessage, SystemMessage
from numpy.typing import NDArray
from pydantic import PrivateAttr

from parley.agent.llm.buffers import safe_loading
from parley.agent.llm.chat import Call, TextChat, as_messages, dump_json, plain, refuse_in_unit_tests
from parley.agent.llm.gguf import check_gguf
from parley.agent.llm.owner import current_owner
from parley.agent.llm.prompting import CHATML, Template, TextAssembler, cut_middle, fit_messages
from parley.agent.llm.runner import Request, Runner
from parley.agent.llm.seam import ModelError, ModelTimeout

PREFILL_STEP = 128
"""Prompt tokens computed between two looks at the clock and the stop button."""

LONGEST_STRING = 120
"""Characters of a string whose schema sets no limit."""

LONGEST_LIST = 12
"""Items of a list whose schema sets no limit."""

CONTROL_TOKEN = 8
"""LLAMA_TOKEN_ATTR_CONTROL."""


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


def shared_prefix(left: Sequence[int], right: Sequence[int]) -> int:
    """How many first tokens two sequences share."""
    size = min(len(left), len(right))
    differs = np.nonzero(np.asarray(left[:size]) != np.asarray(right[:size]))[0]
    return int(differs[0]) if len(differs) else size


def default_threads() -> int:
    """Half the cores, at most 4: spinning pools on a busy machine are slower than one thread."""
    import os

    given = os.environ.get("PARLEY_THREADS")
    if given and given.isdigit() and int(given) > 0:
        return int(given)
    return max(1, min(4, len(os.sched_getaffinity(0)) // 2 if hasattr(os, "sched_getaffinity") else 2))


class Vocabulary:
    """Tokenizer, template and end tokens of a loaded llama.cpp model."""

    def __init__(self, model: Any) -> None:
        """`model` is llama-cpp-python's `LlamaModel`."""
        import llama_cpp

        self._lib, self._vocab = llama_cpp, model.vocab
        self._lock = threading.Lock()
        self.size = int(model.n_vocab())
        self.context_train = int(model.n_ctx_train())
        self.pieces = [self._piece(token) for token in range(self.size)]
        attributes = [llama_cpp.llama_vocab_get_attr(self._vocab, t) for t in range(self.size)]
        control = [t for t in range(self.size) if attributes[t] & CONTROL_TOKEN]
        self.ends = frozenset(t for t in range(self.size) if llama_cpp.llama_vocab_is_eog(self._vocab, t))
        self.control = frozenset(control)
        bos, eos = model.token_bos(), model.token_eos()
        self.add_bos = bool(model.add_bos_token()) and bos >= 0
        self.start = bos if bos >= 0 else max(eos, 0)
        names = {t: model.token_get_text(t) for t in control}
        metadata = model.metadata()
        self.template = Template(
            metadata.get("tokenizer.chat_template") or CHATML,
            list(names.values()),
            bos=names.get(bos, ""),
            eos=names.get(eos, ""),
        )
        self.name = metadata.get("general.name", "")

    def tokenize(self, text: str, *, special: bool = False, bos: bool = False) -> list[int]:
        """Token ids. Control tokens are recognised only with `special`."""
        data = text.encode("utf-8", errors="replace")
        add_bos = bos and self.add_bos
        room = len(data) + 8
        buffer = (ctypes.c_int32 * room)()
        count = self._lib.llama_tokenize(self._vocab, data, len(data), buffer, room, add_bos, special)
        if count < 0:
            raise ModelError(f"a text of {len(data)} bytes cannot be tokenised")
        return buffer[:count]

    def piece(self, token: int) -> bytes:
        return self.pieces[token]

    def text(self, tokens: Sequence[int]) -> str:
        return b"".join(self.pieces[t] for t in tokens).decode("utf-8", errors="replace")

    def _piece(self, token: int) -> bytes:
        room = 64
        while True:
            buffer = ctypes.create_string_buffer(room)
            size = self._lib.llama_token_to_piece(self._vocab, token, buffer, room, 0, False)
            if size >= 0:
                return buffer.raw[:size]
            room = -size


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


def compact_grammar(schema: Any) -> Any:
    """llama.cpp's own grammar for a schema, held to what `model_dump_json` writes: every property, no spaces."""
    from llama_cpp import LlamaGrammar
    from llama_cpp.llama_grammar import json_schema_to_gbnf

    text = json_schema_to_gbnf(dump_json(bounded(schema)))
    return LlamaGrammar.from_string(re.sub(r"(?m)^space ::= .*$", 'space ::= ""', text), verbose=False)


def bounded(schema: Any) -> Any:
    """The schema with every property required and a length on every string and list that has none.

    A small model leaves out what it may, and repeats itself for ever where nothing stops it.
    """
    if isinstance(schema, list):
        return [bounded(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    known = {key: value if key in ("const", "enum", "default") else bounded(value) for key, value in schema.items()}
    if known.get("type") == "string" and not {"enum", "const", "pattern", "format"} & known.keys():
        known.setdefault("maxLength", max(LONGEST_STRING, known.get("minLength", 0)))
    if "properties" in known:
        known["required"] = list(known["properties"])
    if known.get("type") == "array":
        known.setdefault("maxItems", max(LONGEST_LIST, known.get("minItems", 0)))
    return known


def log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """(n_vocab,) logits -> (n_vocab,) log-probabilities, in float64."""
    wide = logits.astype(np.float64)
    wide -= wide.max()
    wide -= np.log(np.exp(wide).sum())
    return wide


def quiet_llama() -> None:
    """Send llama.cpp's chatter nowhere; errors reach us as return values."""
    import llama_cpp

    global _silent
    if _silent is None:
        _silent = llama_cpp.llama_log_callback(lambda level, text, data: None)
        llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))


_silent: Any = None
