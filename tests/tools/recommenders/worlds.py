"""A world small enough to see the right answer: eight films, two tastes."""

from __future__ import annotations

import numpy as np

from parley.tools.items import Catalog, Domain, Item, KindInfo
from parley.tools.recommenders import Interactions

SPACE = ("alien", "aliens", "gravity", "moon")
LOVE = ("amelie", "notting-hill", "before-sunrise", "titanic")
FILMS = (*SPACE, *LOVE)


def two_tastes(people: int = 40, seed: int = 0) -> Interactions:
    """Half the people like three of the four space films, half three of the four love stories; `titanic` is popular."""
    generator = np.random.default_rng(seed)
    users, items, times = [], [], []
    for person in range(people):
        films = list(generator.permutation(SPACE if person % 2 else LOVE)[:3])
        if person % 5 == 0 and "titanic" not in films:
            films.insert(int(generator.integers(0, 4)), "titanic")
        for place, film in enumerate(films):
            users.append(f"u{person}")
            items.append(str(film))
            times.append(float(place))
    return Interactions.from_columns(users, items, None, times, item_ids=FILMS, name="two-tastes")


def small_catalog() -> Catalog:
    """The eight films and one nobody rated, `solaris`, which is a space film."""
    domain = Domain(name="small", kinds={"genre": KindInfo(label="genre")})
    genre = dict.fromkeys(SPACE, "Space") | dict.fromkeys(LOVE, "Romance") | {"solaris": "Space"}
    return Catalog((Item(item_id=i, title=i, tags={"genre": (g,)}) for i, g in genre.items()), domain)
