"""A change of subject: a full new request lets what was wanted before give way.

"Tarkovsky-style science fiction", then "a funny western": nobody wants a funny western by Tarkovsky. What was wanted
of kind, mood, theme and people ends; bounds, refusals, what was liked and what was seen stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from parley.agent.ledger import ABOUT, ITEM, EditAction, LedgerEdit, Polarity, Scope, Wish
from parley.agent.understanding.reading import Reading
from parley.agent.understanding.text import ITEM_MARK, ROLE_MARK, VALUE_MARK
from parley.tools.items import PERSON

AFRESH = "asked afresh"
"""How the words of such a retraction begin."""
_FRESH = re.compile(
    rf"^(?:(?:ok(?:ay)?|fine|all ?right|sure|hmm+|well|right|so|now|actually|then|no|oh|and now|let's (?:have|try|see|do)|what about|how about|"
    r"i(?:'d| would)? (?:like|want|need|love|fancy)|i'm (?:after|in the mood for)|give me|show me|find me|recommend|"
    r"suggest|can you (?:find|recommend|suggest)|tonight|today|me|us|for something different|something different)\b[,:]? ?)*"
    rf"(?:an?|some|any) (?:[\w'-]+,? |{VALUE_MARK}+,? )*?{VALUE_MARK}+"
)
"""A noun phrase of its own: "a funny western", "how about some French comedies"."""
_BARE = re.compile(rf"^{VALUE_MARK}+(?: (?:films?|movies?))?,? (?:please|then|now|tonight)\W*$")
_ANYTHING_BY = re.compile(rf"\banything (?:else )?(?:by|from|with) {ROLE_MARK}+ {ITEM_MARK}")
"""Whatever it is: the kind asked for before does not bind the work of somebody found since."""
_LIKENED = re.compile(rf"\b(?:something|anything|films?|movies?|one|more) like {ITEM_MARK}")
_ADDS = re.compile(
    r"\b(?:also|too|as well|but|still|even|more|less|make it|instead|keep|same|like (?:it|that|this|these|those|them)|"
    r"with it|both|plus|it|that|this|these|those|them|one|ones)\b"
)


def given_way(reading: Reading, edits: Sequence[LedgerEdit]) -> tuple[LedgerEdit, ...]:
    """Retractions of what a new full request leaves behind; none if the utterance only adds to the old one."""
    if reading.context.slate and _LIKENED.search(reading.masked):
        return _people_give_way(reading, edits)
    if reading.context.slate and _ANYTHING_BY.search(reading.masked):
        return _kinds_give_way(reading)
    fresh = _FRESH.match(reading.masked) or _BARE.match(reading.masked)
    if not reading.context.slate or not fresh or _ADDS.search(reading.low):
        return ()
    kinds = reading.catalog.domain.kinds
    main = next((k for k, info in kinds.items() if info.phrase == "{value}" and not info.ages), None)
    new = [e.wish for e in edits if e.action is EditAction.ADD and e.wish is not None]
    wanted = [w for w in new if w.facet == main and w.polarity is Polarity.WANT]
    held = reading.active(main, polarity=Polarity.WANT) if main else []
    said = {(w.facet, v.casefold()) for w in new for v in w.values}
    if not wanted or not held or any((main, v.casefold()) in said for w in held for v in w.values):
        return ()
    whole = len(new) > 1
    return tuple(
        LedgerEdit(
            action=EditAction.RETRACT, wish=Wish(facet=w.facet, value=w.value, words=f"{AFRESH}: {reading.text[:120]}")
        )
        for w in reading.context.ledger.active
        if _gives_way(w, reading, whole=whole) and not any((w.facet, v.casefold()) in said for v in w.values)
    )


def _kinds_give_way(reading: Reading) -> tuple[LedgerEdit, ...]:
    """ "anything by that director": of every kind."""
    kinds = reading.catalog.domain.kinds
    main = next((k for k, info in kinds.items() if info.phrase == "{value}" and not info.ages), None)
    return tuple(
        LedgerEdit(
            action=EditAction.RETRACT, wish=Wish(facet=w.facet, value=w.value, words=f"{AFRESH}: {reading.text[:120]}")
        )
        for w in (reading.active(main, polarity=Polarity.WANT) if main else ())
        if w.scope is not Scope.STANDING
    )


def _people_give_way(reading: Reading, edits: Sequence[LedgerEdit]) -> tuple[LedgerEdit, ...]:
    """ "something like the second one": whom it should be by or with was said of the search before."""
    roles = (PERSON, *reading.catalog.domain.roles)
    said = {v.casefold() for e in edits if e.wish is not None for v in e.wish.values}
    return tuple(
        LedgerEdit(
            action=EditAction.RETRACT,
            wish=Wish(facet=w.facet, value=w.value, words=f"{AFRESH}: {reading.text[:120]}"),
        )
        for w in reading.context.ledger.active
        if w.facet in roles and w.polarity is Polarity.WANT and w.scope is not Scope.STANDING
        and not said & {v.casefold() for v in w.values}
    )  # fmt: skip


def _gives_way(wish: Wish, reading: Reading, *, whole: bool) -> bool:
    """`whole`: the request says more than its kind. A bare "a comedy" may well want the same people in it."""
    domain = reading.catalog.domain
    bound = wish.is_number or wish.polarity is Polarity.AVOID or wish.facet == ITEM or wish.scope is Scope.STANDING
    stays = wish.facet == domain.age_kind or wish.facet in ("language", "country")
    people = (PERSON, *domain.roles) if whole else ()
    return not bound and not stays and wish.facet in (ABOUT, *people, *domain.kinds)
