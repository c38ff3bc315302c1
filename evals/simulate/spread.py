"""Over all sessions of an agent: how widely it recommends, how popular what it shows is, how reliable it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from math import comb

import numpy as np

from parley.evals.simulate.records import Frozen, Scorer, SessionRecord
from parley.tools.items import Catalog


class Spread(Frozen):
    """Exposure over a catalogue."""

    coverage: float
    """Share of the catalogue shown at least once."""
    gini: float
    """Gini index of exposure over the whole catalogue: 0 all alike, 1 all on one item."""
    popularity_lift: float
    """Mean popularity of what was shown over the catalogue's mean; 1 is no bias."""
    shown: int
    """Impressions counted."""


def spread_of(sessions: Sequence[SessionRecord], catalog: Catalog, popularity: Mapping[str, float]) -> Spread:
    """Coverage, Gini and popularity lift of everything shown."""
    exposure = Counter(i for session in sessions for turn in session.turns for i in turn.answer.slate)
    counts = np.array([exposure.get(item.item_id, 0) for item in catalog], dtype=np.float64)
    total = float(counts.sum())
    known = np.array([popularity.get(item.item_id, 0.0) for item in catalog])
    if not total or not known.sum():
        return Spread(coverage=0.0, gini=float("nan"), popularity_lift=float("nan"), shown=int(total))
    return Spread(
        coverage=float((counts > 0).mean()),
        gini=gini(counts),
        popularity_lift=float((counts @ known) / total / known.mean()),
        shown=int(total),
    )


def gini(counts: np.ndarray) -> float:
    """The Gini index of (n,) non-negative counts."""
    ordered = np.sort(counts.astype(np.float64))
    n = len(ordered)
    ranks = np.arange(1, n + 1)
    return float((2 * ranks - n - 1) @ ordered / (n * ordered.sum()))


def pass_hat(runs: Sequence[Sequence[SessionRecord]], scorer: Scorer, k: int) -> list[float]:
    """pass^k of every persona: the chance that k runs drawn from these all succeed.

    Args:
        runs: n runs of the same personas in the same order.
        scorer: success is a value of at least 0.5; a persona with a run not judged is nan.

    Raises:
        ValueError: fewer than k runs.

    Source: Yao et al., "tau-bench", arXiv:2406.12045.
    """
    if len(runs) < k:
        raise ValueError(f"pass^{k} needs {k} runs, there are {len(runs)}; raise --repeats")
    found = []
    for sessions in zip(*runs, strict=True):
        values = [scorer(session).value for session in sessions]
        if any(np.isnan(value) for value in values):
            found.append(float("nan"))
        else:
            found.append(comb(sum(value >= 0.5 for value in values), k) / comb(len(values), k))
    return found
