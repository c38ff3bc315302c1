"""Questions about items, told apart from requests for items.

"who directed the second one?", "is it ok for kids?", "compare Alien and Aliens", "why this?" are questions;
"what should I watch?", "any good thrillers?", "what about a comedy?" are requests.
"""

from __future__ import annotations

import itertools
import re

from parley.agent.messages import Question
from parley.agent.understanding import social
from parley.agent.understanding.cues import Kind
from parley.agent.understanding.facet_names import facet_words
from parley.agent.understanding.reading import Reading
from parley.agent.understanding.remembered import ABOUT_USER, asks_what_is_known
from parley.agent.understanding.text import EMPTY_WORDS, ITEM_MARK, VALUE_MARK
from parley.agent.understanding.unrecorded import OTHER, asks, unrecorded
from parley.tools.items import PERSON, Domain

_I = f"{ITEM_MARK}+"
_REQUEST = re.compile(
    r"\b(?:what|which)(?: \w+){0,2} (?:should|can|could|shall|would) (?:i|we|my \w+) (?:\w+ )?(?:watch|see|"
    r"try|read|play)|\b(?:recommend|suggest) (?:me|us|some|a|any|something|films?|movies?)\b|"
    r"\b(?:can|could|would) you (?:please )?(?:recommend|suggest|find|give|show)\b|\bdo you (?:have|"
    r"know)(?: of)? (?:any|some|a|something|others?|more)\b|\b(?:is|are) there (?:any|a|an|some|"
    r"anything|something)\b(?! (?:[^?]{2,40} in|(?:\w+ )?(?:sequels?|prequels?|remakes?|follow-?ups?) (?:to|of)) \ue000+ ?\?)|"
    r"\bany (?:good|other|more|recommendations?|suggestions?|ideas|films?|movies?)\b|^(?:what|how) about "
    r"(?!it\b|the (?:cast|director|plot))|\bgot any|\bwhat else\b|\bwhat do you (?:have|recommend|suggest|"
    r"got)\b|"
    r"\bwhat(?:'s| is) (?:a )?good\b|\bwho else\b.*\blike\b|\b(?:something|anything) (?:like|similar)\b"
)
_SUITABLE = (
    r"\b(?:is|are|would|was|will)\b[^.!?]*\b(?:ok|okay|suitable|appropriate|fine|good|safe|alright|all "
    r"right|right|scary|violent|rude|too \w+)\b[^.!?]*\bfor\b[^.!?]*\b(?:kids?|child(?:ren)?|\d+[- "
    r"]?(?:year|yr)|teens?|teenagers?|toddlers?|family|son|daughter|little|young|ages?)"
    r"|\b(?:is|are|would) [^.!?]{1,40}\b(?:ok|okay|suitable|appropriate|fine|safe|all ?right|too (?:scary|violent|rude|"
    r"adult|grown[- ]up)) for (?:him|her|them|that age)\b"
    rf"|\b(?:is|are) {_I}(?: \w+)? for (?:the )?(?:kids|children|families|little ones|toddlers|adults only)\b"
    r"|\b(?:can|could|would|will|should|might) (?:my |the |our |an? )?(?:[\w]+[- ]year[- ]olds?|kids?|child(?:ren)?|son|daughter|teen(?:ager)?s?|"
    r"toddlers?|little ones?|niece|nephew|grandkids?|grand(?:son|daughter))\b[^?]*\b(?:watch|see|enjoy|like|love|cope|handle|manage|follow|understand|sit through|get "
    r"(?:it|scared|bored)|be (?:ok|okay|fine|all right|scared|bored|frightened))\b[^?]*\?"
    r"|\b(?:kid|child|family)[- ]?friendly\b(?=[^.!]*\?)|\bcan (?:my |the |our |i |we )?(?:kids?|children|"
    rf"son|daughter|\d+)[^.!?]* (?:watch|see)|\bcan (?:i|we) (?:watch|see) (?:{_I}) with (?:my |the |our "
    r")?(?:kids?|children|son|daughter|family|\d)|\b(?:what(?:'s| is|s)?|which) (?:its |the |it )?(?:age "
    r")?(?:rating|rated|certificate)|\bhow (?:violent|scary|gory|bloody|explicit) (?:is|are)|\bwhat(?:'s| "
    rf"is) (?:{_I}) rated|\bage (?:rating|limit) (?:of|for)|\bis (?:there|it)[^.!?]*\b(?:nudity|swearing|"
    r"sex scenes?)\b|\bsuitable for\b[^.!]*\?"
)
_PATTERNS: tuple[tuple[str, str], ...] = (
    (
        "why",
        r"\bwhy (?:you |this|that|these|those|did you|do you|are you|would (?:i|you)|should i|him|her|them|on earth|"
        r"is (?:it|that|this) (?:here|on)|recommend|suggest|"
        + _I
        + r")|\bwhy\?|^why\b(?! (?:not|don't))|\bhow come you\b|\bwhat makes you (?:think|say|suggest|recommend)|"
        r"\bhow did you (?:pick|choose|come up)|\bwhat's the reason\b|\breason for (?:this|that|the)\b",
    ),
    ("suitable", _SUITABLE),
    (
        "compare",
        rf"\bcompare\b|{_I} (?:vs\.?|versus) {_I}|\bdifferences? between\b|\bwhich (?:one |of (?:them|these|"
        rf"those|the \w+|{_I}) |two |film |movie |{_I} )?(?:is|are|was|'s|has|would|do you)(?! (?:about|there|"
        r"that|called))|\bwhich(?: one)?(?: of (?:these|those|them|the (?:two|three)))? (?:is|was|would be)? "
        rf"?(?:the )?\w+(?:er|est)\b|\b(?:how (?:does|do|is|are)|is|are|was) {_I}[^.?!]* (?:compared? (?:to|"
        rf"with)|than|different from|as (?:\w+) as) {_I}|\bwho (?:would|will|might|could|should) (?:like|enjoy|prefer|love|"
        rf"want|watch|pick|choose)\b|\bwhat(?:'s| is) (?:the )?(?:\w+er|{VALUE_MARK}+),? {_I},? or {_I}|\b(?:is|was) {_I} or {_I} (?:the )?\w+er\b|"
        rf"^(?:\W|hmm+|so|ok|okay|well|oh|and|but)*{_I} or {_I} ?\?|\bhow does {_I}[^.?!]*(?:compare|stack up)|\bdo {_I} "
        rf"and {_I}|\b(?:are|were|is) {_I} and {_I} (?:\w+ )?(?:connected|related|similar|linked|alike|the same|set in the same)\b",
    ),
    (
        "director",
        rf"\b(?:did|does) {VALUE_MARK}+ direct\b|"
        r"\bwho(?:'s| is| was| were)? (?:the )?(?:directed|director|directors|made|helmed|filmed|behind)\b|"
        r"(?<!by the )(?<!from the )\bdirector (?:of|is)\b|\bdirected by whom\b|\bwhat director\b|\bwhich director\b|\bwhose (?:film|"
        r"movie) (?:is|was)\b",
    ),
    (
        "cast",
        r"\bwho(?:'s| is| was| are| were|all is| else is| all)?(?: all| else)? ?(?:in|starring|stars|starred|"
        r"star|plays|played|acts|acting|acted|the (?:main )?(?:actors?|actress|leads?|cast|stars?|lead actor|"
        r"lead))\b|(?<!with the )(?<!by the )\b(?:cast|actors?|stars) (?:of|in|for) (?:it\b|that|this|"
        + _I
        + r")|\bwhat (?:actors?|cast)\b|\bwhich actors?\b|\bwho do(?:es)? (?:it|"
        + _I
        + r") star",
    ),
    (
        "year",
        r"\bwhen (?:was|did|is|were|does)\b|\b(?:what|which) (?:year|decade)\b|\bhow (?:old|recent|new) (?:is|"
        rf"are|was) (?:{_I})|\brelease (?:date|year)\b|\byear (?:did|was|of|is) |\bwhat year\b",
    ),
    (
        "runtime",
        r"\bhow long\b|\bhow many (?:minutes|hours)\b|\brun ?time (?:of|is)\b|\brunning time\b|\bwhat(?:'s| is) the (?:length|duration|"
        r"runtime|run time)\b|\blength of\b",
    ),
    (
        "text",
        rf"\bwhat(?:'s| is|s| was| are|re)? (?:{_I}|it|that|this|they|these|those|he|the story)(?:'s| is)?(?: "
        r"all| really| actually)? about\b|\b(?:plot|synopsis|storyline|premise|summary|gist|rundown|low-?down)\b|\bwhat happens\b|"
        rf"\b(?:the )?story (?:of|behind) {_I}|\bwhat's (?:the )?(?:story|plot)\b|\b(?:tell me|know|hear|learn|"
        rf"say)(?: a bit| a little| some)?(?: more| something)? about (?:{_I})|\bmore (?:info|details|"
        rf"information)? ?(?:about|on) {_I}|\bdescribe {_I}|\bwhat (?:is|'s) {_I}(?=[?]|$)|\bwhat are (?:{_I}) "
        r"about",
    ),
    (
        "genre",
        r"\bwhat (?:genre|kind of (?:film|movie|thing)|type of (?:film|movie)|sort of (?:film|movie)) (?:is|"
        r"are|was)\b|\bwhat genre\b",
    ),
    (
        "language",
        rf"\b(?:has|have|does|do|is|are) (?:{_I})(?: \w+)? (?:subtitles|subtitled|dubbed|a dub)\b|"
        r"\bwhat language\b|\bin (?:english|what language)\?|\b(?:is|are) (?:"
        + _I
        + r") (?:in english|subtitled|dubbed)",
    ),
    (
        "country",
        rf"\bwhere (?:is|was|were) (?:{_I})(?: \w+)? (?:from|made|filmed|shot|produced|set)|\bwhat country\b|"
        r"\bwhich country\b",
    ),
    (
        "opinion",
        rf"(?:^|, |\band )(?:is|was|are|were|does|did|has|have) {_I} (?!too\b|not\b)[^?]{{2,60}}\?$",
    ),
    ("item", rf"^(?:what|how) about {_I} ?\??$|^(?:do you (?:have|know|stock)|have you got|got) {_I} ?\?$"),
    (
        "opinion",
        rf"\b(?:would|will|might) (?:i|we) (?:really |actually )?(?:like|enjoy|love) {_I}|"
        rf"\b(?:is|are|was|were) there (?:an?|any|anything|some|something|much|lots? of)\b[^?]{{1,40}} in {_I} ?\?|"
        rf"\bwho (?:would|might|will|could) (?:like|enjoy|prefer|love)\b|\b(?:is|are|was) (?:{_I})(?: really| actually)? (?:any )?(?:good|worth|funny|scary|sad|boring|"
        r"violent|long|slow|dark|weird|romantic|exciting|old|new)\b|\bworth (?:watching|it|seeing)\b|\bwhat "
        rf"do you think (?:of|about)\b|\bthoughts on\b|\bwould you recommend {_I}|\bhave you (?:seen|"
        r"watched)\b|\bdo you (?:like|love|enjoy)\b|\bwhat(?:'s| is) your (?:fav|opinion|take)|\bdid you "
        rf"(?:like|enjoy|see)\b|\bhow (?:good|popular) (?:is|are)\b|\bhow is (?:{_I})\b|\bis (?:{_I}) (?:[a-z "
        rf"]+ )?{VALUE_MARK}|\b(?:has|have) {_I} got\b|\bdo(?:es)? (?:{_I}) (?:have|star|feature|contain|include)\b|\b(?:is|was|are) "
        rf"{VALUE_MARK}+ in (?:{_I})|\bdid {VALUE_MARK}+ (?:direct|make|star)|\bheard of\b",
    ),
)


