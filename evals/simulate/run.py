"""The runner: personas times agents, in processes, interruptible, resumed to the same result.

Every session is appended to `sessions-AGENT.jsonl` as soon as it is done; a line cut off by a kill is
dropped on resume. Sessions carry no clock readings (those go to `costs-AGENT.jsonl`), so that a resumed run
equals an uninterrupted one byte for byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from parley.evals.simulate.agenda import AgendaUser
from parley.evals.simulate.contestants import Contestant
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.records import EndedBy, Persona, SessionRecord, TurnRecord
from parley.tools.items import Catalog


class SimulationError(ValueError):
    """A run that cannot start or go on; the message names the value and the mend."""


SIMULATORS: dict[str, Callable[..., AgendaUser]] = {"agenda": AgendaUser}


def simulate_session(
    persona: Persona,
    contestant: Contestant,
    catalog: Catalog,
    *,
    simulator: str = "agenda",
    turns: int = 5,
    seed: int = 1,
) -> SessionRecord:
    """One conversation. What the agent breaks is its failure; what the simulator breaks is not judged."""
    guard = LeakGuard(catalog)
    conversation = f"{persona.persona_id}-{seed}"
    records: list[TurnRecord] = []
    ended: EndedBy = "turns"
    error = ""
    contestant.begin(conversation)
    try:
        user = SIMULATORS[simulator](persona, catalog, guard, seed=seed)
        said: str | None = user.first_message()
        for number in range(1, turns + 1):
            assert said is not None
            leaked = bool(guard.finds(said, persona.targets))
            try:
                answer = contestant.reply(conversation, said)
            except Exception as problem:
                ended, error = "agent_error", f"{type(problem).__name__}: {problem}"
                break
            following = user.respond(answer)
            records.append(TurnRecord(number=number, said=said, answer=answer, accepted=user.accepted, leaked=leaked))
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
        agent=contestant.name,
        simulator=simulator,
        seed=seed,
        turns=tuple(records),
        ended_by=ended,
        error=error,
    )


def run_sessions(
    personas: Sequence[Persona],
    contestant: Contestant,
    catalog: Catalog,
    folder: Path,
    *,
    simulator: str = "agenda",
    turns: int = 5,
    seed: int = 1,
    done: Callable[[SessionRecord], None] = lambda session: None,
) -> list[SessionRecord]:
    """All personas against one agent, going on where an interrupted run of the same settings stopped.

    Raises:
        SimulationError: the folder holds a run of other settings.
    """
    if simulator not in SIMULATORS:
        raise SimulationError(f"no simulator {simulator!r}; known: {', '.join(SIMULATORS)}")
    folder.mkdir(parents=True, exist_ok=True)
    slug = "".join(c if c.isalnum() else "-" for c in contestant.name)
    path = folder / f"sessions-{slug}.jsonl"
    settings = {"simulator": simulator, "turns": turns, "seed": seed, "personas": [p.persona_id for p in personas]}
    finished = list(_resume(path, settings))
    for session in finished:
        done(session)
    with path.open("a", encoding="utf-8") as out, (folder / f"costs-{slug}.jsonl").open("a", encoding="utf-8") as costs:
        if not finished and path.stat().st_size == 0:
            out.write(json.dumps(settings) + "\n")
        for persona in personas[len(finished) :]:
            session = simulate_session(persona, contestant, catalog, simulator=simulator, turns=turns, seed=seed)
            spent = [turn.answer.milliseconds for turn in session.turns]
            out.write(_without_clock(session).model_dump_json() + "\n")
            out.flush()
            costs.write(json.dumps({"persona": persona.persona_id, "milliseconds": spent}) + "\n")
            finished.append(session)
            done(session)
    return finished


def read_sessions(path: Path) -> Iterator[SessionRecord]:
    """The sessions of a run, oldest first."""
    for number, line in enumerate(path.read_text("utf-8").splitlines()):
        if number and line:
            yield SessionRecord.model_validate_json(line)


def _resume(path: Path, settings: dict[str, object]) -> Iterator[SessionRecord]:
    """The finished sessions in the file; what a kill left half-written is cut off."""
    if not path.exists() or not path.stat().st_size:
        return
    raw = path.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    lines = whole.decode("utf-8").splitlines()
    if not lines or json.loads(lines[0]) != settings:
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
