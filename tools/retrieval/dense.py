"""Retrieval by meaning: nearest items to the words asked, and nearest items to what was liked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from parley.tools.candidates import Candidate
from parley.tools.retrieval.hits import Hits
from parley.tools.retrieval.index import CatalogIndex, top_indices
from parley.tools.seams import Query


class DenseRetriever:
    """Items whose description is close to the query's text.

    Scores are cosine similarities in [-1, 1]; they order this list and are not on a recommender's scale.
    """

    name = "dense"

    def __init__(self, index: CatalogIndex) -> None:
        self.index = index

    def retrieve(self, query: Query, k: int) -> list[Candidate]:
        return self.search(query, k, self.index.allowed(query))

    def search(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> list[Candidate]:
        """As `retrieve`, with the allowed items worked out already."""
        return self.find(query, k, allowed).candidates(self.index.catalog)

    def find(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> Hits:
        """As `search`, in numbers."""
        text = query.text.strip()
        if not text:
            return Hits.none(self.name)
        rows, scores = self.index.nearest(self.index.embedder.embed_query(text), k, allowed=allowed)
        return Hits(self.name, rows, scores, lambda place: f'close to "{_short(text)}"')


class SimilarRetriever:
    """Items close to any of those liked: what serves items no one has rated yet.

    An item's score is its similarity to the nearest liked item, so one odd like does not blur the
    others as a mean would; an item closer still to a disliked one loses the difference.
    """

    name = "similar"

    def __init__(self, index: CatalogIndex, *, latest: int = 20) -> None:
        """Args:
        latest: how many of the latest likes (and dislikes) count.
        """
        self.index = index
        self._latest = latest

    def retrieve(self, query: Query, k: int) -> list[Candidate]:
        return self.search(query, k, self.index.allowed(query))

    def search(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> list[Candidate]:
        return self.find(query, k, allowed).candidates(self.index.catalog)

    def find(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> Hits:
        """As `search`, in numbers."""
        known = [(i, w) for i, w in query.taste.reactions if i in self.index.catalog.positions]
        liked = [i for i, w in known if w > 0][-self._latest :]
        disliked = [i for i, w in known if w < 0][-self._latest :]
        if not liked:
            return Hits.none(self.name)
        allowed = allowed.copy()
        allowed[[self.index.catalog.positions[i] for i, _ in known]] = False
        rows, products = self.index.nearest_to_any(self.index.vectors_of(liked), 2 * k, allowed=allowed)
        nearest, scores = products.argmax(axis=1), products.max(axis=1)
        if disliked:
            repelled = (self.index.vectors[rows] @ self.index.vectors_of(disliked).T).max(axis=1)
            scores = scores - np.maximum(repelled - scores, 0)
        best = top_indices(scores, k)
        likes = nearest[best]
        return Hits(
            self.name,
            rows[best],
            scores[best],
            lambda place: f"close to {self.index.catalog[liked[int(likes[place])]].title}",
        )


def _short(text: str, length: int = 60) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= length else flat[: length - 1].rstrip() + "…"
