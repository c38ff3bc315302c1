"""Answers about items, out of the catalogue and nothing else. What it does not say, we do not know."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parley.agent.ledger import Hardness, Polarity, Stance
from parley.agent.messages import Question
from parley.agent.reply.compare import asks_which, compare_items, most_like, pick_one, superlative, who_prefers
from parley.agent.reply.known import tell_known
from parley.agent.reply.options import what_stands_in_the_way
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.traits import Fit
from parley.agent.reply.why import Explain, explain_slate
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import Chooser, capitalise, echo, join, measure, sentence, with_article
from parley.agent.reply.yes_no import FOR_CHILDREN, asked_tag, evidence_of, has_value, in_range, youngest
from parley.agent.understanding.remembered import ABOUT_USER
from parley.agent.understanding.unrecorded import OTHER, UNRECORDED
from parley.agent.understanding.unrecorded import untold as untold_in
from parley.agent.understanding.why_not import WHY_NOT
from parley.tools.items import PERSON, YEAR, Item
from parley.tools.kinship import kinship_of

_MOST_LIKE = re.compile(r"\b(?:(?:most|more) (?:like|similar)|closest)\b")
_WHO = re.compile(
    r"\bwho (?:would|will|might|could|should)\b|\bwhich\b[^.?!]* (?:would|will|might|could|should) "
    r"(?:she|he|they|my \w+|the kids|our \w+) (?:\w+ )?(?:like|enjoy|prefer|love)"
)
_RATING = re.compile(r"\b(?:what|which|how)\b[^?]*\b(?:rating|rated|certificate|age)\b")
MANY = 4
"""More items than this are not told one by one."""


class AnswerWriter:
    """Answers one question about items."""

    def __init__(self, wording: Wording, explain: Explain | None = None) -> None:
        self.wording = wording
        self.catalog = wording.catalog
        self.domain = wording.domain
        self.explain = explain

    def write(self, request: ReplyRequest) -> str:
        """The answer as text."""
        question = request.understanding.question or Question()
        if question.field == ABOUT_USER:
            return tell_known(request, self.wording)
        if question.field == WHY_NOT:
            return self._why_not_these(question.about, request) if question.about else self._why_not(request)
        untold = [echo(name) for name in request.understanding.unmatched if untold_in(name)]
        if untold and question.field not in UNRECORDED:
            return f"My catalogue doesn't say: it has nothing on “{untold[0]}”."
        choose = Chooser(request.voice, request.turn)
        about = [i for i in (self.catalog.get(item_id) for item_id in question.about) if i is not None]
        unknown = self._unknown(question, about, choose)
        if question.field == "why":
            about = about or [self.catalog[i] for i in request.previous.item_ids[:1] if i in self.catalog]
            return explain_slate(about, request, self.wording, self.explain)
        if not about:
            return unknown or self._nothing_meant(choose)
        words = f"{question.words} {request.message}".casefold()
        if len(about) > 1 and question.field not in UNRECORDED:
            best = superlative(about, words, self.wording)
            if question.field == "compare" and _MOST_LIKE.search(words):
                liked = [i for i in request.ledger.items(Stance.LIKE, Stance.ACCEPT) if i in self.wording.catalog]
                best = most_like(about, [self.wording.catalog[i] for i in liked], self.wording) or best
            answer = best or ""
            if not best and question.field == "compare":
                answer = self._compared(about, request, words)
        else:
            answer = ""
        answer = answer or self._by_field(question, about, words)
        return f"{unknown} {answer}".strip()

    def _why_not_these(self, about: Sequence[str], request: ReplyRequest) -> str:
        """Why an item was not suggested: the wishes that it does not meet, in the user's words, or that none does."""
        said = []
        for item in (self.catalog[item_id] for item_id in about[:3] if item_id in self.catalog):
            kin = kinship_of(self.domain.name)
            unmet = (w for w in request.ledger.facet_wishes() if w.is_met_by(item) is False)
            wishes = [w for w in unmet if w.polarity is Polarity.AVOID or not kin.nearest_of(item, w.facet, w.values)]
            lacked = [
                f"“{self.wording.short(w)}”" for w in sorted(wishes, key=lambda w: w.hardness is not Hardness.HARD)
            ]
            if item.item_id in request.previous.item_ids:
                said.append(f"{item.label} is among those I showed you.")
            elif lacked:
                said.append(f"{item.label} does not meet {join(lacked[:3], 'or')}.")
            else:
                said.append(f"Nothing speaks against {item.label}: it meets all you asked for. I put others first.")
        return " ".join(said)

    def _why_not(self, request: ReplyRequest) -> str:
        """What could not be had all at once with the last slate, and why this was left out."""
        options = request.previous.relaxed
        if not options:
            return f"Everything you asked for is met by the {self.domain.plural} above."
        text = f"No {self.domain.noun} in my catalogue is all of that at once."
        return f"{text} {what_stands_in_the_way(options, request, self.wording)}"

    def _compared(self, about: Sequence[Item], request: ReplyRequest, words: str) -> str:
        """Side by side; or just whom each is for, or which to take, if that was the question."""
        fit = Fit(about, request.ledger, kin=kinship_of(self.wording.domain.name))
        if _WHO.search(words) and (whom := who_prefers(about[:MANY], self.wording)):
            return whom
        if asks_which(words):
            return pick_one(about, fit, self.wording)
        return compare_items(about, fit, self.wording)

    def _unknown(self, question: Question, about: Sequence[Item], choose: Chooser) -> str:
        title = echo(question.unknown)
        if not title:
            return ""
        text = choose.pick(
            (
                "I don't know “{t}”: it isn't in my catalogue, so I'd rather not guess.",
                "“{t}” is not in my catalogue, so I can't tell you about it.",
                "My catalogue has no “{t}”, and I won't make things up.",
            ),
            t=title,
        )
        near = nearest_titles(title, self.wording) if not about else []
        return f"{text} The nearest I have {'is' if len(near) == 1 else 'are'} {join(near, 'and')}." if near else text

    def _nothing_meant(self, choose: Chooser) -> str:
        return choose.pick(
            (
                "Which {n} do you mean? Give me the title and I'll look it up.",
                "I'm not sure which {n} you mean. What is it called?",
            ),
            n=self.domain.noun,
        )

    def _by_field(self, question: Question, about: Sequence[Item], words: str) -> str:
        field = question.field
        if field == "suitable":
            told = [self.suitable(item) for item in about[:MANY]]
            asks_rating = _RATING.search(words) is not None  # not whether, but which: no "yes" or "no"
            return " ".join(s.removeprefix("Yes: ").removeprefix("No: ") if asks_rating else s for s in told)
        if field == "text":
            return " ".join(self.story(item) for item in about[:MANY])
        if question.within or (question.has and field not in (*self.wording.colour_kinds, self.wording.type_kind, "")):
            said = [self.is_within(i, *bounds) for i in about[:MANY] for bounds in question.within]
            return " ".join([*said, *(self.has(i, f, v) for i in about[:MANY] for f, v in question.has if not said)])
        asked = asked_tag(words, self.wording)
        if asked and (field in self.wording.colour_kinds or field in ("", self.wording.type_kind)):
            return " ".join(self.has_tag(item, asked) for item in about[:MANY])
        if field and field in self.domain.facets():
            if len(about) > 1:
                return self.each(about, field)
            return self.told(about[0], field)
        if field:
            known = [self.domain.label(f) for f in (*self.domain.roles, YEAR, *self.wording.colour_kinds)]
            subject = about[0].title if len(about) == 1 else "any of them"
            missing = UNRECORDED.get(field, UNRECORDED[OTHER]).format(t=subject, verb=self.domain.verb)
            return f"My catalogue doesn't record {missing}; it has the {join([*known, 'story'])}."
        return " ".join(self.overview(item) for item in about[:2])

    # Sentences about one item ---------------------------------------------------------------------

    def told(self, item: Item, facet: str) -> str:
        """One field of one item as a sentence."""
        values = self.values(item, facet)
        if not values:
            return f"My catalogue doesn't say: the {self.domain.label(facet)} of {item.title} isn't recorded."
        raw = item.values(facet)
        special = self.wording.phrases.told_values.get(facet, {}).get(raw[0]) if len(raw) == 1 else None
        if special:
            return sentence(special.format(title=item.title))
        if facet == PERSON:
            return " ".join(self.told(item, role) for role in self.domain.roles if item.values(role))
        template = self.wording.phrases.told.get(facet)
        if facet == self.wording.type_kind and self.wording.phrases.types:
            words = self.wording.type_words(item)
            return f"{item.title} is {with_article(words.noun)} ({', '.join(raw)})." if words else ""
        if template:
            return sentence(template.format(title=item.title, value=join(values)))
        if facet in self.domain.roles:
            return f"{item.title} is {self.wording.role_phrase(facet, values)}."
        return f"{capitalise(self.domain.label(facet))} of {item.title}: {join(values)}."

    def values(self, item: Item, facet: str) -> list[str]:
        """An item's values under a facet as they are said."""
        if self.domain.is_number(facet):
            number = item.number(facet)
            if number is None:
                return []
            info = self.domain.numbers.get(facet)
            return [f"{number:.0f}" if facet == YEAR else measure(number, info.unit if info else "")]
        if facet in self.domain.kinds:
            return [self.wording.told_value(facet, v) for v in item.values(facet)[:6]]
        return list(item.values(facet))

    def each(self, about: Sequence[Item], facet: str) -> str:
        """One field of several items, a line each; said once where it is the same for all."""
        told = [(item, join(self.values(item, facet)) or "not recorded") for item in about]
        if len({value for _, value in told}) == 1 and told[0][1] != "not recorded":
            both = "both" if len(about) == 2 else f"all {len(about)}"
            return f"The same for {both}: {told[0][1]}."
        lines = "".join(f"\n- {item.label}: {value}" for item, value in told)
        return f"{capitalise(self.domain.label(facet))}:{lines}"

    def story(self, item: Item) -> str:
        if not item.text:
            return f"My catalogue has no description of {item.title}."
        return f"{item.label}: {sentence(item.text)}"

    def overview(self, item: Item) -> str:
        """What anyone would want to know first."""
        words = self.wording
        noun = words.type_words(item)
        colours = words.colours(item, 2)
        described = f"{join(colours, 'and')} {noun.noun if noun else self.domain.noun}".strip()
        people = [words.role_phrase(role, item.values(role)[:3]) for role in self.domain.roles if item.values(role)]
        numbers = [self._told_number(item, f) for f in self.domain.numbers if f not in (YEAR, "popularity")]
        facts = " ".join([with_article(described), *people[:1]])
        rest = [*people[1:], *(n for n in numbers if n)]
        return f"{item.label} is {facts}{''.join(f', {r}' for r in rest)}. {sentence(item.text)}".strip()

    def _told_number(self, item: Item, facet: str) -> str:
        """ "97 min", "price 29.99": with its label where the unit does not say what it is; "" if there is none."""
        value = item.number(facet)
        info = self.domain.numbers[facet]
        if value is None or (value == 0 and info.unit):
            return ""
        measured = measure(value, info.unit)
        return measured if info.unit in ("min", "h", "pages") else f"{info.label} {measured}"

    # Is it scary? For children? -------------------------------------------------------------------

    def has_tag(self, item: Item, asked: str) -> str:
        """Yes with the evidence, or an honest no."""
        types = item.values(self.wording.type_kind) if self.wording.type_kind else ()
        hits, type_hits = evidence_of(item, asked, self.wording)
        if hits or type_hits:
            evidence = [f"it is described as {join(hits[:3])}"] if hits else []
            evidence += [f"it is {with_article(self.wording.types(type_hits[0]).noun)}"] if type_hits else []
            degree = "Yes" if asked in hits or type_hits else "Somewhat"
            return f"{degree}: {' and '.join([evidence[0].replace('it is', f'{item.title} is', 1), *evidence[1:]])}."
        if asked in self.catalog.vocabulary.get(self.wording.type_kind or "", {}):
            return f"No: {item.title} is filed under {join(types)}." if types else "My catalogue doesn't say."
        tags = [v for kind in self.wording.colour_kinds for v in item.values(kind)]
        described = f": it is described as {join(tags[:3])}" if tags else ""
        return f"Nothing in its entry says {item.title} is {asked}{described}."

    def has(self, item: Item, facet: str, value: str) -> str:
        """Whether an item has one value: a name, a language, a theme."""
        if facet == PERSON:
            facet = self.wording.role_of(value)
            facet = next((r for r in self.domain.roles if value in item.values(r)), facet)
        if has_value(item, facet, value):
            special = self.wording.phrases.told_values.get(facet, {}).get(value)
            template = special or self.wording.phrases.told.get(facet, "")
            if template and facet not in self.wording.theme_kinds:
                return f"Yes: {template.format(title=item.title, value=self.wording.told_value(facet, value))}"
            return f"Yes: {item.title} is down as {self.wording.phrase(facet, value).removeprefix('that are ')}."
        if facet in self.wording.theme_kinds or not item.values(facet):
            return f"Nothing in the entry of {item.title} says so."
        return f"No: {self.told(item, facet)}" if facet not in self.domain.roles else (
            f"Not that my catalogue knows: {self.told(item, facet)}"
        )  # fmt: skip

    def is_within(self, item: Item, facet: str, low: float | None, high: float | None) -> str:
        """Whether an item's number is what was asked: "Yes: Heat runs 2 h 50 min." """
        inside = in_range(item, facet, low, high)
        return self.told(item, facet) if inside is None else f"{'Yes' if inside else 'No'}: {self.told(item, facet)}"

    def suitable(self, item: Item) -> str:
        """Whether children may see it, by its rating, with the tags that call for care."""
        kind = self.domain.age_kind
        tags = [*(item.values(self.wording.type_kind) if self.wording.type_kind else ()),
                *(v for k in self.wording.colour_kinds for v in item.values(k))]  # fmt: skip
        careful = [t.lower() for t in tags if t in self.wording.phrases.careful]
        care = f" Mind that it is down as {join(careful[:3])}." if careful else ""
        age = youngest(item, self.wording)
        if kind is None or age is None:
            return f"{item.title} has no rating, so I can't vouch for it for children.{care}"
        ages = self.domain.kinds[kind].ages
        rating = self.wording.phrase(kind, next(v for v in item.values(kind) if v in ages))
        if age == 0:
            return f"Yes: {item.title} is {rating}, fine for all ages.{care}"
        if age <= FOR_CHILDREN:
            return f"{item.title} is {rating}: all right from about age {age}, perhaps with a grown-up beside.{care}"
        if age <= 13:
            return f"{item.title} is {rating}, so for about {age} and up; not for small children.{care}"
        return f"No: {item.title} is {rating}, which means {age} and over.{care}"


def nearest_titles(title: str, wording: Wording, limit: int = 2) -> list[str]:
    """Labels of the catalogue's titles most like a title it does not hold; [] if none is close."""
    from rapidfuzz import fuzz, process, utils

    found = process.extract(
        title, [i.title for i in wording.catalog], scorer=fuzz.token_sort_ratio, processor=utils.default_process,
        limit=limit, score_cutoff=72,
    )  # fmt: skip
    return [wording.catalog[position].label for _, _, position in found]
