"""Fit the weights of the title evidence, and measure linking on ReDial.

    python -m parley.tools.linking.fit --mirror DIR          measure the shipped weights
    python -m parley.tools.linking.fit --mirror DIR --fit    fit them anew and write weights.py

Fitted on ReDial's 1,000 validation dialogues and the shipped synopses, measured on test dialogues.
"""

from __future__ import annotations

import argparse
import os
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from parley.tools.items import Catalog
from parley.tools.linking.cues import FEATURES, Sentence
from parley.tools.linking.linker import Linker
from parley.tools.linking.redial import Mention, Utterance, bare_titles, everyday_sentences, read_utterances
from parley.tools.linking.titles import Candidate


class Tally:
    """Hits and misses with precision and recall."""

    def __init__(self) -> None:
        self.right = self.wrong = self.missed = 0

    def add(self, found: set[tuple[int, int, str]], wanted: set[tuple[int, int, str]]) -> None:
        """A link is right if it overlaps a mention of that item."""
        rest = set(wanted)
        for start, end, item_id in found:
            hit = next((w for w in rest if w[2] == item_id and start < w[1] and w[0] < end), None)
            if hit:
                rest.discard(hit)
                self.right += 1
            else:
                self.wrong += 1
        self.missed += len(rest)

    @property
    def precision(self) -> float:
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / max(1, self.right + self.missed)


def tally(linker: Linker, utterances: Sequence[Utterance]) -> Tally:
    """Strict: the first choice must be the item; only mentions of catalogue items are wanted."""
    counts = Tally()
    for utterance in utterances:
        found = {(t.start, t.end, t.item_id) for t in linker.link_titles(utterance.text)}
        counts.add(found, {(m.start, m.end, m.item_id) for m in utterance.mentions if m.item_id})
    return counts


def intervals(
    linker: Linker, utterances: Sequence[Utterance], *, seed: int, rounds: int = 1000
) -> dict[str, list[float]]:
    """95 % bootstrap intervals of precision and recall over utterances."""
    rows = []
    for utterance in utterances:
        one = tally(linker, [utterance])
        rows.append((one.right, one.wrong, one.missed))
    table = np.array(rows)
    picks = np.random.default_rng(seed).integers(0, len(table), (rounds, len(table)))
    sums = table[picks].sum(axis=1)  # (rounds, 3)
    precision = sums[:, 0] / np.maximum(1, sums[:, 0] + sums[:, 1])
    recall = sums[:, 0] / np.maximum(1, sums[:, 0] + sums[:, 2])
    return {
        "precision": [float(q) for q in np.quantile(precision, [0.025, 0.975])],
        "recall": [float(q) for q in np.quantile(recall, [0.025, 0.975])],
    }


def examples(linker: Linker, utterances: Sequence[Utterance]) -> tuple[np.ndarray, np.ndarray]:
    """(n, n_features) evidence and (n,) 0/1 labels of every candidate span."""
    rows, labels = [], []
    for utterance in utterances:
        sentence = Sentence(utterance.text, linker.titles.cues)
        found = linker.titles.candidates(sentence)
        marked = [label_of(linker, c, utterance) for c in found]
        for candidate, label in zip(found, marked, strict=True):
            if label is None or (label == 0 and _is_unmarked(linker, candidate, utterance)):
                continue
            mate = any(
                other is not candidate and mark and linker.titles.neighbours(sentence.text, candidate, other)
                for other, mark in zip(found, marked, strict=True)
            )
            features = linker.titles.features(sentence, candidate, list_mate=mate)
            rows.append([features[name] for name in FEATURES])
            labels.append(label)
    return np.array(rows), np.array(labels)


def label_of(linker: Linker, candidate: Candidate, utterance: Utterance) -> int | None:
    """1: a mention of one of its items; None: part of a mention that a longer span explains better."""
    ids = {linker.catalog.items[f.position].item_id for f in candidate.forms}
    for mention in utterance.mentions:
        if _touches(candidate, mention):
            if mention.item_id is None:
                return 0
            covered = min(candidate.end, mention.end) - max(candidate.start, mention.start)
            if mention.item_id in ids and covered > 0.6 * (mention.end - mention.start):
                return 1
            return None
    return 0


def _is_unmarked(linker: Linker, candidate: Candidate, utterance: Utterance) -> bool:
    """People typed some titles without marking them: rare words that are exactly a title prove nothing."""
    if candidate.edits or not utterance.talk or any(_touches(candidate, m) for m in utterance.mentions):
        return False
    rare = [linker.titles.surprise(word) for word in candidate.forms[0].words]
    return max(rare) >= 6.9 or sum(rare) >= 9.0


def _touches(candidate: Candidate, mention: Mention) -> bool:
    return candidate.start < mention.end and mention.start < candidate.end


def fit(linker: Linker, utterances: Sequence[Utterance]) -> dict[str, float]:
    """Logistic regression (L2) on the candidates of these utterances and of everyday sentences."""
    from sklearn.linear_model import LogisticRegression

    everyday = [Utterance(text, (), talk=False) for text in everyday_sentences(linker.catalog)]
    x, y = examples(linker, [*utterances, *bare_titles(linker.catalog, seed=0), *everyday])
    model = LogisticRegression(C=3.0, max_iter=5000, fit_intercept=False).fit(x, y)
    return {name: round(float(w), 3) for name, w in zip(FEATURES, model.coef_[0], strict=True)}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mirror", type=Path, default=os.environ.get("PARLEY_DATA_MIRROR"))
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    if options.mirror is None:
        parser.error("say where ReDial is: --mirror DIR or PARLEY_DATA_MIRROR")
    catalog = Catalog.films()
    linker = Linker.for_catalog(catalog)
    if options.fit:
        train = [
            u
            for s, swap in ((1, 0.0), (2, 0.0), (3, 0.6))
            for u in read_utterances(options.mirror, "valid_linked", catalog, seed=options.seed + s, swap=swap)
        ]
        random.Random(options.seed).shuffle(train)
        write_weights(fit(linker, train))
        print("weights.py written; run again without --fit to measure")
        return
    test = read_utterances(options.mirror, "test_dev_half", catalog, seed=options.seed)
    counts = tally(linker, test)
    ranges = intervals(linker, test, seed=options.seed)
    for name, value in (("precision", counts.precision), ("recall", counts.recall)):
        low, high = ranges[name]
        print(f"{name} {value:.3f} [{low:.3f}, {high:.3f}]")
    print(f"{len(test)} utterances, {counts.right + counts.missed} mentions of catalogue films")


def write_weights(weights: dict[str, float]) -> None:
    """Write weights.py beside this file."""
    lines = "".join(f'    "{name}": {value},\n' for name, value in weights.items())
    Path(__file__).with_name("weights.py").write_text(
        '"""Weights of the evidence that a phrase is meant as a title; written by `fit.py`."""\n\n'
        f"from __future__ import annotations\n\nTITLE_WEIGHTS: dict[str, float] = {{\n{lines}}}\n",
        "utf-8",
    )


if __name__ == "__main__":
    main()
