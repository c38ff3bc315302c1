"""Retrieval by facts: items that carry the genres, people, themes and moods a query names.

Words of the text that are values of a facet count as soft wishes; so do the positive values of the
filter. A value weighs its inverse document frequency, so "heist" says more than "Drama". Of items that
match alike, those closer to the text come first, then the more popular.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from parley.tools.candidates import Candidate
from parley.tools.items import PERSON
from parley.tools.retrieval.documents import words
from parley.tools.retrieval.hits import Hits
from parley.tools.retrieval.index import CatalogIndex, top_indices
from parley.tools.seams import Query

PRIOR_SAY = 1e-3
MEANING_SAY = 0.1
"""How much popularity and closeness to the text may add to a score: they order items that match alike."""

LONGEST_VALUE = 5
"""Words of the longest value looked for in free text."""


class AttributeRetriever:
    """Items by the values of their facets. A score is the summed idf of the values met."""

    name = "attribute"

    def __init__(self, index: CatalogIndex, *, prior: NDArray[np.float32] | None = None) -> None:
        """Args:
        prior: (n_items,) how popular each item is, on any scale; orders items that match alike.
        """
        self.index = index
        self._values: dict[tuple[str, str], NDArray[np.int64]] = {}
        self._spoken: dict[tuple[str, ...], list[tuple[str, str]]] = defaultdict(list)
        for facet, values in index.catalog.vocabulary.items():
            if facet == PERSON:
                continue
            for value, rows in values.items():
                self._values[facet, value.casefold()] = np.asarray(rows, dtype=np.int64)
                said = tuple(words(value))
                if 0 < len(said) <= LONGEST_VALUE:
                    self._spoken[said].append((facet, value))
        ranked = np.zeros(len(index)) if prior is None else np.asarray(prior)
        _, places = np.unique(ranked, return_inverse=True)
        self._prior = places.astype(np.float32) / np.float32(max(len(index), 1))

    def retrieve(self, query: Query, k: int) -> list[Candidate]:
        return self.search(query, k, self.index.allowed(query))

    def search(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> list[Candidate]:
        """As `retrieve`, with the allowed items worked out already."""
        return self.find(query, k, allowed).candidates(self.index.catalog)

    def find(self, query: Query, k: int, allowed: NDArray[np.bool_]) -> Hits:
        """As `search`, in numbers."""
        wanted = self.wishes(query)
        if not wanted and (query.text.strip() or not query.filter):
            return Hits.none(self.name)
        scores = np.zeros(len(self.index), dtype=np.float32)
        for facet, value in wanted:
            rows = self._rows(facet, value)
            scores[rows] += np.float32(math.log(1 + len(self.index) / len(rows)))
        met = np.flatnonzero(allowed & (scores > 0)) if wanted else np.flatnonzero(allowed)
        order = scores[met] + np.float32(PRIOR_SAY) * self._prior[met]
        text = query.text.strip()
        if text:
            within = _within_reach(order, k)
            met, order = met[within], order[within]
            best = met[self.index.closest(self.index.embedder.embed_query(text), met, order, MEANING_SAY, k)]
        else:
            best = met[top_indices(order, k)]
        return Hits(self.name, best, scores[best], lambda place: self._why(int(best[place]), wanted))

    def wishes(self, query: Query) -> list[tuple[str, str]]:
        """(facet, value) pairs the query names, in words or as the positive part of its filter."""
        found = dict.fromkeys(self.spoken(query.text))
        for facet, condition in query.filter.root.items():
            for value in (*condition.any, *condition.all):
                if len(self._rows(facet, value)):
                    found[facet, value] = None
        unwanted = {(f, v.casefold()) for f, condition in query.filter.root.items() for v in condition.none}
        return [(facet, value) for facet, value in found if (facet, value.casefold()) not in unwanted]

    def spoken(self, text: str) -> Iterator[tuple[str, str]]:
        """The facet values a text names, longest first at each place, none inside another."""
        said = words(text)
        start = 0
        while start < len(said):
            for length in range(min(LONGEST_VALUE, len(said) - start), 0, -1):
                known = self._spoken.get(tuple(said[start : start + length]))
                if known:
                    yield from known
                    start += length
                    break
            else:
                start += 1

    def _rows(self, facet: str, value: str) -> NDArray[np.int64]:
        folded = value.casefold()
        if facet == PERSON:
            roles = [self._values[role, folded] for role in self._roles() if (role, folded) in self._values]
            return np.unique(np.concatenate(roles)) if roles else np.empty(0, dtype=np.int64)
        return self._values.get((facet, folded), np.empty(0, dtype=np.int64))

    def _roles(self) -> Sequence[str]:
        return tuple(self.index.catalog.domain.roles)

    def _why(self, row: int, wanted: Sequence[tuple[str, str]]) -> str:
        item = self.index.catalog[row]
        has = [v for facet, v in wanted if v.casefold() in {x.casefold() for x in item.values(facet)}]
        return ", ".join(dict.fromkeys(has)) or "meets your conditions"


def _within_reach(order: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Places that closeness, between -1 and 1 times its say, could still bring among the first `k`."""
    if not 0 < k < len(order):
        return np.arange(len(order))
    bar = np.partition(order, len(order) - k)[len(order) - k] - 2 * MEANING_SAY
    return np.flatnonzero(order >= bar)
