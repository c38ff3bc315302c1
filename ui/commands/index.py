"""`parley index`: make, check or rebuild the index of a catalogue, and what other commands need to open one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, log

if TYPE_CHECKING:
    from parley.tools.items import Catalog
    from parley.tools.retrieval import CatalogIndex
    from parley.tools.retrieval.embedding import Progress


def index(
    catalog: Annotated[str, typer.Option("--catalog", help="The catalogue's name, or its folder.")] = "films",
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Throw the kept index away first.")] = False,
    ship: Annotated[
        Path | None, typer.Option("--ship", help="Also write the item vectors, float16, to this safetensors file.")
    ] = None,
    home: HomeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Make the search index of a catalogue, or check the one there is. Searches do this by themselves.

    Example: parley index --catalog films --rebuild
    """
    import shutil

    from parley.tools.retrieval import MiniLmEmbedder
    from parley.tools.retrieval.vectors import write_shipped

    folder = home_folder(home)
    items = open_items(catalog, folder)
    if ship is not None:
        if not ship.parent.is_dir():
            fail(f"--ship {str(ship)!r}: the folder does not exist; make it first")
        with progress_bar(f"Reading {len(items)} {items.domain.plural}") as progress:
            write_shipped(ship, items, MiniLmEmbedder(), progress=progress)
    if rebuild:
        shutil.rmtree(index_folder(items, folder), ignore_errors=True)
    opened = open_index(items, folder)
    opened.self_check()
    opened.close()
    told = {"catalog": items.name, "items": len(items), "embedder": opened.embedder.embedder_id, **vars(opened.report)}
    if as_json:
        emit(told)
    else:
        print(", ".join(f"{name}: {value}" for name, value in told.items() if value != ""))


def open_items(name: str, home: Path) -> Catalog:
    """The catalogue of this name: the films, one imported under `home`, or a folder."""
    from parley.tools.items import Catalog

    if name == "films":
        return Catalog.films()
    for folder in (home / "catalogs" / name, Path(name)):
        if folder.is_dir():
            return Catalog.load(folder)
    return fail(f"no catalogue {name!r}; use films, a folder, or bring one with parley import")


def open_index(items: Catalog, home: Path) -> CatalogIndex:
    """The kept index of a catalogue, made with a progress bar when it is not there."""
    from parley.tools.retrieval import CatalogIndex, MiniLmEmbedder

    with progress_bar(f"Reading {len(items)} {items.domain.plural} for the first time") as progress:
        return CatalogIndex.open(index_folder(items, home), items, MiniLmEmbedder(), progress)


def index_folder(items: Catalog, home: Path) -> Path:
    """Where a catalogue's index is kept."""
    return home / "index" / (re.sub(r"[^\w.-]+", "-", items.name).strip(".") or "catalogue")


@contextmanager
def progress_bar(what: str) -> Iterator[Progress]:
    """A bar on stderr that shows itself with the first report, and a function that moves it."""
    from rich.progress import Progress as Bar

    bar = Bar(console=log, transient=True)
    task = bar.add_task(what, total=None, visible=False)

    def move(done: int, total: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=total, visible=True)

    try:
        yield move
    finally:
        bar.stop()


def register(commands: Commands) -> None:
    commands.app.command("index")(index)
