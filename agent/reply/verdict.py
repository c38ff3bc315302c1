"""What became of a text under verification, and what it was allowed to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from parley.agent.reply.titles import fold
from parley.tools.items import Item


@dataclass(frozen=True)
class Problem:
    """One thing a text may not say."""

    kind: Literal["title", "year", "person", "number", "tag", "name", "opinion"]
    text: str
    reason: str
    wrong: bool = True
    """False: merely unverifiable."""


@dataclass(frozen=True)
class Verdict:
    """What became of a text."""

    text: str
    """What may be shown: the text without the sentences that have problems; "" if nothing is left."""
    problems: tuple[Problem, ...] = ()
    named: tuple[str, ...] = ()
    """Ids of allowed items the shown text names, in order."""

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def is_wrong(self) -> bool:
        """Something false or foreign was claimed: the realiser should take over."""
        return any(p.wrong for p in self.problems)


class Job:
    """One text under verification: what it may say, and which items its last sentence was about."""

    def __init__(
        self, allowed: list[Item], numbers: Sequence[float], phrases: Sequence[str], wishes: Sequence[str],
        known: frozenset[str],
    ) -> None:  # fmt: skip
        self.allowed = allowed
        self.by_id = {i.item_id: i for i in allowed}
        self.ids = frozenset(self.by_id)
        self.numbers = frozenset(float(n) for n in numbers)
        self.phrases = tuple(fold(p) for p in phrases)
        self.wishes = frozenset(fold(w) for w in wishes)
        self.known = known
        self.background: frozenset[str] = frozenset()
        self.carried = allowed
        self.presented = False
        """An item has been named: from now on, sentences without a title are about items."""
