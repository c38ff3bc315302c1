"""What the tuned model thinks of each act of a turn: the chance that it names it, at any place of its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from parley.agent.acts import DialogueAct
from parley.agent.llm.seam import ChatModel
from parley.agent.tuning.reader import TunedReader, role_messages
from parley.agent.understanding import Understander
from parley.agent.understanding.history import context_of
from parley.evals.nlu.dialogues import LabelledTurn

MOST = 5
"""Acts of one answer that are looked at."""


def act_chances(model: ChatModel, prompt: str) -> list[float]:
    """The chance of each act, in the order of `DialogueAct`: the highest at any place of the likeliest answer.

    An answer is acts with commas between them (`parley.agent.tuning.notation`). Where another act is unlikely to
    follow, what it would be counts as much as the comma is likely, and the answer ends.
    """
    messages = role_messages("understand", prompt)
    names = [act.value for act in DialogueAct]
    found = np.array(model.score(messages, names, normalise=False))
    best = found.copy()
    said, sure = names[int(found.argmax())], found.max()
    for _ in range(MOST - 1):
        scores = model.score(messages, [f"{said},", *(f"{said}, {name}" for name in names)], normalise=False)
        comma, found = scores[0], np.array(scores[1:])
        ends = comma - sure < np.log(0.5)
        best = np.maximum(best, found - (sure if ends else comma))
        if ends:
            break
        said, sure = f"{said}, {names[int(found.argmax())]}", found.max()
    return [float(x) for x in np.exp(best)]


def told_acts(
    model: ChatModel,
    turns: Sequence[LabelledTurn],
    understander: Understander,
    *,
    tell: Callable[[str], None] = lambda _: None,
) -> NDArray[np.float64]:
    """(n_turns, n_acts) chances."""
    reader = TunedReader(model, understander.catalog, understander.linker)
    rows = []
    for number, turn in enumerate(turns, 1):
        if number % 200 == 0:
            tell(f"the tuned model: {number} of {len(turns)} turns")
        prompt = reader.prompt(turn.text, context_of(turn.before, understander, replay=False))
        rows.append(act_chances(model, prompt))
    return np.array(rows)
