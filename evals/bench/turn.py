"""What a turn costs: milliseconds by node, model calls, tokens and time to the first token over 50 turns."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

from parley.agent.api import Agent
from parley.agent.messages import Turn

SCRIPTS: tuple[tuple[str, ...], ...] = (
    (
        "hi",
        "I loved The Matrix and Inception, something like them",
        "older than 1990 please",
        "who directed the second one?",
        "more",
    ),
    (
        "something funny for tonight",
        "not animated",
        "with Tom Hanks maybe",
        "shorter than two hours",
        "thanks, I'll watch the first one",
    ),
    (
        "recommend me a film",
        "thriller",
        "no horror please",
        "why the first one?",
        "what else?",
    ),
    (
        "a feel-good film for my kids",
        "we have seen Toy Story",
        "something newer",
        "is the first one scary?",
        "show me more",
    ),
    (
        "I like Hitchcock",
        "in colour would be nice",
        "what is Vertigo about?",
        "something by another director",
        "surprise me",
    ),
    (
        "any good westerns?",
        "before 1970",
        "not with John Wayne",
        "compare the first two",
        "more like the second one",
    ),
    (
        "french films about love",
        "doesn't have to be French any more",
        "a twist ending",
        "under 100 minutes",
        "great",
    ),
    (
        "I hated Titanic",
        "what do you suggest instead",
        "dark and slow",
        "who is in the third one?",
        "any other ideas?",
    ),
    (
        "heist movies with a twist",
        "from the seventies",
        "hmm, the eighties are fine too",
        "how long is the first?",
        "bye",
    ),
    (
        "I want something like Alien but funnier",
        "less scary",
        "PG at most",
        "which of these is the shortest?",
        "something else",
    ),
)


def run_turns(agent: Agent, *, user: str = "bench") -> list[Turn]:
    """Fifty turns of ten fixed conversations."""
    return [
        agent.chat(message, user=user, session=f"bench-{number}")
        for number, script in enumerate(SCRIPTS)
        for message in script
    ]


def summarise(turns: Sequence[Turn]) -> list[dict[str, Any]]:
    """Median, 95th percentile and maximum of every figure."""
    columns: dict[str, list[float]] = {}
    for turn in turns:
        for name, value in turn.timings_ms.items():
            columns.setdefault(f"{name} ms", []).append(value)
        columns.setdefault("model calls", []).append(turn.model_calls)
        columns.setdefault("tokens in", []).append(turn.tokens.get("in", 0))
        columns.setdefault("tokens out", []).append(turn.tokens.get("out", 0))
    return [
        {
            "figure": name,
            "turns": len(values),
            "median": round(statistics.median(values), 2),
            "p95": round(sorted(values)[max(0, math.ceil(0.95 * len(values)) - 1)], 2),
            "max": round(max(values), 2),
        }
        for name, values in columns.items()
    ]
