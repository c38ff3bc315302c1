"""Pointwise and pairwise rankers: one question about one item, or about two.

Pointwise: "would I like it?", the log-odds of Yes over No, one pass an item. Pairwise: "which of the two?",
asked in both orders so that a preference for the first place cancels; a pair that flips counts as a draw.
Passes of a bubble sort from the back lift the best to the front: k passes settle the first k places.

Sources: Hou et al. (LLMRank), arXiv:2305.08845 and Dai et al., "Uncovering ChatGPT's Capabilities in
Recommender Systems", RecSys 2023, arXiv:2305.02182 (point-, pair-, list-wise); Qin et al., "Large Language
Models are Effective Text Rankers with Pairwise Ranking Prompting", arXiv:2306.17563 (sliding passes).
"""

from __future__ import annotations

from collections.abc import Sequence

from parley.tools.candidates import Candidate
from parley.tools.ranking.language import (
    Describe,
    History,
    RankerError,
    Scorer,
    item_line,
    keep_order,
    order_by,
    tell_history,
)
from parley.tools.seams import RankedList, RankRequest


class PointwiseRanker:
    """Orders candidates by log P(Yes) - log P(No)."""

    name = "pointwise"

    def __init__(self, model: Scorer, describe: Describe, *, history: History = "sequential") -> None:
        self.model = model
        self.describe = describe
        self.history: History = history

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        if len(candidates) < 2:
            return keep_order(candidates)
        told = tell_history(request, self.describe, self.history)
        scores = {}
        for candidate in candidates:
            line = item_line(self.describe, candidate.item_id)
            yes, no = self.model.score(
                f"{told}\nWould I like {line}? Answer Yes or No.\nAnswer:".lstrip(), [" Yes", " No"], normalise=False
            )
            scores[candidate.item_id] = yes - no
        return order_by(candidates, scores, calls=len(candidates))


class PairwiseRanker:
    """Settles the first `passes` places by comparing neighbours from the back; draws keep the input order."""

    name = "pairwise"

    def __init__(self, model: Scorer, describe: Describe, *, passes: int = 3, history: History = "sequential") -> None:
        """Raises: RankerError: `passes` is below 1."""
        if passes < 1:
            raise RankerError(f"passes is {passes}; give 1 or more")
        self.model = model
        self.describe = describe
        self.passes = passes
        self.history: History = history

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        order = list(candidates)
        told = tell_history(request, self.describe, self.history)
        known: dict[tuple[str, str], bool] = {}
        calls = 0
        for settled in range(min(self.passes, len(order) - 1)):
            for place in range(len(order) - 1, settled, -1):
                upper, lower = order[place - 1], order[place]
                pair = (upper.item_id, lower.item_id)
                if pair not in known:
                    known[pair] = self._prefers_second(told, *pair)
                    calls += 2
                if known[pair]:
                    order[place - 1], order[place] = lower, upper
        return RankedList(candidates=tuple(order), model_calls=calls)

    def _prefers_second(self, told: str, first: str, second: str) -> bool:
        """Both orders name the second item."""
        here, there = self._ask(told, first, second), self._ask(told, second, first)
        return here < 0 < there

    def _ask(self, told: str, first: str, second: str) -> float:
        """log P(A) - log P(B) with `first` as A."""
        a, b = item_line(self.describe, first), item_line(self.describe, second)
        prompt = f"{told}\nWhich would I like more?\n[A] {a}\n[B] {b}\nThe better choice is ["
        left, right = self.model.score(prompt.lstrip(), ["A", "B"], normalise=False)
        return left - right
