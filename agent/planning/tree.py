"""Strategies that explore: Tree of Thoughts, and self-inspiring planning, which forgets no branch.

A partial plan is valued by running it on the bench: how well what it finds meets the wishes, and how
much it finds. The model's own opinion of a plan is a second, smaller part of the value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from parley.agent.llm.seam import ModelError
from parley.agent.planning.drafts import DraftPlan, DraftStep, DraftTool, planner_messages, steps_of, with_floor
from parley.agent.planning.plan import Plan
from parley.agent.planning.strategy import PlanningTools, PlanRequest, direct_steps, wanted_attributes
from parley.tools.candidates import fuse_by_rank
from parley.tools.filters import Filter, parse_filter
from parley.tools.ranking.classical import rank_classically

OPINION = 0.1
"""How much the model's own opinion of a plan counts beside its value by dry run."""


@dataclass(frozen=True)
class Branch:
    """A partial plan and what it is worth."""

    drafts: tuple[DraftStep, ...]
    value: float

    @property
    def steps(self) -> str:
        """The steps in words; a query is cut so that eight branches fit in a prompt."""
        return ", ".join(f"{d.tool.value} {d.query[:40]!r}" if d.query else d.tool.value for d in self.drafts)

    def say(self) -> str:
        return f"[{self.value:.2f}] {self.steps or 'nothing'}"


def value_by_dry_run(drafts: Sequence[DraftStep], request: PlanRequest, tools: PlanningTools, k: int = 5) -> float:
    """0 to 1: run the steps, rank what they find, and see how the best k meet the wishes.

    Half is the mean share of wanted attributes the best k have (1 if none were named), a quarter their
    mean closeness to the free words, a quarter whether there is enough to choose from.
    """
    steps = steps_of(drafts, request, tools)
    if not steps:
        return 0.0
    bus = fuse_by_rank({s.step_id: list(tools.try_step(s).candidates) for s in steps})
    if not len(bus):
        return 0.0
    best = rank_classically(bus.head(60), tools.bench, ()).head(k)
    enough = min(1.0, len(bus) / 20)
    return 0.5 * _met(best.item_ids, request, tools) + 0.25 * _close(best.item_ids, request, tools) + 0.25 * enough


def _met(item_ids: Sequence[str], request: PlanRequest, tools: PlanningTools) -> float:
    wanted = parse_filter(dict(wanted_attributes(request.ledger)), tools.catalog.domain)
    if not wanted:
        return 1.0
    rows = [tools.catalog.positions[i] for i in item_ids]
    shares = [tools.bench.filters.mask(Filter({f: c}))[rows].mean() for f, c in wanted.root.items()]
    return float(np.mean(shares))


def _close(item_ids: Sequence[str], request: PlanRequest, tools: PlanningTools) -> float:
    if not request.ledger.text or "dense" not in tools.bench.retrievers:
        return 1.0
    found = tools.bench.retrievers["dense"].retrieve(tools.bench.query(request.ledger.text), 50)
    place = {c.item_id: rank for rank, c in enumerate(found)}
    return float(np.mean([1.0 - place.get(i, 50) / 50 for i in item_ids]))


def propose_steps(
    branch: Branch, request: PlanRequest, tools: PlanningTools, breadth: int, *notes: str
) -> tuple[list[DraftStep], str]:
    """Up to `breadth` next steps from the model, and the tools not tried yet where it offers too few."""
    offered: list[DraftStep] = []
    problem = ""
    if tools.model is not None:
        so_far = f"Steps so far: {branch.say()}. Offer up to {breadth} different next steps."
        try:
            messages = planner_messages(request, tools, *notes, so_far)
            draft = tools.model.generate(messages, DraftPlan, max_tokens=120, timeout_s=tools.seconds_left())
            offered = list(draft.steps)
        except ModelError as error:
            problem = str(error)
    used = {(d.tool, d.query.casefold()) for d in branch.drafts}
    offered += [DraftStep(tool=tool) for tool in DraftTool]
    fresh = [d for d in dict.fromkeys(offered) if (d.tool, d.query.casefold()) not in used]
    fresh = [d for d in fresh if steps_of([d], request, tools)]
    return fresh[:breadth], problem


