"""A world small enough to see the right answer: eight films, two tastes, no weights, no network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from parley.agent.api import Agent
from parley.agent.graph import build_graph
from parley.agent.messages import Turn
from parley.agent.opening import Parts, make_retrievers, make_services, state_models
from parley.memory.checkpoints import open_checkpointer
from parley.memory.home import HomeLock
from parley.memory.store import MemoryStore
from parley.tools.films import FILM_DOMAIN
from parley.tools.items import Catalog, Item
from parley.tools.recommenders.data import Interactions
from parley.tools.recommenders.itemknn import ItemKnn
from parley.tools.retrieval import CatalogIndex, HashingEmbedder


def film(item_id: str, title: str, year: int, director: str, cast: str, genres: str, mood: str, **more: Any) -> Item:
    """A film from words: lists are separated by commas."""
    split = lambda text: tuple(part.strip() for part in text.split(",") if part.strip())
    return Item(
        item_id=item_id,
        title=title,
        year=year,
        people={"director": split(director), "cast": split(cast)},
        tags={
            "genre": split(genres),
            "mood": split(mood),
            "keyword": split(more.get("keywords", "")),
            "language": (more.get("language", "English"),),
            "certificate": (more.get("certificate", "R"),),
        },
        numbers={"runtime": float(more.get("runtime", 110))},
        text=more.get("text", ""),
    )


ALIEN = film(
    "alien", "Alien", 1979, "Ridley Scott", "Sigourney Weaver", "Horror, Sci-Fi", "tense, scary",
    keywords="spaceship, monster", runtime=117, text="A freighter crew lets a stowaway aboard.",
)  # fmt: skip
BLADE_RUNNER = film(
    "blade-runner", "Blade Runner", 1982, "Ridley Scott", "Harrison Ford", "Sci-Fi, Thriller", "moody",
    keywords="androids, future city", runtime=117, text="A weary policeman hunts artificial people in the rain.",
)  # fmt: skip
THE_THING = film(
    "the-thing", "The Thing", 1982, "John Carpenter", "Kurt Russell", "Horror, Sci-Fi", "scary, bleak",
    keywords="antarctica, monster, shapeshifter", runtime=109, text="A research station finds something in the ice.",
)  # fmt: skip
SOLARIS = film(
    "solaris", "Solaris", 1972, "Andrei Tarkovsky", "Donatas Banionis", "Sci-Fi, Drama", "contemplative",
    keywords="space station, grief", runtime=167, language="Russian", certificate="PG",
    text="A psychologist on a station above a living ocean meets his dead wife.",
)  # fmt: skip
SPACEBALLS = film(
    "spaceballs", "Spaceballs", 1987, "Mel Brooks", "Rick Moranis", "Comedy, Sci-Fi", "funny, silly",
    keywords="parody, spaceship", runtime=96, certificate="PG", text="A space rogue rescues a princess, with jokes.",
)  # fmt: skip
WALL_E = film(
    "wall-e", "WALL-E", 2008, "Andrew Stanton", "Ben Burtt", "Animation, Family, Sci-Fi", "sweet, funny",
    keywords="robot, lonely", runtime=98, certificate="G", text="The last robot on Earth falls in love.",
)  # fmt: skip
GALAXY_QUEST = film(
    "galaxy-quest", "Galaxy Quest", 1999, "Dean Parisot", "Sigourney Weaver", "Comedy, Sci-Fi", "funny, warm",
    keywords="actors, spaceship, parody", runtime=102, certificate="PG", text="Actors of an old show are believed.",
)  # fmt: skip
MOON = film(
    "moon", "Moon", 2009, "Duncan Jones", "Sam Rockwell", "Sci-Fi, Drama", "lonely, cerebral",
    keywords="moon base, clone", runtime=97, text="A miner alone on the Moon nears the end of his contract.",
)  # fmt: skip
FILMS = (ALIEN, BLADE_RUNNER, THE_THING, SOLARIS, SPACEBALLS, WALL_E, GALAXY_QUEST, MOON)

DARK, LIGHT = ("alien", "blade-runner", "the-thing", "solaris", "moon"), ("spaceballs", "galaxy-quest", "wall-e")
"""Two tastes: each of the six people liked all but one of one of these."""


def likes() -> Interactions:
    """Who liked what in the small world."""
    rows = [
        (f"{name}{left_out}", item_id)
        for name, taste in (("dark", DARK), ("light", LIGHT))
        for left_out in range(3)
        for place, item_id in enumerate(taste)
        if place != left_out
    ]
    users, items = [user for user, _ in rows], [item for _, item in rows]
    return Interactions.from_columns(users, items, item_ids=[item.item_id for item in FILMS])


@dataclass
class Play:
    """A finished conversation."""

    turns: list[Turn]

    @property
    def slates(self) -> list[tuple[str, ...]]:
        return [tuple(item.item_id for item in turn.slate) for turn in self.turns]

    @property
    def replies(self) -> list[str]:
        return [turn.reply for turn in self.turns]


@dataclass
class World:
    """An agent over the eight films."""

    agent: Agent

    def play(self, *messages: str, user: str = "ana", session: str = "main") -> Play:
        """Say these things in turn."""
        return Play([self.agent.chat(message, user=user, session=session) for message in messages])


@contextmanager
def open_world(home: Path, *, items: tuple[Item, ...] = FILMS, model: Any = None, **changes: Any) -> Iterator[World]:
    """Open an agent over a few items, with hashed vectors and a recommender fitted on six people."""
    from dataclasses import replace

    catalog = Catalog(items, FILM_DOMAIN, name="space")
    index = CatalogIndex.open(None, catalog, HashingEmbedder(64))
    recommender = ItemKnn.fit(likes())
    popularity = np.linspace(1.0, 0.3, len(items), dtype=np.float32)
    lock = HomeLock(home)
    store = MemoryStore.open(home / "memory.sqlite")
    checkpointer = open_checkpointer(home / "sessions.sqlite", state_models())
    store.add_forget_hook(checkpointer)
    services = make_services(
        catalog, make_retrievers(index), recommender, popularity, index.vectors, store, model, index.embedder.embed
    )
    services = replace(services, slate_size=3, **changes)
    agent = Agent(
        Parts(
            home=home,
            lock=lock,
            store=store,
            checkpointer=checkpointer,
            graph=build_graph(checkpointer),
            services=services,
            index=index,
            model_spec="none",
        )
    )
    try:
        yield World(agent)
    finally:
        agent.close()
