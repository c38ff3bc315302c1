"""The ways a title is written: computed from the titles themselves, so books and games need no list.

"The Lord of the Rings: The Two Towers" is also "the two towers" and "LOTR"; "The Godfather: Part II" is
"godfather 2". Each form carries a weight: how sure one can be that who writes it means this item.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple

from parley.tools.items import Catalog, Item
from parley.tools.linking.text import PART_WORDS, Token, fold_lone_roman, key_of, tokenize


class FormKind(StrEnum):
    """Where a form comes from."""

    FULL = "full"
    ALIAS = "alias"
    HEAD = "head"  # before the colon: "Star Wars"
    TAIL = "tail"  # after it: "The Empire Strikes Back"
    INITIALS = "initials"  # "LOTR"
    SHORT = "short"  # one telling word: "Shawshank"


WEIGHT = {
    FormKind.FULL: 1.0, FormKind.ALIAS: 0.95, FormKind.HEAD: 0.85, FormKind.TAIL: 0.85, FormKind.INITIALS: 0.7,
    FormKind.SHORT: 0.6,
}  # fmt: skip


class Form(NamedTuple):
    """One way to write one item's title."""

    key: str
    """Folded words without articles and spaces."""
    words: tuple[str, ...]
    """Plain lower-case words, articles included: what a reader would see."""
    position: int
    """The item's place in the catalogue."""
    kind: FormKind


_SPLIT = re.compile(r":\s+|\s[-–—]\s+|,?\s+or:\s+|\s*[(]|[)]\s+")
_DOTTED = re.compile(r"((?:[A-Z]\.){2,}) \w")
"""Dotted letters that a title begins with, by which it is known: "E.T. the Extra-Terrestrial"."""
_SERIES_JOIN = re.compile(r"\s+and the\s+|\s+and\s+|\s+in the\s+")
_STRUCTURE = PART_WORDS | {"and", "of", "in", "movie", "film", "sequel"}


def title_forms(catalog: Catalog) -> Iterator[Form]:
    """Every form of every title; one item's forms come together, the fullest first."""
    titles = [item.title for item in catalog]
    series = _series_heads(titles)
    numbered = _numbered_bases(titles)
    for position, item in enumerate(catalog):
        seen: set[str] = set()
        for text, kind in _texts(item, series, numbered):
            for form in _spellings(text, position, kind):
                if form.key and form.key not in seen:
                    seen.add(form.key)
                    yield form


def _texts(item: Item, series: frozenset[str], numbered: frozenset[str]) -> Iterator[tuple[str, FormKind]]:
    title = item.title
    yield title, FormKind.FULL
    for alias in item.aliases:
        yield alias, FormKind.ALIAS
    moved = re.fullmatch(r"(.+), (The|A|An|La|Le|Les|Il|El|Der|Die|Das)", title)
    if moved:
        yield f"{moved[2]} {moved[1]}", FormKind.FULL
    if _bare(title) in numbered:
        yield f"{title} 1", FormKind.ALIAS
    yield from _parts(title, series)
    for alias in item.aliases:
        yield from ((text, kind) for text, kind in _parts(alias, series) if kind is FormKind.HEAD and len(text) > 8)


def _parts(title: str, series: frozenset[str]) -> Iterator[tuple[str, FormKind]]:
    pieces = [p.strip() for p in _SPLIT.split(title) if p.strip()]
    dotted = _DOTTED.match(title)
    if dotted and not any(t.is_article for t in tokenize(dotted[1])):
        yield dotted[1], FormKind.HEAD
    if len(pieces) > 1:
        head, tail = pieces[0], pieces[-1]
        if not _is_structure(head):
            yield head, FormKind.HEAD
        if not _is_structure(tail) and (len(tokenize(tail)) > 1 or len(tail) >= 7):
            yield tail, FormKind.TAIL
        if len(pieces) > 2:
            yield f"{head} {tail}", FormKind.ALIAS
            yield f"{head} {pieces[1]}", FormKind.ALIAS
            yield pieces[1], FormKind.TAIL
        initials = _initials(head)
        if initials:
            yield initials, FormKind.INITIALS
    else:
        initials = _initials(title)
        if initials:
            yield initials, FormKind.INITIALS
    for head in series:
        rest = _after_series(title, head)
        if rest:
            yield head, FormKind.HEAD
            if len(tokenize(rest)) > 1:
                yield rest, FormKind.TAIL


def _spellings(text: str, position: int, kind: FormKind) -> Iterator[Form]:
    tokens = tokenize(text)
    if not tokens:
        return
    folded = fold_title(tokens)
    words = tuple(t.plain for t in tokens)
    yield Form(key_of(folded), words, position, kind)
    loose = [
        w for i, w in enumerate(folded) if not (w in PART_WORDS and i + 1 < len(folded) and folded[i + 1].isdigit())
    ]
    if len(loose) < len(folded) and len(loose) > 1:
        yield Form(key_of(loose), words, position, kind)
    plain = [t.folded for t in tokens]
    if plain != folded:
        yield Form(key_of(plain), words, position, kind)
    if "s" in folded and len(folded) > 2:
        yield Form(key_of([w for w in folded if w != "s"]), words, position, kind)


def fold_title(tokens: list[Token]) -> list[str]:
    """Folded words, with a lone "I", "V" or "X" read as a number after "part" or at the very end."""
    folded = [t.folded for t in tokens]
    for i, word in enumerate(folded):
        follows_part = i > 0 and folded[i - 1] in PART_WORDS
        ends = i == len(folded) - 1 and i > 0 and tokens[i].raw == "V"
        if follows_part or ends:
            folded[i] = fold_lone_roman(word)
    return folded


def _is_structure(text: str) -> bool:
    words = fold_title(tokenize(text))
    return all(w in _STRUCTURE or w.isdigit() or w in ("the", "a") for w in words)


def _initials(text: str) -> str | None:
    tokens = tokenize(text)
    letters = [t.folded[0] for t in tokens if t.folded != "s" and t.folded]
    if tokens and tokens[0].is_article:
        letters = letters[1:]
    return "".join(letters) if len(letters) >= 4 else None


def _bare(title: str) -> str:
    return key_of(fold_title(tokenize(title)))


def _numbered_bases(titles: list[str]) -> frozenset[str]:
    """Bare titles that have a sequel "<title> 2": their first film may be called "<title> 1"."""
    bases = set()
    for title in titles:
        words = fold_title(tokenize(_SPLIT.split(title)[0]))
        if len(words) > 1 and words[-1] == "2":
            bases.add(key_of(words[:-1]))
        piece = fold_title(tokenize(title))
        if len(piece) > 2 and piece[-2:] == ["part", "2"]:
            bases.add(key_of(piece[:-2]))
    return frozenset(bases)


def _series_heads(titles: list[str]) -> frozenset[str]:
    """Beginnings of two words or more that several titles share before "and the ...": "Harry Potter"."""
    seen: dict[str, int] = defaultdict(int)
    for title in titles:
        parts = _SERIES_JOIN.split(title, maxsplit=1)
        if len(parts) == 2 and len(tokenize(parts[0])) >= 2:
            seen[parts[0]] += 1
    return frozenset(head for head, count in seen.items() if count >= 2)


def _after_series(title: str, head: str) -> str | None:
    if not title.startswith(head + " "):
        return None
    joined = _SERIES_JOIN.match(title, len(head))
    return title[joined.end() :].strip() if joined else None
