"""What a sentence states that a catalogue knows of: values, names, numbers, and whether something is denied.

Two sentences say the same for a simulated user if they state the same facts. The check is deliberately plain and
not the agent's own understanding: a user whose words are kept because the agent understands them would flatter it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from parley.evals.simulate.leaks import fold, name_forms
from parley.evals.simulate.records import Frozen
from parley.tools.items import Catalog

_DENIES = re.compile(
    r"\b(?:not|no|none|never|without|neither|nor|nothing|isn'?t|aren'?t|don'?t|doesn'?t|didn'?t|won'?t|can'?t|"
    r"already|rather than|instead of|except|hate|dislike\w*)\b|n't\b", re.I
)  # fmt: skip
_LIKING = re.compile(r"\b(?:i|we|he|she|they|to|really|always|also|would|i'?d) (?:love|like|enjoy|want|need)d?\b", re.I)
_NAME = re.compile(r"(?<![.!?:]\s)(?<!^)(?<![\"“])\b(?!I\b)([A-Z][\w'’-]+)")
_DECADE = re.compile(r"\b'?(19|20)?(\d)0'?s\b")
_LONGEST = 8
"""Words of the longest name or value looked for."""


class Facts(Frozen):
    """What was stated."""

    values: frozenset[str] = frozenset()
    """Catalogue values and titles, folded."""
    numbers: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    """Capitalised words inside a sentence, folded; those of catalogue values are among them."""
    denies: bool = False

    def lost_in(self, other: Facts) -> str:
        """The first thing that `other` does not state; "" if it states everything."""
        gone = [*sorted(self.values - other.values), *sorted(self.numbers - other.numbers)]
        if gone:
            return gone[0]
        return "a denial" if self.denies and not other.denies else ""


class FactFinder:
    """Finds facts in words; built once a catalogue."""

    def __init__(self, catalog: Catalog) -> None:
        domain = catalog.domain
        self._known: dict[str, str] = {}
        for facet in (*domain.kinds, *domain.roles):
            for value in catalog.vocabulary.get(facet, {}):
                self._add(fold(value))
        for item in catalog:
            for form in name_forms(item):
                if " " in form:
                    self._add(form)
        self._single = {fold(item.title) for item in catalog if " " not in fold(item.title)}

    def facts(self, text: str) -> Facts:
        """Everything found, longest first, each word used once."""
        names = frozenset(fold(found) for found in _NAME.findall(text)) - {""}
        values = set(self._values(fold(_LIKING.sub(" ", text)).split()))
        values |= {name for name in names if name in self._single}
        return Facts(
            values=frozenset(values),
            numbers=_numbers(text),
            names=names,
            denies=bool(_DENIES.search(text)),
        )

    def _values(self, words: list[str]) -> Iterable[str]:
        place = 0
        while place < len(words):
            for size in range(min(_LONGEST, len(words) - place), 0, -1):
                key = _stem(" ".join(words[place : place + size]))
                if key in self._known:
                    yield self._known[key]
                    place += size - 1
                    break
            place += 1

    def _add(self, phrase: str) -> None:
        if len(phrase) > 2 and not phrase[0].isdigit():  # numbers are compared as numbers
            self._known.setdefault(_stem(phrase), phrase)


def _numbers(text: str) -> frozenset[str]:
    """Every number; a decade ("the 90s") is its first and last year."""
    found = set(re.findall(r"\d+", _DECADE.sub(" ", text)))
    for century, tens in _DECADE.findall(text):
        first = int(f"{century or '19'}{tens}0")
        found |= {str(first), str(first + 9)}
    return frozenset(found)


def _stem(phrase: str) -> str:
    """Without the plural of its last word, so that "comedies" is "comedy"."""
    if phrase.endswith("ies") and len(phrase) > 5:
        return f"{phrase[:-3]}y"
    return phrase[:-1] if phrase.endswith("s") and not phrase.endswith("ss") and len(phrase) > 4 else phrase
