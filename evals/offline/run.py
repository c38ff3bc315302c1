"""Fit, rank everything, judge. Each finished fit is kept, so an interrupted evaluation goes on where it was."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from parley.evals import metrics
from parley.evals.intervals import Estimate, bootstrap, paired_difference
from parley.evals.offline.blending import fit_weights
from parley.evals.offline.fits import Fitter, Tell, fingerprint, trained_seconds
from parley.evals.offline.models import (
    TUNED,
    OfflineError,
    Settings,
    blend_settings,
    contestant,
    read_tuned,
    start_settings,
    write_tuned,
)
from parley.evals.offline.peers import PEERS, Scored
from parley.evals.offline.published import PUBLISHED, Published
from parley.evals.offline.splits import Protocol, Task, split
from parley.tools.recommenders import Histories, Interactions, recommender_class
from parley.tools.recommenders.base import best_first

MAIN = "NDCG@10"
LIST = 10
"""Items in the lists judged beyond accuracy."""
DEEP = 100
CHUNK = 512
"""People scored at once."""
MANY_TARGETS = (
    (MAIN, metrics.ndcg_of, 10),
    ("NDCG@100", metrics.ndcg_of, 100),
    ("Recall@20", metrics.recall_of, 20),
    ("Recall@50", metrics.recall_of, 50),
)


class Row(BaseModel):
    """One model's line of the table."""

    model_config = ConfigDict(frozen=True)

    model: str
    settings: Mapping[str, Any]
    seeds: tuple[int, ...]
    metrics: Mapping[str, Estimate]
    """Means over people (and seeds) with 95 % bootstrap intervals over people."""
    seed_spread: float
    """Standard deviation of NDCG@10 over seeds; 0 for one seed."""
    coverage: float
    gini: float
    over_first: Estimate
    """NDCG@10 less that of the table's first model, person by person."""
    over: Mapping[str, Estimate]
    """The same against each other model that was asked for."""
    fit_seconds: float
    """CPU seconds of one fit, the median over seeds."""


class OfflineReport(BaseModel):
    """The table and what it was made from."""

    model_config = ConfigDict(frozen=True)

    data: str
    protocol: str
    users: int
    items: int
    interactions: int
    judged: int
    rows: tuple[Row, ...]
    published: tuple[Published, ...]
    """What others printed for this data set and protocol; not run here."""


@dataclass(frozen=True)
class Judged:
    """What one fit did, person by person."""

    values: dict[str, NDArray[np.float64]]
    lists: NDArray[np.int64]
    fit_seconds: float


@dataclass(frozen=True)
class Setting:
    """What stays the same for all models of a table."""

    data: Interactions
    groups: tuple[frozenset[str], ...]
    """Each item's genres; empty if the data set has none."""
    fitter: Fitter
    tuned: Path

    @property
    def protocol(self) -> Protocol:
        return self.fitter.protocol


def evaluate_offline(
    data: Interactions,
    models: Sequence[str],
    *,
    work: Path,
    protocol: Protocol = "leave-last",
    seeds: Sequence[int] = (0, 1, 2),
    tune: bool = False,
    genres: Mapping[str, frozenset[str]] | None = None,
    vectors: Callable[[], NDArray[np.float32]] | None = None,
    tuned: Path = TUNED,
    seconds: float | None = None,
    against: Sequence[str] = (),
    tell: Tell = lambda _: None,
) -> OfflineReport:
    """The table of these models on one data set, the first of them the baseline of the differences.

    Args:
        work: Folder for finished fits and checkpoints; a repeated call reads them.
        tune: Pick settings on the validation targets first and keep them in `tuned`.
        genres: Item id to genres, for the diversity within a list.
        vectors: Makes (n_items, d) text vectors, for models that start from them.
        seconds: Pause a long fit after about so long.
        against: More models of the table that differences are taken to.

    Raises:
        OfflineError: the data cannot be split this way, or a model is unknown or not in the table.
        OutOfTime: a fit was paused; call again to go on.
    """
    chosen = [contestant(name) for name in models]
    for name in against:
        if name not in models:
            raise OfflineError(f"no difference to {name!r}: it is not among the models; add it to --model")
    groups = tuple((genres or {}).get(item_id, frozenset()) for item_id in data.item_ids)
    validation, test = split(data, protocol)
    fitter = Fitter(protocol, validation, test, vectors, work, tell, seconds)
    setting = Setting(data, groups, fitter, tuned)
    judged: dict[str, list[Judged]] = {}
    used: dict[str, tuple[Settings, tuple[int, ...]]] = {}
    for name, entry in zip(models, chosen, strict=True):
        if tune:
            write_tuned(data.name, protocol, name, _tune(setting, name), tuned)
        settings = read_tuned(data.name, protocol, name, tuned)
        draws = any(_draws_lots(kind) for kind in (entry.kind, *entry.members))
        used[name] = settings, tuple(seeds) if draws else tuple(seeds[:1])
        judged[name] = [_judge_kept(setting, name, settings, seed, "test") for seed in used[name][1]]
        tell(f"{name}: {MAIN} {np.nanmean(_mean_of(judged[name], MAIN)):.4f}")
    main = {name: _mean_of(runs, MAIN) for name, runs in judged.items()}
    rows = [
        _summarise(
            name, *used[name], runs, data.n_items, [main[models[0]], *(main[other] for other in against)], against
        )
        for name, runs in judged.items()
    ]
    return OfflineReport(
        data=data.name, protocol=protocol, users=data.n_users, items=data.n_items, interactions=len(data),
        judged=len(test.targets), rows=tuple(rows), published=PUBLISHED.get((data.name, protocol), ()),
    )  # fmt: skip


