"""An answer to our own open question: a quick reply, a value, "the 1984 one", or "no preference"."""

from __future__ import annotations

import re

from parley.agent.ledger import ITEM, EditAction, Stance, Wish
from parley.agent.messages import Elicitation
from parley.agent.understanding.reading import Reading
from parley.agent.understanding.social import asks_for_any_good

_NO_PREFERENCE = re.compile(
    r"^(?:(?:um|uh|hmm|oh|well|no|nah|honestly|really),? )*(?:any(?:thing|one)?|either|whatever|whichever|"
    r"all|both|no preference|(?:i )?(?:really )?don't (?:really )?(?:care|mind)|doesn't matter|not fussy|"
    r"not bothered|"
    r"not really|no|nope|nah|meh|still no|none(?: of (?:these|those|them|the above|that|it))?|neither(?: of (?:these|those|them))?|any(?:thing)? (?:goes|is fine|works|will do)|either(?: one)? is fine|up to you|"
    r"you (?:choose|decide|pick)|skip|not sure|i don't know|no idea|dunno|it doesn't matter|"
    r"makes no difference|as long as it (?:takes|needs)|no(?:thing|body|one| one) (?:special|specific|particular|in particular)|"
    r"(?:a )?(?:bit|little) of everything)(?: really| to me| either| please)*[.! ]*$"
)


def read_answer(reading: Reading) -> bool:
    """Read the utterance as an answer to the open question, if it is one that the rest of the grammar would miss.

    Returns:
        True if it was one; its edits are noted then (none for "no preference").
    """
    asked = reading.context.elicitation
    if asked is None:
        return False
    low = reading.low.strip(" .!")
    if asked.facet == ITEM:
        return _which_item(reading, asked, low)
    for option, value in zip(asked.options, asked.values, strict=False):
        if low in (option.casefold().strip(" .!"), value.casefold()):
            return _chosen(reading, asked, value)
    if not _NO_PREFERENCE.match(low) and not asks_for_any_good(low):
        return False
    if re.search(r"\b(?:none|neither)\b", low):
        reading.spend(0, len(reading.text))  # of the options, not of what was shown
    return True


def _chosen(reading: Reading, asked: Elicitation, value: str) -> bool:
    table = reading.catalog.vocabulary.get(asked.facet, {})
    known = next((v for v in table if v.casefold() == value.casefold()), None)
    if known is None:
        return False
    hardness = reading.default_hardness(asked.facet)
    wish = Wish(facet=asked.facet, value=known, hardness=hardness, words=reading.text)
    reading.edit(0, EditAction.ADD, wish, replaces=reading.holds_one_value(asked.facet))
    reading.spend(0, len(reading.text))
    return True


def _which_item(reading: Reading, asked: Elicitation, low: str) -> bool:
    """Which of several namesakes was meant: by quick reply, year, place in the list or name of a person."""
    ids = [i for i in asked.values if i in reading.catalog]
    chosen = _pick(reading, asked, ids, low)
    if chosen is None:
        return bool(_NO_PREFERENCE.match(low))
    stance = next(
        (w.stance for w in reversed(reading.context.ledger.active) if w.facet == ITEM and w.value in ids), None
    )
    for wish in reading.context.ledger.active:
        if wish.facet == ITEM and wish.value in ids and wish.value != chosen:
            reading.edit(0, EditAction.RETRACT, Wish(facet=ITEM, value=wish.value, words=reading.text))
    reading.edit(0, EditAction.ADD, Wish(facet=ITEM, value=chosen, stance=stance or Stance.LIKE, words=reading.text))
    reading.spend(0, len(reading.text))
    return True


def _pick(reading: Reading, asked: Elicitation, ids: list[str], low: str) -> str | None:
    for option, item_id in zip(asked.options, asked.values, strict=False):
        if low == option.casefold().strip(" .!") and item_id in ids:
            return item_id
    by_year = [i for i in ids if reading.catalog[i].year is not None and str(reading.catalog[i].year) in low]
    if len(by_year) == 1:
        return by_year[0]
    named = [
        i
        for i in ids
        if any(
            name.split()[-1].casefold() in re.findall(r"[^\W_]+", low) for name in reading.catalog[i].values("person")
        )
    ]
    if len(named) == 1:
        return named[0]
    dated = sorted((reading.catalog[i].year or 0, i) for i in ids)
    if dated and re.search(r"\b(?:newer|newest|latest|recent|new|remake)\b", low):
        return dated[-1][1]
    if dated and re.search(r"\b(?:older|oldest|original|old)\b", low):
        return dated[0][1]
    place = re.search(r"\b(?:the )?(first|second|third|last|1st|2nd|3rd)\b", low)
    if place and ids and len(low.split()) <= 5:
        number = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "last": -1}[place.group(1)]
        return ids[number] if number < len(ids) else None
    return None
