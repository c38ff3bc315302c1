"""`parley train`: fit a classical recommender on a data set and keep it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, log

if TYPE_CHECKING:
    from parley.tools.recommenders import Interactions


def register(commands: Commands) -> None:
    commands.app.command("train")(train)


def train(
    model: Annotated[str, typer.Argument(help="popularity, itemknn, ease, als, bpr, sasrec, ... or taste.")],
    data: Annotated[str, typer.Option("--data", help="A data set name (see: parley data list) or its folder.")],
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to write it (default: HOME/models/DATA-MODEL).")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="For models that draw lots.")] = 0,
    ship: Annotated[bool, typer.Option("--ship", help="With `taste`: replace the model inside the package.")] = False,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Fit a recommender and save it as safetensors + JSON.

    A long fit that was interrupted goes on where it was when the command is run again.
    `taste` is the model conversations use: EASE over the film catalogue, blended with content.

    Example: parley train ease --data movielens-100k
    """
    import time

    from parley.tools.items import packaged_file
    from parley.tools.recommenders import load_interactions
    from parley.tools.recommenders.catalog_taste import SHIPPED

    folder = data_folder(data, home)
    started = time.perf_counter()
    interactions = load_interactions(folder.name, folder)
    target = out or home_folder(home) / "models" / f"{folder.name}-{model}"
    if model == "taste":
        target = packaged_file(SHIPPED) if ship else target / "model.safetensors"
        items = _train_taste(interactions, folder.name, target)
    elif ship:
        fail(f"only `taste` ships, not {model!r}; leave out --ship")
    else:
        items = _train_model(model, interactions, target, seed)
    report = {
        "model": model,
        "data": folder.name,
        "interactions": len(interactions),
        "users": interactions.n_users,
        "items": items,
        "seconds": round(time.perf_counter() - started, 2),
        "path": str(target),
    }
    if as_json:
        emit(report)
    else:
        log.print(f"{model} on {folder.name}: {items} items in {report['seconds']} s, kept in {target}")


def _train_taste(interactions: Interactions, data: str, target: Path) -> int:
    """Write the taste model of the films to the file `target`; how many films are rated."""
    from parley.tools.items import Catalog
    from parley.tools.recommenders.catalog_taste import CatalogTaste, match_catalog

    catalog = Catalog.films()
    taste = CatalogTaste.train(catalog, match_catalog(interactions, catalog, "movielens"), progress=_tell)
    target.parent.mkdir(parents=True, exist_ok=True)
    taste.save_file(target, notes={"data": data, "users": interactions.n_users})
    return len(taste.rated)


def _train_model(model: str, interactions: Interactions, target: Path, seed: int) -> int:
    """Write a recommender to the folder `target`; how many items it knows."""
    import shutil

    from parley.tools.recommenders import recommender_class

    unfinished = target / "unfinished"
    fitted = recommender_class(model).fit_or_resume(interactions, checkpoint=unfinished, seed=seed, progress=_tell)
    fitted.save(target)
    shutil.rmtree(unfinished, ignore_errors=True)
    return len(fitted.item_ids)


def _tell(share: float, what: str) -> None:
    log.print(f"{share:4.0%} {what}")


def data_folder(data: str, home: Path | None) -> Path:
    """The folder of a data set: the path itself, under PARLEY_DATA_MIRROR, or under HOME/data."""
    import os

    mirror = os.environ.get("PARLEY_DATA_MIRROR")
    places = [Path(data), *([Path(mirror) / data] if mirror else []), home_folder(home) / "data" / data]
    found = next((place for place in places if place.is_dir()), None)
    if found is None:
        fail(f"no data set {data!r} here; run: parley data get {data} (or set PARLEY_DATA_MIRROR)")
    return found.resolve()
