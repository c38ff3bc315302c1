"""How like a text is to a reference: ROUGE-1, ROUGE-L and BLEU of one text, so that intervals go over cases.

Overlap with one reference says little about a free text (any true reason can be said in other words); it is
here because the literature reports it, beside what can be checked.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?")


def words_of(text: str) -> list[str]:
    """Lower-case words; hyphens part, apostrophes inside a word do not."""
    return _WORD.findall(text.lower())


def rouge_1(text: str, reference: str) -> float:
    """F1 of shared words, counted as often as both have them. Source: Lin, "ROUGE", 2004."""
    said, wanted = words_of(text), words_of(reference)
    shared = (Counter(said) & Counter(wanted)).total()
    return _f1(shared, len(said), len(wanted))


def rouge_l(text: str, reference: str) -> float:
    """F1 of the longest common subsequence of words. Source: Lin, "ROUGE", 2004."""
    said, wanted = words_of(text), words_of(reference)
    return _f1(_common_subsequence(said, wanted), len(said), len(wanted))


def bleu(text: str, reference: str, *, longest: int = 4) -> float:
    """Sentence BLEU with one reference; counts above single words are smoothed by one.

    Source: Papineni et al., ACL 2002; the smoothing is that of Lin & Och, COLING 2004.
    """
    said, wanted = words_of(text), words_of(reference)
    if not said or not wanted:
        return 0.0
    total = 0.0
    for n in range(1, longest + 1):
        ours, theirs = _grams(said, n), _grams(wanted, n)
        extra = int(n > 1)
        hits, all_ours = (ours & theirs).total() + extra, ours.total() + extra
        if not hits or not all_ours:
            return 0.0
        total += math.log(hits / all_ours) / longest
    brevity = min(0.0, 1.0 - len(wanted) / len(said))
    return math.exp(total + brevity)


def _f1(shared: int, said: int, wanted: int) -> float:
    return 2 * shared / (said + wanted) if said and wanted else 0.0


def _grams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))


def _common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    best = [0] * (len(b) + 1)
    for word in a:
        corner = 0
        for place, other in enumerate(b, 1):
            above = best[place]
            best[place] = corner + 1 if word == other else max(above, best[place - 1])
            corner = above
    return best[-1]
