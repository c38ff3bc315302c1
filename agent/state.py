"""The state of one session, as the graph's nodes read and write it, and what a turn runs with.

State holds frozen values that survive a checkpoint unchanged. Weights, clients and files are in
`Services`; what belongs to the run of one turn is in `TurnContext` and is never stored.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from parley.agent.critic import SlateCritic
from parley.agent.deciding import AskPolicy
from parley.agent.ledger import Hardness, Ledger, filter_of
from parley.agent.llm.metering import Allowance
from parley.agent.llm.seam import ChatModel, Usage
from parley.agent.messages import Elicitation, Frozen, Relaxation, Reply, Slate, Understanding
from parley.agent.planning.plan import Plan, StepOutcome
from parley.agent.planning.strategy import PlanningStrategy
from parley.tools.candidates import CandidateBus
from parley.tools.filters import FilterIndex
from parley.tools.items import Catalog
from parley.tools.kinship import Kinship
from parley.tools.ranking.classical import RankWeights
from parley.tools.seams import Ranker, Recommender, Retriever, Taste
from parley.tools.toolbox import Toolbox, Workbench

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from parley.agent.remembering import Remembering
    from parley.agent.reply import Replier
    from parley.agent.understanding.context import UnderstanderLike
    from parley.tools.linking import Linker

RECURSION_LIMIT = 40
"""Graph steps a turn may take: nine nodes and two replans, with room."""


class Verdict(Frozen):
    """What the check made of a slate."""

    ok: bool = True
    problems: tuple[str, ...] = ()
    """In words; the planner reads the last one."""
    removed: tuple[str, ...] = ()
    """Items taken off because they broke a rule."""
    replan: bool = False


class KnownUser(Frozen):
    """What memory says of the person before this message."""

    returning: bool = False
    facts: tuple[str, ...] = ()
    """In words, those that bear on the message."""
    taste: Taste = Taste()
    excluded: tuple[str, ...] = ()
    """Items seen or disliked in earlier sessions."""


class SessionState(TypedDict, total=False):
    """Everything a session keeps between turns, and what the turn in progress has found so far."""

    message: str
    turn: int
    ledger: Ledger
    shown: dict[str, int]
    """Item id to how often it was on a slate."""
    slate: Slate
    """The last slate shown."""
    previous: Slate
    """The slate that was on show when the message came."""
    pool: CandidateBus
    """The ranked candidates behind it, for "show more"."""
    compared: tuple[str, ...]
    """Items set side by side since the last slate."""
    set_aside: str
    """The second of two requests made in one message, until it is taken up."""
    held: str
    """A request that hung on a condition which did not hold, for the next message to take up."""
    focus: str
    """The item last talked about; empty for none."""
    window: tuple[tuple[str, str], ...]
    """The last few (role, text) lines."""
    asked: tuple[str, ...]
    """Facets asked about, oldest first."""
    asked_in_row: int
    elicitation: Elicitation | None
    """Our open question."""

    profile: KnownUser
    understanding: Understanding
    route: str
    plan: Plan
    outcomes: tuple[StepOutcome, ...]
    bus: CandidateBus
    relaxed: tuple[Relaxation, ...]
    doubted: tuple[str, ...]
    """Items the critic took off in this turn."""
    attempts: int
    verdict: Verdict
    reply: Reply
    memories: tuple[str, ...]
    """What was stored about the person this turn, in words."""


@dataclass(frozen=True)
class TurnBudget:
    """Limits of one turn. Running out is not an error: the classical answer is always one step away."""

    model_calls: int = 12
    tokens: int = 8_000
    seconds: float = 30.0


@dataclass
class Meter:
    """What a turn took, filled while it runs."""

    started: float = field(default_factory=time.perf_counter)
    nodes: dict[str, float] = field(default_factory=dict)
    first_token: float | None = None
    usage: Usage = field(default_factory=Usage)

    @contextmanager
    def node(self, name: str) -> Iterator[None]:
        begun = time.perf_counter()
        try:
            yield
        finally:
            self.nodes[name] = self.nodes.get(name, 0.0) + 1000 * (time.perf_counter() - begun)

    def token(self) -> None:
        if self.first_token is None:
            self.first_token = 1000 * (time.perf_counter() - self.started)

    @property
    def elapsed_s(self) -> float:
        return time.perf_counter() - self.started

    def timings_ms(self) -> dict[str, float]:
        """Milliseconds by node, to the first token, and in all."""
        first = {} if self.first_token is None else {"first_token": round(self.first_token, 2)}
        nodes = {name: round(ms, 2) for name, ms in self.nodes.items()}
        return {**nodes, **first, "total": round(1000 * self.elapsed_s, 2)}


@dataclass(frozen=True)
class Services:
    """The parts a turn works with; made once by `parley.agent.opening`, shared by all sessions."""

    catalog: Catalog
    filters: FilterIndex
    retrievers: Mapping[str, Retriever]
    recommender: Recommender
    popularity: NDArray[np.float32]
    vectors: NDArray[np.float32] | None
    kin: Kinship
    linker: Linker
    understander: UnderstanderLike
    replier: Replier
    remembering: Remembering
    toolbox: Toolbox
    strategies: Mapping[str, PlanningStrategy]
    planner: str = "direct"
    model: ChatModel | None = None
    ranker: Ranker | None = None
    ranker_weight: float = 0.0
    critic: SlateCritic | None = None
    """Reviews slates with a model; None: code alone checks."""
    weights: RankWeights = field(default_factory=RankWeights)
    asking: AskPolicy = field(default_factory=AskPolicy)
    budget: TurnBudget = field(default_factory=TurnBudget)
    slate_size: int = 5
    seed: int = 0
    clock: Callable[[], float] = time.time


@dataclass(frozen=True)
class TurnContext:
    """One turn's run: whose it is, its services, its meter, and the way to stop it."""

    services: Services
    user: str
    session: str
    meter: Meter = field(default_factory=Meter)
    cancelled: threading.Event = field(default_factory=threading.Event)
    incognito: bool = False
    allowance: Allowance = field(init=False)
    """What the turn may still spend on the model."""

    def __post_init__(self) -> None:
        budget = self.services.budget
        allowance = Allowance(
            calls=budget.model_calls, tokens=budget.tokens, seconds=budget.seconds, cancelled=self.cancelled
        )
        object.__setattr__(self, "allowance", allowance)

    def workbench(self, state: SessionState) -> Workbench:
        """The tools' bench under this session's hard wishes (less those given up), exclusions and taste."""
        services, ledger = self.services, state["ledger"]
        known = state.get("profile") or KnownUser()
        given_up = {wish_id for relaxation in state.get("relaxed", ()) for wish_id in relaxation.wish_ids}
        kept = tuple(w for w in ledger.facet_wishes(Hardness.HARD) if w.wish_id not in given_up)
        return Workbench(
            catalog=services.catalog,
            filters=services.filters,
            retrievers=services.retrievers,
            recommender=services.recommender,
            popularity=services.popularity,
            hard=filter_of(kept),
            exclude=ledger.excluded.union(known.excluded, known.taste.liked, state.get("doubted", ())),
            taste=blended_taste(known.taste, ledger.taste),
            vectors=services.vectors,
            kin=services.kin,
        )


def blended_taste(remembered: Taste, now: Taste) -> Taste:
    """Both, what was remembered first and at half weight; this session's word on an item wins."""
    said = {item_id for item_id, _ in now.reactions}
    earlier = tuple((i, 0.5 * w) for i, w in remembered.reactions if i not in said)
    return Taste(reactions=(*earlier, *now.reactions))


def fresh_turn(message: str) -> dict[str, Any]:
    """The input of a turn: the message, and what the turn before left behind cleared."""
    return {
        "message": message,
        "bus": CandidateBus(),
        "relaxed": (),
        "doubted": (),
        "attempts": 0,
        "verdict": Verdict(),
        "outcomes": (),
        "plan": Plan(),
        "memories": (),
    }
