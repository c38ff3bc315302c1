"""One utterance being read: what it names, masked, with the cues that govern each place."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from parley.agent.ledger import ABOUT, EditAction, Hardness, LedgerEdit, Polarity, Wish
from parley.agent.understanding.context import DialogueContext, LinkerLike
from parley.agent.understanding.cues import CueReader, State
from parley.agent.understanding.figures import Bound
from parley.agent.understanding.numbers import NumberReader
from parley.agent.understanding.overlooked import is_open, overlooked
from parley.agent.understanding.owned import owned_titles
from parley.agent.understanding.remarks import remarks
from parley.agent.understanding.social import asks_for_others
from parley.agent.understanding.spans import (
    ItemSpan,
    ReferenceReader,
    ValueSpan,
    apart,
    the_one,
    title_span,
    value_span,
)
from parley.agent.understanding.text import (
    EMPTY_WORDS,
    ITEM_MARK,
    NUMBER_MARK,
    ROLE_MARK,
    VALUE_MARK,
    lower,
    mask,
)
from parley.tools.items import PERSON, YEAR, Catalog

LIKELY_TITLE = 0.4
"""A linked title below this is taken for ordinary words."""


@dataclass
class Reading:
    """The spans of one utterance, and the edits found so far."""

    text: str
    context: DialogueContext
    catalog: Catalog
    items: list[ItemSpan]
    values: list[ValueSpan]
    people: list[ValueSpan]
    bounds: list[Bound]
    spent: list[tuple[int, int]] = field(default_factory=list)
    """Places already accounted for: nothing there makes another wish."""
    edits: list[tuple[int, LedgerEdit]] = field(default_factory=list)
    """(place, edit)."""

    @classmethod
    def of(
        cls, text: str, context: DialogueContext, catalog: Catalog, linker: LinkerLike, numbers: NumberReader
    ) -> Reading:
        """Find everything the text names; where two readings overlap, the more telling one stays."""
        low = lower(text)
        titles = [title_span(t) for t in linker.link_titles(text) if t.score >= LIKELY_TITLE and t.item_id in catalog]
        values = [value_span(v) for v in linker.link_values(text)]
        values = [v for v in values if not (context.slate and _SUPERLATIVE.search(low[: v.end]))]
        values += [v for v in _of_the_ledger(low, context, catalog) if apart((v.start, v.end), values)]
        values = [v for v in values if not re.match(r"serious about\b", low[v.start :])]
        titles = [_nearest_namesake(t, context) for t in titles if not _ordinary_here(t, text, low, catalog)]
        titles += [t for t in _framed(text, low, linker, catalog) if apart((t.start, t.end), titles)]
        titles += [t for t in _on_slate(text, low, context, catalog) if apart((t.start, t.end), titles)]
        owned = owned_titles(text, values, catalog, linker)
        titles = [*owned, *(t for t in titles if apart((t.start, t.end), owned))]
        if context.slate and asks_for_others(low) and not re.search(r" Others\b", text):
            titles = [t for t in titles if {*t.item_ids} & {*context.slate}]  # no film The Others
        titles = sorted(_to_the_last_dot(t, text) for t in titles if not _tells_time(t, low, numbers))
        plain = mask(low, [(t.start, t.end) for t in titles], ITEM_MARK)
        bounds = [b for b in numbers.read(plain) if not (b.vague and not _free_of_names(b, values))]
        compared = [m.span() for m in numbers.comparisons(plain)]
        values = [v for v in values if apart((v.start, v.end), bounds) and apart((v.start, v.end), titles)]
        values += [
            v for v in overlooked(low, catalog, linker, bounds) if apart((v.start, v.end), (*values, *titles, *bounds))
        ]
        values = [v for v in values if all(v.end <= a or v.start >= b for a, b in compared)]
        asides = [m.span() for m in _ASIDE.finditer(low)]
        values = [v for v in values if all(v.end <= a or v.start >= b for a, b in asides)]
        plain = mask(plain, [(b.start, b.end) for b in bounds], NUMBER_MARK)
        chosen = the_one(values, context, catalog, plain)
        plain = mask(plain, [(v.start, v.end) for v in values], VALUE_MARK)
        references = ReferenceReader(plain, context, catalog, sorted(titles + chosen))
        values = [v for v in values if apart((v.start, v.end), chosen)]
        found = [
            r for r in references.items()
            if apart((r.start, r.end), chosen) and apart((r.start, r.end), values)
        ]  # fmt: skip
        people = [p for p in references.people() if apart((p.start, p.end), titles)]
        items = sorted(titles + chosen + [r for r in found if apart((r.start, r.end), people)])
        return cls(text, context, catalog, items, sorted(values), people, bounds)

    @cached_property
    def low(self) -> str:
        return lower(self.text)

    @cached_property
    def masked(self) -> str:
        """Lower case with every named thing masked by its kind."""
        text = mask(self.low, [(s.start, s.end) for s in self.items], ITEM_MARK)
        text = mask(text, [(s.start, s.end) for s in self.values], VALUE_MARK)
        text = mask(text, [(s.start, s.end) for s in self.people], ROLE_MARK)
        return mask(text, [(s.start, s.end) for s in self.bounds], NUMBER_MARK)

    @cached_property
    def masked_items(self) -> str:
        """Lower case with only items masked."""
        return mask(self.low, [(s.start, s.end) for s in self.items], ITEM_MARK)

    @cached_property
    def masked_names(self) -> str:
        """As `masked`, but "it" and the like stay words."""
        text = list(self.masked)
        for span in self.items:
            if span.is_pronoun:
                text[span.start : span.end] = self.low[span.start : span.end]
        return "".join(text)

    @cached_property
    def cues(self) -> CueReader:
        return CueReader(self.masked)

    @cached_property
    def latest_turn(self) -> int:
        """The last earlier turn that changed the ledger."""
        return max((w.turn for w in self.context.ledger.active), default=0)

    @cached_property
    def remarks(self) -> list[tuple[int, int]]:
        return remarks(self.masked_names, self.context)

    def is_remark(self, place: int) -> bool:
        """Does the sentence there only tell of a film, or of the speaker?"""
        return any(start <= place < end for start, end in self.remarks)

    def is_measure(self, place: int) -> bool:
        """Is what stands there only measured against: "more romance than fantasy", "I prefer old films to new ones"?"""
        return _MEASURED.search(self.masked[:place]) is not None

    def is_spent(self, start: int, end: int) -> bool:
        return any(s < end and start < e for s, e in self.spent)

    def spend(self, start: int, end: int) -> None:
        self.spent.append((start, end))

    def words(self, start: int, end: int) -> str:
        return self.text[start:end].strip(" ,;")

    def edit(
        self, at: int, action: EditAction, wish: Wish | None, *, ends: tuple[str, ...] = (), **flags: bool
    ) -> None:
        """Note an edit made by the words at a place, unless it is there already."""
        new = LedgerEdit(action=action, wish=wish, ends=ends, **flags)
        if all(_core(new) != _core(known) for _, known in self.edits):
            self.edits.append((at, new))

    def active(self, facet: str, value: str = "", polarity: Polarity | None = None) -> list[Wish]:
        """Active wishes for a facet (and value) in the ledger before this utterance; people match in any role."""
        roles = {*self.catalog.domain.roles, "person"}
        return [
            w
            for w in self.context.ledger.active
            if (w.facet == facet or (value and {w.facet, facet} <= roles))
            and (not value or value.casefold() in {v.casefold() for v in w.values})
            and (polarity is None or w.polarity is polarity)
        ]

    def values_in(self, start: int, end: int) -> list[ValueSpan]:
        return [v for v in (*self.values, *self.people) if start <= v.start and v.end <= end]

    def bounds_in(self, start: int, end: int) -> list[Bound]:
        return [b for b in self.bounds if start <= b.start and b.end <= end]

    def items_in(self, start: int, end: int) -> list[ItemSpan]:
        return [i for i in self.items if start <= i.start and i.end <= end]

    def default_hardness(self, facet: str) -> Hardness:
        """Soft for open vocabularies (moods, themes), hard for what an item either is or is not."""
        if facet == ABOUT:
            return Hardness.SOFT
        is_tag = facet in self.catalog.domain.kinds
        return Hardness.SOFT if is_tag and is_open(self.catalog, facet) else Hardness.HARD

    def holds_one_value(self, facet: str) -> bool:
        """Does every item have at most one value of this facet (a language, a certificate)?"""
        return (
            all(len(item.values(facet)) <= 1 for item in self.catalog) if facet in self.catalog.domain.kinds else False
        )


def quote(reading: Reading, span: ValueSpan, state: State) -> str:
    """The user's words for a value, from the cue that governs it."""
    start = state.since if state.cue and span.start - state.since < 40 else span.start
    return reading.words(start, span.end)


