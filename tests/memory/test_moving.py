"""A user's conversations move to another name: all of them or none, over nothing, and no more than was agreed to."""

from __future__ import annotations

import pytest

from parley.memory.database import SqliteDatabase
from parley.memory.learn import TurnFacts, WishFact, propose
from parley.memory.profile import remember
from parley.memory.statements import Source
from parley.memory.store import Consent, MemoryStore
from tests.memory.conftest import Clock


def talk(store: MemoryStore, clock: Clock, user: str, session: str, said: str, likes: str = "alien") -> None:
    """Two turns, a reaction, and what memory makes of them."""
    for number in (1, 2):
        store.append_turn(user, session, number, {"user_message": f"{said} \x00 {number}", "user": user})
    store.add_reaction(user, session, 2, likes, "like")
    horror = WishFact(facet="genre", value="Horror", polarity="avoid", scope="standing", words="never horror")
    facts = TurnFacts(
        user=user, session=session, turn=2, time=clock(), reactions=((likes, "like"),), wishes=(horror,)
    )  # fmt: skip
    remember(store, propose([facts]), clock())


def check_that_a_guest_moves_beside_what_the_name_has(store: MemoryStore, clock: Clock) -> None:
    """The case that every database must pass: one of the guest's session ids is taken."""
    for user in ("guest", "ana", "bo"):
        store.set_consent(user, True)
    talk(store, clock, "ana", "s", "hers")
    talk(store, clock, "bo", "s", "his")
    clock.pass_days(1)
    talk(store, clock, "guest", "s", "mine")
    talk(store, clock, "guest", "t", "mine too", likes="solaris")
    bo = store.export_user("bo")
    names = {"s": store.free_session("ana", "s"), "t": store.free_session("ana", "t")}
    assert names == {"s": "s-2", "t": "t"}

    store.move_user("guest", "ana", names)

    assert [info.turns for info in store.sessions("ana")] == [2, 2, 2]
    assert [turn.payload["user_message"] for turn in store.turns("ana", "s")] == ["hers \x00 1", "hers \x00 2"]
    moved = store.turns("ana", "s-2")
    assert [turn.payload["user_message"] for turn in moved] == ["mine \x00 1", "mine \x00 2"]
    assert {(turn.payload["user"], turn.payload["session"]) for turn in moved} == {("ana", "s-2")}
    assert {info.session: info.title for info in store.sessions("ana")}["s-2"] == "mine  1"
    assert {(r.session, r.item_id) for r in store.reactions("ana")} == {
        ("s", "alien"), ("s-2", "alien"), ("t", "solaris")
    }  # fmt: skip
    remembered = {s.value: s for s in store.statements("ana")}
    assert set(remembered) == {"alien", "solaris", "Horror"}
    assert remembered["alien"].sessions == {"s", "s-2"}, "evidence says where it is to be found now"
    assert remembered["Horror"].supports == 3, "what both said counts for both"
    assert store.export_user("bo") == bo
    assert (store.sessions("guest"), store.statements("guest"), store.reactions("guest")) == ([], [], [])


def test_a_guest_moves_beside_what_the_name_has(store: MemoryStore, clock: Clock) -> None:
    check_that_a_guest_moves_beside_what_the_name_has(store, clock)


@pytest.mark.parametrize(
    ("guest", "name", "then", "taken"),
    [
        (None, None, Consent.UNASKED, False), (None, True, Consent.GRANTED, False),
        (None, False, Consent.DECLINED, False),
        (True, None, Consent.GRANTED, True), (True, True, Consent.GRANTED, True),
        (True, False, Consent.DECLINED, False),
        (False, None, Consent.DECLINED, False), (False, True, Consent.GRANTED, False),
        (False, False, Consent.DECLINED, False),
    ],
)  # fmt: skip
def test_memories_come_along_only_if_the_guest_agreed_and_the_name_did_not_decline(
    store: MemoryStore, clock: Clock, guest: bool | None, name: bool | None, then: Consent, taken: bool
) -> None:
    store.set_consent("guest", True)
    talk(store, clock, "guest", "s", "mine")
    if guest is not True:  # a statement from before, which a later no leaves to its owner
        store.database.read("UPDATE users SET consent = ? WHERE user_id = 'guest'", "unasked")
        if guest is False:
            store.set_consent("guest", False)
    if name is not None:
        store.set_consent("ana", name)

    store.move_user("guest", "ana", {"s": "s"})

    assert len(store.turns("ana", "s")) == 2, "the conversation itself always comes along"
    assert store.consent("ana") is then
    assert bool(store.statements("ana")) is taken
    assert store.statements("guest") == []


def test_what_the_guest_said_last_outweighs_what_the_name_said_before(store: MemoryStore, clock: Clock) -> None:
    for user, stance in (("ana", "like"), ("guest", "dislike")):
        store.set_consent(user, True)
        store.append_turn(user, "s", 1, {})
        facts = TurnFacts(user=user, session="s", turn=1, time=clock(), reactions=(("alien", stance),))
        remember(store, propose([facts]), clock())
        clock.pass_days(1)

    store.move_user("guest", "ana", {"s": "s-2"})

    (alien,) = store.statements("ana")
    assert (alien.kind, alien.polarity, alien.source) == ("dislike", "avoid", Source.EXPLICIT)
    assert [(e.session, e.speaks_for) for e in alien.evidence] == [("s", False), ("s-2", True)]


def test_a_move_that_fails_half_way_changes_nothing(store: MemoryStore, clock: Clock) -> None:
    for user in ("guest", "ana"):
        store.set_consent(user, True)
        talk(store, clock, user, "s", user)
    before = [store.export_user(user) for user in ("guest", "ana")]
    database = store.database
    assert isinstance(database, SqliteDatabase)
    database.read(
        "CREATE TEMP TRIGGER fail BEFORE INSERT ON reactions WHEN new.user_id = 'ana' "
        "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
    )

    with pytest.raises(Exception, match="disk full"):
        store.move_user("guest", "ana", {"s": "s-2"})
    database.read("DROP TRIGGER fail")

    assert [store.export_user(user) for user in ("guest", "ana")] == before


def test_a_session_id_as_long_as_ids_may_be_finds_a_free_one_too(store: MemoryStore) -> None:
    longest = "s" * 512
    store.append_turn("ana", longest, 1, {})

    free = store.free_session("ana", longest)

    assert free != longest
    assert store.append_turn("ana", free, 1, {})
