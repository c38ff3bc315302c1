"""Slates that need no search: what was shown before, and the longest or the newest of all that fits."""

from __future__ import annotations

import numpy as np

from parley.agent.messages import Understanding
from parley.tools.candidates import Candidate, CandidateBus
from parley.tools.toolbox import Workbench

SHORTCUTS = ("again", "extreme")
"""Plans without steps."""
KEPT = 60
"""Candidates of an extreme that are kept, for paging."""


def shortcut(heard: Understanding, bench: Workbench) -> tuple[str, CandidateBus] | None:
    """(name for the trace, candidates in order) where the message names its slate itself; else None."""
    if heard.again:
        return "again", _in_order([i for i in heard.again if i in bench.catalog])
    if heard.extreme is not None:
        facet, side = heard.extreme
        numbers = np.array([side * n if (n := item.number(facet)) is not None else -np.inf for item in bench.catalog])
        numbers = np.where(bench.allowed(), numbers, -np.inf)
        rows = [row for row in np.argsort(-numbers, kind="stable")[:KEPT] if np.isfinite(numbers[row])]
        return "extreme", _in_order([bench.catalog.items[row].item_id for row in rows])
    return None


def _in_order(item_ids: list[str]) -> CandidateBus:
    return CandidateBus(
        candidates=tuple(Candidate(item_id=i, score=float(len(item_ids) - n)) for n, i in enumerate(item_ids))
    )
