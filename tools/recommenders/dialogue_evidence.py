"""What a dialogue says about every item: the features that `DialogueRecommender` weighs.

Each kind of evidence is one column: how often people bring an item up (overall, and around the time of the
dialogue), what goes with the items already named (in other dialogues, in rating logs, by people, genres,
keywords, title words and meaning), what the words say (genre words, names, BM25, meaning), and what was
recommended in the most similar stretches of other dialogues.

Sources: Steck, EASE, arXiv:1905.03375 (its dual form over dialogues); Robertson & Zaragoza, BM25, 2009; Khandelwal
et al., "Generalization through Memorization", arXiv:1911.00172 (nearest contexts vote).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
TOKEN = re.compile(r"[a-z']{3,}")
STOP = frozenset(
    re.findall(
        r"\S+",
        "the and for you that have was with are but not like what any movie movies film films good great one seen "
        "watch see just it's i'm haven't don't would will can also love loved think really too this some into know "
        "they there your how about yes hello thanks thank book books",
    )
)
TITLE_STOP = frozenset(re.findall(r"\S+", "the of and a in to ii iii iv part on for"))


@dataclass(frozen=True)
class DialogueItem:
    """What is known of an item besides who mentions it."""

    item_id: str
    title: str
    year: int | None = None
    genres: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    keywords: frozenset[str] = frozenset()
    text: str = ""


@dataclass(frozen=True)
class DialogueContext:
    """A dialogue so far."""

    texts: tuple[str, ...]
    """Utterances, oldest first."""
    mentioned: tuple[str, ...] = ()
    """Item ids named so far, oldest first, repeats kept."""
    entities: tuple[str, ...] = ()
    """Other names in it: people, genres."""
    when: float | None = None
    """When it took place, in any unit that grows with time; None: unknown."""


@dataclass(frozen=True)
class DialogueExample:
    """A recommendation someone made: the context before it and the items it named."""

    dialogue_id: str
    context: DialogueContext
    targets: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Likeness:
    """Which items go together, from another source; rows and columns are some of the items."""

    positions: NDArray[np.int64]
    """(m,) where its items stand among all."""
    matrix: Floats
    """(m, m) row i: what liking item i speaks for."""

    def spread(self, context: Any, n_items: int) -> Floats:
        """(n, n_items): a (n, n_items) sparse context times the matrix; 0 for items the source does not know."""
        out = np.zeros((context.shape[0], n_items), np.float32)
        out[:, self.positions] = context[:, self.positions] @ self.matrix
        return out


@dataclass(frozen=True, eq=False)
class ItemFacts:
    """Everything about the items that does not depend on dialogues, as matrices with one row an item."""

    items: Sequence[DialogueItem]
    vectors: Floats | None = None
    """(n_items, d) unit rows, of the same embedder as the contexts'."""
    likeness: Mapping[str, Likeness] = field(default_factory=dict)
    priors: Mapping[str, Floats] = field(default_factory=dict)
    """(n_items,) each: renown by other measures, already on a log-like scale."""
    genre_words: Mapping[str, str] = field(default_factory=dict)
    """A word people use to the genre it means."""

    def __len__(self) -> int:
        return len(self.items)

    @cached_property
    def year(self) -> NDArray[np.int64]:
        return np.array([item.year or 0 for item in self.items])

    @cached_property
    def positions(self) -> dict[str, int]:
        return {item.item_id: row for row, item in enumerate(self.items)}

    @cached_property
    def genres(self) -> tuple[Any, Any, dict[str, int]]:
        return weigh_words([item.genres for item in self.items])

    @cached_property
    def people(self) -> tuple[Any, Any, dict[str, int]]:
        return weigh_words([item.people for item in self.items])

    @cached_property
    def keywords(self) -> tuple[Any, Any, dict[str, int]]:
        return weigh_words([item.keywords for item in self.items])

    @cached_property
    def title_words(self) -> tuple[Any, Any, dict[str, int]]:
        return weigh_words([set(re.findall(r"[a-z]+", item.title.lower())) - TITLE_STOP for item in self.items])

    @cached_property
    def lexical(self) -> tuple[Any, dict[str, int], Floats]:
        """(n_items, words) BM25 weights, the vocabulary, and each word's rarity."""
        from scipy.sparse import csr_matrix, diags

        documents = [
            Counter(read_words(" ".join((i.text, i.title, *i.keywords, *i.genres, *i.people)))) for i in self.items
        ]
        spread = Counter(word for document in documents for word in document)
        vocabulary = {word: k for k, word in enumerate(sorted(w for w, n in spread.items() if n >= 3))}
        cells = [(r, vocabulary[w], c) for r, d in enumerate(documents) for w, c in d.items() if w in vocabulary]
        rows, columns, counts = zip(*cells, strict=True) if cells else ((), (), ())
        shape = (len(documents), len(vocabulary))
        counted = csr_matrix((np.array(counts, np.float32), (rows, columns)), shape=shape)
        lengths = np.asarray(counted.sum(axis=1)).ravel()
        relative = np.repeat(lengths / max(1e-6, lengths.mean()), np.diff(counted.indptr))
        counted.data = counted.data * 2.2 / (counted.data + 1.2 * (0.25 + 0.75 * relative))
        rarity = np.log(len(documents) / np.maximum(1, np.asarray((counted > 0).sum(axis=0)).ravel())).astype(
            np.float32
        )
        return (counted @ diags(rarity)).tocsr().astype(np.float32), vocabulary, rarity


