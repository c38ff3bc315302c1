"""Retrieval by taste: what a classical recommender expects of someone with these likes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from parley.tools.candidates import Candidate
from parley.tools.retrieval.hits import Hits
from parley.tools.retrieval.index import CatalogIndex, top_indices
from parley.tools.seams import Query, Recommender, Taste


class TasteRetriever:
    """A recommender's best items for the query's taste, filters obeyed. Scores are the recommender's own."""

    name = "taste"

    def __init__(self, index: CatalogIndex, recommender: Recommender) -> None:
        self.index = index
        self.recommender = recommender
        pairs = [
            (column, index.catalog.positions[item_id])
            for column, item_id in enumerate(recommender.item_ids)
            if item_id in index.catalog.positions
        ]
        self._columns = np.asarray([column for column, _ in pairs], dtype=np.int64)
        self._rows = np.asarray([row for _, row in pairs], dtype=np.int64)
        self._same_order = len(pairs) == len(index) and all(column == row for column, row in pairs)
        """The recommender knows the catalogue's items, in its order: nothing to look up."""
        self._known = frozenset(recommender.item_ids)

    def retrieve(self, query: Query, k: int) -> list[Candidate]:
        return self.search(query, k, self.index.allowed(query))

    def search(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> list[Candidate]:
        """As `retrieve`, with the allowed items worked out already. Nothing without a like it knows."""
        return self.find(query, k, allowed).candidates(self.index.catalog)

    def find(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> Hits:
        """As `search`, in numbers."""
        liked = [item_id for item_id in query.taste.liked if item_id in self._known]
        if not liked:
            return Hits.none(self.name)
        scores = self.recommender.fold_in(query.taste)
        rated = [self.index.catalog.positions[i] for i, _ in query.taste.reactions if i in self.index.catalog]
        free = allowed.copy()
        free[rated] = False
        if not self._same_order:
            scores, free = scores[self._columns], free[self._rows]
        open_places = np.flatnonzero(free)
        best = open_places[top_indices(scores[open_places], k)]
        titles = [self.index.catalog[i].title for i in liked if i in self.index.catalog][-2:]
        why = f"liked by people who like {' and '.join(titles)}" if titles else "fits your taste"
        return Hits(self.name, self._rows[best], scores[best], lambda place: why)

    def prior(self) -> NDArray[np.float32]:
        """(n_items,) the recommender's scores for a stranger, in the catalogue's order; the least where unknown."""
        scores = self.recommender.fold_in(Taste())
        result = np.full(len(self.index), scores.min() if len(scores) else 0.0, dtype=np.float32)
        result[self._rows] = scores[self._columns]
        return result
