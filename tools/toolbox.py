"""The tools a planner may call: typed arguments in, candidates or facts out.

Each tool is a plain function over a `Workbench`; the registry says its argument model, what it is
for in one line a language model can read, and whether it reads or writes. The hard wishes, the
exclusions and the taste of the person are on the workbench, not in the arguments, so that no plan can
leave them out. More tools come through the entry point `parley.tools`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from parley.tools.candidates import Candidate, Source, fuse_by_rank
from parley.tools.filters import Condition, Filter, FilterError, FilterIndex, parse_filter
from parley.tools.items import Catalog
from parley.tools.kinship import NEAR, Kinship
from parley.tools.seams import Query, Recommender, Retriever, Taste


class ToolError(ValueError):
    """What a planner can repair; the message says how."""


@dataclass(frozen=True)
class Workbench:
    """What tools work with in one turn."""

    catalog: Catalog
    filters: FilterIndex
    retrievers: Mapping[str, Retriever]
    recommender: Recommender
    popularity: NDArray[np.float32]
    """(n_items,) float32 in catalogue order: how well known each item is, 0 to 1."""
    hard: Filter = Filter({})
    exclude: frozenset[str] = frozenset()
    taste: Taste = Taste()
    vectors: NDArray[np.float32] | None = None
    """(n_items, d) float32 unit vectors of the items' texts, in catalogue order."""
    kin: Kinship = Kinship()  # noqa: RUF009
    """Values near in meaning."""

    @property
    def lesser_known(self) -> float:
        """How well known the better known two fifths of the catalogue are at the least; below is less well known."""
        return float(np.quantile(self.popularity, 0.6)) if len(self.popularity) else 1.0

    def query(self, text: str = "", extra: Filter | None = None) -> Query:
        """A query under everything that always holds, plus `extra` conditions."""
        wanted = self.hard.merged(extra) if extra else self.hard
        return Query(text=text, filter=wanted, taste=self.taste, exclude=self.exclude)

    def allowed(self, extra: Filter | None = None) -> NDArray[np.bool_]:
        """(n_items,) bool: the items that may be proposed at all."""
        mask = self.filters.mask(self.hard.merged(extra) if extra else self.hard)
        for item_id in self.exclude:
            if item_id in self.catalog:
                mask[self.catalog.positions[item_id]] = False
        return mask


class ToolResult(BaseModel):
    """What a tool found: candidates for the bus, or facts."""

    model_config = ConfigDict(frozen=True)

    candidates: tuple[Candidate, ...] = ()
    facts: Mapping[str, Any] = {}
    text: str = ""
    """One short line for a language model to read."""


class Args(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True)
class Tool:
    """One entry of the toolbox."""

    name: str
    description: str
    args: type[Args]
    run: Callable[[Any, Workbench, Mapping[str, ToolResult]], ToolResult]
    """(arguments, workbench, results of the steps before, by step id)."""
    effect: Literal["read", "write"] = "read"


class SearchArgs(Args):
    """Find items by what they are about, in plain words."""

    query: str = Field(min_length=1, max_length=500, description="What to look for, in plain words.")
    filter: dict[str, Any] = Field(default={}, description='Conditions, e.g. {"year": {"lte": 1980}}.')
    k: int = Field(default=100, ge=1, le=500, description="How many candidates.")


def search(args: SearchArgs, bench: Workbench, before: Mapping[str, ToolResult]) -> ToolResult:
    """By meaning and by words, fused by rank."""
    query = bench.query(args.query, _filter(args.filter, bench))
    lists = {n: bench.retrievers[n].retrieve(query, args.k) for n in ("dense", "bm25") if n in bench.retrievers}
    return _found(fuse_by_rank(lists).head(args.k).candidates, f"for {args.query!r}")


class MatchArgs(Args):
    """Find items that have these attributes; those with more of them first."""

    filter: dict[str, Any] = Field(description='Wanted attributes, e.g. {"genre": ["Comedy"]}.')
    k: int = Field(default=100, ge=1, le=500)
    most: float = Field(default=1.0, ge=0, le=1, description="No better known than this; 1: whatever is.")


def match(args: MatchArgs, bench: Workbench, before: Mapping[str, ToolResult]) -> ToolResult:
    """Items ordered by how many of the wanted values they have (rarer values count more), then by renown."""
    wanted = _filter(args.filter, bench)
    allowed = bench.allowed() & (bench.popularity <= args.most)
    weight = np.zeros(len(bench.catalog), dtype=np.float64)
    for facet, condition in wanted.root.items():
        for value in (*condition.any, *condition.all):
            has = graded_mask(facet, (value,), bench)
            weight += has * np.log1p(len(has) / max(1.0, float(has.sum())))
        if condition.gte is not None or condition.lte is not None:
            weight[bench.filters.mask(Filter({facet: condition}))] += 1.0
    score = np.where(allowed & (weight > 0), weight + 0.5 * bench.popularity, -np.inf)
    return _found(_top(score, args.k, "attribute", bench.catalog), "by attribute")


