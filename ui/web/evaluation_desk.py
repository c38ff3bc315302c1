"""The evaluation tab's components and handlers. A run goes on whether or not anybody watches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import gradio as gr

from parley.evals.simulate.study import StudySettings
from parley.ui.web.evaluation import Evaluation
from parley.ui.web.evaluation_form import read_form, show_form
from parley.ui.web.evaluation_show import show_progress, show_talks, show_watched
from parley.ui.web.talk import show_trouble

if TYPE_CHECKING:
    from parley.ui.web.app import Page

Updates = dict[Any, Any]


class EvaluationDesk:
    """The form, the run's progress, and the conversation in view."""

    def __init__(self, page: Page, wire: str) -> None:
        self.page = page
        self._wire = wire
        self._ended: dict[str | None, Evaluation] = {}
        """The run that each tab has been shown the end of."""

    def lay_out(self) -> None:
        """Place everything; the order is the reading and tabbing order."""
        with gr.Row(elem_id="evaluate", equal_height=False):
            self.form = self._html("trial", show_form(self.page.models, self.page.own_catalog))
            self.progress = self._html("progress")
            with gr.Column(elem_id="watch", min_width=0):
                self.watched = self._html("watched")
                self.talks = self._html("talks")

    def wire(self, blocks: gr.Blocks) -> None:
        """Tie events to handlers."""
        everything = [self.progress, self.watched, self.talks]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private", "outputs": everything}
        blocks.load(self.arrive, None, **quiet)
        blocks.unload(self.leave)
        self.form.submit(self.start, None, trigger_mode="once", **quiet)
        self.progress.submit(self.look, None, trigger_mode="once", **quiet)
        for html in (self.progress, self.watched, self.talks):
            html.click(self.press, None, trigger_mode="multiple", queue=False, **quiet)

    # Handlers

    def arrive(self, request: gr.Request) -> Updates:
        """The page opens: what there is. The tab itself asks to follow a run when it is opened."""
        run = self.page.evaluations.current
        if run is not None and not run.running:
            self._ended[request.session_hash] = run
        return self._all(run)

    def look(self, request: gr.Request) -> Iterator[Updates]:
        """The tab opens: join a run under way. One whose end it has seen stays as it is: a conversation may be open."""
        run = self.page.evaluations.current
        if run is not None and run.running:
            yield from self._follow(run, request.session_hash)
        elif run is None or self._ended.get(request.session_hash) is not run:
            yield self._all(run)
        yield self._nothing()

    def leave(self, request: gr.Request) -> None:
        """The tab is closed."""
        self._ended.pop(request.session_hash, None)

    def start(self, event: gr.EventData, request: gr.Request) -> Iterator[Updates]:
        """Run, or say what is wrong with what was asked for."""
        try:
            run = self.page.evaluations.start(self.page.place_study(self._read(event)))
        except ValueError as error:
            current = self.page.evaluations.current
            yield self._all(current) | {self.progress: show_trouble(_sentence(str(error))) + show_progress(current)}
            return
        yield from self._follow(run, request.session_hash)

    def _read(self, event: gr.EventData) -> StudySettings:
        return read_form(dict(event._data or {}), self.page.models, self.page.own_catalog)

    def press(self, event: gr.EventData) -> Updates:
        """Stop, the pace, or a conversation to read."""
        data = {str(key): str(value) for key, value in dict(event._data or {}).items()}
        run = self.page.evaluations.current
        if run is None:
            return {self.talks: gr.skip()}
        match data.get("do"):
            case "stop":
                run.stop()
                return {self.progress: show_progress(run)}
            case "pace":
                run.set_speed("reading" if data.get("speed") == "reading" else "full")
                return {self.watched: show_watched(run, self.page.catalog)}
            case "whose" | "pick":
                place = int(data["place"]) if data.get("place", "").isdecimal() else -1
                return {self.talks: show_talks(run, self.page.catalog, data.get("agent", ""), place)}
            case _:
                return {self.talks: gr.skip()}

    # Painting

    def _follow(self, run: Evaluation, tab: str | None) -> Iterator[Updates]:
        shown: dict[Any, str] = {}
        for _ in run.follow():
            painted = self._all(run)
            changed = {where: html for where, html in painted.items() if shown.get(where) != html}
            shown |= changed
            if changed:
                yield changed
        self._ended[tab] = run
        yield self._nothing()  # what is yielded last is sent once more at the end, when a conversation may be open

    def _nothing(self) -> Updates:
        return {self.talks: gr.skip()}

    def _all(self, run: Evaluation | None) -> Updates:
        catalog = self.page.catalog
        return {
            self.progress: show_progress(run),
            self.watched: show_watched(run, catalog),
            self.talks: show_talks(run, catalog),
        }

    def _html(self, name: str, value: str = "") -> Any:
        return gr.HTML(value, elem_id=name, js_on_load=self._wire, apply_default_css=False)


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
