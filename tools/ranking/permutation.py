"""Generated permutations: list-wise ranking, RankGPT's sliding window, and NIR's three steps.

The model writes `[3] > [1] > [2]`. A permutation is accepted only if every label it names is one it was
given and none comes twice; labels it left out follow in input order. Anything else changes nothing and
is counted (`fell_back`). The parse never looks at titles, so an echo of the list cannot pass for a ranking.

Sources: Sun et al., "Is ChatGPT Good at Search?" (RankGPT), EMNLP 2023, arXiv:2304.09542; Wang & Lim,
"Zero-Shot Next-Item Recommendation using Large Pretrained Language Models" (NIR), arXiv:2304.03153.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from parley.tools.candidates import Candidate
from parley.tools.ranking.language import (
    Describe,
    History,
    RankerError,
    Writer,
    item_line,
    keep_order,
    tell_history,
)
from parley.tools.seams import RankedList, RankRequest

_PERMUTATION = re.compile(r"\[(\d{1,4})\](?:\s*>\s*\[(\d{1,4})\])*")


def read_permutation(text: str, n: int) -> list[int] | None:
    """Indices from 0 in the order written, completed in input order; None if the text is no legal permutation.

    Legal: the first `[i] > [j] ...` in the text names at least two labels (or all there are), each in 1..n, none
    twice.
    """
    found = _PERMUTATION.search(text)
    if found is None:
        return None
    named = [int(label) - 1 for label in re.findall(r"\d+", found[0])]
    if len(named) < min(2, n) or len(set(named)) != len(named) or not all(0 <= i < n for i in named):
        return None
    return [*named, *(i for i in range(n) if i not in set(named))]


class ListwiseRanker:
    """One generated permutation of the whole list."""

    name = "listwise"

    def __init__(
        self, write: Writer, describe: Describe, *, history: History = "sequential", noun: str = "films"
    ) -> None:
        self.write = write
        self.describe = describe
        self.history: History = history
        self.noun = noun

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        if len(candidates) < 2:
            return keep_order(candidates)
        prompt = self.prompt(tell_history(request, self.describe, self.history), candidates)
        order = read_permutation("[" + self.write(prompt, 6 * len(candidates)), len(candidates))
        if order is None:
            return keep_order(candidates, calls=1, fell_back=True)
        return RankedList(candidates=tuple(candidates[i] for i in order), model_calls=1)

    def prompt(self, told: str, candidates: Sequence[Candidate]) -> str:
        """Ends with the opening bracket of the answer."""
        listing = "\n".join(f"[{n}] {item_line(self.describe, c.item_id)}" for n, c in enumerate(candidates, 1))
        return (
            f"{told}\n\nRank these {len(candidates)} {self.noun} by how well they suit me, best first. "
            f"Answer with labels only, like [2] > [1] > [3].\n{listing}\n\nRanking: ["
        ).lstrip()


class WindowRanker:
    """RankGPT: permutes a window that slides from the back of the list to the front, so the best bubble up."""

    name = "rankgpt"

    def __init__(self, listwise: ListwiseRanker, *, window: int = 20, step: int = 10) -> None:
        """Raises: RankerError: not 1 <= step < window."""
        if not 1 <= step < window:
            raise RankerError(f"step {step} and window {window}: the step must be at least 1 and below the window")
        self.listwise = listwise
        self.window = window
        self.step = step

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        order = list(candidates)
        calls = failures = 0
        end = len(order)
        while end > 1:
            start = max(0, end - self.window)
            found = self.listwise.rank(request, order[start:end])
            order[start:end] = found.candidates
            calls += found.model_calls
            failures += found.fell_back
            if start == 0:
                break
            end -= self.step
        return RankedList(candidates=tuple(order), model_calls=calls, fell_back=calls > 0 and failures == calls)


class NirRanker:
    """NIR: the model says what the person prefers, picks the liked items that show it, then ranks with both."""

    name = "nir"

    def __init__(self, write: Writer, describe: Describe, *, noun: str = "films", words: int = 60) -> None:
        """`words`: at most so many tokens for each of the first two answers."""
        self.write = write
        self.describe = describe
        self.words = words
        self.listwise = ListwiseRanker(write, describe, noun=noun)

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList:
        if len(candidates) < 2:
            return keep_order(candidates)
        noun = self.listwise.noun
        told = tell_history(request, self.describe)
        preferences = self._clean(
            self.write(f"{told}\n\nWhich features of {noun} matter most to me? In one sentence:", self.words)
        )
        shown = f"{told}\nWhat matters most to me: {preferences}"
        typical = self._clean(
            self.write(f"{shown}\n\nWhich of the {noun} I liked show this best? Titles only:", self.words)
        )
        prompt = self.listwise.prompt(f"{shown}\nTypical of it: {typical}", candidates)
        order = read_permutation("[" + self.write(prompt, 6 * len(candidates)), len(candidates))
        if order is None:
            return keep_order(candidates, calls=3, fell_back=True)
        return RankedList(candidates=tuple(candidates[i] for i in order), model_calls=3)

    @staticmethod
    def _clean(text: str) -> str:
        """One line without brackets, so that nothing the model wrote can pass for a label."""
        return " ".join(text.split()).replace("[", "(").replace("]", ")")[:400]
