"""`parley web`: the page."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Annotated

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, home_folder, log


def web(
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 lets others in.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 picks a free one.")] = 7860,
    model: Annotated[str, typer.Option(help="embedded, none, llamacpp:/path.gguf or openai:NAME@URL.")] = "embedded",
    catalog: Annotated[str | None, typer.Option(help="A catalogue's name or folder (default: films).")] = None,
    home: HomeOption = None,
    name: Annotated[
        list[str] | None,
        typer.Option(help="A host name the page answers to besides this machine's own, e.g. a proxy's."),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Do not open a browser.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Open the web page and talk.

    Example: parley web --port 8080 --no-browser
    """
    from parley.agent.api import Agent
    from parley.ui.web.serving import LOOPBACK, check_port, launch

    check_port(host, port)
    if host not in LOOPBACK:
        log.print(f"Anyone who can reach {host} can use any name here: there is no password.")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    models = tuple(dict.fromkeys((model, "embedded", "none")))

    def tell(address: str) -> None:
        if as_json:
            emit({"address": address, "model": model})
        else:
            log.print(f"Parley is at {address}   (Ctrl-C ends it)")

    with Agent.open(home=home_folder(home), model=model, catalog=catalog, progress=log.print) as agent:
        page = launch(
            agent, host=host, port=port, models=models, catalog=catalog, names=name or (),
            open_browser=not no_browser, ready=tell,
        )  # fmt: skip
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a background job has SIGINT ignored
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            log.print("closing")
        finally:
            page.close(verbose=False)


def register(commands: Commands) -> None:
    commands.app.command("web")(web)