def _draws_lots(kind: str) -> bool:
    return kind == "implicit-als" if kind in PEERS else recommender_class(contestant(kind).kind).stochastic


def _tune(setting: Setting, name: str) -> Settings:
    """The settings with the highest validation NDCG@10: one setting at a time, twice around; one seed each."""
    if contestant(name).members:
        return _tune_blend(setting, name)
    best = {**start_settings(setting.data.name, setting.protocol, name, setting.tuned)}
    tried: dict[str, float] = {}

    def value_of(settings: Settings) -> float:
        key = json.dumps(settings, sort_keys=True)
        if key not in tried:
            judged = _judge_kept(setting, name, settings, 0, "validation")
            tried[key] = float(np.nanmean(judged.values[MAIN]))
            setting.fitter.tell(f"{name} {len(tried)}: validation {MAIN} {tried[key]:.4f} {key[:200]}")
        return tried[key]

    for _ in range(2):
        for axis, choices in contestant(name).axes.items():
            best = max(({**best, axis: choice} for choice in choices), key=value_of)
    return best


def _tune_blend(setting: Setting, name: str) -> Settings:
    """Its members as tuned, the weights fitted on validation."""
    data, protocol, names = setting.data.name, setting.protocol, contestant(name).members
    tuned = [read_tuned(data, protocol, member, setting.tuned) for member in names]
    members = [setting.fitter.member(member, own, 0, "validation") for member, own in zip(names, tuned, strict=True)]
    weights, value = fit_weights(members, setting.fitter.validation)
    setting.fitter.tell(f"{name}: validation {MAIN} {value:.4f} {dict(zip(names, weights, strict=True))}")
    return blend_settings(data, protocol, name, weights, setting.tuned)


def _judge_kept(setting: Setting, name: str, settings: Settings, seed: int, part: str) -> Judged:
    """`judge`, read from the work folder if it was done before with the same data and settings."""
    fitter = setting.fitter
    told = json.dumps([name, settings, seed, part, fitter.protocol, fingerprint(setting.data)], sort_keys=True)
    file = fitter.work / f"{name}-{part}-{seed}-{hashlib.sha256(told.encode()).hexdigest()[:16]}.npz"
    if file.is_file():
        with np.load(file, allow_pickle=False) as kept:
            values = {key.removeprefix("value."): kept[key] for key in kept.files if key.startswith("value.")}
            return Judged(values, kept["lists"], float(kept["fit_seconds"]))
    started = time.process_time()
    model = fitter.fit(name, settings, seed, part)
    fit_seconds = max(time.process_time() - started, trained_seconds(model))
    judged = Judged(*judge(model, fitter.test if part == "test" else fitter.validation, setting.groups), fit_seconds)
    fitter.work.mkdir(parents=True, exist_ok=True)
    part_file = file.with_name(f".{file.name}.part")
    with part_file.open("wb") as stream:
        arrays: dict[str, Any] = {f"value.{key}": value for key, value in judged.values.items()}
        np.savez_compressed(stream, lists=judged.lists, fit_seconds=fit_seconds, **arrays)
    part_file.replace(file)
    return judged


