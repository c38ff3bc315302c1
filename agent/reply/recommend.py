"""The realiser for recommendations: what was understood, the items with their evidence, what could not be had.

Written the way a good shop clerk talks: short, concrete, nothing that is not known. What every item has
in common is said once, before the list; a line says only what sets its item apart.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from parley.agent.acts import DialogueAct
from parley.agent.ledger import ITEM, EditAction, Polarity, Scope, Stance, Status, Wish
from parley.agent.reply.lines import LineWriter, Told
from parley.agent.reply.missed import say_missed
from parley.agent.reply.options import relaxed_in_words, what_stands_in_the_way
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.traits import Fit, traits_in_words
from parley.agent.reply.why import Explain
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import (
    Chooser,
    capitalise,
    echo,
    join,
    sentence,
    spell,
    with_article,
)
from parley.agent.understanding.remembered import FORGOTTEN
from parley.agent.understanding.subject import AFRESH
from parley.agent.understanding.unrecorded import untold as untold_in
from parley.tools.items import Item
from parley.tools.kinship import kinship_of

MAX_ACKNOWLEDGED = 3
MANY_FIT = 300
"""More than this fit: their number says nothing (and reads like a year)."""
STANCE_WORDS = {
    Stance.SEEN: ("{t} is off the list.", "You've seen {t}, so I'll leave it out.", "Noted, {t} is seen."),
    Stance.REJECT: ("Not {t}, then.", "I'll leave {t} aside.", "{t} is out."),
    Stance.DISLIKE: ("Noted: {t} was not for you.", "I'll steer away from {t}.", "Away from {t}, then."),
    Stance.ACCEPT: ("Good, {t} it is.", "{t}: settled.", "Enjoy {t}."),
}

_NEXT = (
    "Which of these comes closest?", "", "Tell me if you know any of them already.", "",
    "Say what to change and I'll look again.", "", "Is one of them right?", "", "Any of these for tonight?", "",
    "Closer, or further off?", "",
)  # fmt: skip


class RecommendWriter:
    """Writes the reply to a slate, piece by piece."""

    def __init__(self, wording: Wording, explain: Explain | None = None) -> None:
        self.wording = wording
        self.catalog = wording.catalog
        self.domain = wording.domain
        self.kin = kinship_of(wording.domain.name)
        self._line = LineWriter(wording, explain)

    def write(self, request: ReplyRequest) -> Iterator[str]:
        """The reply in pieces that join to the whole: the opening, a line an item, the closing."""
        choose = Chooser(request.voice, request.turn)
        items = [self.catalog[i] for i in request.slate.item_ids if i in self.catalog]
        fit = Fit(items, request.ledger, request.slate, kin=self.kin)
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
        items = [self.catalog[i] for i in request.slate.item_ids if i in self.catalog]
        fit, told = Fit(items, request.ledger, request.slate, kin=self.kin), Told()
        for place, item in enumerate(items):
            if item.item_id not in skip:
                text = self._line.line(item, place, fit, request, told)
                bare = text.rstrip(".") == with_article(self.domain.noun)  # "a book" says nothing
                yield f"\n- {item.label}." if bare else f"\n- {item.label}: {text}"

    def before(self, request: ReplyRequest) -> str:
        """What was understood and what had to be given up."""
        choose = Chooser(request.voice, request.turn)
        return " ".join([*self.acknowledge(request, choose), *self._set_aside(request, choose)])

    def closing(self, request: ReplyRequest) -> str:
        """What none of the items meets, and the next step."""
        items = [self.catalog[i] for i in request.slate.item_ids if i in self.catalog]
        choose = Chooser(request.voice, request.turn)
        fit = Fit(items, request.ledger, request.slate, kin=self.kin)
        missed = say_missed(fit, len(items), request.slate, choose, self.wording)
        return " ".join([*missed, *self._next_step(request, choose)])

    # What was understood --------------------------------------------------------------------------

    def acknowledge(self, request: ReplyRequest, choose: Chooser) -> list[str]:
        """What changed with this message, at most three short sentences."""
        said: list[str] = []
        heard, ledger, turn = request.understanding, request.ledger, request.turn
        if any(e.action is EditAction.RESET for e in heard.edits):
            said.append(choose.pick(("A clean slate.", "Starting afresh.", "Back to the beginning.")))
        gone = [e.wish for e in heard.edits if e.wish is not None and e.wish.words.startswith(FORGOTTEN)]
        if gone:
            said.append(
                f"Forgotten: {join([self._title(w) if w.facet == ITEM else self.wording.short(w) for w in gone])}."
            )
        untold = [echo(name) for name in heard.unmatched if untold_in(name)]
        if untold:
            said.append(f"My catalogue doesn't say anything about “{untold[0]}”, so I couldn't go by that.")
        unknown = [f"“{echo(name)}”" for name in heard.unmatched[:2] if echo(name) and not untold_in(name)]
        if unknown:
            said.append(
                choose.pick(
                    ("I don't have {u} here.", "{u} is not in my catalogue.", "I can't find {u} in the catalogue."),
                    u=join(unknown, "or"),
                )
            )
        new = [w for w in ledger.active if w.turn == turn] if heard.edits else []  # what is carried on needs no word
        refused = {w.value for w in new if w.stance is Stance.REJECT}
        if request.previous.items and (heard.refuses or refused.issuperset(request.previous.item_ids)):
            said.append(choose.pick(("None of those, then.", "Those are out.", "I'll leave all of those aside.")))
            new = [w for w in new if w.stance is not Stance.REJECT]
        for stance, bank in STANCE_WORDS.items():
            titles = [self._title(w) for w in new if w.stance is stance]
            if titles:
                named = titles if len(titles) < 4 else [*titles[:2], f"{spell(len(titles) - 2)} more"]
                said.append(self._agree(choose.pick(bank, t=join(named)), len(titles)))
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
            and not w.ended_by.startswith(FORGOTTEN)
        ]  # fmt: skip
        said: list[str] = []
        if dropped:
            left = any(w.ended_by.startswith(AFRESH) for w in dropped)
            said.append(
                choose.pick(
                    ("Something else, then; I've let go of “{w}”.", "A fresh start, without “{w}”.")
                    if left
                    else ("I've dropped “{w}”.", "“{w}” no longer counts.", "Forget “{w}”: done."),
                    w=join([self.wording.short(w) for w in dropped[:3]]),
                )
            )
        if new:
            words = self.wording.understood(new)
            if all(self._said_before(w, request) for w in new):
                return [*said, choose.pick(("Sorry: {w}.", "You did say so: {w}.", "Sorry, {w} it shall be."), w=words)]
            if len(new) == 1 and new[0].polarity is Polarity.WANT:
                bank = ("{W} it is.", "{W}, then.", "Right, {w}.", "{W}: all right.")
            else:
                bank = ("{W}, then.", "Right: {w}.", "Noted: {w}.", "{W}: all right.")
            said.append(choose.pick(bank, W=capitalise(words), w=words))
        return said

    @staticmethod
    def _said_before(wish: Wish, request: ReplyRequest) -> bool:
        """What is to be avoided, and was to be before this message."""
        return wish.polarity is Polarity.AVOID and any(
            old.facet == wish.facet and old.values == wish.values and old.polarity is wish.polarity
            for old in request.ledger
            if old.ended_turn == request.turn and 0 < old.turn < request.turn and old.status is Status.OVERRIDDEN
        )

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
        first = not request.previous.items or request.previous.item_ids == request.slate.item_ids
        return first and all(w.turn in (0, request.turn) for w in request.ledger)

    # The list -------------------------------------------------------------------------------------

    def _lead(self, request: ReplyRequest, fit: Fit, choose: Chooser) -> str:
        """The sentence before the items; ends in a colon."""
        number = len(request.slate.items)
        noun = self.domain.noun if number == 1 else self.domain.plural
        count = spell(number)
        heard = request.understanding
        if heard.lesser_known:
            return choose.pick(("Less well known:", "Off the beaten track:", "You may not have come across these:"))
        if heard.surprise:
            bank = ("Here is a surprise:", "Chosen on a whim, but within bounds:", "Something you may not expect:")
            return choose.pick(bank)
        if heard.again:
            return choose.pick(("Here they are again:", "Back to these:", "Once more:"))
        if heard.extreme is not None:
            return self._extreme_lead(heard.extreme, number)
        if request.slate.page > 0 or (DialogueAct.CONTINUE in heard.acts and not heard.edits):
            return choose.pick(
                ("{N} more:", "Further along the same shelf:", "Here {are} {n} more:", "And then there {are}:"),
                N=capitalise(count), n=count, are="is" if number == 1 else "are",
            )  # fmt: skip
        guide = self._guide(request)
        counts = request.ledger.hard_filter() and not request.slate.relaxed
        if not self._is_fresh(request) and not guide:
            return self._later_lead(fit, number, request.slate.total if counts else 0, choose)
        shared = [w for w in fit.met_by_all if self._is_fresh(request) or w.turn != request.turn]
        shared = [w for w in shared if not (w.scope is Scope.STANDING and w.turn < request.turn)]
        wants = [w for w in shared if w.polarity is Polarity.WANT]
        facets = {w.facet for w in wants}
        refused = [w for w in shared if w not in wants and not (w.facet in facets and w.facet in self.domain.roles)]
        wanted = self.wording.describe(wants, plural=number > 1) if wants else noun
        avoided = self._with_none(refused) if refused and number > 1 else ""
        if number > 1 and (some := self._only_some(request, fit)):
            return some
        if number > 1 and wanted == noun:
            body = choose.pick(
                (
                    "here are {n} to start with:" if request.turn == 1 else "here are {n} to consider:",
                    "I'd look at these {n}:",
                    "{n} {w} come to mind:",
                ),
                n=count,
                w=wanted,
            )
        elif number == 1:
            body = choose.pick(("my pick is this {w}:", "I'd go for this {w}:", "one {w} stands out:"), w=wanted)
        else:
            body = choose.pick(
                ("here are {n} {w}:", "I'd start with these {n} {w}:", "{n} {w} come to mind:", "I have {n} {w}:"),
                n=count, w=wanted,
            )  # fmt: skip
        return capitalise(f"{guide}{', ' if guide else ''}{body[:-1]}{avoided}:")

    def _only_some(self, request: ReplyRequest, fit: Fit) -> str:
        """ "Two of these are about chess; the others come close:", where one thing was wanted and few items have it."""
        wanted = [w for w in request.ledger.facet_wishes() if w.polarity is Polarity.WANT]
        items = [self.catalog[i] for i in request.slate.item_ids if i in self.catalog]
        if len(wanted) == 1 and wanted[0] in fit.met_by_some and not fit.about:
            having = sum(bool(fit.suits(item, wanted[0])) for item in items)
            phrase = self.wording.complement(wanted)
        elif not wanted and len(fit.about) == 1:
            named = [traits_in_words(item, fit.about[0].value, self.wording)[:1] for item in items]
            having, told = sum(map(bool, named)), [t for traits in named for t in traits]
            phrase = self.wording.phrase(*told[0]).removeprefix("that are ") if told else ""
        else:
            return ""
        if not 0 < having < len(items):
            return ""
        verb, has = ("is", "has") if having == 1 else ("are", "have")
        phrase = f"{has} {phrase[5:]}" if phrase.startswith("with ") else f"{verb} {phrase}"
        others = "the other is further off" if len(items) - having == 1 else "the others are further off"
        return f"{capitalise(spell(having))} of these {phrase}; {others}:"

    def _extreme_lead(self, extreme: tuple[str, int], number: int) -> str:
        """ "The longest I have:" """
        info = self.domain.numbers.get(extreme[0])
        word = (info.more if extreme[1] > 0 else info.less) if info else ""
        most = (
            f"{word.removesuffix('er')}est"
            if word.endswith("er")
            else f"{'most' if extreme[1] > 0 else 'least'} by number"
        )
        return f"The {most} I have:" if number == 1 else f"The {most} I have, in order:"

    def _with_none(self, shared: Sequence[Wish]) -> str:
        """ ", with no horror films among them", ", all suitable for everyone"."""
        ages = [w for w in shared if w.facet == self.domain.age_kind]
        rest = [w for w in shared if w not in ages]
        said = [f"all {self.wording.understood(ages)}"] if ages else []
        words = self.wording.understood(rest) if rest else ""
        if words.startswith("nothing "):
            kinds = self.domain.kinds
            described = all(w.facet in kinds and kinds[w.facet].phrase == "{value}" for w in rest)
            said.append(f"none of them {'marked ' if described else ''}{words.removeprefix('nothing ')}")
        elif words:
            said.append(f"with {words} among them")
        return f", {', '.join(said)}"

    def _later_lead(self, fit: Fit, number: int, total: int, choose: Chooser) -> str:
        """The lead once the conversation is under way: what changed has been said already."""
        if number == 1:
            return choose.pick(("Then I'd say:", "My pick:", "I'd go for this:", "Here is one:"))
        bank: tuple[str, ...] = ("I'd look at these:", "Here are {n} to consider:", "These come closest:", "My {n}:")
        if fit.met_by_all and not fit.met_by_none and not fit.met_by_some:
            bank = ("These {n} fit:", "That leaves me with these:", "Now I'd say:", "These {n} hold up:")
            if number < total <= MANY_FIT:
                bank = (*bank, "{t} {plural} fit, these first:", "Of the {t} {plural} that fit, I'd start with these:")
        return choose.pick(bank, n=spell(number), t=total, plural=self.domain.plural)

    def _guide(self, request: ReplyRequest) -> str:
        """ "going by The Matrix and Inception", for the likes named just now (or at all, the first time)."""
        liked = [
            w for w in request.ledger.active
            if w.stance is Stance.LIKE and (w.turn == request.turn or self._is_fresh(request))
        ]  # fmt: skip
        titles = [self._title(w) for w in liked if w.value in self.catalog][-3:]
        if not titles:
            return ""
        return Chooser(request.voice, request.turn).pick(
            ("going by {t}", "with {t} in mind", "taking {t} as a guide", "since you like {t}"), t=join(titles)
        )

    def _single(self, item: Item, fit: Fit, request: ReplyRequest, choose: Chooser) -> str:
        said = [v for w in fit.met_by_all if w.polarity is Polarity.WANT for v in w.values]
        main = self._line.main_phrase(item, request.turn, said, self._line.wants_met(item, fit))
        extras = [*self._line.wish_extras(item, fit, main), *self._line.evidence(item, request, 0, main, Told())][:1]
        text = sentence(f"{item.label}, {'; '.join([main, *extras])}")
        return f"{text} {sentence(item.text)}" if item.text else text

    # What could not be had, and what next -----------------------------------------------------------

    def _set_aside(self, request: ReplyRequest, choose: Chooser) -> list[str]:
        slate = request.slate
        if not slate.relaxed or not slate.items:
            return []
        first = slate.relaxed[0]
        fits = f"{spell(first.count)} {self.domain.noun if first.count == 1 else self.domain.plural}"
        return [
            choose.pick(
                (
                    "Nothing in the catalogue is all of that, so I set “{t}” aside; {c} fit without it.",
                    "All of that at once I don't have. Without “{t}” there {be} {c}.",
                    "No {noun} here meets every wish. Without “{t}” there {be} {c}, so I left that out.",
                ),
                t=relaxed_in_words(first, request, self.wording),
                c=fits, noun=self.domain.noun, be="is" if first.count == 1 else "are",
            )
        ]  # fmt: skip

    def _next_step(self, request: ReplyRequest, choose: Chooser) -> list[str]:
        total, shown = request.slate.total, len(request.slate.items)
        if later := echo(request.understanding.set_aside):
            return [
                choose.pick(
                    ("And then “{w}”? Say the word.", "Next, “{w}”: shall I?", "Shall I go on to “{w}”?"), w=later
                )
            ]
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
        text = choose.pick(_NEXT if request.turn > 1 else _NEXT[:8])
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
        return f"{first} {what_stands_in_the_way(options, request, self.wording)} Shall I drop it?"
