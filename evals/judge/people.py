"""Agreement of judges with people: CRSArena-Eval's labels of dialogues with nine recommenders.

Labels: dialogue_overall 0 to 4, aggregated over workers (Joko and Hasibi). FACE is their own evaluator, as
published with the labels. Kappa is over good or not: people's overall of at least 2, and as many of the
judge's best dialogues as people call good.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from parley.evals.agreement import Confusion, interval, kappa, spearman
from parley.evals.intervals import Estimate
from parley.evals.judge.rubric import Judge, Line
from parley.evals.simulate.records import Frozen
from parley.evals.simulate.sources import text_of

GOOD_FROM = 2


class Labelled(Frozen):
    """A dialogue with people's verdict."""

    dialogue_id: str
    lines: tuple[Line, ...]
    overall: float
    face: float | None = None
    """FACE's prediction of the same."""

    @property
    def person(self) -> str:
        return self.dialogue_id.rpartition("_")[2]

    @property
    def family(self) -> str:
        """The system without the corpus it was trained on: "unicrs"."""
        return self.dialogue_id.partition("_")[0]


class JudgeRow(Frozen):
    """One judge against people."""

    judge: str
    spearman: Estimate
    kappa: Estimate
    confusion: Confusion


def read_arena(folder: Path) -> list[Labelled]:
    """The labelled dialogues of CRSArena-Eval."""
    face = {
        row["conv_id"]: row["dial_level_pred"]["dialogue_overall"]
        for row in json.loads(text_of(folder / "face_run.json.gz"))
    }
    return [
        Labelled(
            dialogue_id=row["conv_id"],
            lines=tuple(Line(by_user=t["role"] == "USER", text=t["utterance"]) for t in row["dialogue"]),
            overall=float(row["dial_level_aggregated"]["dialogue_overall"]),
            face=face.get(row["conv_id"]),
        )
        for row in json.loads(text_of(folder / "eval.json.gz"))
    ]


def compare(name: str, scores: Sequence[float], people: Sequence[float], *, seed: int = 0) -> JudgeRow:
    """Rank correlation, and kappa of good or not, with intervals over dialogues."""
    good = [value >= GOOD_FROM for value in people]
    said = _best(scores, sum(good))
    return JudgeRow(
        judge=name,
        spearman=interval(spearman, list(scores), list(people), seed=seed),
        kappa=interval(kappa, said, good, seed=seed),
        confusion=Confusion.of(said, good),
    )


def judge_rows(labelled: Sequence[Labelled], judges: Sequence[Judge], *, seed: int = 0) -> list[JudgeRow]:
    """Every judge, and FACE's published predictions, against people."""
    people = [d.overall for d in labelled]
    rows = [compare(j.name, [j.judge(d.lines).overall for d in labelled], people, seed=seed) for j in judges]
    if all(d.face is not None for d in labelled):
        rows.append(compare("FACE (published predictions)", [d.face or 0.0 for d in labelled], people, seed=seed))
    return rows


def _best(scores: Sequence[float], n: int) -> list[bool]:
    """The n highest scores, ties in their order."""
    order = np.argsort(-np.asarray(scores), kind="stable")[:n]
    chosen = set(order.tolist())
    return [place in chosen for place in range(len(scores))]
