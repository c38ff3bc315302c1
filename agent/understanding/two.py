"""Two requests in one breath: "a funny western, and also something sad with Meryl Streep".

Nothing is both, so they are not one wish list. The first is looked for now; the other is kept in the person's own
words, offered after the slate, and taken up when they say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from parley.agent.ledger import ABOUT, ITEM, EditAction, LedgerEdit, Polarity, Scope, Wish
from parley.agent.understanding.context import DialogueContext
from parley.agent.understanding.subject import AFRESH
from parley.tools.items import Item

_HEAD = r"(?:something|anything|another(?: one)?|one|an?|some)\b"
_TWO = (
    re.compile(
        rf"^(?P<first>.{{6,}}?),?;? (?:and|plus|then|as well as|& ?)(?: (?:also|then|separately|afterwards|after that|later|"
        rf"maybe|for (?:my|our|the|her|him|tomorrow)(?: \w+)?))* (?P<later>{_HEAD} .+)$",
        re.I,
    ),
    re.compile(rf"^(?P<first>.{{6,}}?)[.;] ?(?:also|and|then|plus),? (?P<later>{_HEAD} .+)$", re.I),
)
_YES = re.compile(
    r"^(?:(?:oh|ok|okay|and|now|well|sure|yes|yeah|yep|please|go ahead|go on|do|the other(?: one)?|next|then|what about the "
    r"other(?: one)?)[ ,]*)+[.!? ]*$",
    re.I,
)


_ANYWAY = re.compile(
    r"^(?:(?:yes|yeah|yep|please|sure|go ahead|go on|do(?: it)?|show (?:me|them)|all the same|even so|anyway|still|but|well|i'd like that)"
    r"[ ,]*)+(?:anyway|please|then|all the same)?[.! ]*$",
    re.I,
)


def two_requests(text: str) -> tuple[str, str] | None:
    """(what comes first, what comes after) of a sentence that asks for two things."""
    for pattern in _TWO:
        match = pattern.match(text)
        if match:
            return match.group("first").strip(" ,;"), match.group("later").strip(" .,;!")
    return None


def wants_of(edits: Iterable[LedgerEdit]) -> list[Wish]:
    """What an utterance wants of the items' own facts."""
    wishes = [e.wish for e in edits if e.action is EditAction.ADD and e.wish is not None]
    return [w for w in wishes if w.facet not in (ITEM, ABOUT) and w.polarity is Polarity.WANT]


def nothing_is_all(wishes: Sequence[Wish], items: Iterable[Item]) -> bool:
    """Is there no item that has all of it?"""
    return not any(all(wish.is_met_by(item) for wish in wishes) for item in items)


def takes_up(text: str, context: DialogueContext) -> bool:
    """Does this say yes to the request that was kept for later, or repeat it?"""
    kept = context.set_aside
    return bool(kept) and (text.strip(" .!").casefold() == kept.casefold() or _YES.match(text) is not None)


def wants_it_anyway(text: str, context: DialogueContext) -> bool:
    """Is the request that hung on a condition wanted all the same?"""
    kept = context.held
    return bool(kept) and (text.strip(" .!").casefold() == kept.casefold() or _ANYWAY.match(text) is not None)


def let_go_of_the_first(context: DialogueContext) -> tuple[LedgerEdit, ...]:
    """The first request has had its slate: its wants end."""
    return tuple(
        LedgerEdit(
            action=EditAction.RETRACT, wish=Wish(facet=w.facet, value=w.value, words=f"{AFRESH}: {context.set_aside}")
        )
        for w in context.ledger.active
        if w.facet != ITEM and w.polarity is Polarity.WANT and w.scope is not Scope.STANDING
    )
