"""What a retriever found, as numbers: rows, scores, and a way to say why, asked only of the items that are shown.

Five sources of a hundred items each would be a thousand small objects a question, nine tenths of them thrown away.

Source of the fusion: Cormack, Clarke & Buettcher, "Reciprocal Rank Fusion", SIGIR 2009.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from parley.tools.candidates import Candidate, Source
from parley.tools.items import Catalog
from parley.tools.retrieval.embedding import Floats

RANK_OFFSET = 60
"""The constant of reciprocal-rank fusion: how little the first places stand out."""


@dataclass(frozen=True)
class Hits:
    """One source's list, best first."""

    name: str
    rows: NDArray[np.int64]
    """(m,) places in the catalogue, each once."""
    scores: Floats
    """(m,) on the source's own scale."""
    why: Callable[[int], str]
    """From a place in this list to what matched there."""
    given: Mapping[int, tuple[Source, ...]] = field(default_factory=dict)
    """By place in this list, the sources that came with it: a third party's candidates bring their own."""

    @classmethod
    def none(cls, name: str) -> Hits:
        return cls(name, np.empty(0, np.int64), np.empty(0, np.float32), lambda place: "")

    @classmethod
    def of(cls, name: str, candidates: Sequence[Candidate], catalog: Catalog) -> Hits:
        """From ready candidates; those the catalogue does not have, or has had already, are left out."""
        known = {catalog.positions[c.item_id]: c for c in reversed(candidates) if c.item_id in catalog.positions}
        kept = list(reversed(known.items()))
        return cls(
            name,
            np.array([row for row, _ in kept], dtype=np.int64),
            np.array([c.score for _, c in kept], dtype=np.float32),
            lambda place: "",
            {place: c.sources for place, (_, c) in enumerate(kept) if c.sources},
        )

    def __len__(self) -> int:
        return len(self.rows)

    def sources(self, place: int) -> tuple[Source, ...]:
        """Who proposed the item at this place, and why."""
        if place in self.given:
            return self.given[place]
        return (Source(name=self.name, rank=place + 1, score=float(self.scores[place]), why=self.why(place)),)

    def candidates(self, catalog: Catalog) -> list[Candidate]:
        return [
            Candidate(item_id=catalog[int(row)].item_id, score=float(self.scores[place]), sources=self.sources(place))
            for place, row in enumerate(self.rows)
        ]


def fuse_hits(
    lists: Sequence[Hits], weights: Mapping[str, float], k: int, allowed: NDArray[np.bool_], catalog: Catalog
) -> list[Candidate]:
    """The `k` best by the sum over sources of weight / (60 + rank), each with every source that proposed it.

    The order depends on ranks only, so scales mix. Equal sums keep the order in which sources were given.

    Args:
        allowed: (n_items,) bool: the last word on filters and exclusions, whatever a source proposed.
    """
    lists = [hits for hits in lists if len(hits)]
    if not lists:
        return []
    rows = np.concatenate([hits.rows for hits in lists])
    shares = [weights.get(hits.name, 1.0) / (RANK_OFFSET + 1 + np.arange(len(hits))) for hits in lists]
    found, first, inverse = np.unique(rows, return_index=True, return_inverse=True)
    total = np.bincount(inverse, weights=np.concatenate(shares))
    order = np.lexsort((first, -total))
    best = order[allowed[found[order]]][:k]
    places = [{int(row): place for place, row in enumerate(hits.rows)} for hits in lists]
    return [
        Candidate(
            item_id=catalog[int(found[one])].item_id,
            score=float(total[one]),
            sources=_distinct(
                source
                for hits, place in zip(lists, places, strict=True)
                if int(found[one]) in place
                for source in hits.sources(place[int(found[one])])
            ),
        )
        for one in best
    ]


def _distinct(sources: Iterable[Source]) -> tuple[Source, ...]:
    kept: dict[str, Source] = {}
    for source in sources:
        kept.setdefault(source.name, source)
    return tuple(kept.values())
