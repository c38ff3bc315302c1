"""The known key nearest to a misspelt one, by Damerau-Levenshtein among keys that share an end.

A typing error rarely spoils both the first and the last three letters, so only keys that share one of
them are compared: tens instead of thousands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA


class NearestKey:
    """Finds keys of five letters or more by edit distance."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._buckets: dict[str, list[str]] = defaultdict(list)
        for key in keys:
            if len(key) >= 5:
                self._buckets["^" + key[:3]].append(key)
                self._buckets["$" + key[-3:]].append(key)

    def find(self, key: str, most: int) -> tuple[str, int] | None:
        """The nearest key within `most` edits (a swap of neighbours is one) and the edits; None if there is none."""
        best: tuple[str, int] | None = None
        for bucket in ("^" + key[:3], "$" + key[-3:]):
            choices = [k for k in self._buckets.get(bucket, ()) if abs(len(k) - len(key)) <= most]
            if not choices:
                continue
            hit = process.extractOne(key, choices, scorer=OSA.distance, score_cutoff=most)
            if hit and (best is None or hit[1] < best[1]):
                best = (str(hit[0]), int(hit[1]))
        return best


def misspelt(word: str, words: Iterable[str]) -> str:
    """Which of the words was meant by one of five letters or more that nobody uses; "" if none or several are as near.

    One edit is a slip, in eight letters two are; hardly anybody misses the first letter.
    """
    if len(word) < 5:
        return ""
    near = [w for w in words if w[0] == word[0] and abs(len(w) - len(word)) <= 2]
    found = process.extract(word, near, scorer=OSA.distance, score_cutoff=1 if len(word) < 8 else 2, limit=2)
    if not found or (len(found) > 1 and found[0][1] == found[1][1]):
        return ""
    return str(found[0][0])
