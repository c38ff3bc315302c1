"""Dialogue acts against labelled dialogues: micro and macro F1, exact match, and the baselines by cross-validation.

The folds are over dialogues, so no turn of a test dialogue is ever trained on. The shipped understanding learned from
none of these labels; the baselines are trained on the other folds' labels, and say so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from parley.agent.acts import DialogueAct
from parley.agent.understanding import Understander
from parley.agent.understanding.acts import ActClassifier, Evidence, acts_of, rule_acts
from parley.agent.understanding.history import context_of
from parley.agent.understanding.train_acts import fit
from parley.evals.nlu.dialogues import LabelledTurn
from parley.evals.nlu.stacked import Table, stacked

Acts = frozenset[DialogueAct]


def act_scores(gold: Sequence[Acts], predicted: Sequence[Acts]) -> dict[str, float]:
    """Micro F1 over all (turn, act) pairs, macro F1 over acts that occur in gold, exact match of the sets."""
    both = sum(len(g & p) for g, p in zip(gold, predicted, strict=True))
    total = sum(len(g) + len(p) for g, p in zip(gold, predicted, strict=True))
    per_act = act_f1(gold, predicted)
    exact = sum(g == p for g, p in zip(gold, predicted, strict=True))
    return {
        "micro_f1": 2 * both / total if total else 0.0,
        "macro_f1": float(np.mean(list(per_act.values()))) if per_act else 0.0,
        "exact": exact / len(gold) if gold else 0.0,
    }


def act_f1(gold: Sequence[Acts], predicted: Sequence[Acts]) -> dict[str, float]:
    """F1 of each act that occurs in gold."""
    result = {}
    for act in DialogueAct:
        if any(act in g for g in gold):
            hits = sum(act in g and act in p for g, p in zip(gold, predicted, strict=True))
            either = sum((act in g) + (act in p) for g, p in zip(gold, predicted, strict=True))
            result[act.value] = 2 * hits / either
    return result


def interval(
    turns: Sequence[LabelledTurn], gold: Sequence[Acts], predicted: Sequence[Acts], *, seed: int = 0, draws: int = 500
) -> dict[str, tuple[float, float]]:
    """95 % bootstrap intervals over dialogues."""
    by_dialogue: dict[str, list[int]] = {}
    for number, turn in enumerate(turns):
        by_dialogue.setdefault(turn.dialogue, []).append(number)
    groups = list(by_dialogue.values())
    rng = np.random.default_rng(seed)
    drawn: dict[str, list[float]] = {}
    for _ in range(draws):
        rows = [n for g in rng.integers(0, len(groups), len(groups)) for n in groups[g]]
        for name, value in act_scores([gold[n] for n in rows], [predicted[n] for n in rows]).items():
            drawn.setdefault(name, []).append(value)
    return {name: (float(np.quantile(v, 0.025)), float(np.quantile(v, 0.975))) for name, v in drawn.items()}


def evidence_of(turns: Sequence[LabelledTurn], understander: Understander) -> list[Evidence]:
    """What the classifier sees of each turn."""
    return [understander.evidence(t.text, context_of(t.before, understander, replay=False)) for t in turns]


def as_labelled(acts: Sequence[DialogueAct]) -> Acts:
    """Our acts in the taxonomy of the labels, which has no end."""
    kept = frozenset(acts)
    return (kept - {DialogueAct.END}) | {DialogueAct.OTHER} if DialogueAct.END in kept else kept


def shipped(evidence: Sequence[Evidence], classifier: ActClassifier | None) -> list[Acts]:
    return [as_labelled(acts_of(e, classifier)[0]) for e in evidence]


def rules_only(evidence: Sequence[Evidence]) -> list[Acts]:
    return [as_labelled(rule_acts(e)) for e in evidence]


def cross_validate(
    turns: Sequence[LabelledTurn],
    evidence: Sequence[Evidence],
    *,
    folds: int = 5,
    seed: int = 0,
    embed: bool = True,
    told: NDArray[np.float64] | None = None,
) -> dict[str, list[Acts]]:
    """Predictions of each baseline for every turn, trained on the folds that do not hold its dialogue.

    Args:
        turns: in the order of their dialogues.
        evidence: what the classifier sees of each.
        folds: over dialogues.
        seed: draws the folds.
        embed: also the baselines that need sentence vectors.
        told: (n_turns, n_acts) chances that the tuned model gives, if it was asked.
    """
    names = sorted({t.dialogue for t in turns})
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = {names[i]: place % folds for place, i in enumerate(order)}
    fold = np.array([fold_of[t.dialogue] for t in turns])
    gold = [t.acts for t in turns]
    vectors = _minilm(turns) if embed else None
    tables = {"stacked": Table.of(turns, evidence)}
    if told is not None:
        tables["stacked_with_tuned"] = Table.of(turns, evidence, told)
    result: dict[str, list[Acts]] = {}
    for number in range(folds):
        train = [n for n, f in enumerate(fold) if f != number]
        test = [n for n, f in enumerate(fold) if f == number]
        guessed: dict[str, list[Acts]] = {
            "majority": [_commonest([gold[i] for i in train])] * len(test),
            "tfidf_lr": _tfidf_lr([turns[i] for i in train], [turns[i] for i in test], seed),
        }
        acts = [a for a in DialogueAct if any(a in gold[i] for i in train)]
        own = _same_classifier(evidence, gold, train, test, seed, acts)
        guessed["grammar_features_lr"] = _chosen(own, acts)
        labels = np.array([[a in g for a in acts] for g in gold])
        for name, table in tables.items():
            guessed[name] = stacked(table, labels, train, test, seed, acts)
        if vectors is not None:
            meaning = _one_vs_rest(vectors[train], [gold[i] for i in train], vectors[test], seed, acts, strength=4.0)
            guessed["minilm_lr"] = _chosen(meaning, acts)
            guessed["grammar_and_minilm_lr"] = _chosen((own + meaning) / 2, acts)
        for name, predicted in guessed.items():
            row = result.setdefault(name, [frozenset()] * len(turns))
            for place, found in zip(test, predicted, strict=True):
                row[place] = found
    return result


def _commonest(gold: Sequence[Acts]) -> Acts:
    return frozenset({Counter(a for acts in gold for a in acts).most_common(1)[0][0]})


def _tfidf_lr(train: Sequence[LabelledTurn], test: Sequence[LabelledTurn], seed: int) -> list[Acts]:
    """Words and pairs of the utterance and of the message before it, plain TF-IDF."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction.text import TfidfVectorizer

    own, previous = TfidfVectorizer(ngram_range=(1, 2), min_df=2), TfidfVectorizer(min_df=2)
    own.fit([t.text for t in train])
    previous.fit([_previous(t) for t in train])

    def rows(turns: Sequence[LabelledTurn]) -> Any:
        return hstack(
            [own.transform([t.text for t in turns]), previous.transform([_previous(t) for t in turns])]
        ).tocsr()

    acts = [a for a in DialogueAct if any(a in t.acts for t in train)]
    return _chosen(_one_vs_rest(rows(train), [t.acts for t in train], rows(test), seed, acts, strength=10.0), acts)


