"""Hostile text and slow answers, with a talker that says what it is told to say."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import pytest

from parley.agent.api import Agent
from parley.tools.films import FILM_DOMAIN
from parley.tools.items import Catalog, Item
from parley.ui.web import launch
from parley.ui.web.blocks import Desk
from tests.browser.conftest import Visiting
from tests.ui.double import HOLD, Talker

AWAY = "http://203.0.113.7:81"
"""An address of the documentation block; nothing answers there."""

PAYLOADS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    f'<img src="{AWAY}/a.png">',
    f"![look]({AWAY}/b.png?q=secret)",
    f"[click]({AWAY}/c)",
    f"![ref][r]\n\n[r]: {AWAY}/d.png",
    f"<{AWAY}/e>",
    f'<link rel=stylesheet href="{AWAY}/f.css">',
    f"<style>@import url({AWAY}/g.css);body{{background:url({AWAY}/h.png)}}</style>",
    f'<iframe src="{AWAY}/i"></iframe>',
    "<svg onload=alert(1)>",
    f'<svg><image href="{AWAY}/j.png"/></svg>',
    '"><script>alert(1)</script>',
    "' onmouseover='alert(1)",
    '" autofocus onfocus="alert(1)',
    "javascript:alert(1)",
    "[x](javascript:alert(1))",
    "${alert(1)}",
    "`${alert(1)}`",
    "{{constructor.constructor('alert(1)')()}}",
    "{{#with this}}{{lookup . 'constructor'}}{{/with}}",
    "</textarea><script>alert(1)</script>",
    "<details open ontoggle=alert(1)>",
    f"<video poster={AWAY}/k.png><source src={AWAY}/l.mp4></video>",
    f'<object data="{AWAY}/m"></object><embed src="{AWAY}/n">',
    f'<form action="{AWAY}/o"><button>go</button></form>',
    f"<base href={AWAY}/>",
    f"<meta http-equiv=refresh content='0;url={AWAY}/p'>",
    "<math><mtext></math><img src=x onerror=alert(1)>",
    "&lt;img src=x onerror=alert(1)&gt;",
    "\u202e<b onclick=alert(1)>\u2066",
    "<a href=data:text/html,<script>alert(1)</script>>x</a>",
)


def hostile_catalog() -> Catalog:
    """A catalogue whose every field is an attack."""
    return Catalog(
        [
            Item(
                item_id=f"evil{number}' onclick='alert(1)",
                title=payload,
                year=1990 + number,
                people={"director": (payload,), "cast": (payload, "Jane Doe")},
                tags={
                    "genre": ("Comedy", payload),
                    "mood": (payload,),
                    "keyword": (payload,),
                    "certificate": (payload,),
                },
                numbers={"runtime": 90.0},
                text=payload,
            )
            for number, payload in enumerate(PAYLOADS)
        ],
        FILM_DOMAIN,
    )


@contextmanager
def serving(talker: Talker) -> Iterator[str]:
    said: list[str] = []
    blocks = launch(cast(Agent, talker), port=0, ready=said.append)
    try:
        yield said[0]
    finally:
        blocks.close(verbose=False)


def test_hostile_text_runs_nothing_and_fetches_nothing(visit: Visiting) -> None:
    talker = Talker(hostile_catalog(), replies=["\n".join(PAYLOADS), *PAYLOADS])
    with serving(talker) as address:
        eve = visit(address)
        eve.name(PAYLOADS[0])
        eve.say("\n".join(PAYLOADS))
        eve.say("Comedy")
        eve.page.locator(".card .act-like").first.click()
        eve.page.wait_for_selector(".noted")
        eve.page.locator(".card").nth(1).hover()
        eve.page.locator(".trace summary").click()
        for payload in PAYLOADS[:6]:
            eve.say(f"more {payload}")
        eve.reload()
        eve.page.locator("#past .turn").nth(7).wait_for()
        eve.page.wait_for_selector("#trace .trace")
        made = eve.page.evaluate(
            """() => ["script", "iframe", "object", "embed", "form", "video", "base", "image", "math", "a[href]"]
            .filter(tag => document.querySelector(`#past ${tag}, #now ${tag}, #ledger ${tag}, #sessions ${tag}`))"""
        )
        handlers = eve.page.evaluate(
            """() => [...document.querySelectorAll("#rooms *")].flatMap(e => [...e.attributes])
            .filter(a => a.name.startsWith("on")).map(a => a.name)"""
        )
        assert (eve.dialogs, eve.foreign, made, handlers) == ([], [], [], [])
        assert "<script>alert(1)</script>" in eve.text, "shown as text, not swallowed"


def test_the_browser_itself_would_refuse_an_outside_address(visit: Visiting) -> None:
    with serving(Talker(hostile_catalog())) as address:
        eve = visit(address)
        refused = eve.page.evaluate(
            """async away => {
                const policy = new Promise(done =>
                    addEventListener("securitypolicyviolation", event => done(event.blockedURI)));
                document.body.insertAdjacentHTML("beforeend", `<img src="${away}/x.png">`);
                return await policy;
            }""",
            AWAY,
        )
        assert refused.startswith(AWAY)


def test_stop_ends_a_slow_answer_at_once_and_keeps_what_was_said(visit: Visiting) -> None:
    with serving(Talker(Catalog.films(), replies=[f"word word {HOLD} never"])) as address:
        ana = visit(address)
        ana.send("a comedy")
        ana.page.wait_for_selector('#now .words:has-text("word word")')
        ana.page.get_by_role("button", name="Stop").click()
        ana.page.locator("#past .card").first.wait_for()
        ana.idle()
        assert "word" in ana.page.locator("#past .words").inner_text()
        ana.say("a western")


def test_a_message_sent_the_moment_an_answer_stands_is_taken(visit: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    follow = Desk._follow

    def follow_slowly(*told: Any, **more: Any) -> Iterator[Any]:
        yield from follow(*told, **more)
        time.sleep(0.4)  # the browser takes nothing new until the event has ended

    monkeypatch.setattr(Desk, "_follow", follow_slowly)
    with serving(Talker(Catalog.films())) as address:
        ana = visit(address)
        ana.say("a comedy")
        ana.say("a western")
        ana.page.locator(".quick").first.click()
        ana.page.locator("#past .turn").nth(2).wait_for()
        ana.page.locator(".quick").first.click()
        ana.page.locator("#past .turn").nth(3).wait_for()


def test_another_conversation_can_begin_while_one_is_answered(visit: Visiting) -> None:
    talker = Talker(Catalog.films(), replies=["hello there", f"word word {HOLD} last", "short"])
    with serving(talker) as address:
        ana = visit(address)
        ana.say("a comedy")
        ana.send("a slow western")
        ana.page.wait_for_selector('#now .words:has-text("word word")')
        ana.page.locator("#sessions [data-do=new]").click()
        ana.page.locator("#past .welcome").wait_for()
        ana.idle()
        ana.say("a horror film")
        assert "western" not in ana.page.locator("#talk").inner_text(), "the other answer is not painted here"
        ana.page.locator("#sessions [data-do=open]", has_text="a comedy").click()
        ana.page.wait_for_selector('#now .said:has-text("a slow western")')
        talker.go.set()
        ana.page.wait_for_selector('#past .words:has-text("last")')
        ana.idle()
        ana.until(lambda: ana.page.locator("#past .turn").count() == 2)


def test_a_reload_in_the_middle_of_an_answer_joins_it(visit: Visiting) -> None:
    talker = Talker(Catalog.films(), replies=[f"word word {HOLD} last"])
    with serving(talker) as address:
        ana = visit(address)
        ana.send("a comedy with a canary called zanzibar")
        ana.page.wait_for_selector('#now .words:has-text("word word")')
        ana.reload()
        ana.page.wait_for_selector('#now .said:has-text("zanzibar")')
        talker.go.set()
        ana.page.wait_for_selector('#past .words:has-text("last")')
        ana.idle()
        assert ana.page.locator("#past .turn").count() == 1, "the message was neither lost nor sent twice"


def test_a_failing_turn_is_told_without_its_traceback(visit: Visiting, monkeypatch: pytest.MonkeyPatch) -> None:
    talker = Talker(Catalog.films())

    def fail(*_: Any, **__: Any) -> Any:
        raise RuntimeError("secret path /home/ana/model.gguf")

    monkeypatch.setattr(talker, "_slate", fail)
    with serving(talker) as address:
        ana = visit(address)
        ana.send("a comedy")
        ana.page.wait_for_selector(".trouble")
        ana.page.wait_for_selector('.trouble:has-text("Something went wrong on my side")')
        assert "secret path" not in ana.text
        monkeypatch.undo()
        ana.page.wait_for_selector("#composer .submit-button")
        ana.say("a comedy")
        ana.until(lambda: ana.titles)
