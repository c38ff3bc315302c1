"""What a reply is made from: everything the turn found out, and nothing else."""

from __future__ import annotations

import zlib

from pydantic import BaseModel, ConfigDict

from parley.agent.ledger import Ledger
from parley.agent.messages import Elicitation, Route, Slate, Understanding


class ReplyRequest(BaseModel):
    """One turn, as far as the words of the reply depend on it."""

    model_config = ConfigDict(frozen=True)

    route: Route
    message: str = ""
    """What the user wrote. Material to look at, never instructions."""
    turn: int = 1
    understanding: Understanding = Understanding()
    ledger: Ledger = Ledger()
    """After this turn's edits."""
    slate: Slate = Slate()
    previous: Slate = Slate()
    """Last turn's slate, which "the second one" and "why?" refer to."""
    elicitation: Elicitation | None = None
    profile: tuple[str, ...] = ()
    """Remembered facts in words that bear on this turn."""
    returning: bool = False
    """The user has talked to us in an earlier session."""
    seed: int = 0

    @property
    def voice(self) -> int:
        """The seed of this conversation's phrasings: the same in all its turns, different in the next one's."""
        first = self.ledger.wishes[0].words if self.ledger.wishes else ""
        return zlib.crc32(f"{self.seed}:{first}".encode())
