"""`parley eval rank`: LLM rankers over 20 candidates, beside random, popularity and the order they were given."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, log, print_table


def register(commands: Commands) -> None:
    commands.group("eval", "Measure.").command("rank")(rank)


def rank(
    data: Annotated[str, typer.Option("--data", help="A rating log with titles.")] = "movielens-100k",
    ranker: Annotated[
        str, typer.Option("--ranker", help="Comma-separated; an unknown name lists them.")
    ] = "letters,letters-x4,likelihood,likelihood-pmi,listwise",
    model: Annotated[str, typer.Option(help="embedded | llamacpp:/path.gguf | openai:NAME@URL.")] = "embedded",
    users: Annotated[int, typer.Option("--users", min=4, help="People; half choose weights, half test.")] = 60,
    mirror: Annotated[
        Path | None, typer.Option("--mirror", help="Folder that holds the data sets.", envvar="PARLEY_DATA_MIRROR")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="For people, negatives and intervals.")] = 0,
    report: Annotated[Path | None, typer.Option("--report", help="Write the page here.")] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """NDCG@10, order sensitivity, popularity bias and price; fused and routed rows never below the input order.

    Example: parley eval rank --data movielens-100k --ranker letters,likelihood --users 40 --json
    """
    from langchain_core.messages import HumanMessage

    from parley.agent.llm.loading import load_model
    from parley.evals.rank.report import write_page
    from parley.evals.rank.requests import make_requests
    from parley.evals.rank.run import RankerRow, evaluate_baselines, evaluate_ranker, make_ranker
    from parley.tools.recommenders.data import load_interactions, load_titles

    places = [*([mirror / data] if mirror else []), home_folder(home) / "data" / data]
    folder = next((place for place in places if place.is_dir()), None)
    if folder is None:
        fail(f"data set {data!r} is not here; run `parley data get {data}` or set PARLEY_DATA_MIRROR")
    interactions = load_interactions(data, folder)
    titles = load_titles(data, folder)
    if not titles:
        fail(f"{data!r} has no titles for a language model to read; use movielens-100k, movielens-1m or amazon-games")
    llm = load_model(model, home=home_folder(home), seed=seed)

    def write(prompt: str, most: int) -> str:
        return "".join(llm.stream_text([HumanMessage(prompt)], max_tokens=most))

    def tokens() -> int:
        used = llm.usage()
        return used.tokens_in + used.tokens_out

    names = [name.strip() for name in ranker.split(",") if name.strip()]
    rankers = [make_ranker(name, llm, write, lambda item_id: titles.get(item_id, item_id)) for name in names]
    rows: list[RankerRow] = []
    for source in ("random", "retriever"):
        asked, popularity = make_requests(interactions, users=users, source=source, seed=seed)
        rows += evaluate_baselines(asked, popularity, seed=seed)
        for one in rankers:
            log.print(f"{source} candidates: {one.name}")
            rows += evaluate_ranker(one, asked, popularity, tokens, seed=seed)
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        command = (
            f"parley eval rank --data {data} --ranker {','.join(names)} --model {model.split(':')[0]} --users {users}"
        )
        (report / f"rank-{data}.md").write_text(write_page(rows, data, llm.model_id, users, seed, command), "utf-8")
        log.print(f"wrote {report / f'rank-{data}.md'}")
    if as_json:
        emit({"data": data, "model": llm.model_id, "users": users, "seed": seed,
              "rows": [row.model_dump(mode="json") for row in rows]})  # fmt: skip
        return
    shown: list[dict[str, Any]] = [
        {"candidates": r.candidates, "ranker": r.ranker, "NDCG@10": str(r.ndcg10), "vs input": str(r.against_input)}
        for r in rows
    ]
    print_table(f"{data}, {llm.model_id}, {users} users", list(shown))
