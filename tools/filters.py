"""Typed filters: what an item must and must not be, as data, compiled to a mask or to Chroma's `where`.

The model never writes a query language. A filter is JSON with a fixed shape, checked against the
catalogue's facets before anything runs:

    {"year": {"lte": 1980}, "genre": {"any": ["Crime", "Thriller"], "none": ["Horror"]}, "runtime": 120}

All facets must hold. Shorthand: a word or a list of words means `any`; a number means exactly that.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, RootModel, ValidationError, model_validator

from parley.tools.items import PERSON, YEAR, Catalog, Domain
from parley.tools.kinship import kinship_of


class FilterError(ValueError):
    """A filter that does not fit the catalogue; the message names the value and the mend."""


class Condition(BaseModel):
    """What one facet must satisfy. Words compare case-insensitively; bounds are inclusive."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    any: tuple[str, ...] = ()
    """At least one of these."""
    all: tuple[str, ...] = ()
    """Every one of these."""
    none: tuple[str, ...] = ()
    """None of these."""
    also: tuple[tuple[str, ...], ...] = ()
    """At least one of each of these sets, too: what is left of `any` when two conditions are joined."""
    gte: float | None = None
    lte: float | None = None
    outside: tuple[tuple[float, float], ...] = ()
    """Ranges the number must not lie in ("not from the 80s"); inclusive."""

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("true/false is not a condition")
        if isinstance(value, str):
            return {"any": (value,)}
        if isinstance(value, int | float):
            return {"gte": value, "lte": value}
        if isinstance(value, list | tuple):
            return {"any": tuple(value)}
        return value


class Filter(RootModel[dict[str, Condition]]):
    """Conditions by facet, all of which must hold. `Filter({})` lets everything pass."""

    model_config = ConfigDict(frozen=True)

    root: dict[str, Condition] = {}

    def __bool__(self) -> bool:
        return bool(self.root)

    def without(self, facet: str) -> Filter:
        return Filter({f: c for f, c in self.root.items() if f != facet})

    def merged(self, other: Filter) -> Filter:
        """Both must hold."""
        result = dict(self.root)
        for facet, extra in other.root.items():
            mine = result.get(facet)
            result[facet] = extra if mine is None else _both(mine, extra)
        return Filter(result)


def _both(a: Condition, b: Condition) -> Condition:
    lows = [x for x in (a.gte, b.gte) if x is not None]
    highs = [x for x in (a.lte, b.lte) if x is not None]
    sets = [*a.also, *b.also, *(c.any for c in (a, b) if c.any)]
    several = [s for s in dict.fromkeys(sets) if len(s) > 1]
    return Condition(
        any=several[0] if several else (),
        all=tuple(dict.fromkeys((*a.all, *b.all, *(s[0] for s in sets if len(s) == 1)))),
        none=tuple(dict.fromkeys(a.none + b.none)),
        also=tuple(several[1:]),
        gte=max(lows, default=None),
        lte=min(highs, default=None),
    )


