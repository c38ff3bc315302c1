"""The 200 requests: what is said, and what a good slate must satisfy, checkable by item id and catalogue fact."""

from __future__ import annotations

import random
from collections.abc import Sequence
from importlib.resources import files
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["single", "multi", "multiturn", "infeasible", "ambiguous", "offdomain"]


class Goal(BaseModel):
    """What the last turn must come to."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    filter: dict[str, Any] = {}
    """Every item of the slate must pass; for an infeasible request nothing in the catalogue does."""
    exclude: tuple[str, ...] = ()
    """Items that must not be on it: seen, named as liked, disliked."""
    infeasible: bool = False
    """The reply must say that something cannot be met, and give up a wish openly or abstain."""
    routes: tuple[str, ...] = ()
    """The routes that are right; empty: a recommendation."""
    ask_facet: str = ""
    """For a question: what it must be about."""


class Request(BaseModel):
    """One test conversation; the goal is about its last turn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request_id: str
    kind: Kind
    turns: tuple[str, ...]
    goal: Goal


def stratified(requests: Sequence[Request], n: int, *, seed: int) -> list[Request]:
    """About `n` of the requests, drawn by chance; each kind keeps its share and has at least one."""
    rng = random.Random(seed)
    chosen: set[str] = set()
    for kind in dict.fromkeys(r.kind for r in requests):
        ids = [r.request_id for r in requests if r.kind == kind]
        chosen.update(rng.sample(ids, min(len(ids), max(1, round(n * len(ids) / len(requests))))))
    return [r for r in requests if r.request_id in chosen]


def load_requests(*, fresh: bool = False) -> list[Request]:
    """The 200 requests in order; or the fresh ones, written after the fact and never developed against."""
    name = "fresh.jsonl" if fresh else "requests.jsonl"
    text = (files("parley.evals.plan") / name).read_text("utf-8")
    return [Request.model_validate_json(line) for line in text.splitlines() if line.strip()]
