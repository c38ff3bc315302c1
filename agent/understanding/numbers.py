"""Numbers in wishes: years and decades, lengths of time, any number the domain names, exact or vague.

"older than 1990", "80s or 90s", "two hours tops", "nothing over 300 pages", "something recent", "not too long".
The domain says which numbers there are and their units; only the year and lengths of time have words of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from parley.agent.ledger import Hardness
from parley.agent.understanding.figures import NUM, Bound, number_of
from parley.agent.understanding.years import ONE_YEAR, YearReader
from parley.tools.items import YEAR, Catalog, NumberInfo


class NumberReader:
    """Finds number wishes for one catalogue.

    Args:
        this_year: the year "the last ten years" is counted from.
    """

    def __init__(self, catalog: Catalog, this_year: int) -> None:
        self.catalog = catalog
        self._years = YearReader(this_year)
        self.facets = tuple(f for f in catalog.domain.facets() if catalog.domain.is_number(f))

    def read(self, text: str) -> list[Bound]:
        """Number wishes of a lower-case text with titles masked, in order, none overlapping."""
        found: list[Bound] = []
        years = self._years.read(text) if YEAR in self.facets else ()
        for bound in (*years, *self._amounts(text), *self._vague(text)):
            if all(bound.end <= b.start or bound.start >= b.end for b in found):
                found.append(bound)
        figures = {(b.facet, b.gte is None) for b in found if not b.vague}
        return sorted(b for b in found if not (b.vague and (b.facet, b.gte is None) in figures))

    def column(self, facet: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        return self._columns[facet]

    @cached_property
    def _columns(self) -> dict[str, np.ndarray[tuple[int], np.dtype[np.float64]]]:
        values = {f: [n for i in self.catalog if (n := i.number(f)) is not None] for f in self.facets}
        return {f: np.array(v or [0.0]) for f, v in values.items()}

    def step(self, facet: str) -> float:
        """What "strictly less" takes off: 1 where the catalogue counts in whole numbers."""
        column = self._columns[facet]
        return 1.0 if bool(np.all(column == np.round(column))) else 0.001

    def quantile(self, facet: str, share: float) -> float:
        return float(np.round(np.quantile(self._columns[facet], share)))

    def comparatives(self) -> dict[str, tuple[str, int]]:
        """Comparative word to (facet, direction): "shorter" to ("runtime", -1)."""
        table: dict[str, tuple[str, int]] = {}
        for facet in self.facets:
            info = self.info(facet)
            table.setdefault(info.more, (facet, 1))
            table.setdefault(info.less, (facet, -1))
            if facet == YEAR:
                table |= {"more recent": (YEAR, 1), "more modern": (YEAR, 1), "earlier": (YEAR, -1), "later": (YEAR, 1)}
        return {word: hit for word, hit in table.items() if word not in ("more", "less")}

    def comparisons(self, text: str) -> list[re.Match[str]]:
        """Places of comparative words and of "too long", "long enough" and the like."""
        words = [re.escape(w) for w in self.comparatives()]
        words += [f"too {re.escape(w.removesuffix('er'))}" for w in self.comparatives() if w.endswith("er")]
        words += [rf"{re.escape(w.removesuffix('er'))} enough" for w in self.comparatives() if w.endswith("er")]
        return list(re.finditer(rf"\b(?:{'|'.join(words)})\b", text)) if words else []

    def info(self, facet: str) -> NumberInfo:
        known = self.catalog.domain.numbers.get(facet)
        if known is not None:
            return known
        return NumberInfo(label=facet, more="newer", less="older") if facet == YEAR else NumberInfo(label=facet)

    # --- amounts with a unit -----------------------------------------------------------------------------

    def _amounts(self, text: str) -> Iterator[Bound]:
        for facet in self.facets:
            if facet == YEAR:
                continue
            yield from self._amount_ranges(facet, text)
            for start, end, amount in self._quantities(facet, text):
                if _TILL_THEN.search(text[:start]):
                    continue
                yield self._compare(facet, text, start, end, amount)

    def _amount_ranges(self, facet: str, text: str) -> Iterator[Bound]:
        """ "90 to 110 minutes", "between one and two hours", "200-300 pages": the lower figure may lack its unit."""
        known = [(a, len(text[:b].rstrip()), amount) for a, b, amount in self._quantities(facet, text)]
        for start, end, high in known:
            before = _RANGE.search(text[:start])
            if not before:
                continue
            low = next((amount for a, b, amount in known if b == before.start("joint")), None)
            if low is None and before.group("low"):
                low = number_of(before.group("low")) + (0.5 if before.group("half") else 0.0)
                low *= self._unit_at(facet, text[start:end], low, high)
            if low is None or low >= high:
                continue
            first = max((a for a, b, _ in known if b == before.start("joint")), default=before.start("low"))
            opened = re.search(r"\b(?P<between>between|(?:anywhere )?from) $", text[:first])
            if "and" in before.group("joint") and not (opened and opened.group("between") == "between"):
                continue
            first = opened.start() if opened else first
            soft = _softly(text[:first], text[end:]) or re.search(r"\b(?:about|around|roughly) $", text[:first])
            yield Bound(first, end, facet, low, high, Hardness.SOFT if soft else Hardness.HARD)

    def _unit_at(self, facet: str, words: str, low: float, high: float) -> float:
        """What a bare lower figure counts, in the facet's unit: the unit of the upper, or minutes before hours."""
        scale = _MINUTES_PER.get(self.info(facet).unit)
        if scale is None:
            return 1.0
        hours = re.search(rf"{_HOUR}\b", words) is not None
        return 60.0 / scale if hours and low * 60.0 / scale < high else 1.0 / scale

    def _quantities(self, facet: str, text: str) -> Iterator[tuple[int, int, float]]:
        """Amounts in the facet's unit with their place."""
        info = self.info(facet)
        if info.unit in _MINUTES_PER:
            scale = _MINUTES_PER[info.unit]
            for match in _DURATION.finditer(text):
                if match.group().strip():
                    yield match.start(), match.end(), _minutes(match) / scale
        else:
            names = {re.escape(n.rstrip("s").lower()) for n in (info.unit, info.label, facet) if n}
            for match in re.finditer(rf"\b({NUM})[ -]?(?:{'|'.join(names)})s?\b", text):
                yield match.start(), match.end(), number_of(match.group(1))
        if len(self.facets) - (YEAR in self.facets) == 1:
            low, high = float(self._columns[facet].min()), float(self._columns[facet].max())
            for match in re.finditer(
                rf"\b(?:{_LESS}|{_MORE}) (\d{{2,4}})\b(?! ?(?:years?|yrs?|%|films?|movies?|'?s\b))", text
            ):
                amount = float(match.group(1))
                if low <= amount <= high and not re.fullmatch(ONE_YEAR, match.group(1)):
                    yield match.start(1), match.end(1), amount

    def _compare(self, facet: str, text: str, start: int, end: int, amount: float) -> Bound:
        before, after = text[:start], text[end:]
        less = re.search(rf"{_NEG}(?:{_LESS})(?: (?:about|around|like))? ?$", before)
        more = re.search(rf"{_NEG}(?:{_MORE})(?: (?:about|around|like))? ?$", before)
        tail_less = re.match(
            r" ?(?:long )?(?:max(?:imum)?\b|tops\b|at (?:the )?most\b|or (?:less|under|shorter|so max)|and under|"
            r"(?:is|are|'s|as|being) (?:my|our|the|about the) (?:absolute |upper |hard |outside )?(?:limit|max(?:imum)?|most|cut-?off|ceiling)\b|"
            r"(?:is|are|'s) (?:about )?(?:all|as (?:much|long) as) (?:i|we|the kids|they)\b|limit\b|and (?:no|not a minute) (?:more|longer)\b)",
            after,
        )
        tail_more = re.match(
            r" ?(?:long )?(?:min(?:imum)?\b|at least\b|or (?:more|over|longer)|and (?:up|over)|plus\b|\+)", after
        )
        hit = less or more
        hardness = Hardness.SOFT if _softly(before, after) else Hardness.HARD
        if hit:
            strict = not re.search(r"\b(?:no|not) (?:more|longer|shorter|less|over|under)", hit.group()) and bool(
                re.search(
                    r"(?:under|less than|below|shorter than|over|more than|longer than|above|fewer than)(?: \w+)? ?$",
                    hit.group(),
                )
            )
            upper = bool(less) != bool(hit.group("neg"))
            shift = self.step(facet) if strict and not hit.group("neg") else 0.0
            if hit.group("neg") and not strict:
                upper = bool(less)
            span = (hit.start(), end)
            return Bound(*span, facet, None if upper else amount + shift, amount - shift if upper else None, hardness)
        if tail_less:
            return Bound(start, end + tail_less.end(), facet, None, amount, hardness)
        if tail_more:
            return Bound(start, end + tail_more.end(), facet, amount, None, hardness)
        room = max(10.0 if self.info(facet).unit in _MINUTES_PER else 0.0, 0.1 * amount)
        return Bound(start, end, facet, amount - room, amount + room, Hardness.SOFT)

    # --- vague words -------------------------------------------------------------------------------------

    def _vague(self, text: str) -> Iterator[Bound]:
        for word, (facet, side) in self.vague_words().items():
            for match in re.finditer(rf"{_DEGREE}\b{word}\b", text):
                degree = (match.group("degree") or "").strip()
                bound = self._vague_bound(match, facet, side, degree)
                figure_before = re.search(
                    r"(?:\bhow|\bsame|years?|yrs?|months?|hours?|hrs?|minutes?|mins?|\d)[ -]$", text[: match.start()]
                )
                fault = _OF_SHOWN.search(text[: match.start() + len(degree)])
                enough = fault or (_ENOUGH.match(text[match.end() :]) and (degree or word == "old"))
                if (
                    bound is not None
                    and not _SAID_OF_ONE.search(text[: match.end()])
                    and not figure_before
                    and not enough
                    and not _names_something_else(text, match.end())
                ):
                    yield bound

    def _vague_bound(self, match: re.Match[str], facet: str, side: int, degree: str) -> Bound | None:
        if "necessarily" in degree:
            return None
        if re.search(r"\btoo\b", degree) and not re.search(r"\b(?:not|nothing|never|without)\b|n't\b", degree):
            return None  # "too long": a critique of what was shown, read elsewhere
        if degree:
            edge = self._vague_edge(facet, -side, mild=True)
            return Bound(match.start(), match.end(), facet, *_one_side(edge, -side), Hardness.SOFT, vague=True)
        edge = self._vague_edge(facet, side, mild=False)
        return Bound(match.start(), match.end(), facet, *_one_side(edge, side), Hardness.SOFT, vague=True)

    def _vague_edge(self, facet: str, side: int, *, mild: bool) -> float:
        """Where "long" begins; mild: where "not too short" begins. Of years: counted from the newest item."""
        if facet == YEAR:
            newest = float(self._columns[YEAR].max())
            if side > 0:
                return newest - (35 if mild else 12)
            return newest - 10 if mild else 1985.0 if newest > 2005 else newest - 35
        share = (0.65 if mild else 0.3) if side < 0 else (0.35 if mild else 0.75)
        return self.quantile(facet, share)

    def vague_words(self) -> dict[str, tuple[str, int]]:
        table: dict[str, tuple[str, int]] = {}
        for word, (facet, side) in self.comparatives().items():
            if " " not in word and word.endswith("er") and word not in ("later", "earlier"):
                table[word.removesuffix("er")] = (facet, side)
        if YEAR in self.facets:
            table |= dict.fromkeys(("recent", "modern", "contemporary", "brand new", "latest", "recently"), (YEAR, 1))
            table |= dict.fromkeys(
                ("classics?", "vintage", "old[- ]?school", "oldies?", "old[- ]fashioned", "retro"), (YEAR, -1)
            )
        for facet in self.facets:
            if self.info(facet).unit in _MINUTES_PER:
                table |= dict.fromkeys(("quick", "brief", "short and sweet"), (facet, -1))
                table |= dict.fromkeys(("lengthy",), (facet, 1))
        return table


