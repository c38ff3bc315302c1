"""`parley bench faults`: harm done to whole turns on purpose, and what came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from parley.ui.commands.common import Commands, JsonFlag, emit, fail, log, print_table, split_names

if TYPE_CHECKING:
    from parley.agent import Agent
    from parley.evals.bench.faults import Figures

SCALE_HELP = "Share of the full number of cases, 0 to 1."


def faults(
    scale: Annotated[float, typer.Option(min=0.01, max=1.0, help=SCALE_HELP)] = 1.0,
    only: Annotated[str, typer.Option(help="Only these, by comma: kill, crowd, malformed, sick, stop, random.")] = "",
    as_json: JsonFlag = False,
) -> None:
    """Kill, crowd and stop turns over the shipped films, and give them sick models; every case must end well.

    Exits 1 if a case did not.

    Example: parley bench faults --scale 0.1
    """
    from parley.agent import Agent

    wanted = set(split_names(only)) or set(PARTS)
    if unknown := wanted - set(PARTS):
        fail(f"no part {sorted(unknown)[0]!r}; known: {', '.join(PARTS)}")
    rows: list[Figures] = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        with Agent.open(home=home, model="none", progress=lambda words: log.print(words)):
            pass  # the index is built once, before anything is killed
        if "kill" in wanted:
            rows.append(_kill(home, scale))
        with Agent.open(home=home, model="none") as agent:
            for name, part in PARTS.items():
                if name in wanted and name != "kill":
                    log.print(name)
                    rows += part(agent, scale)
    if as_json:
        emit({"scale": scale, "rows": [row.model_dump() for row in rows]})
    else:
        print_table("Faults", [row.model_dump() for row in rows])
    if any(row.passed < row.cases for row in rows):
        raise typer.Exit(1)


def _times(full: int, scale: float) -> int:
    return max(1, round(full * scale))


@contextmanager
def _open(home: Path) -> Iterator[Agent]:
    from parley.agent import Agent

    with Agent.open(home=home, model="none") as agent:
        yield agent


def _kill(home: Path, scale: float) -> Figures:
    from parley.evals.bench.faults import Figures
    from parley.evals.bench.killing import kill_in_mid_turn

    found = kill_in_mid_turn(_open, home, kills=_times(60, scale))
    return Figures(
        fault=f"T1 kill -9 at a random point ({found.in_mid_turn} in mid-turn)",
        cases=found.kills,
        passed=found.consistent if found.slowest_resume_s <= 2.0 else 0,
        worst=f"{len(found.lost)} lost, {len(found.doubled)} doubled, resumed in {found.slowest_resume_s:.2f} s",
        limit="0 lost, 0 doubled, 2 s",
    )


def _crowd(agent: Agent, scale: float) -> list[Figures]:
    from parley.evals.bench.faults import Figures, crowd

    found = crowd(agent, threads=20, messages=20 * _times(10, scale))
    order = "in order" if found.in_order else "out of order"
    return [
        Figures(
            fault="T3 messages of 20 threads to one session",
            cases=found.sent,
            passed=found.kept if found.in_order else 0,
            worst=order,
            limit="all kept, serial, in order",
        )
    ]


def _malformed(agent: Agent, scale: float) -> list[Figures]:
    from parley.evals.bench.faults import Figures, feed_malformed

    found = feed_malformed(agent, _times(600, scale))
    return [
        Figures(
            fault="T11 malformed outputs through every strategy",
            cases=found.plans,
            passed=found.valid,
            worst=f"{found.most_calls} model calls a plan",
            limit="a valid plan each",
        ),
        Figures(
            fault="T11 malformed outputs as the words of a reply",
            cases=found.replies,
            passed=found.good_replies,
            worst="",
            limit="a slate and its titles each",
        ),
    ]


def _sick(agent: Agent, scale: float) -> list[Figures]:
    from parley.agent.state import TurnBudget
    from parley.evals.bench.faults import FAULTS, Figures, suffer

    rows = []
    for fault, planner, seconds in (
        *((f, "react", 0.4) for f in FAULTS),
        ("slow", "react", 30.0),
        ("slow", "tot", 30.0),
    ):
        found = suffer(agent, fault, turns=_times(100, scale), planner=planner, budget=TurnBudget(seconds=seconds))
        in_time = found.slowest_s <= seconds + 1.0 and found.most_calls <= 12 and found.most_tools <= 8
        name = "T14 always wants another tool" if fault == "slow" else f"T13 {fault}"
        name = "T14 never stops" if fault == "endless" else name
        rows.append(
            Figures(
                fault=f"{name} ({planner})",
                cases=found.turns,
                passed=found.useful - found.doubled if in_time else 0,
                worst=f"{found.slowest_s:.2f} s, {found.most_calls} model calls, {found.most_tools} tool calls",
                limit=f"useful within {seconds:g} + 1 s, 12 model calls, 8 tool calls",
            )
        )
    return rows


def _stop(agent: Agent, scale: float) -> list[Figures]:
    from parley.evals.bench.faults import Figures, stop_at_random

    found = stop_at_random(agent, times=_times(100, scale))
    return [
        Figures(
            fault="T15 Stop at a random moment",
            cases=found.times,
            passed=found.next_turns_ok if found.slowest_s <= 0.5 else 0,
            worst=f"{1000 * found.slowest_s:.0f} ms to the end",
            limit="500 ms, next turn whole",
        )
    ]


def _random(agent: Agent, scale: float) -> list[Figures]:
    from parley.evals.bench.faults import Figures, talk_at_random

    found = talk_at_random(agent, histories=_times(1000, scale))
    return [
        Figures(
            fault=f"T16 random conversations ({found.turns} turns)",
            cases=found.histories,
            passed=found.histories if not found.empty_replies and found.longest_prompt_bytes <= 4096 - 220 else 0,
            worst=f"longest prompt {found.longest_prompt_bytes} bytes",
            limit="a reply each, prompt at most 3876 bytes (a byte is at least a token)",
        )
    ]


PARTS: dict[str, Callable[[Agent, float], list[Figures]]] = {
    "kill": lambda agent, scale: [],
    "crowd": _crowd,
    "malformed": _malformed,
    "sick": _sick,
    "stop": _stop,
    "random": _random,
}


def register(commands: Commands) -> None:
    commands.group("bench", "The benchmark suite: ratios against peers in the same run.").command("faults")(faults)
