"""Score every item for every test turn, by each model; recall at k by label, with intervals over dialogues' turns.

He et al. count labels: each recommended item is one, found if it stands among the first k. Ties count
against the model. `clean` labels were not named before and named items are barred from the list; `all`
labels include repeats, and nothing is barred.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from parley.evals.crs.cases import Case, CrsData
from parley.evals.intervals import Estimate, bootstrap
from parley.tools.recommenders.base import Progress
from parley.tools.recommenders.dialogue import DialogueConfig, DialogueRecommender
from parley.tools.recommenders.dialogue_evidence import DialogueStatistics, ItemFacts

AT = (1, 5, 10, 20, 50)
Scores = Callable[[Sequence[Case]], Iterator[NDArray[np.float32]]]
Embed = Callable[[Sequence[str]], NDArray[np.float32]]

PARTS: Mapping[str, tuple[str, ...]] = {
    "mentions": ("mentions", "recommended"),
    "company of the items named": (
        "mentions", "recommended", "together", "together_rare", "autoencoder", "ratings_ease", "ratings_ease_small",
        "ratings_cosine", "ratings_small", "ratings_1m", "repeat", "n_named", "n_turns",
    ),
    "words": (
        "mentions", "recommended", "genre_words", "genre_words_lately", "names", "words", "meaning_of_words",
        "like_words", "like_dialogues", "likest_dialogues", "n_named", "n_turns",
    ),
}  # fmt: skip
"""What smaller models may look at."""


class CrsRow(BaseModel):
    """One model on one subset."""

    model_config = ConfigDict(frozen=True)

    model: str
    subset: str
    recall: Mapping[int, Estimate]
    """By k."""


class CrsReport(BaseModel):
    """A whole evaluation."""

    model_config = ConfigDict(frozen=True)

    data: str
    seed: int
    turns: int
    labels: Mapping[str, int]
    """By subset."""
    rows: tuple[CrsRow, ...]
    published: tuple[tuple[str, str, str, Mapping[int, float]], ...]
    """(model, source, subset, recall by k)."""
    notes: tuple[str, ...]


def evaluate_crs(
    data: CrsData, *, embed: Embed | None, seed: int = 0, parts: bool = True, progress: Progress | None = None
) -> CrsReport:
    """Every model on the clean and on all labels.

    Args:
        embed: texts to unit vectors; None leaves meaning out.
        parts: also fit the smaller models of `PARTS`.
    """
    facts = data.facts
    if embed is not None:
        facts = ItemFacts(facts.items, embed(data.texts), facts.likeness, facts.priors, facts.genre_words)
    rows: list[CrsRow] = []
    for subset in ("clean", "all"):
        repeats = subset == "all"
        models: dict[str, Scores] = {
            "popularity of mentions": popularity(facts, data),
            "parrot (names what was named, newest first)": parrot(facts),
        }
        wanted: dict[str, tuple[str, ...] | None] = {
            **(PARTS if parts and not repeats else {}),
            "Parley, all evidence": None,
        }
        for name, use in wanted.items():
            if progress:
                progress(0.0, f"{data.name}, {subset}: {name}")
            config = DialogueConfig(repeats=repeats, use=use, hidden=0 if use == PARTS["mentions"] else 32)
            model = DialogueRecommender.fit(data.train, facts, config, embed=embed, seed=seed)
            models[name] = lambda cases, model=model: model.score([c.context for c in cases])  # type: ignore[misc]
        for name, scores in models.items():
            places, dialogues = rank_labels(data, scores, facts, clean=not repeats)
            rows.append(CrsRow(model=name, subset=subset, recall=recall_at(places, dialogues, seed)))
    labels = {
        "clean": sum(not r for c in data.cases for r in c.repeated), "all": sum(len(c.targets) for c in data.cases)
    }  # fmt: skip
    return CrsReport(
        data=data.name, seed=seed, turns=len(data.cases), labels=labels, rows=tuple(rows),
        published=tuple((p.name, p.source, p.subset, p.recall) for p in data.published), notes=tuple(data.notes),
    )  # fmt: skip


def popularity(facts: ItemFacts, data: CrsData) -> Scores:
    """How often each item comes up in the dialogues learned from."""
    counts = DialogueStatistics(facts, data.train, None).mentions

    def scores(cases: Sequence[Case]) -> Iterator[NDArray[np.float32]]:
        for _ in cases:
            yield counts.copy()

    return scores


def parrot(facts: ItemFacts) -> Scores:
    """Nothing but the items already named, newest first: what a score owes to repeats."""

    def scores(cases: Sequence[Case]) -> Iterator[NDArray[np.float32]]:
        for case in cases:
            found = np.full(len(facts), -np.inf, np.float32)
            for place, item_id in enumerate(dict.fromkeys(reversed(case.context.mentioned))):
                if item_id in facts.positions:
                    found[facts.positions[item_id]] = -float(place)
            yield found

    return scores


def rank_labels(
    data: CrsData, scores: Scores, facts: ItemFacts, *, clean: bool
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(n,) places from 1 of every label, inf where it is not in the list; and (n,) which dialogue each is of.

    Ties are broken against the label. With `clean`, labels named before are left out and named items barred.
    """
    places: list[float] = []
    owners: list[int] = []
    numbers: dict[str, int] = {}
    for case, found in zip(data.cases, scores(data.cases), strict=True):
        found = np.where(data.candidates, found, -np.inf)
        if clean:
            found[[facts.positions[i] for i in case.context.mentioned if i in facts.positions]] = -np.inf
        for target, repeated in zip(case.targets, case.repeated, strict=True):
            if clean and repeated:
                continue
            place = np.inf
            if target in facts.positions and np.isfinite(found[facts.positions[target]]):
                place = float((found >= found[facts.positions[target]]).sum())
            places.append(place)
            owners.append(numbers.setdefault(case.dialogue_id, len(numbers)))
    return np.array(places), np.array(owners, dtype=np.int64)


def recall_at(places: NDArray[np.float64], dialogues: NDArray[np.int64], seed: int) -> dict[int, Estimate]:
    """Recall at each k over labels; the interval resamples dialogues, because labels of one are not independent."""
    return {k: clustered(places <= k, dialogues, seed) for k in AT}


def clustered(hits: NDArray[np.bool_], clusters: NDArray[np.int64], seed: int, samples: int = 2000) -> Estimate:
    """The mean over cases with a 95 % bootstrap interval that resamples whole clusters."""
    if not len(hits):
        return bootstrap([], seed=seed)
    total = np.bincount(clusters, weights=hits.astype(np.float64))
    size = np.bincount(clusters).astype(np.float64)
    draws = np.random.default_rng(seed).integers(0, len(total), (samples, len(total)))
    low, high = np.percentile(total[draws].sum(axis=1) / size[draws].sum(axis=1), [2.5, 97.5])
    return Estimate(mean=float(hits.mean()), low=float(low), high=float(high), n=len(hits))
