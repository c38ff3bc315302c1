"""Personas: from real interaction histories, or drawn from a catalogue when no data set is at hand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parley.evals.simulate.records import Persona
from parley.tools.items import Catalog
from parley.tools.recommenders.data import Interactions


def drawn_personas(
    catalog: Catalog,
    vectors: NDArray[np.float32],
    popularity: NDArray[np.float32],
    n: int,
    *,
    seed: int = 1,
    named: str = "drawn",
) -> list[Persona]:
    """People who need no data set: an item they want, and liked ones near it and elsewhere.

    The wanted item is drawn by renown, half of the time only among the less known half. Three liked items
    are near it in text, two are anyone's favourites: taste says something about the target and not
    everything. Drawn from texts, not from the recommender under test.

    Args:
        vectors: (n_items, d) float32 unit rows.
        popularity: (n_items,) float32, 0 to 1.
        named: what their ids begin with.
    """
    rng = np.random.default_rng(seed)
    weight = np.exp(3.0 * popularity.astype(np.float64))
    niche = np.where(popularity <= np.median(popularity), weight, 0.0)
    personas = []
    for number in range(n):
        is_niche = bool(number % 2)
        p = niche if is_niche else weight
        target = int(rng.choice(len(catalog), p=p / p.sum()))
        near = np.argsort(-(vectors @ vectors[target]), kind="stable")[1:40]
        close = rng.choice(near, size=3, replace=False)
        others = rng.choice(len(catalog), size=2, replace=False, p=weight / weight.sum())
        liked = [int(i) for i in dict.fromkeys([*others, *close]) if int(i) != target]
        personas.append(
            Persona(
                persona_id=f"{named}-{seed}-{number:04d}",
                targets=(catalog.items[target].item_id,),
                history=tuple((catalog.items[i].item_id, 1.0) for i in liked),
                traits={"patience": 0.5},
                slice="niche" if is_niche else "known",
            )
        )
    return personas


def people_drawn_from(home: Path, catalog: str | None, n: int, *, seed: int = 1, named: str = "drawn") -> list[Persona]:
    """`drawn_personas` over a catalogue in `home` (None: the films); the vectors are those of its agent's index."""
    from parley.agent.api import Agent

    with Agent.open(home=home, model="none", catalog=catalog) as agent:
        services = agent.parts.services
        assert services.vectors is not None
        return drawn_personas(services.catalog, services.vectors, services.popularity, n, seed=seed, named=named)


def personas_from_history(
    interactions: Interactions, catalog: Catalog, n: int, *, seed: int = 1, liked_from: float = 4.0
) -> list[Persona]:
    """People from a log: the last thing they liked is what they want, what they reacted to before is known.

    Args:
        interactions: a log whose item ids are the catalogue's.
        liked_from: the lowest weight that counts as a like.
    """
    order = np.lexsort((np.arange(len(interactions)), interactions.time))
    by_user: dict[int, list[tuple[str, float]]] = defaultdict(list)
    for row in order:
        item_id = interactions.item_ids[int(interactions.item_index[row])]
        if item_id in catalog:
            by_user[int(interactions.user_index[row])].append((item_id, float(interactions.weight[row])))
    personas = []
    for user, rows in sorted(by_user.items()):
        likes = [place for place, (_, weight) in enumerate(rows) if weight >= liked_from]
        if len(likes) < 4:
            continue
        target = rows[likes[-1]][0]
        before = [(i, 1.0 if w >= liked_from else -1.0) for i, w in rows[: likes[-1]] if i != target][-50:]
        personas.append(
            Persona(
                persona_id=f"{interactions.name}-{interactions.user_ids[user]}",
                targets=(target,),
                history=tuple(before),
                traits={"patience": 0.5},
                slice="cold" if len(before) < 10 else "warm",
            )
        )
    picked = np.random.default_rng(seed).permutation(len(personas))[:n]
    return [personas[i] for i in sorted(picked)]


def known_likes(persona: Persona, catalog: Catalog) -> Sequence[str]:
    """Ids of what the persona liked before, oldest first."""
    return [item_id for item_id, weight in persona.history if weight > 0 and item_id in catalog]
