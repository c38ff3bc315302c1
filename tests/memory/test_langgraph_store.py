from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from langgraph.store.base import GetOp, InvalidNamespaceError, MatchCondition, PutOp, SearchOp
from langgraph.store.memory import InMemoryStore

from parley.memory.errors import ConsentError, StoreScopeError
from parley.memory.langgraph_store import ParleyStore, namespace, user_of
from parley.memory.store import MemoryStore
from tests.memory.conftest import AWKWARD_IDS


def embed(texts: list[str]) -> list[list[float]]:
    """Letters counted: texts of the same letters are near."""
    rows = []
    for text in texts:
        row = np.zeros(26)
        for letter in text.lower():
            if "a" <= letter <= "z":
                row[ord(letter) - 97] += 1.0
        rows.append((row / (np.linalg.norm(row) or 1.0)).tolist())
    return rows


INDEX = {"dims": 26, "embed": embed, "fields": ["text", "notes[*]"]}


@pytest.fixture
def graph_store(store: MemoryStore) -> ParleyStore:
    for user in AWKWARD_IDS:
        store.set_consent(user, True)
    return ParleyStore(store, index=INDEX)  # type: ignore[arg-type]


def test_any_user_id_makes_a_namespace_and_comes_back(graph_store: ParleyStore) -> None:
    for user in AWKWARD_IDS:
        graph_store.put(namespace(user, "notes"), "k", {"text": f"of {user}"})

    for user in AWKWARD_IDS:
        assert user_of(namespace(user, "notes")) == user
        assert [i.value["text"] for i in graph_store.search(namespace(user))] == [f"of {user}"]


@pytest.mark.parametrize("labels", [(), ("alice",), ("notes", "alice"), ("u~",), ("u~!!",)])
def test_nobody_can_search_everyone(graph_store: ParleyStore, labels: tuple[str, ...]) -> None:
    graph_store.put(namespace("alice", "notes"), "k", {"text": "secret"})

    with pytest.raises(StoreScopeError):
        graph_store.search(labels)
    with pytest.raises(StoreScopeError):
        graph_store.list_namespaces(prefix=labels)
    with pytest.raises((StoreScopeError, InvalidNamespaceError)):
        graph_store.put(labels, "k", {"text": "x"})


def test_search_by_meaning_agrees_with_langgraphs_own_store(graph_store: ParleyStore) -> None:
    reference = InMemoryStore(index=INDEX)  # type: ignore[arg-type]
    rng = np.random.default_rng(0)
    for number in range(60):
        words = ["".join(chr(97 + int(c)) for c in rng.integers(0, 26, 6)) for _ in range(3)]
        value = {"text": words[0], "notes": words[1:], "n": number}
        for each in (graph_store, reference):
            each.put(namespace("alice", "notes", str(number % 3)), f"k{number}", value)
    graph_store.put(namespace("alice2", "notes"), "other", {"text": "abc"})

    for query in ("abc", "quiet", "zzz"):
        for filter in (None, {"n": {"$gte": 20}}, {"n": 7}):
            ours = graph_store.search(namespace("alice", "notes"), query=query, filter=filter, limit=7, offset=2)
            theirs = reference.search(namespace("alice", "notes"), query=query, filter=filter, limit=7, offset=2)
            assert [i.score for i in ours] == pytest.approx([i.score for i in theirs], abs=1e-5)
            assert {i.key for i in ours} == {i.key for i in theirs} or len(ours) == 7


def test_get_put_delete_and_list(graph_store: ParleyStore, tmp_path: Path) -> None:
    here, there = namespace("alice", "notes", "a"), namespace("alice", "plans")
    graph_store.put(here, "k", {"text": "one"})
    graph_store.put(here, "k", {"text": "two"}, index=False)
    graph_store.put(there, "k", {"text": "three"})
    assert graph_store.get(here, "k").value == {"text": "two"}  # type: ignore[union-attr]
    assert graph_store.get(here, "missing") is None
    prefix = namespace("alice")
    assert graph_store.list_namespaces(prefix=prefix) == [here, there]
    assert graph_store.list_namespaces(prefix=prefix, suffix=("plans",)) == [there]
    assert graph_store.list_namespaces(prefix=(*prefix, "*"), max_depth=2) == [here[:2], there]
    graph_store.delete(here, "k")
    assert graph_store.get(here, "k") is None
    assert MatchCondition("prefix", prefix)


def test_reads_in_a_batch_see_the_state_before_it_and_async_is_the_same(graph_store: ParleyStore) -> None:
    space = namespace("alice", "n")
    ops = [GetOp(space, "k"), PutOp(space, "k", {"text": "x"}), SearchOp(space), PutOp(space, "k", {"text": "y"})]

    assert graph_store.batch(ops) == [None, None, [], None]
    with ThreadPoolExecutor(1) as pool:  # a browser test before this one may have left a loop running in this thread
        found = pool.submit(asyncio.run, graph_store.asearch(space)).result()
    assert [i.value["text"] for i in found] == ["y"]


def test_without_consent_nothing_is_written_and_forgetting_takes_records_along(store: MemoryStore) -> None:
    graph_store = ParleyStore(store)
    space = namespace("ana", "notes")
    with pytest.raises(ConsentError):
        graph_store.put(space, "k", {"text": "x"})
    store.set_consent("ana", True)
    graph_store.put(space, "k", {"text": "x"})
    assert store.export_user("ana")["records"][0]["value"] == {"text": "x"}

    store.forget_user("ana")

    assert graph_store.search(space) == []


def test_hostile_filters_and_keys_are_values(graph_store: ParleyStore) -> None:
    space = namespace("alice", "n")
    for number, hostile in enumerate(AWKWARD_IDS):
        graph_store.put(space, hostile, {"text": hostile, "n": number})
    for hostile in AWKWARD_IDS:
        assert graph_store.get(space, hostile).value["text"] == hostile  # type: ignore[union-attr]
        assert [i.key for i in graph_store.search(space, filter={"text": hostile})] == [hostile]
        assert graph_store.search(space, filter={hostile: "x"}) == []
    with pytest.raises(ValueError, match="unknown operator"):
        graph_store.search(space, filter={"n": {"$regex": ".*"}})
