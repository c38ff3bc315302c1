"""`parley bench retrieval`: search by size and filter, beside Chroma alone and a plain loop, in one run.

The items are synthetic but not easy: vectors are the shipped film vectors with noise, so they lie as
sentence vectors lie, and texts are film words. Every figure is milliseconds a query on the threads in force,
at the recall@100 shown; ratios are taken within the run.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.tools.filters import Filter, chroma_where
from parley.tools.items import Catalog, Domain, Item, KindInfo, NumberInfo
from parley.tools.retrieval import (
    AttributeRetriever,
    CatalogIndex,
    DenseRetriever,
    HybridRetriever,
    LexicalRetriever,
    MiniLmEmbedder,
    SimilarRetriever,
    TasteRetriever,
)
from parley.tools.retrieval.chroma_store import HNSW, ChromaStore
from parley.tools.retrieval.documents import words
from parley.tools.retrieval.embedding import Floats, unit_rows
from parley.tools.retrieval.index import Engine
from parley.tools.retrieval.vectors import load_or_embed
from parley.tools.seams import Query, Taste

DOMAIN = Domain(
    name="bench",
    kinds={"theme": KindInfo(label="theme")},
    roles={"maker": KindInfo(label="maker")},
    numbers={"slot": NumberInfo(label="slot")},
)
FILTERS: Mapping[str, Filter] = {
    "none": Filter({}),
    "10 %": Filter.model_validate({"slot": {"lte": 9}}),
    "50 %": Filter.model_validate({"slot": {"lte": 49}}),
}
"""Items' `slot` is uniform over 0 to 99."""

DEPTH = 100
RECALL = 0.99
EF_SEARCH = (100, 200, 400, 800, 1600)
"""Widths tried on Chroma until it reaches `RECALL`; the first that does is timed."""

Row = dict[str, Any]


def run(
    sizes: Sequence[int] = (1_700, 100_000, 1_000_000),
    *,
    queries: int = 30,
    seed: int = 0,
    chroma_up_to: int = 100_000,
    loop_up_to: int = 100_000,
    progress: Callable[[str], None] = lambda words: None,
) -> list[Row]:
    """Measure every size; one row a (size, filter, system).

    Args:
        chroma_up_to: larger collections are not built: HNSW insertion takes milliseconds an item.
        loop_up_to: the loop over items is not run on more.

    Returns:
        Rows with `items`, `filter`, `task`, `system`, `ms` (median), `p95`, `cpu` (median
        processor milliseconds: what `ms` would be on an idle machine), `recall` (at 100, against the
        full scan; nan where it does not apply) and `ratio` (this system's time over Parley's).
    """
    rows: list[Row] = []
    for size in sizes:
        progress(f"making {size:,} items")
        world = _World(size, queries, seed)
        for task in (_dense_rows, _lexical_rows, _hybrid_rows):
            progress(f"{size:,} items: {task.__name__.strip('_').removesuffix('_rows')}")
            rows += task(world, chroma_up_to=chroma_up_to, loop_up_to=loop_up_to)
        del world
        gc.collect()
    return rows


