"""What a catalogue entry is made of, as a vector: tags, people, decade and words, each weighed by rarity.

Two items are alike if they share rare things. It needs nobody's history, so a catalogue with no
interactions, and an item nobody has rated yet, still get a taste score.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.tools.items import Catalog, Item

TAG, PERSON, DECADE, WORD = 1.0, 0.8, 0.5, 0.5
"""How much a shared feature counts before its rarity does."""


def embed_content(catalog: Catalog) -> Any:
    """(n_items, n_features) float32 CSR: TF-IDF over an item's facets and words; rows of unit length or 0."""
    from scipy.sparse import csr_matrix

    rows = [dict(_features(item, tuple(catalog.domain.kinds), tuple(catalog.domain.roles))) for item in catalog]
    document_count = Counter(feature for row in rows for feature in row)
    columns = {feature: index for index, feature in enumerate(document_count)}
    rarity = {f: math.log(len(rows) / n) for f, n in document_count.items()}
    indptr, indices, data = [0], [], []
    for row in rows:
        values = {f: w * rarity[f] for f, w in row.items()}
        length = math.sqrt(sum(v * v for v in values.values())) or 1.0
        indices += [columns[f] for f in values]
        data += [v / length for v in values.values()]
        indptr.append(len(indices))
    return csr_matrix((np.array(data, dtype=np.float32), indices, indptr), shape=(len(rows), max(1, len(columns))))


def borrow_popularity(content: Any, popularity: NDArray[np.float32], rated: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Popularity for items without any: the similarity-weighted mean of their 20 closest rated items, halved.

    Args:
        content: (n_items, n_features) CSR with rows of unit length.
        popularity: (n_items,) counts; read where `rated`.
        rated: (n_items,) bool.

    Returns:
        (n_items,) float32; rated items keep their own.
    """
    result = popularity.astype(np.float32).copy()
    known = np.flatnonzero(rated)
    if not len(known):
        return result
    unrated, known_content = np.flatnonzero(~rated), content[known].T.tocsr()
    for start in range(0, len(unrated), 256):
        chunk = unrated[start : start + 256]
        similarity = np.asarray((content[chunk] @ known_content).todense())  # (c, rated)
        nearest = np.argsort(-similarity, axis=1, kind="stable")[:, :20]
        weights = np.take_along_axis(similarity, nearest, axis=1)
        total = weights.sum(axis=1)
        found = (weights * popularity[known[nearest]]).sum(axis=1) / np.where(total > 0, total, 1.0)
        result[chunk] = 0.5 * found
    return result


def _features(item: Item, kinds: tuple[str, ...], roles: tuple[str, ...]) -> Iterator[tuple[tuple[str, str], float]]:
    if item.year is not None:
        yield ("decade", str(item.year // 10)), DECADE
    for word in set(_words(" ".join((item.text, *(v for kind in kinds for v in item.values(kind)))))):
        yield ("word", word), WORD
    for kind in kinds:
        for value in item.values(kind):
            yield (kind, value.casefold()), TAG
    for role in roles:
        for value in item.values(role):
            yield (role, value.casefold()), PERSON


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]{4,}", text.casefold())
