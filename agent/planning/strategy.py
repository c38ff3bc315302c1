"""The seam for planning strategies, and `direct`: the plan that follows from the ledger, no model call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from pydantic import BaseModel, ConfigDict

from parley.agent.ledger import Hardness, Ledger, Polarity, Wish, filter_of
from parley.agent.llm.seam import ChatModel
from parley.agent.messages import Understanding
from parley.agent.planning.plan import Plan, Step, run_plan
from parley.agent.wish_words import say_wish
from parley.tools.filters import Filter, parse_filter
from parley.tools.items import Catalog
from parley.tools.seams import Taste
from parley.tools.toolbox import Toolbox, ToolResult, Workbench, graded_mask

MAX_TRIED = 8
"""Different tool calls a strategy may make on the bench before it settles on a plan."""


class PlanRequest(BaseModel):
    """What a strategy may look at."""

    model_config = ConfigDict(frozen=True)

    message: str
    ledger: Ledger
    understanding: Understanding
    taste: Taste = Taste()
    given_up: tuple[Wish, ...] = ()
    """Hard wishes let go of because nothing met them all; what comes near them is still welcome."""
    attempt: int = 0
    """0 for the first plan of the turn; then how often the turn was replanned."""
    problem: str = ""
    """Why the plan before this one failed."""


class PlanningTools:
    """What a strategy may use: the tools, a workbench for dry runs, and the model if there is one."""

    def __init__(
        self,
        catalog: Catalog,
        toolbox: Toolbox,
        bench: Workbench,
        model: ChatModel | None,
        *,
        seconds_left: Callable[[], float] = lambda: 30.0,
    ) -> None:
        self.catalog = catalog
        self.toolbox = toolbox
        self.bench = bench
        self.model = model
        self.seconds_left = seconds_left
        """What is left of the turn's time; a strategy stops thinking when it is gone."""
        self.tried = 0
        """Tool calls made on the bench so far."""
        self._found: dict[str, ToolResult] = {}

    def try_step(self, step: Step) -> ToolResult:
        """What a step finds on the bench. The same step is run once; after `MAX_TRIED` nothing more is."""
        key = f"{step.tool} {sorted(step.args.items())}"
        if key not in self._found and self.tried < MAX_TRIED:
            self.tried += 1
            plan = Plan(steps=(step.model_copy(update={"step_id": "s1"}),))
            self._found[key] = run_plan(plan, self.toolbox, self.bench, workers=1).results["s1"]
        return self._found.get(key, ToolResult())


class PlanningStrategy(Protocol):
    """Writes a plan. It may call the model; it never runs a tool except on the bench, to value a partial plan."""

    name: str

    def plan(self, request: PlanRequest, tools: PlanningTools) -> Plan: ...


class Direct:
    """One step for each kind of evidence in the ledger; no model call.

    Free words are searched, wanted attributes matched, liked items give neighbours in text and in
    taste, and renown stands in where there is nothing else.
    """

    name = "direct"

    def plan(self, request: PlanRequest, tools: PlanningTools) -> Plan:
        return Plan(strategy=self.name, steps=direct_steps(request, tools))


def direct_steps(request: PlanRequest, tools: PlanningTools) -> tuple[Step, ...]:
    """The steps `direct` takes; other strategies fall back on them."""
    ledger, steps = request.ledger, list[Step]()

    def add(tool: str, why: str, weight: float = 1.0, **args: Any) -> None:
        steps.append(Step(step_id=f"s{len(steps) + 1}", tool=tool, args=args, why=why, weight=weight))

    liked = [i for i in request.taste.liked if i in tools.catalog][-10:]
    if ledger.text:
        add("search", f"match the words {ledger.text!r}", 1.5, query=ledger.text[:500])
    wanted = wanted_attributes(ledger)
    if wanted and request.understanding.lesser_known:
        add(
            "match", "less well known, with the attributes asked for", 1.5, filter=wanted, most=tools.bench.lesser_known
        )
    if wanted:
        add("match", "have the attributes asked for", 1.2, filter=wanted)
    if liked:
        titles = ", ".join(tools.catalog[i].title for i in liked[-3:])
        add("similar", f"close to {titles}", 1.0, item_ids=tuple(liked))
        add("recommend", "liked by people with the same taste", 1.2)
    for wish in request.given_up:
        if not wish.is_number and wish.polarity is Polarity.WANT and (seeds := exemplars(wish, tools.bench)):
            add("similar", f"{STANDS_IN} {say_wish(wish, tools.catalog)}", 1.5, item_ids=seeds)
    if not steps and request.understanding.lesser_known:
        add("popular", "less well known, within the hard wishes", 0.5, most=tools.bench.lesser_known)
    elif not steps or request.attempt:
        add("popular", "well known, within the hard wishes", 0.5)
    elif wanted and len(steps) == 1 and _few_have(wanted, tools.bench):
        add("popular", "few have all of that; well known, within the hard wishes", 0.25)
    return tuple(steps)


STANDS_IN = "close to what is"
"""How the reason of a step begins whose titles stand in for a wish given up: ours, nobody named them."""
SCARCE = 5
"""Fewer items than this with any of the attributes wanted do not fill a slate."""


def _few_have(wanted: Mapping[str, Any], bench: Workbench) -> bool:
    """Do fewer items than a slate holds have even one of the attributes, within the hard wishes?"""
    allowed, has = bench.allowed(), np.zeros(len(bench.catalog), dtype=bool)
    for facet, condition in parse_filter(dict(wanted), bench.catalog.domain).root.items():
        for value in (*condition.any, *condition.all):
            has |= graded_mask(facet, (value,), bench) > 0
        if condition.gte is not None or condition.lte is not None:
            has |= bench.filters.mask(Filter({facet: condition}))
    return int((allowed & has).sum()) < SCARCE


def exemplars(wish: Wish, bench: Workbench, k: int = 5) -> tuple[str, ...]:
    """The best-known items that meet a wish by itself, whatever else rules them out."""
    rows = np.flatnonzero(bench.filters.mask(filter_of([wish])))
    best = rows[np.argsort(-bench.popularity[rows], kind="stable")[:k]]
    return tuple(bench.catalog.items[row].item_id for row in best)


def wanted_attributes(ledger: Ledger) -> Mapping[str, Any]:
    """The positive facet wishes, hard and soft, as a filter in JSON: words by facet, bounds by number."""
    wanted: dict[str, Any] = {}
    for wish in ledger.facet_wishes(Hardness.HARD, Hardness.SOFT):
        if wish.polarity is Polarity.AVOID:
            continue
        if wish.is_number:
            if wish.hardness is Hardness.SOFT:
                bounds = {"gte": wish.gte, "lte": wish.lte}
                wanted[wish.facet] = {key: value for key, value in bounds.items() if value is not None}
        else:
            wanted.setdefault(wish.facet, []).append(wish.value)
    return wanted
