"""An utterance made safe and searchable: one spelling of quotes and spaces, spans masked by kind.

The grammar of wishes matches cue words. A cue inside a title is none ("No Country for Old Men"), so what the
linker found is masked first, character for character, and offsets stay true in every version of the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from rapidfuzz.distance import OSA

from parley.tools.linking.ordinary import RAREST, surprise

LONGEST = 2000
"""Characters of an utterance that are read; more is cut at a space."""

ITEM_MARK, VALUE_MARK, NUMBER_MARK, ROLE_MARK = "\ue000", "\ue001", "\ue002", "\ue003"
"""Private characters that stand for masked words: an item, a value, a number wish, a person by role."""

_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "–": "-", "—": "-", "…": "."})
_APOSTROPHES = {
    "dont": "don't", "didnt": "didn't", "doesnt": "doesn't", "cant": "can't", "isnt": "isn't", "wasnt": "wasn't",
    "havent": "haven't", "ive": "i've", "wont": "won't", "arent": "aren't", "wouldnt": "wouldn't",
    "shouldnt": "shouldn't", "couldnt": "couldn't", "hasnt": "hasn't", "id like": "i'd like", "id love": "i'd love",
    "whos": "who's", "whats": "what's", "thats": "that's", "lets": "let's", "im": "i'm", "wanna": "want to",
    "gimme": "give me", "dunno": "don't know", "cannot": "can't", "pls": "please", "plz": "please",
    "sth": "something", "smth": "something", "ppl": "people", "fav": "favorite", "favs": "favorites", "luv": "love",
    "lov": "love", "gonna": "going to", "gotta": "got to", "u": "you", "ur": "your", "w/o": "without", "w/": "with ",
    "rec": "recommend", "recs": "recommendations", "hav": "have", "alredy": "already", "sumthing": "something",
    "somthing": "something", "sumthin": "something", "nuthing": "nothing", "abt": "about", "b4": "before",
    "reccomend": "recommend", "recomend": "recommend", "nothin": "nothing", "befor": "before",
    "prefereably": "preferably", "prefer ably": "preferably", "watchd": "watched", "whithout": "without",
    "witout": "without", "wihtout": "without", "mintues": "minutes", "minuts": "minutes", "longre": "longer",
    "oldr": "older", "oler": "older", "hte": "the", "awsome": "awesome", "gud": "good", "thriler": "thriller",
    "commedy": "comedy", "comdy": "comedy", "horor": "horror", "moive": "movie", "movei": "movie", "teh": "the",
    "prety": "pretty", "intrested": "interested", "mabye": "maybe", "maybee": "maybe", "nt": "not", "wat": "what",
    "wud": "would", "coz": "because", "cuz": "because", "bcoz": "because", "mayb": "maybe", "dnt": "don't",
    "smthing": "something", "sori": "sorry", "luved": "loved", "luvd": "loved", "liek": "like", "ment": "meant",
}  # fmt: skip
_SLIP = re.compile(
    r"(?<![\w'])(?:" + "|".join(sorted(map(re.escape, _APOSTROPHES), key=len, reverse=True)) + r")(?![\w'])", re.I
)


def clean(utterance: str) -> str:
    """Plain quotes and spaces, everyday slips of spelling mended, nothing invisible, at most `LONGEST` characters."""
    text = unicodedata.normalize("NFC", utterance.encode("utf-8", "replace").decode("utf-8")[: LONGEST * 4])
    text = text.translate(_QUOTES)
    text = "".join(c if unicodedata.category(c) not in ("Cc", "Cf", "Co", "Cs", "Cn") else " " for c in text)
    text = re.sub(r"\s+", " ", text).strip()
    if len(text) > LONGEST:
        text = text[:LONGEST].rsplit(" ", 1)[0]
    text = re.sub(r"([?!])[?!]+", r"\1", text)
    text = _SLIP.sub(_mend, text)
    text = _UNKNOWN.sub(_respell, text)
    text = _NOT.sub(lambda m: _CONTRACTED.get(m["verb"].lower(), m["verb"]) + "n't", text)
    text = re.sub(r"(?<=[A-Za-z]) n (?=[A-Za-z])", " and ", text)
    text = _SHORT_YEAR.sub(lambda m: f"{'19' if m.group('year') > '29' else '20'}{m.group('year')}", text)
    return re.sub(rf"\b(not|n't) to (?={_DEGREES}\b)", r"\1 too ", text)


_CONTRACTED = {"can": "ca", "will": "wo", "Can": "Ca", "Will": "Wo"}
_NOT = re.compile(
    r"\b(?P<verb>(?i:do|does|did|is|are|was|were|could|would|should|can|will|has|have|had|must|need)) (?:not|NOT)\b(?! (?:only|just)\b)"
)
"""One spelling of "not": "could not" as "couldn't"."""
_SHORT_YEAR = re.compile(
    r"(?:(?<![\w'])'|(?<=\bfrom )|(?<=\bin )(?=[4-9])|(?<=\bsince )|(?<=\bof )(?=9))(?P<year>[3-9]\d|0\d|1\d)"
    r"(?![\w'%:]|\.\d|[- ]?(?i:to|sec\w*|min\w*|hours?|years?|days?|weeks?|months?|films?|movies?|people|of|or)\b)"
)
"""A year without its century: "'85", "from 99"."""
_CUE_WORDS = [
    "like", "less", "more", "meant", "funnier", "scarier", "darker", "lighter", "loved", "liked", "enjoyed", "hated",
    "watched", "something", "anything", "nothing", "similar", "instead", "please", "without", "recommend", "suggest",
    "looking", "favorite", "favourite", "actually", "preferably", "already", "before", "after", "older", "newer",
    "shorter", "longer", "funny", "scary", "romantic", "violent", "comedy", "thriller", "horror", "drama", "romance",
    "western", "animated", "documentary", "director", "directed", "starring", "movie", "movies", "between", "under",
    "maybe", "want", "would", "because", "another",
]  # fmt: skip
"""Words the grammar hangs on: a slip in one of these loses the wish, so they are looked for in unknown words."""
_DEGREES = "(?:long|short|old|new|scary|violent|sad|dark|slow|heavy|silly|gory|serious|weird|much|many)"
_UNKNOWN = re.compile(r"(?<![\w'’-])[a-z]{3,}(?![\w'’-])")


def _respell(match: re.Match[str]) -> str:
    """A lower-case word nobody uses, one slip of the keyboard from a cue word, is that word."""
    word = match.group()
    return _nearest_cue(word) if surprise(word) >= RAREST - 0.5 else word


@lru_cache(maxsize=4096)
def _nearest_cue(word: str) -> str:
    near = [(OSA.distance(word, cue), cue) for cue in _CUE_WORDS if abs(len(cue) - len(word)) <= 2]
    close = sorted((d, cue) for d, cue in near if d <= (1 if len(cue) < 8 else 2) and cue[0] == word[0])
    close = [(d, cue) for d, cue in close if len(cue) > 5 or len(cue) != len(word) or sorted(cue) == sorted(word)]
    return close[0][1] if close and (len(close) == 1 or close[0][0] < close[1][0]) else word


def _mend(match: re.Match[str]) -> str:
    word = match.group()
    mended = _APOSTROPHES[word.lower()]
    return mended[0].upper() + mended[1:] if word[0].isupper() and len(word) > 1 else mended


def lower(text: str) -> str:
    """Lower case, character for character (a letter whose lower case is longer stays)."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def mask(text: str, spans: Iterable[tuple[int, int]], mark: str) -> str:
    """The text with the spans overwritten by `mark`."""
    letters = list(text)
    for start, end in spans:
        letters[start:end] = mark * (end - start)
    return "".join(letters)


