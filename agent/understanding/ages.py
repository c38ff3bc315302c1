"""Wishes for children: an age to suit becomes a hard wish against every value that asks for more years."""

from __future__ import annotations

import re

from parley.agent.ledger import EditAction, Hardness, Polarity, Wish, suited_age
from parley.agent.understanding.cues import State
from parley.agent.understanding.reading import Reading, quote
from parley.agent.understanding.spans import ValueSpan


class AgeReader:
    """Reads who the items must suit."""

    def __init__(self, reading: Reading) -> None:
        self.r = reading
        self.domain = reading.catalog.domain

    def read(self) -> None:
        """An age to suit becomes a hard wish against every value that asks for more years."""
        kind = self.domain.age_kind
        if kind is None:
            return
        grown = _ADULTS_ONLY.search(self.r.low)
        if grown and self.r.active(kind, polarity=Polarity.AVOID):
            self.r.spend(*grown.span())
            self.r.edit(grown.start(), EditAction.RETRACT, Wish(facet=kind, words=grown.group()))
            return
        found = [m for m in _CHILDREN.finditer(self.r.masked_items) if not self.r.is_remark(m.end() - 1)]
        if not found and self.r.active(kind, polarity=Polarity.AVOID):
            found = [*_OLDER_NOW.finditer(self.r.low)]
        if not found or _NO_CHILDREN.search(self.r.low) or all(self.r.is_spent(*m.span()) for m in found):
            return
        first = found[0]
        named = [n for m in _AGES.finditer(self.r.low) for n in re.findall(rf"\b{_NUMBER}(?!\w)", m.group())]
        ages = [years for n in named if 0 < (years := _years(n)) < 18]
        if named and not ages:
            return  # "I am 80 years old", "my son is 25": nobody to be careful of
        if not ages:
            if all(re.fullmatch(r"(?:teen(?:ager)?s?|my teen\w*)", m.group().split()[-1]) for m in found):
                ages = [13]
            else:
                ages = [4] if re.search(r"toddler|little ones?|preschool", self.r.low) else [8]
        ages += self._others(kind)
        self._suit(kind, max(min(ages), self._youngest(kind)), self.r.words(*first.span()), first.start())
        for match in found:
            inside = [v for v in self.r.values if v.start < match.end() and match.start() < v.end]
            for value in inside:
                self.r.spend(value.start, value.end)
                if value.facet != kind:
                    wish = Wish(
                        facet=value.facet,
                        value=value.value,
                        hardness=Hardness.SOFT,
                        words=self.r.words(value.start, value.end),
                    )
                    self.r.edit(value.start, EditAction.ADD, wish)

    @property
    def suits_somebody(self) -> bool:
        return any(e.wish is not None and e.wish.facet == self.domain.age_kind for _, e in self.r.edits)

    def _others(self, kind: str) -> list[int]:
        """ "and for my 14 year old too": the ages already to be suited."""
        if not re.search(r"\b(?:too|as well|also|both)\b", self.r.low):
            return []
        held = self.r.active(kind, polarity=Polarity.AVOID)
        return [suited_age(wish, self.domain) for wish in held if wish.any_of]

    def _youngest(self, kind: str) -> int:
        """The least age anything in the catalogue suits."""
        ages = self.domain.kinds[kind].ages
        return min((ages[v] for v in self.r.catalog.vocabulary.get(kind, {}) if v in ages), default=0)

    def _suit(self, kind: str, age: int, words: str, at: int) -> None:
        ages = self.domain.kinds[kind].ages
        held = self.r.catalog.vocabulary.get(kind, {})
        unsuitable = tuple(
            sorted((v for v, youngest in ages.items() if youngest > age and v in held), key=lambda v: (-ages[v], v))
        )
        if unsuitable:
            wish = Wish(
                facet=kind, value=unsuitable[0], any_of=unsuitable[1:], polarity=Polarity.AVOID, hardness=Hardness.HARD,
                words=words, scope=self.r.cues.at(at).scope,
            )  # fmt: skip
            self.r.edit(at, EditAction.ADD, wish)

    def read_limits(self) -> None:
        """ "PG-13 max", "no higher than PG": every value above is out."""
        kind = self.domain.age_kind
        if kind is None:
            return
        for span in self.r.values:
            if span.facet != kind or self.r.is_spent(span.start, span.end):
                continue
            before = self.r.masked[: span.start]
            if re.search(
                r"\b(?:no higher than|nothing (?:above|over|beyond|higher than|past|stronger than)|at most|"
                r"up to|max(?:imum)?|no more than|not above|below or equal to|nothing more than)(?: a| an| "
                r"rated)? $",
                before,
            ) or (self.suits_somebody and _IS_FINE.match(self.r.masked[span.end :])):
                self.no_higher(span, self.r.cues.at(span.start))

    def no_higher(self, span: ValueSpan, state: State) -> None:
        ages = self.domain.kinds[span.facet].ages
        self.r.spend(span.start, span.end)
        self._suit(span.facet, ages.get(span.value, 0), quote(self.r, span, state), span.start)


