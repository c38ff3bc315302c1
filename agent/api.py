"""`Agent`: the embedding API. Open one, chat, stream, recommend; every session stays its own.

from parley.agent import Agent

with Agent.open() as agent:
    turn = agent.chat("I loved The Matrix, something like it but not too violent", user="ana")
    print(turn.reply, [item.title for item in turn.slate])
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from parley.agent.ledger import Ledger, Stance
from parley.agent.messages import Event, SlateItem, Turn


class Agent:
    """A conversational recommender over one home folder, one catalogue and one model.

    Thread-safe: turns of one session are serialised, different sessions run side by side.
    """

    @classmethod
    def open(
        cls,
        *,
        home: Path | str | None = None,
        model: str = "embedded",
        catalog: str | None = None,
        planner: str = "direct",
        seed: int = 0,
    ) -> Agent:
        """Open a home (default `PARLEY_HOME` or ~/.parley), building what is missing."""
        raise NotImplementedError

    def chat(self, message: str, *, user: str = "guest", session: str = "main") -> Turn:
        """Run one turn and return it finished."""
        raise NotImplementedError

    def stream(self, message: str, *, user: str = "guest", session: str = "main") -> Iterator[Event]:
        """Run one turn; `node`, `slate` and `token` events as they happen, then one `turn`."""
        raise NotImplementedError

    def astream(self, message: str, *, user: str = "guest", session: str = "main") -> AsyncIterator[Event]:
        """`stream` for asyncio."""
        raise NotImplementedError

    def react(self, item_id: str, stance: Stance, *, user: str = "guest", session: str = "main") -> Ledger:
        """A button on a card: like, dislike, seen, reject. Changes the next slate."""
        raise NotImplementedError

    def remove_wish(self, wish_id: str, *, user: str = "guest", session: str = "main") -> Ledger:
        """The cross beside a wish."""
        raise NotImplementedError

    def ledger(self, *, user: str = "guest", session: str = "main") -> Ledger:
        raise NotImplementedError

    def sessions(self, *, user: str = "guest") -> list[dict[str, Any]]:
        """The user's sessions, newest first: {"session", "title", "updated", "turns"}."""
        raise NotImplementedError

    def history(self, *, user: str = "guest", session: str = "main") -> list[Turn]:
        """The session's finished turns, oldest first (from the transcript table)."""
        raise NotImplementedError

    def forget_session(self, *, user: str, session: str) -> None:
        raise NotImplementedError

    def recommend(
        self, *, liked: Sequence[str] = (), filter: dict[str, Any] | None = None, k: int = 10
    ) -> list[SlateItem]:
        """Items for someone who liked these titles, without a conversation."""
        raise NotImplementedError

    def as_tool(self, *, user: str = "guest") -> Any:
        """The agent as a LangChain tool for another agent."""
        raise NotImplementedError

    def close(self) -> None: ...

    def __enter__(self) -> Agent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
