"""Candidates and the bus they travel on: ids with scores and provenance, never text in a prompt.

The candidate bus is InteRecAgent's idea (Huang et al., arXiv:2308.16505): tools add to and narrow a
shared pool, so that thousands of items never enter a prompt. Ours is immutable and typed, and every
candidate keeps the sources that proposed it, so that a reply can say why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from pydantic import BaseModel, ConfigDict


class Source(BaseModel):
    """One tool's reason for proposing an item."""

    model_config = ConfigDict(frozen=True)

    name: str
    """Which source: "dense", "bm25", "attribute", "taste", "similar", "popular", ..."""
    rank: int
    """Its place in that source's list, from 1."""
    score: float
    """On that source's own scale; comparable within the source only."""
    why: str = ""
    """What matched, for people: "close to The Matrix", "heist, twist ending"."""


class Candidate(BaseModel):
    """An item proposed this turn."""

    model_config = ConfigDict(frozen=True)

    item_id: str
    score: float
    """The fused score; higher is better, comparable within one turn only."""
    sources: tuple[Source, ...] = ()

    def source(self, name: str) -> Source | None:
        return next((s for s in self.sources if s.name == name), None)


class CandidateBus(BaseModel):
    """This turn's candidates, best first, at most one per item."""

    model_config = ConfigDict(frozen=True)

    candidates: tuple[Candidate, ...] = ()

    def __len__(self) -> int:
        return len(self.candidates)

    def __iter__(self) -> Iterator[Candidate]:  # type: ignore[override]
        return iter(self.candidates)

    def __contains__(self, item_id: object) -> bool:
        return any(c.item_id == item_id for c in self.candidates)

    @property
    def item_ids(self) -> tuple[str, ...]:
        return tuple(c.item_id for c in self.candidates)

    def keep(self, wanted: Callable[[Candidate], bool]) -> CandidateBus:
        return CandidateBus(candidates=tuple(c for c in self.candidates if wanted(c)))

    def head(self, k: int) -> CandidateBus:
        return CandidateBus(candidates=self.candidates[:k])

    @classmethod
    def of(cls, candidates: Iterable[Candidate]) -> CandidateBus:
        """Best first; an item met twice keeps the higher score and the sources of both."""
        merged: dict[str, Candidate] = {}
        for candidate in candidates:
            known = merged.get(candidate.item_id)
            if known is None:
                merged[candidate.item_id] = candidate
                continue
            names = {s.name for s in known.sources}
            merged[candidate.item_id] = Candidate(
                item_id=known.item_id,
                score=max(known.score, candidate.score),
                sources=known.sources + tuple(s for s in candidate.sources if s.name not in names),
            )
        return cls(candidates=tuple(sorted(merged.values(), key=lambda c: -c.score)))


def fuse_by_rank(
    lists: dict[str, list[Candidate]], *, weights: dict[str, float] | None = None, k: int = 60
) -> CandidateBus:
    """Reciprocal-rank fusion of several sources' lists, each best first.

    score(item) = sum over sources of weight / (k + rank). The order depends on ranks only, so
    sources with different score scales mix. Ties keep the order in which sources were given.

    Source: Cormack, Clarke & Buettcher, "Reciprocal Rank Fusion", SIGIR 2009.
    """
    score: dict[str, float] = {}
    sources: dict[str, dict[str, Source]] = {}
    for name, candidates in lists.items():
        weight = (weights or {}).get(name, 1.0)
        for rank, candidate in enumerate(candidates, 1):
            score[candidate.item_id] = score.get(candidate.item_id, 0.0) + weight / (k + rank)
            kept = sources.setdefault(candidate.item_id, {})
            for source in candidate.sources or (Source(name=name, rank=rank, score=candidate.score),):
                kept.setdefault(source.name, source)
    ordered = sorted(score, key=lambda item_id: -score[item_id])
    return CandidateBus(
        candidates=tuple(Candidate(item_id=i, score=score[i], sources=tuple(sources[i].values())) for i in ordered)
    )
