"""The evaluation room in a browser, with real agents: run, watch, stop, read; nothing of the visitor's is touched."""

from __future__ import annotations

from typing import Any

import pytest

from parley.agent.api import Agent
from tests.browser.conftest import Visiting

PATIENCE_MS = 600_000
"""Agents of the evaluation's own are opened first; on a busy machine that takes a while."""


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_an_evaluation_is_run_watched_read_and_reported_and_touches_nobody(
    visit: Visiting, address: str, agent: Agent
) -> None:
    ana = visit(address)
    page = ana.page
    ana.say("a western")
    before = (ana.titles, ana.wishes, agent.parts.store.users(), len(agent.sessions(user="ana")))
    page.get_by_role("button", name="Evaluate").click()
    page.locator("#evaluate").wait_for()
    page.locator("#composer").wait_for(state="hidden")
    _ask(page, users=2, agents=("popularity", "parley"))

    page.locator(".run.done").wait_for(timeout=PATIENCE_MS)
    page.locator("#progress", has_text="4 of 4 conversations").wait_for()
    ana.until(lambda: page.locator("#progress tbody tr").count() == 2)
    ana.until(lambda: page.locator("#talks .pick").count() == 2)

    page.locator("#talks .pick").nth(1).click()
    page.wait_for_selector("#talks li:nth-child(2) .pick[aria-current=true]")
    ana.until(lambda: page.locator("#talks .verdict").count() == 1)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open the report").click()
    assert "Simulated users" in opened.value.locator("h1").inner_text()
    opened.value.close()

    late = visit(f"{address}/#evaluate")
    late.page.locator(".run.done").wait_for()
    late.page.locator("#evaluate").wait_for()  # the address leads to the room
    page.get_by_role("button", name="Talk", exact=True).click()
    assert (ana.titles, ana.wishes, agent.parts.store.users(), len(agent.sessions(user="ana"))) == before
    assert (ana.errors, ana.foreign, late.errors) == ([], [], [])


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_room_fits_a_phone_is_run_by_keyboard_says_what_is_wrong_and_stops(visit: Visiting, address: str) -> None:
    ana = visit(address, width=390, height=844)
    page = ana.page
    page.get_by_role("button", name="Evaluate").focus()
    page.keyboard.press("Enter")
    page.locator("#trial input[name=users]").fill("999")
    page.keyboard.press("Enter")
    page.locator("#progress .trouble", has_text="from 1 to 200").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0

    _ask(page, users=200, agents=("parley",), by_key=True)
    page.locator("#watched .secret", has_text="Wants").first.wait_for(timeout=PATIENCE_MS)
    page.get_by_role("button", name="Stop", exact=True).click(timeout=PATIENCE_MS)
    page.locator(".run.stopped").wait_for(timeout=PATIENCE_MS)
    unnamed = page.locator("#evaluate :is(button, input, select)").evaluate_all(
        "all => all.filter(b => b.offsetParent && !(b.textContent.trim() || b.ariaLabel || b.labels?.length)).length"
    )
    assert unnamed == 0
    assert ana.errors == []


def _ask(page: Any, *, users: int, agents: tuple[str, ...], by_key: bool = False) -> None:
    """Fill the form and run it."""
    page.locator("#trial input[name=users]").fill(str(users))
    page.locator("#trial input[name=turns]").fill("2")
    for box in page.locator("#trial input[name=agents]").all():
        box.set_checked(box.get_attribute("value") in agents)
    run = page.get_by_role("button", name="Run", exact=True)
    if by_key:
        run.focus()
        page.keyboard.press("Enter")
    else:
        run.click()
