"""Drawn covers: a small poster for any item, from its tags and title alone.

The picture is a function of the item: the same item always looks the same, and its kinds decide the
motif and its moods the colours. `art.json` says which word draws what; a word it does not know picks
by hash, so a catalogue of books or games gets covers too. Nothing is fetched, nothing is random.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from html import escape
from pathlib import Path
from urllib.parse import quote

from parley.tools.items import Item
from parley.ui.web.motifs import HEIGHT, MOTIFS, WIDTH, Palette

_SMALL_WORDS = frozenset(
    {"the", "a", "an", "of", "and", "in", "on", "to", "la", "le", "les", "el", "der", "die", "das"}
)


def draw_cover(item: Item) -> str:
    """The item's cover as an SVG document, 200 by 300 units."""
    rng = random.Random(_number(item.item_id))
    words = tuple(word.casefold() for values in item.tags.values() for word in values)
    palette = _choose_palette(words, rng)
    motif = MOTIFS[_choose_motif(words, rng)]
    deep, base, _, _, light = palette
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<defs><linearGradient id="g" x1="0" y1="0" x2=".35" y2="1"><stop offset="0" stop-color="{base}"/>'
        f'<stop offset="1" stop-color="{deep}"/></linearGradient><linearGradient id="s" x1="0" y1="0" x2="0" y2="1">'
        f'<stop offset=".55" stop-color="{deep}" stop-opacity="0"/><stop offset="1" stop-color="#000" '
        f'stop-opacity=".5"/></linearGradient></defs><rect width="{WIDTH}" height="{HEIGHT}" fill="url(#g)"/>'
        f'{motif(rng, palette)}<rect width="{WIDTH}" height="{HEIGHT}" fill="url(#s)"/>'
        f"{_lettering(item, light)}</svg>"
    )


@lru_cache(maxsize=4096)
def _as_uri(svg: str) -> str:
    return "data:image/svg+xml," + quote(svg, safe=" =:/;,-()")


def cover_uri(item: Item) -> str:
    """The cover as a `data:` address for an `<img>`: isolated there, it can run nothing and fetch nothing."""
    return _as_uri(draw_cover(item))


def initials(title: str) -> str:
    """One or two letters that stand for a title: "The Lives of Others" -> "LO"."""
    words: list[str] = re.findall(r"\w[\w'’]*", title)
    telling = [word for word in words if word.casefold() not in _SMALL_WORDS] or words
    if not telling:
        return title.strip()[:1]
    if len(telling) == 1:
        return telling[0][:2] if telling[0].isdigit() else telling[0][0].upper()
    return "".join(word[0].upper() for word in telling[:2])


def _lettering(item: Item, light: str) -> str:
    year = f'<text x="184" y="282" text-anchor="end" font-size="17" letter-spacing="1">{item.year}</text>' * (
        item.year is not None
    )
    return (
        f'<g fill="{light}" font-family="Palatino,Georgia,serif"><rect x="16" y="238" width="22" height="2.5"/>'
        f'<text x="15" y="283" font-size="40">{escape(initials(item.title))}</text>{year}</g>'
    )


def _number(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name("art.json").read_text("utf-8"))
    return found


def _choose_motif(words: Sequence[str], rng: random.Random) -> str:
    motifs, order = _lexicon()["motifs"], list(_lexicon()["distinct"])
    known = [word for word in words if word in motifs]
    if known:
        telling = min(known[:3], key=lambda word: order.index(word) if word in order else len(order))
        return rng.choice(motifs[telling if rng.random() < 0.65 else known[0]])
    return rng.choice(sorted(MOTIFS)) if not words else sorted(MOTIFS)[_number(words[0]) % len(MOTIFS)]


def _choose_palette(words: Sequence[str], rng: random.Random) -> Palette:
    palettes: dict[str, list[str]] = _lexicon()["palettes"]
    moods = _lexicon()["moods"]
    choices = [name for word in words if word in moods for name in moods[word]]
    return palettes[rng.choice(choices or sorted(palettes))]
