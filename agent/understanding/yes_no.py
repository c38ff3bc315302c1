"""What a yes-or-no question names: "is De Niro in it?", "is it longer than two hours?"."""

from __future__ import annotations

import re

from parley.agent.messages import Question
from parley.agent.understanding.reading import Reading

_YES_OR_NO = re.compile(
    r"^\W*(?:(?:ok|okay|and|so|but|oh|hmm+|well|tell me|by the way)\b[,.! ]*)*"
    r"(?:is|isn't|are|aren't|was|were|does|doesn't|do|did|has|have|had)\b(?! you\b| there\b)",
    re.I,
)
_NOT_YES_OR_NO = frozenset({"why", "compare", "suitable", "text"})


def with_what_it_names(question: Question, reading: Reading) -> Question:
    """The question with the values and ranges it asks whether an item has; unchanged if it asks no such thing."""
    start = reading.text.find(question.words) if question.words else -1
    if start < 0 or not question.about or question.field in _NOT_YES_OR_NO or not _YES_OR_NO.match(question.words):
        return question
    end = start + len(question.words)
    has = tuple((v.facet, v.value) for v in reading.values_in(start, end))
    within = tuple((b.facet, b.gte, b.lte) for b in reading.bounds_in(start, end) if not b.vague)
    return question.model_copy(update={"has": has, "within": within})
