"""What rating logs and everyday words say of films, for the dialogue sets that are about films."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from parley.tools.recommenders.data import InteractionsError, load_interactions
from parley.tools.recommenders.dialogue_evidence import Likeness
from parley.tools.recommenders.ease import invert_gram, weights_of

GENRE_WORDS = {
    "scary": "horror", "horror": "horror", "funny": "comedy", "comedies": "comedy", "romantic": "romance",
    "romcom": "romance", "animated": "animation", "cartoon": "animation", "kids": "family", "children": "family",
    "thrillers": "thriller", "suspense": "thriller", "dramas": "drama", "sci": "sci-fi", "scifi": "sci-fi",
    "space": "sci-fi", "documentaries": "documentary", "superhero": "action", "marvel": "action",
    "disney": "animation",
}  # fmt: skip
"""What people say to the genre they mean; a genre's own name need not be here."""


def fit_likeness(numbers: Sequence[str | None], mirror: Path) -> tuple[dict[str, Likeness], dict[str, Any]]:
    """Item-item weights and popularity from MovieLens latest-small (3 stars and more) and 1M, where they are at hand.

    Args:
        numbers: the MovieLens id of each item, None where it has none.

    Returns:
        Likeness by name, and (n_items,) log counts by name (0 where unknown).
    """
    from scipy.sparse import vstack

    ids = sorted({number for number in numbers if number is not None}, key=int)
    small, large = (_matrix(name, mirror, ids) for name in ("movielens-latest-small", "movielens-1m"))
    logs = [log for log in (small, large) if log is not None]
    if not logs:
        return {}, {}
    tables = {"ratings_ease": weights_of(invert_gram(vstack(logs).tocsr(), 300.0))}
    if small is not None:
        tables["ratings_ease_small"] = weights_of(invert_gram(small, 100.0))
        tables["ratings_cosine"] = _cosine(small)
    row_of = {movie_id: row for row, movie_id in enumerate(ids)}
    positions = np.array([i for i, number in enumerate(numbers) if number is not None], dtype=np.int64)
    rows = np.array([row_of[number] for number in numbers if number is not None], dtype=np.int64)
    counts = {}
    for name, log in (("ratings_small", small), ("ratings_1m", large)):
        if log is not None:
            counts[name] = np.zeros(len(numbers), np.float32)
            counts[name][positions] = np.log1p(np.asarray(log.sum(axis=0)).ravel())[rows]
    return {name: Likeness(positions, table[np.ix_(rows, rows)]) for name, table in tables.items()}, counts


def _matrix(name: str, mirror: Path, ids: list[str]) -> Any:
    """(people, len(ids)) CSR of ones; None if the data set is not here."""
    from scipy.sparse import csr_matrix

    try:
        log = load_interactions(name, mirror / name)
    except InteractionsError:
        return None
    column = {movie_id: k for k, movie_id in enumerate(ids)}
    kept = np.array([column.get(i, -1) for i in log.item_ids])[log.item_index]
    rows = (kept >= 0) & ((log.weight >= 3) | (log.weight.max() <= 1))
    return csr_matrix(
        (np.ones(int(rows.sum()), np.float32), (log.user_index[rows], kept[rows])), shape=(log.n_users, len(ids))
    )


def _cosine(matrix: Any, shrink: float = 5.0) -> Any:
    """(n, n) cosine of columns, shrunk where few people like both; zero diagonal."""
    both = (matrix.T @ matrix).toarray().astype(np.float32)
    size = np.sqrt(np.maximum(np.diag(both), 1e-9))
    found = both / np.outer(size, size) * (both / (both + shrink))
    np.fill_diagonal(found, 0)
    return found.astype(np.float32)
