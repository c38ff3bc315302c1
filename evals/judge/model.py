"""A judge that asks a language model for five marks under a schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from parley.evals.judge.rubric import Line, Verdict

PROMPT = (
    "You mark a conversation between a user and a recommender. Mark 0 (not at all) to 4 (fully): did the recommender "
    "understand the user, was what it recommended relevant, was it efficient, and how good was it overall."
)


class Marks(BaseModel):
    """0 to 4 each."""

    understanding: int = Field(ge=0, le=4)
    relevance: int = Field(ge=0, le=4)
    efficiency: int = Field(ge=0, le=4)
    overall: int = Field(ge=0, le=4)


class ModelJudge:
    """Marks by a model; one call a dialogue."""

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self.name = f"model ({name})"

    def judge(self, dialogue: Sequence[Line]) -> Verdict:
        from langchain_core.messages import HumanMessage, SystemMessage

        text = "\n".join(f"{'User' if line.by_user else 'Recommender'}: {line.text}" for line in dialogue)[-2500:]
        marks = self._model.generate([SystemMessage(PROMPT), HumanMessage(text)], Marks)
        parts = {name: value / 4 for name, value in marks.model_dump().items()}
        return Verdict(overall=parts["overall"], parts=parts)
