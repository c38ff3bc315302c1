"""Titles told by who made them or is in them: "Tarkovsky's Stalker", "Inception by Nolan", "Cast Away with Tom Hanks".

The person vouches for the title, so a common word is enough of one, and the name belongs to it: nothing else by that
person is wished for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from parley.agent.understanding.context import LinkerLike
from parley.agent.understanding.spans import ItemSpan, ValueSpan
from parley.tools.items import PERSON, Catalog, Item

_LONGEST = 6
"""Words of a title that are looked at beside a name."""
_VOUCHED, _PLAIN = 0.6, 0.9
"""How sure the title must be: after "Spielberg's" its beginning will do, where he did make it."""
_LIKENED = re.compile(r"\b(?:something|anything|films?|movies?|ones?|more|stuff) (?:like|similar to) $", re.I)
"""Before a title that others are to be like; "with ..." behind it is then a wish."""
_WORD = re.compile(r"\w[\w'&:.-]*\w|\w")


def owned_titles(text: str, values: Sequence[ValueSpan], catalog: Catalog, linker: LinkerLike) -> list[ItemSpan]:
    """The titles of a text that stand with a person who made them, each with the person's name in its span."""
    people = [v for v in values if v.facet in (PERSON, *catalog.domain.roles)]
    found = []
    for person in people:
        for start, end in _names_beside(text, person.start, person.end):
            known = linker.resolve_title(text[start:end])
            sure = _VOUCHED if text.startswith("'", person.end) else _PLAIN
            item = catalog.get(known.item_id) if known is not None and known.score >= sure else None
            if item is None or person.value not in item.values(PERSON):
                item = _begun(text[start:end], person.value, catalog)
            if item is not None:
                span = min(start, person.start), max(end, person.end)
                found.append(ItemSpan(*span, (item.item_id,), text[slice(*span)], True, 0.95))
                break
    return found


def _begun(name: str, person: str, catalog: Catalog) -> Item | None:
    """The one item of a person whose title goes on behind a colon: "Kubrick's 2001"."""
    head = f"{name.casefold()}: "
    places = catalog.vocabulary.get(PERSON, {}).get(person, ())
    found = [catalog.items[p] for p in places if catalog.items[p].title.casefold().startswith(head)]
    return found[0] if len(found) == 1 else None


def _names_beside(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """(start, end) of what may be a title beside the name at a place, longest first."""
    owner = re.match(r"'s? ", text[end:])
    if owner:
        first = end + owner.end()
        ends = [m.end() for m in _WORD.finditer(text, first)][:_LONGEST]
        yield from ((first, last) for last in reversed(ends))
    maker = re.search(r"(?: \(\d+\))? (?:by|with|starring|from) $", text[:start])
    if maker:
        starts = [m.start() for m in _WORD.finditer(text[: maker.start()])][-_LONGEST:]
        made = maker.group().endswith(" by ")
        yield from ((first, maker.start()) for first in starts if made or not _LIKENED.search(text[:first]))
