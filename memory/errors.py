"""What can go wrong in memory, each with a message that names the value and the mend."""

from __future__ import annotations


class MemoryStoreError(RuntimeError):
    """The store cannot be used (damaged, full, read-only, written by a newer Parley)."""


class HomeInUseError(MemoryStoreError):
    """Another process owns the home."""


class IdError(ValueError):
    """An id that cannot be used as a user or a session."""


class UnknownSessionError(ValueError):
    """The user has no such session; another user's session of that name does not count."""


class UnknownStatementError(ValueError):
    """The user has no such statement."""


class StatementError(ValueError):
    """Something that may not be remembered as it stands."""


class ForgetError(MemoryStoreError):
    """Forgetting stopped half way; the message says what is left and how to finish."""


class CheckpointDamagedError(MemoryStoreError):
    """The state of one session could not be read; it has been set aside and the session starts afresh."""


def check_id(kind: str, value: object) -> str:
    """The id itself, if it can name a user or a session: any text but the empty, blank or unstorable.

    Raises:
        IdError: not a text, blank, over 512 characters, or with a NUL or half a surrogate pair in it.
    """
    if not isinstance(value, str):
        raise IdError(f"{kind} id must be text, not {type(value).__name__}")
    if not value.strip():
        raise IdError(f"{kind} id {value!r} is empty; give a name")
    if len(value) > 512:
        raise IdError(f"{kind} id {value[:20]!r}... has {len(value)} characters; use at most 512")
    if "\0" in value or any(0xD800 <= ord(character) <= 0xDFFF for character in value):
        raise IdError(f"{kind} id {value!r} holds a character that cannot be stored; leave it out")
    return value


class ConsentError(MemoryStoreError):
    """The user has not agreed that things about them are kept."""


class StoreScopeError(ValueError):
    """A namespace that does not start with one user's label; nobody may search everyone's memories."""