class _World:
    """A catalogue of one size, its index, and the questions asked of it."""

    def __init__(self, size: int, queries: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        films = Catalog.films()
        self.embedder = MiniLmEmbedder()
        film_vectors, _, _ = load_or_embed(None, films, self.embedder)
        parents = rng.integers(0, len(films), size)
        vectors = np.empty((size, self.embedder.dim), dtype=np.float32)
        for start in range(0, size, 50_000):
            rows = slice(start, start + 50_000)
            noise = rng.standard_normal((len(parents[rows]), self.embedder.dim), dtype=np.float32)
            vectors[rows] = unit_rows(film_vectors[parents[rows]] + noise * np.float32(0.6 / self.embedder.dim**0.5))
        self.catalog = _catalog(size, parents, films, rng)
        started = time.perf_counter()
        self.index = CatalogIndex(self.catalog, self.embedder, vectors)
        self.open_seconds = time.perf_counter() - started
        asked = rng.choice(len(films), size=queries, replace=queries > len(films))
        themes = [films[int(row)].tags.get("keyword") or films[int(row)].tags["genre"] for row in asked]
        self.texts = [" ".join(rng.permutation(np.array(found))[:2].tolist()) for found in themes]
        self.asked = np.stack([self.embedder.embed_query(text) for text in self.texts])
        self.masks = {name: self.index.filters.mask(wanted) for name, wanted in FILTERS.items()}
        self.likes = [
            Taste(reactions=tuple((f"i{row}", 1.0) for row in rng.choice(size, 10, replace=False)))
            for _ in range(queries)
        ]


def _catalog(size: int, parents: NDArray[np.int64], films: Catalog, rng: np.random.Generator) -> Catalog:
    """Items with a parent film's themes, a maker, a slot for the filters, and a few of its words."""
    spoken = [list(dict.fromkeys(words(film.text)))[:10] for film in films]
    slots = rng.integers(0, 100, size)
    makers = rng.integers(0, max(size // 20, 1), size)
    themes = [{"theme": tuple(film.tags.get("keyword", ()))[:5]} for film in films]
    people = {int(maker): {"maker": (f"Maker {maker}",)} for maker in np.unique(makers)}
    numbers = [{"slot": float(slot)} for slot in range(100)]
    items = (
        Item.model_construct(
            item_id=f"i{row}",
            title=f"Item {row}",
            aliases=(),
            year=None,
            people=people[int(makers[row])],
            tags=themes[parents[row]],
            numbers=numbers[slots[row]],
            text=" ".join(spoken[parents[row]]),
            links={},
        )
        for row in range(size)
    )
    return Catalog(items, DOMAIN)


def _dense_rows(world: _World, *, chroma_up_to: int, loop_up_to: int) -> list[Row]:
    """Search by vector alone; the embedding of the question is not in these times."""
    index, found = world.index, []
    exact = {
        name: [set(index.nearest(asked, DEPTH, allowed=mask, engine="exact")[0].tolist()) for asked in world.asked]
        for name, mask in world.masks.items()
    }
    for name, mask in world.masks.items():

        def scan(n: int, engine: Engine, mask: NDArray[np.bool_] = mask) -> list[int]:
            rows: list[int] = index.nearest(world.asked[n], DEPTH, allowed=mask, engine=engine)[0].tolist()
            return rows

        def loop(n: int, mask: NDArray[np.bool_] = mask) -> list[int]:
            return _loop(index.vectors, world.asked[n], mask)

        systems: dict[str, Callable[[int], list[int]]] = {
            "parley": partial(scan, engine="auto"),
            "full scan": partial(scan, engine="exact"),
        }
        if len(index) <= loop_up_to:
            systems["loop"] = loop
        for system, ask in systems.items():
            runs = 3 if system == "loop" else len(world.asked)
            found.append(_row(world, name, "vectors", system, ask, exact[name], runs))
    if len(index) <= chroma_up_to:
        found += _chroma_rows(world, exact)
    return _with_ratios(found)


def _chroma_rows(world: _World, exact: Mapping[str, list[set[int]]]) -> list[Row]:
    """Chroma alone, filters as its own `where`, at the first search width that reaches the recall asked."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        store = ChromaStore.build(Path(folder), world.catalog, world.index.vectors, {"dim": world.embedder.dim})
        built = time.perf_counter() - started
        for name, wanted in FILTERS.items():
            where = chroma_where(wanted)

            def ask(n: int, where: dict[str, Any] | None = where) -> list[int]:
                return store.nearest(world.asked[n], DEPTH, where=where)[0]

            for width in EF_SEARCH:
                store._opened().modify(configuration={"hnsw": {"ef_search": width}})
                store.close()  # the width is read on opening
                row = _row(
                    world,
                    name,
                    "vectors",
                    "chroma" if where is None else "chroma + where",
                    ask,
                    exact[name],
                    len(world.asked),
                )
                if row["recall"] >= RECALL or width == EF_SEARCH[-1]:
                    break
            found.append({**row, "note": f"ef_search {width}, M {HNSW['max_neighbors']}, built in {built:.0f} s"})
        store.close()
    return found


def _lexical_rows(world: _World, *, chroma_up_to: int, loop_up_to: int) -> list[Row]:
    """BM25: our sum over bm25s's table, bm25s's own scoring, and a loop over documents."""
    started = time.perf_counter()
    ours = LexicalRetriever(world.index)
    built = time.perf_counter() - started
    world.lexical = ours  # type: ignore[attr-defined]
    asked = [list(dict.fromkeys(word for word in words(text) if word in ours._places)) for text in world.texts]

    def theirs(n: int) -> list[int]:
        scores = ours.table.get_scores(asked[n])
        best = np.argpartition(-scores, min(DEPTH, len(scores) - 1))[:DEPTH]
        return [int(row) for row in best if scores[row] > 0]

    found = [
        _row(world, "none", "words", "parley", lambda n: ours.best(asked[n], DEPTH)[0].tolist(), None, len(asked)),
        _row(world, "none", "words", "bm25s", theirs, None, len(asked)),
    ]
    found[0]["note"] = f"built in {built:.1f} s"
    return _with_ratios(found)


def _hybrid_rows(world: _World, *, chroma_up_to: int, loop_up_to: int) -> list[Row]:
    """The whole question, embedding included: words, facts, taste and likeness fused."""
    index = world.index
    recommender = _Factors(index.catalog, index.vectors[:, :32])
    hybrid = HybridRetriever(
        index,
        [
            DenseRetriever(index),
            world.lexical,  # type: ignore[attr-defined]
            AttributeRetriever(index),
            TasteRetriever(index, recommender),
            SimilarRetriever(index),
        ],
    )
    found = []
    for name, wanted in FILTERS.items():

        def ask(n: int, wanted: Filter = wanted) -> list[str]:
            world.embedder._cache._kept.clear()  # a question not asked before
            query = Query(text=world.texts[n], filter=wanted, taste=world.likes[n])
            return [candidate.item_id for candidate in hybrid.retrieve(query, DEPTH)]

        found.append(_row(world, name, "hybrid", "parley", ask, None, len(world.texts)))
    taste = TasteRetriever(index, recommender)
    everything = np.ones(len(index), dtype=bool)
    found.append(
        _row(
            world,
            "none",
            "fold-in + top 100",
            "parley",
            lambda n: taste.search(Query(taste=world.likes[n]), DEPTH, everything),
            None,
            len(world.likes),
        )
    )
    return found


class _Factors:
    """A factor recommender of the usual shape, so that fold-in costs what it costs: (n, 32) factors."""

    name = "factors"

    def __init__(self, catalog: Catalog, factors: Floats) -> None:
        self.item_ids = tuple(item.item_id for item in catalog)
        self._places = catalog.positions
        self._factors = np.ascontiguousarray(factors)

    def fold_in(self, taste: Taste) -> NDArray[np.float32]:
        rows = [self._places[i] for i, _ in taste.reactions if i in self._places]
        weights = np.array([w for i, w in taste.reactions if i in self._places], dtype=np.float32)
        return self._factors @ (weights @ self._factors[rows]) if rows else np.zeros(len(self._factors), np.float32)

    def recommend(self, taste: Taste, k: int, *, exclude: frozenset[str] = frozenset()) -> list[tuple[str, float]]:
        raise NotImplementedError("the benchmark asks TasteRetriever")

    def save(self, folder: Path) -> None:
        raise NotImplementedError("nothing to keep")


def _loop(vectors: Floats, asked: Floats, allowed: NDArray[np.bool_]) -> list[int]:
    """What a first version does: visit each item, test it, score it, sort."""
    scored = []
    for row in range(len(vectors)):
        if allowed[row]:
            scored.append((float(vectors[row] @ asked), row))
    scored.sort(reverse=True)
    return [row for _, row in scored[:DEPTH]]


def _row(
    world: _World,
    filter_name: str,
    task: str,
    system: str,
    ask: Callable[[int], Any],
    exact: list[set[int]] | None,
    runs: int,
) -> Row:
    ask(0)
    times, worked, hits = [], [], []
    for n in range(runs):
        started, busy = time.perf_counter(), time.process_time()
        answer = ask(n)
        worked.append(1e3 * (time.process_time() - busy))
        times.append(1e3 * (time.perf_counter() - started))
        if exact is not None:
            hits.append(len(exact[n] & set(answer)) / max(len(exact[n]), 1))
    return {
        "items": len(world.index),
        "task": task,
        "filter": filter_name,
        "system": system,
        "ms": round(float(np.median(times)), 3),
        "p95": round(float(np.percentile(times, 95)), 3),
        "cpu": round(float(np.median(worked)), 3),
        "recall": round(float(np.mean(hits)), 4) if hits else float("nan"),
    }


def _with_ratios(rows: list[Row]) -> list[Row]:
    """Each system's time over Parley's for the same question."""
    ours = {(row["task"], row["filter"]): row["ms"] for row in rows if row["system"] == "parley"}
    return [{**row, "ratio": round(row["ms"] / ours[row["task"], row["filter"]], 1)} for row in rows]
