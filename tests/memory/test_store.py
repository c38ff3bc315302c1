from __future__ import annotations

import json
import sqlite3
import threading
from pathlib import Path

import pytest

from parley.memory.errors import (
    ForgetError,
    IdError,
    MemoryStoreError,
    StatementError,
    UnknownSessionError,
    UnknownStatementError,
)
from parley.memory.statements import Evidence, Kind, Source, Statement
from parley.memory.store import Consent, MemoryStore
from tests.memory.conftest import AWKWARD_IDS, Clock


def like(item_id: str, clock: Clock, *sessions: str) -> Statement:
    return Statement(
        kind=Kind.LIKE,
        value=item_id,
        evidence=tuple(Evidence(session=s, turn=1, at=clock.now) for s in sessions),
        supports=max(1, len(sessions)),
        first_seen=clock.now,
        last_seen=clock.now,
    )


def test_a_transcript_comes_back_in_order_after_reopening(tmp_path: Path) -> None:
    with MemoryStore.open(tmp_path / "m.sqlite") as store:
        store.append_turn("ana", "s", 2, {"user_message": "two", "slate": [1, 2]})
        store.append_turn("ana", "s", 1, {"user_message": "one"})
    with MemoryStore.open(tmp_path / "m.sqlite") as store:
        assert [(t.number, t.payload["user_message"]) for t in store.turns("ana", "s")] == [(1, "one"), (2, "two")]
        assert [t.number for t in store.turns("ana", "s", last=1)] == [2]


def test_the_same_turn_written_twice_is_there_once_as_first_written(store: MemoryStore) -> None:
    assert store.append_turn("ana", "s", 1, {"reply": "first"})
    assert not store.append_turn("ana", "s", 1, {"reply": "again"})

    assert [t.payload["reply"] for t in store.turns("ana", "s")] == ["first"]


def test_a_session_is_titled_by_its_first_words_and_listed_latest_first(store: MemoryStore, clock: Clock) -> None:
    store.append_turn("ana", "one", 1, {"user_message": "Something   like Alien"})
    clock.pass_days(1)
    store.append_turn("ana", "two", 1, {"user_message": "a comedy"})
    clock.pass_days(1)
    store.append_turn("ana", "one", 2, {"user_message": "shorter"})

    assert [(s.session, s.title, s.turns) for s in store.sessions("ana")] == [
        ("one", "Something like Alien", 2),
        ("two", "a comedy", 1),
    ]


def test_awkward_ids_stay_apart(store: MemoryStore) -> None:
    for user in AWKWARD_IDS:
        for session in AWKWARD_IDS:
            store.append_turn(user, session, 1, {"canary": f"{user}|{session}"})

    assert set(store.users()) == set(AWKWARD_IDS)
    for user in AWKWARD_IDS:
        assert {s.session for s in store.sessions(user)} == set(AWKWARD_IDS)
        for session in AWKWARD_IDS:
            assert [t.payload["canary"] for t in store.turns(user, session)] == [f"{user}|{session}"]


@pytest.mark.parametrize("bad", ["", "   ", "a\0b", "\ud800", "x" * 513, None, 7])
def test_an_id_that_names_nobody_is_refused_in_one_line(store: MemoryStore, bad: object) -> None:
    for call in (
        lambda: store.append_turn(bad, "s", 1, {}),  # type: ignore[arg-type]
        lambda: store.append_turn("ana", bad, 1, {}),  # type: ignore[arg-type]
        lambda: store.statements(bad),  # type: ignore[arg-type]
        lambda: store.forget_user(bad),  # type: ignore[arg-type]
    ):
        with pytest.raises(IdError) as refusal:
            call()
        assert "\n" not in str(refusal.value)
    assert store.users() == []


def test_another_users_session_is_unknown(store: MemoryStore) -> None:
    store.append_turn("ana", "hers", 1, {"user_message": "secret"})
    store.append_turn("bo", "his", 1, {})

    for call in (
        lambda: store.turns("bo", "hers"),
        lambda: store.forget_session("bo", "hers"),
        lambda: store.set_title("bo", "hers", "mine"),
    ):
        with pytest.raises(UnknownSessionError, match="hers"):
            call()
    assert len(store.turns("ana", "hers")) == 1


def test_another_users_statement_cannot_be_read_changed_or_deleted(store: MemoryStore, clock: Clock) -> None:
    kept = store.put_statement("ana", like("alien", clock))

    with pytest.raises(UnknownStatementError):
        store.correct("bo", kept.statement_id, strength=0.1)
    with pytest.raises(UnknownStatementError):
        store.delete_statement("bo", kept.statement_id)
    assert store.statements("ana") == [kept]
    assert store.statements("bo") == []