def judge(
    model: Scored, task: Task, groups: Sequence[frozenset[str]]
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.int64]]:
    """Every metric's value for every judged person, and their lists of `LIST` items."""
    single = all(len(wanted) == 1 for wanted in task.targets)
    popularity = np.bincount(task.train.item_index, minlength=task.train.n_items).astype(np.float64)
    known = [np.unique(row) for row in task.seen]
    parts, lists = [], []
    for seen, suffix in ((task.seen, ""), (task.cold(), " cold")):
        found, top = _judge_histories(model, seen, known, task.targets, single)
        parts.append({f"{key}{suffix}": value for key, value in found.items() if not suffix or key == MAIN})
        lists.append(top)
    values = parts[0] | parts[1]
    shown = lists[0][:, :LIST]
    values["popularity lift"] = metrics.popularity_lift(shown, popularity, known)
    if any(groups):
        values["diversity"] = metrics.intra_list_diversity(shown, groups)
    return values, shown


def _judge_histories(
    model: Scored,
    histories: Histories,
    known: Sequence[NDArray[Any]],
    targets: Sequence[NDArray[np.int64]],
    single: bool,
) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.int64]]:
    """Accuracy metrics by person, and (n, min(`DEEP`, items)) lists without what is known."""
    collected: dict[str, list[NDArray[np.float64]]] = {}
    lists = []
    for start in range(0, len(histories), CHUNK):
        people = range(start, min(start + CHUNK, len(histories)))
        scores = model.score_all(histories.take(list(people)))
        mine = [known[p] for p in people]
        if single:
            ranks = metrics.rank_targets(scores, np.concatenate([targets[p] for p in people]), mine)
            found = {
                "HR@10": metrics.hit_at(10, ranks),
                MAIN: metrics.ndcg_at(10, ranks),
                "MRR": metrics.reciprocal_rank(ranks),
                "Recall@50": metrics.hit_at(50, ranks),
                "Recall@100": metrics.hit_at(100, ranks),
            }
        for row, items in zip(scores, mine, strict=True):
            row[items] = -np.inf
        top = np.stack([_padded(best_first(row, DEEP), DEEP) for row in scores])
        if not single:
            wanted = [targets[p] for p in people]
            found = {
                label: np.array([measure(list(row), mine, k) for row, mine in zip(top, wanted, strict=True)])
                for label, measure, k in MANY_TARGETS
            }
        for label, part in found.items():
            collected.setdefault(label, []).append(part)
        lists.append(top)
    return {label: np.concatenate(found) for label, found in collected.items()}, np.concatenate(lists)


def _padded(row: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """A list as long as asked even in a tiny catalogue: its last item repeated."""
    return np.pad(row, (0, max(0, size - len(row))), mode="edge")


def _mean_of(runs: Sequence[Judged], label: str) -> NDArray[np.float64]:
    return np.asarray(np.mean([run.values[label] for run in runs], axis=0), dtype=np.float64)


def _summarise(
    name: str,
    settings: Settings,
    seeds: tuple[int, ...],
    runs: Sequence[Judged],
    n_items: int,
    baselines: Sequence[NDArray[np.float64]],
    against: Sequence[str],
) -> Row:
    ours = _mean_of(runs, MAIN)
    over = [paired_difference(ours, theirs, samples=1000) for theirs in baselines]
    return Row(
        model=name,
        settings=settings,
        seeds=seeds,
        metrics={label: bootstrap(_mean_of(runs, label), samples=1000) for label in runs[0].values},
        seed_spread=float(np.std([np.nanmean(run.values[MAIN]) for run in runs])),
        coverage=float(np.mean([metrics.coverage(run.lists, n_items) for run in runs])),
        gini=float(np.mean([metrics.gini(run.lists, n_items) for run in runs])),
        over_first=over[0],
        over=dict(zip(against, over[1:], strict=True)),
        fit_seconds=float(np.median([run.fit_seconds for run in runs])),
    )


def _fingerprint(data: Interactions) -> str:
    digest = hashlib.sha256("\n".join(data.item_ids).encode())
    for column in (data.user_index, data.item_index, data.time):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
