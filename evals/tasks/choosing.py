"""Sequential and direct recommendation: which of twenty items, and which of all?

Sequential: the newest item of a history in order. Direct: a liked item taken out of a history at random, the
rest told in no order. Each is to be found among 19 items the person never touched, which a language model can
read, and by those who can rank everything also among all items: twenty candidates flatter everybody.

Sources: Geng et al. (P5), RecSys 2022, arXiv:2203.13366; Liu et al., arXiv:2304.10149; Hou et al. (LLMRank),
arXiv:2305.08845; Krichene & Rendle, KDD 2020, on sampled candidates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from parley.evals.offline.models import contestant, read_tuned
from parley.evals.tasks.table import Answers, TaskError, TaskTable, measured, table_of, tokens_of
from parley.tools.candidates import Candidate
from parley.tools.ranking.letters import LetterConfig, LetterRanker
from parley.tools.ranking.likelihood import LikelihoodRanker
from parley.tools.recommenders import Histories, recommender_class
from parley.tools.recommenders.data import Interactions
from parley.tools.seams import Ranker, RankRequest, Taste

Kind = Literal["sequential", "direct"]
CLASSICAL = ("popularity", "itemknn", "ease", "als", "nextitem")
SHOWN = 20
LIKED_FROM = 4.0
TOLD = 10
"""Items of the history that a language model reads."""


@dataclass(frozen=True)
class Choice:
    """One person: what is known, what is to be found, and among what."""

    person: int
    known: tuple[int, ...]
    """Item indices; oldest first if the task is sequential, else in no order."""
    target: int
    shown: tuple[int, ...]
    """Twenty item indices in a random order, the target among them."""


def make_choices(log: Interactions, kind: Kind, *, cases: int, seed: int) -> tuple[Interactions, list[Choice]]:
    """What is left to learn from, and the cases. Everybody's target is taken out, not only that of the people drawn.

    Raises:
        TaskError: the log has no times, or too few people.
    """
    if not log.timed:
        raise TaskError(f"{log.name!r} has no times, so no history in order; use movielens-100k")
    rng = np.random.default_rng(seed)
    order = log.order
    keep = np.ones(len(log), dtype=bool)
    people: dict[int, list[int]] = {}
    for row in order:
        people.setdefault(int(log.user_index[row]), []).append(int(row))
    targets: dict[int, int] = {}
    for person, rows in people.items():
        liked = [row for row in rows if log.weight[row] >= LIKED_FROM] if kind == "direct" else rows[-1:]
        if len(rows) < 5 or not liked:
            continue
        row = liked[int(rng.integers(len(liked)))]
        keep[row] = False
        targets[person] = row
    if not targets:
        raise TaskError(f"nobody in {log.name!r} has five items; use a larger log")
    found = []
    for person in rng.permutation(sorted(targets))[:cases]:
        known = [int(log.item_index[row]) for row in people[int(person)] if row != targets[int(person)]]
        target = int(log.item_index[targets[int(person)]])
        free = np.setdiff1d(np.arange(log.n_items), [*known, target])
        shown = [target, *(int(i) for i in rng.choice(free, SHOWN - 1, replace=False))]
        if kind == "direct":
            known = [known[i] for i in rng.permutation(len(known))]
        found.append(
            Choice(int(person), tuple(known), target, tuple(shown[i] for i in rng.permutation(SHOWN))),
        )
    return log.select(keep), found


def choosing_task(
    log: Interactions,
    titles: Mapping[str, str],
    kind: Kind,
    *,
    cases: int,
    seed: int,
    model: Any = None,
    model_cases: int = 0,
) -> list[TaskTable]:
    """Random, popularity, the classical recommenders with their tuned settings, and a language model."""
    train, choices = make_choices(log, kind, cases=cases, seed=seed)
    scores = {name: _fit_and_score(name, train, choices, seed) for name in CLASSICAL}
    answers = _classical(choices, scores, seed)
    what = (
        "The newest item of a history told in order"
        if kind == "sequential"
        else f"An item of at least {LIKED_FROM:.0f} stars taken out of a history at random, the rest told in no order"
    )
    about = (
        f"{what}, among {SHOWN} (19 never touched) and, under `all`, among all {log.n_items} items. Settings as tuned "
        f"for `parley eval offline` (leave-last), seeds of the data's draw as above."
    )
    name = "Sequential recommendation" if kind == "sequential" else "Direct recommendation"
    tables = [table_of(name, log.name, about, answers, headline="N@10", seed=seed)]
    if model is not None and model_cases:
        some = choices[:model_cases]
        part = {key: value[: len(some)] for key, value in scores.items()}
        told = f"The first {len(some)} of the same cases, with `{model.model_id}` reading {TOLD} titles of the history."
        answers = [*_classical(some, part, seed), *_by_model(log, titles, some, model)]
        tables.append(table_of(name, log.name, told, answers, headline="N@10", seed=seed))
    return tables


def _classical(choices: Sequence[Choice], scores: Mapping[str, NDArray[np.float64]], seed: int) -> list[Answers]:
    rng = np.random.default_rng(seed)
    answers = [measured("random", partial(_rank_at_random, choices, rng))]
    for name, rows in scores.items():
        answers.append(measured(name, partial(_rank_scored, choices, rows)))
    return answers


def _rank_at_random(choices: Sequence[Choice], rng: np.random.Generator, answers: Answers) -> None:
    for choice in choices:
        _mark(answers, rng.permutation(SHOWN), choice)


def _rank_scored(choices: Sequence[Choice], rows: NDArray[np.float64], answers: Answers) -> None:
    for choice, row in zip(choices, rows, strict=True):
        own = row[list(choice.shown)]
        _mark(answers, np.argsort(-own, kind="stable"), choice, _place_among_all(row, choice))


def _place_among_all(row: NDArray[np.float64], choice: Choice) -> int:
    """Rank from 0 among all items but the known ones; a tie ranks the target last."""
    open_ = np.ones(len(row), dtype=bool)
    open_[list(choice.known)] = False
    open_[choice.target] = False
    return int((row[open_] >= row[choice.target]).sum())


def _by_model(log: Interactions, titles: Mapping[str, str], choices: Sequence[Choice], model: Any) -> list[Answers]:
    def describe(item_id: str) -> str:
        return titles.get(item_id, item_id)

    rankers: dict[str, Ranker] = {
        "model, letters in 2 orders": LetterRanker(model, describe, LetterConfig(orders=2)),
        "model, likelihood less prior": LikelihoodRanker(model, describe, pmi=True),
    }
    return [
        measured(name, partial(_ask, log, choices, ranker), tokens_of(model)) for name, ranker in rankers.items()
    ]  # fmt: skip


def _ask(log: Interactions, choices: Sequence[Choice], ranker: Ranker, answers: Answers) -> None:
    for choice in choices:
        taste = Taste(reactions=tuple((log.item_ids[i], 1.0) for i in choice.known[-TOLD:]))
        places = {log.item_ids[i]: place for place, i in enumerate(choice.shown)}
        ranked = ranker.rank(RankRequest(taste=taste), [Candidate(item_id=i, score=0.0) for i in places])
        _mark(answers, [places[c.item_id] for c in ranked.candidates], choice)


def _mark(answers: Answers, order: Sequence[int] | NDArray[Any], choice: Choice, among_all: int | None = None) -> None:
    """Score one answer: places of the shown items, best first; `among_all` is the target's rank in the catalogue."""
    rank = [choice.shown[int(place)] for place in order].index(choice.target)
    answers.add(**{"H@1": _hit(rank, 1), "H@5": _hit(rank, 5), "N@5": _gain(rank, 5), "N@10": _gain(rank, 10)})
    if among_all is not None:
        answers.add(**{"all H@10": _hit(among_all, 10), "all N@10": _gain(among_all, 10)})


def _hit(rank: int, k: int) -> float:
    return float(rank < k)


def _gain(rank: int, k: int) -> float:
    return 1 / math.log2(rank + 2) if rank < k else 0.0


def _fit_and_score(name: str, train: Interactions, choices: Sequence[Choice], seed: int) -> NDArray[np.float64]:
    """(n, n_items) scores of a classical recommender with the settings tuned for this log."""
    model_class = recommender_class(contestant(name).kind)
    settings = read_tuned(train.name, "leave-last", name)
    model = model_class.fit(train, model_class.config_class.model_validate(settings), seed=seed)
    known = Histories.of([list(c.known) for c in choices], train.n_items)
    return np.asarray(model.score_all(known), dtype=np.float64)
