"""Simulated users over a catalogue of one's own: drawn from its items, in its words, its home left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from parley.evals.simulate.seam import SimulationError
from parley.evals.simulate.study import Study, StudySettings
from parley.tools.items import Catalog
from tests.agent.reply.worlds import BOOK_DOMAIN, BOOKS
from tests.evals.sim_world import SHELF


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the shelf, one with too little on it, and something private."""
    folder = tmp_path_factory.mktemp("home")
    SHELF.save(folder / "catalogs" / "shelf")
    Catalog(BOOKS, BOOK_DOMAIN).save(folder / "catalogs" / "few")
    bare = BOOK_DOMAIN.model_copy(update={"kinds": {}})
    Catalog([item.model_copy(update={"tags": {}}) for item in SHELF], bare).save(folder / "catalogs" / "bare")
    (folder / "diary.txt").write_text("private")
    return folder


def ask(home: Path, **settings: object) -> StudySettings:
    return StudySettings(home=str(home), **{"catalog": "shelf", "users": 4, "turns": 3, **settings})


@pytest.mark.parametrize("simulator", ["agenda", "target_free", "adversarial"])
def test_people_are_drawn_from_the_catalogue_and_speak_of_its_kind(simulator: str, home: Path, tmp_path: Path) -> None:
    before = sorted(home.rglob("*"))
    study = Study.prepare(ask(home, simulator=simulator, agents="random,parley"), tmp_path / "scratch")
    result = study.run(tmp_path / "report")

    assert {i for p in study.personas for i in p.targets} <= set(SHELF.positions)
    sessions = [session for runs in result.runs.values() for played in runs for session in played]
    assert len(sessions) == 8
    assert {session.ended_by for session in sessions} <= {"accepted", "turns", "left"}
    assert {i for s in sessions for turn in s.turns for i in turn.answer.slate} <= set(SHELF.positions)
    assert "film" not in " ".join(turn.said for s in sessions for turn in s.turns)
    assert "drawn from the items of 'shelf'" in result.notes[0]
    assert str(home) not in str(result.summary())
    assert sorted(home.rglob("*")) == before, "nothing is written to the home it came from"
    assert not list((tmp_path / "scratch").rglob("diary.txt")), "nor is what is private taken from it"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"simulator": "agent4rec"}, "the people of 'agent4rec' chose among films; over 'shelf' they are drawn"),
        ({"data": "movielens-100k"}, "the people of 'movielens-100k' chose among films"),
        ({"catalog": "nowhere"}, "no catalogue 'nowhere'; known: films, bare, few, shelf"),
        ({"catalog": "few"}, "'few' has 4 items; simulated users need at least 5"),
        ({"catalog": "bare", "simulator": "target_free"}, "needs tags, and 'bare' has none"),
    ],
)
def test_what_cannot_be_played_over_it_is_told_in_one_line(
    settings: dict[str, str], told: str, home: Path, tmp_path: Path
) -> None:
    with pytest.raises(SimulationError) as error:
        Study.prepare(ask(home, **settings), tmp_path)

    assert told in str(error.value)
    assert "\n" not in str(error.value)


def test_a_run_over_a_catalogue_that_has_changed_is_not_gone_on_with(home: Path, tmp_path: Path) -> None:
    settings = ask(home, users=2, agents="random")
    Study.prepare(settings, tmp_path / "first").run(tmp_path / "report")
    other = tmp_path / "shelf"
    Catalog([item for item in SHELF if item.title != "Seven Ferries"], BOOK_DOMAIN).save(other)
    changed = Study.prepare(settings.model_copy(update={"catalog": str(other)}), tmp_path / "second")

    with pytest.raises(SimulationError, match="use another --report folder"):
        changed.run(tmp_path / "report")
