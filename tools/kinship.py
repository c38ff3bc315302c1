"""Kindred values: words of a catalogue that are near in meaning, so that "contemplative" also welcomes "meditative".

A wish is met by its own value and nearly met by a kindred one. What to avoid reaches further: someone who
wants nothing violent will wince at a film marked brutal, or about a serial killer; and where the word is firm,
what is more of the same (gory) is ruled out with it. Groups are data of a catalogue's domain; a catalogue without
any simply has no kin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache

from parley.tools.items import Item

Value = tuple[str, str]
"""(facet, value)."""

NEAR = 0.6
"""What a kindred value counts, where the value itself counts 1."""


class Kinship:
    """Which values are near which."""

    def __init__(
        self,
        groups: Mapping[str, Iterable[Iterable[str]]] | None = None,
        suggests: Mapping[Value, Iterable[Value]] | None = None,
        stronger: Mapping[Value, Iterable[Value]] | None = None,
    ) -> None:
        """Args:
        groups: by facet, sets of values near one another.
        suggests: for a value to avoid, values of any facet that suggest it.
        stronger: for a value, those that are more of the same.
        """
        near: dict[Value, set[Value]] = defaultdict(set)
        for facet, sets in (groups or {}).items():
            for group in sets:
                values = [(facet, value.casefold()) for value in group]
                for value in values:
                    near[value].update(other for other in values if other != value)
        self._near = {value: frozenset(others) for value, others in near.items()}
        self._suggests = _folded(suggests or {})
        self._stronger = _folded(stronger or {})

    def near(self, facet: str, value: str) -> frozenset[Value]:
        """Values a person who wants this one would also welcome."""
        return self._near.get((facet, value.casefold()), frozenset())

    def suggesting(self, facet: str, value: str) -> frozenset[Value]:
        """Values a person who wants to avoid this one would also rather not meet."""
        return self.near(facet, value) | self._suggests.get((facet, value.casefold()), frozenset())

    def ruled_out_with(self, facet: str, value: str) -> frozenset[Value]:
        """Values that nobody can want who will not have this one: more of the same."""
        return self._stronger.get((facet, value.casefold()), frozenset())

    def nearest_of(self, item: Item, facet: str, values: Iterable[str]) -> str:
        """The item's own word that is kindred to one of these values; empty if it has none."""
        for value in values:
            for near_facet, near_value in sorted(self.near(facet, value)):
                for own in item.values(near_facet):
                    if own.casefold() == near_value:
                        return own
        return ""


def _folded(table: Mapping[Value, Iterable[Value]]) -> dict[Value, frozenset[Value]]:
    return {
        (facet, value.casefold()): frozenset((f, v.casefold()) for f, v in others)
        for (facet, value), others in table.items()
    }


def opposite_of(domain_name: str, facet: str, value: str) -> str:
    """The value people mean by the opposite of this one; "" where there is none to name."""
    if domain_name != "films" or facet != "mood":
        return ""
    from parley.tools.films_kin import OPPOSITES

    return OPPOSITES.get(value.casefold(), "")


def meant_by_refusing(domain_name: str) -> Mapping[str, Value]:
    """Words that are no value, each with the value that people who refuse it want: "nothing heavy"."""
    if domain_name != "films":
        return {}
    from parley.tools.films_kin import REFUSED_FOR

    return {words: ("mood", value) for words, value in REFUSED_FOR.items()}


@lru_cache
def kinship_of(domain_name: str) -> Kinship:
    """The kinship of a domain's values; films have one, other catalogues none of their own."""
    if domain_name != "films":
        return Kinship()
    from parley.tools.films_kin import AVOIDED_WITH, MOOD_GROUPS, STRONGER

    return Kinship({"mood": MOOD_GROUPS}, AVOIDED_WITH, STRONGER)
