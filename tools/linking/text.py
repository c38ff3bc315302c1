"""How a title or a name is compared: tokens with their place in the text, folded to one spelling.

"Se7en", "seven" and "7"; "Part II", "part 2" and "part two"; "Amélie" and "amelie"; "&" and "and" fold
to the same tokens. Articles carry no weight in a key, so they may be dropped or moved.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+(?:['’‘`´][^\W_]+)*|[&@+$]", re.UNICODE)
_ARTICLES = frozenset({"the", "a", "an"})
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "v"})

_SMALL = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10,
    "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17,
    "eighteen": 18, "nineteen": 19, "twenty": 20,
}  # fmt: skip
_TENS = {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_ORDINALS = {
    "first": "1st", "second": "2nd", "third": "3rd", "fourth": "4th", "fifth": "5th", "sixth": "6th", "seventh": "7th",
    "eighth": "8th", "ninth": "9th", "tenth": "10th", "thirteenth": "13th",
}  # fmt: skip
_ROMANS = {"ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xiii": "13"}
_LONE_ROMANS = {"i": "1", "v": "5", "x": "10"}
_SPELLINGS = {
    "&": "and", "+": "and", "n": "and", "pt": "part", "vol": "volume", "ep": "episode", "dr": "doctor", "mr": "mister",
    "mrs": "missus", "vs": "versus", "st": "saint", "mt": "mount", "hrs": "hours", "colour": "color", "grey": "gray",
    "blvd": "boulevard", "ok": "okay", "goodfella": "goodfellas", "@": "at",
}  # fmt: skip
NUMBER_WORDS = {word: str(n) for word, n in (_SMALL | _TENS).items()}
_FOLD = NUMBER_WORDS | _ORDINALS | _ROMANS | _SPELLINGS
PART_WORDS = frozenset({"part", "volume", "episode", "chapter", "number"})


def word_set(text: str) -> frozenset[str]:
    """The words of a list written as running text."""
    return frozenset(text.split())


class Token(NamedTuple):
    """A word of a text."""

    raw: str
    """As written."""
    folded: str
    """In the one spelling used for comparing."""
    start: int
    end: int

    @property
    def is_article(self) -> bool:
        return self.folded in _ARTICLES

    @property
    def plain(self) -> str:
        """Lower case without accents or apostrophes, but words left as words."""
        return strip_accents(self.raw).casefold().replace("'", "").replace("’", "")


def strip_accents(text: str) -> str:
    """Letters without their marks: "Amélie" to "Amelie", "ø" to "o", "½" to "1/2"."""
    for letter, plain in (("ø", "o"), ("Ø", "O"), ("ł", "l"), ("Ł", "L"), ("æ", "ae"), ("ß", "ss"), ("đ", "d")):
        text = text.replace(letter, plain)
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def fold_word(word: str) -> str:
    """One word in the spelling used for comparing."""
    plain = strip_accents(word).casefold()
    plain = re.sub(r"['’‘`´⁄/]", "", plain)
    return _FOLD.get(plain, plain)


def tokenize(text: str) -> list[Token]:
    """The words of a text with their places. A possessive "'s" is its own token, so "Alien's" holds "Alien"."""
    tokens: list[Token] = []
    for match in _WORD.finditer(text):
        word, start, end = match.group(), match.start(), match.end()
        tail = re.search(r"['’](?:s|S)$", word)
        if tail and tail.start() > 0:
            cut = start + tail.start()
            tokens.append(Token(word[: tail.start()], fold_word(word[: tail.start()]), start, cut))
            tokens.append(Token(word[tail.start() :], "s", cut, end))
            continue
        tokens.append(Token(word, fold_word(word), start, end))
    return tokens


def unleet(folded: str) -> str | None:
    """A word with digits for letters, read as letters ("se7en" to "7", the fold of "seven"); None if there are none."""
    if folded.isalpha() or folded.isdigit() or not folded.isalnum() or re.fullmatch(r"\d+[a-z]{1,2}", folded):
        return None
    return fold_word(folded.translate(_LEET))


def fold_lone_roman(folded: str) -> str:
    """ "i", "v", "x" as numbers, where a number is expected (after "part", or at the end of a title)."""
    return _LONE_ROMANS.get(folded, folded)


def key_of(words: list[str]) -> str:
    """Folded words as one string without articles or spaces; all words if nothing else is left."""
    kept = [w for w in words if w not in _ARTICLES]
    return "".join(kept or words)
