"""Planning: strategies write typed plans, `plan` validates and runs them."""

from __future__ import annotations

from collections.abc import Mapping

from parley.agent.planning.plan import Execution, Plan, PlanError, Step, StepOutcome, run_plan, validate_plan
from parley.agent.planning.strategy import Direct, PlanningStrategy, PlanningTools, PlanRequest

STRATEGIES: Mapping[str, PlanningStrategy] = {strategy.name: strategy for strategy in (Direct(),)}

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
