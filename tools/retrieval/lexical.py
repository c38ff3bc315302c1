"""Retrieval by words: BM25 over title, people, tags and text, the title's words counting most.

Source: Robertson & Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond", 2009; scored
ahead of time as in Lu, "BM25S", arXiv:2407.03618. bm25s builds the sparse score table; a question adds up
the few columns it names, which touches only items that share a word with it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from parley.tools.candidates import Candidate
from parley.tools.retrieval.documents import weighted_words, word_pairs
from parley.tools.retrieval.embedding import Floats
from parley.tools.retrieval.hits import Hits
from parley.tools.retrieval.index import CatalogIndex, top_indices
from parley.tools.seams import Query


class LexicalRetriever:
    """Items that share words with the query's text. Scores are BM25, zero or more."""

    name = "bm25"

    def __init__(self, index: CatalogIndex, *, k1: float = 1.2, b: float = 0.5) -> None:
        """Args:
        k1: how soon a repeated word stops adding.
        b: how much long documents are held back.
        """
        import bm25s

        self.index = index
        tokens = [weighted_words(item) or [""] for item in index.catalog]
        self._places: dict[str, int] = {}
        if tokens:
            self.table = table = bm25s.BM25(k1=k1, b=b)
            table.index(tokens, show_progress=False)
            self._places = {word: int(place) for word, place in table.vocab_dict.items() if word}
            self._data: Floats = table.scores["data"]
            self._rows: NDArray[np.int32] = table.scores["indices"]
            self._starts: NDArray[np.int64] = np.asarray(table.scores["indptr"], dtype=np.int64)

    def retrieve(self, query: Query, k: int) -> list[Candidate]:
        return self.search(query, k, self.index.allowed(query))

    def search(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> list[Candidate]:
        """As `retrieve`, with the allowed items worked out already."""
        return self.find(query, k, allowed).candidates(self.index.catalog)

    def find(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> Hits:
        """As `search`, in numbers."""
        asked = {folded: plain for plain, folded in word_pairs(query.text) if folded in self._places}
        if not asked:
            return Hits.none(self.name)
        rows, scores = self.best(list(asked), k, allowed)
        return Hits(
            self.name,
            rows,
            scores,
            lambda place: ", ".join(plain for folded, plain in asked.items() if self._has(int(rows[place]), folded)),
        )

    def best(
        self, folded: list[str], k: int, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        """Indices and scores of at most `k` items sharing one of the folded words, best first."""
        total = np.zeros(len(self.index), dtype=np.float32)
        touched = []
        for word in folded:
            place = self._places.get(word)
            if place is not None:
                rows = self._postings(place)
                total[rows] += self._data[self._starts[place] : self._starts[place + 1]]  # a row once a word
                touched.append(rows)
        if not touched:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
        met = np.unique(np.concatenate(touched)) if sum(map(len, touched)) < len(total) // 4 else np.flatnonzero(total)
        if allowed is not None:
            met = met[allowed[met]]
        scores = total[met]
        best = top_indices(scores, k)
        return np.asarray(met[best], dtype=np.int64), scores[best]

    def _postings(self, place: int) -> NDArray[np.int32]:
        return self._rows[self._starts[place] : self._starts[place + 1]]

    def _has(self, row: int, folded: str) -> bool:
        postings = self._postings(self._places[folded])  # ascending
        place = int(np.searchsorted(postings, row))
        return place < len(postings) and int(postings[place]) == row
