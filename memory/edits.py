"""Changes to what is remembered: write a statement, correct it by hand, take a session out of the statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from parley.memory.database import Execute
from parley.memory.errors import StatementError
from parley.memory.statements import Source, Statement, Status, check_statement

if TYPE_CHECKING:
    from parley.memory.store import MemoryStore


def correct_statement(store: MemoryStore, user: str, statement_id: str, changes: Mapping[str, Any]) -> Statement:
    """See `MemoryStore.correct`."""
    old = store.statement(user, statement_id)
    allowed = {"value", "gte", "lte", "polarity", "strength", "hardness", "kind", "rating"}
    if unknown := sorted(set(changes) - allowed):
        raise StatementError(f"{unknown[0]!r} of a statement cannot be changed; change one of {sorted(allowed)}")
    fields = old.model_dump() | dict(changes) | {
        "statement_id": "",
        "confidence": 1.0,
        "source": Source.CORRECTED,
        "status": Status.ACTIVE,
        "last_seen": store.clock(),
        "objections": 0,
    }  # fmt: skip
    if "kind" not in changes and "polarity" in changes and old.kind in ("like", "dislike"):
        fields["kind"] = "like" if changes["polarity"] == "want" else "dislike"
    try:
        new = check_statement(Statement.model_validate(fields))
    except ValidationError as error:
        first = error.errors()[0]
        raise StatementError(f"{first['loc'][0]!r} cannot be {first['input']!r}: {first['msg']}") from error
    gone = [statement_id] if new.statement_id != statement_id else []
    return store.put_statements(user, [new], gone=gone)[0]


def write_statement(execute: Execute, user: str, statement: Statement) -> None:
    """One checked statement into its row, replacing the one on the same subject."""
    execute(
        "INSERT INTO statements (user_id, statement_id, status, body, last_seen) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (user_id, statement_id) DO UPDATE SET status = excluded.status, "
        "body = excluded.body, last_seen = excluded.last_seen",
        user, statement.statement_id, statement.status.value, statement.model_dump_json(),
        statement.last_seen.isoformat(),
    )  # fmt: skip


def without_session(statements: Sequence[Statement], session: str) -> tuple[list[Statement], list[str]]:
    """What stays of statements when a session is forgotten: the changed ones, and the ids of those that go."""
    kept, gone = [], []
    for statement in statements:
        evidence = tuple(e for e in statement.evidence if e.session != session)
        lost = [e for e in statement.evidence if e.session == session]
        if not lost:
            continue
        supports = max(0, statement.supports - sum(e.speaks_for for e in lost))
        if not any(e.speaks_for for e in evidence):
            gone.append(statement.statement_id)
            continue
        kept.append(
            statement.model_copy(
                update={
                    "evidence": evidence,
                    "supports": max(supports, 1),
                    "objections": max(0, statement.objections - sum(not e.speaks_for for e in lost)),
                    "first_seen": min((e.at for e in evidence if e.at), default=statement.first_seen),
                    "last_seen": max((e.at for e in evidence if e.at), default=statement.last_seen),
                }
            )
        )
    return kept, gone
