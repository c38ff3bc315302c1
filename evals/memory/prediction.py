"""(a) Does the learned profile predict what a person will like and dislike?

Every person's earlier reactions are learned from, the later ones predicted; everything about items
(how liked and how popular they are, EASE) comes from other people. RAH (arXiv:2308.09904) asks the
same: prediction of held-out reactions from a learned profile, with and without the critic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from parley.evals.memory.stats import Estimate, auc, bootstrap, f1_at_share
from parley.memory.rah import Attribute, LoopConfig, learn_taste
from parley.memory.recall import estimate_tokens
from parley.tools.items import Catalog

Floats = NDArray[np.float64]
BUDGETS = (25, 50, 100, 200, 400, 800)
"""Tokens compared in (c)."""


class PredictionConfig(BaseModel):
    """The protocol."""

    model_config = ConfigDict(frozen=True)

    like_from: float = 4.0
    """Stars from which a rating is a like."""
    dislike_to: float = 3.0
    """Stars up to which it is a dislike; what lies between says nothing and is left out."""
    learn_share: float = 0.7
    """Share of a person's reactions, oldest first, that is learned from."""
    least_ratings: int = 5
    """An item needs so many ratings to be asked about."""
    least_asked: int = 4
    """A person needs so many held-out reactions, of both kinds."""
    folds: int = 5
    """People are split so often into known and new ones; each is new once."""
    smoothing: float = 4.0
    """Ratings' worth of doubt about an item's share of likes."""
    seed: int = Field(default=0, ge=0)
    tuning: bool = False
    """True: the third of the people on whom settings were chosen; False: the others, who are reported."""


class PredictionRow(BaseModel):
    """One way of predicting."""

    model_config = ConfigDict(frozen=True)

    name: str
    auc: Estimate
    f1: Estimate
    """Macro over like and dislike; as many predicted liked as the person liked before."""
    auc_over_item_mean: Estimate
    """Paired difference."""


class TokenRow(BaseModel):
    """How well reactions are predicted from so many tokens of text about the person."""

    model_config = ConfigDict(frozen=True)

    budget: int
    profile: Estimate
    """AUC from the weightiest statements that fit."""
    history: Estimate
    """AUC from the latest reactions that fit, learned from in the same way."""


class PredictionReport(BaseModel):
    """All ways, over the same people and items."""

    model_config = ConfigDict(frozen=True)

    people: int
    reactions_learned: int
    reactions_predicted: int
    rows: tuple[PredictionRow, ...]
    critic_gain_auc: Estimate
    """Profile with the critic less the one-pass profile, paired."""
    critic_gain_f1: Estimate
    statements_one_pass: float
    """Per person."""
    statements_kept: float
    """Per person, after the critic."""
    tokens: tuple[TokenRow, ...]
    whole_history_tokens: float
    """Tokens of all reactions learned from, as text, per person."""


class Person(BaseModel):
    """One person's reactions, split by time."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    learned: tuple[tuple[str, bool], ...]
    asked: tuple[tuple[str, bool], ...]


def evaluate_prediction(
    folder: Path,
    catalog: Catalog,
    config: PredictionConfig = PredictionConfig(),  # noqa: B008  frozen
) -> PredictionReport:
    """Run the whole comparison on MovieLens latest-small (its folder)."""
    from parley.tools.recommenders import load_interactions
    from parley.tools.recommenders.data import load_titles

    log = load_interactions("movielens-latest-small", folder)
    attributes = describe_items(catalog, folder)
    titles = load_titles("movielens-latest-small", folder)
    counts = np.bincount(log.item_index, minlength=log.n_items)
    rng = np.random.default_rng(config.seed)
    fold_of = rng.permutation(log.n_users) % config.folds
    measured: dict[str, list[tuple[float, float]]] = {}
    sizes: list[tuple[int, int, int, int]] = []
    by_tokens: list[NDArray[np.float64]] = []
    for fold in range(config.folds):
        known = log.select(fold_of[log.user_index] != fold)
        world = World.from_log(known, counts >= config.least_ratings, config)
        for user in np.flatnonzero((fold_of == fold) & ((np.arange(log.n_users) % 3 == 0) == config.tuning)):
            rows = log.order[log.user_index[log.order] == user]
            person = split_person(
                [(log.item_ids[log.item_index[r]], float(log.weight[r])) for r in rows], world, config
            )
            if person is None:
                continue
            scores, kept, every = world.predict(person, attributes)
            by_tokens.append(world.predict_within(person, attributes, titles))
            liked = np.array([is_liked for _, is_liked in person.asked])
            share = sum(is_liked for _, is_liked in person.learned) / len(person.learned)
            for name, values in scores.items():
                measured.setdefault(name, []).append((auc(values, liked), f1_at_share(values, liked, share)))
            sizes.append((len(person.learned), len(person.asked), every, kept))
    return _report(measured, sizes, by_tokens, config)


def split_person(ratings: Sequence[tuple[str, float]], world: World, config: PredictionConfig) -> Person | None:
    """The person's clear reactions before and after the split; None if too few of either kind are asked."""
    clear = [
        (item, stars >= config.like_from)
        for item, stars in ratings
        if item in world.expected and (stars >= config.like_from or stars <= config.dislike_to)
    ]
    cut = int(len(clear) * config.learn_share)
    asked = clear[cut:]
    kinds = {is_liked for _, is_liked in asked}
    if len(asked) < config.least_asked or len(kinds) < 2 or cut < 2:
        return None
    return Person(learned=tuple(clear[:cut]), asked=tuple(asked))


