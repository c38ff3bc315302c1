"""New wishes: values, numbers, people, comparatives, children's ages and free words, each with how it was meant."""

from __future__ import annotations

import re

from parley.agent.ledger import EditAction, Hardness, Polarity, Stance, Wish
from parley.agent.understanding.ages import AgeReader
from parley.agent.understanding.cues import Kind, State
from parley.agent.understanding.free_words import FreeWordReader
from parley.agent.understanding.numbers import NumberReader
from parley.agent.understanding.reading import Reading, quote
from parley.agent.understanding.spans import ValueSpan
from parley.agent.understanding.speaker import SpeakerReader
from parley.agent.understanding.text import ITEM_MARK, ROLE_MARK, VALUE_MARK
from parley.tools.items import PERSON, Item

_NAMED = f"[{VALUE_MARK}{ROLE_MARK}]"
_POST_BAD = re.compile(
    rf"^{_NAMED}*(?: (?:films?|movies?|stuff|ones?|things?))?,? (?:is|are|was|were|'s|isn't|aren't|just|"
    r"really|does|doesn't|don't|do|absolutely|a|would be)*[ ,]*(?:not (?:really )?(?:my|for me|for us|"
    r"what|something|interest|appeal)|isn't|aren't|n't|a no\b|no no\b|out\b(?! there)|gives? (?:me|us) nightmares|off the table|no thanks|no "
    r"way|boring|bore|bores|puts me off|scares me|too much|nothing for|never works|a (?:hard |big )?no|"
    r"no-go|a turn[- ]?off|not (?:great|ok|okay|allowed|welcome|needed)|don't (?:work|do it|appeal|"
    r"interest)|doesn't (?:work|do it|appeal|interest))"
)
_POST_MUST = re.compile(
    rf"^{_NAMED}*(?: (?:films?|movies?|stuff|ones?))?,? ?(?:only\b|(?:is|are) (?:an? (?:absolute )?(?:must|"
    r"requirement)|essential|mandatory|required)|or (?:nothing|bust)|no exceptions)"
)
_POST_SOFT = re.compile(
    rf"^{_NAMED}*(?: (?:films?|movies?|stuff|ones?))?,? ?(?:would be (?:nice|great|good|cool|lovely|ideal|"
    r"perfect|preferred|a (?:plus|bonus)|fun)|if (?:possible|you can|you have|there (?:is|are)|at all "
    r"possible)|(?:preferably|ideally|maybe|perhaps)(?= ?(?:$|[.!?,;]))|is a (?:plus|bonus)|a plus|or so|"
    r"for preference|preferred|-ish|-?ish\b|might be (?:nice|good|fun)|could be (?:nice|good|fun)|"
    r"wouldn't hurt|but not (?:necessary|essential|a must))"
)
_CHANGED_MIND = re.compile(
    r"^(?:ok(?:ay)?|all ?right|fine|hmm+|hm|actually|well|oh|no wait|wait|right|go on|but|sure)\b|\b(?:then|after all|"
    r"actually|instead|on second thoughts?|changed my mind|for once|this time|let's (?:do|try|go)|now i|this once|just once|"
    r"(?:would be|is|are) (?:ok|okay|fine|all ?right)|forget what i said)\b"
)
"""What goes against an earlier word is then meant so."""
_ENOUGH = re.compile(rf"^{_NAMED}* enough\b")
_NOT_ENOUGH = re.compile(r"(?:\bnot|n't)(?: (?:have|quite|really|nearly|there))* enough (?:of )?(?:the |a )?$")
_NOT_SO = (
    r"(?<!he's )(?<!she's )(?<!i'm )(?<!he is )(?<!she is )(?<!we're )(?<!they're )\b(?:not|isn't|aren't|wasn't|nothing)"
    r"(?: (?:quite|really|nearly|anywhere near))? "
)
"""Before "long enough": what was shown is shorter than wished; "he's not old enough" is said of somebody."""
_SEEN_ALL = re.compile(
    r"\b(?:seen|watched|saw|know|done)(?: (?:just about|nearly|almost|pretty much|basically))? (?:all|every|everything|each)"
    r"(?: (?:of|by|from|with|one|single|the|those|these|good|big|old|usual))* $"
)
_LATER_ON = re.compile(
    r"(?<!something )(?<!anything )(?<!films )(?<!movies )(?<!made )(?<!from )(?<!slightly )(?<!much )(?<!bit )(?<!little )(?<!a )"
    r"(?<!one )(?<!and )(?<!or )\b(?:later|earlier)$"
)
"""A word of time that compares nothing: "see you later", "as I said earlier"."""
_LIST = (
    rf"(?:\s|,|/|{_NAMED}|\b(?:films?|movies?|flicks?|or|and|even|maybe|perhaps|else|either|a|an|some|"
    r"something|anything|in|with|by|from|about|the|stuff|ones?|possibly|rated)\b)*"
)


