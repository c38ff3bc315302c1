from __future__ import annotations

import itertools
import operator
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TypedDict

import pytest
from langgraph.graph import END, START, StateGraph
from pydantic import BaseModel, ConfigDict

from parley.memory.checkpoints import Checkpointer, models_in, open_checkpointer, prune, thread_id
from parley.memory.errors import CheckpointDamagedError, MemoryStoreError
from parley.memory.store import MemoryStore
from tests.memory.conftest import AWKWARD_IDS


class Mood(StrEnum):
    CALM = "calm"


class Leaf(BaseModel):
    model_config = ConfigDict(frozen=True)

    tags: tuple[str, ...] = ()
    mood: Mood | None = None
    scores: Mapping[str, float] = {}


class Tree(BaseModel):
    model_config = ConfigDict(frozen=True)

    leaves: tuple[Leaf, ...] = ()
    names: frozenset[str] = frozenset()
    best: Leaf | None = None


class State(TypedDict, total=False):
    turn: int
    tree: Tree
    mood: Mood
    many: Annotated[list[Leaf], operator.add]


def grow(state: State) -> State:
    turn = state.get("turn", 0) + 1
    leaf = Leaf(tags=(f"t{turn}", "x"), mood=Mood.CALM, scores={"a": turn / 3})
    return {"turn": turn, "tree": Tree(leaves=(leaf, leaf), names=frozenset("ab"), best=leaf), "mood": Mood.CALM}


def graph(saver: Checkpointer) -> Any:
    builder = StateGraph(State)
    builder.add_node("grow", grow)
    builder.add_edge(START, "grow")
    builder.add_edge("grow", END)
    return builder.compile(checkpointer=saver)


def turn(app: Any, name: str) -> dict[str, Any]:
    result: dict[str, Any] = app.invoke({}, {"configurable": {"thread_id": name}}, durability="sync")
    return result


def test_threads_of_different_pairs_never_coincide() -> None:
    ids = [*AWKWARD_IDS, "a", "a.b", "b", ".", "a.", ".b"]
    pairs = list(itertools.product(ids, ids))

    assert len({thread_id(user, session) for user, session in pairs}) == len(pairs)
    assert not {thread_id(u, s) for u, s in pairs} & {thread_id(u, s, incognito=True) for u, s in pairs}


