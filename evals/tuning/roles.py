"""Held-out examples of every role, answered greedily and judged by the checks that made the preference data.

No title, template or dialogue named in a training example is among the names the test was split by. A score is 1 where
nothing is wrong with an answer; `exact` is the share of those. Intervals are bootstrap over examples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from parley.agent.ledger import Ledger
from parley.agent.tuning.data_checks import Checks
from parley.agent.tuning.examples import ROLES, Example, Role
from parley.agent.tuning.notation import Meaning, write_meaning
from parley.agent.understanding import DialogueContext
from parley.evals.intervals import bootstrap


class RoleScore(BaseModel):
    """One model in one role."""

    model_config = ConfigDict(frozen=True)

    role: Role
    n: int
    score: float
    low: float
    high: float
    """95 % interval of the score."""
    exact: float
    distinct2: float
    """Different pairs of words over all pairs, of the answers together."""
    failed: dict[str, int]
    """The commonest reasons of scores below 1."""


def measure_roles(
    examples: Sequence[Example],
    write: Callable[[Example], str],
    checks: Checks,
    *,
    seed: int = 0,
    tell: Callable[[str], None] = lambda _: None,
) -> list[RoleScore]:
    """Judge `write`'s answers to the examples, role by role."""
    found: list[RoleScore] = []
    for role in ROLES:
        asked = [e for e in examples if e.role == role]
        if not asked:
            continue
        answers = [write(e) for e in asked]
        judged = [checks.check(e, a) for e, a in zip(asked, answers, strict=True)]
        scores = np.array([j.score for j in judged])
        spread = bootstrap(scores, seed=seed)
        reasons: dict[str, int] = {}
        for j in judged:
            if j.score < 1:
                key = j.reason.split(":")[0][:40] or "partly"
                reasons[key] = reasons.get(key, 0) + 1
        found.append(
            RoleScore(
                role=role, n=len(asked), score=float(scores.mean()), low=spread.low, high=spread.high,
                exact=float((scores == 1).mean()), distinct2=distinct(answers),
                failed=dict(sorted(reasons.items(), key=lambda pair: -pair[1])[:3]),
            )
        )  # fmt: skip
        tell(f"{role}: {found[-1].score:.3f} ({len(asked)})")
    return found


def distinct(texts: Sequence[str], n: int = 2) -> float:
    """Different n-grams of words over all n-grams; 0 without any."""
    grams = [tuple(words[i : i + n]) for words in (t.lower().split() for t in texts) for i in range(len(words) - n + 1)]
    return len({*grams}) / len(grams) if grams else 0.0


def as_rows(model: str, scores: Sequence[RoleScore]) -> list[dict[str, Any]]:
    """The scores as rows of a table."""
    return [{"model": model, **s.model_dump()} for s in scores]


def read_context(example: Example, checks: Checks) -> tuple[str, DialogueContext, tuple[str, ...]]:
    """(what was said, in which context, after which slate) of an `understand` example, out of its prompt."""
    told = dict(line.partition(": ")[::2] for line in example.prompt.split("\n"))
    shown = checks.slate(example.prompt)
    slate = tuple(i for i in shown if i in checks.catalog)
    kept = checks.reader.read(told.get("kept", ""), slate)
    context = DialogueContext(
        ledger=Ledger().apply(kept.edits, turn=1),
        turn=2,
        slate=slate,
        shown=slate,
        focus=slate[0] if len(slate) == 1 else None,
        window=(("assistant", told["we"]),) if "we" in told else (),
    )
    return told.get("they", ""), context, tuple(shown)


def read_by_rules(example: Example, checks: Checks) -> str:
    """What the rules make of an `understand` example, in the notation: the same words in the same context."""
    utterance, context, shown = read_context(example, checks)
    found = checks.understander.understand(utterance, context)
    meaning = Meaning(
        acts=found.acts, edits=found.edits, question=found.question, surprise=found.surprise, count=found.count
    )
    return write_meaning(meaning, checks.catalog, shown)
