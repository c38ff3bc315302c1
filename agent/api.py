"""`Agent`: the embedding API. Open one, chat, stream, recommend; every session stays its own.

from parley.agent import Agent

with Agent.open() as agent:
    turn = agent.chat("I loved The Matrix, something like it but not too violent", user="ana")
    print(turn.reply, [item.title for item in turn.slate])
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from parley.agent.adopting import adopt_sessions
from parley.agent.holding import SessionLocks
from parley.agent.ledger import ITEM, EditAction, Hardness, Ledger, LedgerEdit, Stance, Wish
from parley.agent.messages import Elicitation, Event, Slate, SlateItem, Turn
from parley.agent.opening import Parts, UnknownPlannerError, open_parts, replace_model
from parley.agent.recording import finished_turn, unfinished_turn
from parley.agent.state import RECURSION_LIMIT, Meter, SessionState, TurnContext, fresh_turn
from parley.agent.suggest import UnknownItemError, suggest_items
from parley.agent.trace import TurnTrace, trace_of
from parley.memory.errors import CheckpointDamagedError, IdError
from parley.memory.statements import Statement
from parley.tools.items import Catalog

MAX_MESSAGE = 4_000
"""Characters of a message that are read; the rest is cut, and the transcript says so."""

log = logging.getLogger(__name__)


class Agent:
    """A conversational recommender over one home folder, one catalogue and one model.

    Thread-safe: turns of one session are serialised, different sessions run side by side.
    """

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.locks = SessionLocks()
        self._running: dict[tuple[str, str], TurnContext] = {}
        self._adopting = threading.Lock()
        """One guest at a time: each holds several sessions, and two might wait for each other."""

    @classmethod
    def open(
        cls,
        *,
        home: Path | str | None = None,
        model: str = "embedded",
        catalog: str | None = None,
        planner: str = "direct",
        seed: int = 0,
        critic: int = 0,
        second_opinion: bool = False,
        progress: Callable[[str], None] | None = None,
    ) -> Agent:
        """Open a home, building what is missing.

        Args:
            home: where data lives; default `PARLEY_HOME`, else ~/.parley.
            model: `embedded`, `llamacpp:/path.gguf`, `openai:NAME@URL`, or `none`.
            catalog: a catalogue's name or folder; default the shipped films.
            planner: a planning strategy, e.g. `direct`.
            seed: makes every choice that is open repeatable.
            critic: how often the model may have a slate planned again for what it doubts, per turn; 0: never.
            second_opinion: ask the tuned model that ships with Parley where the rules read nothing but free words.
            progress: told in words what takes long.

        Raises:
            HomeInUseError: another process has this home open.
            ModelError, CatalogError: the model or the catalogue cannot be used.
        """
        parts = open_parts(
            home=home, model=model, catalog=catalog, planner=planner, seed=seed, critic=critic,
            second_opinion=second_opinion, progress=progress,
        )  # fmt: skip
        return cls(parts)

    # Talking

    def chat(self, message: str, *, user: str = "guest", session: str = "main") -> Turn:
        """Run one turn and return it finished."""
        for event in self.stream(message, user=user, session=session):
            if event.turn is not None:
                return event.turn
        raise RuntimeError("the turn ended without a result")

    def stream(self, message: str, *, user: str = "guest", session: str = "main") -> Iterator[Event]:
        """Run one turn; `node`, `slate` and `token` events as they happen, then one `turn`.

        Closing the iterator early stops the model; what was said so far is kept as the reply.
        """
        with self.locks.hold(user, session):
            context = self._context(user, session)
            self._running[user, session] = context
            try:
                self._finish_interrupted(context)
                yield from self._run(fresh_turn(_readable(message)), context)
            finally:
                self._running.pop((user, session), None)

    async def astream(self, message: str, *, user: str = "guest", session: str = "main") -> AsyncIterator[Event]:
        """`stream` for asyncio: the turn runs in a thread, the events arrive in the loop."""
        loop, queue = asyncio.get_running_loop(), asyncio.Queue[Event | BaseException | None]()
        stop = threading.Event()

        def produce() -> None:
            events = self.stream(message, user=user, session=session)
            try:
                for event in events:
                    loop.call_soon_threadsafe(queue.put_nowait, event)
                    if stop.is_set():
                        self.stop(user=user, session=session)
                loop.call_soon_threadsafe(queue.put_nowait, None)
            except BaseException as error:
                loop.call_soon_threadsafe(queue.put_nowait, error)

        worker = loop.run_in_executor(None, produce)
        try:
            while (event := await queue.get()) is not None:
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            stop.set()
            self.stop(user=user, session=session)
            await worker

    async def achat(self, message: str, *, user: str = "guest", session: str = "main") -> Turn:
        """`chat` for asyncio."""
        return await asyncio.to_thread(self.chat, message, user=user, session=session)

    def stop(self, *, user: str = "guest", session: str = "main") -> bool:
        """Stop the turn in progress at the next token; False if there is none."""
        context = self._running.get((user, session))
        if context is not None:
            context.cancelled.set()
        return context is not None

    # The session

    def react(self, item_id: str, stance: Stance, *, user: str = "guest", session: str = "main") -> Ledger:
        """A button on a card: like, dislike, seen, reject. Changes the next slate.

        Raises:
            UnknownItemError: the catalogue has no such item.
        """
        item = self.parts.services.catalog.get(item_id)
        if item is None:
            raise UnknownItemError(f"no item {item_id!r} in this catalogue; use an item_id from a slate")
        wish = Wish(
            facet=ITEM, value=item_id, stance=stance, hardness=Hardness.HARD, words=f"[{stance.value}] {item.title}"
        )
        ledger = self._edit_ledger(
            user, session, lambda old, turn: old.apply([LedgerEdit(action=EditAction.ADD, wish=wish)], turn=turn)
        )
        self.parts.services.remembering.react(user, session, self._turn(user, session), item_id, stance)
        return ledger

    def remove_wish(self, wish_id: str, *, user: str = "guest", session: str = "main") -> Ledger:
        """The cross beside a wish; an unknown id changes nothing."""
        return self._edit_ledger(user, session, lambda old, turn: old.without(wish_id, turn=turn))

    def ledger(self, *, user: str = "guest", session: str = "main") -> Ledger:
        """Everything the user wants in this session, the ended wishes included."""
        return self._state(user, session).get("ledger") or Ledger()

    def slate(self, *, user: str = "guest", session: str = "main") -> Slate:
        """The slate last shown."""
        return self._state(user, session).get("slate") or Slate()

    def open_question(self, *, user: str = "guest", session: str = "main") -> Elicitation | None:
        """The question of ours that the last turn ended with, if it did."""
        return self._state(user, session).get("elicitation")

    def sessions(self, *, user: str = "guest") -> list[dict[str, Any]]:
        """The user's sessions, newest first: {"session", "title", "updated", "turns", "incognito"}."""
        return [info.model_dump(mode="json") for info in self.parts.store.sessions(user)]

    def begin_session(self, *, user: str, session: str, incognito: bool = False) -> None:
        """Make a session known before its first message; an incognito one leaves no trace."""
        self.parts.store.begin_session(user, session, incognito=incognito)

    def history(self, *, user: str = "guest", session: str = "main") -> list[Turn]:
        """The session's finished turns, oldest first; none for a session not begun."""
        if not self.parts.store.has_session(user, session):
            return []
        return [Turn.model_validate(dict(stored.payload)) for stored in self.parts.store.turns(user, session)]

    def traces(self, *, user: str = "guest", session: str = "main") -> list[TurnTrace]:
        """How each finished turn of the session went, oldest first."""
        if not self.parts.store.has_session(user, session):
            return []
        stored = (turn.payload.get("trace") for turn in self.parts.store.turns(user, session))
        return [TurnTrace.model_validate(raw) for raw in stored if raw]

    def forget_session(self, *, user: str, session: str) -> None:
        """Remove a session: transcript, state, and what only it gave evidence for."""
        with self.locks.hold(user, session):
            self.parts.store.forget_session(user, session)

    def set_consent(self, user: str, granted: bool) -> None:
        """Whether this user agrees to be remembered from one session to the next."""
        self.parts.store.set_consent(user, granted)

    def needs_consent(self, user: str) -> bool:
        """True until the user has said so or otherwise."""
        return self.parts.services.remembering.needs_consent(user)

    def statements(self, user: str) -> list[Statement]:
        """Everything remembered about a user, with its evidence."""
        return self.parts.store.statements(user)

    def import_history(self, user: str, reactions: Sequence[tuple[str, float | Stance | None]]) -> int:
        """Tell Parley what this user is known to have watched and liked, e.g. by the app around it.

        Args:
            reactions: (item id, rating from 0 to 5, a stance, or None for just seen), oldest first.

        Returns:
            How many statements were written.

        Raises:
            ConsentError: the user has not agreed to be remembered (`set_consent`).
            UnknownItemError: the catalogue has no such item; nothing was written.
        """
        unknown = next((item_id for item_id, _ in reactions if item_id not in self.catalog), None)
        if unknown is not None:
            raise UnknownItemError(f"no item {unknown!r} in this catalogue; leave it out or import its catalogue")
        return self.parts.services.remembering.bring(user, reactions)

    def export_user(self, user: str) -> dict[str, Any]:
        """All and only this user's rows, as JSON-ready data."""
        return self.parts.store.export_user(user)

    def forget_user(self, user: str) -> None:
        """Remove everything about a user: memories, transcripts, traces, checkpoints; no byte is left.

        Turns under way are stopped and waited for: what they write down last goes with the rest.

        Raises:
            SessionBusyError: a turn did not end in time; nothing is forgotten yet.
        """
        store = self.parts.store
        for session in [session for owner, session in list(self._running) if owner == user]:
            self.stop(user=user, session=session)
        with self.locks.hold_all(user, lambda: [info.session for info in store.sessions(user)]):
            store.forget_user(user)

    def adopt(self, guest: str, *, by: str) -> dict[str, str]:
        """A guest says who they are: their conversations go on as sessions of `by`, and the guest is forgotten.

        Transcripts, traces, wishes and reactions come along, under another session id where `by` has one
        of that name; nothing of theirs is overwritten. What was remembered comes along if the guest agreed
        to that and `by` has not declined. Incognito sessions are dropped. A turn under way is waited for.

        Returns:
            The guest's session ids, each with the id it has under `by`; empty if the guest said nothing.

        Raises:
            IdError: both are the same user.
            SessionBusyError: a turn did not end in time; nothing has changed.
        """
        if guest == by:
            raise IdError(f"{guest!r} cannot be adopted by itself; give the name that the guest goes by now")
        with self._adopting:
            return adopt_sessions(self, guest, by)

    # Without a conversation

    def recommend(
        self, *, liked: Sequence[str] = (), filter: dict[str, Any] | None = None, k: int = 10
    ) -> list[SlateItem]:
        """Items for someone who liked these titles (or item ids), within a filter.

        Raises:
            UnknownItemError: a title the catalogue does not hold; the message offers the nearest.
            FilterError: the filter does not fit the catalogue.
        """
        return suggest_items(self.parts.services, liked, filter or {}, k)

    def as_tool(self, *, user: str = "guest", session: str = "tool") -> Any:
        """The agent as a LangChain tool for another agent: text in, reply and items out."""
        from langchain_core.tools import StructuredTool

        domain = self.parts.services.catalog.domain

        def recommend(request: str) -> tuple[str, list[dict[str, Any]]]:
            turn = self.chat(request, user=user, session=session)
            return turn.reply, [item.model_dump(mode="json") for item in turn.slate]

        return StructuredTool.from_function(
            recommend,
            name=f"recommend_{domain.plural}".replace(" ", "_"),
            description=f"Ask for {domain.plural} in plain words; the conversation so far is remembered.",
            response_format="content_and_artifact",
        )

    @property
    def graph(self) -> Any:
        """The compiled LangGraph turn, with this home's checkpointer."""
        return self.parts.graph

    def context(self, *, user: str = "guest", session: str = "main") -> TurnContext:
        """What to pass as `context=` when running `graph` yourself, e.g. as a subgraph; a new one for each turn."""
        return self._context(user, session)

    # Parts

    @property
    def catalog(self) -> Catalog:
        """The catalogue this agent speaks about."""
        return self.parts.services.catalog

    @property
    def model_spec(self) -> str:
        """The language model in use, as it was named."""
        return self.parts.model_spec

    def use_model(self, spec: str) -> None:
        """Change the language model for the turns to come.

        Raises:
            ModelError: it cannot be loaded; the old one stays.
        """
        self.parts = replace_model(self.parts, spec)

    def use_planner(self, name: str) -> None:
        """Change the planning strategy for the turns to come."""
        if name not in self.parts.services.strategies:
            raise UnknownPlannerError(f"no planner {name!r}; known: {', '.join(self.parts.services.strategies)}")
        self.parts = replace(self.parts, services=replace(self.parts.services, planner=name))

    def close(self) -> None:
        """Close databases and release the home; the agent is of no use afterwards."""
        for context in list(self._running.values()):
            context.cancelled.set()
        self.parts.close()

    def __enter__(self) -> Agent:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # Helpers

    def settled_state(self, user: str, session: str) -> SessionState:
        """The state of a session that is held, a turn that a crash cut off finished first; empty if it is damaged."""
        try:
            self._finish_interrupted(self._context(user, session))
            return self._state(user, session)
        except CheckpointDamagedError:
            return SessionState()

    def _context(self, user: str, session: str) -> TurnContext:
        parts = self.parts
        parts.store.begin_session(user, session)
        return TurnContext(
            services=parts.services, user=user, session=session, incognito=parts.store.is_incognito(user, session)
        )

    def _config(self, user: str, session: str) -> dict[str, Any]:
        return {"configurable": {"thread_id": self.parts.thread_id(user, session)}, "recursion_limit": RECURSION_LIMIT}

    def _state(self, user: str, session: str) -> SessionState:
        values: SessionState = self.parts.graph.get_state(self._config(user, session)).values
        return values

    def _turn(self, user: str, session: str) -> int:
        return self._state(user, session).get("turn", 0)

    def _finish_interrupted(self, context: TurnContext) -> None:
        """A turn that a crash cut off is finished first, so that its message is neither lost nor doubled."""
        found = self.parts.graph.get_state(self._config(context.user, context.session))
        fresh = replace(context, meter=Meter())
        if not found.next:
            last = self.parts.store.turns(context.user, context.session, last=1)
            if found.values.get("turn", 0) > (last[0].number if last else 0):  # cut off before it was written down
                self._record(fresh)
            return
        try:
            for _ in self._run(None, fresh):
                pass
        except Exception:  # it fails every time: the session must not be lost with it
            log.exception("the interrupted turn of session %r could not be finished", context.session)
            self._record_unfinished(fresh)

    def _run(self, start: dict[str, Any] | None, context: TurnContext) -> Iterator[Event]:
        graph, config = self.parts.graph, self._config(context.user, context.session)
        stream = graph.stream(start, config, context=context, stream_mode="custom", version="v2", durability="sync")
        try:
            for part in stream:
                yield _event(part["data"])
        except GeneratorExit:  # the caller closed us: the turn ends at the next token, and is kept
            context.cancelled.set()
            for _ in stream:
                pass
            self._record(context)
            raise
        yield Event(kind="turn", turn=self._record(context))

    def _record(self, context: TurnContext) -> Turn:
        """Write the finished turn and its trace to the transcript; doing so twice changes nothing."""
        services, state = context.services, self._state(context.user, context.session)
        context.meter.usage = context.allowance.spent
        turn = finished_turn(state, context)
        trace = trace_of(
            state, context.meter, catalog=services.catalog, model=self.parts.model_spec, seed=services.seed
        )
        payload = {**turn.model_dump(mode="json"), "trace": trace.model_dump(mode="json", exclude_defaults=True)}
        self.parts.store.append_turn(context.user, context.session, turn.turn, payload)
        self.parts.after_turn(context.user, context.session)
        return turn

    def _record_unfinished(self, context: TurnContext) -> None:
        """Write down a message whose turn cannot be finished."""
        turn = unfinished_turn(self._state(context.user, context.session), context)
        if turn.turn:
            self.parts.store.append_turn(context.user, context.session, turn.turn, turn.model_dump(mode="json"))

    def _edit_ledger(self, user: str, session: str, edit: Callable[[Ledger, int], Ledger]) -> Ledger:
        with self.locks.hold(user, session):
            context = self._context(user, session)
            self._finish_interrupted(context)
            state = self._state(user, session)
            ledger = edit(state.get("ledger") or Ledger(), state.get("turn", 0))
            graph = self.parts.graph
            graph.update_state(self._config(user, session), {"ledger": ledger}, as_node="remember")
        return ledger


def _event(data: dict[str, Any]) -> Event:
    if "token" in data:
        return Event(kind="token", text=data["token"])
    if "slate" in data:
        return Event(kind="slate", slate=data["slate"].items)
    return Event(kind="node", node=data["node"], text=f"{data['ms']} ms")


def _readable(message: str) -> str:
    """The message without what no person types, cut to what is read."""
    text = "".join(c for c in message if c in "\n\t" or c.isprintable()).strip()
    return text if len(text) <= MAX_MESSAGE else text[:MAX_MESSAGE].rstrip() + " […]"
