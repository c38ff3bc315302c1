"""What a simulated conversation is made of, and what is left of it for scorers, reports and tuning.

A persona holds what is hidden (the targets, the taste); only a simulator's disclosure rules may turn any
of it into words. Records keep both sides, so that every score can be read back to the turn that caused it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

EndedBy = Literal["accepted", "turns", "left", "simulator_error", "agent_error"]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Persona(Frozen):
    """A simulated user's hidden tastes and manners."""

    persona_id: str
    targets: tuple[str, ...]
    """Items that satisfy them; hidden. The first is the one their attributes are read from."""
    history: tuple[tuple[str, float], ...] = ()
    """(item_id, weight) of what they liked (positive) or not before; never a target."""
    traits: Mapping[str, float] = {}
    """Manners on [0, 1], e.g. activity, conformity, diversity, patience."""
    opening: str = ""
    """What they said before the simulation takes over, targets taken out; empty: the simulator opens."""
    slice: str = ""
    """A group for reports: "cold", "niche", ..."""


class AgentReply(Frozen):
    """What any agent under test says in one turn."""

    reply: str
    slate: tuple[str, ...] = ()
    """Item ids in order."""
    quick_replies: tuple[str, ...] = ()
    route: str = "plan"
    asked_facet: str = ""
    """The facet asked about, when the agent asks."""
    model_calls: int = 0
    tokens: int = 0
    """In and out."""
    tokens_out: int = 0
    """Of these, those written."""
    milliseconds: float = 0.0
    violations: int = 0
    """Shown items that break a hard wish standing in the agent's own ledger."""
    score: float | None = None
    """How sure the agent is of the slate, on its own scale (ours: the chance that what is wanted is on it); None if it
    does not say."""


class TurnRecord(Frozen):
    """One exchange."""

    number: int
    said: str
    answer: AgentReply
    accepted: str = ""
    """The item accepted after this answer; empty for none."""
    leaked: bool = False
    """The user's words named a target: the turn is no evidence of anything."""
    worded_by: str = "template"
    """Who worded the user's message: "template", "model", or "fallback" where a model's words were not used."""
    wording_note: str = ""
    """Why they were not."""
    user_tokens: int = 0
    """Tokens of the model that worded the message, in and out."""
    user_tokens_out: int = 0


class SessionRecord(Frozen):
    """A finished simulated conversation."""

    persona: Persona
    agent: str
    simulator: str
    seed: int
    turns: tuple[TurnRecord, ...] = ()
    ended_by: EndedBy = "turns"
    error: str = ""
    satisfaction: float | None = None
    """The simulated user's own rating from 1 to 5; None where the simulator gives none."""
    interview: Mapping[str, Any] = {}

    @property
    def leaked(self) -> bool:
        return any(turn.leaked for turn in self.turns)


class Score(Frozen):
    """A number with the reason for it; nan is not judged."""

    value: float
    why: str = ""


Scorer = Callable[[SessionRecord], Score]
