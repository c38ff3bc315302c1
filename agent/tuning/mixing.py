"""What of a set of examples goes into a run: roles, utterances kept apart for a test, how often each source comes."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from parley.agent.tuning.examples import Example, Role


def said_in(example: Example) -> str:
    """The user's words in an example, folded so that case and punctuation at the ends do not count."""
    return fold(example.prompt.rpartition("they: ")[2] if example.role == "understand" else example.target)


def fold(text: str) -> str:
    """Lower case, single spaces, no punctuation at the ends."""
    return re.sub(r"^[\W_]+|[\W_]+$", "", " ".join(text.casefold().split()))


def keep_apart(examples: Iterable[Example], utterances: Iterable[str]) -> list[Example]:
    """The examples in which nobody says one of these utterances, word for word: a test of them stays a test."""
    kept_apart = {fold(u) for u in utterances}
    return [e for e in examples if e.role not in ("understand", "simulate") or said_in(e) not in kept_apart]


def mix(
    examples: Sequence[Example], *, without: Collection[Role] = (), repeat: Mapping[str, int] | None = None
) -> list[Example]:
    """The examples of a run.

    Args:
        examples: all there are.
        without: roles left out.
        repeat: source to how often its examples come in one epoch (else once).
    """
    times = repeat or {}
    return [e for e in examples if e.role not in without for _ in range(times.get(e.source, 1))]
