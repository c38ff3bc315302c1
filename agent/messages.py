"""What travels through a turn besides the ledger: what was understood, the slate, the reply.

All frozen, all survive a checkpoint unchanged. The JSON of `Turn` is the contract of
`parley chat --json`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from parley.agent.acts import DialogueAct
from parley.agent.ledger import Contradiction, Ledger, LedgerEdit
from parley.tools.candidates import Source


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Mention(Frozen):
    """Words of the user that name something in the catalogue."""

    text: str
    item_id: str | None = None
    """For a title; None if it names no item we have."""
    kind: str = "item"
    """`item`, or the facet: "person", "genre", ..."""
    value: str = ""
    """The catalogue's spelling, for a facet."""
    score: float = 1.0
    """How sure the linker is, 0 to 1."""
    alternatives: tuple[str, ...] = ()
    """Other items the same words could mean."""


class Question(Frozen):
    """Something the user asks about items rather than for them."""

    about: tuple[str, ...] = ()
    """Item ids the question is about, in the order meant."""
    field: str = ""
    """A facet ("director", "year", ...), "text" for the story, "why" for our reasons,
    "why_not" for what could not be had, "compare", "suitable" for children, "" for anything we know."""
    words: str = ""
    unknown: str = ""
    """A title asked about that the catalogue does not hold."""
    has: tuple[tuple[str, str], ...] = ()
    """(facet, value) pairs that a yes-or-no question names: "is De Niro in it?"."""
    within: tuple[tuple[str, float | None, float | None], ...] = ()
    """(facet, at least, at most) of a yes-or-no question about a number: "is it over two hours?"."""


class Condition(Frozen):
    """On what a request beside a question depends: "if so, ...", "if it's too long, ..."."""

    words: str
    question: Question
    """The condition as a question about the same items; without a field and values it only says yes."""
    negated: bool = False
    """ "If not": the request holds where the answer is no."""


class Beside(Frozen):
    """What a message asks for besides its question: "who directed Alien, and find me something like it"."""

    words: str
    only_wish: bool = False
    """A wish and no request ("I only have two hours"): items are due only if those asked about do not meet it."""
    condition: Condition | None = None
    edits: tuple[LedgerEdit, ...] = ()
    """The edits of this part, for a condition that does not hold to take back."""
    due: bool = True
    """Items are to be looked for."""
    settled: bool = True
    """False: only the person can tell whether the condition holds."""


class Elicitation(Frozen):
    """A question of ours, with the answers offered as quick replies."""

    text: str
    facet: str
    """The facet it asks about; `item` when it asks which title was meant."""
    options: tuple[str, ...] = ()
    """What a quick reply sends."""
    values: tuple[str, ...] = ()
    """The value (or item id) behind each option."""


class Understanding(Frozen):
    """What one utterance was taken to mean."""

    acts: tuple[DialogueAct, ...] = ()
    mentions: tuple[Mention, ...] = ()
    edits: tuple[LedgerEdit, ...] = ()
    question: Question | None = None
    further: tuple[Question, ...] = ()
    """Other questions of the same message, in order."""
    beside: Beside | None = None
    """What the message asks for besides its question."""
    ambiguous: Mention | None = None
    """A title that could be several items and matters: ask which."""
    contradiction: Contradiction | None = None
    count: int | None = None
    """How many items were asked for ("just one", "five films")."""
    surprise: bool = False
    lesser_known: bool = False
    """Asks for what is less well known."""
    refuses: bool = False
    """Turns down what was shown as a whole ("not quite", "none of these")."""
    narrows: bool = False
    """Chooses among what was shown ("the funny ones"): it may come again."""
    again: tuple[str, ...] = ()
    """Items shown earlier that are to be shown again."""
    extreme: tuple[str, int] | None = None
    """(facet, 1 or -1): the items with the most or the least of a number, among all that fit."""
    set_aside: str = ""
    """A second request in the same message, kept for later."""
    unmatched: tuple[str, ...] = ()
    """Things named that the catalogue does not hold."""
    topic: Literal["domain", "chit_chat", "off_topic", "abuse"] = "domain"
    confidence: float = 1.0
    by: Mapping[str, str] = {}
    """Which part decided what, for the trace: {"acts": "classifier", ...}."""

    @property
    def only_asks(self) -> bool:
        """A question, and no items to be looked for besides."""
        return self.question is not None and (self.beside is None or not self.beside.due)

    @property
    def asked_about(self) -> tuple[str, ...]:
        """The items that the questions are about."""
        questions = (self.question, *self.further) if self.question is not None else ()
        return tuple(dict.fromkeys(i for q in questions if q is not None for i in q.about))

    @property
    def held(self) -> str:
        """The request that is not done because its condition does not hold; "" if there is none."""
        beside = self.beside
        return beside.words if beside is not None and beside.condition is not None and not beside.due else ""

    def request_in(self, message: str) -> str:
        """The words that ask for items: the whole message, or what stands beside its question."""
        return self.beside.words if self.beside is not None and self.beside.due else message


