"""Words that change wishes already made: take back, soften, harden, turn round, start over.

"forget the year", "any genre", "doesn't have to be French any more", "horror is fine actually", "the year is
a must", "the opposite of that". What these mean depends on the ledger, so they are read before new wishes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from parley.agent.ledger import ITEM, EditAction, Hardness, Polarity, Scope, Stance, Wish
from parley.agent.understanding.facet_names import facet_words
from parley.agent.understanding.figures import Bound
from parley.agent.understanding.overlooked import is_open
from parley.agent.understanding.reading import Reading
from parley.agent.understanding.remembered import forget_said
from parley.agent.understanding.text import ITEM_MARK, NUMBER_MARK, ROLE_MARK, VALUE_MARK
from parley.tools.items import PERSON
from parley.tools.kinship import opposite_of

_NAMED = f"[{VALUE_MARK}{NUMBER_MARK}{ROLE_MARK}]+"
_RESET = re.compile(
    r"\b(?:start (?:over|again|afresh|anew|from scratch)|from scratch|reset(?: (?:everything|all|it all))?|"
    r"new search|clean slate|begin again|"
    r"forget everything|clear (?:everything|all)|restart|forget (?:about )?all (?:that|of that|of it|my)|"
    r"forget it all|start from the beginning|wipe (?:everything|the slate))\b"
)
_LAST = re.compile(
    r"^(?:(?:no|ok|okay|oh|hmm|actually|wait|sorry|well|nah),? )*(?:forget (?:that|it|what i (?:just "
    r")?said|about (?:that|it))(?: last (?:one|bit|thing|part))?|scrap that|scratch that|ignore that|"
    r"undo(?: that)?|take that back|i take that back|never ?mind(?: that| what i said)?|cancel that|strike "
    r"that|disregard that)(?=$|[.,!;: ])"
)
_DROP = re.compile(
    r"^(?:(?:yes|yeah|yep|ok|okay|fine|sure|all right|alright|well|right|then|please|just|you can|so)[ ,]+)*"
    r"(?:drop|lose|skip|leave out|give up|let go of|do without|go without|forget|scrap|ditch|remove)(?: about)? "
    r"(?:it|that|them|those|this|that one|that wish|that bit|that part)(?: then| please| out)?[.! ]*(?=$|[,;]| and\b)"
)
_YES = re.compile(
    r"^(?:(?:oh|ok|okay|well|um|sure|yes|yeah|yep|yup|please|do|go ahead|go on|fine|of course|all right|alright|why not|"
    r"sounds good|do it|do that)[ ,]*)+[.! ]*$"
)
_OPPOSITE = re.compile(
    r"\b(?:the |exact |complete |total )*opposite(?: of (?P<what>\S+(?: \S+)?))?|\bthe other way (?:a)?round\b"
)


class ChangeReader:
    """Reads changes into a reading's edits, and marks their words as spent."""

    def __init__(self, reading: Reading, comparatives: Mapping[str, tuple[str, int]]) -> None:
        self.r = reading
        self.comparatives = comparatives
        self.names = facet_words(reading.catalog.domain)
        self.facet = "|".join(sorted(map(re.escape, self.names), key=len, reverse=True))

    def read(self) -> None:
        text = self.r.masked_names
        reset = _RESET.search(text)
        if reset:
            self.r.edit(reset.start(), EditAction.RESET, None)
            self.r.spend(*reset.span())
        if not forget_said(self.r) and not self._drop_offered(text):
            self._take_back_last(text)
        self._turn_round(text)
        self._by_facet(text)
        self._lift_bound()
        self._by_value(text)
        self._firmness(text)

    def _drop_offered(self, text: str) -> bool:
        """ "ok, drop that" after we named the wish that stands in the way; "yes" where we asked."""
        offered = [w for w in self.r.context.ledger.active if w.wish_id in self.r.context.offered]
        match = _DROP.match(text) or (_YES.match(text) if self.r.context.asked_to_drop else None)
        if not offered or not match:
            return False
        self.r.spend(*match.span())
        for wish in offered:
            self._retract(match.start(), wish.facet, wish.value, match.group())
        return True

    def _take_back_last(self, text: str) -> None:
        match = _LAST.match(text)
        if not match or _RESET.search(text):
            return
        follows = re.match(rf"[ ,]*(?:about )?(?:the |my )?(?:(?:{self.facet})\b|{_NAMED})", text[match.end() :])
        if follows and match.group().rstrip().endswith(("mind", "about", "said")):
            return
        self.r.spend(*match.span())
        if "mind" in match.group() and self.r.latest_turn < self.r.context.turn - 1:
            return  # what was said just before changed nothing, so there is nothing to take back
        for wish in self.r.context.ledger.active:
            if wish.turn == self.r.latest_turn and wish.scope is not Scope.STANDING:
                self._retract(match.start(), wish.facet, wish.value, match.group())

    def _turn_round(self, text: str) -> None:
        match = _OPPOSITE.search(text)
        if not match:
            return
        self.r.spend(*match.span())
        after = self.r.items_in(match.start(), len(text))
        if after and ITEM_MARK in (match.group("what") or "") and not after[0].is_pronoun:
            item = self.r.catalog[after[0].item_ids[0]]
            self.r.spend(after[0].start, after[0].end)
            self.r.edit(
                match.start(),
                EditAction.ADD,
                Wish(facet=ITEM, value=item.item_id, stance=Stance.REJECT, words=match.group()),
            )
            for kind in self.r.catalog.domain.kinds:
                if is_open(self.r.catalog, kind) and kind == "mood":
                    for value in item.values(kind)[:3]:
                        self._add(match.start(), kind, value, Polarity.AVOID, Hardness.SOFT, match.group())
            return
        named = self.r.values_in(match.start(), len(text))
        if named and (match.group("what") or "").find(VALUE_MARK) >= 0:
            self.r.spend(named[0].start, named[0].end)
            self._add(match.start(), named[0].facet, named[0].value, Polarity.AVOID, Hardness.HARD, match.group())
            return
        said = self.r.values_in(match.end(), len(text))
        if said:  # "the opposite: warm and gentle" says itself what the opposite is
            for facet in dict.fromkeys(v.facet for v in said):
                for wish in self.r.active(facet, polarity=Polarity.WANT):
                    if not {v.casefold() for v in wish.values} & {v.value.casefold() for v in said}:
                        self._retract(match.start(), facet, wish.value, match.group())
            return
        meant = self.names.get(re.sub(r"^(?:that|the|this|my) ", "", (match.group("what") or "").strip(" .,:;")))
        turned = [
            wish
            for wish in self.r.context.ledger.facet_wishes()
            if wish.facet == meant or (meant is None and wish.turn == self.r.latest_turn)
        ]
        qualities = [wish for wish in turned if wish.is_number or is_open(self.r.catalog, wish.facet)]
        for wish in qualities or turned:
            self._flip(match.start(), wish, match.group())
        for wish in turned if qualities else ():  # the opposite of a slow, sad drama is no drama of another kind
            if wish not in qualities and wish.polarity is Polarity.WANT:
                self._retract(match.start(), wish.facet, wish.value, match.group())

    def _flip(self, at: int, wish: Wish, words: str) -> None:
        if wish.is_number:
            low = None if wish.lte is None else wish.lte + 1
            high = None if wish.gte is None or wish.lte is not None else wish.gte - 1
            flipped = wish.model_copy(update={"gte": low, "lte": high, "words": words, "wish_id": ""})
        else:
            other = Polarity.AVOID if wish.polarity is Polarity.WANT else Polarity.WANT
            flipped = wish.model_copy(update={"polarity": other, "words": words, "wish_id": ""})
        self.r.edit(at, EditAction.ADD, flipped, changes_mind=True)
        opposite = opposite_of(self.r.catalog.domain.name, wish.facet, wish.value)
        if wish.polarity is Polarity.WANT and opposite in self.r.catalog.vocabulary.get(wish.facet, {}):
            self._add(at, wish.facet, opposite, Polarity.WANT, Hardness.SOFT, words)

    def _by_facet(self, text: str) -> None:
        """ "forget the year", "any genre", "the length doesn't matter"."""
        f = rf"(?P<facet>{self.facet})\b"
        patterns = (
            r"\b(?:forget|never ?mind|ignore|drop|remove|scrap|cancel|take (?:back|off|out)|scratch|lift|"
            rf"clear|lose)(?: about| the| that| what i said about| my| whole| all)* {f}(?: (?:thing|limit|"
            r"filter|restriction|constraint|requirement|wish))?",
            rf"\b(?:any|whatever|whichever|all) {f}(?! (?:is|was|but|except|other) )(?: (?:is|will|works?|would|goes|do|be|"
            r"fine|ok|okay|good|really|at all|you (?:like|want)))*(?=$|[.,!;]| and\b| but\b| now\b| "
            r"actually\b| please\b)",
            rf"\b(?:any|whatever|whichever) {f} (?:is|will|would|works|goes|do)[^.,!;]*",
            rf"\b(?:the )?{f} (?:really )?(?:doesn't|does not|don't|isn't|is not|needn't) (?:really "
            r")?(?:matter|important|that important|a big deal|relevant|be (?:that|strict))[^.,!;]*",
            r"\b(?:don't|do not|no longer) (?:really )?(?:care|mind|bother|fuss) (?:about |what |which |"
            rf"how |for )?(?:the )?{f}(?: any ?more| it is| it has| of)?",
            r"\b(?:no preference|not fussy|not picky|not bothered|don't mind|easy) (?:on|for|about|"
            rf"regarding|when it comes to|as to) (?:the )?{f}",
            rf"\b(?:doesn't|does not|don't) matter (?:what |which |how )?(?:the )?{f}",
            rf"\b(?:the )?{f}(?:'s| is| are|'re)(?: not| no longer|n't)(?: really| such)? (?:an issue|a problem|a concern|a factor|a worry)(?: any ?more| now)?",
            rf"\b(?:the )?{f} can be (?:anything|whatever|any)",
            rf"\bno (?:more )?{f} (?:limit|filter|restriction|constraint|requirement)",
            rf"^(?:(?:ok|okay|and|so|then|now|try|just)[ ,]+)*without (?:the |my |that ){f}(?: (?:limit|wish|bit|part))?",
        )
        for pattern in patterns:
            for match in re.finditer(pattern, text):
                if self.r.is_spent(*match.span()):
                    continue
                self.r.spend(*match.span())
                facet = self.names[match.group("facet")]
                if re.search(r"\bage (?:limit|restriction|rating)", match.group()):
                    facet = self.r.catalog.domain.age_kind or facet
                targets = self._facets_meant(facet)
                also = re.search(rf"\b(?P<first>{self.facet}) (?:and|or) (?:the )?$", text[: match.start()])
                targets += self._facets_meant(self.names[also.group("first")]) if also else []
                more = re.match(rf"(?:(?:,| and| or|, and) (?:the |my )?(?:{self.facet})\b)+", text[match.end() :])
                if more:
                    self.r.spend(match.end(), match.end() + more.end())
                    for name in re.findall(rf"\b(?:{self.facet})\b", more.group()):
                        targets += self._facets_meant(self.names[name])
                for target in dict.fromkeys(targets):
                    self._retract(match.start(), target, "", match.group())

    def _lift_bound(self) -> None:
        """ "longer is fine", "I don't mind older ones": the bound on that side no longer holds."""
        words = "|".join(sorted(map(re.escape, self.comparatives), key=len, reverse=True))
        pattern = (
            rf"\b(?P<a>{words})(?: \w+)? (?:is|are|would be|'s) (?:\w+ )?(?:fine|ok|okay|alright|all right|good too|no problem)\b|"
            rf"\b(?:don't mind|can be|may be|could be|okay with|ok with|fine with)(?: a bit| a little| something| some)? (?P<b>{words})\b(?! than)"
        )
        for match in re.finditer(pattern, self.r.low) if words else ():
            facet, side = self.comparatives[match.group("a") or match.group("b")]
            for wish in self.r.active(facet, polarity=Polarity.WANT):
                if (wish.lte if side > 0 else wish.gte) is not None:
                    self.r.spend(*match.span())
                    self._retract(match.start(), facet, "", match.group())

    def _facets_meant(self, facet: str) -> list[str]:
        """Role words cover "person" and the reverse, as the ledger has them."""
        roles = [*self.r.catalog.domain.roles, PERSON]
        if facet in (PERSON, "cast"):
            held = [f for f in roles if f != "director" and self.r.active(f)]
            return held or [facet]
        return [facet]

    def _by_value(self, text: str) -> None:
        """ "doesn't have to be French any more", "horror is fine after all", "forget Tom Hanks"."""
        gone = (
            r"\b(?:forget|never ?mind|ignore|remove|scrap|cancel|take (?:back|off|out)|scratch|drop|lose|"
            r"skip|ditch|clear)(?: about| the| that| what i said about| my| bit| part| thing)* "
            rf"(?P<v>{_NAMED}(?:(?:,| and| or) (?:the |a )?{_NAMED})*)",
            r"\b(?:doesn't|don't|does not|do not|needn't|need not|no need for it|not necessarily)(?: "
            r"really| necessarily| actually)?(?: need| have| has)?(?: to)? (?:be|have|star|be from|be in|"
            rf"have to be)(?: in| from| a| an| with| only| made| directed by)* ?(?P<v>{_NAMED})(?: "
            r"(?!but\b)\w+)?(?: any ?more| any longer| after all)?",
            r"\b(?:don't|no longer|do not) (?:really )?(?:need|want|care about|care for|insist on|have to "
            rf"have)(?: it to be| a| an| any| the)? ?(?P<v>{_NAMED})(?: \w+)? (?:any ?more|any longer|"
            r"after all|now)",
            rf"\b(?:i|we) (?:said|asked for|told you|mentioned|wanted)(?: no| not| without| nothing| a| an| some)*(?: to)? (?P<v>{_NAMED})[^.!?]*"
            r"\b(?:changed my mind|take (?:it|that) back|didn't mean (?:it|that)|was wrong)\b",
            rf"\b(?:does|do|must) (?:it|they) (?:really |absolutely )?(?:have to|need to) (?:be|have|star)(?: in| a| an| by| from)? (?P<v>{_NAMED})",
            rf"\bnot necessarily (?:a |an |in |from |with |by )?(?P<v>{_NAMED})",
            rf"\bno need (?:for|to have)(?: the| a)? (?P<v>{_NAMED})",
            rf"\b(?:not|n't) (?P<v>{_NAMED}) any ?more",
        )
        for pattern in gone:
            for match in re.finditer(pattern, text):
                self._take_back(match)
        fine = (
            rf"(?P<v>{_NAMED})(?: (?:films?|movies?|stuff|ones?))?(?: |(?='s))(?:is|are|would be|'s|can be|will be|"
            r"might be|works?)(?: actually| totally| also| perfectly| now)?"
            r" ?(?:fine|ok|okay|alright|all right|acceptable|cool|allowed|good|no problem|not a "
            r"problem)?(?P<too> (?:too|as well|also))?(?: after all| now| again| by me| with me| then| "
            r"actually| tonight)*(?=$|[.,!;]| but\b| and\b)"
        )
        for match in re.finditer(fine, text):
            if re.search(r"fine|ok|alright|all right|acceptable|cool|allowed|good|problem|work", match.group()):
                self._allow(match)
        for match in re.finditer(
            r"\b(?:don't mind|okay with|ok with|fine with|can (?:do|handle|live with)|allow|bring back|"
            rf"changed my mind about)(?: some| a bit of| a little| the| having)? (?P<v>{_NAMED})(?P<too> "
            r"too| as well)?",
            text,
        ):
            self._allow(match)

    def _take_back(self, match: re.Match[str]) -> None:
        start, end = match.span("v")
        if self.r.is_spent(start, end):
            return
        later = re.match(
            r",? but (?:it )?(?:would be nice|i'd prefer|preferably|ideally|nice to have|a plus)",
            self.r.masked[match.end() :],
        )
        done = False
        for value in self.r.values_in(start, end):
            if self.r.active(value.facet, value.value):
                action = EditAction.SOFTEN if later else EditAction.RETRACT
                wish = Wish(facet=value.facet, value=value.value, words=match.group())
                self.r.edit(match.start(), action, wish)
                done = True
        for bound in self.r.bounds_in(start, end):
            if self.r.active(bound.facet):
                self._retract(match.start(), bound.facet, "", match.group())
                done = True
        if done or re.search(r"(?:to|necessarily) (?:be|have|star)", match.group()):
            self.r.spend(*match.span())

    def _allow(self, match: re.Match[str]) -> None:
        start, end = match.span("v")
        if self.r.is_spent(start, end):
            return
        for value in self.r.values_in(start, end):
            self.r.spend(*match.span())
            regretted = "changed my mind" in match.group() and self.r.active(value.facet, value.value)
            if regretted or self.r.active(value.facet, value.value, Polarity.AVOID):
                self._retract(match.start(), value.facet, value.value, match.group())
            elif self.r.active(value.facet, polarity=Polarity.WANT):
                self._add(
                    match.start(),
                    value.facet,
                    value.value,
                    Polarity.WANT,
                    Hardness.SOFT,
                    match.group(),
                    alternative=True,
                )
            else:
                self._add(match.start(), value.facet, value.value, Polarity.WANT, Hardness.SOFT, match.group())
        for bound in self.r.bounds_in(start, end):
            if self.r.active(bound.facet):
                self.r.spend(*match.span())
                if bound.vague:
                    self._retract(match.start(), bound.facet, "", match.group())
                else:
                    self._widen(match.start(), bound)

    def _widen(self, at: int, bound: Bound) -> None:
        """ "two and a half hours would be ok": a figure allowed moves the limit that stood in its way."""
        low, high, hardness = bound.gte, bound.lte, bound.hardness
        if (low is None) != (high is None) and any(
            (w.lte if low is not None else w.gte) is not None
            for w in self.r.active(bound.facet, polarity=Polarity.WANT)
        ):
            self._retract(at, bound.facet, "", self.r.words(bound.start, bound.end))  # "longer than two hours is fine"
            return
        if low is not None and high is not None:
            middle = (low + high) / 2
            limits = self.r.active(bound.facet, polarity=Polarity.WANT)
            if any(w.lte is not None and w.gte is None and w.lte < high for w in limits):
                low, high, hardness = None, middle if hardness is Hardness.SOFT else high, Hardness.HARD
            elif any(w.gte is not None and w.lte is None and w.gte > low for w in limits):
                low, high, hardness = middle if hardness is Hardness.SOFT else low, None, Hardness.HARD
        words = self.r.words(bound.start, bound.end)
        self.r.edit(at, EditAction.ADD, Wish(facet=bound.facet, gte=low, lte=high, hardness=hardness, words=words))

    def _firmness(self, text: str) -> None:
        """ "the year is a must", "flexible on the language"."""
        what = (
            rf"(?:(?P<facet>{self.facet})\b|(?P<v>{_NAMED}))(?: (?:part|bit|thing|limit|wish|film|films|movie|movies))?"
        )
        softer = (
            rf"(?:the )?{what} (?:is|are|isn't|aren't|was)(?: just)? ?(?:not |only )?(?:a must|that "
            r"important|so important|important|essential|necessary|crucial|required|a preference|a nice[- ]to[- "
            r"]have|optional|strict|negotiable|a deal[- ]?breaker)",
            rf"{what} would be (?:nice|good|great|lovely|ideal|a bonus),? but (?:it )?(?:isn't|is not|it's not|not) (?:a must|essential|"
            r"necessary|required|crucial|a deal[- ]?breaker)",
            rf"(?:not|n't) (?:that |so |too )?strict (?:about|on|with) (?:the )?{what}",
            r"\b(?:flexible|relaxed|easy|not set|not hung up|not too fussed|lenient) (?:on|about|with|"
            rf"regarding) (?:the )?{what}",
        )
        harder = (
            rf"(?:the )?{what} (?:is|are) (?:really |absolutely |very |definitely )?(?:a must|essential|"
            r"non[- ]?negotiable|important|a requirement|required|mandatory|crucial|vital|key|a deal[- "
            r"]?breaker)",
            r"\b(?:strict (?:about|on|with)|serious about|i insist on|insist on|i mean it about|i meant "
            rf"it about|really do (?:want|need|mean))(?: the| it to be| it being)? {what}",
            rf"(?:it )?really (?:must|has to|needs to) be (?:in |from )?{what}",
        )
        for patterns, action in ((softer, EditAction.SOFTEN), (harder, EditAction.HARDEN)):
            for pattern in patterns:
                for match in re.finditer(pattern, text):
                    if not self.r.is_spent(*match.span()):
                        self._firm(match, action)

    def _firm(self, match: re.Match[str], action: EditAction) -> None:
        plainly_not = re.search(r"isn't|aren't|\bnot\b", match.group())
        if (
            action is EditAction.SOFTEN
            and not plainly_not
            and not re.search(r"preference|optional|nice|negotiable|flexible|relaxed|easy|lenient", match.group())
        ):
            return
        hardness = Hardness.SOFT if action is EditAction.SOFTEN else Hardness.HARD
        self.r.spend(*match.span())
        if match.group("facet"):
            self.r.edit(match.start(), action, Wish(facet=self.names[match.group("facet")], words=match.group()))
            return
        for value in self.r.values_in(*match.span("v")):
            if self.r.active(value.facet, value.value):
                self.r.edit(match.start(), action, Wish(facet=value.facet, value=value.value, words=match.group()))
            else:
                self._add(match.start(), value.facet, value.value, Polarity.WANT, hardness, match.group())
        for bound in self.r.bounds_in(*match.span("v")):
            wish = Wish(facet=bound.facet, gte=bound.gte, lte=bound.lte, hardness=hardness, words=match.group())
            self.r.edit(match.start(), EditAction.ADD, wish)

    def _retract(self, at: int, facet: str, value: str, words: str) -> None:
        self.r.edit(at, EditAction.RETRACT, Wish(facet=facet, value=value, words=words.strip()))

    def _add(
        self,
        at: int,
        facet: str,
        value: str,
        polarity: Polarity,
        hardness: Hardness,
        words: str,
        *,
        alternative: bool = False,
    ) -> None:
        clean_words = words.strip() if not re.search("[\ue000-\ue003]", words) else self.r.words(at, at + len(words))
        wish = Wish(facet=facet, value=value, polarity=polarity, hardness=hardness, words=clean_words)
        self.r.edit(at, EditAction.ADD, wish, alternative=alternative)
