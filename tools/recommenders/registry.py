"""Recommenders by name: ours, and those other packages add through the entry point `parley.recommenders`."""

from __future__ import annotations

import importlib
from importlib.metadata import entry_points
from pathlib import Path

from parley.tools.recommenders.base import ClassicalRecommender, RecommenderError, load_model

RECOMMENDERS: dict[str, str] = {
    "popularity": "parley.tools.recommenders.popularity:Popularity",
    "itemknn": "parley.tools.recommenders.itemknn:ItemKnn",
    "ease": "parley.tools.recommenders.ease:Ease",
    "nextitem": "parley.tools.recommenders.nextitem:NextItem",
    "als": "parley.tools.recommenders.factors:Als",
    "bpr": "parley.tools.recommenders.factors:Bpr",
    "blend": "parley.tools.recommenders.blend:Blend",
    "sasrec": "parley.tools.recommenders.sasrec:SasRec",
}
"""Name to where the class is; imported on first use, because some need torch."""


def recommender_class(name: str) -> type[ClassicalRecommender]:
    """The class behind a name.

    Raises:
        RecommenderError: there is none; the message lists the known ones.
    """
    where = {entry.name: entry.value for entry in entry_points(group="parley.recommenders")} | RECOMMENDERS
    if name not in where:
        raise RecommenderError(f"no recommender {name!r}; known: {', '.join(sorted(where))}")
    module, _, attribute = where[name].partition(":")
    found = getattr(importlib.import_module(module), attribute)
    if not isinstance(found, type) or not issubclass(found, ClassicalRecommender):
        raise RecommenderError(f"{where[name]!r} is not a ClassicalRecommender; mend its entry point")
    return found


def load_recommender(path: Path) -> ClassicalRecommender:
    """Read a saved model from its folder or `.safetensors` file.

    Raises:
        RecommenderError: a file is missing, damaged, of another format or of an unknown kind.
    """
    return load_model(path, recommender_class)
