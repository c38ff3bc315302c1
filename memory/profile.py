"""Who the user is, as far as they let us know: the profile, the one way to write it, and recall.

The profile keeps apart from the request in front of us, and the request wins. Everything put into
words here is made from typed fields, so remembered text cannot steer anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict

from parley.memory.errors import StatementError
from parley.memory.learn import Proposal, TurnFacts, merge, propose, prune_tentative
from parley.memory.recall import Episode, Recalled, RecalledMemories, recall
from parley.memory.statements import (
    ITEM,
    Evidence,
    Kind,
    Source,
    Statement,
    Status,
    check_statement,
)

if TYPE_CHECKING:
    from parley.memory.store import MemoryStore

__all__ = [
    "Episode",
    "Evidence",
    "Kind",
    "Profile",
    "Proposal",
    "Recalled",
    "RecalledMemories",
    "Remembered",
    "Source",
    "Statement",
    "Status",
    "TurnFacts",
    "load_profile",
    "propose",
    "recall",
    "remember",
]


class Profile(BaseModel):
    """What is remembered of one user, as of one moment."""

    model_config = ConfigDict(frozen=True)

    user: str
    statements: tuple[Statement, ...] = ()
    at: AwareDatetime

    @property
    def believed(self) -> tuple[Statement, ...]:
        """The statements that may steer, heaviest first."""
        return tuple(sorted((s for s in self.statements if s.is_believed), key=lambda s: -s.weight(self.at)))

    def taste(self) -> tuple[tuple[str, float], ...]:
        """(item_id, weight) of items liked (positive) and disliked (negative), oldest first, faded by age."""
        items = [s for s in self.statements if s.facet == ITEM and s.kind in (Kind.LIKE, Kind.DISLIKE, Kind.RATING)]
        weighed = ((s, s.weight(self.at) * (1.0 if s.polarity == "want" else -1.0)) for s in items)
        return tuple((s.value, w) for s, w in sorted(weighed, key=lambda pair: pair[0].last_seen) if w != 0.0)

    def constraints(self) -> tuple[Statement, ...]:
        """Standing wishes and household facts, in the order they were first said."""
        kinds = (Kind.CONSTRAINT, Kind.HOUSEHOLD, Kind.LANGUAGE)
        return tuple(sorted((s for s in self.believed if s.kind in kinds), key=lambda s: s.first_seen))

    def tastes(self) -> tuple[Statement, ...]:
        """Attribute tastes, heaviest first."""
        return tuple(s for s in self.believed if s.kind is Kind.ATTRIBUTE_TASTE)

    @property
    def seen(self) -> frozenset[str]:
        """Items the user has seen."""
        return frozenset(s.value for s in self.believed if s.kind is Kind.SEEN)

    def paragraph(
        self,
        label: Callable[[str], str] = str,
        say: Callable[[Statement], str] | None = None,
        *,
        most: int = 5,
    ) -> str:
        """The profile in a few sentences to the user; "" if nothing is believed.

        Args:
            label: an item's name for its id.
            say: a standing wish or taste in the catalogue's words ("no horror").
            most: how many of each are named.
        """
        phrase = say or say_statement
        items = [s for s in self.believed if s.facet == ITEM and s.kind is not Kind.SEEN]
        liked = [label(s.value) for s in items if s.polarity == "want"]
        disliked = [label(s.value) for s in items if s.polarity == "avoid"]
        standing = [phrase(s) for s in self.constraints()]
        leaning = [phrase(s) for s in self.tastes()]
        parts = (
            ("You like", liked[:most], len(liked)),
            ("You do not like", disliked[:most], len(disliked)),
            ("Always:", standing, len(standing)),
            ("You often ask for", leaning[:most], len(leaning)),
        )
        sentences = [f"{opening} {_listed(names, total)}." for opening, names, total in parts if names]
        if self.seen:
            sentences.append(f"{len(self.seen)} seen before.")
        return " ".join(sentences)


class Remembered(BaseModel):
    """What became of proposals."""

    model_config = ConfigDict(frozen=True)

    written: tuple[Statement, ...] = ()
    refused: tuple[str, ...] = ()
    """Why, one line each."""
    needs_consent: bool = False
    """True if nothing was written because the user was never asked; ask, then remember again."""


def load_profile(store: MemoryStore, user: str, now: datetime) -> Profile:
    """The user's profile as of `now`; empty for a stranger and for one who declined."""
    from parley.memory.store import Consent

    if store.consent(user) is Consent.DECLINED:
        return Profile(user=user, at=now)
    return Profile(user=user, statements=tuple(store.statements(user)), at=now)


def remember(
    store: MemoryStore,
    proposals: Sequence[Proposal],
    now: datetime,
    *,
    known: Callable[[str, str], bool] | None = None,
) -> Remembered:
    """Write what is proposed: the one way statements come into the store.

    Nothing is written for a user who has not agreed, nor from an incognito session. Proposals that
    are not plain typed preferences are refused, the others written. Repeating a call changes nothing.

    Args:
        store: where to.
        proposals: from `propose`.
        now: the present; hints not heard again for 90 days are dropped on the way.
        known: tells whether (facet, value) is in the catalogue; what is not is refused.
    """
    from parley.memory.store import Consent

    written: list[Statement] = []
    refused: list[str] = []
    needs_consent = False
    for user in dict.fromkeys(p.user for p in proposals):
        mine = [p for p in proposals if p.user == user and not store.is_incognito(user, p.evidence.session)]
        if not mine:
            continue
        answer = store.consent(user)
        if answer is not Consent.GRANTED:
            needs_consent = needs_consent or answer is Consent.UNASKED
            continue
        with store.lock:
            held = store.statements(user)
            changed, reasons = _merge_all({s.statement_id: s for s in held}, mine, known)
            gone = sorted(set(prune_tentative(held, now)) - {s.statement_id for s in changed})
            if changed or gone:
                written += store.put_statements(user, changed, gone=gone)
        refused += reasons
    return Remembered(written=tuple(written), refused=tuple(refused), needs_consent=needs_consent)


def _merge_all(
    held: dict[str, Statement], proposals: Sequence[Proposal], known: Callable[[str, str], bool] | None
) -> tuple[list[Statement], list[str]]:
    """The statements that change, and why others were refused."""
    changed: dict[str, Statement] = {}
    reasons: list[str] = []
    for proposal in proposals:
        old = changed.get(proposal.subject) or held.get(proposal.subject)
        try:
            new = check_statement(merge(old, proposal), known)
        except StatementError as error:
            reasons.append(str(error))
            continue
        if new != old:
            changed[proposal.subject] = new
    return list(changed.values()), reasons


def say_statement(statement: Statement) -> str:
    """A statement about a facet in plain words, when the catalogue does not say better."""
    words = statement.value
    if not words:
        low = None if statement.gte is None else f"at least {statement.gte:g}"
        high = None if statement.lte is None else f"at most {statement.lte:g}"
        words = " and ".join(part for part in (low, high) if part)
        words = f"{statement.facet.replace('_', ' ')} {words}"
    return words if statement.polarity == "want" else f"no {words}"


def _listed(names: Sequence[str], total: int) -> str:
    rest = total - len(names)
    tail = [*names, f"{rest} more"] if rest > 0 else list(names)
    return tail[0] if len(tail) == 1 else f"{', '.join(tail[:-1])} and {tail[-1]}"


def statement_fields(statement: Statement) -> dict[str, Any]:
    """A statement as JSON-ready data for the page and the command line."""
    return statement.model_dump(mode="json")
