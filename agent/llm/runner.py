"""What runs tokens through a llama.cpp model: the contract shared by the plain runner and the engine."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from parley.agent.llm.seam import ModelTimeout


@dataclass
class Request:
    """Tokens to continue, and how."""

    tokens: list[int]
    max_tokens: int
    temperature: float = 0.0
    seed: int = 0
    json_schema: Mapping[str, Any] | None = None
    deadline: float = float("inf")
    """On `time.monotonic`'s clock."""
    owner: str = ""
    """Whose conversation it is: computed prefixes beyond `public` are reused by the same owner only."""
    public: int = 0
    """How many of the first tokens anyone's request may reuse (a role's instructions)."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    reused: int = 0
    """Set by the runner: prompt tokens that needed no computation."""
    finish: str = "length"
    """Set by the runner: `stop` when the model ended by itself."""

    def check(self) -> None:
        """Raise when time is up.

        Raises:
            ModelTimeout: the deadline has passed.
        """
        if time.monotonic() > self.deadline:
            raise ModelTimeout("the model did not finish in its time; give it more, or ask for fewer tokens")

    @property
    def schema_key(self) -> str:
        return json.dumps(self.json_schema, sort_keys=False) if self.json_schema is not None else ""


class Runner(Protocol):
    """Continues tokens and scores options. Callable from any thread."""

    def run(self, request: Request) -> Iterator[int]:
        """Token ids as they are sampled, without the end token. Closing it stops the model."""
        ...

    def score(self, request: Request, options: Sequence[Sequence[int]]) -> list[list[float]]:
        """log P of every token of every option after `request.tokens`, in nats."""
        ...

    def close(self) -> None: ...
