"""What a memory is: a small typed record of what was learned, from which turns, and when (UTC).

A statement is data, never an instruction: its facet is one word, its value one short line in the
catalogue's spelling or an item id. Text for a prompt or a page is made from these fields; the
user's own words are kept only as evidence, to be shown to that user.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from parley.memory.errors import StatementError

ITEM = "item"
EVIDENCE_KEPT = 8
WORDS_KEPT = 160


class Kind(StrEnum):
    """What sort of thing is remembered."""

    LIKE = "like"
    DISLIKE = "dislike"
    SEEN = "seen"
    RATING = "rating"
    ATTRIBUTE_TASTE = "attribute_taste"
    CONSTRAINT = "constraint"  # persists: "no horror, ever"
    HOUSEHOLD = "household"  # "two kids under 8"
    LANGUAGE = "language"


class Source(StrEnum):
    EXPLICIT = "explicit"  # the user said so
    INFERRED = "inferred"  # from what the user did, or said more than once
    CORRECTED = "corrected"  # the user edited it on the memory page; nothing inferred overrides it


class Status(StrEnum):
    TENTATIVE = "tentative"  # seen once, not yet believed; steers nothing
    ACTIVE = "active"
    CONTRADICTED = "contradicted"  # later evidence speaks against it
    UNPROVEN = "unproven"  # the critic found that it does not predict; steers nothing


HALF_LIFE_DAYS: Mapping[Kind, float] = {
    Kind.LIKE: 730.0,
    Kind.DISLIKE: 730.0,
    Kind.RATING: 730.0,
    Kind.SEEN: math.inf,
    Kind.ATTRIBUTE_TASTE: 180.0,
    Kind.CONSTRAINT: math.inf,
    Kind.HOUSEHOLD: 1095.0,
    Kind.LANGUAGE: math.inf,
}
"""Days after which a statement not heard again counts half. Standing wishes and facts do not fade."""


class Evidence(BaseModel):
    """One place where it shows."""

    model_config = ConfigDict(frozen=True)

    session: str = ""
    turn: int = 0
    words: str = ""
    """What the user said, shortened; empty for a button, or if it reads like an instruction."""
    item_id: str = ""
    speaks_for: bool = True
    """False: it speaks against the statement."""
    at: AwareDatetime | None = None


class Statement(BaseModel):
    """One thing remembered about one user."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    statement_id: str = ""
    """Given by the subject (`subject_id`): a later word on the same subject is the same statement."""
    kind: Kind
    facet: str = ITEM
    """`item`, or one word for what it is about: "genre", "year", "child_age"."""
    value: str = ""
    """An item id, or the catalogue's spelling; empty when bounds say it all."""
    gte: float | None = None
    lte: float | None = None
    rating: float | None = None
    polarity: Literal["want", "avoid"] = "want"
    strength: float = Field(default=1.0, ge=0.0, le=1.0)
    """How much they care, when believed and fresh."""
    hardness: Literal["hard", "soft"] = "soft"
    confidence: float = Field(default=0.5, ge=0.0, le=1.0)
    """How sure we are that it holds."""
    evidence: tuple[Evidence, ...] = ()
    """The latest few, oldest first."""
    supports: int = Field(default=1, ge=0)
    """How many turns speak for it, dropped evidence included."""
    objections: int = Field(default=0, ge=0)
    first_seen: AwareDatetime
    last_seen: AwareDatetime
    source: Source = Source.INFERRED
    status: Status = Status.ACTIVE

    @model_validator(mode="after")
    def _identified(self) -> Statement:
        if not self.statement_id:
            object.__setattr__(self, "statement_id", subject_id(self.kind, self.facet, self.value))
        return self

    @property
    def is_believed(self) -> bool:
        """True if it may steer recommendations."""
        return self.status is Status.ACTIVE

    @property
    def sessions(self) -> frozenset[str]:
        return frozenset(e.session for e in self.evidence if e.speaks_for)

    def weight(self, now: datetime) -> float:
        """Strength times confidence, faded by age; in [0, 1]. 0 unless believed."""
        if not self.is_believed:
            return 0.0
        days = max(0.0, (now - self.last_seen).total_seconds() / 86400.0)
        return self.strength * self.confidence * float(0.5 ** (days / HALF_LIFE_DAYS[self.kind]))


