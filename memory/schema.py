"""The tables of the memory store, one list for SQLite and PostgreSQL. Every row belongs to a user.

`{blob}` is the one type the two call differently. A migration is never edited once released: add
the next one. Times are UTC in ISO 8601; JSON is text, so that both keep it byte for byte.
"""

from __future__ import annotations

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE users (
            user_id TEXT PRIMARY KEY,
            created TEXT NOT NULL,
            consent TEXT NOT NULL DEFAULT 'unasked',
            consent_at TEXT
        )""",
        """CREATE TABLE sessions (
            user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
            session_id TEXT NOT NULL,
            title TEXT NOT NULL DEFAULT '',
            created TEXT NOT NULL,
            updated TEXT NOT NULL,
            PRIMARY KEY (user_id, session_id)
        )""",
        """CREATE TABLE turns (
            user_id TEXT NOT NULL,
            session_id TEXT NOT NULL,
            number INTEGER NOT NULL,
            payload TEXT NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (user_id, session_id, number),
            FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, session_id) ON DELETE CASCADE
        )""",
        """CREATE TABLE reactions (
            user_id TEXT NOT NULL,
            session_id TEXT NOT NULL,
            turn INTEGER NOT NULL,
            item_id TEXT NOT NULL,
            stance TEXT NOT NULL,
            created TEXT NOT NULL,
            PRIMARY KEY (user_id, session_id, turn, item_id, stance),
            FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, session_id) ON DELETE CASCADE
        )""",
        """CREATE TABLE statements (
            user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
            statement_id TEXT NOT NULL,
            status TEXT NOT NULL,
            body TEXT NOT NULL,
            last_seen TEXT NOT NULL,
            PRIMARY KEY (user_id, statement_id)
        )""",
        """CREATE TABLE records (
            user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
            namespace TEXT NOT NULL,
            name TEXT NOT NULL,
            value TEXT NOT NULL,
            vectors {blob},
            dimensions INTEGER NOT NULL DEFAULT 0,
            created TEXT NOT NULL,
            updated TEXT NOT NULL,
            PRIMARY KEY (user_id, namespace, name)
        )""",
    ),
    ("ALTER TABLE turns ADD COLUMN words TEXT NOT NULL DEFAULT ''",),
)

TABLES = ("users", "sessions", "turns", "reactions", "statements", "records")
