"""Who looks at what, when events are handled in another order than they were asked for. Events decide, no clock."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, cast

import gradio as gr
import pytest

from parley.agent.api import Agent
from parley.agent.messages import Event
from parley.tools.items import Catalog
from parley.ui.web.app import Page
from parley.ui.web.blocks import NOT_NAMED, Desk
from parley.ui.web.visitor import Visitor
from tests.ui.double import Talker

PATIENCE_S = 60.0
FILMS = Catalog.films()


class Held(Talker):
    """A talker whose answers, and whose adoptions, wait until they are let go."""

    def __init__(self) -> None:
        super().__init__(FILMS)
        self.answer, self.adoption = threading.Event(), threading.Event()
        self.answer.set()
        self.adoption.set()
        self.adopting = threading.Event()
        """Set when an adoption has begun."""

    def stream(self, message: str, *, user: str = "guest", session: str = "main") -> Iterator[Event]:
        for event in super().stream(message, user=user, session=session):
            yield event
            if event.kind == "slate":
                assert self.answer.wait(PATIENCE_S)

    def stop(self, *, user: str = "guest", session: str = "main") -> bool:
        self.answer.set()
        return super().stop(user=user, session=session)

    def adopt(self, guest: str, *, by: str) -> dict[str, str]:
        self.adopting.set()
        assert self.adoption.wait(PATIENCE_S)
        return super().adopt(guest, by=by)


class Tab:
    """One open page: what it asks for, in words, and what it was painted."""

    def __init__(self, desk: Desk, name: str = "tab") -> None:
        self.desk = desk
        self.request = cast(gr.Request, SimpleNamespace(session_hash=name))
        self.painted: list[dict[Any, Any]] = []
        self.told: Visitor | None = None
        self.typed = ""
        """What stands in the name's box."""

    def arrive(self, note: Any = None) -> Tab:
        self._take(self.desk.arrive(note, self.request))
        self.told = self.here
        return self

    def say(self, message: str) -> None:
        self._take(self.desk.say(self.told, None, self.typed, message, self.request))

    def rename(self) -> None:
        self._take(self.desk.rename(self.told, None, self.typed, self.request))

    def press(self, **data: str) -> None:
        event = cast(gr.EventData, SimpleNamespace(_data=data))
        self._take(self.desk.press(self.told, None, self.typed, event, self.request))

    @property
    def here(self) -> Visitor:
        visitor = self.desk.page.tabs.at(self.request.session_hash)
        assert visitor is not None
        return visitor

    def last(self, component: Any) -> Any:
        """What was painted last there."""
        return next(paint[component] for paint in reversed(self.painted) if component in paint)

    def shows(self, words: str) -> bool:
        return any(words in str(html) for paint in self.painted for html in paint.values())

    def _take(self, updates: Iterator[dict[Any, Any]]) -> None:
        for paint in updates:
            self.painted.append(paint)


@pytest.fixture
def talker() -> Held:
    return Held()


@pytest.fixture
def desk(talker: Held) -> Desk:
    with gr.Blocks():
        desk = Desk(Page(cast(Agent, talker)))
        desk.lay_out()
    return desk


@pytest.fixture
def beside() -> Iterator[Callable[..., threading.Thread]]:
    """Do something at the same time; it must have ended when the test ends."""
    threads: list[threading.Thread] = []

    def start(what: Callable[..., Any], *told: Any) -> threading.Thread:
        threads.append(threading.Thread(target=what, args=told, daemon=True))
        threads[-1].start()
        return threads[-1]

    yield start
    for thread in threads:
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def said_to(talker: Talker, user: str) -> list[str]:
    """Everything that was said under a name."""
    return [
        turn.user_message
        for info in reversed(talker.sessions(user=user))
        for turn in talker.history(user=user, session=info["session"])
    ]


def until(holds: Callable[[], bool]) -> None:
    """Wait for something to come; the test's own time limit ends it."""
    waited = threading.Event()
    while not holds():
        waited.wait(0.01)


def test_a_message_that_overtakes_the_naming_is_sent_under_the_name(desk: Desk, talker: Held) -> None:
    tab = Tab(desk).arrive()
    guest = tab.here.user
    tab.typed = "ana"
    tab.say("a western")
    tab.rename()

    assert said_to(talker, "ana") == ["a western"]
    assert said_to(talker, guest) == []
    assert (tab.here.user, tab.last(desk.name), tab.last(desk.visitor)) == ("ana", "ana", tab.here)
    assert tab.last(desk.note) == tab.here.note()


