"""The five tasks by name, and their page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from parley.evals.simulate.sources import LOGS, mirror_of
from parley.evals.tasks.table import TaskError, TaskTable

HEAD = """# The five tasks of the LLM4Rec literature

`{command}`

Rating prediction, sequential and direct recommendation, explanation, summary, each beside methods that cost nothing.
Means with 95 % bootstrap intervals over cases; differences are paired by case. A language model is zero-shot here: it
was tuned on none of these tasks. Times are from a machine busy with other work; tokens are a model's, in and out.
"""


def run_task(
    name: str, data: str, *, cases: int, seed: int, model: Any = None, model_cases: int = 0
) -> list[TaskTable]:
    """The tables of one task: all methods without a model, then the model's cases.

    Raises:
        TaskError: no such task or log.
        SimulationError: the data set is not there.
    """
    more: dict[str, Any] = {"cases": cases, "seed": seed, "model": model, "model_cases": model_cases}
    if name in ("explanation", "summary"):
        from parley.tools.items import Catalog

        if name == "explanation":
            from parley.evals.tasks.explaining import explanation_task

            return explanation_task(mirror_of("inspired"), Catalog.films(), **more)
        from parley.evals.tasks.summarising import summary_task

        return summary_task(mirror_of("laps-movie"), Catalog.films(), **more)
    if data not in LOGS:
        raise TaskError(f"no ratings with titles in {data!r}; known: {', '.join(LOGS)}")
    from parley.tools.recommenders.data import load_interactions, load_titles

    log, titles = load_interactions(data, mirror_of(data)), load_titles(data, mirror_of(data))
    if name == "rating":
        from parley.evals.tasks.ratings import rating_task

        return rating_task(log, titles, **more)
    if name in ("sequential", "direct"):
        from parley.evals.tasks.choosing import choosing_task

        return choosing_task(log, titles, name, **more)  # type: ignore[arg-type]
    raise TaskError(f"no task {name!r}; known: rating, sequential, direct, explanation, summary")


def tasks_page(tables: Sequence[TaskTable], command: str) -> str:
    """The page of results."""
    return HEAD.format(command=command) + "\n" + "\n".join(table.page() for table in tables)
