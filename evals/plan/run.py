"""Run the 200 requests under each strategy and put the strategies side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from parley.agent.api import Agent
from parley.evals.intervals import bootstrap, paired_difference
from parley.evals.plan.judge import Outcome, judge
from parley.evals.plan.requests import Request

KINDS = ("single", "multi", "multiturn", "infeasible", "ambiguous", "offdomain")


def run_strategy(
    agent: Agent, strategy: str, requests: Iterable[Request], *, done: Callable[[Outcome], None] = lambda outcome: None
) -> list[Outcome]:
    """Every request in a session of its own, never remembered."""
    agent.use_planner(strategy)
    outcomes = []
    for request in requests:
        user, session = f"plan-{strategy}-{request.request_id}", request.request_id
        agent.begin_session(user=user, session=session, incognito=True)
        turns = [agent.chat(text, user=user, session=session) for text in request.turns]
        outcome = judge(request, turns, agent.traces(user=user, session=session), agent.parts.services.catalog)
        outcomes.append(outcome)
        done(outcome)
    return outcomes


def compare_strategies(results: Mapping[str, Sequence[Outcome]], *, baseline: str = "direct") -> list[dict[str, Any]]:
    """One row a strategy: success with its interval and its paired difference from the baseline, and what it cost."""
    rows = []
    for name, outcomes in results.items():
        success = [float(o.success) for o in outcomes]
        row: dict[str, Any] = {
            "strategy": name,
            "success": str(bootstrap(success)),
            "satisfied": str(bootstrap([o.satisfied for o in outcomes])),
            "valid plans": f"{bootstrap([o.valid_plans for o in outcomes]).mean:.3f}",
        }
        if baseline in results and name != baseline:
            row[f"success - {baseline}"] = str(
                paired_difference(success, [float(o.success) for o in results[baseline]])
            )
        for kind in KINDS:
            of_kind = [float(o.success) for o in outcomes if o.kind == kind]
            if of_kind:
                row[kind] = f"{sum(of_kind) / len(of_kind):.2f}"
        n = len(outcomes)
        row |= {
            "tool calls": f"{sum(o.tool_calls for o in outcomes) / n:.2f}",
            "model calls": f"{sum(o.model_calls for o in outcomes) / n:.2f}",
            "tokens in": f"{sum(o.tokens_in for o in outcomes) / n:.0f}",
            "tokens out": f"{sum(o.tokens_out for o in outcomes) / n:.0f}",
            "ms": f"{sorted(o.milliseconds for o in outcomes)[n // 2]:.0f}",
        }
        rows.append(row)
    return rows


CONFIDENCE_BINS = (0.0, 0.4, 0.7, 0.9, 1.0 + 1e-9)


def calibration(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Success by how sure the understanding was: a confidence worth acting on rises with success."""
    rows = []
    for low, high in pairwise(CONFIDENCE_BINS):
        inside = [o for o in outcomes if low <= o.confidence < high]
        if inside:
            rows.append(
                {
                    "confidence": f"{low:.1f} to {min(high, 1.0):.1f}",
                    "requests": len(inside),
                    "mean confidence": f"{sum(o.confidence for o in inside) / len(inside):.2f}",
                    "success": str(bootstrap([float(o.success) for o in inside])),
                }
            )
    return rows
