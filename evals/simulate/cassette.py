"""Record a model's answers and play them back: whole dialogues run again with no model, e.g. in CI.

Every call is kept under the SHA-256 of everything that decides its answer (method, messages, schema, options).
Calls not on the tape are made and appended while recording; on playback they are an error that names the call.
A tape is JSON lines, so an interrupted recording loses at most its last line.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

from parley.agent.llm.seam import ChatModel, ModelError, Usage

Schema = TypeVar("Schema", bound=BaseModel)


class CassetteModel:
    """A chat model that remembers. With no inner model it only plays back.

    Thread-safe. Tokens are those of the recorded calls, so that costs are the same on playback.
    """

    def __init__(self, tape: Path, inner: ChatModel | None = None) -> None:
        self.inner = inner
        self.tape = tape
        self._answers: dict[str, dict[str, Any]] = {}
        self._guard = threading.Lock()
        self._usage = Usage()
        if tape.exists():
            for line in tape.read_text("utf-8").splitlines():
                self._load(line)
        elif inner is None:
            raise ModelError(f"no tape {str(tape)!r}; record one first by giving a model")
        heads = [a["answer"] for a in self._answers.values() if a["call"] == "head"]
        if inner is not None and not heads:
            self._keep("head", {"call": "head", "answer": [inner.model_id, inner.context_size], "usage": {}})
        head: list[Any] = heads[0] if heads else ["cassette", 4096]
        if inner is not None:
            head = [inner.model_id, inner.context_size]
        self.model_id, self.context_size = str(head[0]), int(head[1])

    def generate(
        self,
        messages: Sequence[BaseMessage],
        schema: type[Schema],
        *,
        max_tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        timeout_s: float | None = None,
    ) -> Schema:
        """An instance of `schema`, from the tape if the same was asked before."""
        asked = [_plain(messages), schema.model_json_schema(), max_tokens, temperature, seed]
        answer = self._answer(
            "generate",
            asked,
            lambda model: model.generate(
                messages, schema, max_tokens=max_tokens, temperature=temperature, seed=seed, timeout_s=timeout_s
            ).model_dump(mode="json"),
        )
        return schema.model_validate(answer)

    def score(
        self, prompt: str | Sequence[BaseMessage], options: Sequence[str], *, normalise: bool = True
    ) -> list[float]:
        """log P of each option, from the tape if the same was asked before."""
        said = prompt if isinstance(prompt, str) else _plain(prompt)
        asked = [said, list(options), normalise]
        found: list[float] = self._answer(
            "score", asked, lambda model: model.score(prompt, options, normalise=normalise)
        )
        return found

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
        """The answer in the pieces it came in."""
        asked = [_plain(messages), max_tokens, temperature, seed, list(stop)]
        yield from self._answer(
            "stream_text",
            asked,
            lambda model: list(
                model.stream_text(
                    messages,
                    max_tokens=max_tokens,
                    temperature=temperature,
                    seed=seed,
                    stop=stop,
                    timeout_s=timeout_s,
                )
            ),
        )

    def count_tokens(self, text: str) -> int:
        return int(self._answer("count_tokens", [text], lambda model: model.count_tokens(text)))

    def usage(self) -> Usage:
        """What the calls cost when they were recorded."""
        return self._usage

    def _answer(self, call: str, asked: list[Any], make: Any) -> Any:
        key = hashlib.sha256(json.dumps([call, asked], sort_keys=True, default=str).encode()).hexdigest()
        with self._guard:
            known = self._answers.get(key)
            if known is None:
                if self.inner is None:
                    raise ModelError(f"the tape {self.tape.name!r} holds no such {call} call; record it again")
                before = self.inner.usage()
                answer = make(self.inner)
                spent = (self.inner.usage() - before).model_dump(mode="json")
                known = {"call": call, "answer": answer, "usage": spent}
                self._keep(key, known)
            if known["usage"]:
                self._usage = self._usage + Usage.model_validate(known["usage"])
        return known["answer"]

    def _keep(self, key: str, entry: dict[str, Any]) -> None:
        self._answers[key] = entry
        self.tape.parent.mkdir(parents=True, exist_ok=True)
        with self.tape.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"key": key, **entry}, ensure_ascii=False) + "\n")

    def _load(self, line: str) -> None:
        try:
            entry = json.loads(line)
            self._answers[entry.pop("key")] = entry
        except (json.JSONDecodeError, KeyError):
            return  # a line cut off by a kill


def _plain(messages: Sequence[BaseMessage]) -> list[tuple[str, str]]:
    return [
        (message.type, message.text if isinstance(message.text, str) else str(message.content)) for message in messages
    ]
