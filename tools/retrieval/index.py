"""The index of a catalogue: item vectors, exact or approximate search over them, and filters.

A masked matrix product is exact and, once filters count, quicker than a graph index at any size we
measured; so Chroma keeps the vectors and answers unfiltered questions over very many items only. Everything on disk
here is a cache: verified at start, made again from the catalogue whenever it does not hold.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from parley.tools.filters import FilterIndex
from parley.tools.items import Catalog
from parley.tools.retrieval.chroma_store import ChromaStore, StoreDamage, approximate_mask_search
from parley.tools.retrieval.coarse import GATHER_BELOW, CoarseScan
from parley.tools.retrieval.embedding import Embedder, Floats, Progress
from parley.tools.retrieval.vectors import VectorKey, load_or_embed
from parley.tools.seams import Query

log = logging.getLogger(__name__)

EXACT_BELOW = 200_000
"""Items from which Chroma's graph answers unfiltered questions. At 100 k the two-stage scan is still 1.5
times quicker than the graph at the same recall, and needs no four minutes to build (`parley bench retrieval`)."""

STORE_UP_TO = 20_000
"""Items up to which the vectors are kept in Chroma though the scan answers: seconds to build. Between this
and `EXACT_BELOW` a graph would take minutes and never be asked."""

COARSE_FROM = 20_000
"""Rows from which the two-stage scan (`coarse.py`) beats reading every vector whole."""

Engine = Literal["auto", "exact", "approximate"]


class IndexFailure(RuntimeError):
    """The index cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class IndexReport:
    """What opening did, for `parley doctor` and the first-run message."""

    vectors: str
    """"kept", "shipped" or "embedded"."""
    store: str
    """"kept", "built", "absent" (no Chroma installed or no folder) or "failed"."""
    reason: str
    """Why the store was built, or what failed; empty if it was kept."""
    seconds: float


