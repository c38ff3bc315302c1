"""Asking for what is less well known: "something obscure", "these are all too mainstream", "hidden gems"."""

from __future__ import annotations

import re

_KNOWN = r"(?:well[- ]?known|known|popular|mainstream|famous|obvious|predictable)"
_LESS_KNOWN = re.compile(
    rf"\b(?:(?:some(?:thing|thing a bit)?|ones?|films?|a bit|much|even|any) )*(?:less(?:er)?[- ]{_KNOWN}|"
    rf"(?:not|isn't|aren't|nothing) (?:an? )?(?:so |too |that |as |very )?{_KNOWN}|(?:all )?(?:too|so|very) {_KNOWN}|obscure|"
    r"hidden gems?|under the radar|under-?rated|over-?looked|off the beaten (?:track|path)|"
    r"(?:that )?(?:no ?body|not many|few people) (?:has |have |'s |'ve )?(?:ever )?(?:heard of|knows?|seen))(?: (?:ones?|films?|movies?))?\b"
)


_KNOWS_THE_KNOWN = re.compile(
    r"\b(?:i've|i have|we've|we have|already) (?:already )?(?:seen|watched|read|played) (?:(?:nearly |almost |pretty much )?(?:all|most)(?: of)? )?"
    rf"(?:the )?(?:classics|big ones|usual (?:ones|suspects)|{_KNOWN} (?:ones|films?|movies?|stuff))\b"
)


def less_known(text: str) -> tuple[int, int] | None:
    """Where a lower-case text asks for what is less well known; None if it does not."""
    match = _LESS_KNOWN.search(text) or _KNOWS_THE_KNOWN.search(text)
    return match.span() if match else None