def _core(edit: LedgerEdit) -> tuple[object, ...]:
    w = edit.wish
    if w is None:
        return (edit.action,)
    return (edit.action, w.facet, w.value, w.any_of, w.gte, w.lte, w.polarity, w.stance)


def _of_the_ledger(low: str, context: DialogueContext, catalog: Catalog) -> list[ValueSpan]:
    """Surnames of the people wished for: "Hanks isn't essential"."""
    found = []
    for wish in context.ledger.active:
        surname = wish.value.split()[-1].lower() if wish.facet in (PERSON, *catalog.domain.roles) and wish.value else ""
        for match in re.finditer(rf"(?<![\w'-]){re.escape(surname)}(?![\w-])", low) if len(surname) > 3 else ():
            found.append(ValueSpan(*match.span(), wish.facet, wish.value, match.group(), 0.8))
    return found


def _to_the_last_dot(title: ItemSpan, text: str) -> ItemSpan:
    """ "E.T." with the dot that ends no sentence."""
    dotted = re.search(r"\b\w\.\w$", text[title.start : title.end]) and text.startswith(".", title.end)
    return title._replace(end=title.end + 1) if dotted else title


def _free_of_names(bound: Bound, values: list[ValueSpan]) -> bool:
    return apart((bound.start, bound.end), values)


