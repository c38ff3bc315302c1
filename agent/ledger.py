"""The ledger: everything the user wants, as typed wishes with the words and the turn they came from.

What a user wants lives here and never only in the chat history. A wish is about an item ("I loved
Alien", "seen it") or about a facet of items ("older than 1990", "not too violent"). Later turns
override, retract, soften and harden; nothing is erased, so the page can show what was replaced.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from parley.tools.filters import Condition, Filter
from parley.tools.items import Catalog, Domain
from parley.tools.seams import Taste
from pydantic import BaseModel, ConfigDict, Field

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

    def apply(self, edits: Iterable[LedgerEdit], *, turn: int) -> Ledger:
        """A new ledger with the edits made in order. See `docs/how-a-turn-works.md` for the rules."""
        ledger = self
        for edit in edits:
            ledger = ledger._edit(edit, turn)
        return ledger

    def _edit(self, edit: LedgerEdit, turn: int) -> Ledger:
        match edit.action:
            case EditAction.ADD if edit.wish is not None:
                return self._add(edit.wish, turn)
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
        words = pattern.words if pattern is not None else ""
        changed = tuple(
            _end(w, Status.RETRACTED, turn, words) if w.is_active and _matches(w, pattern) else w for w in self.wishes
        )
        return self.model_copy(update={"wishes": changed})

    def _add(self, wish: Wish, turn: int) -> Ledger:
        new = wish.model_copy(update={"wish_id": f"w{self.next_number}", "turn": turn, "status": Status.ACTIVE})
        kept: list[Wish] = []
        for old in self.wishes:
            if (old.is_active and _same(old, new)) or (old.is_active and _replaces(new, old)):
                kept.append(_end(old, Status.OVERRIDDEN, turn, new.wish_id))
            else:
                kept.append(old)
        return Ledger(wishes=(*kept, new), next_number=self.next_number + 1)


def _end(wish: Wish, status: Status, turn: int, by: str) -> Wish:
    return wish.model_copy(update={"status": status, "ended_turn": turn, "ended_by": by})


def _matches(wish: Wish, pattern: Wish | None) -> bool:
    if pattern is None:
        return wish.scope is not Scope.STANDING
    return wish.facet == pattern.facet and (not pattern.value or wish.value.casefold() == pattern.value.casefold())


def _same(a: Wish, b: Wish) -> bool:
    return (a.facet, a.value.casefold(), a.gte, a.lte, a.polarity, a.stance) == (
        b.facet, b.value.casefold(), b.gte, b.lte, b.polarity, b.stance,
    )  # fmt: skip


def _replaces(new: Wish, old: Wish) -> bool:
    """A later word on the same item, or the same value with the other polarity, or new bounds on a number."""
    if new.facet != old.facet:
        return False
    if new.facet == ITEM:
        return new.value == old.value
    if new.is_number:
        return True
    return new.value.casefold() == old.value.casefold()


def filter_of(wishes: Sequence[Wish]) -> Filter:
    """Wishes about facets as one filter. Several wanted values of one facet: each must be met."""
    result = Filter({})
    for wish in wishes:
        if wish.is_number:
            condition = Condition(gte=wish.gte, lte=wish.lte)
        elif wish.polarity is Polarity.WANT:
            condition = Condition(all=(wish.value,))
        else:
            condition = Condition(none=(wish.value,))
        result = result.merged(Filter({wish.facet: condition}))
    return result


def say_wish(wish: Wish, catalog: Catalog) -> str:
    """The wish as people would put it: "older than 1990", "not Horror", "liked The Matrix"."""
    if wish.facet == ITEM:
        item = catalog.get(wish.value)
        title = item.title if item else wish.value
        verb = {
            Stance.LIKE: "liked",
            Stance.DISLIKE: "disliked",
            Stance.SEEN: "seen",
            Stance.REJECT: "not",
            Stance.ACCEPT: "chose",
        }
        return f"{verb[wish.stance or Stance.LIKE]} {title}"
    return say_condition(wish, catalog.domain)


def say_condition(wish: Wish, domain: Domain) -> str:
    """A facet wish in words."""
    if wish.is_number:
        info = domain.numbers.get(wish.facet)
        unit = f" {info.unit}" if info and info.unit else ""
        low = None if wish.gte is None else f"{wish.gte:g}"
        high = None if wish.lte is None else f"{wish.lte:g}"
        if low and high:
            return f"{domain.label(wish.facet)} {low}" + ("" if low == high else f" to {high}") + unit
        if low:
            return f"{domain.label(wish.facet)} {low}{unit} or {info.more if info else 'more'}"
        return f"{domain.label(wish.facet)} {high}{unit} or {info.less if info else 'less'}"
    table = {**domain.kinds, **domain.roles}
    phrase = table[wish.facet].phrase.format(value=wish.value) if wish.facet in table else wish.value
    return phrase if wish.polarity is Polarity.WANT else f"not {phrase}"
