"""The runner: personas times agents, in processes, interruptible, resumed to the same result.

Every session is appended to `sessions-AGENT.jsonl` as soon as it and all before it are done; a line cut off
by a kill is dropped on resume. Sessions carry no clock readings (those go to `costs-AGENT.jsonl`), so that a
resumed run equals an uninterrupted one byte for byte, however many processes play.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from parley.evals.simulate.budget import Budget
from parley.evals.simulate.contestants import Contestant
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.records import AgentReply, EndedBy, Persona, SessionRecord, TurnRecord
from parley.evals.simulate.seam import SimulationError, make_user, simulators
from parley.evals.simulate.wording import TEMPLATES, ModelWording, Said, WordedUser
from parley.tools.items import Catalog


@dataclass(frozen=True)
class Bench:
    """The agents under test, opened, over one catalogue."""

    contestants: Mapping[str, Contestant]
    catalog: Catalog
    popularity: Mapping[str, float] = field(default_factory=dict)
    """Item id to how well known it is, 0 to 1."""
    wording: ModelWording | None = None
    """Words what simulated users say; None: they speak in templates."""


OpenBench = Callable[[], AbstractContextManager[Bench]]
"""How a process opens the agents under test; picklable if several processes play."""


class RunSettings(NamedTuple):
    """What one run is."""

    agent: str
    simulator: str = "agenda"
    turns: int = 5
    seed: int = 1
    wording: str = TEMPLATES
    """Who words what users say; the bench holds the model."""

    def header(self, personas: Sequence[Persona]) -> dict[str, Any]:
        """What the first line of a run's file says."""
        return {
            "agent": self.agent,
            "simulator": self.simulator,
            "turns": self.turns,
            "seed": self.seed,
            **({"wording": self.wording} if self.wording != TEMPLATES else {}),
            "personas": [p.persona_id for p in personas],
        }


Play = Callable[[RunSettings, Sequence[Persona]], Iterator[SessionRecord]]
"""Plays these personas in this order."""


def simulate_session(persona: Persona, bench: Bench, settings: RunSettings) -> SessionRecord:
    """One conversation. What the agent breaks is its failure; what the simulator breaks is not judged."""
    name, simulator, turns, seed, _ = settings
    contestant = bench.contestants[name]
    guard = LeakGuard(bench.catalog)
    conversation = f"{persona.persona_id}-{seed}"
    records: list[TurnRecord] = []
    hidden = set(persona.targets)
    ended: EndedBy = "turns"
    error = ""
    user = None
    try:
        user = make_user(simulator, persona, bench.catalog, guard, seed=seed, popularity=bench.popularity)
        if bench.wording is not None:
            user = WordedUser(user, bench.wording, persona.targets, conversation)
        said: str | None = user.first_message()
        error = _begin(contestant, conversation)
        ended = "agent_error" if error else ended
        for number in range(1, 1 if error else turns + 1):
            assert said is not None
            leaked, how = bool(guard.finds(said, hidden)), _how_said(user, said)
            try:
                answer = contestant.reply(conversation, said)
            except Exception as problem:
                ended, error = "agent_error", f"{type(problem).__name__}: {problem}"
                break
            following = user.respond(answer)
            records.append(_record(number, said, how, leaked, answer, user.accepted))
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


def _record(number: int, said: str, how: Said, leaked: bool, answer: AgentReply, accepted: str) -> TurnRecord:
    return TurnRecord(
        number=number,
        said=said,
        answer=answer,
        accepted=accepted,
        leaked=leaked,
        worded_by=how.by,
        wording_note=how.why,
        user_tokens=how.tokens,
        user_tokens_out=how.tokens_out,
    )


def _begin(contestant: Contestant, conversation: str) -> str:
    """Begin a conversation; what went wrong, in words."""
    try:
        contestant.begin(conversation)
    except Exception as problem:
        return f"{type(problem).__name__}: {problem}"
    return ""


def _how_said(user: Any, said: str) -> Said:
    return user.last if isinstance(user, WordedUser) else Said(text=said)


@contextmanager
def players(open_bench: OpenBench, jobs: int = 1, at_once: int = 1) -> Iterator[Play]:
    """Those who play sessions: this process, or `jobs` others, each with a bench of its own.

    Results come in the order of the personas either way.

    Args:
        at_once: with one process, how many conversations it holds at the same time; they share one model, which
            computes a token for each of them in one step.
    """
    if jobs <= 1 and at_once > 1:
        with open_bench() as bench, ThreadPoolExecutor(at_once) as threads:
            yield lambda settings, personas: _side_by_side(threads, bench, settings, personas, at_once)
        return
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


def _side_by_side(
    pool: ThreadPoolExecutor, bench: Bench, settings: RunSettings, personas: Sequence[Persona], at_once: int
) -> Iterator[SessionRecord]:
    """Sessions in order, no more begun than there is room for, so that a run can stop between two of them."""
    waiting: deque[Future[SessionRecord]] = deque()
    coming = iter(personas)
    try:
        while True:
            while len(waiting) < at_once and (persona := next(coming, None)) is not None:
                waiting.append(pool.submit(simulate_session, persona, bench, settings))
            if not waiting:
                return
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


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
    budget: Budget | None = None,
) -> list[SessionRecord]:
    """All personas against one agent, going on where an interrupted run of the same settings stopped.

    Args:
        budget: what all runs together may cost; it counts what was finished before, too.

    Raises:
        SimulationError: the simulator is unknown, or the folder holds a run of other settings.
        BudgetReached: the budget is spent; finished sessions are in the folder. Sessions that other processes or
            threads had begun by then are lost, not half written.
    """
    agent, simulator, _, seed, _ = settings
    budget = budget or Budget()
    if simulator.partition(":")[0] not in simulators():
        raise SimulationError(f"no simulator {simulator!r}; known: {', '.join(simulators())}")
    folder.mkdir(parents=True, exist_ok=True)
    slug = "".join(c if c.isalnum() else "-" for c in f"{agent}-{simulator}-{seed}")
    path = folder / f"sessions-{slug}.jsonl"
    header = settings.header(personas)
    finished = list(_resume(path, header))
    for session in finished:
        budget.add(session)
        done(session)
    if len(finished) < len(personas):
        budget.check()
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
            budget.add(session)
            done(session)
            if len(finished) < len(personas):
                budget.check()
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
