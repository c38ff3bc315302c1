"""A user's memory as one JSON document: all of that user's rows, and only those."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from parley.memory.errors import check_id

if TYPE_CHECKING:
    from parley.memory.store import MemoryStore

FORMAT = 1


def export_user(store: MemoryStore, user: str) -> dict[str, Any]:
    """What the store holds of a user; an unknown user has empty lists."""
    check_id("user", user)
    rows = store.database.read("SELECT created, consent, consent_at FROM users WHERE user_id = ?", user)
    sessions = []
    for info in sorted(store.sessions(user), key=lambda info: (info.created, info.session)):
        turns = [turn.model_dump(mode="json") for turn in store.turns(user, info.session)]
        sessions.append({**info.model_dump(mode="json", exclude={"turns"}), "turns": turns})
    return {
        "format": FORMAT,
        "user": user,
        "created": rows[0][0] if rows else None,
        "consent": {"answer": rows[0][1], "at": rows[0][2]} if rows else None,
        "sessions": sessions,
        "reactions": [reaction.model_dump(mode="json") for reaction in store.reactions(user)],
        "statements": [statement.model_dump(mode="json") for statement in store.statements(user)],
        "records": [
            {"namespace": json.loads(namespace), "key": name, "value": json.loads(value), "created": c, "updated": u}
            for namespace, name, value, c, u in store.database.read(
                "SELECT namespace, name, value, created, updated FROM records WHERE user_id = ? "
                "ORDER BY namespace, name",
                user,
            )
        ],
    }
