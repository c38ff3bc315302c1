"""Does a text name only what it may, and claim only what the catalogue says?

Prose from a model is checked sentence by sentence before anyone sees it. Titles outside the slate, titles
that do not exist, wrong years, wrong people and other false facts are *wrong*: the prose is rejected.
Praise that no field of the catalogue bears out (awards, ratings, "a masterpiece") is *unverifiable*: the
sentence is cut. The check is conservative: a true sentence may be cut, a checkable false one is not passed.
"""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from parley.agent.reply.film_words import PHRASES, Phrases
from parley.agent.reply.titles import Name, NameFinder, Token, fold, tokens_of
from parley.tools.items import PERSON, Catalog, Item

_SENTENCE_END = re.compile(
    r"(?<!\bMr)(?<!\bMrs)(?<!\bDr)(?<!\bSt)(?<!\bJr)(?<!\bvs)(?<!\bVol)(?<!\bBros)(?<!\b[A-Z])"
    r"[.!?]+[\"”')]*(?=\s*$|\s+[\"“'(A-Z0-9-])|\n+"
)
_NUMBER = re.compile(r"\b\d[\d,]*(?:\.\d+)?\b")
_DURATION = re.compile(
    r"\b(?:(\d+)\s?h(?:ours?|rs?)?\b(?:\s?(?:and\s)?(\d+)\s?m(?:in(?:utes?|s)?)?\b)?|(\d+)[\s-]?min(?:utes?|s)?\b)"
)
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)(s?)\b")
_QUOTED = re.compile(r"[\"“«]([^\"”»\n]{1,80})[\"”»]")
_MADE = re.compile(r"(?:directed|written|made|helmed|authored) by\W+$|(?:director|author|writer|filmmaker)\W+$")
_MADE_AFTER = re.compile(r"^\W*(?:directed|directs|wrote|writes|made|helmed)\b|^['’]s\b")
_PLAYED = re.compile(
    r"(?:starring|stars?|featuring|features|played by|performances? by)\W+(?:[\w .'-]+(?:,| and)\W+)*$"
)
_NOT = re.compile(r"\b(?:not|no|n't|never|without|isn't|nothing|neither|none|nor|less|free of)\b[^,;.]*$")
_DENIES = re.compile(r"\W*(?:mind: )?(?:it is not|neither is|none of (?:them|these) (?:is|are))\b", re.IGNORECASE)
_OPINION = re.compile(
    r"\b(?:award|oscar|golden globe|academy|nominat|box[- ]office|blockbuster|critic|acclaim|masterpiece|rotten|imdb|"
    r"rating of|stars out|bestsell|best[- ]selling|best film|best movie|greatest|highest[- ]gross|true story|"
    r"true events|sequel|prequel|remake|trilogy|franchise|series|netflix|streaming|prime video|hulu|disney\+|"
    r"everyone loves|must[- ](?:see|watch|read)|will love|you'?ll love|iconic|legendary|cult classic)",
    re.IGNORECASE,
)
_CAPITALS = (
    "i ok okay monday tuesday wednesday thursday friday saturday sunday january february march april may june july "
    "august september october november december parley starring directed featuring both neither set try here"
)
_CAPITALS_OK = frozenset(_CAPITALS.split())


@dataclass(frozen=True)
class Problem:
    """One thing a text may not say."""

    kind: Literal["title", "year", "person", "number", "tag", "name", "opinion"]
    text: str
    reason: str
    wrong: bool = True
    """False: merely unverifiable."""


@dataclass(frozen=True)
class Verdict:
    """What became of a text."""

    text: str
    """What may be shown: the text without the sentences that have problems; "" if nothing is left."""
    problems: tuple[Problem, ...] = ()
    named: tuple[str, ...] = ()
    """Ids of allowed items the shown text names, in order."""

    @property
    def ok(self) -> bool:
        return not self.problems

    @property
    def is_wrong(self) -> bool:
        """Something false or foreign was claimed: the realiser should take over."""
        return any(p.wrong for p in self.problems)


class _Job:
    """One text under verification: what it may say, and which items its last sentence was about."""

    def __init__(
        self, allowed: list[Item], numbers: Sequence[float], phrases: Sequence[str], wishes: Sequence[str],
        known: frozenset[str],
    ) -> None:  # fmt: skip
        self.allowed = allowed
        self.by_id = {i.item_id: i for i in allowed}
        self.ids = frozenset(self.by_id)
        self.numbers = frozenset(float(n) for n in numbers)
        self.phrases = tuple(fold(p) for p in phrases)
        self.wishes = frozenset(fold(w) for w in wishes)
        self.known = known
        self.background: frozenset[str] = frozenset()
        self.carried = allowed
        self.presented = False
        """An item has been named: from now on, sentences without a title are about items."""


