"""Memory through the whole agent: who is remembered, what leaks, what is left after forgetting."""

from __future__ import annotations

import json
import random
from pathlib import Path

from tests.world import open_world

USERS = ("alice", "alice2", "ALICE", "a.b@x", "ünï")


def everything_in(home: Path) -> bytes:
    return b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file())


def test_a_standing_wish_holds_at_the_next_visit_and_only_for_its_owner(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        for user in ("ana", "bo"):
            world.agent.set_consent(user, True)
        world.play("I never watch horror", "something with a spaceship", user="ana", session="monday")
    with open_world(tmp_path) as world:
        ana = world.play("something sci-fi please", "what else?", user="ana", session="tuesday")
        bo = world.play("a horror film please", user="bo", session="tuesday")

    assert not {"alien", "the-thing"} & {item for slate in ana.slates for item in slate}
    assert {"alien", "the-thing"} & set(bo.slates[0])


def test_interleaved_users_of_one_agent_never_see_each_others_words(tmp_path: Path) -> None:
    rng = random.Random(0)
    canaries = {user: f"zebra{number}quark" for number, user in enumerate(USERS)}
    with open_world(tmp_path) as world:
        for user in USERS:
            world.agent.set_consent(user, True)
        leaks = []
        for _ in range(100):
            user = rng.choice(USERS)
            message = rng.choice([f"a film about {canaries[user]}", "something funny", "I loved Alien", "what else?"])
            (turn,) = world.play(message, user=user, session="main").turns
            traces = [t.model_dump_json() for t in world.agent.traces(user=user, session="main")]
            text = turn.model_dump_json() + "".join(traces) + json.dumps(world.agent.sessions(user=user))
            leaks += [canary for other, canary in canaries.items() if other != user and canary in text]

        assert leaks == []
        for user in USERS:
            export = json.dumps(world.agent.parts.store.export_user(user), ensure_ascii=False)
            assert [other for other in USERS if canaries[other] in export] == [user]


def test_forget_me_leaves_no_byte_of_50_canaries_in_the_home(tmp_path: Path) -> None:
    canaries = [f"xylophone{number:02d}quark" for number in range(50)]
    with open_world(tmp_path) as world:
        world.agent.set_consent("ana", True)
        for number, canary in enumerate(canaries):
            world.play(f"I never watch {canary}, something like Alien", user="ana", session=f"s{number % 5}")
        world.play("something funny", user="bo")
        assert canaries[3].encode() in everything_in(tmp_path)

        world.agent.parts.store.forget_user("ana")

        left = everything_in(tmp_path)
        assert [canary for canary in canaries if canary.encode() in left] == []
        assert world.agent.sessions(user="ana") == []
        assert len(world.agent.history(user="bo")) == 1
        assert world.play("hello", user="ana", session="s1").turns[0].turn == 1
    assert not any(canary.encode() in everything_in(tmp_path) for canary in canaries)


def test_an_incognito_session_goes_on_like_any_other_and_reaches_no_file(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        world.agent.set_consent("ana", True)
        world.agent.begin_session(user="ana", session="hush", incognito=True)
        played = world.play(
            "I never watch horror, xylophonequark", "I loved Alien", "something else", user="ana", session="hush"
        )
        assert [turn.turn for turn in played.turns] == [1, 2, 3]
        assert "alien" not in played.slates[2]
        assert len(world.agent.history(user="ana", session="hush")) == 3
        assert world.agent.parts.store.statements("ana") == []
        assert b"xylophonequark" not in everything_in(tmp_path)
    with open_world(tmp_path) as world:
        assert world.agent.sessions(user="ana") == []


def test_before_consent_nothing_long_term_is_written(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        world.play("I never watch horror", "I loved Blade Runner", user="ana", session="monday")
        assert world.agent.needs_consent("ana")
        assert world.agent.parts.store.statements("ana") == []
