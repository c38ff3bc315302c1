"""Next-item ridge: a linear model that predicts the next item from a history read at several speeds.

The state of a person is the sum of what they liked, each weighed by exp(-age / decay), once for every
decay: a fast state remembers the last few items, a slow one the taste of weeks. One ridge regression maps
the states before every reaction of the log to the reaction that followed (and, fading, to those after
it, because the order within one sitting is often arbitrary). It is a self-attention whose weights are
fixed and whose values are learned in closed form: no epochs, no seed, on MovieLens close to SASRec.

Both sides of the normal equations are sums over pairs of items of one person that depend only on how far
apart they are, so the fit never builds a state: it counts pairs at each distance.

Related: Choi et al., "Session-aware Linear Item-Item Models" (SLIST), WWW 2021, arXiv:2103.16104, which
splits sessions at every point; Steck, EASE, WWW 2019.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from parley.tools.recommenders.base import (
    ClassicalRecommender,
    Progress,
    RecommenderConfig,
    RecommenderError,
    Tensors,
    count_popularity,
    rank_reasons,
)
from parley.tools.recommenders.data import Histories, Interactions, faded
from parley.tools.recommenders.pairs import sum_pairs
from parley.tools.seams import Taste


class NextItemConfig(RecommenderConfig):
    """Settings of the next-item ridge."""

    decays: tuple[float, ...] = Field(default=(1.5, 10.0), min_length=1)
    """One state each: a like `a` places before the newest weighs exp(-a / decay) in it."""
    horizon: float = Field(default=1.0, ge=0)
    """The item k places ahead counts exp(-(k - 1) / horizon) as a target; 0: only the next."""
    regularisation: float = Field(default=300.0, gt=0)
    """Added to the diagonal, in reactions."""


class NextItem(ClassicalRecommender):
    """Scores = sum over decays of (decayed history @ that decay's weights)."""

    kind = "nextitem"
    config_class = NextItemConfig
    config: NextItemConfig

    def __init__(
        self,
        item_ids: Sequence[str],
        popularity: NDArray[np.float32],
        config: RecommenderConfig,
        weights: NDArray[np.float32],
    ) -> None:
        """`weights`: (n_decays, n_items, n_items) float32; [d, i] says what liking item i speaks for at speed d."""
        super().__init__(item_ids, popularity, config)
        if weights.shape != (len(self.config.decays), len(self.item_ids), len(self.item_ids)):
            raise RecommenderError(f"weights have shape {weights.shape}, which does not fit the items and decays")
        self.weights = weights

    @classmethod
    def small_config(cls) -> NextItemConfig:
        return NextItemConfig(decays=(1.0, 3.0), regularisation=1.0)

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        config: RecommenderConfig | None = None,
        *,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """Raises RecommenderError if the log has no order."""
        chosen = config or NextItemConfig()
        if not isinstance(chosen, NextItemConfig):
            raise RecommenderError(f"nextitem needs a NextItemConfig, not {type(chosen).__name__}")
        if not interactions.timed:
            raise RecommenderError(f"{interactions.name or 'the data'} has no times, so no next item; use ease")
        from scipy.linalg import cho_factor, cho_solve

        gram, targets = normal_equations(interactions.histories(), chosen, progress)
        gram[np.diag_indices_from(gram)] += chosen.regularisation
        if progress:
            progress(0.8, f"solving {len(gram)} x {len(gram)}")
        solved = cho_solve(
            cho_factor(gram, lower=True, overwrite_a=True, check_finite=False), targets, overwrite_b=True
        )
        n = interactions.n_items
        weights = np.ascontiguousarray(solved, dtype=np.float32).reshape(len(chosen.decays), n, n)
        return cls(interactions.item_ids, count_popularity(interactions), chosen, weights)

    def score(self, histories: Histories) -> NDArray[np.float32]:
        scores = np.zeros((len(histories), len(self.item_ids)), dtype=np.float32)
        for decay, weights in zip(self.config.decays, self.weights, strict=True):
            scores += histories.matrix(decay=decay) @ weights
        return scores

    def score_one(self, items: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        states = (faded(weights, decay) for decay in self.config.decays)
        parts = [state @ table[items] for state, table in zip(states, self.weights, strict=True)]
        return np.asarray(np.sum(parts, axis=0, dtype=np.float32))

    def explain(self, taste: Taste, item_id: str, k: int = 3) -> list[tuple[str, float]]:
        if item_id not in self.positions:
            return []
        column = self.weights[:, :, self.positions[item_id]]
        known = [(i, w) for i, w in taste.reactions if i in self.positions and w]
        fading = np.array(self.config.decays)
        return rank_reasons(
            {
                i: w * float(np.exp(-age / fading) @ column[:, self.positions[i]])
                for age, (i, w) in enumerate(reversed(known))
                if w > 0
            },
            k,
        )

    def tensors(self) -> Tensors:
        return {"weights": self.weights}

    @classmethod
    def from_tensors(
        cls, tensors: Tensors, item_ids: Sequence[str], popularity: NDArray[np.float32], config: RecommenderConfig
    ) -> Self:
        return cls(item_ids, popularity, config, tensors["weights"])


def normal_equations(
    histories: Histories, config: NextItemConfig, progress: Progress | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The sums over all reactions of state x state' and of state x faded future, both float32.

    With states s = e_t + g s_(t-1), the sum of s1 s2' weighs a pair (a before b) by g1^(b - a) / (1 - g1 g2);
    the end of a history is taken to be far away, which changes little and saves a pass.

    Returns:
        gram (d n, d n) and targets (d n, n), for d decays and n items, states in the order of `config.decays`.
    """
    n, fading = histories.n_items, [math.exp(-1 / decay) for decay in config.decays]
    ahead = math.exp(-1 / config.horizon) if config.horizon > 0 else 0.0
    kernels: list[Callable[[int], float]] = [_power(g) for g in fading]
    kernels += [_future(g, ahead) for g in fading]
    sums = sum_pairs(histories, kernels, progress)
    counts = np.bincount(histories.items, minlength=n).astype(np.float32)
    size = len(fading) * n
    gram = np.empty((size, size), dtype=np.float32)
    for a, ga in enumerate(fading):
        for b, gb in enumerate(fading):
            block = sums[a] + sums[b].T
            block[np.diag_indices(n)] += counts
            gram[a * n : (a + 1) * n, b * n : (b + 1) * n] = block / (1 - ga * gb)
    return gram, np.concatenate(sums[len(fading) :])


def _power(base: float) -> Callable[[int], float]:
    return lambda distance: base**distance


def _future(past: float, ahead: float) -> Callable[[int], float]:
    """Weight of a pair as state and target: the sum over k = 1..distance of past^(distance - k) ahead^(k - 1)."""
    if math.isclose(past, ahead):
        return lambda distance: distance * past ** (distance - 1)
    return lambda distance: (past**distance - ahead**distance) / (past - ahead)
