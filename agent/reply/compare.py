"""Items side by side: the facts that differ, how each stands to the user's wishes, who would prefer which."""

from __future__ import annotations

import re
from collections.abc import Sequence

from parley.agent.ledger import Polarity
from parley.agent.reply.traits import Fit, how_it_misses, says_little, shared_traits
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import capitalise, comparative, join, measure, sentence
from parley.tools.items import YEAR, Item

MOST = 4
"""Items compared at once."""

_LEAST = {"least", "less"}
_WHICH = re.compile(
    r"\bwhich\b[^.?!]*\b(?:would|should|do|could|shall) (?:i|we|you) (?:\w+ )?(?:pick|choose|take|watch|recommend|"
    r"suggest|go|see|start)|\bwhich (?:one |of \w+ )?(?:is|'s) (?:the )?(?:better|best)\b|\byour (?:pick|favou?rite)\b"
)


def asks_which(words: str) -> bool:
    """ "Which would you pick?": one of them is wanted, not all of them side by side."""
    return bool(_WHICH.search(words))


def superlative(about: Sequence[Item], words: str, wording: Wording) -> str:
    """ "Which is shorter?" answered straight; "" if no such question is in the words."""
    tokens = re.findall(r"[\w-]+", words)
    for facet, info in wording.domain.numbers.items():
        for word, highest in ((info.more, True), (info.less, False)):
            if _mentions(tokens, word):
                return _extreme_number(about, facet, highest, word, wording)
    for family, values in wording.phrases.families.items():
        if _mentions(tokens, family) or _names_family(tokens, family):
            least = bool(_LEAST & set(tokens))
            return _extreme_family(about, family, values, wording, least=least)
    return ""


def standout(about: Sequence[Item], words: str, wording: Wording) -> str:
    """Id of the item that a "which is the shortest?" comes out at; "" if none stands out."""
    tokens = re.findall(r"[\w-]+", words.lower())
    for facet, info in wording.domain.numbers.items():
        known = [(n, i.item_id) for i in about if (n := i.number(facet)) is not None]
        for word, highest in ((info.more, True), (info.less, False)):
            if known and _mentions(tokens, word):
                return (max(known) if highest else min(known))[1]
    for family, values in wording.phrases.families.items():
        if about and _names_family(tokens, family):
            hits = _family_hits(about, values, wording)
            pick = min if _LEAST & set(tokens) else max
            return pick(about, key=lambda i: len(hits[i.item_id])).item_id
    return ""


def _names_family(tokens: Sequence[str], family: str) -> bool:
    forms = {family, f"{family[:-1]}iest", f"{family}st", f"{family}est", f"{family[:-1]}ier", f"{family[:-1]}est"}
    return bool(forms & set(tokens))


def _family_hits(about: Sequence[Item], values: frozenset[str], wording: Wording) -> dict[str, list[str]]:
    facets = (*wording.colour_kinds, *((wording.type_kind,) if wording.type_kind else ()))
    return {i.item_id: [v for f in facets for v in i.values(f) if v in values] for i in about}


def most_like(about: Sequence[Item], liked: Sequence[Item], wording: Wording) -> str:
    """ "Which is the most like it?": by what each shares with what the user likes; "" if nothing is shared."""
    ranked = sorted(
        ((shared_traits(item, other, wording), item, other) for item in about for other in liked if item is not other),
        key=lambda found: -len(found[0]),
    )
    if not ranked or not ranked[0][0]:
        return ""
    traits, item, other = ranked[0]
    themes = [wording.theme(v) for f, v in traits if f in wording.theme_kinds]
    colours = [v for f, v in traits if f in wording.colour_kinds]
    people = [v for f, v in traits if f in wording.domain.roles]
    return f"{item.title} has most in common with {other.title}: {join([*people, *themes, *colours][:4])}."


def _mentions(tokens: Sequence[str], comparative: str) -> bool:
    """ "shorter" also covers "shortest" and "short"-er forms with "most/more/which"."""
    if comparative in tokens:
        return True
    stem = comparative.removesuffix("er")
    return f"{stem}est" in tokens


