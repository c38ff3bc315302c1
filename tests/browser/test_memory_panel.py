"""The memory panel: consent first, then every statement in view, with its evidence and an end to it."""

from __future__ import annotations

import json
from urllib.parse import unquote

from parley.agent.api import Agent
from tests.browser.conftest import Visiting

WATCH = """() => {
    window.repaints = window.shut = 0;
    new MutationObserver(() => {
        repaints += 1;
        if (!document.querySelector(".memory").open) shut += 1;
    }).observe(document.querySelector("#memory"), { childList: true, characterData: true, subtree: true });
}"""
"""Looks at the panel in the very task that repaints it: the page's own observer, which is older, has had its turn."""


def test_memory_is_asked_for_shown_corrected_exported_and_forgotten(
    visit: Visiting, address: str, agent: Agent
) -> None:
    ana = visit(address)
    page = ana.page
    ana.name("ana")
    ana.say("I loved The Matrix. I never watch horror.")
    assert agent.parts.store.statements("ana") == [], "nothing is kept before the question is answered"

    page.get_by_role("button", name="Yes, remember me").click()
    page.wait_for_selector(".consent", state="detached")
    ana.say("I loved Alien and Blade Runner too, and please never horror")
    page.locator(".memory > summary").click()
    page.locator(".statement").first.wait_for()
    page.locator(".statement", has_text="Blade Runner").get_by_text("Why I think so").click()
    page.wait_for_selector('.statement:has-text("Blade Runner") li:has-text("You said")')

    page.evaluate(WATCH)
    page.get_by_role("button", name="The opposite is true: Blade Runner").click()
    page.wait_for_selector('.statement:has-text("You do not like"):has-text("Blade Runner")')
    page.get_by_role("button", name="Forget: Blade Runner").click()
    page.wait_for_selector('.statement:has-text("Blade Runner")', state="detached")
    assert page.evaluate("repaints") > 0
    assert page.evaluate("shut") == 0, "a repaint never shuts the panel, not for a moment"
    page.locator(".memory > summary").click()
    page.wait_for_selector(".memory:not([open])")
    ana.say("and Heat")
    page.wait_for_selector(".memory:not([open])")
    page.locator(".memory > summary").click()
    page.wait_for_selector(".memory[open]")

    page.get_by_role("button", name="Export everything").click()
    address_of_export = page.locator(".own a[download]").get_attribute("href")
    exported = json.loads(unquote(address_of_export.split(",", 1)[1]))
    assert exported["user"] == "ana"
    assert len(exported["sessions"][0]["turns"]) == 3

    page.get_by_role("button", name="Forget me").click()
    page.get_by_role("button", name="Yes, forget me").click()
    page.wait_for_selector(".welcome")
    assert "ana" not in agent.parts.store.users()
    assert ana.errors == []