def graded_mask(facet: str, values: Sequence[str], bench: Workbench, *, avoid: bool = False) -> NDArray[np.float64]:
    """(n_items,) 1.0 where an item has one of the values, less where it has only a kindred one, else 0."""
    grade = np.zeros(len(bench.catalog))
    by_facet: dict[str, list[str]] = {}
    for value in values:
        for near_facet, near in bench.kin.suggesting(facet, value) if avoid else bench.kin.near(facet, value):
            by_facet.setdefault(near_facet, []).append(near)
    for near_facet, kindred in by_facet.items():
        grade[bench.filters.mask(Filter({near_facet: Condition(any=tuple(kindred))}))] = NEAR
    has = bench.filters.mask(Filter({facet: Condition(any=tuple(values))}))
    if not avoid:
        grade = np.maximum(grade, near_in_theme(facet, has, bench))
    grade[has] = 1.0
    return grade


THEME_OF = 30
"""Items up to which a theme is narrow: what nobody thought to mark is looked for near those that are marked."""
NEAR_SHARE = 0.015
"""Share of the catalogue that can be near a theme."""


def near_in_theme(facet: str, has: NDArray[np.bool_], bench: Workbench) -> NDArray[np.float64]:
    """(n_items,) up to half for items described like those marked with a narrow theme; 0 for every other kind.

    Two films are marked "space race"; the one about Apollo 11 is not, and is meant all the same.
    """
    info = bench.catalog.domain.kinds.get(facet)
    near = np.zeros(len(bench.catalog))
    if info is None or not info.phrase.startswith("about ") or bench.vectors is None or not 1 < has.sum() <= THEME_OF:
        return near
    marked = bench.vectors[has]  # (m, d)
    likeness = bench.vectors @ marked.mean(axis=0)  # (n_items,) mean cosine to the marked
    floor = float(np.quantile(likeness, 1 - NEAR_SHARE))
    alike = float((marked @ marked.T).sum() - len(marked)) / (len(marked) * (len(marked) - 1))
    if alike <= floor:
        return near  # "chess" is in two films that have nothing else in common
    return np.asarray(0.5 * np.clip((likeness - floor) / (alike - floor), 0.0, 1.0), dtype=np.float64)


class SimilarArgs(Args):
    """Find items whose description is close to these items."""

    item_ids: tuple[str, ...] = Field(min_length=1, max_length=50)
    filter: dict[str, Any] = {}
    k: int = Field(default=100, ge=1, le=500)


def similar(args: SimilarArgs, bench: Workbench, before: Mapping[str, ToolResult]) -> ToolResult:
    """By the cosine to the nearest of the given items, so that two tastes are not averaged into none."""
    unknown = [i for i in args.item_ids if i not in bench.catalog]
    if unknown:
        raise ToolError(f"no item {unknown[0]!r} in the catalogue; use ids that a search returned")
    if bench.vectors is None:
        return ToolResult(text="no vectors for this catalogue")
    seeds = bench.vectors[[bench.catalog.positions[i] for i in args.item_ids]]
    cosines = bench.vectors @ seeds.T  # (n_items, n_seeds)
    nearest = cosines.argmax(axis=1)
    score = 0.7 * cosines.max(axis=1) + 0.3 * cosines.mean(axis=1)
    score = np.where(bench.allowed(_filter(args.filter, bench)), score, -np.inf)
    for item_id in args.item_ids:
        score[bench.catalog.positions[item_id]] = -np.inf
    why = [f"close to {bench.catalog[i].title}" for i in args.item_ids]
    found = _top(score, args.k, "similar", bench.catalog, lambda row: why[nearest[row]])
    return _found(found, f"similar to {len(args.item_ids)} items")


class RecommendArgs(Args):
    """Find items that people with this person's taste liked."""

    filter: dict[str, Any] = {}
    k: int = Field(default=100, ge=1, le=500)


def recommend(args: RecommendArgs, bench: Workbench, before: Mapping[str, ToolResult]) -> ToolResult:
    """The classical recommender, folded in with everything the person reacted to."""
    if not bench.taste.reactions:
        return ToolResult(text="nothing is known of this person's taste yet")
    known = {item_id: row for row, item_id in enumerate(bench.recommender.item_ids)}
    raw = bench.recommender.fold_in(bench.taste)
    score = np.full(len(bench.catalog), -np.inf)
    for position, item in enumerate(bench.catalog):
        row = known.get(item.item_id)
        if row is not None:
            score[position] = raw[row]
    score = np.where(bench.allowed(_filter(args.filter, bench)), score, -np.inf)
    return _found(_top(score, args.k, "taste", bench.catalog), "by taste")


class PopularArgs(Args):
    """Find well-known items."""

    filter: dict[str, Any] = {}
    k: int = Field(default=100, ge=1, le=500)
    most: float = Field(default=1.0, ge=0, le=1, description="No better known than this; 1: whatever is.")


def popular(args: PopularArgs, bench: Workbench, before: Mapping[str, ToolResult]) -> ToolResult:
    known = bench.allowed(_filter(args.filter, bench)) & (bench.popularity <= args.most)
    score = np.where(known, bench.popularity, -np.inf)
    return _found(_top(score, args.k, "popular", bench.catalog), "well known" if args.most >= 1 else "less well known")


