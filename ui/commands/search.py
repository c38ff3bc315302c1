"""`parley search`: find items by meaning, words and facts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, print_table

if TYPE_CHECKING:
    from parley.tools.items import Catalog
    from parley.tools.seams import Recommender


def search(
    query: Annotated[str, typer.Argument(help="What to look for, in plain words; may be empty with --filter.")],
    filter: Annotated[
        str, typer.Option("--filter", help='Hard conditions as JSON: {"year": {"lte": 1980}, "genre": ["Crime"]}.')
    ] = "{}",
    k: Annotated[int, typer.Option("--k", help="How many items, 1 to 1000.")] = 10,
    catalog: Annotated[str, typer.Option("--catalog", help="The catalogue's name, or its folder.")] = "films",
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Find items by meaning, words and facts; every one meets the filter.

    Example: parley search "heist with a twist" --filter '{"year": {"lte": 1980}}' --k 5
    """
    from parley.tools.filters import parse_filter
    from parley.tools.retrieval import HybridRetriever
    from parley.tools.seams import Query
    from parley.ui.commands.index import open_index, open_items

    if not 1 <= k <= 1000:
        fail(f"--k {k}: ask for 1 to 1000 items")
    folder = home_folder(home)
    items = open_items(catalog, folder)
    wanted = parse_filter(filter, items.domain)
    if not query.strip() and not wanted:
        fail("nothing to look for: give some words, or conditions with --filter")
    index = open_index(items, folder)
    found = HybridRetriever.open(index, known_taste(items, folder)).retrieve(Query(text=query, filter=wanted), k)
    rows = [
        {
            "item_id": candidate.item_id,
            "title": items[candidate.item_id].title,
            "year": items[candidate.item_id].year,
            "score": round(candidate.score, 6),
            "sources": [source.model_dump() for source in candidate.sources],
        }
        for candidate in found
    ]
    if as_json:
        for row in rows:
            emit(row)
    elif rows:
        print_table(query, [_readable(row) for row in rows])
    else:
        print(f"No {items.domain.noun} meets {filter}.")


def known_taste(items: Catalog, home: Path) -> Recommender | None:
    """The catalogue's trained recommender, which knows what is popular; None if none was trained."""
    from parley.tools.recommenders.catalog_taste import open_taste

    trained = home / "catalogs" / items.name / "taste.safetensors"
    return open_taste(items, home) if items.name == "films" or trained.is_file() else None


def _readable(row: dict[str, Any]) -> dict[str, object]:
    """A row for people: the sources in words."""
    told = "; ".join(f"{s['name']} #{s['rank']}" + (f" ({s['why']})" if s["why"] else "") for s in row["sources"])
    return {"title": row["title"], "year": row["year"], "score": f"{row['score']:.4f}", "found by": told}


def register(commands: Commands) -> None:
    commands.app.command("search")(search)
