"""Acts and edits as a tuned model writes them: far fewer tokens than JSON, and read back strictly.

    request, provide_preference | +genre=Comedy!; -mood=violent~; like:"Alien"

Acts, then (if the utterance changes anything) a bar and the edits, in the order they were said:

    +genre=Comedy!  -mood=violent~       wanted or not; ! must hold, ~ would be nice
    +genre=Comedy|Drama!                 either will do
    year<=1989!  runtime=80..100~  -year=1980..1989!
    +about=heist gone wrong~             free words
    suit<=8                              nothing unsuitable at that age
    runtime<"Alien"  year>#2             shorter than Alien, newer than the second shown; the number is looked up
    runtime<shown                        shorter than what was shown
    ...@turn  ...@standing               holds for this turn, or for good
    or +genre=Drama!                     one more possibility beside an earlier wish
    like:"Alien"  seen:#2                a stance (like, dislike, seen, reject, accept) to a title, or to what was shown
    retract:year  retract:genre=Horror  soften:year  harden:language=French  retract:all  reset
    ask:director("Alien")  ask:compare(#1,#2)  surprise  count:3
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pydantic import BaseModel, ConfigDict

from parley.agent.acts import DialogueAct
from parley.agent.ledger import (
    ABOUT,
    ITEM,
    EditAction,
    Hardness,
    LedgerEdit,
    Polarity,
    Scope,
    Stance,
    Wish,
    suited_age,
)
from parley.agent.messages import Question
from parley.agent.understanding.context import LinkerLike
from parley.tools.items import Catalog, Domain


class Meaning(BaseModel):
    """What a line in the notation says."""

    model_config = ConfigDict(frozen=True)

    acts: tuple[DialogueAct, ...] = ()
    edits: tuple[LedgerEdit, ...] = ()
    question: Question | None = None
    surprise: bool = False
    count: int | None = None
    bad: tuple[str, ...] = ()
    """Parts that are not in the notation, or name what the catalogue does not hold."""


def write_meaning(meaning: Meaning, catalog: Catalog, slate: Sequence[str] = ()) -> str:
    """The line for a meaning. Items on the slate (ids, in order) are written #1, #2, ...; others by their title."""
    parts = [write_edit(e, catalog, slate) for e in meaning.edits]
    if meaning.question is not None:
        parts.append(
            f"ask:{meaning.question.field}({','.join(_name(i, catalog, slate) for i in meaning.question.about)})"
        )
    if meaning.surprise:
        parts.append("surprise")
    if meaning.count is not None:
        parts.append(f"count:{meaning.count}")
    acts = ", ".join(a.value for a in meaning.acts)
    return f"{acts} | {'; '.join(parts)}" if parts else acts


def write_edit(edit: LedgerEdit, catalog: Catalog, slate: Sequence[str] = ()) -> str:
    """One edit in the notation."""
    if edit.action is EditAction.RESET:
        return "reset"
    wish = edit.wish
    if wish is None:
        return f"{edit.action.value}:all"
    if wish.facet == ITEM:
        head = wish.stance.value if wish.stance and edit.action is EditAction.ADD else edit.action.value
        return f"{head}:{_name(wish.value, catalog, slate)}"
    if edit.action is not EditAction.ADD:
        return f"{edit.action.value}:{wish.facet}" + (f"={wish.value}" if wish.value else "")
    return ("or " if edit.alternative else "") + write_wish(wish, catalog.domain)


def write_wish(wish: Wish, domain: Domain) -> str:
    """A wish about a facet in the notation."""
    firm = "!" if wish.hardness is Hardness.HARD else "~"
    held = "" if wish.scope is Scope.SESSION else f"@{wish.scope.value}"
    if wish.facet == domain.age_kind and wish.polarity is Polarity.AVOID and wish.any_of:
        return f"suit<={suited_age(wish, domain)}{held}"
    if wish.is_number:
        sign = "-" if wish.polarity is Polarity.AVOID else ""
        if wish.gte is not None and wish.lte is not None:
            return f"{sign}{wish.facet}={wish.gte:g}..{wish.lte:g}{firm}{held}"
        bound = f">={wish.gte:g}" if wish.gte is not None else f"<={wish.lte:g}"
        return f"{sign}{wish.facet}{bound}{firm}{held}"
    sign = "+" if wish.polarity is Polarity.WANT else "-"
    value = wish.value.lower() if wish.facet == ABOUT else "|".join(sorted(wish.values))
    return f"{sign}{wish.facet}={value}{firm}{held}"


