"""Eight films and a few people who want one of them, and a shelf of books, for tests of simulated users; also a
process to kill."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parley.evals.simulate.contestants import ListContestant, ParleyContestant
from parley.evals.simulate.records import Persona
from parley.evals.simulate.run import Bench, RunSettings, players, run_sessions
from parley.tools.films import FILM_DOMAIN
from parley.tools.items import Catalog
from tests.agent.reply.worlds import BOOK_DOMAIN, BOOKS, book
from tests.world import DARK, FILMS, LIGHT, open_world

SPACE = Catalog(FILMS, FILM_DOMAIN, name="space")
SHELF = Catalog(
    [
        *BOOKS,
        book("The Tin Regent", 1955, "Imre Vass", "History", "wry", "exile", 410),
        book("A Quiet Ledger", 1987, "Ada Merrow", "Mystery", "bleak", "gardens", 190),
        book("Seven Ferries", 2004, "Jon Haldane", "Romance", "wry", "exile", 275),
    ],
    BOOK_DOMAIN,
    name="shelf",
)


def people(n: int = 16) -> list[Persona]:
    """Each wants one film of their taste and liked the others."""
    found = []
    for number in range(n):
        taste = DARK if number % 2 else LIGHT
        target = taste[number // 2 % len(taste)]
        history = tuple((item_id, 1.0) for item_id in taste if item_id != target)
        found.append(Persona(persona_id=f"p{number}", targets=(target,), history=history, slice="tiny"))
    return found


@contextmanager
def space_bench() -> Iterator[Bench]:
    """Parley over the eight films, and a list that always shows the same."""
    with tempfile.TemporaryDirectory() as home, open_world(Path(home) / "home") as world:
        ids = [film.item_id for film in FILMS]
        contestants = {
            "parley": ParleyContestant(world.agent, "parley"),
            "list": ListContestant("list", lambda conversation: ids, size=3),
        }
        yield Bench(contestants, SPACE, dict.fromkeys(ids, 1.0))


def run_all(folder: Path, jobs: int = 1, pause: float = 0.0) -> None:
    """All the people against Parley, a pause after each so that a kill can fall anywhere."""
    with players(space_bench, jobs) as play:
        run_sessions(
            people(), play, RunSettings("parley", "agenda", 4, 3), folder, done=lambda session: time.sleep(pause)
        )


if __name__ == "__main__":
    run_all(Path(sys.argv[1]), pause=0.05)
