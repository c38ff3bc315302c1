"""A slate of different things: maximal marginal relevance over item vectors.

Source: Carbonell & Goldstein, "The Use of MMR, Diversity-Based Reranking", SIGIR 1998.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from parley.tools.candidates import Candidate


def diversify(
    candidates: Sequence[Candidate], vectors: NDArray[np.float32], *, lambda_: float = 0.8, k: int | None = None
) -> list[Candidate]:
    """Choose `k` candidates one by one, each relevant and unlike those chosen before.

    Each step takes the largest lambda * relevance - (1 - lambda) * similarity to the nearest chosen one.
    Relevance is the candidate's score scaled to [0, 1] over the list; scores themselves are kept.

    Args:
        candidates: best first.
        vectors: (m, d) float32 unit rows, one a candidate.
        lambda_: 1 keeps the order of relevance, 0 looks at difference only.
        k: how many; None orders them all.

    Raises:
        ValueError: the numbers of candidates and vectors differ, or lambda is outside [0, 1].
    """
    if len(candidates) != len(vectors):
        raise ValueError(f"{len(candidates)} candidates but {len(vectors)} vectors; give one vector a candidate")
    if not 0 <= lambda_ <= 1:
        raise ValueError(f"lambda_ is {lambda_}; it must lie between 0 (different) and 1 (relevant)")
    size = len(candidates) if k is None else min(k, len(candidates))
    if size < 1:
        return []
    relevance = _scaled(np.array([c.score for c in candidates], dtype=np.float64))
    nearest = np.full(len(candidates), -np.inf)
    chosen = [int(relevance.argmax())]
    while len(chosen) < size:
        nearest = np.maximum(nearest, vectors @ vectors[chosen[-1]])
        gain = lambda_ * relevance - (1 - lambda_) * nearest
        gain[chosen] = -np.inf
        chosen.append(int(gain.argmax()))
    return [candidates[place] for place in chosen]


def intra_list_similarity(vectors: NDArray[np.float32]) -> float:
    """Mean cosine similarity of the pairs in a list; lower is more diverse. nan below two items.

    Args:
        vectors: (m, d) float32 unit rows.

    Source: Ziegler et al., "Improving Recommendation Lists Through Topic Diversification", WWW 2005.
    """
    size = len(vectors)
    if size < 2:
        return float("nan")
    products = vectors @ vectors.T
    return float((products.sum() - np.trace(products)) / (size * (size - 1)))


def _scaled(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = scores.min(), scores.max()
    return (scores - low) / (high - low) if high > low else np.ones_like(scores)
