"""People inside running text: full names, misspelt names, surnames with evidence, "the Coen brothers"."""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Set

from pydantic import BaseModel, ConfigDict, Field

from parley.tools.items import PERSON, Catalog
from parley.tools.linking.nearest import NearestKey
from parley.tools.linking.ordinary import RAREST
from parley.tools.linking.text import Token, key_of, tokenize, word_set

_CUES = word_set(
    """
    by with starring stars director directors directed actor actress featuring from of like love liked loved
    cast
    """
)
_RARE = 5.4
"""Surprise of a word that is hardly ever anything but a name."""
_GIVEN = 4.5
"""Surprise of a first name from which "brad pit" is believed to be one slip from a name."""
_FAMOUS = 8
"""Credits in the catalogue from which a first name alone may do."""
_PARTICLES = word_set(
    """
    de del della di da van von der den le la mac o st saint bin al el ten
    """
)
_JOINING = frozenset({"and", "or"})
"""What stands between names; "N!xau" folds to one and is no given name."""
_SUFFIXES = frozenset({"jr", "sr", "2", "3"})
_SIBLINGS = frozenset({"brothers", "sisters", "bros", "siblings"})


class LinkedValue(BaseModel):
    """A catalogue value found in a text."""

    model_config = ConfigDict(frozen=True)

    text: str
    start: int
    end: int
    facet: str
    value: str
    """In the catalogue's spelling."""
    score: float = Field(ge=0, le=1)
    alternatives: tuple[str, ...] = ()
    """Other people of that surname, best known first."""
    is_person: bool = False


