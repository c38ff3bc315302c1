"""`parley eval plan`: what thinking costs and buys."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, fail, log, print_table, split_names

if TYPE_CHECKING:
    from parley.evals.plan.judge import Outcome
    from parley.evals.plan.requests import Request


def plan(
    strategy: Annotated[str, typer.Option(help="Strategies, separated by commas; all by default.")] = "",
    model: Annotated[str, typer.Option(help="embedded | llamacpp:/path.gguf | openai:NAME@URL | none.")] = "none",
    critic: Annotated[int, typer.Option(help="Revisions of a slate the model may ask for; 0: none.", min=0, max=2)] = 0,
    limit: Annotated[int, typer.Option(help="Only the first N requests of each kind; 0 for all.", min=0)] = 0,
    sample: Annotated[
        int, typer.Option(help="N requests drawn by chance, as many of each kind as its share.", min=0)
    ] = 0,
    seed: Annotated[int, typer.Option(help="Seed of the sample.")] = 0,
    only: Annotated[str, typer.Option(help="Only these request ids, separated by commas.")] = "",
    fresh: Annotated[bool, typer.Option(help="The requests that development never looked at.")] = False,
    failures: Annotated[bool, typer.Option(help="List the requests that failed.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Run 200 requests with checkable goals under each planning strategy, in a fresh home.

    Example: parley eval plan --model none --json
    """
    from parley.agent.planning import STRATEGIES
    from parley.evals.plan.run import calibration, compare_strategies

    names = split_names(strategy) or list(STRATEGIES)
    for name in names:
        if name not in STRATEGIES:
            fail(f"no strategy {name!r}; known: {', '.join(STRATEGIES)}")
    requests = _choose(fresh=fresh, limit=limit, sample=sample, seed=seed, only=only)
    results = _run(names, requests, model, critic)
    rows = compare_strategies(results)
    sure = calibration(results[names[0]])
    if as_json:
        detail = {name: [o.model_dump() for o in outcomes] for name, outcomes in results.items()}
        about = {"model": model, "critic": critic, "requests": len(requests)}
        emit({**about, "rows": rows, "calibration": sure, "outcomes": detail})
        return
    print_table(f"{len(requests)} requests, model {model}", list(rows))
    print_table(f"How sure the understanding was, and how right ({names[0]})", list(sure))
    if failures:
        for name, outcomes in results.items():
            for outcome in outcomes:
                if not outcome.success:
                    typer.echo(f"{name} {outcome.request_id}: {outcome.why}")


def _choose(*, fresh: bool, limit: int, sample: int, seed: int, only: str) -> list[Request]:
    """The requests asked for."""
    from parley.evals.plan.requests import load_requests, stratified
    from parley.evals.plan.run import KINDS

    requests = load_requests(fresh=fresh)
    if limit:
        requests = [r for kind in KINDS for r in [q for q in requests if q.kind == kind][:limit]]
    if sample:
        requests = stratified(requests, sample, seed=seed)
    if only:
        ids = set(split_names(only))
        if unknown := ids - {r.request_id for r in requests}:
            fail(f"no request {sorted(unknown)[0]!r}; they are called like {requests[0].request_id!r}")
        requests = [r for r in requests if r.request_id in ids]
    return requests


def _run(names: list[str], requests: list[Request], model: str, critic: int) -> dict[str, list[Outcome]]:
    """What came of each request under each strategy."""
    from rich.progress import Progress

    from parley.agent import Agent
    from parley.evals.plan.run import run_strategy

    with (
        tempfile.TemporaryDirectory() as home,
        Agent.open(home=Path(home), model=model, critic=critic) as agent,
        Progress(console=log, transient=True) as progress,
    ):
        task = progress.add_task("requests", total=len(names) * len(requests))
        results = {}
        for name in names:
            progress.update(task, description=name)
            results[name] = run_strategy(agent, name, requests, done=lambda _: progress.advance(task))
        return results


def register(commands: Commands) -> None:
    commands.group("eval", "Evaluations.").command("plan")(plan)