_FOR_ITEMS = re.compile(
    r"\b(?:something|anything|films?|movies?|books?|games?|titles?|recommend\w*|suggest\w*|but|after|instead|like|similar|more|"
    r"how about|what about)\b|\b(?:do|have) you\b|\b(?:can|could|should|shall|may|will) (?:i|we)\b"
)
"""What makes a question a request, or one about watching: it names an item without asking what the item is."""
_PLAIN = (Kind.PLAIN, Kind.WANT, Kind.HEDGE, Kind.TOPIC)


_SUPERLATIVE = re.compile(
    r"^(?:(?:ok(?:ay)?|and|so|but|hmm+|well|cool|nice|thanks|right)\b,? )*(?:[^.?!]{0,60}, (?=which|what))?"
    r"(?P<which>(?:which|what)(?: (?:one|of (?:these|those|them|the (?:five|four|three|two))))?(?: (?:films?|movies?|one))?"
    r"(?: is|'s| was| would be| do you think is)? |what about |how about )?"
    r"(?:the |your )?(?:\w{3,}est|most \w+|least \w+)(?: (?:one|films?|movies?))?"
    r"(?: (?:like (?:it|that|this)|similar(?: to (?:it|that))?|of (?:these|those|them|all|the (?:lot|five|four|three|two))|"
    r"among (?:these|those|them)|here|there|then))*[?.! ]*$"
)


