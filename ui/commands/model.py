"""`parley model list|use|check|pull`: which language models there are, and whether one works here."""

from __future__ import annotations

import json as jsonlib
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, fail, home_folder, log, print_table


def register(commands: Commands) -> None:
    group = commands.group("model", "The language model: list, use, check, pull.")
    for command in (list_models, use, check, pull):
        group.command(command.__name__.removesuffix("_models"))(command)


def list_models(home: HomeOption = None, json: JsonFlag = False) -> None:
    """Models at hand, and which one is in use. Example: parley model list --json"""
    from parley.agent.llm.loading import configured_model

    folder = home_folder(home)
    chosen = configured_model(folder)
    rows = [{"model": "embedded", "what": "SmolLM2-135M-Instruct, inside the package"}]
    rows += [
        {"model": f"llamacpp:{p}", "what": "pulled"} for p in sorted((folder / "models" / "pulled").glob("*.gguf"))
    ]
    rows += [{"model": "none", "what": "no model: everything works, replies are plain"}]
    marked = [{**row, "in use": row["model"] == chosen} for row in rows]
    if not any(row["in use"] for row in marked):
        marked.append({"model": chosen, "what": "set by `parley model use`", "in use": True})
    if json:
        emit(marked)
    else:
        print_table("Models", [{**row, "in use": "*" if row["in use"] else ""} for row in marked])


def use(
    model: Annotated[str, typer.Argument(help="embedded, llamacpp:/file.gguf, openai:NAME@URL, none.")],
    home: HomeOption = None,
    json: JsonFlag = False,
) -> None:
    """Check a model and make it the default of this home. Example: parley model use openai:qwen@http://127.0.0.1:8000/v1"""
    told = examine(model, home_folder(home))
    path = home_folder(home) / "model.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(jsonlib.dumps({"model": model}), encoding="utf-8")
    part.replace(path)
    _tell(told, json)


def check(
    model: Annotated[str, typer.Argument(help="As for `use`; default: the one in use.")] = "",
    home: HomeOption = None,
    json: JsonFlag = False,
) -> None:
    """Load a model, write a sentence, fill a schema, score options. Example: parley model check embedded"""
    from parley.agent.llm.loading import configured_model

    folder = home_folder(home)
    _tell(examine(model or configured_model(folder), folder), json)


def pull(
    url: Annotated[str, typer.Argument(help="The https address of a .gguf file, with a pinned revision in it.")],
    sha256: Annotated[str, typer.Option(help="What the file must hash to, as its publisher says.")] = "",
    home: HomeOption = None,
    json: JsonFlag = False,
) -> None:
    """Fetch a GGUF into this home, verified. Example: parley model pull https://host/m.gguf --sha256 HASH"""
    from parley.agent.llm.gguf import probe_gguf

    if not url.startswith("https://") or not url.endswith(".gguf"):
        fail(f"{url!r} is not the https address of a .gguf file")
    if len(sha256) != 64 or not set(sha256.lower()) <= set("0123456789abcdef"):
        fail(f"--sha256 {sha256!r} is not 64 hex digits; the file's publisher names them")
    folder = home_folder(home) / "models" / "pulled"
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / url.rsplit("/", 1)[1]
    if not target.is_file():
        _fetch(url, target, sha256.lower())
    probe_gguf(target)
    _tell({"model": f"llamacpp:{target}", "ok": True}, json)


def examine(spec: str, folder: Path) -> dict[str, Any]:
    """What a model can do here, tried out."""
    from langchain_core.messages import HumanMessage
    from pydantic import BaseModel

    from parley.agent.llm import ModelError, load_model

    class Answer(BaseModel):
        colour: str

    began = time.perf_counter()
    model = load_model(spec, home=folder)
    told: dict[str, Any] = {"model": spec, "model_id": model.model_id, "context_size": model.context_size}
    told["load_s"] = round(time.perf_counter() - began, 2)
    ask = [HumanMessage("Name a colour.")]
    for name, act in (
        ("text", lambda: "".join(model.stream_text(ask, max_tokens=12))),
        ("schema", lambda: model.generate(ask, Answer, max_tokens=24).colour),
        ("score", lambda: [round(v, 3) for v in model.score(ask, ["Red", "Seven"])]),
    ):
        try:
            told[name] = act()
        except ModelError as error:
            told[name] = f"no: {error}"
    choice = getattr(getattr(model, "_runner", None), "choice", None)
    if choice is not None:
        told |= {"format": choice.format, "threads": choice.threads, "weights": choice.path}
    close = getattr(model, "close", None)
    if close is not None:
        close()
    told["ok"] = spec == "none" or not str(told["text"]).startswith("no: ")
    return told


def _fetch(url: str, target: Path, wanted: str) -> None:
    """Download beside the target; keep it only whole and as promised."""
    import hashlib

    import httpx

    part = target.with_suffix(".part")
    digest = hashlib.sha256()
    try:
        with httpx.stream("GET", url, follow_redirects=True, timeout=60.0) as response, part.open("wb") as out:
            if response.status_code != 200:
                fail(f"{url} answered {response.status_code}")
            for chunk in response.iter_bytes(1 << 20):
                out.write(chunk)
                digest.update(chunk)
        if digest.hexdigest() != wanted:
            fail(f"{url} hashes to {digest.hexdigest()}, not to {wanted}; nothing was kept")
        part.replace(target)
    except httpx.HTTPError as error:
        fail(f"cannot fetch {url}: {error}")
    finally:
        part.unlink(missing_ok=True)


def _tell(told: dict[str, Any], json: bool) -> None:
    if json:
        emit(told)
    else:
        for key, value in told.items():
            log.print(f"{key}: {value}")
