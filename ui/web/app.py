"""The web page: Gradio Blocks around the agent's API.

The browser holds a name and a session id, nothing else. Every paint is made here from what the agent
keeps under (user, session); what a browser claims to have been said is never read.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from parley.agent.ledger import ITEM, Stance
from parley.agent.messages import SlateItem
from parley.ui.web.evaluation import Evaluations
from parley.ui.web.html import MARK, esc, icon
from parley.ui.web.live import AFTER_STOP_S, LiveTurn, LiveTurns
from parley.ui.web.panels import show_ledger, show_sessions, show_trace
from parley.ui.web.remembered import ask_consent, export_link, show_memory
from parley.ui.web.talk import show_live, show_turns, show_welcome
from parley.ui.web.visitor import SESSION, Tabs, Visitor, clean_name, new_session_id

if TYPE_CHECKING:
    import gradio as gr

    from parley.agent.api import Agent
    from parley.evals.simulate.study import StudySettings
    from parley.memory.store import MemoryStore

log = logging.getLogger(__name__)

MAX_MESSAGE = 2000
"""Characters of a message the page takes."""
NAMING_S = 150.0
"""How long a name waits for the answer under way."""
PAINTING_S = 30.0
"""How long a name waits for a conversation that is only being looked at."""
STORAGE_KEY = "parley-page"
STORAGE_SECRET = "parley-page-v1"
"""Not a secret: it keeps the browser's note readable across restarts. The note holds a name and a session id."""


def now_utc() -> datetime:
    return datetime.now(UTC)