class World:
    """What other people tell about items."""

    def __init__(self, expected: Mapping[str, float], popularity: Mapping[str, float], ease: object) -> None:
        self.expected = expected
        """Item id to the smoothed share of people who like it."""
        self.popularity = popularity
        self.ease = ease

    @classmethod
    def from_log(cls, known: object, asked_about: NDArray[np.bool_], config: PredictionConfig) -> World:
        """Item statistics and EASE from people other than those to be asked."""
        from parley.tools.recommenders import Interactions
        from parley.tools.recommenders.ease import Ease, EaseConfig

        assert isinstance(known, Interactions)
        liked = known.weight >= config.like_from
        clear = liked | (known.weight <= config.dislike_to)
        likes = np.bincount(known.item_index[liked], minlength=known.n_items)
        told = np.bincount(known.item_index[clear], minlength=known.n_items)
        overall = likes.sum() / max(1, told.sum())
        expected = (likes + config.smoothing * overall) / (told + config.smoothing)
        seen = np.bincount(known.item_index, minlength=known.n_items)
        names = [name for name, wanted in zip(known.item_ids, asked_about, strict=True) if wanted]
        kept = Interactions.from_columns(
            [known.user_ids[u] for u in known.user_index],
            [known.item_ids[i] for i in known.item_index],
            known.weight.tolist(),
            known.time.tolist(),
            item_ids=names,
        )
        ease = Ease.fit(kept, EaseConfig(decay=None))
        position = {name: index for index, name in enumerate(known.item_ids)}
        return cls(
            {name: float(expected[position[name]]) for name in names},
            {name: float(seen[position[name]]) for name in names},
            ease,
        )

    def predict(
        self, person: Person, attributes: Callable[[str], Sequence[Attribute]]
    ) -> tuple[dict[str, Floats], int, int]:
        """Scores of every way for the items asked about; and statements kept and made."""
        from parley.tools.recommenders.ease import Ease
        from parley.tools.seams import Taste

        assert isinstance(self.ease, Ease)
        asked = [item for item, _ in person.asked]
        columns = [self.ease.positions[item] for item in asked]
        watched = self.ease.fold_in(Taste(reactions=tuple((item, 1.0) for item, _ in person.learned)))
        signed = self.ease.fold_in(Taste(reactions=tuple((i, 1.0 if liked else -1.0) for i, liked in person.learned)))
        expect = self.expected.__getitem__
        one_pass = learn_taste(person.learned, attributes, expect, config=LoopConfig(), critic=False)
        judged = learn_taste(person.learned, attributes, expect, config=LoopConfig())
        unpruned = learn_taste(person.learned, attributes, expect, config=LoopConfig(), prune=False)
        scores = {
            "popularity": np.array([self.popularity[item] for item in asked]),
            "item mean": np.array([self.expected[item] for item in asked]),
            "EASE, profile-less (what was watched)": watched[columns].astype(np.float64),
            "EASE, likes and dislikes": signed[columns].astype(np.float64),
            "profile, one pass": np.array([one_pass.predict(i, attributes, expect) for i in asked]),
            "profile, with critic": np.array([judged.predict(i, attributes, expect) for i in asked]),
            "profile, with critic, nothing dropped": np.array([unpruned.predict(i, attributes, expect) for i in asked]),
        }
        return scores, sum(h.kept for h in judged.hypotheses), len(one_pass.hypotheses)

    def predict_within(
        self, person: Person, attributes: Callable[[str], Sequence[Attribute]], titles: Mapping[str, str]
    ) -> NDArray[np.float64]:
        """(budgets + 1, 2) AUC of profile and of truncated history; last the tokens of the whole history."""
        expect = self.expected.__getitem__
        liked = np.array([is_liked for _, is_liked in person.asked])
        taste = learn_taste(person.learned, attributes, expect)
        ranked = sorted((h for h in taste.hypotheses if h.kept), key=lambda h: -h.worth)
        said = [estimate_tokens(f"{'likes' if h.weight > 0 else 'dislikes'} {h.value}") + 1 for h in ranked]
        shown = [estimate_tokens(f"{'liked' if good else 'disliked'} {titles[i]}") + 1 for i, good in person.learned]
        points = []
        for budget in BUDGETS:
            fits = int(np.searchsorted(np.cumsum(said), budget, side="right"))
            few = taste.model_copy(update={"hypotheses": tuple(ranked[:fits])})
            latest = int(np.searchsorted(np.cumsum(shown[::-1]), budget, side="right"))
            recent = learn_taste(person.learned[len(person.learned) - latest :], attributes, expect, critic=False)
            points.append(
                [
                    auc(np.array([each.predict(i, attributes, expect) for i, _ in person.asked]), liked)
                    for each in (few, recent)
                ]
            )
        return np.array([*points, [sum(shown), len(ranked)]])


