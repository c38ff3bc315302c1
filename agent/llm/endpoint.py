"""A model behind any OpenAI-compatible server: vLLM, llama-server, Ollama, a hosted one.

Spec: `openai:NAME@http://host:port/v1`. The key comes from `PARLEY_API_KEY` or `OPENAI_API_KEY`.
One object keeps a bounded number of calls in flight, retries with jitter before anything was shown,
and stops asking a server that keeps failing.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, SystemMessage
from pydantic import PrivateAttr, ValidationError

from parley.agent.llm.breaker import Breaker, Slots, with_retries
from parley.agent.llm.chat import Call, TextChat, as_messages, dump_json, plain, refuse_in_unit_tests
from parley.agent.llm.prompting import fit_messages
from parley.agent.llm.repair import parse_json
from parley.agent.llm.seam import ModelError, Schema, Usage
from parley.agent.llm.transport import HttpFailure, Transport

SCHEMA_MODES = ("json_schema", "json_object", "prompt")
"""Ways to ask for JSON, best first; a server that fails one is asked the next way from then on."""

BYTES_PER_TOKEN = 3.0
"""For budgets only, on the safe side: English has about 4."""


class EndpointChat(TextChat):
    """A chat model over HTTP."""

    name_on_server: str
    base_url: str
    max_in_flight: int = 64
    price_in: float = 0.0
    """Currency units per million prompt tokens, for `cost()`."""
    price_out: float = 0.0

    _transport: Any = PrivateAttr(default=None)
    _slots: Any = PrivateAttr(default=None)
    _breaker: Any = PrivateAttr(default_factory=Breaker)
    _schema_mode: int = PrivateAttr(default=0)
    _usage_asked: bool = PrivateAttr(default=True)

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        key = os.environ.get("PARLEY_API_KEY") or os.environ.get("OPENAI_API_KEY")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._transport = Transport(self.base_url, headers, keep=self.max_in_flight)
        self._slots = Slots(self.max_in_flight)

    @property
    def slots(self) -> Slots:
        """The calls in flight, for accounting."""
        slots: Slots = self._slots
        return slots

    def cost(self, usage: Usage) -> float:
        """What `usage` cost at this model's prices."""
        return (usage.tokens_in * self.price_in + usage.tokens_out * self.price_out) / 1e6

    def close(self) -> None:
        self._transport.close()

    def count_tokens(self, text: str) -> int:
        """An upper estimate: the server's tokenizer is not here."""
        return int(len(text.encode("utf-8", errors="replace")) / BYTES_PER_TOKEN) + 1

    def check(self) -> None:
        """Ask the server for its models; take the context size it names.

        Raises:
            ModelError: out of reach, or it does not serve this model.
        """
        refuse_in_unit_tests(self.model_id)
        try:
            listed = self._transport.call("GET", "/models", None, time.monotonic() + 10.0)
        except HttpFailure as failure:
            if failure.status in (404, 405, 501):
                return
            raise
        models = listed.get("data") if isinstance(listed, dict) else None
        entries = [m for m in models or [] if isinstance(m, dict) and m.get("id")]
        mine = next((m for m in entries if m["id"] == self.name_on_server), None)
        if entries and mine is None:
            names = ", ".join(sorted(str(m["id"]) for m in entries)[:5])
            raise ModelError(f"{self.base_url} does not serve {self.name_on_server!r}; it has {names}")
        size = (mine or {}).get("max_model_len") or ((mine or {}).get("meta") or {}).get("n_ctx")
        if isinstance(size, int) and size > 0:
            self.context_size = size

    # --- text -----------------------------------------------------------------------------

    def _pieces(self, call: Call) -> Iterator[str]:
        refuse_in_unit_tests(self.model_id)
        mode = SCHEMA_MODES[self._schema_mode] if call.json_schema is not None else ""
        if mode:
            yield self._whole(call, mode)
            return
        body = self._body(call, "", stream=True)  # a slot is held for the server's work only
        self._enter(call.deadline)
        ok = False
        try:
            shown = False

            def begin() -> tuple[str, Iterator[str]]:
                stream = self._deltas(call, body)
                return next(stream, ""), stream

            first, rest = with_retries(
                begin, retries=self._retries(), deadline=call.deadline, seed=call.seed, may_retry=lambda: not shown
            )
            ok = True
            if first:
                yield first
            try:
                yield from rest
            except ModelError:
                ok = False
                raise
        finally:
            self._leave(ok)

    def _whole(self, call: Call, mode: str) -> str:
        """The whole answer in one piece: it is JSON, so it can be asked for again."""
        body = self._body(call, mode, stream=False)
        self._enter(call.deadline)
        ok = False
        try:
            answer = with_retries(
                lambda: self._transport.call("POST", "/chat/completions", body, call.deadline),
                retries=self._retries(),
                deadline=call.deadline,
                seed=call.seed,
            )
            ok = True
        except HttpFailure as failure:
            ok = not failure.transient
            raise
        finally:
            self._leave(ok)
        choice = _first_choice(answer, self.base_url)
        call.finish = choice.get("finish_reason") or "stop"
        text = str((choice.get("message") or {}).get("content") or "")
        self._account(call, answer.get("usage"), text)
        return text

    def _deltas(self, call: Call, body: dict[str, Any]) -> Iterator[str]:
        written: list[str] = []
        reported: Any = None
        try:
            for event in self._transport.events("/chat/completions", body, call.deadline):
                if not isinstance(event, dict):
                    continue
                reported = event.get("usage") or reported
                choices = event.get("choices") or []
                if not choices:
                    continue
                call.finish = choices[0].get("finish_reason") or call.finish
                text = (choices[0].get("delta") or {}).get("content")
                if text:
                    written.append(text)
                    yield text
        finally:
            self._account(call, reported, "".join(written))

    def _body(self, call: Call, mode: str, *, stream: bool) -> dict[str, Any]:
        messages = as_messages(list(call.messages))
        if mode == "prompt":
            told = (
                f"Answer with one JSON document that fits this JSON schema, nothing else: {dump_json(call.json_schema)}"
            )
            messages = [SystemMessage(told), *messages]
        budget = self.context_size - min(call.max_tokens, self.context_size // 2)
        messages = fit_messages(
            messages, budget, lambda kept: sum(self.count_tokens(m["content"]) + 8 for m in plain(kept))
        )
        if not messages:
            raise ModelError("there are no messages to answer; give at least one")
        body: dict[str, Any] = {
            "model": self.name_on_server,
            "messages": plain(messages),
            "max_tokens": call.max_tokens,
            "temperature": call.temperature,
            "seed": call.seed,
        }
        if call.stop:
            body["stop"] = list(call.stop)
        if stream:
            body["stream"] = True
            body["stream_options"] = {"include_usage": True}
        if mode == "json_schema":
            schema = {"name": "answer", "schema": call.json_schema}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        elif mode == "json_object":
            body["response_format"] = {"type": "json_object", "schema": call.json_schema}
        return body

    # --- schemas --------------------------------------------------------------------------

    def _fill(self, messages: Sequence[BaseMessage], schema: type[Schema], **options: Any) -> Schema:
        """Ask the best way the server understands; whatever comes back is validated here."""
        failure: ModelError | None = None
        started = time.monotonic()
        budget = self._timeout(options.pop("timeout_s", None))
        for mode in range(self._schema_mode, len(SCHEMA_MODES)):
            left = budget - (time.monotonic() - started)
            if left <= 0:
                break
            call = Call(
                messages,
                options.get("max_tokens", 256),
                options.get("temperature", 0.0),
                options.get("seed", 0),
                timeout_s=left,
                json_schema=schema.model_json_schema(),
            )
            try:
                text = self._counted_whole(call, SCHEMA_MODES[mode])
                value = schema.model_validate(parse_json(text))
            except HttpFailure as refused:
                if refused.status not in (400, 404, 415, 422, 500, 501):
                    raise
                failure = refused
            except ValidationError as wrong:
                failure = ModelError(
                    f"{self.model_id} gave no valid {schema.__name__}: {wrong.errors()[0]['msg']}; text {text[:80]!r}"
                )
            else:
                self._schema_mode = mode
                return value
        raise failure or ModelError(f"{self.model_id} gave no {schema.__name__} in its time")

    def _counted_whole(self, call: Call, mode: str) -> str:
        refuse_in_unit_tests(self.model_id)
        try:
            return self._whole(call, mode)
        finally:
            self._count(call.tokens_in, call.tokens_out, call.tokens_reused, time.monotonic() - call.started)

    # --- scores ---------------------------------------------------------------------------

    def score(
        self, prompt: str | Sequence[BaseMessage], options: Sequence[str], *, normalise: bool = True
    ) -> list[float]:
        """By the server's log-probabilities: of the echoed text for a plain prompt (exact), of the first
        token for a chat (so the options must differ in it).

        Raises:
            ModelError: the server offers no log-probabilities; keep the order you had.
        """
        refuse_in_unit_tests(self.model_id)
        if not options or not all(options):
            raise ModelError(f"options {list(options)!r}: give at least one, none of them empty")
        deadline = time.monotonic() + self._timeout(None)
        if isinstance(prompt, str):
            rows = [self._echoed(prompt, option, deadline) for option in options]
            if all(rows):
                return [sum(row) / (len(row) if normalise else 1) for row in rows]
        return self._first_token(as_messages(prompt), options, deadline)

    def _ask(self, path: str, body: dict[str, Any], deadline: float) -> Any:
        started = time.monotonic()
        self._enter(deadline)
        ok = False
        answer: Any = None
        try:
            answer = with_retries(
                lambda: self._transport.call("POST", path, body, deadline), retries=self._retries(), deadline=deadline
            )
            ok = True
            return answer
        except HttpFailure as failure:
            ok = not failure.transient
            raise
        finally:
            self._leave(ok)
            usage = (answer.get("usage") if isinstance(answer, dict) else None) or {}
            tokens = int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0)
            self._count(*tokens, 0, time.monotonic() - started)

    def _echoed(self, prompt: str, option: str, deadline: float) -> list[float]:
        """log P of the option's tokens; empty if the server cannot say."""
        body = {
            "model": self.name_on_server,
            "prompt": prompt + option,
            "echo": True,
            "logprobs": 1,
            "max_tokens": 1,
            "temperature": 0,
        }
        try:
            choice = _first_choice(self._ask("/completions", body, deadline), self.base_url)
        except HttpFailure as failure:
            if failure.transient and failure.status != 500:
                raise
            return []
        told = choice.get("logprobs") or {}
        values, offsets = told.get("token_logprobs") or [], told.get("text_offset") or []
        if not _aligned(values, told.get("top_logprobs") or []):
            return []
        end = len(prompt) + len(option)
        return [
            float(value)
            for value, offset in zip(values, offsets, strict=False)
            if value is not None and len(prompt) <= offset < end
        ]

    def _first_token(self, messages: list[BaseMessage], options: Sequence[str], deadline: float) -> list[float]:
        body = self._body(Call(messages, 1), "", stream=False) | {"logprobs": True, "top_logprobs": 20}
        choice = _first_choice(self._ask("/chat/completions", body, deadline), self.base_url)
        content = (choice.get("logprobs") or {}).get("content") or []
        top = content[0].get("top_logprobs") if content else None
        if not top:
            raise ModelError(f"{self.base_url} gives no log-probabilities; keep the order you had")
        found: list[float | None] = [None] * len(options)
        for entry in top:
            token = str(entry.get("token", "")).strip()
            hits = [i for i, option in enumerate(options) if _begins(option.strip(), token)]
            if len(hits) == 1 and found[hits[0]] is None:
                found[hits[0]] = float(entry["logprob"])
        known = sum(value is not None for value in found)
        if known < min(2, len(options)):
            raise ModelError(f"{known} of {len(options)} options begin with a likely token; use letters as options")
        floor = min(float(entry["logprob"]) for entry in top) - 1.0
        return [floor if value is None else value for value in found]

    # --- inside ---------------------------------------------------------------------------

    def _retries(self) -> int:
        return 3 if self.max_retries is None else self.max_retries

    def _enter(self, deadline: float) -> None:
        self._breaker.admit(self.base_url)
        self._slots.acquire(deadline)

    def _leave(self, ok: bool) -> None:
        self._slots.release()
        self._breaker.report(ok)

    def _account(self, call: Call, reported: Mapping[str, Any] | None, text: str) -> None:
        told = reported or {}
        call.tokens_in = int(told.get("prompt_tokens") or 0) or sum(
            self.count_tokens(m["content"]) for m in plain(as_messages(list(call.messages)))
        )
        call.tokens_out = int(told.get("completion_tokens") or (self.count_tokens(text) if text else 0))
        cached = (told.get("prompt_tokens_details") or {}).get("cached_tokens")
        call.tokens_reused = int(cached or 0)


