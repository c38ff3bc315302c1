"""Threads: LangGraph's name for a user's session, and sessions that stay in this process's memory."""

from __future__ import annotations

import os

os.environ.setdefault("LANGGRAPH_STRICT_MSGPACK", "true")  # read once, when langgraph is first imported

import base64
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import Enum
from types import ModuleType
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from pydantic import BaseModel

from parley.memory.errors import check_id

_PRIVATE = "private:"


def thread_id(user: str, session: str, *, incognito: bool = False) -> str:
    """LangGraph's thread of a user's session: equal only for equal pairs, whatever the ids contain.

    Raises:
        IdError: an id that is empty or cannot be stored.
    """
    text = user_prefix(user) + _encode(check_id("session", session))
    return _PRIVATE + text if incognito else text


def user_prefix(user: str) -> str:
    """What every (stored) thread of the user begins with, and no other user's."""
    return _encode(check_id("user", user)) + "."


def _encode(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def is_private(thread: str) -> bool:
    """True for a thread of an incognito session."""
    return thread.startswith(_PRIVATE)


def models_in(*modules: ModuleType) -> set[type]:
    """The Pydantic models and enums a module defines: what its states are made of."""
    return {
        found
        for module in modules
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, BaseModel | Enum) and found.__module__ == module.__name__
    }


def strict_serializer(models: Iterable[type]) -> JsonPlusSerializer:
    """Rebuilds these types from bytes and LangGraph's own safe ones; anything else stays plain data."""
    names = sorted({(model.__module__, model.__name__) for model in models})
    return JsonPlusSerializer(allowed_msgpack_modules=names)


class PrivateSessions(BaseCheckpointSaver[Any]):
    """Put before a saver: threads of incognito sessions go to memory instead of that saver."""

    private: InMemorySaver

    def with_allowlist(self, extra_allowlist: Collection[tuple[str, ...]]) -> Any:
        clone = super().with_allowlist(extra_allowlist)
        clone.private = self.private.with_allowlist(extra_allowlist)  # type: ignore[attr-defined]
        return clone

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        return self.private.get_tuple(config) if _is_private(config) else super().get_tuple(config)

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        if config is not None and _is_private(config):
            yield from self.private.list(config, filter=filter, before=before, limit=limit)
        else:
            yield from super().list(config, filter=filter, before=before, limit=limit)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        if _is_private(config):
            return self.private.put(config, checkpoint, metadata, new_versions)
        return super().put(config, checkpoint, metadata, new_versions)

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        if _is_private(config):
            self.private.put_writes(config, writes, task_id, task_path)
        else:
            super().put_writes(config, writes, task_id, task_path)

    def delete_thread(self, thread_id: str) -> None:
        if is_private(thread_id):
            self.private.delete_thread(thread_id)
        else:
            super().delete_thread(thread_id)

    def forget_private(self, user: str, sessions: Sequence[str]) -> None:
        """Drop the user's incognito sessions, listed or not."""
        prefix = _PRIVATE + user_prefix(user)
        listed = {thread_id(user, session, incognito=True) for session in sessions}
        for thread in {*listed, *(name for name in list(self.private.storage) if name.startswith(prefix))}:
            self.private.delete_thread(thread)


def _is_private(config: RunnableConfig) -> bool:
    return is_private(str(config["configurable"].get("thread_id", "")))
