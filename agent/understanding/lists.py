"""Messages that name a whole list: "show me the first ones again", "what is the longest film you have?"."""

from __future__ import annotations

import re

from parley.agent.understanding.context import DialogueContext
from parley.agent.understanding.numbers import NumberReader

_LIST = r"(?:ones?|list|lot|films?|movies?|titles?|suggestions?|recommendations?|page|set|results?|picks?|options?|bunch|five)"
_AGAIN = re.compile(
    rf"\bback to (?:the|your|that|those) (?P<a>first|original|previous|earlier|last|other)(?: {_LIST})?\b|"
    rf"\b(?:show|see|list|give|repeat|have|bring|what were|which were)\b.{{0,24}}\b(?P<b>first|original|previous|earlier|last)"
    rf"(?: \w+)? {_LIST}(?: \w+)? (?:again|once more|back)\b|"
    rf"\b(?:what were|show(?: me)?) (?:the|those|your) (?P<c>first|previous|earlier) {_LIST}\b|^(?:the )?(?P<d>previous) (?:page|list)\b|"
    r"^(?:please )?(?:go )?back(?: please)?[.!]*$"
)
_ALL = r"(?: (?:films?|movies?|ones?|thing|titles?|books?|games?|items?))? ?(?:that )?(?:you(?:'ve got| have(?: got)?| know| can find)|of all|of them all|ever|there is|in (?:your|the|this) (?:catalogue|catalog|list|collection))"


def shown_again(text: str, context: DialogueContext) -> tuple[str, ...]:
    """The items of an earlier slate that the text asks to see again; () if it does not."""
    match = _AGAIN.search(text)
    if match is None or not context.shown:
        return ()
    size = max(1, len(context.slate)) if len(context.slate) >= 3 else 5
    which = next((word for word in match.groups() if word), "previous")
    if which in ("first", "original"):
        return context.shown[:size]
    before = [i for i in context.shown if i not in context.slate]
    return tuple(before[-size:] or context.slate)


def extreme_of_all(text: str, context: DialogueContext, numbers: NumberReader) -> tuple[str, int, int, int] | None:
    """(facet, 1 for the most or -1 for the least, start, end) of "the longest you have", "the oldest?"."""
    for word, (facet, side) in numbers.comparatives().items():
        if not word.endswith("er") or " " in word:
            continue
        form = re.escape(word.removesuffix("er")) + "est"
        asked = r"(?:what(?:'s| is| are)|which (?:\w+ )?(?:is|are)|show me|give me|find me|recommend)"
        match = re.search(rf"\b(?:the|your) (?:very )?{form}\b{_ALL}", text)
        if match is None:
            match = re.search(rf"\byour (?:very )?{form}(?=(?: [\w-]+){{1,3}}[?.! ]*$)", text)
        if match is None and not context.slate:
            match = re.search(rf"^{asked}? ?(?:me )?(?:the|your) (?:very )?{form}\b(?: \w+)?[?.! ]*$", text)
        if match is not None:
            return facet, side, match.start(), match.end()
    return None
