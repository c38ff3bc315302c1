"""A guest says who they are: what they said goes on under the name, and the guest is gone."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from parley.agent.ledger import Stance
from parley.memory.errors import ForgetError, IdError, MemoryStoreError
from tests.world import World, open_world

GUEST = "guest-0a1b2c"


def everything_in(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_the_conversation_goes_on_as_if_the_name_had_had_it(space_films: World) -> None:
    agent = space_films.agent
    begun = space_films.play("something like Alien, but no comedies please", user=GUEST, session="s")
    disliked = begun.slates[0][0]
    agent.react(disliked, Stance.DISLIKE, user=GUEST, session="s")
    before = (agent.ledger(user=GUEST, session="s"), agent.slate(user=GUEST, session="s"))
    traces = agent.traces(user=GUEST, session="s")

    assert agent.adopt(GUEST, by="ana") == {"s": "s"}

    assert (agent.ledger(user="ana", session="s"), agent.slate(user="ana", session="s")) == before
    assert [(turn.user, turn.session) for turn in agent.history(user="ana", session="s")] == [("ana", "s")]
    assert agent.traces(user="ana", session="s") == traces
    went_on = space_films.play("what else?", user="ana", session="s")
    assert went_on.turns[0].turn == 2
    assert disliked not in went_on.slates[0]
    assert not {"spaceballs", "galaxy-quest"} & set(went_on.slates[0])


def test_nothing_of_the_guest_is_left_and_their_words_stand_under_one_name(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        world.play("something with xylophonequark", user=GUEST, session="s")
        world.agent.adopt(GUEST, by="ana")

        assert world.agent.parts.store.users() == ["ana"]
        assert world.agent.sessions(user=GUEST) == []
        assert GUEST.encode() not in everything_in(tmp_path)
        world.agent.forget_user("ana")
        assert b"xylophonequark" not in everything_in(tmp_path), "no copy stays behind"


def test_every_conversation_comes_along_and_none_of_the_names_is_touched(space_films: World) -> None:
    agent = space_films.agent
    hers = space_films.play("a comedy please", user="ana", session="s").turns
    space_films.play("a horror film", user="bo", session="s")
    others = agent.export_user("bo")
    space_films.play("something like Alien", user=GUEST, session="s")
    space_films.play("something like WALL-E", user=GUEST, session="t")

    came = agent.adopt(GUEST, by="ana")

    assert came == {"s": "s-2", "t": "t"}
    assert agent.history(user="ana", session="s") == hers
    assert [turn.user_message for turn in agent.history(user="ana", session="s-2")] == ["something like Alien"]
    assert agent.ledger(user="ana", session="s-2") != agent.ledger(user="ana", session="s")
    assert agent.export_user("bo") == others
    assert [turn.turn for turn in space_films.play("what else?", user="ana", session="s").turns] == [2]


def test_an_incognito_conversation_never_comes_along(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        world.agent.begin_session(user=GUEST, session="hush", incognito=True)
        world.play("something with xylophonequark", user=GUEST, session="hush")
        world.play("something like Alien", user=GUEST, session="s")

        assert world.agent.adopt(GUEST, by="ana") == {"s": "s"}

        assert [info["session"] for info in world.agent.sessions(user="ana")] == ["s"]
        assert b"xylophonequark" not in everything_in(tmp_path)


def test_an_incognito_turn_under_way_ends_before_its_session_goes(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        world.play("something like Alien", user=GUEST, session="s")
        world.agent.begin_session(user=GUEST, session="hush", incognito=True)
        events = world.agent.stream("something with xylophonequark", user=GUEST, session="hush")
        next(events)
        adopting = threading.Thread(target=world.agent.adopt, args=(GUEST,), kwargs={"by": "ana"})
        adopting.start()
        list(events)
        adopting.join(60)

        assert world.agent.parts.store.users() == ["ana"]
        assert b"xylophonequark" not in everything_in(tmp_path)


def test_a_guest_who_said_nothing_makes_no_user(space_films: World) -> None:
    assert space_films.agent.adopt(GUEST, by="ana") == {}
    assert space_films.agent.parts.store.users() == []
    with pytest.raises(IdError, match="cannot be adopted by itself"):
        space_films.agent.adopt("ana", by="ana")


def test_a_turn_under_way_is_waited_for_and_comes_along(space_films: World) -> None:
    agent = space_films.agent
    events = agent.stream("something like Alien", user=GUEST, session="s")
    next(events)  # the first turn of this session: nothing of it is written down yet
    came: list[dict[str, str]] = []
    adopting = threading.Thread(target=lambda: came.append(agent.adopt(GUEST, by="ana")))
    adopting.start()
    assert came == []

    list(events)
    adopting.join(60)

    assert came == [{"s": "s"}]
    assert [turn.user_message for turn in agent.history(user="ana", session="s")] == ["something like Alien"]
    assert agent.parts.store.users() == ["ana"]


def test_forgetting_a_user_stops_the_turn_under_way_and_what_it_writes_last_goes_too(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        events = world.agent.stream("something with xylophonequark", user="ana", session="s")
        next(events)
        forgetting = threading.Thread(target=world.agent.forget_user, args=("ana",))
        forgetting.start()
        list(events)
        forgetting.join(60)

        assert world.agent.parts.store.users() == []
        assert b"xylophonequark" not in everything_in(tmp_path)


def test_a_crash_before_the_move_leaves_the_guest_and_the_next_try_takes_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_world(tmp_path) as world:
        agent, store = world.agent, world.agent.parts.store
        world.play("something like Alien", user=GUEST, session="s")

        def fail(*_: Any) -> None:
            raise MemoryStoreError("disk full")

        with monkeypatch.context() as broken:
            broken.setattr(store, "move_user", fail)
            with pytest.raises(MemoryStoreError):
                agent.adopt(GUEST, by="ana")
        assert agent.sessions(user="ana") == []
        assert len(agent.history(user=GUEST, session="s")) == 1
        world.play("what else?", user=GUEST, session="s")

        assert agent.adopt(GUEST, by="ana") == {"s": "s"}
        assert world.play("and what else?", user="ana", session="s").turns[0].turn == 3


def test_a_guest_that_cannot_be_cleared_yet_has_moved_all_the_same(
    space_films: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    agent = space_films.agent
    space_films.play("something like Alien", user=GUEST, session="s")

    def fail(*_: Any) -> None:
        raise ForgetError("another program is reading the file")

    monkeypatch.setattr(agent.parts.store, "forget_user", fail)

    assert agent.adopt(GUEST, by="ana") == {"s": "s"}
    assert len(agent.history(user="ana", session="s")) == 1
    assert "could not be cleared" in caplog.text


def test_a_conversation_whose_state_is_damaged_comes_along_with_what_was_said(space_films: World) -> None:
    agent = space_films.agent
    space_films.play("something like Alien", user=GUEST, session="s")
    saver = agent.parts.checkpointer
    with saver.cursor() as cursor:  # type: ignore[union-attr]
        cursor.execute("UPDATE checkpoints SET checkpoint = x'00'")

    assert agent.adopt(GUEST, by="ana") == {"s": "s"}

    assert len(agent.history(user="ana", session="s")) == 1
    assert space_films.play("something like WALL-E", user="ana", session="s").slates[0]
