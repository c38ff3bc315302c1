"""The web page: Gradio Blocks around the agent's API.

The browser holds a name and a session id, nothing else. Every paint is made here from what the agent
keeps under (user, session); what a browser claims to have been said is never read.
"""

from __future__ import annotations

import logging
import re
import secrets
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict

from parley.agent.ledger import ITEM, Stance
from parley.agent.messages import SlateItem
from parley.ui.web.evaluation import Evaluations
from parley.ui.web.html import MARK, esc, icon
from parley.ui.web.live import LiveTurn, LiveTurns
from parley.ui.web.panels import show_ledger, show_sessions, show_trace
from parley.ui.web.remembered import ask_consent, export_link, show_memory
from parley.ui.web.talk import show_live, show_turns, show_welcome

if TYPE_CHECKING:
    import gradio as gr

    from parley.agent.api import Agent
    from parley.evals.simulate.study import StudySettings
    from parley.memory.store import MemoryStore

log = logging.getLogger(__name__)

MAX_MESSAGE = 2000
"""Characters of a message the page takes."""
PAGE_TURNS = 30
"""Turns shown at once; a button shows more."""
STORAGE_KEY = "parley-page"
STORAGE_SECRET = "parley-page-v1"
"""Not a secret: it keeps the browser's note readable across restarts. The note holds a name and a session id."""

_SESSION = re.compile(r"[\w.-]{1,64}")


class Visitor(BaseModel):
    """Who is looking at which conversation, as this page's server-side state."""

    model_config = ConfigDict(frozen=True)

    user: str
    session: str
    named: bool = False
    """The user gave a name; otherwise `user` was drawn for this browser."""
    limit: int = PAGE_TURNS
    incognito: bool = False

    def note(self) -> dict[str, Any]:
        """What the browser keeps. An incognito conversation is not kept."""
        return {"user": self.user, "named": self.named, "session": "" if self.incognito else self.session}


def clean_name(name: object) -> str:
    """A user's name as an id: NFC, no control characters, at most 64 characters; empty if nothing is left."""
    text = unicodedata.normalize("NFC", str(name or ""))
    return " ".join("".join(c for c in text if c.isprintable()).split())[:64].strip()


def new_session_id(now: datetime) -> str:
    """A session id that sorts by time and cannot be guessed."""
    return f"{now:%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"


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
        self._looks: dict[str, tuple[str, str]] = {}
        """The user and the session each open tab looks at."""

    # Who is here

    def looks_at(self, tab: str | None, visitor: Visitor | None) -> None:
        """A tab turns to a visitor's conversation, or is closed (None)."""
        if tab is not None and visitor is not None:
            self._looks[tab] = (visitor.user, visitor.session)
        elif tab is not None:
            self._looks.pop(tab, None)

    def seen_by(self, tab: str | None, visitor: Visitor) -> bool:
        """Whether a tab looks at this conversation now; a tab we know nothing of is taken to."""
        here = (visitor.user, visitor.session)
        return tab is None or self._looks.get(tab, here) == here

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
        if not _SESSION.fullmatch(session):
            session = self.newest_session(user)
        return Visitor(user=user, session=session, named=bool(told.get("named")))

    def newest_session(self, user: str) -> str:
        """The user's newest session that is kept, or a new one."""
        kept = [s for s in self.agent.sessions(user=user) if not s.get("incognito")]
        return str(kept[0]["session"]) if kept else new_session_id(self.clock())

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

    def paint_now(self, tab: str | None) -> str:
        """The turn under way where a tab looks, if any."""
        user, session = self._looks.get(tab or "", ("", ""))
        live = self.turns.get(user, session)
        if live is None or live.snapshot.done:
            return ""
        return show_live(live.snapshot, self.agent.ledger(user=user, session=session), self.catalog)

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
        """Start a turn.

        Raises:
            BusyError: the conversation is still answering.
            ValueError: there is nothing to answer.
        """
        text = _sendable(message)
        if not text:
            raise ValueError("write something first")
        if visitor.incognito:
            self.agent.begin_session(user=visitor.user, session=visitor.session, incognito=True)
        return self.turns.start(self.agent, text, user=visitor.user, session=visitor.session)

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
            live.ended.wait(5)
        if self.store is not None:
            self.store.forget_user(visitor.user)
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
