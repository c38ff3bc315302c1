"""Examples of replies: the facts of a slate, and prose that says only that.

Sentences are put together from `phrases/replies.txt`, one film each; a reply counts only if the product's own verifier finds
nothing in it that the catalogue does not bear out, and every film is named.
"""

from __future__ import annotations

import random
import re
import zlib
from collections.abc import Iterator, Sequence

from parley.agent.ledger import Hardness, Wish
from parley.agent.reply.prose import tell_facts
from parley.agent.reply.verify import Verifier
from parley.agent.reply.wording import Wording
from parley.agent.reply.words import capitalise, join, measure, with_article
from parley.agent.tuning.data_grammar import Grammar
from parley.agent.tuning.data_lexicon import Lexicon
from parley.agent.tuning.examples import Example
from parley.agent.tuning.forms import reply_prompt
from parley.tools.items import Item

FILM_PARTS = 10
"""Parts of the catalogue that a slate is drawn from, so that a split can keep whole slates unseen."""
PHRASING_PARTS = 6
"""Parts of the phrasings that a reply is put together from, likewise."""
_LATER = ("There is also", "Then there", "Another", "You could also")
"""How no first sentence begins."""


class ReplyMaker:
    """Makes grounded replies over one catalogue."""

    def __init__(self, words: Lexicon) -> None:
        self.catalog = words.catalog
        self.wording = Wording(words.catalog)
        self.verifier = Verifier(words.catalog)
        self.grammar = Grammar.read("replies")
        self._parts = [[i for i in words.catalog if film_part(i) == part] for part in range(FILM_PARTS)]

    def examples(self, count: int, seed: int) -> Iterator[Example]:
        """`count` replies that verify; the same for the same seed and catalogue."""
        rng = random.Random(f"reply-{seed}")
        made = 0
        while made < count:
            films, phrasing = rng.randrange(FILM_PARTS), rng.randrange(PHRASING_PARTS)
            wish, items = self._slate(films, rng)
            words = self.wording.understood([wish]) if wish else ""
            asked = self.wording.describe([wish]) if wish else ""
            text = self._say(items, asked, phrasing, rng)
            if text is None or not self.holds(text, items, words, asked):
                continue
            made += 1
            yield Example(
                role="reply",
                prompt=reply_prompt(words, [tell_facts(item, self.wording) for item in items]),
                target=text,
                group=f"films:{films}|phrasing:{phrasing}",
                source="generated",
            )

    def holds(self, text: str, items: Sequence[Item], *wishes: str) -> bool:
        """Does the text name every item and claim nothing that the catalogue (or the wish) does not say?"""
        verdict = self.verifier.verify(text, [i.item_id for i in items], phrases=[w for w in wishes if w])
        return not verdict.problems and {*verdict.named} == {i.item_id for i in items}

    def _slate(self, part: int, rng: random.Random) -> tuple[Wish | None, list[Item]]:
        """A wish, and one to three films of one part of the catalogue that meet it."""
        films = self._parts[part]
        first, count = rng.choice(films), rng.choice((1, 2, 3, 3))
        wish = _wish_met_by(first, rng) if rng.random() < 0.85 else None
        others = [item for item in films if item is not first and (wish is None or wish.is_met_by(item))]
        return wish, [first, *rng.sample(others, min(count - 1, len(others)))]

    def _say(self, items: Sequence[Item], wish: str, part: int, rng: random.Random) -> str | None:
        """A sentence a film from one part of the phrasings, perhaps an opening and a closing one."""
        rules = [i for n, i in enumerate(self.grammar.in_context("film")) if n % PHRASING_PARTS == part]
        sentences: list[str] = []
        for place, item in enumerate(items):
            slots = self._slots(item, wish, rng)
            able = [i for i in rules if _needs(i.text) <= slots.keys() and (place or not i.text.startswith(_LATER))]
            if not able:
                return None
            rule = rng.choice(able)
            rules.remove(rule)
            sentences.append(_filled(rule.text, slots))
        if wish and rng.random() < 0.5:
            sentences.insert(0, _filled(rng.choice(self.grammar.in_context("opening")).text, {"w": wish}))
        if rng.random() < 0.3:
            sentences.append(rng.choice(self.grammar.in_context("closing")).text)
        return " ".join(sentences)

    def _slots(self, item: Item, wish: str, rng: random.Random) -> dict[str, str]:
        """What may be said of an item, as much as its line of facts tells."""
        words = self.wording
        noun = words.type_words(item)
        slots = {"l": item.label, "n": noun.noun if noun else words.domain.noun}
        colours = [c for c in words.colours(item, 3) if c[:6] not in slots["n"]]  # no "romantic romantic comedy"
        themes = [words.theme(v) for kind in words.theme_kinds for v in item.values(kind)[:3]]
        for values in (colours, themes):
            rng.shuffle(values)
            values.sort(key=lambda v: v not in wish)  # what was asked for is said first
        makers, cast = item.values("director")[:2], item.values("cast")[:2]
        slots |= dict(zip(("a", "a2"), colours, strict=False))
        slots |= dict(zip(("t", "t2"), themes, strict=False))
        if makers:
            slots["d"] = join(list(makers))
        if cast:
            slots["p"] = join(list(cast))
        runtime = item.number("runtime")
        if runtime is not None:
            slots["m"] = measure(runtime, "min")
        return slots


def film_part(item: Item) -> int:
    """The part of the catalogue an item is in; it depends on its id alone."""
    return zlib.crc32(item.item_id.encode()) % FILM_PARTS


def _wish_met_by(item: Item, rng: random.Random) -> Wish:
    """A wish that this item meets: a kind, a mood, who made it, or its decade."""
    facet = rng.choice(("genre", "genre", "mood", "mood", "director", "cast", "keyword", "year"))
    if facet == "year" and item.year is not None:
        low = item.year // 10 * 10
        return Wish(facet="year", gte=low, lte=low + 9, hardness=Hardness.HARD)
    values = item.values(facet) or item.values("genre")
    return Wish(facet=facet if item.values(facet) else "genre", value=rng.choice(values[:3]), hardness=Hardness.HARD)


def _needs(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def _filled(text: str, slots: dict[str, str]) -> str:
    said = re.sub(r"\{(\w+)\}", lambda m: slots[m[1]], text)
    said = re.sub(r"\b([Aa]) (?=[a-z])([\w-]+)", lambda m: _article(m[1], m[2]), said)
    return capitalise(said)


def _article(article: str, word: str) -> str:
    right = with_article(word)
    return right if article == "a" else capitalise(right)
