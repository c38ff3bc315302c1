"""Evidence that a phrase is meant as a title: what stands around it and how it is written.

Many titles are everyday words ("Big", "Heat", "After Hours"). Each feature here is a small number about
one occurrence; `weigh` turns them into a probability with the weights of a logistic regression fitted on
ReDial's validation dialogues (where people marked every title) and our own everyday sentences; see
`evals`' figures in docs/results/linking.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from functools import cached_property

from parley.tools.items import Domain
from parley.tools.linking.forms import WEIGHT, FormKind
from parley.tools.linking.text import Token, tokenize, word_set

_LIKING = word_set(
    """
    like liked likes loved love loving enjoy enjoyed enjoying hate hated adore adored dislike disliked prefer
    recommend suggest try tried seen saw see watching watched watch rewatched finished called titled named than
    into about heard remember remind reminds reminded similar favorite favourite favorites including include
    especially esp instead rate rated fan
    """
)
_BREAKS_AFTER = word_set(
    """
    and or but is was are were has have had too so if because though although for from with by which that it its
    i you we they if then also instead again yet as when or already s even before please maybe not no yes the
    this those movie movies film films series one ones in on a there thanks just both did does do would could
    really
    """
)
_SEEING = word_set("seen saw see watched watching watch rewatch rewatched called titled named finished")
_NAMING = word_set("is was are were be remember remind reminds reminded about try recommend suggest maybe even check")
_FAVOURITES = word_set(
    "favorite favourite favorites favourites classic classics one ones it that something anything stuff"
)
_DETERMINERS = word_set(
    "a an some any my your his their our this that these those so very too really pretty more most no to much not"
)
_OPENERS = re.compile(
    r"^\W*(?:(?:hi|hello|hey|yes|yeah|yep|no|nope|ok|okay|hmm|oh|well|maybe|perhaps|sure|and|or|i think|probably|"
    r"definitely|how about|what about|have you seen|did you see|do you know|try|there is|something like|more like|"
    r"anything like|films like|movies like|i (?:really )?(?:like|liked|love|loved|enjoyed|saw|watched)|i've seen|"
    r"tell me about|who (?:made|directed|wrote))\W+)*",
    re.IGNORECASE,
)
_SMALL_WORDS = frozenset({"of", "and", "in", "to", "for", "s"})
_QUOTES = "\"'“”‘’«»„*_`"

FEATURES = (
    "bias", "rarest", "surprise", "words", "article", "inner_capital", "first_capital", "lower_among_capitals",
    "quoted", "year", "cue", "near_cue", "list_mate", "break_left", "break_right", "determiner_left", "whole", "edits",
    "weight", "number_only", "capital_right", "lower_plain", "number_right", "year_wrong", "short_form",
    "seeing", "seeing_break", "naming", "such_as", "cue_break", "lone",
    "foreign_article", "slip", "lone_capital_right", "lone_capital", "colon_right",
)  # fmt: skip


class Cues:
    """The words that announce a title in one domain."""

    def __init__(self, domain: Domain) -> None:
        own = {domain.noun, domain.plural, domain.verb, domain.past, f"{domain.verb}ing", "movie", "movies", "title"}
        self.nouns = frozenset(w.casefold() for w in (domain.noun, domain.plural, "movie", "movies", "one"))
        self.words = _LIKING | {w.casefold() for w in own}


class Sentence:
    """An utterance with what every occurrence in it needs to know, worked out once."""

    def __init__(self, text: str, cues: Cues) -> None:
        self.text = text
        self.cues = cues
        self.tokens = tokenize(text)

    @cached_property
    def starts(self) -> frozenset[int]:
        """Tokens at the beginning of a sentence."""
        found = {0}
        for i in range(1, len(self.tokens)):
            if re.search(r"[.!?:\n]\s*[\"'“(]*$", self.gap(i)):
                found.add(i)
        return frozenset(found)

    def gap(self, i: int) -> str:
        """The characters before token `i`, back to the token before it."""
        end = self.tokens[i].start if i < len(self.tokens) else len(self.text)
        return self.text[self.tokens[i - 1].end if i > 0 else 0 : end]

    @cached_property
    def uses_capitals(self) -> bool:
        """Whether capitals mean something here: some words have them and not all."""
        letters = [t.raw for t in self.tokens if t.raw[0].isalpha()]
        capital = sum(w[0].isupper() for w in letters)
        return 0 < capital < max(0.8 * len(letters), 1.5)

    @cached_property
    def stripped_range(self) -> tuple[int, int]:
        """Character range left after greetings, "what about" and closing politeness: a bare answer."""
        opened = _OPENERS.match(self.text)
        start = opened.end() if opened else 0
        end = len(re.sub(r"[\W_]*(?:please|thanks|thank you|too|then|movie|film)?[\W_]*$", "", self.text, flags=re.I))
        return start, max(start, end)

    def features(
        self,
        first: int,
        last: int,
        *,
        surprises: Sequence[float],
        has_article: bool,
        year: int,
        edits: float,
        slip: bool,
        kind: FormKind,
        list_mate: bool = False,
    ) -> dict[str, float]:
        """Features of tokens `first..last` (both included) as a title; `year`: 1 it agrees, -1 it does not, 0 none."""
        tokens = self.tokens[first : last + 1]
        content = [t for t in tokens if not t.is_article and t.folded not in _SMALL_WORDS] or tokens
        lone = len(content) == 1
        start, end = self.stripped_range
        written = self._written(first, last, content)
        after = self._followed(last)
        return {
            "bias": 1.0,
            "rarest": max(surprises, default=0.0),
            "surprise": min(sum(surprises), 24.0),
            "words": float(min(len(content), 5)),
            "article": float(has_article),
            "year": float(year > 0),
            "year_wrong": float(year < 0),
            "list_mate": float(list_mate),
            "whole": float(tokens[0].start <= start and tokens[-1].end >= end),
            "edits": edits,
            "slip": float(slip),
            "weight": WEIGHT[kind],
            "short_form": float(kind in (FormKind.SHORT, FormKind.INITIALS)),
            "number_only": float(all(t.folded.isdigit() for t in tokens)),
            "lone": float(lone),
            "foreign_article": float(lone and not has_article and first > 0 and self.tokens[first - 1].is_article),
            "lone_capital": float(lone) * written["inner_capital"],
            "lone_capital_right": float(lone) * after["capital_right"],
            **written,
            **after,
            **self._announced(first, ends_well=bool(after["break_right"])),
        }

    def _written(self, first: int, last: int, content: Sequence[Token]) -> dict[str, float]:
        """How the phrase is written: capitals and quotation marks."""
        inner = [t for i, t in enumerate(self.tokens[first : last + 1], first) if t in content and i not in self.starts]
        capital = [t for t in content if t.raw[0].isupper() or t.raw[0].isdigit()]
        all_capital = len(capital) == len(content) and self.uses_capitals
        return {
            "inner_capital": float(all_capital and any(t.raw[0].isupper() for t in inner)),
            "first_capital": float(all_capital and first in self.starts),
            "lower_among_capitals": float(not capital and self._names_elsewhere),
            "lower_plain": float(not capital),
            "quoted": float(_quoted(self.gap(first), self.gap(last + 1))),
        }

    def _announced(self, first: int, *, ends_well: bool) -> dict[str, float]:
        """The words before the phrase."""
        before = self._before(first)
        clean = self.gap(first).strip(" \t") == ""
        cue = bool(before) and before[0].folded in self.cues.words and clean
        last_word, word_before = ([t.folded for t in before] + ["", ""])[:2] if clean else ("", "")
        names = self.cues.nouns | _FAVOURITES
        return {
            "cue": float(cue),
            "cue_break": float(cue and ends_well),
            "near_cue": float(not cue and any(t.folded in self.cues.words for t in before[:4])),
            "seeing": float(last_word in _SEEING),
            "seeing_break": float(last_word in _SEEING and ends_well),
            "naming": float(last_word in _NAMING and word_before in names),
            "such_as": float(last_word in ("like", "as", "than", "to") and word_before in names),
            "determiner_left": float(bool(before) and clean and before[0].folded in _DETERMINERS),
            "break_left": float(not clean or not before),
        }

    def _followed(self, last: int) -> dict[str, float]:
        """The words after the phrase."""
        after = self.tokens[last + 1] if last + 1 < len(self.tokens) else None
        gap = self.gap(last + 1)
        joined = after is not None and gap.strip() == ""
        number = after is not None and joined and after.folded.isdigit() and len(after.folded) < 3
        return {
            "break_right": float(after is None or not joined or after.folded in _BREAKS_AFTER),
            "colon_right": float(gap.strip() in (":", "-", "–") and after is not None),
            "capital_right": float(_starts_name(after, gap, self.uses_capitals)),
            "number_right": float(number),
        }

    @cached_property
    def _names_elsewhere(self) -> bool:
        return any(t.raw[0].isupper() and t.raw != "I" and i not in self.starts for i, t in enumerate(self.tokens))

    def _before(self, first: int) -> list[Token]:
        """Tokens before, nearest first, without articles."""
        return [t for t in reversed(self.tokens[max(0, first - 6) : first]) if not t.is_article]


def _starts_name(token: Token | None, gap: str, uses_capitals: bool) -> bool:
    """Does a capitalised word follow at once? Then the phrase may be the beginning of a longer name."""
    return token is not None and not gap.strip() and uses_capitals and token.raw[0].isupper() and len(token.raw) > 1


def _quoted(left: str, right: str) -> bool:
    opening, closing = left.strip()[-1:], right.strip().lstrip(".,!?")[:1]
    return bool(opening and closing) and opening in _QUOTES and closing in _QUOTES


def weigh(features: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Probability in [0, 1] that the phrase is meant as a title."""
    total = sum(weights.get(name, 0.0) * value for name, value in features.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))
