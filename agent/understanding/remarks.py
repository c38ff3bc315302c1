"""Remarks: sentences that tell of a film or of the speaker and ask for nothing.

"It was funny and had a happy ending" says why somebody liked a film. The words in it that name moods, genres, years and
people describe that film; they are no wishes. A sentence that also wishes ("it was good, give me something newer") is none.
"""

from __future__ import annotations

import itertools
import re

from parley.agent.understanding.context import DialogueContext
from parley.agent.understanding.cues import IS_A_BIT
from parley.agent.understanding.text import ITEM_MARK, VALUE_MARK

_OPENS = (
    r"^[\s\"'*-]*(?:(?:oh|ooh|ah|yes|yeah|yea|yep|no|nope|well|ok|okay|so|and|but|also|actually|honestly|really|wow|haha|lol|"
    r"i (?:think|guess|thought|mean|agree|feel like|heard|know)|because|cause|cos|since|overall|plus|great|cool|nice|sure|thanks|"
    r"then|just|maybe|probably|like|that|hi|hello|hey)\b[,.!]* )*"
)
_PART = (
    r"(?:whole |entire |overall |main |first |last |second |original )?(?:movie|film|story|story ?line|plot|acting|actors?|"
    r"actress(?:es)?|cast|ending|twists?|characters?|visuals?|effects|scenes?|music|soundtrack|dialog(?:ue)?s?|script|jokes?|"
    r"humou?r|setting|reviews?|trailer|pacing|subject matter|concept|one|ones|action)"
)
_UNNAMED = rf"\b(?! {VALUE_MARK})"
"""Not "the actor NAME", which is a wish."""
_ABOUT_IT = re.compile(
    rf"{_OPENS}(?:it|that|this|they|those|these|he|she|everything|everyone|there|which|(?:the|its|their|both) {_PART}(?: (?:in|of) [^,.]{{1,20}}?)?|"
    rf"(?:that|this|these|those) {_PART}|{ITEM_MARK}+(?: \(\d+\))?)(?:'s|'re| is| are| was| were| wasn't| isn't| has| had| did| didn't| does| made| makes| kept| keeps| gave| "
    r"got| took| shows?| showed| turned| turns| seemed| seems?| felt| feels?| looked| looks?| sounds?| tells| told| came| "
    rf"just| really| also| actually| kind of| always| still| even)(?=[ .,!?]|$)"
)
_OF_ONE_FILM = re.compile(
    rf"{_OPENS}i(?:'ve| have)? (?:\w+ )?(?:(?:\w+ )?(?:thought|found|remember(?:ed)?|heard)\b|(?:liked|loved|enjoyed|hated|saw|watched|"
    rf"seen|disliked) (?:it|that|this|them|how|when|watching|the {_PART}{_UNNAMED}|{ITEM_MARK})|"
    rf"(?:like|love|enjoy)d? (?:that|how|the (?:way|fact|idea)|the {_PART}{_UNNAMED})\b)"
)
_WISHES = re.compile(
    r"\b(?:want|wanted|need|looking|recommend|suggest|something|anything|prefer|would|'d|give me|show me|find me|mood for|"
    r"how about|what about|should|must|ha(?:s|ve) to|needs? to|can|could|please|without|rather|another|instead|any|other|others|"
    r"too|for (?:my|our|the) (?:kids?|children|family|son|daughter|\d+)|similar|more like|less|tonight|keep it|make it|"
    r"nothing|a must|fine|okay|allowed|important|matters?|welcome|suitable|appropriate)\b|\bno (?!idea|doubt|one)[a-z\ue001]+|"
    r"\b\w+er than\b|\bthat's it\b|\b(?:(?:scared|afraid|terrified|frightened|sick) of|done with|tired of|enough of|fed up)\b|(?:\bnot|n't)(?: [a-z]+)? (?:[a-z]+|\ue001+) enough\b|(?:\bnot|n't)(?: have)? enough\b"
)
_FAULT = re.compile(rf"{IS_A_BIT}\b")
"""Said of what is shown now, it is a critique."""
_TASTES = re.compile(
    r"\b(?:i|we|my \w+) (?:(?:do|really|also|just|usually|always|generally|mostly|never|only|don't|do not|didn't) )*(?:like|love|enjoy|hate|"
    r"dislike|watch|go for|avoid|adore)s?\b(?! (?:it|that|this|how|the)\b)|\bfans? of\b|\bmy favou?rite|\binto\b"
)
_ASKED_WHY = re.compile(
    r"\bwhy\b|\breasons?\b|\bwhat (?:else )?(?:did|do|was|were|made|makes|is it|about) (?!kinds?|types?|sorts?|genres?)[^?]*\b"
    r"(?:(?:dis)?liked?|enjoy(?:ed)?|think|thought|great|good|favou?rite|appeal\w*|interest\w*|bad)\b|\bhow did you (?:like|find)\b",
    re.I,
)


def remarks(masked: str, context: DialogueContext) -> list[tuple[int, int]]:
    """(start, end) of the sentences that only remark.

    Args:
        masked: lower case, what is named masked, pronouns in words.
        context: where the last message asked for reasons, what is plainly said gives them.
    """
    last = context.window[-1][1] if context.window and context.window[-1][0] != "user" else ""
    asked_why = _ASKED_WHY.search(last) is not None
    found = [(a, b) for a, b in _sentences(masked) if _is_remark(masked[a:b], asked_why)]
    return [(a, b) for a, b in found if not (context.slate and _FAULT.search(masked[a:b]))]


def _sentences(text: str) -> list[tuple[int, int]]:
    cuts = [
        0,
        *(m.end() for m in re.finditer(r"[.!?;]+ |,? (?:but|so|then) (?=i\b|i'|can|could|do\b|please)", text)),
        len(text),
    ]
    return [(a, b) for a, b in itertools.pairwise(cuts) if text[a:b].strip()]


def _is_remark(sentence: str, asked_why: bool) -> bool:
    if _WISHES.search(sentence) or sentence.rstrip().endswith("?"):
        return False
    if _ABOUT_IT.match(sentence) or _OF_ONE_FILM.match(sentence):
        return True
    return asked_why and not _TASTES.search(sentence)
