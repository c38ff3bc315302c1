"""`parley bench history`: what written queries, grounding and history selection are worth, on MovieLens.

Three measurements on the shipped films and the ratings of MovieLens latest-small, read from the mirror:
queries written from a history against the raw history and dense search (GPT4Rec's question), misspelt
titles tied to films (BIGRec's), and the similar against the recent part of a history (ReLLa's).
"""

from __future__ import annotations

import csv
import gzip
import math
import string
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.tools.candidates import Candidate
from parley.tools.items import Catalog
from parley.tools.retrieval import CatalogIndex, LexicalRetriever, MiniLmEmbedder, SimilarRetriever
from parley.tools.retrieval.documents import words
from parley.tools.retrieval.grounding import Grounder
from parley.tools.retrieval.history import select_history
from parley.tools.retrieval.querying import HistoryRetriever
from parley.tools.seams import Query, Taste

Row = dict[str, Any]
Mask = NDArray[np.bool_]
LIKED = 4.0
"""Stars from which a film counts as liked."""
DEPTH = 50


class MirrorError(ValueError):
    """The ratings are not where they were said to be."""


def run(mirror: Path, *, seed: int = 0, users: int = 300) -> list[Row]:
    """All three measurements.

    Args:
        mirror: the folder that holds `movielens-latest-small`.
        users: at most this many people, drawn by `seed`.

    Raises:
        MirrorError: no ratings there.
    """
    catalog = Catalog.films()
    index = CatalogIndex.open(None, catalog, MiniLmEmbedder())
    ratings = read_ratings(mirror, catalog)
    rng = np.random.default_rng(seed)
    chosen = sorted(rng.permutation(sorted(ratings))[:users].tolist())
    people = {user: ratings[user] for user in chosen}
    known = np.zeros(len(catalog), dtype=np.float32)
    for history in ratings.values():
        for item_id, _ in history:
            known[catalog.positions[item_id]] += 1
    return [
        *measure_queries(index, people, seed),
        *measure_grounding(index, np.log1p(known), seed),
        *measure_selection(index, people, seed),
    ]


def read_ratings(mirror: Path, catalog: Catalog) -> dict[int, list[tuple[str, float]]]:
    """User to (item_id, stars), oldest first, films of the catalogue only."""
    path = mirror / "movielens-latest-small" / "ratings.csv.gz"
    if not path.is_file():
        raise MirrorError(
            f"no ratings at {str(path)!r}; give the folder that holds movielens-latest-small with --mirror"
        )
    by_link = {item.links["movielens"]: item.item_id for item in catalog if "movielens" in item.links}
    found: dict[int, list[tuple[int, str, float]]] = defaultdict(list)
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            if row["movieId"] in by_link:
                found[int(row["userId"])].append((int(row["timestamp"]), by_link[row["movieId"]], float(row["rating"])))
    return {user: [(item_id, stars) for _, item_id, stars in sorted(rows)] for user, rows in found.items()}


