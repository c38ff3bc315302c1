"""Grounding: free text that means an item ("the one with the spinning top", "teh matrx") to real items.

After Bao et al., "BIGRec: A Bi-Step Grounding Paradigm for LLMs in Recommendation", arXiv:2308.08434:
what a model or a person writes is tied to the nearest item by embedding distance, and the distance is
divided by (1 + popularity)^gamma, since of two near items the better known one is meant. Misspelt
titles are beyond a sentence embedder, so distance in letters (trigrams) is the second view.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.tools.candidates import Candidate, Source
from parley.tools.retrieval.documents import fold_accents
from parley.tools.retrieval.embedding import Floats
from parley.tools.retrieval.index import CatalogIndex, top_indices


class Grounder:
    """Ties text to items of one catalogue; whatever is asked, only real items come back."""

    name = "grounded"

    def __init__(
        self,
        index: CatalogIndex,
        *,
        popularity: NDArray[np.float32] | None = None,
        gamma: float = 0.1,
        letters: float = 0.75,
    ) -> None:
        """Args:
        popularity: (n_items,) on any scale that grows; None takes all as equal.
        gamma: how much being well known shortens a distance; 0 not at all.
        letters: share of the distance in letters against that in meaning.
        """
        self.index = index
        self.gamma = gamma
        self.letters = letters
        self._popularity = np.zeros(len(index), dtype=np.float32)
        if popularity is not None and len(popularity):
            low, high = float(popularity.min()), float(popularity.max())
            self._popularity = ((popularity - low) / max(high - low, 1e-9)).astype(np.float32)

    def ground(self, text: str, k: int = 1, *, allowed: NDArray[np.bool_] | None = None) -> list[Candidate]:
        """The `k` items most likely meant, best first. A score is 1 - the weighted distance, at most 1."""
        if not text.strip() or not len(self.index):
            return []
        distance = self.distances(text) / (1 + self._popularity) ** self.gamma
        rows = np.arange(len(self.index)) if allowed is None else np.flatnonzero(allowed)
        best = rows[top_indices(-distance[rows], k)]
        return [
            Candidate(
                item_id=self.index.catalog[int(row)].item_id,
                score=1 - float(distance[row]),
                sources=(
                    Source(name=self.name, rank=rank, score=1 - float(distance[row]), why=f'nearest to "{text[:60]}"'),
                ),
            )
            for rank, row in enumerate(best, 1)
        ]

    def distances(self, text: str) -> Floats:
        """(n_items,) in [0, 1]: letters against titles and aliases, meaning against items.

        Not shifted to start at 0, as the paper does: nothing could then come before the nearest item.
        """
        meaning = np.clip(1 - self.index.vectors @ self.index.embedder.embed_query(text), 0, 1)
        letters = 1 - self._letter_likeness(text)
        result: Floats = (self.letters * letters + (1 - self.letters) * meaning).astype(np.float32)
        return result

    def _letter_likeness(self, text: str) -> Floats:
        """(n_items,) cosine of letter trigrams with the item's nearest name."""
        vectorizer, names, owners = self._names
        products = (names @ vectorizer.transform([_plain(text)]).T).toarray()[:, 0]
        best = np.zeros(len(self.index), dtype=np.float32)
        np.maximum.at(best, owners, products.astype(np.float32))
        return best

    @cached_property
    def _names(self) -> tuple[Any, Any, NDArray[np.int64]]:
        """The trigram table of all names, and whose each is."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        pairs = [
            (_plain(name), row) for row, item in enumerate(self.index.catalog) for name in (item.title, *item.aliases)
        ]
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), sublinear_tf=True)
        table = vectorizer.fit_transform([name or "?" for name, _ in pairs])
        return vectorizer, table, np.asarray([row for _, row in pairs], dtype=np.int64)


def grounded_ids(grounder: Grounder, texts: Sequence[str]) -> list[str]:
    """The item each text means, in order; repeated items once. For lists a language model writes."""
    found = [candidates[0].item_id for text in texts if (candidates := grounder.ground(text))]
    return list(dict.fromkeys(found))


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in fold_accents(text)).split())