def test_a_message_that_still_knows_the_guest_goes_to_the_name_that_was_given(desk: Desk, talker: Held) -> None:
    tab = Tab(desk).arrive()
    tab.typed = "ana"
    tab.rename()
    assert tab.told is not None
    assert not tab.told.named, "what the event brings along is old"
    tab.say("a western")

    assert said_to(talker, "ana") == ["a western"]
    assert tab.last(desk.visitor).user == "ana"


def test_a_message_sent_while_the_naming_takes_its_time_joins_the_conversation(
    desk: Desk, talker: Held, beside: Callable[..., threading.Thread]
) -> None:
    tab = Tab(desk).arrive()
    guest = tab.here
    tab.say("a western")
    talker.adoption.clear()
    tab.typed = "ana"
    beside(tab.rename)
    assert talker.adopting.wait(PATIENCE_S)
    saying = beside(tab.say, "older than 1980")
    assert said_to(talker, guest.user) == ["a western"]
    talker.adoption.set()
    saying.join(PATIENCE_S)

    assert said_to(talker, "ana") == ["a western", "older than 1980"]
    assert said_to(talker, guest.user) == []
    assert tab.here == guest.model_copy(update={"user": "ana", "named": True}), "the conversation stays in view"


def test_a_name_given_in_the_middle_of_an_answer_waits_for_its_end_while_the_page_shows_it(
    desk: Desk, talker: Held, beside: Callable[..., threading.Thread]
) -> None:
    tab = Tab(desk).arrive()
    guest = tab.here
    talker.answer.clear()
    beside(tab.say, "a western")
    until(lambda: tab.shows('class="slate"'))
    tab.typed = "ana"
    naming = beside(tab.rename)
    until(lambda: desk.page.tabs.wanted("tab") == "ana")
    assert tab.here == guest, "the answer goes on in view"
    talker.answer.set()
    naming.join(PATIENCE_S)

    assert said_to(talker, "ana") == ["a western"]
    assert said_to(talker, guest.user) == []
    until(lambda: tab.last(desk.visitor).user == "ana")
    assert "a western" in tab.last(desk.past)
    assert tab.last(desk.name) == "ana"


def test_stop_ends_the_answer_that_a_name_waits_for(
    desk: Desk, talker: Held, beside: Callable[..., threading.Thread]
) -> None:
    tab = Tab(desk).arrive()
    talker.answer.clear()
    beside(tab.say, "a western")
    until(lambda: tab.shows('class="slate"'))
    tab.typed = "ana"
    naming = beside(tab.rename)
    until(lambda: desk.page.tabs.wanted("tab") == "ana")
    desk.stop(tab.told, tab.request)
    naming.join(PATIENCE_S)

    assert tab.here.user == "ana"
    assert said_to(talker, "ana") == ["a western"]


def test_of_two_names_typed_during_an_answer_the_last_one_holds(
    desk: Desk, talker: Held, beside: Callable[..., threading.Thread]
) -> None:
    tab = Tab(desk).arrive()
    talker.answer.clear()
    beside(tab.say, "a western")
    until(lambda: tab.shows('class="slate"'))
    for typed in ("an", "ana"):
        tab.typed = typed
        beside(tab.rename)
        until(lambda typed=typed: desk.page.tabs.wanted("tab") == typed)  # type: ignore[misc]
    talker.answer.set()
    until(lambda: tab.here.named)

    assert (said_to(talker, "an"), said_to(talker, "ana")) == ([], ["a western"])


def test_a_message_of_an_earlier_name_goes_where_it_was_meant_and_turns_nothing_back(desk: Desk, talker: Held) -> None:
    tab = Tab(desk).arrive()
    for tab.typed in ("ana", "ben"):
        tab.rename()
    tab.typed = "ana"
    tab.say("a western")  # typed before "ben" was, handled after it
    tab.press(do="new")

    assert said_to(talker, "ana") == ["a western"]
    assert said_to(talker, "ben") == []
    assert tab.here.user == "ben"
    assert tab.last(desk.visitor).user == "ben"
    assert not tab.shows("western")


def test_another_tab_of_the_same_browser_comes_along(desk: Desk, talker: Held) -> None:
    one = Tab(desk, "one").arrive()
    one.say("a western")
    two = Tab(desk, "two").arrive(one.here.note())
    stranger = Tab(desk, "three").arrive()
    one.typed = "ana"
    one.rename()
    two.say("older than 1980")

    assert said_to(talker, "ana") == ["a western", "older than 1980"]
    assert two.here == one.here
    assert two.last(desk.name) == "ana"
    assert not stranger.here.named


