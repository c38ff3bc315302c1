"""A shelf of ten things that are not films, so that nothing here can lean on films."""

from __future__ import annotations

import pytest

from parley.tools.items import Catalog, Domain, Item, KindInfo, NumberInfo
from parley.tools.retrieval import CatalogIndex, HashingEmbedder

DOMAIN = Domain(
    name="games",
    noun="game",
    plural="games",
    kinds={"genre": KindInfo(label="genre"), "theme": KindInfo(label="theme"), "platform": KindInfo(label="platform")},
    roles={"designer": KindInfo(label="designer")},
    numbers={"year": NumberInfo(label="year"), "hours": NumberInfo(label="length", unit="h")},
)


def game(item_id: str, title: str, year: int, genre: str, themes: str, designer: str, hours: float, text: str) -> Item:
    return Item(
        item_id=item_id,
        title=title,
        year=year,
        people={"designer": (designer,)},
        tags={"genre": tuple(genre.split(",")), "theme": tuple(themes.split(",")), "platform": ("PC",)},
        numbers={"hours": hours},
        text=text,
    )


GAMES = (
    game("vault", "The Vault", 1998, "Stealth", "heist,night", "Ada Crane", 12, "Thieves plan a robbery of a bank."),
    game("vault-2", "The Vault 2", 2003, "Stealth", "heist,betrayal", "Ada Crane", 14, "The crew robs a casino."),
    game("orbit", "Orbit", 2001, "Puzzle,Space", "planets,quiet", "Bo Lind", 4, "Guide comets between planets."),
    game("meadow", "Meadow", 2010, "Puzzle", "animals,quiet", "Bo Lind", 3, "Foxes and hares cross a field."),
    game("ashfall", "Ashfall", 2015, "Role-playing", "dragons,war", "Cy Abara", 60, "A kingdom burns; dragons return."),
    game("ember", "Ember", 2018, "Role-playing", "dragons,friendship", "Cy Abara", 40, "A girl raises a dragon."),
    game("pole", "Pole Position", 1982, "Racing", "cars", "Dee Okafor", 1, "Race around a track."),
    game("drift", "Drift", 2008, "Racing", "cars,night", "Dee Okafor", 8, "Street races in the rain."),
    game("harbour", "Harbour", 2012, "Strategy", "trade,ships", "Eve Stone", 30, "Build a port and trade."),
    game("armada", "Armada", 1999, "Strategy", "war,ships", "Eve Stone", 25, "Command fleets at war."),
)


@pytest.fixture(scope="session")
def games() -> Catalog:
    return Catalog(GAMES, DOMAIN)


@pytest.fixture(scope="session")
def index(games: Catalog) -> CatalogIndex:
    return CatalogIndex.open(None, games, HashingEmbedder(256))
