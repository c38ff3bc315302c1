"""Wishes in free words: what no facet covers, matched by meaning, and what the user rules out."""

from __future__ import annotations

import re

from parley.agent.ledger import ABOUT, EditAction, Hardness, Polarity, Wish
from parley.agent.understanding.cues import Kind
from parley.agent.understanding.descriptions import SAYS_NOTHING
from parley.agent.understanding.reading import Reading
from parley.agent.understanding.text import ITEM_MARK, NUMBER_MARK, ROLE_MARK, VALUE_MARK, content_words
from parley.tools.items import PERSON
from parley.tools.kinship import meant_by_refusing
from parley.tools.linking.ordinary import RAREST, surprise


class FreeWordReader:
    """Reads what the catalogue has no word for."""

    def __init__(self, reading: Reading) -> None:
        self.r = reading
        self.domain = reading.catalog.domain

    def read(self) -> None:
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
            if VALUE_MARK in phrase and {*content_words(bare)} <= _LIGHT_VERBS:
                continue  # "that will keep me on the edge of my seat"
            if ROLE_MARK in phrase or self._names_people(start, end):
                continue
            if match.group().startswith("with") and _WITH_THE_SPEAKER.search(self.r.low[: match.start()]):
                continue
            state = self.r.cues.at(start)
            if self.r.is_remark(start) or state.kind in (Kind.SEEN, Kind.UNSEEN, Kind.TOPIC):
                continue
            afresh = self.r.masked[: match.start()].rstrip().endswith(",") and state.since < match.start()
            polarity = Polarity.WANT if afresh else state.polarity  # "no horror, with a twist"
            words = re.sub(
                r"^(?:(?:an?|the|some|any|lots of|a lot of|plenty of|(?:an? )?(?:bit|little)(?: of)?|more|really|very|great deal of)\s+)+",
                "",
                self.r.words(start, end),
            )
            if not content_words(words):
                continue
            wish = Wish(
                facet=ABOUT, value=words, polarity=polarity, hardness=Hardness.SOFT, scope=state.scope,
                words=self.r.words(match.start(), end),
            )  # fmt: skip
            self.r.edit(match.start(), EditAction.ADD, wish)
            self.r.spend(match.start(), end) if not self.r.values_in(start, end) else None

    def read_described(self) -> None:
        """ "something down to earth": a description that no facet has, beside other wishes."""
        for match in _DESCRIBED.finditer(self.r.masked):
            start, end = match.span("what")
            words = [w for w in content_words(match.group("what")) if w not in SAYS_NOTHING]
            if (
                not words
                or self.r.is_spent(start, end)
                or self.r.is_remark(start)
                or _NO_QUALITY.match(match.group("what"))
            ):
                continue
            if any(surprise(w.replace("'", "")) >= RAREST - 0.3 for w in words):
                continue
            state = self.r.cues.at(start)
            wish = Wish(
                facet=ABOUT, value=self.r.words(start, end), polarity=state.polarity, hardness=Hardness.SOFT,
                scope=state.scope, words=self.r.words(match.start(), end),
            )  # fmt: skip
            self.r.edit(match.start(), EditAction.ADD, wish)
            self.r.spend(start, end)

    def read_amounts(self) -> None:
        """ "less talking, more explosions": what no facet has and there should be more or less of."""
        for match in _AMOUNT.finditer(self.r.masked):
            start, end = match.span("what")
            words = [w for w in content_words(match.group("what")) if w not in SAYS_NOTHING]
            alone = not match.group("less") and match.start() == 0 and end >= len(self.r.masked.rstrip(" .!?"))
            unfit = (
                alone  # "more details"
                or not words
                or _NO_QUALITY.match(match.group("what"))
                or surprise(words[0].replace("'", "")) >= RAREST - 0.3
            )
            if unfit or self.r.is_spent(start, end) or self.r.is_remark(start):
                continue
            polarity = Polarity.AVOID if match.group("less") else Polarity.WANT
            wish = Wish(
                facet=ABOUT, value=self.r.words(start, end), polarity=polarity, hardness=Hardness.SOFT,
                scope=self.r.cues.at(start).scope, words=self.r.words(match.start(), end),
            )  # fmt: skip
            self.r.edit(match.start(), EditAction.ADD, wish)
            self.r.spend(start, end)

    def read_tastes(self) -> None:
        """ "I love a good twist": a taste that no facet has."""
        for match in _TASTE_FOR.finditer(self.r.masked):
            start, end = match.span("what")
            words = [w for w in content_words(match.group("what")) if w not in SAYS_NOTHING]
            if not words or self.r.is_spent(start, end) or self.r.is_remark(start):
                continue
            wish = Wish(
                facet=ABOUT, value=self.r.words(start, end), hardness=Hardness.SOFT, scope=self.r.cues.at(start).scope,
                words=self.r.words(match.start(), end),
            )  # fmt: skip
            self.r.edit(match.start(), EditAction.ADD, wish)
            self.r.spend(start, end)

    def read_fault(self) -> None:
        """ "too mainstream": fault found with what is shown, in a word that no facet has."""
        match = _TOO.match(self.r.masked) if self.r.context.slate else None
        if match is None or self.r.is_spent(*match.span("what")) or _NO_QUALITY.match(match.group("what")):
            return
        start, end = match.span("what")
        wish = Wish(
            facet=ABOUT, value=self.r.words(start, end), polarity=Polarity.AVOID, hardness=Hardness.SOFT,
            words=self.r.text[:80],
        )  # fmt: skip
        self.r.edit(start, EditAction.ADD, wish)
        self.r.spend(start, end)

    def read_lightly(self) -> None:
        """ "nothing too heavy", "I can't face anything dark or demanding": what is refused tells what is wanted."""
        meant = meant_by_refusing(self.domain.name)
        words = "|".join(sorted(meant, key=len, reverse=True))
        for match in re.finditer(rf"{_REFUSING}(?P<what>{words}){_LET_GO}", self.r.masked) if meant else ():
            facet, value = meant[match.group("what")]
            start, end = match.span("what")
            told = self.r.is_remark(start) or _TOLD.search(self.r.low[: match.start()])
            if told or self.r.is_spent(start, end) or value not in self.r.catalog.vocabulary.get(facet, {}):
                continue
            said = self.r.words(match.start(), end)
            wish = Wish(facet=facet, value=value, words=said, scope=self.r.cues.at(start).scope)
            self.r.edit(start, EditAction.ADD, wish)
            self.r.spend(start, end)

    def read_refused(self) -> None:
        """ "no singing", "definitely not a sequel": what no facet covers but the user rules out."""
        for match in _REFUSED.finditer(self.r.masked):
            start, end = match.span("what")
            if (
                self.r.is_spent(start, end)
                or self.r.is_remark(start)
                or not content_words(match.group("what"))
                or _NOT_REFUSED.match(re.sub(r"^(?:an?|the) (?=\w)", "", match.group("what")))
            ):
                continue
            facet, value = self._theme(self.r.words(start, end))
            state = self.r.cues.at(start)
            if match.group().startswith("not") and _OF_THE_SPEAKER.search(self.r.low[: match.start()]):
                continue
            if state.polarity is not Polarity.AVOID:
                continue
            hardness = Hardness.SOFT if facet == ABOUT else state.hardness(Hardness.HARD)
            words = self.r.words(match.start(), end)
            wish = Wish(
                facet=facet, value=value, polarity=Polarity.AVOID, hardness=hardness, scope=state.scope, words=words
            )
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


