"""A short notation for edits, so that gold and prediction can be written, read and compared.

+genre=Comedy!          a hard wish          -mood=violent~      a soft wish against
+genre=Comedy|Drama!    either will do       year<=1989!  runtime=80..100~   -year=1980..1989!
like:alien-1979         a stance (like, dislike, seen, reject, accept)
retract:year  retract:genre=Horror  soften:year  harden:language=French  reset
+about=heist gone wrong~                     @turn or @standing at the end: how long it holds
suit<=8                 nothing unsuitable at that age
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from parley.agent.ledger import (
    ITEM,
    EditAction,
    Hardness,
    Ledger,
    LedgerEdit,
    Polarity,
    Stance,
    Wish,
)
from parley.agent.tuning.notation import write_wish
from parley.tools.items import Catalog, Domain


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


class NotationError(ValueError):
    """A line of gold that is not in the notation; the message names it."""


_STANCES = {s.value for s in Stance}
_WISH = re.compile(r"^(?P<sign>[+-]?)(?P<facet>\w+)(?P<op>=|<=|>=)(?P<value>.+?)(?P<firm>[!~]?)(?:@(?P<turn>\d+))?$")


def read_ledger(lines: Sequence[str], catalog: Catalog) -> Ledger:
    """A ledger with these wishes in force; "@2" at the end is the turn a wish came from (else 1).

    Raises:
        NotationError: a line that is not a wish or a stance.
    """
    ledger = Ledger()
    for line in lines:
        name, _, item_id = line.partition(":")
        if name in _STANCES:
            ledger = ledger.apply([LedgerEdit(wish=Wish(facet=ITEM, value=item_id, stance=Stance(name)))], turn=1)
            continue
        match = _WISH.match(line)
        if match is None:
            raise NotationError(
                f"{line!r} is not a wish; write it like +genre=Comedy! or year<=1989! or like:alien-1979"
            )
        wish = _read_wish(match, catalog)
        ledger = ledger.apply([LedgerEdit(wish=wish)], turn=int(match.group("turn") or 1))
    return ledger


def _read_wish(match: re.Match[str], catalog: Catalog) -> Wish:
    facet, value = match.group("facet"), match.group("value")
    hardness = Hardness.SOFT if match.group("firm") == "~" else Hardness.HARD
    kind = catalog.domain.age_kind
    if facet == "suit" and kind is not None:
        held = catalog.vocabulary.get(kind, {})
        ages = catalog.domain.kinds[kind].ages
        out = sorted((v for v, age in ages.items() if age > int(value) and v in held), key=lambda v: (-ages[v], v))
        return Wish(facet=kind, value=out[0], any_of=tuple(out[1:]), polarity=Polarity.AVOID, hardness=Hardness.HARD)
    if catalog.domain.is_number(facet):
        low = float(value) if match.group("op") == ">=" else None
        high = float(value) if match.group("op") == "<=" else None
        return Wish(facet=facet, gte=low, lte=high, hardness=hardness)
    polarity = Polarity.AVOID if match.group("sign") == "-" else Polarity.WANT
    first, *others = value.split("|")
    return Wish(facet=facet, value=first, any_of=tuple(others), polarity=polarity, hardness=hardness)
