"""A judge that learned from people: ridge regression on things counted in a dialogue.

It is only ever asked about dialogues it did not learn from. Two ways to leave out: whole people (their dialogues with
all systems), and whole systems. The second is the honest one for a new agent: a judge may learn which of nine systems
is bad by its manner of speaking and know nothing of a tenth.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from parley.evals.judge.people import Labelled
from parley.evals.judge.rubric import Line, RubricJudge, count_complaints, count_thanks, titles_in, words_in

Floats = NDArray[np.float64]
RIDGES = (1.0, 10.0, 100.0)
_DENIAL = re.compile(r"\b(?:no|nope|not|don'?t|didn'?t|isn'?t|never|other|else|different|again)\b", re.I)
_WORTH = re.compile(r"\b(?:because|since|about|directed|starring|stars?|genre|based on|similar|classic)\b", re.I)


def features(dialogue: Sequence[Line]) -> Floats:
    """(n_features,) counts and shares of one dialogue; none needs a model."""
    ours = [line.text for line in dialogue if not line.by_user]
    theirs = [line.text for line in dialogue if line.by_user]
    rubric = RubricJudge().judge(dialogue)
    named = [title.casefold().strip() for text in ours for title in titles_in(text)]
    later = theirs[1:] or [""]
    replies = [(a.text, b.text) for a, b in pairwise(dialogue) if not a.by_user and b.by_user]
    taken = sum(bool(count_thanks(said)) for text, said in replies if titles_in(text))
    lengths = [len(words_in(text)) for text in ours] or [0]
    their_lengths = [len(words_in(text)) for text in theirs] or [0]
    echoes = [len(set(words_in(a)) & set(words_in(b))) / (1 + len(set(words_in(b)))) for a, b in pairwise(theirs)]
    return np.array(
        [
            rubric.overall,
            *(rubric.parts.get(name, 0.0) for name in RubricJudge.parts),
            np.log1p(len(theirs)),
            np.log1p(np.mean(lengths)),
            np.log1p(np.mean(their_lengths)),
            np.log1p(len(set(named))),
            len(set(named)) / max(1, len(named)),
            np.mean([float(bool(titles_in(text))) for text in ours] or [0.0]),
            np.mean([float("?" in text) for text in ours] or [0.0]),
            np.mean([float(bool(_WORTH.search(text))) for text in ours] or [0.0]),
            np.mean([bool(count_thanks(text)) for text in later]),
            np.mean([bool(count_complaints(text)) for text in later]),
            np.mean([bool(_DENIAL.search(text)) for text in later]),
            np.mean(["?" in text for text in later]),
            bool(count_thanks(later[-1])) - bool(count_complaints(later[-1])),
            taken / max(1, len(replies)),
            np.mean(echoes or [0.0]),
            max(their_lengths),
        ],
        dtype=np.float64,
    )


def cross_validated(labelled: Sequence[Labelled], groups: Sequence[str], *, folds: int = 10, seed: int = 1) -> Floats:
    """(n,) scores, each from a fit that saw no dialogue of the same group.

    The ridge is chosen inside each fit, by the same kind of split of what it may see; where that is one group there
    is nothing to hold out, and the strongest ridge stands.

    Raises:
        ValueError: all dialogues are of one group.
    """
    if len(set(groups)) < 2:
        raise ValueError(f"dialogues of two groups or more are needed, not only of {', '.join(set(groups)) or 'none'}")
    x = np.stack([features(d.lines) for d in labelled])
    y = np.array([d.overall for d in labelled])
    parts = _folds(groups, folds, seed)
    told = np.zeros(len(y))
    for part in range(parts.max() + 1):
        held = parts == part
        seen = [group for group, out in zip(groups, held, strict=True) if not out]
        ridge = _choose_ridge(x[~held], y[~held], seen, seed)
        told[held] = _fit_and_tell(x[~held], y[~held], x[held], ridge)
    return told


def _choose_ridge(x: Floats, y: Floats, groups: Sequence[str], seed: int) -> float:
    if len(set(groups)) < 2:
        return max(RIDGES)
    parts = _folds(groups, 5, seed)
    return min(RIDGES, key=lambda ridge: _inner_error(x, y, parts, ridge))


def _folds(groups: Sequence[str], n: int, seed: int) -> NDArray[np.int64]:
    """(n,) the fold of each group, drawn at random; at most one fold a group."""
    names = sorted(set(groups))
    order = np.random.default_rng(seed).permutation(len(names))
    place = {names[g]: at % min(n, len(names)) for at, g in enumerate(order)}
    return np.array([place[group] for group in groups])


def _inner_error(x: Floats, y: Floats, parts: NDArray[np.int64], ridge: float) -> float:
    return sum(
        float(((_fit_and_tell(x[parts != p], y[parts != p], x[parts == p], ridge) - y[parts == p]) ** 2).sum())
        for p in range(parts.max() + 1)
    )


def _fit_and_tell(x: Floats, y: Floats, asked: Floats, ridge: float) -> Floats:
    middle, spread = x.mean(axis=0), x.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    z = (x - middle) / spread
    weights = np.linalg.solve(z.T @ z + ridge * np.eye(z.shape[1]), z.T @ (y - y.mean()))
    told: Floats = (asked - middle) / spread @ weights + y.mean()
    return told
