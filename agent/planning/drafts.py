"""What a model may write of a plan, and how a draft becomes typed steps.

The model chooses tools and words to search with. Ids, filters and exclusions come from the ledger, so
that no draft can invent an item or leave out a hard wish: a draft always becomes a valid plan.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage
from pydantic import BaseModel, ConfigDict, Field

from parley.agent.ledger import ABOUT
from parley.agent.planning.plan import Step
from parley.agent.planning.strategy import PlanningTools, PlanRequest, wanted_attributes
from parley.agent.wish_words import say_wish


class DraftTool(StrEnum):
    """The tools a draft may name."""

    SEARCH = "search"
    MATCH = "match"
    SIMILAR = "similar"
    RECOMMEND = "recommend"
    POPULAR = "popular"


class DraftStep(BaseModel):
    """One tool call as a model writes it."""

    model_config = ConfigDict(frozen=True)

    tool: DraftTool
    query: str = Field(default="", max_length=80)
    """Words to search with; the other tools take theirs from the ledger."""


class DraftPlan(BaseModel):
    """A plan as a model writes it."""

    model_config = ConfigDict(frozen=True)

    steps: tuple[DraftStep, ...] = Field(min_length=1, max_length=4)


class ThoughtfulPlan(BaseModel):
    """A thought first, then the plan: the order matters (Wei et al., arXiv:2201.11903)."""

    model_config = ConfigDict(frozen=True)

    thought: str = Field(max_length=240)
    steps: tuple[DraftStep, ...] = Field(min_length=1, max_length=4)


LINE = 160
"""Characters of one wish in a prompt: a prompt of a planner stays short, whatever was said."""
GUIDE = (
    "You plan how to find {plural} in a catalogue. Tools: search (words about the story; give a query), "
    "match (the attributes asked for), similar (close to liked {plural}), recommend (by taste), popular (well known). "
    "Answer with one to four steps as JSON."
)


def describe_request(request: PlanRequest, tools: PlanningTools) -> str:
    """The wishes in a few lines: what a planner needs to know, and no more."""
    catalog = tools.catalog
    lines = [f"Wish: {say_wish(w, catalog)} ({w.hardness.value})" for w in request.ledger.active if w.facet != ABOUT]
    lines = [line[:LINE] for line in lines]
    if request.ledger.text:
        lines.append(f"In words: {request.ledger.text[:LINE]}")
    lines.append(f"Message: {request.message[:300]}")
    if request.problem:
        lines.append(f"The last plan failed: {request.problem[:LINE]}")
    return "\n".join(lines[-12:])


def planner_messages(request: PlanRequest, tools: PlanningTools, *extra: str) -> list[BaseMessage]:
    """The prompt of one planning call."""
    guide = GUIDE.format(plural=tools.catalog.domain.plural)
    return [SystemMessage(guide), HumanMessage("\n\n".join((*extra, describe_request(request, tools))))]


def steps_of(drafts: Iterable[DraftStep], request: PlanRequest, tools: PlanningTools) -> tuple[Step, ...]:
    """Typed steps of a draft; steps with nothing to go by are dropped, doubles are merged."""
    steps: list[Step] = []
    seen: set[tuple[str, str]] = set()
    liked = [i for i in request.taste.liked if i in tools.catalog][-10:]
    wanted = wanted_attributes(request.ledger)
    for draft in drafts:
        query = " ".join(draft.query.split())
        key = (draft.tool.value, query.casefold() if draft.tool is DraftTool.SEARCH else "")
        args: dict[str, Any] | None = {}
        match draft.tool:
            case DraftTool.SEARCH:
                words = query or request.ledger.text
                args = {"query": words} if words else None
            case DraftTool.MATCH:
                args = {"filter": wanted} if wanted else None
            case DraftTool.SIMILAR:
                args = {"item_ids": tuple(liked)} if liked else None
            case DraftTool.RECOMMEND:
                args = {} if liked else None
        if args is None or key in seen:
            continue
        seen.add(key)
        weight = 0.5 if draft.tool is DraftTool.POPULAR else 1.0
        why = f"search {args['query']!r}" if "query" in args else draft.tool.value
        steps.append(Step(step_id=f"s{len(steps) + 1}", tool=draft.tool.value, args=args, why=why, weight=weight))
    return tuple(steps)


def with_floor(steps: Sequence[Step], floor: Sequence[Step]) -> tuple[Step, ...]:
    """The model's steps after those of the direct plan it did not think of: thinking only adds."""
    merged: list[Step] = []
    seen: set[tuple[str, str]] = set()
    for step in (*floor, *steps):
        key = (step.tool, str(dict(step.args)))
        if key not in seen:
            seen.add(key)
            merged.append(step.model_copy(update={"step_id": f"s{len(merged) + 1}"}))
    return tuple(merged[:8])
