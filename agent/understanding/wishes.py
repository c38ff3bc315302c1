"""New wishes: values, numbers, people, comparatives, children's ages and free words, each with how it was meant."""

from __future__ import annotations

import re

from parley.agent.ledger import ABOUT, EditAction, Hardness, Polarity, Stance, Wish
from parley.agent.understanding.cues import Kind, State
from parley.agent.understanding.numbers import NumberReader
from parley.agent.understanding.reading import Reading
from parley.agent.understanding.spans import ValueSpan
from parley.agent.understanding.text import ITEM_MARK, NUMBER_MARK, ROLE_MARK, VALUE_MARK, content_words
from parley.tools.items import PERSON

_NAMED = f"[{VALUE_MARK}{ROLE_MARK}]"
_POST_BAD = re.compile(
    rf"^{_NAMED}*(?: (?:films?|movies?|stuff|ones?|things?))?,? (?:is|are|was|were|'s|isn't|aren't|just|really|does|doesn't|don't|do|absolutely|a|would be)*[ ,]*(?:not (?:really )?(?:my|for me|for us|what|something|interest|appeal)|isn't|aren't|n't|a no\b|no no\b|out\b|off the table|no thanks|no way|boring|bore|bores|puts me off|scares me|too much|nothing for|never works|a (?:hard |big )?no|no-go|a turn[- ]?off|not (?:great|ok|okay|allowed|welcome|needed)|don't (?:work|do it|appeal|interest)|doesn't (?:work|do it|appeal|interest))"
)
_POST_MUST = re.compile(
    rf"^{_NAMED}*(?: (?:films?|movies?|stuff|ones?))?,? ?(?:only\b|(?:is|are) (?:an? (?:absolute )?(?:must|requirement)|essential|mandatory|required)|or (?:nothing|bust)|no exceptions)"
)
_POST_SOFT = re.compile(
    rf"^{_NAMED}*(?: (?:films?|movies?|stuff|ones?))?,? ?(?:would be (?:nice|great|good|cool|lovely|ideal|perfect|preferred|a (?:plus|bonus)|fun)|if (?:possible|you can|you have|there (?:is|are)|at all possible)|(?:preferably|ideally|maybe|perhaps)(?= ?(?:$|[.!?,;]))|is a (?:plus|bonus)|a plus|or so|for preference|preferred|-ish|-?ish\b|might be (?:nice|good|fun)|could be (?:nice|good|fun)|wouldn't hurt|but not (?:necessary|essential|a must))"
)
_LIST = rf"(?:\s|,|/|{_NAMED}|\b(?:films?|movies?|flicks?|or|and|even|maybe|perhaps|else|either|a|an|some|something|anything|in|with|by|from|about|the|stuff|ones?|possibly|rated)\b)*"