def read_words(text: str) -> list[str]:
    """Words worth matching."""
    return [word for word in TOKEN.findall(text.lower()) if word not in STOP]


def weigh_words(rows: Sequence[Iterable[str]]) -> tuple[Any, Any, dict[str, int]]:
    """Unit rows of rarity weights, the same as 0 and 1, and the vocabulary (words on at least two rows)."""
    from scipy.sparse import csr_matrix, diags

    sets = [set(row) for row in rows]
    counts = Counter(word for row in sets for word in row)
    vocabulary = {word: k for k, word in enumerate(sorted(w for w, n in counts.items() if n >= 2))}
    cells = [(r, vocabulary[w]) for r, row in enumerate(sets) for w in row if w in vocabulary]
    index = tuple(np.array(column, dtype=np.int64) for column in zip(*cells, strict=True)) if cells else ([], [])
    flags = csr_matrix((np.ones(len(cells), np.float32), index), shape=(len(sets), max(1, len(vocabulary))))
    rarity = np.log(len(sets) / np.maximum(1, np.asarray(flags.sum(axis=0)).ravel())).astype(np.float32)
    return unit_rows(flags @ diags(rarity)), flags, vocabulary


def unit_rows(matrix: Any) -> Any:
    """Each row of a sparse matrix divided by its length."""
    from scipy.sparse import diags

    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return (diags((1 / np.maximum(lengths, 1e-6)).astype(np.float32)) @ matrix).tocsr()


def sparse_rows(rows: Sequence[Iterable[tuple[int, float]]], width: int) -> Any:
    """(len(rows), width) CSR from (column, value) pairs."""
    from scipy.sparse import csr_matrix

    cells = [(r, c, v) for r, row in enumerate(rows) for c, v in row]
    if not cells:
        return csr_matrix((len(rows), width), dtype=np.float32)
    r, c, v = zip(*cells, strict=True)
    return csr_matrix((np.array(v, np.float32), (r, c)), shape=(len(rows), width))


class DialogueStatistics:
    """What a set of dialogues says: who is brought up, together with whom, after which words."""

    def __init__(self, facts: ItemFacts, examples: Sequence[DialogueExample], vectors: Floats | None) -> None:
        """`vectors`: (len(examples), d) unit rows of the contexts."""
        self.examples = examples
        self.vectors = vectors
        n = len(facts)
        dialogues: dict[str, set[int]] = {}
        when: dict[str, float] = {}
        for example in examples:
            named = (*example.context.mentioned, *example.targets)
            dialogues.setdefault(example.dialogue_id, set()).update(
                facts.positions[i] for i in named if i in facts.positions
            )
            if example.context.when is not None:
                when[example.dialogue_id] = example.context.when
        self.rows = sparse_rows([[(i, 1.0) for i in sorted(d)] for d in dialogues.values()], n)
        self.when = np.array([when.get(d, np.nan) for d in dialogues])
        self.mentions = np.asarray(self.rows.sum(axis=0)).ravel().astype(np.float32)
        self.answers = sparse_rows(
            [[(facts.positions[t], 1.0) for t in set(e.targets) if t in facts.positions] for e in examples], n
        )
        self.recommended = np.asarray(self.answers.sum(axis=0)).ravel().astype(np.float32)
        overlap = (self.rows @ self.rows.T).toarray().astype(np.float32)
        self.dual = np.linalg.inv(overlap + 5.0 * np.eye(len(overlap), dtype=np.float32))
        years = facts.year[(self.mentions >= 3) & (facts.year > 0)]
        self.latest = int(years.max()) if len(years) else 0
        known = self.when[~np.isnan(self.when)]
        self.middle = float(np.quantile(known, 0.5)) if len(known) else 0.0
        self.end = float(np.quantile(known, 0.95)) if len(known) else 1.0
        _, vocabulary, rarity = facts.lexical
        self.words = unit_rows(weigh_query([e.context for e in examples], vocabulary).multiply(rarity[None]).tocsr())


def weigh_query(contexts: Sequence[DialogueContext], vocabulary: Mapping[str, int]) -> Any:
    """(n, words) CSR, 1 for each known word said."""
    rows = [
        [(vocabulary[w], 1.0) for w in sorted(set(read_words(" ".join(c.texts)))) if w in vocabulary] for c in contexts
    ]
    return sparse_rows(rows, max(1, len(vocabulary)))
