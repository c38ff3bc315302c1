"""What an utterance is read against, and what a linker must offer."""

from __future__ import annotations

from typing import Protocol

from pydantic import BaseModel, ConfigDict

from parley.agent.ledger import Ledger
from parley.agent.messages import Elicitation, Understanding
from parley.tools.linking import LinkedTitle, LinkedValue


class DialogueContext(BaseModel):
    """The state of the conversation when the user spoke."""

    model_config = ConfigDict(frozen=True)

    ledger: Ledger = Ledger()
    turn: int = 1
    slate: tuple[str, ...] = ()
    """Item ids shown last, in order."""
    shown: tuple[str, ...] = ()
    """All item ids shown in the session, oldest first."""
    compared: tuple[str, ...] = ()
    """Items set side by side since the last slate: "which one is shorter?" is about these."""
    offered: tuple[str, ...] = ()
    """Ids of the wishes that we said stand in the way, or gave up: what "drop it" drops."""
    asked_to_drop: bool = False
    """We asked whether to drop them: a bare "yes" does."""
    set_aside: str = ""
    """The second of two requests, still to be taken up, in the person's words."""
    held: str = ""
    """A request that hung on a condition which did not hold, in the person's words."""
    focus: str | None = None
    """The item last talked about."""
    elicitation: Elicitation | None = None
    """Our open question, if the last reply asked one."""
    window: tuple[tuple[str, str], ...] = ()
    """The recent messages as (role, text), oldest first; roles are "user" and "assistant"."""

    @property
    def last_of_ours(self) -> str:
        """Our last message, or ""."""
        return next((text for role, text in reversed(self.window) if role != "user"), "")


class LinkerLike(Protocol):
    """The part of `parley.tools.linking.Linker` that understanding uses."""

    def link_titles(self, text: str) -> list[LinkedTitle]: ...

    def resolve_title(self, title: str) -> LinkedTitle | None: ...

    def link_values(self, text: str) -> list[LinkedValue]: ...


class UnderstanderLike(Protocol):
    """What a turn asks of understanding: the rules alone, or the rules with a model's second opinion."""

    def understand(self, utterance: str, context: DialogueContext) -> Understanding: ...
