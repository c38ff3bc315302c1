"""Did the last turn reach the goal? Judged in code, from item ids and catalogue facts; no model judges."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from parley.agent.ledger import Hardness
from parley.agent.messages import Turn
from parley.agent.trace import TurnTrace
from parley.evals.plan.requests import Request
from parley.tools.filters import Filter, FilterIndex, parse_filter
from parley.tools.items import Catalog


class Outcome(BaseModel):
    """One request under one strategy."""

    model_config = ConfigDict(frozen=True)

    request_id: str
    kind: str
    success: bool
    satisfied: float
    """Share of (item, condition) pairs met over the slate; nan where no slate was due."""
    valid_plans: float
    """Share of this request's plans that validated; nan where none was made."""
    tool_calls: int
    """Those of the plans, and those made while planning."""
    model_calls: int
    tokens_in: int
    tokens_out: int
    milliseconds: float
    confidence: float = math.nan
    """How sure the understanding of the last message was."""
    why: str = ""


def judge(request: Request, turns: Sequence[Turn], traces: Sequence[TurnTrace], catalog: Catalog) -> Outcome:
    """Hold the finished conversation against its goal; costs are summed over its turns."""
    success, satisfied, why = _reached(request, turns[-1], traces[-1], catalog)
    planned = [trace for trace in traces if trace.steps]
    invalid = sum(any(step.step_id == "invalid" for step in trace.steps) for trace in planned)
    return Outcome(
        request_id=request.request_id,
        kind=request.kind,
        success=success,
        satisfied=satisfied,
        valid_plans=1 - invalid / len(planned) if planned else math.nan,
        tool_calls=sum(len(trace.steps) + trace.tried for trace in planned),
        model_calls=sum(turn.model_calls for turn in turns),
        tokens_in=sum(turn.tokens.get("in", 0) for turn in turns),
        tokens_out=sum(turn.tokens.get("out", 0) for turn in turns),
        milliseconds=sum(turn.timings_ms.get("total", 0.0) for turn in turns),
        confidence=traces[-1].understanding.confidence,
        why=why,
    )


def _reached(request: Request, turn: Turn, trace: TurnTrace, catalog: Catalog) -> tuple[bool, float, str]:
    goal = request.goal
    if goal.infeasible:
        said = bool(trace.relaxed) or not turn.slate or _says_none_meets(turn)
        broken = _broken_hard_wishes(turn, trace, catalog)
        return said and not broken, math.nan, "" if said else "did not say that nothing fits"
    if goal.routes:
        asked = not goal.ask_facet or (goal.ask_facet == "item" and turn.route == "ask")
        right = turn.route in goal.routes and asked
        return right, math.nan, "" if right else f"route {turn.route}"
    if not turn.slate:
        return False, 0.0, f"no slate, route {turn.route}"
    wanted = parse_filter(goal.filter, catalog.domain)
    pairs = [meets(catalog, item.item_id, Filter({f: c})) for item in turn.slate for f, c in wanted.root.items()]
    banned = [item.title for item in turn.slate if item.item_id in goal.exclude]
    share = (sum(pairs) / len(pairs)) if pairs else 1.0
    if banned:
        return False, share, f"showed {banned[0]}"
    return share == 1.0, share, "" if share == 1.0 else f"{len(pairs) - sum(pairs)} of {len(pairs)} conditions missed"


_NONE_MEETS = re.compile(r"\b(?:none of (?:them|these)|neither) (?:is|are|has|have)\b", re.IGNORECASE)


def _says_none_meets(turn: Turn) -> bool:
    """A soft wish that every item shown misses, and a sentence of the reply that says so."""
    missed = set.intersection(*(set(item.misses) for item in turn.slate)) if turn.slate else set()
    return bool(missed) and _NONE_MEETS.search(turn.reply) is not None


_indices: dict[str, FilterIndex] = {}


def meets(catalog: Catalog, item_id: str, wanted: Filter) -> bool:
    """Whether one item passes a filter."""
    if catalog.fingerprint not in _indices:
        _indices[catalog.fingerprint] = FilterIndex(catalog)
    index = _indices[catalog.fingerprint]
    return bool(index.mask(wanted)[catalog.positions[item_id]])


def _broken_hard_wishes(turn: Turn, trace: TurnTrace, catalog: Catalog) -> bool:
    """A hard wish that was not said to be given up, yet is broken by an item shown."""
    given_up = {wish_id for relaxation in trace.relaxed for wish_id in relaxation.wish_ids}
    standing = [w for w in turn.ledger.facet_wishes(Hardness.HARD) if w.wish_id not in given_up]
    return any(w.is_met_by(catalog[item.item_id]) is False for item in turn.slate for w in standing)
