"""The page's layout and wiring: which component shows what, and which event runs which handler."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import gradio as gr

from parley.agent.ledger import Stance
from parley.ui.web.app import (
    MAX_MESSAGE,
    STORAGE_KEY,
    STORAGE_SECRET,
    Page,
    Visitor,
    clean_name,
    header,
    new_session_id,
)
from parley.ui.web.evaluation_desk import EvaluationDesk
from parley.ui.web.evaluation_form import MODEL_WORDS
from parley.ui.web.live import LiveTurn
from parley.ui.web.talk import show_trouble

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
        blocks.load(self.arrive, [self.note], **quiet)
        # "multiple", for "once" drops what is sent between the end of an answer and the end of its event
        self.box.submit(self.say, [self.visitor, self.box], trigger_mode="multiple", **quiet)
        for html in (self.past, self.now):
            html.submit(self.say_button, [self.visitor], trigger_mode="multiple", **quiet)
        for html in (self.past, self.now, self.ledger, self.memory, self.sessions):
            html.click(self.press, [self.visitor], trigger_mode="multiple", **quiet)
        blocks.unload(self.leave)
        self.box.stop(self.stop, [self.visitor], trigger_mode="multiple", queue=False, **quiet)
        gr.on([self.name.submit, self.name.blur], self.rename, [self.visitor, self.name], trigger_mode="once", **quiet)
        self.model.input(
            self.choose_model, [self.model], show_progress="hidden", api_visibility="private", outputs=[self.model]
        )

    # Handlers

    def arrive(self, note: Any, request: gr.Request) -> Iterator[Updates]:
        """The page opens or reloads: find the visitor and the conversation, and join a turn under way."""
        visitor = self.page.welcome_back(note)
        self.page.looks_at(request.session_hash, visitor)
        live = self.page.turns.get(visitor.user, visitor.session)
        if live is None or live.snapshot.done:
            yield self._all(visitor)
        else:
            yield from self._follow(visitor, live, request.session_hash)

    def leave(self, request: gr.Request) -> None:
        """The tab is closed."""
        self.page.looks_at(request.session_hash, None)

    def say(self, visitor: Visitor | None, message: str, request: gr.Request) -> Iterator[Updates]:
        """Send a message and show the answer as it comes. One sent twice at once is answered once."""
        if visitor is None or not message.strip() or self.page.answers(visitor, message):
            yield self._nothing()
            return
        try:
            live = self.page.begin(visitor, message)
        except ValueError as error:
            yield {self.now: show_trouble(str(error))}
            return
        yield from self._follow(visitor, live, request.session_hash)

    def say_button(self, visitor: Visitor | None, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """A quick reply: the same as typing it."""
        yield from self.say(visitor, str(event._data.get("text") or ""), request)

    def press(self, visitor: Visitor | None, event: gr.EventData, request: gr.Request) -> Updates:
        """A button on a card, a wish, a memory or a conversation."""
        if visitor is None:
            return self._nothing()
        data = {str(key): str(value) for key, value in dict(event._data or {}).items()}
        try:
            return (
                self._press_session(visitor, data, request.session_hash)
                or self._press_memory(visitor, data, request.session_hash)
                or self._press_wish(visitor, data)
            )
        except ValueError as error:
            return self._changed(visitor) | {self.now: show_trouble(str(error))}

    def _press_wish(self, visitor: Visitor, data: Mapping[str, str]) -> Updates:
        match data.get("do"):
            case "react" if data.get("stance") in set(Stance):
                self.page.react(visitor, data.get("item", ""), data["stance"])
            case "unwish":
                wish = data.get("wish", "")
                self.page.agent.remove_wish(wish, user=visitor.user, session=visitor.session)
            case "earlier":
                visitor = visitor.model_copy(update={"limit": visitor.limit * 4})
            case _:
                return self._nothing()
        return self._changed(visitor)

    def _press_session(self, visitor: Visitor, data: Mapping[str, str], tab: str | None) -> Updates:
        user, agent, session = visitor.user, self.page.agent, data.get("session", "")
        match data.get("do"):
            case "new" | "incognito" as do:
                fresh = {"session": new_session_id(self.page.clock()), "incognito": do == "incognito"}
                visitor = visitor.model_copy(update=fresh)
            case "open" if any(str(known["session"]) == session for known in agent.sessions(user=user)):
                visitor = visitor.model_copy(update={"session": session, "incognito": False})
            case "drop":
                agent.forget_session(user=user, session=session)
                if session == visitor.session:
                    visitor = visitor.model_copy(update={"session": self.page.newest_session(user)})
            case _:
                return {}
        self.page.looks_at(tab, visitor)
        return self._all(visitor)

    def _press_memory(self, visitor: Visitor, data: Mapping[str, str], tab: str | None) -> Updates:
        match data.get("do"):
            case "consent":
                self.page.agent.set_consent(visitor.user, data.get("answer") == "yes")
            case "forget" | "opposite" as do:
                self.page.change_memory(visitor, do, data.get("statement", ""))
            case "export" | "forget-me" | "keep-me" as do:
                return {self.memory: self.page.paint_memory(visitor, asking=do == "forget-me", export=do == "export")}
            case "forget-me-now":
                visitor = self.page.forget_user(visitor)
                self.page.looks_at(tab, visitor)
                return self._all(visitor)
            case _:
                return {}
        return self._changed(visitor)

    def stop(self, visitor: Visitor | None) -> Updates:
        """The stop button: what was said so far stays."""
        if visitor is not None:
            self.page.turns.stop(self.page.agent, user=visitor.user, session=visitor.session)
        return self._nothing()

    def rename(self, visitor: Visitor | None, name: str, request: gr.Request) -> Updates:
        """The visitor says who they are: their own conversations open."""
        user = clean_name(name)
        if visitor is None or not user or (user == visitor.user and visitor.named):
            return self._nothing()
        visitor = Visitor(user=user, session=self.page.newest_session(user), named=True)
        self.page.looks_at(request.session_hash, visitor)
        return self._all(visitor)

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
        busy = gr.update(value="", submit_btn=False, stop_btn=True)
        yield self._who(visitor) | {self.past: self.page.paint_talk(visitor, answering=True), self.box: busy}
        here = True
        for html in self.page.follow(visitor, live):
            was_here, here = here, self.page.seen_by(tab, visitor)
            if here:
                yield {self.now: html}
            elif was_here:  # the paint before may have reached the other conversation
                yield {self.now: self.page.paint_now(tab)}
        live.ended.wait(5)
        if self.page.seen_by(tab, visitor):
            yield self._all(visitor, trouble=live.trouble)
        yield self._nothing()  # what is yielded last is sent once more at the end, when much may have been painted

    def _all(self, visitor: Visitor, *, trouble: str = "") -> Updates:
        answering = self.page.answers(visitor)
        ready = gr.update(submit_btn=not answering, stop_btn=answering)
        return (
            self._who(visitor)
            | self._changed(visitor)
            | {
                self.sessions: self.page.paint_sessions(visitor),
                self.trace: self.page.paint_trace(visitor),
                self.now: show_trouble(trouble) if trouble else "",
                self.model: self.page.agent.parts.model_spec if self.page.models else gr.skip(),
                self.box: ready,
            }
        )

    def _who(self, visitor: Visitor) -> Updates:
        return {self.visitor: visitor, self.note: visitor.note(), self.name: visitor.user if visitor.named else ""}

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