def _extreme_number(about: Sequence[Item], facet: str, highest: bool, word: str, wording: Wording) -> str:
    known = [(n, item) for item in about if (n := item.number(facet)) is not None]
    label = wording.domain.label(facet)
    if not known:
        return f"My catalogue doesn't give the {label} of either."
    ordered = sorted(known, key=lambda pair: pair[0], reverse=highest)
    best, first = ordered[0]
    ties = [item for number, item in ordered if number == best]
    said = {id(item): _number(number, facet, wording) for number, item in known}
    if len(ties) > 1:
        return f"It is a tie: {join([i.title for i in ties])} share {said[id(first)]}."
    rest = join([f"{item.title} {said[id(item)]}" for _, item in ordered[1:]])
    if len(known) == 2 and len(about) == 2:
        other = ordered[1][1]
        return f"{first.title} is {word}: {said[id(first)]} against {said[id(other)]} for {other.title}."
    stem = word.removesuffix("er")
    return f"{first.title} is the {stem}est, {said[id(first)]}; {rest}."


def _extreme_family(
    about: Sequence[Item], family: str, values: frozenset[str], wording: Wording, *, least: bool
) -> str:
    hits = _family_hits(about, values, wording)
    ordered = sorted(about, key=lambda i: len(hits[i.item_id]), reverse=not least)
    if len(hits[ordered[0].item_id]) == len(hits[ordered[1].item_id]):
        if not hits[ordered[0].item_id]:
            return f"Nothing in my catalogue calls any of them {family}."
        return f"There is little between them: {_said(ordered, hits)}."
    degree = f"less {family}" if least else comparative(family)
    if len(about) > 2:
        degree = f"the least {family}" if least else f"the {re.sub('r$', 'st', comparative(family))}"
        degree = degree.replace("more ", "most ")
    return f"{ordered[0].title} looks {degree}: {_said(ordered, hits)}."


def _said(items: Sequence[Item], hits: dict[str, list[str]]) -> str:
    """ "Alien is down as tense; Heat and Speed as nothing of the kind"."""
    groups: dict[str, list[str]] = {}
    for item in items:
        words = [h for h in hits[item.item_id] if h == h.lower()] or [h.lower() for h in hits[item.item_id]]
        groups.setdefault(join(words[:2]) if words else "nothing of the kind", []).append(item.title)
    said = [f"{join(titles)} {'are' if len(titles) > 1 else 'is'} down as {words}" for words, titles in groups.items()]
    return "; ".join([said[0], *(re.sub(r" (?:is|are) down as (?=[^;]*$)", " as ", text) for text in said[1:])])


def compare_items(about: Sequence[Item], fit: Fit, wording: Wording) -> str:
    """The comparison in full: facts in lines, wishes, then who would prefer which."""
    items = list(about)[:MOST]
    if len({i.item_id for i in items}) < 2:
        return f"That is one and the same {wording.domain.noun}: {items[0].label}." if items else ""
    lines = [_facts_line(item, items, wording) for item in items]
    said = [f"{join([i.title for i in items])}, side by side:" + "".join(f"\n- {line}" for line in lines)]
    said += [
        t for t in (_common(items, wording), _against_wishes(items, fit, wording), who_prefers(items, wording)) if t
    ]
    return said[0] + "\n" + " ".join(said[1:]) if len(said) > 1 else said[0]


def _facts_line(item: Item, items: Sequence[Item], wording: Wording) -> str:
    domain = wording.domain
    parts: list[str] = []
    noun = wording.type_words(item)
    parts.append(noun.noun if noun else domain.noun)
    for role in list(domain.roles)[:2]:
        names = item.values(role)[:2]
        if names and any(i.values(role)[:2] != names for i in items):
            parts.append(wording.role_phrase(role, names))
    for facet, info in domain.numbers.items():
        number = item.number(facet)
        if number is not None and facet != YEAR:
            parts.append(measure(number, info.unit))
    for kind, kind_info in domain.kinds.items():
        if kind_info.ages and item.values(kind):
            parts.append(wording.phrase(kind, item.values(kind)[0]).removeprefix("that is "))
    return f"{item.label}: {', '.join(parts)}"


