"""What all classical recommenders share: a vocabulary, a prior, top-k, and files that are never pickles.

A model turns histories into scores (`score`). Everything a program asks for (`fold_in`, `recommend`,
`save`) is built on that here, once, so that every model treats dislikes, unknown ids, empty tastes and
ties alike.
"""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from parley.tools.recommenders.data import Histories, Interactions
from parley.tools.seams import Taste

FORMAT = 1
Progress = Callable[[float, str], None]
"""Called with the share done, from 0 to 1, and a few words."""
Tensors = dict[str, NDArray[Any]]


class RecommenderError(ValueError):
    """A recommender that cannot be trained, saved or read; the message names the mend."""


class RecommenderConfig(BaseModel):
    """Settings every recommender has."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    dislike: float = Field(default=0.5, ge=0, le=2)
    """How much a dislike counts beside a like of the same weight."""
    prior: float = Field(default=1e-4, ge=0)
    """Weight of the popularity prior beside the evidence; the default only breaks ties."""


class ClassicalRecommender(ABC):
    """A fitted model of taste over `item_ids`; implements the `Recommender` seam."""

    kind: ClassVar[str]
    config_class: ClassVar[type[RecommenderConfig]] = RecommenderConfig
    stochastic: ClassVar[bool] = False
    """True if the fit depends on the seed."""
    resumable: ClassVar[bool] = False
    """True if `fit` takes a folder `checkpoint`: it keeps its state there and goes on from what it finds."""

    def __init__(self, item_ids: Sequence[str], popularity: NDArray[np.float32], config: RecommenderConfig) -> None:
        """`popularity`: (n_items,) float32, any positive scale; what a person nothing is known of is offered."""
        self.name: str = self.kind
        self.item_ids: tuple[str, ...] = tuple(item_ids)
        self.positions = {item_id: index for index, item_id in enumerate(self.item_ids)}
        self.popularity = np.ascontiguousarray(popularity, dtype=np.float32)
        if self.popularity.shape != (len(self.item_ids),):
            raise RecommenderError(f"popularity has shape {self.popularity.shape}, ({len(self.item_ids)},) expected")
        self.config = config
        top = float(self.popularity.max(initial=0.0))
        self._prior: NDArray[np.float32] = (self.popularity / (top or 1.0)).astype(np.float32)
        self._ties = np.float32(config.prior) * self._prior

    @classmethod
    def small_config(cls) -> RecommenderConfig:
        """Settings that suit a handful of items and people; for examples and tests."""
        return cls.config_class()

    @classmethod
    @abstractmethod
    def fit(
        cls,
        interactions: Interactions,
        config: RecommenderConfig | None = None,
        *,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """Learn from a log. The same data, config and seed give the same model."""

    @classmethod
    def fit_or_resume(
        cls,
        interactions: Interactions,
        config: RecommenderConfig | None = None,
        *,
        checkpoint: Path,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        """`fit`, going on from what an interrupted one left in the folder `checkpoint`.

        Models that are fitted in one step leave nothing there.
        """
        kept: dict[str, Any] = {"checkpoint": checkpoint} if cls.resumable else {}
        return cls.fit(interactions, config, seed=seed, progress=progress, **kept)

    @abstractmethod
    def score(self, histories: Histories) -> NDArray[np.float32]:
        """(n, n_items) float32 evidence for each person, comparable within a row only.

        Dislikes arrive as negative weights, already scaled. An empty history scores 0 everywhere.
        """

    def score_one(self, items: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n_items,) float32: `score` of one person, without what is only needed to lay many end to end.

        Args:
            items: (m,) item indices, oldest first.
            weights: (m,) as in `Histories`.
        """
        whole = self.score(Histories(np.array([0, len(items)], np.int64), items, weights, len(self.item_ids)))
        return np.asarray(whole[0])

    @abstractmethod
    def tensors(self) -> Tensors:
        """What `save` writes besides the vocabulary, the prior and the config."""

    @classmethod
    @abstractmethod
    def from_tensors(
        cls, tensors: Tensors, item_ids: Sequence[str], popularity: NDArray[np.float32], config: RecommenderConfig
    ) -> Self:
        """The model `tensors` was made from."""

    def fold_in(self, taste: Taste) -> NDArray[np.float32]:
        """(n_items,) float32 scores for a person never seen; unknown ids are ignored.

        With no like among the known items the popularity prior leads, and dislikes lower what resembles them.
        """
        return self._fold_in(*self._places(taste))

    def _places(self, taste: Taste) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Indices and weights of the reactions to known items, in their order."""
        find = self.positions.get
        places = [find(i, -1) for i, _ in taste.reactions]
        weights = [w for _, w in taste.reactions]
        if -1 in places:
            weights = [w for place, w in zip(places, weights, strict=True) if place >= 0]
            places = [place for place in places if place >= 0]
        return np.array(places, np.int32), np.array(weights, np.float32)

    def _fold_in(self, items: NDArray[np.int32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
        if len(items) and weights.min() > 0:  # as nearly always
            return self.score_one(items, weights) + self._ties
        felt = weights != 0
        items, weights = items[felt], weights[felt]
        if not len(items):
            return self._prior.copy()
        if weights.max() < 0:  # only dislikes
            return self.config.dislike * self.score_one(items, weights) + self._prior
        return self.score_one(items, np.where(weights > 0, weights, weights * self.config.dislike)) + self._ties

    def score_all(self, histories: Histories) -> NDArray[np.float32]:
        """(n, n_items) float32: `fold_in` for many people who only have likes."""
        weight = np.where(histories.lengths > 0, self.config.prior, 1.0).astype(np.float32)
        scores = self.score(histories)
        scores += weight[:, None] * self._prior
        return scores

    def recommend(self, taste: Taste, k: int, *, exclude: frozenset[str] = frozenset()) -> list[tuple[str, float]]:
        """The `k` best items with scores, best first, never one in `taste` or `exclude`; ties in vocabulary order."""
        items, weights = self._places(taste)
        scores = self._fold_in(items, weights)
        scores[items] = -np.inf
        scores[[self.positions[i] for i in exclude if i in self.positions]] = -np.inf
        best = best_first(scores, k)
        found = zip(best.tolist(), scores[best].tolist(), strict=True)
        return [(self.item_ids[i], score) for i, score in found if isfinite(score)]

    def explain(self, taste: Taste, item_id: str, k: int = 3) -> list[tuple[str, float]]:
        """The likes that speak most for an item, with their share of its score, most first.

        Generic answer: how much the score falls without each like. Linear models override it exactly.
        """
        if item_id not in self.positions:
            return []
        column = self.positions[item_id]
        known = [(i, w) for i, w in taste.reactions if i in self.positions and w > 0]
        if not known:
            return []
        whole = [(self.positions[i], w) for i, w in known]
        variants = [whole, *([pair for pair in whole if pair[0] != self.positions[i]] for i, _ in known)]
        histories = Histories.of(
            [[i for i, _ in v] for v in variants], len(self.item_ids), [[w for _, w in v] for v in variants]
        )
        scores = self.score(histories)[:, column]
        return rank_reasons({i: float(scores[0] - scores[n]) for n, (i, _) in enumerate(known, 1)}, k)

    def save(self, folder: Path) -> None:
        """Write `model.safetensors` and `model.json` into the folder; never half of them."""
        folder.mkdir(parents=True, exist_ok=True)
        save_model(self, folder / "model.safetensors")


def rank_reasons(contributions: Mapping[str, float], k: int) -> list[tuple[str, float]]:
    """The `k` largest positive contributions, largest first."""
    return sorted(((i, c) for i, c in contributions.items() if c > 0), key=lambda pair: -pair[1])[:k]


def best_first(scores: NDArray[np.float32], k: int) -> NDArray[np.int64]:
    """Indices of the `k` highest scores, highest first; ties by index."""
    k = max(0, min(k, len(scores)))
    if k == 0:
        return np.empty(0, np.int64)
    cut = np.partition(scores, len(scores) - k)[len(scores) - k]
    found = np.flatnonzero(scores >= cut)
    if len(found) > k:  # of those tied at the cut, the first
        tied = np.flatnonzero(scores[found] == cut)
        found = np.delete(found, tied[k - len(found) :])
    return found[np.argsort(-scores[found], kind="stable")]


def count_popularity(interactions: Interactions) -> NDArray[np.float32]:
    """(n_items,) how many reactions each item has."""
    return np.bincount(interactions.item_index, minlength=interactions.n_items).astype(np.float32)


def save_model(model: ClassicalRecommender, path: Path, notes: Mapping[str, Any] | None = None) -> None:
    """Write `path` (safetensors) and the `.json` beside it that says what it is."""
    header = {
        "kind": model.kind,
        "config": model.config.model_dump(mode="json"),
        "notes": dict(notes or {}),
        "item_ids": model.item_ids,
    }
    write_tensors(path, {**model.tensors(), "popularity": model.popularity}, header)


def load_model(path: Path, class_of: Callable[[str], type[ClassicalRecommender]]) -> ClassicalRecommender:
    """Read a model from its folder or its `.safetensors` file.

    Raises:
        RecommenderError: a file is missing, damaged, of another format or of an unknown kind.
    """
    header, tensors = read_tensors(path)
    model_class = class_of(header["kind"])
    try:
        config = model_class.config_class.model_validate(header["config"])
        return model_class.from_tensors(tensors, header["item_ids"], tensors.pop("popularity"), config)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise RecommenderError(f"{str(path)!r} is damaged ({type(error).__name__}); train the model again") from error


def write_tensors(path: Path, tensors: Tensors, header: Mapping[str, Any]) -> None:
    """Write `path` (safetensors), then the `.json` beside it: the header, the format and a checksum."""
    from safetensors.numpy import save

    blob = save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()})
    whole = {"format": FORMAT, "sha256": hashlib.sha256(blob).hexdigest(), **header}
    for target, content in ((path, blob), (path.with_suffix(".json"), (json.dumps(whole) + "\n").encode())):
        part = target.with_name(f".{target.name}.part")
        part.write_bytes(content)
        part.replace(target)


def read_tensors(path: Path) -> tuple[dict[str, Any], Tensors]:
    """What `write_tensors` wrote, by its folder or its `.safetensors` file; the header has a `kind`.

    Raises:
        RecommenderError: a file is missing, damaged or of another format.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    file = path if path.suffix == ".safetensors" else path / "model.safetensors"
    try:
        header = json.loads(file.with_suffix(".json").read_text("utf-8"))
        blob = file.read_bytes()
    except OSError as error:
        raise RecommenderError(f"no recommender at {str(path)!r}; train one: parley train ease --data NAME") from error
    except ValueError as error:
        raise RecommenderError(f"{file.with_suffix('.json').name} is not JSON; train the model again") from error
    if not isinstance(header, dict) or header.get("format") != FORMAT or not isinstance(header.get("kind"), str):
        raise RecommenderError(f"{str(path)!r} is not a recommender this version reads; train the model again")
    if hashlib.sha256(blob).hexdigest() != header.get("sha256"):
        raise RecommenderError(f"{file.name} does not match its checksum; train the model again")
    try:
        return header, load(blob)
    except (SafetensorError, ValueError) as error:
        raise RecommenderError(f"{file.name} is damaged; train the model again") from error
