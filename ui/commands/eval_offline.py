"""`parley eval offline`: classical recommenders against what people really did next."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import (
    Commands,
    HomeOption,
    JsonFlag,
    emit,
    fail,
    home_folder,
    log,
    print_table,
    split_names,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from parley.evals.offline import OfflineReport
    from parley.tools.recommenders import Interactions


SHOWN = ("HR@10", "MRR", "Recall@20", "Recall@50", "NDCG@10 cold", "diversity")


def offline(
    data: Annotated[str, typer.Option("--data", help="A data set name (see: parley data list) or its folder.")],
    model: Annotated[
        str, typer.Option("--model", help="Names with commas between; differences are to the first.")
    ] = "popularity,itemknn,ease-plain,ease-decayed,ease,als,bpr,nextitem,blend",
    split: Annotated[str, typer.Option("--split", help="leave-last or user-split.")] = "leave-last",
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=20, help="Fits a model that draws lots gets.")] = 3,
    tune: Annotated[bool, typer.Option("--tune", help="Pick settings on the validation targets first.")] = False,
    tuned: Annotated[
        Path | None, typer.Option("--tuned", help="The file of picked settings to read (and write).")
    ] = None,
    users: Annotated[int | None, typer.Option("--users", min=20, help="Only so many people, the first.")] = None,
    min_count: Annotated[int, typer.Option("--min-count", min=1, help="Only items with so many reactions.")] = 1,
    seconds: Annotated[float | None, typer.Option("--seconds", help="Pause a long fit after so long.")] = None,
    against: Annotated[
        str, typer.Option("--against", help="More models of the table to take differences to, with commas.")
    ] = "",
    report: Annotated[Path | None, typer.Option("--report", help="A folder for the table as Markdown.")] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Rank the whole catalogue for everyone and see where what they did next landed.

    Finished fits are kept under HOME/offline, so the same command goes on where it was.

    Example: parley eval offline --data movielens-100k --model popularity,ease,nextitem
    """
    from parley.evals.offline import evaluate_offline
    from parley.evals.offline.models import TUNED
    from parley.evals.offline.report import as_markdown
    from parley.tools.recommenders import load_interactions
    from parley.tools.recommenders.data import load_genres
    from parley.ui.commands.train import data_folder

    if split not in ("leave-last", "user-split"):
        fail(f"--split {split!r} is neither leave-last nor user-split")
    names = split_names(model)
    if not names:
        fail("--model names no model; try --model popularity,ease")
    folder = data_folder(data, home)
    interactions = keep_part(load_interactions(folder.name, folder), users=users, min_count=min_count)
    result = evaluate_offline(
        interactions, names, work=home_folder(home) / "offline" / folder.name,
        protocol="leave-last" if split == "leave-last" else "user-split", seeds=range(seeds), tune=tune,
        genres=load_genres(folder.name, folder), vectors=lambda: title_vectors(folder, interactions.item_ids),
        tuned=tuned or TUNED, seconds=seconds, against=split_names(against),
        tell=lambda line: log.print(line, markup=False),
    )  # fmt: skip
    if report is not None:
        report.mkdir(parents=True, exist_ok=True)
        (report / f"offline-{folder.name}-{split}.md").write_text(as_markdown(result), "utf-8")
    if as_json:
        emit(result.model_dump(mode="json"))
    else:
        print_table(f"{result.data}, {result.protocol}, {result.judged} people", table_rows(result))


def taste(
    data: Annotated[str, typer.Option("--data", help="Ratings linked to the films.")] = "movielens-latest-small",
    seed: Annotated[int, typer.Option("--seed", help="Draws the folds and the titles told.")] = 0,
    report: Annotated[Path | None, typer.Option("--report", help="Also write the tables to this file.")] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """How well the shipped taste model guesses what else someone likes, from a few titles.

    Example: parley eval taste --data movielens-latest-small
    """
    from parley.evals.offline.taste import as_markdown, evaluate_cold, evaluate_taste
    from parley.tools.items import Catalog
    from parley.tools.recommenders import Interactions, load_interactions
    from parley.tools.recommenders.catalog_taste import match_catalog
    from parley.ui.commands.train import data_folder

    folder = data_folder(data, home)
    catalog = Catalog.films()
    matched = match_catalog(load_interactions(folder.name, folder), catalog, "movielens")
    people = [matched.user_ids[u] for u in matched.user_index]
    films = [matched.item_ids[i] for i in matched.item_index]
    order = [item.item_id for item in catalog]
    rated = Interactions.from_columns(people, films, matched.weight.tolist(), item_ids=order, name=matched.name)
    rows, cold = evaluate_taste(catalog, rated, seed=seed), evaluate_cold(catalog, rated, seed=seed)
    if report is not None:
        report.parent.mkdir(parents=True, exist_ok=True)
        report.write_text(as_markdown(rows, cold), "utf-8")
    if as_json:
        emit({"rows": rows, "cold": cold})
    else:
        print(as_markdown(rows, cold))


def keep_part(interactions: Interactions, *, users: int | None, min_count: int) -> Interactions:
    """The first `users` people's reactions to items that have `min_count` of all reactions or more."""
    import numpy as np

    counts = np.bincount(interactions.item_index, minlength=interactions.n_items)
    wanted = counts[interactions.item_index] >= min_count
    if users is not None:
        wanted &= interactions.user_index < users
    if wanted.all():
        return interactions
    if not wanted.any():
        fail(f"no item has {min_count} reactions; lower --min-count")
    kept = interactions.select(wanted)
    return type(kept).from_columns(
        [kept.user_ids[u] for u in kept.user_index],
        [kept.item_ids[i] for i in kept.item_index],
        kept.weight.tolist(),
        kept.time.tolist() if kept.timed else None,
        name=kept.name,
    )


def title_vectors(folder: Path, item_ids: tuple[str, ...]) -> NDArray[np.float32]:
    """(n_items, 384) float32: the embedded MiniLM's reading of each title and its genres."""
    from parley.tools.recommenders.data import load_genres, load_titles
    from parley.tools.retrieval import MiniLmEmbedder

    titles, genres = load_titles(folder.name, folder), load_genres(folder.name, folder)
    if not titles:
        fail(f"{folder.name!r} has no titles to start from; leave out sasrec-text")
    texts = [f"{titles.get(i, i)}. {', '.join(sorted(genres.get(i, ())))}" for i in item_ids]
    return MiniLmEmbedder().embed(texts)


def table_rows(report: OfflineReport) -> list[Any]:
    """The table for people."""
    return [
        {
            "model": row.model,
            "NDCG@10": str(row.metrics["NDCG@10"]),
            **{label: f"{row.metrics[label].mean:.3f}" for label in SHOWN if label in row.metrics},
            "coverage": f"{row.coverage:.2f}",
            "fit s": f"{row.fit_seconds:.2f}",
        }
        for row in report.rows
    ]


def register(commands: Commands) -> None:
    group = commands.group("eval", help="Measure Parley.")
    group.command("offline")(offline)
    group.command("taste")(taste)
