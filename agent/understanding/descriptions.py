"""A whole utterance as one wish in free words: a description that no facet covers, matched by meaning.

"a man stuck on mars", "something to make me think": if it reads like a description. Talk does not: "I'm planning my day
off", "haven't seen that one either".
"""

from __future__ import annotations

import re

from parley.agent.ledger import ABOUT, EditAction, Hardness, Wish
from parley.agent.understanding import social
from parley.agent.understanding.cues import Kind
from parley.agent.understanding.reading import Reading
from parley.agent.understanding.text import content_words
from parley.tools.linking.ordinary import RAREST, surprise


def whole_as_free_words(reading: Reading, *, names_something: bool) -> None:
    """Note the utterance as a wish for what it describes.

    Args:
        reading: nothing else was found in it.
        names_something: it names what the catalogue does not hold.
    """
    found = None if names_something else _description(reading)
    if found is None:
        return
    at, rest = found
    state = reading.cues.at(at)
    if state.kind in (Kind.SEEN, Kind.UNSEEN) or not _makes_sense(rest):
        return
    words = reading.words(at, at + len(rest))
    wish = Wish(
        facet=ABOUT, value=words, polarity=state.polarity, hardness=Hardness.SOFT, words=words, scope=state.scope
    )
    reading.edit(at, EditAction.ADD, wish)


def _description(reading: Reading) -> tuple[int, str] | None:
    """(place, words) of what the utterance describes; None if it is talk, a question or a call for more."""
    text = _SAID_AFTER.sub("", reading.low.rstrip(" .!"))
    if reading.bounds or any(not i.is_pronoun for i in reading.items) or reading.is_remark(0):
        return None
    if social.asks_for_surprise(text) or social.asks_for_more(text):
        return None
    if social.topic_of(reading.text, names_something=False) != "domain" or text.endswith("?"):
        return None
    if re.match(r"(?:what|who|how|why|when|where|which|tell me|compare|explain|describe)\b", text):
        return None
    wished = _WISHED.search(text)
    asked = reading.context.elicitation is not None
    brief = re.match(r"(?:an?|some)\b", text) is not None
    if not (wished or asked or brief) and (len(content_words(text)) < 3 or _CLAUSE.search(text)):
        return None
    rest = _OCCASION.sub("", wished.group("rest") if wished else text)
    rest = _COMPANY.sub("", _LEAD.sub("", rest).strip(" .!,")).strip()
    least = 1 if wished or asked or brief else 3
    if len([w for w in content_words(rest) if w not in SAYS_NOTHING]) < least or _TALK.search(rest):
        return None
    return text.find(rest), rest


def _makes_sense(words: str) -> bool:
    """Are at least half of the words ones that people use? Garbage is no wish."""
    meaning = content_words(words)
    known = [w for w in meaning if surprise(w.replace("'", "")) < RAREST - 0.3]
    return 2 * len(known) >= len(meaning)


_WISHED = re.compile(
    r"\b(?:something|anything|a (?:film|movie)|films?|movies?|want|looking for|in the mood for|"
    r"need|give me|show me|recommend|suggest|find)\b(?: to watch)?(?P<rest>.*)"
)
_LEAD = re.compile(
    r"^(?: me| us| a| an| the| some| something| anything| for| please| to watch| good| great| nice|"
    r" film| movie| tonight| films| movies| that is| that's| which is)+\b"
)
_SAID_AFTER = re.compile(
    r",? (?:i (?:suppose|guess|think)|(?:sounds|would be|is) (?:good|nice|great|fine|fun|ok|okay|lovely|cool)|maybe|please|then)$"
)
_COMPANY = re.compile(r"\b(?:with|for) (?:my|our|the|a|some) \w+(?: tonight| this evening| later| today)?$")
_OCCASION = re.compile(
    r"\b(?:(?:for|on|this|next)(?: (?:an?|the|my|our|this|next|\w+y|cold|dark|long|wet|hot|slow|quiet|family|movie|film|date|girls|"
    r"boys|first|friday|saturday|sunday))*|(?:an? )?(?:rainy|lazy|cosy|cozy|stormy|snowy)) (?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|"
    r"weekend|morning|afternoon|evening|night|day|date|flight|party|sleepover|birthday|holidays?|tonight|tomorrow)"
    r"(?: (?:morning|afternoon|evening|night))?(?: in)?(?=$|[ .,!?])"
)
"""When it is to be watched: "for a rainy sunday", "on friday night"."""
_TALK = re.compile(
    r"^(?:my|our) [\w ]{2,20}(?:'s\b|,)|^(?:my|our) (?:\w+ )?\w+ (?:is|are|was|were|has|have|had|just|keeps?)\b|"
    r"\b(?:i've|i'm|i'd|i'll|i|you|your|me too|lol|thanks?|it was|they were)\b|^(?:to|was|were|is|are|had|has|have|looks?|sounds?|"
    r"seems?|in|on|at|so|just|you|and|but|or|of|either|like|again|before|with|tonight|today|alone|as|none|neither)\b"
)
_CLAUSE = re.compile(
    r"\b(?:i|i'm|i've|i'll|i'd|we|we're|we've|we'll|you|you're|they|they're|it's|it is|it was|that's|that is|that was|that|"
    r"haven't|hasn't|didn't|don't|wasn't|isn't|one|ones|thanks|thank|worth|will do|definitely)\b|^(?:yes|yeah|yep|no|nope|not|oh|ok|okay|well|sure|great|cool|"
    r"good|very|really|lot|lots|let's|never|seen|because|cause|cos|hey|hello|hi|the|and|but|so)\b"
)
"""What makes a sentence of it: somebody does or did something."""
SAYS_NOTHING = frozenset({
    "finding", "myself", "few", "good", "great", "different", "interesting", "similar", "genre", "alone", "off", "day", "more", "list",
    "try", "go", "couple", "recommendations", "suggestions", "ideas", "options", "help", "enjoy", "like", "liked",
    "some", "nice", "new", "next", "family", "friends", "wife", "husband", "kids", "children", "entertaining",
})  # fmt: skip
"""Words that describe no film."""