def test_frozen_models_come_back_equal_in_strict_mode(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    saver = open_checkpointer(tmp_path / "c.sqlite", models=[Tree, Leaf, Mood])
    turn(graph(saver), "a")
    saver.close()

    saver = open_checkpointer(tmp_path / "c.sqlite", models=[Tree, Leaf, Mood])
    values = graph(saver).get_state({"configurable": {"thread_id": "a"}}).values

    assert values["tree"] == grow({})["tree"]  # type: ignore[typeddict-item]
    assert isinstance(values["tree"].leaves[0], Leaf)
    assert values["mood"] is Mood.CALM
    assert not [r for r in caplog.records if "locked" in r.message or "nregistered" in r.message]


def test_a_constructor_planted_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    import ormsgpack

    saver = open_checkpointer(tmp_path / "c.sqlite")
    planted = tmp_path / "planted"
    payload = ormsgpack.Ext(0, ormsgpack.packb(("os", "system", f"touch {planted}")))

    value = saver.serde.loads_typed(("msgpack", ormsgpack.packb({"x": payload})))

    assert not planted.exists()
    assert value == {"x": f"touch {planted}"}


def test_models_in_finds_a_modules_own_models_and_enums() -> None:
    found = models_in(sys.modules[__name__])

    assert {Mood, Leaf, Tree} <= found
    assert BaseModel not in found


def test_pruning_keeps_the_latest_state_and_the_file_small(tmp_path: Path) -> None:
    saver = open_checkpointer(tmp_path / "c.sqlite", models=[Tree, Leaf, Mood])
    app = graph(saver)
    for _ in range(50):
        turn(app, "a")
        prune(saver, "a")
    turn(app, "b")

    assert turn(app, "a")["turn"] == 51
    config = {"configurable": {"thread_id": "a"}}
    prune(saver, "a")
    assert len(list(saver.list(config))) == 1  # type: ignore[arg-type]
    assert app.get_state({"configurable": {"thread_id": "b"}}).values["turn"] == 1
    size = sum(path.stat().st_size for path in tmp_path.glob("c.sqlite"))
    assert size < 200_000


def test_a_deleted_session_leaves_no_bytes(tmp_path: Path) -> None:
    saver = open_checkpointer(tmp_path / "c.sqlite", models=[Tree, Leaf, Mood])
    app = graph(saver)
    secret = thread_id("ana", "s")
    app.invoke({"many": [Leaf(tags=("canary-secret",))]}, {"configurable": {"thread_id": secret}}, durability="sync")
    turn(app, thread_id("ana2", "s"))
    with MemoryStore.open(tmp_path / "m.sqlite") as store:
        store.add_forget_hook(saver)
        store.append_turn("ana", "s", 1, {})
        assert b"canary-secret" in b"".join(path.read_bytes() for path in tmp_path.iterdir())

        store.forget_user("ana")

    assert not any(b"canary-secret" in path.read_bytes() for path in tmp_path.iterdir())
    assert turn(app, thread_id("ana2", "s"))["turn"] == 2
    assert turn(app, secret)["turn"] == 1


def test_a_private_session_has_a_state_but_reaches_no_file(tmp_path: Path) -> None:
    saver = open_checkpointer(tmp_path / "c.sqlite", models=[Tree, Leaf, Mood])
    app = graph(saver)
    name = thread_id("ana", "s", incognito=True)

    app.invoke({"many": [Leaf(tags=("canary-private",))]}, {"configurable": {"thread_id": name}}, durability="sync")

    assert turn(app, name)["turn"] == 2
    assert app.get_state({"configurable": {"thread_id": name}}).values["many"] == [Leaf(tags=("canary-private",))]
    assert not any(b"canary-private" in path.read_bytes() for path in tmp_path.iterdir())
    saver.forget_session("ana", "s")
    assert turn(app, name)["turn"] == 1


def twenty_sessions(path: Path) -> None:
    saver = open_checkpointer(path, models=[Tree, Leaf, Mood])
    app = graph(saver)
    for number in range(20):
        for _ in range(3):
            turn(app, f"thread{number:02d}")
    saver.conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    saver.close()


@pytest.mark.parametrize("column", ["blob", "type"])
def test_one_damaged_session_is_set_aside_and_the_others_go_on(tmp_path: Path, column: str) -> None:
    path = tmp_path / "c.sqlite"
    twenty_sessions(path)
    with sqlite3.connect(path) as raw:
        change = "checkpoint = x'c1c1c1'" if column == "blob" else "type = 'gibberish'"
        raw.execute(f"UPDATE checkpoints SET {change} WHERE thread_id = 'thread07'")
    saver = open_checkpointer(path, models=[Tree, Leaf, Mood])
    app = graph(saver)

    with pytest.raises(CheckpointDamagedError, match="thread07") as told:
        turn(app, "thread07")

    assert "say your last sentence again" in str(told.value)
    assert turn(app, "thread07")["turn"] == 1
    assert [name for name, _ in saver.quarantined()] == ["thread07"]
    for number in set(range(20)) - {7}:
        assert turn(app, f"thread{number:02d}")["turn"] == 4


def test_a_file_with_a_broken_header_is_rescued_with_every_session(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    twenty_sessions(path)
    data = bytearray(path.read_bytes())
    data[:60] = os.urandom(60)
    path.write_bytes(bytes(data))

    saver = open_checkpointer(path, models=[Tree, Leaf, Mood])
    app = graph(saver)

    assert "rescued" in saver.salvaged
    assert [turn(app, f"thread{number:02d}")["turn"] for number in range(20)] == [4] * 20
    assert list(tmp_path.glob("c.sqlite.damaged-*"))


def test_half_a_file_keeps_the_sessions_it_still_holds_and_takes_new_ones(tmp_path: Path) -> None:
    path = tmp_path / "c.sqlite"
    twenty_sessions(path)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])

    saver = open_checkpointer(path, models=[Tree, Leaf, Mood])
    app = graph(saver)
    reached = []
    for number in range(20):
        try:
            reached.append(turn(app, f"thread{number:02d}")["turn"])
        except CheckpointDamagedError:
            reached.append(turn(app, f"thread{number:02d}")["turn"])

    assert saver.salvaged
    assert set(reached) <= {1, 2, 3, 4}
    assert reached.count(4) >= 3
    assert turn(app, "new")["turn"] == 1


READ_ONLY = """
import os, sys
from parley.memory.checkpoints import open_checkpointer
from parley.memory.errors import MemoryStoreError
from parley.memory.store import MemoryStore
os.setuid(65534)
for opener, name in ((open_checkpointer, "c.sqlite"), (MemoryStore.open, "m.sqlite")):
    try:
        opener(os.path.join(sys.argv[1], name))
        print("opened")
    except MemoryStoreError as error:
        print(error)
"""


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="needs root to become a user without rights")
def test_a_read_only_file_is_refused_on_opening_with_the_mend(tmp_path_factory: pytest.TempPathFactory) -> None:
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp())
    try:
        twenty_sessions(folder / "c.sqlite")
        MemoryStore.open(folder / "m.sqlite").close()
        for path in folder.iterdir():
            path.chmod(0o444)
        folder.chmod(0o555)
        done = subprocess.run(
            [sys.executable, "-c", READ_ONLY, str(folder)], capture_output=True, text=True, check=True
        )
        lines = done.stdout.splitlines()
        assert len(lines) == 2
        assert all("writable" in line for line in lines)
    finally:
        shutil.rmtree(folder)


def test_an_unreadable_path_is_a_typed_error(tmp_path: Path) -> None:
    (tmp_path / "c.sqlite").mkdir()

    with pytest.raises(MemoryStoreError):
        open_checkpointer(tmp_path / "c.sqlite")
