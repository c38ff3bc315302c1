"""`parley eval simulate`: simulated users against Parley, its ablations and the baselines."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, log, print_table

if TYPE_CHECKING:
    from parley.agent.api import Agent
    from parley.evals.simulate.records import Persona


def simulate(
    simulator: Annotated[str, typer.Option(help="agenda.")] = "agenda",
    users: Annotated[int, typer.Option(min=1, help="How many simulated users.")] = 500,
    turns: Annotated[int, typer.Option(min=1, max=50, help="Turns before they give up.")] = 5,
    seed: Annotated[int, typer.Option(help="Personas and choices are drawn from this seed.")] = 1,
    data: Annotated[
        str, typer.Option(help="Personas: drawn (shipped), movielens-100k, movielens-latest-small.")
    ] = "drawn",
    model: Annotated[str, typer.Option(help="The agent's model.")] = "none",
    agents: Annotated[str, typer.Option(help="Agents by name, separated by commas; all by default.")] = "",
    report: Annotated[
        Path | None, typer.Option(help="Folder for transcripts; an interrupted run goes on there.")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Run simulated conversations and print hit@5, AT@5 and more with intervals, leak rate, seeds and cost.

    Example: parley eval simulate --simulator agenda --users 500 --turns 5 --seed 1 --json
    """
    from rich.progress import Progress

    from parley.agent import Agent
    from parley.evals.simulate.run import run_sessions
    from parley.evals.simulate.scorers import standard_scorers
    from parley.evals.simulate.table import score_table

    with tempfile.TemporaryDirectory() as scratch, Agent.open(home=Path(scratch) / "home", model=model) as agent:
        catalog = agent.parts.services.catalog
        people = _personas(data, agent, users, seed)
        contestants = _contestants(agent, people, seed, agents)
        folder = report or Path(scratch) / "report"
        sessions = {}
        with Progress(console=log, transient=True) as progress:
            task = progress.add_task("sessions", total=len(contestants) * len(people))
            for contestant in contestants:
                progress.update(task, description=contestant.name)
                sessions[contestant.name] = run_sessions(
                    people,
                    contestant,
                    catalog,
                    folder,
                    simulator=simulator,
                    turns=turns,
                    seed=seed,
                    done=lambda _: progress.advance(task),
                )
        rows = score_table(sessions, standard_scorers(turns, catalog), seed=seed)
    settings: dict[str, Any] = {
        "simulator": simulator, "data": data, "users": len(people), "turns": turns, "seed": seed, "model": model,
    }  # fmt: skip
    if as_json:
        emit({**settings, "rows": rows})
    else:
        print_table(", ".join(f"{k} {v}" for k, v in settings.items()), list(rows))
        typer.echo("InteRecAgent (GPT-4, another simulator and judge): hit@5 .85, AT@5 3.15 on MovieLens.")


def _personas(data: str, agent: Agent, n: int, seed: int) -> list[Persona]:
    from parley.evals.simulate.personas import drawn_personas, personas_from_history
    from parley.evals.simulate.sources import film_interactions

    services = agent.parts.services
    if data == "drawn":
        assert services.vectors is not None
        return drawn_personas(services.catalog, services.vectors, services.popularity, n, seed=seed)
    return personas_from_history(film_interactions(data, services.catalog), services.catalog, n, seed=seed)


def _contestants(agent: Agent, people: list[Persona], seed: int, wanted: str) -> list[Any]:
    from parley.evals.simulate.contestants import ParleyContestant, baselines, without_questions
    from parley.tools.seams import Taste
    from parley.ui.commands.common import fail

    histories = {f"{p.persona_id}-{seed}": Taste(reactions=p.history) for p in people}
    every = [
        *baselines(agent, histories, seed=seed),
        ParleyContestant(agent, "no ledger", forgetful=True),
        ParleyContestant(without_questions(agent), "no question"),
        ParleyContestant(agent, "parley"),
    ]
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    unknown = [name for name in names if name not in [c.name for c in every]]
    if unknown:
        fail(f"no agent {unknown[0]!r}; known: {', '.join(c.name for c in every)}")
    return [c for c in every if not names or c.name in names]


def register(commands: Commands) -> None:
    commands.group("eval", "Evaluations.").command("simulate")(simulate)
