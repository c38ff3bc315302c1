"""Interaction logs as sources of film personas, mapped to the catalogue."""

from __future__ import annotations

import os
from pathlib import Path

from parley.evals.simulate.run import SimulationError
from parley.tools.items import Catalog
from parley.tools.recommenders.data import Interactions

KNOWN = ("movielens-100k", "movielens-latest-small")


def film_interactions(name: str, catalog: Catalog) -> Interactions:
    """A MovieLens log whose item ids are the catalogue's.

    Raises:
        SimulationError: unknown data set, or no mirror to read it from.
    """
    from parley.tools.recommenders.catalog_taste import match_catalog
    from parley.tools.recommenders.data import load_interactions

    if name not in KNOWN:
        raise SimulationError(f"no personas from {name!r}; known: drawn, {', '.join(KNOWN)}")
    mirror = os.environ.get("PARLEY_DATA_MIRROR", "")
    if not mirror:
        raise SimulationError(
            f"personas from {name!r} need the data set: run `parley data get {name}` and set PARLEY_DATA_MIRROR"
        )
    return match_catalog(load_interactions(name, Path(mirror) / name), catalog, "movielens")
