"""The pictures in the README: `python -m tests.browser.screenshots docs/img`.

A scripted visit with the real agent and no language model, so that a picture changes only if the page does.
"""

from __future__ import annotations

import io
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from parley.agent.api import Agent
from parley.ui.web import launch
from tests.browser.conftest import FLAGS, Visit

VISIT = ("I loved The Matrix and Inception, something like them but not too violent", "older than 1990 please")
LIMIT_BYTES = 195_000


def main(folder: Path) -> None:
    """Write light, dark, phone, welcome, memory, evaluate and report.png into the folder."""
    from playwright.sync_api import sync_playwright

    os.environ.setdefault("PARLEY_NO_REAL_MODEL", "1")
    folder.mkdir(parents=True, exist_ok=True)
    said: list[str] = []
    with (
        tempfile.TemporaryDirectory() as home,
        Agent.open(home=home, model="none") as agent,
        sync_playwright() as driver,
    ):
        page = launch(agent, port=0, models=("none", "embedded"), ready=said.append)
        browser = driver.chromium.launch(
            executable_path=shutil.which("chromium") or shutil.which("google-chrome"), args=[*FLAGS, "--no-sandbox"]
        )
        desk = browser.new_context(viewport={"width": 1440, "height": 900}, device_scale_factor=1)
        _desktop(Visit(desk.new_page(), said[0]), folder)
        _evaluation(Visit(desk.new_page(), said[0]), folder)
        phone = browser.new_context(viewport={"width": 390, "height": 844}, device_scale_factor=1.5)
        _phone(Visit(phone.new_page(), said[0]), folder)
        browser.close()
        page.close(verbose=False)


def _desktop(ana: Visit, folder: Path) -> None:
    page = ana.page
    _shoot(page, folder / "welcome.png")
    page.locator("#name textarea").fill("Ana")
    page.locator("#name textarea").press("Enter")
    page.wait_for_timeout(500)
    ana.say(VISIT[0])
    page.get_by_role("button", name="Yes, remember me").click()
    page.wait_for_selector(".consent", state="detached")
    ana.say(VISIT[1])
    _shoot(page, folder / "light.png")
    page.locator(".card .act-like").first.click()
    page.wait_for_selector(".noted")
    page.get_by_role("button", name="Light or dark").click()
    page.locator(".trace > summary").click()
    _to_top(page)
    _shoot(page, folder / "dark.png")
    page.get_by_role("button", name="Light or dark").click()
    page.locator(".trace > summary").click()
    ana.say("I also loved Alien. I never watch horror comedies though")
    page.locator(".memory > summary").click()
    page.locator(".statement summary").first.click()
    page.wait_for_timeout(300)
    page.locator("#right").evaluate("panel => panel.scrollTo(0, document.querySelector('#memory').offsetTop - 20)")
    page.locator("#right").screenshot(path=str(folder / "memory.png"))
    _shrink(folder / "memory.png", (folder / "memory.png").read_bytes())


def _evaluation(cleo: Visit, folder: Path) -> None:
    """A small evaluation in the page, and its report."""
    page = cleo.page
    page.get_by_role("button", name="Evaluate").click()
    page.locator("#trial input[name=users]").fill("12")
    page.get_by_role("button", name="Run", exact=True).click()
    page.locator(".run.done").wait_for(timeout=900_000)
    page.locator("#talks .pick").nth(1).click()
    _shoot(page, folder / "evaluate.png")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the report").click()
    opened.value.set_viewport_size({"width": 1180, "height": 1240})
    _shoot(opened.value, folder / "report.png")


def _phone(ben: Visit, folder: Path) -> None:
    ben.say("a feel-good film for my kids, under two hours")
    _shoot(ben.page, folder / "phone.png")


def _to_top(page: Any) -> None:
    page.evaluate("document.querySelector('#past .turn:last-of-type').scrollIntoView()")


def _shoot(page: Any, path: Path) -> None:
    page.mouse.move(0, 0)
    page.evaluate("document.activeElement.blur()")
    page.wait_for_timeout(500)
    _shrink(path, page.screenshot())


def _shrink(path: Path, png: bytes) -> None:
    """Write a PNG below the limit, with fewer colours if it must be."""
    from PIL import Image

    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture.save(path, optimize=True)
    for colours in (256, 128, 64):
        if path.stat().st_size <= LIMIT_BYTES:
            return
        picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/img"))
