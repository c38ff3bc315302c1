"""How well the shipped taste model guesses what else someone likes, from the few titles a conversation yields.

Five-fold over people: the model is trained without a fifth of them; of each of those, a few likes (four
stars or more) drawn at random are told, and the rest of their likes are what the ten films offered should
contain. Beside the plain table stands the tail: the 100 most popular films are taken out of lists and
likes, so that guessing what everyone likes earns nothing. Cold: films are hidden from training as if new.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.evals import metrics
from parley.evals.intervals import bootstrap
from parley.tools.items import Catalog
from parley.tools.recommenders import CatalogTaste, Interactions
from parley.tools.recommenders.base import best_first
from parley.tools.recommenders.catalog_taste import CatalogTasteConfig
from parley.tools.seams import Taste

Row = dict[str, Any]
TOLD = (1, 3, 5, 10)
LIKED, DISLIKED = 4.0, 2.0
HEAD = 100
FOLDS = 5
SYSTEMS: dict[str, dict[str, Any]] = {
    "popularity": {},
    "EASE alone": {"content_weight": 0.0, "prior": 1e-4},
    "content alone": {"content_weight": 1.0, "regularisation": 1e9},
    "taste (shipped)": {},
    "taste, dislikes told": {},
    "taste, dislikes told at full weight": {"dislike": 1.0},
}


def evaluate_taste(catalog: Catalog, data: Interactions, *, seed: int = 0) -> list[Row]:
    """One row a system and number of titles told; `data.item_ids` are the catalogue's, in its order.

    Accuracy is judged a person (three draws of told titles averaged); intervals are over people.
    """
    people = [person for person in range(data.n_users) if len(_of(data, person)[0]) >= max(TOLD) + 5]
    folds = np.array_split(np.random.default_rng(seed).permutation(people), FOLDS)
    values: dict[tuple[str, int], dict[str, list[float]]] = {}
    for fold in folds:
        held = np.isin(data.user_index, fold)
        models = {
            name: CatalogTaste.train(catalog, data.select(~held), CatalogTasteConfig.model_validate(settings))
            for name, settings in SYSTEMS.items()
        }
        head = np.argsort(-models["taste (shipped)"].popularity, kind="stable")[:HEAD]
        for person in fold:
            likes, dislikes = _of(data, int(person))
            for told in TOLD:
                draws = [np.random.default_rng((seed, int(person), d)).permutation(likes) for d in range(3)]
                for name, model in models.items():
                    ask = _asker(name, model, dislikes[:5])
                    found = [_judge(ask, draw[:told], draw[told:], head) for draw in draws]
                    into = values.setdefault((name, told), {})
                    for label in found[0]:
                        into.setdefault(label, []).append(float(np.nanmean([f[label] for f in found])))
    return [
        {
            "system": name,
            "told": told,
            "metrics": {label: bootstrap(found, samples=1000).model_dump() for label, found in labels.items()},
        }
        for (name, told), labels in values.items()
    ]


def evaluate_cold(catalog: Catalog, data: Interactions, *, seed: int = 0, told: int = 5) -> list[Row]:
    """Films hidden from training as if new, a fifth at a time: where do those a person likes land among the hidden?

    AUC within the hidden films, by person: 0.5 is chance. The shipped blend against the popularity it borrows.
    """
    parts = np.array_split(np.random.default_rng(seed).permutation(np.unique(data.item_index)), FOLDS)
    collected: dict[str, dict[int, list[float]]] = {"taste (shipped)": {}, "borrowed popularity": {}}
    for part in parts:
        hidden = np.isin(data.item_index, part)
        model = CatalogTaste.train(catalog, data.select(~hidden))
        for person in range(data.n_users):
            likes, _ = _of(data, person)
            new = np.intersect1d(likes, part)
            old = np.setdiff1d(likes, new)
            if not len(new) or len(old) < told:
                continue
            chosen = np.random.default_rng((seed, person)).permutation(old)[:told]
            taste = Taste(reactions=tuple((catalog[int(i)].item_id, 1.0) for i in chosen))
            liked, other = new, np.setdiff1d(part, likes)
            for name, scores in (("taste (shipped)", model.fold_in(taste)), ("borrowed popularity", model.popularity)):
                beats = (scores[liked][:, None] > scores[other]).mean() + 0.5 * (
                    scores[liked][:, None] == scores[other]
                ).mean()
                collected[name].setdefault(person, []).append(float(beats))
    return [
        {"system": name, "auc": bootstrap([float(np.mean(v)) for v in found.values()], samples=1000).model_dump()}
        for name, found in collected.items()
    ]


def as_markdown(rows: Sequence[Row], cold: Sequence[Row]) -> str:
    """The tables."""
    lines = []
    for label, title in (("NDCG@10", "NDCG@10"), ("Recall@10", "Recall@10"), ("NDCG@10 tail", "NDCG@10, tail")):
        lines += [f"| {title} | {' | '.join(f'{told} told' for told in TOLD)} |", "|---" * (len(TOLD) + 1) + "|"]
        for name in SYSTEMS:
            cells = {row["told"]: row["metrics"][label] for row in rows if row["system"] == name}
            told = " | ".join(
                f"{c['mean']:.3f} [{c['low']:.3f}, {c['high']:.3f}]" for c in map(cells.__getitem__, TOLD)
            )
            lines.append(f"| {name} | {told} |")
        lines.append("")
    lines += ["| films nobody rated (hidden from training) | AUC |", "|---|---|"]
    lines += [
        f"| {row['system']} | {row['auc']['mean']:.3f} [{row['auc']['low']:.3f}, {row['auc']['high']:.3f}] |"
        for row in cold
    ]
    return "\n".join(lines) + "\n"


def _of(data: Interactions, person: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The catalogue places a person likes and dislikes; `data.item_ids` must be in the catalogue's order."""
    mine = data.user_index == person
    items, stars = data.item_index[mine].astype(np.int64), data.weight[mine]
    return items[stars >= LIKED], items[stars <= DISLIKED]


def _asker(
    name: str, model: CatalogTaste, dislikes: NDArray[np.int64]
) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    def ask(told: NDArray[np.int64]) -> NDArray[np.float32]:
        if name == "popularity":
            return model.popularity.copy()
        reactions = [(model.item_ids[i], 1.0) for i in told]
        if "dislikes" in name:
            reactions = [(model.item_ids[i], -1.0) for i in dislikes] + reactions
        return model.fold_in(Taste(reactions=tuple(reactions)))

    return ask


def _judge(
    ask: Callable[[NDArray[np.int64]], NDArray[np.float32]],
    told: NDArray[np.int64],
    wanted: NDArray[np.int64],
    head: NDArray[np.int64],
) -> dict[str, float]:
    scores = ask(told)
    scores[told] = -np.inf
    top = best_first(scores, 10).tolist()
    scores[head] = -np.inf
    tail = best_first(scores, 10).tolist()
    return {
        "NDCG@10": metrics.ndcg_of(top, wanted.tolist(), 10),
        "Recall@10": metrics.recall_of(top, wanted.tolist(), 10),
        "NDCG@10 tail": metrics.ndcg_of(tail, np.setdiff1d(wanted, head).tolist(), 10),
    }
