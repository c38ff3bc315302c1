"""`parley eval simulate`: simulated users against Parley, its ablations and the baselines."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, log, print_table

if TYPE_CHECKING:
    from parley.evals.simulate.study import StudyResult, StudySettings

Simulator = Annotated[
    str, typer.Option(help="agenda, ievalm-attribute, ievalm-free, agent4rec, target_free, adversarial.")
]
Rules = Annotated[str, typer.Option(help="Variant: ordinary, strict or generous disclosure; a manner for adversarial.")]
Users = Annotated[int, typer.Option(min=1, help="How many simulated users.")]
Turns = Annotated[int, typer.Option(min=1, max=50, help="Turns before they give up.")]
Seed = Annotated[int, typer.Option(help="Personas and choices are drawn from this seed.")]
Repeats = Annotated[int, typer.Option(min=1, max=20, help="Runs of the same personas; prints pass^k.")]
Data = Annotated[
    str,
    typer.Option(
        help="Personas: drawn (shipped), movielens-100k, movielens-latest-small, agent4rec, ievalm-redial, "
        "ievalm-opendialkg; with :held-out the taste model is trained without the personas."
    ),
]
CatalogName = Annotated[
    str, typer.Option(help="A catalogue's name or folder (default: films); the users are drawn from its items.")
]
Model = Annotated[str, typer.Option(help="The agent's model.")]
Agents = Annotated[str, typer.Option(help="Agents by name, separated by commas; all by default.")]
Jobs = Annotated[int, typer.Option(min=1, max=64, help="Processes that play, or with Ray workers.")]
Backend = Annotated[
    str, typer.Option(help="processes, or ray: the cluster at RAY_ADDRESS, else a Ray of this machine's own.")
]
Cassette = Annotated[
    str, typer.Option(help="Record the model's calls in this file; --model replay plays them back with no model.")
]
WordedBy = Annotated[
    str, typer.Option(help="Who words what users say: templates, or a model, e.g. embedded or openai:NAME@URL.")
]
Peers = Annotated[
    list[str] | None,
    typer.Option(
        help="Also an agent that is not ours; may be repeated: openai:NAME@URL, python:package.module:function, "
        "crs-http:URL, moviebot:URL."
    ),
]
AtOnce = Annotated[int, typer.Option(min=1, max=64, help="Conversations at once in one process; they share one model.")]
MaxTokens = Annotated[int, typer.Option(min=0, help="Stop when the model calls took so many tokens; 0: never.")]
MaxCost = Annotated[float, typer.Option(min=0, help="Stop at this cost, see the prices; 0: never.")]
PriceIn = Annotated[float, typer.Option(min=0, help="Price of a million tokens read.")]
PriceOut = Annotated[float, typer.Option(min=0, help="Price of a million tokens written.")]
Report = Annotated[
    Path | None,
    typer.Option(help="Folder for transcripts, metrics and report.html; an interrupted run goes on there."),
]


def simulate(
    simulator: Simulator = "agenda",
    rules: Rules = "",
    users: Users = 500,
    turns: Turns = 5,
    seed: Seed = 1,
    repeats: Repeats = 1,
    data: Data = "",
    catalog: CatalogName = "",
    home: HomeOption = None,
    model: Model = "none",
    agents: Agents = "",
    jobs: Jobs = 1,
    backend: Backend = "processes",
    cassette: Cassette = "",
    wording: WordedBy = "templates",
    peer: Peers = None,
    at_once: AtOnce = 1,
    max_tokens: MaxTokens = 0,
    max_cost: MaxCost = 0.0,
    price_in: PriceIn = 0.0,
    price_out: PriceOut = 0.0,
    report: Report = None,
    as_json: JsonFlag = False,
) -> None:
    """Run simulated conversations and print hit@5, AT@5 and more with intervals, leak rate, seeds and cost.

    Example: parley eval simulate --simulator agenda --users 500 --turns 5 --seed 1 --json
    """
    from parley.evals.simulate.study import StudySettings

    settings = StudySettings(
        simulator=simulator, rules=rules, users=users, turns=turns, seed=seed, repeats=repeats, data=data,
        catalog=catalog, home=str(home_folder(home)), model=model, agents=agents, jobs=jobs, backend=backend,
        cassette=cassette, wording=wording, peers=tuple(peer or ()), at_once=at_once, max_tokens=max_tokens,
        max_cost=max_cost, price_in=price_in, price_out=price_out,
    )  # fmt: skip
    _refuse_contradictions(settings, report)
    result = _play(settings, report)
    if as_json:
        emit(result.summary())
        return
    for title, rows in result.tables():
        print_table(f"{result.title}: {title}", list[Any](rows))
    for note in result.notes:
        typer.echo(note)


def _play(settings: StudySettings, report: Path | None) -> StudyResult:
    """Play the study with a bar of progress; its report stays if a folder for it was named."""
    from rich.progress import Progress

    from parley.evals.simulate.study import Study

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
    return result


def _refuse_contradictions(settings: StudySettings, report: Path | None) -> None:
    if settings.max_cost and not (settings.price_in or settings.price_out):
        fail(f"--max-cost {settings.max_cost} needs prices: give --price-in and --price-out for a million tokens")
    if (settings.max_cost or settings.max_tokens) and report is None:
        fail("a run that may stop at a limit needs --report FOLDER, where it goes on")
    if settings.at_once > 1 and (settings.jobs > 1 or settings.backend != "processes"):
        fail(f"--at-once {settings.at_once} is for one process; leave --jobs at 1 and the backend as it is")


def register(commands: Commands) -> None:
    commands.group("eval", "Evaluations.").command("simulate")(simulate)