class NarrowArgs(Args):
    """Keep only those of an earlier step's candidates that meet conditions."""

    of: str = Field(description="The id of an earlier step.")
    filter: dict[str, Any]


def narrow(args: NarrowArgs, bench: Workbench, before: Mapping[str, ToolResult]) -> ToolResult:
    if args.of not in before:
        raise ToolError(f"no step {args.of!r} before this one; known: {', '.join(before) or 'none'}")
    mask = bench.filters.mask(_filter(args.filter, bench))
    kept = tuple(c for c in before[args.of].candidates if mask[bench.catalog.positions[c.item_id]])
    return _found(kept, f"of step {args.of}")


class DetailsArgs(Args):
    """Read the facts of items."""

    item_ids: tuple[str, ...] = Field(min_length=1, max_length=20)


def details(args: DetailsArgs, bench: Workbench, before: Mapping[str, ToolResult]) -> ToolResult:
    items = [bench.catalog.get(i) for i in args.item_ids]
    return ToolResult(
        facts={i.item_id: i.model_dump(mode="json") for i in items if i is not None},
        text=f"{sum(i is not None for i in items)} of {len(items)} known",
    )


def compare(args: DetailsArgs, bench: Workbench, before: Mapping[str, ToolResult]) -> ToolResult:
    """Facet by facet: what the items share and where they differ."""
    items = [item for i in args.item_ids if (item := bench.catalog.get(i)) is not None]
    if len(items) < 2:
        raise ToolError("a comparison needs two items of the catalogue")
    rows: dict[str, Any] = {}
    for facet in bench.catalog.domain.facets():
        if bench.catalog.domain.is_number(facet):
            rows[facet] = {i.item_id: i.number(facet) for i in items}
        else:
            shared = set.intersection(*(set(i.values(facet)) for i in items))
            rows[facet] = {
                "shared": sorted(shared),
                **{i.item_id: sorted(set(i.values(facet)) - shared) for i in items},
            }
    return ToolResult(facts=rows, text=f"{len(items)} items side by side")


class AvailabilityArgs(Args):
    """Count the items that meet each condition alone, and all together."""

    filter: dict[str, Any]


def availability(args: AvailabilityArgs, bench: Workbench, before: Mapping[str, ToolResult]) -> ToolResult:
    wanted = _filter(args.filter, bench)
    alone = {facet: bench.filters.count(Filter({facet: condition})) for facet, condition in wanted.root.items()}
    together = int(bench.allowed(wanted).sum())
    return ToolResult(facts={"alone": alone, "together": together}, text=f"{together} items meet everything")


TOOLS: tuple[Tool, ...] = (
    Tool("search", "Find items by what they are about, in plain words.", SearchArgs, search),
    Tool("match", "Find items that have given attributes.", MatchArgs, match),
    Tool("similar", "Find items close to given items.", SimilarArgs, similar),
    Tool("recommend", "Find items people with the same taste liked.", RecommendArgs, recommend),
    Tool("popular", "Find well-known items.", PopularArgs, popular),
    Tool("narrow", "Keep those of an earlier step that meet conditions.", NarrowArgs, narrow),
    Tool("details", "Read the facts of items.", DetailsArgs, details),
    Tool("compare", "Set items side by side.", DetailsArgs, compare),
    Tool("availability", "Count the items that meet conditions.", AvailabilityArgs, availability),
)


@dataclass(frozen=True)
class Toolbox:
    """The tools by name."""

    tools: Mapping[str, Tool] = field(default_factory=lambda: {tool.name: tool for tool in TOOLS})

    @classmethod
    def with_plugins(cls) -> Toolbox:
        """Ours, and those that installed packages add under the entry point `parley.tools`."""
        plugins = [entry.load() for entry in entry_points(group="parley.tools")]
        return cls({tool.name: tool for tool in (*TOOLS, *plugins)})

    def __getitem__(self, name: str) -> Tool:
        if name not in self.tools:
            raise ToolError(f"no tool {name!r}; known: {', '.join(self.tools)}")
        return self.tools[name]


def _filter(value: Mapping[str, Any], bench: Workbench) -> Filter:
    try:
        return parse_filter(dict(value), bench.catalog.domain)
    except FilterError as error:
        raise ToolError(str(error)) from error


def _top(
    score: NDArray[np.floating[Any]], k: int, name: str, catalog: Catalog, why: Callable[[int], str] = lambda row: ""
) -> tuple[Candidate, ...]:
    """The k best finite scores as candidates of one source."""
    k = min(k, int(np.isfinite(score).sum()))
    best = np.argsort(-score, kind="stable")[:k]
    return tuple(
        Candidate(
            item_id=catalog.items[row].item_id,
            score=float(score[row]),
            sources=(Source(name=name, rank=rank, score=float(score[row]), why=why(int(row))),),
        )
        for rank, row in enumerate(best, 1)
    )


def _found(candidates: tuple[Candidate, ...], how: str) -> ToolResult:
    return ToolResult(candidates=candidates, text=f"{len(candidates)} candidates {how}")
