"""What items have in common, and what an item has that a wish asks for: facts to be said, never guessed."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parley.agent.ledger import ABOUT, Ledger, Polarity, Wish
from parley.agent.messages import Slate
from parley.agent.reply.wording import Wording
from parley.tools.items import YEAR, Item
from parley.tools.kinship import Kinship

_WORD = re.compile(r"[^\W_]{3,}")
_MADE_FROM = re.compile(r"(?:based|inspired|adapted) ")


def shared_traits(item: Item, other: Item, wording: Wording) -> list[tuple[str, str]]:
    """(facet, value) pairs both items have, the rarest in the catalogue first.

    Types, languages and the like are left out: two dramas in English have little in common.
    """
    vocabulary = wording.catalog.vocabulary
    facets = (*wording.domain.roles, *wording.theme_kinds, *wording.colour_kinds)
    found: dict[str, tuple[int, str, str]] = {}
    for facet in facets:
        theirs = set(other.values(facet))
        for value in item.values(facet):
            if value in theirs and value not in found and not says_little(value, wording):
                found[value] = (len(vocabulary[facet][value]), facet, value)
    return [(facet, value) for _, facet, value in sorted(found.values())]


def says_little(value: str, wording: Wording) -> bool:
    """A theme that tells how it was made, not what it is about."""
    return value in wording.phrases.plain or bool(_MADE_FROM.match(value))


def traits_in_words(item: Item, words: str, wording: Wording) -> list[tuple[str, str]]:
    """The item's themes and colours that occur in free words ("a heist with a twist")."""
    said = {_stem(w) for w in _WORD.findall(words.casefold())}
    found = []
    for facet in (*wording.theme_kinds, *wording.colour_kinds):
        for value in item.values(facet):
            parts = [_stem(w) for w in _WORD.findall(value.casefold())]
            if parts and (all(p in said for p in parts) or (len(parts) > 1 and parts[0] in said and len(parts[0]) > 4)):
                found.append((facet, value))
    return found


def _stem(word: str) -> str:
    for ending in ("ies", "es", "s"):
        if word.endswith(ending) and len(word) > len(ending) + 3:
            return word[: -len(ending)]
    return word


class Fit:
    """How a list of items stands to the facet wishes: met by all of them, by some, by none."""

    def __init__(
        self, items: Sequence[Item], ledger: Ledger, slate: Slate | None = None, *, kin: Kinship | None = None
    ) -> None:
        """Args:
        slate: its reasons name the wishes an item nearly meets ("meditative" for "contemplative").
        kin: what is more of the same; of gory films nobody says that none is violent.
        """
        self._kin = kin or Kinship()
        self.wishes = ledger.facet_wishes()
        self._near = {(i.item_id, r.wish_id) for i in (slate.items if slate else ()) for r in i.reasons if r.wish_id}
        self.met_by_all = [w for w in self.wishes if items and all(self._holds(i, w) for i in items)]
        self.met_by_some = [w for w in self.wishes if any(self.suits(i, w) for i in items) and w not in self.met_by_all]
        self.met_by_none = [w for w in self.wishes if not any(self.suits(i, w) for i in items)] if items else []
        self.about = [w for w in ledger.active if w.facet == ABOUT and w.polarity is Polarity.WANT]

    def _holds(self, item: Item, wish: Wish) -> bool:
        stronger = {pair for v in wish.values for pair in self._kin.ruled_out_with(wish.facet, v)}
        if wish.polarity is Polarity.AVOID and any(
            value.casefold() == worse for facet, worse in stronger for value in item.values(facet)
        ):
            return False
        return bool(wish.is_met_by(item))

    def suits(self, item: Item, wish: Wish) -> bool:
        """Met, or so nearly that nobody would call it missed."""
        return bool(wish.is_met_by(item)) or (item.item_id, wish.wish_id) in self._near


def how_it_misses(item: Item, wish: Wish, wording: Wording) -> str:
    """What stands between the item and the wish, as a fact about the item; "" if it is better left unsaid."""
    if wish.is_number:
        number = item.number(wish.facet)
        if number is None:
            return f"of unknown {wording.domain.label(wish.facet)}"
        if wish.facet == YEAR:
            return f"from {number:.0f}"
        info = wording.domain.numbers[wish.facet]
        low = wish.lte is not None and number > wish.lte
        comparative = info.more if low else info.less
        return f"{comparative} than you asked"
    if wish.polarity is Polarity.AVOID:
        has = {v.casefold() for v in wish.values}
        values = [v for v in item.values(wish.facet) if v.casefold() in has]
        if not values:
            return ""
        if wish.facet in wording.colour_kinds:
            return values[0]
        if wish.facet == wording.type_kind:
            return f"part {values[0].lower()}"
        return wording.phrase(wish.facet, values[0])
    if wish.facet in wording.colour_kinds:
        return f"not down as {wording.short(wish)}"
    return ""
