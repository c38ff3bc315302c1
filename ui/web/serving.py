"""Serving the page: on this machine only by default, with no outside asset, and telling nobody.

The content policy lets the page load from itself alone, so nothing in a reply or a catalogue can make
a browser fetch an outside address, whatever slips through.
"""

from __future__ import annotations

import os
import re
import socket
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr

    from parley.agent.api import Agent
    from parley.ui.web.evaluation import Evaluations

POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; media-src 'self'; object-src 'none'; "
    "frame-src 'none'; frame-ancestors 'self'; base-uri 'self'; form-action 'self'"
)
"""Gradio compiles templates in the browser, hence `unsafe-eval`; text of others never reaches them."""

HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}

LOOPBACK = ("127.0.0.1", "localhost", "::1", "[::1]")

AT_ONCE = 64
"""Events of all visitors handled at the same time; most of them only wait for a turn."""
WAITING = 128
"""Events that may wait; beyond that the page says it is busy."""


class PortTakenError(ValueError):
    """Something else listens on the port."""


class SecureHeaders:
    """ASGI middleware that adds `HEADERS` to every answer."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    *((name.lower().encode(), value.encode()) for name, value in HEADERS.items()),
                ]
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


class Reports:
    """ASGI middleware that serves the newest evaluation's report under its unguessable id."""

    def __init__(self, app: Any, evaluations: Evaluations) -> None:
        self.app = app
        self.evaluations = evaluations

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asked = re.fullmatch(r"/evaluation/([0-9a-f]{16})/report\.html", scope.get("path", ""))
        if scope["type"] != "http" or asked is None:
            await self.app(scope, receive, send)
            return
        from starlette.responses import FileResponse, PlainTextResponse

        page = self.evaluations.report(asked[1])
        gone = "This report is gone: run the evaluation again.\n"
        answer = FileResponse(page, media_type="text/html") if page else PlainTextResponse(gone, status_code=404)
        await answer(scope, receive, send)


def check_port(host: str, port: int) -> None:
    """Make sure that the port can be had; 0 lets the system choose.

    Raises:
        PortTakenError: it cannot; the message says what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except (OSError, OverflowError) as error:
        raise PortTakenError(f"cannot listen on {host}:{port} ({error}); choose another with --port") from error


def free_port(host: str) -> int:
    """A port nobody uses now."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def page_head() -> str:
    """Style and script for `<head>`. Not through `css=`: Gradio would fence the rules off from `<body>`'s classes."""
    folder = Path(__file__).parent
    names = ("style.css", "evaluation.css", "page.js")
    style, evaluation, script = ((folder / name).read_text("utf-8") for name in names)
    return f"<style>{style}{evaluation}</style><script>{script}</script>"


def launch(
    agent: Agent,
    *,
    host: str = "127.0.0.1",
    port: int = 7860,
    models: Sequence[str] = (),
    catalog: str | None = None,
    names: Sequence[str] = (),
    open_browser: bool = False,
    ready: Callable[[str], None] | None = None,
) -> gr.Blocks:
    """Serve the page in the background.

    Args:
        agent: An opened agent; the caller closes it after the page.
        host: The address to listen on. Anyone who can reach it can use any name: there is no password.
        port: 0 picks a free one.
        models: Model specs to choose among.
        catalog: What the agent's catalogue was opened as, for evaluations over it; its name unless given.
        names: Host names the page answers to besides this machine's own, e.g. a proxy's. Only a loopback
            page is picky: a foreign site that points its name at this machine gets nothing.
        open_browser: Open the page in this machine's browser.
        ready: Told the address when the page answers.

    Returns:
        The running page; `.close()` ends it, `.block_thread()` waits.

    Raises:
        PortTakenError: the port cannot be had.
    """
    os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
    check_port(host, port)
    port = port or free_port(host)

    from parley.ui.web.app import Page
    from parley.ui.web.blocks import lay_out

    page = Page(agent, models=models, catalog=catalog)
    blocks = lay_out(page)
    _serve(blocks, page.evaluations, host, port, names, open_browser=open_browser)
    close_page = blocks.close

    def close(verbose: bool = True) -> None:
        page.evaluations.close()
        close_page(verbose)

    blocks.close = close
    if ready is not None:
        ready(f"http://{host}:{port}")
    return blocks


def _serve(
    blocks: gr.Blocks, evaluations: Evaluations, host: str, port: int, names: Sequence[str], *, open_browser: bool
) -> None:
    """Start the server: nothing from outside, nobody told, and only hosts that are meant."""
    import gradio as gr
    from starlette.middleware import Middleware
    from starlette.middleware.trustedhost import TrustedHostMiddleware

    allowed = [*LOOPBACK, *names] if host in LOOPBACK else ["*"]
    middleware = [
        Middleware(TrustedHostMiddleware, allowed_hosts=allowed),
        Middleware(SecureHeaders),
        Middleware(Reports, evaluations=evaluations),
    ]
    blocks.queue(max_size=WAITING, default_concurrency_limit=AT_ONCE, api_open=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        blocks.launch(
            server_name=host,
            server_port=port,
            theme=gr.themes.Base(font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]),
            head=page_head(),
            app_kwargs={"middleware": middleware, "docs_url": None, "redoc_url": None},
            max_threads=2 * AT_ONCE,
            show_error=False,
            run_history=False,
            enable_monitoring=False,
            ssr_mode=False,
            share=False,
            mcp_server=False,
            footer_links=[],
            prevent_thread_lock=True,
            quiet=True,
            inbrowser=open_browser,
            allowed_paths=[],
            favicon_path=Path(__file__).with_name("mark.svg"),
            max_file_size=0,
        )
