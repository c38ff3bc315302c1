"""The seam to language models: a LangChain chat model that also fills schemas and scores options.

`generate` and `score` are what the agent uses for everything typed: JSON under a grammar compiled
from a Pydantic model, and log-probabilities read off one forward pass. Free text is for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar, runtime_checkable

from langchain_core.messages import BaseMessage
from pydantic import BaseModel, ConfigDict

Schema = TypeVar("Schema", bound=BaseModel)


class ModelError(RuntimeError):
    """The model cannot be used (missing, broken, out of reach); the message says the mend."""


class ModelTimeout(ModelError):
    """The model did not finish within its time."""


class Usage(BaseModel):
    """What calls cost since a point in time."""

    model_config = ConfigDict(frozen=True)

    calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    tokens_reused: int = 0
    """Of `tokens_in`, those whose computation was kept from an earlier call."""
    seconds: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(**{k: getattr(self, k) + getattr(other, k) for k in type(self).model_fields})

    def __sub__(self, other: Usage) -> Usage:
        return Usage(**{k: getattr(self, k) - getattr(other, k) for k in type(self).model_fields})


@runtime_checkable
class ChatModel(Protocol):
    """A LangChain `BaseChatModel` (invoke, stream, ...) with three more abilities."""

    model_id: str
    """Names weights and adapter, e.g. "embedded:SmolLM2-135M-Instruct-Q4_1"."""
    context_size: int
    """Tokens of prompt and answer together."""

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
        """An instance of `schema`, its JSON constrained while it is sampled.

        Raises:
            ModelError: no valid instance within `max_tokens`, or the model failed.
            ModelTimeout: not finished within `timeout_s` seconds.
        """
        ...

    def score(
        self, prompt: str | Sequence[BaseMessage], options: Sequence[str], *, normalise: bool = True
    ) -> list[float]:
        """log P(option | prompt) for each option, in nats, by one pass over the shared prefix.

        With `normalise`, divided by the option's tokens, so that long options are not punished.
        """
        ...

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
        """The answer piece by piece. Closing the iterator stops the model at the next token."""
        ...

    def count_tokens(self, text: str) -> int: ...

    def usage(self) -> Usage:
        """Totals since the model was loaded, over all threads; subtract two for a span."""
        ...
