"""Titles inside running text: every span that could be a title, then the evidence that it is one.

Exact forms are found by a hash of the folded words without spaces, so "spider man" is "Spider-Man";
misspelt ones among the forms that share the first or the last three letters (Damerau-Levenshtein by
rapidfuzz). A span only counts if its surroundings say that a title is meant (`cues.py`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field

from parley.tools.items import Catalog
from parley.tools.linking.asked import is_asked_about
from parley.tools.linking.cues import Cues, Sentence, weigh
from parley.tools.linking.forms import WEIGHT, Form, FormKind, fold_title, title_forms
from parley.tools.linking.nearest import NearestKey
from parley.tools.linking.ordinary import RAREST
from parley.tools.linking.text import PART_WORDS, fold_lone_roman, key_of, tokenize, unleet
from parley.tools.linking.weights import TITLE_WEIGHTS

ACCEPT = 0.4
_LONGEST = 12
_PRONOUN = 3.05
"""Surprise below which a lower-case word is no title: "it", "up", "her", "go"."""
_NAME_LIKE = 4.0
"""Surprise of the rarest word of a title from which a slip of the keyboard in it is believed after "loved"."""
_YEAR_AFTER = re.compile(r"\s*,?\s*(?:from|of|in|made in)?\s*([(\[])?\s*((?:18|19|20)\d\d)\b\s*[)\]]?")
_YEAR_BEFORE = re.compile(
    r"\b((?:18|19|20)\d\d)(?:['’]s)?(?:\s+(?:version of|film|movie))?\s+(?:the\s+)?$", re.IGNORECASE
)
_ENDS = re.compile(r"[.!?,;:()]")
_JOINT = re.compile(r"\s*(?:,|/|&|;|\band\b|\bor\b|\bthen\b|\bboth\b|\s)+\s*", re.IGNORECASE)


class LinkedTitle(BaseModel):
    """A title found in a text."""

    model_config = ConfigDict(frozen=True)

    text: str
    """As written, the year beside it included."""
    start: int
    end: int
    item_id: str
    score: float = Field(ge=0, le=1)
    """Probability that this text means a title, lowered for misspellings."""
    alternatives: tuple[str, ...] = ()
    """Other items of the same name, likeliest first."""


@dataclass
class Candidate:
    """A span that could be a title."""

    first: int
    last: int
    start: int
    end: int
    forms: Sequence[Form]
    edits: float
    year: int
    has_article: bool
    positions: list[int] = field(default_factory=list)
    score: float = 0.0

    def overlaps(self, other: Candidate) -> bool:
        return self.start < other.end and other.start < self.end


class TitleIndex:
    """All forms of all titles, ready to be found.

    Args:
        popularity: item id to any number that grows with how often people mean it; breaks ties.
        surprise: plain word to decimal digits of surprise.
    """

    def __init__(self, catalog: Catalog, popularity: Mapping[str, float], surprise: Callable[[str], float]) -> None:
        self.catalog = catalog
        self.cues = Cues(catalog.domain)
        self.surprise = surprise
        self._popularity = popularity
        self._by_key: dict[str, list[Form]] = defaultdict(list)
        self.words: set[str] = set()
        for form in title_forms(catalog):
            self._by_key[form.key].append(form)
            self.words.update(form.words)
        self._nearest = NearestKey(self._by_key)

    def link(self, text: str, blocked: Sequence[tuple[int, int]] = ()) -> list[LinkedTitle]:
        """Titles in the text in order, none overlapping; spans strictly inside `blocked` ones do not count."""
        sentence = Sentence(text, self.cues)
        found = [c for c in self.candidates(sentence) if not _inside(c, blocked)]
        for candidate in found:
            candidate.score = self._score(sentence, candidate, list_mate=False)
        for _ in range(2):  # a list is entered from its surest end
            sure = [c for c in found if c.score >= 0.5]
            for candidate in found:
                if candidate.score < 0.97 and any(self.neighbours(text, candidate, other) for other in sure):
                    candidate.score = max(candidate.score, self._score(sentence, candidate, list_mate=True))
        return [self._linked(text, c) for c in _best_cover([c for c in found if c.score >= ACCEPT])]

    def resolve(self, title: str) -> LinkedTitle | None:
        """The item a string known to be a title means; None if nothing is close."""
        text = title.strip().strip("\"'“”‘’ ")
        year: int | None = None
        tail = re.search(r"[,\s]*[(\[]?\s*((?:18|19|20)\d\d)\s*[)\]]?\s*$", text)
        for name, wanted in [(text, year)] if not tail else [(text, None), (text[: tail.start()], int(tail[1]))]:
            tokens = tokenize(name)
            if not tokens:
                continue
            for key in dict.fromkeys(
                (key_of(fold_title(tokens)), key_of([unleet(t.folded) or t.folded for t in tokens]))
            ):
                if key in self._by_key:
                    return self._resolved(title, self._by_key[key], 1.0, wanted)
        name = text[: tail.start()] if tail and tail.start() else text
        key = key_of(fold_title(tokenize(name)))
        near = self._nearest.find(key, max(1, len(key) // 5))
        if near:
            return self._resolved(
                title, self._by_key[near[0]], 1 - near[1] / max(len(key), 1), int(tail[1]) if tail else None
            )
        return self._resolve_loosely(title, name, int(tail[1]) if tail else None)

    def candidates(self, sentence: Sentence) -> list[Candidate]:
        """Every span that matches a form, exactly or nearly."""
        folded = self._folded(sentence)
        found: list[Candidate] = []
        for first, token in enumerate(sentence.tokens):
            if (token.is_article and len(sentence.tokens) > 1) or token.folded == "s":
                continue
            words: list[str] = []
            for last in range(first, min(first + _LONGEST, len(folded))):
                words.append(folded[last])
                if sentence.tokens[last].is_article and last > first:
                    continue
                key = key_of(words)
                forms = self._by_key.get(key)
                if forms:
                    found.append(self._candidate(sentence, first, last, forms, 0.0))
                    continue
                allowed = self._edits_allowed(sentence, first, last, key)
                if allowed:
                    near = self._nearest.find(key, allowed)
                    if near and not _only_changes_a_number(key, near[0]):
                        found.append(self._candidate(sentence, first, last, self._by_key[near[0]], near[1] / len(key)))
        exact = [c for c in found if not c.edits]
        return [c for c in found if not (c.edits and any(_explains(e, c) for e in exact))]

    def features(self, sentence: Sentence, candidate: Candidate, *, list_mate: bool = False) -> dict[str, float]:
        """What `cues.weigh` judges."""
        tokens = sentence.tokens[candidate.first : candidate.last + 1]
        form = candidate.forms[0]
        slip = round(candidate.edits * len(form.key)) == 1 and len(form.key) >= 7
        words = form.words if candidate.edits else tuple(t.plain for t in tokens)
        return sentence.features(
            candidate.first, candidate.last, surprises=[self.surprise(w) for w in words if w != "s"],
            has_article=candidate.has_article, year=candidate.year, edits=candidate.edits, slip=slip, kind=form.kind,
            list_mate=list_mate,
        )  # fmt: skip

    @staticmethod
    def neighbours(text: str, one: Candidate, other: Candidate) -> bool:
        """Do they stand in one list: "Alien, Aliens and Up"?"""
        if one.overlaps(other):
            return False
        left, right = (one, other) if one.start < other.start else (other, one)
        between = text[left.end : right.start]
        return bool(between.strip()) and len(between) < 12 and _JOINT.fullmatch(between) is not None

    def _score(self, sentence: Sentence, candidate: Candidate, *, list_mate: bool) -> float:
        features = self.features(sentence, candidate, list_mate=list_mate)
        word = sentence.tokens[candidate.last].plain if candidate.first == candidate.last else ""
        shown = features["quoted"] or features["year"] or (features["whole"] and word not in _REPLIES)
        if word in _REPLIES and not shown and not features["cue"] and (features["lower_plain"] or word == "nope"):
            return 0.0  # "go", "once", and "Nope" whatever its capital
        if features["rarest"] < _PRONOUN and features["lower_plain"] and not shown:
            return 0.0  # "have you seen it"
        if features["number_right"] and features["year"] <= 0:
            return 0.0  # a sequel that the catalogue does not have
        if self._article_capital(sentence, candidate) and not candidate.edits and features["break_right"]:
            return max(0.6, weigh(features, TITLE_WEIGHTS))  # "Not The Thing": only a title has its own "The"
        if not candidate.edits and self._asked_about(sentence, candidate, features):
            return max(0.6, weigh(features, TITLE_WEIGHTS))
        slipped = candidate.edits and candidate.edits <= 0.17 and features["rarest"] >= _NAME_LIKE
        if slipped and (features["cue_break"] or list_mate) and self._unheard_of(sentence, candidate):
            return max(0.55, weigh(features, TITLE_WEIGHTS))  # "loved the matirx and incepton"
        return weigh(features, TITLE_WEIGHTS)

    def _asked_about(self, sentence: Sentence, candidate: Candidate, features: Mapping[str, float]) -> bool:
        """ "is The Matrix suitable for kids?"; a lone everyday word has to be written as a name."""
        if features["lone"] and features["lower_plain"] and features["rarest"] < _NAME_LIKE:
            return False
        start = max(i for i in sentence.starts if i <= candidate.first)
        end = min((i for i in sentence.starts if i > candidate.last), default=len(sentence.tokens))
        words = [token.plain for token in sentence.tokens[start:end]]
        asks = sentence.gap(end).strip()[:1] in ("?", "")
        return is_asked_about(words, candidate.first - start, candidate.last - start, asks=asks)

    def _article_capital(self, sentence: Sentence, candidate: Candidate) -> bool:
        """Is it written with a capital article in the middle of a sentence: "not The Thing"?"""
        at = candidate.first if sentence.tokens[candidate.first].is_article else candidate.first - 1
        return (
            candidate.has_article
            and at >= 0
            and sentence.uses_capitals
            and at not in sentence.starts
            and sentence.tokens[at].raw[0].isupper()
            and all(t.raw[0].isupper() for t in sentence.tokens[candidate.first : candidate.last + 1] if len(t.raw) > 3)
        )

    def _unheard_of(self, sentence: Sentence, candidate: Candidate) -> bool:
        """No word of it is one that people use: what could it be but a slip?"""
        tokens = [
            t
            for t in sentence.tokens[candidate.first : candidate.last + 1]
            if not t.is_article and t.folded not in _WEAK
        ]
        return all(t.plain not in self.words and self.surprise(t.plain) >= RAREST - 0.6 for t in tokens)

    def _folded(self, sentence: Sentence) -> list[str]:
        folded: list[str] = []
        for i, token in enumerate(sentence.tokens):
            word = token.folded
            if i and (folded[i - 1] in PART_WORDS or token.raw == "V"):
                word = fold_lone_roman(word)
            plain = unleet(word) if word not in self.words else None
            folded.append(plain if plain is not None and (plain in self.words or plain.isdigit()) else word)
        return folded

    def _edits_allowed(self, sentence: Sentence, first: int, last: int, key: str) -> int:
        """How many slips of the keyboard to believe in: none where all words are well known and few."""
        tokens = sentence.tokens[first : last + 1]
        if len(key) < 5 or last - first > 7 or tokens[0].folded in _WEAK or tokens[-1].folded in _WEAK:
            return 0
        if any(_ENDS.search(sentence.gap(i)) for i in range(first + 1, last + 1)):
            return 0
        if any(t.plain not in self.words and self.surprise(t.plain) >= RAREST - 0.6 for t in tokens):
            return 1 if len(key) < 8 else 2 if len(key) < 14 else 3
        return 1 if len(key) >= 10 and len(tokens) > 1 else 0

    def _candidate(self, sentence: Sentence, first: int, last: int, forms: Sequence[Form], edits: float) -> Candidate:
        tokens, text = sentence.tokens, sentence.text
        start, end = tokens[first].start, tokens[last].end
        article = bool(first and tokens[first - 1].is_article and not text[tokens[first - 1].end : start].strip())
        article = article and any(f.words[0] == tokens[first - 1].folded for f in forms)
        moved = re.match(r",\s*(?i:the|an?)\b(?! [A-Z])", text[end:])
        if article:
            start = tokens[first - 1].start
            first -= 1
        if moved and any(f.words[0] in ("the", "a", "an") for f in forms):
            end += moved.end()
            article = True
        year, end = self._year_beside(text, start, end, forms)
        agrees = 0
        if year is not None:
            near = [f for f in forms if abs((self.catalog.items[f.position].year or 0) - year) <= 1]
            agrees = 1 if near else -1
            forms = near or forms
        ordered = self._order(forms)
        return Candidate(first, last, start, end, ordered, edits, agrees, article)

    def _year_beside(self, text: str, start: int, end: int, forms: Sequence[Form]) -> tuple[int | None, int]:
        """A year after or before the span, and where the span then ends. Without brackets it must fit an item."""
        years = {self.catalog.items[f.position].year for f in forms}
        after = _YEAR_AFTER.match(text, end)
        if after:
            value = int(after[2])
            if after[1]:
                return value, after.end()
            if any(y is not None and abs(y - value) <= 1 for y in years):
                return value, after.end()
        before = _YEAR_BEFORE.search(text[:start])
        if before and any(y is not None and abs(y - int(before[1])) <= 1 for y in years):
            return int(before[1]), end
        return None, end

    def _order(self, forms: Sequence[Form]) -> list[Form]:
        """Likeliest first: a fuller form, then the better known item, then the newer (of a series: the first)."""

        known = {f.position: self._popularity.get(self.catalog.items[f.position].item_id, 0.0) for f in forms}
        top = max(known.values(), default=0.0) or 1.0

        def rank(form: Form) -> tuple[float, float]:
            age = float(self.catalog.items[form.position].year or 0)
            newer = age if form.kind in (FormKind.HEAD, FormKind.INITIALS) else -age
            return -(WEIGHT[form.kind] + 0.25 * known[form.position] / top), newer

        best: dict[int, Form] = {}
        for form in sorted(forms, key=rank):
            best.setdefault(form.position, form)
        return list(best.values())

    def _linked(self, text: str, candidate: Candidate) -> LinkedTitle:
        ids = [self.catalog.items[f.position].item_id for f in candidate.forms]
        return LinkedTitle(
            text=text[candidate.start : candidate.end],
            start=candidate.start,
            end=candidate.end,
            item_id=ids[0],
            score=round(candidate.score, 4),
            alternatives=tuple(ids[1:]),
        )

    def _resolved(self, title: str, forms: Sequence[Form], likeness: float, year: int | None) -> LinkedTitle:
        score = likeness
        if year is not None:
            near = [f for f in forms if abs((self.catalog.items[f.position].year or 0) - year) <= 1]
            score *= 1.0 if near else 0.5
            forms = near or forms
        ordered = self._order(forms)
        ids = [self.catalog.items[f.position].item_id for f in ordered]
        score *= WEIGHT[ordered[0].kind]
        return LinkedTitle(
            text=title,
            start=0,
            end=len(title),
            item_id=ids[0],
            score=round(max(0.0, score), 4),
            alternatives=tuple(ids[1:]),
        )

    def _resolve_loosely(self, title: str, name: str, year: int | None) -> LinkedTitle | None:
        """Words in another order or some of them missing: "lord rings fellowship"."""
        words = {t.folded for t in tokenize(name) if not t.is_article and t.folded not in _WEAK}
        if len(words) < 2:
            return None
        best: tuple[float, Form] | None = None
        for forms in self._by_key.values():
            for form in forms:
                if form.kind is not FormKind.FULL:
                    continue
                theirs = {w for w in form.words if w not in _WEAK and w not in ("the", "a", "an", "s")}
                shared = len(words & theirs)
                score = 2 * shared / (len(words) + len(theirs)) if shared == len(words) else 0.0
                if score > (best[0] if best else 0.55):
                    best = (score, form)
        return self._resolved(title, [best[1]], best[0] * 0.9, year) if best else None


_REPLIES = frozenset({"nope", "go", "once", "it", "us", "her", "up"})
"""Whole answers that mean themselves when in lower case."""
_WEAK = frozenset(
    {"and", "of", "in", "on", "to", "for", "with", "at", "is", "it", "i", "my", "or", "but", "was", "that"}
)


def _only_changes_a_number(written: str, form: str) -> bool:
    """ "Rush Hour 3" is no misspelling of "Rush Hour 2"."""
    return re.sub(r"\D", "", written) != re.sub(r"\D", "", form)


def _explains(exact: Candidate, near: Candidate) -> bool:
    """Is the misspelling only an exact match with a word too many ("Black Panther, yes")?"""
    mine = {f.position for f in exact.forms}
    return near.start <= exact.start and exact.end <= near.end and any(f.position in mine for f in near.forms)


def _inside(candidate: Candidate, spans: Sequence[tuple[int, int]]) -> bool:
    length = candidate.end - candidate.start
    return any(s <= candidate.start and candidate.end <= e and e - s > length for s, e in spans)


def _best_cover(candidates: list[Candidate]) -> list[Candidate]:
    """No two overlap; the longer and surer wins."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: -(c.end - c.start) * c.score * (1 - 2 * c.edits)):
        if not any(candidate.overlaps(other) for other in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda c: c.start)