class Page:
    """The page's handlers. Holds the agent and the turns under way, and nothing about any one visitor."""

    def __init__(
        self,
        agent: Agent,
        *,
        models: Sequence[str] = (),
        catalog: str | None = None,
        clock: Callable[[], datetime] = now_utc,
    ) -> None:
        self.agent = agent
        self.catalog = agent.parts.services.catalog
        self.own_catalog = self.catalog if self.catalog.name != "films" else None
        """The catalogue if it is not the films."""
        self._opened_as = catalog or self.catalog.name
        self.store: MemoryStore | None = agent.parts.store
        self.models = tuple(models)
        self.clock = clock
        self.turns = LiveTurns()
        self.evaluations = Evaluations()
        self._favourites: tuple[SlateItem, ...] | None = None
        self.tabs = Tabs()

    # Who is here

    def answers(self, visitor: Visitor, message: str | None = None) -> bool:
        """Whether this conversation has a turn under way (one that answers `message`, if given)."""
        live = self.turns.get(visitor.user, visitor.session)
        if live is None or live.snapshot.done:
            return False
        return message is None or live.snapshot.message == _sendable(message)

    def welcome_back(self, note: object) -> Visitor:
        """The visitor a browser's note names; a fresh one if it says nothing usable."""
        told = note if isinstance(note, Mapping) else {}
        user = clean_name(told.get("user"))
        if not user:
            return Visitor(user=f"guest-{secrets.token_hex(6)}", session=new_session_id(self.clock()))
        session = str(told.get("session") or "")
        if not SESSION.fullmatch(session):
            session = self.newest_session(user)
        return Visitor(user=user, session=session, named=bool(told.get("named")))

    def newest_session(self, user: str) -> str:
        """The user's newest session that is kept, or a new one."""
        kept = [s for s in self.agent.sessions(user=user) if not s.get("incognito")]
        return str(kept[0]["session"]) if kept else new_session_id(self.clock())

    def arrive(self, tab: str | None, note: object) -> Visitor:
        """A tab opens, or one that was lost sight of says something: who looks from it, at what."""
        visitor = self.welcome_back(note)
        return self.tabs.at(tab, visitor) or visitor

    def rename(self, tab: str | None, name: str) -> None:
        """The person in a tab says who they are. A turn under way is waited for; a name typed later wins.

        A guest's conversations come along, and the one they are in stays in view; else the newest of the
        name's own opens.
        """
        user = clean_name(name)
        if tab is not None:
            self.tabs.want(tab, user)
            if user:
                self._name(tab, user, NAMING_S, asked=True)

    def catch_up(self, tab: str | None, name: str) -> None:
        """A message or a press brings along what stood in the name's box: it may overtake the naming itself."""
        user, here = clean_name(name), self.tabs.at(tab)
        if tab is None or here is None or not user or self.tabs.had(tab, user) is not None:
            return
        try:
            self._name(tab, user, 0.0 if self.turns.under_way(here.user) else PAINTING_S)
        except (RuntimeError, ValueError):  # the naming itself, which is under way too, says what is wrong
            log.exception("naming %r failed", user)

    def speaker(self, tab: str | None, here: Visitor, name: str) -> Visitor:
        """Who sent something: the tab's visitor, or who that was when it was sent, under an earlier name."""
        user = clean_name(name)
        if tab is None or not user or not here.named or here.user == user:
            return here
        return self.tabs.had(tab, user) or here

    def _name(self, tab: str, user: str, wait_s: float, *, asked: bool = False) -> None:
        """Turn a tab to a name; one that was `asked` for gives way to one asked for later."""
        here = self.tabs.at(tab)
        if here is None or (here.named and here.user == user):
            return
        if here.named or here.incognito or here.user == user:
            self.tabs.turn(tab, Visitor(user=user, session=self.newest_session(user), named=True), leaving=here)
            return
        with self.tabs.moving(here.user, wait_s) as alone:
            now = self.tabs.at(tab)
            late = asked and self.tabs.wanted(tab) != user
            if alone and not late and now is not None and now.user == here.user:
                self._adopt(here.user, user)

    def _adopt(self, guest: str, user: str) -> None:
        """A guest's conversations, and every tab that looks at one, go on under a name."""
        came = self.agent.adopt(guest, by=user)
        newest = self.newest_session(user)

        def named(old: Visitor) -> Visitor:
            wordless = old.incognito or (bool(came) and old.session not in came)
            session = new_session_id(self.clock()) if wordless else came.get(old.session, newest)
            return old.model_copy(update={"user": user, "named": True, "session": session})

        self.tabs.move(guest, named)

    def place_study(self, settings: StudySettings) -> StudySettings:
        """The study, over the catalogue that this page talks about."""
        if self.own_catalog is None:
            return settings
        return settings.model_copy(update={"catalog": self._opened_as, "home": str(self.agent.parts.home)})

    # Painting

    def paint_talk(self, visitor: Visitor, *, answering: bool = False) -> str:
        turns = self.agent.history(user=visitor.user, session=visitor.session)
        if not turns and not answering:
            return show_welcome(self.catalog, self._starters(), self._favourite_items())
        ledger = self.agent.ledger(user=visitor.user, session=visitor.session)
        ask = not visitor.incognito and self.store is not None and self.agent.needs_consent(visitor.user)
        footnote = ask_consent() if ask and any(turn.slate for turn in turns) else ""
        return show_turns(turns, ledger, self.catalog, limit=visitor.limit, answering=answering, footnote=footnote)

    def paint_now(self, visitor: Visitor) -> str:
        """The turn under way in this conversation, if any."""
        live = self.turns.get(visitor.user, visitor.session)
        if live is None or live.snapshot.done:
            return ""
        ledger = self.agent.ledger(user=visitor.user, session=visitor.session)
        return show_live(live.snapshot, ledger, self.catalog)

    def paint_ledger(self, visitor: Visitor) -> str:
        return show_ledger(self.agent.ledger(user=visitor.user, session=visitor.session), self.catalog)

    def paint_trace(self, visitor: Visitor) -> str:
        turns = self.agent.history(user=visitor.user, session=visitor.session)
        traces = self.agent.traces(user=visitor.user, session=visitor.session)
        newest = next((trace for trace in reversed(traces) if turns and trace.turn == turns[-1].turn), None)
        return show_trace(turns[-1] if turns else None, self.catalog, newest)

    def paint_sessions(self, visitor: Visitor) -> str:
        kept = [s for s in self.agent.sessions(user=visitor.user) if not s.get("incognito")]
        return show_sessions(kept, visitor.session, self.clock(), incognito=visitor.incognito)

    def paint_memory(self, visitor: Visitor, *, asking: bool = False, export: bool = False) -> str:
        if self.store is None or visitor.incognito:
            return ""
        return show_memory(
            self.store.statements(visitor.user),
            self.agent.parts.services.remembering.say,
            self.store.consent(visitor.user),
            self.clock(),
            asking=asking,
            saved=export_link(self.store.export_user(visitor.user)) if export else "",
        )

    def _starters(self) -> tuple[str, ...]:
        """Ways to begin, in the words of the catalogue's domain."""
        asked = [kind for kind, info in self.catalog.domain.kinds.items() if info.ask]
        values = [list(self.catalog.vocabulary.get(kind, {})) for kind in asked]
        starters = [f"Something like {item.title}" for item in self._favourite_items()[2:3]]
        if values and len(values[0]) > 5:
            starters.append(f"{values[0][4]}, but no {values[0][5]}")
        if len(values) > 1 and len(values[1]) > 1:
            starters.append(f"Something {values[1][1]}")
        return (*starters, "Surprise me")

    def _favourite_items(self) -> tuple[SlateItem, ...]:
        if self._favourites is None:
            self._favourites = tuple(self.agent.recommend(k=7))
        return self._favourites

    # Acting

    def begin(self, visitor: Visitor, message: str) -> LiveTurn:
        """Start a turn; the visitor must be in use (`Tabs.using`).

        Raises:
            BusyError: the conversation is still answering.
            ValueError: there is nothing to answer.
        """
        text = _sendable(message)
        if not text:
            raise ValueError("write something first")
        if visitor.incognito:
            self.agent.begin_session(user=visitor.user, session=visitor.session, incognito=True)
        self.tabs.keep(visitor.user)
        try:
            return self.turns.start(
                self.agent, text, user=visitor.user, session=visitor.session,
                then=lambda: self.tabs.release(visitor.user),
            )  # fmt: skip
        except BaseException:
            self.tabs.release(visitor.user)
            raise

    def react(self, visitor: Visitor, item_id: str, stance_name: str) -> None:
        """A card's button: takes the reaction down, or back if it already stands."""
        stance = Stance(stance_name)
        ledger = self.agent.ledger(user=visitor.user, session=visitor.session)
        standing = [w for w in ledger.active if w.facet == ITEM and w.value == item_id and w.stance is stance]
        if standing:
            for wish in standing:
                self.agent.remove_wish(wish.wish_id, user=visitor.user, session=visitor.session)
        else:
            self.agent.react(item_id, stance, user=visitor.user, session=visitor.session)

    def change_memory(self, visitor: Visitor, do: str, statement_id: str) -> None:
        """The user's hand on one statement: `forget` it, or say that the `opposite` holds."""
        if self.store is None:
            return
        if do == "forget":
            self.store.delete_statement(visitor.user, statement_id)
            return
        old = self.store.statement(visitor.user, statement_id)
        self.store.correct(visitor.user, statement_id, polarity="avoid" if old.polarity == "want" else "want")

    def forget_user(self, visitor: Visitor) -> Visitor:
        """Everything under this name goes; a clean visitor of the same name stays."""
        live = self.turns.get(visitor.user, visitor.session)
        if live is not None:
            self.turns.stop(self.agent, user=visitor.user, session=visitor.session)
            live.ended.wait(AFTER_STOP_S)
        if self.store is not None:
            self.agent.forget_user(visitor.user)
        return Visitor(user=visitor.user, session=new_session_id(self.clock()), named=visitor.named)

    def follow(self, visitor: Visitor, live: LiveTurn) -> Iterator[str]:
        """The turn under way as HTML, as it grows."""
        ledger = self.agent.ledger(user=visitor.user, session=visitor.session)
        for snapshot in live.follow(self.turns.interval_s):
            if snapshot.turn is not None:
                ledger = snapshot.turn.ledger
            yield show_live(snapshot, ledger, self.catalog)


