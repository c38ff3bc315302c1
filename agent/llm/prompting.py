"""From messages to tokens: the GGUF's own chat template, and a budget that is never overrun.

What a person writes can never become a control token: the template's markers are spelled out of
reach in the content before the prompt is tokenised.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage

from parley.agent.llm.seam import ModelError

Message = Mapping[str, str]
Tokenize = Callable[[str], list[int]]

CHATML = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n'}}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""For a GGUF that names no template."""

ELLIPSIS = " … "


class Template:
    """A chat template, run in a sandbox."""

    def __init__(self, source: str, control_texts: Sequence[str], *, bos: str = "", eos: str = "") -> None:
        """Compile `source`; `control_texts` are the vocabulary's control tokens as text.

        Raises:
            ModelError: the template does not compile.
        """
        import jinja2
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        def refuse(reason: str) -> None:
            raise jinja2.TemplateError(reason)

        environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
        environment.globals["raise_exception"] = refuse
        try:
            self._template = environment.from_string(source)
        except jinja2.TemplateError as error:
            raise ModelError(f"the model file's chat template does not compile: {error}") from None
        self._control = sorted((t for t in control_texts if len(t) > 1), key=len, reverse=True)
        self._tokens = {"bos_token": bos, "eos_token": eos}

    def render(self, messages: Sequence[Message]) -> str:
        """The prompt, ending where the assistant begins to write.

        Raises:
            ModelError: the template refuses the messages in every order we can put them.
        """
        import jinja2

        safe = [{"role": m["role"], "content": self._disarm(m["content"])} for m in messages]
        failure: Exception | None = None
        for attempt in (safe, _merged(safe)):
            try:
                return self._template.render(messages=attempt, add_generation_prompt=True, **self._tokens)
            except (jinja2.TemplateError, TypeError, KeyError) as error:
                failure = error
        raise ModelError(f"the model file's chat template refuses these messages: {failure}")

    def _disarm(self, content: str) -> str:
        """The same text with no control token in it (`<|im_end|>` gets a space inside)."""
        for text in self._control:
            if text in content:
                content = content.replace(text, f"{text[0]} {text[1:]}")
        return content


def _merged(messages: Sequence[Message]) -> list[dict[str, str]]:
    """For strict templates: one system message first (inside the first user turn), roles alternate."""
    system = "\n\n".join(m["content"] for m in messages if m["role"] == "system")
    merged: list[dict[str, str]] = []
    for message in messages:
        if message["role"] == "system":
            continue
        if merged and merged[-1]["role"] == message["role"]:
            merged[-1]["content"] += "\n\n" + message["content"]
        elif merged or message["role"] == "user":
            merged.append(dict(message))
    if not merged:
        return [{"role": "user", "content": system}]
    if system:
        merged[0]["content"] = f"{system}\n\n{merged[0]['content']}"
    return merged


def fit_messages(
    messages: Sequence[BaseMessage], budget: int, count: Callable[[Sequence[BaseMessage]], int]
) -> list[BaseMessage]:
    """The messages that fit into `budget` tokens: system and the last user message always stay.

    First tool results and calls of earlier turns go, then the oldest turns, then what follows the last
    user message, then system messages but the first; at last the longest left is shortened in its middle.
    `count` gives the tokens of a whole prompt.

    Raises:
        ModelError: not even one word of each fits.
    """
    kept = list(messages)
    if not kept or count(kept) <= budget:
        return kept
    for victims in _drop_order(kept):
        kept = [m for m in kept if not any(m is v for v in victims)]
        if count(kept) <= budget:
            return kept
    return _shorten(kept, budget, count)


