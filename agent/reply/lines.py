"""One item in one line: a phrase that says what it is, what sets it apart, and what speaks for it."""

from __future__ import annotations

from collections.abc import Sequence

from parley.agent.ledger import Polarity, Stance
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.traits import Fit, how_it_misses, shared_traits, traits_in_words
from parley.agent.reply.why import Explain
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import join, possessive, with_article
from parley.tools.items import Item


class Told:
    """Traits already mentioned in this reply, so that lines do not repeat one another."""

    def __init__(self) -> None:
        self.traits: set[tuple[str, str]] = set()
        self.neighbours = False


class LineWriter:
    """Writes the lines of a slate."""

    def __init__(self, wording: Wording, explain: Explain | None = None) -> None:
        self.wording = wording
        self.catalog = wording.catalog
        self.domain = wording.domain
        self.explain = explain

    def line(self, item: Item, place: int, fit: Fit, request: ReplyRequest, told: Told) -> str:
        """Everything after the label: what it is, what it misses, what speaks for it."""
        said_already = [v for w in fit.met_by_all if w.polarity is Polarity.WANT for v in w.values]
        wanted = self.wants_met(item, fit)
        main = self.main_phrase(item, place + request.turn, said_already, wanted)
        wished = self.wish_extras(item, fit, main)
        extras = [*wished, *self.evidence(item, request, place, "; ".join([main, *wished]), told)][:2]
        some = [w for w in fit.met_by_some if not fit.suits(item, w)]
        misses = [m for w in some if (m := how_it_misses(item, w, self.wording))]
        if misses and len(misses) <= 2:
            main += f" (though {join(list(dict.fromkeys(misses)))})"
        return "; ".join([main, *extras]) + "."

    def wants_met(self, item: Item, fit: Fit) -> list[tuple[str, str]]:
        """(facet, value): what of the wishes only some items meet this item has."""
        found = []
        for wish in fit.met_by_some:
            if wish.polarity is Polarity.WANT and not wish.is_number and wish.is_met_by(item):
                wanted = {v.casefold() for v in wish.values}
                found += [(wish.facet, v) for v in item.values(wish.facet) if v.casefold() in wanted]
        return found

    def main_phrase(self, item: Item, turn: int, said: Sequence[str], wanted: Sequence[tuple[str, str]]) -> str:
        """ "a brooding, stylish sci-fi thriller directed by Ridley Scott", in one of three shapes."""
        words = self.wording
        wanted_colours = [v for f, v in wanted if f in words.colour_kinds]
        type_words = words.type_words(item)
        noun = type_words.noun if type_words else self.domain.noun
        own = [c for c in words.colours(item, 4, skip=[*said, *wanted_colours]) if c[:5] not in noun]
        colours = [*(c for c in wanted_colours if c not in noun), *own][:2]
        said_people = set(said)
        roles = list(self.domain.roles)
        makers = list(item.values(roles[0])[:2]) if roles else []
        if said_people.intersection(item.values(roles[0]) if roles else ()):
            makers = []  # to name the others alone would be untrue: an editor is not the author
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

    def wish_extras(self, item: Item, fit: Fit, main: str) -> list[str]:
        extras = []
        for facet, value in self.wants_met(item, fit):
            if facet not in (*self.wording.colour_kinds, self.wording.type_kind) and value not in main:
                extras.append(self.wording.phrase(facet, value))
        named = dict.fromkeys(t for w in fit.about for t in traits_in_words(item, w.value, self.wording))
        for facet, value in named:
            if facet in self.wording.theme_kinds and value not in main:
                extras.append(self.wording.phrase(facet, value))
        return extras[:2]

    def evidence(self, item: Item, request: ReplyRequest, place: int, main: str, told: Told) -> list[str]:
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

    def _neighbours(self, item: Item, request: ReplyRequest, told: Told) -> list[str]:
        """What other people's ratings put it beside, said once a reply."""
        taste = request.ledger.taste
        if self.explain is None or not taste.liked or told.neighbours:
            return []
        links = [(weight, i) for i, weight in self.explain(taste, item.item_id) if weight > 0 and i in self.catalog]
        if not links:
            return []
        told.neighbours = True
        return [f"often liked along with {self.catalog[max(links)[1]].title}"]
