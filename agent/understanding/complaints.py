"""Fault found in so many words with what is shown: "that's not funny at all" wants it funnier."""

from __future__ import annotations

import re

from parley.agent.understanding.context import DialogueContext
from parley.tools.items import Catalog

_NOT_AT_ALL = re.compile(
    r"^\W*(?:(?:hm+|no|nope|nah|well|but|sorry|ugh|come on)\b[,. ]*)*(?:that|this|it|they|these|those|none of (?:that|these|those|them))"
    r"(?:'s|'re| is| are| was| were)?(?: (?:really|just|exactly))*(?: not|n't)? (?:really |exactly |very |all that |that |even )*"
    r"(?P<quality>[a-z-]{3,})(?: (?:at all|in the least|to me|though))*[.! ]*$",
    re.I,
)


def complaint_as_wish(text: str, context: DialogueContext, catalog: Catalog) -> str:
    """The message, a complaint that what is shown lacks a quality of the catalogue's put as "not funny enough"."""
    match = _NOT_AT_ALL.match(text)
    if match is None or not context.slate or not re.search(r"\bnot\b|n't\b|\bnone\b", text, re.I):
        return text
    kinds = [kind for kind, info in catalog.domain.kinds.items() if info.phrase == "{value}"]
    quality = match["quality"].casefold()
    known = any(quality == value.casefold() for kind in kinds for value in catalog.vocabulary.get(kind, {}))
    return f"not {quality} enough" if known else text
