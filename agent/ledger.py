"""The ledger: everything the user wants, as typed wishes with the words and the turn they came from.

What a user wants lives here and never only in the chat history. A wish is about an item ("I loved
Alien", "seen it") or about a facet of items ("older than 1990", "not too violent"). Later turns
override, retract, soften and harden; nothing is erased, so the page can show what was replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from parley.tools.filters import Condition, Filter
from parley.tools.items import PERSON, Domain, Item
from parley.tools.seams import Taste

ITEM = "item"
ABOUT = "about"
"""The facet of a wish in free words, matched by meaning ("something with a twist")."""


class Polarity(StrEnum):
    WANT = "want"
    AVOID = "avoid"


class Hardness(StrEnum):
    HARD = "hard"  # must hold; enforced in code
    SOFT = "soft"  # counts in the ranking


class Stance(StrEnum):
    """What a user thinks of an item."""

    LIKE = "like"
    DISLIKE = "dislike"
    SEEN = "seen"
    REJECT = "reject"  # not now, not this one
    ACCEPT = "accept"


class Scope(StrEnum):
    TURN = "turn"  # "just for tonight"
    SESSION = "session"
    STANDING = "standing"  # "I never watch horror": outlives the session


class Status(StrEnum):
    ACTIVE = "active"
    OVERRIDDEN = "overridden"
    RETRACTED = "retracted"


class Wish(BaseModel):
    """One thing the user wants or does not want."""

    model_config = ConfigDict(frozen=True)

    wish_id: str = ""
    """Given by the ledger: "w1", "w2", ..."""
    facet: str
    """`item`, `about`, or a facet of the catalogue: "genre", "person", "year", "runtime", ..."""
    value: str = ""
    """The catalogue's own spelling, an item id, or free words. Empty for a number."""
    any_of: tuple[str, ...] = ()
    """Further values: wanted, `value` or one of these will do; avoided, none of them may be there."""
    gte: float | None = None
    lte: float | None = None
    polarity: Polarity = Polarity.WANT
    hardness: Hardness = Hardness.SOFT
    stance: Stance | None = None
    """Set if and only if the facet is `item`."""
    scope: Scope = Scope.SESSION
    turn: int = 0
    words: str = ""
    """The user's own words it came from."""
    status: Status = Status.ACTIVE
    ended_turn: int | None = None
    ended_by: str = ""
    """The wish that overrode it, or the words that retracted it."""

    @property
    def is_active(self) -> bool:
        return self.status is Status.ACTIVE

    @property
    def is_number(self) -> bool:
        return self.gte is not None or self.lte is not None

    @property
    def values(self) -> tuple[str, ...]:
        """`value` and its alternatives."""
        return (self.value, *self.any_of)

    def is_met_by(self, item: Item) -> bool | None:
        """Does the item meet this wish about a facet? None where the catalogue cannot tell (items, free words)."""
        if self.facet in (ITEM, ABOUT):
            return None
        if self.is_number:
            number = item.number(self.facet)
            if number is None:
                return False
            inside = (self.gte is None or number >= self.gte) and (self.lte is None or number <= self.lte)
            return inside if self.polarity is Polarity.WANT else not inside
        has = not _folded(item.values(self.facet)).isdisjoint(_folded(self.values))
        return has if self.polarity is Polarity.WANT else not has


class EditAction(StrEnum):
    ADD = "add"
    RETRACT = "retract"  # takes back what matches facet (and value, if given)
    SOFTEN = "soften"
    HARDEN = "harden"
    RESET = "reset"  # "start over": drops every wish that is not standing


class LedgerEdit(BaseModel):
    """One change that an utterance makes to the ledger."""

    model_config = ConfigDict(frozen=True)

    action: EditAction = EditAction.ADD
    wish: Wish | None = None
    """What to add; for the other actions, the facet and value to match (None: everything)."""
    alternative: bool = False
    """Add as one more possibility beside the last wish for this facet ("... or Tom Hanks")."""
    replaces: bool = False
    """Add instead of every wish for this facet ("French instead", a facet that holds one value only)."""
    ends: tuple[str, ...] = ()
    """Ids of the wishes it takes the place of, of another facet than its own ("Denzel Washington instead")."""
    changes_mind: bool = False
    """Said as a change of mind ("ok, a horror film then"): it goes against an earlier word on purpose."""


class Contradiction(BaseModel):
    """Two things the user said that cannot both hold."""

    model_config = ConfigDict(frozen=True)

    earlier: Wish
    later: Wish


