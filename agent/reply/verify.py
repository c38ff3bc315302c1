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

from parley.agent.reply.film_words import PHRASES, Phrases
from parley.agent.reply.sentences import (
    CAPITALS_OK,
    DENIES,
    DURATION,
    MADE,
    MADE_AFTER,
    NOT,
    NOT_CLAIMS,
    NUMBER,
    OPINION,
    PLAYED,
    QUOTED,
    SENTENCE_END,
    THEME,
    WISH,
    YEAR,
    About,
    letters,
    split_sentences,
    tags_of,
    within,
)
from parley.agent.reply.titles import Name, NameFinder, Token, fold, tokens_of
from parley.agent.reply.verdict import Job, Problem, Verdict
from parley.agent.reply.words import THEME_PHRASES
from parley.tools.items import PERSON, Catalog, Item


class Verifier:
    """Verifies texts against one catalogue; thread-safe once built."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.finder = NameFinder(catalog)
        self.phrases: Phrases = PHRASES.get(catalog.domain.name, Phrases())
        self._tags = self._tag_words()
        themes = [k for k, info in catalog.domain.kinds.items() if info.phrase.startswith(THEME_PHRASES)]
        self._themes = {fold(v): (k, v) for k in themes for v in catalog.vocabulary.get(k, {})}
        names = (t for item in catalog for t in (item.title, *item.aliases))
        self._stopped_titles = [t for t in names if SENTENCE_END.search(f"{t[:-1]}x" if t else "")]
        nouns = "|".join(re.escape(n) for n in (catalog.domain.noun, "movie", "story"))
        self._presents = re.compile(
            rf"\W*((?!It |This |That )[A-Z][\w']*(?: (?:[A-Z][\w']*|of|the|and|in))*), "
            rf"(?:is )?an? (?:[\w-]+ ){{0,3}}(?:{nouns})\b"
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
        job = Job(items, numbers, phrases, wishes, self._known_words(items, (*phrases, *wishes)))
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

    def _check(self, sentence: str, job: Job) -> tuple[list[Problem], list[Item]]:
        """One sentence's problems, and the allowed items it names. Moves the scope on."""
        quoted = sentence.strip().rstrip(".")
        if len(quoted) > 30 and any(quoted in item.text for item in job.allowed):
            return [], []  # the catalogue's own description, word for word
        tokens = tokens_of(sentence)
        quotes = [q for q in QUOTED.finditer(sentence) if any(fold(q[1]).strip(" .,…") in p for p in job.phrases)]
        repeated = [(q.start(), q.end()) for q in quotes]
        names = [
            n
            for n in self.finder.find(sentence, tokens, expected=job.ids | job.background)
            if not within(n.start, repeated)
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
        here = About(mentioned, job.carried)
        covered = [*((n.start, n.end) for n in names), *repeated]
        problems += self._people(sentence, [n for n in names if fold(n.text) not in repeats], here, job)
        problems += self._tag_claims(sentence, tokens, covered, here, repeats, job)
        problems += self._theme_claims(sentence, here, repeats)
        problems += self._numbers(sentence, covered, here, job)
        problems += self._unknown_names(sentence, tokens, names, covered, job)
        opinion = next((o for o in OPINION.finditer(sentence) if not within(o.start(), covered)), None)
        written = [t.casefold() for i in here.items for t in (i.text, *tags_of(i))] + [*job.wishes]
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
            if any(word in fold(v) for v in tags_of(item)) or word in fold(item.text):
                return True
            if any(word in fold(t) for t in (item.title, *item.aliases, *item.values(PERSON))):
                return True
        return False

    def _people(self, sentence: str, names: list[Name], here: About, job: Job) -> list[Problem]:
        problems = []
        for name in names:
            if name.kind != "person":
                continue
            before, after = sentence[: name.start], sentence[name.end :]
            if NOT.search(before.lower()) or DENIES.match(sentence):
                continue
            items = here.near(name.start, belongs=after)
            key = letters(name.text)
            roles = [r for r in self.catalog.domain.roles if any(key == letters(v) for i in items for v in i.values(r))]
            if not roles and self._alternative_holds(sentence, name, names, items):
                continue
            if not roles:
                problems.append(Problem("person", name.text, f"not in the entry of {_titles(items)}"))
                continue
            domain_roles = list(self.catalog.domain.roles)
            makes = bool(MADE.search(before.lower()) or MADE_AFTER.match(after))
            plays = bool(PLAYED.search(before.lower()))
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

    def _numbers(self, sentence: str, names: list[tuple[int, int]], here: About, job: Job) -> list[Problem]:
        problems = []
        covered = list(names)
        for name, item in here.mentioned:
            bracket = re.match(r"\W{0,2}\s?\((\d{4})\)", sentence[name.end :])
            if bracket and int(bracket[1]) != item.year:
                problems.append(Problem("year", bracket[1], f"not the year of {item.label}"))
        for found in YEAR.finditer(sentence):
            if within(found.start(), covered):
                continue
            covered.append((found.start(), found.end()))
            items = here.near(found.start())
            if not self._year_holds(int(found[1]), bool(found[2]), items, here.items, job):
                problems.append(Problem("year", found[0], f"not the year of {_titles(items)}"))
        lengths = [f for f, info in self.catalog.domain.numbers.items() if info.unit == "min"]
        for found in DURATION.finditer(sentence.lower()) if lengths else ():
            if within(found.start(), covered):
                continue
            covered.append((found.start(), found.end()))
            minutes = float(found[3] or 0) or float(found[1]) * 60 + float(found[2] or 0)
            items = here.near(found.start())
            own = [n for i in items for f in lengths if (n := i.number(f)) is not None]
            if minutes not in own and not {minutes, minutes - 1, minutes + 1} & job.numbers:
                problems.append(Problem("number", found[0], f"not the length of {_titles(items)}"))
        for found in NUMBER.finditer(sentence):
            if within(found.start(), covered):
                continue
            value = float(found[0].replace(",", ""))
            own = [v for i in here.near(found.start()) for v in i.numbers.values()]
            written = any(found[0] in t for i in here.items for t in (i.text, *tags_of(i)))
            if value not in job.numbers and value not in own and not written:
                problems.append(Problem("number", found[0], "no field of the catalogue has it", wrong=False))
        return problems

    @staticmethod
    def _year_holds(year: int, decade: bool, near: list[Item], about: list[Item], job: Job) -> bool:
        def matches(known: float) -> bool:
            return known == year or (decade and known // 10 * 10 == year)

        if not near or any(str(year) in w for w in job.wishes):
            return any(str(year) in w for w in job.wishes) or any(matches(n) for n in job.numbers)
        if any(matches(n) for n in job.numbers) or any(matches(i.year) for i in near if i.year is not None):
            return True
        return any(str(year) in t for i in about for t in (i.text, *tags_of(i)))

    # Tags ---------------------------------------------------------------------------------------

    def _tag_words(self) -> dict[str, tuple[str, str]]:
        """Words that claim a type, a colour or a rating, to the facet and the value claimed."""
        domain = self.catalog.domain
        words: dict[str, tuple[str, str]] = {}
        for kind, info in domain.kinds.items():
            if info.phrase.startswith(THEME_PHRASES):
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
        return {w: claim for w, claim in words.items() if w not in NOT_CLAIMS}

    def _tag_claims(
        self,
        sentence: str,
        tokens: list[Token],
        covered: list[tuple[int, int]],
        here: About,
        repeats: frozenset[str],
        job: Job,
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
                said_by_user = alternative or any(fold(value) in w or w in fold(value) for w in repeats)
                if (
                    not said_by_user
                    and not within(start, covered)
                    and not self._holds(facet, value, sentence, start, end, here)
                ):
                    reason = f"not in the entry of {_titles(here.near(start))}"
                    problems.append(Problem("tag", sentence[start:end], reason, wrong=facet in self._factual))
                at += size - 1
                break
            at += 1
        return problems

    def _theme_claims(self, sentence: str, here: About, repeats: frozenset[str]) -> list[Problem]:
        """Themes claimed outright ("about a murdered son") that another item has and those named do not."""
        problems = []
        for found in THEME.finditer(sentence):
            facet, value = self._themes.get(fold(found[1]), ("", ""))
            said_by_user = any(fold(value) in w for w in repeats)
            if facet and not said_by_user and not self._holds(facet, value, sentence, *found.span(1), here):
                reason = f"not in the entry of {_titles(here.near(found.start()))}"
                problems.append(Problem("tag", found[1], reason, wrong=False))
        return problems

    def _holds(self, facet: str, value: str, sentence: str, start: int, end: int, here: About) -> bool:
        if DENIES.match(sentence) or NOT.search(sentence[:start].lower()) or WISH.search(sentence[:start].lower()):
            return True
        checked = [self._has(item, facet, value, fold(sentence[start:end])) for item in here.near(start)]
        return any(checked) if not here.mentioned else all(checked)

    def _has(self, item: Item, facet: str, value: str, said: str) -> bool:
        """Whether an item's entry bears a tag out: by the tag, in its other tags or in its text."""
        if facet == self.catalog.domain.age_kind:
            return value in item.values(facet)
        word = fold(value)
        written = any(word in fold(v) or said in fold(v) for v in tags_of(item)) or said in fold(item.text)
        return written or self._same_family(item, said)

    def _same_family(self, item: Item, said: str) -> bool:
        return any(v in self.phrases.families.get(said, ()) for v in tags_of(item))

    # Names we know nothing of ---------------------------------------------------------------------

    def _unknown_names(
        self, sentence: str, tokens: list[Token], names: list[Name], covered: list[tuple[int, int]], job: Job
    ) -> list[Problem]:
        problems = []
        titles = [n for n in names if n.kind == "title"]
        for quoted in QUOTED.finditer(sentence):
            if within(quoted.start(), covered) or not quoted[1][:1].isupper():
                continue
            if not any(quoted.start() < n.start and n.end <= quoted.end() for n in titles):
                problems.append(Problem("title", quoted[1], "no such title in the catalogue"))
            covered.append((quoted.start(), quoted.end()))
        presented = None if DENIES.match(sentence) else self._presents.match(sentence)
        if presented and not within(presented.start(1), covered):
            problems.append(Problem("title", presented[1], "no such title in the catalogue"))
        for token in tokens:
            if within(token.start, covered) or not token.text[:1].isupper() or token.folded in job.known:
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
        words = set(CAPITALS_OK)
        texts = [*phrases]
        for item in allowed:
            texts += [item.title, *item.aliases, item.text, *item.values(PERSON)]
            texts += tags_of(item)
        for text in texts:
            words.update(fold(w) for w in re.findall(r"\w+", text))
        return self._value_words | words

    def _words_of_values(self) -> frozenset[str]:
        """Words of the small vocabularies: genres, languages, countries, ratings."""
        values = [v for kind in self.catalog.domain.kinds for v in self.catalog.vocabulary.get(kind, {})
                  if len(self.catalog.vocabulary[kind]) < 60]  # fmt: skip
        return frozenset(fold(w) for v in values for w in re.findall(r"\w+", v))


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
