"""A short notation for edits, so that gold and prediction can be written, read and compared.

+genre=Comedy!          a hard wish          -mood=violent~      a soft wish against
+genre=Comedy|Drama!    either will do       year<=1989!  runtime=80..100~   -year=1980..1989!
like:alien-1979         a stance (like, dislike, seen, reject, accept)
retract:year  retract:genre=Horror  soften:year  harden:language=French  reset
+about=heist gone wrong~                     @turn or @standing at the end: how long it holds
suit<=8                 nothing unsuitable at that age
"""

from __future__ import annotations

from parley.agent.ledger import ABOUT, ITEM, EditAction, Hardness, LedgerEdit, Polarity, Scope, Wish, suited_age
from parley.tools.items import Domain


def write_edit(edit: LedgerEdit, domain: Domain) -> str:
    """One edit in the notation."""
    if edit.action is EditAction.RESET:
        return "reset"
    wish = edit.wish
    if wish is None:
        return f"{edit.action.value}:all"
    if edit.action is not EditAction.ADD:
        return f"{edit.action.value}:{wish.facet}" + (f"={wish.value}" if wish.value else "")
    if wish.facet == ITEM:
        return f"{wish.stance.value if wish.stance else 'like'}:{wish.value}"
    return ("or " if edit.alternative else "") + write_wish(wish, domain)


def write_wish(wish: Wish, domain: Domain) -> str:
    """A wish about a facet in the notation."""
    firm = "!" if wish.hardness is Hardness.HARD else "~"
    held = "" if wish.scope is Scope.SESSION else f"@{wish.scope.value}"
    if wish.facet == domain.age_kind and wish.polarity is Polarity.AVOID and wish.any_of:
        return f"suit<={suited_age(wish, domain)}{held}"
    if wish.is_number:
        sign = "-" if wish.polarity is Polarity.AVOID else ""
        if wish.gte is not None and wish.lte is not None:
            return f"{sign}{wish.facet}={wish.gte:g}..{wish.lte:g}{firm}{held}"
        bound = f">={wish.gte:g}" if wish.gte is not None else f"<={wish.lte:g}"
        return f"{sign}{wish.facet}{bound}{firm}{held}"
    sign = "+" if wish.polarity is Polarity.WANT else "-"
    value = wish.value.lower() if wish.facet == ABOUT else "|".join(sorted(wish.values))
    return f"{sign}{wish.facet}={value}{firm}{held}"
