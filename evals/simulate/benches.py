"""Benches: the agents of a table, opened over one home in one process."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np

from parley.agent.api import Agent
from parley.evals.simulate.contestants import (
    Contestant,
    ParleyContestant,
    RememberingContestant,
    baselines,
    model_alone,
    with_asking,
)
from parley.evals.simulate.peers import open_peer, peer_name
from parley.evals.simulate.records import Persona
from parley.evals.simulate.run import Bench
from parley.evals.simulate.seam import SimulationError
from parley.evals.simulate.wording import TEMPLATES, ModelWording
from parley.tools.items import Catalog
from parley.tools.seams import Taste

NO_LLM = "none"
REPLAY = "replay"
MEMORY = "with memory"
"""Parley that remembers the person's whole log."""
SECOND = "second opinion"
"""Parley with the tuned model's second opinion of what was said."""


def agent_names(model: str) -> tuple[str, ...]:
    """The agents of a table, the baselines first, the agent itself last."""
    floor = ("random", "untold popularity", "popularity", "parrot", "recommender only", "no ledger", "no question")
    return (*floor, "asks first", MEMORY, *((SECOND, "model alone", "no LLM") if model != NO_LLM else ()), "parley")


@dataclass(frozen=True)
class AgentBench:
    """Opens Parley, its ablations and the baselines. Picklable, so each process can open its own."""

    model: str = NO_LLM
    seed: int = 1
    catalog: str | None = None
    """A catalogue's name in `home`; None: the shipped films."""
    home: Path | None = None
    """Where that catalogue lives; it is copied, never written to."""
    taste_model: Path | None = None
    """A taste model to use in place of the home's, e.g. one that has not seen the personas."""
    cassette: Path | None = None
    """Records the model's calls here and plays back those it holds; with the model `replay` it only plays back.
    What words the users' messages has a tape of its own beside it."""
    wording: str = TEMPLATES
    """Who words what simulated users say: templates, or a model's spec; the agent's own spec shares its model."""
    peers: tuple[str, ...] = ()
    """Agents that are not ours, by spec (`parley.evals.simulate.peers`)."""
    slate_size: int = 5
    histories: Mapping[str, Taste] = field(default_factory=dict)
    """Persona id to what is known of them, for the agents that are told."""

    def __call__(self) -> Any:
        return self._open()

    @contextmanager
    def _open(self) -> Iterator[Bench]:
        with tempfile.TemporaryDirectory() as scratch:
            home = Path(scratch) / "home"
            if self.home is not None:
                copytree(self.home, home)
            with Agent.open(home=home, model=NO_LLM, catalog=self.catalog) as opened, ExitStack() as models:
                model = self._model(self.model, models, self.cassette)
                agent = self._fitted(self._speaking(opened, model) if model is not None else opened)
                services = agent.parts.services
                renown = {item.item_id: float(p) for item, p in zip(services.catalog, services.popularity, strict=True)}
                contestants = {c.name: c for c in self._contestants(agent, models)}
                yield Bench(contestants, services.catalog, renown, self._wording(services.catalog, model, models))

    def _model(self, spec: str, models: ExitStack, tape: Path | None, *, reproducible: bool = False) -> Any:
        """The model behind a spec, closed with the bench; on a tape it records, and as `replay` only plays back.

        What is derived from its weights is kept in the user's home, not in this bench's scratch folder.
        """
        from parley.agent.llm.loading import load_model
        from parley.evals.simulate.cassette import CassetteModel

        if spec == NO_LLM:
            return None
        inner: Any = None if spec == REPLAY else load_model(spec, seed=self.seed, reproducible=reproducible)
        models.callback(getattr(inner, "close", lambda: None))
        return inner if tape is None else CassetteModel(tape, inner)

    def _speaking(self, agent: Agent, model: Any) -> Agent:
        """The agent with a model."""
        from parley.agent.llm.metering import MeteredModel
        from parley.agent.opening import explainer
        from parley.agent.reply import Replier

        services = agent.parts.services
        metered = MeteredModel(model)
        services = replace(
            services,
            model=metered,
            replier=Replier(services.catalog, model=metered, explain=explainer(services.recommender)),
        )
        return Agent(replace(agent.parts, services=services, model_spec=model.model_id))

    def _wording(self, catalog: Catalog, model: Any, models: ExitStack) -> ModelWording | None:
        if self.wording == TEMPLATES:
            return None
        shared = model if model is not None and self.wording == self.model and self.cassette is None else None
        tape = self.cassette.with_suffix(".wording.jsonl") if self.cassette else None
        words = shared or self._model(self.wording, models, tape, reproducible=True)
        return ModelWording(words, catalog, seed=self.seed)

    def _fitted(self, agent: Agent) -> Agent:
        """The agent with this bench's taste model and slate size."""
        services = replace(agent.parts.services, slate_size=self.slate_size)
        if self.taste_model is not None:
            from parley.tools.recommenders.catalog_taste import load_catalog_taste

            model = load_catalog_taste(self.taste_model, services.catalog)
            known = np.log1p(model.popularity)
            popularity = (known / max(float(known.max(initial=0.0)), 1e-9)).astype(np.float32)
            services = replace(services, recommender=model, popularity=popularity)
        return Agent(replace(agent.parts, services=services))

    def _contestants(self, agent: Agent, models: ExitStack) -> list[Contestant]:
        found: list[Contestant] = [
            *baselines(agent, self.histories, seed=self.seed, size=self.slate_size),
            ParleyContestant(agent, "no ledger", forgetful=True),
            ParleyContestant(with_asking(agent, max_in_row=0), "no question"),
            ParleyContestant(
                with_asking(agent, turn_cost=0.0, per_wish=0.1, max_in_row=3, max_once_underway=9), "asks first"
            ),
            RememberingContestant(agent, MEMORY, self.histories),
            ParleyContestant(agent, "parley"),
        ]
        if self.model != NO_LLM:
            from parley.agent.opening import replace_model, with_second_opinion

            assert agent.parts.services.model is not None
            helped = with_second_opinion(agent.parts, home=None)
            models.callback(getattr(helped.services.understander, "close", lambda: None))
            found.insert(-1, ParleyContestant(Agent(helped), SECOND))
            found.insert(-1, model_alone(agent.parts.services.model, agent, size=self.slate_size))
            found.insert(-1, ParleyContestant(Agent(replace_model(agent.parts, NO_LLM)), "no LLM"))
        peers = [open_peer(spec, agent, size=self.slate_size) for spec in self.peers]
        return [*found[:-1], *peers, found[-1]]


def histories_of(personas: Sequence[Persona]) -> dict[str, Taste]:
    """What is known of each persona, by persona id."""
    return {p.persona_id: Taste(reactions=p.history) for p in personas}


def pick_agents(wanted: str, model: str, peers: Sequence[str] = ()) -> list[str]:
    """The agents named, separated by commas, in the table's order; all of them for "". Peers are always among them.

    Raises:
        SimulationError: an agent that does not exist.
    """
    every = agent_names(model)
    guests = [peer_name(spec) for spec in peers]
    names = [name.strip() for name in wanted.split(",") if name.strip()]
    for name in names:
        if name not in every:
            raise SimulationError(f"no agent {name!r}; known: {', '.join(every)}")
    chosen = [name for name in every if not names or name in names]
    last = [every[-1]] if every[-1] in chosen else []
    return [*chosen[: len(chosen) - len(last)], *guests, *last]
