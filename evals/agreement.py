"""Agreement between two raters: confusion counts, kappa and rank correlation, with bootstrap intervals."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from parley.evals.intervals import Estimate


class Confusion(BaseModel):
    """Counts of two yes/no raters: what was said against what is so."""

    model_config = ConfigDict(frozen=True)

    tp: int
    fp: int
    fn: int
    tn: int

    @classmethod
    def of(cls, said: Sequence[bool], so: Sequence[bool]) -> Confusion:
        counts = Counter((bool(a), bool(b)) for a, b in zip(said, so, strict=True))
        return cls(
            tp=counts[True, True], fp=counts[True, False], fn=counts[False, True], tn=counts[False, False]
        )  # fmt: skip

    @property
    def n(self) -> int:
        return self.tp + self.fp + self.fn + self.tn

    def rates(self) -> dict[str, float]:
        """Accuracy, precision, recall and F1; nan where nothing can be divided."""
        parts = {
            "accuracy": (self.tp + self.tn, self.n),
            "precision": (self.tp, self.tp + self.fp),
            "recall": (self.tp, self.tp + self.fn),
            "F1": (2 * self.tp, 2 * self.tp + self.fp + self.fn),
        }
        return {name: a / b if b else math.nan for name, (a, b) in parts.items()}


def kappa(a: Sequence[Any] | NDArray[Any], b: Sequence[Any] | NDArray[Any]) -> float:
    """Cohen's kappa of two raters; nan if both always say the same one thing.

    Source: Cohen, "A Coefficient of Agreement for Nominal Scales", 1960.
    """
    x, y = np.asarray(a), np.asarray(b)
    seen = float((x == y).mean())
    chance = float(sum((x == v).mean() * (y == v).mean() for v in np.unique(np.concatenate([x, y]))))
    return (seen - chance) / (1 - chance) if chance < 1 else math.nan


def spearman(a: Sequence[float] | NDArray[Any], b: Sequence[float] | NDArray[Any]) -> float:
    """Rank correlation, ties at their mean rank; nan if either is constant."""
    x, y = _ranks(np.asarray(a, dtype=float)), _ranks(np.asarray(b, dtype=float))
    if x.std() == 0 or y.std() == 0:
        return math.nan
    return float(np.corrcoef(x, y)[0, 1])


def auc(score: Sequence[float] | NDArray[Any], so: Sequence[bool] | NDArray[Any]) -> float:
    """The chance that a yes scores above a no; ties count half."""
    s, yes = np.asarray(score, dtype=float), np.asarray(so, dtype=bool)
    if yes.all() or not yes.any():
        return math.nan
    ranks = _ranks(s)
    n = int(yes.sum())
    return float((ranks[yes].sum() - n * (n + 1) / 2) / (n * (len(s) - n)))


def interval(
    measure: Callable[[Any, Any], float], a: Sequence[Any], b: Sequence[Any], *, seed: int = 0, samples: int = 1000
) -> Estimate:
    """A measure of two paired lists with its 95 % percentile bootstrap interval over pairs."""
    x, y = np.asarray(a), np.asarray(b)
    rng = np.random.default_rng(seed)
    drawn = [measure(x[rows], y[rows]) for rows in (rng.integers(0, len(x), len(x)) for _ in range(samples))]
    kept = [value for value in drawn if not math.isnan(value)]
    low, high = np.percentile(kept, [2.5, 97.5]) if kept else (math.nan, math.nan)
    return Estimate(mean=measure(x, y), low=float(low), high=float(high), n=len(x))


def _ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    """(n,) 1-based ranks, ties at their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return (ends - (counts - 1) / 2)[inverse].astype(np.float64)
