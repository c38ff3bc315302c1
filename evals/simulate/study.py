"""A study: personas, agents, repeats and scorers put together; its result is a table with all that qualifies it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import Field

from parley.evals.simulate.benches import REPLAY, AgentBench, histories_of, pick_agents
from parley.evals.simulate.budget import Budget, Prices
from parley.evals.simulate.records import Frozen, Persona, Scorer, SessionRecord
from parley.evals.simulate.run import OpenBench, Play, RunSettings, players, run_sessions
from parley.evals.simulate.scorers import (
    browsing_scorers,
    cost_in,
    ievalm_scorers,
    share_worded,
    standard_scorers,
    target_free_scorers,
)
from parley.evals.simulate.seam import SimulationError, simulators
from parley.evals.simulate.table import Row, narrow_tables, score_rows, slice_rows
from parley.evals.simulate.wording import TEMPLATES
from parley.evals.trust import trust_lines
from parley.tools.items import Catalog

PUBLISHED = (
    "InteRecAgent published hit@5 .85, AT@5 3.15 (MovieLens, GPT-4 as agent and as user, fuzzy judge): "
    "another simulator, not comparable."
)
SEEN = (
    "The shipped taste model was trained on movielens-latest-small: these personas are its training users. "
    "Add :held-out to the name for one that has not seen them."
)
BACKENDS = ("processes", "ray")


class StudySettings(Frozen):
    """What is asked of a study, as on the command line."""

    simulator: str = "agenda"
    rules: str = ""
    users: int = 500
    turns: int = 5
    seed: int = 1
    repeats: int = 1
    data: str = ""
    catalog: str = ""
    """A catalogue by name in `home` or by folder; "": the films."""
    home: str = Field(default="", exclude=True)
    """Where that catalogue lives; no report tells it."""
    model: str = "none"
    agents: str = ""
    jobs: int = 1
    backend: str = "processes"
    cassette: str = ""
    wording: str = TEMPLATES
    peers: tuple[str, ...] = ()
    at_once: int = 1
    """Conversations at the same time in one process."""
    max_tokens: int = 0
    max_cost: float = 0.0
    price_in: float = 0.0
    """Money a million tokens read."""
    price_out: float = 0.0

    @property
    def prices(self) -> Prices:
        return Prices(tokens_in=self.price_in, tokens_out=self.price_out)

    @property
    def own_catalog(self) -> bool:
        """Whether it is played over another catalogue than the shipped films."""
        return self.catalog not in ("", "films")

    @property
    def named_simulator(self) -> str:
        return f"{self.simulator}:{self.rules}" if self.rules else self.simulator


@dataclass
class StudyResult:
    """Finished sessions and what they add up to."""

    settings: StudySettings
    runs: Mapping[str, Sequence[Sequence[SessionRecord]]]
    rows: list[Row]
    slices: list[dict[str, Any]]
    scorers: Mapping[str, Scorer]
    catalog: Catalog
    notes: list[str]

    @property
    def title(self) -> str:
        s = self.settings
        count = len(next(iter(self.runs.values()))[0])
        data = f"{s.data} from {self.catalog.name}" if s.own_catalog else s.data
        return f"{s.named_simulator}, {data}, {count} users, {s.turns} turns, seed {s.seed}, model {s.model}"

    def tables(self) -> list[tuple[str, list[dict[str, str]]]]:
        """Tables narrow enough for a terminal."""
        slices = [{key: str(value) for key, value in row.items()} for row in self.slices]
        return [*narrow_tables(self.rows), *([("slices", slices)] if slices else [])]

    def summary(self) -> dict[str, Any]:
        """One JSON document."""
        return {
            **self.settings.model_dump(mode="json"),
            "rows": [row.model_dump(mode="json") for row in self.rows],
            "slices": self.slices,
            "notes": self.notes,
        }


@dataclass
class Study:
    """A study ready to run."""

    settings: StudySettings
    bench: OpenBench
    personas: list[Persona]
    agents: list[str]
    notes: list[str]

    @classmethod
    def prepare(cls, settings: StudySettings, scratch: Path) -> Study:
        """Draw personas and make the bench; `scratch` holds what is trained or built for it.

        Raises:
            SimulationError: a setting that names nothing known, or a data set that is not there.
        """
        if settings.backend not in BACKENDS:
            raise SimulationError(f"no backend {settings.backend!r}; known: {', '.join(BACKENDS)}")
        if settings.simulator not in simulators():
            raise SimulationError(f"no simulator {settings.simulator!r}; known: {', '.join(simulators())}")
        data = settings.data or {"agent4rec": "agent4rec", "ievalm-attribute": "ievalm-redial",
                                 "ievalm-free": "ievalm-redial"}.get(settings.simulator, "drawn")  # fmt: skip
        settings = settings.model_copy(update={"data": data})
        agents = pick_agents(settings.agents, settings.model, settings.peers)
        personas, bench, notes = _people(settings, scratch)
        if not personas:
            raise SimulationError(f"no personas could be made from {data!r}; its items are not in the catalogue")
        return cls(settings, bench, personas, agents, [*notes, *trust_lines()])

    @property
    def sessions(self) -> int:
        """How many sessions it will play."""
        return len(self.personas) * len(self.agents) * self.settings.repeats

    def run(self, folder: Path, done: Callable[[SessionRecord], None] = lambda session: None) -> StudyResult:
        """Play everything, going on where an interrupted run in `folder` stopped.

        Raises:
            BudgetReached: the most it may cost is spent; finished sessions are in `folder`.
        """
        s = self.settings
        budget = Budget(s.max_tokens, s.max_cost, s.prices)
        runs: dict[str, list[list[SessionRecord]]] = {name: [] for name in self.agents}
        with self._seat_players() as play:
            for name in self.agents:
                for repeat in range(s.repeats):
                    settings = RunSettings(name, s.named_simulator, s.turns, s.seed + repeat, s.wording)
                    played = run_sessions(self.personas, play, settings, folder, done=done, budget=budget)
                    runs[name].append(played)
        with self.bench() as opened:
            catalog, popularity = opened.catalog, opened.popularity
        scorers = self.scorers(catalog)
        rows = score_rows(runs, scorers, catalog, popularity, seed=s.seed)
        slices = slice_rows(runs, next(iter(scorers.values())), seed=s.seed)
        return StudyResult(s, runs, rows, slices, scorers, catalog, self.notes)

    def _seat_players(self) -> AbstractContextManager[Play]:
        if self.settings.backend == "ray":
            from parley.evals.simulate.cluster import ray_players

            return ray_players(self.bench, self.settings.jobs)
        return players(self.bench, self.settings.jobs, self.settings.at_once)

    def scorers(self, catalog: Catalog) -> Mapping[str, Scorer]:
        """The columns of this study's table; the first is the headline."""
        kind = {
            "target_free": target_free_scorers,
            "agent4rec": browsing_scorers,
            "ievalm-attribute": ievalm_scorers,
            "ievalm-free": ievalm_scorers,
        }
        s = self.settings
        columns = dict(kind.get(s.simulator, standard_scorers)(s.turns, catalog))
        if s.wording != TEMPLATES:
            columns |= {"worded by model": share_worded("model"), "fell back": share_worded("fallback")}
        if s.price_in or s.price_out:
            columns["cost"] = cost_in(s.prices)
        return columns


