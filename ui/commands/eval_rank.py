"""`parley eval rank`: LLM rankers over 20 candidates, beside random, popularity and the order they were given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import (
    Commands,
    HomeOption,
    JsonFlag,
    MirrorOption,
    emit,
    fail,
    home_folder,
    log,
    print_table,
)

if TYPE_CHECKING:
    from parley.agent.llm.seam import ChatModel
    from parley.tools.recommenders.data import Interactions
    from parley.tools.seams import Ranker


def register(commands: Commands) -> None:
    commands.group("eval", "Measure.").command("rank")(rank)


def rank(
    data: Annotated[str, typer.Option("--data", help="A rating log with titles.")] = "movielens-100k",
    ranker: Annotated[
        str, typer.Option("--ranker", help="Comma-separated; NAME:N asks of N people only. An unknown name lists them.")
    ] = "letters,letters-x4,likelihood,likelihood-pmi,listwise",
    model: Annotated[str, typer.Option(help="embedded | llamacpp:/path.gguf | openai:NAME@URL.")] = "embedded",
    users: Annotated[int, typer.Option("--users", min=4, help="People; half choose weights, half test.")] = 60,
    history: Annotated[
        int | None, typer.Option("--history", min=1, help="Cut everybody's history to so many items (cold start).")
    ] = None,
    again: Annotated[
        int, typer.Option("--again", min=0, help="Of these test people, ask twice, the list in another order.")
    ] = 20,
    answers: Annotated[
        Path | None, typer.Option("--answers", help="Keep answers here (JSONL); a run that stopped goes on.")
    ] = None,
    mirror: MirrorOption = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="For people, negatives and intervals.")] = 0,
    report: Annotated[Path | None, typer.Option("--report", help="Write the page here.")] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """NDCG@10, order sensitivity, popularity bias and price; fused and routed rows never below the input order.

    Example: parley eval rank --data movielens-100k --ranker letters,likelihood:40 --users 60 --json
    """
    from parley.agent.llm.loading import load_model
    from parley.evals.rank.asking import Answers
    from parley.evals.rank.requests import RankEvalError
    from parley.evals.rank.run import compare_rankers

    interactions, titles = _load(data, mirror, home_folder(home))
    asked_of = _read_names(ranker, users)
    llm = load_model(model, home=home_folder(home), seed=seed)
    rankers = _make_rankers(asked_of, llm, titles)
    about: dict[str, object] = {"data": data, "model": llm.model_id, "seed": seed, "history": history}
    try:
        rows = compare_rankers(
            interactions, rankers, asked_of, Answers(answers, about), lambda: _tokens(llm), users=users,
            history=history, again=again, seed=seed, tell=log.print,
        )  # fmt: skip
    except RankEvalError as error:
        fail(str(error))
    if report is not None:
        _write_report(report, rows, about, f"--data {data} --ranker {ranker} --users {users}")
    if as_json:
        emit({**about, "users": users, "rows": [row.model_dump(mode="json") for row in rows]})
        return
    shown: list[dict[str, Any]] = [
        {"candidates": r.candidates, "ranker": r.ranker, "people": r.people, "NDCG@10": str(r.ndcg10),
         "vs input": str(r.against_input)} for r in rows
    ]  # fmt: skip
    print_table(f"{data}, {llm.model_id}, {users} users", list(shown))


def _load(data: str, mirror: Path | None, home: Path) -> tuple[Interactions, dict[str, str]]:
    """A rating log, and the titles of its items."""
    from parley.tools.importing.build import split_title
    from parley.tools.recommenders.data import load_interactions, load_titles

    places = [*([mirror / data] if mirror else []), home / "data" / data]
    folder = next((place for place in places if place.is_dir()), None)
    if folder is None:
        fail(f"data set {data!r} is not here; run `parley data get {data}` or set PARLEY_DATA_MIRROR")
    interactions = load_interactions(data, folder)
    titles = {item_id: split_title(title)[0] for item_id, title in load_titles(data, folder).items()}
    if not titles:
        fail(f"{data!r} has no titles for a language model to read; use movielens-100k, movielens-1m or amazon-games")
    return interactions, titles


def _tokens(llm: ChatModel) -> int:
    used = llm.usage()
    return used.tokens_in + used.tokens_out


def _read_names(written: str, users: int) -> dict[str, int]:
    """Ranker to the people it is asked of: "letters,listwise:40"."""
    found: dict[str, int] = {}
    for part in written.split(","):
        name, _, number = part.strip().partition(":")
        if not name:
            continue
        if number and not number.isdigit():
            fail(f"--ranker {part.strip()!r}: {number!r} is no number of people; write it like {name}:40")
        found[name] = min(users, int(number)) if number else users
        if found[name] < 4:
            fail(f"--ranker {part.strip()!r}: {found[name]} people are too few; ask of 4 at least")
    if not found:
        fail("--ranker names no ranker; try letters")
    return found


def _make_rankers(names: dict[str, int], llm: ChatModel, titles: dict[str, str]) -> dict[str, Ranker]:
    from langchain_core.messages import HumanMessage

    from parley.evals.rank.requests import RankEvalError
    from parley.evals.rank.run import make_ranker

    def write(prompt: str, most: int) -> str:
        return "".join(llm.stream_text([HumanMessage(prompt)], max_tokens=most))

    try:
        return {name: make_ranker(name, llm, write, lambda item_id: titles.get(item_id, item_id)) for name in names}
    except RankEvalError as error:
        fail(str(error))


def _write_report(folder: Path, rows: list[Any], about: dict[str, object], asked: str) -> None:
    from parley.evals.rank.report import write_page

    history = about["history"]
    assert history is None or isinstance(history, int)
    name = f"rank-{about['data']}{f'-{history}-items' if history else ''}.md"
    command = f"parley eval rank {asked}{f' --history {history}' if history else ''} --seed {about['seed']}"
    folder.mkdir(parents=True, exist_ok=True)
    page = write_page(rows, str(about["data"]), str(about["model"]), int(str(about["seed"])), command, history)
    (folder / name).write_text(page, "utf-8")
    log.print(f"wrote {folder / name}")
