"""Titles that are asked about: "is The Matrix suitable for kids?", "was Heat any good?", "would she enjoy Up?".

The weights of `weigh` come from dialogues in which hardly anybody asks about a film, so what stands around a title in
a question is told by rule.
"""

from __future__ import annotations

import re

from parley.tools.linking.text import word_set

_OPENERS = word_set("is isnt was wasnt are were does doesnt did didnt has hasnt would wouldnt will should might")
_AFTER = word_set(
    """
    ok okay suitable appropriate good bad any worth scary violent sad funny boring long slow short too really actually
    very as for based available still about in on from similar better worse like a an the alright fine safe gory rude
    kid family rated dubbed subtitled streaming free out old new recent popular famous set made have end win get star
    feature also one your my considered kind sort more less black part connected related at and or
    """
)
_ENJOYS = word_set("like enjoy love watch see understand follow handle")
_LEAD = re.compile(r"^(?:ok|okay|and|so|but|oh|hmm+|well|hey|hi|then|also|btw|by|the|way|maybe|quick|question)$")


def is_asked_about(words: list[str], first: int, last: int, *, asks: bool) -> bool:
    """Do the words around `words[first..last]` ask about it?

    Args:
        words: the plain lower-case words of one sentence.
        first: of the title, its article not counted.
        last: of the title.
        asks: the sentence ends with a question mark, or with none at all.
    """
    if not asks:
        return False
    start = first - 1 if first and words[first - 1] in ("the", "a", "an") else first
    before = words[:start]
    while before and _LEAD.match(before[0]):
        before = before[1:]
    after = words[last + 1] if last + 1 < len(words) else ""
    if len(before) == 1 and before[0] in _OPENERS:
        return after in _AFTER
    enjoys = bool(before) and before[0] in (*_OPENERS, "can", "could") and before[-1] in _ENJOYS
    return enjoys and len(before) > 2 and after == ""
