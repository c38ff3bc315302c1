"""Years in wishes: "older than 1990", "80s or 90s", "the last ten years", "between 1960 and 1975"."""

from __future__ import annotations

import re
from collections.abc import Iterator

from parley.agent.ledger import Hardness
from parley.agent.understanding.figures import NUM, Bound, number_of
from parley.tools.items import YEAR

_DECADE_WORDS = {
    "twenties": 1920, "thirties": 1930, "forties": 1940, "fifties": 1950, "sixties": 1960, "seventies": 1970,
    "eighties": 1980, "nineties": 1990, "noughties": 2000, "aughts": 2000, "two thousands": 2000, "two-thousands": 2000,
}  # fmt: skip
_DECADE = r"(?:(?:early|mid|late)[- ]?)?(?:(?:19|20)\d0'?s|'?\d0'?s|" + "|".join(_DECADE_WORDS) + ")"
ONE_YEAR = r"(?:18|19|20)\d\d(?!\d|'?s\b)"
_POINT = rf"(?:the )?(?:year )?(?:{_DECADE}|{ONE_YEAR})"

_NEGATION = (
    r"(?P<neg>\b(?:any (?:year|decade|time|era) (?:but|except|other than)|no|not|nothing|never|none|don't want|without|avoid|skip|isn't|aren't)\b"
    r"(?: (?:be|made|too|any|anything|a|films?|movies?|from|that'?s|that is|is|stuff|the))*? )?"
)
_FILLER = r"(?:(?:made|released|anything|something|come out|came out|from|in|was|is|it's|be|that's|those) )*?"


_OF_A_TITLE = re.compile(r"\($")
"""Before a year in brackets, which belongs to the title before it: "Ingrid Goes West (2017)"."""
_OF_AGE = re.compile(r"\b(?:in|into|past|over|hitting|turned|approaching) (?:my|his|her|our|their|your) $")
"""Before how old somebody is: "in her late 50's"."""
_WATCHED = re.compile(r"\b(?:saw|seen|watched|went|visited)\b[^.,!?]*$")
"""Before "last year" as the time of an evening, and not of a film."""
_OR_SO = re.compile(r" ?(?:or (?:so|thereabouts|around then|round then)|-?ish\b|give or take)")
"""After a year or a decade: about then."""


