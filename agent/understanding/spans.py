"""What an utterance names: items by title or by reference, values of facets, numbers, people by role.

References are resolved against what was shown: "the second one", "the French one", "the shorter one", "the one
you said before", "it", "that director".
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from parley.agent.ledger import Stance
from parley.agent.understanding.context import DialogueContext
from parley.agent.understanding.figures import Bound
from parley.tools.items import PERSON, Catalog, Item
from parley.tools.linking import LinkedTitle, LinkedValue


class ItemSpan(NamedTuple):
    """Words that stand for one or more items."""

    start: int
    end: int
    item_ids: tuple[str, ...]
    text: str
    is_title: bool
    score: float = 1.0
    alternatives: tuple[str, ...] = ()
    is_pronoun: bool = False
    """"it", "that": carries no wish unless a cue says so."""


class ValueSpan(NamedTuple):
    """Words that name a value; `role` words ("that director") resolve to one too."""

    start: int
    end: int
    facet: str
    value: str
    text: str
    score: float = 1.0


_ORDINALS = {
    "first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "5th": 4,
    "sixth": 5, "6th": 5, "seventh": 6, "7th": 6, "eighth": 7, "8th": 7, "last": -1, "final": -1, "top": 0,
}  # fmt: skip
_NUMBERS = {"one": 0, "two": 1, "three": 2, "four": 3, "five": 4, "1": 0, "2": 1, "3": 2, "4": 3, "5": 4, "6": 5}
_COUNTED = {"two": 2, "three": 3, "four": 4, "2": 2, "3": 3, "4": 4}


class ReferenceReader:
    """Finds and resolves references to items and to their people.

    Args:
        text: lower case, titles and numbers masked.
        earlier: titles named in the same utterance, for "it".
    """

    def __init__(self, text: str, context: DialogueContext, catalog: Catalog, earlier: Iterable[ItemSpan]) -> None:
        self.text = text
        self.context = context
        self.catalog = catalog
        self.titles = self.earlier = tuple(earlier)
        noun = {catalog.domain.noun, catalog.domain.plural, "movie", "movies"}
        self.noun = (
            rf"(?:ones?|{'|'.join(re.escape(n) for n in sorted(noun))}|title|suggestion|option|pick|"
            r"recommendation|choice|result|item)"
        )
        self.slate = tuple(i for i in context.slate if i in catalog)

    def items(self) -> list[ItemSpan]:
        """References to items, longest first where they overlap."""
        found: list[ItemSpan] = []
        for source in (self._by_place, self._by_time, self._by_number, self._groups, self._pronouns):
            for span in source():
                if span.item_ids and all(span.end <= f.start or span.start >= f.end for f in found):
                    found.append(span)
            self.earlier = tuple(sorted({*self.earlier, *(f for f in found if not f.is_pronoun)}))
        return sorted(found)

    def _by_place(self) -> Iterable[ItemSpan]:
        names = "|".join(_ORDINALS)
        tail = (
            rf"(?: {self.noun}\b(?! (?:of|by|in|from) )|(?= ?(?:$|[.,!?;)]|and\b|or\b|but\b|i\b|i've\b|is\b|"
            r"was\b|looks\b|sounds\b|please\b|for\b|instead\b|too\b|again\b|has\b|does\b|seems\b|when\b|because\b|since\b|already\b|better\b|best\b|more\b|most\b)))"
        )
        for match in re.finditer(
            rf"\b(?:the |your |that |ur )?(?:very )?({names}) (two|three|four|2|3|4) ?(?:{self.noun}\b)?", self.text
        ):
            count = _COUNTED[match.group(2)]
            ids = self.slate[-count:] if match.group(1) in ("last", "final") else self.slate[:count]
            yield self._span(match, ids)
        for match in re.finditer(rf"\b(?:the|your|that|ur) ({names})(?:{tail})", self.text):
            yield self._span(match, self._place(_ORDINALS[match.group(1)]))
        for match in re.finditer(rf"\b({names}) {self.noun}\b", self.text):
            yield self._span(match, self._place(_ORDINALS[match.group(1)]))
        for match in re.finditer(
            r"(?:\bnumber|\bno\.|\boption|\bnr\.?|\bpick(?! one\b)|#) ?(one|two|three|four|five|[1-6])\b", self.text
        ):
            yield self._span(match, self._place(_NUMBERS[match.group(1)]))
        for match in re.finditer(
            r"(?:^|\b(?:numbers?|nos?\.?|seen|watched|skip|not|compare) |[,.] )(one|two|three|four|five|[1-5])(?: and |, | & )(one|two|three|four|five|[1-5])"
            r"(?= (?:i've|i|we|we've|are|were|look|sound|please|have|both)\b|[.,!?]|$)",
            self.text,
        ):
            places = [self._place(_NUMBERS[match.group(n)]) for n in (1, 2)]
            if all(places):
                yield ItemSpan(match.start(1), match.end(), tuple(i for p in places for i in p), match.group(), False)
        for match in re.finditer(rf"\b(?:the )?(former|latter|middle(?: {self.noun})?)\b", self.text):
            place = {"former": 0, "latter": 1}.get(match.group(1), len(self.slate) // 2)
            yield self._span(match, self._place(place))

    def _place(self, place: int) -> tuple[str, ...]:
        if not self.slate or place >= len(self.slate):
            return ()
        return (self.slate[place],)

    def _by_time(self) -> Iterable[ItemSpan]:
        pattern = (
            rf"\bthe (?:previous|earlier|other) {self.noun}\b|\bthe (?:one|{self.noun})s? (?:that )?(?:you|we) "
            r"(?:\w+ )?(?:said|mentioned|suggested|recommended|showed|talked about|discussed|had|gave)(?: "
            r"me)?(?: (?:before|earlier|first|previously|at first|last time|ago|a while ago))?|\bthe one "
            r"(?:from )?before\b"
        )
        for match in re.finditer(pattern, self.text):
            if re.match(r"the other", match.group()) and len(self.slate) == 2 and self.context.focus in self.slate:
                yield self._span(match, tuple(i for i in self.slate if i != self.context.focus))
                continue
            before = [i for i in self.context.shown if i not in self.slate and i in self.catalog]
            if re.search(r"\bfirst\b", match.group()) and self.context.shown:
                yield self._span(match, self.context.shown[:1])
            else:
                yield self._span(match, tuple(before[-1:]) or self._focus())

    def _by_number(self) -> Iterable[ItemSpan]:
        """ "the shorter one", "the newest"."""
        for facet, info in self.catalog.domain.numbers.items():
            for word, largest in ((info.more, True), (info.less, False)):
                forms = rf"(?:{re.escape(word)}|{re.escape(re.sub('er$', 'est', word))})"
                for match in re.finditer(rf"\bthe {forms}(?: {self.noun})?\b(?! than)", self.text):
                    rated = [(n, i) for i in self.slate if (n := self.catalog[i].number(facet)) is not None]
                    if rated:
                        yield self._span(match, ((max(rated) if largest else min(rated))[1],))

    def _groups(self) -> Iterable[ItemSpan]:
        pattern = (
            r"\b(?:all of |both of |any of |none of |either of |some of |most of |each of )?(?:these|those|"
            rf"them)(?: (?:all|both|{self.noun}))?\b|\bthey all\b|\bboth(?: {self.noun})?\b|\ball (?:of it|"
            r"three|four|five|two)\b|\bneither\b|\bnone of (?:it|that)\b|\beither one\b"
        )
        for match in re.finditer(pattern, self.text):
            words = match.group()
            if words in ("them", "those", "these") and self.earlier and self.earlier[0].start < match.start():
                ids = tuple(i for s in self.earlier if s.start < match.start() for i in s.item_ids)
                yield ItemSpan(match.start(), match.end(), ids, words, False, is_pronoun=True)
                continue
            both = "both" in words or "neither" in words or "either" in words
            yield self._span(match, self.slate[:2] if both else self.slate)

    def _pronouns(self) -> Iterable[ItemSpan]:
        pattern = (
            rf"\b(?:that|this) {self.noun}\b|\b(?:it|this|that)\b(?! (?:is (?:all|it)|{self.noun}|i |we |you |"
            r"has|have|are|can|isn't|aren't|don't|would|will|could|makes?|is|was|'s|kind|sort|much|director|"
            r"actor|[\ue000-\ue003]))|\b(?:it|that|this)\b"
            r"(?=(?:'s| is| was| has| doesn't| looks| sounds| isn't)? (?:too|boring|great|awful|"
            r"terrible|good|bad|amazing|not|perfect|in|on|suitable|appropriate|ok|okay|about|about\?|scary|"
            r"any|a|my|for|hated|never|got|fine|rubbish|overrated|the|brilliant))|\b(?:about|in|is|was|does|"
            r"did|seen|watched|directed|made|hated|loved|liked|enjoyed|watch|with|for|than|wrote|of|take|"
            r"stars?) (it|that|this|him)\b|\b(?:like|to) (it|that|this)\b(?= \ue002)"
        )
        for match in re.finditer(pattern, self.text):
            start = match.start(match.lastindex or 0)
            end = match.end(match.lastindex or 0)
            if re.match(r" (?:all|one)\b", self.text[end:]) and self.text[start:end] in ("it", "that"):
                end += 4 if self.text[end:].startswith(" all") else 0
                if self.text[:end].endswith("it all") or self.text[:end].endswith("that all"):
                    continue
            if self.text[start:end] == "that" and _RELATIVE.search(self.text[:start]):
                continue
            before = [s for s in self.earlier if s.start < start]
            ids = before[-1].item_ids[-1:] if before else self._focus()
            yield ItemSpan(start, end, ids, self.text[start:end], False, is_pronoun=True)

    def _focus(self) -> tuple[str, ...]:
        if self.context.focus and self.context.focus in self.catalog:
            return (self.context.focus,)
        pressed = [i for i in self.context.ledger.items(Stance.LIKE, Stance.ACCEPT) if i in self.slate]
        if pressed:
            return (pressed[-1],)
        return self.slate[:1]

    def _span(self, match: re.Match[str], ids: tuple[str, ...]) -> ItemSpan:
        return ItemSpan(match.start(), match.end(), ids, match.group(), False)

    def people(self) -> list[ValueSpan]:
        """ "that director", "the same actor", "her": a person of the item talked about."""
        labels: dict[str, str] = {}
        for role, info in self.catalog.domain.roles.items():
            labels |= {role: role, info.label.lower(): role, info.label.lower() + "s": role}
        labels |= {word: role for word, role in ROLE_WORDS.items() if role in self.catalog.domain.roles}
        names = "|".join(sorted(map(re.escape, labels), key=len, reverse=True))
        found = []
        source = self._source_item()
        if source is None or not names:
            return []
        for match in re.finditer(rf"\b(?:that|this|the same|same|its|it's|their|the) ({names})(?:'s)?\b", self.text):
            if match.group().startswith("the ") and not match.group().startswith("the same"):
                continue
            people = source.people.get(labels[match.group(1)], ())
            if people:
                found.append(ValueSpan(match.start(), match.end(), labels[match.group(1)], people[0], match.group()))
        found += self._people_of_named(names, labels)
        found += self._people_of_films(source)
        for match in re.finditer(
            r"\b(?:with|starring|by|of|from|but|except|not|without|other than) (him|her)\b", self.text
        ):
            known = next((p for _, text in reversed(self.context.window) if (p := self._person_in(text, source))), None)
            known = known or self._person_wished()
            people = source.people.get("cast") or source.values(PERSON)
            if known or people:
                found.append(ValueSpan(match.start(1), match.end(1), PERSON, known or people[0], match.group(1)))
        return found

    def _person_wished(self) -> str | None:
        """Whom the person asked for last."""
        roles = {PERSON, *self.catalog.domain.roles}
        return next((w.value for w in reversed(self.context.ledger.active) if w.facet in roles), None)

    def _people_of_films(self, source: Item) -> Iterable[ValueSpan]:
        """ "anything else he's been in?", "what other films has she directed?": the person talked about."""
        for match in _OF_FILMS.finditer(self.text):
            made = match.group("made") and "director" in self.catalog.domain.roles
            people = source.people.get("director" if made else "cast", ())
            known = next(
                (p for _, text in reversed(self.context.window) if (p := self._person_in(text, source, people))), None
            )
            if known or people:
                who = match.span("who")
                yield ValueSpan(*who, "director" if made else "cast", known or people[0], match.group("who"))

    def _people_of_named(self, names: str, labels: dict[str, str]) -> Iterable[ValueSpan]:
        """ "something by the director of the second one", "by whoever made Alien": a person of the item named."""
        made = next((r for r in ("director", "author", "developer", "designer") if r in self.catalog.domain.roles), "")
        pattern = (
            rf"\b(?:by|from|with|starring|of) (?P<all>the (?:same )?(?P<role>{names}) (?:of|in|from|behind) |(?:the (?:guy|man|woman|person|"
            r"people|one) (?:who|that)|whoever) (?:made|directed|did|wrote|is behind) )"
        )
        for match in re.finditer(pattern, self.text):
            named = next((s for s in self.earlier if s.start == match.end()), None)
            item = self.catalog.get(named.item_ids[0]) if named and named.item_ids else None
            role = labels[match["role"]] if match["role"] else made
            people = item.people.get(role, ()) if item else ()
            if people:
                yield ValueSpan(match.start("all"), match.end() - 1, role, people[0], match["all"].strip())

    def _person_in(self, text: str, item: Item, people: tuple[str, ...] = ()) -> str | None:
        return next((p for p in people or item.values(PERSON) if p in text), None)

    def _source_item(self) -> Item | None:
        before = [s.item_ids[-1] for s in self.titles if s.item_ids]
        found = before[-1:] or list(self._focus())
        return self.catalog.get(found[0]) if found else None


_RELATIVE = re.compile(
    r"(?:[\ue001-\ue003]|\b(?:one|ones|something|anything|thing|films?|movies?|books?|games?|story|stories)) $"
)
"""What "that" follows where it only joins a clause: "a film that isn't American"."""

_OF_FILMS = re.compile(
    r"\b(?:anything|something|what|others?|films?|movies?|ones?|more|stuff|things?)(?: else| other| others| films?| movies?)*(?: that| which)? "
    r"(?:(?:has|have|did|does|is|was) )?(?P<who>he|she|they)(?:'s|'ve)?(?: has| have| was| is)?(?: also| ever)? "
    r"(?:been in|in|acted in|starred in|appeared in|done|(?P<made>made?|make|direct(?:ed)?|filmed|shot))\b"
)
ROLE_WORDS = {
    "filmmaker": "director", "filmmakers": "director", "directors": "director", "actor": "cast", "actors": "cast",
    "actress": "cast", "actresses": "cast", "star": "cast", "stars": "cast", "lead": "cast", "guy": "cast",
    "writer": "author", "writers": "author", "novelist": "author", "designer": "designer", "studio": "developer",
}  # fmt: skip
"""Everyday words for roles; used where the domain has the role."""


def the_one(values: Iterable[ValueSpan], context: DialogueContext, catalog: Catalog, text: str) -> list[ItemSpan]:
    """ "the French one", "the one with Tom Hanks", "the Nolan one": the shown item that has the value."""
    found = []
    for span in values:
        before, after = text[: span.start], text[span.end :]
        fronted = re.search(r"\b(?:the|that) $", before) and re.match(r" (?:one|film|movie|title|option)\b", after)
        behind = re.search(
            r"\bthe (?:one|film|movie) (?:with|by|starring|about|in|from|that has|directed by|featuring)(?: a| the)? $",
            before,
        )
        if not fronted and not behind:
            continue
        ids = tuple(i for i in context.slate if i in catalog and span.value in catalog[i].values(span.facet))
        if ids:
            start = (fronted or behind).start() if fronted or behind else span.start  # type: ignore[union-attr]
            end = span.end + (re.match(r" \w+", after).end() if fronted else 0)  # type: ignore[union-attr]
            found.append(ItemSpan(start, end, ids[:1], text[start:end], False))
    return found


def title_span(link: LinkedTitle) -> ItemSpan:
    return ItemSpan(link.start, link.end, (link.item_id,), link.text, True, link.score, tuple(link.alternatives))


def value_span(link: LinkedValue) -> ValueSpan:
    return ValueSpan(link.start, link.end, link.facet, link.value, link.text, link.score)


def apart(span: tuple[int, int], others: Iterable[ItemSpan | ValueSpan | Bound]) -> bool:
    """Does the span overlap none of the others?"""
    return all(span[1] <= o.start or span[0] >= o.end for o in others)
