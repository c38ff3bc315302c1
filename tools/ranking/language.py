"""What an LLM ranker needs of a language model and of a catalogue, and how it puts both into a prompt.

Any object with the seam's `score` is a `Scorer`; any function from a prompt to text is a `Writer`. Items
enter a prompt as one short line each, made by `Describe`; a title can never break the list it stands in.

Sources of the prompts: Hou et al., "Large Language Models are Zero-Shot Rankers for Recommender Systems"
(LLMRank), ECIR 2024, arXiv:2305.08845 (sequential, recency-focused, in-context).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, runtime_checkable

from parley.tools.candidates import Candidate
from parley.tools.seams import RankedList, RankRequest

Describe = Callable[[str], str]
"""Item id to a short line: a title, perhaps with its year and genres."""
Writer = Callable[[str, int], str]
"""(prompt, at most so many tokens) to the text the model writes."""
History = Literal["sequential", "recency", "in-context"]

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LINE = 90
"""Characters an item may take in a prompt."""


@runtime_checkable
class Scorer(Protocol):
    """The part of `ChatModel` that reads probabilities."""

    def score(self, prompt: str, options: Sequence[str], *, normalise: bool = True) -> list[float]:
        """log P(option | prompt) in nats; with `normalise` per token of the option."""
        ...


class RankerError(ValueError):
    """A ranker that cannot be made or used as asked; the message names the mend."""


def item_line(describe: Describe, item_id: str) -> str:
    """The item as one line of a prompt: no line breaks, no brackets that could pass for a label."""
    text = " ".join(describe(item_id).split()).replace("[", "(").replace("]", ")")
    return text[:LINE] or item_id


def tell_history(request: RankRequest, describe: Describe, style: History = "sequential", most: int = 10) -> str:
    """What is known of the person, newest last, as the style of LLMRank has it; empty if nothing is."""
    liked = [item_line(describe, item_id) for item_id in request.taste.liked[-most:]]
    parts = []
    if liked and style == "in-context" and len(liked) > 1:
        parts.append(f"I liked, in order: {'; '.join(liked[:-1])}. Then the best suggestion was: {liked[-1]}.")
        parts.append(f"Now I have also liked {liked[-1]}.")
    elif liked:
        parts.append(f"I liked, in order: {'; '.join(liked)}.")
        if style == "recency":
            parts.append(f"Most recently I liked {liked[-1]}.")
    if request.wish.strip():
        parts.append(f"I am looking for: {' '.join(request.wish.split())[:300]}")
    return "\n".join(parts)


def keep_order(candidates: Sequence[Candidate], *, calls: int = 0, fell_back: bool = False) -> RankedList:
    """The input order, untouched."""
    return RankedList(candidates=tuple(candidates), model_calls=calls, fell_back=fell_back)


def order_by(candidates: Sequence[Candidate], scores: dict[str, float], *, calls: int) -> RankedList:
    """Candidates by score, best first; ties and items without a score keep the input order, the latter last."""
    lowest = float("-inf")
    ordered = sorted(candidates, key=lambda c: -scores.get(c.item_id, lowest))
    return RankedList(candidates=tuple(ordered), scores=scores, model_calls=calls)
