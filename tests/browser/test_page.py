"""The page, driven as a person would: with the real agent, catalogue and recommender, without a language model."""

from __future__ import annotations

from typing import Any

from parley.agent.api import Agent
from tests.browser.conftest import Visiting


def test_a_conversation_goes_from_hello_to_a_reload_and_on(visit: Visiting, address: str) -> None:
    ana = visit(address)
    ana.say("hello")
    ana.say("Something like The Matrix, but no horror please")
    liked, disliked = ana.titles[0], ana.titles[1]
    assert len(ana.titles) >= 3
    assert "The Matrix" not in ana.titles
    ana.until(lambda: any("The Matrix" in wish for wish in ana.wishes))
    ana.until(lambda: "no horror (must hold)" in ana.wishes)

    ana.page.locator(".card").nth(0).get_by_role("button", name="Like").click()
    ana.page.locator(".card").nth(1).get_by_role("button", name="Not for me").click()
    ana.page.wait_for_selector(f'.noted:has-text("{disliked}")')
    ana.until(lambda: any(liked in wish for wish in ana.wishes))
    assert ana.titles[:2] == [liked, disliked], "a reaction may not change the slate before more is asked for"

    ana.page.get_by_role("button", name="Show more with that in mind").click()
    ana.page.locator("#past .turn").nth(2).wait_for()
    ana.idle()
    ana.until(lambda: ana.titles)
    assert not {liked, disliked} & set(ana.titles)

    ana.page.get_by_role("button", name="Remove: no horror").click()
    ana.page.wait_for_selector('#ledger .gone:has-text("no horror")')
    assert not any("Horror" in wish for wish in ana.wishes)

    before = (ana.titles, ana.wishes)
    ana.reload()
    ana.until(lambda: (ana.titles, ana.wishes) == before)
    assert "hello" in ana.text

    ana.say("older than 1990")
    years = [int(year) for year in ana.page.locator("#past .card h3 .year").all_inner_texts()]
    assert years
    assert all(year < 1990 for year in years)
    assert ana.page.locator("#past .turn").count() == 4
    assert (ana.dialogs, ana.foreign, ana.errors) == ([], [], [])


def test_a_reaction_is_taken_back_by_a_second_press(visit: Visiting, address: str) -> None:
    ana = visit(address)
    ana.say("a comedy")
    like = ana.page.locator(".card").first.get_by_role("button", name="Like")
    like.click()
    ana.page.wait_for_selector(".noted")
    ana.page.wait_for_selector('.card:first-of-type .act-like[aria-pressed="true"]')
    like.click()
    ana.page.wait_for_selector(".noted", state="detached")
    ana.page.wait_for_selector('.card:first-of-type .act-like[aria-pressed="false"]')


def test_two_visitors_see_only_their_own_things(visit: Visiting, address: str) -> None:
    ana, ben = visit(address), visit(address)
    ana.name("ana")
    ben.name("ana2")
    ana.send("a western with the canary word zanzibar")
    ben.send("a musical with the canary word quetzal")
    for visitor in (ana, ben):
        visitor.page.locator("#past .turn").first.wait_for()
        visitor.idle()
    assert "zanzibar" in ana.text
    assert "quetzal" not in ana.text
    assert "quetzal" in ben.text
    assert "zanzibar" not in ben.text
    ana.until(lambda: any("Western" in wish for wish in ana.wishes))
    assert not any("Western" in wish for wish in ben.wishes)
    ana.page.wait_for_selector("#sessions .here:has-text('zanzibar')")

    again = visit(address)
    assert "zanzibar" not in again.text, "a new browser is nobody until it says who it is"
    again.name("ana")
    again.page.wait_for_selector("#past .turn:has-text('zanzibar')")


