"""What people ask of an item, or for, that no catalogue of ours tells: who wrote it, what it cost, how it ends.

Known by its subject, so that the answer can name what is missing; a question we cannot place at all is `OTHER`. Wishes
for the same things ("on Netflix", "award-winning") are told here too.
"""

from __future__ import annotations

import re

from parley.tools.items import Domain

OTHER = "unrecorded"
"""A question about an item whose subject is none of these."""
UNRECORDED = {
    "writer": "who wrote {t}",
    "music": "the music for {t}",
    "budget": "what {t} cost or earned",
    "awards": "awards for {t}",
    "streaming": "where to {verb} {t}",
    "ending": "how {t} ends",
    "critics": "what critics made of {t}",
    "sequel": "what came before or after {t}",
    OTHER: "that for {t}",
}
"""Each subject, and how it is named in "My catalogue doesn't record ..."."""
_SERVICES = r"(?:netflix|hulu|disney ?\+|disney plus|amazon|prime(?: video)?|hbo(?: max)?|apple tv\+?)"
_AWARDS = r"(?:oscars?|academy awards?|awards?|golden globes?|baftas?|palme d'or)"
"""The one list of each: what a question is about, and what a wish cannot be met by."""
_SUBJECTS = (
    ("music", r"\b(?:music|soundtrack|film score|theme song|composers?|composed)\b|\bwho (?:did|wrote) the score\b"),
    ("writer", r"\bwho (?:\w+ )?(?:wrote|writes|penned|scripted)\b|\bscreenplay\b|\bthe (?:screen|script)?writers?\b"),
    ("budget", r"\bhow much (?:money )?(?:did|does|was|has)\b(?! (?:you|i|we)\b)|\b(?:budget|box office|gross(?:ed)?|a flop)\b|\bmake money\b"),
    (
        "awards",
        rf"\b(?:{_AWARDS}|nominat\w+)\b|"
        r"\b(?:did|has) \S+ (?:win|won) (?:anything|any)\b",
    ),
    (
        "streaming",
        r"\bwhere (?:can|could|do|would|should) (?:i|we|one|you) (?:\w+ )?(?:watch|see|stream|rent|buy|find|get)\b|"
        rf"\b(?:{_SERVICES}|streaming|dvd|blu-?ray)(?!\w)|"
        r"\b(?:in|at) the cinemas?\b|\b(?:is|are) \S+ available\b|"
        r"\bcan (?:i|we) (?:watch|see|stream|rent|buy) \ue000+(?: (?:online|tonight|today|now|anywhere|somewhere|here|at home))* ?\?",
    ),
    (
        "ending",
        r"\b(?:endings?|the end)\b|\b(?:does|do|did|will) \S+ end\b|\bends?\?|\bend (?:well|badly|happily|sadly)\b|"
        r"\b(?:does|do|did|will|who|which)\b[^?]*\b(?:dies?|survives?|killer|(?:plot )?twist)\b",
    ),
    (
        "critics",
        r"\b(?:critics?|reviewers?|reviews?|rotten tomatoes|metacritic|imdb|audience score|reception|well received)\b|"
        r"\bwhat (?:did|do) (?:people|others|viewers|everyone) (?:think|say)\b",
    ),
    ("sequel", r"\b(?:sequels?|prequels?|follow-?ups?|remakes?)\b"),
)  # fmt: skip
_TOLD_BY = {"author": "writer", "price": "budget", "composer": "music"}
"""Facets of some catalogues that do tell a subject."""
_ASKS = re.compile(
    r"^\W*(?:(?:ok|okay|and|so|but|hmm+|well|cool|nice|great|thanks|hey|hi|oh|wait|by the way|just curious)\b[,.! ]*)*"
    r"(?:who|what|when|where|which|why|how|whose|is|are|was|were|does|do|did|has|have|had|can|could|will|would|should)"
    r"(?:'s|n't|'re|'d)?\b"
)
"""How a question begins."""


def asks(sentence: str) -> bool:
    """Is the sentence, in lower case, put as a question: opened by a question word or a verb, closed by "?"?"""
    return sentence.rstrip().endswith("?") and _ASKS.match(sentence) is not None


def unrecorded(sentence: str, domain: Domain) -> str:
    """The subject of a question that the catalogue has nothing on; "" if it is none of those we know.

    Args:
        sentence: lower case, items masked.
        domain: what its roles tell (the author of a book) is recorded.
    """
    if not _ASKS.match(sentence):
        return ""
    told = {_TOLD_BY.get(facet, facet) for facet in domain.facets()}
    return next((name for name, words in _SUBJECTS if name not in told and re.search(words, sentence)), "")


_UNTOLD = re.compile(
    r"\b(?:an? )?(?:black|queer|lgbtq?|first[- ]time) (?:directors?|filmmakers?|writers?|authors?)\b|"
    rf"\b(?:on|to stream on|available on) {_SERVICES}(?!\w)|"
    rf"\b{_AWARDS}[- ]?(?:winning|nominated)|"
    r"\bwhere (?:can|could|do) (?:i|we) (?:watch|see|stream|rent|buy|find|get) (?:it|this|that|them|these)\b|"
    r"\bin colou?r\b|"
    r"\b(?:good|great|high|best|better|top) (?:ratings?|reviews?|scores?)\b|\b(?:top|highly|best)[- ]rated\b|"
    r"\bpass(?:es)? the bechdel test\b",
    re.I,
)


def untold(text: str) -> str:
    """What was asked for that no catalogue entry tells ("a woman director", "on Netflix"), or ""."""
    match = _UNTOLD.search(text)
    return match.group() if match else ""
