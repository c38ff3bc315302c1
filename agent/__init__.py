"""The agent: state and ledger, the turn as a graph, planning, replies, and `Agent`, the way to embed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from parley.agent.api import Agent
    from parley.agent.ledger import Ledger, Stance
    from parley.agent.messages import Event, Turn

__all__ = ["Agent", "Event", "Ledger", "Stance", "Turn"]

_HOME = {
    "Agent": "parley.agent.api",
    "Event": "parley.agent.messages",
    "Ledger": "parley.agent.ledger",
    "Stance": "parley.agent.ledger",
    "Turn": "parley.agent.messages",
}


def __getattr__(name: str) -> Any:
    """Import on first use, so that a small part of the room does not load LangGraph."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