class CatalogIndex:
    """Vectors and filters of one catalogue, ready for questions. Use `CatalogIndex.open`. Thread-safe to read."""

    def __init__(
        self,
        catalog: Catalog,
        embedder: Embedder,
        vectors: Floats,
        *,
        store: ChromaStore | None = None,
        exact_below: int = EXACT_BELOW,
        report: IndexReport | None = None,
    ) -> None:
        self.catalog = catalog
        self.embedder = embedder
        self.vectors = vectors
        """(n_items, dim) float32, unit rows, in the catalogue's order."""
        self.filters = FilterIndex(catalog)
        self.store = store
        self.report = report or IndexReport("given", "absent", "", 0.0)
        self._exact_below = exact_below
        self._coarse = CoarseScan(vectors) if len(vectors) >= COARSE_FROM else None

    @classmethod
    def open(
        cls,
        folder: Path | None,
        catalog: Catalog,
        embedder: Embedder,
        progress: Progress | None = None,
        *,
        exact_below: int = EXACT_BELOW,
    ) -> CatalogIndex:
        """Read the index in `folder`, or make it there. `None` keeps it in memory only.

        Args:
            progress: told (done, total) while items are embedded, which happens once per catalogue.

        Raises:
            IndexFailure: another process is building in this folder and does not finish.
        """
        started = time.perf_counter()
        if folder is None:
            vectors, _, origin = load_or_embed(None, catalog, embedder, progress=progress)
            report = IndexReport(origin, "absent", "", time.perf_counter() - started)
            return cls(catalog, embedder, vectors, exact_below=exact_below, report=report)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / ".lock", timeout=600)
            with lock:
                vectors, key, origin = load_or_embed(folder, catalog, embedder, progress=progress)
                used = len(catalog) >= exact_below
                if used or len(catalog) <= STORE_UP_TO:
                    store, outcome, reason = _open_store(folder, catalog, key, vectors, used=used)
                else:
                    store, outcome, reason = None, "absent", "not needed at this size"
        except Timeout as error:
            raise IndexFailure(
                f"another process has been indexing in {str(folder)!r} for ten minutes; end it, or use another --home"
            ) from error
        except OSError as error:
            log.warning("index not kept: %s", error)
            vectors, _, origin = load_or_embed(None, catalog, embedder, progress=progress)
            store, outcome, reason = None, "failed", str(error)
        report = IndexReport(origin, outcome, reason, time.perf_counter() - started)
        return cls(catalog, embedder, vectors, store=store, exact_below=exact_below, report=report)

    def __len__(self) -> int:
        return len(self.catalog)

    def allowed(self, query: Query) -> NDArray[np.bool_]:
        """(n_items,) bool: the items that pass the query's filter and are not excluded."""
        keep = self.filters.mask(query.filter)
        rows = [self.catalog.positions[i] for i in query.exclude if i in self.catalog.positions]
        keep[rows] = False
        return keep

    def nearest(
        self, vector: Floats, k: int, *, allowed: NDArray[np.bool_] | None = None, engine: Engine = "auto"
    ) -> tuple[NDArray[np.int64], Floats]:
        """The `k` items nearest to a vector, best first: indices and cosine similarities.

        Always min(k, allowed items) of them, with exact similarities. Which items is exact below
        `COARSE_FROM` rows; Chroma's graph answers unfiltered questions from `exact_below` items on, and
        gives way to the scan whenever it falls short or breaks.
        """
        if engine == "approximate" or (engine == "auto" and self._prefers_store(allowed)):
            answer = self._ask_store(vector, k, allowed)
            if answer is not None:
                return answer
        if engine != "exact" and self._coarse is not None:
            rows, products = self._coarse.nearest_to_any(vector[None], k, allowed)
            return rows, products[:, 0]
        return exact_search(self.vectors, vector, k, allowed)

    def nearest_to_any(
        self, targets: Floats, k: int, *, allowed: NDArray[np.bool_] | None = None
    ) -> tuple[NDArray[np.int64], Floats]:
        """The `k` items nearest to any of several vectors, best first.

        Args:
            targets: (m, dim) float32 unit rows.

        Returns:
            min(k, allowed items) indices, and their (rows, m) cosine similarities to every target.
        """
        if self._coarse is not None:
            return self._coarse.nearest_to_any(targets, k, allowed)
        rows = None if allowed is None or bool(allowed.all()) else np.flatnonzero(allowed)
        if rows is not None and len(rows) < GATHER_BELOW * len(self):
            products = targets @ self.vectors[rows].T  # (m, rows)
        else:
            products = targets @ self.vectors.T
            products = products if rows is None else products[:, rows]
        best = top_indices(products.max(axis=0), k)
        return (best if rows is None else rows[best]), np.ascontiguousarray(products[:, best].T)

    def closest(self, vector: Floats, rows: NDArray[np.int64], base: Floats, say: float, k: int) -> NDArray[np.int64]:
        """Places of the `k` rows largest by base + say * cosine similarity to a vector, best first.

        Args:
            rows: (m,) items to choose from. Above `COARSE_FROM` of them, their leading directions choose four
                times `k` and the whole vectors decide.
            base: (m,) what each has already.
        """
        places = np.arange(len(rows))
        if self._coarse is not None and len(rows) > max(COARSE_FROM, 4 * k):
            places = top_indices(base + np.float32(say) * self._coarse.roughly(vector, rows), 4 * k)
        order = base[places] + np.float32(say) * (self.vectors[rows[places]] @ vector)
        chosen: NDArray[np.int64] = places[top_indices(order, k)]
        return chosen

    def similarity(self, text: str, item_ids: Iterable[str]) -> dict[str, float]:
        """Cosine similarity of a text to each of the items named; unknown ids are left out."""
        rows = {i: self.catalog.positions[i] for i in item_ids if i in self.catalog.positions}
        if not rows:
            return {}
        scores = self.vectors[list(rows.values())] @ self.embedder.embed_query(text)
        return {item_id: float(score) for item_id, score in zip(rows, scores, strict=True)}

    def vectors_of(self, item_ids: Iterable[str]) -> Floats:
        """(m, dim) vectors of the items named, in that order.

        Raises:
            KeyError: an id is not in the catalogue.
        """
        return self.vectors[[self.catalog.positions[i] for i in item_ids]]

    def self_check(self) -> None:
        """Prove that the store answers right.

        Raises:
            StoreDamage: it does not; `CatalogIndex.open` builds it again.
        """
        if self.store is not None:
            self.store.self_check(self.vectors)

    def close(self) -> None:
        """Let go of the files."""
        if self.store is not None:
            self.store.close()

    def _prefers_store(self, allowed: NDArray[np.bool_] | None) -> bool:
        """Filters go to the exact scan while it reads fewer rows than the approximate index would touch."""
        if self.store is None or len(self) < self._exact_below:
            return False
        return allowed is None or float(allowed.mean()) > 0.5

    def _ask_store(
        self, vector: Floats, k: int, allowed: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.int64], Floats] | None:
        """The store's answer; None if there is no store, it breaks, or it comes back short."""
        if self.store is None:
            return None
        try:
            if allowed is None or bool(allowed.all()):
                found, scores = self.store.nearest(vector, k)
                due = min(k, len(self))
            else:
                found, scores = approximate_mask_search(self.store, vector, k, allowed)
                due = min(k, int(allowed.sum()))
        except Exception as error:  # chromadb raises several bases; search must go on
            log.warning("vector store failed, searching exactly: %s", error)
            return None
        if len(found) < due:
            return None
        return np.asarray(found, dtype=np.int64), np.asarray(scores, dtype=np.float32)


