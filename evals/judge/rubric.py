"""A deterministic judge: six things a reader can count in a recommendation dialogue, each 0 to 1.

No weights are fitted; the score is their mean. Whoever wants to know whether to trust it reads
`parley eval judge`: its agreement with people's labels, beside the length of the dialogue as the judge
that understands nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Protocol

from parley.evals.simulate.records import Frozen

_WORD = re.compile(r"[a-z0-9']+")
_TITLE = re.compile(r"(?:[A-Z0-9][\w'.:&-]*(?:\s+(?:of|the|and|in|to|a|an|on|for|&)\b)*\s*){1,6}")
_THANKS = re.compile(r"\b(thanks?|thank you|great|awesome|perfect|sounds? (good|great|interesting)|cool|nice|love it|"
                     r"i('ll| will) (watch|check|try|read)|good (one|choice|suggestion)|yes)\b", re.I)  # fmt: skip
_COMPLAINT = re.compile(
    r"\b(no|not|wrong|again|already|what\?|huh|confus\w*|weird|useless|nonsense|stop|bad|don'?t|doesn'?t|sense|"
    r"wtf|stupid|never ?mind|off topic|isn'?t)\b|\?\?", re.I)  # fmt: skip
_STOP = frozenset(
    [
        "a", "an", "the", "i", "you", "it", "is", "are", "was", "of", "to", "in", "on", "and", "or", "for",
        "with", "that", "this", "me", "my", "your", "do", "does", "did", "can", "could", "would", "like",
        "what", "any", "some", "have", "has", "so", "but", "be", "am", "just", "movie", "movies", "film",
        "films", "something", "good", "please", "know", "want",
    ]
)  # fmt: skip


class Line(Frozen):
    """One utterance."""

    by_user: bool
    text: str


class Verdict(Frozen):
    """A judge's score of a dialogue, 0 to 1, and its parts."""

    overall: float
    parts: Mapping[str, float] = {}


class Judge(Protocol):
    """Scores a finished dialogue; never calls the agent."""

    name: str

    def judge(self, dialogue: Sequence[Line]) -> Verdict: ...


class RubricJudge:
    """Counts: named something, well formed, no repetition, on the topic, no complaint, a good end."""

    name = "rubric (deterministic)"
    parts = ("names something", "well formed", "no repetition", "on the topic", "no complaint", "good end")

    def judge(self, dialogue: Sequence[Line]) -> Verdict:
        ours = [line.text for line in dialogue if not line.by_user]
        theirs = [line.text for line in dialogue if line.by_user]
        if not ours:
            return Verdict(overall=0.0)
        parts = {
            "names something": _mean([float(bool(titles_in(text))) for text in ours]),
            "well formed": _mean([_well_formed(text) for text in ours]),
            "no repetition": len({_key(text) for text in ours}) / len(ours),
            "on the topic": _mean(_overlaps(dialogue)),
            "no complaint": 1.0 - _mean([float(bool(_COMPLAINT.search(text))) for text in theirs[1:]] or [0.0]),
            "good end": _ending(theirs),
        }
        return Verdict(overall=_mean(list(parts.values())), parts=parts)

    def relevance(self, before: str, answer: str) -> float:
        """How well one answer fits what was said before it, 0 to 1."""
        return _mean([_well_formed(answer), _overlap(before, answer), float(bool(titles_in(answer)))])


def words_in(text: str) -> list[str]:
    """Lower-case words."""
    return _WORD.findall(text.lower())


def count_thanks(text: str) -> int:
    """Signs that the speaker is content."""
    return len(_THANKS.findall(text))


def count_complaints(text: str) -> int:
    """Signs that they are not."""
    return len(_COMPLAINT.findall(text))


class LengthJudge:
    """The judge that understands nothing: the longer, the better."""

    name = "length"

    def judge(self, dialogue: Sequence[Line]) -> Verdict:
        return Verdict(overall=len(dialogue) / (10 + len(dialogue)))


def titles_in(text: str) -> list[str]:
    """Runs of capitalised words that do not open the sentence."""
    ends = (". ", "! ", "? ")
    return [m.group(0) for m in _TITLE.finditer(text) if m.start() > 0 and text[m.start() - 2 : m.start()] not in ends]


def _well_formed(text: str) -> float:
    """1 minus the share of words that repeat the word before, and 0 for an empty answer."""
    words = _WORD.findall(text.lower())
    if len(words) < 2:
        return 0.0
    stutter: float = sum(a == b for a, b in pairwise(words)) / (len(words) - 1)
    pairs = list(pairwise(words))
    return max(0.0, 1.0 - 4 * stutter) * min(1.0, 2 * len(set(pairs)) / len(pairs) - 0.5)


def _overlaps(dialogue: Sequence[Line]) -> list[float]:
    pairs = pairwise(dialogue)
    return [_overlap(a.text, b.text) for a, b in pairs if a.by_user and not b.by_user] or [0.0]


def _overlap(before: str, answer: str) -> float:
    """1 if the answer takes up a content word of what was said, .5 if there was none to take up."""
    asked = set(_WORD.findall(before.lower())) - _STOP
    if not asked:
        return 0.5
    return float(bool(asked & set(_WORD.findall(answer.lower()))))


def _ending(theirs: Sequence[str]) -> float:
    if not theirs:
        return 0.0
    last = theirs[-1]
    return 0.5 + 0.5 * bool(_THANKS.search(last)) - 0.5 * bool(_COMPLAINT.search(last))


def _key(text: str) -> str:
    return " ".join(_WORD.findall(text.lower()))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
