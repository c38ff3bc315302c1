"""Wishes in words, as people would put them: for replies, the page and the story of a turn."""

from __future__ import annotations

from parley.agent.ledger import ITEM, Polarity, Stance, Wish, suited_age
from parley.agent.reply.words import hours_in_words, join, measure, with_the
from parley.tools.items import YEAR, Catalog, Domain


def say_wish(wish: Wish, catalog: Catalog) -> str:
    """The wish as people would put it: "older than 1990", "no horror", "liked The Matrix"."""
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
    if wish.facet == domain.age_kind and wish.polarity is Polarity.AVOID and wish.any_of:
        return f"suitable from age {suited_age(wish, domain)}"
    table = {**domain.kinds, **domain.roles}
    template = table[wish.facet].phrase if wish.facet in table else "{value}"
    values = join([with_the(v) if template.startswith("from ") else v for v in wish.values], "or")
    if wish.polarity is Polarity.WANT:
        return template.format(value=values)
    if (
        wish.facet in domain.kinds and template == "{value}" and values[:1].isupper()
    ):  # a kind of item: "no horror", where a mood is "not sad"
        return f"no {values if values.isupper() else values.lower()}"
    return f"not {template.format(value=values)}"


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
    """Bounds on another number, as people say them: "no longer than 2 h 41 min", "at least 300 pages"."""
    info = domain.numbers.get(wish.facet)
    unit, label = info.unit if info else "", domain.label(wish.facet)
    low, high = wish.gte, wish.lte
    if unit == "min":
        return _say_minutes(low, high)
    about = "" if unit else f"{label} "
    if low is not None and high is not None:
        return about + (measure(low, unit) if low == high else f"{low:g} to {measure(high, unit)}")
    return (
        f"{about}at most {measure(high, unit)}" if high is not None else f"{about}at least {measure(low or 0.0, unit)}"
    )


def _say_minutes(low: float | None, high: float | None) -> str:
    """ "under two hours" where the bound is the minute before, else with the bound itself."""
    if low is not None and high is not None:
        return f"{hours_in_words(low)} long" if low == high else f"{hours_in_words(low)} to {hours_in_words(high)} long"
    if high is not None:
        return f"under {hours_in_words(high + 1)}" if high % 30 == 29 else f"no longer than {hours_in_words(high)}"
    assert low is not None
    return f"over {hours_in_words(low - 1)}" if low % 30 == 1 else f"at least {hours_in_words(low)} long"