def exact_search(
    vectors: Floats, vector: Floats, k: int, allowed: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], Floats]:
    """The `k` rows with the largest dot product among the allowed ones, best first.

    Args:
        vectors: (n, dim) float32.
        vector: (dim,) float32.
        allowed: (n,) bool; None allows all.
    """
    rows: NDArray[np.int64] | None = None
    if allowed is not None and not allowed.all():
        rows = np.flatnonzero(allowed)
    if rows is not None and len(rows) < GATHER_BELOW * len(vectors):
        scores = vectors[rows] @ vector
    else:
        scores = vectors @ vector
        if rows is not None:
            scores = scores[rows]
    best = top_indices(scores, k)
    return (best if rows is None else rows[best]), scores[best]


def top_indices(scores: Floats, k: int) -> NDArray[np.int64]:
    """Places of the `k` largest scores, largest first; equal scores in order of place."""
    k = min(k, len(scores))
    if k < 1:
        return np.empty(0, dtype=np.int64)
    if k < len(scores):
        chosen = np.sort(np.argpartition(-scores, k - 1)[:k])
    else:
        chosen = np.arange(len(scores))
    return np.asarray(chosen[np.argsort(-scores[chosen], kind="stable")], dtype=np.int64)


def _open_store(
    folder: Path, catalog: Catalog, key: VectorKey, vectors: Floats, *, used: bool
) -> tuple[ChromaStore | None, str, str]:
    """The Chroma store: kept if it holds, built again if not. Its failure never stops a search."""
    if find_spec("chromadb") is None:
        return None, "absent", "chromadb is not installed"
    if len(catalog) < 2:
        return None, "absent", "there is nothing to search"
    about = {"embedder_id": key.embedder_id, "dim": key.dim, "texts": key.documents, "catalog": catalog.fingerprint}
    try:
        store = ChromaStore.open(folder, about)
        if used:
            store.self_check(vectors)
        return store, "kept", ""
    except StoreDamage as damage:
        reason = str(damage)
    except Exception as error:  # a damaged index may raise anything on opening
        reason = f"{type(error).__name__}: {error}"
    try:
        store = ChromaStore.build(folder, catalog, vectors, about)
        store.self_check(vectors)
        if not used:
            store.close()
    except Exception as error:
        log.warning("vector store not built, searching exactly: %s", error)
        return None, "failed", f"{type(error).__name__}: {error}"
    return store, "built", reason
