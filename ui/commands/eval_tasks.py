"""`parley eval tasks`: the five tasks of the LLM4Rec literature, with and without a language model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, fail, home_folder, log, print_table, split_names

TASKS = ("rating", "sequential", "direct", "explanation", "summary")


def tasks(
    task: Annotated[str, typer.Option(help=f"Which, separated by commas: {', '.join(TASKS)}.")] = ",".join(TASKS),
    data: Annotated[
        str, typer.Option(help="Log of ratings and choices: movielens-100k or movielens-latest-small.")
    ] = "movielens-100k",
    cases: Annotated[int, typer.Option(min=10, help="People, dialogues or sessions a task.")] = 300,
    model: Annotated[str, typer.Option(help="A language model as one more method, e.g. embedded.")] = "none",
    model_cases: Annotated[int, typer.Option(min=5, help="Of these, the first so many also by the model.")] = 60,
    seed: Annotated[int, typer.Option(help="Draws of cases, candidates and bootstrap samples.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Write the tables to this Markdown file too.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Rating prediction, sequential and direct recommendation, explanation and summary, beside trivial baselines.

    Example: parley eval tasks --task rating,sequential --data movielens-100k --json
    """
    from parley.evals.tasks.run import run_task, tasks_page

    names = split_names(task)
    unknown = [name for name in names if name not in TASKS]
    if unknown or not names:
        fail(f"no task {', '.join(unknown)!r}; known: {', '.join(TASKS)}")
    llm: Any = None
    if model != "none":
        from parley.agent.llm.loading import load_model

        llm = load_model(model, home=home_folder(None), seed=seed)
    tables = []
    for name in names:
        log.print(f"{name} ...")
        tables += run_task(name, data, cases=cases, seed=seed, model=llm, model_cases=model_cases if llm else 0)
    if out is not None:
        more = f" --model {model.split('@')[0]} --model-cases {model_cases}" if llm else ""
        command = f"parley eval tasks --task {','.join(names)} --data {data} --cases {cases}{more} --seed {seed}"
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(tasks_page(tables, command), "utf-8")
        log.print(f"wrote {out}")
    if as_json:
        emit({"seed": seed, "model": llm.model_id if llm else "none", "tables": [t.model_dump() for t in tables]})
        return
    for table in tables:
        print_table(f"{table.task}, {table.data}, {table.cases} cases, seed {seed}", list[Any](table.lines()))


def register(commands: Commands) -> None:
    commands.group("eval", "Evaluations.").command("tasks")(tasks)
