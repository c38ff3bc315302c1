"""The page's layout and wiring: which component shows what, and which event runs which handler."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

import gradio as gr

from parley.agent.ledger import Stance
from parley.ui.web.app import MAX_MESSAGE, NAMING_S, STORAGE_KEY, STORAGE_SECRET, Page, header
from parley.ui.web.evaluation_desk import EvaluationDesk
from parley.ui.web.evaluation_form import MODEL_WORDS
from parley.ui.web.live import LiveTurn
from parley.ui.web.talk import show_trouble
from parley.ui.web.visitor import Visitor, new_session_id

log = logging.getLogger(__name__)

NOT_NAMED = "I could not take your conversation along just now. Nothing is lost: type your name again in a moment."
SOON_S = 5.0
"""How long the page stays with a stopped turn that the agent is not through with."""
WIRE = "window.parleyWire(element, trigger, watch); // sends 'click', and 'submit' for what goes on for a while"

Updates = dict[Any, Any]


class Desk:
    """The components, and the handlers that repaint them."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.visitor = gr.State(None)
        self.note = gr.BrowserState({}, storage_key=STORAGE_KEY, secret=STORAGE_SECRET)

    def lay_out(self) -> None:
        """Place everything; the order is the reading and tabbing order."""
        page = self.page
        domain = page.catalog.domain
        gr.HTML(header(f"{domain.plural} worth your time"), elem_id="top", js_on_load=None, apply_default_css=False)
        with gr.Row(elem_id="rooms", equal_height=False):
            with gr.Column(elem_id="left", min_width=0):
                self.name = gr.Textbox(
                    label="Your name", placeholder="What shall I call you?", max_length=64, elem_id="name"
                )
                self.sessions = self._html("sessions")
                self.model = gr.Dropdown(
                    choices=[(MODEL_WORDS.get(spec, spec), spec) for spec in page.models],
                    value=page.agent.parts.model_spec if page.models else None,
                    label="Model",
                    visible=len(page.models) > 1,
                    elem_id="model",
                )
            with gr.Column(elem_id="centre", min_width=0):
                with gr.Column(elem_id="talk", min_width=0):
                    self.past = self._html("past")
                    self.now = self._html("now")
                self.box = gr.Textbox(
                    placeholder=f"What do you feel like {_ing(domain.verb)}?",
                    label="Your message",
                    show_label=False,
                    container=False,
                    lines=1,
                    max_lines=6,
                    max_length=MAX_MESSAGE,
                    submit_btn=True,
                    stop_btn=False,
                    autofocus=True,
                    elem_id="composer",
                    html_attributes=gr.InputHTMLAttributes(autocomplete="off", enterkeyhint="send"),
                )
            with gr.Column(elem_id="right", min_width=0):
                self.ledger = self._html("ledger")
                self.memory = self._html("memory")
                self.trace = self._html("trace")

    def wire(self, blocks: gr.Blocks) -> None:
        """Tie events to handlers. Turns run many at a time; nothing is open to API clients."""
        shown = [self.sessions, self.past, self.now, self.ledger, self.memory, self.trace]
        everything = [self.visitor, self.note, self.name, self.model, self.box, *shown]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "outputs": everything}
        # "multiple", for "once" drops what is sent between the end of an answer and the end of its event
        often: dict[str, Any] = {"trigger_mode": "multiple", **quiet}
        who = [self.visitor, self.note, self.name]
        blocks.load(self.arrive, [self.note], **quiet)
        self.box.submit(self.say, [*who, self.box], **often)
        for html in (self.past, self.now):
            html.submit(self.say_button, who, **often)
        for html in (self.past, self.now, self.ledger, self.memory, self.sessions):
            html.click(self.press, who, **often)
        blocks.unload(self.leave)
        self.box.stop(self.stop, [self.visitor], queue=False, **often)
        gr.on([self.name.submit, self.name.blur], self.rename, who, **often)
        self.model.input(
            self.choose_model, [self.model], show_progress="hidden", api_visibility="private", outputs=[self.model]
        )

    # Handlers. Each asks the page who is looking: `told`, what the event brings along, may be old by now.

    def arrive(self, note: Any, request: gr.Request) -> Iterator[Updates]:
        """The page opens or reloads: find the visitor and the conversation, and join a turn under way."""
        visitor = self.page.arrive(request.session_hash, note)
        live = self.page.turns.get(visitor.user, visitor.session)
        if live is None or live.snapshot.done:
            yield from self._show(request.session_hash)
        else:
            yield from self._follow(visitor, live, request.session_hash)

    def leave(self, request: gr.Request) -> None:
        """The tab is closed."""
        self.page.tabs.close(request.session_hash)

    def say(self, told: Visitor | None, note: Any, name: str, message: str, request: gr.Request) -> Iterator[Updates]:
        """Send a message and show the answer as it comes. One sent twice at once is answered once."""
        tab = request.session_hash
        at = self.page.tabs.at(tab, told)
        if at is None:  # the server was started anew: show where we are; the message stays in its box
            yield from self.arrive(note, request)
            return
        if not message.strip():
            yield self._nothing()
            return
        self.page.catch_up(tab, name)
        with self.page.tabs.using(tab) as here:
            visitor = self.page.speaker(tab, here or at, name)
            try:
                live = None if self.page.answers(visitor, message) else self.page.begin(visitor, message)
            except ValueError as error:
                live, trouble = None, str(error)
            else:
                trouble = ""
        if live is not None:
            yield from self._follow(visitor, live, tab)
        else:
            yield {self.now: show_trouble(trouble)} if trouble else self._nothing()

    def say_button(
        self, told: Visitor | None, note: Any, name: str, event: gr.EventData, request: gr.Request
    ) -> Iterator[Updates]:
        """A quick reply: the same as typing it."""
        yield from self.say(told, note, name, str(event._data.get("text") or ""), request)

    def press(
        self, told: Visitor | None, note: Any, name: str, event: gr.EventData, request: gr.Request
    ) -> Iterator[Updates]:
        """A button on a card, a wish, a memory or a conversation."""
        tab = request.session_hash
        at = self.page.tabs.at(tab, told)
        if at is None:
            yield from self.arrive(note, request)
            return
        data = {str(key): str(value) for key, value in dict(event._data or {}).items()}
        self.page.catch_up(tab, name)
        with self.page.tabs.using(tab) as here:
            visitor = self.page.speaker(tab, here or at, name)
            try:
                changed = self._do(visitor, data, tab)
            except ValueError as error:
                changed = self._changed(visitor) | {self.now: show_trouble(str(error))}
        if changed is not None and self.page.tabs.shows(tab, visitor):
            yield changed
        if changed is None or self.page.tabs.at(tab) != self.page.tabs.painted(tab):
            yield from self._show(tab)
        yield self._nothing()

    def _do(self, visitor: Visitor, data: Mapping[str, str], tab: str | None) -> Updates | None:
        """Do what a button says; what has changed on the page, None for everything."""
        match data.get("do"):
            case "new" | "incognito" | "open" | "drop" | "earlier":
                self._turn_to(visitor, data, tab)
                return None
            case "forget-me-now":
                self.page.tabs.turn(tab, self.page.forget_user(visitor), leaving=visitor)
                return None
            case "export" | "forget-me" | "keep-me" as do:
                return {self.memory: self.page.paint_memory(visitor, asking=do == "forget-me", export=do == "export")}
            case "react" if data.get("stance") in set(Stance):
                self.page.react(visitor, data.get("item", ""), data["stance"])
            case "unwish":
                wish = data.get("wish", "")
                self.page.agent.remove_wish(wish, user=visitor.user, session=visitor.session)
            case "consent":
                self.page.agent.set_consent(visitor.user, data.get("answer") == "yes")
            case "forget" | "opposite" as do:
                self.page.change_memory(visitor, do, data.get("statement", ""))
            case _:
                return self._nothing()
        return self._changed(visitor)

    def _turn_to(self, visitor: Visitor, data: Mapping[str, str], tab: str | None) -> None:
        """A conversation is begun, opened or dropped, or more of it asked for."""
        agent, session, here = self.page.agent, data.get("session", ""), self.page.tabs.shows(tab, visitor)
        match data.get("do"):
            case "new" | "incognito" as do:
                to = {"session": new_session_id(self.page.clock()), "incognito": do == "incognito"}
            case "open" if any(str(known["session"]) == session for known in agent.sessions(user=visitor.user)):
                to = {"session": session, "incognito": False}
            case "drop":
                agent.forget_session(user=visitor.user, session=session)
                if session != visitor.session or not here:
                    return
                to = {"session": self.page.newest_session(visitor.user), "incognito": False}
            case "earlier" if here:
                to = {"limit": visitor.limit * 4}
            case _:
                return
        self.page.tabs.turn(tab, visitor.model_copy(update=to), leaving=visitor)

    def stop(self, told: Visitor | None, request: gr.Request) -> Updates:
        """The stop button: what was said so far stays."""
        visitor = self.page.tabs.at(request.session_hash, told)
        if visitor is not None:
            self.page.turns.stop(self.page.agent, user=visitor.user, session=visitor.session)
        return self._nothing()

    def rename(self, told: Visitor | None, note: Any, name: str, request: gr.Request) -> Iterator[Updates]:
        """The visitor says who they are: see `Page.rename`."""
        tab = request.session_hash
        if self.page.tabs.at(tab, told) is None:
            self.page.arrive(tab, note)
        try:
            self.page.rename(tab, name)
        except (RuntimeError, ValueError):
            log.exception("naming a visitor failed")
            yield {self.now: show_trouble(NOT_NAMED)}
            return
        if self.page.tabs.at(tab) != self.page.tabs.painted(tab):
            yield from self._show(tab)
        yield self._nothing()

    def choose_model(self, spec: str) -> Any:
        """Another model for the turns to come; only what the page was started with."""
        if spec in self.page.models:
            try:
                self.page.agent.use_model(spec)
            except ValueError as error:
                gr.Warning(str(error))
        return gr.update(value=self.page.agent.parts.model_spec)

    # Painting

    def _follow(self, visitor: Visitor, live: LiveTurn, tab: str | None) -> Iterator[Updates]:
        """Paint a turn as it goes on, while the tab looks at its conversation."""
        empty = {self.box: gr.update(value="", submit_btn=False, stop_btn=True)}
        painted, here = self.page.tabs.painted(tab), self.page.tabs.shows(tab, visitor)
        if not here:
            yield {self.box: gr.update(value="")}
        elif painted is not None and painted.is_at(visitor):
            yield {self.past: self.page.paint_talk(visitor, answering=True)} | empty
        else:
            yield self._all(visitor, tab) | empty
        for html in self.page.follow(visitor, live):
            was_here, here = here, self.page.tabs.shows(tab, visitor)
            if here:
                yield {self.now: html}
            elif was_here:  # the paint before may have reached the other conversation
                yield from self._show(tab)
        if here:
            if not live.ended.wait(SOON_S):  # stopped, and the agent is not through yet: the page is free meanwhile
                yield from self._show(tab)
                live.ended.wait(NAMING_S)
            yield from self._show(tab, trouble=live.trouble, about=visitor)
        yield self._nothing()

    def _show(self, tab: str | None, *, trouble: str = "", about: Visitor | None = None) -> Iterator[Updates]:
        """Everything as the tab looks now, and once more if it has turned elsewhere when that is painted.

        What one tab is sent arrives in the order in which it was yielded, whichever events it is from. So
        looking again after a paint makes sure that the last one is the right one.

        Args:
            tab: where to paint.
            trouble: what went wrong, if anything did.
            about: in whose conversation that was.
        """
        shown: Visitor | None = None
        while True:
            with self.page.tabs.using(tab) as visitor:
                if visitor is None or visitor == shown:
                    break
                told = trouble if about is not None and about.is_at(visitor) else ""
                updates = self._all(visitor, tab, trouble=told)
            yield updates
            shown = visitor
        yield self._nothing()  # what is yielded last is sent once more at the end, when much may have been painted

    def _all(self, visitor: Visitor, tab: str | None, *, trouble: str = "") -> Updates:
        """Everything. The name's box is left alone while it stands for the same user: somebody may be typing."""
        painted, answering = self.page.tabs.painted(tab), self.page.answers(visitor)
        self.page.tabs.paint(tab, visitor)
        renamed = visitor.named and (painted is None or painted.user != visitor.user)
        return (
            self._changed(visitor)
            | ({self.name: visitor.user} if renamed else {})
            | {
                self.note: visitor.note(),
                self.sessions: self.page.paint_sessions(visitor),
                self.trace: self.page.paint_trace(visitor),
                self.now: show_trouble(trouble) if trouble else self.page.paint_now(visitor),
                self.model: self.page.agent.parts.model_spec if self.page.models else gr.skip(),
                self.box: gr.update(submit_btn=not answering, stop_btn=answering),
            }
        )

    def _changed(self, visitor: Visitor) -> Updates:
        return {
            self.visitor: visitor,
            self.past: self.page.paint_talk(visitor, answering=self.page.answers(visitor)),
            self.ledger: self.page.paint_ledger(visitor),
            self.memory: self.page.paint_memory(visitor),
        }

    def _nothing(self) -> Updates:
        return {self.now: gr.skip()}

    def _html(self, name: str) -> Any:
        return gr.HTML("", elem_id=name, js_on_load=WIRE, apply_default_css=False)


def lay_out(page: Page) -> gr.Blocks:
    """The whole page."""
    with gr.Blocks(title="Parley", analytics_enabled=False, fill_width=True, fill_height=True) as blocks:
        for desk in (Desk(page), EvaluationDesk(page, WIRE)):
            desk.lay_out()
            desk.wire(blocks)
    return blocks


def _ing(verb: str) -> str:
    """ "watch" -> "watching", "give" -> "giving"."""
    return verb[:-1] + "ing" if verb.endswith("e") and not verb.endswith("ee") else verb + "ing"
