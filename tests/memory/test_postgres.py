"""The same store on a real PostgreSQL server, started for the test when one is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.memory.errors import MemoryStoreError, UnknownSessionError
from parley.memory.langgraph_store import ParleyStore, namespace
from parley.memory.learn import TurnFacts, WishFact, propose
from parley.memory.profile import load_profile, remember
from parley.memory.store import MemoryStore
from tests.memory.conftest import AWKWARD_IDS, Clock
from tests.memory.test_moving import check_that_a_guest_moves_beside_what_the_name_has

pytestmark = pytest.mark.net


def find_program(name: str) -> str | None:
    found = shutil.which(name)
    places = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    return found or (str(places[0]) if places else None)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    pytest.importorskip("psycopg", reason="psycopg is not installed: pip install 'parley-rec[postgres]'")
    initdb, pg_ctl = find_program("initdb"), find_program("pg_ctl")
    if initdb is None or pg_ctl is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="parley-pg-"))
    as_user: dict[str, object] = {}
    if os.getuid() == 0:  # the server refuses to run as root
        try:
            shutil.chown(folder, "postgres", "postgres")
        except LookupError:
            pytest.skip("running as root and there is no user postgres to run the server")
        as_user = {"user": "postgres", "group": "postgres", "extra_groups": []}
    data, socket = folder / "data", folder

    def run(*command: str) -> None:
        done = subprocess.run(
            command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=600, **as_user
        )  # type: ignore[call-overload]
        assert done.returncode == 0, done.stderr

    run(initdb, "-D", str(data), "-U", "parley", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-k {socket} -c listen_addresses='' -c fsync=off"
    run(pg_ctl, "-D", str(data), "-w", "-o", options, "-l", str(folder / "log"), "start")
    try:
        yield f"postgresql://parley@/postgres?host={socket}"
    finally:
        run(pg_ctl, "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pg_store(address: str, clock: Clock) -> Iterator[MemoryStore]:
    with MemoryStore.open(address, clock=clock) as store:
        for user in store.users():
            store.forget_user(user)
        yield store


def test_transcripts_statements_and_forgetting_work_the_same(pg_store: MemoryStore, clock: Clock, address: str) -> None:
    for user in AWKWARD_IDS:
        pg_store.set_consent(user, True)
        for number in (2, 1, 1):
            pg_store.append_turn(user, "s", number, {"user_message": f"{user} {number} \x00 100%"})
        facts = TurnFacts(
            user=user, session="s", turn=1, time=clock(), reactions=((f"item {user}", "like"),),
            wishes=(WishFact(facet="genre", value="Horror", polarity="avoid", scope="standing"),),
        )  # fmt: skip
        remember(pg_store, propose([facts]), clock())
    with MemoryStore.open(address, clock=clock) as again:  # a second connection sees it all
        assert set(again.users()) == set(AWKWARD_IDS)
        for user in AWKWARD_IDS:
            assert [t.payload["user_message"] for t in again.turns(user, "s")] == [
                f"{user} 1 \x00 100%",
                f"{user} 2 \x00 100%",
            ]
            assert [s.value for s in load_profile(again, user, clock()).constraints()] == ["Horror"]

    with pytest.raises(UnknownSessionError):
        pg_store.turns("alice", "not there")
    pg_store.forget_session("alice", "s")
    assert pg_store.statements("alice") == []
    pg_store.forget_user("alice")
    assert set(pg_store.users()) == set(AWKWARD_IDS) - {"alice"}
    assert pg_store.export_user("alice")["sessions"] == []


def test_a_guest_moves_to_a_name_the_same(pg_store: MemoryStore, clock: Clock) -> None:
    check_that_a_guest_moves_beside_what_the_name_has(pg_store, clock)


def test_the_langgraph_store_works_the_same(pg_store: MemoryStore) -> None:
    pg_store.set_consent("a.b@x", True)

    def embed(texts: list[str]) -> list[list[float]]:
        return [[float("space" in text), float("love" in text), 0.1] for text in texts]

    store = ParleyStore(pg_store, index={"dims": 3, "embed": embed, "fields": ["text"]})
    space = namespace("a.b@x", "notes")
    store.put(space, "1", {"text": "space opera"})
    store.put(space, "2", {"text": "a love story"})

    assert [item.key for item in store.search(space, query="love")] == ["2", "1"]


def test_langgraphs_own_postgres_checkpoints_share_the_database(pg_store: MemoryStore, address: str) -> None:
    from parley.memory.checkpoints import open_postgres_checkpointer, thread_id
    from tests.memory.test_checkpoints import Leaf, Mood, Tree, graph, turn

    saver = open_postgres_checkpointer(address, models=[Tree, Leaf, Mood])
    pg_store.add_forget_hook(saver)
    pg_store.append_turn("ana", "s", 1, {})
    app = graph(saver)  # type: ignore[arg-type]
    name = thread_id("ana", "s")
    assert [turn(app, name)["turn"] for _ in range(3)] == [1, 2, 3]
    assert isinstance(app.get_state({"configurable": {"thread_id": name}}).values["tree"], Tree)

    pg_store.forget_user("ana")

    assert turn(app, name)["turn"] == 1
    saver.close()


def test_no_server_is_one_line_with_the_mend() -> None:
    with pytest.raises(MemoryStoreError, match="check that the server runs") as told:
        MemoryStore.open("postgresql://nobody@127.0.0.1:1/none")
    assert "\n" not in str(told.value)
