"""Small English: lists, articles, numbers, durations, and a choice of phrasing that never repeats itself."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence

_SMALL = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
THEME_PHRASES = ("about ", "tagged ")
"""How the phrase of a kind that says what an item is about begins."""

_VOWEL_SOUND = re.compile(r"^(?:[aei]|o(?!ne)|u(?!n[ia]|s[eu]|k)|8|11\b|18\b|hour|honest|R\b)", re.IGNORECASE)
_SPELT_VOWEL = re.compile(r"^(?:[FHLMNRSX](?=[A-Z0-9])[A-Z0-9]*\b)")
"""Abbreviations read letter by letter: "an RPG", "an MMO"."""
_UNSAFE = re.compile(r"[\x00-\x1f\x7f<>`*_\[\]{}|#\\]+")


def join(words: Sequence[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"; "" for none."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def spell(number: int) -> str:
    """Small counts as words, the rest with thousands separated."""
    return _SMALL[number] if 0 <= number < len(_SMALL) else f"{number:,}"


def count_of(number: int, noun: str, plural: str) -> str:
    """ "one film", "12 films"."""
    return f"{spell(number)} {noun if number == 1 else plural}"


def with_article(phrase: str) -> str:
    """ "a thriller", "an eerie thriller", "an RPG"."""
    return f"{'an' if _VOWEL_SOUND.match(phrase) or _SPELT_VOWEL.match(phrase) else 'a'} {phrase}"


_WITH_THE = re.compile(
    r"(?:United|Soviet|European|Ottoman|Roman|Russian) (?:States|Kingdom|Arab Emirates|Union|Empire)(?: of America)?|"
    r"U\.?[SK]\.?A?\.?|USSR|UAE|Netherlands|Philippines|Bahamas|Maldives|Gambia|Vatican|Ivory Coast|"
    r"(?:\S+ )*(?:Republic|Islands|Federation)(?: of .+)?"
)


def with_the(name: str) -> str:
    """A country as it stands in a sentence: "the Netherlands", "the Czech Republic", "France"."""
    return f"the {name}" if _WITH_THE.fullmatch(name) else name


def possessive(name: str) -> str:
    return f"{name}'s"


def comparative(word: str) -> str:
    """ "scarier", "darker", "more violent"."""
    if word.endswith("y") and len(word) <= 6:
        return f"{word[:-1]}ier"
    if len(word) <= 6 and not word.endswith(("ic", "nt", "ed")):
        doubled = re.search(r"[^aeiou][aeiou][bdgmnt]$", word)
        return f"{word}r" if word.endswith("e") else f"{word}{word[-1] if doubled else ''}er"
    return f"more {word}"


def capitalise(text: str) -> str:
    """The first letter upper case, the rest untouched."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Capitalised, with a full stop if it ends in a letter, digit or bracket."""
    text = capitalise(text.strip())
    return text if not text or text[-1] in ".!?:" else f"{text}."


def duration(minutes: float) -> str:
    """Minutes as people read them: "47 min", "2 h", "1 h 57 min"."""
    hours, rest = divmod(round(minutes), 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def hours_in_words(minutes: float) -> str:
    """A bound in words where it is a round one: "two hours", "an hour and a half", else `duration`."""
    hours, rest = divmod(round(minutes), 60)
    if rest == 0 and hours:
        return "an hour" if hours == 1 else f"{spell(hours)} hours"
    if rest == 30 and hours:
        return "an hour and a half" if hours == 1 else f"{spell(hours)} and a half hours"
    return f"{round(minutes)} minutes" if not hours else duration(minutes)


def years_in_words(gte: float | None, lte: float | None, *, brief: bool = False) -> str:
    """Bounds on a year after a noun, or by themselves if brief: "from before 1990", "older than 1990"."""
    start = "" if brief else "from "
    if gte is not None and lte is not None:
        if gte == lte:
            return f"from {gte:.0f}"
        if gte % 10 == 0 and lte == gte + 9:
            return f"from the {gte:.0f}s"
        return f"from {gte:.0f} to {lte:.0f}"
    if lte is not None:
        if lte % 10 == 9:
            return f"older than {lte + 1:.0f}" if brief else f"{start}before {lte + 1:.0f}"
        return f"{start}{lte:.0f} or earlier"
    assert gte is not None
    if gte % 10 == 1:
        return f"newer than {gte - 1:.0f}"
    return f"from {gte:.0f} on"


def measure(value: float, unit: str) -> str:
    """A number with its unit: minutes as a duration, everything else "312 pages"."""
    if unit == "min":
        return duration(value)
    return f"{value:,g} {unit}".strip() if unit else f"{value:g}"


def echo(text: str, limit: int = 60) -> str:
    """Words of the user made safe to repeat: no markup, no line breaks, not long."""
    flat = " ".join(_UNSAFE.sub(" ", text).split()).strip(" \"'“”.,;:!?")
    return flat if len(flat) <= limit else flat[: limit - 1].rsplit(" ", 1)[0].rstrip(",;:") + "…"


class Chooser:
    """Picks one of several phrasings from the seed and the turn.

    Consecutive turns step through a bank of phrasings, so the same one never comes twice running;
    different seeds start at different places.
    """

    def __init__(self, seed: int, turn: int) -> None:
        self.seed = seed
        self.turn = turn

    def pick(self, bank: Sequence[str], *, shift: int = 0, **slots: object) -> str:
        """One phrasing with its slots filled; `shift` tells apart several picks in one reply."""
        start = zlib.crc32(f"{self.seed}:{bank[0]}".encode())
        chosen = bank[(start + self.turn + shift) % len(bank)]
        return chosen.format(**slots) if slots else chosen
