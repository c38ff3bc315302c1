"""What the language-model benchmarks share: one shape of result, CPU time, the peer, texts to work on.

Times are CPU time of this process (all threads): the ratio of two of them, taken in the same run, means the same
on a busy machine. Sources of the tasks: issue "One engine, many conversations".
"""

from __future__ import annotations

import os
import platform
import random
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict, Field

from parley.agent.llm.buffers import safe_loading
from parley.agent.llm.llamacpp import LlamaCppChat
from parley.agent.llm.loading import EMBEDDED_ID, embedded_path


class BenchResult(BaseModel):
    """One row of the table."""

    model_config = ConfigDict(frozen=True)

    name: str
    ours: float
    peer: float
    unit: str
    ratio: float
    """Ours against the peer; above 1 is better, whatever the unit."""
    aim: str
    guard: str
    """What must hold for the ratio to count, with what was found."""
    guard_ok: bool
    note: str = ""
    details: dict[str, float | int | str] = {}

    @property
    def valid_ratio(self) -> str:
        return f"{self.ratio:.1f}" if self.guard_ok else "void"


class Intent(BaseModel):
    """What a short message asks for; the schema of `intent_json`."""

    act: str = Field(json_schema_extra={"enum": ["ask", "like", "dislike", "refine", "thank", "other"]})
    genre: str | None = Field(max_length=24)
    year: int | None = Field(ge=1900, le=2030)
    people: list[str] = Field(max_length=2)


ROLES = {
    "understand": (
        "You read one message of a person who looks for a film and write down what it asks for. Use only what the "
        "message says. An act is one of: ask, like, dislike, refine, thank, other. A genre is one or two plain words. "
        "A year is a number; leave it out when none is meant. People are actors or directors named in the message. "
        "Never guess, never add a wish, never answer the message itself. Write JSON and nothing else, in the order "
        "act, genre, year, people."
    ),
    "reply": (
        "You are a friendly film adviser. You are given the person's message and a short list of films that fit it. "
        "Recommend from the list only, name at most three films, and say in a few plain words why each fits. Never "
        "mention a film that is not on the list, never invent facts about a film, never ask more than one question. "
        "Two or three short sentences are enough; no lists, no headings, no emoji."
    ),
    "user": (
        "You play a person who looks for a film to watch tonight. You answer the adviser in one short sentence, in "
        "everyday words. You like films about the sea, old detectives and clever children; you dislike loud battles "
        "and sad endings. If a film sounds right you say so; if not you say what you would change. You never explain "
        "that you play a role, and you never recommend films yourself."
    ),
}

TITLES = (
    "The Glass Harbour", "Midnight at the Orchard", "Paper Lanterns", "The Last Cartographer", "A Field of Crows",
    "Salt and Silver", "The Quiet Engine", "Seven Bridges", "Under the Copper Moon", "The Lighthouse Thief",
    "Winter Passengers", "An Ordinary Comet", "The Beekeeper's Alibi", "North of Marlow", "The Violet Hour Club",
    "Ashes of the Carnival", "Letters to Nobody", "The Tin Astronaut", "Small Hours", "The River Takes Its Time",
    "Captain Wren", "The Map of Rain", "Two Clocks", "Behind the Yellow Door", "The Understudy's Daughter",
    "Cold Ferry", "The Marble Fox", "Slow Train to Alba", "The Inventor's Garden", "Evening Swimmers",
)  # fmt: skip
"""Made up for this: no model has seen them, no catalogue is quoted."""

KINDS = ("comedy", "thriller", "western", "musical", "drama", "horror film", "documentary", "science fiction film")
TAILS = (
    "with a clever ending", "for a rainy evening", "my children could watch", "from {year}", "older than {year}",
    "that is not too long", "without violence", "by a woman director", "like {title}", "but nothing like {title}",
)  # fmt: skip


def utterances(count: int, seed: int = 0) -> list[str]:
    """Short wishes, the same for the same seed."""
    draw = random.Random(seed)
    made = []
    for _ in range(count):
        tail = draw.choice(TAILS).format(year=draw.randint(1950, 2015), title=draw.choice(TITLES))
        start = draw.choice(("I want a", "Do you have a", "Maybe a", "Tonight I'd like a"))
        made.append(f"{start} {draw.choice(KINDS)} {tail}.")
    return made


def stage(role: str, text: str) -> list[BaseMessage]:
    return [SystemMessage(ROLES[role]), HumanMessage(text)]


def open_engine(home: str | None, *, context_size: int = 2048, reproducible: bool = False) -> LlamaCppChat:
    """The embedded model on the engine (no adapter: the peer has none)."""
    return LlamaCppChat(
        path=str(embedded_path()),
        model_id=EMBEDDED_ID,
        backend="engine",
        home=home,
        context_size=context_size,
        reproducible=reproducible,
        timeout=900.0,  # a busy machine makes a row slow, not void
    ).open()


def open_peer(*, context_size: int = 2048) -> Any:
    """llama-cpp-python's own object over the shipped file, as its README sets it up (and one thread, like ours)."""
    import llama_cpp

    from parley.agent.llm.library import default_threads, quiet_llama

    quiet_llama()
    threads = default_threads()
    with safe_loading():
        return llama_cpp.Llama(
            str(embedded_path()), n_ctx=context_size, n_threads=threads, n_threads_batch=threads, verbose=False
        )


def as_openai(messages: Sequence[BaseMessage]) -> list[dict[str, str]]:
    from parley.agent.llm.chat import plain

    return plain(messages)


def cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of all threads while `work` ran, and what it returned."""
    began = time.process_time()
    value = work()
    return time.process_time() - began, value


def median_ms(seconds: Sequence[float]) -> float:
    return statistics.median(seconds) * 1000


def environment(chat: LlamaCppChat | None = None) -> dict[str, str]:
    """Versions, threads and load, for the head of a table."""
    import llama_cpp

    told = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "llama-cpp-python": llama_cpp.__version__,
        "load at start": f"{os.getloadavg()[0]:.1f}",
    }
    choice = getattr(getattr(chat, "_runner", None), "choice", None)
    if choice is not None:
        told |= {"format": choice.format, "threads": str(choice.threads)}
    return told


def _processor() -> str:
    try:
        with open("/proc/cpuinfo") as lines:
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"


def table(results: Sequence[BenchResult], command: str) -> str:
    """The results as Markdown."""
    lines = [
        "# The engine beside its peers",
        "",
        f"Made by `{command}`. Times are CPU time; both sides ran in the same process, one after the other.",
        "A guard that fails voids its ratio. Rows may come from different machines: each names its own below.",
        "",
        "| benchmark | ours | peer | unit | ratio | aim | guard | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        guard = f"{r.guard} ({'holds' if r.guard_ok else 'fails'})"
        cells = [f"`{r.name}`", f"{r.ours:.4g}", f"{r.peer:.4g}", r.unit, r.valid_ratio, r.aim, guard, r.note]
        lines.append(f"| {' | '.join(cells)} |")
    details = [(r.name, key, value) for r in results for key, value in r.details.items()]
    if details:
        lines += ["", "| benchmark | figure | value |", "|---|---|---|"]
        lines += [f"| `{name}` | {key} | {value} |" for name, key, value in details]
    return "\n".join(lines) + "\n"
