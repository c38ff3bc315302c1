"""Means with bootstrap intervals, and paired differences; shared by every eval.

Not judged is nan: it is left out of the mean and counted, never taken for 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

Floats = NDArray[np.float64]


class Estimate(BaseModel):
    """A mean with a 95 % percentile bootstrap interval."""

    model_config = ConfigDict(frozen=True)

    mean: float
    low: float
    high: float
    n: int
    """Cases judged."""
    unjudged: int = 0
    """Cases that are nan."""

    def __str__(self) -> str:
        return f"{self.mean:.3f} [{self.low:.3f}, {self.high:.3f}]"


def bootstrap(values: Sequence[float] | Floats, *, seed: int = 0, samples: int = 2000) -> Estimate:
    """The mean of the judged values and its interval, resampling cases.

    Source: Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13.
    """
    every = np.asarray(values, dtype=np.float64)
    judged = every[~np.isnan(every)]
    unjudged = len(every) - len(judged)
    if not len(judged):
        return Estimate(mean=math.nan, low=math.nan, high=math.nan, n=0, unjudged=unjudged)
    rng = np.random.default_rng(seed)
    means = np.array([judged[rng.integers(0, len(judged), len(judged))].mean() for _ in range(samples)])
    low, high = np.percentile(means, [2.5, 97.5])
    return Estimate(mean=float(judged.mean()), low=float(low), high=float(high), n=len(judged), unjudged=unjudged)


def paired_difference(
    ours: Sequence[float] | Floats, theirs: Sequence[float] | Floats, *, seed: int = 0, samples: int = 2000
) -> Estimate:
    """The mean of ours - theirs over the same cases, with its interval; cases either did not judge are left out.

    Raises:
        ValueError: the two do not have the same number of cases.
    """
    a, b = np.asarray(ours, dtype=np.float64), np.asarray(theirs, dtype=np.float64)
    if a.shape != b.shape:
        raise ValueError(f"{len(a)} and {len(b)} cases cannot be paired; give one value a case to both")
    return bootstrap(a - b, seed=seed, samples=samples)
