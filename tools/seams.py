"""The seams of the catalogue side: what a retriever, a recommender and a ranker must do.

Each Protocol has one shared test suite under `tests/tools/` that every implementation passes.
Third parties add theirs through the entry points `parley.retrievers`, `parley.recommenders` and
`parley.rankers`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from parley.tools.candidates import Candidate
from parley.tools.filters import Filter


class Taste(BaseModel):
    """What is known of a person's reactions to items: `item_id`, weight, oldest first.

    A positive weight is a like (1.0 an ordinary one), a negative weight a dislike.
    """

    model_config = ConfigDict(frozen=True)

    reactions: tuple[tuple[str, float], ...] = ()

    @property
    def liked(self) -> tuple[str, ...]:
        return tuple(item_id for item_id, weight in self.reactions if weight > 0)


class Query(BaseModel):
    """What a retriever is asked for."""

    model_config = ConfigDict(frozen=True)

    text: str = ""
    """Free text to match by meaning or words; may be empty."""
    filter: Filter = Filter({})
    """Hard conditions: nothing that fails them may be returned."""
    taste: Taste = Taste()
    exclude: frozenset[str] = frozenset()
    """Item ids never to return."""


@runtime_checkable
class Retriever(Protocol):
    """Proposes candidates for a query."""

    name: str

    def retrieve(self, query: Query, k: int) -> list[Candidate]:
        """At most `k` distinct candidates, best first, each with this retriever as a source."""
        ...


@runtime_checkable
class Recommender(Protocol):
    """A classical model of taste over one vocabulary of items."""

    name: str
    item_ids: tuple[str, ...]
    """The items it knows; columns of its scores are in this order."""

    def fold_in(self, taste: Taste) -> NDArray[np.float32]:
        """(n_items,) float32 scores for a person it has never seen; unknown ids are ignored.

        Comparable within one call only. With nothing known of the person: its popularity prior.
        """
        ...

    def recommend(self, taste: Taste, k: int, *, exclude: frozenset[str] = frozenset()) -> list[tuple[str, float]]:
        """The `k` best items with scores, best first, never one in `taste` or `exclude`."""
        ...

    def save(self, folder: Path) -> None:
        """Write safetensors + JSON."""
        ...


class RankRequest(BaseModel):
    """What a ranker may look at besides the candidates."""

    model_config = ConfigDict(frozen=True)

    wish: str = ""
    """The request in plain words."""
    taste: Taste = Taste()
    """History, oldest first."""


class RankedList(BaseModel):
    """The same candidates in a new order."""

    model_config = ConfigDict(frozen=True)

    candidates: tuple[Candidate, ...]
    scores: Mapping[str, float] = {}
    """The ranker's own score by item id, when it has one."""
    model_calls: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    fell_back: bool = False
    """True if the ranker's output was unusable and the input order was kept."""


@runtime_checkable
class Ranker(Protocol):
    """Orders candidates. It may neither add nor drop one."""

    name: str

    def rank(self, request: RankRequest, candidates: Sequence[Candidate]) -> RankedList: ...
