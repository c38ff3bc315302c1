"""Rating prediction: how many stars will this person give? RMSE and MAE on everybody's newest rating.

A language model reads the person's last ratings and is scored on " 1" to " 5": its favourite, and the mean of the
five under their probabilities. The third row maps that mean to stars by a line fitted on other cases, so
that a model that only knows the order is not punished for its scale.

Sources: Liu et al., "Is ChatGPT a Good Recommender?", arXiv:2304.10149; Kang et al., "Do LLMs Understand User
Preferences?", arXiv:2305.06474 (expectation over the scale); Koren, "Factorization Meets the Neighborhood", 2008.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.evals.tasks.table import Answers, TaskError, TaskTable, measured, table_of, tokens_of
from parley.tools.recommenders.data import Interactions

Floats = NDArray[np.float64]
SCALE = (1, 2, 3, 4, 5)
TOLD = 8
"""Ratings of the person that a model reads."""
SHRINKS = (5.0, 10.0, 20.0)
FACTORS = ((16, 10.0), (16, 20.0), (32, 20.0))


@dataclass(frozen=True)
class RatingSplit:
    """Everybody's newest rating to be told, the one before it to choose settings on, the rest to learn from."""

    train: Interactions
    validation: Interactions
    test: Interactions


def split_ratings(log: Interactions, *, least: int = 10) -> RatingSplit:
    """By time; people with fewer than `least` ratings only teach.

    Raises:
        TaskError: the log has no times or no stars.
    """
    if not log.timed or len(np.unique(log.weight)) < 3:
        raise TaskError(f"{log.name!r} has no stars with times; use movielens-100k or movielens-latest-small")
    order = log.order
    users = log.user_index[order]
    ends = np.flatnonzero(np.r_[users[1:] != users[:-1], True])
    counts = np.diff(np.r_[-1, ends])
    kept = ends[counts >= least]
    train = np.ones(len(log), dtype=bool)
    train[order[kept]] = False
    train[order[kept - 1]] = False
    return RatingSplit(log.select(train), log.select(order[kept - 1]), log.select(order[kept]))


class Biases:
    """A mean, and what each person and item adds to it, shrunk towards 0."""

    def __init__(self, train: Interactions, shrink: float, *, people: bool = True, items: bool = True) -> None:
        stars = train.weight.astype(np.float64)
        self.mean = float(stars.mean())
        rest = stars - self.mean
        self.item = _shrunk(train.item_index, rest, train.n_items, shrink) * items
        rest = rest - self.item[train.item_index]
        self.person = _shrunk(train.user_index, rest, train.n_users, shrink) * people

    def predict(self, rows: Interactions) -> Floats:
        """(n,) stars, not clipped."""
        told: Floats = self.mean + self.item[rows.item_index] + self.person[rows.user_index]
        return told


class Factors:
    """Biases plus factors for what they leave over, by alternating least squares."""

    def __init__(self, train: Interactions, size: int, ridge: float, *, shrink: float, seed: int, rounds: int = 8):
        self.biases = Biases(train, shrink)
        rest = train.weight - self.biases.predict(train)
        rng = np.random.default_rng(seed)
        self.people = rng.normal(0, 0.1, (train.n_users, size))
        self.items = rng.normal(0, 0.1, (train.n_items, size))
        for _ in range(rounds):
            _solve(self.people, train.user_index, self.items[train.item_index], rest, ridge)
            _solve(self.items, train.item_index, self.people[train.user_index], rest, ridge)

    def predict(self, rows: Interactions) -> Floats:
        """(n,) stars, not clipped."""
        more: Floats = (self.people[rows.user_index] * self.items[rows.item_index]).sum(axis=1)
        return self.biases.predict(rows) + more


def rating_task(
    log: Interactions, titles: Mapping[str, str], *, cases: int, seed: int, model: Any = None, model_cases: int = 0
) -> list[TaskTable]:
    """All methods on everybody's newest rating; with a model a second table on the cases it can afford.

    Args:
        cases: people drawn; a model reads the first `model_cases` of them.
    """
    split = split_ratings(log)
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.permutation(len(split.test))[:cases])
    told = split.test.select(drawn)
    made = classical(split, seed)
    answers = [measured(name, partial(_mark, told, predict)) for name, predict in made.items()]
    about = (
        "Stars of everybody's newest rating, from all but their two newest; shrinkage and factors were chosen on the "
        "one before it. Predictions are clipped to the scale."
    )
    tables = [_table(log.name, about, answers, seed)]
    if model is not None and model_cases:
        tables.append(_with_model(log, titles, split, drawn[:model_cases], made, model, seed))
    return tables


def classical(split: RatingSplit, seed: int) -> dict[str, Callable[[Interactions], Floats]]:
    """The methods without a language model, the trivial ones first."""
    train, held = split.train, split.validation
    shrink = min(SHRINKS, key=lambda s: _squared(Biases(train, s).predict(held), held))
    size, ridge = min(
        FACTORS, key=lambda f: _squared(Factors(train, *f, shrink=shrink, seed=seed).predict(held), held)
    )  # fmt: skip
    return {
        "global mean": Biases(train, shrink, people=False, items=False).predict,
        "item mean": Biases(train, shrink, people=False).predict,
        "user mean": Biases(train, shrink, items=False).predict,
        "user and item means": Biases(train, shrink).predict,
        f"matrix factors ({size})": Factors(train, size, ridge, shrink=shrink, seed=seed).predict,
    }


