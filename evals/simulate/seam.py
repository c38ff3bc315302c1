"""The seam of simulated users: a hidden taste, disclosure rules and a choice, behind two calls.

Third parties add theirs through the entry point `parley.simulators`: a callable with `AgendaUser`'s arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any, Protocol

from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.records import AgentReply, Persona
from parley.tools.items import Catalog


class SimulationError(ValueError):
    """A run that cannot start or go on; the message names the value and the mend."""


class UserSimulator(Protocol):
    """One simulated user in one conversation. All randomness comes from the seed it was made with."""

    @property
    def accepted(self) -> str:
        """The item accepted after the last answer; empty for none."""
        ...

    @property
    def satisfaction(self) -> float:
        """Their own rating from 1 to 5 at the end; nan if this simulator gives none."""
        ...

    @property
    def interview(self) -> Mapping[str, Any]:
        """What they say when asked how it was; empty if this simulator is not interviewed."""
        ...

    def first_message(self) -> str: ...

    def respond(self, answer: AgentReply) -> str | None:
        """What they say to an answer; None when they are done, content or not."""
        ...


MakeUser = Callable[..., UserSimulator]
"""(persona, catalog, guard, *, seed, variant, popularity) -> a user; `variant` follows ":" in the simulator's name."""


def simulators() -> Mapping[str, MakeUser]:
    """Every simulator by name, the installed plug-ins included."""
    from parley.evals.simulate.adversarial import AdversarialUser
    from parley.evals.simulate.agenda import AgendaUser
    from parley.evals.simulate.browsing import BrowsingUser
    from parley.evals.simulate.ievalm import FreeChatUser, QuestionUser
    from parley.evals.simulate.target_free import TargetFreeUser

    found: dict[str, MakeUser] = {
        "agenda": AgendaUser,
        "ievalm-attribute": QuestionUser,
        "ievalm-free": FreeChatUser,
        "agent4rec": BrowsingUser,
        "target_free": TargetFreeUser,
        "adversarial": AdversarialUser,
    }
    for point in entry_points(group="parley.simulators"):
        found.setdefault(point.name, point.load())
    return found


def make_user(
    simulator: str,
    persona: Persona,
    catalog: Catalog,
    guard: LeakGuard,
    *,
    seed: int,
    popularity: Mapping[str, float] | None = None,
) -> UserSimulator:
    """A user by the simulator's name, e.g. "agenda" or "agenda:strict".

    Args:
        popularity: item id to how well known it is, 0 to 1; what everybody knows.

    Raises:
        SimulationError: no such simulator.
    """
    name, _, variant = simulator.partition(":")
    known = simulators()
    if name not in known:
        raise SimulationError(f"no simulator {name!r}; known: {', '.join(known)}")
    return known[name](persona, catalog, guard, seed=seed, variant=variant, popularity=popularity)