def _common(items: Sequence[Item], wording: Wording) -> str:
    first = shared_traits(items[0], items[1], wording)
    shared = [t for t in first if all(t[1] in i.values(t[0]) for i in items[2:])]
    both = "both" if len(items) == 2 else "all"
    types = [
        wording.types(v).modifier for v in (items[0].values(wording.type_kind) if wording.type_kind else ())
        if all(v in i.values(wording.type_kind or "") for i in items)
    ]  # fmt: skip
    themes = [wording.theme(v) for f, v in shared if f in wording.theme_kinds and not says_little(v, wording)][:2]
    colours = [v for f, v in shared if f in wording.colour_kinds][:2]
    people = [wording.role_phrase(f, [v]) for f, v in shared if f in wording.domain.roles][:1]
    if themes:
        return f"What they share: {join(themes)}."
    if people:
        return (
            f"{capitalise(both)} are {people[0]}."
            if not people[0].startswith("with ")
            else f"{capitalise(both)} come {people[0]}."
        )
    if colours:
        return f"{capitalise(both)} are {join(colours)}."
    return "" if types else "They have little in common."


def _against_wishes(items: Sequence[Item], fit: Fit, wording: Wording) -> str:
    if not fit.wishes:
        return ""
    if len(fit.met_by_all) == len(fit.wishes):
        return f"{'Both' if len(items) == 2 else 'All of them'} meet what you asked for."
    said = []
    unmet = [w for w in fit.met_by_none if w.polarity is Polarity.WANT]
    if unmet:
        said.append(f"{'neither' if len(items) == 2 else 'none of them'} is {wording.complement(unmet)}")
    for item in items:
        missed = [w for w in fit.met_by_some if not fit.suits(item, w)]
        if not missed and fit.met_by_some:
            said.append(f"{item.title} meets {'the rest' if unmet else 'all of your wishes'}")
        elif missed:
            wanted = [w for w in missed if w.polarity is Polarity.WANT]
            facts = [f"not {wording.complement(wanted)}"] if wanted else []
            facts += [m for w in missed if w.polarity is Polarity.AVOID and (m := how_it_misses(item, w, wording))]
            if facts:
                said.append(f"{item.title} is {join(facts)}")
    return sentence("; ".join(said)) if said else ""


def best_fit(about: Sequence[Item], fit: Fit) -> tuple[Item, bool]:
    """(the earliest of those that meet most of the wishes, whether another meets as many)."""
    met = [sum(bool(fit.suits(item, wish)) for wish in fit.wishes) for item in about]
    best = max(range(len(about)), key=lambda n: (met[n], -n))
    return about[best], met.count(met[best]) > 1


def pick_one(about: Sequence[Item], fit: Fit, wording: Wording) -> str:
    """Which of them to take: the one that meets most of the wishes, the earlier one where they are level."""
    item, level = best_fit(about, fit)
    colours = join(wording.colours(item, 2), "and")
    if len(about) > 2:
        reason = f": it is {colours}" if colours else ""
        more = "" if level else f"{', and' if colours else ': it'} meets more of what you asked for than the others"
        return f"I'd take {item.label}{reason}{more}. {sentence(item.text)}".strip()
    told = f", {colours}" if colours else ""
    if level:
        return f"They are level on what you asked for; I'd take {item.title} first{told}."
    return f"{item.title}: it meets more of what you asked for than the other{told}."


def who_prefers(items: Sequence[Item], wording: Wording) -> str:
    """Who would prefer which: by what only one of them is."""
    own: list[tuple[Item, list[str]]] = []
    for item in items:
        others = {v for i in items if i is not item for k in wording.colour_kinds for v in i.values(k)}
        colours = [v for v in wording.colours(item, 6) if v not in others][:2]
        own.append((item, colours))
    told = [(item, colours) for item, colours in own if colours]
    if len(told) < 2:
        return ""
    first, *rest = told
    text = f"Take {first[0].title} if you want it {join(first[1])}"
    return sentence(text + "".join(f", {item.title} if you'd rather have it {join(colours)}" for item, colours in rest))


def _number(number: float, facet: str, wording: Wording) -> str:
    info = wording.domain.numbers.get(facet)
    return f"{number:.0f}" if facet == YEAR else measure(number, info.unit if info else "")