class RatingReader:
    """Asks a language model for stars."""

    def __init__(self, model: Any, train: Interactions, titles: Mapping[str, str]) -> None:
        self.model = model
        self._titles = titles
        self._log = train
        rows: dict[int, list[int]] = {}
        for row in train.order:
            rows.setdefault(int(train.user_index[row]), []).append(int(row))
        self._rows = rows

    def chances(self, person: int, item: int, *, told: int = TOLD) -> Floats:
        """(5,) probability of each star under the model, given the person's last ratings (none with `told` 0)."""
        lines = [
            f"{self._title(int(self._log.item_index[row]))}: {round(float(self._log.weight[row]))}"
            for row in (self._rows.get(person, [])[-told:] if told else ())
        ]
        ask = "How many stars from 1 (bad) to 5 (great) does this person give?"
        prompt = "\n".join([ask, *lines, f"{self._title(item)}:"])
        found = np.array(self.model.score(prompt, [f" {star}" for star in SCALE], normalise=False))
        weights = np.exp(found - found.max())
        return np.asarray(weights / weights.sum(), dtype=np.float64)

    def _title(self, item: int) -> str:
        item_id = self._log.item_ids[item]
        return " ".join(self._titles.get(item_id, item_id).split())


def _with_model(
    log: Interactions,
    titles: Mapping[str, str],
    split: RatingSplit,
    drawn: NDArray[np.int64],
    made: Mapping[str, Callable[[Interactions], Floats]],
    model: Any,
    seed: int,
) -> TaskTable:
    told = split.test.select(drawn)
    reader = RatingReader(model, split.train, titles)
    others = np.setdiff1d(np.arange(len(split.validation)), drawn)
    fitted = split.validation.select(np.random.default_rng(seed).permutation(others)[: max(20, len(drawn) // 2)])
    stars = np.array(SCALE, dtype=np.float64)
    read: dict[str, Floats] = {}

    def ask(rows: Interactions, n: int) -> Floats:
        pairs = zip(rows.user_index, rows.item_index, strict=True)
        return np.array([reader.chances(int(person), int(item), told=n) for person, item in pairs])

    def fill(name: str, n: int, answers: Answers) -> None:
        read[name] = ask(told, n)
        _mark(told, lambda rows: read[name] @ stars, answers)

    answers = [measured(name, partial(_mark, told, predict)) for name, predict in made.items()]
    count = tokens_of(model)
    answers.append(measured("model, title only, mean", partial(fill, "zero", 0), count))
    answers.append(measured(f"model, {TOLD} ratings, mean", partial(fill, "few", TOLD), count))
    answers.append(
        measured(f"model, {TOLD} ratings, favourite", partial(_mark, told, lambda rows: stars[read["few"].argmax(1)]))
    )
    line = np.polyfit(ask(fitted, TOLD) @ stars, fitted.weight.astype(np.float64), 1)
    answers.append(
        measured(
            f"model, {TOLD} ratings, mean on a fitted line",
            partial(_mark, told, lambda rows: line[0] * (read["few"] @ stars) + line[1]),
        )
    )
    about = (
        f"The first {len(drawn)} of the same cases, with `{model.model_id}` zero-shot. The line was fitted on "
        f"{len(fitted)} ratings of other people."
    )
    return _table(log.name, about, answers, seed)


def _table(data: str, about: str, answers: list[Answers], seed: int) -> TaskTable:
    return table_of("Rating prediction", data, about, answers, headline="MAE", seed=seed, roots=("RMSE",))


def _mark(rows: Interactions, predict: Callable[[Interactions], Floats], answers: Answers) -> None:
    stars = rows.weight.astype(np.float64)
    off = np.clip(predict(rows), SCALE[0] if (stars == np.round(stars)).all() else 0.5, SCALE[-1]) - stars
    for error in off:
        answers.add(RMSE=float(error**2), MAE=float(abs(error)))


def _squared(told: Floats, rows: Interactions) -> float:
    return float(((told - rows.weight) ** 2).mean())


def _shrunk(index: NDArray[np.int32], values: Floats, n: int, shrink: float) -> Floats:
    sums = np.bincount(index, values, minlength=n)
    found: Floats = sums / (np.bincount(index, minlength=n) + shrink)
    return found


def _solve(out: Floats, index: NDArray[np.int32], known: Floats, rest: Floats, ridge: float) -> None:
    """One half of a round: least squares for every row of `out`, in place."""
    order = np.argsort(index, kind="stable")
    bounds = np.searchsorted(index[order], np.arange(len(out) + 1))
    eye = ridge * np.eye(out.shape[1])
    for row in range(len(out)):
        part = order[bounds[row] : bounds[row + 1]]
        if len(part):
            a = known[part]
            out[row] = np.linalg.solve(a.T @ a + eye, a.T @ rest[part])
        else:
            out[row] = 0.0
