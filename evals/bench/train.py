"""`parley bench train`: what a recommender costs to fit and to ask, beside the `implicit` package in the same run.

Fits are interleaved (one of each, again and again), counted in CPU seconds on one thread, and the median is
kept, so that a busy machine slows all alike; what counts is the ratio within the run. Quality comes along:
leave-last NDCG@10 over the full catalogue, the same split and ranking for every system. Settings are those
`parley eval offline` uses. SASRec, the dear one, is fitted once: how much sooner the others are as good as it
is the time to quality.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from parley.evals import metrics
from parley.evals.intervals import bootstrap
from parley.evals.offline.models import contestant, read_tuned
from parley.evals.offline.peers import PEERS
from parley.evals.offline.splits import Task, split
from parley.tools.recommenders import ClassicalRecommender, Interactions, recommender_class
from parley.tools.recommenders.ease import Ease, EaseConfig
from parley.tools.seams import Taste

Row = dict[str, Any]
OURS = ("popularity", "itemknn", "ease-plain", "ease-decayed", "ease", "nextitem", "als")
SLOW = "sasrec"
ASKED = 200
"""People asked one at a time."""


@dataclass(frozen=True)
class System:
    """Something that is fitted and asked."""

    name: str
    peer: str
    """The system of this run its ratios are taken against."""
    fit: Callable[[], Any]
    ask: Callable[[Any, int], object]
    """Top ten for one judged person, from their history alone."""


def run(data: Interactions, *, repeats: int = 3, models: Sequence[str] = OURS, slow: bool = True) -> list[Row]:
    """One row a system: CPU seconds to fit, microseconds to ask, people scored a second, NDCG@10, and ratios.

    Ratios above 1 mean faster (or better) than the peer. `slow` adds SASRec, fitted once.
    """
    _, task = split(data, "leave-last")
    systems = [*_peers(data, task), *(_ours(data, task, name) for name in models)]
    fits: dict[str, list[float]] = {system.name: [] for system in systems}
    fitted: dict[str, Any] = {}
    for turn in range(repeats):
        if slow and turn == 0:
            systems.append(_ours(data, task, SLOW))
            fits[SLOW] = []
        for system in systems:
            if system.name == SLOW and turn:
                continue
            started = time.process_time()
            fitted[system.name] = system.fit()
            fits[system.name].append(time.process_time() - started)
    asked = _ask_interleaved(systems, fitted, min(ASKED, len(task.targets)))
    rows = [_row(system, fitted[system.name], fits[system.name], asked[system.name], task) for system in systems]
    by_name = {row["system"]: row for row in rows}
    for row in rows:
        peer, dear = by_name.get(row["peer"]), by_name.get(SLOW)
        row["fit_ratio"] = peer["fit_s"] / row["fit_s"] if peer else None
        row["ask_ratio"] = peer["ask_us"] / row["ask_us"] if peer else None
        row["ndcg_ratio"] = row["ndcg"]["mean"] / peer["ndcg"]["mean"] if peer and peer["ndcg"]["mean"] else None
        as_good = dear is not None and row is not dear and row["ndcg"]["mean"] >= dear["ndcg"]["mean"]
        row["sooner_than_slow"] = dear["fit_s"] / row["fit_s"] if dear and as_good else None
    return rows


def _row(system: System, model: Any, fits: Sequence[float], ask_us: float, task: Task) -> Row:
    started = time.process_time()
    scores = model.score_all(task.seen)
    spent = time.process_time() - started
    ranks = metrics.rank_targets(scores, np.concatenate(task.targets), list(task.seen))
    return {
        "system": system.name,
        "fit_s": float(np.median(fits)),
        "ask_us": ask_us,
        "people_a_second": len(task.targets) / spent,
        "ndcg": bootstrap(metrics.ndcg_at(10, ranks), samples=1000).model_dump(),
        "peer": system.peer,
    }


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
        "| system | fit, CPU s | ask one, us | people a CPU s | NDCG@10 | peer | fit, times as fast "
        "| ask, times as fast | NDCG@10 ratio | as good as SASRec, times sooner |",
        "|---" * 10 + "|",
    ]
    for row in rows:
        ndcg = row["ndcg"]
        keys = ("fit_ratio", "ask_ratio", "ndcg_ratio", "sooner_than_slow")
        ratios = [f"{row[key]:.2f}" if row[key] else "-" for key in keys]
        lines.append(
            f"| {row['system']} | {row['fit_s']:.3f} | {row['ask_us']:.0f} | {row['people_a_second']:,.0f} "
            f"| {ndcg['mean']:.4f} [{ndcg['low']:.4f}, {ndcg['high']:.4f}] | {row['peer'] or '-'} "
            f"| {' | '.join(ratios)} |"
        )
    lines += ["", f"{fold['task']}: {fold['ms']:.2f} ms at the median, {fold['p95_ms']:.2f} ms at the 95th percentile."]
    return "\n".join(lines) + "\n"


def _ours(data: Interactions, task: Task, name: str) -> System:
    entry = contestant(name)
    model_class = recommender_class(entry.kind)
    config = model_class.config_class.model_validate(read_tuned(data.name, "leave-last", name))
    asked = range(min(ASKED, len(task.targets)))
    tastes = [Taste(reactions=tuple((data.item_ids[i], 1.0) for i in row)) for row in task.seen.take(asked)]

    def fit() -> ClassicalRecommender:
        return model_class.fit(task.train, config)

    peer = "implicit-als" if name == "als" else "implicit-cosine"

    def ask(model: ClassicalRecommender, person: int) -> object:
        return model.recommend(tastes[person], 10)

    return System(name, peer, fit, ask)


def _peers(data: Interactions, task: Task) -> list[System]:
    """`implicit`'s ALS and cosine item-kNN; nothing if it is not installed."""
    from importlib.util import find_spec

    if find_spec("implicit") is None:
        return []
    known = task.seen.matrix()
    options: Mapping[str, Mapping[str, Any]] = {"implicit-als": {"recalculate_user": True}, "implicit-cosine": {}}

    def system(name: str) -> System:
        settings = read_tuned(data.name, "leave-last", name)

        def ask(found: Any, person: int) -> object:
            return found.model.recommend(0, known[person], N=10, **options[name])

        return System(name, "", lambda: PEERS[name](task.train, settings, 0, None), ask)

    return [system(name) for name in options]


def _ask_interleaved(systems: Sequence[System], fitted: Mapping[str, Any], people: int) -> dict[str, float]:
    """Median microseconds to ask for one person, the systems taking turns."""
    times: dict[str, list[float]] = {system.name: [] for system in systems}
    for person in range(people):
        for system in systems:
            started = time.perf_counter()
            system.ask(fitted[system.name], person)
            times[system.name].append((time.perf_counter() - started) * 1e6)
    return {name: float(np.median(found)) for name, found in times.items()}
