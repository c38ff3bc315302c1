"""Intervals and per-person measures shared by the memory evals."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Floats = NDArray[np.float64]


class Estimate(BaseModel):
    """A mean over people with a 95 % bootstrap interval."""

    model_config = ConfigDict(frozen=True)

    mean: float
    low: float
    high: float
    n: int
    """People (or sessions) behind it."""

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(values: Sequence[float] | Floats, *, seed: int = 0, samples: int = 2000) -> Estimate:
    """The mean and its percentile interval, resampling people; nan (not judged) is left out."""
    told = np.asarray([v for v in values if not math.isnan(v)], dtype=np.float64)
    if not len(told):
        return Estimate(mean=math.nan, low=math.nan, high=math.nan, n=0)
    rng = np.random.default_rng(seed)
    means = np.array([told[rng.integers(0, len(told), len(told))].mean() for _ in range(samples)])
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(mean=float(told.mean()), low=float(low), high=float(high), n=len(told))


def auc(scores: Floats, liked: NDArray[np.bool_]) -> float:
    """The chance that a liked item scores above a disliked one, ties counting half; nan if one kind is missing."""
    from scipy.stats import rankdata

    likes, dislikes = int(liked.sum()), int((~liked).sum())
    if not likes or not dislikes:
        return math.nan
    ranks = rankdata(scores)
    return float((ranks[liked].sum() - likes * (likes + 1) / 2) / (likes * dislikes))


def f1_at_share(scores: Floats, liked: NDArray[np.bool_], share: float) -> float:
    """Macro F1 over like and dislike, when the top `share` of the items is predicted as liked."""
    k = min(max(round(share * len(scores)), 0), len(scores))
    predicted = np.zeros(len(scores), dtype=bool)
    predicted[np.argsort(-scores, kind="stable")[:k]] = True
    return (_f1(predicted, liked) + _f1(~predicted, ~liked)) / 2.0


def _f1(predicted: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    hits = int((predicted & true).sum())
    total = int(predicted.sum() + true.sum())
    return 2.0 * hits / total if total else 1.0
