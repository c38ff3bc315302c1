"""New wishes: values, numbers, people, comparatives, children's ages and free words, each with how it was meant."""

from __future__ import annotations

import re

from parley.agent.ledger import ABOUT, EditAction, Hardness, Polarity, Wish
from parley.agent.understanding import social
from parley.agent.understanding.afterthoughts import REFUSED, REQUIRED, SOFTENED
from parley.agent.understanding.ages import AgeReader
from parley.agent.understanding.cues import Kind, State
from parley.agent.understanding.free_words import FreeWordReader
from parley.agent.understanding.measures import MeasureReader
from parley.agent.understanding.numbers import NumberReader
from parley.agent.understanding.reading import Reading, quote
from parley.agent.understanding.spans import ValueSpan
from parley.agent.understanding.speaker import SpeakerReader
from parley.agent.understanding.text import ROLE_MARK, VALUE_MARK
from parley.tools.items import PERSON

_NAMED = f"[{VALUE_MARK}{ROLE_MARK}]"
_CHANGED_MIND = re.compile(
    r"^(?:ok(?:ay)?|all ?right|fine|hmm+|hm|actually|well|oh|no wait|wait|right|go on|but|sure)\b|\b(?:then|after all|"
    r"actually|instead|on second thoughts?|changed my mind|for once|this time|let's (?:do|try|go)|now i|this once|just once|"
    r"(?:would be|is|are) (?:ok|okay|fine|all ?right)|forget what i said)\b"
)
"""What goes against an earlier word is then meant so."""
_ENOUGH = re.compile(rf"^{_NAMED}* enough\b")
_NOT_ENOUGH = re.compile(r"(?:\bnot|n't)(?: (?:have|quite|really|nearly|there))* enough (?:of )?(?:the |a )?$")
_STARTING = re.compile(
    r"\b(?:where|which (?:one|film|movie)|what)(?: \w+)? (?:do|should|would|can|to|shall) (?:i |we |you )?(?:start|begin|try first|watch first)"
)
"""Turns what is unknown into what is asked for: "never seen a Bergman film, where do I start?"."""
_TOO_MUCH = ("too", "way too", "a bit too", "a little too", "overly")
_PREDICATED = re.compile(
    r"\b(?:(?:it|that|they|this|those|these|he|she|everything|movie|film|acting|story|plot|one) (?:was|were|looked|seemed|felt)|"
    r"(?:if|since|because|cause|that|as|think|guess|heard|hear|know|sure) (?:it|they|that|she|he)(?:'s| is| are|'re)|"
    r"(?:find|found|thought) (?:it|him|her|them|that|this)(?: to be)?)"
    r"(?: (?:so|really|very|pretty|quite|just|also|too|kind of|kinda|super|extremely|actually|both|a bit|a little|still|all|such|an?|(?:\w+ly)))* $"
)
"""Before a word that says what one film is or was."""
_MAKES = re.compile(
    r" (?:make|made|makes|direct|directed|directs|shot)\b|(?: is| was|,)? (?:directing|behind the camera|as (?:a |the )?director|in the director's chair)\b"
)
"""After a name: what they make, and not what they are in."""
_SOONER = re.compile(r"\b(?:rather|sooner)\b[^.,!?]* than (?:(?:an?|any|some|another|yet|more|the|watch|see|have) )*$")
"""Before what is not wanted: "I'd rather watch a documentary than a drama"."""
_FAULT = re.compile(
    rf"^(?:(?:no|nah|nope|hmm+|hm|oh|sorry|ugh|meh|well|ok|okay|yeah)[,. ]+)*(?:all )?(?:a )?(?:bit|little|tad|touch|rather)(?: \w+ly)? "
    rf"{VALUE_MARK}+(?: (?:and|or) {VALUE_MARK}+)?(?:,? (?:for|isn't|aren't|maybe|i think|tonight|no)\b[^,]*)?[.!? ]*$"
)
"""Fault found with what was shown, and no more said: "bit slow for my liking"."""
_SET_IN = re.compile(
    r"\b(?:set|takes? place|taking place|happens|happening|plays|filmed|shot)(?: \w+)? (?:in|around|across) (?:the )?$"
)
_SEEN_ALL = re.compile(
    r"\b(?:seen|watched|saw|know|done)(?: (?:just about|nearly|almost|pretty much|basically))? (?:all|every|everything|each)"
    r"(?: (?:of|by|from|with|one|single|the|those|these|good|big|old|usual))* $"
)
_LIST = (
    rf"(?:\s|,|/|{_NAMED}|\b(?:films?|movies?|flicks?|or|and|even|maybe|perhaps|else|either|a|an|some|"
    r"something|anything|in|with|by|from|about|the|stuff|ones?|possibly|rated|failing that|if not)\b)*"
)