def _nearest_namesake(title: ItemSpan, context: DialogueContext) -> ItemSpan:
    """Of several items of one name, the one being talked about, if one is."""
    for known in (*((context.focus,) if context.focus else ()), *context.slate, *reversed(context.shown)):
        if known in (*title.item_ids, *title.alternatives):
            return title._replace(item_ids=(known,), alternatives=())
    return title


_MEASURED = re.compile(
    rf"{VALUE_MARK} (?:over|>) (?:an? )?$|\bmore (?:of )?(?:a |an )?{VALUE_MARK}+ than (?:a |an )?$|"
    rf"\bprefer(?:s|red)?\b[^.,!?;]*[{ITEM_MARK}{VALUE_MARK}{NUMBER_MARK}{ROLE_MARK}](?: (?:ones?|films?|movies?|stuff))? (?:to|over) "
    r"(?:(?:the|a|an|any|all|his|her|their|those|these|more|most) )*$"
)
_ASIDE = re.compile(
    r"(?<!it )(?<!one )(?<!something )(?<!anything )(?<!story )(?<!them )(?<!that )(?<!this )(?<!it has )"
    r"(?<!it needs )(?<!it's got )(?<!it had )\bto be (?:(?:perfectly|quite|totally|completely|brutally|really|very|more) )?"
    r"(?:honest|fair|clear|frank|precise|blunt|exact|sure|truthful)\b(?! (?:about|and|or|but not)\b)"
)
"""A turn of speech: "to be honest"; "it has to be honest" is a wish."""
_SUPERLATIVE = re.compile(r"\bthe (?:short|long|new|old)est$")
"""Asks which of the items shown; "the shortest" names no genre."""
_FRAMES = re.compile(
    r"\b(?:is|was) (?P<a>[^,.?!]{2,40}?) (?:any good|worth (?:it|watching|a watch|seeing)|good\?|scary\?|"
    r"funny\?|overrated)|\b(?:seen|watched) (?P<b>[^,.?!]{2,40}?) (?:\d+ times|twice|three times|many "
    r"times|a million times|a few times|already|before|last (?:night|week|month|year)|yesterday|loads)"
    r"|\b(?:rewatch|rewatching|rewatched) (?P<c>[^,.?!]{2,40}?)(?=$|[,.?!])"
    r"|\bwho (?:directed|made|wrote|starred in|stars in|was in|is in|plays in|played in) (?P<d>[^,.?!]{2,40}?)"
    r"(?=$|[,.?!]| and\b)"
    r"|\b(?:did|does|was|is) [^,.?!]{2,30}? (?:direct|star in|appear in|act in) (?P<t>[^,.?!]{2,40}?)(?=\?)"
    r"|\bas [a-z]+ as (?P<u>[^,.?!]{2,40}?)(?=$|[,.?!]| (?:but|please|and|only|if)\b)"
    r"|\bhow (?:old|new|good|scary|sad|funny|violent|popular) is (?P<v>[^,.?!]{2,40}?)(?=$|[?])"
    r"|\bwhen (?:did|was|is|does) (?P<w>[^,.?!]{2,40}?) (?:come out|made|released|from|filmed|shot)\b"
    r"|\bwhere (?:can|could|do|would) (?:i|we|you|one) (?:watch|stream|rent|buy|find|see|get) (?P<s>[^,.?!]{2,40}?)"
    r"(?=$|[,.?!]| (?:online|on|for|now|tonight)\b)"
    r"|\b(?:directors?|cast|actors?|actress(?:es)?|stars) of (?P<e>[^,.?!]{2,40}?)(?=$|[,.?!]| and\b)"
    r"|\bhow (?:long|old) (?:is|was) (?P<f>[^,.?!]{2,40}?)(?=$|[,.?!]| and\b)"
    r"|\bwhat(?:'s| is| was) (?P<g>[^,.?!]{2,40}?) about(?=$|[,.?!]| and\b)"
    r"|\b(?:is|was) (?P<i>[^,.?!]{2,40}?) (?:ok(?:ay)?|suitable|appropriate|fine|safe|all ?right|too \w+) for\b"
    r"|\bwhen (?:was|did) (?P<h>[^,.?!]{2,40}?) (?:made|released|shot|filmed|come out)\b",
    re.I,
)
_JUDGED = re.compile(
    r"\b(?:loved|hated|liked|enjoyed|adored|disliked|rewatched) (?P<name>[A-Z][\w']*(?: [A-Z][\w']*){0,4})"
    r"(?=$|[,.!?;]| (?:and|but|was|so|which|because|though|too)\b)"
)
"""A name in capitals after a word of judgement: "hated Saw"."""
_PAIRS = re.compile(
    r"\b(?:compare|between) (?P<a>[^,.?!]{2,40}?) (?:and|with|to|against|vs\.?|versus) (?P<b>[^,.?!]{2,40}?)(?=$|[,.?!])"
    r"|(?:^|, |: )(?P<c>[^,.?!]{2,40}?) (?:vs\.?|versus) (?P<d>[^,.?!]{2,40}?)(?=$|[,.?!])"
    r"|\bcompare it (?:with|to|and|against) (?P<e>[^,.?!]{2,40}?)(?=$|[,.?!])"
    r"|\b(?:which|what) is (?:better|funnier|scarier|longer|shorter|newer|older|darker),? (?P<f>[^,.?!]{2,40}?) or "
    r"(?P<g>[^,.?!]{2,40}?)(?=$|[,.?!])"
    r"|^(?:so |and |but |is it true )*(?:is|was) (?P<h>[^,.?!]{2,40}?) (?:better|worse|funnier|scarier|longer|shorter|newer|older|"
    r"darker|sadder) than (?P<i>[^,.?!]{2,40}?)(?=$|[,.?!])",
    re.I,
)
_NO_NAME = re.compile(
    r"(?:(?:it|that|this|the|them|these|those|he|she|all|both)\b(?: \w+)?|the (?:first|second|third|fourth|fifth|last|"
    r"other|two|three|films?|movies?|ones?)\b.*|(?:first|second|third) .*)$"
)


