"""`parley bench train`: what a recommender costs to fit and to ask, beside the `implicit` package in the same run.

Fits are interleaved (one of each, again and again) and the median is kept, so that a busy machine slows all
alike; what counts is the ratio within the run. Quality comes along: leave-last NDCG@10 over the full
catalogue, the same split and ranking for every system. Settings are those `parley eval offline` uses.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.evals import metrics
from parley.evals.intervals import bootstrap
from parley.evals.offline.models import contestant, read_tuned
from parley.evals.offline.splits import Task, split
from parley.tools.recommenders import ClassicalRecommender, Interactions, recommender_class
from parley.tools.recommenders.ease import Ease, EaseConfig
from parley.tools.seams import Taste

Row = dict[str, Any]
Scores = Callable[[], NDArray[np.float32]]
OURS = ("popularity", "itemknn", "ease-plain", "ease", "nextitem", "als")
ASKED = 200
"""People asked one at a time."""


@dataclass(frozen=True)
class System:
    """Something that is fitted and asked."""

    name: str
    peer: str
    """The system of this run its ratios are taken against."""
    fit: Callable[[], Any]
    score_all: Callable[[Any], NDArray[np.float32]]
    ask: Callable[[Any, int], object]
    """Top ten for one judged person, from their history alone."""


def run(data: Interactions, *, repeats: int = 3, models: Sequence[str] = OURS) -> list[Row]:
    """One row a system: seconds to fit, microseconds to ask, NDCG@10, and ratios to its peer (above 1: faster)."""
    _, task = split(data, "leave-last")
    systems = [*_peers(task), *(_ours(data, task, name) for name in models)]
    fits: dict[str, list[float]] = {system.name: [] for system in systems}
    fitted: dict[str, Any] = {}
    for _ in range(repeats):
        for system in systems:
            started = time.perf_counter()
            fitted[system.name] = system.fit()
            fits[system.name].append(time.perf_counter() - started)
    asked = _ask_interleaved(systems, fitted, min(ASKED, len(task.targets)))
    rows: list[Row] = []
    for system in systems:
        ranks = metrics.rank_targets(
            system.score_all(fitted[system.name]), np.concatenate(task.targets), list(task.seen)
        )
        quality = bootstrap(metrics.ndcg_at(10, ranks), samples=1000)
        rows.append(
            {
                "system": system.name,
                "fit_s": float(np.median(fits[system.name])),
                "ask_us": asked[system.name],
                "ndcg": quality.model_dump(),
                "peer": system.peer,
            }
        )
    by_name = {row["system"]: row for row in rows}
    for row in rows:
        peer = by_name.get(row["peer"])
        row["fit_ratio"] = peer["fit_s"] / row["fit_s"] if peer else None
        row["ask_ratio"] = peer["ask_us"] / row["ask_us"] if peer else None
        row["ndcg_ratio"] = row["ndcg"]["mean"] / peer["ndcg"]["mean"] if peer and peer["ndcg"]["mean"] else None
    return rows


def measure_fold_in(items: int = 10_000, *, likes: int = 30, k: int = 100, seed: int = 0) -> Row:
    """Milliseconds for one new person's fold-in and top `k` over a made-up catalogue of dense EASE weights."""
    generator = np.random.default_rng(seed)
    weights = generator.standard_normal((items, items), dtype=np.float32)
    ids = [str(item) for item in range(items)]
    model = Ease(ids, generator.random(items, dtype=np.float32), EaseConfig(), weights)
    times = []
    for _ in range(50):
        liked = generator.choice(items, likes, replace=False)
        taste = Taste(reactions=tuple((ids[item], 1.0) for item in liked))
        started = time.perf_counter()
        model.recommend(taste, k)
        times.append((time.perf_counter() - started) * 1e3)
    return {
        "task": f"fold-in of {likes} likes and top {k} of {items:,} items",
        "ms": float(np.median(times)),
        "p95_ms": float(np.quantile(times, 0.95)),
    }


def as_markdown(rows: Sequence[Mapping[str, Any]], fold: Mapping[str, Any]) -> str:
    """The tables of a run."""
    lines = [
        "| system | fit, s | ask one, us | NDCG@10 | peer | fit, times as fast | ask, times as fast | NDCG@10 ratio |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        ndcg = row["ndcg"]
        ratios = [f"{row[key]:.2f}" if row[key] else "-" for key in ("fit_ratio", "ask_ratio", "ndcg_ratio")]
        lines.append(
            f"| {row['system']} | {row['fit_s']:.3f} | {row['ask_us']:.0f} | {ndcg['mean']:.4f} "
            f"[{ndcg['low']:.4f}, {ndcg['high']:.4f}] | {row['peer'] or '-'} | {' | '.join(ratios)} |"
        )
    lines += ["", f"{fold['task']}: {fold['ms']:.2f} ms at the median, {fold['p95_ms']:.2f} ms at the 95th percentile."]
    return "\n".join(lines) + "\n"


def _ours(data: Interactions, task: Task, name: str) -> System:
    entry = contestant(name)
    model_class = recommender_class(entry.kind)
    config = model_class.config_class.model_validate(read_tuned(data.name, "leave-last", name))
    tastes = [Taste(reactions=tuple((data.item_ids[i], 1.0) for i in row)) for row in task.seen.take(range(ASKED))]

    def fit() -> ClassicalRecommender:
        return model_class.fit(task.train, config)

    peer = "implicit als" if name == "als" else "implicit cosine"

    def ask(model: ClassicalRecommender, person: int) -> object:
        return model.recommend(tastes[person], 10)

    return System(name, peer, fit, lambda model: model.score_all(task.seen), ask)


def _peers(task: Task) -> list[System]:
    """`implicit`'s ALS and cosine item-kNN; nothing if it is not installed."""
    try:
        from implicit.cpu.als import AlternatingLeastSquares
        from implicit.nearest_neighbours import CosineRecommender
    except ImportError:
        return []
    learnt, known = task.train.matrix(), task.seen.matrix().tocsr()

    def fit_als() -> Any:
        model = AlternatingLeastSquares(
            factors=64, regularization=10.0, alpha=1.0, iterations=15, random_state=0, num_threads=1
        )
        model.fit(learnt, show_progress=False)
        return model

    def fit_cosine() -> Any:
        model = CosineRecommender(K=200, num_threads=1)
        model.fit(learnt, show_progress=False)
        return model

    def ask_als(model: Any, person: int) -> object:
        return model.recommend(0, known[person], N=10, recalculate_user=True)

    def ask_cosine(model: Any, person: int) -> object:
        return model.recommend(0, known[person], N=10)

    def score_als(model: Any) -> NDArray[np.float32]:
        people = np.stack([model.recalculate_user(0, known[person]) for person in range(known.shape[0])])
        return np.asarray(people @ model.item_factors.T, dtype=np.float32)

    def score_cosine(model: Any) -> NDArray[np.float32]:
        return np.asarray((known @ model.similarity).todense(), dtype=np.float32)

    return [
        System("implicit als", "", fit_als, score_als, ask_als),
        System("implicit cosine", "", fit_cosine, score_cosine, ask_cosine),
    ]


def _ask_interleaved(systems: Sequence[System], fitted: Mapping[str, Any], people: int) -> dict[str, float]:
    """Median microseconds to ask for one person, the systems taking turns."""
    times: dict[str, list[float]] = {system.name: [] for system in systems}
    for person in range(people):
        for system in systems:
            started = time.perf_counter()
            system.ask(fitted[system.name], person)
            times[system.name].append((time.perf_counter() - started) * 1e6)
    return {name: float(np.median(found)) for name, found in times.items()}