def _drop_order(messages: Sequence[BaseMessage]) -> list[list[BaseMessage]]:
    """Groups to leave out, first to go first; each keeps the conversation well-formed."""
    last_user = max((i for i, m in enumerate(messages) if isinstance(m, HumanMessage)), default=len(messages) - 1)
    old = [m for m in messages[:last_user] if not isinstance(m, SystemMessage)]
    groups: list[list[BaseMessage]] = []
    tools: list[BaseMessage] = [
        m for m in old if isinstance(m, ToolMessage) or (isinstance(m, AIMessage) and m.tool_calls)
    ]
    if tools:
        groups.append(tools)
    turns: list[list[BaseMessage]] = []
    for message in old:
        if any(message is t for t in tools):
            continue
        if isinstance(message, HumanMessage) or not turns:
            turns.append([message])
        else:
            turns[-1].append(message)
    groups += _halving(turns)
    after = list(messages[last_user + 1 : -1])
    if after:
        groups.append(after)
    extra: list[BaseMessage] = [m for m in messages if m.type == "system"][1:]
    if extra:
        groups.append(extra)
    return groups


def _halving(turns: Sequence[list[BaseMessage]]) -> list[list[BaseMessage]]:
    """Turns oldest first, in ever smaller bunches while many remain: few recounts of a long history."""
    bunches: list[list[BaseMessage]] = []
    start = 0
    while start < len(turns):
        size = max(1, (len(turns) - start) // 4)
        bunches.append([m for turn in turns[start : start + size] for m in turn])
        start += size
    return bunches


def _shorten(
    messages: list[BaseMessage], budget: int, count: Callable[[Sequence[BaseMessage]], int]
) -> list[BaseMessage]:
    """Cut the middle out of the longest message, the next longest after it, until all fit."""
    for _ in range(len(messages) + 1):
        index = max(range(len(messages)), key=lambda i: len(messages[i].text))
        text = messages[index].text
        low, high = 0, len(text)
        while low < high:
            middle = (low + high + 1) // 2
            trial = [*messages[:index], _with_text(messages[index], text, middle), *messages[index + 1 :]]
            if count(trial) <= budget:
                low = middle
            else:
                high = middle - 1
        floor = min(len(text), 40)
        messages = [
            *messages[:index],
            _with_text(messages[index], text, max(low, floor)),
            *messages[index + 1 :],
        ]
        if count(messages) <= budget:
            return messages
    raise ModelError(f"a prompt of {count(messages)} tokens cannot be cut to {budget}; use a larger context_size")


def _with_text(message: BaseMessage, text: str, keep: int) -> BaseMessage:
    """The message with `keep` characters of `text`: its beginning and its end."""
    if keep >= len(text):
        return message
    head, tail = (keep + 1) // 2, keep // 2
    return message.model_copy(update={"content": text[:head] + ELLIPSIS + (text[-tail:] if tail else "")})


def cut_middle(tokens: list[int], budget: int) -> list[int]:
    """`budget` tokens: the beginning and the end."""
    if len(tokens) <= budget:
        return tokens
    head = budget // 2
    return tokens[:head] + tokens[len(tokens) - (budget - head) :]


class TextAssembler:
    """Bytes of tokens in, whole characters out, held back while a stop string could be under way."""

    def __init__(self, stop: Sequence[str] = ()) -> None:
        import codecs

        self._decoder: Any = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._stop = [s for s in stop if s]
        self._held = ""
        self.stopped = False

    def push(self, piece: bytes) -> str:
        """Text that is certain now. After a stop string, `stopped` is set and the rest is dropped."""
        self._held += self._decoder.decode(piece)
        return self._release(final=False)

    def finish(self) -> str:
        self._held += self._decoder.decode(b"", final=True)
        return self._release(final=True)

    def _release(self, *, final: bool) -> str:
        if self.stopped:
            return ""
        found = [i for i in (self._held.find(s) for s in self._stop) if i >= 0]
        if found:
            self.stopped = True
            text, self._held = self._held[: min(found)], ""
            return text
        hold = 0
        if not final:
            for stop in self._stop:
                for size in range(min(len(stop) - 1, len(self._held)), hold, -1):
                    if self._held.endswith(stop[:size]):
                        hold = size
                        break
        text, self._held = self._held[: len(self._held) - hold], self._held[len(self._held) - hold :]
        return text
