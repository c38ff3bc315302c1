"""`parley recommend`: a slate from titles someone likes, without a conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, print_table

if TYPE_CHECKING:
    from parley.tools.filters import Filter
    from parley.tools.items import Catalog
    from parley.tools.recommenders.catalog_taste import CatalogTaste


def recommend(
    like: Annotated[list[str] | None, typer.Option("--like", help="A title you like; repeat it, oldest first.")] = None,
    dislike: Annotated[list[str] | None, typer.Option("--dislike", help="A title you do not like; repeat it.")] = None,
    filter: Annotated[
        str, typer.Option("--filter", help='Hard conditions as JSON: {"year": {"lte": 1980}, "genre": ["Crime"]}.')
    ] = "{}",
    k: Annotated[int, typer.Option("--k", min=1, max=1000, help="How many items.")] = 10,
    catalog: Annotated[str, typer.Option("--catalog", help="The catalogue's name, or its folder.")] = "films",
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Recommend from titles someone likes; with none, what is popular. Says which like speaks for each item.

    Example: parley recommend --like "The Matrix" --like Inception --filter '{"year": {"lte": 1990}}'
    """
    from parley.tools.filters import parse_filter
    from parley.tools.recommenders.catalog_taste import open_taste
    from parley.ui.commands.index import open_items

    folder = home_folder(home)
    items = open_items(catalog, folder)
    wanted = parse_filter(filter, items.domain)
    rows = _recommend(open_taste(items, folder), items, like or [], dislike or [], wanted, k)
    if as_json:
        for row in rows:
            emit(row)
    elif rows:
        told: list[Mapping[str, Any]] = [
            {"title": row["title"], "year": row["year"], "score": row["score"],
             "because you like": ", ".join(items[i].title for i in row["because_of"])}
            for row in rows
        ]  # fmt: skip
        print_table(f"{items.domain.plural.capitalize()} for you", told)
    else:
        print(f"No {items.domain.noun} meets {filter}.")


def _recommend(
    recommender: CatalogTaste, items: Catalog, like: list[str], dislike: list[str], wanted: Filter, k: int
) -> list[dict[str, Any]]:
    """The slate, best first, each item with the likes that speak for it."""
    from parley.tools.filters import FilterIndex
    from parley.tools.seams import Taste

    popularity = dict(zip(recommender.item_ids, recommender.fold_in(Taste()).tolist(), strict=True))
    disliked = [(item_id, -1.0) for item_id in resolve_titles(dislike, items, popularity)]
    liked = [(item_id, 1.0) for item_id in resolve_titles(like, items, popularity)]
    taste = Taste(reactions=(*disliked, *liked))
    allowed = FilterIndex(items).mask(wanted)
    barred = frozenset(item.item_id for item, passes in zip(items, allowed, strict=True) if not passes)
    return [
        {
            "item_id": item_id,
            "title": items[item_id].title,
            "year": items[item_id].year,
            "score": round(score, 4),
            "because_of": [liked_id for liked_id, _ in recommender.explain(taste, item_id)],
        }
        for item_id, score in recommender.recommend(taste, k, exclude=barred)
    ]


def resolve_titles(titles: list[str], items: Catalog, popularity: dict[str, float]) -> list[str]:
    """The item ids that titles (or item ids) mean; ends the command when one means none."""
    if not titles:
        return []
    from parley.tools.linking import Linker

    linker = Linker.for_catalog(items, popularity=popularity)
    found = []
    for title in titles:
        if title in items:
            found.append(title)
            continue
        linked = linker.resolve_title(title)
        if linked is None:
            fail(f"no {items.domain.noun} called {title[:80]!r} here; nearest titles: {nearest_titles(title, items)}")
        found.append(linked.item_id)
    return found


def nearest_titles(title: str, items: Catalog, k: int = 3) -> str:
    """The `k` titles spelt most like it, with their years."""
    from rapidfuzz import fuzz, process

    labels = {item.label: item.title for item in items}
    hits = process.extract(title[:200], labels, scorer=fuzz.WRatio, processor=str.casefold, limit=k)
    return ", ".join(repr(label) for _, _, label in hits)


def register(commands: Commands) -> None:
    commands.app.command("recommend")(recommend)
