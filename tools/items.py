"""Items and the catalogue they live in: typed, and the same for films, books or games.

An `Item` has a title, a year, people by role, tags by kind, numbers with units and a text. What
those roles, kinds and units are called, and how people speak of them, is said by a `Domain`. Code
outside the film data and the film lexicon never names a genre, a certificate or a running time.

A *facet* is anything a wish or a filter can be about: a tag kind ("genre"), a role ("director"),
"person" (any role), "year", or a number ("runtime").
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

PERSON = "person"
YEAR = "year"


class CatalogError(ValueError):
    """A catalogue file that cannot be used; the message names the line, the value and the mend."""


class Item(BaseModel):
    """One thing that can be recommended."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    item_id: str = Field(min_length=1)
    title: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    """Other titles it is known by (the original title among them)."""
    year: int | None = None
    people: Mapping[str, tuple[str, ...]] = {}
    """Role to names in billing order, e.g. {"director": (...), "cast": (...)}."""
    tags: Mapping[str, tuple[str, ...]] = {}
    """Kind to values, e.g. {"genre": ("Drama",), "mood": ("tense", "dark")}."""
    numbers: Mapping[str, float] = {}
    """Name to value in the unit the domain declares, e.g. {"runtime": 117}."""
    text: str = ""
    """A description in prose."""
    links: Mapping[str, str] = {}
    """Ids elsewhere, e.g. {"imdb": "tt0133093", "movielens": "2571"}."""

    @property
    def label(self) -> str:
        """The title with its year, as people write it."""
        return f"{self.title} ({self.year})" if self.year is not None else self.title

    def values(self, facet: str) -> tuple[str, ...]:
        """The item's words under a tag kind or a role (`person`: every role); () if none."""
        if facet == PERSON:
            return tuple(dict.fromkeys(name for names in self.people.values() for name in names))
        return tuple(self.tags.get(facet) or self.people.get(facet) or ())

    def number(self, facet: str) -> float | None:
        """The item's number under `year` or a number's name; None if unknown."""
        if facet == YEAR:
            return float(self.year) if self.year is not None else None
        return self.numbers.get(facet)


class KindInfo(BaseModel):
    """How people speak of a tag kind or a role."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    """As a heading or a noun: "genre", "director"."""
    phrase: str = "{value}"
    """In a sentence after "it is" / "something": "{value}", "directed by {value}"."""
    ask: str = ""
    """A question that elicits it; empty: never asked."""
    ages: Mapping[str, int] = {}
    """For a kind that rates suitability: value to the youngest age in years it suits."""


class NumberInfo(BaseModel):
    """How people speak of a number."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    unit: str = ""
    more: str = "more"
    less: str = "less"
    ask: str = ""


class Domain(BaseModel):
    """What a catalogue is about, in the words its users use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    noun: str = "item"
    plural: str = "items"
    verb: str = "try"
    past: str = "tried"
    kinds: Mapping[str, KindInfo] = {}
    roles: Mapping[str, KindInfo] = {}
    numbers: Mapping[str, NumberInfo] = {}
    """`year` may be named here too, for its words."""

    def facets(self) -> tuple[str, ...]:
        """Every facet a filter over this domain may name."""
        return tuple(dict.fromkeys((*self.kinds, *self.roles, PERSON, YEAR, *self.numbers)))

    def is_number(self, facet: str) -> bool:
        return facet == YEAR or facet in self.numbers

    def label(self, facet: str) -> str:
        """The facet's name for people; the facet itself if the domain does not say."""
        for table in (self.kinds, self.roles, self.numbers):
            if facet in table:
                return table[facet].label
        return facet

    @property
    def age_kind(self) -> str | None:
        """The tag kind that rates suitability for children, if the domain has one."""
        return next((kind for kind, info in self.kinds.items() if info.ages), None)


class Catalog:
    """All items, in a fixed order; `item_index` is an item's place in it (`positions` maps the ids).

    Immutable once made. Two catalogues with equal `fingerprint` hold the same items in the same
    order, so an index built for one serves the other.
    """

    def __init__(self, items: Iterable[Item], domain: Domain, *, name: str | None = None) -> None:
        self.items: tuple[Item, ...] = tuple(items)
        self.domain = domain
        self.name = name or domain.name
        self.positions: dict[str, int] = {}
        for position, item in enumerate(self.items):
            if item.item_id in self.positions:
                raise CatalogError(f"item_id {item.item_id!r} occurs twice; ids must be unique")
            self.positions[item.item_id] = position

    @classmethod
    def films(cls) -> Catalog:
        """The 2,000 films Parley ships with."""
        from parley.tools.films import load_films

        return load_films()

    @classmethod
    def load(cls, folder: Path) -> Catalog:
        """Read a catalogue written by `save` (or `parley import`).

        Raises:
            CatalogError: the folder or a line in it is not what `save` writes.
        """
        domain_path, items_path = folder / "domain.json", folder / "items.jsonl"
        if not items_path.is_file() or not domain_path.is_file():
            raise CatalogError(
                f"no catalogue in {str(folder)!r}: items.jsonl or domain.json is missing; run parley import"
            )
        try:
            domain = Domain.model_validate_json(domain_path.read_text("utf-8"))
        except ValidationError as error:
            raise CatalogError(
                f"{str(domain_path)!r} is damaged ({error.error_count()} errors); import the catalogue again"
            ) from error
        return cls(_read_items(items_path), domain, name=folder.name)

    def save(self, folder: Path) -> None:
        """Write `items.jsonl` and `domain.json`; a half-written catalogue is never left behind."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (
            ("items.jsonl", "".join(item.model_dump_json(exclude_defaults=True) + "\n" for item in self.items)),
            ("domain.json", self.domain.model_dump_json(indent=1)),
        ):
            part = folder / f".{name}.part"
            part.write_text(text, "utf-8")
            part.replace(folder / name)

    def __len__(self) -> int:
        return len(self.items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def __getitem__(self, key: str | int) -> Item:
        """An item by its `item_id`, or by its index."""
        return self.items[self.positions[key]] if isinstance(key, str) else self.items[key]

    def __contains__(self, key: object) -> bool:
        return key in self.positions if isinstance(key, str) else key in self.items

    def get(self, item_id: str) -> Item | None:
        position = self.positions.get(item_id)
        return None if position is None else self.items[position]

    @cached_property
    def vocabulary(self) -> dict[str, dict[str, tuple[int, ...]]]:
        """Facet to value to the indices of the items that have it, most frequent value first."""
        found: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for position, item in enumerate(self.items):
            for facet in (*item.tags, *item.people, PERSON):
                for value in item.values(facet):
                    found[facet][value].append(position)
        return {
            facet: {v: tuple(i) for v, i in sorted(values.items(), key=lambda pair: (-len(pair[1]), pair[0]))}
            for facet, values in found.items()
        }

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over the items in order, hex."""
        digest = hashlib.sha256(self.domain.model_dump_json().encode())
        for item in self.items:
            digest.update(item.model_dump_json().encode())
            digest.update(b"\n")
        return digest.hexdigest()


def _read_items(path: Path) -> Iterator[Item]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield Item.model_validate_json(line)
            except ValidationError as error:
                what = error.errors()[0]
                raise CatalogError(
                    f"{path.name} line {number}: {what['loc']} {what['msg']}; import the catalogue again"
                ) from error


def packaged_file(name: str) -> Path:
    """A data file that ships inside `parley.tools.data`."""
    return Path(str(files("parley.tools") / "data" / name))


def read_json_lines(path: Path) -> Iterator[dict[str, object]]:
    """The objects of a JSON-lines file."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