def measure_queries(index: CatalogIndex, people: Mapping[int, list[tuple[str, float]]], seed: int) -> list[Row]:
    """Recall@50 of a person's last fifth of likes from the earlier ones (latest 30), and what is covered."""
    lexical = LexicalRetriever(index)
    similar = SimilarRetriever(index)
    methods: dict[str, Callable[[Taste, Mask], list[str]]] = {
        "raw history, BM25": lambda taste, free: _search_raw(index, lexical, taste, free),
        "dense, mean of likes": lambda taste, free: _search_mean(index, taste, free),
        "dense, nearest like": lambda taste, free: _ids(similar.search(Query(taste=taste), DEPTH, free)),
    }
    for count in (1, 5, 10):
        written = HistoryRetriever(index, lexical, queries=count)
        methods[f"{count} written queries, BM25"] = partial(_search_written, written)
    recalls: dict[str, list[float]] = {name: [] for name in methods}
    genres: dict[str, list[float]] = {name: [] for name in methods}
    shown: dict[str, set[str]] = {name: set() for name in methods}
    for history in people.values():
        liked = [item_id for item_id, stars in history if stars >= LIKED]
        cut = len(liked) - max(1, len(liked) // 5)
        if len(liked) < 10:
            continue
        taste, held_out = Taste(reactions=tuple((i, 1.0) for i in liked[:cut][-30:])), set(liked[cut:])
        free = np.ones(len(index), dtype=bool)
        free[[index.catalog.positions[i] for i, _ in history if i not in held_out]] = False
        for name, method in methods.items():
            found = method(taste, free)
            recalls[name].append(len(held_out & set(found)) / min(len(held_out), DEPTH))
            genres[name].append(len({g for i in found for g in index.catalog[i].values("genre")}))
            shown[name].update(found)
    return [
        {
            "measure": "queries from history",
            "method": name,
            "R@50": _with_interval(recalls[name], seed),
            "genres a list": f"{np.mean(genres[name]):.1f}",
            "catalogue shown": f"{len(shown[name]) / len(index):.0%}",
            "n": len(recalls[name]),
        }
        for name in methods
    ]


def measure_grounding(index: CatalogIndex, known: NDArray[np.float32], seed: int, *, sample: int = 400) -> list[Row]:
    """Share of misspelt titles (one or two slips of the finger) tied to a film of that title."""
    rng = np.random.default_rng(seed)
    rows = rng.choice(len(index), size=sample, replace=False)
    asked = [(misspell(index.catalog[int(row)].title, rng), index.catalog[int(row)].title) for row in rows]
    found = []
    for name, letters, gamma in (
        ("meaning only", 0.0, 0.0),
        ("meaning, popularity", 0.0, 0.1),
        ("letters only", 1.0, 0.0),
        ("letters and meaning", 0.75, 0.0),
        ("letters, meaning, popularity (default)", 0.75, 0.1),
        ("letters, meaning, popularity (gamma 0.5)", 0.75, 0.5),
    ):
        grounder = Grounder(index, popularity=known, letters=letters, gamma=gamma)
        hits = [float(index.catalog[grounder.ground(text)[0].item_id].title == title) for text, title in asked]
        found.append({"measure": "grounding", "method": name, "accuracy": _with_interval(hits, seed), "n": len(hits)})
    return found


def measure_selection(index: CatalogIndex, people: Mapping[int, list[tuple[str, float]]], seed: int) -> list[Row]:
    """AUC of telling the liked from the others in a person's last fifth, by the mean stars of the part of the history
    chosen, each weighted by its likeness; people with at least 60 ratings."""
    long = [history for history in people.values() if len(history) >= 60]
    found = []
    for size in (5, 15, 30):
        for name in ("recent", "similar"):
            areas = [a for history in long if not math.isnan(a := _area(index, history, size, name))]
            found.append(
                {
                    "measure": "history that bears on an item",
                    "method": f"{size} {name}",
                    "AUC": _with_interval(areas, seed),
                    "n": len(areas),
                }
            )
    return found


def misspell(title: str, rng: np.random.Generator) -> str:
    """Lower case with one slip, or two in a title of eight letters or more: swap, drop, double or change a letter."""
    letters = list(title.lower())
    for _ in range(2 if len(letters) >= 8 else 1):
        place = int(rng.integers(0, max(len(letters) - 1, 1)))
        match int(rng.integers(0, 4)):
            case 0 if len(letters) > 1:
                letters[place], letters[place + 1] = letters[place + 1], letters[place]
            case 1 if len(letters) > 2:
                del letters[place]
            case 2:
                letters.insert(place, letters[place])
            case _:
                letters[place] = string.ascii_lowercase[int(rng.integers(0, 26))]
    return "".join(letters)


def _search_written(written: HistoryRetriever, taste: Taste, free: Mask) -> list[str]:
    return _ids(written.search(Query(taste=taste), DEPTH, free))


def _search_raw(index: CatalogIndex, lexical: LexicalRetriever, taste: Taste, free: Mask) -> list[str]:
    """Every word of every liked item's title and tags as one long query."""
    items = [index.catalog[item_id] for item_id in taste.liked]
    text = " ".join([item.title + " " + " ".join(v for values in item.tags.values() for v in values) for item in items])
    rows, _ = lexical.best(list(dict.fromkeys(words(text))), DEPTH, free)
    return [index.catalog[int(row)].item_id for row in rows]


def _search_mean(index: CatalogIndex, taste: Taste, free: Mask) -> list[str]:
    rows, _ = index.nearest(index.vectors_of(taste.liked).mean(axis=0), DEPTH, allowed=free)
    return [index.catalog[int(row)].item_id for row in rows]


def _ids(found: Sequence[Candidate]) -> list[str]:
    return [candidate.item_id for candidate in found]


def _area(index: CatalogIndex, history: Sequence[tuple[str, float]], size: int, which: str) -> float:
    cut = len(history) - len(history) // 5
    stars = dict(history)
    mean = float(np.mean([value for _, value in history[:cut]]))
    past = Taste(reactions=tuple(history[:cut]))
    recent = Taste(reactions=tuple(history[:cut][-size:]))
    scores, labels = [], []
    for item_id, value in history[cut:]:
        target = index.vectors_of([item_id])[0]
        part = recent if which == "recent" else select_history(past, index, target, size)
        likeness = np.maximum(index.vectors_of(i for i, _ in part.reactions) @ target, 1e-3)
        scores.append(float(likeness @ np.array([stars[i] - mean for i, _ in part.reactions]) / likeness.sum()))
        labels.append(value >= LIKED)
    good = np.array([s for s, liked in zip(scores, labels, strict=True) if liked])
    bad = np.array([s for s, liked in zip(scores, labels, strict=True) if not liked])
    if not len(good) or not len(bad):
        return math.nan
    difference = good[:, None] - bad[None]
    return float(((difference > 0) + 0.5 * (difference == 0)).mean())


def _with_interval(values: Sequence[float], seed: int, *, resamples: int = 2_000) -> str:
    """Mean with its 95 % bootstrap interval over people (or titles)."""
    numbers = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(seed).choice(numbers, size=(resamples, len(numbers))).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{numbers.mean():.4f} [{low:.4f}, {high:.4f}]"
