"""What people say of what we keep of them: "what do you know about me?", "forget that I like westerns"."""

from __future__ import annotations

import re

from parley.agent.ledger import ITEM, EditAction, Wish
from parley.agent.understanding.reading import Reading

ABOUT_USER = "me"
"""The field of a question about the person who asks it."""
FORGOTTEN = "to be forgotten"
"""How the words of such a retraction begin."""
_KNOWN = re.compile(
    r"\bwhat (?:else )?(?:do|did|have) you (?:know|remember|learn(?:ed|t)?|note(?:d)?|ke(?:ep|pt)|store(?:d)?|have|got|saved?) "
    r"(?:about|of|on|for) (?:me|us|my tastes?)\b|\bwhat (?:have i told you|did i tell you|are my (?:wishes|preferences|tastes|likes))\b|"
    r"\bdo you (?:still )?(?:remember|know) (?:me|who i am|anything about me|what i (?:like|liked|told you|said))(?= ?\W*$)|"
    r"\bwhat (?:did|have) i (?:ask(?:ed)?|say|said|tell you|told you|want(?:ed)?)(?: you)?(?: for)?(?: so far| until now| again| exactly)*(?= ?\W*$)|"
    r"\bwhat (?:are you (?:looking|searching|going) (?:for|by)|do you have (?:down|noted)|did you understand)(?: so far| now)*(?= ?\W*$)|"
    r"^(?:so |and )?what do (?:i|you think i) like\W*$|\b(?:tell|show) me (?:what you (?:know|remember) (?:about|of) me|my (?:profile|preferences|wishes))\b"
)
_FORGET = re.compile(
    r"\b(?:forget|unlearn|don't remember|stop remembering)(?: about)?(?: what i said about)?(?: that| the fact that)? "
    r"(?:(?:i|we) (?:ever )?(?:said|told you|mentioned)(?: that)? )?(?:i|we|my \w+) "
    r"(?:(?:really|do|don't|do not|never|always|only|ever|also) )*(?:like|love|hate|watch|enjoy|want|dislike|avoid|prefer|am|liked|loved|"
    r"hated|saw|watched|seen|have seen)d?s?\b"
)


def asks_what_is_known(text: str) -> bool:
    """Does a lower-case text ask what we keep of the person?"""
    return bool(_KNOWN.search(text))


def forget_said(reading: Reading) -> bool:
    """Take back what the utterance says to forget; what it names is nothing to look for, whether it was held or not."""
    match = _FORGET.search(reading.low)
    if match is None:
        return False
    end = next(
        (m.start() for m in re.finditer(r"[.!?;]|,? but\b", reading.masked) if m.start() > match.end()),
        len(reading.low),
    )
    named = [(v.facet, v.value) for v in reading.values_in(match.end(), end)]
    named += [(ITEM, i) for s in reading.items_in(match.end(), end) for i in s.item_ids]
    for facet, value in named:
        wish = Wish(facet=facet, value=value, words=f"{FORGOTTEN}: {reading.words(match.start(), end)}")
        reading.edit(match.start(), EditAction.RETRACT, wish)
    if named:
        reading.spend(match.start(), end)
    return bool(named)
