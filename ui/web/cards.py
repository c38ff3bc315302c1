"""The slate as cards: cover, facts, why it is here, which wishes it meets, and three buttons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from parley.agent.ledger import ITEM, Ledger, Stance
from parley.agent.messages import SlateItem
from parley.agent.wish_words import say_wish
from parley.tools.items import Catalog, Item
from parley.ui.web.art import cover_uri
from parley.ui.web.html import button, esc, icon, join_words, say_number

STANCE_BUTTONS: Mapping[Stance, str] = {Stance.LIKE: "Like", Stance.DISLIKE: "Not for me", Stance.SEEN: "Seen it"}
_SAID: Mapping[Stance, str] = {
    Stance.LIKE: "you like {}", Stance.DISLIKE: "{} is not for you", Stance.SEEN: "you have seen {}",
    Stance.REJECT: "{} is not for now", Stance.ACCEPT: "you chose {}",
}  # fmt: skip


class Scene(BaseModel):
    """What cards are drawn against: the catalogue and what the user wants now."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    catalog: Catalog
    ledger: Ledger

    def stances(self) -> dict[str, Stance]:
        """Item id to the user's standing reaction."""
        return {w.value: w.stance for w in self.ledger.active if w.facet == ITEM and w.stance is not None}


class SharedOut(BaseModel):
    """A reply with its lines about items taken out, to be shown on the items' cards."""

    model_config = ConfigDict(frozen=True)

    before: str
    lines: Mapping[str, str]
    """Item id to what the reply says of it."""
    after: str


def share_out(reply: str, slate: Sequence[SlateItem]) -> SharedOut:
    """Give each card its line of a reply that lists its slate as "- Title (year): words".

    The answer to a question, set off by a blank line before the list, stays together.
    """
    answer, gap, reply = reply.rpartition("\n\n")
    starts = {label: shown.item_id for shown in slate for label in (f"{shown.title} ({shown.year})", shown.title)}
    before: list[str] = []
    after: list[str] = []
    lines: dict[str, str] = {}
    for line in reply.split("\n"):
        item_id, words = _item_line(line.lstrip(), starts)
        if item_id:
            lines[item_id] = words
        else:
            (after if lines else before).append(line)
    return SharedOut(before=answer + gap + "\n".join(before), lines=lines, after="\n".join(after))


def _item_line(line: str, starts: Mapping[str, str]) -> tuple[str, str]:
    """The item a bullet is about and what it says; two empty strings for any other line."""
    pieces = line[2:].split(": ") if line.startswith("- ") else []
    for count in range(1, len(pieces)):  # titles have colons too
        title = ": ".join(pieces[:count])
        if title in starts:
            return starts[title], ": ".join(pieces[count:]).strip()
    return "", ""


def show_slate(slate: Sequence[SlateItem], scene: Scene, words: Mapping[str, str] | None = None) -> str:
    """The slate as a grid of cards, the first one large, each with its words from the reply."""
    if not slate:
        return ""
    stances, said = scene.stances(), words or {}
    cards = "".join(
        _card(shown, scene, stances, said.get(shown.item_id, ""), top=place == 0) for place, shown in enumerate(slate)
    )
    return f'<div class="slate" role="list">{cards}</div>'


def show_old_slate(slate: Sequence[SlateItem], scene: Scene, words: Mapping[str, str] | None = None) -> str:
    """An earlier slate as a row a title, still open to reactions."""
    stances, said = scene.stances(), words or {}
    rows = []
    for shown in slate:
        buttons = "".join(_react(shown, stance, stances, small=True) for stance in STANCE_BUTTONS)
        year = f' <span class="year">{shown.year}</span>' if shown.year is not None else ""
        pitch = f"<small>{esc(_sentence(said[shown.item_id]))}</small>" if said.get(shown.item_id) else ""
        title = f'<span class="old-title">{esc(shown.title)}{year}{pitch}</span>'
        rows.append(f'<li>{title}<span class="acts">{buttons}</span></li>')
    return f'<ul class="old-slate">{"".join(rows)}</ul>' if rows else ""