def test_a_correction_is_believed_fully_and_a_wrong_one_changes_nothing(store: MemoryStore, clock: Clock) -> None:
    kept = store.put_statement("ana", like("alien", clock))

    changed = store.correct("ana", kept.statement_id, polarity="avoid")
    assert (changed.kind, changed.source, changed.confidence) == (Kind.DISLIKE, Source.CORRECTED, 1.0)
    assert store.statements("ana") == [changed]

    for bad in ({"polarity": "maybe"}, {"strength": 7}, {"statement_id": "x"}, {"value": "a\nb"}, {"nonsense": 1}):
        with pytest.raises(StatementError) as refusal:
            store.correct("ana", kept.statement_id, **bad)
        assert "\n" not in str(refusal.value)
    assert store.statements("ana") == [changed]


def test_a_statement_survives_the_store_unchanged(store: MemoryStore, clock: Clock) -> None:
    statement = Statement(
        kind=Kind.CONSTRAINT, facet="runtime", lte=120.0, hardness="hard", source=Source.EXPLICIT,
        evidence=(Evidence(session="s", turn=3, words="never over two hours", at=clock.now),),
        first_seen=clock.now, last_seen=clock.now,
    )  # fmt: skip

    store.put_statement("ana", statement)

    assert store.statements("ana") == [statement]


def test_forgetting_a_session_takes_what_only_it_gave_evidence_for(store: MemoryStore, clock: Clock) -> None:
    store.append_turn("ana", "a", 1, {"user_message": "x"})
    store.append_turn("ana", "b", 1, {"user_message": "y"})
    store.add_reaction("ana", "a", 1, "alien", "like")
    store.put_statements("ana", [like("alien", clock, "a"), like("brazil", clock, "a", "b")])

    store.forget_session("ana", "a")

    assert [s.session for s in store.sessions("ana")] == ["b"]
    assert store.reactions("ana") == []
    (left,) = store.statements("ana")
    assert (left.value, [e.session for e in left.evidence], left.supports) == ("brazil", ["b"], 1)


def test_forget_me_leaves_no_byte_of_50_canaries_in_any_file(tmp_path: Path, clock: Clock) -> None:
    canaries = [f"canary-{number:02d}-ünïqüe" for number in range(50)]
    with MemoryStore.open(tmp_path / "m.sqlite", clock=clock) as store:
        for number, canary in enumerate(canaries):
            store.append_turn("ana", f"session {canary}", number, {"user_message": canary * 50, "reply": canary})
            store.add_reaction("ana", f"session {canary}", 1, canary, "like")
            store.put_statement("ana", like(canary, clock, f"session {canary}"))
        store.append_turn("bo", "s", 1, {"user_message": "bo stays"})
        before = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert canaries[7].encode() in before

        store.forget_user("ana")

        after = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
        assert [canary for canary in canaries if canary.encode() in after] == []
        assert b"canary" not in after
        assert store.users() == ["bo"]
        assert len(store.turns("bo", "s")) == 1
        assert store.export_user("ana")["sessions"] == []


def test_a_hook_that_fails_leaves_the_user_listed_so_that_forgetting_can_be_repeated(store: MemoryStore) -> None:
    calls: list[tuple[str, list[str]]] = []

    class Traces:
        broken = True

        def forget_user(self, user: str, sessions: list[str]) -> None:  # type: ignore[override]
            if self.broken:
                raise OSError("disk on fire")
            calls.append((user, list(sessions)))

        def forget_session(self, user: str, session: str) -> None: ...

    hook = Traces()
    store.add_forget_hook(hook)  # type: ignore[arg-type]
    store.append_turn("ana", "s", 1, {})

    with pytest.raises(ForgetError, match="disk on fire"):
        store.forget_user("ana")
    assert store.users() == ["ana"]
    hook.broken = False
    store.forget_user("ana")
    assert (store.users(), calls) == ([], [("ana", ["s"])])


