"""Catalogue values inside running text: people, genres, moods, languages, and what else the items are tagged with.

Works from the catalogue's vocabulary and a `Lexicon` of other words for it. Surnames and everyday words
need evidence (a capital, "by", "something ...", "... films") before they count.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from parley.tools.items import Catalog
from parley.tools.linking.lexicon import Lexicon
from parley.tools.linking.nearest import misspelt
from parley.tools.linking.ordinary import RAREST
from parley.tools.linking.people import LinkedValue, PeopleIndex
from parley.tools.linking.text import Token, key_of, tokenize, word_set

OPEN_KIND = 500
"""A tag kind with more values than this is open (keywords): its single everyday words are not linked."""
_LONGEST = 7
_BEFORE_SHY = word_set(
    """
    something anything more less too very really so bit kinda kind quite pretty super feeling mood not nothing
    into said meant mean want wants need needs prefer prefers like likes love loves hate hates enjoy enjoys but
    some any for no without little genre somewhat extra fairly being
    just about involve involves involving feature features contain contains include includes
    """
)
_AFTER_SHY = word_set("one ones stuff genre vibe vibes mood tone feel please enough things thing free")
_LINKS = frozenset({"and", "or", "but", "yet"})
_DEGREES = frozenset({"too", "so", "very", "really", "quite", "pretty", "nothing", "not"})
_BEFORE_SLIP = _DEGREES | {"no", "less", "more", "without", "any", "hate", "bit", "extra", "something", "anything"}
"""Words after which a description is so likely that a misspelt one is read."""
COMMON_THEME = 8
"""A theme this many items have is one although its word is everyday ("christmas", "prison"), where a wish shows."""
_HOLDS = frozenset({"with", "about", "involving", "featuring"})
_HELD_BY = frozenset({"something", "anything", "nothing", "stuff", "one", "ones"})
_PLACED = frozenset({"in", "on", "at", "during"})
COMMON_THEME = 8
"""A theme of this many items counts although its one word is an everyday one ("christmas", "prison"): beside a wish."""
_HOLDING = re.compile(
    r"\b(?P<head>[a-z]+)(?: that(?:'s| is| are))? (?:with|about|involving|featuring|set (?:in|on|at|around|during))"
    r"(?: (?:an?|some|any|lots of|a lot of|plenty of|many))? $"
)
"""What comes before what items hold: "something with", "a film set in"; the head must be a word for them."""
_HEADS = frozenset({"something", "anything", "nothing", "stuff", "one", "ones"})


class Phrase(NamedTuple):
    """A way to say a value."""

    facet: str
    value: str
    shy: bool
    """Needs a word beside it that shows a wish."""
    score: float
    everyday: bool = False
    """A theme whose word people mostly use for something else: shy, and no sign of a wish for the words beside it."""


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
                        for form in (phrase, *_other_forms(facet, phrase)):
                            self._add(form, facet, known[value.casefold()], 0.9)

        closed = {f for f in domain.kinds if len(catalog.vocabulary.get(f, {})) <= OPEN_KIND}
        self._open = frozenset(f for f in domain.kinds if len(catalog.vocabulary.get(f, {})) > OPEN_KIND)
        self._spellings = {
            key: kept
            for key, phrases in self._phrases.items()
            if key.isalpha()
            and not (key.endswith("s") and key[:-1] in self._phrases)
            and (kept := [p for p in phrases if p.facet in closed])
        }
        """Words that a misspelt one may have meant, by key."""

    def link(self, text: str) -> list[LinkedValue]:
        """Values in the text in order; of overlapping phrases the longest."""
        tokens = tokenize(text)
        found = [*self.people.link(text, tokens), *self._tags(text, tokens)]
        return longest_first(found)

    def _tags(self, text: str, tokens: list[Token]) -> Iterator[LinkedValue]:
        spans = list(self._spans(tokens))
        plain = {i for first, last, phrases in spans if not all(p.shy for p in phrases) for i in range(first, last + 1)}
        shy = {
            i for first, last, phrases in spans if not all(p.everyday for p in phrases) for i in range(first, last + 1)
        }
        themes = [
            (first, last)
            for first, last, phrases in spans
            if any(p.everyday for p in phrases) and self._is_theme(text, tokens, first, last, plain, shy)
        ]
        shy |= {i for first, last in themes for i in range(first, last + 1)}
        for first, last, phrases in spans:
            for phrase in phrases:
                if phrase.everyday and (first, last) not in themes:
                    continue
                if phrase.facet in self._open and _in_a_name(text, tokens, first, last):
                    continue  # "Identity Thief", "The Lake House"
                if phrase.shy and not phrase.everyday and not self._wished(text, tokens, first, last, plain, shy):
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
                if last > first and (
                    tokens[first].is_article or tokens[last].is_article or tokens[last].raw[0] in "'’"
                ):
                    continue
                phrases = self._phrases.get(key_of(words))
                if phrases and not (last > first and self._runs_together(tokens[first : last + 1], phrases)):
                    yield first, last, phrases
                elif last == first and (meant := self._respelt(tokens, first)):
                    yield first, last, meant

    def _runs_together(self, span: list[Token], phrases: list[Phrase]) -> bool:
        """ "come back" is no "comeback": everyday words beside each other are not one word."""
        one_word = all(p.value.isalpha() and p.facet in self._open for p in phrases)
        return one_word and all(self.surprise(t.plain) < 3.5 for t in span)

    def _respelt(self, tokens: list[Token], place: int) -> list[Phrase]:
        """ "no violense", "something suspensful": a word nobody uses, where a description is to be expected."""
        word, before = tokens[place], tokens[place - 1].plain if place else ""
        if before not in _BEFORE_SLIP or not word.raw.islower() or self.surprise(word.plain) < RAREST - 0.5:
            return []
        if self.people.is_name(word.folded):
            return []
        return self._spellings.get(misspelt(word.plain, self._spellings), [])

    def _wished(self, text: str, tokens: list[Token], first: int, last: int, plain: set[int], shy: set[int]) -> bool:
        """Is there a word beside the phrase that shows it is a wish or a description?"""
        if first == 0 and last == len(tokens) - 1:
            return True
        after = _next_word(text, tokens, last)
        if after and (after.folded in self.nouns or after.folded in _AFTER_SHY or last + 1 in shy):
            return True
        before = next((t for t in reversed(tokens[:first]) if not t.is_article), None)
        if before and (before.folded in _BEFORE_SHY or first - 1 in plain):
            return True
        linked = tokens[first - 1].folded in _LINKS if first else False
        if linked and first > 1 and (first - 2 in shy or (tokens[first - 3].folded in _DEGREES and first > 2)):
            return True  # "sad or dark", "too long or sad"
        if first and text[tokens[first - 1].end : tokens[first].start].strip() == "," and first - 1 in shy:
            return True
        if last + 1 in shy and text[tokens[last].end : tokens[last + 1].start].strip() == ",":
            return True  # "a slow, sad drama"
        return bool(after and after.folded in _LINKS and last + 2 in shy)

    def _is_theme(self, text: str, tokens: list[Token], first: int, last: int, plain: set[int], shy: set[int]) -> bool:
        """Is an everyday word a theme here? "The wedding" was seen, "for christmas" is a date, "no weddings" a wish."""
        after = _next_word(text, tokens, last)
        if after is not None and (after.plain in self.nouns or after.plain in _AFTER_SHY):
            return True
        before = [t.folded for t in tokens[:first] if not t.is_article]
        if (first and tokens[first - 1].folded == "the") or (before[-1:] == ["for"] and before[-2:-1] != ["mood"]):
            return False
        return self._wished(text, tokens, first, last, plain, shy) or self._is_held(tokens, first, shy)

    def _is_held(self, tokens: list[Token], first: int, named: set[int]) -> bool:
        """ "something with zombies", "a drama set on an island"."""
        lead = next((i for i in range(first - 1, 0, -1) if not tokens[i].is_article), 0)
        head = tokens[lead - 1].plain if lead else ""
        if tokens[lead].folded in _PLACED:
            return head == "set"
        return tokens[lead].folded in _HOLDS and (head in self.nouns or head in _HELD_BY or lead - 1 in named)

    def _add_value(self, facet: str, value: str, count: int, *, is_open: bool) -> None:
        words = tokenize(value)
        if not words:
            return
        rarity = sum(self.surprise(t.plain) for t in words)
        everyday = is_open and len(words) == 1 and rarity < 4.3
        if is_open:
            if len(words) == 1 and count < (COMMON_THEME if everyday else 5):
                return
            if len(words) > 1 and count < 2 and rarity < 9:
                return
        score = 0.7 if is_open else 0.97
        self._add(value, facet, value, score, everyday=everyday)
        if len(words) == 1 and words[0].folded.isalpha():
            forms = _plurals(words[0].plain) if is_open else (*_plurals(words[0].plain), *_comparatives(words[0].plain))
            for form in forms:
                self._add(form, facet, value, score - 0.05, everyday=everyday)
        elif words[-1].folded.isalpha() and not words[-1].folded.endswith("s"):
            self._add(value + "s", facet, value, score - 0.05)

    def _add(self, phrase: str, facet: str, value: str, score: float, *, everyday: bool = False) -> None:
        tokens = tokenize(phrase)
        folded = phrase.casefold()
        if folded in self.lexicon.mute or (len(tokens) == 1 and len(folded) < 3 and folded != "uk"):
            return
        entry = Phrase(facet, value, everyday or self._is_shy(facet, folded, tokens), score, everyday)
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


def _in_a_name(text: str, tokens: list[Token], first: int, last: int) -> bool:
    """Written with capitals inside a sentence that has few, beside another capital: part of a name."""
    span = tokens[first : last + 1]
    if first == 0 or not all(t.raw[0].isupper() for t in span) or text.isupper():
        return False
    before, after = tokens[first - 1], tokens[last + 1] if last + 1 < len(tokens) else None
    left = before.raw[0].isupper() and before.raw != "I" and not text[before.end : span[0].start].strip() and first > 1
    right = (
        after is not None
        and after.raw[0].isupper()
        and after.raw != "I"
        and not text[span[-1].end : after.start].strip()
    )
    return left or right


def _next_word(text: str, tokens: list[Token], last: int) -> Token | None:
    """The word after a phrase, if only spaces or hyphens part them."""
    if last + 1 == len(tokens) or text[tokens[last].end : tokens[last + 1].start].strip(" -"):
        return None
    return tokens[last + 1]


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
        yield from (word[:-3] + "y", word[:-1])
    elif word.endswith("s") and not word.endswith("ss"):
        yield word[:-1]
    elif word.endswith("y") and len(word) > 3 and word[-2] not in "aeiou":
        yield word[:-1] + "ies"
    elif word.endswith("o"):
        yield from (word + "es", word + "s")
    elif word.endswith(("s", "x", "ch", "sh")):
        yield word + "es"
    else:
        yield word + "s"


def _other_forms(facet: str, phrase: str) -> Iterator[str]:
    """ "cheesier" of a mood, "the Americans" of a country."""
    if not phrase.isalpha():
        return
    if facet == "mood" and phrase.endswith("y"):
        yield from _comparatives(phrase)
    elif facet == "country" and phrase.endswith("n"):
        yield phrase + "s"


def _comparatives(word: str) -> Iterator[str]:
    """ "darker", "funniest"."""
    stem = word[:-1] + "i" if word.endswith("y") else word.removesuffix("e")
    yield from (stem + "er", stem + "est")
    if re.fullmatch(r"[a-z]?[bcdfghjklmnpqrstvz]?[aeiou][bdgmnpt]", word):  # "sadder"
        yield from (word + word[-1] + "er", word + word[-1] + "est")
