"""What every model of ours shares: LangChain on the outside, one stream of text pieces on the inside.

A subclass says how pieces are made (`_pieces`) and how options are scored; schemas, tools, usage,
timeouts and LangChain's protocol are written once, here. Tools are asked for as JSON under a
grammar (the union of the tools' schemas and "reply"), because no llama.cpp template parses native calls back.
"""

from __future__ import annotations

import json
import os
import threading
import time
from abc import abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LangSmithParams, LanguageModelInput
from langchain_core.messages import (
    AIMessage,
    AIMessageChunk,
    BaseMessage,
    HumanMessage,
    SystemMessage,
    convert_to_messages,
)
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError

from parley.agent.llm import calling
from parley.agent.llm.metering import charge, stopped
from parley.agent.llm.repair import parse_json
from parley.agent.llm.seam import ModelError, Schema, Usage

DEFAULT_TIMEOUT_S = 120.0
"""For callers who set none: no call may hold a model for ever."""


@dataclass
class Call:
    """One request to a model, and what it cost so far."""

    messages: Sequence[BaseMessage]
    max_tokens: int
    temperature: float = 0.0
    seed: int = 0
    stop: tuple[str, ...] = ()
    timeout_s: float = DEFAULT_TIMEOUT_S
    json_schema: Mapping[str, Any] | None = None
    """When set, the text is JSON valid under this schema unless cut by `max_tokens`."""
    started: float = field(default_factory=time.monotonic)
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_reused: int = 0
    finish: str = "stop"
    """`stop`, `length` (cut by `max_tokens`) or `cancelled`."""

    @property
    def deadline(self) -> float:
        return self.started + self.timeout_s


def refuse_in_unit_tests(what: str) -> None:
    """Raise if the switch that forbids real models is set.

    Raises:
        ModelError: `PARLEY_NO_REAL_MODEL=1`.
    """
    if os.environ.get("PARLEY_NO_REAL_MODEL") == "1":
        raise ModelError(
            f"{what} was called while PARLEY_NO_REAL_MODEL=1; use a scripted model, or mark the test `llm`"
        )


