"""LangGraph's `BaseStore` over our own store, for graphs that bring their own long-term memory.

A namespace begins with the label of one user (`namespace("a.b@x", "notes")`), so any id works and no
search can reach a second person. Vectors are kept as float32 beside the values and compared exactly,
one user at a time: the largest cosine over an item's vectors counts. Forgetting a user takes them along.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from langgraph.store.base import (
    BaseStore,
    GetOp,
    IndexConfig,
    Item,
    ListNamespacesOp,
    MatchCondition,
    Op,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
    ensure_embeddings,
    get_text_at_path,
)
from numpy.typing import NDArray

from parley.memory.database import Row
from parley.memory.errors import ConsentError, IdError, StoreScopeError, check_id
from parley.memory.rows import Consent, to_json
from parley.memory.store import MemoryStore

_LABEL = "u~"
_COLUMNS = "namespace, name, value, vectors, dimensions, created, updated"


def namespace(user: str, *path: str) -> tuple[str, ...]:
    """The namespace of a user's records: a label that holds any id, then plain words."""
    encoded = base64.urlsafe_b64encode(check_id("user", user).encode()).decode().rstrip("=")
    return (_LABEL + encoded, *path)


def user_of(labels: Sequence[str]) -> str:
    """The user a namespace belongs to.

    Raises:
        StoreScopeError: it does not begin with a user's label.
    """
    try:
        first = labels[0]
        if not first.startswith(_LABEL):
            raise IndexError
        text = first[len(_LABEL) :]
        return check_id("user", base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    except (IndexError, binascii.Error, UnicodeDecodeError, IdError) as error:
        raise StoreScopeError(
            f"namespace {tuple(labels)!r} names no user; build it with namespace(user, ...) of this module"
        ) from error


class ParleyStore(BaseStore):
    """A `BaseStore` whose rows live in the memory database, under one user each.

    Args:
        store: the opened memory store.
        index: dims, embed and fields as LangGraph knows them; None: no search by meaning.
        require_consent: refuse to write about a user who has not agreed to be remembered.
    """

    __slots__ = ("embeddings", "fields", "require_consent", "store")

    def __init__(self, store: MemoryStore, *, index: IndexConfig | None = None, require_consent: bool = True) -> None:
        self.store = store
        self.require_consent = require_consent
        self.embeddings = ensure_embeddings(index["embed"]) if index else None
        self.fields = list(index.get("fields") or ["$"]) if index else ["$"]

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        """Reads first, on the state before; then all writes, in one transaction.

        Raises:
            StoreScopeError: an operation outside one user's rows.
            ConsentError: a write about a user who has not agreed.
        """
        operations = list(ops)
        puts = {(op.namespace, op.key): op for op in operations if isinstance(op, PutOp)}
        results: list[Result] = [None if isinstance(op, PutOp) else self._read(op) for op in operations]
        if puts:
            self._write(list(puts.values()))
        return results

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        return await asyncio.to_thread(self.batch, list(ops))

    def _read(self, op: Op) -> Result:
        if isinstance(op, GetOp):
            rows = self.store.database.read(
                f"SELECT {_COLUMNS} FROM records WHERE user_id = ? AND namespace = ? AND name = ?",
                user_of(op.namespace), _path(op.namespace), op.key,
            )  # fmt: skip
            return _item(op.namespace[0], rows[0]) if rows else None
        if isinstance(op, SearchOp):
            return self._search(op)
        if isinstance(op, ListNamespacesOp):
            return self._list(op)
        raise TypeError(f"unknown operation {type(op).__name__}")

    def _write(self, puts: Sequence[PutOp]) -> None:
        users = {user_of(op.namespace) for op in puts}
        for user in users if self.require_consent else ():
            if self.store.consent(user) is not Consent.GRANTED:
                raise ConsentError(f"{user!r} has not agreed to be remembered; ask, then set_consent(user, True)")
        vectors = [self._vectors(op) for op in puts]
        now = self.store.clock().isoformat()
        with self.store.database.write() as execute:
            for user in users:
                execute("INSERT INTO users (user_id, created) VALUES (?, ?) ON CONFLICT DO NOTHING", user, now)
            for op, matrix in zip(puts, vectors, strict=True):
                key = user_of(op.namespace), _path(op.namespace), op.key
                if op.value is None:
                    execute("DELETE FROM records WHERE user_id = ? AND namespace = ? AND name = ?", *key)
                    continue
                execute(
                    f"INSERT INTO records (user_id, {_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
                    "ON CONFLICT (user_id, namespace, name) DO UPDATE SET value = excluded.value, "
                    "vectors = excluded.vectors, dimensions = excluded.dimensions, updated = excluded.updated",
                    *key, to_json(dict(op.value)), None if matrix is None else matrix.tobytes(),
                    0 if matrix is None else matrix.shape[1], now, now,
                )  # fmt: skip

    def _vectors(self, op: PutOp) -> NDArray[np.float32] | None:
        """(texts, dimensions) of the texts under the indexed fields; None if there are none."""
        if self.embeddings is None or op.value is None or op.index is False:
            return None
        texts = [
            text for field in (op.index or self.fields) for text in get_text_at_path(dict(op.value), field) if text
        ]
        return np.asarray(self.embeddings.embed_documents(texts), dtype=np.float32) if texts else None

    def _search(self, op: SearchOp) -> list[SearchItem]:
        prefix = list(op.namespace_prefix[1:])
        rows = self.store.database.read(
            f"SELECT {_COLUMNS} FROM records WHERE user_id = ? ORDER BY updated DESC, namespace, name",
            user_of(op.namespace_prefix),
        )
        rows = [row for row in rows if json.loads(row[0])[: len(prefix)] == prefix]
        items = [(_item(op.namespace_prefix[0], row), row) for row in rows]
        if op.filter:
            items = [(i, r) for i, r in items if all(_meets(i.value.get(k), v) for k, v in op.filter.items())]
        scored: list[tuple[Item, float | None]] = [(item, None) for item, _ in items]
        if op.query and self.embeddings is not None:
            asked = np.asarray(self.embeddings.embed_query(op.query), dtype=np.float32)
            scored = [(item, _cosine(asked, row)) for item, row in items]
            scored.sort(key=lambda pair: -2.0 if pair[1] is None else pair[1], reverse=True)
        return [
            SearchItem(
                namespace=item.namespace, key=item.key, value=item.value, created_at=item.created_at,
                updated_at=item.updated_at, score=score,
            )
            for item, score in scored[op.offset : op.offset + op.limit]
        ]  # fmt: skip

    def _list(self, op: ListNamespacesOp) -> list[tuple[str, ...]]:
        conditions = op.match_conditions or ()
        first = next((c.path for c in conditions if c.match_type == "prefix"), ())
        user = user_of([str(label) for label in first])
        rows = self.store.database.read(
            "SELECT DISTINCT namespace FROM records WHERE user_id = ? ORDER BY namespace", user
        )
        found = [(str(first[0]), *json.loads(row[0])) for row in rows]
        kept = [labels for labels in found if all(_matches(labels, condition) for condition in conditions)]
        if op.max_depth is not None:
            kept = list(dict.fromkeys(labels[: op.max_depth] for labels in kept))
        return kept[op.offset : op.offset + op.limit]


def _path(labels: Sequence[str]) -> str:
    return json.dumps(list(labels[1:]), ensure_ascii=False)


def _item(label: str, row: Row) -> Item:
    path, name, value, _, _, created, updated = row
    return Item(
        value=json.loads(value),
        key=name,
        namespace=(label, *json.loads(path)),
        created_at=datetime.fromisoformat(created),
        updated_at=datetime.fromisoformat(updated),
    )


def _cosine(asked: NDArray[np.float32], row: Row) -> float | None:
    """The nearest of the item's vectors; None if it has none of the right length."""
    if row[3] is None or row[4] != asked.shape[0]:
        return None
    matrix = np.frombuffer(bytes(row[3]), dtype=np.float32).reshape(-1, row[4])  # (texts, D)
    lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(asked)
    return float(np.max(matrix @ asked / np.where(lengths == 0.0, 1.0, lengths)))


_COMPARE = {
    "$eq": lambda a, b: a == b,
    "$ne": lambda a, b: a != b,
    "$gt": lambda a, b: a > b,
    "$gte": lambda a, b: a >= b,
    "$lt": lambda a, b: a < b,
    "$lte": lambda a, b: a <= b,
}


def _meets(value: Any, wanted: Any) -> bool:
    """One condition of a search filter, with LangGraph's operators."""
    if isinstance(wanted, Mapping) and any(str(key).startswith("$") for key in wanted):
        for operator, bound in wanted.items():
            if operator not in _COMPARE:
                raise ValueError(f"unknown operator {operator!r} in a filter; use one of {sorted(_COMPARE)}")
            try:
                if not _COMPARE[operator](value, bound):
                    return False
            except TypeError:
                return False
        return True
    return bool(value == wanted)


def _matches(labels: Sequence[str], condition: MatchCondition) -> bool:
    path = condition.path
    if len(labels) < len(path):
        return False
    part = labels[: len(path)] if condition.match_type == "prefix" else labels[len(labels) - len(path) :]
    return all(wanted in ("*", label) for label, wanted in zip(part, path, strict=True))