_MINUTES_PER = {"min": 1.0, "minutes": 1.0, "minute": 1.0, "h": 60.0, "hours": 60.0, "hour": 60.0}
_HOUR, _MINUTE = r"(?:hours?|hrs?|h)", r"(?:minutes?|mins?|m)"
_APART = r"(?:[ -]|(?<=\d))"
"""Between an amount and its unit: nothing after a figure; "am" is no minute."""
_DURATION = re.compile(
    rf"\b(?:(?P<hm_h>{NUM}) ?{_HOUR} ?(?:and )?(?P<hm_m>\d+|ten|fifteen|twenty|thirty|forty|fifty) ?{_MINUTE}?\b"
    rf"|(?P<half_h>{NUM}) (?:and a half|and half|1/2)[ -]{_HOUR}\b|(?P<h_half>an|{NUM}) {_HOUR} and a half\b"
    rf"|(?P<h>{NUM}){_APART}{_HOUR}\b|(?P<m>{NUM}){_APART}{_MINUTE}\b)"
)
_LESS = (
    r"under|less than|below|shorter than|at most|max(?:imum)?(?: of)?|up to|no more than|no longer than|not more than|"
    r"not longer than|(?:up|raise|extend|increase|bump|stretch|push|take)(?: (?:it|that|the (?:limit|length|time|runtime)))?(?: up)? to|"
    r"limit (?:of|to)|within|in|fewer than|not over|not exceeding|only have|only got|(?:i|we)(?:'ve)? "
    r"(?:have|got)(?: only| about)?"
)
_MORE = (
    r"over|more than|longer than|at least|above|min(?:imum)?(?: of)?|no less than|no shorter than|not under|"
    r"not less than|not shorter than"
)
_NEG = (
    r"(?P<neg>\b(?:not|nothing|never|no|isn't|don't want|none|can't be|shouldn't be|mustn't be)(?: (?:be|is|"
    r"that's|that is|anything|run|go|much|films?|movies?))* )?\b"
)
_DEGREE = (
    r"(?P<degree>\b(?:(?:not|nothing|isn't|n't|never|without being|don't want|aren't|no|wasn't|doesn't|don't|can't|mustn't|shouldn't|won't)"
    r"(?: (?:be|want|is|that|a|an|anything|something|it|to))*?(?: (?:too|so|very|super|that|overly|really|"
    r"terribly|particularly|necessarily))* |too ))?"
)