class TextChat(BaseChatModel):
    """A chat model that writes text, fills schemas and (where it can) scores options."""

    model_config = ConfigDict(arbitrary_types_allowed=True, protected_namespaces=())

    model_id: str = "model"
    context_size: int = 4096
    temperature: float | None = None
    max_tokens: int | None = None
    stop: list[str] | None = None
    timeout: float | None = None
    """Seconds for one call."""
    max_retries: int | None = None
    seed: int = 0

    _total: Usage = PrivateAttr(default_factory=Usage)
    _total_lock: Any = PrivateAttr(default_factory=threading.Lock)

    # --- what a subclass does -------------------------------------------------------------

    @abstractmethod
    def _pieces(self, call: Call) -> Iterator[str]:
        """The answer's text as it is made; keeps `call`'s counts. Closing it stops the model."""

    def _apieces(self, call: Call) -> AsyncIterator[str] | None:
        """`_pieces` for coroutines; None where a thread must do."""
        return None

    @abstractmethod
    def score(
        self, prompt: str | Sequence[BaseMessage], options: Sequence[str], *, normalise: bool = True
    ) -> list[float]: ...

    @abstractmethod
    def count_tokens(self, text: str) -> int: ...

    def close(self) -> None:
        """Give back memory and connections; the model may not be used afterwards."""

    # --- the seam -------------------------------------------------------------------------

    def usage(self) -> Usage:
        with self._total_lock:
            return self._total

    def stream_text(
        self,
        messages: Sequence[BaseMessage],
        *,
        max_tokens: int = 200,
        temperature: float = 0.0,
        seed: int = 0,
        stop: Sequence[str] = (),
        timeout_s: float | None = None,
    ) -> Iterator[str]:
        call = Call(messages, max_tokens, temperature, seed, tuple(stop), self._timeout(timeout_s))
        return self._run(call)

    def generate(  # type: ignore[override]
        self, messages: Any, schema: Any = None, *args: Any, **options: Any
    ) -> Any:
        """With a Pydantic class: an instance of it (see `seam.ChatModel`). Else LangChain's own `generate`."""
        if isinstance(schema, type) and issubclass(schema, BaseModel):
            return self._fill(messages, schema, **options)
        stop = options.pop("stop", schema)
        return super().generate(messages, stop, *args, **options)

    def _fill(
        self,
        messages: Sequence[BaseMessage],
        schema: type[Schema],
        *,
        max_tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        timeout_s: float | None = None,
    ) -> Schema:
        call = Call(
            messages,
            max_tokens,
            temperature,
            seed,
            timeout_s=self._timeout(timeout_s),
            json_schema=schema.model_json_schema(),
        )
        text = "".join(self._run(call))
        value = parse_json(text)
        try:
            return schema.model_validate(value)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the answer"
            cut = f" (cut at {max_tokens} tokens)" if call.finish == "length" else ""
            raise ModelError(
                f"{self.model_id} gave no valid {schema.__name__}{cut}: {where}: {first['msg']}; text {text[:80]!r}"
            ) from None

    # --- LangChain ------------------------------------------------------------------------

    @property
    def _llm_type(self) -> str:
        return "parley"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"model_id": self.model_id, "context_size": self.context_size}

    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> LangSmithParams:
        params = super()._get_ls_params(stop=stop or self.stop, **kwargs)
        params["ls_provider"] = "parley"
        params.setdefault("ls_model_name", self.model_id)
        return params

    def model_post_init(self, context: Any, /) -> None:
        super().model_post_init(context)
        if self.profile is None:
            self.profile = {
                "max_input_tokens": self.context_size,
                "tool_calling": True,
                "structured_output": True,
                "image_inputs": False,
            }

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | bool | Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Let the model call tools; `tool_choice` is None/"auto", "any"/"required"/True, "none", or a tool's name."""
        known = [calling.as_function(t) for t in tools]
        return self.bind(tools=known, tool_choice=calling.normal_choice(tool_choice, known), **kwargs)

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call, tools = self._prepare(messages, stop, kwargs)
        return self._result(call, "".join(self._run(call)), tools)

    def _result(self, call: Call, text: str, tools: Sequence[Mapping[str, Any]]) -> ChatResult:
        content, calls = calling.read_calls(text) if tools else (text, [])
        message = AIMessage(
            content=content,
            tool_calls=calls,
            usage_metadata=_usage_metadata(call),
            response_metadata={"finish_reason": call.finish, "model_name": self.model_id},
        )
        return ChatResult(generations=[ChatGeneration(message=message)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        call, tools = self._prepare(messages, stop, kwargs)
        if tools:
            content, calls = calling.read_calls("".join(self._run(call)))
            yield ChatGenerationChunk(message=AIMessageChunk(content=content, tool_call_chunks=calling.chunks(calls)))
        else:
            for piece in self._run(call):
                if run_manager:
                    run_manager.on_llm_new_token(piece)
                yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        yield self._last_chunk(call)

    def _last_chunk(self, call: Call) -> ChatGenerationChunk:
        return ChatGenerationChunk(
            message=AIMessageChunk(
                content="",
                usage_metadata=_usage_metadata(call),
                response_metadata={"finish_reason": call.finish, "model_name": self.model_id},
                chunk_position="last",
            )
        )

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        call, tools = self._prepare(messages, stop, kwargs)
        pieces = self._apieces(call)
        if pieces is None:
            return await super()._agenerate(messages, stop, run_manager, **kwargs)
        text = "".join([piece async for piece in self._arun(call, pieces)])
        return self._result(call, text, tools)

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        call, tools = self._prepare(messages, stop, kwargs)
        pieces = self._apieces(call)
        if pieces is None or tools:
            async for chunk in super()._astream(messages, stop, run_manager, **kwargs):
                yield chunk
            return
        async for piece in self._arun(call, pieces):
            if run_manager:
                await run_manager.on_llm_new_token(piece)
            yield ChatGenerationChunk(message=AIMessageChunk(content=piece))
        yield self._last_chunk(call)

    async def _arun(self, call: Call, pieces: AsyncIterator[str]) -> AsyncIterator[str]:
        try:
            async for piece in pieces:
                yield piece
        finally:
            close = getattr(pieces, "aclose", None)
            if close is not None:
                await close()
            self._count(call.tokens_in, call.tokens_out, call.tokens_reused, time.monotonic() - call.started)

    def _prepare(
        self, messages: list[BaseMessage], stop: list[str] | None, kwargs: Mapping[str, Any]
    ) -> tuple[Call, list[dict[str, Any]]]:
        """A call from LangChain's arguments; with tools, their schemas and how to use them."""
        tools = list(kwargs.get("tools") or [])
        schema = calling.response_schema(kwargs.get("response_format"))
        choice = kwargs.get("tool_choice")
        if choice == "none":
            tools = []
        if tools:
            tools = calling.offered(tools, choice)
            messages = calling.with_instructions(messages, tools, choice)
            schema = calling.union_schema(tools, may_reply=choice in (None, "auto"))
        temperature = kwargs.get("temperature", self.temperature)
        call = Call(
            messages,
            int(kwargs.get("max_tokens") or self.max_tokens or 256),
            float(temperature) if temperature is not None else 0.0,
            int(kwargs.get("seed", self.seed)),
            tuple(stop or self.stop or ()) if schema is None else (),
            self._timeout(kwargs.get("timeout")),
            schema,
        )
        return call, tools

    # --- inside ---------------------------------------------------------------------------

    def _timeout(self, timeout_s: float | None) -> float:
        return timeout_s if timeout_s is not None else (self.timeout or DEFAULT_TIMEOUT_S)

    def _run(self, call: Call) -> Iterator[str]:
        """The pieces of a call, counted into the totals however it ends."""
        if call.max_tokens < 1:
            raise ModelError(f"max_tokens is {call.max_tokens}; ask for at least 1")
        pieces = self._pieces(call)
        try:
            for number, piece in enumerate(pieces, 1):
                yield piece
                if stopped():
                    raise ModelError("the turn was stopped")
                if number > call.max_tokens:  # it does not keep to its limit; we do
                    call.finish = "length"
                    return
        except GeneratorExit:
            call.finish = "cancelled"
            raise
        finally:
            close = getattr(pieces, "close", None)
            if close is not None:
                close()
            self._count(call.tokens_in, call.tokens_out, call.tokens_reused, time.monotonic() - call.started)

    def _count(self, tokens_in: int, tokens_out: int, tokens_reused: int, seconds: float) -> None:
        usage = Usage(calls=1, tokens_in=tokens_in, tokens_out=tokens_out, tokens_reused=tokens_reused, seconds=seconds)
        with self._total_lock:
            self._total = self._total + usage
        charge(usage)


def as_messages(prompt: str | Sequence[BaseMessage]) -> list[BaseMessage]:
    """A plain string is one user message."""
    return [HumanMessage(prompt)] if isinstance(prompt, str) else list(convert_to_messages(prompt))


def plain(messages: Sequence[BaseMessage]) -> list[dict[str, str]]:
    """Messages as role and text, tools told in words. Text that is not valid Unicode is mended.

    Raises:
        ModelError: a part that is not text (an image, say).
    """
    return [{"role": _role(m), "content": _clean(calling.in_words(m))} for m in messages]


def _role(message: BaseMessage) -> str:
    if isinstance(message, SystemMessage):
        return "system"
    return "assistant" if isinstance(message, AIMessage) else "user"


def _clean(text: str) -> str:
    return text.encode("utf-8", errors="replace").decode("utf-8").replace("\0", "")


def _usage_metadata(call: Call) -> UsageMetadata:
    return UsageMetadata(
        input_tokens=call.tokens_in,
        output_tokens=call.tokens_out,
        total_tokens=call.tokens_in + call.tokens_out,
        input_token_details=InputTokenDetails(cache_read=call.tokens_reused),
    )


def dump_json(value: Any) -> str:
    """JSON as the grammar writes it: no spaces, Unicode as it is (what `model_dump_json` gives)."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
