"""All retrievers at once, fused by rank; every candidate keeps who proposed it and why.

Source: Cormack, Clarke & Buettcher, "Reciprocal Rank Fusion", SIGIR 2009.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from parley.tools.candidates import Candidate, fuse_by_rank
from parley.tools.retrieval.attribute import AttributeRetriever
from parley.tools.retrieval.dense import DenseRetriever, SimilarRetriever
from parley.tools.retrieval.index import CatalogIndex
from parley.tools.retrieval.lexical import LexicalRetriever
from parley.tools.retrieval.taste import TasteRetriever
from parley.tools.seams import Query, Recommender, Retriever

log = logging.getLogger(__name__)

WEIGHTS: Mapping[str, float] = {"dense": 1.0, "bm25": 1.0, "attribute": 1.0, "taste": 1.0, "similar": 0.5}
"""A source's say in the fusion; `similar` overlaps with `taste`, so it has half."""


class _Searcher(Protocol):
    """A retriever that takes the allowed items as worked out already."""

    name: str

    def search(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> list[Candidate]: ...


class HybridRetriever:
    """Meaning, words, facts and taste together. Use `HybridRetriever.open`.

    A retriever that fails is left out of that answer and logged: the others still serve.
    """

    name = "hybrid"

    def __init__(
        self,
        index: CatalogIndex,
        searchers: Sequence[_Searcher],
        *,
        others: Sequence[Retriever] = (),
        weights: Mapping[str, float] = WEIGHTS,
        depth: int = 100,
    ) -> None:
        """Args:
        others: third-party retrievers, which work out the allowed items themselves.
        depth: how deep each source's list goes, at least `k`.
        """
        self.index = index
        self._searchers = tuple(searchers)
        self._others = tuple(others)
        self._weights = dict(weights)
        self._depth = depth

    @classmethod
    def open(
        cls,
        index: CatalogIndex,
        recommender: Recommender | None = None,
        *,
        others: Sequence[Retriever] = (),
        weights: Mapping[str, float] = WEIGHTS,
        depth: int = 100,
    ) -> HybridRetriever:
        """Every retriever that the parts at hand allow."""
        taste = TasteRetriever(index, recommender) if recommender is not None else None
        searchers: list[_Searcher] = [
            DenseRetriever(index),
            LexicalRetriever(index),
            AttributeRetriever(index, prior=taste.prior() if taste is not None else None),
        ]
        if taste is not None:
            searchers.append(taste)
        searchers.append(SimilarRetriever(index))
        return cls(index, searchers, others=others, weights=weights, depth=depth)

    def retrieve(self, query: Query, k: int) -> list[Candidate]:
        """At most `k` items, best first. With no words, likes or values: whatever passes, most popular first."""
        allowed = self.index.allowed(query)
        if k < 1 or not allowed.any():
            return []
        depth = max(k, self._depth)
        lists: dict[str, list[Candidate]] = {}
        for searcher in self._searchers:
            try:
                lists[searcher.name] = searcher.search(query, depth, allowed)
            except Exception:  # one broken source must not silence the others
                log.exception("retriever %s failed", searcher.name)
        for other in self._others:
            try:
                lists[other.name] = other.retrieve(query, depth)
            except Exception:
                log.exception("retriever %s failed", other.name)
        fused = fuse_by_rank({name: found for name, found in lists.items() if found}, weights=self._weights)
        return [c for c in fused if self._passes(c, allowed)][:k]

    def _passes(self, candidate: Candidate, allowed: NDArray[np.bool_]) -> bool:
        """The last word on filters and exclusions, whatever a source proposed."""
        row = self.index.catalog.positions.get(candidate.item_id)
        return row is not None and bool(allowed[row])