OPINIONS = frozenset({Kind.LIKE, Kind.DISLIKE, Kind.RATING})
WISHES = frozenset({Kind.ATTRIBUTE_TASTE, Kind.CONSTRAINT, Kind.LANGUAGE})


def subject_id(kind: Kind, facet: str, value: str) -> str:
    """The id of what a statement is about: 16 hex digits, equal for opposite opinions on one subject."""
    family = "opinion" if kind in OPINIONS else "wish" if kind in WISHES else kind.value
    text = "\x1f".join((family, facet.casefold(), value if facet == ITEM else value.casefold()))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


_FACET = re.compile(r"[a-z][a-z0-9_]{0,39}\Z")
_ORDERS = re.compile(
    r"\b(ignore|disregard|override|instruct\w*|system|prompt|assistant|from now on|whenever|pretend|execute|"
    r"(?:always|never) (?:recommend|suggest|say|reply|answer|tell|show|mention)|"
    r"remember that|other users?|every(?:one|body)|any ?(?:one|body)|tool|function|you (?:must|should|are|will))\b"
    r"|https?:|[<>{}`|\\]|\[[^\]]*\]\(",
    re.IGNORECASE,
)
_MARKS = set(" '’‘-.,&:!/()+#·?°%;\"")


def reads_like_an_order(text: str) -> bool:
    """True for text that tries to tell a program what to do."""
    return _ORDERS.search(text) is not None


def kept_words(words: str) -> str:
    """The user's words as evidence: one line, shortened; nothing of what reads like an instruction."""
    line = " ".join(words.split())
    if not line.isprintable() or reads_like_an_order(line):
        return ""
    return line if len(line) <= WORDS_KEPT else line[: WORDS_KEPT - 1] + "…"


def check_statement(statement: Statement, known: Callable[[str, str], bool] | None = None) -> Statement:
    """The statement, if it is fit to be stored: a typed preference and nothing else.

    Args:
        statement: what is to be remembered.
        known: tells whether (facet, value) is in the catalogue; free words then cannot pass at all.

    Raises:
        StatementError: the facet is not one word; the value is long, has odd characters, reads like
            an instruction or is unknown; or neither value nor bounds are given.
    """
    facet, value = statement.facet, statement.value
    if not _FACET.match(facet):
        raise StatementError(f"facet {facet!r} is not one lower-case word; use e.g. 'genre'")
    if not value and statement.gte is None and statement.lte is None:
        raise StatementError(f"nothing is said about {facet!r}; give a value or bounds")
    if any(
        bound is not None and not math.isfinite(bound) for bound in (statement.gte, statement.lte, statement.rating)
    ):
        raise StatementError(f"{facet!r} has a bound that is not a finite number")
    if len(value) > 80 or len(value.split()) > 12:
        raise StatementError(f"value {value[:40]!r}... of {facet!r} is too long; a preference is a few words")
    if not all(c.isalnum() or c in _MARKS or (ord(c) > 0x2FF and c.isprintable()) for c in value) and facet != ITEM:
        raise StatementError(f"value {value!r} of {facet!r} has characters no preference needs")
    if facet == ITEM and not value.isprintable():
        raise StatementError(f"item id {value!r} has characters that cannot be shown")
    if known is not None:
        if value and not known(facet, value):
            raise StatementError(f"{value!r} is not a {facet} of the catalogue")
    elif facet != ITEM and reads_like_an_order(value):
        raise StatementError(f"value {value!r} of {facet!r} reads like an instruction, not a preference")
    return statement.model_copy(
        update={
            "evidence": tuple(
                e.model_copy(update={"words": kept_words(e.words)}) for e in statement.evidence[-EVIDENCE_KEPT:]
            )
        }
    )


def utc_now() -> datetime:
    """The clock used where none is given."""
    return datetime.now(UTC)
