"""The runner: personas times agents, in processes, interruptible, resumed to the same result.

Every session is appended to `sessions-AGENT.jsonl` as soon as it and all before it are done; a line cut off
by a kill is dropped on resume. Sessions carry no clock readings (those go to `costs-AGENT.jsonl`), so that a
resumed run equals an uninterrupted one byte for byte, however many processes play.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from parley.evals.simulate.contestants import Contestant
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.records import EndedBy, Persona, SessionRecord, TurnRecord
from parley.evals.simulate.seam import SimulationError, make_user, simulators
from parley.tools.items import Catalog


@dataclass(frozen=True)
class Bench:
    """The agents under test, opened, over one catalogue."""

    contestants: Mapping[str, Contestant]
    catalog: Catalog
    popularity: Mapping[str, float] = field(default_factory=dict)
    """Item id to how well known it is, 0 to 1."""


OpenBench = Callable[[], AbstractContextManager[Bench]]
"""How a process opens the agents under test; picklable if several processes play."""


class RunSettings(NamedTuple):
    """What one run is."""

    agent: str
    simulator: str = "agenda"
    turns: int = 5
    seed: int = 1

    def header(self, personas: Sequence[Persona]) -> dict[str, Any]:
        """What the first line of a run's file says."""
        agent, simulator, turns, seed = self
        return {
            "agent": agent,
            "simulator": simulator,
            "turns": turns,
            "seed": seed,
            "personas": [p.persona_id for p in personas],
        }


Play = Callable[[RunSettings, Sequence[Persona]], Iterator[SessionRecord]]
"""Plays these personas in this order."""


def simulate_session(persona: Persona, bench: Bench, settings: RunSettings) -> SessionRecord:
    """One conversation. What the agent breaks is its failure; what the simulator breaks is not judged."""
    name, simulator, turns, seed = settings
    contestant = bench.contestants[name]
    guard = LeakGuard(bench.catalog)
    conversation = f"{persona.persona_id}-{seed}"
    records: list[TurnRecord] = []
    hidden = set(persona.targets)
    ended: EndedBy = "turns"
    error = ""
    user = None
    contestant.begin(conversation)
    try:
        user = make_user(simulator, persona, bench.catalog, guard, seed=seed, popularity=bench.popularity)
        said: str | None = user.first_message()
        for number in range(1, turns + 1):
            assert said is not None
            leaked = bool(guard.finds(said, hidden))
            try:
                answer = contestant.reply(conversation, said)
            except Exception as problem:
                ended, error = "agent_error", f"{type(problem).__name__}: {problem}"
                break
            following = user.respond(answer)
            records.append(TurnRecord(number=number, said=said, answer=answer, accepted=user.accepted, leaked=leaked))
            hidden -= set(answer.slate)
            if following is None:
                ended = "accepted" if user.accepted else "left"
                break
            said = following
    except Exception as problem:
        ended, error = "simulator_error", f"{type(problem).__name__}: {problem}"
    finally:
        contestant.end(conversation)
    return SessionRecord(
        persona=persona,
        agent=name,
        simulator=simulator,
        seed=seed,
        turns=tuple(records),
        ended_by=ended,
        error=error,
        satisfaction=None if user is None or math.isnan(user.satisfaction) else user.satisfaction,
        interview=dict(user.interview) if user else {},
    )


@contextmanager
def players(open_bench: OpenBench, jobs: int = 1) -> Iterator[Play]:
    """Those who play sessions: this process, or `jobs` others, each with a bench of its own.

    Results come in the order of the personas either way.
    """
    if jobs <= 1:
        with open_bench() as bench:
            yield lambda settings, personas: (simulate_session(p, bench, settings) for p in personas)
        return
    import multiprocessing

    with multiprocessing.get_context("spawn").Pool(jobs, _open_in_worker, (open_bench,)) as pool:

        def play(settings: RunSettings, personas: Sequence[Persona]) -> Iterator[SessionRecord]:
            work = [(p.model_dump_json(), settings) for p in personas]
            for line in pool.imap(_play_in_worker, work, chunksize=2):
                yield SessionRecord.model_validate_json(line)

        yield play


_worker: list[Any] = []


def _open_in_worker(open_bench: OpenBench) -> None:
    opened = open_bench()
    _worker[:] = [opened, opened.__enter__()]


def _play_in_worker(work: tuple[str, RunSettings]) -> str:
    persona, settings = work
    return simulate_session(Persona.model_validate_json(persona), _worker[1], settings).model_dump_json()


def run_sessions(
    personas: Sequence[Persona],
    play: Play,
    settings: RunSettings,
    folder: Path,
    *,
    done: Callable[[SessionRecord], None] = lambda session: None,
) -> list[SessionRecord]:
    """All personas against one agent, going on where an interrupted run of the same settings stopped.

    Raises:
        SimulationError: the simulator is unknown, or the folder holds a run of other settings.
    """
    agent, simulator, _, seed = settings
    if simulator.partition(":")[0] not in simulators():
        raise SimulationError(f"no simulator {simulator!r}; known: {', '.join(simulators())}")
    folder.mkdir(parents=True, exist_ok=True)
    slug = "".join(c if c.isalnum() else "-" for c in f"{agent}-{simulator}-{seed}")
    path = folder / f"sessions-{slug}.jsonl"
    header = settings.header(personas)
    finished = list(_resume(path, header))
    for session in finished:
        done(session)
    with path.open("a", encoding="utf-8") as out, (folder / f"costs-{slug}.jsonl").open("a", encoding="utf-8") as costs:
        if not finished and path.stat().st_size == 0:
            out.write(json.dumps(header) + "\n")
            out.flush()
        for session in play(settings, personas[len(finished) :]):
            spent = [turn.answer.milliseconds for turn in session.turns]
            out.write(_without_clock(session).model_dump_json() + "\n")
            out.flush()
            costs.write(json.dumps({"persona": session.persona.persona_id, "milliseconds": spent}) + "\n")
            finished.append(session)
            done(session)
    return finished


def read_sessions(path: Path) -> Iterator[SessionRecord]:
    """The sessions of a run, oldest first."""
    for number, line in enumerate(path.read_text("utf-8").splitlines()):
        if number and line:
            yield SessionRecord.model_validate_json(line)


def _resume(path: Path, header: dict[str, Any]) -> Iterator[SessionRecord]:
    """The finished sessions in the file; what a kill left half-written is cut off."""
    if not path.exists() or not path.stat().st_size:
        return
    raw = path.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    lines = whole.decode("utf-8").splitlines()
    if not lines or json.loads(lines[0]) != header:
        if not lines:
            path.write_bytes(b"")
            return
        raise SimulationError(f"{str(path)!r} holds a run with other settings; use another --report folder")
    if len(whole) != len(raw):
        path.write_bytes(whole)
    for line in lines[1:]:
        yield SessionRecord.model_validate_json(line)


def _without_clock(session: SessionRecord) -> SessionRecord:
    turns = tuple(
        t.model_copy(update={"answer": t.answer.model_copy(update={"milliseconds": 0.0})}) for t in session.turns
    )
    return session.model_copy(update={"turns": turns})
