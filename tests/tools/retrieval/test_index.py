"""The index is a cache: made once, kept, and made again whenever what is on disk does not hold."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from parley.tools.filters import Filter, chroma_where
from parley.tools.items import Catalog
from parley.tools.retrieval import CatalogIndex, HashingEmbedder
from parley.tools.retrieval.chroma_store import ChromaStore, StoreDamage
from parley.tools.retrieval.coarse import CoarseScan
from parley.tools.retrieval.embedding import Floats, Progress, unit_rows
from parley.tools.retrieval.index import exact_search, top_indices
from parley.tools.seams import Query
from tests.tools.retrieval.conftest import DOMAIN


class CountingEmbedder(HashingEmbedder):
    """Knows how many texts it was asked for."""

    def __init__(self, dim: int = 64) -> None:
        super().__init__(dim)
        self.asked = 0

    def embed(self, texts: list[str], *, progress: Progress | None = None) -> Floats:  # type: ignore[override]
        self.asked += len(texts)
        return super().embed(texts, progress=progress)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, games: Catalog) -> Path:
    folder = tmp_path_factory.mktemp("built") / "index"
    opened = CatalogIndex.open(folder, games, HashingEmbedder())
    assert opened.report.store == "built", opened.report
    opened.close()
    return folder


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A fresh copy of a whole index."""
    return Path(shutil.copytree(built, tmp_path / "index"))


def segment(folder: Path, name: str) -> Path:
    return next(folder.glob(f"chroma-*/*/{name}"))


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def garble(path: Path) -> None:
    path.write_bytes(bytes(byte ^ 0x5A for byte in path.read_bytes()) or b"\x5a\x5a\x5a\x5a")


def delete_rows(folder: Path) -> None:
    connection = sqlite3.connect(next(folder.glob("chroma-*/chroma.sqlite3")))
    connection.execute("DELETE FROM embeddings WHERE id % 2 = 0")
    connection.commit()
    connection.close()


DAMAGE: dict[str, Callable[[Path], None]] = {
    "truncated vectors": lambda f: truncate(segment(f, "data_level0.bin")),
    "garbage header": lambda f: garble(segment(f, "header.bin")),
    "garbage links": lambda f: garble(segment(f, "link_lists.bin")),
    "garbage lengths": lambda f: garble(segment(f, "length.bin")),
    "lost pickle": lambda f: segment(f, "index_metadata.pickle").unlink(),
    "lost segment": lambda f: shutil.rmtree(segment(f, "header.bin").parent),
    "garbage database": lambda f: garble(next(f.glob("chroma-*/chroma.sqlite3"))),
    "rows gone": delete_rows,
    "lost database": lambda f: next(f.glob("chroma-*/chroma.sqlite3")).unlink(),
    "lost store": lambda f: shutil.rmtree(next(f.glob("chroma-*"))),
    "garbage seal": lambda f: (f / "seal.json").write_text("[1, 2"),
    "seal of another shape": lambda f: (f / "seal.json").write_text('{"folder": 3}'),
}


def test_a_second_opening_keeps_everything_and_embeds_nothing(folder: Path, games: Catalog) -> None:
    embedder = CountingEmbedder()

    opened = CatalogIndex.open(folder, games, embedder)

    assert (opened.report.vectors, opened.report.store) == ("kept", "kept")
    assert embedder.asked == 0


@pytest.mark.parametrize("kind", DAMAGE)
def test_every_kind_of_damage_is_seen_at_start_and_mended_without_embedding_again(
    kind: str, folder: Path, games: Catalog
) -> None:
    DAMAGE[kind](folder)
    embedder = CountingEmbedder()

    opened = CatalogIndex.open(folder, games, embedder)

    assert (opened.report.vectors, opened.report.store) == ("kept", "built")
    assert opened.report.reason
    assert embedder.asked == 0
    assert opened.store is not None
    for row in range(len(games)):
        found, _ = opened.store.nearest(opened.vectors[row], 5)
        assert len(found) == 5
        assert row in found
    assert len(list(folder.glob("chroma-*"))) == 1
    opened.close()


