"""The ledger's wishes as the ranking sees them: what was said last weighs most; a child is more than an age limit."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from parley.agent.ledger import Ledger, Polarity, Scope, Wish, suited_age
from parley.tools.filters import Condition
from parley.tools.items import Catalog
from parley.tools.ranking.classical import SoftWish

FOR_CHILDREN = 3.0
"""How many times as often as others the items of a kind must suit the age for the kind to count as made for it."""
_made_for: WeakKeyDictionary[Catalog, dict[int, tuple[str, ...]]] = WeakKeyDictionary()


def ranked_wishes(ledger: Ledger, turn: int, catalog: Catalog) -> list[SoftWish]:
    """Every facet wish as the ranking sees it; hard wants too, so that those with more of them lead.

    What was said now weighs more than what was said before, and that more than what always holds. A wish
    for this one evening puts what was wanted otherwise into the background.
    """
    tonight = any(w.scope is Scope.TURN and w.polarity is Polarity.WANT for w in ledger.facet_wishes())
    found = []
    for wish in ledger.facet_wishes():
        weight = 0.6 if wish.scope is Scope.STANDING else 1.5 if wish.turn == turn else 1.0
        found.append(
            SoftWish(
                wish_id=wish.wish_id,
                facet=wish.facet,
                condition=Condition(gte=wish.gte, lte=wish.lte) if wish.is_number else Condition(any=wish.values),
                avoid=wish.polarity is Polarity.AVOID,
                weight=0.3 * weight if tonight and wish.scope is not Scope.TURN else weight,
                said_now=wish.turn == turn,
            )
        )
        if suits := _for_children(wish, catalog):
            found.append(suits)
    return found


def _for_children(wish: Wish, catalog: Catalog) -> SoftWish | None:
    """For somebody small: rather what is made for children than what merely does not harm them."""
    domain = catalog.domain
    main = next((kind for kind, info in domain.kinds.items() if not info.ages), None)
    if main is None or wish.facet != domain.age_kind or wish.polarity is not Polarity.AVOID or not wish.any_of:
        return None
    made = _kinds_made_for(suited_age(wish, domain), main, catalog)
    return SoftWish(wish_id=wish.wish_id, facet=main, condition=Condition(any=made)) if made else None


def _kinds_made_for(age: int, main: str, catalog: Catalog) -> tuple[str, ...]:
    """Values of the main kind whose items suit the age far more often than items at large do."""
    known = _made_for.setdefault(catalog, {})
    if age not in known:
        kind = catalog.domain.age_kind or ""
        ages = catalog.domain.kinds[kind].ages
        suits = [any(ages.get(v, 99) <= age for v in item.values(kind)) for item in catalog]
        overall = sum(suits) / max(1, len(suits))
        known[age] = tuple(
            value
            for value, rows in catalog.vocabulary.get(main, {}).items()
            if len(rows) >= 20 and sum(suits[row] for row in rows) / len(rows) >= FOR_CHILDREN * overall > 0
        )
    return known[age]