def test_a_name_given_after_talking_takes_the_conversation_along(visit: Visiting, address: str, agent: Agent) -> None:
    cleo = visit(address)
    cleo.name("cleo")
    cleo.say("a musical, please")
    again = visit(address)
    again.say("a western with the canary word zanzibar")
    again.page.locator(".card").first.get_by_role("button", name="Like").click()
    again.page.wait_for_selector(".noted")
    shown = again.titles
    again.name("cleo")
    again.say("older than 1980")

    again.page.wait_for_selector("#sessions .here:has-text('zanzibar')")
    again.page.wait_for_selector("#sessions li:has-text('a musical')")
    assert again.page.locator("#past .turn").count() == 2, "the conversation stayed in view"
    assert "zanzibar" in again.text
    again.until(lambda: any("Western" in wish for wish in again.wishes))
    assert shown[0] not in again.titles, "what was liked before is known"
    assert sorted(info["turns"] for info in agent.sessions(user="cleo")) == [1, 2]
    holders = [user for user in agent.parts.store.users() if "zanzibar" in str(agent.export_user(user))]
    assert "cleo" in holders
    assert not any(user.startswith("guest-") for user in holders), "nothing of it stays with the guest"
    again.reload()
    again.page.wait_for_selector("#past .turn:has-text('zanzibar')")
    assert (again.errors, cleo.errors) == ([], [])


def test_a_new_conversation_starts_clean_and_the_old_one_opens_again(visit: Visiting, address: str) -> None:
    ana = visit(address)
    ana.say("a war film, please")
    ana.page.get_by_role("button", name="New conversation", exact=True).click()
    ana.page.wait_for_selector(".welcome")
    ana.until(lambda: ana.wishes == [])
    ana.page.get_by_role("button", name="Open: a war film").click()
    ana.page.wait_for_selector("#past .turn")
    ana.until(lambda: any(wish.startswith("War") for wish in ana.wishes))


def test_an_incognito_conversation_is_gone_after_a_reload(visit: Visiting, address: str) -> None:
    ana = visit(address)
    ana.page.get_by_role("button", name="Incognito").click()
    ana.page.wait_for_selector('#sessions:has-text("leaves no trace")')
    ana.say("a western")
    ana.until(lambda: ana.titles)
    ana.reload()
    ana.page.wait_for_selector("#past .welcome")
    ana.page.wait_for_selector("#sessions .here")
    assert "a western" not in ana.text


def test_the_page_fits_a_phone(visit: Visiting, address: str) -> None:
    ana = visit(address, width=390, height=844)
    ana.say("a comedy older than 1980")
    assert _overflow(ana.page) <= 0
    assert not ana.page.locator("#ledger").is_visible()
    ana.page.get_by_role("button", name="What I understood").click()
    ana.page.locator("#ledger .cross").first.wait_for()
    ana.page.locator("#ledger .wish").first.wait_for()
    ana.page.keyboard.press("Escape")
    ana.page.wait_for_function("() => getComputedStyle(document.querySelector('#right')).visibility === 'hidden'")
    small = ana.page.locator(".card .act, .quick, #composer button").evaluate_all(
        "found => found.map(b => b.getBoundingClientRect()).filter(r => r.height < 36).length"
    )
    assert small == 0, "buttons on a phone are at least 36 pixels high"


def test_the_keyboard_alone_is_enough(visit: Visiting, address: str) -> None:
    ana = visit(address)
    ana.page.evaluate("document.activeElement.blur()")
    ana.page.keyboard.press("/")
    ana.page.keyboard.type("a thriller")
    ana.page.keyboard.press("Enter")
    ana.page.wait_for_selector("#past .card")
    ana.idle()
    first = ana.page.locator(".card .act-like").first
    first.focus()
    ana.page.keyboard.press("Space")
    ana.page.wait_for_selector(".noted")
    focused = ana.page.evaluate("document.activeElement.className")
    assert "act-like" in focused, "the page repaints without taking the focus away"
    unnamed = ana.page.locator("button").evaluate_all(
        "all => all.filter(b => b.offsetParent && !(b.textContent.trim() || b.getAttribute('aria-label')))"
        ".map(b => b.outerHTML)"
    )
    assert unnamed == []


def _overflow(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))
