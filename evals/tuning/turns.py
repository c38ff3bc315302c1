"""Real turns held out of training, with the labels made for this project: which edits do rules and model read?

The labels follow one set of guidelines, which the model has learned from and the rules have not. So the score is also
given `loosely`: without firmness, duration and role, a theme by its words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from parley.agent.ledger import LedgerEdit
from parley.agent.llm.seam import ChatModel
from parley.agent.tuning.data_checks import Checks, loosely
from parley.agent.tuning.examples import Example
from parley.agent.tuning.notation import Meaning, write_edit
from parley.agent.tuning.reader import answer
from parley.agent.tuning.second import second_opinion
from parley.evals.intervals import bootstrap, paired_difference
from parley.evals.tuning.roles import read_context

CORPORA = ("redial", "ccpe", "laps")


def measure_turns(
    examples: Sequence[Example], model: ChatModel, checks: Checks, *, seed: int = 0
) -> list[dict[str, Any]]:
    """Edits of labelled real turns by the rules, by the model, and by the rules with a second opinion."""
    turns = [e for e in examples if e.role == "understand" and e.source in CORPORA and not e.open]
    found: dict[str, list[tuple[LedgerEdit, ...]]] = {
        "rules": [],
        "tuned": [],
        "rules, tuned in place of free words": [],
    }
    golds: list[Meaning] = []
    calls = 0
    for turn in turns:
        utterance, context, slate = read_context(turn, checks)
        rules = checks.understander.understand(utterance, context)
        told = checks.reader.read(answer(model, turn), slate)
        both = second_opinion(utterance, context, rules, lambda *_, told=told: told)
        calls += both is not rules
        golds.append(checks.reader.read(turn.target, slate))
        for name, edits in zip(found, (rules.edits, told.edits, both.edits), strict=True):
            found[name].append(edits)
    return _rows(golds, found, checks, calls, seed)


def _rows(
    golds: Sequence[Meaning],
    found: Mapping[str, Sequence[tuple[LedgerEdit, ...]]],
    checks: Checks,
    calls: int,
    seed: int,
) -> list[dict[str, Any]]:
    ways: dict[str, Callable[[str], str]] = {"": lambda edit: edit, "_loosely": loosely}
    rows: list[dict[str, Any]] = []
    first: dict[str, list[bool]] = {}
    for name, several in found.items():
        row: dict[str, Any] = {"system": name, "turns": len(golds)}
        for suffix, fold in ways.items():
            pairs = [
                (
                    {fold(write_edit(e, checks.catalog)) for e in g.edits},
                    {fold(write_edit(e, checks.catalog)) for e in f},
                )
                for g, f in zip(golds, several, strict=True)
            ]
            total = sum(len(g) + len(f) for g, f in pairs)
            exact = [g == f for g, f in pairs]
            first.setdefault(suffix, exact)
            gain = paired_difference(np.array(exact, float), np.array(first[suffix], float), seed=seed)
            row |= {
                f"f1{suffix}": 2 * sum(len(g & f) for g, f in pairs) / total if total else 1.0,
                f"exact{suffix}": str(bootstrap(np.array(exact, float), seed=seed)),
                f"gain{suffix}": str(gain),
            }
        rows.append(row)
    rows[-1]["calls"] = calls
    return rows
