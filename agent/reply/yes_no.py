"""Whether something is so of an item, as far as its entry tells: the yes, the no, and what cannot be told."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from parley.agent.ledger import Ledger
from parley.agent.messages import Condition, Question
from parley.agent.reply.wording import Wording
from parley.tools.items import PERSON, Item

FOR_CHILDREN = 8
"""The age up to which a rating counts as suitable for children where no age is named."""
_TOO = re.compile(r"\btoo (\w+)\b")


class Evidence(NamedTuple):
    """What an entry says of a tag."""

    colours: tuple[str, ...]
    types: tuple[str, ...]


def asked_tag(words: str, wording: Wording) -> str:
    """The colour or family of colours that a question in lower case asks about; "" if none."""
    tokens = set(re.findall(r"[\w'-]+", words))
    for family in wording.phrases.families:
        if family in tokens:
            return family
    for facet in (*wording.colour_kinds, *((wording.type_kind,) if wording.type_kind else ())):
        for value in wording.catalog.vocabulary.get(facet, {}):
            if value.casefold() in tokens or (" " in value and value.casefold() in words):
                return value
    return ""


def evidence_of(item: Item, tag: str, wording: Wording) -> Evidence:
    """The item's colours and types that amount to the tag."""
    types = item.values(wording.type_kind) if wording.type_kind else ()
    colours = [v for kind in wording.colour_kinds for v in item.values(kind)]
    family = wording.phrases.families.get(tag, frozenset({tag}))
    return Evidence(
        tuple(c for c in colours if c in family),
        tuple(t for t in types if t in family or t.casefold() == tag.casefold()),
    )


def youngest(item: Item, wording: Wording) -> int | None:
    """The age from which the item's rating lets one see it; None without a rating."""
    kind = wording.domain.age_kind
    ages = wording.domain.kinds[kind].ages if kind else {}
    rated = next((v for v in item.values(kind) if v in ages), None) if kind else None
    return None if rated is None or rated.casefold() == "not rated" else ages[rated]


def has_value(item: Item, facet: str, value: str) -> bool:
    """Has the item the value? People in any role."""
    facets = (facet, PERSON) if facet != PERSON else (PERSON,)
    return any(value.casefold() == v.casefold() for f in facets for v in item.values(f))


def in_range(item: Item, facet: str, low: float | None, high: float | None) -> bool | None:
    """Is the item's number within the bounds? None if it has none."""
    number = item.number(facet)
    if number is None:
        return None
    return (low is None or number >= low) and (high is None or number <= high)


def comes_out(question: Question, items: Sequence[Item], wording: Wording) -> bool | None:
    """What a yes-or-no question comes to for all the items; None where no entry tells or it is no such question."""
    if question.unknown:
        return False
    if not items:
        return None
    words = question.words.casefold()
    if question.field == "suitable":
        ages = [youngest(item, wording) for item in items]
        return all(a is not None and a <= FOR_CHILDREN for a in ages)
    told: list[bool | None] = [has_value(i, f, v) for i in items for f, v in question.has if not _is_tag(f, wording)]
    told += [in_range(i, f, low, high) for i in items for f, low, high in question.within]
    if not told and (tag := asked_tag(words, wording)):
        told = [any(evidence_of(item, tag, wording)) for item in items]
    if not told or None in told:
        return None
    return all(told)


def condition_holds(condition: Condition, items: Sequence[Item], ledger: Ledger, wording: Wording) -> bool | None:
    """Whether what a request depends on is so; None where only the person can tell ("if it's too long").

    Args:
        ledger: what was wished before and beside the request: a bound in it makes "too long" decidable.
    """
    found = _too_much(condition.question, items, ledger, wording)
    if found is None:
        found = comes_out(condition.question, items, wording)
    return found if found is None else found != condition.negated


def _too_much(question: Question, items: Sequence[Item], ledger: Ledger, wording: Wording) -> bool | None:
    """ "Too long" against the bound that was named; None if there is none, or it is about no number."""
    match = _TOO.search(question.words.casefold())
    if match is None or not items:
        return None
    adjective = match[1]
    for facet, info in wording.domain.numbers.items():
        if f"{adjective.removesuffix('e')}er" not in (info.more, info.less):
            continue
        bounds = [w for w in ledger.active if w.facet == facet and w.is_number]
        return any(not w.is_met_by(item) for w in bounds for item in items) if bounds else None
    return None


def _is_tag(facet: str, wording: Wording) -> bool:
    """Colours and types are told by families of words, not by the one that was named."""
    return facet in wording.colour_kinds or facet == wording.type_kind
