"""A child asked about stays in mind: "is Paddington ok for a 4 year old? And what else would she like?".

A question about whom something suits is no wish. But who then asks on for that child must not be shown what is for
grown-ups, whether the child is named in this message or in the one before.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from parley.agent.ledger import LedgerEdit
from parley.agent.messages import Understanding
from parley.agent.understanding.ages import child_in
from parley.agent.understanding.context import DialogueContext
from parley.tools.items import Catalog

_THE_CHILD = re.compile(
    r"\b(?:she|he|they|her|him|them|that age|this age|the (?:kid|child|little one|boy|girl)s?)\b", re.I
)
MESSAGES_BACK = 2
"""How many of the user's messages a child is kept in mind for."""


def with_the_child(
    text: str,
    found: Understanding,
    context: DialogueContext,
    hear: Callable[[str, DialogueContext], Understanding],
    catalog: Catalog,
) -> Understanding:
    """The understanding with the wish that the items suit the child just asked about; as it is if there is none.

    Args:
        text: the message.
        found: what it was understood as.
        hear: understands a text against a context.
    """
    kind = catalog.domain.age_kind
    if kind is None or _wishes_for(found.edits, kind) or (found.question is not None and found.beside is None):
        return found
    asked = found.question.words if found.question is not None and found.question.field == "suitable" else ""
    request = found.beside.words if found.beside is not None else text
    child = child_in(asked)
    if not child and _THE_CHILD.search(request):
        child = _asked_before(context)
    if not child:
        return found
    edits = tuple(e for e in hear(f"something for {child}", context).edits if e.wish and e.wish.facet == kind)
    return found.model_copy(update={"edits": (*found.edits, *edits)})


def _wishes_for(edits: tuple[LedgerEdit, ...], kind: str) -> bool:
    return any(e.wish is not None and e.wish.facet == kind for e in edits)


def _asked_before(context: DialogueContext) -> str:
    """The child of a question the user asked a moment ago."""
    said = [words for role, words in context.window if role == "user"][-MESSAGES_BACK:]
    return next((child for words in reversed(said) if "?" in words and (child := child_in(words))), "")
