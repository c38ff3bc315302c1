"""`implicit`'s own models as contestants, asked the way its users ask: the same split, ranking and tuning as ours.

They stand in the tables beside our fits; nothing else in Parley uses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from parley.tools.recommenders import Histories, Interactions, Progress


class Scored(Protocol):
    """Something fitted that scores people by their histories."""

    def score_all(self, histories: Histories) -> NDArray[np.float32]:
        """(n, n_items) float32, comparable within a row only."""
        ...


class ImplicitAls:
    """`implicit.als.AlternatingLeastSquares`; a person's factors come from its `recalculate_user`."""

    def __init__(self, train: Interactions, settings: Mapping[str, Any], seed: int, progress: Progress | None) -> None:
        from implicit.cpu.als import AlternatingLeastSquares

        self.model = AlternatingLeastSquares(
            factors=settings["factors"],
            regularization=settings["regularization"],
            alpha=settings["alpha"],
            iterations=settings["iterations"],
            random_state=seed,
            num_threads=1,
        )
        self.model.fit(train.matrix(), show_progress=False)
        if progress:
            progress(1.0, "done")

    def score_all(self, histories: Histories) -> NDArray[np.float32]:
        """(n, n_items) float32."""
        known = histories.matrix()
        known.data *= self.model.alpha
        people = np.stack([self.model.recalculate_user(0, known[person]) for person in range(known.shape[0])])
        return np.asarray(people @ self.model.item_factors.T, dtype=np.float32)


class ImplicitCosine:
    """`implicit.nearest_neighbours.CosineRecommender`."""

    def __init__(self, train: Interactions, settings: Mapping[str, Any], seed: int, progress: Progress | None) -> None:
        from implicit.nearest_neighbours import CosineRecommender

        self.model = CosineRecommender(K=settings["K"], num_threads=1)
        self.model.fit(train.matrix(), show_progress=False)
        if progress:
            progress(1.0, "done")

    def score_all(self, histories: Histories) -> NDArray[np.float32]:
        """(n, n_items) float32."""
        return np.asarray((histories.matrix() @ self.model.similarity).todense(), dtype=np.float32)


PEERS: Mapping[str, type[ImplicitAls] | type[ImplicitCosine]] = {
    "implicit-als": ImplicitAls,
    "implicit-cosine": ImplicitCosine,
}
"""Kind to class; `implicit-als` depends on the seed."""
