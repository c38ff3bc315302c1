"""A whole turn over eight films: wishes hold, nothing repeats, nothing leaks, nothing is lost."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from parley.agent.ledger import Stance
from parley.agent.messages import Turn
from parley.agent.suggest import UnknownItemError
from parley.memory.errors import IdError
from tests.world import World, open_world


def titles(turn: Turn) -> set[str]:
    return {item.title for item in turn.slate}


def test_a_hard_wish_holds_on_every_later_slate(space_films: World) -> None:
    played = space_films.play("I love science fiction", "older than 1985 please", "something else?")

    for turn in played.turns[1:]:
        assert turn.slate
        assert all(item.year is not None and item.year <= 1985 for item in turn.slate)


def test_a_rejected_item_stays_off_later_slates(space_films: World) -> None:
    played = space_films.play("Something like Alien, please.", "Not The Thing, I have seen it.", "What else?")

    assert "the-thing" in played.slates[0]
    assert all("the-thing" not in slate for slate in played.slates[1:])
    assert all("alien" not in slate for slate in played.slates)


def test_a_question_about_the_second_one_is_answered_from_the_catalogue(space_films: World) -> None:
    played = space_films.play("Something like Alien, please.", "who directed the second one?")

    second = played.turns[0].slate[1]
    director = space_films.agent.parts.services.catalog[second.item_id].people["director"][0]
    assert played.turns[1].route == "answer"
    assert director in played.turns[1].reply


def test_a_wish_nothing_meets_is_named_and_given_up_openly(space_films: World) -> None:
    played = space_films.play("a science fiction film from before 1975 under 100 minutes, must be a comedy")

    turn = played.turns[0]
    assert turn.route == "plan"
    assert "1975" in turn.reply or "100" in turn.reply or "comed" in turn.reply.lower()
    assert turn.quick_replies or turn.slate


def test_more_pages_on_without_repeating(space_films: World) -> None:
    played = space_films.play("a science fiction film", "show me more")

    assert played.slates[1]
    assert not set(played.slates[0]) & set(played.slates[1])


def test_a_button_on_a_card_changes_the_next_slate(space_films: World) -> None:
    first = space_films.play("Something like Alien, please.").turns[0]
    rejected = first.slate[0].item_id

    space_films.agent.react(rejected, Stance.REJECT, user="ana")
    second = space_films.play("what else do you have?").turns[0]

    assert rejected not in {item.item_id for item in second.slate}


def test_a_button_for_an_unknown_item_is_refused_in_one_line(space_films: World) -> None:
    with pytest.raises(UnknownItemError, match="'nowhere'"):
        space_films.agent.react("nowhere", Stance.LIKE, user="ana")


def test_removing_a_wish_lets_go_of_it(space_films: World) -> None:
    space_films.play("a science fiction film older than 1985 please")
    wish = next(w for w in space_films.agent.ledger(user="ana").active if w.facet == "year")

    ledger = space_films.agent.remove_wish(wish.wish_id, user="ana")

    assert all(w.facet != "year" for w in ledger.active)
    assert space_films.agent.ledger(user="ana") == ledger


def test_two_users_share_nothing(space_films: World) -> None:
    space_films.play("I hated Alien and I love Mel Brooks", user="alice")
    other = space_films.play("a science fiction film", user="alice2")

    assert space_films.agent.ledger(user="alice").active
    assert not [w for w in space_films.agent.ledger(user="alice2").active if w.value in ("alien", "Mel Brooks")]
    assert "Mel Brooks" not in other.turns[0].ledger.model_dump_json()


def test_messages_to_one_session_are_serialised_and_none_is_lost(space_films: World) -> None:
    said = [f"a film from after {1970 + n}" for n in range(20)]
    threads = [
        threading.Thread(target=space_films.agent.chat, args=(text,), kwargs={"user": "ana", "session": "s"})
        for text in said
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    history = space_films.agent.history(user="ana", session="s")
    assert sorted(turn.user_message for turn in history) == sorted(said)
    assert [turn.turn for turn in history] == list(range(1, 21))


def test_what_was_said_survives_a_restart(tmp_path: Path) -> None:
    with open_world(tmp_path / "home") as world:
        world.play("a science fiction film older than 1985 please")
    with open_world(tmp_path / "home") as world:
        turn = world.play("what else?").turns[0]
        assert turn.turn == 2
        assert all(item.year is not None and item.year <= 1985 for item in turn.slate)
        assert len(world.agent.history(user="ana")) == 2


def test_a_second_owner_of_a_home_is_refused(tmp_path: Path) -> None:
    from parley.memory.home import HomeInUseError

    with open_world(tmp_path / "home"), pytest.raises(HomeInUseError), open_world(tmp_path / "home"):
        pass


def test_streaming_gives_the_slate_and_the_words_before_the_turn(space_films: World) -> None:
    events = list(space_films.agent.stream("a science fiction film", user="ana"))

    kinds = [event.kind for event in events]
    assert kinds[-1] == "turn"
    assert kinds.index("slate") < kinds.index("token")
    assert "".join(e.text for e in events if e.kind == "token").strip() == events[-1].turn.reply.strip()  # type: ignore[union-attr]


async def test_streaming_works_in_asyncio(space_films: World) -> None:
    events = [event async for event in space_films.agent.astream("a science fiction film", user="ana")]
    turn = await space_films.agent.achat("what else?", user="ana")

    assert events[-1].turn is not None
    assert turn.turn == 2
    await asyncio.sleep(0)


def test_a_stream_closed_early_leaves_a_whole_turn(space_films: World) -> None:
    stream = space_films.agent.stream("a science fiction film", user="ana")
    next(stream)
    stream.close()  # type: ignore[attr-defined]

    assert space_films.play("what else?").turns[0].turn == 2
    assert len(space_films.agent.history(user="ana")) == 2


def test_an_incognito_session_leaves_nothing(tmp_path: Path) -> None:
    with open_world(tmp_path / "home") as world:
        world.agent.begin_session(user="ana", session="secret", incognito=True)
        world.play("I adore xylophone-canary films by Mel Brooks", session="secret")
        assert world.agent.history(user="ana", session="secret")
    files = [path for path in (tmp_path / "home").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"xylophone-canary" in path.read_bytes()]


ODD = ["", "   ", "\x00\x00", "😀" * 500, "a" * 50_000, "‮ereh", "'; DROP TABLE turns; --", "{}[]<|im_end|>"]


@pytest.mark.parametrize("text", ODD)
def test_odd_messages_get_an_answer(space_films: World, text: str) -> None:
    turn = space_films.play(text).turns[0]

    assert turn.reply.strip()


def test_an_empty_user_is_refused(space_films: World) -> None:
    with pytest.raises(IdError, match="user"):
        space_films.agent.chat("hello", user="", session="s")


def test_turning_a_slate_down_with_a_new_wish_is_no_acceptance(space_films: World) -> None:
    played = space_films.play("a science fiction film", "Hmm, none of these. I want something funny.")

    assert played.turns[1].route == "plan"
    assert not set(played.slates[0]) & set(played.slates[1])
