"""`parley eval simulate`: simulated users against Parley, its ablations and the baselines."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, fail, log, print_table

if TYPE_CHECKING:
    from parley.evals.simulate.study import StudySettings


def simulate(
    simulator: Annotated[
        str, typer.Option(help="agenda, ievalm-attribute, ievalm-free, agent4rec, target_free, adversarial.")
    ] = "agenda",
    rules: Annotated[
        str, typer.Option(help="Variant: ordinary, strict or generous disclosure; a manner for adversarial.")
    ] = "",
    users: Annotated[int, typer.Option(min=1, help="How many simulated users.")] = 500,
    turns: Annotated[int, typer.Option(min=1, max=50, help="Turns before they give up.")] = 5,
    seed: Annotated[int, typer.Option(help="Personas and choices are drawn from this seed.")] = 1,
    repeats: Annotated[int, typer.Option(min=1, max=20, help="Runs of the same personas; prints pass^k.")] = 1,
    data: Annotated[
        str,
        typer.Option(
            help="Personas: drawn (shipped), movielens-100k, movielens-latest-small, agent4rec, ievalm-redial, "
            "ievalm-opendialkg; with :held-out the taste model is trained without the personas."
        ),
    ] = "",
    model: Annotated[str, typer.Option(help="The agent's model.")] = "none",
    agents: Annotated[str, typer.Option(help="Agents by name, separated by commas; all by default.")] = "",
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes that play, or with Ray workers.")] = 1,
    backend: Annotated[
        str, typer.Option(help="processes, or ray: the cluster at RAY_ADDRESS, else a Ray of this machine's own.")
    ] = "processes",
    cassette: Annotated[
        str, typer.Option(help="Record the model's calls in this file; --model replay plays them back with no model.")
    ] = "",
    wording: Annotated[
        str, typer.Option(help="Who words what users say: templates, or a model, e.g. embedded or openai:NAME@URL.")
    ] = "templates",
    peer: Annotated[
        list[str] | None,
        typer.Option(
            help="Also an agent that is not ours; may be repeated: openai:NAME@URL, python:package.module:function, "
            "crs-http:URL, moviebot:URL."
        ),
    ] = None,
    at_once: Annotated[
        int, typer.Option(min=1, max=64, help="Conversations at once in one process; they share one model.")
    ] = 1,
    max_tokens: Annotated[
        int, typer.Option(min=0, help="Stop when the model calls took so many tokens; 0: never.")
    ] = 0,
    max_cost: Annotated[float, typer.Option(min=0, help="Stop at this cost, see the prices; 0: never.")] = 0.0,
    price_in: Annotated[float, typer.Option(min=0, help="Price of a million tokens read.")] = 0.0,
    price_out: Annotated[float, typer.Option(min=0, help="Price of a million tokens written.")] = 0.0,
    report: Annotated[
        Path | None,
        typer.Option(help="Folder for transcripts, metrics and report.html; an interrupted run goes on there."),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run simulated conversations and print hit@5, AT@5 and more with intervals, leak rate, seeds and cost.

    Example: parley eval simulate --simulator agenda --users 500 --turns 5 --seed 1 --json
    """
    from rich.progress import Progress

    from parley.evals.simulate.study import Study, StudySettings

    settings = StudySettings(
        simulator=simulator, rules=rules, users=users, turns=turns, seed=seed, repeats=repeats, data=data,
        model=model, agents=agents, jobs=jobs, backend=backend, cassette=cassette, wording=wording,
        peers=tuple(peer or ()), at_once=at_once, max_tokens=max_tokens, max_cost=max_cost,
        price_in=price_in, price_out=price_out,
    )  # fmt: skip
    _refuse_contradictions(settings, report)
    with tempfile.TemporaryDirectory() as scratch:
        folder = report or Path(scratch) / "report"
        study = Study.prepare(settings, Path(scratch))
        with Progress(console=log, transient=True) as progress:
            task = progress.add_task("sessions", total=study.sessions)
            result = study.run(folder, lambda session: progress.update(task, advance=1, description=session.agent))
        if report is not None:
            from parley.evals.report import write_report

            page = write_report(result, folder)
            log.print(f"report: {page}")
    if as_json:
        emit(result.summary())
        return
    for title, rows in result.tables():
        print_table(f"{result.title}: {title}", list[Any](rows))
    for note in result.notes:
        typer.echo(note)


def _refuse_contradictions(settings: StudySettings, report: Path | None) -> None:
    if settings.max_cost and not (settings.price_in or settings.price_out):
        fail(f"--max-cost {settings.max_cost} needs prices: give --price-in and --price-out for a million tokens")
    if (settings.max_cost or settings.max_tokens) and report is None:
        fail("a run that may stop at a limit needs --report FOLDER, where it goes on")
    if settings.at_once > 1 and (settings.jobs > 1 or settings.backend != "processes"):
        fail(f"--at-once {settings.at_once} is for one process; leave --jobs at 1 and the backend as it is")


def register(commands: Commands) -> None:
    commands.group("eval", "Evaluations.").command("simulate")(simulate)
