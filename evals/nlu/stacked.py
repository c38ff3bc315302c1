"""Acts learned on top of what ships, by cross-validation: for measuring how far the labels of a file carry.

One logistic regression an act reads the classifier's own features, the counts of the cues, the rules' acts, what the
turns before told, what the shipped classifier thinks and, if it was asked, what the tuned model thinks. Where each
act's chance is cut is chosen on the training dialogues alone, by a second cross-validation among them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.agent.acts import DialogueAct
from parley.agent.understanding.acts import ActClassifier, Evidence, names_of, rule_acts, vector
from parley.agent.understanding.train_acts import csr_rows, vocabulary_of
from parley.evals.nlu.dialogues import LabelledTurn

Floats = NDArray[np.float64]
DENSE = 0.2
"""What a standardised count weighs beside a family of words."""
FAR = 3.0
"""Standard deviations at which a count is cut."""
COMMON = 8
"""Turns that a count must occur in."""
INNER = 3
"""Folds among the training dialogues that choose the cuts."""
USUAL, CAUTION = 0.36, 10
"""The cut that every act would have, and how many labelled turns it takes to move half-way from there."""


@dataclass(frozen=True)
class Table:
    """What is known of every turn before any label is looked at."""

    dialogues: tuple[str, ...]
    words: list[Counter[str]]
    evidence: Sequence[Evidence]
    counts: list[dict[str, float]]

    @classmethod
    def of(cls, turns: Sequence[LabelledTurn], evidence: Sequence[Evidence], told: Floats | None = None) -> Table:
        """Args:
        turns: in the order of their dialogues.
        evidence: of each turn.
        told: (n_turns, n) chances that a model gives the acts, if one was asked.
        """
        classifier = ActClassifier.shipped()
        counts: list[dict[str, float]] = []
        earlier: dict[str, list[dict[str, float]]] = {}
        for number, (turn, seen) in enumerate(zip(turns, evidence, strict=True)):
            own = _own(seen, classifier)
            row = own | _earlier(earlier.setdefault(turn.dialogue, []))
            if told is not None:
                row |= {f"told {n}": odds for n, odds in enumerate(_odds(told[number]))}
            earlier[turn.dialogue].append(own)
            counts.append(row)
        words = [Counter(names_of(e)) for e in evidence]
        return cls(tuple(t.dialogue for t in turns), words, evidence, counts)


def _own(evidence: Evidence, classifier: ActClassifier | None) -> dict[str, float]:
    row = {f"k:{name}": float(count) for name, count in evidence.cues.items()}
    row |= {f"f:{flag}": 1.0 for flag in evidence.flags} | {f"rule {act}": 1.0 for act in rule_acts(evidence)}
    if classifier is not None:
        chances = classifier.probabilities(evidence)
        row |= dict(zip((f"thought {a}" for a in chances), _odds(np.array([*chances.values()])), strict=True))
    return row


def _earlier(rows: Sequence[dict[str, float]]) -> dict[str, float]:
    """What the turn before told, and the most that any turn before was taken for each act."""
    if not rows:
        return {}
    last = {f"before {name}": value for name, value in rows[-1].items() if not name.startswith("k:")}
    thought = {name for name in rows[-1] if name.startswith("thought ")}
    return last | {f"ever {name}": max(row[name] for row in rows) for name in thought}


def _odds(chances: NDArray[Any]) -> list[float]:
    kept = np.clip(chances, 1e-4, 1 - 1e-4)
    return [float(x) for x in np.log(kept / (1 - kept))]


def chances(table: Table, gold: NDArray[np.bool_], train: Sequence[int], test: Sequence[int], seed: int) -> Floats:
    """(n_test, n_acts) chances, everything fitted on `train`.

    Args:
        table: what is known of every turn.
        gold: (n_turns, n_acts) labels; only the rows of `train` are read.
        train: numbers of the turns to learn from.
        test: numbers of the turns to judge.
        seed: for the solver.
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    features, idf = vocabulary_of([table.words[i] for i in train])
    names = Counter(name for i in train for name in table.counts[i])
    column = {name: n for n, name in enumerate(sorted(n for n, held in names.items() if held >= COMMON))}

    def dense(rows: Sequence[int]) -> Floats:
        found = np.zeros((len(rows), len(column)))
        for place, i in enumerate(rows):
            for name, value in table.counts[i].items():
                if name in column:
                    found[place, column[name]] = value
        return found

    known = dense(train)
    middle, spread = known.mean(0), np.where(known.std(0) > 0, known.std(0), 1.0)

    def rows(chosen: Sequence[int]) -> Any:
        words = csr_rows([vector(table.evidence[i], features, idf) for i in chosen], len(features))
        scaled = np.clip((dense(chosen) - middle) / spread, -FAR, FAR) * DENSE
        return hstack([words, csr_matrix(scaled)]).tocsr()

    learned, judged = rows(train), rows(test)
    result = np.zeros((len(test), gold.shape[1]))
    for act in range(gold.shape[1]):
        target = gold[list(train), act]
        if target.any():
            model = LogisticRegression(C=1.0, max_iter=300, random_state=seed).fit(learned, target)
            result[:, act] = model.predict_proba(judged)[:, 1]
    return result


def cuts(gold: NDArray[np.bool_], chance: Floats) -> Floats:
    """(n_acts,) chances from which each act is given.

    Half-way between the cut with the best F1 here and half of that F1 (which is where the best cut of a calibrated
    chance lies: Lipton et al., "Optimal Thresholding of Classifiers to Maximize F1", ECML 2014), drawn back to the
    usual cut the fewer turns have the act.
    """
    result = np.full(gold.shape[1], USUAL)
    for act in range(gold.shape[1]):
        target = gold[:, act]
        held = int(target.sum())
        if held < 3:
            continue
        order = np.argsort(-chance[:, act], kind="stable")
        f1 = 2 * np.cumsum(target[order]) / (np.arange(1, len(order) + 1) + held)
        best = int(f1.argmax())
        after = chance[order[best + 1], act] if best + 1 < len(order) else 0.0
        own = ((chance[order[best], act] + after) / 2 + f1[best] / 2) / 2
        result[act] = (held * own + CAUTION * USUAL) / (held + CAUTION)
    return result


def chosen(chance: Floats, cut: Floats, acts: Sequence[DialogueAct]) -> list[frozenset[DialogueAct]]:
    """The acts from their cuts on; where there is none, the one nearest to its own."""
    nearest = (chance / cut).argmax(1)
    return [
        frozenset(a for n, a in enumerate(acts) if row[n] >= cut[n] or (n == nearest[place] and (row < cut).all()))
        for place, row in enumerate(chance)
    ]


def stacked(
    table: Table, gold: NDArray[np.bool_], train: Sequence[int], test: Sequence[int], seed: int,
    acts: Sequence[DialogueAct],
) -> list[frozenset[DialogueAct]]:  # fmt: skip
    """The acts of the test turns; cuts and weights come from the training dialogues alone."""
    names = sorted({table.dialogues[i] for i in train})
    order = np.random.default_rng(1000 + seed).permutation(len(names))
    fold = {names[n]: place % INNER for place, n in enumerate(order)}
    unseen = np.zeros((len(train), gold.shape[1]))
    place = {i: n for n, i in enumerate(train)}
    for number in range(INNER):
        held = [i for i in train if fold[table.dialogues[i]] == number]
        rest = [i for i in train if fold[table.dialogues[i]] != number]
        unseen[[place[i] for i in held]] = chances(table, gold, rest, held, seed)
    return chosen(chances(table, gold, train, test, seed), cuts(gold[list(train)], unseen), acts)
