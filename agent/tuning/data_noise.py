"""How text looks when people type: capitals, apostrophes, slang, slips of the finger, what stands at the end.

The meaning never changes, so the target of a roughened utterance is that of the clean one.
"""

from __future__ import annotations

import random
import re

_SLANG = {
    "you": ("u", "ya"), "please": ("plz", "pls", "plss"), "want to": ("wanna",), "going to": ("gonna",),
    "because": ("cuz", "cos", "bc"), "with": ("w/", "wit"), "and": ("&", "n"), "something": ("smth", "sth", "somethin"),
    "really": ("rly", "realy"), "are": ("r",), "thanks": ("thx", "ty"), "tonight": ("tonite", "2nite"), "movie": ("mov",),
    "favorite": ("fav", "fave"), "about": ("abt",), "recommend": ("rec",), "don't": ("dont", "dnt"), "i'm": ("im",),
    "movies": ("flicks",), "okay": ("k",), "something like": ("smth like",), "kind of": ("kinda",), "know": ("kno",),
    "great": ("gr8",), "for": ("4",), "minutes": ("min",), "looking": ("lookin",), "should": ("shld",),
}  # fmt: skip
_SLANG_WORDS = re.compile(r"\b(?:" + "|".join(sorted(map(re.escape, _SLANG), key=len, reverse=True)) + r")\b", re.I)
_NEAR = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk", "k": "jl",
    "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb",
    "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip
_LEADS = (
    "um ",
    "uh ",
    "well ",
    "well, ",
    "hmm ",
    "honestly ",
    "so ",
    "ok so ",
    "oh ",
    "hey, ",
    "right, ",
    "yeah ",
    "look, ",
)
_ENDS = ("!", "...", " :)", " lol", " haha", " xx", "!!", " tbh", " thanks", " ;)", " i guess", " if you can", " ok?")


def roughen(text: str, rng: random.Random) -> str:
    """The text as one of many people would type it."""
    if rng.random() < 0.12 and not text.startswith(("hi", "hey", "hello", "ok", "so", "um")):
        text = rng.choice(_LEADS) + text
    if rng.random() < 0.15:
        text = _SLANG_WORDS.sub(lambda m: rng.choice(_SLANG[m[0].lower()]) if rng.random() < 0.5 else m[0], text)
    care = rng.random()
    if care < 0.3:
        text = _mistyped(text, 0.04 if care < 0.2 else 0.1, rng)
    text = _cased(text, rng)
    if rng.random() < 0.3:
        text = text.replace("'", "").replace("’", "")
    if text[-1:].isalnum() and rng.random() < 0.3:
        text += "." if rng.random() < 0.5 else rng.choice(_ENDS)
    elif text.endswith("?") and rng.random() < 0.3:
        text = text[:-1]
    return text.strip()


def _cased(text: str, rng: random.Random) -> str:
    style = rng.random()
    if style < 0.4:
        return text.lower()
    if style < 0.75:
        return re.sub(r"\bi\b", "I", text[:1].upper() + text[1:])
    if style < 0.765:
        return text.upper()
    return text


def _mistyped(text: str, rate: float, rng: random.Random) -> str:
    """Some longer words with a slip; figures stay."""
    return re.sub(r"[^\W\d_]{4,}", lambda m: _slip(m[0], rng) if rng.random() < rate else m[0], text)


def _slip(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + rng.choice(_NEAR.get(word[at].lower(), word[at])) + word[at + 1 :]
