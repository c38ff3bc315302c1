"""Planning: strategies write typed plans, `plan` validates and runs them."""

from __future__ import annotations

from collections.abc import Mapping

from parley.agent.planning.plan import Execution, Plan, PlanError, Step, StepOutcome, run_plan, validate_plan
from parley.agent.planning.strategy import Direct, PlanningStrategy, PlanningTools, PlanRequest
from parley.agent.planning.thinking import ChainOfThought, PlanFirst, React, SelfConsistent
from parley.agent.planning.tree import SelfInspiring, TreeOfThoughts

_ALL: tuple[PlanningStrategy, ...] = (
    Direct(),
    PlanFirst(),
    ChainOfThought(),
    React(),
    SelfConsistent(),
    TreeOfThoughts(),
    SelfInspiring(),
)
STRATEGIES: Mapping[str, PlanningStrategy] = {strategy.name: strategy for strategy in _ALL}
"""The strategies by the name that `--planner` takes."""

__all__ = [
    "STRATEGIES",
    "Execution",
    "Plan",
    "PlanError",
    "PlanRequest",
    "PlanningStrategy",
    "PlanningTools",
    "Step",
    "StepOutcome",
    "run_plan",
    "validate_plan",
]
