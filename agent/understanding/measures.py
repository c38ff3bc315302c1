"""Numbers as wishes: bounds said outright, and comparisons with an item named or with what was shown."""

from __future__ import annotations

import re

from parley.agent.ledger import EditAction, Hardness, Polarity, Stance, Wish
from parley.agent.understanding.afterthoughts import SOFTENED
from parley.agent.understanding.cues import Kind, State
from parley.agent.understanding.figures import Bound
from parley.agent.understanding.numbers import NumberReader
from parley.agent.understanding.reading import Reading
from parley.agent.understanding.text import ITEM_MARK, ROLE_MARK, VALUE_MARK
from parley.tools.items import YEAR, Item

_NAMED = f"[{VALUE_MARK}{ROLE_MARK}]"
_NOT_SO = (
    r"(?<!he's )(?<!she's )(?<!i'm )(?<!he is )(?<!she is )(?<!we're )(?<!they're )\b(?:not|isn't|aren't|wasn't|nothing)"
    r"(?: (?:quite|really|nearly|anywhere near))? "
)
"""Before "long enough": what was shown is shorter than wished; "he's not old enough" is said of somebody."""
_LATER_ON = re.compile(
    r"(?<!something )(?<!anything )(?<!films )(?<!movies )(?<!made )(?<!from )(?<!slightly )(?<!much )(?<!bit )(?<!little )(?<!a )"
    r"(?<!one )(?<!and )(?<!or )\b(?:later|earlier)$"
)
"""A word of time that compares nothing: "see you later", "as I said earlier"."""


_MAKE_IT = re.compile(r"\b(?:make (?:it|that)|change (?:it|that) to|call it|let's say|say|down to|up to|set it to) $")
"""Before a figure that takes the place of an earlier limit."""
_FOUND = (
    rf"(?:(?<={ITEM_MARK})|(?<=\bit)|(?<=\bthey))(?:'s|'re| is| are| looks?| seems?| sounds?)(?: all| both)? "
    r"(?:so|very|awfully|rather|a bit|pretty|really|quite|a little) "
)
"""Before "long" said of what is shown: as good as "too"."""