class Route(StrEnum):
    ASK = "ask"
    CHAT = "chat"
    ANSWER = "answer"
    RECOMMEND = "plan"


class Reason(Frozen):
    """Why an item is on the slate; every part is checkable against the catalogue or the ledger."""

    kind: Literal["wish", "similar", "taste", "text", "popular", "near_miss"]
    text: str
    """For people: "directed by Ridley Scott, as you asked"."""
    wish_id: str = ""
    facet: str = ""
    value: str = ""


class SlateItem(Frozen):
    """One item shown, with its evidence."""

    item_id: str
    title: str
    year: int | None
    score: float
    sources: tuple[Source, ...] = ()
    reasons: tuple[Reason, ...] = ()
    misses: tuple[str, ...] = ()
    """Soft wishes, or relaxed hard ones, it does not meet, in words."""


class Relaxation(Frozen):
    """A hard wish that had to give way for anything to be left."""

    wish_ids: tuple[str, ...]
    text: str
    """In words: "older than 1990"."""
    count: int
    """How many items there are without it."""
    nearest: str = ""
    """For a bound: the closest value there is, "84 min"."""


class Slate(Frozen):
    items: tuple[SlateItem, ...] = ()
    relaxed: tuple[Relaxation, ...] = ()
    """Empty unless nothing met every hard wish; best first, the first was applied if `items`."""
    total: int = 0
    """How many catalogue items meet every hard wish."""
    page: int = 0
    chance: float = 0.0
    """How likely what is wanted is among the items, see `parley.agent.sure`; 0 for an empty slate."""

    @property
    def item_ids(self) -> tuple[str, ...]:
        return tuple(i.item_id for i in self.items)


class Reply(Frozen):
    """What the user reads."""

    text: str
    quick_replies: tuple[str, ...] = ()
    written_by: Literal["realiser", "model"] = "realiser"
    rejected: str = ""
    """The model's prose, when it failed verification, and why."""


class Turn(Frozen):
    """One finished turn. `model_dump(mode="json")` is a line of `parley chat --json`."""

    turn: int
    user_message: str = ""
    reply: str
    quick_replies: tuple[str, ...] = ()
    slate: tuple[SlateItem, ...] = ()
    acts: tuple[DialogueAct, ...] = ()
    ledger: Ledger
    plan: tuple[Mapping[str, Any], ...] = ()
    route: str
    timings_ms: Mapping[str, float] = {}
    model_calls: int = 0
    tokens: Mapping[str, int] = {}
    """{"in": ..., "out": ...} over the turn."""
    session: str = ""
    user: str = ""


class Event(Frozen):
    """One step of a turn as it happens, for streaming."""

    kind: Literal["node", "token", "slate", "turn", "error"]
    node: str = ""
    text: str = ""
    slate: tuple[SlateItem, ...] = ()
    turn: Turn | None = None
