"""A guest says who they are: what they said so far goes on under their name."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from parley.memory.errors import MemoryStoreError
from parley.memory.threads import thread_id

if TYPE_CHECKING:
    from parley.agent.api import Agent
    from parley.agent.state import SessionState
    from parley.memory.store import MemoryStore

log = logging.getLogger(__name__)


def adopt_sessions(agent: Agent, guest: str, by: str) -> dict[str, str]:
    """See `Agent.adopt`.

    The state of each session is written under the new name first, where nobody can see it yet; then one
    transaction moves everything that can be seen; then the guest is forgotten. So a crash at any moment
    leaves either the guest as they were or the named user with all of it.
    """
    store = agent.parts.store
    names: dict[str, str] = {}

    def known() -> list[str]:
        return [info.session for info in store.sessions(guest)]

    with ExitStack() as held:
        # incognito ones too: what such a turn writes last must not find its session gone, and be kept
        sessions = held.enter_context(agent.locks.hold_all(guest, known))
        kept = [session for session in sessions if not store.is_incognito(guest, session)]
        states = {session: agent.settled_state(guest, session) for session in kept}
        for info in store.sessions(guest):
            if info.turns and info.session in states:
                names[info.session] = _hold_free(agent, by, info.session, held, tuple(names.values()))
                _write_state(agent, by, names[info.session], states[info.session])
        if names:
            store.move_user(guest, by, names)
            _forget(store, guest)
    return names


def _forget(store: MemoryStore, guest: str) -> None:
    try:
        store.forget_user(guest)
    except MemoryStoreError:  # all of it has moved; what could not be cleared holds no more than the name does
        log.exception("what guest %r left behind could not be cleared", guest)


def _hold_free(agent: Agent, by: str, session: str, held: ExitStack, taken: Sequence[str]) -> str:
    """A session id that the user has not used, held so that no turn begins under it meanwhile."""
    store = agent.parts.store
    while True:
        free = store.free_session(by, session, taken)
        held.enter_context(agent.locks.hold(by, free))
        if not store.has_session(by, free):
            return free
        taken = (*taken, free)  # somebody was faster


def _write_state(agent: Agent, user: str, session: str, state: SessionState) -> None:
    """Wishes, the slate on show and all else that the next turn of the session needs."""
    thread = thread_id(user, session)
    agent.parts.checkpointer.delete_thread(thread)  # what a crash may have left there
    if state:
        agent.graph.update_state({"configurable": {"thread_id": thread}}, state, as_node="remember")