@pytest.mark.parametrize("name", ["vectors.npy", "vectors.json"])
def test_damaged_vectors_are_embedded_again(name: str, folder: Path, games: Catalog) -> None:
    garble(folder / name)
    embedder = CountingEmbedder()

    opened = CatalogIndex.open(folder, games, embedder)

    assert opened.report.vectors == "embedded"
    assert embedder.asked == 2 * len(games)
    assert np.allclose(np.linalg.norm(opened.vectors, axis=1), 1, atol=1e-5)


def test_another_embedder_or_another_catalogue_builds_again(folder: Path, games: Catalog) -> None:
    other_embedder = CatalogIndex.open(folder, games, HashingEmbedder(32))
    assert (other_embedder.report.vectors, other_embedder.report.store) == ("embedded", "built")
    assert other_embedder.vectors.shape == (len(games), 32)

    fewer = Catalog(games.items[:-1], DOMAIN)
    other_catalogue = CatalogIndex.open(folder, fewer, HashingEmbedder(32))
    assert (other_catalogue.report.vectors, other_catalogue.report.store) == ("embedded", "built")
    assert len(other_catalogue.nearest(other_catalogue.vectors[0], 100)[0]) == len(fewer)


def test_a_changed_tag_outside_the_texts_rebuilds_the_store_with_its_filters(folder: Path, games: Catalog) -> None:
    moved = Catalog([i.model_copy(update={"tags": {**i.tags, "platform": ("Console",)}}) for i in games], DOMAIN)

    opened = CatalogIndex.open(folder, moved, HashingEmbedder())

    assert (opened.report.vectors, opened.report.store) == ("kept", "built")
    assert opened.store is not None
    where = chroma_where(Filter.model_validate({"platform": ["console"]}))
    assert len(opened.store.nearest(opened.vectors[0], 10, where=where)[0]) == len(games)
    opened.close()


def test_a_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path, games: Catalog) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")

    opened = CatalogIndex.open(blocked / "index", games, HashingEmbedder())

    assert opened.report.store == "failed"
    assert opened.nearest(opened.vectors[3], 1)[0].tolist() == [3]


def test_progress_is_told_only_when_items_are_embedded(tmp_path: Path, games: Catalog) -> None:
    told: list[tuple[int, int]] = []

    CatalogIndex.open(tmp_path, games, HashingEmbedder(), lambda done, total: told.append((done, total)))
    assert told[-1] == (2 * len(games), 2 * len(games))

    told.clear()
    CatalogIndex.open(tmp_path, games, HashingEmbedder(), lambda done, total: told.append((done, total)))
    assert told == []


def test_exact_search_is_the_brute_force_order_with_and_without_a_mask() -> None:
    rng = np.random.default_rng(7)
    vectors = rng.normal(size=(500, 16)).astype(np.float32)
    asked = rng.normal(size=16).astype(np.float32)
    for share in (0.0, 0.05, 0.5, 1.0):
        allowed = rng.random(500) < share
        expected = sorted(np.flatnonzero(allowed), key=lambda row: -float(vectors[row] @ asked))[:20]

        found, scores = exact_search(vectors, asked, 20, allowed)

        assert found.tolist() == expected
        assert np.all(np.diff(scores) <= 0)


def test_the_two_stage_scan_keeps_recall_above_99_percent_and_scores_exact() -> None:
    rng = np.random.default_rng(3)
    directions = rng.normal(size=(128, 128)).astype(np.float32) * np.linspace(2, 0.05, 128, dtype=np.float32)[:, None]
    vectors = unit_rows(rng.normal(size=(5_000, 128)).astype(np.float32) @ directions)
    scan = CoarseScan(vectors, dims=64)
    hits = []
    for share in (0.1, 0.6, 1.0):
        allowed = rng.random(5_000) < share
        for asked in unit_rows(rng.normal(size=(10, 128)).astype(np.float32) @ directions):
            exact, _ = exact_search(vectors, asked, 100, allowed)
            found, products = scan.nearest_to_any(asked[None], 100, allowed)
            assert allowed[found].all()
            assert np.allclose(products[:, 0], vectors[found] @ asked, atol=1e-5)
            hits.append(len(set(exact.tolist()) & set(found.tolist())) / 100)
    assert np.mean(hits) >= 0.99


