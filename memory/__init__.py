"""What outlives a turn: transcripts, checkpoints, and what is remembered of each person, by name.

Items are ids, attributes are a kind and a value; this room imports nothing of the others. Reached
by module: `memory.store`, `memory.profile`, `memory.learn`, `memory.checkpoints`, `memory.home`.
"""

from parley.memory.errors import (
    CheckpointDamagedError,
    ForgetError,
    HomeInUseError,
    IdError,
    MemoryStoreError,
    StatementError,
    UnknownSessionError,
    UnknownStatementError,
)
from parley.memory.home import HomeLock
from parley.memory.profile import Profile, RecalledMemories, load_profile, propose, recall, remember
from parley.memory.statements import Evidence, Kind, Source, Statement, Status
from parley.memory.store import Consent, ForgetHook, MemoryStore

__all__ = [
    "CheckpointDamagedError",
    "Consent",
    "Evidence",
    "ForgetError",
    "ForgetHook",
    "HomeInUseError",
    "HomeLock",
    "IdError",
    "Kind",
    "MemoryStore",
    "MemoryStoreError",
    "Profile",
    "RecalledMemories",
    "Source",
    "Statement",
    "StatementError",
    "Status",
    "UnknownSessionError",
    "UnknownStatementError",
    "load_profile",
    "propose",
    "recall",
    "remember",
]