_SINCE_LIKED = re.compile(
    r"\b(?:if|since|given that|considering|because|seeing as) (?:i|we) (?:\w+ )?(?:like|love|enjoy)d?(?:ed)?\b"
)
"""Gives the reason for a question, and is none: "would I like Whiplash if I liked Black Swan?"."""
_FACET_ALONE = re.compile(
    r"^(?:(?:ok(?:ay)?|and|so|but|hmm+|right|cool|what about|how about|also|what's)\b,? ?)*(?:the |its |it's |their )?(?P<name>[a-z' ]{3,24}?) ?\?$"
)
_UNDECIDED = re.compile(
    r"\b(?:can't|cannot|can not|couldn't|hard to|difficult to|unable to) (?:really )?(?:decide|choose|make up my mind|pick)\b|"
    r"^(?:just|only) (?:the )?one(?: please| of them)?[.! ]*$|"
    r"\bhelp (?:me|us) (?:to )?(?:decide|choose|pick)\b|\btorn between\b|\bdon't know which\b"
)


def _facet_patterns(domain: Domain) -> tuple[tuple[str, str], ...]:
    """Questions any facet can be asked about, in the domain's own words: "who is the author of", "how many pages"."""
    found = []
    for role, info in domain.roles.items():
        verb = "|wrote|written by whom" if role in ("author", "writer") else ""
        names = f"{re.escape(role)}|{re.escape(info.label.lower())}"
        found.append(
            (role, rf"\bwho(?:'s| is| was| are| were)? (?:the )?(?:{names}{verb})\b|\b(?:what|which) (?:{names})\b")
        )
    for facet, label in [(k, i.label) for k, i in domain.kinds.items()] + [
        (n, i.label) for n, i in domain.numbers.items()
    ]:
        names = f"{re.escape(facet)}|{re.escape(label.lower())}"
        found.append((facet, rf"\b(?:what(?:'s| is| are| was)?(?: the| its)?|which|how many) (?:{names})s?\b"))
    return tuple(found)