class WishReader:
    """Turns what a reading names into wishes."""

    def __init__(self, reading: Reading, numbers: NumberReader) -> None:
        self.r = reading
        self.numbers = numbers
        self.domain = reading.catalog.domain
        self.speaker = SpeakerReader(reading)
        self.measures = MeasureReader(reading, numbers)

    def read(self) -> None:
        children, free = AgeReader(self.r), FreeWordReader(self.r)
        children.read()
        children.read_limits()
        self.measures.read_by_degree()
        self.measures.read_against_slate()
        self._values()
        self.measures.read_bounds()
        self.speaker.read_subtitles()
        self.speaker.read_low_spirits()
        free.read_lightly()
        free.read()
        free.read_described()
        free.read_amounts()
        free.read_tastes()
        free.read_fault()
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
        if _SOONER.search(self.r.masked[: span.start]):
            return state._replace(kind=Kind.EXCEPT)
        if self.r.context.slate and _FAULT.match(self.r.masked):
            return state._replace(kind=Kind.LESS)
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
        if state.kind is Kind.UNSEEN and _STARTING.search(self.r.low):
            state = state._replace(kind=Kind.PLAIN)
        if state.kind is Kind.LESS and state.cue.startswith(_TOO_MUCH) and not self.r.context.slate:
            return []  # "not a fan of Nolan, too cold": a reason, where nothing is shown
        if self._said_of_one(spans[0]):
            return []
        if told or state.kind in (Kind.SEEN, Kind.UNSEEN, Kind.PASSED) or self.speaker.is_of_the_speaker(spans[0]):
            return []
        if self.r.is_measure(spans[0].start):
            return []
        spans = [self._as_maker(self._as_setting(span)) for span in spans]
        if spans[0].facet == "keyword" and not self._keyword_counts(spans[0]):
            return []
        shared = len(spans) > 1 and spans[0].facet == spans[1].facet
        if state.polarity is Polarity.AVOID and shared and self._together(spans[0], spans[1]):
            vocabulary = self.r.catalog.vocabulary
            return [min(spans, key=lambda s: len(vocabulary.get(s.facet, {}).get(s.value, ())))]
        return spans

    def _said_of_one(self, span: ValueSpan) -> bool:
        """ "I heard it was pretty funny", "sweet!": said of a film somebody knows, or of nothing, and no wish."""
        asked = self.r.context.elicitation
        if span.facet == "mood" and social.exclaims(self.r.low) and (asked is None or asked.facet != span.facet):
            return True
        before = self.r.masked_names[: span.start]
        return _PREDICATED.search(before) is not None and not _NOT_ENOUGH.search(before)

    def _as_setting(self, span: ValueSpan) -> ValueSpan:
        """ "set in Japan": where the story is, and not where the film was made."""
        if span.facet not in ("country", "language") or not _SET_IN.search(self.r.masked[: span.start]):
            return span
        themes = {v.casefold(): v for v in self.r.catalog.vocabulary.get("keyword", {})}
        known = themes.get(span.text.casefold())
        return span._replace(facet="keyword" if known else ABOUT, value=known or span.text)

    def _as_maker(self, span: ValueSpan) -> ValueSpan:
        """ "a Tarantino film": a name before the noun is who made it, if the person makes more than they act in."""
        roles = list(self.domain.roles)
        if span.facet != PERSON or len(roles) < 2:
            return span
        after = self.r.masked[span.end :]
        if _MAKES.match(after) and span.value in self.r.catalog.vocabulary.get(roles[0], {}):
            return span._replace(facet=roles[0])
        if not re.match(rf"(?:'s?)?(?: [a-z-]+| {VALUE_MARK}+)? ?(?:{self._nouns()}|{VALUE_MARK})", after):
            return span
        made, *other = (len(self.r.catalog.vocabulary.get(role, {}).get(span.value, ())) for role in roles)
        return span._replace(facet=roles[0]) if made > max(other) else span

    def _nouns(self) -> str:
        return "|".join((re.escape(self.domain.noun), re.escape(self.domain.plural), "movies?", "flicks?", "pictures?"))

    def _keyword_counts(self, span: ValueSpan) -> bool:
        """A theme counts where the sentence speaks of what items hold, not of the evening or of the speaker."""
        before = self.r.masked[: span.start]
        if re.match(rf" (?:{self._nouns()})\b", self.r.masked[span.end :]):
            return True
        return not re.search(
            r"\b(?:my|our|your|for (?:a|the)|as a|after (?:an?|the)|i'm a|i am a|we're|(?<!set )on) (?:\w+ )?$", before
        )

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
        if REFUSED.match(after):
            polarity, hardness = Polarity.AVOID, Hardness.HARD
        elif REQUIRED.match(after) and polarity is Polarity.WANT:
            hardness = Hardness.HARD
        elif SOFTENED.match(after) or (
            re.search(r"\b(?:(?:maybe|perhaps)(?! you\b)|ideally|preferably)\b", before_it)
            and polarity is Polarity.WANT
        ):
            hardness = Hardness.SOFT
        if span.facet == self.domain.age_kind and re.match(
            r"^(?: or (?:lower|less|below|under|milder)|,? (?:and )?(?:no|nothing|not) (?:higher|above|stronger|worse|more)| (?:max|at most|tops)| and (?:under|below))",
            after,
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
        if kind is Kind.MUST:
            self.r.edit(
                span.start, EditAction.HARDEN, Wish(facet=standing[-1].facet, value=span.value, words=wish.words)
            )
            return True
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
