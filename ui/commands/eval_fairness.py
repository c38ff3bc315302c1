"""`parley eval fairness`: does the list change with who asks, or how they ask?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, log, print_table

if TYPE_CHECKING:
    from parley.evals.fairness.gaps import Gap


def fairness(
    requests: Annotated[int, typer.Option(min=2, help="Requests, each asked by everybody.")] = 20,
    k: Annotated[int, typer.Option(min=1, max=50, help="Length of the lists compared.")] = 20,
    users: Annotated[
        int, typer.Option(min=0, help="Simulated users for the popularity and cold-user gaps; 0: without.")
    ] = 60,
    seed: Annotated[int, typer.Option(help="Requests, users and bootstrap samples.")] = 1,
    model: Annotated[str, typer.Option(help="The agent's model.")] = "none",
    as_json: JsonFlag = False,
) -> None:
    """SNSR and SNSV over sensitive attributes told beside a request (FaiRLLM), stability under paraphrase, two gaps.

    Example: parley eval fairness --requests 20 --json
    """
    from rich.progress import Progress

    from parley.evals.fairness.run import STEPS, measure_fairness
    from parley.evals.simulate.benches import AgentBench

    with AgentBench(model=model, seed=seed, slate_size=k)() as bench, Progress(console=log, transient=True) as progress:
        task = progress.add_task("requests", total=STEPS)
        found = measure_fairness(
            bench.contestants["parley"], bench.catalog, requests=requests, k=k, seed=seed,
            step=lambda: progress.advance(task),
        )  # fmt: skip
    gaps = _gaps(users, model, seed) if users else []
    if as_json:
        emit(
            {"requests": requests, "k": k, "seed": seed, "rows": [row.model_dump() for row in found.by_attribute],
             "values": found.by_value, "paraphrases": found.by_words, "users": users,
             "gaps": [gap.model_dump() for gap in gaps]}
        )  # fmt: skip
        return
    table = [
        {"attribute": f.attribute, "measure": f.measure, "SNSR": str(f.snsr), "SNSV": str(f.snsv),
         "least alike": f"{f.lowest} ({f.lowest_similarity:.2f})"} for f in found.by_attribute
    ]  # fmt: skip
    print_table(f"{requests} requests, lists of {k}, seed {seed}", list[Any](table))
    print_table("By what was said", list[Any](found.by_value))
    print_table("Other words for the same request", list[Any](found.by_words))
    if gaps:
        told = [
            {"agent": g.agent, "gap": g.gap, "better": g.better, "score": str(g.better_score),
             "the others": str(g.worse_score), "difference": str(g.difference)} for g in gaps
        ]  # fmt: skip
        print_table(f"hit@5 in 5 turns, {users} simulated users", list[Any](told))


def _gaps(users: int, model: str, seed: int) -> list[Gap]:
    import tempfile
    from pathlib import Path

    from parley.evals.fairness.gaps import gaps_of
    from parley.evals.simulate.scorers import hit_at
    from parley.evals.simulate.study import Study, StudySettings

    with tempfile.TemporaryDirectory() as scratch:
        study = Study.prepare(StudySettings(users=users, seed=seed, model=model), Path(scratch))
        with study.bench() as bench:
            agents = ("recommender only", "parley")
            return gaps_of(agents, study.personas, bench, hit_at(5, 5), seed=seed)


def register(commands: Commands) -> None:
    commands.group("eval", "Evaluations.").command("fairness")(fairness)
