"""Somebody who was nobody yet says who they are: their conversations go on under the name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from parley.memory.database import Execute
from parley.memory.edits import write_statement
from parley.memory.errors import check_id
from parley.memory.learn import Proposal, merge
from parley.memory.rows import Consent, to_json
from parley.memory.statements import Evidence, Source, Statement

if TYPE_CHECKING:
    from parley.memory.store import MemoryStore

LONGEST = 500
"""Characters of a session id that gets a number behind it; an id may have 512."""


def free_session(store: MemoryStore, user: str, session: str, taken: Sequence[str] = ()) -> str:
    """This session id, or the next one that the user has no session of (nor is among `taken`)."""
    name, number = session, 1
    while name in taken or store.has_session(user, name):
        number += 1
        name = f"{session[:LONGEST]}-{number}"
    return name


def move_user(store: MemoryStore, user: str, to: str, sessions: Mapping[str, str]) -> None:
    """Move a user's sessions to another user, in one transaction.

    What is remembered goes along if `user` agreed to be remembered and `to` has not declined; an answer
    to that question counts for `to` where they gave none. Nothing that `to` has is overwritten.

    Args:
        store: where.
        user: whose they are.
        to: whose they will be.
        sessions: id by id, under which name each goes on; the names must be free.
    """
    check_id("user", user)
    check_id("user", to)
    with store.lock:
        answer, old_answer = store.consent(user), store.consent(to)
        along = answer is Consent.GRANTED and old_answer is not Consent.DECLINED
        held = {s.statement_id: s for s in store.statements(to)} if along else {}
        brought = [_renamed(s, sessions) for s in store.statements(user)] if along else []
        now = store.clock().isoformat()
        with store.database.write() as execute:
            execute("INSERT INTO users (user_id, created) VALUES (?, ?) ON CONFLICT DO NOTHING", to, now)
            if old_answer is Consent.UNASKED and answer is not Consent.UNASKED:
                execute("UPDATE users SET consent = ?, consent_at = ? WHERE user_id = ?", answer.value, now, to)
            for old, new in sessions.items():
                _move_session(execute, (user, old), (to, new))
            for statement in brought:
                write_statement(execute, to, _joined(held.get(statement.statement_id), statement, to))
            if along:
                _move_records(execute, user, to)
            execute("DELETE FROM statements WHERE user_id = ?", user)


def _move_session(execute: Execute, old: tuple[str, str], new: tuple[str, str]) -> None:
    execute(
        "INSERT INTO sessions (user_id, session_id, title, created, updated) SELECT ?, ?, title, created, updated "
        "FROM sessions WHERE user_id = ? AND session_id = ?",
        *new, *old,
    )  # fmt: skip
    rows = execute("SELECT number, payload, created, words FROM turns WHERE user_id = ? AND session_id = ?", *old)
    for number, payload, created, words in rows:
        told = {**json.loads(payload), "user": new[0], "session": new[1]}
        execute(
            "INSERT INTO turns (user_id, session_id, number, payload, created, words) VALUES (?, ?, ?, ?, ?, ?)",
            *new, number, to_json(told), created, words,
        )  # fmt: skip
    execute(
        "INSERT INTO reactions (user_id, session_id, turn, item_id, stance, created) SELECT ?, ?, turn, item_id, "
        "stance, created FROM reactions WHERE user_id = ? AND session_id = ?",
        *new, *old,
    )  # fmt: skip
    execute("DELETE FROM sessions WHERE user_id = ? AND session_id = ?", *old)


def _move_records(execute: Execute, user: str, to: str) -> None:
    """What other graphs keep of the user, where the other user has nothing of that name."""
    execute(
        "INSERT INTO records (user_id, namespace, name, value, vectors, dimensions, created, updated) "
        "SELECT ?, namespace, name, value, vectors, dimensions, created, updated FROM records WHERE user_id = ? "
        "ON CONFLICT DO NOTHING",
        to, user,
    )  # fmt: skip
    execute("DELETE FROM records WHERE user_id = ?", user)


def _renamed(statement: Statement, sessions: Mapping[str, str]) -> Statement:
    """The statement with its evidence where the sessions are now."""
    evidence = tuple(e.model_copy(update={"session": sessions.get(e.session, e.session)}) for e in statement.evidence)
    return statement.model_copy(update={"evidence": evidence})


def _joined(old: Statement | None, brought: Statement, user: str) -> Statement:
    """Both on one subject: the brought one's evidence counts as if it had been heard under this name."""
    if old is None:
        return brought
    for evidence in brought.evidence:
        old = merge(old, _heard_again(brought, evidence, user))
    return old


def _heard_again(brought: Statement, evidence: Evidence, user: str) -> Proposal:
    wanted = (brought.polarity == "want") is evidence.speaks_for
    said = brought.source is not Source.INFERRED and evidence.speaks_for
    return Proposal(
        user=user, kind=brought.kind, facet=brought.facet, value=brought.value, gte=brought.gte, lte=brought.lte,
        rating=brought.rating, polarity="want" if wanted else "avoid", strength=brought.strength,
        hardness=brought.hardness, source=Source.EXPLICIT if said else Source.INFERRED,
        evidence=evidence.model_copy(update={"speaks_for": True}), at=evidence.at or brought.last_seen,
    )  # fmt: skip
