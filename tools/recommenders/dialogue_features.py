"""The evidence of `dialogue_evidence` for a batch of contexts, column by column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from parley.tools.recommenders.dialogue_evidence import (
    DialogueContext,
    DialogueStatistics,
    Floats,
    ItemFacts,
    read_words,
    sparse_rows,
    unit_rows,
    weigh_query,
)

Columns = dict[str, Floats]


def gather(
    contexts: Sequence[DialogueContext], facts: ItemFacts, known: DialogueStatistics, vectors: Floats | None
) -> Columns:
    """Every kind of evidence by name, each (n, n_items) float32.

    Args:
        contexts: the dialogues so far.
        known: statistics of other dialogues; never of these.
        vectors: (n, d) unit rows of the contexts, if the facts have vectors too.
    """
    columns: Columns = {}
    columns.update(renown(contexts, facts, known))
    columns.update(company(contexts, facts, known))
    columns.update(said(contexts, facts, vectors))
    columns.update(neighbours(contexts, facts, known, vectors))
    n = len(facts)
    named = [len(set(c.mentioned)) for c in contexts]
    columns["n_named"] = _wide(np.minimum(6, named), n)
    columns["n_turns"] = _wide(np.minimum(20, [len(c.texts) for c in contexts]), n)
    return {name: np.asarray(column, dtype=np.float32) for name, column in columns.items()}


def renown(contexts: Sequence[DialogueContext], facts: ItemFacts, known: DialogueStatistics) -> Columns:
    """How often an item comes up, in all dialogues and around this time, and how new it is."""
    one = np.ones((len(contexts), 1), np.float32)
    columns = {
        "mentions": one * np.log(known.mentions + 0.3),
        "recommended": one * np.log(known.recommended + 0.3),
        "recent": one * ((facts.year >= known.latest - 2) & (facts.year > 0)),
        "newest": one * ((facts.year >= known.latest) & (facts.year > 0)),
        "era": one * np.clip((facts.year - 1990) / 30, -1, 1),
        "no_year": one * (facts.year == 0),
        **{name: one * values for name, values in facts.priors.items()},
    }
    when = np.array([np.nan if c.when is None else c.when for c in contexts])
    if np.isnan(when).any() or np.isnan(known.when).any():
        return columns
    span = max(1e-6, known.end - known.middle)
    for name, width in (("lately", span / 6), ("these_days", span / 2)):
        near = np.exp(-np.abs(when[:, None] - known.when[None]) / width).astype(np.float32)  # (n, dialogues)
        share = np.asarray(known.rows.T @ near.T).T / np.maximum(near.sum(axis=1, keepdims=True), 1e-9)
        columns[name] = np.log(share * 1000 + 0.3)
    late = np.clip((when - known.middle) / span, -1, 1)[:, None]
    columns["late_newest"] = late * ((facts.year >= known.latest) & (facts.year > 0))
    columns["late_last_year"] = late * (facts.year == known.latest - 1)
    columns["late_old"] = late * ((facts.year < known.latest - 8) & (facts.year > 0))
    return columns


def company(contexts: Sequence[DialogueContext], facts: ItemFacts, known: DialogueStatistics) -> Columns:
    """What goes with the items named so far, the newest counting most."""
    n = len(facts)
    order = [
        [facts.positions[i] for i in dict.fromkeys(reversed(c.mentioned)) if i in facts.positions] for c in contexts
    ]
    fading = sparse_rows([[(i, 0.8**age) for age, i in enumerate(row)] for row in order], n)
    plain = sparse_rows([[(i, 1.0) for i in row] for row in order], n)
    newest = sparse_rows([[(i, 1.0) for i in row[:1]] for row in order], n)
    total = np.maximum(1, np.asarray(fading.sum(axis=1)).ravel())[:, None]
    together = np.asarray((fading @ known.rows.T @ known.rows).todense())
    columns: Columns = {
        "repeat": np.asarray(fading.todense()),
        "together": np.log1p(together),
        "together_rare": np.log1p(together / np.sqrt(known.mentions + 2)),
        "autoencoder": np.asarray(known.rows.T @ (known.dual @ np.asarray((plain @ known.rows.T).todense()).T)).T,
        "genres": np.asarray((fading @ facts.genres[0] @ facts.genres[0].T).todense()) / total,
        "people": np.log1p(np.asarray((fading @ facts.people[0] @ facts.people[0].T).todense())),
        "keywords": np.log1p(np.asarray((fading @ facts.keywords[0] @ facts.keywords[0].T).todense())),
        "title": np.log1p(np.asarray((fading @ facts.title_words[0] @ facts.title_words[0].T).todense())),
        "title_newest": np.asarray((newest @ facts.title_words[0] @ facts.title_words[0].T).todense()),
        "genres_newest": np.asarray((newest @ facts.genres[0] @ facts.genres[0].T).todense()),
    }
    for name, likeness in facts.likeness.items():
        columns[name] = likeness.spread(fading, n) / total
    if facts.vectors is not None:
        columns["meaning"] = (fading @ facts.vectors) / total @ facts.vectors.T
    years = [[y for i in row if (y := int(facts.year[i]))] for row in order]
    middle = np.array([float(np.mean(row)) if row else 0.0 for row in years])[:, None]
    gap = -np.abs(middle - facts.year[None]) / 10
    columns["same_time"] = np.where((middle > 0) & (facts.year > 0)[None], gap, -1.0)
    return columns


def said(contexts: Sequence[DialogueContext], facts: ItemFacts, vectors: Floats | None) -> Columns:
    """What the words ask for: genres, names, any word, meaning."""
    everywhere = count_genres([c.texts for c in contexts], facts)
    lately = count_genres([c.texts[-3:] for c in contexts], facts)
    flags = np.asarray(facts.genres[1].T.todense())
    named = [[_bare(e) for e in c.entities] for c in contexts]
    people = facts.people[2]
    asked = sparse_rows(
        [[(people[e], 1.0) for e in sorted(set(row)) if e in people] for row in named], max(1, len(people))
    )
    weights, vocabulary, _ = facts.lexical
    columns: Columns = {
        "genre_words": np.minimum(everywhere, 2)
        @ flags
        / np.maximum(1, np.minimum(everywhere, 2).sum(1, keepdims=True)),
        "genre_words_lately": np.minimum(lately, 1)
        @ flags
        / np.maximum(1, np.minimum(lately, 1).sum(1, keepdims=True)),
        "names": np.minimum(2, np.asarray((asked @ facts.people[1].T).todense())),
        "words": np.sqrt(np.asarray((weigh_query(contexts, vocabulary) @ weights.T).todense())),
    }
    if facts.vectors is not None and vectors is not None:
        columns["meaning_of_words"] = vectors @ facts.vectors.T
    return columns


def count_genres(texts: Sequence[Sequence[str]], facts: ItemFacts) -> Floats:
    """(n, genres) how often a word for each genre was said."""
    vocabulary = facts.genres[2]
    counts = np.zeros((len(texts), max(1, len(vocabulary))), np.float32)
    for row, utterances in enumerate(texts):
        for word in read_words(" ".join(utterances)):
            genre = facts.genre_words.get(word, word)
            if genre in vocabulary:
                counts[row, vocabulary[genre]] += 1
    return counts


def neighbours(
    contexts: Sequence[DialogueContext], facts: ItemFacts, known: DialogueStatistics, vectors: Floats | None
) -> Columns:
    """What was recommended after the most similar stretches of other dialogues, by meaning and by words."""
    _, vocabulary, rarity = facts.lexical
    words = unit_rows(weigh_query(contexts, vocabulary).multiply(rarity[None]).tocsr())
    shared = np.asarray((words @ known.words.T).todense()) ** 2
    columns = {"like_words": _vote(shared / (shared.sum(axis=1, keepdims=True) + 1e-6), known)}
    if vectors is None or known.vectors is None:
        return columns
    near = vectors @ known.vectors.T  # (n, examples) cosine
    for name, width in (("like_dialogues", 0.07), ("likest_dialogues", 0.03)):
        share = np.exp((near - near.max(axis=1, keepdims=True)) / width)
        columns[name] = _vote(share / share.sum(axis=1, keepdims=True), known)
    return columns


def stack(columns: Mapping[str, Floats], names: Sequence[str]) -> Floats:
    """(n, n_items, len(names))."""
    return np.stack([columns[name] for name in names], axis=-1)


def _vote(share: Any, known: DialogueStatistics) -> Floats:
    return np.log(np.asarray(known.answers.T @ share.T).T + 1e-3).astype(np.float32)


def _wide(values: Any, n: int) -> Floats:
    return np.repeat(np.asarray(values, np.float32)[:, None], n, axis=1)


def _bare(name: str) -> str:
    """A name without what follows in brackets, in small letters."""
    return name.lower().split(" (")[0].strip()