class PeopleIndex:
    """All names of a catalogue's people, whole and by surname."""

    def __init__(self, catalog: Catalog, nouns: Set[str], surprise: Callable[[str], float]) -> None:
        self.nouns = nouns
        self.surprise = surprise
        self.roles = {r: set(catalog.vocabulary.get(r, {})) for r in catalog.domain.roles}
        self._role_cues = {role: info.phrase.split("{value}")[0].split() for role, info in catalog.domain.roles.items()}
        people = catalog.vocabulary.get(PERSON, {})
        self.fame: Counter[str] = Counter({name: len(items) for name, items in people.items()})
        self._items = people
        self._full: dict[str, list[str]] = defaultdict(list)
        self._surnames: dict[str, list[str]] = defaultdict(list)
        self.given: Counter[str] = Counter()
        for name in people:
            words = [t.folded for t in tokenize(name)]
            if not words:
                continue
            if len(words) > 1:
                self._full[key_of(words)].append(name)
                if len(words) > 2:
                    short = [w for w in words[1:-1] if len(w) > 1]
                    if len(short) < len(words) - 2:
                        self._full.setdefault(key_of([words[0], *short, words[-1]]), [name])
                self.given.update({*words[:1]} - _JOINING)
            self._surnames[_surname(words)].append(name)
        self._firsts = self._known_by_first_name()
        self._nearest = NearestKey(self._full)
        self._title_words = {t.folded for item in catalog for t in tokenize(item.title)}
        self._words = {t.folded for name in people for t in tokenize(name)}

    def is_name(self, word: str) -> bool:
        """Is it a word of somebody's name, or of a title?"""
        return word in self._words or word in self._title_words

    def link(self, text: str, tokens: list[Token]) -> Iterator[LinkedValue]:
        """Every name found; a surname inside a full name is left to the caller to drop."""
        for first in range(len(tokens)):
            for last in range(first, min(first + 5, len(tokens))):
                span = tokens[first : last + 1]
                if span[0].is_article or span[-1].folded == "s" or span[0].folded == "s" or _broken(text, span):
                    continue
                key = key_of([t.folded for t in span])
                if last > first:
                    yield from self._whole(text, tokens, first, last, key)
                if key in self._surnames:
                    yield from self._by_surname(text, tokens, first, last, key)
                elif last == first and key.endswith("s") and key[:-1] in self._surnames and span[0].raw[0].isupper():
                    yield from self._siblings(text, tokens, first, last, key[:-1], plural=True)
                if last == first and key in self._firsts:
                    yield from self._by_first_name(text, tokens, first, key)

    def _whole(self, text: str, tokens: list[Token], first: int, last: int, key: str) -> Iterator[LinkedValue]:
        names = self._full.get(key)
        if names:
            yield self._value(text, tokens, first, last, max(names, key=lambda n: self.fame[n]), 0.98)
            return
        span = tokens[first : last + 1]
        unknown = [t for t in span if t.folded not in self._words and self.surprise(t.plain) >= RAREST - 0.6]
        named = len(span) == 2 and span[0].folded in self.given and self.surprise(span[0].plain) >= _GIVEN
        if not (unknown or named) or len(key) < 7 or len(span) > 4:
            return
        if span[0].folded in _CUES or span[-1].folded in self.nouns or any(self.surprise(t.plain) < 2.8 for t in span):
            return
        near = self._nearest.find(key, 1 if len(key) < 10 else 2)
        if near:
            score = 0.95 - 1.2 * near[1] / len(key)
            yield self._value(text, tokens, first, last, max(self._full[near[0]], key=lambda n: self.fame[n]), score)

    def _by_surname(self, text: str, tokens: list[Token], first: int, last: int, key: str) -> Iterator[LinkedValue]:
        if last + 1 < len(tokens) and tokens[last + 1].folded in _SIBLINGS:
            yield from self._siblings(text, tokens, first, last + 1, key, plural=False)
            return
        bearers = sorted(self._surnames[key], key=lambda n: (-self._weight(n), n))
        if self.fame[self._firsts.get(key, "")] > 2 * self._weight(bearers[0]):
            return  # "Arnold" is Schwarzenegger before it is Tom
        if key in self.given and self.given[key] > 2 * len(bearers):
            return
        span = tokens[first : last + 1]
        rare = (
            max(self.surprise(t.plain) for t in span) >= _RARE
            and key not in self.given
            and key not in self._title_words
        )
        opens = first == 0 or text[tokens[first - 1].end : span[0].start].strip()[-1:] in (".", "!", "?")
        capital = all(t.raw[0].isupper() for t in span if t.folded not in _PARTICLES) and not opens
        if _inside_a_name(text, tokens, first, self._words):
            return
        cue = self._has_cue(text, tokens, first, last)
        after = tokens[last + 1] if last + 1 < len(tokens) else None
        if after is not None and capital and after.raw[0].isupper() and not text[span[-1].end : after.start].strip():
            return
        before = tokens[first - 1] if first else None
        if before is not None and before.folded in self.given and not text[before.end : span[0].start].strip():
            return
        score = 0.45 + 0.2 * rare + 0.15 * capital + 0.2 * cue - 0.15 * (not rare and not (capital and cue))
        share = self._weight(bearers[0]) / sum(self._weight(n) for n in bearers)
        score -= 0.3 * (1 - share)
        if self._weight(bearers[0]) < 2 and not (rare and cue):
            score -= 0.25
        if score >= 0.55:
            value = self._value(text, tokens, first, last, bearers[0], min(score, 0.95))
            yield value.model_copy(update={"alternatives": tuple(bearers[1:6])})

    def _known_by_first_name(self) -> dict[str, str]:
        """First name to the one person far better known by it than anybody else: "keanu", "quentin"."""
        bearers: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for name, credits in self.fame.items():
            words = [t.folded for t in tokenize(name)]
            if len(words) > 1 and len(words[0]) > 3:
                bearers[words[0]].append((credits, name))
        found = {}
        for first, people in bearers.items():
            (most, name), *others = sorted(people, reverse=True)
            if most >= _FAMOUS and all(3 * credits <= most for credits, _ in others):
                found[first] = name
        return found

    def _by_first_name(self, text: str, tokens: list[Token], at: int, key: str) -> Iterator[LinkedValue]:
        """A first name that stands for one person, where a person is called for."""
        after = tokens[at + 1] if at + 1 < len(tokens) else None
        joined = after is not None and not text[tokens[at].end : after.start].strip()
        if joined and after is not None and after.raw[0].isupper() and after.folded not in self.nouns:
            return
        if self._has_cue(text, tokens, at, at) and self.surprise(tokens[at].plain) >= _RARE:
            alone = len(tokens) == 1 or tokens[at].raw[0].isupper()
            yield self._value(text, tokens, at, at, self._firsts[key], 0.8 if alone else 0.7)

    def _siblings(
        self, text: str, tokens: list[Token], first: int, last: int, key: str, *, plural: bool
    ) -> Iterator[LinkedValue]:
        """People of one surname who made things together."""
        bearers = self._surnames.get(key, [])
        together = [n for n in bearers if any(set(self._items[n]) & set(self._items[m]) for m in bearers if m != n)]
        named = first > 0 and tokens[first - 1].folded == "the"
        if len(together) < 2 or (plural and not named):
            return
        for name in sorted(together, key=lambda n: -self.fame[n])[:3]:
            yield self._value(text, tokens, first, last, name, 0.9)

    def _weight(self, name: str) -> float:
        """How likely a bare surname means this person: credits, those of the first role counted thrice."""
        lead = next(iter(self.roles.values()), set())
        return float(self.fame[name] * (3 if name in lead and self.fame[name] > 2 else 1))

    def _has_cue(self, text: str, tokens: list[Token], first: int, last: int) -> bool:
        after = tokens[last + 1].folded if last + 1 < len(tokens) else ""
        if after == "s" and last + 2 < len(tokens):
            return True
        before = [t.folded for t in tokens[max(0, first - 2) : first] if not t.is_article]
        if before[1:] and before[1] in _JOINING and before[0] in self._surnames and tokens[first - 2].raw[0].isupper():
            return True  # "Pacino and De Niro"
        return after in self.nouns or bool(before and before[-1] in _CUES) or len(tokens) <= last - first + 2

    def _value(self, text: str, tokens: list[Token], first: int, last: int, name: str, score: float) -> LinkedValue:
        start, end = tokens[first].start, tokens[last].end
        before = [t.folded for t in tokens[max(0, first - 3) : first]]
        return LinkedValue(
            text=text[start:end], start=start, end=end, facet=self._facet(name, before), value=name,
            score=round(score, 3), is_person=True,
        )  # fmt: skip

    def _facet(self, name: str, before: list[str]) -> str:
        """The role whose phrase stands before the name ("directed by"), if the person has it; else any role."""
        for role, cue in self._role_cues.items():
            if cue and before[-len(cue) :] == cue and name in self.roles[role]:
                return role
        return PERSON


