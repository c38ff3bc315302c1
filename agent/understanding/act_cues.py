"""Small counts that tell dialogue acts: what words were said, in which sentence, and what we had said before.

They stand beside the grammar's evidence in the act classifier. Named items are masked, so that a title tells nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from parley.agent.understanding.reading import Reading
from parley.agent.understanding.text import ITEM_MARK

MOST = 3
"""Counts end here."""

_SAID = {
    "good": r"\b(?:love[ds]?|great|good|awesome|amazing|liked?|enjoy(?:ed)?|fun|funny|hilarious|excellent|fantastic|"
    r"favou?rite|best|nice|cool|perfect|classic|interesting|wonderful|fan|cute)\b",
    "bad": r"\b(?:hate[ds]?|bad|boring|terrible|awful|worst|dislike[ds]?|"
    r"not (?:really |a |my |for |too |so |very |that |big |quite )*(?:good|great|fan|like|into|thing|interested|funny)|"
    r"(?:didn't|don't) (?:really |much )?(?:like|care|enjoy|love|want)|wasn't|isn't|too \w+|stupid|overrated|sucke?d?|"
    r"lame|dumb|meh|not sure)\b",
    "seen": r"\b(?:i(?:'ve| have)? (?:already |just |actually |definitely |also |only |recently )?(?:seen|saw|watched)|"
    r"(?:seen|saw|watched) (?:it|that|them|those|both|all))\b",
    "unseen": r"\b(?:haven't|have not|never|not|didn't|hadn't|don't think i(?:'ve| have)?)(?: \w+){0,2} "
    r"(?:seen|see|saw|watched|heard|watch|catch)\b|\bno,? i (?:haven't|have not|didn't)\b|\bunfamiliar\b|"
    r"not familiar|don't know (?:it|that)",
    "will": r"\b(?:i(?:'ll| will| would| am going to|'m going to| might| may| can| could| should| need to| have to|"
    r" want to|'d)|going to|have to|need to|will) (?:\w+ ){0,3}(?:watch|check|try|look|see|rent|give|add|download|get|"
    r"go with|find|put|consider|rewatch)\b|\bsounds? (?:\w+ )?(?:good|great|interesting|fun|like|awesome|perfect|cool|"
    r"amazing|nice)|check (?:it|that|them|those|this) out|\bmy list\b|want to see",
    "thanks": r"\b(?:thanks?|thank you|thx|ty|appreciate)\b",
    "bye": r"\b(?:bye|goodbye|good night|have a (?:great|good|nice|wonderful)|take care|see you|you too|enjoy your)\b",
    "hello": r"^(?:hi|hello|hey|good (?:morning|evening|afternoon)|hiya|howdy)\b",
    "you": r"\b(?:have you|did you|do you (?:like|think|enjoy)|what do you think|how about you|what about you|"
    r"what's your|your (?:favou?rite|opinion)|is it (?:any )?good|you like|you seen|you think|would you)\b",
    "ask": r"\b(?:recommend|suggest\w*|looking for|in the mood|any(?:thing)? (?:good|else|other|like|more)|any ideas|"
    r"what else|something|do you (?:have|know)|can you|could you|i want|i need|i'd like|i would like|some(?:thing)? )\b",
    "more": r"\b(?:any(?:thing|one)? (?:else|other|more)|others?|another|more|else|different|next)\b",
    "like": r"\b(?:similar|along (?:the|those) lines|same (?:vein|kind|type|style)|such as|like )\b",
    "degree": r"\btoo \w+|\bnot (?:so|as|too|that) \w+|\b(?:less|more|a bit|little) \w+",
    "but": r"\b(?:but|though|although|however|instead|rather|prefer(?:ably)?|actually|maybe|perhaps)\b",
    "mean": r"\b(?:i mean|i meant|i said|like i said|again|i'm talking|clear|what i|i was (?:thinking|looking)|sorry)\b",
    "yes": r"^(?:yes|yeah|yep|yea|sure|ok|okay|oh yes|oh yeah|absolutely|definitely|of course)\b",
    "no": r"^(?:no|nope|nah|not|never)\b",
    "who": r"\b(?:who|what(?:'s| is)(?: it| that)?|when|where|which|is (?:it|that|this|he|she)|does|what year|"
    r"star(?:s|ring|red)?|director|plot)\b|\babout\?",
    "children": r"\b(?:kids?|child(?:ren)?|family|daughters?|sons?|wife|husband|grand\w+)\b",
    "taste": r"\b(?:favou?rites?|i (?:really |usually |also |mostly |generally )?(?:like|love|enjoy|prefer|watch)|"
    r"i'm (?:a )?(?:big |huge )?(?:fan|into))\b",
    "age": r"\b(?:new(?:er)?|old(?:er)?|recent|classic|theat\w+|netflix|released|19\d0's|[6-9]0's)\b",
    "?": r"\?",
    "!": r"!",
}
_WE_SAID = {
    "seen": r"\b(?:have you (?:ever )?(?:seen|watched|heard)|did you (?:see|watch|like)|seen|heard of)\b",
    "kind": r"\b(?:what (?:kind|type|sort|genre|are|is|do|movie|film)|which|any (?:kind|particular|specific|genre)|"
    r"favou?rite|looking for|mood|interested in|do you (?:like|prefer|enjoy|want|have))\b",
    "how about": r"\b(?:how about|what about|try|recommend|check|suggest|maybe|might|would|you (?:should|could|can)|"
    r"there(?:'s| is))\b",
    "bye": r"\b(?:bye|welcome|enjoy|glad|great day|have a|take care|hope)\b",
    "hello": r"^(?:hi|hello|hey)\b",
    "how are you": r"how are|how's it|how is",
    "tells": r"\b(?:it's|it is|he|she|stars?|about|plot|i (?:loved|liked|enjoyed|think|haven't))\b",
    "else": r"\b(?:anything else|any other|more|another|like that one)\b",
    "?": r"\?",
}
_SAID_CUES = {name: re.compile(pattern) for name, pattern in _SAID.items()}
_WE_SAID_CUES = {name: re.compile(pattern) for name, pattern in _WE_SAID.items()}
_PLACED = ("good", "bad", "seen", "unseen", "will", "?", "thanks", "you", "ask", "more", "taste")
"""Cues that are also looked for in the first and in the last sentence alone."""
_WORD = r"(?:[A-Z0-9][\w'.:&!,-]*|of|the|and|in|to|a|for|on|at|with|from|-)"
_YEARED = re.compile(rf"(?P<title>{_WORD}(?: {_WORD})*) {{1,2}}\(\d{{4}}\)")
"""A title with its year, in the catalogue or not."""


def cues_of(reading: Reading) -> dict[str, int]:
    """The counts of one utterance in its context, by name, zeros left out."""
    context = reading.context
    low = _without_titles(reading)
    ours = [_plain(text) for role, text in context.window if role != "user"]
    last = _plain(context.window[-1][1]) if context.window and context.window[-1][0] != "user" else ""
    found = {f"said {name}": len(cue.findall(low)) for name, cue in _SAID_CUES.items()}
    found |= {f"we {name}": len(cue.findall(last.lower())) for name, cue in _WE_SAID_CUES.items()}
    found |= _placed(low) | _titles(reading, ours, last)
    turn, length = min(context.turn, 5), min(len(low.split()) // 6, 4)
    found |= {f"turn {turn}": 1, f"length {length}": 1, "ends ?": int(low.rstrip().endswith("?"))}
    found |= {"we end ?": int(last.rstrip().endswith("?")), "we are silent": int(not last)}
    found |= {
        "seen and good": found["said seen"] * found["said good"],
        "asked if seen, no": found["we seen"] * found["said no"],
        "asked if seen, yes": found["we seen"] * found["said yes"],
    }
    return {name: min(count, MOST) for name, count in found.items() if count}


def cue_names(cues: Mapping[str, int]) -> list[str]:
    """One name for a count of at least one, one more for at least two."""
    return [*cues, *(f"{name} 2" for name, count in cues.items() if count >= 2)]


def _plain(text: str) -> str:
    return text.replace("’", "'").replace("–", "-")


def _without_titles(reading: Reading) -> str:
    low = list(reading.text.lower())
    for item in reading.items:
        if not item.is_pronoun and item.is_title:
            low[item.start : item.end] = ITEM_MARK * (item.end - item.start)
    return "".join(low)


def _placed(low: str) -> dict[str, int]:
    """Which cues the first and the last sentence hold."""
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", low) if s]
    found = {"sentences": len(sentences)}
    for name in _PLACED if sentences else ():
        found[f"first {name}"] = int(bool(_SAID_CUES[name].search(sentences[0])))
        found[f"last {name}"] = int(bool(_SAID_CUES[name].search(sentences[-1])))
    return found


def _titles(reading: Reading, ours: Sequence[str], last: str) -> dict[str, int]:
    """Titles that we named before, and how many of those in the utterance are new."""
    context = reading.context
    before, just = [t for text in ours for t in _yeared(text)], _yeared(last)
    named = [i for i in reading.items if i.is_title and not i.is_pronoun]
    unlinked = [
        m["title"].lower()
        for m in _YEARED.finditer(_plain(reading.text))
        if all(m.end() <= i.start or m.start() >= i.end for i in named)
    ]
    new = sum(not {*i.item_ids} & {*context.shown} for i in named) + sum(not _among(t, before) for t in unlinked)
    again = sum(bool({*i.item_ids} & {*context.slate}) for i in named) + sum(_among(t, just) for t in unlinked)
    return {
        "titles": len(named) + len(unlinked),
        "new titles": new,
        "titles again": again,
        "we named": len(just),
        "named so far": max(len(context.shown), len({*before})),
    }


def _yeared(text: str) -> list[str]:
    return [m["title"].lower() for m in _YEARED.finditer(text)]


def _among(title: str, titles: Sequence[str]) -> bool:
    return any(title.endswith(t) or t.endswith(title) for t in titles)