class Ledger(BaseModel):
    """All wishes of a session in the order they came, the ended ones included."""

    model_config = ConfigDict(frozen=True)

    wishes: tuple[Wish, ...] = ()
    next_number: int = Field(default=1, ge=1)

    def __iter__(self) -> Iterator[Wish]:  # type: ignore[override]
        return iter(self.wishes)

    @property
    def active(self) -> tuple[Wish, ...]:
        return tuple(w for w in self.wishes if w.is_active)

    def items(self, *stances: Stance) -> tuple[str, ...]:
        """Ids of items with one of these stances, oldest first."""
        return tuple(w.value for w in self.active if w.facet == ITEM and w.stance in stances)

    @property
    def excluded(self) -> frozenset[str]:
        """Items never to put on a slate: seen, rejected, disliked, accepted, or named as liked."""
        return frozenset(w.value for w in self.active if w.facet == ITEM)

    @property
    def taste(self) -> Taste:
        """The items reacted to, as a recommender takes them."""
        weight = {Stance.LIKE: 1.0, Stance.ACCEPT: 0.7, Stance.DISLIKE: -1.0, Stance.REJECT: -0.3}
        return Taste(
            reactions=tuple(
                (w.value, weight[w.stance]) for w in self.active if w.stance is not None and w.stance in weight
            )
        )

    @property
    def text(self) -> str:
        """Free-text wishes, to be matched by meaning."""
        return "; ".join(w.value for w in self.active if w.facet == ABOUT and w.polarity is Polarity.WANT)

    def facet_wishes(self, *hardness: Hardness) -> tuple[Wish, ...]:
        """Active wishes about facets (not items, not free words)."""
        return tuple(
            w for w in self.active if w.facet not in (ITEM, ABOUT) and (not hardness or w.hardness in hardness)
        )

    def hard_filter(self) -> Filter:
        """The hard wishes as a filter: the slate must obey it."""
        return filter_of(self.facet_wishes(Hardness.HARD))

    def without(self, wish_id: str, *, turn: int) -> Ledger:
        """Retract one wish by id; unknown ids change nothing."""
        return self.model_copy(
            update={
                "wishes": tuple(
                    _end(w, Status.RETRACTED, turn, "removed by the user")
                    if w.wish_id == wish_id and w.is_active
                    else w
                    for w in self.wishes
                )
            }
        )

    def begin_turn(self, turn: int) -> Ledger:
        """End what was meant for an earlier turn only, and revive what it had pushed aside."""
        over = {w.wish_id for w in self.active if w.scope is Scope.TURN and w.turn < turn}
        if not over:
            return self
        changed: list[Wish] = []
        for wish in self.wishes:
            if wish.wish_id in over:
                wish = _end(wish, Status.RETRACTED, turn, "was for one turn only")
            elif wish.status is Status.OVERRIDDEN and wish.ended_by in over:
                wish = wish.model_copy(update={"status": Status.ACTIVE, "ended_turn": None, "ended_by": ""})
            changed.append(wish)
        return self.model_copy(update={"wishes": tuple(changed)})

    def apply(self, edits: Iterable[LedgerEdit], *, turn: int) -> Ledger:
        """A new ledger with the edits made in order. See `docs/how-a-turn-works.md` for the rules."""
        ledger = self
        for edit in edits:
            ledger = ledger._edit(edit, turn)
        return ledger

    def contradiction(self, edits: Iterable[LedgerEdit]) -> Contradiction | None:
        """The first edit that goes against a hard wish in force, or leaves a bound of the same utterance no room.

        Taking something back, replacing it outright, a wish for one turn only and a moved bound are changes of
        mind, not contradictions.
        """
        said: list[Wish] = []
        for edit in edits:
            if edit.action is not EditAction.ADD or edit.wish is None:
                said = [w for w in said if not _matches(w, edit.wish)]
                continue
            for earlier in said:
                if _clash(earlier, edit.wish, same_breath=True):
                    return Contradiction(earlier=earlier, later=edit.wish)
            if not (edit.replaces or edit.changes_mind) and edit.wish.scope is not Scope.TURN:
                for earlier in self.active:
                    if _clash(earlier, edit.wish, same_breath=False):
                        return Contradiction(earlier=earlier, later=edit.wish)
            said.append(edit.wish)
        return None

    def _edit(self, edit: LedgerEdit, turn: int) -> Ledger:
        match edit.action:
            case EditAction.ADD if edit.wish is not None:
                return self._add(edit.wish, edit, turn)
            case EditAction.RETRACT:
                return self._end_where(edit.wish, turn)
            case EditAction.RESET:
                kept = tuple(
                    w
                    if w.scope is Scope.STANDING or not w.is_active
                    else _end(w, Status.RETRACTED, turn, "started over")
                    for w in self.wishes
                )
                return self.model_copy(update={"wishes": kept})
            case EditAction.SOFTEN | EditAction.HARDEN:
                hardness = Hardness.SOFT if edit.action is EditAction.SOFTEN else Hardness.HARD
                changed = tuple(
                    w.model_copy(update={"hardness": hardness}) if w.is_active and _matches(w, edit.wish) else w
                    for w in self.wishes
                )
                return self.model_copy(update={"wishes": changed})
        return self

    def _end_where(self, pattern: Wish | None, turn: int) -> Ledger:
        changed: list[Wish] = []
        for wish in self.wishes:
            if wish.is_active and _matches(wish, pattern):
                left = _without_values(wish, pattern.values if pattern is not None and pattern.value else wish.values)
                wish = left or _end(wish, Status.RETRACTED, turn, pattern.words if pattern is not None else "")
            changed.append(wish)
        return self.model_copy(update={"wishes": tuple(changed)})

    def _add(self, wish: Wish, edit: LedgerEdit, turn: int) -> Ledger:
        new = wish.model_copy(update={"wish_id": f"w{self.next_number}", "turn": turn, "status": Status.ACTIVE})
        if edit.alternative:
            new = self._widened(new)
        if any(_says_again(new, old) for old in self.active):
            new = new.model_copy(update={"hardness": Hardness.HARD})
        kept: list[Wish] = []
        for old in self.wishes:
            instead = (edit.replaces and _same_kind(new, old)) or old.wish_id in edit.ends
            if old.is_active and (instead or _replaces(new, old)):
                left = None if new.scope is Scope.TURN or edit.replaces or instead else _what_is_left(old, new)
                old = left or _end(old, Status.OVERRIDDEN, turn, new.wish_id)
            kept.append(old)
        return Ledger(wishes=(*kept, new), next_number=self.next_number + 1)

    def _widened(self, new: Wish) -> Wish:
        """`new` with the values of the last like wish as further possibilities."""
        for old in reversed(self.active):
            alike = _one_facet(new.facet, old.facet) and new.polarity is old.polarity
            if alike and not new.is_number and not old.is_number and old.facet != ITEM:
                values = tuple(dict.fromkeys((*old.values, *new.values)))
                words = f"{old.words} {new.words}".strip()
                facet = old.facet if old.facet == new.facet else PERSON
                changed = {
                    "facet": facet,
                    "value": values[0],
                    "any_of": values[1:],
                    "hardness": old.hardness,
                    "words": words,
                }
                return new.model_copy(update=changed)
        return new