class WishReader:
    """Turns what a reading names into wishes."""

    def __init__(self, reading: Reading, numbers: NumberReader) -> None:
        self.r = reading
        self.numbers = numbers
        self.domain = reading.catalog.domain
        self.speaker = SpeakerReader(reading)

    def read(self) -> None:
        children, free = AgeReader(self.r), FreeWordReader(self.r)
        children.read()
        children.read_limits()
        self._compared_with_slate()
        self._values()
        self._bounds()
        self.speaker.read_subtitles()
        self.speaker.read_low_spirits()
        free.read_lightly()
        free.read()
        free.read_refused()

    # --- values ------------------------------------------------------------------------------------------

    def _values(self) -> None:
        done: ValueSpan | None = None
        last_state = State()
        for spans in self._by_place():
            first = spans[0]
            if self.r.is_spent(first.start, first.end):
                continue
            state = self._governing(first)
            if self._knows_them_all(first):
                spans = [self._by_own_name(first)]
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

    def _governing(self, span: ValueSpan) -> State:
        """What governs a value; "not funny enough" asks for more of it, "seen all the Pixar ones" for none."""
        state = self.r.cues.at(span.start)
        short_of = state.polarity is Polarity.AVOID and _ENOUGH.match(self.r.masked[span.end :])
        if short_of or _NOT_ENOUGH.search(self.r.masked[: span.start]):
            return state._replace(kind=Kind.MORE)
        return state._replace(kind=Kind.NO) if self._knows_them_all(span) else state

    def _knows_them_all(self, span: ValueSpan) -> bool:
        """ "we've seen all the Pixar ones": no more of those, unless it is said fondly."""
        fond = re.search(r"\b(?:like|liked?|loved?|enjoyed|great|again|similar)\b", self.r.masked[span.end :])
        return not fond and bool(_SEEN_ALL.search(self.r.masked[: span.start]))

    def _by_own_name(self, span: ValueSpan) -> ValueSpan:
        """The value called just so, where the words stood for a wider one: Pixar, and not all animation."""
        if span.value.casefold() != span.text.casefold():
            for kind in self.domain.kinds:
                for value in self.r.catalog.vocabulary.get(kind, {}):
                    if value.casefold() == span.text.casefold():
                        return span._replace(facet=kind, value=value)
        return span

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
        told = self.r.is_remark(spans[0].start)
        if told or state.kind in (Kind.SEEN, Kind.UNSEEN) or self.speaker.is_of_the_speaker(spans[0]):
            return []
        if self.r.is_measure(spans[0].start):
            return []
        spans = [self._as_maker(span) for span in spans]
        if spans[0].facet == "keyword" and not self._keyword_counts(spans[0]):
            return []
        shared = len(spans) > 1 and spans[0].facet == spans[1].facet
        if state.polarity is Polarity.AVOID and shared and self._together(spans[0], spans[1]):
            vocabulary = self.r.catalog.vocabulary
            return [min(spans, key=lambda s: len(vocabulary.get(s.facet, {}).get(s.value, ())))]
        return spans

    def _as_maker(self, span: ValueSpan) -> ValueSpan:
        """ "a Tarantino film": a name before the noun is who made it, if the person makes more than they act in."""
        roles = list(self.domain.roles)
        nouns = "|".join(map(re.escape, (self.domain.noun, self.domain.plural, "movies?", "flicks?", "pictures?")))
        if span.facet != PERSON or len(roles) < 2:
            return span
        if not re.match(rf"(?:'s?)?(?: [a-z-]+| {VALUE_MARK}+)? ?(?:{nouns}|{VALUE_MARK})", self.r.masked[span.end :]):
            return span
        made, *other = (len(self.r.catalog.vocabulary.get(role, {}).get(span.value, ())) for role in roles)
        return span._replace(facet=roles[0]) if made > max(other) else span

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
        if self.speaker.feels(span):
            self.speaker.cheer(span)
            return
        before_it = self.r.cues.clause_before(span.start)
        after = self.r.masked[span.end : span.end + 60]
        polarity, hardness = state.polarity, state.hardness(self.r.default_hardness(span.facet))
        if state.kind is Kind.MORE and re.search(r"\b(?:by|from|with|of) $", before_it):
            hardness = Hardness.HARD if span.facet in (*self.domain.roles, PERSON) else hardness  # "more by her"
        if _POST_BAD.match(after):
            polarity, hardness = Polarity.AVOID, Hardness.HARD
        elif _POST_MUST.match(after) and polarity is Polarity.WANT:
            hardness = Hardness.HARD
        elif _POST_SOFT.match(after) or (
            re.search(r"\b(?:maybe|perhaps|ideally|preferably)\b", before_it) and polarity is Polarity.WANT
        ):
            hardness = Hardness.SOFT
        if span.facet == self.domain.age_kind and re.match(
            r"^(?: or (?:lower|less|below|under|milder)| (?:max|at most|tops)| and (?:under|below))", after
        ):
            AgeReader(self.r).no_higher(span, state)
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
        flags = {
            "alternative": alternative or self._joins_ledger(span, after),
            "replaces": False,
            "changes_mind": bool(_CHANGED_MIND.search(self.r.low)) or self._knows_them_all(span),
        }
        if not flags["alternative"] and polarity is Polarity.WANT:
            flags["replaces"] = self._replaces(span, hardness)
        plain = polarity is Polarity.WANT and not flags["alternative"]
        ends = tuple(w.wish_id for w in self._in_place_of(span)) if plain else ()
        self.r.edit(span.start, EditAction.ADD, wish, ends=ends, **flags)

    def _said_before(
        self, span: ValueSpan, polarity: Polarity, hardness: Hardness, wish: Wish, before_it: str, kind: Kind
    ) -> bool:
        """A wish that stands already: "keep it French" changes nothing, "comedy would be nice" softens it."""
        standing = [w for w in self.r.active(span.facet, span.value, Polarity.WANT) if not w.any_of]
        if not standing or polarity is Polarity.AVOID:
            return False
        if re.search(r"\b(?:keep|still|stay|remain)", before_it):
            return True
        if kind in (Kind.TASTE, Kind.SIMILAR, Kind.MORE):
            return kind is Kind.TASTE
        if hardness is Hardness.SOFT and standing[-1].hardness is Hardness.HARD:
            self.r.edit(
                span.start, EditAction.SOFTEN, Wish(facet=standing[-1].facet, value=span.value, words=wish.words)
            )
            return True
        return False

    def _instead_of(self, state: State) -> bool:
        return state.cue.startswith("instead of")

    def _quote(self, span: ValueSpan, state: State) -> str:
        enough = " enough" if _ENOUGH.match(self.r.masked[span.end :]) else ""
        return quote(self.r, span, state) + enough

    def _alternative_to(self, last: ValueSpan, span: ValueSpan, was: State, state: State) -> bool:
        """Either will do: "comedy or drama", "comedies and dramas" (plural), two languages."""
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
        beside = any(e.replaces and e.wish is not None and e.wish.facet == span.facet for _, e in self.r.edits)
        return self._says_instead() and hardness is Hardness.HARD and not beside  # "a romantic comedy instead"

    def _says_instead(self) -> bool:
        """Does the utterance change course, and not add to what was wished?"""
        changed = re.search(
            r"\b(?:instead|actually|on second thoughts?|change (?:it|that) to|switch (?:it )?to|make (?:it|"
            r"that)|changed my mind|rather|let's (?:do|try|go)|no,|scrap that|forget that)\b|"
            r"(?:^|[,.!;] ?|\b(?:go|switch|get|move|change|ok|okay|now|then|and|just|let's) )back to\b",
            self.r.masked_items,
        )
        return bool(changed) and not re.search(
            r"\b(?:also|too|as well|and also|plus|on top|add|both)\b", self.r.masked_items
        )

    def _in_place_of(self, span: ValueSpan) -> list[Wish]:
        """The people wished for last, in whatever role, where another person is wanted instead."""
        roles = {*self.domain.roles, PERSON}
        wanted = [w for w in self.r.context.ledger.active if w.facet in roles and w.polarity is Polarity.WANT]
        if span.facet not in roles or not wanted or any(w.facet == span.facet for w in wanted):
            return []
        named = {s.value for s in (*self.r.values, *self.r.people)}
        last = [w for w in wanted if w.turn == max(w.turn for w in wanted) and not named & {*w.values}]
        return last if self._says_instead() else []

    # --- numbers -----------------------------------------------------------------------------------------

    def _bounds(self) -> None:
        for bound in self.r.bounds:
            if (
                self.r.is_spent(bound.start, bound.end)
                or self.r.is_remark(bound.start)
                or self.r.is_measure(bound.start)
            ):
                continue
            state = self.r.cues.at(bound.start)
            between = self.r.masked[state.since : bound.start]
            if "," in between or re.search(r"\band\b", between):
                state = State(scope=state.scope)  # what governs a list of values says nothing of the number after it
            elif state.polarity is Polarity.AVOID and re.search(_NAMED, between):
                continue  # "no comedies from the 80s" asks for no 80s
            if state.kind is Kind.SEEN or (
                state.kind is Kind.TOPIC and bound.vague and self.r.low[: bound.start].endswith("the ")
            ):
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
            if self.r.is_spent(*match.span()):
                continue
            items = self.r.items_in(*match.span("item"))
            facet, side = table[match.group("word")]
            numbers = [
                n for i in items for item_id in i.item_ids if (n := self.r.catalog[item_id].number(facet)) is not None
            ]
            if numbers:
                self.r.spend(*match.span())
                self._one_sided(match, facet, side, numbers[0], bool(match.group("neg")), Hardness.HARD)
        self._not_as()
        for match in re.finditer(rf"\bold enough (?:for|to (?:watch|see)) {ITEM_MARK}+", self.r.masked):
            self.r.spend(*match.span())  # said of somebody, and no word on the film
        for match in re.finditer(
            rf"\b(?:more |less )?{VALUE_MARK}+ than (?P<item>{ITEM_MARK}+)|\bbetter than (?P<item2>{ITEM_MARK}+)",
            self.r.masked,
        ):
            name = "item" if match.group("item") else "item2"
            self.r.spend(*match.span(name))

    def _not_as(self) -> None:
        """ "not as long as Freaks" is shorter than it."""
        bases = {w.removesuffix("er"): hit for w, hit in self.numbers.comparatives().items() if w.endswith("er")}
        words = "|".join(sorted(map(re.escape, bases), key=len, reverse=True))
        pattern = rf"\b(?:not|nothing|isn't|n't)(?: (?:quite|nearly|half))? (?:as|so) (?P<word>{words}) as (?P<item>{ITEM_MARK}+)"
        for match in re.finditer(pattern, self.r.masked):
            facet, side = bases[match.group("word")]
            items = [self.r.catalog[i] for s in self.r.items_in(*match.span("item")) for i in s.item_ids]
            edges = [n for item in items if (n := item.number(facet)) is not None]
            if edges and not self.r.is_spent(*match.span()):
                self.r.spend(*match.span())
                self._one_sided(match, facet, -side, edges[0], False, Hardness.HARD)

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
        lacking = {word: hit for word, hit in self.numbers._vague_words().items() if word.isalpha()}
        for words, prefix, tail in (
            (table, r"(?<!the )(?<!\w-)\b", ""),
            (too, r"(?<!not )(?<!nothing )(?<!n't )\btoo ", ""),
            (lacking, _NOT_SO, r" enough(?! (?:for|to)\b)"),
        ):
            pattern = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
            for match in re.finditer(rf"{prefix}(?P<word>{pattern})\b(?! than){tail}", self.r.masked):
                if self.r.is_spent(*match.span()) or _LATER_ON.search(self.r.masked[: match.end()]):
                    continue
                facet, side = words[match.group("word")]
                self.r.spend(*match.span())
                self._against_slate(match, facet, side, shown)

    def _against_slate(self, match: re.Match[str], facet: str, side: int, shown: list[Item]) -> None:
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