def test_no_paint_of_the_guests_answer_comes_after_the_names_own(desk: Desk, talker: Held) -> None:
    tab = Tab(desk).arrive()
    guest = tab.here
    answering = desk.say(guest, None, "", "a western", tab.request)
    until(lambda: any(desk.now in paint for paint in [next(answering)]))
    until(lambda: not desk.page.turns.under_way(guest.user))
    tab.typed = "ana"
    tab.rename()
    late = list(answering)  # the answer's event is behind: it paints the end of the answer only now

    assert all(paint[desk.visitor].user == "ana" for paint in late if desk.visitor in paint)
    assert "a western" in [paint[desk.past] for paint in (*tab.painted, *late) if desk.past in paint][-1]


def test_one_who_has_a_name_takes_nothing_along_to_another(desk: Desk, talker: Held) -> None:
    tab = Tab(desk).arrive()
    tab.typed = "ana"
    tab.say("a western")
    tab.typed = "ben"
    tab.rename()

    assert (said_to(talker, "ana"), said_to(talker, "ben")) == (["a western"], [])
    assert tab.here.user == "ben"
    assert "western" not in tab.last(desk.past)


def test_a_guest_who_said_nothing_opens_the_newest_conversation_of_the_name(desk: Desk, talker: Held) -> None:
    list(talker.stream("a western", user="ana", session="s"))
    tab = Tab(desk).arrive()
    tab.typed = "ana"
    tab.rename()

    assert (tab.here.user, tab.here.session) == ("ana", "s")
    assert "a western" in tab.last(desk.past)


def test_a_guest_in_a_new_conversation_stays_in_it_and_the_others_are_at_hand(desk: Desk, talker: Held) -> None:
    tab = Tab(desk).arrive()
    tab.say("a western")
    tab.press(do="new")
    tab.typed = "ana"
    tab.rename()

    assert "welcome" in tab.last(desk.past)
    assert "a western" in tab.last(desk.sessions)


def test_an_incognito_conversation_does_not_come_along(desk: Desk, talker: Held) -> None:
    tab = Tab(desk).arrive()
    tab.press(do="incognito")
    tab.say("a western")
    tab.typed = "ana"
    tab.rename()

    assert said_to(talker, "ana") == []
    assert "western" not in tab.last(desk.past)


def test_the_name_box_is_left_alone_while_somebody_may_be_typing_in_it(desk: Desk) -> None:
    tab = Tab(desk).arrive()
    tab.say("a western")
    assert not any(desk.name in paint for paint in tab.painted)
    tab.typed = "ana"
    tab.rename()
    named = len(tab.painted)
    tab.say("older than 1980")
    assert not any(desk.name in paint for paint in tab.painted[named:])


def test_after_a_restart_of_the_server_a_message_waits_in_its_box_until_the_page_shows_where_it_is(
    desk: Desk, talker: Held
) -> None:
    tab = Tab(desk)
    list(desk.say(None, {"user": "ana", "named": True, "session": "s"}, "ana", "a western", tab.request))
    assert said_to(talker, "ana") == []
    assert (tab.here.user, tab.here.session) == ("ana", "s")
    tab.say("a western")
    assert said_to(talker, "ana") == ["a western"]


def test_a_tab_that_slept_is_where_it_was(desk: Desk, talker: Held) -> None:
    tab = Tab(desk).arrive()
    tab.press(do="incognito")
    tab.told = tab.here
    desk.leave(tab.request)
    tab.say("a western")

    assert tab.here == tab.told
    assert talker.sessions(user=tab.here.user)[0]["incognito"], "not into a conversation that is kept"


def test_a_naming_that_fails_is_told_and_the_guest_goes_on(
    desk: Desk, talker: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    tab = Tab(desk).arrive()
    tab.say("a western")
    guest = tab.here

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("/secret/path: disk full")

    monkeypatch.setattr(talker, "adopt", fail)
    tab.typed = "ana"
    tab.rename()
    assert NOT_NAMED in tab.last(desk.now)
    assert not tab.shows("secret")
    tab.say("older than 1980")
    assert said_to(talker, guest.user) == ["a western", "older than 1980"]
    monkeypatch.undo()
    tab.rename()
    assert said_to(talker, "ana") == ["a western", "older than 1980"]