def _inside_a_name(text: str, tokens: list[Token], at: int, names: Set[str]) -> bool:
    """Is it the end of a longer name in capitals that is nobody's: "Uncle Buck", "Fifty Shades of Grey"?"""
    place = at - 1
    while (
        place > 0
        and tokens[place].folded in ("of", "the")
        and not text[tokens[place].end : tokens[place + 1].start].strip()
    ):
        place -= 1
    if place < 1 or text[tokens[place].end : tokens[place + 1].start].strip():
        return False
    word, opens = tokens[place], text[tokens[place - 1].end : tokens[place].start].strip()[-1:] in (".", "!", "?", ":")
    return (
        word.raw[0].isupper()
        and not opens
        and len(word.raw) > 1
        and word.folded not in names
        and word.folded not in _CUES
    )


def _surname(words: list[str]) -> str:
    words = [w for w in words if w not in _SUFFIXES] or words
    at = len(words) - 1
    while at > 1 and words[at - 1] in _PARTICLES:
        at -= 1
    return key_of(words[at:])


def _broken(text: str, span: list[Token]) -> bool:
    """Is there a full stop (not of an initial) or a comma inside?"""
    return any(
        "," in text[a.end : b.start] or (len(a.raw) > 2 and "." in text[a.end : b.start] and a.folded not in _SUFFIXES)
        for a, b in itertools.pairwise(span)
    )
