"""Matrix factorisation for implicit feedback: ALS and BPR, fitted by the `implicit` package.

Someone new is folded in without a fit: for ALS by solving the ridge regression of the training itself,
for BPR (which has none) by the same solve over its item factors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Self

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
)
from parley.tools.recommenders.data import Histories, Interactions, faded


class FactorsConfig(RecommenderConfig):
    """Settings both factorisations have."""

    factors: int = Field(default=64, ge=1)
    regularisation: float = Field(default=10.0, ge=0)
    iterations: int = Field(default=15, ge=1)
    decay: float | None = Field(default=None, gt=0)
    """In fold-in, a reaction `a` places before the newest weighs exp(-a / decay); None: all weigh the same."""
    alpha: float = Field(default=1.0, gt=0)
    """Confidence of a reaction beyond the 1 of what was never seen."""
    fold_regularisation: float = Field(default=1.0, gt=0)
    """Ridge of the fold-in where the fit has none of its own (BPR)."""


class BprConfig(FactorsConfig):
    """Settings of BPR."""

    regularisation: float = Field(default=0.02, ge=0)
    iterations: int = Field(default=300, ge=1)
    learning_rate: float = Field(default=0.02, gt=0)


class FactorRecommender(ClassicalRecommender):
    """Scores = person's factors @ item factors'; the person's factors come from a ridge regression on their history."""

    stochastic: ClassVar[bool] = True
    config: FactorsConfig

    def __init__(
        self,
        item_ids: Sequence[str],
        popularity: NDArray[np.float32],
        config: RecommenderConfig,
        factors: NDArray[np.float32],
    ) -> None:
        """`factors`: (n_items, f) float32."""
        super().__init__(item_ids, popularity, config)
        if factors.ndim != 2 or len(factors) != len(self.item_ids):
            raise RecommenderError(f"factors have shape {factors.shape}, ({len(self.item_ids)}, f) expected")
        self.factors = factors
        self._gram = (factors.T @ factors).astype(np.float64)

    def ridge(self) -> float:
        """The regularisation of the fold-in."""
        return self.config.fold_regularisation

    def score(self, histories: Histories) -> NDArray[np.float32]:
        people = np.zeros((len(histories), self.factors.shape[1]), dtype=np.float32)
        rows = histories.matrix(decay=self.config.decay)
        for person in range(len(histories)):
            span = slice(rows.indptr[person], rows.indptr[person + 1])
            if span.start < span.stop:
                people[person] = self.fold(self.factors[rows.indices[span]], rows.data[span])
        return people @ self.factors.T

    def score_one(self, items: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        person = self.fold(self.factors[items], faded(weights, self.config.decay))
        return self.factors @ person

    def fold(self, liked: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """(f,) the factors of a person, from their items' (m, f) and weights (m,); a negative weight asks for -1.

        Solves (Y'Y + alpha sum |w| y y' + ridge) x = (1 + alpha) sum w y, the user step of ALS (Hu et al. 2008)
        with the weight as the wanted value's sign and confidence.
        """
        confidence = self.config.alpha * np.abs(weights.astype(np.float64))
        vectors = liked.astype(np.float64)
        left = self._gram + (vectors * confidence[:, None]).T @ vectors
        left[np.diag_indices_from(left)] += self.ridge()
        wanted = np.where(weights > 0, confidence + np.minimum(1.0, np.abs(weights)), -confidence)
        return np.linalg.solve(left, vectors.T @ wanted).astype(np.float32)

    def tensors(self) -> Tensors:
        return {"factors": self.factors}

    @classmethod
    def from_tensors(
        cls, tensors: Tensors, item_ids: Sequence[str], popularity: NDArray[np.float32], config: RecommenderConfig
    ) -> Self:
        return cls(item_ids, popularity, config, tensors["factors"])


class Als(FactorRecommender):
    """Implicit ALS.

    Source: Hu, Koren & Volinsky, "Collaborative Filtering for Implicit Feedback Datasets", ICDM 2008.
    """

    kind = "als"
    config_class = FactorsConfig

    @classmethod
    def small_config(cls) -> FactorsConfig:
        return FactorsConfig(factors=2, regularisation=1.0, iterations=30)

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        config: RecommenderConfig | None = None,
        *,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        chosen = config or FactorsConfig()
        if not isinstance(chosen, FactorsConfig):
            raise RecommenderError(f"als needs a FactorsConfig, not {type(chosen).__name__}")
        from implicit.cpu.als import AlternatingLeastSquares

        model = AlternatingLeastSquares(
            factors=chosen.factors,
            regularization=chosen.regularisation,
            alpha=chosen.alpha,
            iterations=chosen.iterations,
            random_state=seed,
            num_threads=1,
        )
        model.fit(interactions.matrix(), show_progress=False, callback=_told(progress, chosen.iterations))
        return cls(interactions.item_ids, count_popularity(interactions), chosen, np.array(model.item_factors))

    def ridge(self) -> float:
        return self.config.regularisation


class Bpr(FactorRecommender):
    """Bayesian personalised ranking. Source: Rendle et al., UAI 2009, arXiv:1205.2618."""

    kind = "bpr"
    config_class = BprConfig

    @classmethod
    def small_config(cls) -> BprConfig:
        return BprConfig(factors=2, iterations=500, learning_rate=0.05)

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        config: RecommenderConfig | None = None,
        *,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        chosen = config or BprConfig()
        if not isinstance(chosen, BprConfig):
            raise RecommenderError(f"bpr needs a BprConfig, not {type(chosen).__name__}")
        from implicit.cpu.bpr import BayesianPersonalizedRanking

        model = BayesianPersonalizedRanking(
            factors=chosen.factors,
            learning_rate=chosen.learning_rate,
            regularization=chosen.regularisation,
            iterations=chosen.iterations,
            random_state=seed,
            num_threads=1,
        )
        model.fit(interactions.matrix(), show_progress=False, callback=_told(progress, chosen.iterations))
        # the last column is the item's bias: it is popularity, which a folded-in person does not weigh
        factors = np.ascontiguousarray(model.item_factors[:, :-1])
        return cls(interactions.item_ids, count_popularity(interactions), chosen, factors)


def _told(progress: Progress | None, iterations: int) -> Callable[..., None] | None:
    """What `implicit` calls after each iteration, with its number, its seconds and its loss."""
    return progress and (lambda step, *_: progress((step + 1) / iterations, f"iteration {step + 1} of {iterations}"))