def _end(wish: Wish, status: Status, turn: int, by: str) -> Wish:
    return wish.model_copy(update={"status": status, "ended_turn": turn, "ended_by": by})


def _folded(values: Iterable[str]) -> frozenset[str]:
    return frozenset(v.casefold() for v in values)


def _one_facet(a: str, b: str) -> bool:
    """The same facet; a person in any role and in one role count as the same."""
    return a == b or (PERSON in (a, b) and not {a, b} & {ITEM, ABOUT})


def _overlap(a: Wish, b: Wish) -> bool:
    return _one_facet(a.facet, b.facet) and not _folded(a.values).isdisjoint(_folded(b.values))


def _matches(wish: Wish, pattern: Wish | None) -> bool:
    if pattern is None:
        return wish.scope is not Scope.STANDING
    if not pattern.value:
        return wish.facet == pattern.facet
    return _overlap(wish, pattern)


def _says_again(new: Wish, old: Wish) -> bool:
    """What is to be avoided said once more, in a later turn: it was meant."""
    same = new.facet == old.facet and _folded(new.values) == _folded(old.values) and not new.is_number
    return (
        same
        and new.facet not in (ITEM, ABOUT)
        and new.polarity is old.polarity is Polarity.AVOID
        and old.turn < new.turn
    )


def _same_kind(a: Wish, b: Wish) -> bool:
    return a.facet == b.facet and a.polarity is b.polarity and a.is_number == b.is_number


