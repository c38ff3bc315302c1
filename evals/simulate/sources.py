"""Where personas come from: drawn from a catalogue, from MovieLens logs, from Agent4Rec's thousand users."""

from __future__ import annotations

import csv
import gzip
import io
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np

from parley.evals.simulate.leaks import fold
from parley.evals.simulate.records import Persona
from parley.evals.simulate.seam import SimulationError
from parley.tools.items import Catalog
from parley.tools.recommenders.data import Interactions

_LABEL = re.compile(r"^(?P<title>.*) \((?P<year>\d{4})\)$")
LOGS = ("movielens-100k", "movielens-latest-small")


def mirror_of(name: str) -> Path:
    """The folder of a data set in the mirror.

    Raises:
        SimulationError: there is none.
    """
    mirror = os.environ.get("PARLEY_DATA_MIRROR", "")
    if not mirror:
        raise SimulationError(f"{name!r} needs the data set: run `parley data get {name}` and set PARLEY_DATA_MIRROR")
    folder = Path(mirror) / name
    if not folder.is_dir():
        raise SimulationError(f"no folder {name!r} under PARLEY_DATA_MIRROR ({mirror!r}); run `parley data get {name}`")
    return folder


def film_interactions(name: str, catalog: Catalog) -> Interactions:
    """A MovieLens log whose item ids are the catalogue's.

    Raises:
        SimulationError: unknown data set, or no mirror to read it from.
    """
    from parley.tools.recommenders.catalog_taste import match_catalog
    from parley.tools.recommenders.data import load_interactions

    if name not in LOGS:
        raise SimulationError(f"no personas from {name!r}; known: drawn, {', '.join(LOGS)}, agent4rec")
    log = load_interactions(name, mirror_of(name))
    if name == "movielens-100k":  # ids of its own
        return rename_items(log, match_titles(_titles_100k(mirror_of(name)), catalog))
    return match_catalog(log, catalog, "movielens")


def match_titles(labels: Mapping[str, str], catalog: Catalog) -> dict[str, str]:
    """Catalogue ids by outside id, where title and year agree: "Matrix, The (1999)" is The Matrix of 1999."""
    known = _title_index(catalog)
    found = {}
    for outside, label in labels.items():
        parted = _LABEL.match(" ".join(label.split()))
        if not parted:
            continue
        title, year = parted["title"], int(parted["year"])
        names = [
            re.sub(r"^(.*), (The|A|An|La|Le|Les|Das|Der|Die|El|Il)$", r"\2 \1", name.strip(" )"))
            for name in title.split(" (")
        ]
        hits = [
            known[fold(name), year + off] for name in names for off in (0, -1, 1) if (fold(name), year + off) in known
        ]
        if hits:
            found[outside] = hits[0]
    return found


@lru_cache(maxsize=4)
def _title_index(catalog: Catalog) -> dict[tuple[str, int | None], str]:
    return {(fold(name), item.year): item.item_id for item in catalog for name in (item.title, *item.aliases)}


def rename_items(log: Interactions, renamed: Mapping[str, str]) -> Interactions:
    """The rows about items that have a new id, under it."""
    rows = [r for r, item in enumerate(log.item_index) if log.item_ids[item] in renamed]
    return Interactions.from_columns(
        [log.user_ids[log.user_index[r]] for r in rows],
        [renamed[log.item_ids[log.item_index[r]]] for r in rows],
        [float(log.weight[r]) for r in rows],
        [float(log.time[r]) for r in rows] if log.timed else None,
        name=log.name,
    )


def _titles_100k(folder: Path) -> dict[str, str]:
    """Item id to title with year, of u.item in the publisher's layout."""
    path = next(p for p in (folder / "u.item", folder / "u.item.gz") if p.is_file())
    rows = (line.split("|") for line in text_of(path, "latin-1").splitlines())
    return {row[0]: row[1] for row in rows if len(row) > 1}


def train_without(interactions: Interactions, personas: list[Persona], catalog: Catalog, path: Path) -> Path:
    """A taste model of everybody in the log but the personas, written to `path`."""
    from parley.tools.recommenders.catalog_taste import CatalogTaste

    left_out = {p.persona_id.removeprefix(f"{interactions.name}-") for p in personas}
    keep = np.array([interactions.user_ids[u] not in left_out for u in interactions.user_index])
    CatalogTaste.train(catalog, interactions.select(keep)).save_file(path)
    return path


def rows_of(path: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, gzipped or not."""
    return list(csv.DictReader(io.StringIO(text_of(path))))


def text_of(path: Path, encoding: str = "utf-8") -> str:
    """A file's text, gzipped or not."""
    raw = path.read_bytes()
    return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode(encoding)
