"""Ask rankers, and keep what they answered: the slow half of `parley eval rank`.

Every answer is one line of a JSONL file, so a run that stopped goes on where it was, and a ranker can be asked of more
people later. Judging (`run.py`) reads answers only. A ranker sees the candidates in a random order, which depends
on the seed, the person and the asking alone.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from parley.evals.rank.requests import Asked, RankEvalError
from parley.tools.candidates import Candidate
from parley.tools.seams import RankedList, Ranker

Count = Callable[[], int]
"""Tokens the model has read and written so far."""


class Answer(BaseModel):
    """What a ranker made of one person's candidates."""

    model_config = ConfigDict(frozen=True)

    ranker: str
    source: str
    """Which candidates: "random" or "retriever"."""
    person: int
    """Place among the people asked about, from 0."""
    asking: int = 0
    """0 the first time, 1 when the same list is asked again in another order."""
    order: tuple[str, ...]
    scores: dict[str, float] = {}
    fell_back: bool = False
    calls: int
    tokens: int
    """Read and written, those the engine still knew included."""
    cpu_seconds: float
    """Processor time of the process: what the wall time would be on an idle machine with one thread."""

    def ranked(self, asked: Asked) -> RankedList:
        """The answer as the ranker gave it."""
        known = {c.item_id: c for c in asked.candidates}
        return RankedList(
            candidates=tuple(known[i] for i in self.order), scores=self.scores, model_calls=self.calls,
            fell_back=self.fell_back,
        )  # fmt: skip


class Answers:
    """Answers by ranker, source, person and asking; in a file, or in memory only."""

    def __init__(self, path: Path | None, about: dict[str, object]) -> None:
        """Args:
        path: read if it is there, and appended to; None keeps everything in memory.
        about: what all answers depend on: data, model, seed and so on.

        Raises:
            RankEvalError: the file holds answers to other questions, or no answers.
        """
        self.path = path
        self._kept: dict[tuple[str, str, int, int], Answer] = {}
        if path is None:
            return
        if not path.is_file():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps({"about": about}) + "\n", "utf-8")
            return
        written = path.read_text("utf-8")
        first, *lines = written.splitlines() or [""]
        try:
            there = json.loads(first)["about"]
            whole = [Answer.model_validate_json(line) for line in lines if line.endswith("}")]
        except (ValueError, KeyError, TypeError, ValidationError) as error:
            raise RankEvalError(f"{path.name!r} is no file of answers ({type(error).__name__}); name another") from None
        if there != about:
            other = ", ".join(f"{k} {there.get(k)!r}" for k in about if there.get(k) != about[k])
            raise RankEvalError(f"{path.name!r} holds answers for {other}; name another file")
        for answer in whole:
            self._keep(answer)
        if not written.endswith("\n"):  # a line that was cut off: it is not read, and the next begins its own
            with path.open("a", encoding="utf-8") as out:
                out.write("\n")

    def find(self, ranker: str, source: str, person: int, asking: int = 0) -> Answer | None:
        return self._kept.get((ranker, source, person, asking))

    def add(self, answer: Answer) -> None:
        self._keep(answer)
        if self.path is not None:
            with self.path.open("a", encoding="utf-8") as out:
                out.write(answer.model_dump_json() + "\n")

    def _keep(self, answer: Answer) -> None:
        self._kept[answer.ranker, answer.source, answer.person, answer.asking] = answer


def ask_ranker(
    name: str, ranker: Ranker, asked: Sequence[Asked], answers: Answers, tokens: Count, *, seed: int = 0,
    again: int = 20, progress: Callable[[int, int], None] | None = None,
) -> None:  # fmt: skip
    """Ask of every person once, and of `again` people of the test half a second time in another order.

    Args:
        name: what the ranker is called in the answers.
        progress: told (done, all) after each answer.
    """
    wanted = [(person, 0) for person in range(len(asked))]
    wanted += [(person, 1) for person in range(1, len(asked), 2)][:again]
    for done, (person, asking) in enumerate(wanted, 1):
        one = asked[person]
        if answers.find(name, one.source, person, asking) is None:
            shown = shuffled(one, [seed, person, asking])
            clock, before = time.process_time(), tokens()
            found = ranker.rank(one.request, shown)
            answers.add(
                Answer(
                    ranker=name, source=one.source, person=person, asking=asking,
                    order=tuple(c.item_id for c in found.candidates), fell_back=found.fell_back,
                    scores={i: round(s, 5) for i, s in found.scores.items()}, calls=found.model_calls,
                    tokens=tokens() - before, cpu_seconds=time.process_time() - clock,
                )
            )  # fmt: skip
        if progress is not None:
            progress(done, len(wanted))


def shuffled(asked: Asked, seed: Sequence[int]) -> list[Candidate]:
    """The candidates in a random order."""
    order = np.random.default_rng(seed).permutation(len(asked.candidates))
    return [asked.candidates[i] for i in order]
