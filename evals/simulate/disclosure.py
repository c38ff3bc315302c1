"""Disclosure rules: what a simulated user says unasked, what only an apt question brings out, what stays hidden.

A person who looks for something knows its kind and roughly its age, and seldom the names on its cover. So a
fact's class follows from how much it gives away: the share of the catalogue that has it. No rule names a
facet, so the same rules serve films, books and games. The title is never a fact that can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import numpy as np

from parley.evals.simulate.records import Frozen
from parley.tools.items import YEAR, Catalog, Item


class Reveal(StrEnum):
    """How a fact comes out."""

    VOLUNTEERED = "volunteered"
    ON_ASK = "on_ask"
    HIDDEN = "hidden"


class DisclosureRules(Frozen):
    """Where the classes begin."""

    name: str
    volunteer_from: float
    """Share of the catalogue from which a fact is common enough to be volunteered."""
    on_ask_from: float
    """Share from which it is told when the agent asks about its facet; rarer facts stay hidden."""
    most_volunteered: int
    """How many facts are volunteered in one conversation at the most."""

    def classify(self, share: float) -> Reveal:
        """The class of a fact that this share of the catalogue has."""
        if share >= self.volunteer_from:
            return Reveal.VOLUNTEERED
        return Reveal.ON_ASK if share >= self.on_ask_from else Reveal.HIDDEN


RULES: Mapping[str, DisclosureRules] = {
    rules.name: rules
    for rules in (
        DisclosureRules(name="generous", volunteer_from=0.0, on_ask_from=0.0, most_volunteered=99),
        DisclosureRules(name="ordinary", volunteer_from=0.05, on_ask_from=0.005, most_volunteered=4),
        DisclosureRules(name="strict", volunteer_from=0.10, on_ask_from=0.03, most_volunteered=1),
    )
}
COMMONPLACE = 0.5
"""What at least this share of the catalogue has goes without saying."""


class Disclosure(Frozen):
    """One thing the user may say about what they want."""

    facet: str
    value: str
    text: str
    """In words, to follow "I'm looking for"."""
    share: float
    """Share of the catalogue that has it."""
    reveal: Reveal


def disclosures_of(
    item: Item, catalog: Catalog, rules: DisclosureRules, rng: np.random.Generator, safe: Callable[[str], bool]
) -> list[Disclosure]:
    """What may be said of an item: one value a facet, kinds first, then its decade, people last; never its name."""
    found: list[Disclosure] = []
    domain = catalog.domain
    for facet in (*domain.kinds, YEAR, *list(domain.roles)[::-1]):
        if facet == YEAR:
            fact = _decade(item, catalog)
        elif facet == domain.age_kind:
            continue
        else:
            fact = _value(item, facet, catalog, rng)
        if fact is None or fact[2] >= COMMONPLACE or not safe(fact[1]):
            continue
        value, text, share = fact
        found.append(Disclosure(facet=facet, value=value, text=text, share=share, reveal=rules.classify(share)))
    return found


def _decade(item: Item, catalog: Catalog) -> tuple[str, str, float] | None:
    if item.year is None:
        return None
    low = item.year // 10 * 10
    alike = sum(other.year is not None and other.year // 10 * 10 == low for other in catalog)
    return str(item.year), f"something from between {low} and {low + 9}", alike / len(catalog)


def _value(item: Item, facet: str, catalog: Catalog, rng: np.random.Generator) -> tuple[str, str, float] | None:
    values = item.values(facet)
    if not values:
        return None
    is_role = facet in catalog.domain.roles
    value = values[0] if is_role else values[int(rng.integers(min(2, len(values))))]
    share = len(catalog.vocabulary[facet][value]) / len(catalog)
    return value, describe(facet, value, catalog), share


def describe(facet: str, value: str, catalog: Catalog) -> str:
    """A value in words, in the domain's phrases: "a comedy film", "something directed by Jane Campion"."""
    domain = catalog.domain
    info = domain.kinds.get(facet) or domain.roles[facet]
    phrase = info.phrase.format(value=value)
    if phrase != value:
        return f"something {phrase}"
    if facet == next(iter(domain.kinds), ""):
        article = "an" if value[:1].casefold() in "aeiou" else "a"
        return f"{article} {value.lower()} {domain.noun}"
    return f"something {value}"