def _name(item_id: str, catalog: Catalog, slate: Sequence[str]) -> str:
    if item_id in slate:
        return f"#{list(slate).index(item_id) + 1}"
    return '"' + (catalog[item_id].title if item_id in catalog else item_id).replace('"', "'") + '"'


_STANCES = {s.value for s in Stance}
_CHANGES = {a.value for a in (EditAction.RETRACT, EditAction.SOFTEN, EditAction.HARDEN)}
_WISH = re.compile(
    r"(?P<sign>[+-]?)(?P<facet>\w+)(?P<op><=|>=|=)(?P<value>.+?)(?P<firm>[!~]?)(?:@(?P<scope>turn|standing))?"
)
_COMPARED = re.compile(r'(?P<facet>\w+)(?P<side>[<>])(?P<than>shown|"[^"]*"|#\d+)[!~]?')
_RANGE = re.compile(r"(?P<low>-?\d+(?:\.\d+)?)\.\.(?P<high>-?\d+(?:\.\d+)?)")
_ASK = re.compile(r"ask:(?P<field>\w*)\((?P<about>.*)\)")
_PART = re.compile(r'(?:"[^"]*"|[^;"])+')
_ITEM = re.compile(r'"[^"]*"|#\d+')


class MeaningReader:
    """Reads lines in the notation against a catalogue: what is not sound is set aside, never guessed."""

    def __init__(self, catalog: Catalog, linker: LinkerLike) -> None:
        self.catalog = catalog
        self.linker = linker
        self._spelling = {kind: {v.casefold(): v for v in values} for kind, values in catalog.vocabulary.items()}

    def read(self, line: str, slate: Sequence[str] = ()) -> Meaning:
        """The meaning of a line. Never fails: what cannot be read is named in `bad`."""
        acts_text, _, edits_text = line.partition("|") if _has_acts(line) else ("", "", line)
        acts, bad = _read_acts(acts_text)
        edits: list[LedgerEdit] = []
        more: dict[str, object] = {}
        for part in (p.strip() for p in _PART.findall(edits_text)):
            if not part:
                continue
            found = self._read_part(part, slate)
            if isinstance(found, LedgerEdit):
                edits.append(found)
            elif found is None:
                bad.append(part)
            else:
                more |= found
        return Meaning.model_validate({"acts": acts, "edits": tuple(edits), "bad": tuple(bad), **more})

    def _read_part(self, part: str, slate: Sequence[str]) -> LedgerEdit | dict[str, object] | None:
        if part == "reset":
            return LedgerEdit(action=EditAction.RESET)
        if part == "surprise":
            return {"surprise": True}
        if match := re.fullmatch(r"count:(\d{1,2})", part):
            return {"count": int(match[1])}
        if match := _ASK.fullmatch(part):
            about = tuple(i for i in (self._item(n, slate) for n in _ITEM.findall(match["about"])) if i)
            return {"question": Question(about=about, field=match["field"])} if about or not match["about"] else None
        head, colon, rest = part.partition(":")
        if colon and head in _STANCES:
            item_id = self._item(rest, slate)
            return LedgerEdit(wish=Wish(facet=ITEM, value=item_id, stance=Stance(head))) if item_id else None
        if colon and head in _CHANGES:
            return self._change(EditAction(head), rest, slate)
        if match := _COMPARED.fullmatch(part):
            return self._compared(match["facet"], match["side"], match["than"], slate)
        alternative = part.startswith("or ")
        wish = self._wish(part.removeprefix("or "))
        return LedgerEdit(wish=wish, alternative=alternative) if wish is not None else None

    def _item(self, name: str, slate: Sequence[str]) -> str | None:
        name = name.strip()
        if re.fullmatch(r"#\d+", name):
            place = int(name[1:])
            return slate[place - 1] if 1 <= place <= len(slate) else None
        found = self.linker.resolve_title(name.strip('"'))
        return found.item_id if found is not None else None

    def _change(self, action: EditAction, rest: str, slate: Sequence[str]) -> LedgerEdit | None:
        if rest == "all":
            return LedgerEdit(action=action)
        if _ITEM.fullmatch(rest):
            item_id = self._item(rest, slate)
            return LedgerEdit(action=action, wish=Wish(facet=ITEM, value=item_id)) if item_id else None
        facet, _, value = rest.partition("=")
        if not self._is_facet(facet):
            return None
        return LedgerEdit(action=action, wish=Wish(facet=facet, value=self._value(facet, value) or value))

    def _compared(self, facet: str, side: str, than: str, slate: Sequence[str]) -> LedgerEdit | None:
        """A bound from an item's own number, or from the middle one of what was shown."""
        ids = slate if than == "shown" else [i for i in (self._item(than, slate),) if i]
        shown = [self.catalog[i] for i in ids if i in self.catalog] if self.catalog.domain.is_number(facet) else []
        numbers = sorted(n for item in shown if (n := item.number(facet)) is not None)
        if not numbers:
            return None
        edge = numbers[len(numbers) // 2] if side == "<" else numbers[(len(numbers) - 1) // 2]
        step = 1.0 if edge == round(edge) else 0.001
        low, high = (None, edge - step) if side == "<" else (edge + step, None)
        return LedgerEdit(wish=Wish(facet=facet, gte=low, lte=high, hardness=Hardness.HARD))

    def _is_facet(self, facet: str) -> bool:
        domain = self.catalog.domain
        return facet in self._spelling or domain.is_number(facet) or facet in (ABOUT, "person", ITEM, "suit")

    def _value(self, facet: str, value: str) -> str | None:
        """The catalogue's spelling of a value, None if it holds no such value."""
        kinds = self.catalog.domain.roles if facet == "person" else (facet,)
        folded = value.strip().casefold()
        return next((self._spelling[k][folded] for k in kinds if folded in self._spelling.get(k, {})), None)

    def _wish(self, part: str) -> Wish | None:
        match = _WISH.fullmatch(part)
        if match is None:
            return None
        facet, value = match["facet"], match["value"].strip()
        polarity = Polarity.AVOID if match["sign"] == "-" else Polarity.WANT
        hardness = Hardness.HARD if match["firm"] == "!" else Hardness.SOFT
        scope = Scope(match["scope"]) if match["scope"] else Scope.SESSION
        if facet == "suit":
            return self._suited(value, scope)
        if self.catalog.domain.is_number(facet):
            bounds = _bounds(match["op"], value)
            if bounds is None:
                return None
            return Wish(facet=facet, gte=bounds[0], lte=bounds[1], polarity=polarity, hardness=hardness, scope=scope)
        if match["op"] != "=" or not value:
            return None
        if facet == ABOUT:
            return Wish(facet=ABOUT, value=value, polarity=polarity, hardness=Hardness.SOFT, scope=scope, words=value)
        known = [self._value(facet, v) for v in value.split("|")]
        if not self._is_facet(facet) or not all(known):
            return None
        first, *others = [v for v in known if v]
        return Wish(facet=facet, value=first, any_of=tuple(others), polarity=polarity, hardness=hardness, scope=scope)

    def _suited(self, value: str, scope: Scope) -> Wish | None:
        kind = self.catalog.domain.age_kind
        if kind is None or not value.isdigit():
            return None
        ages, held = self.catalog.domain.kinds[kind].ages, self.catalog.vocabulary.get(kind, {})
        out = sorted((v for v, age in ages.items() if age > int(value) and v in held), key=lambda v: (-ages[v], v))
        if not out:
            return None
        return Wish(
            facet=kind,
            value=out[0],
            any_of=tuple(out[1:]),
            polarity=Polarity.AVOID,
            hardness=Hardness.HARD,
            scope=scope,
        )


def _has_acts(line: str) -> bool:
    head = re.split(r"[,|]", line, maxsplit=1)[0].strip()
    return head in {a.value for a in DialogueAct}


def _read_acts(text: str) -> tuple[tuple[DialogueAct, ...], list[str]]:
    names = [n.strip() for n in text.split(",") if n.strip()]
    known = {a.value for a in DialogueAct}
    return tuple(dict.fromkeys(DialogueAct(n) for n in names if n in known)), [n for n in names if n not in known]


def _bounds(op: str, value: str) -> tuple[float | None, float | None] | None:
    if op == "=" and (span := _RANGE.fullmatch(value)):
        low, high = float(span["low"]), float(span["high"])
        return (low, high) if low <= high else None
    try:
        number = float(value)
    except ValueError:
        return None
    return {"<=": (None, number), ">=": (number, None), "=": (number, number)}[op]


def as_written(meanings: Iterable[LedgerEdit], catalog: Catalog) -> list[str]:
    """Edits in the notation, for the `kept:` line of a prompt."""
    return [write_edit(e, catalog) for e in meanings]


__all__ = ["Meaning", "MeaningReader", "as_written", "write_edit", "write_meaning", "write_wish"]
