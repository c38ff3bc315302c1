"""What people say of themselves: where they are from, how they feel, whether they read subtitles."""

from __future__ import annotations

import re

from parley.agent.ledger import EditAction, Hardness, Polarity, Wish
from parley.agent.understanding.reading import Reading
from parley.agent.understanding.spans import ValueSpan
from parley.tools.kinship import opposite_of

_SPOKEN = "English"
"""The language people write to us in."""
_NO_SUBTITLES = re.compile(
    r"\b(?:no|without|hates?|dislikes?|can't (?:stand|read|do|follow|face|cope with|be bothered (?:with|to read))|(?:refuses?|isn't going|too (?:lazy|"
    r"tired)) to (?:watch|read|do)|(?:don't|doesn't|do not|won't) (?:like|want|do|read|"
    r"watch)|avoid|not in the mood for|nothing with|never)(?: (?:any|anything|films?|movies?|things|stuff|reading|the|with|watch))* (?:subtitles|subtitled)\b"
)
_SUBTITLES_FINE = re.compile(
    r"\b(?:with )?subtitles (?:is|are|would be) (?:\w+ )?(?:ok|okay|fine|good|alright|all right|no problem)\b|"
    r"\b(?:don't mind|ok with|okay with|fine with|can do|happy with)(?: the)? subtitles\b"
)
_SUBTITLED = re.compile(
    r"\b(?:foreign(?:[- ]language)?|subtitled|world|international) (?:films?|movies?|cinema|stuff|ones?|language|comed|thriller|drama|horror)|"
    r"\b(?:something|anything|nothing)(?: [\w-]+ and)? (?:foreign|subtitled)\b"
)
"""Asks for films in any language but that of the conversation."""
_SPEAKER = re.compile(
    r"\b(?:i'm|i am|we're|we are|i was|we were|(?:he|she|it)'s (?:also )?from|my (?!fav)\w+(?: \w+)? (?:is|are|was|comes?|speaks?)|"
    r"i live|we live|i come|we come|living|i grew up|born|based|i moved|visiting|i speak|we speak|learning|studying|"
    r"travel(?:l?ing)?|going|greetings|hello|hi)(?: (?:not|originally|actually|also|half|part|a|an|the|native|african|"
    r"asian|latin|only|just|from|in|to|out of))* $"
)
"""What comes before a country or language that belongs to the person speaking."""
_IS_ONE = re.compile(r"\b(?:i'm|i am|my \w+ is|(?:he|she)'s|(?:he|she) is) an? $")
"""What comes before what a person is."""
_IN_A_MOOD = re.compile(r"\b(?:i'm|i am|we're|feeling|been) in (?:an?|such an?|one of those|this) (?:\w+ )?$")
"""Before how the speaker is: "I'm in a weird mood, give me something surreal"."""
_LOVER = re.compile(
    r" (?:\w+ )?(?:fan|fans|lover|lovers|buff|nut|freak|junkie|person|enthusiast|films?|movies?|cinema|comed|drama)"
)
_FEELS = re.compile(
    r"\b(?:i'm|i am|i feel|i'm feeling|i am feeling|we're|we are|we feel|feeling)(?: (?:so|very|really|a bit|a "
    r"little|pretty|kind of|kinda|quite|rather|super|too|feeling))* $"
)
_DOWN = re.compile(
    r"\b(?:i'm|i am|i feel|i'm feeling|i am feeling|feeling|been feeling|we're)(?: (?:so|very|really|a bit|a little|pretty|kind of|kinda|"
    r"quite|rather|just|feeling))* (?:down|low|blue|miserable|depressed|rubbish|crap|awful|terrible|stressed(?: out)?|bummed(?: out)?|"
    r"heartbroken|fed up|under the weather)(?=$|[.,!?;]| (?:today|tonight|lately|and|but|so|at|after|right|about)\b)|"
    r"\b(?:had|having|been|it's been|was|it was|such|what)? ?an? (?:\w+ )?(?:bad|rough|hard|awful|terrible|tough|horrible|shitty|"
    r"crappy|lousy|rotten|stressful) (?:day|week|time)\b|^(?:\w+ )?(?:bad|rough|hard|tough|awful|terrible) (?:day|week)\b|"
    r"\bcheer (?:me|us) up\b|\bneed(?: some| a bit of)? cheering up\b"
)
"""Low spirits in words that name no mood of a film."""
_LOW = ("sad", "melancholy", "bleak", "tense", "lonely", "angry", "gloomy", "dark", "grim")
"""Moods people are in and want to get out of; with their opposite, what they want."""