def _previous(turn: LabelledTurn) -> str:
    return turn.before[-1][1] if turn.before and turn.before[-1][0] != "user" else ""


def _minilm(turns: Sequence[LabelledTurn]) -> Any:
    """(n_turns, 2 x 384) float32: the utterance and the message before it."""
    from parley.tools.retrieval.embedding import MiniLmEmbedder

    embedder = MiniLmEmbedder(bulk_from=10**9)
    texts = [t.text or " " for t in turns] + [_previous(t) or " " for t in turns]
    vectors = embedder.embed(texts)  # (2 n_turns, 384)
    return np.hstack([vectors[: len(turns)], vectors[len(turns) :]])


def _same_classifier(
    evidence: Sequence[Evidence], gold: Sequence[Acts], train: Any, test: Any, seed: int, acts: Sequence[DialogueAct]
) -> Any:
    """(n_test, n_acts) chances by the shipped kind of classifier, but trained on these labels: for measuring only."""
    model = fit([(evidence[i], tuple(gold[i]), 1.0) for i in train], seed=seed)
    return np.array([[model.probabilities(evidence[i])[a] for a in acts] for i in test])


def _one_vs_rest(
    rows: Any, gold: Sequence[Acts], test: Any, seed: int, acts: Sequence[DialogueAct], *, strength: float
) -> Any:
    """(n_test, n_acts) chances."""
    from sklearn.linear_model import LogisticRegression

    return np.column_stack(
        [
            LogisticRegression(C=strength, max_iter=1000, random_state=seed)
            .fit(rows, [act in g for g in gold])
            .predict_proba(test)[:, 1]
            for act in acts
        ]
    )


def _chosen(chance: Any, acts: Sequence[DialogueAct], threshold: float = 0.36) -> list[Acts]:
    return [frozenset(a for a, p in zip(acts, row, strict=True) if p >= threshold or p == row.max()) for row in chance]
