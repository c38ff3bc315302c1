"""Sentences and the marks of a claim in them: the patterns the verifier reads prose by."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parley.agent.reply.titles import Name, fold
from parley.tools.items import Item

SENTENCE_END = re.compile(
    r"(?<!\bMr)(?<!\bMrs)(?<!\bDr)(?<!\bSt)(?<!\bJr)(?<!\bvs)(?<!\bVol)(?<!\bBros)(?<!\b[A-Z])"
    r"[.!?]+[\"”')]*(?=\s*$|\s+[\"“'(A-Z0-9-])|\n+"
)
NUMBER = re.compile(r"\b\d[\d,]*(?:\.\d+)?\b")
DURATION = re.compile(
    r"\b(?:(\d+)\s?h(?:ours?|rs?)?\b(?:\s?(?:and\s)?(\d+)\s?m(?:in(?:utes?|s)?)?\b)?|(\d+)[\s-]?min(?:utes?|s)?\b)"
)
THEME = re.compile(r"\babout (?:an? |the )?([\w][\w' -]*?)(?=[.,;:!?]|$| and | with | in a)")
"""What a film is said to be about."""
YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)(s?)\b")
QUOTED = re.compile(r"[\"“«]([^\"”»\n]{1,80})[\"”»]")
MADE = re.compile(r"(?:directed|written|made|helmed|authored) by\W+$|(?:director|author|writer|filmmaker)\W+$")
MADE_AFTER = re.compile(r"^\W*(?:directed|directs|wrote|writes|made|helmed)\b|^['’]s\b")
PLAYED = re.compile(r"(?:starring|stars?|featuring|features|played by|performances? by)\W+(?:[\w .'-]+(?:,| and)\W+)*$")
NOT = re.compile(r"\b(?:not|no|n't|never|without|isn't|nothing|neither|none|nor|less|free of)\b[^,;.]*$")
DENIES = re.compile(
    r"\W*(?:mind: )?(?:it is not|neither is|none of (?:them|these) (?:is|are)"
    r"|.* (?:is|are) (?:not in it|in neither|in none of them))\b",
    re.IGNORECASE,
)
OPINION = re.compile(
    r"\b(?:award|oscar|golden globe|academy|nominat|box[- ]office|blockbuster|critic|acclaim|masterpiece|rotten|imdb|"
    r"rating of|stars out|bestsell|best[- ]selling|best film|best movie|greatest|highest[- ]gross|true story|"
    r"true events|sequel|prequel|remake|trilogy|franchise|series|netflix|streaming|prime video|hulu|disney\+|"
    r"everyone loves|must[- ](?:see|watch|read)|will love|you'?ll love|iconic|legendary|cult classic)",
    re.IGNORECASE,
)
CAPITALS = (
    "i ok okay monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october november december parley starring directed featuring both neither set try here"
)
CAPITALS_OK = frozenset(CAPITALS.split())
WISH = re.compile(
    r"\b(?:you (?:asked|wanted|want|said|like|liked|love|mentioned|prefer)|since you|your wish|in the mood for"
    r"|looking for)\b[^,;:.]*$"
)
NOT_CLAIMS = frozenset(
    {"short", "light", "cool", "classic", "cold", "sharp", "smart", "wise", "rich", "modern", "broad", "frank", "fun",
     "quiet", "sweet", "warm", "serious", "loud", "bold", "bitter", "moving", "wild", "strange", "family", "history",
     "music", "action", "war", "sport", "entertaining", "powerful", "intriguing"}
)  # fmt: skip
"""Tag values whose word is as often used for something else; not taken as a claim."""


class About:
    """The items a place in a sentence is about."""

    def __init__(self, mentioned: list[tuple[Name, Item]], carried: list[Item]) -> None:
        self.mentioned = mentioned
        self.items = [item for _, item in mentioned] or carried

    def near(self, at: int, *, belongs: str = "") -> list[Item]:
        """The item named last before `at`, else the next one. A possessive belongs to a title right after it."""
        if not self.mentioned:
            return self.items
        after = [(name, item) for name, item in self.mentioned if name.start > at]
        before = [item for name, item in self.mentioned if name.start <= at]
        if after and belongs[:2] in ("'s", "’s"):
            between = belongs[: belongs.find(after[0][0].text)]
            if not re.search(r"[,;:.]", between) and len(between.split()) <= 5:
                return [after[0][1]]
        return before[-1:] or [item for _, item in after[:1]]


def split_sentences(text: str, inside: Sequence[tuple[int, int]] = ()) -> list[str]:
    """The sentences and lines of a text, none ended within `inside`; joined they give it back."""
    parts, start = [], 0
    for end in SENTENCE_END.finditer(text):
        if not within(end.start(), [(a, b - 1) for a, b in inside]):
            parts.append(text[start : end.end()])
            start = end.end()
    if start < len(text):
        parts.append(text[start:])
    return parts


def tags_of(item: Item) -> list[str]:
    return [v for values in item.tags.values() for v in values]


def letters(name: str) -> str:
    """A name without its spaces and stops: "Paul W.S. Anderson" is "Paul W. S. Anderson"."""
    return "".join(re.findall(r"\w", fold(name)))


def within(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)
