"""Reads one utterance against its context: the linker names, the grammar of wishes judges, a classifier tells acts.

No model is needed. The order matters: changes to old wishes first, then questions, then stances and new wishes,
each marking the words it has accounted for.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from parley.agent.acts import DialogueAct
from parley.agent.ledger import EditAction, LedgerEdit, Stance
from parley.agent.messages import Mention, Question, Understanding
from parley.agent.understanding import social
from parley.agent.understanding.acts import ActClassifier, Evidence, acts_of
from parley.agent.understanding.answers import read_answer
from parley.agent.understanding.both import hear_both
from parley.agent.understanding.changes import ChangeReader
from parley.agent.understanding.company import with_the_child
from parley.agent.understanding.complaints import complaint_as_wish
from parley.agent.understanding.context import DialogueContext, LinkerLike
from parley.agent.understanding.corrected import corrected
from parley.agent.understanding.cues import Kind
from parley.agent.understanding.descriptions import whole_as_free_words
from parley.agent.understanding.lists import extreme_of_all, shown_again
from parley.agent.understanding.numbers import NumberReader
from parley.agent.understanding.questions import QuestionReader
from parley.agent.understanding.reading import Reading
from parley.agent.understanding.renown import less_known
from parley.agent.understanding.stances import StanceReader
from parley.agent.understanding.subject import given_way
from parley.agent.understanding.text import clean, content_words
from parley.agent.understanding.two import (
    let_go_of_the_first,
    nothing_is_all,
    takes_up,
    two_requests,
    wants_it_anyway,
    wants_of,
)
from parley.agent.understanding.unrecorded import untold
from parley.agent.understanding.why_not import WHY_NOT, asks_why_not, asks_why_not_of
from parley.agent.understanding.wishes import WishReader
from parley.agent.understanding.yes_no import with_what_it_names
from parley.tools.items import Catalog


class Understander:
    """Understands utterances about one catalogue. Thread-safe.

    Args:
        catalog: what is talked about.
        linker: ties words to it (`parley.tools.linking.Linker`).
        acts: tells dialogue acts; the shipped classifier by default.
        this_year: the year "the last ten years" counts from.
    """

    def __init__(
        self,
        catalog: Catalog,
        linker: LinkerLike,
        *,
        acts: ActClassifier | None = None,
        this_year: Callable[[], int] = lambda: datetime.date.today().year,
    ) -> None:
        self.catalog = catalog
        self.linker = linker
        self.acts = acts if acts is not None else ActClassifier.shipped()
        self._this_year = this_year
        self._readers: dict[int, NumberReader] = {}

    def understand(self, utterance: str, context: DialogueContext) -> Understanding:
        """What the utterance means here. Never fails on any text; garbage means nothing, with little confidence."""
        text = _COUNTED.sub(r"\1", clean(utterance))
        if not text or social.is_injection(text):
            topic: social.Topic = "off_topic" if text else "chit_chat"
            return Understanding(acts=(DialogueAct.OTHER,), topic=topic, by={"topic": "rules"})
        if asks_why_not(text, context):
            question = Question(field=WHY_NOT, words=text)
            return Understanding(acts=(DialogueAct.INQUIRE,), question=question, by={"topic": "rules"})
        if takes_up(text, context):
            found = self._hear(context.set_aside, context)
            return found.model_copy(update={"edits": (*let_go_of_the_first(context), *found.edits)})
        if wants_it_anyway(text, context):
            return self._hear(context.held, context)
        text = complaint_as_wish(text, context, self.catalog)
        found = self._hear(text, context)
        if about := asks_why_not_of(text, found.mentions):
            question = Question(about=about, field=WHY_NOT, words=text)
            return found.model_copy(update={"edits": (), "question": question, "acts": (DialogueAct.INQUIRE,)})
        parts = two_requests(text)
        found = self._first_of_two(parts, found, context) if parts else found
        found = hear_both(text, found, context, self._hear, self.catalog, self._number_reader())
        return with_the_child(text, found, context, self._hear, self.catalog)

    def _hear(self, text: str, context: DialogueContext) -> Understanding:
        """One piece of text, read as a message of its own."""
        return self._result(self._read(text, context))

    def _first_of_two(self, parts: tuple[str, str], whole: Understanding, context: DialogueContext) -> Understanding:
        """The first of two requests, the other kept; the whole, if something is all of it or a part wants nothing."""
        if len(wants_of(whole.edits)) < 2 or not nothing_is_all(wants_of(whole.edits), self.catalog):
            return whole
        first, later = (self._hear(part, context) for part in parts)
        if not wants_of(first.edits) or not wants_of(later.edits) or first.question or later.question:
            return whole
        return first.model_copy(update={"set_aside": parts[1]})

    def evidence(self, utterance: str, context: DialogueContext) -> Evidence:
        """What the act classifier sees of an utterance; to train and measure it."""
        return self._read(clean(utterance) or "?", context).evidence

    def _read(self, text: str, context: DialogueContext) -> Found:
        numbers = self._number_reader()
        reading = Reading.of(text, context, self.catalog, self.linker, numbers)
        for start, end, _ in _quoted(reading):
            reading.spend(start, end)
        again = shown_again(reading.low, context)
        if again:
            reading.spend(0, len(text))
        extreme = None if again else extreme_of_all(reading.low, context, numbers)
        if extreme is not None:
            reading.spend(*extreme[2:])
        if lesser := less_known(reading.masked) or less_known(reading.low):
            reading.spend(*lesser)
        answered = read_answer(reading)
        if not answered:
            ChangeReader(reading, numbers.comparatives()).read()
        question, asks_opinion = (None, False) if again or extreme else QuestionReader(reading).read()
        question = with_what_it_names(question, reading) if question is not None else None
        wishes = WishReader(reading, numbers)
        wishes.measures.compare()
        StanceReader(reading).read()
        wishes.read()
        if not (reading.edits or question or answered or again or extreme or lesser):
            whole_as_free_words(reading, names_something=bool(_unmatched(reading)))
        found = _judge(reading, question, asks_opinion, answered)
        return replace(found, lesser_known=lesser is not None, again=again, extreme=extreme[:2] if extreme else None)

    def _number_reader(self) -> NumberReader:
        year = self._this_year()
        if year not in self._readers:
            self._readers[year] = NumberReader(self.catalog, year)
        return self._readers[year]

    def _result(self, found: Found) -> Understanding:
        reading, edits = found.reading, found.edits
        acts, by = acts_of(found.evidence, self.acts)
        domain = self.catalog.domain
        return Understanding(
            acts=acts,
            mentions=_mentions(reading),
            edits=edits,
            question=found.question,
            ambiguous=_ambiguous(reading, edits, found.question),
            contradiction=reading.context.ledger.contradiction(edits),
            count=1
            if found.surprise and social.leaves_it_to_us(reading.low)
            else social.count_asked(reading.low, (domain.noun, domain.plural)),
            surprise=found.surprise,
            lesser_known=found.lesser_known and found.question is None and found.topic == "domain",
            refuses=_refuses(reading),
            narrows=bool(reading.context.slate) and _narrows(reading),
            again=found.again,
            extreme=found.extreme,
            unmatched=found.unmatched,
            topic=found.topic,
            confidence=_confidence(found),
            by={"acts": by, "wishes": "grammar", "mentions": "linker", "topic": "rules"},
        )


def _refuses(reading: Reading) -> bool:
    """Is what was shown turned down as a whole?"""
    context = reading.context
    last = context.window[-1][1] if context.window and context.window[-1][0] != "user" else ""
    return social.turns_down(reading.low, shown=bool(context.slate) and context.elicitation is None, last=last)


_COUNTED = re.compile(r"^(never ?mind .*?) \((?:\d+|[a-z]+) [a-z]+\)\W*$", re.I)
"""Our own quick reply, "Never mind the language (44 films)": the count in it is ours."""


@dataclass(frozen=True)
class Found:
    """What the readers made of one utterance, before acts are told."""

    reading: Reading
    edits: tuple[LedgerEdit, ...]
    question: Question | None
    unmatched: tuple[str, ...]
    surprise: bool
    answered: bool
    topic: social.Topic
    evidence: Evidence
    lesser_known: bool = False
    again: tuple[str, ...] = ()
    extreme: tuple[str, int] | None = None


def _judge(reading: Reading, question: Question | None, asks_opinion: bool, answered: bool) -> Found:
    """Put the edits in order and tell the topic; what is off topic or abusive changes nothing."""
    low = reading.low
    edits = tuple(e for _, e in sorted(corrected(reading.masked, reading.edits), key=lambda pair: pair[0]))
    edits = (*given_way(reading, edits), *edits)
    unmatched = () if question and question.unknown else _unmatched(reading)
    left_to_us = social.leaves_it_to_us(low) and _asks_facet(reading)
    surprise = (not answered or left_to_us) and question is None and social.asks_for_surprise(low)
    surprise = surprise and not _says_more_than_surprise(edits)
    names = bool(edits or question or unmatched or reading.values or reading.bounds or answered)
    names = names or any(not i.is_pronoun for i in reading.items) or surprise or social.asks_for_more(low)
    topic = social.topic_of(reading.text, names_something=names)
    if topic in ("abuse", "off_topic"):
        edits, question, unmatched = (), None, ()
    evidence = Evidence.of(reading, edits, question, asks_opinion=asks_opinion, answered=answered, topic=topic)
    return Found(reading, edits, question, unmatched, surprise, answered, topic, evidence)


def _asks_facet(reading: Reading) -> bool:
    """Is our open question about what to look for, rather than which of two things was meant?"""
    asked = reading.context.elicitation
    return asked is not None and asked.facet in reading.catalog.domain.facets()


def _says_more_than_surprise(edits: tuple[LedgerEdit, ...]) -> bool:
    return any(e.action is EditAction.RETRACT for e in edits) and not any(e.action is EditAction.ADD for e in edits)


def _narrows(reading: Reading) -> bool:
    """A choice among what was shown, and not among what was seen, is refused or only measured against."""
    place = social.narrows(reading.low)
    if place is None:
        return False
    end = place + len("the ") if reading.low.startswith("the ", place) else place
    return reading.cues.at(place).kind not in (Kind.SEEN, Kind.NO, Kind.EXCEPT) and not reading.is_measure(end)


def _mentions(reading: Reading) -> tuple[Mention, ...]:
    found: list[tuple[int, Mention]] = []
    for item in reading.items:
        for item_id in item.item_ids:
            mention = Mention(
                text=reading.text[item.start : item.end],
                item_id=item_id,
                score=item.score,
                alternatives=item.alternatives,
            )
            found.append((item.start, mention))
    for value in (*reading.values, *reading.people):
        mention = Mention(
            text=reading.text[value.start : value.end], kind=value.facet, value=value.value, score=value.score
        )
        found.append((value.start, mention))
    return tuple(m for _, m in sorted(found, key=lambda pair: pair[0]))


def _ambiguous(reading: Reading, edits: tuple[LedgerEdit, ...], question: Question | None) -> Mention | None:
    """A title of several items whose choice changes the answer: a like, or a question."""
    matter = {e.wish.value for e in edits if e.wish and e.wish.stance in (Stance.LIKE, Stance.ACCEPT)}
    if question is not None:
        matter |= set(question.about)
    for item in reading.items:
        if item.is_title and item.alternatives and item.item_ids[0] in matter:
            title = reading.catalog[item.item_ids[0]].title
            others = tuple(
                a
                for a in item.alternatives
                if a in reading.catalog and reading.catalog[a].title.casefold() == title.casefold()
            )
            if others:
                return Mention(text=item.text, item_id=item.item_ids[0], score=item.score, alternatives=others)
    return None


_NAME = (
    r"(?:[A-Z0-9][\w'&:-]*(?: (?:of|the|and|in|to|a|for|on|at|with|from|&|[A-Z0-9][\w'&:-]*))*[A-Za-z0-9'!?]|[A-Z]\w+)"
)
_NAMING = re.compile(
    r"\b(?:like|loved?|liked|enjoyed|seen|watched|hated?|similar to|called|titled|about|starring|with|by|"
    rf"to watch|heard of|than|fan of|directed) (?P<name>{_NAME})"
)


def _quoted(reading: Reading) -> list[tuple[int, int, str]]:
    """(start, end, name) of what stands in quotes and is nothing the catalogue holds."""
    taken = [(s.start, s.end) for s in reading.items] + [(p.start, p.end) for p in reading.people]
    found = []
    for match in re.finditer(r"\"(?P<name>[^\"]{2,60})\"|(?<!\w)'(?P<name1>[^']{2,60})'(?!\w)", reading.text):
        start, end = match.span("name" if match.group("name") else "name1")
        name = reading.text[start:end].strip(" .,!?")
        if all(end <= s or start >= e for s, e in taken) and content_words(name):
            found.append((start, end, name))
    return found


def _unmatched(reading: Reading) -> tuple[str, ...]:
    """Names, quoted or capitalised after a word that expects one, which the catalogue does not hold."""
    found = [name for _, _, name in _quoted(reading)]
    if untold(reading.text):
        found.append(untold(reading.text))
    taken = [(s.start, s.end) for s in reading.items] + [(b.start, b.end) for b in reading.bounds]
    taken += [(v.start, v.end) for v in [*reading.values, *reading.people]]
    for match in _NAMING.finditer(reading.text):
        start, end = match.span("name")
        name = match.group("name").strip(" .,!?")
        if name.lower() in ("i", "it", "a", "the") or (name.isupper() and reading.text.isupper()):
            continue
        free = all(end <= s or start >= e for s, e in taken)
        if free and not any(name in known for known in found) and content_words(name):
            found.append(name)
    return tuple(found)


def _confidence(found: Found) -> float:
    """Share of the meaningful words that the reading accounts for, weighted by how sure the links are."""
    reading, edits, question = found.reading, found.edits, found.question
    if found.topic != "domain" or found.answered:
        return 1.0
    words = content_words(reading.low)
    if not words:
        return 1.0 if edits or question or social.asks_for_more(reading.low) else 0.3
    left = content_words(re.sub("[\ue000-\ue003]+", " ", reading.masked))
    covered = 1.0 - len(left) / max(1, len(words))
    sure = min([s.score for s in reading.items] + [v.score for v in reading.values], default=1.0)
    base = 0.5 if edits or question else 0.2
    return round(min(1.0, base + 0.5 * covered) * (0.5 + 0.5 * sure), 3)