def content_words(text: str) -> list[str]:
    """The words that carry meaning, in lower case."""
    return [w for w in re.findall(r"[^\W_][\w']*", text.lower()) if w not in EMPTY_WORDS and len(w) > 1]


EMPTY_WORDS = frozenset({
    "a", "an", "the", "this", "that", "these", "those", "it", "its", "it's", "i", "i'm", "i've", "i'd", "me", "my",
    "we", "our", "us", "you", "your", "he", "she", "they", "them", "his", "her", "their", "and", "or", "nor", "but",
    "so", "if", "then", "than", "as", "at", "by", "for", "from", "in", "into", "of", "off", "on", "onto", "out",
    "over", "to", "up", "with", "without", "about", "like", "is", "are", "was", "were", "be", "been", "being", "am",
    "do", "does", "did", "done", "have", "has", "had", "having", "can", "could", "will", "would", "shall", "should",
    "may", "might", "must", "not", "no", "any", "some", "something", "anything", "nothing", "one", "ones", "thing",
    "things", "stuff", "kind", "kinds", "sort", "type", "bit", "lot", "lots", "very", "really", "quite", "too",
    "also", "just", "only", "more", "most", "much", "many", "please", "maybe", "perhaps", "good", "great", "nice",
    "best", "better", "well", "there", "here", "what", "which", "who", "whom", "whose", "when", "where", "why", "how",
    "all", "both", "each", "other", "others", "another", "again", "still", "even", "ever", "want", "wants", "wanted",
    "need", "needs", "looking", "look", "find", "give", "show", "get", "got", "let's", "lets", "make", "see", "watch",
    "know", "think", "feel", "tonight", "today", "now", "okay", "ok", "yes", "yeah", "yep", "sure", "fine", "new",
    "old", "lol", "im", "hey", "hi", "hello", "set", "features", "featuring", "recommend", "suggest", "suggestion",
    "suggestions", "recommendation", "recommendations", "movie", "movies", "film", "films", "cinema", "flick", "flicks", "mood",
    "involving", "prefer", "preferably", "rather", "instead", "else", "actually", "honestly", "usually", "generally",
})  # fmt: skip
