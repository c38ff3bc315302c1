"""`parley chat`: talk in the terminal, or run a scripted conversation with --say."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, log

if TYPE_CHECKING:
    from parley.agent.api import Agent
    from parley.agent.messages import SlateItem, Turn


def chat(
    user: Annotated[str, typer.Option(help="Whose conversation.")] = "guest",
    session: Annotated[
        str | None,
        typer.Option(help="Which conversation; the same name goes on with it (default: one for each catalogue)."),
    ] = None,
    model: Annotated[str, typer.Option(help="embedded | llamacpp:/path.gguf | openai:NAME@URL | none.")] = "embedded",
    planner: Annotated[str, typer.Option(help="Planning strategy.")] = "direct",
    critic: Annotated[int, typer.Option(help="Revisions of a slate the model may ask for; 0: none.", min=0, max=2)] = 0,
    second_opinion: Annotated[
        bool, typer.Option(help="Ask the tuned model where the rules read nothing but free words.")
    ] = False,
    catalog: Annotated[str | None, typer.Option(help="A catalogue's name or folder (default: films).")] = None,
    say: Annotated[list[str] | None, typer.Option(help="A message; repeat for a conversation.")] = None,
    remember: Annotated[
        bool | None, typer.Option("--remember/--no-remember", help="Agree (or not) to be remembered between sessions.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Makes open choices repeatable.")] = 0,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Talk to the recommender in the terminal.

    Example: parley chat --say "I loved Alien" --say "older than 1990 please" --json
    """
    from parley.agent import Agent

    if as_json and not say:
        fail("--json needs at least one --say TEXT: a conversation for programs is not typed by hand")
    session = session or (f"main-{Path(catalog).name}" if catalog else "main")
    with Agent.open(
        home=home, model=model, catalog=catalog, planner=planner, seed=seed, critic=critic,
        second_opinion=second_opinion, progress=_progress,
    ) as agent:  # fmt: skip
        if remember is not None:
            agent.set_consent(user, remember)
        if say:
            for text in say:
                _run(agent, text, user, session, as_json)
            return
        _converse(agent, user, session)


def _run(agent: Agent, text: str, user: str, session: str, as_json: bool) -> None:
    if as_json:
        emit(agent.chat(text, user=user, session=session).model_dump(mode="json", exclude={"user_message"}))
        return
    typer.secho(f"you> {text}", fg="cyan")
    _print_turn(agent, text, user, session)


def _converse(agent: Agent, user: str, session: str) -> None:
    """The loop of a person typing; an empty line or end of file ends it."""
    domain = agent.parts.services.catalog.domain
    log.print(f"Tell me what {domain.plural} you like; /wishes shows what I understood, an empty line ends.")
    while True:
        try:
            text = input("you> ").strip()
        except EOFError:
            return
        if not text:
            return
        if text == "/wishes":
            _print_wishes(agent, user, session)
            continue
        _print_turn(agent, text, user, session)


def _print_turn(agent: Agent, text: str, user: str, session: str) -> None:
    last: Turn | None = None
    typer.secho("parley> ", fg="green", nl=False)
    for event in agent.stream(text, user=user, session=session):
        if event.kind == "token":
            typer.echo(event.text, nl=False)
        last = event.turn or last
    typer.echo()
    for number, item in enumerate(last.slate if last else (), 1):
        _print_item(number, item)
    if last and last.quick_replies:
        typer.secho("  [" + "] [".join(last.quick_replies) + "]", fg="bright_black")


def _print_item(number: int, item: SlateItem) -> None:
    year = f" ({item.year})" if item.year else ""
    why = "; ".join(dict.fromkeys(r.text for r in item.reasons if r.text))[:100]
    typer.echo(f"  {number}. {item.title}{year}" + (f"  - {why}" if why else ""))


def _print_wishes(agent: Agent, user: str, session: str) -> None:
    from parley.agent.wish_words import say_wish

    for wish in agent.ledger(user=user, session=session):
        state = "" if wish.is_active else f"  ({wish.status.value} in turn {wish.ended_turn})"
        typer.echo(f"  {wish.wish_id}: {say_wish(wish, agent.parts.services.catalog)} [{wish.hardness.value}]{state}")


def _progress(words: str) -> None:
    log.print(f"[dim]{words} ...[/dim]")


def register(commands: Commands) -> None:
    commands.app.command("chat")(chat)
