"""How ordinary a word is: the difference between the film "Heat" and the heat.

`words.tsv` counts the lower-case words of people talking about films where titles are masked (ReDial,
Li et al., NeurIPS 2018, CC BY 4.0) and of the shipped synopses. A word it does not know is rare.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache

from parley.tools.items import packaged_file

_LOWER = re.compile(r"(?<![\w'’])[a-z][a-z'’]*")
RAREST = 7.0
"""Surprise of a word never met, in decimal digits."""


def count_words(texts: Iterable[str]) -> Counter[str]:
    """Lower-case words only: a name or a title is mostly capitalised and so stays out."""
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(word.replace("'", "").replace("’", "") for word in _LOWER.findall(text))
    return counts


@lru_cache(maxsize=1)
def word_surprise() -> dict[str, float]:
    """Word to -log10 of its share of running text, at most `RAREST`."""
    lines = (packaged_file("").parent / "linking" / "words.tsv").read_text("utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    total = sum(int(count) for _, count in rows)
    return {word: min(RAREST, -math.log10(int(count) / total)) for word, count in rows}


def surprise(word: str) -> float:
    """Decimal digits of surprise at a word in lower case: "the" 1.5, "shawshank" 7."""
    if word.isdigit():
        return 2.0
    known = word_surprise()
    if word in known:
        return known[word]
    stems = (
        word[: -len(ending)] + rest
        for ending, rest in _ENDINGS
        if word.endswith(ending) and len(word) > len(ending) + 2
    )
    return min((known[stem] + 0.7 for stem in stems if stem in known), default=RAREST)


_ENDINGS = (
    ("s", ""),
    ("es", ""),
    ("ies", "y"),
    ("ed", ""),
    ("ed", "e"),
    ("ing", ""),
    ("ing", "e"),
    ("er", ""),
    ("ly", ""),
)
