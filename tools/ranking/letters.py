"""Letter logits: the candidates are labelled A, B, C... and one forward pass says how likely each label is.

No text is decoded, so no answer can be illegal. A model has favourite letters and favourite places; so the
list is shown in several orders (rotations spread over the list) and the log-probabilities are averaged:
each candidate stands at different places under different letters. With `calibrate`, the model's bias for
a letter, measured on the same list with the request left out, is taken off first.

Sources: Yue et al., "LlamaRec: Two-Stage Recommendation using Large Language Models for Ranking",
arXiv:2311.02089 (the verbaliser); Hou et al. (LLMRank), arXiv:2305.08845 (bootstrapping over orders).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from parley.tools.candidates import Candidate
from parley.tools.ranking.language import (
    LETTERS,
    Describe,
    History,
    Scorer,
    item_line,
    keep_order,
    order_by,
    tell_history,
)
from parley.tools.seams import RankedList, RankRequest


class LetterConfig(BaseModel):
    """Settings of the letter ranker."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    orders: int = Field(default=1, ge=1, le=len(LETTERS))
    """In how many orders the list is shown; each costs one pass."""
    history: History = "sequential"
    noun: str = "films"
    calibrate: bool = False
    """Take off each letter's log-probability on the same list without the request; doubles the passes."""


class LetterRanker:
    """Orders up to 26 candidates by the mean log-probability of their letters; the rest keep their place below."""

    def __init__(self, model: Scorer, describe: Describe, config: LetterConfig | None = None) -> None:
        self.model = model
        self.describe = describe
        self.config = config or LetterConfig()
        self.name = "letters" if self.config.orders == 1 else f"letters-x{self.config.orders}"

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        head = list(candidates)[: len(LETTERS)]
        if len(head) < 2:
            return keep_order(candidates)
        lines = [item_line(self.describe, c.item_id) for c in head]
        n = len(head)
        totals = np.zeros(n)
        calls = 0
        told = tell_history(request, self.describe, self.config.history)
        for step in range(min(self.config.orders, n)):
            start = round(step * n / self.config.orders)
            order = [(start + place) % n for place in range(n)]
            shown = [lines[i] for i in order]
            found = np.array(self._letters(told, shown))
            calls += 1
            if self.config.calibrate:
                found -= np.array(self._letters("", shown))
                calls += 1
            totals[order] += found
        mean = totals / min(self.config.orders, n)
        return order_by(candidates, {c.item_id: float(s) for c, s in zip(head, mean, strict=True)}, calls=calls)

    def _letters(self, told: str, shown: Sequence[str]) -> list[float]:
        listing = "\n".join(f"[{LETTERS[i]}] {line}" for i, line in enumerate(shown))
        prompt = f"{told}\n\nWhich of these {self.config.noun} suits me best?\n{listing}\n\nThe best choice is ["
        return self.model.score(prompt.lstrip(), [LETTERS[i] for i in range(len(shown))], normalise=False)
