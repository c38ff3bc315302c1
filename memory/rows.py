"""What comes out of the store: typed rows, and the hook of whoever keeps bytes of a user elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Protocol

from pydantic import AwareDatetime, BaseModel, ConfigDict


class Consent(StrEnum):
    """Whether the user agreed that things about them are kept from one session to the next."""

    UNASKED = "unasked"
    GRANTED = "granted"
    DECLINED = "declined"


class StoredTurn(BaseModel):
    """One finished turn as it was stored."""

    model_config = ConfigDict(frozen=True)

    number: int
    payload: Mapping[str, Any]
    created: AwareDatetime


class SessionInfo(BaseModel):
    """One conversation."""

    model_config = ConfigDict(frozen=True)

    session: str
    title: str = ""
    created: AwareDatetime
    updated: AwareDatetime
    turns: int = 0
    incognito: bool = False


class Reaction(BaseModel):
    """What a user thought of one item, in one turn."""

    model_config = ConfigDict(frozen=True)

    session: str
    turn: int
    item_id: str
    stance: str
    created: AwareDatetime


class ForgetHook(Protocol):
    """Whoever keeps bytes of a user elsewhere (checkpoints, traces, logs) registers one of these.

    Called before the rows go, so that a failure leaves the user listed and the command can be
    repeated. Both must succeed when there is nothing (left) to forget.
    """

    def forget_user(self, user: str, sessions: Sequence[str]) -> None: ...

    def forget_session(self, user: str, session: str) -> None: ...


def to_json(value: Any) -> str:
    """JSON text in the letters it is written in; half surrogate pairs escaped."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return text if text.isascii() or not any(0xD800 <= ord(c) <= 0xDFFF for c in text) else json.dumps(
        value, default=_plain
    )  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, set | frozenset):
        return sorted(value)
    return str(value)


def plain_line(text: str) -> str:
    """One line of what can be printed."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())
