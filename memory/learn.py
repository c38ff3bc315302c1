"""From what happened in a turn to what is worth remembering: pure functions that propose and merge.

One mention is a hint, repetition is a taste: a wish said in one session stays tentative until it
comes back in a second session or a third turn, unless the words themselves stand for good ("I never
watch horror"). Later words on the same subject strengthen, weaken or turn a statement around.
After the sensory/short/long memory of RecAgent (Wang et al., arXiv:2306.02552), where repeated
evidence promotes, with subjects typed so that contradiction can be seen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

from parley.memory.statements import (
    EVIDENCE_KEPT,
    ITEM,
    WISHES,
    Evidence,
    Kind,
    Source,
    Statement,
    Status,
    subject_id,
)

BROUGHT = "import"
"""The session that what was brought from elsewhere counts as said in."""
SESSIONS_TO_PROMOTE = 2
TURNS_TO_PROMOTE = 3

HOUSEHOLD_FACETS = frozenset({"household", "child_age", "children", "company"})
FREE_TEXT_FACETS = frozenset({"about"})
"""Facets whose values are free words; they serve the session and are never remembered."""

_STANDING = re.compile(
    r"\b(never|always|in general|generally|usually|can'?t stand|cannot stand|allergic|every time|"
    r"my (?:kids?|children|son|daughter|wife|husband|partner)|"
    r"we have (?:kids?|children|a (?:son|daughter|toddler|baby)))\b",
    re.IGNORECASE,
)


class WishFact(BaseModel):
    """A wish as it was understood in one turn."""

    model_config = ConfigDict(frozen=True)

    facet: str
    value: str = ""
    gte: float | None = None
    lte: float | None = None
    polarity: Literal["want", "avoid"] = "want"
    hardness: Literal["hard", "soft"] = "soft"
    scope: Literal["turn", "session", "standing"] = "session"
    words: str = ""


class TurnFacts(BaseModel):
    """What one turn gives memory to learn from."""

    model_config = ConfigDict(frozen=True)

    user: str
    session: str
    turn: int
    time: AwareDatetime
    reactions: tuple[tuple[str, str], ...] = ()
    """(item_id, stance): like, dislike, seen, reject, accept."""
    reaction_words: Mapping[str, str] = {}
    """By item id: what the user said of it; nothing for a button."""
    ratings: tuple[tuple[str, float], ...] = ()
    """(item_id, rating from 0 to 5)."""
    wishes: tuple[WishFact, ...] = ()
    """Those that this turn brought, not the whole ledger."""


class Proposal(BaseModel):
    """Something that might be remembered. Proposing writes nothing."""

    model_config = ConfigDict(frozen=True)

    user: str
    kind: Kind
    facet: str = ITEM
    value: str = ""
    gte: float | None = None
    lte: float | None = None
    rating: float | None = None
    polarity: Literal["want", "avoid"] = "want"
    strength: float = 1.0
    hardness: Literal["hard", "soft"] = "soft"
    source: Source = Source.INFERRED
    evidence: Evidence
    at: AwareDatetime

    @property
    def subject(self) -> str:
        return subject_id(self.kind, self.facet, self.value)


_STANCES: Mapping[str, tuple[Kind, Literal["want", "avoid"], float, Source]] = {
    "like": (Kind.LIKE, "want", 1.0, Source.EXPLICIT),
    "accept": (Kind.LIKE, "want", 0.7, Source.INFERRED),
    "dislike": (Kind.DISLIKE, "avoid", 1.0, Source.EXPLICIT),
    "reject": (Kind.DISLIKE, "avoid", 0.3, Source.INFERRED),
    "seen": (Kind.SEEN, "avoid", 1.0, Source.EXPLICIT),
}


def propose(events: Sequence[TurnFacts]) -> list[Proposal]:
    """What these turns give reason to remember, in order. Turn-scoped wishes and free words give none."""
    return [proposal for facts in events for proposal in _propose_turn(facts)]


def _propose_turn(facts: TurnFacts) -> list[Proposal]:
    found: list[Proposal] = []
    for item_id, stance in facts.reactions:
        if stance in _STANCES:
            kind, polarity, strength, source = _STANCES[stance]
            found.append(
                Proposal(
                    user=facts.user, kind=kind, value=item_id, polarity=polarity, strength=strength, source=source,
                    evidence=Evidence(
                        session=facts.session, turn=facts.turn, item_id=item_id, at=facts.time,
                        words=facts.reaction_words.get(item_id, ""),
                    ),
                    at=facts.time,
                )
            )  # fmt: skip
    for item_id, rating in facts.ratings:
        found.append(
            Proposal(
                user=facts.user, kind=Kind.RATING, value=item_id, rating=rating,
                polarity="want" if rating >= 3 else "avoid", strength=min(1.0, abs(rating - 3.0) / 2.0),
                source=Source.EXPLICIT,
                evidence=Evidence(session=facts.session, turn=facts.turn, item_id=item_id, at=facts.time),
                at=facts.time,
            )
        )  # fmt: skip
    for wish in facts.wishes:
        if wish.scope != "turn" and wish.facet not in FREE_TEXT_FACETS and wish.facet != ITEM:
            found.append(_propose_wish(facts, wish))
    return found


def _propose_wish(facts: TurnFacts, wish: WishFact) -> Proposal:
    standing = wish.scope == "standing" or _STANDING.search(wish.words) is not None
    household = wish.facet in HOUSEHOLD_FACETS
    if household:
        kind = Kind.HOUSEHOLD
    elif standing:
        kind = Kind.LANGUAGE if wish.facet == "language" else Kind.CONSTRAINT
    else:
        kind = Kind.ATTRIBUTE_TASTE
    return Proposal(
        user=facts.user, kind=kind, facet=wish.facet, value=wish.value, gte=wish.gte, lte=wish.lte,
        polarity=wish.polarity, strength=1.0 if standing or household else 0.6,
        hardness=wish.hardness if standing or household else "soft",
        source=Source.EXPLICIT if standing or household else Source.INFERRED,
        evidence=Evidence(session=facts.session, turn=facts.turn, words=wish.words, at=facts.time),
        at=facts.time,
    )  # fmt: skip


def merge(old: Statement | None, proposal: Proposal) -> Statement:
    """The statement after this proposal. Merging the same turn twice changes nothing."""
    if old is None:
        return _begin(proposal)
    if _already_counted(old, proposal):
        return old
    if _agrees(old, proposal):
        return _settle(_support(old, proposal))
    if proposal.source is Source.EXPLICIT:
        return _turn_around(old, proposal)
    return _settle(_object(old, proposal))


def confidence(supports: int, objections: int, source: Source) -> float:
    """How sure: the share of turns that agree, with what the user said outright counting for four more."""
    prior = 1.0 if source is Source.INFERRED else 4.0
    return (supports + prior) / (supports + objections + prior + 1.0)


def _begin(proposal: Proposal) -> Statement:
    return _settle(
        Statement(
            kind=proposal.kind, facet=proposal.facet, value=proposal.value, gte=proposal.gte, lte=proposal.lte,
            rating=proposal.rating, polarity=proposal.polarity, strength=proposal.strength,
            hardness=proposal.hardness, evidence=(proposal.evidence,), first_seen=proposal.at, last_seen=proposal.at,
            source=proposal.source, status=Status.TENTATIVE,
        )
    )  # fmt: skip


def _already_counted(old: Statement, proposal: Proposal) -> bool:
    place = (proposal.evidence.session, proposal.evidence.turn)
    same = [e for e in old.evidence if (e.session, e.turn) == place]
    return any(e.speaks_for == _agrees(old, proposal) for e in same)


def _agrees(old: Statement, proposal: Proposal) -> bool:
    if old.polarity != proposal.polarity:
        return False
    if old.facet == ITEM or old.value or proposal.value:
        return True
    return _overlap(old, proposal)


def _overlap(old: Statement, proposal: Proposal) -> bool:
    """Bounds that both can hold."""
    low = max((b for b in (old.gte, proposal.gte) if b is not None), default=None)
    high = min((b for b in (old.lte, proposal.lte) if b is not None), default=None)
    return low is None or high is None or low <= high


def _support(old: Statement, proposal: Proposal) -> Statement:
    explicit = proposal.source is Source.EXPLICIT and old.source is not Source.CORRECTED
    changes: dict[str, object] = {
        "evidence": (*old.evidence, proposal.evidence)[-EVIDENCE_KEPT:],
        "supports": old.supports + 1,
        "last_seen": max(old.last_seen, proposal.at),
        "strength": max(old.strength, proposal.strength),
        "source": Source.EXPLICIT if explicit else old.source,
    }
    if explicit:
        changes |= {"kind": proposal.kind, "rating": proposal.rating, "hardness": proposal.hardness}
    if old.source is not Source.CORRECTED and (explicit or old.source is Source.INFERRED):
        changes |= {"gte": proposal.gte, "lte": proposal.lte}
    return old.model_copy(update=changes)


def _object(old: Statement, proposal: Proposal) -> Statement:
    against = proposal.evidence.model_copy(update={"speaks_for": False})
    return old.model_copy(
        update={"evidence": (*old.evidence, against)[-EVIDENCE_KEPT:], "objections": old.objections + 1}
    )


def _turn_around(old: Statement, proposal: Proposal) -> Statement:
    """The user says the opposite now: the newest outright word holds, the old evidence speaks against it."""
    flipped = tuple(e.model_copy(update={"speaks_for": not e.speaks_for}) for e in old.evidence)
    new = _begin(proposal)
    return _settle(
        new.model_copy(
            update={
                "statement_id": old.statement_id,
                "evidence": (*flipped, proposal.evidence)[-EVIDENCE_KEPT:],
                "supports": 1 + old.objections,
                "objections": old.supports,
                "first_seen": old.first_seen,
            }
        ),
        turned=True,
    )


def _settle(statement: Statement, *, turned: bool = False) -> Statement:
    """Confidence and status from the counts."""
    if statement.source is Source.CORRECTED:
        return statement
    sure = confidence(statement.supports, statement.objections, statement.source)
    explicit = statement.source is Source.EXPLICIT
    believed = explicit or len(statement.sessions) >= SESSIONS_TO_PROMOTE or statement.supports >= TURNS_TO_PROMOTE
    against = {e.session for e in statement.evidence if not e.speaks_for}
    if not turned and statement.objections > statement.supports and (not explicit or len(against) >= 2):
        status = Status.CONTRADICTED
    else:
        status = Status.ACTIVE if believed else Status.TENTATIVE
    kind = statement.kind
    if kind in WISHES and not explicit:
        kind = Kind.ATTRIBUTE_TASTE
    return statement.model_copy(update={"confidence": sure, "status": status, "kind": kind})


def prune_tentative(statements: Sequence[Statement], now: datetime, *, days: float = 90.0) -> list[str]:
    """Ids of hints never heard again for so long that they are dropped."""
    return [
        s.statement_id
        for s in statements
        if s.status is Status.TENTATIVE and (now - s.last_seen).total_seconds() > days * 86400.0
    ]
