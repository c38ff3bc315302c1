"""Why this one? The user's own words with their turn, the likes it resembles, and the neighbours in taste."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from parley.agent.ledger import ABOUT, Ledger, Polarity, Stance, Wish
from parley.agent.messages import SlateItem
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.traits import Fit, shared_traits, traits_in_words
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import capitalise, echo, join, measure, sentence, with_article
from parley.tools.items import PERSON, YEAR, Item
from parley.tools.kinship import kinship_of
from parley.tools.seams import Taste

Explain = Callable[[Taste, str], list[tuple[str, float]]]


def explain_slate(about: Sequence[Item], request: ReplyRequest, wording: Wording, explain: Explain | None) -> str:
    """Our reasons for the items asked about, each checkable."""
    if not about:
        noun = wording.domain.noun
        return f"I haven't suggested anything yet, so there is nothing to explain. Tell me one {noun} you liked."
    entries = {s.item_id: s for s in (*request.previous.items, *request.slate.items)}
    return "\n".join(_explain(item, entries.get(item.item_id), request, wording, explain) for item in about[:3])


def _explain(
    item: Item, entry: SlateItem | None, request: ReplyRequest, wording: Wording, explain: Explain | None
) -> str:
    ledger = request.ledger
    reasons = _wishes_met(item, ledger, request.turn, wording)
    reasons += _likeness(item, ledger, wording)
    reasons += _taste(item, ledger, wording, explain)
    if entry is not None and not reasons:
        reasons += _how_found(entry, wording)
    if not reasons:
        if entry is None:
            return f"I didn't suggest {item.label}; you brought it up."
        return f"{item.label} is a general favourite; I know too little of your taste yet for a better reason."
    lines = [capitalise(r) for r in reasons[:5]]
    text = (
        f"{item.label}: {reasons[0]}."
        if len(lines) == 1
        else f"Why {item.label}:" + "".join(f"\n- {r}." for r in lines)
    )
    misses = [w for w in ledger.facet_wishes() if not w.is_met_by(item)]
    if misses and entry is not None:
        lacked = join([f"“{wording.short(w)}”" for w in misses[:2]], "or")
        text += f"{' ' if len(lines) == 1 else chr(10)}It does not meet {lacked}, which I weighed against it."
    return text


def _wishes_met(item: Item, ledger: Ledger, turn: int, wording: Wording) -> list[str]:
    reasons = []
    for wish in Fit([item], ledger, kin=kinship_of(wording.domain.name)).met_by_all[:4]:
        words = echo(wish.words)
        said = f"you said “{words}”" if words else f"you wanted {wording.short(wish)}"
        reasons.append(f"{_fact(item, wish, wording)}: {said}{_when(wish, turn)}")
    for wish in ledger.active:
        hits = traits_in_words(item, wish.value, wording) if wish.facet == ABOUT and wish.value else []
        if hits:
            found = join([wording.theme(v) if f in wording.theme_kinds else v for f, v in hits[:2]])
            reasons.append(f"its entry names {found}: you asked for “{echo(wish.value)}”{_when(wish, turn)}")
    return reasons


def _when(wish: Wish, turn: int) -> str:
    if wish.turn <= 0:
        return " in an earlier conversation"
    if wish.turn >= turn - 1:
        return " just now"
    return f" in your {_ordinal(wish.turn)} message"


def _ordinal(number: int) -> str:
    names = ("", "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
    return names[number] if number < len(names) else f"{number}th"


def _fact(item: Item, wish: Wish, wording: Wording) -> str:
    """The fact about the item that meets the wish."""
    if wish.is_number:
        number = item.number(wish.facet) or 0.0
        if wish.facet == YEAR:
            return f"it is from {number:.0f}"
        info = wording.domain.numbers[wish.facet]
        return f"it is {measure(number, info.unit)}"
    if wish.polarity is Polarity.AVOID:
        if wish.facet == wording.domain.age_kind:
            rated = item.values(wish.facet)
            return f"it is {wording.phrase(wish.facet, rated[0])}" if rated else "it carries no such rating"
        if wish.facet == wording.type_kind:
            return f"it is not {join([with_article(wording.types(v).noun) for v in wish.values], 'or')}"
        if wish.facet in (PERSON, *wording.domain.roles):
            return f"it is not {wording.phrase(wish.facet, *wish.values)}"
        return f"nothing in its entry says it is {wording.want_phrase(wish).removeprefix('that are ')}"
    wanted = {v.casefold() for v in wish.values}
    value = next(v for v in item.values(wish.facet) if v.casefold() in wanted)
    if wish.facet == wording.type_kind:
        return f"{wording.types(value).modifier} is one of its {wording.domain.label(wish.facet)}s"
    if wish.facet in wording.colour_kinds:
        return f"it is described as {value}"
    return f"it is {wording.phrase(wish.facet, value)}"


def _likeness(item: Item, ledger: Ledger, wording: Wording) -> list[str]:
    found = []
    for liked_id in reversed(ledger.items(Stance.LIKE, Stance.ACCEPT)):
        liked = wording.catalog.get(liked_id) if liked_id != item.item_id else None
        traits = shared_traits(item, liked, wording)[:4] if liked else []
        if liked and traits:
            found.append((len(traits), f"like {liked.title}, which you liked, it {_in_words(traits, wording)}"))
    found.sort(key=lambda entry: -entry[0])
    return [text for _, text in found[:2]]


def _in_words(traits: Sequence[tuple[str, str]], wording: Wording) -> str:
    """ "is directed by Ridley Scott, deals with dystopia and is tense"."""
    themes = [wording.theme(v) for f, v in traits if f in wording.theme_kinds]
    colours = [v for f, v in traits if f in wording.colour_kinds]
    parts = [f"is {wording.role_phrase(f, [v])}" for f, v in traits if f in wording.domain.roles][:2]
    parts += [f"deals with {join(themes[:3])}"] if themes else []
    parts += [f"is {join(colours[:2])}"] if colours else []
    return join(parts)


def _taste(item: Item, ledger: Ledger, wording: Wording, explain: Explain | None) -> list[str]:
    if explain is None or not ledger.taste.liked:
        return []
    parts = [(i, weight) for i, weight in explain(ledger.taste, item.item_id) if weight > 0 and i in wording.catalog]
    titles = [wording.catalog[i].title for i, _ in sorted(parts, key=lambda p: -p[1])[:2]]
    if not titles:
        return []
    return [f"people who rate {join(titles)} highly tend to rate it highly too"]


def _how_found(entry: SlateItem, wording: Wording) -> list[str]:
    if any(r.kind == "text" for r in entry.reasons):
        return ["its description came closest to your words"]
    if any(r.kind == "popular" for r in entry.reasons):
        return ["it is one of the best known, and I know little of your taste yet"]
    return []


def summary(ledger: Ledger, wording: Wording) -> str:
    """What is understood so far, in one sentence; "" if nothing is."""
    liked = [wording.catalog[i].title for i in ledger.items(Stance.LIKE, Stance.ACCEPT) if i in wording.catalog]
    wishes = ledger.facet_wishes()
    parts = [f"you like {join(liked[:3])}"] if liked else []
    parts += [f"you want {wording.describe(wishes)}"] if wishes else []
    return capitalise(sentence(join(parts))) if parts else ""
