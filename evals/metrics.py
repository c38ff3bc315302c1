"""Ranking metrics one case at a time, and what a set of lists is like beyond accuracy.

Accuracy metrics return one value a case, so that `evals.intervals.bootstrap` can put an interval around
the mean and two models can be compared case by case. Ranks count from 0; ties count against the target.
All of them rank the full catalogue: metrics over sampled negatives do not order models faithfully
(Krichene & Rendle, KDD 2020).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def rank_targets(scores: NDArray[np.floating], targets: Ints, known: Sequence[Collection[int]]) -> Ints:
    """(n,) rank of each row's target among the items not known to that person; a tie ranks the target last.

    Args:
        scores: (n, n_items); not changed.
        targets: (n,) item indices.
        known: what each person has already, left out of the ranking (the target stays in).
    """
    hidden = np.array(scores, dtype=np.float64)
    own = hidden[np.arange(len(targets)), targets].copy()
    for row, items in enumerate(known):
        hidden[row, list(items)] = -np.inf
    hidden[np.arange(len(targets)), targets] = own
    above = (hidden > own[:, None]).sum(axis=1)
    tied = (hidden == own[:, None]).sum(axis=1) - 1
    return np.asarray(above + tied, dtype=np.int64)


def hit_at(k: int, ranks: Ints) -> Floats:
    """1 where the one target is among the first `k`; also its Recall@k."""
    return (ranks < k).astype(np.float64)


def ndcg_at(k: int, ranks: Ints) -> Floats:
    """NDCG@k with one relevant item: 1 / log2(rank + 2) where it is among the first `k`, else 0."""
    return np.where(ranks < k, 1.0 / np.log2(ranks + 2.0), 0.0)


def reciprocal_rank(ranks: Ints) -> Floats:
    """1 / (rank + 1) over the whole list."""
    return np.asarray(1.0 / (ranks + 1.0), dtype=np.float64)


def recall_of(ranked: Sequence[int], relevant: Collection[int], k: int) -> float:
    """Share of the relevant found in the first `k`, of as many as fit: |hits| / min(k, |relevant|); nan if none is.

    The denominator is that of Liang et al., "Variational Autoencoders for Collaborative Filtering", WWW 2018.
    """
    wanted = set(relevant)
    if not wanted:
        return math.nan
    return sum(item in wanted for item in ranked[:k]) / min(k, len(wanted))


def ndcg_of(ranked: Sequence[int], relevant: Collection[int], k: int) -> float:
    """NDCG@k with equally relevant items; nan if none is. Source: Järvelin & Kekäläinen, TOIS 2002."""
    wanted = set(relevant)
    if not wanted:
        return math.nan
    gain = sum(1 / math.log2(place + 2) for place, item in enumerate(ranked[:k]) if item in wanted)
    return gain / sum(1 / math.log2(place + 2) for place in range(min(k, len(wanted))))


def coverage(lists: NDArray[np.integer], n_items: int) -> float:
    """Share of the catalogue that appears in at least one list. `lists`: (n, k) item indices."""
    return len(np.unique(lists)) / n_items


def gini(lists: NDArray[np.integer], n_items: int) -> float:
    """How unevenly the lists spread over the catalogue: 0 all items equally often, towards 1 a few only."""
    counts = np.sort(np.bincount(np.ravel(lists), minlength=n_items).astype(np.float64))
    total = counts.sum()
    if total == 0:
        return math.nan
    weights = 2 * np.arange(1, n_items + 1) - n_items - 1
    return float((weights * counts).sum() / (n_items * total))


def popularity_lift(lists: NDArray[np.integer], popularity: Floats, histories: Sequence[Collection[int]]) -> Floats:
    """(n,) mean popularity of each list over that of the person's own history, less 1; 0: as popular as their taste.

    Source: Abdollahpouri et al., "The Connection Between Popularity Bias, Calibration, and Fairness", RecSys 2020.
    """
    own = np.array([popularity[list(items)].mean() if len(items) else math.nan for items in histories])
    shown = popularity[lists].mean(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(own > 0, shown / own - 1.0, math.nan)


def intra_list_diversity(lists: NDArray[np.integer], groups: Sequence[frozenset[str]]) -> Floats:
    """(n,) mean Jaccard distance between the groups (genres) of each pair in a list; nan where under two have any.

    Source: Ziegler et al., "Improving recommendation lists through topic diversification", WWW 2005.
    """
    found = []
    for row in np.asarray(lists):
        tagged = [groups[item] for item in row if groups[item]]
        distances = [
            1 - len(one & other) / len(one | other) for place, one in enumerate(tagged) for other in tagged[:place]
        ]
        found.append(sum(distances) / len(distances) if distances else math.nan)
    return np.array(found, dtype=np.float64)
