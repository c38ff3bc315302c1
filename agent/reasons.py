"""Why an item is on the slate: reasons that can each be checked against the catalogue or the ledger."""

from __future__ import annotations

from typing import Literal, cast

from parley.agent.ledger import ABOUT, ITEM, Hardness, Ledger, Polarity
from parley.agent.messages import Reason
from parley.agent.wish_words import say_condition
from parley.tools.candidates import Candidate
from parley.tools.items import Catalog, Item
from parley.tools.kinship import Kinship

WORTH_SAYING = {"similar": 60, "taste": 60, "dense": 30, "bm25": 30, "popular": 60}
"""Down to which rank in a source's list its evidence is a reason."""


def explain_item(
    item: Item, candidate: Candidate, ledger: Ledger, catalog: Catalog, kin: Kinship
) -> tuple[tuple[Reason, ...], tuple[str, ...]]:
    """The wishes an item meets and the evidence that proposed it; and the wishes it does not meet, in words."""
    reasons: list[Reason] = []
    misses: list[str] = []
    for wish in ledger.active:
        if wish.facet in (ITEM, ABOUT):
            continue
        words = say_condition(wish, catalog.domain)
        if not wish.is_met_by(item):
            near = kin.nearest_of(item, wish.facet, wish.values) if wish.polarity is Polarity.WANT else ""
            if near and wish.hardness is Hardness.SOFT:
                reasons.append(Reason(kind="wish", text=near, wish_id=wish.wish_id, facet=wish.facet, value=near))
            else:
                misses.append(words)
        elif wish.polarity is Polarity.WANT:
            reasons.append(Reason(kind="wish", text=words, wish_id=wish.wish_id, facet=wish.facet, value=wish.value))
    for source in candidate.sources:
        if source.rank > WORTH_SAYING.get(source.name, 0) or (source.name == "similar" and not source.why):
            continue
        if source.name in ("similar", "taste"):
            kind = cast(Literal["similar", "taste"], source.name)
            reasons.append(Reason(kind=kind, text=source.why))
        elif source.name in ("dense", "bm25"):
            reasons.append(Reason(kind="text", text=source.why))
        elif not reasons:
            reasons.append(Reason(kind="popular", text="well known"))
    return tuple(dict.fromkeys(reasons)), tuple(dict.fromkeys(misses))
