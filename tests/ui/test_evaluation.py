"""The evaluation room without a browser: the form, the run in its own process, what is shown of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from parley.agent.api import Agent
from parley.evals.simulate.study import StudySettings
from parley.tools.items import Catalog
from parley.ui.web import evaluation
from parley.ui.web.app import Page
from parley.ui.web.evaluation import Evaluation, EvaluationBusyError, Evaluations, command_line
from parley.ui.web.evaluation_form import FormError, read_form, show_form, user_choices
from parley.ui.web.evaluation_show import show_progress, show_talks, show_watched
from parley.ui.web.serving import Reports
from tests.evals.sim_world import SHELF
from tests.ui.double import Talker
from tests.ui.playing import ATTACK, play_all, play_and_die, play_and_hang, play_nothing

FORM = {"users_who": "agenda:strict", "users": "20", "turns": "4", "seed": "7", "agents": "parley,popularity"}
SETTINGS = StudySettings(users=3, agents="popularity,parley")
FILMS = Catalog.films()
PATIENCE_S = 250.0
"""A process takes seconds to open, on a busy machine many."""


@pytest.fixture(scope="module")
def whole() -> Iterator[Evaluations]:
    """A run that was played to its end."""
    evaluations = Evaluations(play_all)
    assert evaluations.start(SETTINGS).ended.wait(PATIENCE_S)
    yield evaluations
    evaluations.close()


@pytest.fixture
def begin() -> Iterator[Any]:
    """Start a run; ended and cleaned up after the test."""
    opened: list[Evaluations] = []

    def start(play: Any) -> tuple[Evaluations, Evaluation]:
        opened.append(Evaluations(play))
        return opened[-1], opened[-1].start(SETTINGS)

    yield start
    for evaluations in opened:
        evaluations.close()


def test_the_form_is_read_as_the_study_it_shows() -> None:
    assert read_form(FORM, ()) == StudySettings(
        simulator="agenda", rules="strict", users=20, turns=4, seed=7, agents="popularity,parley"
    )


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"users": "0"}, "how many users: '0' must be a whole number from 1 to 200"),
        ({"users": "201"}, "from 1 to 200"),
        ({"turns": "1e9"}, "turns: '1e9' must be a whole number from 1 to 10"),
        ({"seed": "٣"}, "must be a whole number"),
        ({"agents": "siri"}, "choose at least one agent"),
        ({"users_who": "oracle"}, "'oracle' is not offered"),
        ({"model": "openai:x@http://203.0.113.7"}, "is not offered"),
        ({"data": "../../etc"}, "is not offered"),
    ],
)
def test_a_forged_or_mistyped_value_is_told_with_the_mend(change: dict[str, str], told: str) -> None:
    with pytest.raises(FormError) as error:
        read_form({**FORM, **change}, ("embedded",))
    assert told in str(error.value)


def test_users_from_a_data_set_are_offered_only_where_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PARLEY_DATA_MIRROR", raising=False)
    assert "agent4rec" not in user_choices()
    assert 'value="agenda" selected' in show_form(())
    (tmp_path / "agent4rec").mkdir()
    monkeypatch.setenv("PARLEY_DATA_MIRROR", str(tmp_path))
    assert "agent4rec" in user_choices()


def test_a_run_tells_every_conversation_and_ends_with_intervals_and_a_report(whole: Evaluations) -> None:
    run = whole.current
    assert run is not None
    assert [followed.phase for followed in run.follow()] == ["done"]
    assert (run.played, run.total) == (6, 6)
    assert [talk.begun.agent for talk in run.talks] == ["popularity"] * 3 + ["parley"] * 3
    page = show_progress(run)
    assert "6 of 6 conversations" in page
    assert "1.00 to 1.00" not in page, "no whisker where there is no width"
    assert "<code>code</code>" in page
    assert whole.report(run.run_id) is not None
    assert whole.report("0" * 16) is None


def test_a_conversation_shows_the_hidden_wish_the_target_and_the_verdict_and_escapes_the_rest(
    whole: Evaluations,
) -> None:
    run = whole.current
    shown = show_talks(run, FILMS)

    assert "Wants Alien (1979)" in shown
    assert "Only you see this" in shown
    assert 'class="hit"' in shown
    assert "Took Alien (1979) on turn 2." in shown
    assert ATTACK not in shown
    assert "a balloon" not in shown, "titles stand on the slate, not twice"
    assert "Not found in 2 turns" in show_talks(run, FILMS, "popularity")
    assert show_talks(run, FILMS, "nobody", 99) == shown, "a forged choice shows the first there is"


def test_stop_ends_a_run_that_hangs_and_keeps_what_was_played(begin: Any) -> None:
    evaluations, run = begin(play_and_hang)
    _until(lambda: len(run.talks) == 2 and run.talks[1].lines)
    assert "hello?" in show_watched(run, FILMS) or "Wants" in show_watched(run, FILMS)
    with pytest.raises(EvaluationBusyError, match="under way"):
        evaluations.start(SETTINGS)

    run.stop()
    assert run.ended.wait(PATIENCE_S), "the process, which sleeps for ten minutes, was not waited for"

    assert (run.phase, run.played) == ("stopped", 1)
    assert "Stopped" in show_progress(run)
    assert "Took Alien" in show_talks(run, FILMS)


def test_a_run_that_dies_or_cannot_begin_is_told_and_the_next_may_start(begin: Any) -> None:
    evaluations, run = begin(play_and_die)
    assert run.ended.wait(PATIENCE_S)
    assert "ended unexpectedly" in show_progress(run)
    evaluations._play = play_nothing
    again = evaluations.start(SETTINGS)
    assert again.ended.wait(PATIENCE_S)
    assert "parley data get movielens-100k" in show_progress(again)
    assert again.report is None


def test_closing_the_page_leaves_neither_process_nor_files(begin: Any) -> None:
    evaluations, run = begin(play_and_hang)
    _until(lambda: run.talks)
    folder = run._folder
    assert folder.is_dir()
    evaluations.close()
    assert run.ended.is_set()
    assert not folder.exists()


def test_reading_along_slows_the_run_down_and_back() -> None:
    class Pause:
        value = 0.0

    run = Evaluation.__new__(Evaluation)
    run._pause = Pause()
    run.set_speed("reading")
    assert (run.speed, run._pause.value) == ("reading", evaluation.READING_PAUSE_S)
    run.set_speed("full")
    assert (run.speed, run._pause.value) == ("full", 0.0)


def test_over_another_catalogue_only_people_drawn_from_it_are_offered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("agent4rec", "ievalm", "movielens-100k"):
        (tmp_path / name).mkdir()
    monkeypatch.setenv("PARLEY_DATA_MIRROR", str(tmp_path))
    shown = show_form((), SHELF)

    assert "drawn from these 7 books; users made from what people did with films cannot be played here" in shown
    assert 'name="data"' not in shown
    assert set(user_choices(SHELF)) == {"agenda", "agenda:strict", "agenda:generous", "target_free", "adversarial"}
    assert "drawn from these" not in show_form(())
    for forged in ({"users_who": "agent4rec"}, {"data": "movielens-100k"}):
        with pytest.raises(FormError, match="is not offered"):
            read_form({**FORM, **forged}, (), SHELF)


def test_the_room_plays_over_the_catalogue_that_the_page_talks_about(tmp_path: Path) -> None:
    SHELF.save(tmp_path / "catalogs" / "shelf")
    talker = Talker(SHELF)
    talker.parts.home = tmp_path
    page = Page(cast(Agent, talker))
    try:
        asked = read_form({**FORM, "users": "3", "turns": "2"}, (), page.own_catalog)
        run = page.evaluations.start(page.place_study(asked))
        assert run.ended.wait(PATIENCE_S)

        assert run.phase == "done", run.error
        assert {talk.begun.wants[0].item_id for talk in run.talks} <= set(SHELF.positions)
        assert "--catalog shelf" in show_progress(run)
        assert any(f"Wants {item.label}" in show_talks(run, SHELF) for item in SHELF)
    finally:
        page.evaluations.close()


def test_the_same_study_is_told_as_a_command() -> None:
    assert command_line(read_form(FORM, ())) == (
        "parley eval simulate --simulator agenda --rules strict --users 20 --turns 4 --seed 7 "
        '--agents "popularity,parley"'
    )


async def test_a_report_is_served_under_its_id_and_nothing_else_is(whole: Evaluations) -> None:
    run = whole.current
    assert run is not None

    async def beyond(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    transport = httpx.ASGITransport(app=Reports(beyond, whole))
    async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
        report = await client.get(f"/evaluation/{run.run_id}/report.html")
        gone = await client.get(f"/evaluation/{'0' * 16}/report.html")
        others = [await client.get(path) for path in ("/", f"/evaluation/{run.run_id}/scratch", "/evaluation/../x")]

    assert report.text.endswith("A report.")
    assert gone.status_code == 404
    assert "run the evaluation again" in gone.text
    assert {answer.status_code for answer in others} == {418}


def _until(holds: Any, seconds: float = PATIENCE_S) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
