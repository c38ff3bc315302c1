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

    from parley.evals.fairness.measures import MEASURES, fairness_of, jaccard
    from parley.evals.fairness.probes import ATTRIBUTES, PARAPHRASES, insert, lists_of, wishes_of
    from parley.evals.intervals import bootstrap
    from parley.evals.simulate.benches import AgentBench

    found, changed = [], []
    with AgentBench(model=model, seed=seed, slate_size=k)() as bench, Progress(console=log, transient=True) as progress:
        agent = bench.contestants["parley"]
        asked = [PARAPHRASES[0].format(wish=wish) for wish in wishes_of(bench.catalog, requests, seed=seed)]
        task = progress.add_task("requests", total=sum(map(len, ATTRIBUTES.values())) + len(PARAPHRASES))
        neutral = list(lists_of(agent, asked, "neutral"))
        for attribute, values in ATTRIBUTES.items():
            lists = {}
            for value in values:
                lists[value] = list(lists_of(agent, [insert(value, request) for request in asked], value))
                progress.advance(task)
            found += [fairness_of(attribute, m, neutral, lists, k, seed=seed) for m in MEASURES]
            changed += [
                {"said": value, "Jaccard with neutral": str(bootstrap([jaccard(a, b, k) for a, b in pairs], seed=seed))}
                for value, made in lists.items()
                for pairs in [list(zip(made, neutral, strict=True))]
            ]
        stable = []
        for words in PARAPHRASES[1:]:
            said = [words.format(wish=wish) for wish in wishes_of(bench.catalog, requests, seed=seed)]
            pairs = list(zip(lists_of(agent, said, words), neutral, strict=True))
            stable.append(
                {"words": words, f"Jaccard@{k}": str(bootstrap([jaccard(a, b, k) for a, b in pairs], seed=seed))}
            )
            progress.advance(task)
    gaps = _gaps(users, model, seed) if users else []
    if as_json:
        rows = [row.model_dump() for row in found]
        emit(
            {"requests": requests, "k": k, "seed": seed, "rows": rows, "values": changed, "paraphrases": stable,
             "users": users, "gaps": [gap.model_dump() for gap in gaps]}
        )  # fmt: skip
        return
    table = [
        {"attribute": f.attribute, "measure": f.measure, "SNSR": str(f.snsr), "SNSV": str(f.snsv),
         "least alike": f"{f.lowest} ({f.lowest_similarity:.2f})"} for f in found
    ]  # fmt: skip
    print_table(f"{requests} requests, lists of {k}, seed {seed}", list[Any](table))
    print_table("By what was said", list[Any](changed))
    print_table("Other words for the same request", list[Any](stable))
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
