"""Item vectors on disk: computed once, verified when read, shipped for the films.

Vectors depend on the embedder and on the items' documents; both are written beside them, with a
checksum, and a file that does not match is as good as absent.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from parley.tools.items import Catalog, packaged_file
from parley.tools.retrieval.documents import TAGS_WEIGHT, catalog_parts, parts_digest
from parley.tools.retrieval.embedding import Embedder, Floats, Progress, unit_rows

SHIPPED = "{name}.minilm.safetensors"
"""Vectors inside the package, by catalogue name: float16, about 1.5 MB for 2,000 items."""


@dataclass(frozen=True)
class VectorKey:
    """What a set of vectors was computed from."""

    embedder_id: str
    documents: str
    """`parts_digest` of the catalogue."""
    count: int
    dim: int


def load_or_embed(
    folder: Path | None, catalog: Catalog, embedder: Embedder, *, progress: Progress | None = None
) -> tuple[Floats, VectorKey, str]:
    """Item vectors, what they depend on, and where they came from: "kept", "shipped" or "embedded".

    Returns:
        (n_items, dim) float32 unit rows in the catalogue's order. Written to `folder` when they were
        not there; a folder that cannot be written is no obstacle.
    """
    parts = catalog_parts(catalog)
    key = VectorKey(embedder.embedder_id, parts_digest(catalog, parts), len(catalog), embedder.dim)
    kept = read_kept(folder, key) if folder is not None else None
    if kept is not None:
        return kept, key, "kept"
    vectors, origin = read_shipped(catalog.name, key), "shipped"
    if vectors is None:
        vectors, origin = embed_parts(parts, embedder, progress), "embedded"
    if folder is not None:
        write_kept(folder, key, vectors)
    return vectors, key, origin


def embed_parts(parts: Sequence[tuple[str, str]], embedder: Embedder, progress: Progress | None) -> Floats:
    """(n, dim) float32 unit rows: each item's two texts embedded, weighted and added."""
    tags, texts = [tags for tags, _ in parts], [text for _, text in parts]
    vectors = embedder.embed([*tags, *texts], progress=progress)
    weights = np.array([TAGS_WEIGHT if t else 0.0 for t in tags] + [1.0 if t else 0.0 for t in texts], dtype=np.float32)
    vectors *= weights[:, None]
    total = vectors[: len(parts)] + vectors[len(parts) :]
    total[~total.any(axis=1), 0] = 1.0  # an item without a word is still somewhere
    return unit_rows(total)


def read_kept(folder: Path, key: VectorKey) -> Floats | None:
    """The vectors in `folder` if they are whole and of this key; None otherwise."""
    try:
        note = json.loads((folder / "vectors.json").read_text("utf-8"))
        if note.get("key") != key.__dict__ or note.get("sha256") != file_sha256(folder / "vectors.npy"):
            return None
        vectors = np.load(folder / "vectors.npy", allow_pickle=False)
    except (OSError, ValueError, AttributeError):
        return None
    return vectors if _fits(vectors, key) else None


def write_kept(folder: Path, key: VectorKey, vectors: Floats) -> None:
    """Write vectors, then the note that vouches for them; a full disk leaves no half of either."""
    part = folder / f".vectors.{os.getpid()}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as out:
            np.save(out, vectors, allow_pickle=False)
        note = {"key": key.__dict__, "sha256": file_sha256(part)}
        part.replace(folder / "vectors.npy")
        part.write_text(json.dumps(note), "utf-8")
        part.replace(folder / "vectors.json")
    except OSError:
        part.unlink(missing_ok=True)


def read_shipped(name: str, key: VectorKey) -> Floats | None:
    """The vectors packaged for the catalogue of this name, if they are of this key."""
    path = packaged_file(SHIPPED.format(name=name)) if name.isidentifier() else None
    if path is None or not path.is_file():
        return None
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as stored:
        if (stored.metadata() or {}).get("key") != json.dumps(key.__dict__, sort_keys=True):
            return None
        vectors = unit_rows(stored.get_tensor("vectors"))
    return vectors if _fits(vectors, key) else None


def write_shipped(path: Path, catalog: Catalog, embedder: Embedder, *, progress: Progress | None = None) -> None:
    """Make the packaged file: `parley index --ship`."""
    from safetensors.numpy import save_file

    parts = catalog_parts(catalog)
    key = VectorKey(embedder.embedder_id, parts_digest(catalog, parts), len(catalog), embedder.dim)
    vectors = embed_parts(parts, embedder, progress).astype(np.float16)
    save_file({"vectors": vectors}, path, metadata={"key": json.dumps(key.__dict__, sort_keys=True)})


def _fits(vectors: NDArray[np.float32], key: VectorKey) -> bool:
    if vectors.shape != (key.count, key.dim) or vectors.dtype != np.float32:
        return False
    lengths = np.linalg.norm(vectors, axis=1)
    return bool(np.all(np.abs(lengths - 1) < 1e-2)) if key.count else True


def file_sha256(path: Path) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