def test_closest_among_many_rows_is_closest_of_all(games: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    vectors = unit_rows(rng.normal(size=(len(games), 64)).astype(np.float32))
    monkeypatch.setattr("parley.tools.retrieval.index.COARSE_FROM", 1)
    index = CatalogIndex(games, HashingEmbedder(64), vectors)
    rows = np.array([8, 1, 5, 6, 0, 3, 9])
    base = rng.normal(size=len(rows)).astype(np.float32)

    found = index.closest(vectors[3], rows, base, 0.5, 1)

    assert found.tolist() == [int(np.argmax(base + 0.5 * (vectors[rows] @ vectors[3])))]


def test_near_any_of_several_is_near_the_nearest_of_them(index: CatalogIndex) -> None:
    targets = index.vectors[[2, 7]]

    rows, products = index.nearest_to_any(targets, 4)
    scan = CoarseScan(index.vectors, dims=256)

    assert set(rows[:2].tolist()) == {2, 7}
    assert products.shape == (4, 2)
    assert scan.nearest_to_any(targets, 4)[0].tolist() == rows.tolist()


def test_the_largest_scores_come_first_and_equal_ones_in_order_of_place() -> None:
    assert top_indices(np.array([1, 3, 3, 2], dtype=np.float32), 3).tolist() == [1, 2, 3]
    assert top_indices(np.array([], dtype=np.float32), 3).tolist() == []


def test_above_the_exact_size_chroma_answers_and_keeps_to_the_filter(tmp_path: Path, games: Catalog) -> None:
    opened = CatalogIndex.open(tmp_path, games, HashingEmbedder(), exact_below=5)
    exact = CatalogIndex.open(None, games, HashingEmbedder())
    for row in range(len(games)):
        asked = opened.vectors[row]
        for wanted in ({}, {"genre": {"none": ["Racing"]}}, {"year": {"gte": 2000}}):
            allowed = opened.allowed(Query(filter=Filter.model_validate(wanted)))

            found, scores = opened.nearest(asked, 4, allowed=allowed)

            assert len(found) == 4
            assert allowed[found].all()
            assert np.allclose(scores, exact.nearest(asked, 4, allowed=allowed)[1], atol=1e-4)
    opened.close()


def test_a_store_that_breaks_while_open_gives_way_to_the_exact_search(
    tmp_path: Path, games: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = CatalogIndex.open(tmp_path, games, HashingEmbedder(), exact_below=5)
    monkeypatch.setattr(ChromaStore, "nearest", lambda self, vector, k, where=None: ([0], [1.0]))

    short = opened.nearest(opened.vectors[6], 3)[0]

    def broken(self: ChromaStore, vector: Floats, k: int, where: object = None) -> tuple[list[int], list[float]]:
        raise RuntimeError("Error purging logs")

    monkeypatch.setattr(ChromaStore, "nearest", broken)
    failing = opened.nearest(opened.vectors[6], 3)[0]
    assert short.tolist() == failing.tolist()
    assert short[0] == 6
    assert len(short) == 3
    opened.close()


def test_the_self_check_tells_short_and_wrong_answers(
    tmp_path: Path, games: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = CatalogIndex.open(tmp_path, games, HashingEmbedder())
    opened.self_check()

    monkeypatch.setattr(ChromaStore, "nearest", lambda self, vector, k, where=None: ([0], [1.0]))
    with pytest.raises(StoreDamage, match="1 answers where 10 were due"):
        opened.self_check()
    opened.close()


def test_the_seal_does_not_lead_out_of_the_index_folder(folder: Path, games: Catalog) -> None:
    seal = json.loads((folder / "seal.json").read_text())
    seal["folder"] = f"../../{seal['folder']}"
    (folder / "seal.json").write_text(json.dumps(seal))

    with pytest.raises(StoreDamage):
        ChromaStore.open(folder, {"catalog": "another"})
    assert ChromaStore.open(folder, {}).folder.parent == folder
