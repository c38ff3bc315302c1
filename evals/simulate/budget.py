"""What a run may cost. Reaching it stops the run cleanly; with more it goes on where it stopped."""

from __future__ import annotations

from parley.evals.simulate.records import Frozen, SessionRecord
from parley.evals.simulate.seam import SimulationError


class BudgetReached(SimulationError):
    """The run stopped at its limit; what is finished is kept."""


class Prices(Frozen):
    """Money a million tokens, in and out; 0 for a model of one's own."""

    tokens_in: float = 0.0
    tokens_out: float = 0.0

    def of(self, session: SessionRecord) -> float:
        """What a session's model calls cost, the simulated user's among them."""
        out = sum(turn.answer.tokens_out + turn.user_tokens_out for turn in session.turns)
        read = sum(turn.answer.tokens + turn.user_tokens for turn in session.turns) - out
        return (read * self.tokens_in + out * self.tokens_out) / 1e6


class Budget:
    """Counts what finished sessions cost, those of an interrupted run among them."""

    def __init__(self, max_tokens: int = 0, max_cost: float = 0.0, prices: Prices | None = None) -> None:
        """0 is no limit."""
        self.max_tokens = max_tokens
        self.max_cost = max_cost
        self.prices = prices or Prices()
        self.tokens = 0
        self.cost = 0.0

    def add(self, session: SessionRecord) -> None:
        """A finished session."""
        self.tokens += sum(turn.answer.tokens + turn.user_tokens for turn in session.turns)
        self.cost += self.prices.of(session)

    def check(self) -> None:
        """Called before a session is begun.

        Raises:
            BudgetReached: the limit is reached.
        """
        more = "finished sessions are kept; raise it and run the same command to go on"
        if self.max_tokens and self.tokens >= self.max_tokens:
            raise BudgetReached(f"stopped after {self.tokens:,} tokens (--max-tokens {self.max_tokens}): {more}")
        if self.max_cost and self.cost >= self.max_cost:
            raise BudgetReached(f"stopped after a cost of {self.cost:.4f} (--max-cost {self.max_cost}): {more}")
