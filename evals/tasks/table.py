"""One shape for all tasks: a method's scores case by case, summed up as a row with intervals."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from parley.evals.intervals import Estimate, bootstrap, paired_difference
from parley.evals.simulate.records import Frozen
from parley.evals.simulate.table import markdown


class TaskError(ValueError):
    """A task that cannot be run; the message names the value and the mend."""


@dataclass
class Answers:
    """What one method did on the cases of a task."""

    method: str
    values: dict[str, list[float]] = field(default_factory=dict)
    """Metric to one value a case; nan is not judged."""
    seconds: float = 0.0
    tokens: int = 0

    def add(self, **values: float) -> None:
        """The values of the next case."""
        for name, value in values.items():
            self.values.setdefault(name, []).append(value)


class TaskRow(Frozen):
    """One method on one task."""

    method: str
    scores: Mapping[str, Estimate]
    over_first: Estimate | None = None
    """The headline less that of the task's first method, case by case; None for the first."""
    ms: float
    """Per case."""
    tokens: float
    """Of a language model, per case."""


class TaskTable(Frozen):
    """One task on one data set."""

    task: str
    data: str
    about: str
    """What is asked, and what stands in where the literature's data is not at hand."""
    cases: int
    seed: int
    headline: str
    rows: tuple[TaskRow, ...]
    roots: tuple[str, ...] = ()
    """Columns shown as the root of their mean: RMSE from squared errors."""

    def lines(self) -> list[dict[str, str]]:
        """One line a method."""
        made = []
        for row in self.rows:
            cells = {"method": row.method}
            for name, estimate in row.scores.items():
                cells[name] = f"{estimate}"
            if self.rows[0] is not row and row.over_first is not None:
                cells[f"{self.headline} over {self.rows[0].method}"] = str(row.over_first)
            cells |= {"ms": f"{row.ms:.1f}", "tokens": f"{row.tokens:.0f}"}
            made.append(cells)
        return made

    def page(self) -> str:
        """Markdown."""
        head = f"## {self.task}, {self.data}\n\n{self.cases} cases, seed {self.seed}. {self.about}\n\n"
        return head + markdown(self.lines()) + "\n"


def table_of(
    task: str,
    data: str,
    about: str,
    answers: Sequence[Answers],
    *,
    headline: str,
    seed: int,
    roots: Sequence[str] = (),
) -> TaskTable:
    """Rows in the order of the methods; differences from the first are paired by case.

    Args:
        roots: metrics whose mean is shown under a root, with the interval's ends: RMSE from squared errors.
    """
    first = answers[0]
    rows = []
    for one in answers:
        n = max(1, len(next(iter(one.values.values()), [])))
        scores = {name: bootstrap(values, seed=seed) for name, values in one.values.items()}
        gap = None
        if one is not first and headline in one.values and headline not in roots:
            gap = paired_difference(one.values[headline], first.values[headline], seed=seed)
        rows.append(
            TaskRow(
                method=one.method,
                scores={name: _root(e) if name in roots else e for name, e in scores.items()},
                over_first=gap,
                ms=1000 * one.seconds / n,
                tokens=one.tokens / n,
            )
        )
    cases = max(len(next(iter(a.values.values()), [])) for a in answers)
    return TaskTable(
        task=task, data=data, about=about, cases=cases, seed=seed, headline=headline, rows=tuple(rows),
        roots=tuple(roots),
    )  # fmt: skip


def measured(method: str, work: Callable[[Answers], None], tokens: Callable[[], int] = lambda: 0) -> Answers:
    """Run a method over its cases, with what it took."""
    answers = Answers(method)
    before, started = tokens(), time.perf_counter()
    work(answers)
    answers.seconds = time.perf_counter() - started
    answers.tokens = tokens() - before
    return answers


def tokens_of(model: Any) -> Callable[[], int]:
    """Counts what a model has read and written so far."""

    def count() -> int:
        used = model.usage()
        return int(used.tokens_in + used.tokens_out)

    return count


def _root(estimate: Estimate) -> Estimate:
    parts = {name: math.sqrt(getattr(estimate, name)) for name in ("mean", "low", "high")}
    return estimate.model_copy(update=parts)