class YearReader:
    """Finds years in a lower-case text with titles masked.

    Args:
        this_year: the year "the last ten years" is counted from.
    """

    def __init__(self, this_year: int) -> None:
        self.this_year = this_year

    def read(self, text: str) -> Iterator[Bound]:
        """Bounds on the year, the more telling ones first; they may overlap."""
        yield from self._ranges(text)
        yield from self._spans_back(text)
        yield from self._bounds(text)
        for match in re.finditer(rf"{_NEGATION}{_FILLER}\b({_POINT})( (?:or|and|/) (?:the )?({_DECADE}))?", text):
            if re.search(
                r"\b(?:set|takes? place|taking place|happens?|story) (?:back )?(?:in|during) $", text[: match.start(2)]
            ):
                continue
            if _OF_A_TITLE.search(text[: match.start(2)]) and text[match.end(2) :].startswith(")"):
                continue
            if _OF_AGE.search(text[: match.start(2)]):
                continue
            low, high = point_of(match.group(2))
            if match.group(4):
                second = point_of(match.group(4))
                low, high = min(low, second[0]), max(high, second[1])
            around = re.search(r"\b(?:around|about|circa|roughly|approximately|~) ?(?:the )?$", text[: match.start(2)])
            if around:
                low, high = low - 2, high + 2
            about = _OR_SO.match(text[match.end() :])
            if about:
                low, high = low - 2, high + 2
            around = around or about
            soft = bool(around) or bool(match.group("neg"))
            yield Bound(
                match.start(), match.end(), YEAR, low, high, Hardness.SOFT if soft else Hardness.HARD,
                avoid=bool(match.group("neg")),
            )  # fmt: skip

    def _ranges(self, text: str) -> Iterator[Bound]:
        pattern = rf"\b(?:between|from)? ?\b({_POINT}) ?(?:and|to|-|until|till|through) ?({_POINT})"
        for match in re.finditer(pattern, text):
            if " and " in match.group() and not match.group().lstrip().startswith("between"):
                continue
            low, high = point_of(match.group(1))[0], point_of(match.group(2))[1]
            yield Bound(match.start(), match.end(), YEAR, min(low, high), max(low, high), Hardness.HARD)

    def _spans_back(self, text: str) -> Iterator[Bound]:
        pattern = (
            rf"\b(?:from |in |within |of |over )?(?:the )?(?:last|past) ({NUM} )?(year|decade|century)s?\b(?! "
            r"(?:film|one))"
        )
        for match in re.finditer(pattern, text):
            if not match.group(1) and _WATCHED.search(text[: match.start()]):
                continue
            count = number_of(match.group(1)) if match.group(1) else 1.0
            back = count * {"year": 1, "decade": 10, "century": 100}[match.group(2)]
            yield Bound(match.start(), match.end(), YEAR, self.this_year - back, None, Hardness.HARD)
        pattern = (
            rf"{_NEGATION}\b(older than|more than|over|at least|less than|under|newer than|younger than|at "
            rf"most) ({NUM}) (?:years?|yrs?)(?: old)?\b"
        )
        for match in re.finditer(pattern, text):
            if re.match(r"(?:my|our|a|the|kid|son)\b", text[match.end() :].strip()):
                continue
            edge = self.this_year - number_of(match.group(3))
            old = match.group(2) in ("older than", "more than", "over", "at least")
            if match.group("neg"):
                old = not old
            yield Bound(match.start(), match.end(), YEAR, None if old else edge, edge if old else None, Hardness.HARD)
        starts = {
            "this decade": self.this_year // 10 * 10,
            "this century": 2001,
            "the 21st century": 2001,
            "this year": self.this_year,
        }
        for phrase, year in starts.items():
            for match in re.finditer(rf"\b{phrase}\b", text):
                yield Bound(match.start(), match.end(), YEAR, year, None, Hardness.HARD)

    def _bounds(self, text: str) -> Iterator[Bound]:
        sides = (
            (r"before|older than|earlier than|pre|prior to|predat(?:es|ing)", -1, True),
            (
                r"up to|up until|until|till|no later than|no newer than|by|at the latest|not newer than|not later than",
                -1,
                False,
            ),
            (r"after|newer than|later than|more recent than|post|younger than|past", 1, True),
            (
                r"since|no older than|not older than|no earlier than|at least|starting (?:in|from)|from at least",
                1,
                False,
            ),
        )
        for words, side, strict in sides:
            for match in re.finditer(rf"{_NEGATION}{_FILLER}\b(?:{words})[ -]+(?:from )?({_POINT})\b", text):
                yield self._one_sided(
                    match.start(), match.end(), match.group(2), side, strict, bool(match.group("neg"))
                )
        after = (
            (r"or (?:older|earlier|before)|and (?:older|earlier|before)|at the latest|or less", -1),
            (
                r"or (?:newer|later|after|up|above|more recent)|and (?:newer|later|after|up|above|"
                r"on(?:wards?)?|beyond)|on(?:wards?)\b|\+|at the earliest|on\b",
                1,
            ),
        )
        for words, side in after:
            for match in re.finditer(rf"\b(?:from |made in )?({_POINT}) ?(?:{words})", text):
                yield self._one_sided(match.start(), match.end(), match.group(1), side, False, False)

    def _one_sided(self, start: int, end: int, point: str, side: int, strict: bool, negated: bool) -> Bound:
        low, high = point_of(point)
        if negated:  # "nothing older than 1990": at least 1990
            side, strict = -side, not strict
        if side < 0:
            edge = low - 1 if strict else high
            return Bound(start, end, YEAR, None, edge, Hardness.HARD)
        edge = high + 1 if strict else low
        return Bound(start, end, YEAR, edge, None, Hardness.HARD)


def point_of(words: str) -> tuple[float, float]:
    """First and last year of a year or a decade."""
    words = re.sub(r"^(?:the )?(?:year )?", "", words.strip())
    year = re.fullmatch(ONE_YEAR, words)
    if year:
        return float(words), float(words)
    part = re.match(r"(early|mid|late)[- ]?", words)
    name = words[part.end() :] if part else words
    digits = re.sub(r"\D", "", name)
    if name in _DECADE_WORDS:
        first = _DECADE_WORDS[name]
    elif len(digits) == 4:
        first = int(digits)
    else:
        first = int(digits) + (2000 if int(digits) < 20 else 1900)
    offsets = {"early": (0, 3), "mid": (3, 6), "late": (6, 9), "": (0, 9)}[part.group(1) if part else ""]
    return float(first + offsets[0]), float(first + offsets[1])
