"""The page's handlers and its serving, without a browser."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest

from parley.agent.api import Agent
from parley.agent.ledger import Stance
from parley.agent.messages import Event
from parley.tools.items import Catalog
from parley.ui.web import launch
from parley.ui.web.app import Page, Visitor, clean_name
from parley.ui.web.live import STOPPED, TROUBLE, BusyError, LiveTurns
from parley.ui.web.serving import PortTakenError, check_port
from tests.ui.double import Talker

PATIENCE_S = 120.0
"""A starved machine takes its time; what is wrong takes for ever."""


@pytest.fixture
def page() -> Page:
    return Page(cast(Agent, Talker(Catalog.films())))


class Gate:
    """A talker that says one word, then waits to be let go or stopped."""

    def __init__(self) -> None:
        self.go = threading.Event()

    def stream(self, message: str, *, user: str = "guest", session: str = "main") -> Iterator[Event]:
        yield Event(kind="token", text="one ")
        self.go.wait(PATIENCE_S)
        yield Event(kind="token", text="two")

    def stop(self, *, user: str = "guest", session: str = "main") -> bool:
        self.go.set()
        return True


def test_unnamed_browsers_are_different_people(page: Page) -> None:
    one, two = page.welcome_back({}), page.welcome_back(None)
    assert one.user != two.user
    assert not one.named


def test_a_browsers_note_brings_back_the_user_and_the_session(page: Page) -> None:
    ana = Visitor(user="ana", session="s-1", named=True)
    assert page.welcome_back(ana.note()) == ana


@pytest.mark.parametrize("note", ["text", 7, {"user": ["x"]}, {"user": "a", "session": "../../etc"}, {"session": "s"}])
def test_a_forged_note_gets_a_plain_visitor(page: Page, note: object) -> None:
    visitor = page.welcome_back(note)
    assert visitor.user
    assert "/" not in visitor.session


def test_an_incognito_conversation_is_not_in_the_note() -> None:
    assert Visitor(user="ana", session="s", incognito=True).note()["session"] == ""


def test_names_are_normalised_and_never_confused() -> None:
    assert clean_name("  Ana\n\x00Lee ") == "AnaLee"
    assert clean_name("u\u0308nï") == clean_name("ünï") == "ünï"
    assert clean_name("a" * 500) == "a" * 64
    assert [clean_name(name) for name in ("alice", "alice2", "a.b@x")] == ["alice", "alice2", "a.b@x"]


def test_a_second_press_takes_a_reaction_back(page: Page) -> None:
    ana = Visitor(user="ana", session="s")
    page.react(ana, "the-matrix-1999", "like")
    assert page.agent.ledger(user="ana", session="s").items(Stance.LIKE) == ("the-matrix-1999",)
    page.react(ana, "the-matrix-1999", "like")
    assert page.agent.ledger(user="ana", session="s").active == ()


def test_a_conversation_has_one_turn_under_way_and_others_are_free() -> None:
    turns, gate = LiveTurns(), Gate()
    live = turns.start(gate, "hello", user="ana", session="s")
    with pytest.raises(BusyError, match="still answering"):
        turns.start(gate, "again", user="ana", session="s")
    other = turns.start(Gate(), "hello", user="ben", session="s")
    assert turns.get("ben", "s") is other
    gate.go.set()
    assert [s.done for s in live.follow()][-1]
    assert live.snapshot.text == "one two"


def test_stop_ends_the_wait_at_once_and_the_next_message_is_taken() -> None:
    turns, gate = LiveTurns(), Gate()
    live = turns.start(gate, "hello", user="ana", session="s")
    while not live.snapshot.text:
        time.sleep(0.01)
    turns.stop(gate, user="ana", session="s")
    assert live.snapshot.done
    assert live.snapshot.error == STOPPED
    assert live.trouble == ""
    turns.start(gate, "next", user="ana", session="s")


def test_many_watchers_see_the_whole_turn() -> None:
    turns, gate = LiveTurns(), Gate()
    live = turns.start(gate, "hello", user="ana", session="s")
    seen: list[str] = []
    watchers = [threading.Thread(target=lambda: seen.append(list(live.follow())[-1].text)) for _ in range(5)]
    for watcher in watchers:
        watcher.start()
    gate.go.set()
    for watcher in watchers:
        watcher.join(PATIENCE_S)
    assert seen == ["one two"] * 5


def test_a_failing_turn_shows_our_words_and_not_its_own(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Gate):
        def stream(self, message: str, *, user: str = "guest", session: str = "main") -> Iterator[Event]:
            yield Event(kind="node", node="recall")
            raise OSError("/secret/path")

    live = LiveTurns().start(Broken(), "hello", user="ana", session="s")
    assert list(live.follow())[-1].error == TROUBLE
    assert "/secret/path" in caplog.text, "the log keeps what the page hides"


@pytest.mark.net
def test_the_served_page_allows_nothing_from_outside_and_hides_its_api() -> None:
    said: list[str] = []
    blocks = launch(cast(Agent, Talker(Catalog.films())), port=0, ready=said.append)
    try:
        client = httpx.Client(timeout=PATIENCE_S)
        answer = client.get(said[0])
        assert answer.status_code == 200
        assert said[0].startswith("http://127.0.0.1:")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy
        assert "http" not in policy
        assert client.get(f"{said[0]}/gradio_api/info").json()["named_endpoints"] == {}
        assert client.get(f"{said[0]}/monitoring").status_code in (403, 404)
        assert client.get(f"{said[0]}/gradio_api/file=/etc/passwd").status_code in (403, 404)
        assert client.get(f"{said[0]}/docs").status_code == 404
        assert client.get(said[0], headers={"Host": "rebound.example"}).status_code == 400, "not under a foreign name"
    finally:
        blocks.close(verbose=False)


@pytest.mark.net
def test_a_taken_port_is_told_in_one_line_before_anything_is_loaded(tmp_path: Any) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        with pytest.raises(PortTakenError, match="--port"):
            check_port("127.0.0.1", port)
        run = subprocess.run(
            [sys.executable, "-m", "parley.ui.cli", "web", "--port", str(port), "--home", str(tmp_path / "home")],
            capture_output=True, text=True, timeout=600,
        )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert str(port) in run.stderr
    assert not (tmp_path / "home").exists()


@pytest.mark.net
def test_the_command_prints_its_address_and_ends_when_told_even_as_a_background_job(tmp_path: Any) -> None:
    command = [sys.executable, "-m", "parley.ui.cli", "web", "--port", "0", "--model", "none", "--no-browser", "--json"]
    with subprocess.Popen(
        [*command, "--home", str(tmp_path / "home")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    ) as run:
        assert run.stdout is not None
        address = json.loads(run.stdout.readline())["address"]
        assert httpx.get(address, timeout=PATIENCE_S).status_code == 200
        run.terminate()
        assert run.wait(PATIENCE_S) == 0
        assert run.stdout.read() == ""
