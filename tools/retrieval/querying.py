"""Queries written from a history: what someone likes, said as a few searches.

After Li et al., "GPT4Rec", arXiv:2304.03879: several queries, each one interest, searched by BM25 and
merged, serve a mixed taste better than one. Here no language model writes them: likes that lie together
are one interest, and its query is the words that mark it off from the catalogue.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from parley.tools.candidates import Candidate, Source, fuse_by_rank
from parley.tools.items import PERSON
from parley.tools.retrieval.embedding import Floats
from parley.tools.retrieval.index import CatalogIndex
from parley.tools.retrieval.lexical import LexicalRetriever
from parley.tools.seams import Query, Taste


class WrittenQuery(BaseModel):
    """One interest of a history as a search."""

    model_config = ConfigDict(frozen=True)

    text: str
    """Its words: "heist, neo-noir, Michael Mann"."""
    terms: tuple[tuple[str, str], ...]
    """(facet, value), most telling first."""
    item_ids: tuple[str, ...]
    """The likes it speaks for."""


def write_queries(taste: Taste, index: CatalogIndex, *, queries: int = 10, terms: int = 25) -> list[WrittenQuery]:
    """Say a history as at most `queries` searches, the interest with most likes first.

    A term's weight in an interest is how many of its likes have the value times the log of how rare the
    value is in the catalogue; a value of one like only counts half, because it may be chance.
    """
    liked = [item_id for item_id in taste.liked if item_id in index.catalog.positions]
    if not liked or queries < 1:
        return []
    groups = _interests(index.vectors_of(liked), queries)
    written = []
    for group in sorted(groups, key=len, reverse=True):
        members = [liked[place] for place in group]
        chosen = _telling_terms(members, index, terms)
        if chosen:
            text = ", ".join(value for _, value in chosen)
            written.append(WrittenQuery(text=text, terms=tuple(chosen), item_ids=tuple(members)))
    return written


class HistoryRetriever:
    """Searches the written queries and merges their results by rank."""

    name = "history"

    def __init__(self, index: CatalogIndex, lexical: LexicalRetriever | None = None, *, queries: int = 10) -> None:
        self.index = index
        self.lexical = lexical or LexicalRetriever(index)
        self._queries = queries

    def retrieve(self, query: Query, k: int) -> list[Candidate]:
        return self.search(query, k, self.index.allowed(query))

    def search(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> list[Candidate]:
        """As `retrieve`, with the allowed items worked out already."""
        known = [self.index.catalog.positions[i] for i, _ in query.taste.reactions if i in self.index.catalog]
        free = allowed.copy()
        free[known] = False
        written = write_queries(query.taste, self.index, queries=self._queries)
        lists = {w.text: self.lexical.search(Query(text=w.text), k, free) for w in written}
        weights = {w.text: math.sqrt(len(w.item_ids)) for w in written}
        fused = fuse_by_rank({text: found for text, found in lists.items() if found}, weights=weights)
        return [
            Candidate(
                item_id=candidate.item_id,
                score=candidate.score,
                sources=(
                    Source(
                        name=self.name,
                        rank=rank,
                        score=candidate.score,
                        why=f"you like {candidate.sources[0].why}" if candidate.sources else "",
                    ),
                ),
            )
            for rank, candidate in enumerate(fused.candidates[:k], 1)
        ]


def _interests(vectors: Floats, most: int) -> list[list[int]]:
    """Spherical k-means from seeds that lie far apart; deterministic."""
    count = min(most, max(1, len(vectors) // 2))
    seeds = [int((vectors @ vectors.mean(axis=0)).argmax())]
    while len(seeds) < count:
        seeds.append(int((vectors @ vectors[seeds].T).max(axis=1).argmin()))
    centres = vectors[seeds]
    for _ in range(10):
        nearest = (vectors @ centres.T).argmax(axis=1)
        centres = np.stack(
            [vectors[nearest == n].mean(axis=0) if (nearest == n).any() else centres[n] for n in range(len(centres))]
        )
        centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    nearest = (vectors @ centres.T).argmax(axis=1)
    return [group for n in range(len(centres)) if (group := np.flatnonzero(nearest == n).tolist())]


def _telling_terms(item_ids: Sequence[str], index: CatalogIndex, most: int) -> list[tuple[str, str]]:
    counts: Counter[tuple[str, str]] = Counter()
    for item_id in item_ids:
        item = index.catalog[item_id]
        counts.update((facet, value) for facet in (*item.tags, *item.people) for value in item.values(facet))
    vocabulary = index.catalog.vocabulary

    def weight(term: tuple[str, str]) -> float:
        facet, value = term
        having = len(vocabulary[facet][value])
        met = counts[term] if counts[term] > 1 else 0.5
        return 0.0 if having < 2 else met * math.log(len(index) / having)

    ranked = sorted(counts, key=lambda term: (-weight(term), term))
    said: dict[str, tuple[str, str]] = {}
    for term in ranked:
        if weight(term) > 0 and term[0] != PERSON:
            said.setdefault(term[1].casefold(), term)
    return list(said.values())[:most]
