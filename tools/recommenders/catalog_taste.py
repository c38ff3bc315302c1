"""Taste over a whole catalogue: EASE where people have rated, content everywhere.

evidence = history @ (EASE weights) + content_weight * history @ (content similarity)
score = evidence / (its tenth strongest entry) + prior * popularity

The evidence is linear, so it splits exactly over the likes and a reply can say "because you liked X".
Items nobody rated are scored by content, and borrow their popularity prior from what they resemble. The
content part is computed from the catalogue when loaded; only EASE's inverse Gram matrix is stored,
as a packed half-precision triangle.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from parley.tools.items import Catalog, packaged_file
from parley.tools.recommenders.base import (
    ClassicalRecommender,
    Progress,
    RecommenderConfig,
    RecommenderError,
    Tensors,
    rank_reasons,
    read_tensors,
    write_tensors,
)
from parley.tools.recommenders.content import borrow_popularity, embed_content
from parley.tools.recommenders.data import Histories, Interactions
from parley.tools.recommenders.ease import invert_symmetric, weights_of
from parley.tools.seams import Taste

SHIPPED = "films.ease.safetensors"


class CatalogTasteConfig(RecommenderConfig):
    """Settings of the blend; the defaults won on development users of MovieLens latest-small."""

    dislike: float = Field(default=0.25, ge=0, le=2)
    """How much a dislike counts beside a like. Little: what people chose to see and then disliked still resembles
    what they like (`parley eval taste`)."""
    prior: float = Field(default=0.6, ge=0)
    """Weight of popularity beside evidence scaled so that its tenth strongest entry is 1. Below 1, ten items that
    the likes speak for come before one that is merely popular."""
    regularisation: float = Field(default=200.0, gt=0)
    """Added to the diagonal of X'X, in reactions."""
    content_weight: float = Field(default=0.1, ge=0)
    """How much content similarity counts beside EASE."""
    decay: float | None = Field(default=None, gt=0)
    """A reaction `a` places before the newest weighs exp(-a / decay); None: all weigh the same."""
    most_items: int = Field(default=8000, ge=1)
    """EASE learns the most rated items, so many at most (its cost grows with the square); the rest go by content."""
    liked_from: float = 4.0
    """Stars from which a rating is a full like; one star less counts half, anything below a quarter."""


