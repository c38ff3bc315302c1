"""Strategies with one line of thought: plan-first, chain of thought, and step by step with observations."""

from __future__ import annotations

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from parley.agent.llm.seam import ModelError
from parley.agent.planning.drafts import (
    DraftPlan,
    DraftStep,
    DraftTool,
    ThoughtfulPlan,
    planner_messages,
    steps_of,
    with_floor,
)
from parley.agent.planning.plan import Plan
from parley.agent.planning.strategy import PlanningTools, PlanRequest, direct_steps

MAX_ACTIONS = 4
"""Steps `react` may take before it must stop."""


class Demonstration(BaseModel):
    """A request and a plan that served it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: str
    steps: tuple[DraftStep, ...]


@lru_cache(maxsize=1)
def demonstrations() -> tuple[Demonstration, ...]:
    """The demonstrations that ship with Parley, written by hand."""
    path = Path(__file__).parent / "demonstrations.jsonl"
    lines = path.read_text("utf-8").splitlines()
    return tuple(Demonstration.model_validate_json(line) for line in lines if line.strip())


def nearest_demonstrations(message: str, k: int = 3) -> list[Demonstration]:
    """Those whose request is most like this one, by shared words, rarer ones counting more."""
    shelf = demonstrations()
    counts = Counter(word for d in shelf for word in set(_words(d.request)))
    mine = set(_words(message))

    def likeness(d: Demonstration) -> float:
        return sum(1 / counts[word] for word in mine & set(_words(d.request)))

    return sorted(shelf, key=likeness, reverse=True)[:k]


class PlanFirst:
    """The whole plan in one call, shown the demonstrations nearest to the request.

    Source: Huang et al., "Recommender AI Agent" (InteRecAgent), arXiv:2308.16505.
    """

    name = "plan_first"

    def plan(self, request: PlanRequest, tools: PlanningTools) -> Plan:
        floor = direct_steps(request, tools)
        if tools.model is None:
            return Plan(strategy=self.name, steps=floor)
        shown = "\n".join(
            f"Message: {d.request}\n{DraftPlan(steps=d.steps).model_dump_json()}"
            for d in nearest_demonstrations(request.message)
        )
        try:
            messages = planner_messages(request, tools, shown)
            draft = tools.model.generate(messages, DraftPlan, max_tokens=120, timeout_s=tools.seconds_left())
        except ModelError as error:
            return Plan(strategy=self.name, steps=floor, thoughts=(f"no plan: {error}",))
        return Plan(strategy=self.name, steps=with_floor(steps_of(draft.steps, request, tools), floor))


class ChainOfThought:
    """A sentence of reasoning before the plan, in one call.

    Source: Wei et al., "Chain-of-Thought Prompting", NeurIPS 2022, arXiv:2201.11903.
    """

    name = "cot"

    def plan(self, request: PlanRequest, tools: PlanningTools) -> Plan:
        floor = direct_steps(request, tools)
        if tools.model is None:
            return Plan(strategy=self.name, steps=floor)
        messages = planner_messages(request, tools, "Think about what would find the right ones, then plan.")
        try:
            draft = tools.model.generate(messages, ThoughtfulPlan, max_tokens=200, timeout_s=tools.seconds_left())
        except ModelError as error:
            return Plan(strategy=self.name, steps=floor, thoughts=(f"no plan: {error}",))
        steps = with_floor(steps_of(draft.steps, request, tools), floor)
        return Plan(strategy=self.name, steps=steps, thoughts=(draft.thought,))


class NextAction(BaseModel):
    """What to do next, as `react` writes it."""

    model_config = ConfigDict(frozen=True)

    thought: str = Field(max_length=120)
    done: bool
    tool: DraftTool
    query: str = Field(default="", max_length=80)


class React:
    """Thought, action, observation, again: each step is tried on the bench before the next is chosen.

    Source: Yao et al., "ReAct", ICLR 2023, arXiv:2210.03629.
    """

    name = "react"

    def plan(self, request: PlanRequest, tools: PlanningTools) -> Plan:
        floor = direct_steps(request, tools)
        if tools.model is None:
            return Plan(strategy=self.name, steps=floor)
        drafts: list[DraftStep] = []
        thoughts: list[str] = []
        seen: list[str] = []
        for _ in range(MAX_ACTIONS):
            messages = planner_messages(request, tools, *seen, "Next action as JSON; done=true when enough was found.")
            try:
                action = tools.model.generate(messages, NextAction, max_tokens=90, timeout_s=tools.seconds_left())
            except ModelError as error:
                thoughts.append(f"stopped: {error}")
                break
            thoughts.append(action.thought)
            step = DraftStep(tool=action.tool, query=action.query)
            if action.done and drafts:
                break
            observed = observe(drafts, step, request, tools)
            seen.append(f"{action.tool.value} {action.query!r}: {observed}")
            drafts.append(step)
        steps = with_floor(steps_of(drafts, request, tools), floor)
        return Plan(strategy=self.name, steps=steps, thoughts=tuple(thoughts))


def observe(before: list[DraftStep], step: DraftStep, request: PlanRequest, tools: PlanningTools) -> str:
    """What the new step finds, in one line a model can read."""
    known = {(s.tool, str(dict(s.args))) for s in steps_of(before, request, tools)}
    new = [s for s in steps_of([*before, step], request, tools) if (s.tool, str(dict(s.args))) not in known]
    if not new:
        return "nothing new to do"
    found = tools.try_step(new[0]).candidates
    titles = ", ".join(tools.catalog[c.item_id].label for c in found[:3])
    return f"{len(found)} found, first {titles}" if found else "0 found"


class SelfConsistent:
    """Several sampled plans; a step stays if most of them have it.

    Source: Wang et al., "Self-Consistency", ICLR 2023, arXiv:2203.11171.
    """

    name = "self_consistent"

    def __init__(self, samples: int = 3) -> None:
        self.samples = samples

    def plan(self, request: PlanRequest, tools: PlanningTools) -> Plan:
        floor = direct_steps(request, tools)
        if tools.model is None:
            return Plan(strategy=self.name, steps=floor)
        votes: Counter[tuple[str, str]] = Counter()
        asked, thoughts = 0, list[str]()
        for seed in range(self.samples):
            messages = planner_messages(request, tools)
            try:
                draft = tools.model.generate(
                    messages, DraftPlan, max_tokens=120, temperature=0.8, seed=seed, timeout_s=tools.seconds_left()
                )
            except ModelError as error:
                thoughts.append(f"sample {seed}: {error}")
                continue
            asked += 1
            thoughts.append(json.dumps([s.model_dump(mode="json") for s in draft.steps]))
            votes.update(
                {(s.tool.value, s.query.casefold() if s.tool is DraftTool.SEARCH else "") for s in draft.steps}
            )
        kept = [DraftStep(tool=DraftTool(t), query=q) for (t, q), n in votes.most_common() if 2 * n > asked]
        return Plan(
            strategy=self.name, steps=with_floor(steps_of(kept, request, tools), floor), thoughts=tuple(thoughts)
        )


def _words(text: str) -> list[str]:
    return [word for word in "".join(c if c.isalnum() else " " for c in text.casefold()).split() if len(word) > 2]