class WishReader:
    """Turns what a reading names into wishes."""

    def __init__(self, reading: Reading, numbers: NumberReader) -> None:
        self.r = reading
        self.numbers = numbers
        self.domain = reading.catalog.domain

    def read(self) -> None:
        self._children()
        self._suitability()
        self._compared_with_slate()
        self._values()
        self._bounds()
        self._about()
        self._refused()

    # --- values ------------------------------------------------------------------------------------------

    def _values(self) -> None:
        done: ValueSpan | None = None
        last_state = State()
        for spans in self._by_place():
            first = spans[0]
            if self.r.is_spent(first.start, first.end):
                continue
            state = self.r.cues.at(first.start)
            kept = self._meant(spans, state)
            if not kept:
                continue
            alternative = done is not None and self._alternative_to(done, first, last_state, state)
            for number, span in enumerate(kept):
                if alternative and done is not None and span.facet != done.facet:
                    span = self._in_one_role(span, done)
                joined = alternative or (number > 0 and not self._together(kept[0], span))
                self._wish_for(span, state, alternative=joined)
            done, last_state = first, state

    def _in_one_role(self, span: ValueSpan, first: ValueSpan) -> ValueSpan:
        held = self.r.catalog.vocabulary.get(first.facet, {})
        return span._replace(facet=first.facet) if span.value in held else span

    def _by_place(self) -> list[list[ValueSpan]]:
        groups: list[list[ValueSpan]] = []
        for span in sorted((*self.r.values, *self.r.people), key=lambda s: (s.start, s.end)):
            if groups and (groups[-1][0].start, groups[-1][0].end) == (span.start, span.end):
                groups[-1].append(span)
            else:
                groups.append([span])
        return groups

    def _meant(self, spans: list[ValueSpan], state: State) -> list[ValueSpan]:
        """Of the values one phrase names, those it can mean here."""
        if state.kind in (Kind.SEEN, Kind.UNSEEN):
            return []
        if spans[0].facet == "keyword" and not self._keyword_counts(spans[0]):
            return []
        if state.polarity is Polarity.AVOID and len(spans) > 1 and self._together(spans[0], spans[1]):
            vocabulary = self.r.catalog.vocabulary
            return [min(spans, key=lambda s: len(vocabulary.get(s.facet, {}).get(s.value, ())))]
        return spans

    def _keyword_counts(self, span: ValueSpan) -> bool:
        """A theme counts where the sentence speaks of what items hold, not of the evening or of the speaker."""
        before = self.r.masked[: span.start]
        return not re.search(r"\b(?:my|our|your|for (?:a|the)|as a|i'm a|i am a|we're|on) (?:\w+ )?$", before)

    def _together(self, a: ValueSpan, b: ValueSpan) -> bool:
        """Do items often have both (a romantic comedy), or is each another word for the other?"""
        if a.facet != b.facet:
            return True
        table = self.r.catalog.vocabulary.get(a.facet, {})
        first, second = set(table.get(a.value, ())), set(table.get(b.value, ()))
        if a.facet not in self.domain.kinds:
            return False
        return (
            len(first & second) >= 0.2 * min(len(first), len(second))
            and self.r.default_hardness(a.facet) is Hardness.HARD
        )

    def _wish_for(self, span: ValueSpan, state: State, *, alternative: bool) -> None:
        before_it = self.r.cues.clause_before(span.start)
        after = self.r.masked[span.end : span.end + 60]
        polarity, hardness = state.polarity, state.hardness(self.r.default_hardness(span.facet))
        if _POST_BAD.match(after):
            polarity, hardness = Polarity.AVOID, Hardness.HARD
        elif _POST_MUST.match(after) and polarity is Polarity.WANT:
            hardness = Hardness.HARD
        elif (
            _POST_SOFT.match(after)
            or (re.search(r"\b(?:maybe|perhaps|ideally|preferably)\b", before_it)
            and polarity is Polarity.WANT)
        ):
            hardness = Hardness.SOFT
        if span.facet == self.domain.age_kind and re.match(
            r"^(?: or (?:lower|less|below|under|milder)| (?:max|at most|tops)| and (?:under|below))", after
        ):
            self._no_higher(span, state)
            return
        wish = Wish(
            facet=span.facet, value=span.value, polarity=polarity, hardness=hardness, scope=state.scope,
            words=self._quote(span, state),
        )  # fmt: skip
        if (
            polarity is Polarity.AVOID
            and state.kind is Kind.EXCEPT
            and self._instead_of(state)
            and self.r.active(span.facet, span.value, Polarity.WANT)
        ):
            self.r.edit(span.start, EditAction.RETRACT, Wish(facet=span.facet, value=span.value, words=wish.words))
            return
        if self._said_before(span, polarity, hardness, wish, before_it, state.kind):
            return
        flags = {"alternative": alternative or self._joins_ledger(span, after), "replaces": False}
        if not flags["alternative"] and polarity is Polarity.WANT:
            flags["replaces"] = self._replaces(span, hardness)
        self.r.edit(span.start, EditAction.ADD, wish, **flags)

    def _said_before(self, span: ValueSpan, polarity: Polarity, hardness: Hardness, wish: Wish, before_it: str, kind: Kind) -> bool:
        """A wish that stands already: "keep it French" changes nothing, "comedy would be nice" softens it."""
        standing = [w for w in self.r.active(span.facet, span.value, Polarity.WANT) if not w.any_of]
        if not standing or polarity is Polarity.AVOID:
            return False
        if re.search(r"\b(?:keep|still|stay|remain)", before_it):
            return True
        if kind in (Kind.TASTE, Kind.SIMILAR, Kind.MORE):
            return kind is Kind.TASTE
        if hardness is Hardness.SOFT and standing[-1].hardness is Hardness.HARD:
            self.r.edit(span.start, EditAction.SOFTEN, Wish(facet=standing[-1].facet, value=span.value, words=wish.words))
            return True
        return False

    def _instead_of(self, state: State) -> bool:
        return state.cue.startswith("instead of")

    def _quote(self, span: ValueSpan, state: State) -> str:
        start = state.since if state.cue and span.start - state.since < 40 else span.start
        return self.r.words(start, span.end)

    def _alternative_to(self, last: ValueSpan, span: ValueSpan, was: State, state: State) -> bool:
        """ "comedy or drama", "comedies, dramas or thrillers", "comedies and dramas" (plural: either), two languages."""
        roles = {*self.domain.roles, PERSON}
        if (last.facet != span.facet and not {last.facet, span.facet} <= roles) or Polarity.AVOID in (
            was.polarity,
            state.polarity,
        ):
            return False
        between = self.r.masked[last.end : span.start]
        if not re.fullmatch(_LIST, between):
            return False
        if re.search(r"\bor\b|/", between):
            return True
        tail = self.r.masked[span.end :]
        if "," in between and re.match(rf"{_LIST}\bor\b ?{_LIST}{_NAMED}", tail):
            return True
        plural = last.text.endswith("s") and span.text.endswith("s") and span.facet in self.domain.kinds
        if state.kind is Kind.TASTE or was.kind is Kind.TASTE:
            return False
        return bool(re.search(r",|\band\b", between)) and (plural or self.r.holds_one_value(span.facet))

    def _joins_ledger(self, span: ValueSpan, after: str) -> bool:
        """ "or Tom Hanks", "Tom Hanks works too": one more possibility beside an earlier wish."""
        if not self.r.active(span.facet, polarity=Polarity.WANT):
            return False
        opens = re.match(r"(?:or|also|otherwise|alternatively)\b", self.r.low)
        return bool(opens and self.r.low.startswith(("or", "alternatively", "otherwise"))) or bool(
            re.match(rf"^{_NAMED}* ?(?:would work|works|is fine|are fine|is good|are good) (?:too|as well)", after)
        )

    def _replaces(self, span: ValueSpan, hardness: Hardness) -> bool:
        """A new language takes the place of the old; so does anything "instead"."""
        others = [w for w in self.r.active(span.facet, polarity=Polarity.WANT) if span.value not in w.values]
        if not others or self.r.is_spent(span.start, span.end):
            return False
        if self.r.holds_one_value(span.facet):
            return True
        changed = re.search(
            r"\b(?:instead|actually|on second thoughts?|change (?:it|that) to|switch (?:it )?to|make (?:it|that)|changed my mind|rather|let's (?:do|try|go)|no,|scrap that|forget that)\b",
            self.r.low,
        )
        also = re.search(r"\b(?:also|too|as well|and also|plus|on top|add|both)\b", self.r.low)
        return bool(changed) and not also and hardness is Hardness.HARD

    # --- numbers -----------------------------------------------------------------------------------------

    def _bounds(self) -> None:
        for bound in self.r.bounds:
            if self.r.is_spent(bound.start, bound.end):
                continue
            state = self.r.cues.at(bound.start)
            if re.search(rf",|{_NAMED}", self.r.masked[state.since : bound.start]):
                state = State(scope=state.scope)  # what governs a list of values says nothing of the number after it
            if state.kind is Kind.SEEN or (state.kind is Kind.TOPIC and bound.vague):
                continue
            polarity, low, high, hardness = Polarity.WANT, bound.gte, bound.lte, bound.hardness
            avoided = bound.avoid or (state.polarity is Polarity.AVOID and state.kind is not Kind.LESS)
            if avoided and low is not None and high is not None:
                polarity, hardness = Polarity.AVOID, Hardness.HARD
            elif avoided and not bound.avoid:
                step = self.numbers.step(bound.facet)
                low, high = (None if high is None else high + step), (None if low is None else low - step)
            if state.hedged or state.kind is Kind.HEDGE or (state.kind is Kind.TASTE and not state.must):
                hardness = Hardness.SOFT
            elif (state.must or state.kind is Kind.MUST) and not (
                low is not None and high is not None and bound.facet != "year"
            ):
                hardness = Hardness.HARD
            if _POST_SOFT.match(self.r.masked[bound.end : bound.end + 40]):
                hardness = Hardness.SOFT
            wish = Wish(
                facet=bound.facet, gte=low, lte=high, polarity=polarity, hardness=hardness, scope=state.scope,
                words=self.r.words(bound.start, bound.end),
            )  # fmt: skip
            self.r.edit(bound.start, EditAction.ADD, wish)

    def compare(self) -> None:
        """ "shorter than Inception", "newer than the second one", "funnier than that"."""
        table = self.numbers.comparatives()
        words = "|".join(sorted(map(re.escape, table), key=len, reverse=True))
        for match in re.finditer(
            rf"(?P<neg>\b(?:not?|nothing|no) )?\b(?P<word>{words}) than (?P<item>{ITEM_MARK}+)", self.r.masked
        ):
            items = self.r.items_in(*match.span("item"))
            facet, side = table[match.group("word")]
            numbers = [
                n for i in items for item_id in i.item_ids if (n := self.r.catalog[item_id].number(facet)) is not None
            ]
            if numbers:
                self.r.spend(*match.span())
                self._one_sided(match, facet, side, numbers[0], bool(match.group("neg")), Hardness.HARD)
        for match in re.finditer(
            rf"\b(?:more |less )?{VALUE_MARK}+ than (?P<item>{ITEM_MARK}+)|\bbetter than (?P<item2>{ITEM_MARK}+)",
            self.r.masked,
        ):
            name = "item" if match.group("item") else "item2"
            self.r.spend(*match.span(name))

    def _one_sided(
        self, match: re.Match[str], facet: str, side: int, edge: float, negated: bool, hardness: Hardness
    ) -> None:
        step = 0.0 if negated else self.numbers.step(facet)
        side = -side if negated else side
        low, high = (edge + step, None) if side > 0 else (None, edge - step)
        words = self.r.words(*match.span())
        self.r.edit(match.start(), EditAction.ADD, Wish(facet=facet, gte=low, lte=high, hardness=hardness, words=words))

    def _compared_with_slate(self) -> None:
        """ "something shorter", "too long", "a newer one": against what was shown last."""
        shown = [self.r.catalog[i] for i in self.r.context.slate if i in self.r.catalog]
        table = self.numbers.comparatives()
        opposite = {
            facet: {side: word for word, (f, side) in table.items() if f == facet}
            for facet in {f for f, _ in table.values()}
        }
        too = {
            word.removesuffix("er"): (facet, -side)
            for word, (facet, side) in table.items()
            if word.endswith("er") and " " not in word
        }
        del opposite
        for words, prefix in ((table, r"(?<!the )(?<!\w-)\b"), (too, r"(?<!not )(?<!nothing )(?<!n't )\btoo ")):
            pattern = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
            for match in re.finditer(rf"{prefix}(?P<word>{pattern})\b(?! than)", self.r.masked):
                if self.r.is_spent(*match.span()):
                    continue
                facet, side = words[match.group("word")]
                self.r.spend(*match.span())
                self._against_slate(match, facet, side, shown)

    def _against_slate(self, match: re.Match[str], facet: str, side: int, shown: list[object]) -> None:
        if any(b.facet == facet and (b.gte is None) == (side < 0) for b in self.r.bounds):
            return  # "shorter, 90 minutes at most": the figure says it
        focus = self._likened() or self.r.context.focus
        source = self.r.catalog.get(focus) if focus and (focus in self.r.context.slate or self._likened()) else None
        rated = (
            [source] if source is not None else [self.r.catalog[i] for i in self.r.context.slate if i in self.r.catalog]
        )
        numbers = sorted(n for item in rated if (n := item.number(facet)) is not None)
        if numbers:
            middle = numbers[len(numbers) // 2] if side < 0 else numbers[(len(numbers) - 1) // 2]
            self._one_sided(match, facet, side, middle, False, Hardness.HARD)
            return
        vague = {(f, s): w for w, (f, s) in self.numbers._vague_words().items()}
        word = vague.get((facet, side), "")
        for bound in self.numbers.read(word):
            wish = Wish(facet=facet, gte=bound.gte, lte=bound.lte, hardness=Hardness.SOFT, words=match.group())
            self.r.edit(match.start(), EditAction.ADD, wish)

    def _likened(self) -> str | None:
        """The item this utterance asks for something like: "as scary as The Shining but shorter"."""
        liked = [e.wish.value for _, e in self.r.edits if e.wish is not None and e.wish.stance is Stance.LIKE]
        return liked[-1] if liked else None

    # --- children ----------------------------------------------------------------------------------------

    def _children(self) -> None:
        """An age to suit becomes a hard wish against every value that asks for more years."""
        kind = self.domain.age_kind
        if kind is None:
            return
        found = list(_CHILDREN.finditer(self.r.low))
        if not found or _NO_CHILDREN.search(self.r.low) or all(self.r.is_spent(*m.span()) for m in found):
            return
        first = found[0]
        ages = [
            int(n)
            for m in _AGES.finditer(self.r.low)
            for n in m.groups()
            if n and 0 < int(n) < 18
        ]
        if not ages:
            if all(re.fullmatch(r"(?:teen(?:ager)?s?|my teen\w*)", m.group().split()[-1]) for m in found):
                ages = [13]
            else:
                ages = [4] if re.search(r"toddler|little ones?|preschool", self.r.low) else [8]
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

    def _suitability(self) -> None:
        """ "PG-13 max", "no higher than PG": every value above is out."""
        kind = self.domain.age_kind
        if kind is None:
            return
        for span in self.r.values:
            if span.facet != kind or self.r.is_spent(span.start, span.end):
                continue
            before = self.r.masked[: span.start]
            if re.search(
                r"\b(?:no higher than|nothing (?:above|over|beyond|higher than|past|stronger than)|at most|up to|max(?:imum)?|no more than|not above|below or equal to|nothing more than)(?: a| an| rated)? $",
                before,
            ):
                self._no_higher(span, self.r.cues.at(span.start))

    def _no_higher(self, span: ValueSpan, state: State) -> None:
        ages = self.domain.kinds[span.facet].ages
        self.r.spend(span.start, span.end)
        self._suit(span.facet, ages.get(span.value, 0), self._quote(span, state), span.start)

    # --- free words --------------------------------------------------------------------------------------

    def _about(self) -> None:
        """What no facet covers stays as free words, matched by meaning: "about", "with", "set in", "where"."""
        for match in _ABOUT.finditer(self.r.masked):
            start, end = match.span("what")
            phrase = self.r.masked[start:end]
            stop = _PHRASE_END.search(phrase)
            end = start + stop.start() if stop else end
            if self.r.is_spent(match.start(), end) or ITEM_MARK in self.r.masked[start:end]:
                continue
            bare = re.sub("[\ue000-\ue003]+", " ", self.r.masked[start:end])
            if not content_words(bare) or _NOT_ABOUT.match(bare.strip()):
                continue
            if ROLE_MARK in phrase or self._names_people(start, end):
                continue
            state = self.r.cues.at(start)
            if state.kind in (Kind.SEEN, Kind.UNSEEN, Kind.TOPIC):
                continue
            words = re.sub(
                r"^(?:a|an|the|some|any|lots of|a lot of|plenty of|really|very)\s+", "", self.r.words(start, end)
            )
            wish = Wish(
                facet=ABOUT, value=words, polarity=state.polarity, hardness=Hardness.SOFT, scope=state.scope,
                words=self.r.words(match.start(), end),
            )  # fmt: skip
            self.r.edit(match.start(), EditAction.ADD, wish)
            self.r.spend(match.start(), end) if not self.r.values_in(start, end) else None

    def _refused(self) -> None:
        """"no singing", "definitely not a sequel": what no facet covers but the user rules out."""
        for match in _REFUSED.finditer(self.r.masked):
            start, end = match.span("what")
            if self.r.is_spent(start, end) or not content_words(match.group("what")) or _NOT_REFUSED.match(match.group("what")):
                continue
            facet, value = self._theme(self.r.words(start, end))
            state = self.r.cues.at(start)
            if state.polarity is not Polarity.AVOID:
                continue
            hardness = Hardness.SOFT if facet == ABOUT else state.hardness(Hardness.HARD)
            words = self.r.words(match.start(), end)
            wish = Wish(facet=facet, value=value, polarity=Polarity.AVOID, hardness=hardness, scope=state.scope, words=words)
            self.r.edit(match.start(), EditAction.ADD, wish)
            self.r.spend(start, end)

    def _theme(self, phrase: str) -> tuple[str, str]:
        """(facet, value) for a phrase: a theme the catalogue knows by that name, else free words."""
        bare = phrase.lower().strip()
        forms = {bare, bare.rstrip("s"), bare.removesuffix("es"), bare + "s"}
        for kind in self.domain.kinds:
            held = self.r.catalog.vocabulary.get(kind, {})
            hit = next((v for v in held if v.casefold() in forms), None)
            if hit is not None:
                return kind, hit
        return ABOUT, phrase

    def _names_people(self, start: int, end: int) -> bool:
        roles = {*self.domain.roles, PERSON}
        return any(v.facet in roles for v in self.r.values_in(start, end))


_CHILDREN = re.compile(
    r"\b(?:for|with|by|and|suits?|suitable for|appropriate for|ok for|okay for|fine for|that|so|watch with|let)? ?(?:my|our|the|his|her|some|small|young|little|two|three)? ?(?:\w+ )?(?:kids?|kiddos?|children|child|son|daughter|sons|daughters|toddlers?|little ones?|grandkids|grandchildren|grandson|granddaughter|nephews?|nieces?|teenagers?|teens?|preschoolers?|boys and girls)\b"
    r"|\b\d{1,2}(?:(?:[- ]| and | & )\d{1,2})?[- ]?(?:years?|yrs?|yo|y/o)[- ]?olds?\b|\b\d{1,2} ?(?:yo|y/o)\b|\baged? \d{1,2}\b|\b(?:family|kid|child)[- ](?:night|friendly|appropriate|safe|suitable)\b|\bfamily (?:movie )?night\b|\b(?:for|with) the (?:whole |entire )?family\b|\b(?:whole|entire) family\b|\ball ages\b|\bsafe for kids\b|\bkid[- ]?friendly\b"
)
_NO_CHILDREN = re.compile(
    r"\b(?:without|no|not for|not|hate|isn't for|nothing for|never)(?: the| my| any| really| a| with| about)* (?:kids?|children|child|family)\b|\b(?:kids?|children) (?:are|is) (?:asleep|in bed|away|out|gone|at)\b|\b(?:about|involving|starring|featuring|as a|when i was a|since i was a|like a|killing|missing|lost|i'm a|was a) (?:a |two |three |some |my |the )?(?:\w+ )?(?:kids?|children|child|son|daughter|teens?|teenagers?)\b|\b(?:put|got|getting) the kids (?:to|in)\b|\bmy (?:kids?|son|daughter|children) (?:and i |and |just |already |really )*(?:saw|seen|watched|loved|liked|hated)\b"
)
_AGES = re.compile(
    r"\b(\d{1,2})(?:[- ]| and \d{1,2} )?[- ]?(?:years?|yrs?|yo|y/o)\b|\baged? (\d{1,2})\b|\b(\d{1,2}) (?:and|&) \d{1,2}[- ]?(?:year|yr)|\b(?:he's|she's|they're|he is|she is|they are|who's|who is|are|ages) (\d{1,2})(?= ?(?:$|[.,!?]|and \d))|\bunder (\d{1,2})(?= ?(?:$|[.,!?]))"
)
_ABOUT = re.compile(
    r"\b(?:(?:films?|movies?|story|stories|something|anything|one|ones|thing|books?|games?|it(?:'s)?|that's|and|but|is) about|\babout|with(?! (?:my|the kids|the family|the whole|friends|a friend|her|him|us|me|them|you|respect|that))|involving|featuring|set (?:in|on|at|during|around|aboard)|(?:takes?|taking) place (?:in|on|at|during)|where|in which|that (?:has|have|makes?|will|deals with|takes place|explores|features|involves|feels|keeps?|looks)|that's set|revolving around|centered (?:on|around)|dealing with|focus(?:ed|ing|es)? on|inspired by|based on|full of|to do with) (?P<what>[^.!?;]+)"
)
_PHRASE_END = re.compile(
    rf",|\b(?:but|however|please|maybe|if possible|preferably|ideally|instead|tonight|and (?:not|no|nothing|preferably|maybe|ideally|it|i|is|under|from|in|with|that|something|definitely|my|also)|or (?:so|something|maybe)|under|would be|for (?:my|the|our|tonight|a|me|us)|i |is fine|not too|no|not|nothing|without|from|made|directed|starring|by|that (?:i|is|are|isn't))\b|{NUMBER_MARK}|\b(?:and|or) {VALUE_MARK}+(?: |$)"
)
_REFUSED = re.compile(
    r"\b(?:no(?: more)?|not (?:a|an|another|any)|without(?: any)?|nothing|hate|sick of|bored of|tired of|can't stand|don't want(?: any| a| an| anything)?|not in the mood for(?: anything| a| any)?|never show me(?: anything with| any| a)?|not|not too|nothing too|avoid|anything but|except|minus|not so|isn't) (?P<what>[a-z][a-z' -]{2,30}?)(?: (?:films?|movies?|stuff|ones?|scenes?|content|please|either|at all|this time|tonight|again|thanks|really|for me|though))*(?=$|[,.!?;]| but\b| and\b| or\b| maybe\b| just\b)"
)
_NOT_REFUSED = re.compile(
    r"^(?:(?:idea|preferences?|problem|worries|thanks?|thank you|clue|rush|matter|way|doubt|need|subtitles|one|more|limit|luck|sure|really|bad|good|great|nice|fussed?|fussy|bothered|picky|for|that|this|these|those|it|a problem|my|me|much|too much|interested|yet|any ?more|now|today|tonight|so|very|exactly|quite|particularly|necessarily|just|only|in|on|sense|else|special|specific|in particular|particular|after|either|anything|something|because|been|seen|watch(?:ed)?|want|like|know|what|old|new|recent|long|short|offen\w+|hurry|idea what|thing|the|to|at|as|with|by|from|about|going|having|going to|even|if|is|are|was|well)\b.*|of (?:these|those|them).*)$"
)
_NOT_ABOUT = re.compile(
    r"^(?:it|that|this|them|him|her|me|you|us|the (?:first|second|third|last)|what|how|which|who|my|your|our|if|whether|a (?:friend|mate|date)|friends?|girlfriend|boyfriend|wife|husband|partner|family|date|popcorn|actors?|a (?:good|great|nice|high|better) (?:rating|reviews?|one|movie|film)|good (?:reviews?|ratings?)|time|i|we|sense|fine|same)\b"
)
