"""Reactions that name nothing: "seen it already", "not for me", "I'm in", "yes" to "have you seen it?".

They are about the item last talked about; "seen them all" is about every item shown.
"""

from __future__ import annotations

import re

from parley.agent.ledger import ITEM, EditAction, Stance, Wish
from parley.agent.understanding.reading import Reading


def bare_reactions(reading: Reading) -> None:
    """Note what the utterance says of what is talked about without naming it."""
    if any(e.wish and e.wish.facet == ITEM for _, e in reading.edits) or any(not i.is_pronoun for i in reading.items):
        return
    stance = _answered(reading) or next((s for pattern, s in _REACTIONS if pattern.match(reading.low)), None)
    target = _talked_about(reading)
    if target and stance is not None:
        _note(reading, target, stance, reading.text[:80])
        return
    whole = _ALL_SHOWN.search(reading.low)
    if whole:
        stance = Stance.SEEN if re.match(r"seen|watched", whole.group()) else Stance.REJECT
        _note(reading, reading.context.slate, stance, whole.group())


def all_but(reading: Reading) -> None:
    """ "seen them all bar the last", "none of them except Alien": what is said of every item shown but those named."""
    match = _ALL_BUT.search(reading.low)
    if match is None or all(s.start != match.end() for s in reading.items):
        return
    kept = {i for s in reading.items if s.start >= match.end() for i in s.item_ids}
    others = tuple(i for i in reading.context.slate if i not in kept)
    if kept & {*reading.context.slate} and others:
        reading.spend(match.start(), len(reading.text))
        _note(reading, others, Stance.SEEN if _KNOWN.search(match.group()) else Stance.REJECT, match.group())


def _talked_about(reading: Reading) -> tuple[str, ...]:
    context = reading.context
    if context.focus is not None and context.focus in reading.catalog.positions:
        return (context.focus,)
    return context.slate[:1] if len(context.slate) == 1 else ()


def _answered(reading: Reading) -> Stance | None:
    """ "Yes, I have" to "have you seen it?", "no, not really" to "did you like it?"."""
    window = reading.context.window
    last = window[-1][1].lower() if window and window[-1][0] != "user" else ""
    asked = next((stances for pattern, *stances in _ASKED if pattern.search(last)), None)
    if asked is None:
        return None
    if_yes, if_no = asked
    return if_yes if _YES.match(reading.low) else if_no if _NO.match(reading.low) else None


def _note(reading: Reading, items: tuple[str, ...], stance: Stance, words: str) -> None:
    for item_id in items:
        reading.edit(0, EditAction.ADD, Wish(facet=ITEM, value=item_id, stance=stance, words=words))


_REACTIONS = (
    (
        re.compile(
            r"^(?:(?:no|nah|nope|yeah|yes|sorry|hmm|oh),? )*(?:i've |i have |we've )?(?:already |just "
            r")*(?:seen|watched)(?: (?:it|that|that one|this))?(?: already| before| twice| many "
            r"times)?[.!]*(?:$|,| and| but)"
        ),
        Stance.SEEN,
    ),
    (
        re.compile(
            r"^(?:(?:no|nah|nope|sorry|hmm|oh|i think|i guess|thanks|maybe|think)(?:,? but)?,? )*(?:that's |it's |i'll |we'll |i will |going to )?(?:not (?:tonight|today|right now|this time|for me|my (?:thing|cup "
            r"of tea|style|kind)|really my|quite (?:it|right)|interested)|pass|hard pass|"
            r"next)[.!]*(?:$|,)"
        ),
        Stance.REJECT,
    ),
    (
        re.compile(
            r"^(?:(?:ok|okay|yes|yeah|great|perfect|cool|awesome|sure|alright|right|nice|oh),? "
            r")*(?:(?:that |it )?(?:sounds|looks|seems) (?:good|great|perfect|lovely|awesome|fun|like "
            r"a plan)|sold|deal|done|perfect|i'm in|i'll take it|let's do it|i'll watch it|i'll give "
            r"it a (?:go|try|shot))[.!, a-z]*$|^(?:ok|okay|yes|yeah|great|perfect|sure|alright|right|fine|"
            r"good|let's do|let's watch|i'll take),? (?:that|this)(?: one)?[.!]*$"
        ),
        Stance.ACCEPT,
    ),
)
_ALL_SHOWN = re.compile(
    r"\b(?:seen|watched) (?:them all|all of (?:them|these|those)|it all|all (?:these|those|three|"
    r"of it)|everything(?= ?(?:$|[.!,])))|\bnone of (?:these|those|them)\b|\bdon't like any of (?:these|those|"
    r"them)\b|\bnot (?:any of )?(?:these|those)\b"
)
_KNOWN = re.compile(r"\b(?:seen|watched|know)\b")
_ALL_BUT = re.compile(
    r"(?:\b(?:seen|watched|know)(?: them| these| those)? (?:all|everything|every one)|\ball(?: of)?(?: them| these| those)? (?:seen|watched)|"
    r"\bnone|(?:\bnot|n't (?:like|fancy|want)) any)(?: of (?:them|these|those))?,? "
    r"(?:bar|but|except(?:ing)?(?: for)?|apart from|besides|other than|save(?: for)?) (?:for |maybe |perhaps )?"
)
_ASKED = (
    (re.compile(r"\b(?:have|did) you (?:ever |already )?(?:seen?|watch(?:ed)?)\b[^?]*\??\s*$"), Stance.SEEN, None),
    (
        re.compile(
            r"\b(?:do|did|would you say) you (?:really |actually )?(?:like|love|enjoy)(?:ed)?\b(?! to\b)[^?]*\??\s*$"
        ),
        Stance.LIKE,
        Stance.DISLIKE,
    ),
)
"""What our last message asked, what a yes then means and what a no."""
_YES = re.compile(
    r"^(?:oh,? )?(?:yes|yeah|yep|yup|i have|i did|i do|absolutely|of course|sure|definitely)\b(?:[,.! ]|\b(?:i|have|did|do|it|that|one|seen|"
    r"yes|yeah|a|lot|very|much|really|liked?|loved?|enjoyed|so|sure|of|course|movie|film|actually|definitely)\b)*$"
)
_NO = re.compile(
    r"^(?:no|nope|nah|not really|not much)\b(?:[,.! ]|\b(?:i|it|that|not|really|much|at|all|didn't|don't|did|do|one|like|care|for)\b)*$"
)
