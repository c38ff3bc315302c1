"""Item-kNN: items liked by the same people resemble each other. Cosine with shrinkage, the `k` nearest kept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

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
from parley.tools.seams import Taste


class ItemKnnConfig(RecommenderConfig):
    """Settings of item-kNN."""

    neighbours: int = Field(default=200, ge=1)
    """How many neighbours an item keeps."""
    shrink: float = Field(default=50.0, ge=0)
    """Added to the cosine's denominator, in reactions: rare pairs count less."""
    decay: float | None = Field(default=5.0, gt=0)
    """A reaction `a` places before the newest weighs exp(-a / decay); None: all weigh the same."""


class ItemKnn(ClassicalRecommender):
    """Scores = history @ similarity, each item's similarity cut to its nearest neighbours."""

    kind = "itemknn"
    config_class = ItemKnnConfig
    config: ItemKnnConfig

    def __init__(
        self, item_ids: Sequence[str], popularity: NDArray[np.float32], config: RecommenderConfig, similarity: Any
    ) -> None:
        """`similarity`: (n_items, n_items) float32 CSR; row i says what liking item i speaks for."""
        super().__init__(item_ids, popularity, config)
        self.similarity = similarity

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        config: RecommenderConfig | None = None,
        *,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """Source: Sarwar et al., "Item-based collaborative filtering recommendation algorithms", WWW 2001."""
        chosen = config or ItemKnnConfig()
        if not isinstance(chosen, ItemKnnConfig):
            raise RecommenderError(f"itemknn needs an ItemKnnConfig, not {type(chosen).__name__}")
        liked = interactions.matrix()
        both = (liked.T @ liked).tocsr()
        norm = np.sqrt(both.diagonal()) + 1e-9
        both.setdiag(0)
        both.eliminate_zeros()
        rows = np.repeat(np.arange(both.shape[0]), np.diff(both.indptr))
        both.data = (both.data / (norm[rows] * norm[both.indices] + chosen.shrink)).astype(np.float32)
        return cls(
            interactions.item_ids,
            count_popularity(interactions),
            chosen,
            keep_nearest(both.tocsc(), chosen.neighbours, progress).tocsr(),
        )

    def score(self, histories: Histories) -> NDArray[np.float32]:
        found = histories.matrix(decay=self.config.decay) @ self.similarity
        return np.asarray(found.todense(), dtype=np.float32)

    def score_one(self, items: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        near, n = self.similarity, len(self.item_ids)
        starts, stops = near.indptr[items], near.indptr[items + 1]
        rows = [slice(start, stop) for start, stop in zip(starts.tolist(), stops.tolist(), strict=True)]
        each = np.repeat(faded(weights, self.config.decay), stops - starts)
        speaks = np.concatenate([near.data[row] for row in rows]) * each
        return np.bincount(np.concatenate([near.indices[row] for row in rows]), speaks, minlength=n).astype(np.float32)

    def explain(self, taste: Taste, item_id: str, k: int = 3) -> list[tuple[str, float]]:
        if item_id not in self.positions:
            return []
        liked = [(i, w) for i, w in taste.reactions if w > 0 and i in self.positions]
        column = self.positions[item_id]
        return rank_reasons({i: w * float(self.similarity[self.positions[i], column]) for i, w in liked}, k)

    def tensors(self) -> Tensors:
        s = self.similarity
        return {"data": s.data, "indices": s.indices.astype(np.int32), "indptr": s.indptr.astype(np.int64)}

    @classmethod
    def from_tensors(
        cls, tensors: Tensors, item_ids: Sequence[str], popularity: NDArray[np.float32], config: RecommenderConfig
    ) -> Self:
        from scipy.sparse import csr_matrix

        n = len(item_ids)
        similarity = csr_matrix((tensors["data"], tensors["indices"], tensors["indptr"]), shape=(n, n))
        similarity.check_format()
        return cls(item_ids, popularity, config, similarity)


def keep_nearest(columns: Any, k: int, progress: Progress | None = None) -> Any:
    """The `k` largest entries of each column of a CSC matrix; ties go to the smaller row."""
    from scipy.sparse import csc_matrix

    kept_rows: list[NDArray[Any]] = []
    kept_data: list[NDArray[Any]] = []
    n = columns.shape[1]
    for j in range(n):
        span = slice(columns.indptr[j], columns.indptr[j + 1])
        rows, data = columns.indices[span], columns.data[span]
        best = np.lexsort((rows, -data))[:k] if len(data) > k else np.arange(len(data))
        best = best[np.argsort(rows[best])]
        kept_rows.append(rows[best])
        kept_data.append(data[best])
        if progress and j % 1000 == 0:
            progress(j / n, "nearest neighbours")
    indptr = np.concatenate([[0], np.cumsum([len(r) for r in kept_rows])])
    return csc_matrix((np.concatenate(kept_data), np.concatenate(kept_rows), indptr), shape=columns.shape)