def _framed(text: str, low: str, linker: LinkerLike, catalog: Catalog) -> list[ItemSpan]:
    """Titles where a sentence can hold nothing else: "is Gladiator any good?", "compare Alien and Aliens"."""
    found: list[ItemSpan] = []
    spans = [m.span(str(m.lastgroup)) for m in _FRAMES.finditer(low)]
    spans += [m.span("name") for m in _JUDGED.finditer(text)]
    spans += [m.span(g) for m in _PAIRS.finditer(low) for g, name in m.groupdict().items() if name]
    for start, end in spans:
        name = text[start:end]
        known = linker.resolve_title(name) if not _NO_NAME.match(name.lower()) else None
        if known is not None and known.score >= 0.9 and apart((start, end), found):
            found.append(ItemSpan(start, end, (known.item_id,), name, True, known.score, known.alternatives))
        elif known is None and len(ids := _called_for_short(name, catalog)) == 1 and apart((start, end), found):
            found.append(ItemSpan(start, end, ids, name, True, 0.9))
    return found


def _called_for_short(name: str, catalog: Catalog) -> tuple[str, ...]:
    """Items whose title goes on behind a colon: "2001", and A Space Odyssey is meant."""
    start = f"{name.casefold().strip()}: "
    return tuple(i.item_id for i in catalog if i.title.casefold().startswith(start)) if len(start) > 5 else ()


