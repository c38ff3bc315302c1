"""T9 and T24 of the durability and privacy list, with their figures."""

from __future__ import annotations

import json
import random
import statistics
import time
from pathlib import Path
from typing import Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel, ConfigDict

from parley.memory.checkpoints import open_checkpointer, prune, thread_id
from parley.memory.learn import TurnFacts, WishFact, propose
from parley.memory.profile import load_profile, remember
from parley.memory.recall import recall
from parley.memory.store import MemoryStore
from tests.memory.conftest import Clock

USERS = ("alice", "alice2", "ALICE", "a.b@x", "ünï")


class Board(BaseModel):
    """About as large as a ledger and a slate get."""

    model_config = ConfigDict(frozen=True)

    wishes: tuple[tuple[str, str, str], ...] = ()
    slate: tuple[str, ...] = ()


class State(TypedDict, total=False):
    turn: int
    board: Board


def play(state: State) -> State:
    turn = state.get("turn", 0) + 1
    wishes = tuple((f"w{n}", "genre", f"value {n} " * 5) for n in range(min(turn, 40)))
    return {"turn": turn, "board": Board(wishes=wishes, slate=tuple(f"film {turn} {n} " * 10 for n in range(10)))}


class Home:
    """A session of one user, with all that memory does in a turn."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.saver = open_checkpointer(folder / "sessions.sqlite", models=[Board])
        self.store = MemoryStore.open(folder / "memory.sqlite")
        self.store.set_consent("ana", True)
        builder = StateGraph(State)
        builder.add_node("play", play)
        builder.add_edge(START, "play")
        builder.add_edge("play", END)
        self.app = builder.compile(checkpointer=self.saver)
        self.turn = 0

    def play(self) -> float:
        """One turn; its processor time in seconds (this machine's other work does not count)."""
        began = time.process_time()
        self.turn += 1
        now = self.store.clock()
        name = thread_id("ana", "long")
        recall(self.store, "ana", "something slow", now=now, session="long")
        state = self.app.invoke({}, {"configurable": {"thread_id": name}}, durability="sync")
        facts = TurnFacts(
            user="ana", session="long", turn=self.turn, time=now, reactions=((f"film {self.turn % 8}", "like"),),
            wishes=(WishFact(facet="mood", value=f"mood {self.turn % 8}", words="something like that"),),
        )  # fmt: skip
        remember(self.store, propose([facts]), now)
        payload = {"user_message": "x" * 100, "reply": "y" * 600, "n": state["turn"]}
        self.store.append_turn("ana", "long", self.turn, payload)
        prune(self.saver, name)
        return time.process_time() - began


@pytest.mark.slow
def test_a_thousand_turns_stay_within_25_mb_and_as_fast_as_the_tenth(tmp_path: Path) -> None:
    long = Home(tmp_path / "long")
    for _ in range(1000):
        long.play()
    sizes = {path.name: path.stat().st_size for path in long.folder.iterdir()}
    ratios = []
    for _ in range(5):  # a turn after 1,000 and the turns 10 to 19 of a young session, side by side
        young = Home(tmp_path / f"young {len(ratios)}")
        for _ in range(9):
            young.play()
        pairs = [(long.play(), young.play()) for _ in range(10)]
        ratios += [late / early for late, early in pairs]

    ratio = statistics.median(ratios)
    print(f"T9: {sizes} after 1,000 turns; a turn then costs {ratio:.2f} times the tenth")
    assert sum(sizes.values()) <= 25e6
    assert ratio <= 1.5
    assert len(long.store.turns("ana", "long")) == 1050


def test_a_thousand_interleaved_turns_leak_nothing(store: MemoryStore, clock: Clock) -> None:
    rng = random.Random(0)
    canaries = {user: f"canary {number}" for number, user in enumerate(USERS)}
    for user in USERS:
        store.set_consent(user, True)
    turns = dict.fromkeys(USERS, 0)
    leaks = 0
    for _ in range(1000):
        user = rng.choice(USERS)
        mine = canaries[user]
        turns[user] += 1
        session = f"s{turns[user] % 3}"  # the same names for everybody
        clock.pass_days(0.01)
        seen: list[Any] = [
            recall(store, user, f"the film of {rng.choice(list(canaries.values()))}", now=clock(), session="now").text,
            load_profile(store, user, clock()).paragraph(),
            json.dumps([t.payload for t in store.turns(user, session)] if store.has_session(user, session) else []),
            json.dumps(store.export_user(user), ensure_ascii=False),
        ]
        facts = TurnFacts(
            user=user, session=session, turn=turns[user], time=clock(), reactions=((f"item of {mine}", "like"),),
            wishes=(WishFact(facet="keyword", value=mine, scope="standing", words=f"always {mine}"),),
        )  # fmt: skip
        remember(store, propose([facts]), clock())
        store.append_turn(user, session, turns[user], {"user_message": f"a film about {mine}", "by": mine})
        leaks += sum(other in text for text in seen for name, other in canaries.items() if name != user)

    print(f"T24: {leaks} leaks in 1,000 interleaved turns of {len(USERS)} users")
    assert leaks == 0
    assert all(canaries[user] in recall(store, user, "films", now=clock()).text for user in USERS)


@pytest.mark.parametrize("victim", USERS)
def test_forgetting_one_user_leaves_every_other_users_rows_as_they_were(
    store: MemoryStore, clock: Clock, victim: str
) -> None:
    for user in USERS:
        store.set_consent(user, True)
        store.append_turn(user, "s", 1, {"user_message": user})
        facts = TurnFacts(user=user, session="s", turn=1, time=clock(), reactions=((f"item of {user}", "like"),))
        remember(store, propose([facts]), clock())
    before = {user: store.export_user(user) for user in USERS}

    store.forget_user(victim)

    assert {user: store.export_user(user) for user in USERS if user != victim} == {
        user: rows for user, rows in before.items() if user != victim
    }
    assert store.export_user(victim)["created"] is None