_RANGE = re.compile(rf"(?:\b(?P<low>{NUM})(?P<half> and a half)?)?(?P<joint> ?(?:-|to|and) ?)$")
"""What comes before the upper figure of a range."""


_SAID_OF_ONE = re.compile(
    r"(?<!that )(?<!which )\b(?:is|was|'s|absolutely|truly|such) (?:(?:absolutely|truly|such|really|very|an?|all[- ]time|real|true) )*classics?$"
    r"|\b(?:never|gets?) old$"
)
"""Praise of one film, "an absolute classic", and "it never gets old"."""
_TILL_THEN = re.compile(r"(?:'s|\b(?:is|are|leaves?|starts?|arrives?|due|back|home|bed|out)) in (?:about )?$")
"""Before how long it is until something else: "my train's in two hours"."""
_OF_SHOWN = re.compile(
    r"(?:\b(?:it|they|these|those|this|ones?)(?:'s|'re| is| are| looks?| seems?| sounds?)|\ue000'?s?(?: is| are| looks?| seems?)?)"
    r"(?: all| both)? (?:so|very|awfully|rather|a bit|pretty|really|quite|a little)(?: too)? $"
)
"""Before "long" said of what is shown: a critique, read elsewhere."""
_ENOUGH = re.compile(r" enough\b")
"""After "not long": a critique of what was shown; after "old": of somebody's age."""


