"""Ranking requests from a rating log: each person's last item is to be found among 20 candidates.

`random`: the last item and 19 the person never touched, as LLMRank builds them. `retriever`: the 20 best of the
classical recommender, whether the last item is among them or not, as in a product. Candidates arrive in
the recommender's order with its scores.

Source: Hou et al. (LLMRank), ECIR 2024, arXiv:2305.08845.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from parley.tools.candidates import Candidate
from parley.tools.recommenders.base import best_first
from parley.tools.recommenders.data import Histories, Interactions
from parley.tools.recommenders.ease import Ease
from parley.tools.seams import RankRequest, Taste


class RankEvalError(ValueError):
    """A ranking evaluation that cannot be run; the message names the mend."""


@dataclass(frozen=True)
class Asked:
    """One request: what the ranker sees, and what it should put first."""

    request: RankRequest
    candidates: tuple[Candidate, ...]
    """Best first by the recommender."""
    target: str
    source: str
    """"random" or "retriever"."""
    activity: int
    """Items the recommender knows of the person."""


def make_requests(
    log: Interactions, *, users: int, source: str, seed: int = 0, size: int = 20, told: int = 10,
    history: int | None = None,
) -> tuple[list[Asked], dict[str, float]]:  # fmt: skip
    """Requests of `users` random people, and each item's share of the people as its popularity.

    Args:
        told: how many of the newest items a ranker is told.
        history: the people asked about are cut to so many of their newest items, for the recommender as well; it
            learned from whole histories, less the item to be found.

    Raises:
        RankEvalError: fewer people with 5 items than asked for.
    """
    histories = log.histories()
    rng = np.random.default_rng(seed)
    able = np.flatnonzero(histories.lengths >= 5)
    if len(able) < users or users < 2:
        raise RankEvalError(
            f"{users} users asked for, {len(able)} have 5 items or more; give --users between 2 and that"
        )
    chosen = rng.permutation(able)[:users]
    before = histories.without_last()
    model = Ease.fit(before.interactions(log.item_ids))
    cut = before.take(chosen)
    if history is not None:
        cut = Histories.of([cut[row][-history:].tolist() for row in range(users)], log.n_items)
    scores = model.score_all(cut)
    popularity = np.bincount(before.items, minlength=log.n_items) / max(1, log.n_users)
    found = []
    for row, person in enumerate(chosen):
        seen, known = before[person], cut[row]
        target = int(histories[person][-1])
        unseen = np.setdiff1d(np.arange(log.n_items), seen)
        if source == "random":
            others = rng.choice(np.setdiff1d(unseen, [target]), size - 1, replace=False)
            pool = np.array([target, *others])
        else:
            masked = scores[row].copy()
            masked[seen] = -np.inf
            pool = best_first(masked, size)
        ordered = pool[np.argsort(-scores[row][pool], kind="stable")]
        candidates = tuple(Candidate(item_id=log.item_ids[i], score=float(scores[row][i])) for i in ordered)
        taste = Taste(reactions=tuple((log.item_ids[i], 1.0) for i in known[-told:]))
        found.append(Asked(RankRequest(taste=taste), candidates, log.item_ids[target], source, len(known)))
    return found, {item_id: float(p) for item_id, p in zip(log.item_ids, popularity, strict=True)}