def _replaces(new: Wish, old: Wish) -> bool:
    """A later word on the same item, on the same value, or a new bound on the same side of a number."""
    if new.facet == ITEM or old.facet == ITEM:
        return new.facet == old.facet and new.value == old.value
    if new.is_number and old.is_number:
        if Polarity.AVOID in (new.polarity, old.polarity):
            return _avoids_it_all(new, old)
        return new.facet == old.facet and not _both_can_stand(new, old)
    if new.is_number or old.is_number:
        return False
    if new.any_of and old.any_of and new.polarity is old.polarity is Polarity.WANT and new.facet == old.facet:
        return True  # one choice of alternatives takes the place of another
    return _overlap(new, old)


def _both_can_stand(new: Wish, old: Wish) -> bool:
    """Bounds on different sides that leave room, or a soft bound within a hard one."""
    if not _room(new, old):
        return False
    if (new.gte is None) == (old.lte is None) and (new.lte is None) == (old.gte is None) and not _two_sided(new):
        return True
    inside = (old.gte is None or (new.gte is not None and new.gte >= old.gte)) and (
        old.lte is None or (new.lte is not None and new.lte <= old.lte)
    )
    return inside and new.hardness is Hardness.SOFT and old.hardness is Hardness.HARD


def _avoids_it_all(new: Wish, old: Wish) -> bool:
    """Of a range wanted and a range avoided: does the newer word take the older back?"""
    same = (new.gte, new.lte) == (old.gte, old.lte)
    return new.facet == old.facet and same and new.polarity is not old.polarity


def _two_sided(wish: Wish) -> bool:
    return wish.gte is not None and wish.lte is not None


def _room(a: Wish, b: Wish) -> bool:
    low = max((x for x in (a.gte, b.gte) if x is not None), default=None)
    high = min((x for x in (a.lte, b.lte) if x is not None), default=None)
    return low is None or high is None or low <= high


def _without_values(wish: Wish, values: Iterable[str]) -> Wish | None:
    """The wish with fewer values; None if none is left."""
    gone = _folded(values)
    left = tuple(v for v in wish.values if v.casefold() not in gone)
    return wish.model_copy(update={"value": left[0], "any_of": left[1:]}) if left and not wish.is_number else None


def _what_is_left(old: Wish, new: Wish) -> Wish | None:
    """Of a wish with several values, those the opposite new wish does not touch."""
    if old.is_number or old.facet == ITEM or old.polarity is new.polarity:
        return None
    return _without_values(old, new.values)


def _clash(earlier: Wish, later: Wish, *, same_breath: bool) -> bool:
    if ITEM in (earlier.facet, later.facet) or ABOUT in (earlier.facet, later.facet):
        return False
    if earlier.is_number or later.is_number:
        both = earlier.is_number and later.is_number and earlier.facet == later.facet
        both = both and earlier.polarity is later.polarity is Polarity.WANT
        return same_breath and both and not _room(earlier, later)
    if same_breath or earlier.polarity is later.polarity or not _overlap(earlier, later):
        return False  # "a scary film but no horror": of two readings of one message the later one stands
    wanted, avoided = (earlier, later) if earlier.polarity is Polarity.WANT else (later, earlier)
    if not _folded(wanted.values) <= _folded(avoided.values):
        return False
    return earlier.hardness is Hardness.HARD


def filter_of(wishes: Sequence[Wish]) -> Filter:
    """Wishes about facets as one filter. Each wish must be met; one of a wish's alternatives is enough."""
    result = Filter({})
    for wish in wishes:
        if wish.is_number and wish.polarity is Polarity.AVOID:
            low, high = (
                (float("-inf") if wish.gte is None else wish.gte),
                (float("inf") if wish.lte is None else wish.lte),
            )
            condition = Condition(outside=((low, high),))
        elif wish.is_number:
            condition = Condition(gte=wish.gte, lte=wish.lte)
        elif wish.polarity is Polarity.WANT:
            condition = Condition(any=wish.values) if wish.any_of else Condition(all=(wish.value,))
        else:
            condition = Condition(none=wish.values)
        result = result.merged(Filter({wish.facet: condition}))
    return result


def suited_age(wish: Wish, domain: Domain) -> int:
    """The age that a wish against unsuitable values looks to: the highest below all it avoids."""
    ages = domain.kinds[wish.facet].ages
    out = min((age for value, age in ages.items() if value.casefold() in _folded(wish.values)), default=0)
    return max((age for age in ages.values() if age < out), default=0)
