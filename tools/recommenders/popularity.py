"""Popularity: the floor every other recommender must beat."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from parley.tools.recommenders.base import (
    ClassicalRecommender,
    Progress,
    RecommenderConfig,
    Tensors,
    count_popularity,
)
from parley.tools.recommenders.data import Histories, Interactions


class Popularity(ClassicalRecommender):
    """The same order for everyone: most reactions first."""

    kind = "popularity"

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        config: RecommenderConfig | None = None,
        *,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        return cls(interactions.item_ids, count_popularity(interactions), config or RecommenderConfig(prior=1.0))

    def score(self, histories: Histories) -> NDArray[np.float32]:
        return np.zeros((len(histories), len(self.item_ids)), dtype=np.float32)

    def score_one(self, items: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.zeros(len(self.item_ids), dtype=np.float32)

    def tensors(self) -> Tensors:
        return {}

    @classmethod
    def from_tensors(
        cls, tensors: Tensors, item_ids: Sequence[str], popularity: NDArray[np.float32], config: RecommenderConfig
    ) -> Self:
        return cls(item_ids, popularity, config)