def _sendable(message: str) -> str:
    """What of a message is sent."""
    return message.strip()[:MAX_MESSAGE]


def header(title: str) -> str:
    """The bar at the top; its buttons are the browser's own affair (`page.js`)."""
    tools = "".join(
        f'<button type="button" class="tool tool-{name}" data-local="{name}" aria-label="{esc(words)}" '
        f'title="{esc(words)}">{icon(name)}</button>'
        for name, words in (("panel", "What I understood"), ("theme", "Light or dark"))
    )
    menu = (
        f'<button type="button" class="tool tool-menu" data-local="menu" aria-label="Conversations" '
        f'title="Conversations">{icon("menu")}</button>'
    )
    rooms = "".join(
        f'<button type="button" class="room" data-local="room" data-room="{name}">{esc(words)}</button>'
        for name, words in (("talk", "Talk"), ("evaluate", "Evaluate"))
    )
    return (
        f'<a class="skip" href="#composer">Skip to where you type</a><div class="bar">{menu}<div class="brand">{MARK}'
        f'<h1>Parley</h1><p>{esc(title)}</p></div><nav aria-label="Rooms">{rooms}</nav><div class="tools">{tools}</div>'
        "</div>"
    )


def build_page(
    agent: Agent,
    *,
    models: Sequence[str] = (),
    catalog: str | None = None,
    clock: Callable[[], datetime] = now_utc,
) -> gr.Blocks:
    """The page as Gradio Blocks; see `launch` for how it is served.

    Args:
        agent: An opened agent.
        models: Model specs a visitor may choose among; the picker shows if there are two or more.
        catalog: What the agent's catalogue was opened as, for evaluations over it; its name unless given.
        clock: The time, UTC.
    """
    from parley.ui.web.blocks import lay_out

    return lay_out(Page(agent, models=models, catalog=catalog, clock=clock))