def weigh_opinions(branches: Sequence[Branch], request: PlanRequest, tools: PlanningTools) -> list[float]:
    """Each branch's share of the model's belief, 0 to 1, from one scoring call; all 0 without an opinion."""
    none = [0.0] * len(branches)
    if tools.model is None or len(branches) < 2:
        return none
    try:
        messages = planner_messages(request, tools, "Name the tools to use, best plan first.")
        log_p = np.array(tools.model.score(messages, [branch.steps for branch in branches]))
    except ModelError:
        return none
    if not np.isfinite(log_p).all():
        return none
    share = np.exp(log_p - log_p.max())
    return [float(x) for x in share / share.sum()]


class TreeOfThoughts:
    """Beam search over partial plans: propose, value by dry run, keep the best few, go deeper.

    Source: Yao et al., "Tree of Thoughts", NeurIPS 2023, arXiv:2305.10601.
    """

    name = "tot"

    def __init__(self, *, breadth: int = 3, beam: int = 2, depth: int = 3) -> None:
        self.breadth, self.beam, self.depth = breadth, beam, depth

    def plan(self, request: PlanRequest, tools: PlanningTools) -> Plan:
        beam, best = [Branch((), 0.0)], Branch((), 0.0)
        thoughts: list[str] = []
        for level in range(self.depth):
            grown: dict[frozenset[DraftStep], Branch] = {}
            for branch in beam:
                offered, problem = propose_steps(branch, request, tools, self.breadth)
                if problem:
                    thoughts.append(f"depth {level + 1}: {problem}")
                for draft in offered:
                    drafts = (*branch.drafts, draft)
                    grown.setdefault(frozenset(drafts), Branch(drafts, value_by_dry_run(drafts, request, tools)))
            branches = list(grown.values())
            liked = dict(zip(grown, weigh_opinions(branches, request, tools), strict=True))
            beam = sorted(branches, key=lambda b: -(b.value + OPINION * liked[frozenset(b.drafts)]))[: self.beam]
            thoughts += [f"depth {level + 1}: {branch.say()}" for branch in beam]
            if not beam or beam[0].value <= best.value + 1e-3 or tools.seconds_left() <= 0:
                break
            best = beam[0]
        steps = steps_of(best.drafts, request, tools) or direct_steps(request, tools)
        return Plan(strategy=self.name, steps=steps, thoughts=tuple(thoughts))


class SelfInspiring:
    """Every explored branch stays in view when the next step is chosen, the abandoned ones too.

    Source: Wang et al., "RecMind", NAACL Findings 2024, arXiv:2308.14296, whose planner this is; they
    published no code.
    """

    name = "self_inspiring"

    def __init__(self, *, breadth: int = 3, depth: int = 3) -> None:
        self.breadth, self.depth = breadth, depth

    def plan(self, request: PlanRequest, tools: PlanningTools) -> Plan:
        current, explored = Branch((), 0.0), list[Branch]()
        thoughts: list[str] = []
        for level in range(self.depth):
            notes = ["Explored so far:\n" + "\n".join(b.say() for b in explored[-8:])] if explored else []
            offered, problem = propose_steps(current, request, tools, self.breadth, *notes)
            if problem:
                thoughts.append(f"depth {level + 1}: {problem}")
            grown = [
                Branch((*current.drafts, d), value_by_dry_run((*current.drafts, d), request, tools)) for d in offered
            ]
            explored += grown
            thoughts += [f"depth {level + 1}: {branch.say()}" for branch in grown]
            if not grown or tools.seconds_left() <= 0:
                break
            current = max(grown, key=lambda b: b.value)
        useful = [b for b in sorted(explored, key=lambda b: -b.value) if b.value >= 0.8 * current.value]
        drafts = dict.fromkeys(d for b in (current, *useful) for d in b.drafts)
        steps = steps_of(list(drafts)[:6], request, tools)
        return Plan(strategy=self.name, steps=with_floor(steps, direct_steps(request, tools)), thoughts=tuple(thoughts))
