"""The words of an imported catalogue: what a thing is called, and how its facets are spoken of."""

from __future__ import annotations

import re
from collections.abc import Iterable

from parley.tools.items import Domain, KindInfo, NumberInfo

_THINGS = {
    "film": ("films", "watch", "watched"),
    "book": ("books", "read", "read"),
    "game": ("games", "play", "played"),
    "song": ("songs", "listen to", "listened to"),
    "album": ("albums", "listen to", "listened to"),
    "recipe": ("recipes", "cook", "cooked"),
    "restaurant": ("restaurants", "visit", "visited"),
    "course": ("courses", "take", "taken"),
    "podcast": ("podcasts", "listen to", "listened to"),
    "product": ("products", "buy", "bought"),
    "item": ("items", "try", "tried"),
}
_SIGNS = (
    ("book", r"book|isbn|author|goodreads|pages"),
    ("film", r"movie|film|imdb|director"),
    ("game", r"game|steam|appid|developer|esrb"),
    ("song", r"song|track|lyrics"),
    ("album", r"album"),
    ("recipe", r"recipe|ingredient"),
    ("restaurant", r"restaurant|cuisine"),
    ("course", r"course|instructor"),
    ("podcast", r"podcast|episode"),
    ("product", r"product|asin|sku|brand"),
)
_PHRASES = {
    "genre": "{value}", "mood": "{value}", "language": "in {value}", "country": "from {value}",
    "platform": "for {value}", "certificate": "rated {value}", "series": "from the series {value}",
    "author": "by {value}", "director": "directed by {value}", "cast": "with {value}", "artist": "by {value}",
    "keyword": "about {value}", "tag": "tagged {value}", "category": "with {value}",
    "developer": "made by {value}", "publisher": "published by {value}", "brand": "by {value}",
}  # fmt: skip
_NUMBERS = {
    "year": ("year", "", "newer", "older"),
    "pages": ("length", "pages", "longer", "shorter"),
    "runtime": ("running time", "min", "longer", "shorter"),
    "price": ("price", "", "dearer", "cheaper"),
    "rating": ("rating", "", "better rated", "lower rated"),
    "popularity": ("popularity", "", "better known", "less known"),
    "minimum_age": ("minimum age", "years", "older", "younger"),
    "players": ("players", "", "more", "fewer"),
}


def guess_noun(names: Iterable[str]) -> str:
    """What one thing is called, from the words in the file's name and its columns."""
    text = " ".join(names).casefold()
    votes = {noun: len(re.findall(pattern, text)) for noun, pattern in _SIGNS}
    best = max(votes, key=lambda noun: votes[noun])
    return best if votes[best] else "item"


def make_domain(
    name: str, fields: Iterable[str], *, noun: str, plural: str | None = None, verb: str | None = None
) -> Domain:
    """The domain of an imported catalogue.

    Args:
        fields: what the columns mean ("tag:genre", "role:author", "number:pages", "year", ...).
        noun: one thing of it; `plural` and `verb` follow from it unless given.
    """
    known = _THINGS.get(noun, (noun + "s", "try", "tried"))
    found = list(dict.fromkeys(fields))
    kinds = [f.partition(":")[2] for f in found if f.startswith(("tag:", "flag:"))]
    roles = [f.partition(":")[2] for f in found if f.startswith("role:")]
    numbers = ["year", *(f.partition(":")[2] for f in found if f.startswith("number:"))]
    past = known[2] if verb in (None, known[1]) else f"{verb}ed"
    return Domain(
        name="films" if noun == "film" else name,
        noun=noun,
        plural=plural or known[0],
        verb=verb or known[1],
        past=past,
        kinds={kind: _kind(kind, noun) for kind in kinds},
        roles={role: _role(role) for role in roles},
        numbers={number: _number(number) for number in numbers},
    )


def _kind(kind: str, noun: str) -> KindInfo:
    ask = f"What kind of {noun} are you in the mood for?" if kind == "genre" else ""
    return KindInfo(label=_label(kind), phrase=_PHRASES.get(kind, f"with {_label(kind)} {{value}}"), ask=ask)


def _role(role: str) -> KindInfo:
    return KindInfo(label=_label(role), phrase=_PHRASES.get(role, f"{_label(role)} {{value}}"))


def _number(name: str) -> NumberInfo:
    label, unit, more, less = _NUMBERS.get(name, (_label(name), "", f"more {_label(name)}", f"less {_label(name)}"))
    return NumberInfo(label=label, unit=unit, more=more, less=less)


def _label(name: str) -> str:
    return name.replace("_", " ")
