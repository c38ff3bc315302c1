"""A real Chromium and a real server. Skipped, saying so, where there is no Chromium."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from parley.agent.api import Agent
from parley.ui.web import launch

PATIENCE_MS = 120_000
"""How long something on the page may take to come. Nothing takes as long but on a starved machine."""

FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker("browser")


@pytest.fixture(scope="package")
def chromium() -> Iterator[Any]:
    """A headless Chromium from the system; playwright's own download is not used."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
    if found is None:
        pytest.skip("needs Chromium on the path, e.g. apt-get install chromium")
    root = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=[*FLAGS, *root])
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Callable[..., Visit]]:
    """Open an address as a new visitor, with a browser profile of their own."""
    with ExitStack() as stack:

        def open_page(address: str, *, width: int = 1280, height: int = 860) -> Visit:
            context = chromium.new_context(viewport={"width": width, "height": height})
            stack.callback(context.close)
            return Visit(context.new_page(), address)

        yield open_page


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Agent]:
    """Parley over the shipped films, in a home of the module's own."""
    with Agent.open(home=tmp_path_factory.mktemp("home"), model="none") as opened:
        yield opened


@pytest.fixture(scope="module")
def address(agent: Agent) -> Iterator[str]:
    """Where its page is served."""
    said: list[str] = []
    blocks = launch(agent, port=0, ready=said.append)
    yield said[0]
    blocks.close(verbose=False)


class Visit:
    """One visitor at the page, in the words of a visitor."""

    def __init__(self, page: Any, address: str) -> None:
        self.page = page
        self.address = address
        self.dialogs: list[str] = []
        self.foreign: list[str] = []
        self.errors: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.set_default_navigation_timeout(PATIENCE_MS)
        page.on("dialog", self._refuse)
        page.on("request", self._note_request)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.goto(address)
        page.locator("#past .welcome, #past .turn").first.wait_for(state="attached")

    def until(self, holds: Callable[[], Any]) -> None:
        """Wait until something is so: what a paint brings may reach the parts of a page one after another."""
        end = time.monotonic() + PATIENCE_MS / 1000
        while not holds():
            assert time.monotonic() < end, "it did not come"
            self.page.wait_for_timeout(50)

    def name(self, name: str) -> None:
        """Type a name, as somebody does who goes on at once."""
        box = self.page.locator("#name textarea")
        box.fill(name)
        box.press("Enter")

    def say(self, message: str) -> None:
        """Type a message and wait until it is answered."""
        before = self.page.locator("#past .turn").count()
        self.send(message)
        self.page.locator("#past .turn").nth(before).wait_for()
        self.idle()

    def send(self, message: str) -> None:
        box = self.page.locator("#composer textarea")
        box.fill(message)
        box.press("Enter")

    def idle(self) -> None:
        """Wait until nothing is under way."""
        self.page.wait_for_function("() => !document.querySelector('#now .turn')")

    def reload(self) -> None:
        self.page.reload()
        self.page.wait_for_selector("#past .welcome, #past .turn, #now .turn")

    @property
    def titles(self) -> list[str]:
        """Titles on the cards, without years."""
        found: list[str] = self.page.locator("#past .card h3").evaluate_all(
            "cards => cards.map(card => card.firstChild.textContent.trim())"
        )
        return found

    @property
    def wishes(self) -> list[str]:
        """The standing wishes as shown."""
        return [" ".join(text.split()) for text in self.page.locator("#ledger .wish:not(.gone)").all_inner_texts()]

    @property
    def text(self) -> str:
        return str(self.page.locator("body").inner_text())

    def _refuse(self, dialog: Any) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _note_request(self, request: Any) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.foreign.append(request.url)


Visiting = Callable[..., Visit]
"""Opens an address as a new visitor."""
