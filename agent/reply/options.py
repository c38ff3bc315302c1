"""Quick replies: critiques of the slate and ways out of an empty one, each leading somewhere."""

from __future__ import annotations

from collections.abc import Sequence

from parley.agent.messages import Relaxation
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import capitalise, count_of, join, spell
from parley.tools.items import YEAR, Catalog


def relaxed_in_words(relaxation: Relaxation, request: ReplyRequest, wording: Wording) -> str:
    """The wishes given up, as we speak of them elsewhere."""
    wishes = [w for w in request.ledger if w.wish_id in relaxation.wish_ids]
    return wording.understood(wishes) if wishes else relaxation.text


def what_stands_in_the_way(options: Sequence[Relaxation], request: ReplyRequest, wording: Wording) -> str:
    """Which wishes rule everything out, nearest first, and how many items there are without them."""
    domain, said = wording.domain, [relaxed_in_words(o, request, wording) for o in options[:3]]
    count = options[0].count
    there = f"is one {domain.noun}" if count == 1 else f"are {spell(count)} {domain.plural}"
    text = f"What stands in the way is “{said[0]}”: without it there {there}"
    others = [f"without “{w}”, {spell(o.count)}" for w, o in zip(said[1:], options[1:3], strict=True)]
    return f"{text}{'; ' + ', or '.join(others) if others else ''}."


def _facets(relaxation: Relaxation, request: ReplyRequest) -> list[str]:
    facets = [w.facet for w in request.ledger if w.wish_id in relaxation.wish_ids]
    return list(dict.fromkeys(facets))


def _give_up(relaxation: Relaxation, request: ReplyRequest, wording: Wording) -> str:
    """A quick reply that takes wishes back by facet: "Never mind the language and the year (44 films)"."""
    label = join([f"the {wording.domain.label(f).lower()}" for f in _facets(relaxation, request)])
    count = count_of(relaxation.count, wording.domain.noun, wording.domain.plural) if relaxation.count < 2 else (
        f"{relaxation.count} {wording.domain.plural}")  # fmt: skip
    return f"Never mind {label} ({count})"


def quick_replies(request: ReplyRequest, wording: Wording) -> tuple[str, ...]:
    """Critiques and steps that lead somewhere: each names a value the catalogue has."""
    catalog, domain, slate = wording.catalog, wording.domain, request.slate
    if not slate.items:
        return tuple(_give_up(r, request, wording) for r in slate.relaxed[:3] if 0 < len(_facets(r, request)) < 4)
    items = [catalog[i] for i in slate.item_ids if i in catalog]
    standing = {w.facet for w in request.ledger.active if w.is_number}
    said = {v.casefold() for w in request.ledger.active for v in w.values}
    options: list[str] = [capitalise(later)] if (later := request.understanding.set_aside) else []
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
