"""The next item of a dialogue, on two CPU cores and without a language model.

`DialogueRecommender.fit` learns from dialogues in which people recommended items to each other. Statistics
come from all of them; the weights of the evidence are fitted on contexts whose own fold was left out of
the statistics, so that no dialogue vouches for itself. `score` then takes any dialogue so far.

The evidence is in `dialogue_evidence`, the fit in `dialogue_blend`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from parley.tools.recommenders.base import Progress, RecommenderError, best_first
from parley.tools.recommenders.dialogue_blend import Blend, Sample, draw, fit_blend
from parley.tools.recommenders.dialogue_evidence import (
    DialogueContext,
    DialogueExample,
    DialogueItem,
    DialogueStatistics,
    Floats,
    ItemFacts,
)
from parley.tools.recommenders.dialogue_features import gather, stack

__all__ = ["DialogueConfig", "DialogueContext", "DialogueExample", "DialogueItem", "DialogueRecommender", "ItemFacts"]

Embed = Callable[[Sequence[str]], Floats]
"""Texts to (n, d) unit rows."""
BATCH = 150
"""Contexts scored at once: bounds memory to about 200 MB at 7 k items."""


class DialogueConfig(BaseModel):
    """Settings of the dialogue recommender."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    repeats: bool = False
    """Learn to name again what was already named; otherwise such items are barred."""
    folds: int = Field(default=5, ge=2)
    hidden: int = Field(default=32, ge=0)
    """Units of the small network; 0: weigh the evidence linearly."""
    members: int = Field(default=3, ge=1)
    """Networks averaged."""
    use: tuple[str, ...] | None = None
    """Kinds of evidence to use; None: all there are."""
    seen_texts: int = Field(default=6, ge=1)
    """Utterances of the context that are embedded, the newest."""


class DialogueRecommender:
    """Scores every item as the next one to be recommended in a dialogue."""

    name = "dialogue"

    def __init__(
        self, facts: ItemFacts, known: DialogueStatistics, blend: Blend, names: Sequence[str], config: DialogueConfig,
        embed: Embed | None,
    ) -> None:  # fmt: skip
        self.facts = facts
        self.item_ids = tuple(item.item_id for item in facts.items)
        self.known = known
        self.blend = blend
        self.evidence = tuple(names)
        """Names of the evidence it weighs."""
        self.config = config
        self.embed = embed

    @classmethod
    def fit(
        cls, examples: Sequence[DialogueExample], facts: ItemFacts, config: DialogueConfig | None = None, *,
        embed: Embed | None = None, seed: int = 0, progress: Progress | None = None,
    ) -> Self:  # fmt: skip
        """Learn from recommendations people made; the same data and seed give the same model.

        Args:
            examples: contexts and what was recommended next; all of one dialogue share its id.
            facts: the items; with `vectors` the embedder of those must be given as `embed`.

        Raises:
            RecommenderError: too few dialogues, or vectors without an embedder.
        """
        chosen = config or DialogueConfig()
        dialogues = sorted({e.dialogue_id for e in examples})
        if len(dialogues) < 2 * chosen.folds:
            raise RecommenderError(f"{len(dialogues)} dialogues are too few for {chosen.folds} folds; give more")
        if (facts.vectors is None) != (embed is None):
            raise RecommenderError("give item vectors and the embedder that made them together, or neither")
        vectors = embed([_tail(e.context, chosen) for e in examples]) if embed else None
        rng = np.random.default_rng(seed)
        fold_of = {d: k % chosen.folds for k, d in enumerate(rng.permutation(dialogues))}
        folds = np.array([fold_of[e.dialogue_id] for e in examples])
        samples: list[Sample] = []
        names: tuple[str, ...] = ()
        for fold in range(chosen.folds):
            inside, outside = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
            known = _statistics(examples, outside, facts, vectors)
            for found, used in _sampled(examples, inside, facts, known, vectors, chosen, rng):
                samples += found
                names = used
            if progress:
                progress((fold + 1) / (chosen.folds + 1), f"fold {fold + 1} of {chosen.folds}")
        if not samples:
            raise RecommenderError("no example recommends an item of the catalogue; check the item ids")
        blend = fit_blend(samples, hidden=chosen.hidden, members=chosen.members, seed=seed)
        whole = _statistics(examples, np.arange(len(examples)), facts, vectors)
        return cls(facts, whole, blend, names, chosen, embed)

    def score(self, contexts: Sequence[DialogueContext]) -> Iterator[Floats]:
        """(n_items,) for each context: higher is likelier next, comparable within a context only."""
        for start in range(0, len(contexts), BATCH):
            some = contexts[start : start + BATCH]
            vectors = self.embed([_tail(c, self.config) for c in some]) if self.embed else None
            columns = gather(some, self.facts, self.known, vectors)
            table = stack(columns, self.evidence)
            for row, context in enumerate(some):
                scores = self.blend.score(table[row])
                if not self.config.repeats:
                    scores[_named(context, self.facts)] = -np.inf
                yield scores

    def recommend(self, context: DialogueContext, k: int) -> list[tuple[str, float]]:
        """The `k` likeliest items with scores, best first."""
        scores = next(self.score([context]))
        return [(self.item_ids[i], float(scores[i])) for i in best_first(scores, k) if np.isfinite(scores[i])]


def _statistics(
    examples: Sequence[DialogueExample], rows: NDArray[np.int64], facts: ItemFacts, vectors: Floats | None
) -> DialogueStatistics:
    return DialogueStatistics(facts, [examples[r] for r in rows], None if vectors is None else vectors[rows])


def _sampled(
    examples: Sequence[DialogueExample], rows: NDArray[np.int64], facts: ItemFacts, known: DialogueStatistics,
    vectors: Floats | None, config: DialogueConfig, rng: np.random.Generator,
) -> Iterator[tuple[list[Sample], tuple[str, ...]]]:  # fmt: skip
    """Batches of training samples and the names of their features."""
    for start in range(0, len(rows), BATCH):
        some = rows[start : start + BATCH]
        contexts = [examples[r].context for r in some]
        columns = gather(contexts, facts, known, None if vectors is None else vectors[some])
        names = tuple(n for n in columns if config.use is None or n in config.use)
        table = stack(columns, names)
        hard = columns["mentions"] + columns["title"] + columns["like_words"] + 5 * columns["autoencoder"]
        found = []
        for row, r in enumerate(some):
            allowed = np.ones(len(facts), dtype=bool)
            if not config.repeats:
                allowed[_named(contexts[row], facts)] = False
            targets = [p for t in examples[r].targets if (p := facts.positions.get(t)) is not None and allowed[p]]
            if targets:
                found.append(draw(table[row], hard[row], targets, allowed, rng))
        yield found, names


def _named(context: DialogueContext, facts: ItemFacts) -> list[int]:
    return [facts.positions[i] for i in set(context.mentioned) if i in facts.positions]


def _tail(context: DialogueContext, config: DialogueConfig) -> str:
    """The newest words of the context, for the embedder."""
    return " ".join(context.texts[-config.seen_texts :])[-600:]