def say_reactions(before: Ledger, now: Ledger, catalog: Catalog) -> str:
    """What the cards' buttons told us since the last turn, in words; empty if nothing."""
    known = {w.wish_id for w in before}
    new = [w for w in now.active if w.facet == ITEM and w.wish_id not in known and w.stance is not None]
    said = []
    for wish in new:
        item = catalog.get(wish.value)
        said.append(_SAID[wish.stance or Stance.LIKE].format(item.title if item else wish.value))
    return join_words(said)


def _card(shown: SlateItem, scene: Scene, stances: Mapping[str, Stance], pitch: str, *, top: bool) -> str:
    item = scene.catalog.get(shown.item_id) or Item(item_id=shown.item_id, title=shown.title, year=shown.year)
    stance = stances.get(shown.item_id)
    classes = " ".join(filter(None, ("card", "top" if top else "", f"is-{stance}" if stance else "")))
    year = f' <span class="year">{shown.year}</span>' if shown.year is not None else ""
    blurb = f'<p class="blurb">{esc(item.text)}</p>' if top and item.text else ""
    said = f'<p class="pitch">{esc(_sentence(pitch))}</p>' if pitch else ""
    acts = "".join(_react(shown, each, stances) for each in STANCE_BUTTONS)
    return (
        f'<article class="{classes}" role="listitem" aria-label="{esc(item.label)}">'
        f'<img class="cover" src="{cover_uri(item)}" alt="" width="200" height="300">'
        f'<div class="body"><h3>{esc(shown.title)}{year}</h3>{_facts(item, scene)}{blurb}{said}{_why(shown, scene)}'
        f'{_match(shown, scene)}</div><div class="acts">{acts}</div></article>'
    )


def _react(shown: SlateItem, stance: Stance, stances: Mapping[str, Stance], *, small: bool = False) -> str:
    label, pressed = STANCE_BUTTONS[stance], stances.get(shown.item_id) is stance
    return button(
        f"{label}: {shown.title}",
        "react",
        kind=f"act act-{stance}",
        title=label,
        inner=icon(stance) + ("" if small else f"<span>{label}</span>"),
        item=shown.item_id,
        stance=stance,
        aria_pressed="true" if pressed else "false",
    )


def _facts(item: Item, scene: Scene) -> str:
    """People, numbers and kinds of the item, in the words of its domain."""
    domain = scene.catalog.domain
    people = [esc(join_words(item.people[role][:2])) for role in domain.roles if item.people.get(role)]
    numbers = [
        esc(say_number(item.numbers[name], info.unit)) for name, info in domain.numbers.items() if name in item.numbers
    ]
    age = [esc(value) for value in item.values(domain.age_kind)] if domain.age_kind else []
    first_kind = next(iter(domain.kinds), "")
    tags = "".join(f"<span>{esc(value)}</span>" for value in item.values(first_kind)[:3])
    return f'<p class="facts">{" · ".join([*people[:2], *numbers, *age])}</p>' + (
        f'<p class="tags">{tags}</p>' if tags else ""
    )


def _why(shown: SlateItem, scene: Scene) -> str:
    reasons = [reason.text for reason in shown.reasons if not reason.wish_id and reason.text]
    return "".join(f'<p class="why">{esc(_sentence(text))}</p>' for text in reasons[:2])


def _match(shown: SlateItem, scene: Scene) -> str:
    """Chips for the wishes this item meets and misses."""
    wishes = {wish.wish_id: wish for wish in scene.ledger}
    met = dict.fromkeys(
        say_wish(wishes[reason.wish_id], scene.catalog) if reason.wish_id in wishes else reason.text
        for reason in shown.reasons
        if reason.wish_id
    )
    chips = [f'<li class="met">{icon("check")}<span class="sr">meets: </span>{esc(text)}</li>' for text in met]
    chips += [f'<li class="missed">{icon("miss")}<span class="sr">misses: </span>{esc(t)}</li>' for t in shown.misses]
    return f'<ul class="match">{"".join(chips)}</ul>' if chips else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