class QuestionReader:
    """Finds the question of an utterance, if it asks one about items."""

    def __init__(self, reading: Reading) -> None:
        self.r = reading
        self.patterns = (*_PATTERNS[:-1], *_facet_patterns(reading.catalog.domain), _PATTERNS[-1])

    def read(self) -> tuple[Question | None, bool]:
        """(the question or None, does it ask for an opinion)."""
        if asks_what_is_known(self.r.low):
            self.r.spend(0, len(self.r.text))
            return Question(field=ABOUT_USER, words=self.r.text), False
        named = self._by_name_of_facet()
        if named is not None:
            self.r.spend(0, len(self.r.text))
            return named, False
        of_slate = self._superlative() or self._undecided()
        if of_slate is not None:
            self.r.spend(0, len(self.r.text))
            return of_slate, False
        for start, end in self._sentences():
            sentence = self.r.masked[start:end]
            untold = self._unrecorded(start, end)
            if untold is not None:
                return untold, False
            for field, pattern in self.patterns:
                match = re.search(pattern, self.r.masked_items[start:end] if field == "suitable" else sentence)
                if (
                    match is None
                    or self.r.is_spent(start + match.start(), start + match.end())
                    or (field not in ("why", "compare", "item") and self._is_request(sentence, match))
                ):
                    continue
                if field == "compare" and not self._comparable(start, end, match):
                    continue
                because = _SINCE_LIKED.search(sentence, match.end())
                end = start + because.start() if because else end
                question = self._question(field, start, end, min(end, start + match.end()))
                if question is not None:
                    self.r.spend(start, end)
                    return question, field == "opinion"
        return self._unplaced(), False

    def _unrecorded(self, start: int, end: int) -> Question | None:
        """ "who wrote Alien?", "is it on netflix?": asked of an item, and of what no entry tells."""
        low = self.r.masked_items[start:end]
        subject = unrecorded(low.strip(), self.r.catalog.domain)
        if not subject or _REQUEST.search(low) or self.r.is_spent(start, end) or "i mean" in self.r.low[end:]:
            return None
        about = tuple(dict.fromkeys(i for s in self.r.items_in(start, end) for i in s.item_ids))
        if not about and _FOR_ITEMS.search(low):
            return None
        about = about or (self.r.context.slate if re.search(r"\bwhich\b|\bany of\b", low) else self._focus())
        if not about:
            return None
        self.r.spend(start, end)
        return Question(about=about, field=subject, words=self.r.words(start, end))

    def _unplaced(self) -> Question | None:
        """ "did Alien do well in Japan?": plainly a question about an item, though not one that we can place."""
        for start, end in self._sentences():
            low, named = self.r.masked_items[start:end].strip(), self.r.items_in(start, end)
            said = self.r.values_in(start, end) or self.r.bounds_in(start, end) or self.r.is_spent(start, end)
            if said or not asks(low) or _REQUEST.search(low) or _FOR_ITEMS.search(low):
                continue
            plain = [i for i in named if not i.is_pronoun and self.r.cues.at(i.start).kind in _PLAIN]
            if plain and len(plain) == len(named):
                self.r.spend(start, end)
                about = tuple(dict.fromkeys(i for s in plain for i in s.item_ids))
                return Question(about=about, field=OTHER, words=self.r.words(start, end))
        return None

    def _by_name_of_facet(self) -> Question | None:
        """ "and the runtime?", "director?": asked of what is talked about, by the name of the facet alone."""
        match = _FACET_ALONE.match(self.r.low)
        facet = facet_words(self.r.catalog.domain).get(match.group("name")) if match else None
        about = self._focus()
        if facet is None or not about or self.r.context.elicitation is not None:
            return None
        return Question(about=about, field="cast" if facet == PERSON else facet, words=self.r.text)

    def _superlative(self) -> Question | None:
        """ "ok and the shortest?", "which is the most like it?": asked of the items shown last."""
        slate = self._at_hand()
        match = _SUPERLATIVE.match(self.r.low)
        if len(slate) < 2 or match is None or not (match.group("which") or self.r.low.rstrip().endswith("?")):
            return None
        return Question(about=self._named_or(slate), field="compare", words=self.r.text)

    def _undecided(self) -> Question | None:
        """ "I can't decide", "help me choose" with a slate on show: which of these should it be?"""
        slate = self._at_hand()
        undecided = _UNDECIDED.search(self.r.low) or social.leaves_it_to_us(self.r.low)
        if len(slate) < 2 or not undecided or self.r.values or self.r.bounds or self.r.context.elicitation:
            return None
        return Question(about=self._named_or(slate), field="compare", words="which would you pick")

    def _named_or(self, slate: tuple[str, ...]) -> tuple[str, ...]:
        named = tuple(i for s in self.r.items if not s.is_pronoun for i in s.item_ids)
        return named if len(named) > 1 else slate

    def _at_hand(self) -> tuple[str, ...]:
        """What "which one" chooses from: the items just compared, else those shown last."""
        context = self.r.context
        return tuple(i for i in (context.compared or context.slate) if i in self.r.catalog)

    def _sentences(self) -> list[tuple[int, int]]:
        cuts = [0, *(m.end() for m in re.finditer(r"[.!?;]+(?= |$)", self.r.masked)), len(self.r.masked)]
        return [(a, b) for a, b in itertools.pairwise(cuts) if self.r.masked[a:b].strip()]

    def _is_request(self, sentence: str, match: re.Match[str]) -> bool:
        request = _REQUEST.search(sentence)
        return request is not None and not (match.start() < request.start() and ITEM_MARK in sentence)

    def _comparable(self, start: int, end: int, match: re.Match[str]) -> bool:
        named = [i for s in self.r.items_in(start, end) for i in s.item_ids]
        if re.search(
            r"which (?:one )?(?:would|do|should) (?:i|you) (?:watch|see|recommend|suggest|pick|choose)",
            self.r.masked[start:end],
        ):
            return bool(self.r.context.slate)
        if match.group().startswith("who "):
            return bool(self.r.context.compared) or len(set(named)) >= 2
        return len(set(named)) >= 2 or (len(self.r.context.slate) >= 2 and "which" in match.group()) or len(named) == 1

    def _question(self, field: str, start: int, end: int, tail: int) -> Question | None:
        about = tuple(dict.fromkeys(i for s in self.r.items_in(start, end) for i in s.item_ids))
        domain, words = self.r.catalog.domain, self.r.words(start, end)
        unknown = ""
        if field == "compare" and len(about) < 2:
            others = [i for i in self._at_hand() if i not in about]
            of_all = re.search(r"\bwh(?:ich|o)\b", self.r.low[start:end]) is not None
            if of_all and self.r.context.compared and all(s.is_pronoun for s in self.r.items_in(start, end)):
                about, others = (), list(self._at_hand())  # "who would like it more?" after a comparison
            about = (*about, *others) if of_all else (*about, *others[:1])
        if not about and field == "suitable" and re.search(r"\bwhich\b|\bany of\b", self.r.low[start:end]):
            about = tuple(i for i in self.r.context.slate if i in self.r.catalog)
        if not about and field not in ("opinion", "suitable"):
            unknown = self._unknown(start, end, tail)
        if not about and not unknown:
            if field == "opinion":
                return Question(field="", words=words) if self.r.context.slate or "you" in words.lower() else None
            about = self._focus()
            if not about:
                return None
        facet = field if field in ("why", "compare", "suitable", "text") or field in domain.facets() else ""
        if field == "opinion":
            named = self.r.values_in(start, end)
            told = [v.facet for v in named] + [b.facet for b in self.r.bounds_in(start, end) if not b.vague]
            facet = told[0] if told else self._quality(start, end)
        return Question(about=about, field=facet, words=words, unknown=unknown)

    def _quality(self, start: int, end: int) -> str:
        """The facet of a word like "scary" that stands alone."""
        catalog = self.r.catalog
        words = set(re.findall(r"[a-z-]{4,}", self.r.masked[start:end])) - EMPTY_WORDS
        return next(
            (
                k
                for k in catalog.domain.kinds
                if k != "keyword" and words & {v.casefold() for v in catalog.vocabulary.get(k, {})}
            ),
            "",
        )

    def _focus(self) -> tuple[str, ...]:
        context = self.r.context
        return (context.focus,) if context.focus in self.r.catalog.positions else context.slate[:1]

    def _unknown(self, start: int, end: int, tail: int) -> str:
        """A title asked about that was not linked: quoted, or what stands after the question words."""
        quoted = re.search(r'"([^"]+)"', self.r.text[start:end])
        if quoted:
            return quoted.group(1)
        rest = re.sub(
            r"^(?:\s|,|\b(?:the|a|film|movie|called|is|was|did|does|of|in|come|out|in)\b)+", "", self.r.masked[tail:end]
        ).strip(" ?.!,")
        rest = re.sub(r"\b(?:about|come out|made|released|again|please|then|anyway)\b.*$", "", rest).strip(" ?.!,")
        pronoun = not rest or re.fullmatch(
            r"(?:it|that|this|them|these|those|he|she|you|one|ones|film|movie|pick|here)(?: \w+)?", rest
        )
        if pronoun or VALUE_MARK in rest or ITEM_MARK in rest or len(rest.split()) > 6:
            return ""
        at = self.r.low.find(rest, start)
        return self.r.text[at : at + len(rest)] if at >= 0 else ""
