"""A request beside a question: whether it is due, once the answer is known."""

from __future__ import annotations

from collections.abc import Sequence

from parley.agent.acts import DialogueAct
from parley.agent.ledger import ITEM, EditAction, Hardness, Ledger, Wish
from parley.agent.messages import Beside, Understanding
from parley.agent.reply.wording import Wording
from parley.agent.reply.yes_no import condition_holds
from parley.agent.understanding.remembered import ABOUT_USER
from parley.tools.items import Item

_ASKS = frozenset({DialogueAct.REQUEST, DialogueAct.CONTINUE})


def settle(heard: Understanding, ledger: Ledger, wording: Wording) -> Understanding:
    """Decide whether the request beside a question is due; one whose condition does not hold changes nothing.

    Args:
        ledger: before this message's edits.
    """
    beside, question = heard.beside, heard.question
    if beside is None or question is None:
        return heard
    items = [wording.catalog[i] for i in question.about if i in wording.catalog]
    if beside.condition is not None:
        kept = tuple(e for e in heard.edits if e not in beside.edits)
        holds = condition_holds(beside.condition, items, ledger.apply(kept, turn=0), wording)
        if holds is False:
            return _taken_back(heard, beside)
        return heard.model_copy(update={"beside": beside.model_copy(update={"settled": holds is not None})})
    if beside.only_wish and (question.field == ABOUT_USER or _one_meets(items, _bounds(heard))):
        return heard.model_copy(update={"beside": beside.model_copy(update={"due": False})})
    return heard


def _taken_back(heard: Understanding, beside: Beside) -> Understanding:
    """The question alone: what was asked for only in that case is not done."""
    return heard.model_copy(
        update={
            "edits": tuple(e for e in heard.edits if e not in beside.edits),
            "acts": tuple(a for a in heard.acts if a not in _ASKS),
            "count": None,
            "surprise": False,
            "refuses": False,
            "contradiction": None,
            "ambiguous": None,
            "beside": beside.model_copy(update={"due": False}),
        }
    )


def _bounds(heard: Understanding) -> list[Wish]:
    """The hard wishes about facts that this message makes."""
    made = [e.wish for e in heard.edits if e.action is EditAction.ADD and e.wish is not None]
    return [w for w in made if w.facet != ITEM and w.hardness is Hardness.HARD]


def _one_meets(items: Sequence[Item], wishes: Sequence[Wish]) -> bool:
    return any(all(w.is_met_by(item) is not False for w in wishes) for item in items)
