"""Understanding: rules, the tuned model, and both together, on hand-written wishes and on other people's act labels.

The adapter that ships has seen none of these utterances and none of IARD's labels or dialogues. How the two are
combined is chosen on the development part; the held-out part says what it is worth.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from parley.agent.acts import DialogueAct
from parley.agent.messages import Understanding
from parley.agent.tuning.notation import Meaning
from parley.agent.tuning.reader import TunedReader, as_understanding
from parley.agent.tuning.second import Read, second_opinion
from parley.agent.understanding import DialogueContext, Understander
from parley.agent.understanding.acts import ActClassifier, Evidence
from parley.agent.understanding.history import context_of
from parley.evals.nlu.acts_eval import Acts, act_scores, as_labelled, interval, shipped
from parley.evals.nlu.dialogues import LabelledTurn
from parley.evals.nlu.wishes import WishScore, load_cases, score_cases
from parley.tools.items import Catalog

Understand = Callable[[str, DialogueContext], Understanding]


def with_second_reader(rules: Understanding, meaning: Meaning, below: float = 0.0) -> Understanding:
    """The rules' reading; the model's wishes where the rules found nothing, or account for too little of the words.

    Args:
        rules: what the rules read; what they take as off topic, or named without the catalogue holding it, stays.
        meaning: what the model read; it counts only if every part of it could be read back.
        below: confidence of the rules under which the model's wishes replace theirs; 0 is never.
    """
    if rules.topic != "domain" or rules.unmatched or meaning.bad or not meaning.edits:
        return rules
    silent = not (rules.edits or rules.question or rules.surprise)
    doubtful = rules.confidence < below and rules.question is None and not rules.surprise
    if not silent and not doubtful:
        return rules
    return rules.model_copy(update={"edits": meaning.edits, "by": {**rules.by, "wishes": "model"}})


DOUBTS = (0.0, 0.5, 0.7, 0.85)
"""Confidences of the rules below which the model is tried instead; the development part chooses."""


def understanding_systems(understander: Understander, readers: Mapping[str, TunedReader]) -> dict[str, Understand]:
    """The ways of understanding that are compared: the rules, each model alone, and the rules helped by each."""
    systems: dict[str, Understand] = {"rules": understander.understand}
    for name, reader in readers.items():
        read = _remembered(reader)
        systems[name] = lambda text, context, read=read: as_understanding(read(text, context))  # type: ignore[misc]
        for below in DOUBTS:
            where = f"are less than {below:g} sure" if below else "found nothing"
            systems[f"rules, {name} where they {where}"] = _helped(understander, read, below)
        systems[f"rules, {name} in place of free words"] = lambda text, context, read=read: second_opinion(  # type: ignore[misc]
            text, context, understander.understand(text, context), read
        )
    return systems


def _remembered(reader: TunedReader) -> Read:
    """The reader, asked once for each prompt."""
    known: dict[str, Meaning] = {}

    def read(text: str, context: DialogueContext) -> Meaning:
        key = reader.prompt(text, context)
        if key not in known:
            known[key] = reader.read(text, context)
        return known[key]

    return read


def _helped(understander: Understander, read: Read, below: float) -> Understand:
    return lambda text, context: with_second_reader(understander.understand(text, context), read(text, context), below)


def measure_wishes(
    systems: Mapping[str, Understand],
    catalog: Catalog,
    splits: Sequence[str] = ("development", "held_out"),
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> list[dict[str, Any]]:
    """Exact-constraint accuracy of every system on every part of the committed set."""
    rows = []
    for name, understand in systems.items():
        for split in splits:
            scores: list[WishScore] = score_cases(load_cases(split), understand, catalog)
            strict = [s.strict for s in scores]
            low, high = wilson(strict)
            lenient = float(np.mean([s.lenient for s in scores]))
            rows.append(
                {"system": name, "split": split, "n": len(strict), "exact": float(np.mean(strict)),
                 "exact_ci": f"{low:.3f}-{high:.3f}", "exact_any_firmness": lenient}
            )  # fmt: skip
            tell(f"{name}, {split}: {rows[-1]['exact']:.3f}")
    return rows


def wilson(hits: Sequence[bool]) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    n, p, z = len(hits), float(np.mean(hits)), 1.96
    middle, half = p + z * z / (2 * n), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return float((middle - half) / (1 + z * z / n)), float((middle + half) / (1 + z * z / n))


def read_acts(
    turns: Sequence[LabelledTurn],
    understander: Understander,
    reader: TunedReader,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Acts]:
    """The acts a tuned model reads in every turn."""
    found: list[Acts] = []
    for number, turn in enumerate(turns, 1):
        if number % 200 == 0:
            tell(f"acts: {number} of {len(turns)} turns")
        context = context_of(turn.before, understander, replay=False)
        acts = reader.read(turn.text, context).acts
        found.append(as_labelled(acts or (DialogueAct.OTHER,)))
    return found


def average_acts(
    evidence: Sequence[Evidence], classifier: ActClassifier, told: Sequence[Acts], *, share: float, threshold: float
) -> list[Acts]:
    """Acts whose averaged chance passes a threshold, the likeliest at least.

    Args:
        evidence: what the classifier sees of each turn.
        classifier: gives chances.
        told: acts the model named; it counts as sure of them.
        share: the model's part in the average, 0 to 1.
        threshold: chance from which an act is given.
    """
    result = []
    for seen, named in zip(evidence, told, strict=True):
        chances: dict[DialogueAct, float] = {}
        for act, chance in classifier.probabilities(seen).items():
            chances[act] = (1 - share) * chance
        for act in named:
            chances[act] = chances.get(act, 0.0) + share
        best = max(chances, key=lambda a: chances[a])
        result.append(as_labelled([a for a, c in chances.items() if c >= threshold or a is best]))
    return result


def act_row(system: str, turns: Sequence[LabelledTurn], predicted: Sequence[Acts], *, seed: int = 0) -> dict[str, Any]:
    """Scores with bootstrap intervals over dialogues."""
    gold = [t.acts for t in turns]
    scores, spread = act_scores(gold, predicted), interval(turns, gold, predicted, seed=seed)
    row: dict[str, Any] = {"system": system, "turns": len(turns)}
    for key, value in scores.items():
        row |= {key: value, f"{key}_ci": f"{spread[key][0]:.3f}-{spread[key][1]:.3f}"}
    return row


def act_rows(
    turns: Sequence[LabelledTurn],
    evidence: Sequence[Evidence],
    understander: Understander,
    told: Mapping[str, list[Acts]],
    *,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """The shipped acts, each model's, and both averaged, on three quarters of the dialogues.

    The first quarter (in an order drawn by `seed`) chooses how much the model counts in the average and from which
    chance an act is given; nothing else is learned from these labels.
    """
    names = sorted({t.dialogue for t in turns})
    random.Random(seed).shuffle(names)
    choosing = {*names[: len(names) // 4]}
    chosen = [n for n, t in enumerate(turns) if t.dialogue in choosing]
    judged = [n for n, t in enumerate(turns) if t.dialogue not in choosing]
    tested, seen = [turns[n] for n in judged], [evidence[n] for n in judged]
    rows = [act_row("classifier", tested, shipped(seen, understander.acts), seed=seed)]
    for name, acts in told.items():
        own = [acts[n] for n in judged]
        rows.append(act_row(name, tested, own, seed=seed))
        if understander.acts is None:
            continue
        few = [turns[n] for n in chosen], [evidence[n] for n in chosen], [acts[n] for n in chosen]
        _, alone = _choose_average(*few, understander.acts, shares=(0.0,))
        row = act_row("classifier, threshold chosen the same way", tested, average_acts(
            seen, understander.acts, own, share=0.0, threshold=alone), seed=seed)  # fmt: skip
        rows.append(row | {"share": 0.0, "threshold": alone, "chosen_on": len(chosen)})
        share, threshold = _choose_average(*few, understander.acts, shares=[s / 10 for s in range(1, 10)])
        both = average_acts(seen, understander.acts, own, share=share, threshold=threshold)
        row = act_row(f"classifier and {name}, averaged", tested, both, seed=seed)
        rows.append(row | {"share": share, "threshold": threshold, "chosen_on": len(chosen)})
    return rows


def _choose_average(
    turns: Sequence[LabelledTurn],
    evidence: Sequence[Evidence],
    told: Sequence[Acts],
    classifier: ActClassifier,
    *,
    shares: Sequence[float],
) -> tuple[float, float]:
    """(share, threshold) with the best sum of micro and macro F1; of equals the first."""
    gold = [t.acts for t in turns]

    def value(pair: tuple[float, float]) -> float:
        scores = act_scores(gold, average_acts(evidence, classifier, told, share=pair[0], threshold=pair[1]))
        return scores["micro_f1"] + scores["macro_f1"]

    return max(((share, t / 20) for share in shares for t in range(4, 14)), key=value)
