"""The realiser for recommendations: what was understood, the items with their evidence, what could not be had.

Written the way a good shop clerk talks: short, concrete, nothing that is not known. What every item has
in common is said once, before the list; a line says only what sets its item apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from parley.agent.acts import DialogueAct
from parley.agent.ledger import ITEM, EditAction, Polarity, Scope, Stance, Status, Wish
from parley.agent.messages import Slate, SlateItem
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.traits import Fit, how_it_misses, shared_traits, traits_in_words
from parley.agent.reply.why import Explain
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import Chooser, capitalise, echo, join, possessive, sentence, spell, with_article
from parley.tools.items import YEAR, Catalog, Item

MAX_ACKNOWLEDGED = 3
STANCE_WORDS = {
    Stance.SEEN: ("{t} is off the list.", "You've seen {t}, so I'll leave it out.", "Noted, {t} is seen."),
    Stance.REJECT: ("Not {t}, then.", "I'll leave {t} aside.", "{t} is out."),
    Stance.DISLIKE: ("Noted: {t} was not for you.", "I'll steer away from {t}.", "Away from {t}, then."),
    Stance.ACCEPT: ("Good, {t} it is.", "{t}: settled.", "Enjoy {t}."),
}

_NEXT = (
    "Which of these comes closest?", "", "Tell me if you've seen any of them.", "",
    "Say what to change and I'll look again.", "",
)  # fmt: skip


class RecommendWriter:
    """Writes the reply to a slate, piece by piece."""

    def __init__(self, wording: Wording, explain: Explain | None = None) -> None:
        self.wording = wording
        self.catalog = wording.catalog
        self.domain = wording.domain
        self.explain = explain

    def write(self, request: ReplyRequest) -> Iterator[str]:
        """The reply in pieces that join to the whole: the opening, a line an item, the closing."""
        choose = Chooser(request.seed, request.turn)
        items = [self.catalog[i] for i in request.slate.item_ids if i in self.catalog]
        fit = Fit(items, request.ledger)
        before = self.before(request)
        if not items:
            yield f"{before} {self.abstain(request, choose)}".strip()
            return
        opening = f"{before} {self._lead(request, fit, choose)}".strip()
        if len(items) == 1:
            yield f"{opening} {self._single(items[0], fit, request, choose)}"
        else:
            yield opening
            yield from self.lines(request)
        closing = self.closing(request)
        if closing:
            yield f"{' ' if len(items) == 1 else chr(10)}{closing}"

    def lines(self, request: ReplyRequest, skip: Collection[str] = ()) -> Iterator[str]:
        """A line for each item of the slate but those in `skip`."""
        shown = [(s, self.catalog[s.item_id]) for s in request.slate.items if s.item_id in self.catalog]
        fit, told = Fit([item for _, item in shown], request.ledger), _Told()
        for place, (entry, item) in enumerate(shown):
            if item.item_id not in skip:
                yield f"\n- {item.label}: {self._line(item, entry, place, fit, request, told)}"

    def before(self, request: ReplyRequest) -> str:
        """What was understood and what had to be given up."""
        choose = Chooser(request.seed, request.turn)
        return " ".join([*self.acknowledge(request, choose), *self._set_aside(request.slate, choose)])

    def closing(self, request: ReplyRequest) -> str:
        """What none of the items meets, and the next step."""
        items = [self.catalog[i] for i in request.slate.item_ids if i in self.catalog]
        choose = Chooser(request.seed, request.turn)
        missed = self._missed(Fit(items, request.ledger), len(items), request.slate, choose)
        return " ".join([*missed, *self._next_step(request, choose)])

    # What was understood --------------------------------------------------------------------------

    def acknowledge(self, request: ReplyRequest, choose: Chooser) -> list[str]:
        """What changed with this message, at most three short sentences."""
        said: list[str] = []
        heard, ledger, turn = request.understanding, request.ledger, request.turn
        if any(e.action is EditAction.RESET for e in heard.edits):
            said.append(choose.pick(("A clean slate.", "Starting afresh.", "Back to the beginning.")))
        unknown = [f"“{echo(name)}”" for name in heard.unmatched[:2] if echo(name)]
        if unknown:
            said.append(
                choose.pick(
                    ("I don't have {u} here.", "{u} is not in my catalogue.", "I can't find {u} in the catalogue."),
                    u=join(unknown, "or"),
                )
            )
        new = [w for w in ledger.active if w.turn == turn]
        for stance, bank in STANCE_WORDS.items():
            titles = [self._title(w) for w in new if w.stance is stance]
            if titles:
                said.append(self._agree(choose.pick(bank, t=join(titles[:3])), len(titles)))
        if heard.contradiction is not None:
            earlier, later = heard.contradiction.earlier, heard.contradiction.later
            said.append(
                f"Earlier you wanted {self.wording.short(earlier)} and now {self.wording.short(later)}; "
                "I went by the later word."
            )
        elif not self._is_fresh(request) and request.slate.items:
            said += self._changed(request, [w for w in new if w.facet != ITEM], choose)
        elif standing := [w for w in ledger.facet_wishes() if w.scope is Scope.STANDING and w.turn < turn]:
            said.append(f"As always, {self.wording.understood(standing)}.")
        return said[:MAX_ACKNOWLEDGED]

    def _changed(self, request: ReplyRequest, new: Sequence[Wish], choose: Chooser) -> list[str]:
        given_up = {i for r in request.slate.relaxed[:1] for i in r.wish_ids}
        new = [w for w in new if w.wish_id not in given_up and w.facet in self.domain.facets()]
        dropped = [
            w for w in request.ledger
            if w.status is Status.RETRACTED and w.ended_turn == request.turn and w.facet != ITEM
        ]  # fmt: skip
        said: list[str] = []
        if dropped:
            said.append(
                choose.pick(
                    ("I've dropped “{w}”.", "“{w}” no longer counts.", "Forget “{w}”: done."),
                    w=join([self.wording.short(w) for w in dropped[:3]]),
                )
            )
        if new:
            words = self.wording.understood(new)
            if len(new) == 1 and new[0].polarity is Polarity.WANT:
                bank = ("{W} it is.", "{W}, then.", "Right, {w}.", "{W}: all right.")
            else:
                bank = ("{W}, then.", "Right: {w}.", "Noted: {w}.", "{W}: all right.")
            said.append(choose.pick(bank, W=capitalise(words), w=words))
        return said

    @staticmethod
    def _agree(text: str, number: int) -> str:
        """Singular verbs made plural where several titles were put in."""
        if number == 1:
            return text
        for one, many in ((" is ", " are "), (" was ", " were "), ("leave it ", "leave them ")):
            text = text.replace(one, many)
        return text

    def _title(self, wish: Wish) -> str:
        item = self.catalog.get(wish.value)
        return item.title if item else echo(wish.value)

    @staticmethod
    def _is_fresh(request: ReplyRequest) -> bool:
        """Everything wanted was said just now: the lead then says it all."""
        return not request.previous.items and all(w.turn in (0, request.turn) for w in request.ledger.active)

    # The list -------------------------------------------------------------------------------------

    def _lead(self, request: ReplyRequest, fit: Fit, choose: Chooser) -> str:
        """The sentence before the items; ends in a colon."""
        number = len(request.slate.items)
        noun = self.domain.noun if number == 1 else self.domain.plural
        count = spell(number)
        heard = request.understanding
        if heard.surprise:
            bank = ("Here is a surprise:", "Chosen on a whim, but within bounds:", "Something you may not expect:")
            return choose.pick(bank)
        if request.slate.page > 0 or DialogueAct.CONTINUE in heard.acts:
            return choose.pick(
                ("{N} more:", "Further along the same shelf:", "Here {are} {n} more:", "And then there {are}:"),
                N=capitalise(count), n=count, are="is" if number == 1 else "are",
            )  # fmt: skip
        guide = self._guide(request)
        counts = request.ledger.hard_filter() and not request.slate.relaxed
        if not self._is_fresh(request) and not guide:
            return self._later_lead(fit, number, request.slate.total if counts else 0, choose)
        wanted, avoided = noun, ""
        if any(w.is_number or w.polarity is Polarity.WANT for w in fit.met_by_all):
            wanted = self.wording.describe(fit.met_by_all, plural=number > 1)
        elif fit.met_by_all:
            avoided = f", with {self.wording.understood(fit.met_by_all)} among them" if number > 1 else ""
        if number == 1:
            body = choose.pick(("my pick is this {w}:", "I'd go for this {w}:", "one {w} stands out:"), w=wanted)
        else:
            body = choose.pick(
                ("here are {n} {w}:", "I'd start with these {n} {w}:", "{n} {w} come to mind:", "I have {n} {w}:"),
                n=count, w=wanted,
            )  # fmt: skip
        return capitalise(f"{guide}{', ' if guide else ''}{body[:-1]}{avoided}:")

    def _later_lead(self, fit: Fit, number: int, total: int, choose: Chooser) -> str:
        """The lead once the conversation is under way: what changed has been said already."""
        if number == 1:
            return choose.pick(("Then I'd say:", "My pick:", "I'd go for this:", "Here is one:"))
        bank: tuple[str, ...] = ("I'd look at these:", "Here are {n} to consider:", "These come closest:", "My {n}:")
        if fit.met_by_all and not fit.met_by_none and not fit.met_by_some:
            bank = ("These {n} fit:", "That leaves me with these:", "Now I'd say:", "These {n} hold up:")
            if total > number:
                bank = (*bank, "{t} {plural} fit, these first:", "Of the {t} {plural} that fit, I'd start with these:")
        return choose.pick(bank, n=spell(number), t=total, plural=self.domain.plural)

    def _guide(self, request: ReplyRequest) -> str:
        """ "going by The Matrix and Inception", for the likes named just now (or at all, the first time)."""
        liked = [
            w for w in request.ledger.active
            if w.stance is Stance.LIKE and (w.turn == request.turn or not request.previous.items)
        ]  # fmt: skip
        titles = [self._title(w) for w in liked if w.value in self.catalog][-3:]
        if not titles:
            return ""
        return Chooser(request.seed, request.turn).pick(
            ("going by {t}", "with {t} in mind", "taking {t} as a guide", "since you like {t}"), t=join(titles)
        )

    def _line(self, item: Item, entry: SlateItem, place: int, fit: Fit, request: ReplyRequest, told: _Told) -> str:
        said_already = [v for w in fit.met_by_all if w.polarity is Polarity.WANT for v in w.values]
        wanted = self._wants_met(item, fit)
        main = self._main_phrase(item, place + request.turn, said_already, wanted)
        extras = [*self._wish_extras(item, fit, main), *self._evidence(item, request, place, main, told)][:2]
        misses = [
            m for w in (*fit.met_by_some,) if not w.is_met_by(item) and (m := how_it_misses(item, w, self.wording))
        ]
        if misses and len(misses) <= 2:
            main += f" (though {join(list(dict.fromkeys(misses)))})"
        return "; ".join([main, *extras]) + "."

    def _wants_met(self, item: Item, fit: Fit) -> list[tuple[str, str]]:
        """(facet, value): what of the wishes only some items meet this item has."""
        found = []
        for wish in fit.met_by_some:
            if wish.polarity is Polarity.WANT and not wish.is_number and wish.is_met_by(item):
                wanted = {v.casefold() for v in wish.values}
                found += [(wish.facet, v) for v in item.values(wish.facet) if v.casefold() in wanted]
        return found

    def _main_phrase(self, item: Item, turn: int, said: Sequence[str], wanted: Sequence[tuple[str, str]]) -> str:
        """ "a brooding, stylish sci-fi thriller directed by Ridley Scott", in one of three shapes."""
        words = self.wording
        wanted_colours = [v for f, v in wanted if f in words.colour_kinds]
        type_words = words.type_words(item)
        noun = type_words.noun if type_words else self.domain.noun
        own = [c for c in words.colours(item, 4, skip=[*said, *wanted_colours]) if c[:5] not in noun]
        colours = [*wanted_colours, *own][:2]
        said_people = set(said)
        roles = list(self.domain.roles)
        makers = [n for n in item.values(roles[0]) if n not in said_people][:2] if roles else []
        others = [n for n in item.values(roles[1]) if n not in said_people][:2] if len(roles) > 1 else []
        described = f"{', '.join(colours)} {noun}" if colours else noun
        shape = turn % 3
        if shape == 1 and len(makers) == 1:
            return f"{possessive(makers[0])} {described}"
        if shape == 2 and others and (colours or makers):
            after = f", {join(colours)}" if colours else ""
            return f"{with_article(noun)} {words.role_phrase(roles[1], others)}{after}"
        if makers:
            return f"{with_article(described)} {words.role_phrase(roles[0], makers)}"
        if others:
            return f"{with_article(described)} {words.role_phrase(roles[1], others)}"
        return with_article(described)

    def _wish_extras(self, item: Item, fit: Fit, main: str) -> list[str]:
        extras = []
        for facet, value in self._wants_met(item, fit):
            if facet not in (*self.wording.colour_kinds, self.wording.type_kind) and value not in main:
                extras.append(self.wording.phrase(facet, value))
        named = dict.fromkeys(t for w in fit.about for t in traits_in_words(item, w.value, self.wording))
        for facet, value in named:
            if facet in self.wording.theme_kinds and value not in main:
                extras.append(self.wording.phrase(facet, value))
        return extras[:2]

    def _evidence(self, item: Item, request: ReplyRequest, place: int, main: str, told: _Told) -> list[str]:
        """What it has in common with something the user likes."""
        best: tuple[int, str, list[tuple[str, str]]] | None = None
        for liked_id in reversed(request.ledger.items(Stance.LIKE, Stance.ACCEPT)):
            liked = self.catalog.get(liked_id)
            if liked is None:
                continue
            traits = [(f, v) for f, v in shared_traits(item, liked, self.wording) if v not in main]
            if traits and (best is None or len(traits) > best[0]):
                best = (len(traits), liked.title, traits)
        if best is None:
            return self._neighbours(item, request, told)
        _, title, traits = best
        fresh = [t for t in traits if t not in told.traits] or traits
        told.traits.update(fresh[:2])
        return [self._in_common(title, fresh, place + request.turn)]

    def _in_common(self, title: str, traits: Sequence[tuple[str, str]], shift: int) -> str:
        roles = [(f, v) for f, v in traits if f in self.domain.roles]
        theme_traits = [(f, v) for f, v in traits if f in self.wording.theme_kinds][:2]
        themes = [self.wording.theme(v) for _, v in theme_traits]
        colours = [v for f, v in traits if f in self.wording.colour_kinds][:2]
        if roles:
            facet, name = roles[0]
            return f"also {self.wording.role_phrase(facet, [name])}, like {title}"
        if themes:
            if shift % 3 == 0 or any(v in self.wording.phrases.values.get(f, {}) for f, v in theme_traits):
                facet, value = theme_traits[0]
                return f"{self.wording.phrase(facet, value)}, like {title}"
            return f"{join(themes)}{' again' if shift % 3 == 1 else ''}, as in {title}"
        return f"{join(colours)}{',' if shift % 2 else ''} {'like' if shift % 2 else 'in the way of'} {title}"

    def _neighbours(self, item: Item, request: ReplyRequest, told: _Told) -> list[str]:
        """What other people's ratings put it beside, said once a reply."""
        taste = request.ledger.taste
        if self.explain is None or not taste.liked or told.neighbours:
            return []
        links = [(weight, i) for i, weight in self.explain(taste, item.item_id) if weight > 0 and i in self.catalog]
        if not links:
            return []
        told.neighbours = True
        return [f"often liked along with {self.catalog[max(links)[1]].title}"]

    def _single(self, item: Item, fit: Fit, request: ReplyRequest, choose: Chooser) -> str:
        said = [v for w in fit.met_by_all if w.polarity is Polarity.WANT for v in w.values]
        main = self._main_phrase(item, request.turn, said, self._wants_met(item, fit))
        extras = [*self._wish_extras(item, fit, main), *self._evidence(item, request, 0, main, _Told())][:1]
        text = sentence(f"{item.label}, {'; '.join([main, *extras])}")
        return f"{text} {sentence(item.text)}" if item.text else text

    # What could not be had, and what next -----------------------------------------------------------

    def _set_aside(self, slate: Slate, choose: Chooser) -> list[str]:
        if not slate.relaxed or not slate.items:
            return []
        first = slate.relaxed[0]
        fits = f"{spell(first.count)} {self.domain.noun if first.count == 1 else self.domain.plural}"
        return [
            choose.pick(
                (
                    "Nothing in the catalogue is all of that, so I set “{t}” aside; {c} fit without it.",
                    "All of that at once I don't have. Without “{t}” there {be} {c}.",
                    "No {noun} here meets every wish. I let go of “{t}”, which leaves {c}.",
                ),
                t=first.text, c=fits, noun=self.domain.noun, be="is" if first.count == 1 else "are",
            )
        ]  # fmt: skip

    def _missed(self, fit: Fit, number: int, slate: Slate, choose: Chooser) -> list[str]:
        """Wishes that none of the items meets, said once."""
        given_up = {i for r in slate.relaxed[:1] for i in r.wish_ids}
        said = []
        wants = [w for w in fit.met_by_none if w.polarity is Polarity.WANT and w.wish_id not in given_up]
        avoids = [w for w in fit.met_by_none if w.polarity is Polarity.AVOID and w.wish_id not in given_up]
        subject = "It is not" if number == 1 else "Neither is" if number == 2 else "None of them is"
        bank = ("{s} {w}, I should say.", "{s} {w}, though.", "Mind: {l} {w}.")
        if wants:
            words = self.wording.complement(wants)
            said.append(choose.pick(bank, s=subject, l=subject[0].lower() + subject[1:], w=words))
        colours = [v for w in avoids if w.facet in self.wording.colour_kinds for v in w.values]
        if len(colours) == 1:
            said.append(
                f"{'It is' if number == 1 else 'Both are' if number == 2 else 'All of them are'} {colours[0]}, mind."
            )
        return said

    def _next_step(self, request: ReplyRequest, choose: Chooser) -> list[str]:
        total, shown = request.slate.total, len(request.slate.items)
        if (
            request.ledger.hard_filter()
            and total
            and total <= shown
            and not request.slate.relaxed
            and request.slate.page == 0
        ):
            return ["Those are all that fit." if shown > 1 else "It is the only one that fits."]
        if shown < 2:
            return []
        text = choose.pick(_NEXT)
        return [text] if text else []

    def abstain(self, request: ReplyRequest, choose: Chooser) -> str:
        """Nothing to show: say which wish cannot be met and what is nearest, with counts."""
        wishes = request.ledger.facet_wishes()
        wanted = self.wording.describe(wishes)
        options = request.slate.relaxed
        if request.slate.total > 0 and not options:
            return (
                choose.pick(
                    ("You've been through everything I have that fits.", "That was all of it: nothing else here fits."),
                )
                + " Change a wish and I'll look again."
            )
        if not wishes:
            return choose.pick((
                "I found nothing to go with that. A title you liked, or a mood, would help.",
                "Nothing comes up for that. Tell me one {noun} you loved and I'll start from there.",
            ), noun=self.domain.noun)  # fmt: skip
        first = choose.pick(
            ("I have no {w}.", "The catalogue has no {w}.", "I looked for {w} and found none."), w=wanted
        )
        if not options:
            return f"{first} Take one of the wishes back and I'll try again."
        nearest = options[0]
        text = f"{first} What stands in the way is “{nearest.text}”: without it there {self._there(nearest.count)}"
        others = [f"without “{o.text}”, {spell(o.count)}" for o in options[1:3]]
        return f"{text}{'; ' + ', or '.join(others) if others else ''}. Shall I drop it?"

    def _there(self, count: int) -> str:
        return f"is one {self.domain.noun}" if count == 1 else f"are {spell(count)} {self.domain.plural}"