class MeasureReader:
    """Turns the number bounds of a reading into wishes."""

    def __init__(self, reading: Reading, numbers: NumberReader) -> None:
        self.r = reading
        self.numbers = numbers

    def read_bounds(self) -> None:
        for bound in self.r.bounds:
            if (
                self.r.is_spent(bound.start, bound.end)
                or self.r.is_remark(bound.start)
                or self.r.is_measure(bound.start)
            ):
                continue
            state = self.r.cues.at(bound.start)
            between = self.r.masked[state.since : bound.start]
            if "," in between or re.search(r"\band\b", between):
                state = State(scope=state.scope)  # what governs a list of values says nothing of the number after it
            elif state.polarity is Polarity.AVOID and re.search(_NAMED, between):
                continue  # "no comedies from the 80s" asks for no 80s
            if state.kind is Kind.SEEN or (
                state.kind is Kind.TOPIC and bound.vague and self.r.low[: bound.start].endswith("the ")
            ):
                continue
            polarity, low, high, hardness = Polarity.WANT, bound.gte, bound.lte, bound.hardness
            if _MAKE_IT.search(self.r.low[: bound.start]):
                low, high, hardness = self._on_its_side(bound)
            avoided = bound.avoid or (state.polarity is Polarity.AVOID and state.kind is not Kind.LESS)
            if avoided and low is not None and high is not None:
                polarity, hardness = Polarity.AVOID, Hardness.HARD
            elif avoided and not bound.avoid:
                step = self.numbers.step(bound.facet)
                low, high = (None if high is None else high + step), (None if low is None else low - step)
            if state.hedged or state.kind is Kind.HEDGE or (state.kind is Kind.TASTE and not state.must):
                hardness = Hardness.SOFT
            elif (state.must or state.kind is Kind.MUST) and not (
                low is not None and high is not None and bound.facet != "year"
            ):
                hardness = Hardness.HARD
            if SOFTENED.match(self.r.masked[bound.end : bound.end + 40]):
                hardness = Hardness.SOFT
            wish = Wish(
                facet=bound.facet, gte=low, lte=high, polarity=polarity, hardness=hardness, scope=state.scope,
                words=self.r.words(bound.start, bound.end),
            )  # fmt: skip
            self.r.edit(bound.start, EditAction.ADD, wish)

    def compare(self) -> None:
        """ "shorter than Inception", "newer than the second one", "funnier than that"."""
        table = self.numbers.comparatives()
        words = "|".join(sorted(map(re.escape, table), key=len, reverse=True))
        for match in re.finditer(
            rf"(?P<neg>\b(?:not?|nothing|no) )?\b(?P<word>{words}) than (?P<item>{ITEM_MARK}+)", self.r.masked
        ):
            if self.r.is_spent(*match.span()):
                continue
            items = self.r.items_in(*match.span("item"))
            facet, side = table[match.group("word")]
            numbers = [
                n for i in items for item_id in i.item_ids if (n := self.r.catalog[item_id].number(facet)) is not None
            ]
            if numbers:
                self.r.spend(*match.span())
                edge = max(numbers) if side > 0 else min(numbers)  # "newer than those": than all of them
                self._one_sided(match, facet, side, edge, bool(match.group("neg")), Hardness.HARD)
        self._not_as()
        self._same_as()
        for match in re.finditer(rf"\bold enough (?:for|to (?:watch|see)) {ITEM_MARK}+", self.r.masked):
            self.r.spend(*match.span())  # said of somebody, and no word on the film
        for match in re.finditer(
            rf"\b(?:more |less )?{VALUE_MARK}+ than (?P<item>{ITEM_MARK}+)|\bbetter than (?P<item2>{ITEM_MARK}+)",
            self.r.masked,
        ):
            name = "item" if match.group("item") else "item2"
            self.r.spend(*match.span(name))

    def _not_as(self) -> None:
        """ "not as long as Freaks" is shorter than it."""
        bases = {w.removesuffix("er"): hit for w, hit in self.numbers.comparatives().items() if w.endswith("er")}
        words = "|".join(sorted(map(re.escape, bases), key=len, reverse=True))
        pattern = rf"\b(?:not|nothing|isn't|n't)(?: (?:quite|nearly|half))? (?:as|so) (?P<word>{words}) as (?P<item>{ITEM_MARK}+)"
        for match in re.finditer(pattern, self.r.masked):
            facet, side = bases[match.group("word")]
            items = [self.r.catalog[i] for s in self.r.items_in(*match.span("item")) for i in s.item_ids]
            edges = [n for item in items if (n := item.number(facet)) is not None]
            if edges and not self.r.is_spent(*match.span()):
                self.r.spend(*match.span())
                self._one_sided(match, facet, -side, edges[0], False, Hardness.HARD)

    def _same_as(self) -> None:
        """ "as long as Titanic", "from the same year as The Matrix": about there, or exactly there."""
        bases = {
            w.removesuffix("er"): facet for w, (facet, _) in self.numbers.comparatives().items() if w.endswith("er")
        }
        words = "|".join(sorted(map(re.escape, bases), key=len, reverse=True))
        names = {"length": "runtime", "runtime": "runtime", "year": YEAR, "decade": YEAR, "era": YEAR, "period": YEAR}
        pattern = (
            rf"\b(?:about |just |roughly |exactly )*as (?P<word>{words}) as (?P<item>{ITEM_MARK}+)|"
            rf"\b(?:of |from |in )?(?:about |roughly |around )?the same (?P<name>{'|'.join(names)}) as (?P<item2>{ITEM_MARK}+)"
        )
        for match in re.finditer(pattern, self.r.masked) if words else ():
            items = self.r.items_in(*match.span("item" if match["word"] else "item2"))
            facet = bases[match["word"]] if match["word"] else names[match["name"]]
            edges = [n for s in items for i in s.item_ids if (n := self.r.catalog[i].number(facet)) is not None]
            if not edges or self.r.is_spent(*match.span()):
                continue
            self.r.spend(*match.span())
            low, high, hardness = self._around(facet, edges[0], match["name"] or "")
            wish = Wish(facet=facet, gte=low, lte=high, hardness=hardness, words=self.r.words(*match.span()))
            self.r.edit(match.start(), EditAction.ADD, wish)

    def _around(self, facet: str, edge: float, name: str) -> tuple[float, float, Hardness]:
        if name == "year":
            return edge, edge, Hardness.HARD
        if name == "decade":
            return edge // 10 * 10, edge // 10 * 10 + 9, Hardness.HARD
        room = 5.0 if facet == YEAR else max(10.0, 0.1 * edge)
        return round(edge - room), round(edge + room), Hardness.SOFT

    def _one_sided(
        self, match: re.Match[str], facet: str, side: int, edge: float, negated: bool, hardness: Hardness
    ) -> None:
        step = 0.0 if negated else self.numbers.step(facet)
        side = -side if negated else side
        low, high = (edge + step, None) if side > 0 else (None, edge - step)
        words = self.r.words(*match.span())
        self.r.edit(match.start(), EditAction.ADD, Wish(facet=facet, gte=low, lte=high, hardness=hardness, words=words))

    def _on_its_side(self, bound: Bound) -> tuple[float | None, float | None, Hardness]:
        """ "make it 90 minutes" after "at most two hours" is at most 90."""
        limits = [w for w in self.r.active(bound.facet, polarity=Polarity.WANT) if (w.gte is None) != (w.lte is None)]
        if not limits or bound.gte is None or bound.lte is None or bound.hardness is Hardness.HARD:
            return bound.gte, bound.lte, bound.hardness
        middle = (bound.gte + bound.lte) / 2
        return (None, middle, Hardness.HARD) if limits[-1].gte is None else (middle, None, Hardness.HARD)

    def read_by_degree(self) -> None:
        """ "the shorter the better": a soft wish, as for "short"."""
        table = self.numbers.comparatives()
        words = "|".join(sorted(map(re.escape, table), key=len, reverse=True))
        for match in re.finditer(rf"\bthe (?P<word>{words}),? the better\b", self.r.masked) if words else ():
            if not self.r.is_spent(*match.span()):
                self.r.spend(*match.span())
                self._vaguely(match, *table[match.group("word")])

    def read_against_slate(self) -> None:
        """ "something shorter", "too long", "a newer one": against what was shown last."""
        shown = [self.r.catalog[i] for i in self.r.context.slate if i in self.r.catalog]
        table = self.numbers.comparatives()
        too = {
            word.removesuffix("er"): (facet, -side)
            for word, (facet, side) in table.items()
            if word.endswith("er") and " " not in word
        }
        lacking = {word: hit for word, hit in self.numbers.vague_words().items() if word.isalpha()}
        for words, prefix, tail in (
            (table, r"(?<!the )(?<!\w-)(?<!if nothing )(?<!if nothing's )\b", ""),
            (too, r"(?<!not )(?<!nothing )(?<!n't )\btoo ", ""),
            (too, _FOUND, ""),
            (lacking, _NOT_SO, r" enough(?! (?:for|to)\b)"),
        ):
            pattern = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
            for match in re.finditer(rf"{prefix}(?P<word>{pattern})\b(?! than){tail}", self.r.masked):
                if self.r.is_spent(*match.span()) or _LATER_ON.search(self.r.masked[: match.end()]):
                    continue
                facet, side = words[match.group("word")]
                self.r.spend(*match.span())
                rated = self._said_of(match.start()) or self._talked_about() or shown
                self._against_slate(match, facet, side, rated)

    def _said_of(self, place: int) -> list[Item]:
        """The items that "too long" is said of: "the first one's too old"."""
        before = re.search(
            rf"{ITEM_MARK}+(?:'?s)?(?: (?:for|with|something|one|is|are|was|looks?|seems?|sounds?|way|far|much|a bit|just|all|both))* $",
            self.r.masked[:place],
        )
        spans = self.r.items_in(before.start(), before.end()) if before else []
        return [self.r.catalog[i] for s in spans if not s.is_pronoun for i in s.item_ids]

    def _talked_about(self) -> list[Item]:
        focus = self._likened() or self.r.context.focus
        known = focus if focus and (focus in self.r.context.slate or self._likened()) else ""
        return [self.r.catalog[known]] if known in self.r.catalog else []

    def _against_slate(self, match: re.Match[str], facet: str, side: int, rated: list[Item]) -> None:
        if any(b.facet == facet and (b.gte is None) == (side < 0) for b in self.r.bounds):
            return  # "shorter, 90 minutes at most": the figure says it
        numbers = sorted(n for item in rated if (n := item.number(facet)) is not None)
        if numbers:
            middle = numbers[len(numbers) // 2] if side < 0 else numbers[(len(numbers) - 1) // 2]
            self._one_sided(match, facet, side, middle, False, Hardness.HARD)
            return
        self._vaguely(match, facet, side)

    def _vaguely(self, match: re.Match[str], facet: str, side: int) -> None:
        vague = {(f, s): w for w, (f, s) in self.numbers.vague_words().items()}
        word = vague.get((facet, side), "")
        for bound in self.numbers.read(word):
            wish = Wish(facet=facet, gte=bound.gte, lte=bound.lte, hardness=Hardness.SOFT, words=match.group())
            self.r.edit(match.start(), EditAction.ADD, wish)

    def _likened(self) -> str | None:
        """The item this utterance asks for something like: "as scary as The Shining but shorter"."""
        liked = [e.wish.value for _, e in self.r.edits if e.wish is not None and e.wish.stance is Stance.LIKE]
        return liked[-1] if liked else None
