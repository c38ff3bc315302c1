"""Figures and number words, and the bound on a number that a text sets."""

from __future__ import annotations

from typing import NamedTuple

from parley.agent.ledger import Hardness


class Bound(NamedTuple):
    """A number wish found in a text."""

    start: int
    end: int
    facet: str
    gte: float | None
    lte: float | None
    hardness: Hardness
    vague: bool = False
    """From a word like "recent" or "short", not from a figure."""
    avoid: bool = False
    """The range is not wanted ("no 80s films")."""


_UNITS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
]
_WORDS = {w: float(n) for n, w in enumerate(_UNITS)} | {
    "a": 1.0, "an": 1.0, "twenty": 20.0, "thirty": 30.0, "forty": 40.0, "fifty": 50.0, "sixty": 60.0, "ninety": 90.0,
    "couple": 2.0, "a couple of": 2.0, "a couple": 2.0, "few": 5.0, "a few": 5.0, "couple of": 2.0, "hundred": 100.0,
    "a hundred": 100.0, "half a": 0.5, "half an": 0.5,
}  # fmt: skip
NUM = r"(?:\d+(?:\.\d+)?|" + "|".join(sorted(_WORDS, key=len, reverse=True)) + r")"
"""A figure or a number word, as a pattern."""


def number_of(words: str) -> float:
    """A figure or a number word."""
    words = words.strip()
    return _WORDS[words] if words in _WORDS else float(words)