class Verifier:
    """Verifies texts against one catalogue; thread-safe once built."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.finder = NameFinder(catalog)
        self.phrases: Phrases = PHRASES.get(catalog.domain.name, Phrases())
        self._tags = self._tag_words()
        names = (t for item in catalog for t in (item.title, *item.aliases))
        self._stopped_titles = [t for t in names if _SENTENCE_END.search(f"{t[:-1]}x" if t else "")]
        nouns = "|".join(re.escape(n) for n in dict.fromkeys((catalog.domain.noun, "film", "movie", "book", "series")))
        self._presents = re.compile(
            rf"\W*((?!It |This |That )[A-Z][\w' ]*), (?:is )?an? (?:[\w-]+ ){{0,3}}(?:{nouns})\b"
        )
        bare = [kind for kind, info in catalog.domain.kinds.items() if info.phrase == "{value}"]
        self._factual = {kind for kind in catalog.domain.kinds if kind not in bare[1:]}
        self._value_words = self._words_of_values()

    def verify(
        self,
        text: str,
        allowed: Iterable[str],
        *,
        numbers: Sequence[float] = (),
        phrases: Sequence[str] = (),
        wishes: Sequence[str] = (),
        background: Iterable[str] = (),
    ) -> Verdict:
        """Check a text sentence by sentence.

        Args:
            allowed: ids of the items that may be named.
            numbers: further numbers that may be said: counts, bounds the user gave.
            phrases: words that may be repeated though no catalogue field has them: the user's own.
            background: ids of items that may be named though they are not presented: liked, seen.
            wishes: values the user asked for. Sentences about no item yet may name them ("Comedies, then.").

        Returns:
            The verdict; its text keeps the sentences without problems.
        """
        items = [self.catalog[i] for i in allowed if i in self.catalog]
        job = _Job(items, numbers, phrases, wishes, self._known_words(items, (*phrases, *wishes)))
        job.background = frozenset(background) - job.ids
        kept: list[str] = []
        problems: list[Problem] = []
        named: list[str] = []
        for sentence in self.split(text):
            found, mentioned = self._check(sentence, job)
            problems += found
            if not found:
                kept.append(sentence)
                named += [i.item_id for i in mentioned]
        return Verdict("".join(kept).strip(), tuple(dict.fromkeys(problems)), tuple(dict.fromkeys(named)))

    def split(self, text: str) -> list[str]:
        """`split_sentences`, but never inside a title ("Hot Shots! Part Deux")."""
        inside = [
            (at, at + len(title)) for title in self._stopped_titles if (at := text.find(title)) >= 0
        ]  # fmt: skip
        return split_sentences(text, inside)

    def _check(self, sentence: str, job: _Job) -> tuple[list[Problem], list[Item]]:
        """One sentence's problems, and the allowed items it names. Moves the scope on."""
        tokens = tokens_of(sentence)
        quotes = [q for q in _QUOTED.finditer(sentence) if any(fold(q[1]).strip(" .,…") in p for p in job.phrases)]
        repeated = [(q.start(), q.end()) for q in quotes]
        names = [
            n
            for n in self.finder.find(sentence, tokens, expected=job.ids | job.background)
            if not _within(n.start, repeated)
        ]
        problems: list[Problem] = []
        mentioned: list[tuple[Name, Item]] = []
        for name in names:
            if name.kind != "title":
                continue
            item = next((job.by_id[i] for i in name.item_ids if i in job.by_id), None)
            if item is not None:
                mentioned.append((name, item))
            elif (
                job.background.isdisjoint(name.item_ids)
                and not self._is_a_value(name, job.allowed)
                and (name.certain or fold(name.text) not in job.wishes)
            ):
                problems.append(Problem("title", name.text, "not one of the items shown"))
        repeats = job.wishes if not mentioned and not job.presented else frozenset()
        here = _About(mentioned, job.carried)
        covered = [*((n.start, n.end) for n in names), *repeated]
        problems += self._people(sentence, [n for n in names if fold(n.text) not in repeats], here)
        problems += self._tag_claims(sentence, tokens, covered, here, repeats, job)
        problems += self._numbers(sentence, covered, here, job)
        problems += self._unknown_names(sentence, tokens, names, covered, job)
        opinion = next((o for o in _OPINION.finditer(sentence) if not _within(o.start(), covered)), None)
        written = [t.casefold() for i in here.items for t in (i.text, *_tags(i))] + [*job.wishes]
        if opinion and not any(opinion[0].casefold() in t for t in written):
            problems.append(Problem("opinion", opinion[0], "no field of the catalogue bears it out", wrong=False))
        if mentioned:
            job.carried = [item for _, item in mentioned]
            job.presented = True
        return problems, [item for _, item in mentioned]

    # Titles, people -----------------------------------------------------------------------------

    def _is_a_value(self, name: Name, allowed: list[Item]) -> bool:
        """A word that is also a tag or a word of an allowed item ("set in Chicago", "a Philadelphia lawyer")."""
        if name.certain:
            return False
        word = fold(name.text)
        for item in allowed:
            if any(word in fold(v) for v in _tags(item)) or word in fold(item.text):
                return True
            if any(word in fold(t) for t in (item.title, *item.aliases, *item.values(PERSON))):
                return True
        return False

    def _people(self, sentence: str, names: list[Name], here: _About) -> list[Problem]:
        problems = []
        for name in names:
            if name.kind != "person":
                continue
            before, after = sentence[: name.start], sentence[name.end :]
            if _NOT.search(before.lower()) or _DENIES.match(sentence):
                continue
            items = here.near(name.start, belongs=after)
            key = _letters(name.text)
            roles = [
                r for r in self.catalog.domain.roles if any(key == _letters(v) for i in items for v in i.values(r))
            ]
            if not roles and self._alternative_holds(sentence, name, names, items):
                continue
            if not roles:
                problems.append(Problem("person", name.text, f"not in the entry of {_titles(items)}"))
                continue
            domain_roles = list(self.catalog.domain.roles)
            makes = bool(_MADE.search(before.lower()) or _MADE_AFTER.match(after))
            plays = bool(_PLAYED.search(before.lower()))
            if makes and domain_roles and domain_roles[0] not in roles:
                problems.append(Problem("person", name.text, f"not the {domain_roles[0]} of {_titles(items)}"))
            elif plays and len(domain_roles) > 1 and domain_roles[1] not in roles:
                problems.append(Problem("person", name.text, f"not in the {domain_roles[1]} of {_titles(items)}"))
        return problems

    @staticmethod
    def _alternative_holds(sentence: str, name: Name, names: list[Name], items: list[Item]) -> bool:
        """ "with Hugh Grant or Bill Murray" holds if either does."""
        near = [n for n in names if n.kind == "person" and n is not name]
        gaps = [(sentence[min(n.end, name.end) : max(n.start, name.start)], n) for n in near]
        return any(gap in (" or ", ", ") and any(n.text in i.values(PERSON) for i in items) for gap, n in gaps)

    # Numbers ------------------------------------------------------------------------------------

    def _numbers(self, sentence: str, names: list[tuple[int, int]], here: _About, job: _Job) -> list[Problem]:
        problems = []
        covered = list(names)
        for name, item in here.mentioned:
            bracket = re.match(r"\W{0,2}\s?\((\d{4})\)", sentence[name.end :])
            if bracket and int(bracket[1]) != item.year:
                problems.append(Problem("year", bracket[1], f"not the year of {item.label}"))
        for found in _YEAR.finditer(sentence):
            if _within(found.start(), covered):
                continue
            covered.append((found.start(), found.end()))
            items = here.near(found.start())
            if not self._year_holds(int(found[1]), bool(found[2]), items, here.items, job):
                problems.append(Problem("year", found[0], f"not the year of {_titles(items)}"))
        lengths = [f for f, info in self.catalog.domain.numbers.items() if info.unit == "min"]
        for found in _DURATION.finditer(sentence.lower()) if lengths else ():
            if _within(found.start(), covered):
                continue
            covered.append((found.start(), found.end()))
            minutes = float(found[3] or 0) or float(found[1]) * 60 + float(found[2] or 0)
            items = here.near(found.start())
            own = [n for i in items for f in lengths if (n := i.number(f)) is not None]
            if minutes not in own and not {minutes, minutes - 1, minutes + 1} & job.numbers:
                problems.append(Problem("number", found[0], f"not the length of {_titles(items)}"))
        for found in _NUMBER.finditer(sentence):
            if _within(found.start(), covered):
                continue
            value = float(found[0].replace(",", ""))
            own = [v for i in here.near(found.start()) for v in i.numbers.values()]
            written = any(found[0] in t for i in here.items for t in (i.text, *_tags(i)))
            if value not in job.numbers and value not in own and not written:
                problems.append(Problem("number", found[0], "no field of the catalogue has it", wrong=False))
        return problems

    @staticmethod
    def _year_holds(year: int, decade: bool, near: list[Item], about: list[Item], job: _Job) -> bool:
        def matches(known: float) -> bool:
            return known == year or (decade and known // 10 * 10 == year)

        if not near or any(str(year) in w for w in job.wishes):
            return any(str(year) in w for w in job.wishes) or any(matches(n) for n in job.numbers)
        if any(matches(n) for n in job.numbers) or any(matches(i.year) for i in near if i.year is not None):
            return True
        return any(str(year) in t for i in about for t in (i.text, *_tags(i)))

    # Tags ---------------------------------------------------------------------------------------

    def _tag_words(self) -> dict[str, tuple[str, str]]:
        """Words that claim a type, a colour or a rating, to the facet and the value claimed."""
        domain = self.catalog.domain
        words: dict[str, tuple[str, str]] = {}
        for kind, info in domain.kinds.items():
            if info.phrase.startswith("about"):
                continue
            for value in self.catalog.vocabulary.get(kind, {}):
                if info.ages:
                    plain = fold(value).replace("-", " ")
                    words[f"rated {plain}"] = (kind, value)
                    if "-" in value:
                        words[plain] = (kind, value)
                    continue
                words[fold(value).replace("-", " ")] = (kind, value)
                special = self.phrases.types.get(value)
                if special:
                    for form in (special.noun, special.plural):
                        words[fold(form).replace("-", " ")] = (kind, value)
        return {w: claim for w, claim in words.items() if w not in _NOT_CLAIMS}

    def _tag_claims(
        self,
        sentence: str,
        tokens: list[Token],
        covered: list[tuple[int, int]],
        here: _About,
        repeats: frozenset[str],
        job: _Job,
    ) -> list[Problem]:
        """Tags claimed that the items named do not have. Adds the places of the claims to `covered`."""
        problems = []
        words = [t.folded for t in tokens]
        at = 0
        while at < len(tokens):
            for size in (4, 3, 2, 1):
                claim = self._tags.get(" ".join(words[at : at + size])) if at + size <= len(words) else None
                if claim is None:
                    continue
                facet, value = claim
                start, end = tokens[at].start, tokens[at + size - 1].end
                around = sentence[max(0, start - 4) : start] + sentence[end : end + 4]
                alternative = " or " in around and any(fold(value) in w for w in job.wishes)
                said_by_user = alternative or any(fold(value) in w for w in repeats)
                if (
                    not said_by_user
                    and not _within(start, covered)
                    and not self._holds(facet, value, sentence, start, end, here)
                ):
                    reason = f"not in the entry of {_titles(here.near(start))}"
                    problems.append(Problem("tag", sentence[start:end], reason, wrong=facet in self._factual))
                at += size - 1
                break
            at += 1
        return problems

    def _holds(self, facet: str, value: str, sentence: str, start: int, end: int, here: _About) -> bool:
        if _DENIES.match(sentence) or _NOT.search(sentence[:start].lower()) or _WISH.search(sentence[:start].lower()):
            return True
        checked = [self._has(item, facet, value, fold(sentence[start:end])) for item in here.near(start)]
        return any(checked) if not here.mentioned else all(checked)

    def _has(self, item: Item, facet: str, value: str, said: str) -> bool:
        """Whether an item's entry bears a tag out: by the tag, in its other tags or in its text."""
        if facet == self.catalog.domain.age_kind:
            return value in item.values(facet)
        word = fold(value)
        written = any(word in fold(v) or said in fold(v) for v in _tags(item)) or said in fold(item.text)
        return written or self._same_family(item, said)

    def _same_family(self, item: Item, said: str) -> bool:
        return any(v in self.phrases.families.get(said, ()) for v in _tags(item))

    # Names we know nothing of ---------------------------------------------------------------------

    def _unknown_names(
        self, sentence: str, tokens: list[Token], names: list[Name], covered: list[tuple[int, int]], job: _Job
    ) -> list[Problem]:
        problems = []
        titles = [n for n in names if n.kind == "title"]
        for quoted in _QUOTED.finditer(sentence):
            if _within(quoted.start(), covered) or not quoted[1][:1].isupper():
                continue
            if not any(quoted.start() < n.start and n.end <= quoted.end() for n in titles):
                problems.append(Problem("title", quoted[1], "no such title in the catalogue"))
            covered.append((quoted.start(), quoted.end()))
        presented = None if _DENIES.match(sentence) else self._presents.match(sentence)
        if presented and not _within(presented.start(1), covered):
            problems.append(Problem("title", presented[1], "no such title in the catalogue"))
        for token in tokens:
            if _within(token.start, covered) or not token.text[:1].isupper() or token.folded in job.known:
                continue
            if not token.opens or self._opens_with_a_name(token, sentence[token.end : token.end + 20]):
                problems.append(Problem("name", token.text, "a name the catalogue does not give for these items"))
        return problems

    def _opens_with_a_name(self, token: Token, follows: str) -> bool:
        """A sentence's first word has a capital anyway: what comes after tells whether it is a name."""
        if re.match(r"\s+(?:\([12]\d{3}\)|stars |follows )", follows):
            return True
        return token.folded not in self.finder.common and bool(re.match(r"\s+(?:[A-Z][a-z]|is |was |has )", follows))

    def _known_words(self, allowed: list[Item], phrases: Sequence[str]) -> frozenset[str]:
        """Words that may bear a capital."""
        words = set(_CAPITALS_OK)
        texts = [*phrases]
        for item in allowed:
            texts += [item.title, *item.aliases, item.text, *item.values(PERSON)]
            texts += _tags(item)
        for text in texts:
            words.update(fold(w) for w in re.findall(r"\w+", text))
        return self._value_words | words

    def _words_of_values(self) -> frozenset[str]:
        """Words of the small vocabularies: genres, languages, countries, ratings."""
        values = [v for kind in self.catalog.domain.kinds for v in self.catalog.vocabulary.get(kind, {})
                  if len(self.catalog.vocabulary[kind]) < 60]  # fmt: skip
        return frozenset(fold(w) for v in values for w in re.findall(r"\w+", v))


_WISH = re.compile(
    r"\b(?:you (?:asked|wanted|want|said|like|liked|love|mentioned|prefer)|since you|your wish|in the mood for"
    r"|looking for)\b[^,;:.]*$"
)
_NOT_CLAIMS = frozenset(
    {"short", "light", "cool", "classic", "cold", "sharp", "smart", "wise", "rich", "modern", "broad", "frank", "fun",
     "quiet", "sweet", "warm", "serious", "loud", "bold", "bitter", "moving", "wild", "strange", "family", "history",
     "music", "action", "war", "sport", "entertaining", "powerful", "intriguing"}
)  # fmt: skip
"""Tag values whose word is as often used for something else; not taken as a claim."""


class _About:
    """The items a place in a sentence is about."""

    def __init__(self, mentioned: list[tuple[Name, Item]], carried: list[Item]) -> None:
        self.mentioned = mentioned
        self.items = [item for _, item in mentioned] or carried

    def near(self, at: int, *, belongs: str = "") -> list[Item]:
        """The item named last before `at`, else the next one. A possessive belongs to a title right after it."""
        if not self.mentioned:
            return self.items
        after = [(name, item) for name, item in self.mentioned if name.start > at]
        before = [item for name, item in self.mentioned if name.start <= at]
        if after and belongs[:2] in ("'s", "’s"):
            between = belongs[: belongs.find(after[0][0].text)]
            if not re.search(r"[,;:.]", between) and len(between.split()) <= 5:
                return [after[0][1]]
        return before[-1:] or [item for _, item in after[:1]]


def split_sentences(text: str, inside: Sequence[tuple[int, int]] = ()) -> list[str]:
    """The sentences and lines of a text, none ended within `inside`; joined they give it back."""
    parts, start = [], 0
    for end in _SENTENCE_END.finditer(text):
        if not _within(end.start(), [(a, b - 1) for a, b in inside]):
            parts.append(text[start : end.end()])
            start = end.end()
    if start < len(text):
        parts.append(text[start:])
    return parts


def _tags(item: Item) -> list[str]:
    return [v for values in item.tags.values() for v in values]


def _letters(name: str) -> str:
    """A name without its spaces and stops: "Paul W.S. Anderson" is "Paul W. S. Anderson"."""
    return "".join(re.findall(r"\w", fold(name)))


def _within(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= at < end for start, end in spans)


def _titles(items: Sequence[Item]) -> str:
    return ", ".join(i.label for i in items[:3]) or "any item shown"


_verifiers: weakref.WeakKeyDictionary[Catalog, Verifier] = weakref.WeakKeyDictionary()


def verify(
    text: str,
    allowed: Iterable[str],
    catalog: Catalog,
    *,
    numbers: Sequence[float] = (),
    phrases: Sequence[str] = (),
    wishes: Sequence[str] = (),
    background: Iterable[str] = (),
) -> Verdict:
    """`Verifier.verify`, with the catalogue's verifier built once and kept."""
    verifier = _verifiers.get(catalog)
    if verifier is None:
        verifier = _verifiers.setdefault(catalog, Verifier(catalog))
    return verifier.verify(text, allowed, numbers=numbers, phrases=phrases, wishes=wishes, background=background)
