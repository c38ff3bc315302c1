"""A plan: typed tool calls, validated before anything runs, independent ones run in parallel.

Plan-first execution over a candidate bus follows InteRecAgent (arXiv:2308.16505); unlike there, a plan
is data under a schema, a tool may be called twice, and names, arguments and references are checked.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from parley.tools.toolbox import Args, Toolbox, ToolError, ToolResult, Workbench

MAX_STEPS = 8


class PlanError(ValueError):
    """A plan that must not run; the message says what to mend."""


class Step(BaseModel):
    """One tool call."""

    model_config = ConfigDict(frozen=True)

    step_id: str = Field(min_length=1)
    tool: str
    args: Mapping[str, Any] = {}
    why: str = ""
    """For the trace: what the step is for."""
    weight: float = 1.0
    """How much its candidates count in the fusion."""


class Plan(BaseModel):
    """Steps in an order in which each comes after those it refers to."""

    model_config = ConfigDict(frozen=True)

    strategy: str = "direct"
    steps: tuple[Step, ...] = ()
    thoughts: tuple[str, ...] = ()
    """What the planner wrote on the way, abandoned branches included; shown in the trace."""
    tried: int = 0
    """Tool calls made while planning, to value a partial plan or to observe what a step finds."""


class StepOutcome(BaseModel):
    """What became of one step, for the trace."""

    model_config = ConfigDict(frozen=True)

    step_id: str
    tool: str
    args: Mapping[str, Any] = {}
    why: str = ""
    found: int = 0
    text: str = ""
    error: str = ""
    ms: float = 0.0


class Execution(BaseModel):
    """A plan that ran."""

    model_config = ConfigDict(frozen=True)

    results: Mapping[str, ToolResult] = {}
    outcomes: tuple[StepOutcome, ...] = ()

    @property
    def failed(self) -> tuple[StepOutcome, ...]:
        return tuple(o for o in self.outcomes if o.error)


def validate_plan(plan: Plan, toolbox: Toolbox) -> dict[str, Args]:
    """Check names, arguments, types and references of every step.

    Returns:
        The parsed arguments by step id.

    Raises:
        PlanError: the first thing that is wrong, and what would be right.
    """
    if not plan.steps:
        raise PlanError("the plan has no steps")
    if len(plan.steps) > MAX_STEPS:
        raise PlanError(f"the plan has {len(plan.steps)} steps; at most {MAX_STEPS}")
    parsed: dict[str, Args] = {}
    for step in plan.steps:
        if step.step_id in parsed:
            raise PlanError(f"two steps are called {step.step_id!r}")
        try:
            tool = toolbox[step.tool]
        except ToolError as error:
            raise PlanError(f"step {step.step_id!r}: {error}") from error
        try:
            args = tool.args.model_validate(dict(step.args))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "arguments"
            raise PlanError(f"step {step.step_id!r}, {step.tool}, {where}: {first['msg']}") from error
        for name in references(args):
            if name not in parsed:
                raise PlanError(f"step {step.step_id!r} refers to {name!r}, which is not a step before it")
        parsed[step.step_id] = args
    return parsed


def references(args: Args) -> tuple[str, ...]:
    """The earlier steps whose results these arguments need."""
    name = getattr(args, "of", "")
    return (name,) if name else ()


def run_plan(plan: Plan, toolbox: Toolbox, bench: Workbench, *, workers: int = 2) -> Execution:
    """Run a plan. A failing step is recorded and the others go on.

    Raises:
        PlanError: the plan is not valid; nothing ran.
    """
    parsed = validate_plan(plan, toolbox)
    results: dict[str, ToolResult] = {}
    outcomes: dict[str, StepOutcome] = {}
    for wave in _waves(plan.steps, parsed):
        with ThreadPoolExecutor(max_workers=max(1, min(workers, len(wave)))) as pool:
            done = list(pool.map(lambda step: _run_step(step, parsed[step.step_id], toolbox, bench, results), wave))
        for step, (result, outcome) in zip(wave, done, strict=True):
            outcomes[step.step_id] = outcome
            results[step.step_id] = result
    return Execution(results=results, outcomes=tuple(outcomes[s.step_id] for s in plan.steps))


def _waves(steps: Iterable[Step], parsed: Mapping[str, Args]) -> list[list[Step]]:
    """Steps grouped so that each group needs only the groups before it."""
    depth: dict[str, int] = {}
    waves: list[list[Step]] = []
    for step in steps:
        level = max((depth[name] + 1 for name in references(parsed[step.step_id])), default=0)
        depth[step.step_id] = level
        while len(waves) <= level:
            waves.append([])
        waves[level].append(step)
    return waves


def _run_step(
    step: Step, args: Args, toolbox: Toolbox, bench: Workbench, before: Mapping[str, ToolResult]
) -> tuple[ToolResult, StepOutcome]:
    started = time.perf_counter()
    result, problem = ToolResult(), ""
    try:
        result = toolbox[step.tool].run(args, bench, before)
    except ToolError as error:
        problem = str(error)
    outcome = StepOutcome(
        step_id=step.step_id,
        tool=step.tool,
        args=step.args,
        why=step.why,
        found=len(result.candidates),
        text=result.text,
        error=problem,
        ms=round(1000 * (time.perf_counter() - started), 3),
    )
    return result, outcome