class _Told:
    """Traits already mentioned in this reply, so that lines do not repeat one another."""

    def __init__(self) -> None:
        self.traits: set[tuple[str, str]] = set()
        self.neighbours = False


def quick_replies(request: ReplyRequest, wording: Wording) -> tuple[str, ...]:
    """Critiques and steps that lead somewhere: each names a value the catalogue has."""
    catalog, domain, slate = wording.catalog, wording.domain, request.slate
    if not slate.items:
        return tuple(f"Drop “{r.text}” ({r.count})" for r in slate.relaxed[:3])
    items = [catalog[i] for i in slate.item_ids if i in catalog]
    standing = {w.facet for w in request.ledger.active if w.is_number}
    said = {v.casefold() for w in request.ledger.active for v in w.values}
    options: list[str] = []
    years = sorted(i.year for i in items if i.year is not None)
    info = domain.numbers.get(YEAR)
    if years and info and YEAR not in standing:
        newest = max((i.year for i in catalog if i.year is not None), default=0)
        middle = years[len(years) // 2]
        options.append(f"Something {info.more if middle < newest - 15 else info.less}")
    colours: dict[str, int] = {}
    for item in items:
        for kind in wording.colour_kinds:
            for value in item.values(kind):
                if value.casefold() not in said:
                    colours[value] = colours.get(value, 0) + 1
    if colours:
        most = max(colours, key=lambda v: colours[v])
        if colours[most] > 1:
            options.append(f"Less {most}")
    if wording.maker and items:
        for name in items[0].values(wording.maker)[:1]:
            others = catalog.vocabulary[wording.maker][name]
            if len(others) > 1 and name.casefold() not in said:
                options.append(f"Something {wording.role_phrase(wording.maker, [name])}")
    if slate.total > len(items):
        options.append("Show more")
    return tuple(options)


def _middle(facet: str, catalog: Catalog) -> float:
    """The catalogue's median of a number."""
    known = sorted(n for i in catalog if (n := i.number(facet)) is not None)
    return known[len(known) // 2] if known else 0.0
