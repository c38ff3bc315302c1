"""Whose conversation the model is working for, so that computed text is never shared between people.

with conversation("ana/main"):
    model.stream_text(...)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_owner: ContextVar[str] = ContextVar("parley_conversation", default="")


@contextmanager
def conversation(owner: str) -> Iterator[None]:
    """Model calls inside belong to `owner` (user and session): its prefixes are kept for it alone."""
    token = _owner.set(owner)
    try:
        yield
    finally:
        _owner.reset(token)


def current_owner() -> str:
    return _owner.get()