def _minutes(match: re.Match[str]) -> float:
    groups = match.groupdict()
    if groups["hm_h"]:
        return 60 * number_of(groups["hm_h"]) + number_of(groups["hm_m"])
    if groups["half_h"]:
        return 60 * (number_of(groups["half_h"]) + 0.5)
    if groups["h_half"]:
        return 60 * (number_of(groups["h_half"]) + 0.5)
    if groups["h"]:
        return 60 * number_of(groups["h"])
    return number_of(groups["m"])


def _softly(before: str, after: str) -> bool:
    """Is a figure wished for and no more: "ideally 90 minutes", "90 minutes if possible"?"""
    return bool(
        re.search(r"\b(?:ideally|preferably|maybe|hopefully|if possible)\b[^.!?;,]*$", before)
        or re.match(r",? ?(?:ideally|preferably|if (?:possible|you can)|would be (?:nice|great|ideal))", after)
    )


def _one_side(edge: float, side: int) -> tuple[float | None, float | None]:
    return (edge, None) if side > 0 else (None, edge)


def _names_something_else(text: str, end: int) -> bool:
    """ "long" in "as long as", "old" in "six years old", "new" in "new york", "short" in "in short"."""
    return bool(
        re.match(
            r" (?:as|york|to (?:me|us|him|her)|times?|ago|zealand|orleans|story|term|lived|to this|here|days?|week(?:end)?s?|months?|"
            r"nights?|evenings?|shifts?|flights?|journey|drive|train|car|trip|haul|way|list|run|question|one|look|notice|attention|on time|"
            r"of time|job|baby|house|flat|tv|boyfriend|girlfriend|man|men|"
            r"woman|lady|people|couple|friends?|guys?|years?|(?:\w+ )?(?:suggestions?|recommendations?|ideas?|age|brother|sister|"
            r"son|daughter|kids|children|crowd|audience))\b",
            text[end:],
        )
    )
