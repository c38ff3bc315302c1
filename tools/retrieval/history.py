"""The part of a long history that bears on a request.

After Lin et al., "ReLLa: Retrieval-enhanced Large Language Models for Lifelong Sequential Behavior
Comprehension", WWW 2024: what someone did that resembles the request says more than what they did
last, and fits a prompt. What is chosen keeps its order in time.
"""

from __future__ import annotations

import numpy as np

from parley.tools.retrieval.embedding import Floats
from parley.tools.retrieval.index import CatalogIndex, top_indices
from parley.tools.seams import Taste


def select_history(taste: Taste, index: CatalogIndex, about: str | Floats, k: int = 15, *, latest: int = 0) -> Taste:
    """The `k` reactions most like what is asked about, oldest first.

    Args:
        about: the request in words, or a (dim,) unit vector such as a candidate's.
        latest: of the `k`, this many are simply the latest.

    Returns:
        A shorter history; the same one if it is short enough, unknown items left out.
    """
    known = [(i, w) for i, w in taste.reactions if i in index.catalog.positions]
    if len(known) <= k:
        return Taste(reactions=tuple(known))
    asked = index.embedder.embed_query(about) if isinstance(about, str) else about
    likeness = index.vectors_of(item_id for item_id, _ in known) @ asked
    recent = list(range(len(known) - min(latest, k), len(known)))
    likeness[recent] = -np.inf
    chosen = sorted([*recent, *top_indices(likeness, k - len(recent)).tolist()])
    return Taste(reactions=tuple(known[place] for place in chosen))