_ABOUT = re.compile(
    r"\b(?:(?:films?|movies?|story|stories|something|anything|one|ones|thing|books?|games?|it(?:'s)?|"
    r"that's|and|but|is) about(?! to\b)|\babout(?! to\b)|but (?:set )?in|with(?! (?:my|the kids|the family|the whole|friends|a friend|her|"
    r"him|us|me|them|you|respect|that))|involving|featuring|set (?:in|on|at|during|around|aboard)|"
    r"(?:takes?|taking) place (?:in|on|at|during)|where(?! (?:are|is|can|do|does|did|should|could|to)\b)|in which|that (?:has|have|makes?|will|deals with|"
    r"takes place|explores|features|involves|feels|keeps?|looks)|that's set|revolving around|cent(?:er|r)ed "
    r"(?:on|around)|dealing with|focus(?:ed|ing|es)? on|inspired by|based on|full of|to do with) "
    r"(?P<what>[^.!?;]+)"
)
_PHRASE_END = re.compile(
    r",|\b(?:but|however|please|after all|then(?= ?$)|maybe|if possible|preferably|ideally|instead|tonight|and (?:not|no|"
    r"nothing|preferably|maybe|ideally|it|i|is|under|from|in|with|that|something|definitely|my|also)|or "
    r"(?:so|something|maybe)|under|would be|for (?:my|the|our|tonight|a|me|us)|i |is fine|not too|no|not|"
    rf"nothing|without|from|made|directed|starring|by|that (?:i|is|are|isn't))\b|{NUMBER_MARK}|\b(?:and|"
    rf"or) {VALUE_MARK}+(?: |$)"
)
_DESCRIBED = re.compile(
    r"\b(?:something|anything)(?: (?:really|very|a bit|a little|quite|properly|totally|completely|truly|more|less|nice and))?"
    r" (?P<what>[a-z][a-z'-]+(?: [a-z][a-z'-]+){0,2})(?=$|[,.!?;]| but\b| and\b| please\b| tonight\b)"
)
_TASTE_FOR = re.compile(
    r"(?:^|[,.;] |\b(?:i|we|do|really|always|i'm|also|just) )(?:love|adore|enjoy|a sucker for|can't resist|have a (?:weakness|thing|soft spot) for) "
    r"an? (?:good |nice |great |proper |decent )*(?P<what>[a-z][a-z'-]+(?: [a-z][a-z'-]+){0,2})(?=$|[,.!?;]| and\b| but\b)"
)
_TOO = re.compile(
    rf"^(?:(?:no|nah|nope|hmm+|hm|oh|sorry|ugh|meh|well)[,. ]+)*(?:(?:they|these|those|it|all|that|{ITEM_MARK}+)(?:'s|'re| is| are)? )?"
    r"(?:(?:all|both|a bit|bit|way|far|a little|just) )*too (?P<what>[a-z-]{4,})(?: for (?:me|us|my taste|my liking))?[.! ]*$"
)
_AMOUNT = re.compile(
    r"(?:^|[,;.] |\band )(?:with |but )?(?:(?P<less>less|fewer|not so (?:much|many))|more|lots of|plenty of|loads of) "
    r"(?P<what>[a-z][a-z'-]+(?: [a-z][a-z'-]+)?)(?=$|[,.!?;]| and\b| but\b| please\b)"
)
_NO_QUALITY = re.compile(
    r"(?:like|similar|else|to|for|from|by|with|without|about|that|which|where|in|on|at|of|set|made|starring|directed|i|i'm|i'd|i've|we|we're|"
    r"my|our|you|your|he|she|they|the|a|an|not|no|but|and|or|as|than|more|less|different|other|new|old|long|short|special|specific|particular|"
    r"really|right|very|too|so|all|any|every|both|please|then|now|tonight|today|instead|again|already|maybe|this|these|those|them|it|is|was|will|would|"
    r"could|should|can|might|along|up|out|off|over|under|between|around|before|after|since|until|only|just|even|good|great|nice|decent|watchable|"
    r"interesting|entertaining|fine|ok|okay|goes|works|helps|suitable|appropriate|safe|age|rated|based|featuring|involving)\b"
)
"""What follows "something" and describes no film."""
_REFUSED = re.compile(
    r"\b(?:no(?: more)?|not (?:a|an|another|any)|without(?: any)?|nothing|hate|(?:sick|bored|tired|enough|scared|afraid|terrified|frightened) of(?: all)?(?: the| these| this| those)?(?: same old| endless| usual)?|"
    r"(?:allergic|averse) to|fed up (?:with|of)|done with|loathe|detest|despise|dislike|not into|can't (?:stand|bear|abide|do|take)|don't want(?: any| a| an| anything)?|not in the mood for(?: anything| a| any)?|never "
    r"show me(?: anything with| any| a)?|not|not too|nothing too|avoid|anything but|except|(?:minus|hold|cut|skip|sans)(?: (?:the|all the))?|"
    r"not so|isn't) (?P<what>[a-z][a-z' -]{1,30}?)(?: (?:films?|movies?|stuff|ones?|scenes?|content|rubbish|nonsense|crap|garbage|trash|fare|business|please|either|"
    r"at all|this time|tonight|again|thanks|really|for me|though))*(?=$|[,.!?;]| but\b| and\b| or\b| so\b| "
    r"maybe\b| just\b)"
)
_REFUSING = (
    r"\b(?:no|not|nothing|never|less|without|avoid|hate|(?:is|are|does|do|did|was|could|would|wo|ca|should)n't|cannot)"
    rf"(?:,| {VALUE_MARK}+| (?:or|and|nor|too|so|very|really|that|all that|overly|terribly|particularly|quite|as|a bit|remotely|"
    r"anything|something|any|want|feel like|in the mood for|up for|be|being|get|do|handle|face|take|cope with|with|it|"
    r"that's|heavy|deep|long|serious|slow|sad|dark))* "
)
_TOLD = re.compile(r"\b(?:it's|it is|this is|that was|it was|was|were|i'm|i am|they're) $")
"""Before a word that says what something is, and refuses nothing: "it's not very deep"."""
_LET_GO = (
    r"(?=$|[,.!?;]| (?:stuff|things?|films?|movies?|ones?|please|tonight|today|this|that|now|right|at|either|thanks|though|"
    r"or|and|but|for|after|because|maybe|just|i|we|on)\b)"
)
"""What may follow a word refused by itself: "no heavy metal" and "no deep sea films" refuse something else."""
_NOT_REFUSED = re.compile(
    r"^(?:(?:idea|exceptions?|excuses|preferences?|problem|worries|thanks?|thank you|clue|rush|matter|way|doubt|need|subtitles|"
    r"one|more|limit|luck|sure|really|bad|good|great|nice|fussed?|fussy|bothered|picky|for|that|this|these|"
    r"those|it|a problem|my|me|much|too much|interested|yet|any ?more|now|today|tonight|so|very|exactly|"
    r"quite|particularly|necessarily|just|only|in|on|sense|else|special|specific|in particular|particular|"
    r"after|either|anything|something|anybody|everybody|supposed|dying|falling|cringing|worrying|thinking|reading|feeling|being|getting|reason|because|been|seen|watch(?:ed)?|want|like|know|what|old|new|recent|"
    r"long|short|offen\w+|hurry|idea what|thing|wait|the|to|at|as|with|by|from|about|going|having|going to|even|"
    r"if|is|are|was|well|i|i'm|i've|i'll|you|we|we're|he|she|they|there|that's|it's|can|longer|older|newer|shorter|higher|else|acting|directing|(?:\w+ )?(?:restrictions?|preferences?|"
    r"favou?rites?|types?|kinds?|fans?|wrong|ones?))\b.*|of (?:these|those|them).*|.* (?:required|needed|necessary))$"
)
_OF_THE_SPEAKER = re.compile(r"\b(?:i'm|i am|we're|we are|he's|she's|i was|it was|they're) $")
"""Before "not a ...": what somebody or something is not, and no wish."""
_WITH_THE_SPEAKER = re.compile(
    r"\b(?:i'm|i am|we're|we are|i've been|stuck|in bed|at home|off work|laid up|down|ill|sitting|struggling|dealing|living|staying|"
    r"spending|curled up|snuggled up|going|(?:night|evening|dinner|weekend|day)(?: in| out| off)?|watch(?:ing)?)"
    r"(?: (?:here|in|up|at|home|bed|the|my|a|sofa|couch|it|this|together|tonight|ill|sick))* $"
)
"""Before "with ...", which then tells of the evening: "in bed with the flu"."""
_LIGHT_VERBS = frozenset({"keep", "keeps", "make", "makes", "leave", "leaves", "put", "puts", "gives", "gets", "takes"})
_NOT_ABOUT = re.compile(
    r"^(?:it|that|this|them|him|her|me|you|us|the (?:first|second|third|last)|what|how|which|who|my|your|"
    r"our|if|whether|a (?:friend|mate|date)|friends?|girlfriend|boyfriend|wife|husband|partner|family|date|"
    r"popcorn|actors?|a (?:good|great|nice|high|better) (?:rating|reviews?|one|movie|film)|good "
    r"(?:reviews?|ratings?)|time|i|we|sense|fine|same)\b"
)
