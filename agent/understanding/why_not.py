"""Asking why something could not be had: "why not?", "why is there nothing?", after a wish had to give way."""

from __future__ import annotations

import re

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
