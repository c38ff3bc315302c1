"""`parley bench rank`: what ranking 20 candidates costs, beside generating the order with plain llama.cpp."""

from __future__ import annotations

from typing import Annotated

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, home_folder, log, print_table


def register(commands: Commands) -> None:
    commands.group("bench", "The benchmark suite: ratios against peers in the same run.").command("rank")(rank)


def rank(
    lists: Annotated[int, typer.Option("--lists", min=1, max=200, help="Lists of 20 films of the catalogue.")] = 10,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Which films.")] = 0,
    threads: Annotated[int, typer.Option("--threads", min=1, help="Of the peer; give it what Parley uses.")] = 1,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Letters and likelihood in one pass against a generated permutation: same weights, same lists, same run.

    Example: parley bench rank --lists 10 --json
    """
    from llama_cpp import Llama

    from parley.agent.llm.buffers import safe_loading
    from parley.agent.llm.loading import embedded_path, load_model
    from parley.evals.rank.bench import PEER, draw_lists, time_rankers
    from parley.tools.items import Catalog
    from parley.tools.ranking.letters import LetterConfig, LetterRanker
    from parley.tools.ranking.likelihood import LikelihoodRanker
    from parley.tools.ranking.permutation import ListwiseRanker
    from parley.tools.seams import Ranker

    catalog = Catalog.films()
    weights = embedded_path()
    with safe_loading(home_folder(home)):
        plain = Llama(str(weights), n_ctx=2048, n_threads=threads, n_threads_batch=threads, verbose=False)
    model = load_model("embedded", home=home_folder(home), seed=seed)

    def write(prompt: str, most: int) -> str:
        return str(plain.create_completion(prompt, max_tokens=most, temperature=0.0)["choices"][0]["text"])

    def describe(item_id: str) -> str:
        return catalog.items[catalog.positions[item_id]].label

    rankers: dict[str, Ranker] = {
        PEER: ListwiseRanker(write, describe),
        "letters": LetterRanker(model, describe),
        "letters in 4 orders": LetterRanker(model, describe, LetterConfig(orders=4)),
        "likelihood": LikelihoodRanker(model, describe),
    }
    rows = time_rankers(rankers, draw_lists(catalog, lists, seed=seed), progress=lambda words: log.print(words))
    if as_json:
        emit({"lists": lists, "seed": seed, "model": model.model_id, "rows": [row.model_dump() for row in rows]})
        return
    shown = [
        {"ranker": r.ranker, "wall ms": f"{r.wall_ms:.0f}", "CPU ms": f"{r.cpu_ms:.0f}",
         "times faster": f"{r.times_faster:.1f}", "illegal": f"{r.illegal:.0%}"} for r in rows
    ]  # fmt: skip
    print_table(f"Ranking 20 films, {model.model_id}, median of {lists} lists", list(shown))
