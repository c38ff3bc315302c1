"""Examples of ranking by letters: what somebody liked, films under letters, and the letter of the one they liked next.

From MovieLens latest-small alone, whose terms allow it (see NOTICE), and only films of the shipped catalogue. The last two
films that somebody liked are never used, so evaluations that ask for the last one find it unseen.

Source of the form: Yue et al., "LlamaRec", arXiv:2311.02089.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parley.agent.tuning.examples import Example, ExampleError
from parley.agent.tuning.forms import LETTERS, rank_prompt
from parley.tools.items import Catalog
from parley.tools.ranking.language import item_line, tell_history
from parley.tools.recommenders.data import load_interactions
from parley.tools.seams import RankRequest, Taste

NAME = "movielens-latest-small"
_LIKED = 4.0
"""Stars from which a rating is a like."""
_HELD_BACK = 2
_SIZES = (5, 8, 10, 12, 16, 20)
"""How many candidates a list may have."""
_TOLD = 8
"""Likes told at most."""


class RankingMaker:
    """Draws ranking lists from the likes of MovieLens users.

    Raises:
        ExampleError: the ratings are not in the mirror folder.
    """

    def __init__(self, catalog: Catalog, mirror: Path) -> None:
        folder = mirror / NAME
        if not folder.is_dir():
            raise ExampleError(f"no {NAME!r} in {str(mirror)!r}: set PARLEY_DATA_MIRROR to a folder that holds it")
        log = load_interactions(NAME, folder)
        self.catalog = catalog
        by_link = {item.links["movielens"]: n for n, item in enumerate(catalog) if "movielens" in item.links}
        place = np.array([by_link.get(item_id, -1) for item_id in log.item_ids])
        liked: dict[int, list[int]] = {}
        for row in np.lexsort((np.arange(len(log)), log.time)):
            film = int(place[log.item_index[row]])
            if film >= 0 and log.weight[row] >= _LIKED:
                liked.setdefault(int(log.user_index[row]), []).append(film)
        self._touched: dict[int, set[int]] = {}
        for user, item in zip(log.user_index, log.item_index, strict=True):
            self._touched.setdefault(int(user), set()).add(int(place[item]))
        self.users = {log.user_ids[u]: (u, films[:-_HELD_BACK]) for u, films in liked.items() if len(films) >= 6}
        self._popularity = np.bincount(place[log.item_index][place[log.item_index] >= 0], minlength=len(catalog))

    def examples(self, count: int, seed: int) -> Iterator[Example]:
        """`count` lists; the same for the same seed, ratings and catalogue."""
        rng = np.random.default_rng([seed, *b"rank"])
        names = sorted(self.users)
        for _ in range(count):
            name = names[int(rng.integers(len(names)))]
            yield self._example(name, rng)

    def _example(self, name: str, rng: np.random.Generator) -> Example:
        user, films = self.users[name]
        at = int(rng.integers(1, len(films)))
        target, known = films[at], films[max(0, at - _TOLD) : at]
        size = int(rng.choice(_SIZES))
        shown = np.array([target, *self._others(user, target, size - 1, rng)])
        rng.shuffle(shown)
        taste = Taste(reactions=tuple((self.catalog[n].item_id, 1.0) for n in known))
        lines = [item_line(self._describe, self.catalog[int(n)].item_id) for n in shown]
        return Example(
            role="rank",
            prompt=rank_prompt(tell_history(RankRequest(taste=taste), self._describe, most=_TOLD), lines),
            target=LETTERS[int(np.flatnonzero(shown == target)[0])],
            group=f"user:{NAME}/{name}",
            source=NAME,
        )

    def _describe(self, item_id: str) -> str:
        return self.catalog[item_id].label

    def _others(self, user: int, target: int, count: int, rng: np.random.Generator) -> list[int]:
        """Films the user never rated: half of them at random, half about as well known as the target."""
        open_ = np.setdiff1d(np.flatnonzero(self._popularity), list(self._touched[user]))
        half = count // 2
        random = rng.choice(open_, size=count - half, replace=False)
        left = np.setdiff1d(open_, random)
        return [int(n) for n in (*random, *rng.choice(left, size=half, replace=False, p=self._likeness(left, target)))]

    def _likeness(self, films: NDArray[np.int64], target: int) -> NDArray[np.float64]:
        """Probability of each film as a negative, by how near its renown is to the target's."""
        apart = np.abs(np.log1p(self._popularity[films]) - np.log1p(self._popularity[target]))
        weight: NDArray[np.float64] = np.exp(-3.0 * apart)
        weight /= weight.sum()
        return weight