def parse_filter(value: object, domain: Domain) -> Filter:
    """Check a JSON value (or text of one) against the domain's facets.

    Raises:
        FilterError: not JSON, an unknown facet, or a condition of the wrong shape.
    """
    try:
        parsed = Filter.model_validate_json(value) if isinstance(value, str) else Filter.model_validate(value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "filter"
        like = '{"year": {"lte": 1980}, "genre": ["Crime"]}'
        raise FilterError(f"filter {str(value)[:80]!r}: {where}: {first['msg']}; write it like {like}") from error
    for facet, condition in parsed.root.items():
        if facet not in domain.facets():
            raise FilterError(f"no facet {facet!r} in this catalogue; known: {', '.join(domain.facets())}")
        is_bounds = condition.gte is not None or condition.lte is not None or bool(condition.outside)
        if domain.is_number(facet) and (condition.any or condition.all or condition.none or condition.also):
            raise FilterError(f'{facet!r} is a number: write {{"{facet}": {{"gte": 1, "lte": 2}}}}')
        if not domain.is_number(facet) and is_bounds:
            raise FilterError(
                f'{facet!r} holds words: write {{"{facet}": ["..."]}} or {{"{facet}": {{"none": ["..."]}}}}'
            )
    return parsed


class FilterIndex:
    """Answers filters over one catalogue with boolean masks. Exact; microseconds a condition."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._kin = kinship_of(catalog.domain.name)
        self._folded: dict[str, dict[str, NDArray[np.int64]]] = {}
        for facet, values in catalog.vocabulary.items():
            table: dict[str, list[int]] = {}
            for value, indices in values.items():
                table.setdefault(value.casefold(), []).extend(indices)
            self._folded[facet] = {value: np.unique(np.asarray(rows, dtype=np.int64)) for value, rows in table.items()}
        self._numbers: dict[str, NDArray[np.float64]] = {}

    def mask(self, wanted: Filter) -> NDArray[np.bool_]:
        """(n_items,) bool: the items that satisfy `wanted`.

        An item whose number is unknown fails a bound on it: a hard wish is never met by a guess. "Nothing violent"
        rules out what is more of the same, too: a film need not be down as violent to be gory.
        """
        keep = np.ones(len(self.catalog), dtype=bool)
        for facet, condition in wanted.root.items():
            for either in (condition.any, *condition.also):
                if either:
                    keep &= self._having(facet, either)
            for value in condition.all:
                keep &= self._having(facet, (value,))
            for value in condition.none:
                keep &= ~self._having(facet, (value,))
                for stronger_facet, stronger in self._kin.ruled_out_with(facet, value):
                    keep &= ~self._having(stronger_facet, (stronger,))
            if condition.gte is not None or condition.lte is not None:
                column = self._number(facet)
                with np.errstate(invalid="ignore"):
                    if condition.gte is not None:
                        keep &= column >= condition.gte
                    if condition.lte is not None:
                        keep &= column <= condition.lte
            for low, high in condition.outside:
                column = self._number(facet)
                with np.errstate(invalid="ignore"):
                    keep &= (column < low) | (column > high)
        return keep

    def count(self, wanted: Filter) -> int:
        return int(self.mask(wanted).sum())

    def _having(self, facet: str, values: tuple[str, ...]) -> NDArray[np.bool_]:
        found = np.zeros(len(self.catalog), dtype=bool)
        table = self._folded.get(facet, {})
        for value in values:
            rows = table.get(value.casefold())
            if rows is not None:
                found[rows] = True
        return found

    def _number(self, facet: str) -> NDArray[np.float64]:
        """(n_items,) float64, nan where unknown."""
        if facet not in self._numbers:
            column = [item.number(facet) for item in self.catalog]
            self._numbers[facet] = np.array([np.nan if v is None else v for v in column], dtype=np.float64)
        return self._numbers[facet]


def chroma_where(wanted: Filter) -> dict[str, Any] | None:
    """The same filter in Chroma's `where` language; None if it lets everything pass.

    Expects metadata as `chroma_metadata` writes it: lists of case-folded words, plain numbers.
    """
    parts: list[dict[str, Any]] = []
    for facet, condition in wanted.root.items():
        for values in (condition.any, *condition.also):
            either = [{facet: {"$contains": value.casefold()}} for value in values]
            if either:
                parts.append(either[0] if len(either) == 1 else {"$or": either})
        parts += [{facet: {"$contains": value.casefold()}} for value in condition.all]
        parts += [{facet: {"$not_contains": value.casefold()}} for value in condition.none]
        if condition.gte is not None:
            parts.append({facet: {"$gte": condition.gte}})
        if condition.lte is not None:
            parts.append({facet: {"$lte": condition.lte}})
        parts += [{"$or": [{facet: {"$lt": low}}, {facet: {"$gt": high}}]} for low, high in condition.outside]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else {"$and": parts}


def chroma_metadata(catalog: Catalog, position: int) -> dict[str, Any]:
    """One item's metadata row for Chroma; empty facets are left out (Chroma refuses them)."""
    item = catalog.items[position]
    row: dict[str, Any] = {"item_id": item.item_id}
    for facet in (*item.tags, *item.people, PERSON):
        words = [value.casefold() for value in item.values(facet)]
        if words:
            row[facet] = words
    for facet in (YEAR, *item.numbers):
        number = item.number(facet)
        if number is not None:
            row[facet] = float(number)
    return row