_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
        ],
        1,
    )
}
_NUMBER = rf"(?:\d{{1,2}}|{'|'.join(_WORDS)})"
_AGE_LIST = rf"{_NUMBER}(?:(?:,| and| &| or|-)(?: (?:an? |my )?)?{_NUMBER})*"
"""One age or several: "five", "5 and 8"; the youngest counts."""
_BEFORE_CHILDREN = "for|with|by|and|suits?|suitable for|appropriate for|ok for|okay for|fine for|that|so|watch with|let"
_CHILDREN = re.compile(
    rf"\b(?:{_BEFORE_CHILDREN})? ?(?:my|our|the|his|her|some|small|young|little|two|three)? ?(?:\w+ )?(?:kids?|kiddos?|children|"
    r"child|son|daughter|sons|daughters|toddlers?|little ones?|grandkids|grandchildren|grandson|"
    r"granddaughter|nephews?|nieces?|teenagers?|teens?|preschoolers?|boys and girls)\b|"
    r"\b(?:my|our|her|his|the) (?:eldest|youngest|oldest|middle one|little (?:boy|girl|man|one)|boy|girl|lad)(?: is|'s| just turned| has turned)\b"
    rf"|\b{_AGE_LIST}[- ]?(?:years?|yrs?|yo|y/o)[- ]?olds?\b|\b{_AGE_LIST}[- ]olds?\b|"
    r"\b\d{1,2} ?(?:yo|y/o)\b|\baged? \d{1,2}\b|\b(?:family|kid|child)[- ](?:night|friendly|appropriate|safe|suitable)\b|"
    r"\bfamily (?:movie )?night\b|\b(?:for|with) the (?:whole |entire )?family\b|\b(?:whole|entire) "
    r"family\b|\ball ages\b|\bsafe for kids\b|\bkid[- ]?friendly\b"
)
_NO_CHILDREN = re.compile(
    r"\b(?:without|no|not for|not|hate|isn't for|nothing for|never)(?: the| my| any| really| a| with| "
    r"about)* (?:kids?|children|child|family)\b|\b(?:kids?|children) (?:are|is) (?:asleep|in bed|away|out|"
    r"gone|at)\b|\b(?:about|involving|starring|featuring|as a|when i was a|since i was a|like a|killing|"
    r"missing|lost|i'm a|was a) (?:a |two |three |some |my |the )?(?:\w+ )?(?:kids?|children|child|son|"
    r"daughter|teens?|teenagers?)\b|\b(?:put|got|getting) the kids (?:to|in)\b|\bmy (?:kids?|son|daughter|"
    r"children) (?:and i |and |just |already |really )*(?:saw|seen|watched|loved?|liked?|hated?|enjoy(?:ed)?)\b"
)
_IS_FINE = re.compile(
    r"(?: (?:is|are|should be|would be|'s) |'s )(?:fine|ok|okay|all right|alright|about right|good)\b"
)
_OLDER_NOW = re.compile(
    rf"\b(?:he|she|they)(?:'s|'re| is| are)(?: actually| only| already| just| nearly| really)? {_AGE_LIST}(?= ?(?:$|[.,!?]|now\b|actually\b))"
)
"""The age of somebody spoken of before."""
_ADULTS_ONLY = re.compile(
    r"\b(?:just|only) (?:us |the |for )*(?:adults|grown[- ]?ups|parents)\b|\b(?:just|only) for (?:me|myself|the two of us)\b|"
    r"\b(?:adults|grown[- ]?ups) only\b|"
    r"\b(?:the |my |our )?(?:kids?|children|little ones?|boys|girls) (?:are|is|will be|have|has|'re)(?: \w+)? (?:asleep|in bed|away|out|gone|"
    r"at (?:their|my|the|a)|gone to bed)|\b(?:kids?|children) (?:aren't|isn't|won't be|are not)(?: \w+)? (?:here|watching|joining|home|around)\b|"
    r"\bfor (?:me|us)(?: now| tonight| this time| only| alone)?,? (?:and )?not (?:for )?(?:the |my )?(?:kids|children)\b|"
    r"\bno (?:kids|children) (?:tonight|today|this time|around|here)\b|\bwithout the (?:kids|children)\b|\bnot for (?:the )?(?:kids|children) "
    r"(?:any ?more|after all|this time|tonight)\b"
)
"""Nobody to be careful of after all."""
_AGES = re.compile(
    rf"(?<=[a-z])(?:, | \(){_NUMBER}(?=[,)])|\b{_AGE_LIST}[- ]?(?:years?|yrs?|yo|y/o)\b|\b(?:aged?|ages) {_AGE_LIST}(?!\w)|"
    rf"\b(?:who's|who is) {_AGE_LIST}(?= \w)(?! (?:%|percent|min|hours?|times?|feet|metres|meters))|"
    r"\b(?:he's|she's|they're|he is|she is|they are|who's|who is|are|is|only|actually|already|nearly|just turned|turned|under) "
    rf"{_AGE_LIST}(?= ?(?:$|[.,!?]|so\b|and (?:he|she|they|we|i|it)\b|now\b|today\b|next\b))"
)


def child_in(text: str) -> str:
    """The child a text speaks of in words that say the age, "a 4 year old", "my son, aged 6"; "" if of none under 18."""
    low = text.lower()
    if _NO_CHILDREN.search(low):
        return ""
    ages = [_years(n) for m in _AGES.finditer(low) for n in re.findall(rf"\b{_NUMBER}(?!\w)", m.group())]
    who = max((m.group().strip() for m in _CHILDREN.finditer(low)), key=len, default="")
    if not who or (ages and min(ages) >= 18):
        return ""
    who = re.sub(rf"^(?:{_BEFORE_CHILDREN}) ", "", who)
    return f"{who}, aged {min(ages)}" if ages and not _AGES.search(who) else who


def _years(word: str) -> int:
    return int(word) if word.isdigit() else _WORDS[word]