def open_endpoint(rest: str, *, seed: int = 0, context_size: int | None = None) -> EndpointChat:
    """A checked `EndpointChat` for "NAME@URL".

    Raises:
        ModelError: malformed, out of reach, or not serving NAME.
    """
    name, at, url = rest.partition("@")
    if not name or not at or not url:
        raise ModelError(f"model {'openai:' + rest!r} is not of the form openai:NAME@http://host:port/v1")
    chat = EndpointChat(
        model_id=f"openai:{name}",
        name_on_server=name,
        base_url=url.rstrip("/"),
        seed=seed,
        context_size=context_size or 8192,
    )
    chat.check()
    return chat


def _begins(option: str, token: str) -> bool:
    """Whether a token is the option, or enough of its beginning to mean it."""
    return option == token or (len(token) >= 3 and option.startswith(token))


def _aligned(values: Sequence[Any], top: Sequence[Any]) -> bool:
    """Whether each log-probability belongs to its own token: the one greedy token must be its row's likeliest.

    Some servers are off by one for models without a beginning token.
    """
    if not values or len(top) != len(values) or not top[-1] or values[-1] is None:
        return False
    return abs(float(values[-1]) - max(map(float, top[-1].values()))) < 1e-6


def _first_choice(answer: Any, where: str) -> dict[str, Any]:
    choices = answer.get("choices") if isinstance(answer, dict) else None
    if not choices or not isinstance(choices[0], dict):
        raise HttpFailure(f"{where} answered without choices: {str(answer)[:80]!r}", 502)
    return choices[0]
