"""Models without weights: one that says what a test told it to, and one that is not there."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, PrivateAttr

from parley.agent.llm.chat import Call, TextChat, as_messages, dump_json
from parley.agent.llm.seam import ModelError

Answer = str | dict[str, Any] | list[Any] | BaseModel | Exception
Answers = Sequence[Answer] | Callable[[list[BaseMessage]], Answer]


class ScriptedModel(TextChat):
    """Answers from a queue, or by a function of the messages; deterministic, no weights.

        model = ScriptedModel(["Hello!", {"acts": ["request"]}])
        model = ScriptedModel(lambda messages: messages[-1].text.upper())

    A dict, list or Pydantic instance is written as JSON, an exception is raised. An exhausted queue
    raises `ModelError`, unless `repeat_last`. `score` uses `scores` (option -> value) or
    counts words shared with the prompt. `calls` keeps the messages of every call.
    """

    model_id: str = "scripted"
    repeat_last: bool = False
    scores: dict[str, float] | None = None

    _by: Any = PrivateAttr(default=None)
    _queue: Any = PrivateAttr(default_factory=deque)
    _calls: list[list[BaseMessage]] = PrivateAttr(default_factory=list)
    _guard: Any = PrivateAttr(default_factory=threading.Lock)

    def __init__(self, answers: Answers = (), **options: Any) -> None:
        super().__init__(**options)
        if callable(answers):
            self._by = answers
        else:
            self._queue = deque(answers)

    @property
    def calls(self) -> list[list[BaseMessage]]:
        """The messages of every call so far, oldest first."""
        return self._calls

    def _pieces(self, call: Call) -> Iterator[str]:
        messages = as_messages(list(call.messages))
        text = self._answer(messages)
        call.tokens_in = sum(self.count_tokens(m.text) for m in messages)
        for stop in call.stop:
            text = text.split(stop)[0]
        words = _pieces_of(text)
        if len(words) > call.max_tokens:
            call.finish = "length"
        for word in words[: call.max_tokens]:
            call.tokens_out += 1
            yield word

    def _answer(self, messages: list[BaseMessage]) -> str:
        with self._guard:
            self._calls.append(messages)
            if self._by is not None:
                answer: Answer = self._by(messages)
            elif self._queue:
                answer = self._queue[0] if self.repeat_last and len(self._queue) == 1 else self._queue.popleft()
            else:
                raise ModelError(f"the scripted model has no answer left for its call {len(self._calls)}; script more")
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, BaseModel):
            return answer.model_dump_json()
        return answer if isinstance(answer, str) else dump_json(answer)

    def score(
        self, prompt: str | Sequence[BaseMessage], options: Sequence[str], *, normalise: bool = True
    ) -> list[float]:
        text = prompt if isinstance(prompt, str) else "\n".join(m.text for m in prompt)
        self._count(self.count_tokens(text), 0, 0, 0.0)
        if self.scores is not None:
            return [self.scores.get(option.strip(), -20.0) for option in options]
        words = set(text.lower().split())
        shared = [len(words & set(option.lower().split())) for option in options]
        return [-1.0 / (1 + n) for n in shared]

    def count_tokens(self, text: str) -> int:
        return len(text.split())


class NoModel(TextChat):
    """There is no model: every call says so. The product works without one."""

    model_id: str = "none"

    def _pieces(self, call: Call) -> Iterator[str]:
        raise ModelError("no model is loaded (--model none)")

    def score(
        self, prompt: str | Sequence[BaseMessage], options: Sequence[str], *, normalise: bool = True
    ) -> list[float]:
        raise ModelError("no model is loaded (--model none)")

    def count_tokens(self, text: str) -> int:
        return len(text.split())


def load_script(path: str) -> list[Answer]:
    """Answers from a JSON-lines file: a string or an object a line.

    Raises:
        ModelError: no such file, or a line that is not JSON.
    """
    try:
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file if line.strip()]
    except OSError as error:
        raise ModelError(f"cannot read the script {path!r}: {error.strerror or error}") from None
    answers: list[Answer] = []
    for number, line in enumerate(lines, 1):
        try:
            answers.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise ModelError(f"line {number} of {path!r} is not JSON: {error.msg}") from None
    return answers


def _pieces_of(text: str) -> list[str]:
    """Words with the space before them, so that joining gives the text back."""
    pieces: list[str] = []
    for i, part in enumerate(text.split(" ")):
        pieces.append(part if i == 0 else f" {part}")
    return [p for p in pieces if p]


def words_of(value: Mapping[str, Any]) -> str:
    """A scripted JSON answer as text."""
    return dump_json(value)