class SpeakerReader:
    """Reads what a person says of themselves, where it bears on what to look for."""

    def __init__(self, reading: Reading) -> None:
        self.r = reading
        self.domain = reading.catalog.domain

    def read_subtitles(self) -> None:
        """ "my wife hates subtitles": a wish for the language of the conversation."""
        fine = _SUBTITLES_FINE.search(self.r.low)
        if fine and not self.r.is_spent(*fine.span()):
            self.r.spend(*fine.span())
            for wish in self.r.active("language", _SPOKEN, Polarity.WANT):
                retracted = Wish(facet=wish.facet, value=wish.value, words=fine.group())
                self.r.edit(fine.start(), EditAction.RETRACT, retracted)
            return
        foreign = _SUBTITLED.search(self.r.low)
        if foreign and not self.r.is_spent(*foreign.span()) and not self.r.is_remark(foreign.start()):
            self._foreign(foreign)
            return
        match = _NO_SUBTITLES.search(self.r.low)
        held = self.r.catalog.vocabulary.get("language", {})
        if match and _SPOKEN in held and not self.r.is_spent(*match.span()):
            self.r.spend(*match.span())
            wish = Wish(
                facet="language", value=_SPOKEN, hardness=Hardness.HARD, words=self.r.words(*match.span()),
                scope=self.r.cues.at(match.start()).scope,
            )  # fmt: skip
            self.r.edit(match.start(), EditAction.ADD, wish)

    def _foreign(self, match: re.Match[str]) -> None:
        """ "something subtitled", "no foreign films"."""
        state = self.r.cues.at(match.end())
        if _SPOKEN in self.r.catalog.vocabulary.get("language", {}):
            other = Polarity.WANT if state.polarity is Polarity.AVOID else Polarity.AVOID
            hardness = state.hardness(Hardness.HARD)
            words = self.r.words(*match.span())
            wish = Wish(
                facet="language", value=_SPOKEN, polarity=other, hardness=hardness, words=words, scope=state.scope
            )
            self.r.edit(match.start(), EditAction.ADD, wish)
            self.r.spend(*match.span())

    def is_of_the_speaker(self, span: ValueSpan) -> bool:
        """ "I am from France", "my wife is Korean", "we speak German", "I am a nurse": what people are is no wish."""
        if _LOVER.match(self.r.masked[span.end :]):
            return False
        if _IN_A_MOOD.search(self.r.masked[: span.start]) and self.r.masked[span.end :].startswith(" mood"):
            return any(v.start > span.end for v in self.r.values)
        said = _SPEAKER if span.facet in ("language", "country") else _IS_ONE
        return said.search(self.r.masked[: span.start]) is not None

    def feels(self, span: ValueSpan) -> bool:
        """ "I'm so sad": a mood the speaker is in, not one to look for."""
        felt = span.value in _LOW and not span.text.lower().startswith("like")
        return felt and _FEELS.search(self.r.masked[: span.start]) is not None

    def read_low_spirits(self) -> None:
        """ "I'm feeling a bit down", "rough day at work": a wish for what cheers, unless a mood is named."""
        match = _DOWN.search(self.r.low)
        if match is None or self.r.is_spent(*match.span()) or self.r.items or self.r.is_remark(match.start()):
            return
        if any(v.facet == "mood" for v in self.r.values) or re.search(
            r"\babout\b[^.,!?]*$", self.r.low[: match.start()]
        ):
            return
        value = opposite_of(self.domain.name, "mood", "sad")
        if value in self.r.catalog.vocabulary.get("mood", {}):
            self.r.spend(*match.span())
            wish = Wish(facet="mood", value=value, hardness=Hardness.SOFT, words=self.r.words(*match.span()))
            self.r.edit(match.start(), EditAction.ADD, wish)

    def cheer(self, span: ValueSpan) -> None:
        """ "I'm sad" asks for what helps, and for nothing sad."""
        better = opposite_of(self.domain.name, span.facet, span.value)
        words = self.r.words(max(0, span.start - 12), span.end)
        for value, polarity in ((better, Polarity.WANT), (span.value, Polarity.AVOID)):
            if value in self.r.catalog.vocabulary.get(span.facet, {}):
                wish = Wish(facet=span.facet, value=value, polarity=polarity, hardness=Hardness.SOFT, words=words)
                self.r.edit(span.start, EditAction.ADD, wish)
