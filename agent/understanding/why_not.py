"""Asking why something could not be had: "why not?", "why is there nothing?", after a wish had to give way."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parley.agent.messages import Mention
from parley.agent.understanding.context import DialogueContext

WHY_NOT = "why_not"
"""The field of such a question."""
_WHY_NOT = re.compile(
    r"^(?:(?:but|and|oh|hm+|ok|so|really|no|none)[?,. ]+)*(?:why(?: ever)? not|how come(?: not)?|why(?: (?:is|are) there)? "
    r"(?:nothing|none|no such)[^?]*|why (?:can't|couldn't|don't) you[^?]*|why did you (?:drop|ignore|set|leave|change)[^?]*)[?.! ]*$",
    re.I,
)


def asks_why_not(text: str, context: DialogueContext) -> bool:
    """Does the text ask what stood in the way of the wishes that were given up?"""
    return bool(context.offered) and _WHY_NOT.match(text.strip()) is not None


_WHY_NOT_THAT = re.compile(
    r"^\W*(?:(?:but|and|oh|hmm+|ok|okay|so|then)\b[,. ]*)*(?:why(?: (?:ever|is it))? not|why (?:didn't|don't|did you not|do you not) (?:you )?"
    r"(?:suggest|recommend|show|list|name|pick|mention|have)|why (?:isn't|is)|how come(?: not)?|what about|what's wrong with) "
    r"(?P<what>.+?)(?: (?:not )?(?:on the list|on there|in there|among (?:them|these)|here|there|suggested|shown))?[?.! ]*$",
    re.I,
)
_PLAINLY = re.compile(
    r"^\W*(?:\w+[,. ]+)?(?:why(?: ever)? not|why (?:didn't|don't|did|do)|what's wrong with)\b|\b(?:on the list|suggested|shown)\W*$",
    re.I,
)


def asks_why_not_of(text: str, mentions: Sequence[Mention]) -> tuple[str, ...]:
    """The items of "why not Heat?", "why isn't Heat on the list?"; none if it asks no such thing."""
    match = _WHY_NOT_THAT.match(text)
    if match is None or not _PLAINLY.search(text):
        return ()
    named = [m for m in mentions if m.item_id and m.text.casefold().strip() in match["what"].casefold()]
    left = match["what"]
    for mention in named:
        left = left.replace(mention.text, " ")
    only = not re.sub(r"\b(?:and|or|the|film|movie)\b|\W", "", left, flags=re.I)
    return tuple(dict.fromkeys(m.item_id for m in named if m.item_id)) if only else ()