def _people(settings: StudySettings, scratch: Path) -> tuple[list[Persona], AgentBench, list[str]]:
    """The personas, the bench that suits them, and what must be said about them."""
    from parley.evals.simulate.personas import people_drawn_from, personas_from_history
    from parley.evals.simulate.sources import film_interactions, train_without

    name, _, held_out = settings.data.partition(":")
    tape = Path(settings.cassette) if settings.cassette else None
    if tape is None and settings.model == REPLAY:
        raise SimulationError("--model replay plays back a tape: name it with --cassette FILE")
    if REPLAY in (settings.model, settings.wording) and settings.jobs > 1:
        raise SimulationError("a tape is one file: play it back with --jobs 1")
    bench = AgentBench(
        model=settings.model, seed=settings.seed, cassette=tape, wording=settings.wording, peers=settings.peers
    )
    if settings.own_catalog:
        from parley.evals.simulate.own_catalog import prepare_own

        return prepare_own(settings, scratch, bench)
    notes = [PUBLISHED] if settings.simulator == "agenda" else []
    if name.startswith("ievalm-"):
        from parley.evals.simulate.ievalm_data import prepare_ievalm

        personas, bench, notes = prepare_ievalm(name.removeprefix("ievalm-"), settings, scratch, bench)
        return personas, bench, notes
    if name == "agent4rec":
        from parley.evals.simulate.agent4rec_data import agent4rec_personas

        personas = agent4rec_personas(Catalog.films(), settings.users, seed=settings.seed)
        return personas, _knowing(bench, personas), notes
    if name == "drawn":
        personas = people_drawn_from(scratch / "films", None, settings.users, seed=settings.seed)
        return personas, _knowing(bench, personas), notes
    catalog = Catalog.films()
    interactions = film_interactions(name, catalog)
    personas = personas_from_history(interactions, catalog, settings.users, seed=settings.seed)
    bench = _knowing(bench, personas)
    if held_out:
        path = train_without(interactions, personas, catalog, scratch / "held-out.safetensors")
        bench = AgentBench(**{**vars(bench), "taste_model": path})
        notes.append(f"Taste model trained on {interactions.n_users - len(personas)} other users of {name}.")
    elif name == "movielens-latest-small":
        notes.append(SEEN)
    return personas, bench, notes


def _knowing(bench: AgentBench, personas: Sequence[Persona]) -> AgentBench:
    return AgentBench(**{**vars(bench), "histories": histories_of(personas)})
