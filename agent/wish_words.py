"""Wishes in words, as people would put them: for replies, the page and the story of a turn."""

from __future__ import annotations

from parley.agent.ledger import ITEM, Polarity, Stance, Wish, suited_age
from parley.tools.items import YEAR, Catalog, Domain


def say_wish(wish: Wish, catalog: Catalog) -> str:
    """The wish as people would put it: "older than 1990", "not Horror", "liked The Matrix"."""
    if wish.facet == ITEM:
        item = catalog.get(wish.value)
        title = item.title if item else wish.value
        verb = {
            Stance.LIKE: "liked",
            Stance.DISLIKE: "disliked",
            Stance.SEEN: "seen",
            Stance.REJECT: "not",
            Stance.ACCEPT: "chose",
        }
        return f"{verb[wish.stance or Stance.LIKE]} {title}"
    return say_condition(wish, catalog.domain)


def say_condition(wish: Wish, domain: Domain) -> str:
    """A facet wish in words."""
    if wish.is_number:
        said = _say_years(wish.gte, wish.lte) if wish.facet == YEAR else _say_bounds(wish, domain)
        return said if wish.polarity is Polarity.WANT else f"not {said}"
    table = {**domain.kinds, **domain.roles}
    if wish.facet == domain.age_kind and wish.polarity is Polarity.AVOID and wish.any_of:
        return f"suitable from age {suited_age(wish, domain)}"
    values = " or ".join(wish.values)
    phrase = table[wish.facet].phrase.format(value=values) if wish.facet in table else values
    return phrase if wish.polarity is Polarity.WANT else f"not {phrase}"


def _say_years(low: float | None, high: float | None) -> str:
    """Bounds on the year: "before 1990", "from 1990 on", "from the 1970s", "from 1994"."""
    if low is None or high is None:
        return f"before {high + 1:g}" if high is not None else f"from {low:g} on"
    if low == high:
        return f"from {low:g}"
    if low % 10 == 0 and high == low + 9:
        return f"from the {low:g}s"
    return f"from {low:g} to {high:g}"


def _say_bounds(wish: Wish, domain: Domain) -> str:
    """Bounds on another number: "running time up to 119 min"."""
    info = domain.numbers.get(wish.facet)
    unit = f" {info.unit}" if info and info.unit else ""
    label = domain.label(wish.facet)
    if wish.gte is None:
        return f"{label} up to {wish.lte:g}{unit}"
    if wish.lte is None:
        return f"{label} from {wish.gte:g}{unit}"
    return f"{label} {wish.gte:g}" + ("" if wish.gte == wish.lte else f" to {wish.lte:g}") + unit
