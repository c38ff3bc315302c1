"""Values that only the wish around them tells: "80s action", "a romance", "rather than sad", "a spielberg film".

The linker leaves a bare word alone where it may be a word and no more; here the sentence can hold nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from parley.agent.understanding.context import LinkerLike
from parley.agent.understanding.figures import Bound
from parley.agent.understanding.spans import ValueSpan
from parley.agent.understanding.text import EMPTY_WORDS
from parley.tools.items import Catalog

OPEN_VOCABULARY = 60
"""A kind with more values than this holds matters of degree (moods, themes): wishes for it are soft by default."""
_Table = dict[str, tuple[str, str]]


def is_open(catalog: Catalog, facet: str) -> bool:
    return facet in ("mood", "keyword", "theme", "tag") or len(catalog.vocabulary.get(facet, {})) > OPEN_VOCABULARY


def overlooked(low: str, catalog: Catalog, linker: LinkerLike, bounds: Sequence[Bound]) -> list[ValueSpan]:
    """The values of a lower-case text that its sentences tell; some may be known already.

    Args:
        bounds: its number wishes: "80s action".
    """
    closed, named = _tables(catalog)
    found = [
        *_held(_NOUN, low, closed),
        *_judged(low, linker),
        *_held(_QUALITY, low, named),
        *_held(_LACKING, low, named),
        *_held(_ASKED_FOR, low, named),
    ]
    if "," in low:  # "adventure, at most 110 minutes, PG": each part of a list says one thing
        brief = all(len(part.split()) <= 2 for part in low.split(","))
        found += _held(_PART, low, named if brief else closed)
    for bound in bounds:
        near = re.match(r" (?P<word>[a-z-]{4,})(?![\w'-])", low[bound.end :])
        hit = closed.get(near.group("word")) if near else None
        if near and hit:
            found.append(ValueSpan(bound.end + 1, bound.end + near.end(), *hit, near.group("word"), 0.8))
    return [*found, *_makers(low, catalog, linker)]


@lru_cache(maxsize=4)
def _tables(catalog: Catalog) -> tuple[_Table, _Table]:
    """The values of the closed kinds, and those of all kinds but themes, by their words in lower case."""
    closed = _table(catalog, [k for k in catalog.domain.kinds if not is_open(catalog, k)])
    return closed, _table(catalog, [k for k in catalog.domain.kinds if k != "keyword"])


def _table(catalog: Catalog, kinds: Sequence[str]) -> _Table:
    return {v.casefold(): (k, v) for k in kinds for v in catalog.vocabulary.get(k, {})}


def _held(pattern: re.Pattern[str], low: str, table: _Table) -> Iterator[ValueSpan]:
    for match in pattern.finditer(low):
        hit = table.get(match.group("word"))
        if hit:
            yield ValueSpan(*match.span("word"), *hit, match.group("word"), 0.8)


def _judged(low: str, linker: LinkerLike) -> Iterator[ValueSpan]:
    """ "musicals are fine", "crime would be nice": the judgement makes a kind of the word."""
    for match in _JUDGEMENT.finditer(low):
        for link in linker.link_values(f"some {match.group('word')}"):
            if not link.is_person and link.facet in ("genre", "mood"):
                yield ValueSpan(*match.span("word"), link.facet, link.value, match.group("word"), link.score)


def _makers(low: str, catalog: Catalog, linker: LinkerLike) -> Iterator[ValueSpan]:
    noun = "|".join(sorted({catalog.domain.noun, catalog.domain.plural, "movie", "movies", "film", "films", "flick"}))
    for match in re.finditer(
        rf"\b(?:an?|any|some|the|early|late|old|new|more|another) (?P<name>[a-z]{{4,}}) (?:{noun})\b", low
    ):
        if match.group("name") in EMPTY_WORDS:
            continue
        for link in linker.link_values(f"by {match.group('name').title()}"):
            if link.is_person and link.score >= 0.7:
                yield ValueSpan(*match.span("name"), link.facet, link.value, match.group("name"), link.score)
                break


_NOUN = re.compile(
    r"(?<![\w'-])(?:a|an|some|no|any|more|less|enough|of|prefer|want|than|(?:forget|forget about|drop|scrap|skip|lose|ditch)(?: the)?) "
    r"(?:(?:nice|good|decent|proper|great|lovely|solid|simple|plain|classic|really|little|big|half-decent) )*(?P<word>[a-z-]{4,})"
    r"(?=$|[,.!?]| please| or | and | but | instead| that\b| which\b| then\b| with\b| set\b| for\b| from\b| after all\b| (?:part|bit|thing)\b|"
    r" (?:tonight|today|this|now|too|though|if|over|about|where|in which|in it|to watch|would|will)\b)"
)
_QUALITY = re.compile(
    r"\b(?:(?:must|should|has to|have to|needs? to|got to|to|it) be|rather than|instead of) (?:really |very |quite |pretty |a bit )?"
    r"(?P<word>[a-z-]{3,})(?=$|[,.!?]| and\b| but\b| or\b| please\b)"
)
_ASKED_FOR = re.compile(
    r"\b(?:give|show|find|get) (?:me|us) (?P<word>[a-z-]{4,})(?=$|[,.!?]| and\b| or\b| but\b| please\b)"
)
_LACKING = re.compile(r"(?:\b(?:not|nothing)|n't)(?: quite| really| nearly)? (?P<word>[a-z-]{3,}) enough\b")
_JUDGEMENT = re.compile(
    r"\b(?P<word>[a-z-]{4,}) (?:is|are|would be|'s) (?:\w+ )?(?:fine|ok|okay|alright|all right|acceptable|"
    r"allowed|no problem|too much|out|nice|lovely|a must)(?=$|[,.!;]| then\b| now\b| after\b| by\b| with\b| too\b| as\b| but\b)"
)
_PART = re.compile(r"(?:^|, ?)(?P<word>[a-z0-9-]{2,})(?= ?(?:$|,|\.$|please))")
