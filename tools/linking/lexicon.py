"""What a domain's people say for the catalogue's values: "sci fi" for Sci-Fi, "rom com" for two genres."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict


class Lexicon(BaseModel):
    """Other words for values, facet by facet. Values the catalogue does not have are ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    synonyms: Mapping[str, Mapping[str, tuple[str, ...]]] = {}
    """Facet to value to phrases that mean it. One phrase may mean several values."""
    shy: frozenset[str] = frozenset()
    """Words that mean a value only beside "film", "something" or another value ("cool", "war")."""
    mute: frozenset[str] = frozenset()
    """Words that never mean a value by themselves ("short": about the running time)."""
    nouns: frozenset[str] = frozenset()
    """Words for the things of the catalogue besides the domain's own ("flick", "picture")."""
