"""ReDial as a test of linking: people marked every title there; we write the titles back in, carelessly.

A mark `@123` becomes the film's name as people type: lower case, no article, with or without the year, a
typing error now and then. Films outside the catalogue are written in too: they must not be linked.
Source: Li et al., "Towards Deep Conversational Recommendations", NeurIPS 2018 (CC BY 4.0).
"""

from __future__ import annotations

import csv
import gzip
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from parley.tools.items import Catalog, Item
from parley.tools.linking.forms import fold_title
from parley.tools.linking.ordinary import surprise
from parley.tools.linking.text import key_of, tokenize

_MARK = re.compile(r"@(\d+)")


class Mention(NamedTuple):
    """A title written into an utterance."""

    start: int
    end: int
    item_id: str | None
    """None: a film the catalogue does not have."""


class Utterance(NamedTuple):
    """A message with the titles in it."""

    text: str
    mentions: tuple[Mention, ...]
    talk: bool = True
    """Said by people; False: a sentence in which no title is meant."""


def read_utterances(mirror: Path, part: str, catalog: Catalog, *, seed: int, swap: float = 0.0) -> list[Utterance]:
    """The messages of `valid_linked` or `test_dev_half` with titles written in.

    Args:
        mirror: folder with `redial/` and `movie-metadata/`.
        seed: of the carelessness.
        swap: share of the mentions replaced by a film whose title is ordinary words, written with care.
    """
    rng = random.Random(seed)
    ids = _crosswalk(mirror / "movie-metadata" / "redial_movielens_crosswalk.csv.gz", catalog)
    titles = _by_name(catalog)
    plain = [item for item in catalog if sum(surprise(t.plain) for t in tokenize(item.title)) < 9]
    found = []
    with gzip.open(mirror / "redial" / f"{part}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            dialogue = json.loads(line)
            names = dialogue["movieMentions"] or {}
            ids |= {
                mark: item
                for mark, name in names.items()
                if name and mark not in ids and (item := _named(name, titles))
            }
            for message in dialogue["messages"]:
                swapped = plain if rng.random() < swap else []
                found.append(_write_titles(message["text"], names, ids, rng, swapped))
    return found


def _crosswalk(path: Path, catalog: Catalog) -> dict[str, str]:
    """ReDial movie id to item id."""
    by_movielens = {item.links["movielens"]: item.item_id for item in catalog if "movielens" in item.links}
    by_imdb = {item.links["imdb"]: item.item_id for item in catalog if "imdb" in item.links}
    by_name = {(item.title.casefold(), item.year): item.item_id for item in catalog}
    ids: dict[str, str] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            name, year = _split_year(row["redialName"])
            item_id = (
                by_movielens.get(row["movieId"]) or by_imdb.get(row["imdbId"]) or by_name.get((name.casefold(), year))
            )
            if item_id:
                ids[row["redialMovieId"]] = item_id
    return ids


def _by_name(catalog: Catalog) -> dict[str, list[tuple[str, int | None]]]:
    """Folded title to the items of that title with their years."""
    titles: dict[str, list[tuple[str, int | None]]] = {}
    for item in catalog:
        for title in {key_of(fold_title(tokenize(text))) for text in (item.title, *item.aliases)}:
            titles.setdefault(title, []).append((item.item_id, item.year))
    return titles


def _named(name: str, titles: dict[str, list[tuple[str, int | None]]]) -> str | None:
    """The one item of this name (and about this year, if the name says one)."""
    title, year = _split_year(name)
    fitting = [
        item_id
        for item_id, theirs in titles.get(key_of(fold_title(tokenize(title))), [])
        if year is None or theirs is None or abs(year - theirs) <= 1
    ]
    return fitting[0] if len(fitting) == 1 else None


def _split_year(name: str) -> tuple[str, int | None]:
    match = re.search(r"\s*\((\d{4})\)\s*$", name)
    return " ".join(name[: match.start() if match else None].split()), int(match[1]) if match else None


def _write_titles(
    text: str, names: dict[str, str], ids: dict[str, str], rng: random.Random, plain: list[Item]
) -> Utterance:
    lower = rng.random() < 0.3
    parts: list[str] = []
    mentions: list[Mention] = []
    length = at = 0
    for mark in _MARK.finditer(text):
        name = names.get(mark[1])
        if not name:
            continue
        before = text[at : mark.start()]
        before = before.lower() if lower else before
        item = rng.choice(plain) if plain else None
        title = _careless(name, rng, lower=lower) if item is None else _careful(item, rng)
        item_id = ids.get(mark[1]) if item is None else item.item_id
        mentions.append(Mention(length + len(before), length + len(before) + len(title), item_id))
        parts += [before, title]
        length += len(before) + len(title)
        at = mark.end()
    parts.append(text[at:].lower() if lower else text[at:])
    return Utterance("".join(parts), tuple(mentions))


def _careless(name: str, rng: random.Random, *, lower: bool) -> str:
    title, year = _split_year(name)
    if rng.random() < 0.2:
        title = re.sub(r"^(The|A|An)\s+", "", title)
    if rng.random() < 0.12 and len(title) >= 6:
        title = misspell(title, rng)
    if lower or rng.random() < 0.3:
        title = title.lower()
    if year and rng.random() < 0.15:
        title += f" ({year})"
    return f'"{title}"' if rng.random() < 0.04 else title


def _careful(item: Item, rng: random.Random) -> str:
    """Nobody writes a title like "Big" or "Up" in running text without a sign that it is one."""
    style = rng.random()
    if style < 0.15:
        return f'"{item.title}"'
    return item.label if style < 0.3 else item.title if style < 0.85 else item.title.lower()


def bare_titles(catalog: Catalog, *, seed: int) -> Iterator[Utterance]:
    """Every title as an answer by itself."""
    rng = random.Random(seed)
    for item in catalog:
        text = _careless(item.title, rng, lower=False)
        yield Utterance(text, (Mention(0, len(text), item.item_id),))


def misspell(text: str, rng: random.Random) -> str:
    """One letter dropped, doubled, swapped with the next or replaced."""
    places = [i for i in range(1, len(text) - 1) if text[i].isalpha() and text[i + 1].isalpha()]
    if not places:
        return text
    i = rng.choice(places)
    letter = rng.choice("abcdefghijklmnopqrstuvwxyz")
    return rng.choice(
        [text[:i] + text[i + 1 :], text[:i] + text[i] + text[i:], text[:i] + text[i + 1] + text[i] + text[i + 2 :],
         text[:i] + letter + text[i + 1 :]]
    )  # fmt: skip


def everyday_sentences(catalog: Catalog) -> Iterator[str]:
    """The catalogue's own descriptions in lower case: ordinary words, and no title is meant."""
    for item in catalog:
        if item.text:
            yield item.text[0].lower() + item.text[1:]
