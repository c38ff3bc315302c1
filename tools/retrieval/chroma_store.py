"""The vectors in Chroma: one generation per build, sealed by a manifest, never trusted unseen.

Chroma answers wrongly without an error when its files are damaged: a missing segment gives one result
instead of five, garbage links give the wrong ones. So a build is sealed with the hashes of its
files, the seal is checked at every start, and a store that fails is built again beside the old one.
Chroma embeds nothing here (`embedding_function=None`) and serves no socket.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.tools.filters import chroma_metadata
from parley.tools.items import Catalog
from parley.tools.retrieval.embedding import Floats, Progress

COLLECTION = "items"
BATCH = 5_000
"""Rows an upsert; Chroma takes 5,461 at most."""

SAMPLE = 1 << 20
"""Bytes hashed at each of the places read in a large file."""

HNSW = {"space": "ip", "ef_construction": 200, "ef_search": 400, "max_neighbors": 32}
"""How the graph is built and searched; the defaults (100, 100, 16) reach a recall@100 of 0.90 only."""

SEAL = "seal.json"


class StoreDamage(ValueError):
    """The store on disk is not the one that was built; the message says what differs."""


class ChromaStore:
    """One built collection, open for questions. Use `build` or `open`."""

    def __init__(self, folder: Path, about: Mapping[str, Any]) -> None:
        self.folder = folder
        self.about = dict(about)
        self._client: Any = None
        self._collection: Any = None

    @classmethod
    def build(
        cls,
        root: Path,
        catalog: Catalog,
        vectors: Floats,
        about: Mapping[str, Any],
        *,
        progress: Progress | None = None,
    ) -> ChromaStore:
        """Write a new generation under `root`, seal it, make it current and remove the others.

        Raises:
            OSError, chromadb.errors.ChromaError: it could not be written; nothing current was touched.
        """
        folder = root / f"chroma-{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        store = cls(folder, {**about, "count": len(catalog)})
        try:
            store._write(catalog, vectors, progress)
            store.close()
            _seal(root, folder, store.about)
        except BaseException:
            store.close()
            shutil.rmtree(folder, ignore_errors=True)
            raise
        for old in root.glob("chroma-*"):
            if old != folder:
                shutil.rmtree(old, ignore_errors=True)
        return store

    @classmethod
    def open(cls, root: Path, about: Mapping[str, Any]) -> ChromaStore:
        """The current generation, if it is whole and was built for `about`. Does not import Chroma.

        Raises:
            StoreDamage: there is none, it is of something else, or its files are not what was sealed.
        """
        try:
            seal = json.loads((root / SEAL).read_text("utf-8"))
            folder, sealed = root / Path(seal["folder"]).name, dict(seal["about"])
            files = dict(seal["files"])
        except FileNotFoundError as error:
            raise StoreDamage("no vector store yet") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreDamage("the seal of the vector store cannot be read") from error
        for name, value in about.items():
            if sealed.get(name) != value:
                raise StoreDamage(f"the vector store was built for another {name}")
        if _fingerprints(folder) != files:
            raise StoreDamage("files of the vector store changed since it was built")
        _check_rows(folder / "chroma.sqlite3", int(sealed["count"]))
        return cls(folder, sealed)

    def nearest(
        self, vector: Floats, k: int, *, where: Mapping[str, Any] | None = None
    ) -> tuple[list[int], list[float]]:
        """Indices and cosine similarities of the nearest `k` items, approximately, best first."""
        if k < 1:
            return [], []
        found = self._opened().query(
            query_embeddings=vector[None],
            n_results=min(k, int(self.about["count"])),
            where=dict(where) if where else None,
            include=["distances"],
        )
        return [int(i) for i in found["ids"][0]], [1.0 - float(d) for d in found["distances"][0]]

    def self_check(self, vectors: Floats, *, samples: int = 16, seed: int = 0) -> None:
        """Ask for items that are known to be there; each must find itself, and k answers must come.

        Raises:
            StoreDamage: a count, a length or an answer is wrong.
        """
        count = len(vectors)
        if self._opened().count() != count:
            raise StoreDamage(f"the vector store counts {self._opened().count()} items, not {count}")
        chosen = np.random.default_rng(seed).choice(count, size=min(samples, count), replace=False)
        for row in chosen.tolist():
            found, scores = self.nearest(vectors[row], min(10, count))
            if len(found) != min(10, count):
                raise StoreDamage(f"the vector store gave {len(found)} answers where {min(10, count)} were due")
            if row not in found and scores[0] < 0.999:
                raise StoreDamage(f"item {row} of the vector store does not find itself")

    def close(self) -> None:
        """Let go of the files."""
        client, self._client, self._collection = self._client, None, None
        if client is not None:
            client.close()

    def _opened(self) -> Any:
        if self._collection is None:
            import chromadb

            self._client = chromadb.PersistentClient(str(self.folder))
            self._collection = self._client.get_collection(COLLECTION, embedding_function=None)
        return self._collection

    def _write(self, catalog: Catalog, vectors: Floats, progress: Progress | None) -> None:
        """Fill a new collection. Synced once, by its last row: rows left in the log would be laid out anew
        at every opening, and the seal would never hold."""
        import chromadb

        count = max(2, len(catalog))
        self._client = chromadb.PersistentClient(str(self.folder))
        self._collection = self._client.create_collection(
            COLLECTION,
            embedding_function=None,
            metadata=self.about,
            configuration={"hnsw": {**HNSW, "batch_size": min(100, count), "sync_threshold": count}},
        )
        for start in range(0, len(catalog), BATCH):
            rows = range(start, min(start + BATCH, len(catalog)))
            self._collection.add(
                ids=[str(row) for row in rows],
                embeddings=vectors[rows.start : rows.stop],
                metadatas=[chroma_metadata(catalog, row) for row in rows],
            )
            if progress is not None:
                progress(rows.stop, len(catalog))


def _seal(root: Path, folder: Path, about: Mapping[str, Any]) -> None:
    part = root / f".{SEAL}.{os.getpid()}.part"
    part.write_text(
        json.dumps({"folder": folder.name, "about": dict(about), "files": _fingerprints(folder)}, indent=1), "utf-8"
    )
    part.replace(root / SEAL)


def _fingerprints(folder: Path) -> dict[str, str]:
    """Size and hash of every file but the SQLite ones, which Chroma touches on opening.

    A file beyond 64 samples is hashed at 64 places spread over it, so a start stays under a second.
    """
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name.startswith("chroma.sqlite3"):
            continue
        size = path.stat().st_size
        digest = hashlib.sha256()
        with path.open("rb") as data:
            if size <= 64 * SAMPLE:
                digest.update(data.read())
            else:
                for place in np.linspace(0, size - SAMPLE, 64).astype(np.int64).tolist():
                    data.seek(place)
                    digest.update(data.read(SAMPLE))
        found[path.relative_to(folder).as_posix()] = f"{size}:{digest.hexdigest()}"
    return found


def _check_rows(path: Path, count: int) -> None:
    """The SQLite half: whole, and holding `count` rows."""
    if not path.is_file():
        raise StoreDamage("the vector store has lost chroma.sqlite3")
    try:
        connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            if path.stat().st_size < 256 * SAMPLE and connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
                raise StoreDamage("chroma.sqlite3 fails its integrity check")
            rows = connection.execute("SELECT count(*) FROM embeddings").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreDamage(f"chroma.sqlite3 cannot be read: {error}") from error
    if rows != count:
        raise StoreDamage(f"chroma.sqlite3 holds {rows} rows, not {count}")


def approximate_mask_search(
    store: ChromaStore, vector: Floats, k: int, allowed: NDArray[np.bool_]
) -> tuple[list[int], list[float]]:
    """Nearest allowed items by asking for more than `k` and dropping the rest; may come back short."""
    share = max(float(allowed.mean()), 1e-9)
    found, scores = store.nearest(vector, min(len(allowed), int(1.5 * k / share) + 16))
    pairs = [(row, score) for row, score in zip(found, scores, strict=True) if allowed[row]][:k]
    return [row for row, _ in pairs], [score for _, score in pairs]