def describe_items(catalog: Catalog, folder: Path) -> Callable[[str], Sequence[Attribute]]:
    """MovieLens item id to attributes: the catalogue's where it knows the film, the data set's genres otherwise."""
    from parley.tools.recommenders.data import load_genres, load_titles

    known = {item.links["movielens"]: item for item in catalog if "movielens" in item.links}
    genres = load_genres("movielens-latest-small", folder)
    titles = load_titles("movielens-latest-small", folder)
    table: dict[str, tuple[Attribute, ...]] = {}
    for item_id, title in titles.items():
        found = [("genre", genre) for genre in sorted(genres.get(item_id, ()))]
        year = title.rstrip()[-5:-1]
        if year.isdigit():
            found.append(("decade", f"{year[:3]}0s"))
        item = known.get(item_id)
        if item is not None:
            for facet in ("director", "cast", "mood", "keyword", "language", "country"):
                found += [(facet, value) for value in item.values(facet)]
        table[item_id] = tuple(found)
    return lambda item_id: table.get(item_id, ())


def _report(
    measured: Mapping[str, Sequence[tuple[float, float]]],
    sizes: Sequence[tuple[int, int, int, int]],
    by_tokens: Sequence[NDArray[np.float64]],
    config: PredictionConfig,
) -> PredictionReport:
    table = {name: np.array(values) for name, values in measured.items()}  # (people, 2)
    base = table["item mean"]
    rows = tuple(
        PredictionRow(
            name=name,
            auc=bootstrap(values[:, 0], seed=config.seed),
            f1=bootstrap(values[:, 1], seed=config.seed),
            auc_over_item_mean=bootstrap(values[:, 0] - base[:, 0], seed=config.seed),
        )
        for name, values in table.items()
    )
    gain = table["profile, with critic"] - table["profile, one pass"]
    learned, asked, every, kept = np.array(sizes).T
    points = np.array(by_tokens)  # (people, budgets + 1, 2)
    return PredictionReport(
        people=len(sizes),
        reactions_learned=int(learned.sum()),
        reactions_predicted=int(asked.sum()),
        rows=rows,
        critic_gain_auc=bootstrap(gain[:, 0], seed=config.seed),
        critic_gain_f1=bootstrap(gain[:, 1], seed=config.seed),
        statements_one_pass=float(every.mean()),
        statements_kept=float(kept.mean()),
        tokens=tuple(
            TokenRow(
                budget=budget,
                profile=bootstrap(points[:, place, 0], seed=config.seed),
                history=bootstrap(points[:, place, 1], seed=config.seed),
            )
            for place, budget in enumerate(BUDGETS)
        ),
        whole_history_tokens=float(points[:, -1, 0].mean()),
    )