def _on_slate(text: str, low: str, context: DialogueContext, catalog: Catalog) -> list[ItemSpan]:
    """Titles just shown are expected, so a word that could be one is one ("alien? seen it")."""
    found = []
    for item_id in dict.fromkeys((*context.slate, *reversed(context.shown))):
        item = catalog.get(item_id)
        title = re.sub(r"^(?:the|a|an) ", "", item.title.lower()) if item else ""
        if item is None or len(title) < 4 or title in EMPTY_WORDS:
            continue
        for match in re.finditer(
            rf"(?<![\w'])(?:the |a |an )?{re.escape(title)}(?![\w'])(?! (?:films?|movies?|stor))", low
        ):
            if " " in title or text[match.start()].isupper() or item_id in context.slate:
                found.append(
                    ItemSpan(match.start(), match.end(), (item_id,), text[match.start() : match.end()], True, 0.9)
                )
    return found


def _tells_time(title: ItemSpan, low: str, numbers: NumberReader) -> bool:
    """A figure that is a year here and no title: "between 2010 and 2019", "before 1917", "from 2012"."""
    if not re.fullmatch(r"\d{4}", low[title.start : title.end]):
        return False
    if _FROM_YEAR.search(low[: title.start]):
        return True
    around = (b for b in numbers.read(low) if b.facet == YEAR and b.start <= title.start and title.end <= b.end)
    return any(b.gte != b.lte for b in around)


_FROM_YEAR = re.compile(
    r"(?:\bfrom|\byear|\b(?:made|released|came out|shot|produced|films?|movies?|anything|something) in) $"
)


def _ordinary_here(title: ItemSpan, text: str, low: str, catalog: Catalog) -> bool:
    """A common word that the sentence uses as a word ("it", "up to", "big fan"), or a place with words around it."""
    word = low[title.start : title.end]
    names = " ".join((catalog[title.item_ids[0]].title, *catalog[title.item_ids[0]].aliases)).lower()
    if any(
        w in ("not", "set", "no", "with", "like", "from") and not re.search(rf"\b{w}\b", names) for w in word.split()
    ):
        return True
    before = low[: title.start]
    if (re.search(r"\.$", before) and len(word) == 1) or re.match(r"if (?:at all )?possible$", word):
        return True  # "6 P.M.", "if possible"
    if (
        text[title.start].islower()
        and re.search(r"\b(?:at|be|being|i'm|we're|am|are|stay|staying) $", before)
        and " alone" in word
    ):
        return True  # "at home alone"
    if " " in word or title.score >= 0.9:
        return False
    if re.search(r"\ban? $", low[: title.start]) and text[title.start].islower():
        return True  # "a film about an election"
    if len(word) > 8:
        return False
    after = low[title.end :]
    return bool(
        {"it": True, "up": re.match(r" (?:to|for|until)\b", after), "big": re.match(r" fan", after)}.get(word, False)
    )
