"""The classical floor: candidates scored by every kind of evidence at hand, without a language model.

Each feature is on [0, 1] over the candidates of the turn, so the weights read as importance. An LLM
ranker may improve on this order (`tools/ranking/fusion.py`); it never replaces it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy.sparse import csr_matrix, diags

from parley.tools.candidates import Candidate, CandidateBus
from parley.tools.filters import Condition, Filter
from parley.tools.items import Catalog
from parley.tools.ranking.fusion import to_unit
from parley.tools.toolbox import Workbench, graded_mask

LEXICAL = "bm25"
"""The source whose scores say how well words match."""


class RankWeights(BaseModel):
    """How much each kind of evidence counts. Found by `parley eval simulate`; see docs/results."""

    model_config = ConfigDict(frozen=True)

    fused: float = 1.0
    """The reciprocal-rank fusion of the sources."""
    words: float = 0.6
    """How well the words asked for stand in an item's own text; what is only near in meaning may be about anything."""
    match: float = 2.5
    """The share of the wishes an item meets, rarer values counting more."""
    avoid: float = 1.5
    """Taken off for each thing to avoid that an item has."""
    said_now: float = 1.0
    """The share of what was wished with this very message that an item meets: taste must not outweigh it."""
    taste: float = 0.9
    """What the recommender makes of the person's reactions."""
    likeness: float = 1.5
    """How much an item is in kind and theme like something the person likes: people who rate one rate the other,
    but nobody says so of two that have nothing in common."""
    renown: float = 0.35
    """How well known an item is."""
    shown: float = 4.0
    """Taken off an item already shown this session, for each time."""


class SoftWish(BaseModel):
    """A wish as the ranking sees it."""

    model_config = ConfigDict(frozen=True)

    wish_id: str = ""
    facet: str
    condition: Condition
    avoid: bool = False
    weight: float = 1.0
    said_now: bool = False
    """Whether it came with the message being answered."""


def rank_classically(
    bus: CandidateBus,
    bench: Workbench,
    wishes: Sequence[SoftWish],
    *,
    weights: RankWeights | None = None,
    shown: Mapping[str, int] | None = None,
) -> CandidateBus:
    """Order the candidates; scores are sums of weighted features, comparable within the turn only."""
    if not len(bus):
        return bus
    w = weights or RankWeights()
    rows = np.array([bench.catalog.positions[c.item_id] for c in bus])
    score = w.fused * to_unit(np.array([c.score for c in bus]))
    score += w.words * in_words(bus)
    met, avoided = match_features(rows, bench, wishes)
    score += w.match * met - w.avoid * avoided
    if now := [wish for wish in wishes if wish.said_now]:
        score += w.said_now * match_features(rows, bench, now)[0]
    if bench.taste.reactions:
        score += w.taste * _percentile(_taste(rows, bench))
        score += w.likeness * likeness(rows, bench)
    score += w.renown * bench.popularity[rows]
    if shown:
        score -= w.shown * np.array([min(2, shown.get(c.item_id, 0)) for c in bus])
    ordered = np.argsort(-score, kind="stable")
    candidates = bus.candidates
    return CandidateBus(
        candidates=tuple(
            Candidate(item_id=candidates[i].item_id, score=round(float(score[i]), 4), sources=candidates[i].sources)
            for i in ordered
        )
    )


def in_words(bus: CandidateBus) -> NDArray[np.float64]:
    """(n,) float64 in [0, 1]: each candidate's lexical score beside the best of them."""
    lexical = [max((s.score for s in c.sources if s.name == LEXICAL), default=0.0) for c in bus]
    return np.array(lexical) / max(*lexical, 1e-9)


def match_features(
    rows: NDArray[np.int64], bench: Workbench, wishes: Sequence[SoftWish]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each candidate: the weighted share of wants it meets, and the weighted sum of avoids it has.

    Args:
        rows: (n,) catalogue positions.

    Returns:
        Two (n,) float64 arrays.
    """
    met, avoided, total = np.zeros(len(rows)), np.zeros(len(rows)), 0.0
    for wish in wishes:
        if wish.condition.any:
            grade = graded_mask(wish.facet, wish.condition.any, bench, avoid=wish.avoid)
        else:
            grade = bench.filters.mask(Filter({wish.facet: wish.condition})).astype(np.float64)
        if wish.avoid:
            avoided += wish.weight * grade[rows]
            continue
        rarity = 1.0 + np.log1p(len(grade) / max(1.0, float(grade.sum()))) / 8
        if len(rows) and grade[rows].min() >= 1.0:
            continue  # what every candidate meets tells none apart, and must not dilute what does
        met += wish.weight * rarity * grade[rows]
        total += wish.weight * rarity
    return (met / total if total else met), avoided


LATEST_LIKES = 5
"""Likes that likeness looks at: what somebody named last says most about tonight."""
_traits: WeakKeyDictionary[Catalog, csr_matrix] = WeakKeyDictionary()


def likeness(rows: NDArray[np.int64], bench: Workbench) -> NDArray[np.float64]:
    """(n,) float64 in [0, 1]: the cosine, over traits weighted by rarity, to the nearest of the latest likes."""
    liked = [bench.catalog.positions[i] for i in bench.taste.liked if i in bench.catalog.positions][-LATEST_LIKES:]
    if not liked:
        return np.zeros(len(rows))
    traits = _trait_matrix(bench.catalog)
    close = (traits[rows] @ traits[liked].T).toarray()  # (n, likes)
    close[np.asarray(rows)[:, None] == np.array(liked)] = 0.0  # nothing is like itself
    close = close.max(axis=1)  # (n,)
    return np.asarray(close / max(float(close.max()), 1e-9))


def _trait_matrix(catalog: Catalog) -> csr_matrix:
    """(n_items, n_traits) rows of unit length: values by the logarithm of their rarity.

    A kind of which an item has one value only (a language, a country) says half as much; an age limit nothing.
    """
    if catalog not in _traits:
        rows, columns, weights = list[int](), list[int](), list[float]()
        for kind, info in catalog.domain.kinds.items():
            single = all(len(item.values(kind)) <= 1 for item in catalog)
            for has in () if info.ages else catalog.vocabulary.get(kind, {}).values():
                column = columns[-1] + 1 if columns else 0
                rows.extend(has)
                columns.extend([column] * len(has))
                weights.extend([float(np.log(len(catalog) / len(has))) * (0.5 if single else 1.0)] * len(has))
        shape = (len(catalog), max(columns, default=0) + 1)
        matrix = csr_matrix((weights, (rows, columns)), shape=shape, dtype=np.float64)
        length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
        _traits[catalog] = csr_matrix(diags(1 / np.maximum(length, 1e-9)) @ matrix)
    return _traits[catalog]


def _taste(rows: NDArray[np.int64], bench: Workbench) -> NDArray[np.float64]:
    """(n,) the recommender's score; items it does not know get its lowest."""
    raw = bench.recommender.fold_in(bench.taste)
    known = {item_id: i for i, item_id in enumerate(bench.recommender.item_ids)}
    lowest = float(raw.min()) if len(raw) else 0.0
    return np.array([raw[known[i]] if (i := bench.catalog.items[r].item_id) in known else lowest for r in rows])


def _percentile(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank-normalised to [0, 1], ties averaged: robust to a recommender's scale."""
    if len(values) < 2:
        return np.full(len(values), 0.5)
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    highest = np.cumsum(counts)
    middle = highest - (counts + 1) / 2  # mean place of each group of ties, from 0
    return np.asarray(middle[inverse] / (len(values) - 1))
