"""All retrievers at once, fused by rank; every candidate keeps who proposed it and why.

Source: Cormack, Clarke & Buettcher, "Reciprocal Rank Fusion", SIGIR 2009.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import cached_property, partial
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from parley.tools.candidates import Candidate
from parley.tools.retrieval.attribute import AttributeRetriever
from parley.tools.retrieval.dense import DenseRetriever, SimilarRetriever
from parley.tools.retrieval.hits import Hits, fuse_hits
from parley.tools.retrieval.index import CatalogIndex
from parley.tools.retrieval.lexical import LexicalRetriever
from parley.tools.retrieval.taste import TasteRetriever
from parley.tools.retrieval.threads import one_blas_thread
from parley.tools.seams import Query, Recommender, Retriever

log = logging.getLogger(__name__)

WEIGHTS: Mapping[str, float] = {"dense": 1.0, "bm25": 1.0, "attribute": 1.0, "taste": 1.0, "similar": 0.5}
"""A source's say in the fusion; `similar` overlaps with `taste`, so it has half."""


READ_MEANING = frozenset({"dense", "attribute"})
"""Sources that wait for the embedding of the text, which is half of the work."""

PARALLEL_FROM = 20_000
"""Items from which the sources that read the text's meaning run beside the others: below, the search is too short."""


class _Finder(Protocol):
    """A retriever that takes the allowed items as worked out already and answers in numbers."""

    name: str

    def find(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> Hits: ...


class HybridRetriever:
    """Meaning, words, facts and taste together. Use `HybridRetriever.open`.

    A retriever that fails is left out of that answer and logged: the others still serve.
    """

    name = "hybrid"

    def __init__(
        self,
        index: CatalogIndex,
        finders: Sequence[_Finder],
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
        self._finders = tuple(finders)
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
        finders: list[_Finder] = [
            DenseRetriever(index),
            LexicalRetriever(index),
            AttributeRetriever(index, prior=taste.prior() if taste is not None else None),
        ]
        if taste is not None:
            finders.append(taste)
        finders.append(SimilarRetriever(index))
        return cls(index, finders, others=others, weights=weights, depth=depth)

    def retrieve(self, query: Query, k: int) -> list[Candidate]:
        """At most `k` items, best first. With no words, likes or values: whatever passes, most popular first."""
        allowed = self.index.allowed(query)
        if k < 1 or not allowed.any():
            return []
        depth = max(k, self._depth)
        with one_blas_thread():
            lists = self._ask_all(query, depth, allowed)
            return fuse_hits(lists, self._weights, k, allowed, self.index.catalog)

    def _ask_all(self, query: Query, depth: int, allowed: NDArray[np.bool_]) -> list[Hits]:
        """Every source's list, in the order of the sources."""
        tasks: list[tuple[str, Callable[[], Hits]]] = [
            (finder.name, partial(finder.find, query, depth, allowed)) for finder in self._finders
        ]
        for other in self._others:
            tasks.append((other.name, partial(self._ask_other, other, query, depth)))
        meaning = [t for t in tasks if t[0] in READ_MEANING]
        if len(self.index) < PARALLEL_FROM or not query.text.strip() or not meaning:
            return [self._ask(*task) for task in tasks]
        beside = self._pool.submit(copy_context().run, lambda: [self._ask(*task) for task in meaning])
        found = {task[0]: self._ask(*task) for task in tasks if task not in meaning}
        found |= {task[0]: hits for task, hits in zip(meaning, beside.result(), strict=True)}
        return [found[name] for name, _ in tasks]

    def _ask_other(self, other: Retriever, query: Query, depth: int) -> Hits:
        return Hits.of(other.name, other.retrieve(query, depth), self.index.catalog)

    @staticmethod
    def _ask(name: str, find: Callable[[], Hits]) -> Hits:
        try:
            return find()
        except Exception:  # one broken source must not silence the others
            log.exception("retriever %s failed", name)
            return Hits.none(name)

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="parley-search")
