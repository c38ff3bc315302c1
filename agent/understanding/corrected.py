"""A speaker who corrects themself in one breath: "a thriller. No, wait, a comedy", "under 90 minutes, I mean 100".

What was said before the correction gives way to what comes after it, facet by facet; the rest of it stands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from parley.agent.ledger import ITEM, EditAction, LedgerEdit, Polarity
from parley.agent.understanding.text import ITEM_MARK, NUMBER_MARK, ROLE_MARK, VALUE_MARK

_CORRECTION = re.compile(
    rf"(?<=[{ITEM_MARK}{VALUE_MARK}{NUMBER_MARK}{ROLE_MARK}a-z])(?:[,.;!]+ ?|\.\.+ ?| - | )(?:or |oh |well |and |but )?"
    r"(?:no,? wait|wait,? no|wait|hang on|hold on|actually,? no|no,? actually|no,? no|no,? sorry|sorry,? no|scratch that|scrap that|strike that|"
    r"i mean|i meant|make that|or rather|rather|sorry|on second thoughts?|no,? (?=make it|let's|i (?:mean|want|meant)))\b[,.:; -]*"
)


def corrected(masked: str, edits: Sequence[tuple[int, LedgerEdit]]) -> list[tuple[int, LedgerEdit]]:
    """The edits without those that the speaker took back at once.

    Args:
        masked: the utterance, what it names masked.
        edits: (place, edit).
    """
    found = _CORRECTION.search(masked)
    if found is None:
        return list(edits)
    after = {e.wish.facet for at, e in edits if at >= found.start() and _wanted(e) and e.wish is not None}
    return [
        (at, e) for at, e in edits if at >= found.start() or not _wanted(e) or (e.wish and e.wish.facet) not in after
    ]


def _wanted(edit: LedgerEdit) -> bool:
    wish = edit.wish
    return edit.action is EditAction.ADD and wish is not None and wish.facet != ITEM and wish.polarity is Polarity.WANT
