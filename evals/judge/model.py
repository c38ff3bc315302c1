"""Judges that ask a language model: marks read off its probabilities, or written under a schema."""

from __future__ import annotations

import math
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


QUESTIONS = {
    "understanding": "How well did the recommender understand the user",
    "relevance": "How relevant was what it recommended",
    "overall": "How good was the recommender overall",
}
MARKS = (0, 1, 2, 3, 4)
KEPT = 1400
"""Characters of a dialogue that are read, the latest."""


class ScoredJudge:
    """The mean mark under the model's probabilities of the five marks; one pass a question, nothing is decoded."""

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self.name = f"model, scored ({name})"

    def judge(self, dialogue: Sequence[Line]) -> Verdict:
        text = _told(dialogue)[-KEPT:]
        parts = {key: self._mark(text, question) / MARKS[-1] for key, question in QUESTIONS.items()}
        return Verdict(overall=parts["overall"], parts=parts)

    def _mark(self, text: str, question: str) -> float:
        prompt = f"{text}\n\n{question}, from 0 (very bad) to 4 (very good)?\nAnswer:"
        found = self._model.score(prompt, [f" {mark}" for mark in MARKS], normalise=False)
        weights = [math.exp(value - max(found)) for value in found]
        return sum(mark * weight for mark, weight in zip(MARKS, weights, strict=True)) / sum(weights)


class ModelJudge:
    """Marks a model writes under a schema; one call a dialogue. For servers that give no probabilities."""

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        self.name = f"model, written ({name})"

    def judge(self, dialogue: Sequence[Line]) -> Verdict:
        from langchain_core.messages import HumanMessage, SystemMessage

        text = _told(dialogue)[-2500:]
        marks = self._model.generate([SystemMessage(PROMPT), HumanMessage(text)], Marks)
        parts = {name: value / 4 for name, value in marks.model_dump().items()}
        return Verdict(overall=parts["overall"], parts=parts)


def _told(dialogue: Sequence[Line]) -> str:
    return "\n".join(f"{'User' if line.by_user else 'Recommender'}: {line.text}" for line in dialogue)
