"""The memory panel: consent first, then every statement in view, with its evidence and an end to it."""

from __future__ import annotations

import json
from urllib.parse import unquote

from parley.agent.api import Agent
from tests.browser.conftest import Visiting


def test_memory_is_asked_for_shown_corrected_exported_and_forgotten(
    visit: Visiting, address: str, agent: Agent
) -> None:
    ana = visit(address)
    page = ana.page
    page.locator("#name textarea").fill("ana")
    page.locator("#name textarea").press("Enter")
    page.wait_for_selector("#sessions .here")
    ana.say("I loved The Matrix. I never watch horror.")
    assert agent.parts.store.statements("ana") == [], "nothing is kept before the question is answered"

    page.get_by_role("button", name="Yes, remember me").click()
    page.wait_for_selector(".consent", state="detached")
    ana.say("I loved Alien and Blade Runner too, and please never horror")
    page.locator(".memory > summary").click()
    page.locator(".statement").first.wait_for()
    shown = page.locator(".statement").all_inner_texts()
    assert any("Blade Runner" in text for text in shown)
    page.locator(".statement", has_text="Blade Runner").get_by_text("Why I think so").click()
    assert "Blade Runner" in page.locator(".statement", has_text="Blade Runner").inner_text()

    page.get_by_role("button", name="The opposite is true: Blade Runner").click()
    page.wait_for_selector('.statement:has-text("You do not like"):has-text("Blade Runner")')
    page.get_by_role("button", name="Forget: Blade Runner").click()
    page.wait_for_selector('.statement:has-text("Blade Runner")', state="detached")
    assert page.locator(".memory").get_attribute("open") is not None, "a repaint leaves the panel open"

    page.get_by_role("button", name="Export everything").click()
    address_of_export = page.locator(".own a[download]").get_attribute("href")
    exported = json.loads(unquote(address_of_export.split(",", 1)[1]))
    assert exported["user"] == "ana"
    assert len(exported["sessions"][0]["turns"]) == 2

    page.get_by_role("button", name="Forget me").click()
    page.get_by_role("button", name="Yes, forget me").click()
    page.wait_for_selector(".welcome")
    assert "ana" not in agent.parts.store.users()
    assert ana.errors == []
