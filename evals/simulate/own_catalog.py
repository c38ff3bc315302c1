"""Simulated users over a catalogue of your own: people drawn from its items, and a home that holds nothing else.

The bench gets a copy of the catalogue and its index, so that neither the memory nor the conversations of the home it
came from are read, and nothing is written there.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import TYPE_CHECKING

from parley.evals.simulate.benches import AgentBench, histories_of
from parley.evals.simulate.personas import people_drawn_from
from parley.evals.simulate.records import Persona
from parley.evals.simulate.seam import SimulationError
from parley.tools.importing import catalog_folder
from parley.tools.items import Catalog, CatalogError

if TYPE_CHECKING:
    from parley.evals.simulate.study import StudySettings

DRAWN = "drawn"
LEAST_ITEMS = 5
"""A wanted item, three near it and one elsewhere."""
BY_TASTE = ("target_free", "agent4rec")
"""Simulators whose users know what they want by the tags their likes share."""


def prepare_own(
    settings: StudySettings, scratch: Path, bench: AgentBench
) -> tuple[list[Persona], AgentBench, list[str]]:
    """Personas and a bench over the catalogue that the settings name.

    Raises:
        SimulationError: no such catalogue, or these users cannot be had from it.
    """
    source = Path(settings.home)
    try:
        folder = catalog_folder(settings.catalog, source)
        catalog = Catalog.load(folder)
    except CatalogError as error:
        raise SimulationError(str(error)) from error
    _refuse_what_it_lacks(settings, catalog)
    home = copy_catalog(folder, catalog.name, source, scratch / "home")
    kept = str(home / "catalogs" / catalog.name)
    marked = f"{DRAWN}-{catalog.fingerprint[:8]}"
    personas = people_drawn_from(home, kept, settings.users, seed=settings.seed, named=marked)
    note = (
        f"The users are drawn from the items of {catalog.name!r}. Users made from film data sets (agent4rec, iEvaLM, "
        "MovieLens) cannot be played here, and the agreement with people told below was measured on films."
    )
    return personas, replace(bench, catalog=kept, home=home, histories=histories_of(personas)), [note]


def copy_catalog(folder: Path, name: str, source: Path, home: Path) -> Path:
    """A new home with the catalogue in `folder`, and its index if `source` has one."""
    copytree(folder, home / "catalogs" / name)
    index = source / "index" / name
    if index.is_dir():
        copytree(index, home / "index" / name)
    return home


def _refuse_what_it_lacks(settings: StudySettings, catalog: Catalog) -> None:
    if settings.data != DRAWN:
        raise SimulationError(
            f"the people of {settings.data!r} chose among films; over {settings.catalog!r} they are drawn from its "
            "items: use --simulator agenda, target_free or adversarial and leave out --data"
        )
    if len(catalog) < LEAST_ITEMS:
        raise SimulationError(
            f"{settings.catalog!r} has {len(catalog)} items; simulated users need at least {LEAST_ITEMS} to choose from"
        )
    if settings.simulator in BY_TASTE and not catalog.domain.kinds:
        raise SimulationError(
            f"--simulator {settings.simulator} needs tags, and {settings.catalog!r} has none: use --simulator agenda, "
            "or import it with tags (--map tag:KIND=COLUMN)"
        )
