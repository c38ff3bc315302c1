"""Finds every title and person of a catalogue in a text, in one pass over its words.

A trie over words (the multi-pattern search of Aho & Corasick, CACM 1975, with words for letters and the
longest match winning). Thousands of titles are common words ("Big", "Heat", "The Game"): those count
only with evidence that the title is meant: quotation marks, a year in brackets, or capitals that the
sentence does not explain.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from parley.tools.items import PERSON, Catalog

_WORD = re.compile(r"\w+")
_YEAR_AFTER = re.compile(r"\W{0,2}\s?\((\d{4})\)")
_QUOTES_OPEN, _QUOTES_CLOSE = "\"“'‘«", "\"”'’»"
_SMALL_WORDS = (
    "a an the and or of in on at to for with from by as is it its he she they i you we my your his her their that this "
    "these those not no so but if out up off be am are was were will can all"
)
_FUNCTION_WORDS = frozenset(_SMALL_WORDS.split())


@dataclass(frozen=True)
class Token:
    text: str
    folded: str
    start: int
    end: int
    opens: bool
    """The first word of a sentence, a line, a list entry or after a colon."""


@dataclass(frozen=True)
class Name:
    """A title or a person found in a text."""

    kind: str
    """`title` or `person`."""
    start: int
    end: int
    text: str
    item_ids: tuple[str, ...]
    """For a title: the items that bear it (one, if the year after it decides)."""
    certain: bool
    """The evidence is quotation marks or a year, not capitals alone."""


def fold(text: str) -> str:
    """Case and accents away."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c))


def tokens_of(text: str) -> list[Token]:
    """The words of a text with where they stand."""
    found: list[Token] = []
    last_end = 0
    for match in _WORD.finditer(text):
        between = text[last_end : match.start()]
        opens = not found or any(c in between for c in ".!?:;\n•–—") or "- " in between
        found.append(Token(match[0], fold(match[0]), match.start(), match.end(), opens))
        last_end = match.end()
    return found


class NameFinder:
    """The trie over one catalogue's titles, other titles and people. Built once, then read-only."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.common = self._common_words(catalog)
        self._trie: dict[str, Any] = {}
        self.longest = 0
        for item in catalog:
            for title in (item.title, *item.aliases):
                self._add(title, "title", item.item_id)
        for name in catalog.vocabulary.get(PERSON, {}):
            self._add(name, "person", name)

    def find(
        self, text: str, tokens: list[Token] | None = None, *, expected: frozenset[str] = frozenset()
    ) -> list[Name]:
        """Titles and people in the text, in order, none inside another.

        Titles of `expected` items need no evidence beyond their capitals.
        """
        tokens = tokens_of(text) if tokens is None else tokens
        found: list[Name] = []
        at = 0
        while at < len(tokens):
            name, length = self._longest_at(text, tokens, at, expected)
            if name is None:
                at += 1
            else:
                found.append(name)
                at += length
        return found

    def _add(self, name: str, kind: str, key: str) -> None:
        words = [fold(w) for w in _WORD.findall(name)]
        if not words or (kind == "person" and len(words) < 2):
            return
        self.longest = max(self.longest, len(words))
        node = self._trie
        for word in words:
            node = node.setdefault(word, {})
        node.setdefault("", []).append((kind, key, name))

    def _longest_at(self, text: str, tokens: list[Token], at: int, expected: frozenset[str]) -> tuple[Name | None, int]:
        node: dict[str, Any] | None = self._trie
        best, length = None, 0
        for offset in range(min(self.longest, len(tokens) - at)):
            node = node.get(tokens[at + offset].folded) if node else None
            if node is None:
                break
            if "" in node:
                name = self._named(text, tokens[at : at + offset + 1], node[""], expected)
                if name is not None:
                    best, length = name, offset + 1
        return best, length

    def _named(
        self, text: str, span: list[Token], entries: list[tuple[str, str, str]], expected: frozenset[str]
    ) -> Name | None:
        start, end = span[0].start, span[-1].end
        people = [entry for entry in entries if entry[0] == "person"]
        titles = [entry for entry in entries if entry[0] == "title"]
        year = _YEAR_AFTER.match(text, end)
        quoted = start > 0 and text[start - 1] in _QUOTES_OPEN and any(c in _QUOTES_CLOSE for c in text[end : end + 2])
        if people and not (year or quoted):
            return Name("person", start, end, people[0][2], (), False)
        if not titles:
            return None
        hoped_for = (
            any(key in expected for _, key, _ in titles) and span[0].text[:1].isupper() == titles[0][2][:1].isupper()
        )
        if not (year or quoted or hoped_for or self._looks_meant(span, titles[0][2])):
            return None
        ids = tuple(dict.fromkeys(key for _, key, _ in titles))
        if year:
            that_year = tuple(i for i in ids if self.catalog[i].year == int(year[1]))
            ids = that_year or ids
        return Name("title", start, end, text[start:end], ids, bool(year or quoted))

    def _looks_meant(self, span: list[Token], title: str) -> bool:
        """Capitals, or rare enough words, say that a title is meant and not its words."""
        wanted = _WORD.findall(title)
        if len(span) == 1 and len(span[0].text) == 1 and span[0].text.isalpha():
            return False
        capitals = [(t, w) for t, w in zip(span, wanted, strict=False) if w[:1].isupper() or w[:1].isdigit()]
        written = all(t.text[:1].isupper() or t.text[:1].isdigit() for t, _ in capitals)
        content = [t for t in span if t.folded not in _FUNCTION_WORDS]
        rare = any(t.folded not in self.common for t in content)
        if not written:
            return rare and len(content) > 1
        telling = [t for t, _ in capitals if not t.opens]
        if telling and not all(t.folded.isdigit() for t in telling):
            return True
        return rare and not all(t.folded.isdigit() for t in span)

    @staticmethod
    def _common_words(catalog: Catalog) -> frozenset[str]:
        """Words the catalogue's own texts write in lower case."""
        seen: dict[str, int] = {}
        for item in catalog:
            for word in _WORD.findall(item.text):
                if word[:1].islower():
                    folded = fold(word) if not word.isascii() else word.lower()
                    seen[folded] = seen.get(folded, 0) + 1
        tags = {
            w.lower() for item in catalog for values in item.tags.values() for v in values for w in _WORD.findall(v)
        }
        return frozenset(seen) | _FUNCTION_WORDS | frozenset(tags)
