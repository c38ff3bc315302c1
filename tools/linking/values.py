"""Catalogue values inside running text: people, genres, moods, languages, and what else the items are tagged with.

Works from the catalogue's vocabulary and a `Lexicon` of other words for it. Surnames and everyday words
need evidence (a capital, "by", "something ...", "... films") before they count.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from parley.tools.items import Catalog
from parley.tools.linking.lexicon import Lexicon
from parley.tools.linking.people import LinkedValue, PeopleIndex
from parley.tools.linking.text import Token, key_of, tokenize, word_set

OPEN_KIND = 500
"""A tag kind with more values than this is open (keywords): its single everyday words are not linked."""
_LONGEST = 7
_BEFORE_SHY = word_set(
    """
    something anything more less too very really so bit kinda kind quite pretty super feeling mood not nothing
    into said meant mean want wants need needs prefer prefers like likes love loves hate hates enjoy enjoys but
    some any for no without little genre somewhat extra fairly
    """
)
_AFTER_SHY = frozenset(
    {"one", "ones", "stuff", "genre", "vibe", "vibes", "mood", "tone", "feel", "please", "enough", "things"}
)
_LINKS = frozenset({"and", "or", "but", "yet"})


class Phrase(NamedTuple):
    """A way to say a value."""

    facet: str
    value: str
    shy: bool
    """Needs a word beside it that shows a wish."""
    score: float


class ValueIndex:
    """All ways to say all values of a catalogue."""

    def __init__(self, catalog: Catalog, lexicon: Lexicon, surprise: Callable[[str], float]) -> None:
        self.catalog = catalog
        self.lexicon = lexicon
        self.surprise = surprise
        domain = catalog.domain
        self.nouns = lexicon.nouns | {domain.noun.casefold(), domain.plural.casefold()}
        self.people = PeopleIndex(catalog, self.nouns, surprise)
        self._phrases: dict[str, list[Phrase]] = defaultdict(list)
        for facet in domain.kinds:
            values = catalog.vocabulary.get(facet, {})
            for value, positions in values.items():
                self._add_value(facet, value, len(positions), is_open=len(values) > OPEN_KIND)
            known = {v.casefold(): v for v in values}
            for value, phrases in lexicon.synonyms.get(facet, {}).items():
                if value.casefold() in known:
                    for phrase in phrases:
                        self._add(phrase, facet, known[value.casefold()], 0.9)

    def link(self, text: str) -> list[LinkedValue]:
        """Values in the text in order; of overlapping phrases the longest."""
        tokens = tokenize(text)
        found = [*self.people.link(text, tokens), *self._tags(text, tokens)]
        return longest_first(found)

    def _tags(self, text: str, tokens: list[Token]) -> Iterator[LinkedValue]:
        spans = list(self._spans(tokens))
        plain = {i for first, last, phrases in spans if not all(p.shy for p in phrases) for i in range(first, last + 1)}
        shy = {i for first, last, phrases in spans for i in range(first, last + 1)}
        for first, last, phrases in spans:
            for phrase in phrases:
                if phrase.shy and not self._wished(text, tokens, first, last, plain, shy):
                    continue
                start, end = tokens[first].start, tokens[last].end
                yield LinkedValue(
                    text=text[start:end],
                    start=start,
                    end=end,
                    facet=phrase.facet,
                    value=phrase.value,
                    score=phrase.score,
                )

    def _spans(self, tokens: list[Token]) -> Iterator[tuple[int, int, list[Phrase]]]:
        for first in range(len(tokens)):
            words: list[str] = []
            for last in range(first, min(first + _LONGEST, len(tokens))):
                words.append(tokens[last].folded)
                if last > first and (tokens[first].is_article or tokens[last].is_article):
                    continue
                phrases = self._phrases.get(key_of(words))
                if phrases:
                    yield first, last, phrases

    def _wished(self, text: str, tokens: list[Token], first: int, last: int, plain: set[int], shy: set[int]) -> bool:
        """Is there a word beside the phrase that shows it is a wish or a description?"""
        if first == 0 and last == len(tokens) - 1:
            return True
        after = (
            tokens[last + 1]
            if last + 1 < len(tokens) and not text[tokens[last].end : tokens[last + 1].start].strip(" -")
            else None
        )
        if after and (after.folded in self.nouns or after.folded in _AFTER_SHY or last + 1 in shy):
            return True
        before = next((t for t in reversed(tokens[:first]) if not t.is_article), None)
        if before and (before.folded in _BEFORE_SHY or first - 1 in plain):
            return True
        linked = tokens[first - 1].folded in _LINKS if first else False
        if linked and first > 1 and first - 2 in shy:
            return True
        if first and text[tokens[first - 1].end : tokens[first].start].strip() == "," and first - 1 in shy:
            return True
        if last + 1 in shy and text[tokens[last].end : tokens[last + 1].start].strip() == ",":
            return True  # "a slow, sad drama"
        return bool(after and after.folded in _LINKS and last + 2 in shy)

    def _add_value(self, facet: str, value: str, count: int, *, is_open: bool) -> None:
        words = tokenize(value)
        if not words:
            return
        rarity = sum(self.surprise(t.plain) for t in words)
        if is_open:
            if len(words) == 1 and (count < 5 or rarity < 4.3):
                return
            if len(words) > 1 and count < 2 and rarity < 9:
                return
        score = 0.7 if is_open else 0.97
        self._add(value, facet, value, score)
        if len(words) == 1 and words[0].folded.isalpha():
            forms = _plurals(words[0].plain) if is_open else (*_plurals(words[0].plain), *_comparatives(words[0].plain))
            for form in forms:
                self._add(form, facet, value, score - 0.05)
        elif words[-1].folded.isalpha() and not words[-1].folded.endswith("s"):
            self._add(value + "s", facet, value, score - 0.05)

    def _add(self, phrase: str, facet: str, value: str, score: float) -> None:
        tokens = tokenize(phrase)
        folded = phrase.casefold()
        if folded in self.lexicon.mute or (len(tokens) == 1 and len(folded) < 3 and folded != "uk"):
            return
        entry = Phrase(facet, value, self._is_shy(facet, folded, tokens), score)
        known = self._phrases[key_of([t.folded for t in tokens])]
        if any(p.facet == facet and (p.value == value or p.score > score) for p in known):
            return
        if known and max(p.score for p in known) > score + 0.15:
            return
        known.append(entry)

    def _is_shy(self, facet: str, phrase: str, tokens: list[Token]) -> bool:
        if len(tokens) > 1:
            return False
        if self.lexicon.shy or self.lexicon.synonyms:
            return phrase in self.lexicon.shy
        return self.surprise(tokens[0].plain) < 3.5


def longest_first(values: list[LinkedValue]) -> list[LinkedValue]:
    """No two overlap, but one phrase may mean several values ("rom com")."""
    kept: list[LinkedValue] = []
    values = [v for v in values if v.score > 0.7 or not _is_sum_of(v, values)]
    for value in sorted(values, key=lambda v: (v.start - v.end, -v.score)):
        if not any(_clash(value, other) for other in kept):
            kept.append(value)
    return sorted(kept, key=lambda v: (v.start, v.facet, v.value))


def _clash(one: LinkedValue, other: LinkedValue) -> bool:
    """Do they overlap, other than as two meanings of one phrase?"""
    if not (one.start < other.end and other.start < one.end):
        return False
    return (one.start, one.end) != (other.start, other.end) or one.is_person != other.is_person


def _is_sum_of(theme: LinkedValue, values: list[LinkedValue]) -> bool:
    """Is a theme only a mood and a genre side by side ("dark comedy")?"""
    inside = [v for v in values if v.score > 0.7 and theme.start <= v.start and v.end <= theme.end]
    covered = {i for v in inside for i in range(v.start, v.end)}
    return len(covered) >= len(theme.text.replace(" ", ""))


def _plurals(word: str) -> Iterator[str]:
    """The plural of an English noun and, of a plural, the singular; good enough to be recognised."""
    if word.endswith("ies") and len(word) > 4:
        yield word[:-3] + "y"
    elif word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]
    elif word.endswith("y") and len(word) > 3 and word[-2] not in "aeiou":
        yield word[:-1] + "ies"
    elif word.endswith(("s", "x", "ch", "sh")):
        yield word + "es"
    else:
        yield word + "s"


def _comparatives(word: str) -> Iterator[str]:
    """ "darker", "funniest"."""
    stem = word[:-1] + "i" if word.endswith("y") else word.removesuffix("e")
    yield from (stem + "er", stem + "est")
