"""How one catalogue is spoken of: its domain's words, its items as noun phrases, its wishes as prose.

Everything said here is a field of an item or of a wish, put into English. No judgement is added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from parley.agent.ledger import ABOUT, ITEM, Polarity, Wish
from parley.agent.reply.film_words import PHRASES, Phrases, TypeWords
from parley.agent.reply.words import (
    THEME_PHRASES,
    capitalise,
    echo,
    hours_in_words,
    join,
    measure,
    with_article,
    with_the,
    years_in_words,
)
from parley.tools.items import PERSON, YEAR, Catalog, Item

_BEFORE_NAMES = frozenset({"great", "old", "new", "saint"})
_MADE_FROM = re.compile(r"(?:based|set|inspired|adapted|told|made) ")
_PERIOD = re.compile(r"\d{3,4}s|\d{1,2}(?:st|nd|rd|th) century")
_AFTER_NAMES = frozenset({"city", "war", "depression", "dream", "empire", "union", "revolution", "south", "army"})


class Wording:
    """The words for one catalogue. Which kind is the noun ("genre") and which are adjectives
    ("mood") follows from the domain: kinds whose phrase is the bare value, the first of them the noun."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.domain = catalog.domain
        self.phrases: Phrases = PHRASES.get(catalog.domain.name, Phrases())
        bare = [kind for kind, info in self.domain.kinds.items() if info.phrase == "{value}" and not info.ages]
        self.type_kind = bare[0] if bare else None
        self.colour_kinds = tuple(bare[1:])
        self.theme_kinds = tuple(k for k, info in self.domain.kinds.items() if info.phrase.startswith(THEME_PHRASES))
        self.maker = next(iter(self.domain.roles), None)
        self.case_of = lru_cache(maxsize=4096)(self._case_of)

    # The catalogue's values ------------------------------------------------------------------------

    def types(self, value: str) -> TypeWords:
        """A type value as modifier, noun and plural."""
        low = value.lower() if value[:1].isupper() and not value.isupper() else value
        return self.phrases.types.get(value) or TypeWords(
            modifier=low, noun=f"{low} {self.domain.noun}", plural=f"{low} {self.domain.plural}"
        )

    def type_words(self, item: Item, skip: Iterable[str] = ()) -> TypeWords | None:
        """The item's own noun from its first three types: "sci-fi thriller"; None if it has none."""
        left_out = set(skip)
        values = [v for v in self._telling_types(item) if v not in left_out]
        if not values:
            return None
        for pair, named in self.phrases.pairs.items():
            if set(pair) <= set(values):
                return named
        head = min(values, key=self._head_rank)
        words = self.types(head)
        rest = sorted(
            (v for v in values if v != head and v not in self.phrases.never_modifier), key=self._modifier_rank
        )
        if not rest or _overlap(self.types(rest[0]).modifier, words.noun):
            return words
        modifier = self.types(rest[0]).modifier
        return TypeWords(modifier=modifier, noun=f"{modifier} {words.noun}", plural=f"{modifier} {words.plural}")

    def _telling_types(self, item: Item) -> Sequence[str]:
        """The three types that say most: the first three, or in a catalogue nobody wrote words for, the rarest."""
        values = item.values(self.type_kind) if self.type_kind else ()
        if self.phrases.types or not self.type_kind:
            return values[:3]
        having = self.catalog.vocabulary.get(self.type_kind, {})
        return sorted(values, key=lambda v: len(having[v]))[:3]

    def _head_rank(self, value: str) -> int:
        order = list(self.phrases.types)
        return order.index(value) if value in order else len(order)

    def _modifier_rank(self, value: str) -> int:
        order = self.phrases.modifiers
        return order.index(value) if value in order else len(order)

    def colours(self, item: Item, limit: int = 2, skip: Iterable[str] = ()) -> list[str]:
        """The item's adjectives, at most `limit`."""
        left_out = {w.casefold() for w in skip}
        words = [v for kind in self.colour_kinds for v in item.values(kind)]
        return [w for w in words if w.casefold() not in left_out][:limit]

    def role_phrase(self, role: str, names: Sequence[str]) -> str:
        """ "directed by Joel Coen and Ethan Coen"."""
        info = self.domain.roles.get(role)
        phrase = info.phrase if info else "with {value}"
        return phrase.format(value=join(list(names)))

    def _case_of(self, value: str) -> str:
        """A lower-case tag value with the capitals it has in the catalogue's texts ("new york" -> "New York")."""
        if value != value.lower():
            return value
        words = value.split()
        for size in range(len(words), 0, -1):
            for start in range(len(words) - size + 1):
                part = " ".join(words[start : start + size])
                found = self._seen_case(part)
                if found and found != part:
                    before = [_proper(w, _BEFORE_NAMES) for w in words[:start]]
                    after = [_proper(w, _AFTER_NAMES) for w in words[start + size :]]
                    return " ".join([*before, found, *after])
        return value

    @property
    def _texts(self) -> tuple[str, str]:
        if not hasattr(self, "_joined"):
            joined = "\n".join(item.text for item in self.catalog)
            self._joined = (joined, joined.lower())
        return self._joined

    def _seen_case(self, part: str) -> str:
        """How the texts spell `part` in the middle of a sentence, if they mostly agree; else ""."""
        text, lowered = self._texts
        if len(lowered) != len(text) or len(part) < 3:
            return ""
        spellings: dict[str, int] = {}
        at = -1
        for _ in range(40):
            at = lowered.find(part, at + 1)
            if at < 0:
                break
            end = at + len(part)
            starts_sentence = at == 0 or text[max(0, at - 2) : at] in (". ", "? ", "! ") or text[at - 1] == "\n"
            inside_word = text[at - 1].isalnum() or (end < len(text) and text[end].isalnum())
            if not starts_sentence and not inside_word:
                spelling = text[at:end]
                spellings[spelling] = spellings.get(spelling, 0) + 1
        if not spellings:
            return ""
        best = max(spellings, key=lambda s: spellings[s])
        return best if spellings[best] / sum(spellings.values()) > 0.7 else ""

    def theme(self, value: str) -> str:
        """A theme as it stands in a sentence: "a heist", "an android", "revenge"."""
        if _PERIOD.fullmatch(value):
            return f"the {value}"
        cased = self.case_of(value)
        head = re.split(r" (?:of|in|on|for|from|with) ", cased)[0].split()[-1]
        if _MADE_FROM.match(value) or " and " in value or head not in self.phrases.countable:
            return cased
        return with_article(cased)

    # One value in a phrase ----------------------------------------------------------------------

    def phrase(self, facet: str, *values: str) -> str:
        """Values after the noun they belong to: "directed by Ridley Scott", "about time travel or memory"."""
        if len(values) > 1:
            return self._phrase_any(facet, values)
        value = values[0]
        special = self.phrases.values.get(facet, {}).get(value)
        if special:
            return special
        if facet == PERSON:
            return self.domain.roles[self.role_of(value)].phrase.format(value=value) if self.domain.roles else value
        if facet in self.domain.roles:
            return self.domain.roles[facet].phrase.format(value=value)
        if facet in self.domain.kinds:
            cased = self.theme(value) if facet in self.theme_kinds else self.case_of(value)
            if _MADE_FROM.match(value):
                return cased
            if _PERIOD.fullmatch(value):
                return f"set in {cased}"
            return self.domain.kinds[facet].phrase.format(value=self.told_value(facet, cased))
        return value

    def told_value(self, facet: str, value: str) -> str:
        """A kind's value as it stands after "from" or "in": "the Netherlands"."""
        info = self.domain.kinds.get(facet)
        if info is None:
            return value
        return with_the(value) if info.phrase.startswith("from ") else self.case_of(value)

    def _phrase_any(self, facet: str, values: Sequence[str]) -> str:
        each = [self.phrase(facet, v) for v in values]
        first = each[0].split(" ")[0]
        if all(p.startswith(f"{first} ") for p in each):
            size = (
                2 if all(p.split(" ")[1:2] == each[0].split(" ")[1:2] for p in each) and len(each[0].split()) > 2 else 1
            )
            size = size if all(len(p.split()) > size for p in each) else 1
            lead = " ".join(each[0].split(" ")[:size])
            return f"{lead} {join([' '.join(p.split(' ')[size:]) for p in each], 'or')}"
        return join(each, "or")

    def role_of(self, name: str) -> str:
        """The role a person has most often."""
        roles = list(self.domain.roles)
        return max(roles, key=lambda role: len(self.catalog.vocabulary.get(role, {}).get(name, ())))

    def bounds(self, facet: str, gte: float | None, lte: float | None) -> str:
        """A numeric wish after the noun: "from before 1990", "of two hours at most"."""
        if facet == YEAR:
            return years_in_words(gte, lte)
        info = self.domain.numbers.get(facet)
        unit = info.unit if info else ""
        if unit == "min":
            if gte is not None and lte is not None:
                return f"between {hours_in_words(gte)} and {hours_in_words(lte)} long"
            if lte is not None:
                exclusive = lte % 30 == 29
                return f"under {hours_in_words(lte + 1)}" if exclusive else f"of {hours_in_words(lte)} at most"
            assert gte is not None
            exclusive = gte % 30 == 1
            return f"over {hours_in_words(gte - 1)}" if exclusive else f"of at least {hours_in_words(gte)}"
        label = "" if unit else f" {self.domain.label(facet)}"
        if gte is not None and lte is not None:
            return f"of {measure(gte, '')} to {measure(lte, unit)}{label}"
        if lte is not None:
            return f"of {measure(lte, unit)}{label} at most"
        assert gte is not None
        return f"of at least {measure(gte, unit)}{label}"

    # Wishes ---------------------------------------------------------------------------------------

    def describe(self, wishes: Sequence[Wish], *, plural: bool = True) -> str:
        """Facet wishes as one noun phrase: "tense comedies from before 1990 with Tom Hanks, nothing violent"."""
        wants = [w for w in wishes if w.facet != ITEM and w.polarity is Polarity.WANT]
        avoided = join(self._avoided([w for w in wishes if w.facet != ITEM and w not in wants]))
        types = [w.value for w in wants if w.facet == self.type_kind and not w.any_of]
        colours = [join(list(w.values), "or") for w in wants if w.facet in self.colour_kinds]
        either = next((w for w in wants if w.facet == self.type_kind and w.any_of), None)
        noun = self._noun_of(types, plural)
        if either is not None:
            noun = join([self._noun_of([v, *types], plural) for v in either.values], "or")
        rest = [w for w in wants if w.facet not in (self.type_kind, *self.colour_kinds)]
        after = [self.want_phrase(w) for w in sorted(rest, key=self._place_after)]
        many = ", " if len(after) > 2 else " "
        text = " ".join([*([", ".join(colours)] if colours else []), noun, many.join(after)]).rstrip()
        if not plural:
            text = re.sub(r"that are (\w+)s\b", lambda found: f"that is {with_article(found[1])}", text)
            text = text.replace("that are ", "that is ")
        if not avoided:
            return text
        return f"{text} with {avoided}" if not wants else f"{text}, {avoided}"

    def _place_after(self, wish: Wish) -> int:
        """Where a wish reads best after the noun: length, year, language, themes, people, free words."""
        if wish.is_number:
            return 1 if wish.facet == YEAR else 0
        if wish.facet in self.domain.kinds:
            return 3 if wish.facet in self.theme_kinds else 2
        return 5 if wish.facet == ABOUT else 4

    def _noun_of(self, types: list[str], plural: bool) -> str:
        if not types:
            return self.domain.plural if plural else self.domain.noun
        for pair, named in self.phrases.pairs.items():
            if set(pair) == set(types):
                return named.plural if plural else named.noun
        head = min(types, key=self._head_rank)
        words = self.types(head)
        rest = [self.types(v).modifier for v in types if v != head]
        return " ".join([*rest, words.plural if plural else words.noun])

    def want_phrase(self, wish: Wish) -> str:
        """A wanted thing after a noun."""
        if wish.is_number:
            return self.bounds(wish.facet, wish.gte, wish.lte)
        if wish.facet == ABOUT:
            return f"along the lines of “{echo(wish.value)}”"
        return self.phrase(wish.facet, *wish.values)

    def _avoided(self, wishes: Sequence[Wish]) -> list[str]:
        parts: list[str] = []
        rated = [v for w in wishes if w.facet == self.domain.age_kind for v in w.values]
        if rated and self.domain.age_kind:
            parts.append(self.age_phrase(rated))
        types = [self.types(v).plural for w in wishes if w.facet == self.type_kind for v in w.values]
        if types:
            parts.append(f"no {join(types, 'or')}")
        rest: list[str] = []
        for wish in wishes:
            if wish.facet in self.colour_kinds:
                rest.extend(wish.values)
            elif wish.is_number:
                rest.append(self.bounds(wish.facet, wish.gte, wish.lte).removeprefix("of "))
            elif wish.facet == ABOUT:
                rest.append(f"like “{echo(wish.value)}”")
            elif wish.facet not in (self.type_kind, self.domain.age_kind):
                phrase = self.phrase(wish.facet, *wish.values)
                if re.fullmatch(r"that are .*s", phrase):
                    parts.append(f"no {phrase.removeprefix('that are ')}")
                else:
                    rest.append(phrase.removeprefix("that are "))
        if rest:
            parts.append(f"nothing {join(rest, 'or')}")
        return parts

    def age_phrase(self, avoided: Sequence[str]) -> str:
        """Avoided ratings as one wish: an age where they are all the ratings above it."""
        ages = self.domain.kinds[self.domain.age_kind].ages if self.domain.age_kind else {}
        lowest = min((ages[v] for v in avoided if v in ages), default=None)
        if lowest is not None and len(avoided) > 1:
            above = {
                v
                for v, age in ages.items()
                if age >= lowest and v in self.catalog.vocabulary[self.domain.age_kind or ""]
            }
            allowed = [age for age in ages.values() if age < lowest]
            if above <= set(avoided) and allowed:
                return f"suitable from about age {max(max(allowed), 3)}" if max(allowed) else "suitable for everyone"
        return f"nothing {join([self.phrase(self.domain.age_kind or '', v) for v in avoided], 'or')}"

    def short(self, wish: Wish) -> str:
        """One wish by itself: "older than 1990", "no horror films", "with Tom Hanks", "funny"."""
        if wish.polarity is Polarity.AVOID:
            return join(self._avoided([wish]))
        if wish.facet == self.type_kind:
            return join([self.types(v).plural for v in wish.values], "or")
        if wish.facet == YEAR and wish.is_number:
            return years_in_words(wish.gte, wish.lte, brief=True)
        if wish.facet in self.colour_kinds:
            return join(list(wish.values), "or")
        return self.want_phrase(wish).removeprefix("of ").removeprefix("that are ")

    def complement(self, wishes: Sequence[Wish]) -> str:
        """Wishes after "it is not": "a comedy, feel-good or directed by Tom Hanks"."""
        said: list[str] = []
        people: dict[str, list[str]] = {}
        for wish in wishes:
            phrase = self.want_phrase(wish)
            if wish.facet == self.type_kind and wish.polarity is Polarity.WANT:
                said += [with_article(self.types(v).noun) for v in wish.values]
            elif wish.facet in self.domain.roles and wish.polarity is Polarity.WANT:
                people.setdefault(wish.facet, []).extend(wish.values)
            elif re.fullmatch(r"that are \w+s", phrase):
                said.append(with_article(wish.value))
            elif wish.facet == YEAR and wish.is_number:
                said.append(phrase)
            elif phrase.startswith("of ") and phrase.endswith(" at most"):
                said.append(f"within {phrase.removeprefix('of ').removesuffix(' at most')}")
            else:
                said.append(self.short(wish))
        said += [self.phrase(role, *dict.fromkeys(names)) for role, names in people.items()]
        return join(said, "or")

    def _named(self, wish: Wish) -> str:
        """People and themes by their bare names, the rest as in `short`."""
        if wish.facet in (PERSON, *self.domain.roles):
            return join(list(wish.values), "or")
        special = self.phrases.values.get(wish.facet, {})
        if wish.facet in self.theme_kinds and not any(v in special or _MADE_FROM.match(v) for v in wish.values):
            return join([self.theme(v) for v in wish.values], "or")
        return self.short(wish)

    def understood(self, wishes: Sequence[Wish]) -> str:
        """Several wishes in one breath: "comedies from the 1990s with Tom Hanks and nothing violent"."""
        named = [(w, self._named(w)) for w in wishes if w.polarity is Polarity.WANT]
        named = [(w, s) for n, (w, s) in enumerate(named) if not any(_repeats(s, other) for _, other in named[:n])]
        many = len({w.facet for w, _ in named}) > 1
        said = [self.describe([w for w, _ in named])] if many else [s for _, s in named]
        avoided = self._avoided([w for w in wishes if w.polarity is Polarity.AVOID])
        return join([*said, *avoided])


def _repeats(said: str, other: str) -> bool:
    """ "Strategy" after "strategy games": one word, heard as a genre and as a tag."""
    return " " not in said and said.casefold() in other.casefold().split()


def _overlap(modifier: str, noun: str) -> bool:
    """Together they would say a word twice: "adult fiction" and "adult book"."""
    return modifier in noun or bool(set(re.split(r"[ -]", modifier)) & set(re.split(r"[ -]", noun)))


def _proper(word: str, part_of_names: frozenset[str]) -> str:
    return capitalise(word) if word in part_of_names else word