class CatalogTaste(ClassicalRecommender):
    """The taste model a conversation uses; its items are the catalogue's, in the catalogue's order."""

    kind = "catalog-taste"
    config_class = CatalogTasteConfig
    config: CatalogTasteConfig

    def __init__(
        self,
        catalog: Catalog,
        popularity: NDArray[np.float32],
        config: CatalogTasteConfig,
        rated: NDArray[np.int64],
        weights: NDArray[np.float32],
    ) -> None:
        """`rated`: (r,) catalogue indices EASE knows; `weights`: (r, r) float32 its weights; `popularity`: (n,)."""
        self.content = embed_content(catalog)
        is_rated = np.zeros(len(catalog), dtype=bool)
        is_rated[rated] = True
        super().__init__(
            [item.item_id for item in catalog], borrow_popularity(self.content, popularity, is_rated), config
        )
        self.rated = rated
        self.weights = weights
        self._place = np.full(len(catalog), -1, dtype=np.int64)
        self._place[rated] = np.arange(len(rated))
        self._packed: tuple[NDArray[Any], NDArray[Any]] | None = None

    @classmethod
    def train(
        cls,
        catalog: Catalog,
        interactions: Interactions | None = None,
        config: CatalogTasteConfig | None = None,
        *,
        progress: Progress | None = None,
    ) -> Self:
        """Learn from a log whose item ids are the catalogue's; with none, taste is content alone."""
        chosen = config or CatalogTasteConfig()
        if interactions is None:
            return cls(
                catalog,
                np.zeros(len(catalog), np.float32),
                chosen,
                np.empty(0, np.int64),
                np.empty((0, 0), np.float32),
            )._with_packed(np.empty(0, np.float16), np.empty(0, np.float32))
        liked = grade(interactions, chosen.liked_from)
        column = np.array([catalog.positions.get(i, -1) for i in interactions.item_ids], dtype=np.int64)
        counted = (column >= 0) & (np.diff(liked.tocsc().indptr) > 0)
        known = np.flatnonzero(counted)
        if not len(known):
            raise RecommenderError("no interaction is about an item of this catalogue; check the item ids")
        rated_most = np.argsort(-np.asarray(liked.sum(axis=0)).ravel()[known], kind="stable")[: chosen.most_items]
        known = known[rated_most]
        known = known[np.argsort(column[known])]
        if progress:
            progress(0.2, f"fitting {len(known)} items")
        x = liked[:, known]
        gram = (x.T @ x).toarray().astype(np.float64)
        gram[np.diag_indices_from(gram)] += chosen.regularisation
        packed = pack_precision(invert_symmetric(gram))
        popularity = np.zeros(len(catalog), dtype=np.float32)
        popularity[column[known]] = np.asarray(x.sum(axis=0)).ravel()
        if progress:
            progress(1.0, "done")
        return cls(catalog, popularity, chosen, column[known], weights_of(unpack_precision(*packed)))._with_packed(
            *packed
        )

    def _with_packed(self, triangle: NDArray[Any], diagonal: NDArray[Any]) -> Self:
        self._packed = (triangle, diagonal)
        return self

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        config: RecommenderConfig | None = None,
        *,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> Self:
        raise RecommenderError("catalog-taste needs a catalogue as well; use CatalogTaste.train")

    def score(self, histories: Histories) -> NDArray[np.float32]:
        history = histories.matrix(decay=self.config.decay)
        found: NDArray[np.float32] = np.asarray((history @ self.content @ self.content.T).todense(), dtype=np.float32)
        found -= np.asarray(history.todense(), dtype=np.float32)  # an item does not speak for itself
        found *= self.config.content_weight
        if len(self.rated):
            found[:, self.rated] += history[:, self.rated] @ self.weights
        tenth = min(10, 1 + found.shape[1] // 10)
        scale = np.partition(np.abs(found), -tenth, axis=1)[:, -tenth, None]
        scale[scale <= 0] = 1.0
        found /= scale
        return found

    def explain(self, taste: Taste, item_id: str, k: int = 3) -> list[tuple[str, float]]:
        if item_id not in self.positions:
            return []
        target = self.positions[item_id]
        alike = np.asarray((self.content @ self.content[target].T).todense()).ravel()
        reasons: dict[str, float] = {}
        for liked, weight in taste.reactions:
            source = self.positions.get(liked)
            if weight <= 0 or source is None or source == target:
                continue
            share = self.config.content_weight * float(alike[source])
            if self._place[source] >= 0 and self._place[target] >= 0:
                share += float(self.weights[self._place[source], self._place[target]])
            reasons[liked] = weight * share
        return rank_reasons(reasons, k)

    def liked_together(self, taste: Taste, item_id: str, k: int = 3) -> list[tuple[str, float]]:
        """The liked items that people's reactions tie to this one, most first; likeness of content has no say.

        What may be said as "often liked along with": empty where the log knows neither item.
        """
        target = self.positions.get(item_id, -1)
        if target < 0 or self._place[target] < 0:
            return []
        reasons = {
            liked: weight * float(self.weights[self._place[source], self._place[target]])
            for liked, weight in taste.reactions
            if weight > 0 and (source := self.positions.get(liked, -1)) not in (-1, target) and self._place[source] >= 0
        }
        return rank_reasons(reasons, k)

    def tensors(self) -> Tensors:
        if self._packed is None:
            raise RecommenderError("only a freshly trained catalogue model can be saved; train it again")
        triangle, diagonal = self._packed
        return {"triangle": triangle, "diagonal": diagonal, "rated_popularity": self.popularity[self.rated]}

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.save_file(folder / "model.safetensors")

    def save_file(self, path: Path, notes: Mapping[str, Any] | None = None) -> None:
        """Write `path` and the `.json` beside it: the rated items' ids, the config, a checksum."""
        header = {
            "kind": self.kind,
            "config": self.config.model_dump(mode="json"),
            "notes": dict(notes or {}),
            "rated": [self.item_ids[i] for i in self.rated],
        }
        write_tensors(path, self.tensors(), header)

    @classmethod
    def from_tensors(
        cls, tensors: Tensors, item_ids: Any, popularity: NDArray[np.float32], config: RecommenderConfig
    ) -> Self:
        raise RecommenderError("catalog-taste is read together with its catalogue; use load_catalog_taste")


def load_film_recommender(catalog: Catalog) -> CatalogTaste:
    """The taste model Parley ships with, over any catalogue; films it was not trained on go by content.

    Without the shipped file (its terms are in NOTICE) every film does.
    """
    path = packaged_file(SHIPPED)
    return load_catalog_taste(path, catalog) if path.is_file() else CatalogTaste.train(catalog)


def open_taste(catalog: Catalog, home: Path) -> CatalogTaste:
    """The taste model of a catalogue: the shipped one for films, the trained one under `home`, else content alone."""
    trained = home / "catalogs" / catalog.name / "taste.safetensors"
    if trained.is_file():
        return load_catalog_taste(trained, catalog)
    return load_film_recommender(catalog) if catalog.name == "films" else CatalogTaste.train(catalog)


def load_catalog_taste(path: Path, catalog: Catalog) -> CatalogTaste:
    """Read a model from its folder or `.safetensors` file, over `catalog`.

    Items the catalogue lacks are dropped; items the model lacks are scored by content.

    Raises:
        RecommenderError: a file is missing, damaged or of another kind.
    """
    header, tensors = read_tensors(path)
    if header["kind"] != CatalogTaste.kind:
        raise RecommenderError(f"{str(path)!r} holds a {header['kind']}, not a {CatalogTaste.kind}; train one")
    try:
        triangle, diagonal, counts = tensors["triangle"], tensors["diagonal"], tensors["rated_popularity"]
        columns = np.array([catalog.positions.get(i, -1) for i in header["rated"]], dtype=np.int64)
        if len(columns) != len(diagonal) or len(counts) != len(diagonal):
            raise IndexError
        weights = weights_of(unpack_precision(triangle, diagonal))
        config = CatalogTasteConfig.model_validate(header["config"])
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise RecommenderError(f"{str(path)!r} is damaged ({type(error).__name__}); train the model again") from error
    here = np.flatnonzero(columns >= 0)
    popularity = np.zeros(len(catalog), dtype=np.float32)
    popularity[columns[here]] = counts[here]
    model = CatalogTaste(catalog, popularity, config, columns[here], np.ascontiguousarray(weights[np.ix_(here, here)]))
    if len(here) == len(columns):
        model._with_packed(triangle, diagonal)
    return model


def grade(interactions: Interactions, liked_from: float) -> Any:
    """(n_users, n_items) float32 CSR: 1 for a full like, 0.5 within one star below, 0.25 for the rest.

    Where every weight is the same (no stars) every reaction is a full like.
    """
    from scipy.sparse import csr_matrix

    stars = interactions.weight
    graded = np.select([stars >= liked_from, stars >= liked_from - 1], [1.0, 0.5], 0.25).astype(np.float32)
    if not len(stars) or stars.min() == stars.max():
        graded = np.ones(len(stars), dtype=np.float32)
    shape = (interactions.n_users, interactions.n_items)
    found = csr_matrix((graded, (interactions.user_index, interactions.item_index)), shape=shape)
    found.data = np.minimum(found.data, 1.0)
    return found


def pack_precision(precision: NDArray[Any]) -> tuple[NDArray[np.float16], NDArray[np.float32]]:
    """The upper triangle of P_ij / sqrt(P_ii P_jj) in half precision, and the diagonal of P."""
    diagonal = np.diag(precision).astype(np.float32)
    scale = 1.0 / np.sqrt(np.diag(precision))
    correlation = precision * scale[:, None] * scale[None, :]
    return correlation[np.triu_indices(len(diagonal), 1)].astype(np.float16), diagonal


def unpack_precision(triangle: NDArray[np.float16], diagonal: NDArray[np.float32]) -> NDArray[np.float32]:
    """The symmetric matrix `pack_precision` was given, in single precision."""
    n = len(diagonal)
    if triangle.shape != (n * (n - 1) // 2,):
        raise ValueError(f"a triangle of {n * (n - 1) // 2} entries expected, not {triangle.shape}")
    full = np.zeros((n, n), dtype=np.float32)
    full[np.triu_indices(n, 1)] = triangle
    full += full.T
    np.fill_diagonal(full, 1.0)
    scale = np.sqrt(diagonal)
    full *= scale[:, None]
    full *= scale[None, :]
    return full


def match_catalog(interactions: Interactions, catalog: Catalog, link: str) -> Interactions:
    """The rows about items of `catalog`, whose entry `links[link]` names the log's item ids.

    Raises:
        RecommenderError: no item matches.
    """
    known = {item.links[link]: item.item_id for item in catalog if link in item.links}
    matched = np.array([item_id in known for item_id in interactions.item_ids])
    if not matched.any():
        raise RecommenderError(f"no item of the data has a {link!r} link in the catalogue; check --data")
    rows = matched[interactions.item_index]
    return Interactions.from_columns(
        [interactions.user_ids[u] for u in interactions.user_index[rows]],
        [known[interactions.item_ids[i]] for i in interactions.item_index[rows]],
        interactions.weight[rows].tolist(),
        interactions.time[rows].tolist() if interactions.timed else None,
        name=interactions.name,
    )