def test_an_export_holds_all_and_only_that_users_rows(store: MemoryStore, clock: Clock) -> None:
    for user in AWKWARD_IDS:
        store.set_consent(user, True)
        for number in range(3):
            store.append_turn(user, f"of <{user}>", number, {"user_message": f"said by <{user}>"})
            store.add_reaction(user, f"of <{user}>", number, f"item of <{user}>", "like")
        store.put_statement(user, like(f"item of <{user}>", clock, f"of <{user}>"))

    for user in AWKWARD_IDS:
        export = json.loads(json.dumps(store.export_user(user), ensure_ascii=False))
        text = json.dumps(export, ensure_ascii=False)
        assert len(export["sessions"]) == 1
        assert len(export["sessions"][0]["turns"]) == 3
        assert len(export["reactions"]) == 3
        assert len(export["statements"]) == 1
        assert export["consent"]["answer"] == Consent.GRANTED
        for other in AWKWARD_IDS:
            assert (json.dumps(f"<{other}>", ensure_ascii=False)[1:-1] in text) == (other == user)


def test_an_incognito_session_can_be_read_back_but_reaches_no_file(tmp_path: Path) -> None:
    with MemoryStore.open(tmp_path / "m.sqlite") as store:
        store.begin_session("ana", "hush", incognito=True)
        store.append_turn("ana", "hush", 1, {"user_message": "canary-incognito"})
        store.add_reaction("ana", "hush", 1, "canary-item", "like")
        assert [t.payload["user_message"] for t in store.turns("ana", "hush")] == ["canary-incognito"]
        assert store.sessions("ana")[0].incognito
        assert store.users() == []
    assert not any(b"canary" in path.read_bytes() for path in tmp_path.iterdir())
    with MemoryStore.open(tmp_path / "m.sqlite") as store:
        assert store.sessions("ana") == []


def test_many_threads_write_at_once_and_nothing_is_lost(store: MemoryStore) -> None:
    def write(user: str) -> None:
        for number in range(50):
            store.append_turn(user, "s", number, {"by": user})

    threads = [threading.Thread(target=write, args=(f"user{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for n in range(8):
        turns = store.turns(f"user{n}", "s")
        assert [t.number for t in turns] == list(range(50))
        assert {t.payload["by"] for t in turns} == {f"user{n}"}


def test_a_store_of_a_newer_parley_and_a_damaged_one_are_refused_with_the_mend(tmp_path: Path) -> None:
    MemoryStore.open(tmp_path / "newer.sqlite").close()
    with sqlite3.connect(tmp_path / "newer.sqlite") as raw:
        raw.execute("PRAGMA user_version = 99")
    with pytest.raises(MemoryStoreError, match="upgrade Parley"):
        MemoryStore.open(tmp_path / "newer.sqlite")

    (tmp_path / "damaged.sqlite").write_bytes(b"not a database at all" * 300)
    with pytest.raises(MemoryStoreError, match="move it away"):
        MemoryStore.open(tmp_path / "damaged.sqlite")


def test_a_full_disk_is_a_typed_error_and_nothing_is_half_written(store: MemoryStore) -> None:
    store.append_turn("ana", "s", 1, {"user_message": "small"})
    database = store.database
    database.read("PRAGMA max_page_count = 40")

    with pytest.raises(MemoryStoreError, match="free some disk space"):
        store.append_turn("ana", "s", 2, {"user_message": "x" * 1_000_000})
    assert [t.number for t in store.turns("ana", "s")] == [1]
    assert database.read("PRAGMA integrity_check") == [("ok",)]
    database.read("PRAGMA max_page_count = 1000000")
    assert store.append_turn("ana", "s", 2, {"user_message": "x" * 1_000_000})


def test_a_file_of_the_first_format_is_migrated_with_its_turns(tmp_path: Path) -> None:
    from parley.memory.schema import MIGRATIONS

    with sqlite3.connect(tmp_path / "old.sqlite") as raw:
        for statement in MIGRATIONS[0]:
            raw.execute(statement.format(blob="BLOB"))
        raw.execute("PRAGMA user_version = 1")
        raw.execute("INSERT INTO users VALUES ('ana', '2026-01-01T00:00:00+00:00', 'granted', NULL)")
        times = "'2026-01-01T00:00:00+00:00'"
        raw.execute(f"INSERT INTO sessions VALUES ('ana', 's', 't', {times}, {times})")
        raw.execute(f"INSERT INTO turns VALUES ('ana', 's', 1, '{{}}', {times})")

    with MemoryStore.open(tmp_path / "old.sqlite") as store:
        assert [t.number for t in store.turns("ana", "s")] == [1]
        assert store.append_turn("ana", "s", 2, {"user_message": "new"})
        assert [words for _, _, words in store.recent_messages("ana", 5)] == ["new"]


def test_opening_half_way_through_a_migration_starts_it_again(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "m.sqlite") as raw:
        raw.execute("PRAGMA user_version = 0")

    MemoryStore.open(tmp_path / "m.sqlite").close()
    MemoryStore.open(tmp_path / "m.sqlite").close()
