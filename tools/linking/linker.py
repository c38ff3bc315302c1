"""The linker: ties what a person writes to items and values of a catalogue."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from parley.tools.items import Catalog
from parley.tools.linking.lexicon import Lexicon
from parley.tools.linking.ordinary import surprise
from parley.tools.linking.people import LinkedValue
from parley.tools.linking.text import tokenize, word_set
from parley.tools.linking.titles import LinkedTitle, TitleIndex
from parley.tools.linking.values import ValueIndex

_DATES = word_set(
    """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august
    september october november december christmas halloween easter thanksgiving valentine
    """
)
_ONE_OF_MANY = re.compile(r"\b(?:an?|any|some|no|another|more|good) $")


class Linked(BaseModel):
    """Everything found in one text; no title overlaps a value."""

    model_config = ConfigDict(frozen=True)

    titles: tuple[LinkedTitle, ...] = ()
    values: tuple[LinkedValue, ...] = ()


class Linker:
    """Finds titles and values in text. Thread-safe once built.

    Args:
        catalog: what to link to.
        lexicon: other words for its values; none by default.
        popularity: item id to a number that grows with how often people mean it; picks between namesakes.
    """

    def __init__(
        self, catalog: Catalog, *, lexicon: Lexicon | None = None, popularity: Mapping[str, float] | None = None
    ) -> None:
        self.catalog = catalog
        self.values = ValueIndex(catalog, lexicon or Lexicon(), surprise)
        self._everyday = self._everyday_words()
        self.titles = TitleIndex(catalog, popularity or {}, self._surprise)

    @classmethod
    def for_catalog(cls, catalog: Catalog, *, popularity: Mapping[str, float] | None = None) -> Linker:
        """A linker with the lexicon of the catalogue's domain, if there is one, and its own popularity, if it says."""
        if popularity is None:
            told = ((item.item_id, item.numbers.get("popularity")) for item in catalog)
            popularity = {item_id: number for item_id, number in told if number is not None}
        if catalog.domain.name == "films":
            from parley.tools.films_lexicon import FILM_LEXICON

            return cls(catalog, lexicon=FILM_LEXICON, popularity=popularity)
        return cls(catalog, popularity=popularity)

    def link(self, text: str) -> Linked:
        """Titles and values; where they overlap the longer wins, and of equals the surer."""
        values = self.values.link(text)
        names = [(v.start, v.end) for v in values if (v.is_person and v.score >= 0.8) or " " in v.text.strip()]
        titles = [
            t
            for t in self.titles.link(text, blocked=names)
            if not _outweighed(t, values) and not self._is_kind(t, text, values)
        ]
        kept = [v for v in values if not any(v.start < t.end and t.start < v.end for t in titles)]
        return Linked(titles=tuple(titles), values=tuple(kept))

    def _is_kind(self, title: LinkedTitle, text: str, values: list[LinkedValue]) -> bool:
        """ "a road trip movie", "no superheroes": lower case, one of many, and a value just as well as a title."""
        if not title.text.islower() or all((v.start, v.end) != (title.start, title.end) for v in values):
            return False
        before, after = text[: title.start].lower(), next(iter(tokenize(text[title.end :])), None)
        of_films = after is not None and after.plain in self.values.nouns and not before.endswith("the ")
        return of_films or _ONE_OF_MANY.search(before) is not None

    def link_titles(self, text: str) -> list[LinkedTitle]:
        """Titles inside running text, in order."""
        return list(self.link(text).titles)

    def link_values(self, text: str) -> list[LinkedValue]:
        """People, genres, moods and other values inside running text, in order."""
        return list(self.link(text).values)

    def resolve_title(self, title: str) -> LinkedTitle | None:
        """The item a string known to be a title means, its namesakes as alternatives; None if nothing is close."""
        return self.titles.resolve(title)

    def _surprise(self, word: str) -> float:
        return min(surprise(word), 4.0) if word in self._everyday else surprise(word)

    def _everyday_words(self) -> frozenset[str]:
        """Words written with a capital that are no titles: given names, places, days, the catalogue's own values."""
        given = {name for name, count in self.values.people.given.items() if count >= 3}
        own = {
            value.casefold()
            for facet in self.catalog.domain.kinds
            for value, items in self.catalog.vocabulary.get(facet, {}).items()
            if " " not in value and len(items) >= 2
        }
        return frozenset(given | own | _DATES)


def _outweighed(title: LinkedTitle, values: list[LinkedValue]) -> bool:
    """Does a value cover the title and more, or just as much and surer?"""
    for value in values:
        same = (value.start, value.end) == (title.start, title.end)
        bar = 0.8 if value.score >= 0.85 and title.text[:1].islower() else 0.5
        if same and title.score < bar:
            return True
        if value.start <= title.start and title.end <= value.end and not same and title.score < 0.9:
            return True
    return False
