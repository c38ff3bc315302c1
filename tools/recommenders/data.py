"""Interactions: who reacted to what, when, and how strongly; read from the field's data sets.

Every classical recommender here learns from an `Interactions` and nothing else. The loaders take a
folder in the layout the publishers use; a file may be gzipped.
"""

from __future__ import annotations

import csv
import gzip
import html
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


class InteractionsError(ValueError):
    """Interaction data that cannot be used; the message names the file, the value and the mend."""


@dataclass(frozen=True, eq=False)
class Interactions:
    """A log of reactions. Row r says that user `user_index[r]` reacted to item `item_index[r]`."""

    user_index: NDArray[np.int32]
    """(n,) index into `user_ids`."""
    item_index: NDArray[np.int32]
    """(n,) index into `item_ids`."""
    weight: NDArray[np.float32]
    """(n,) how much they liked it, in the source's unit (stars, hours); 1.0 where nothing is known."""
    time: NDArray[np.float64]
    """(n,) seconds since 1970, or the place in the user's own order; 0 everywhere if `timed` is False."""
    user_ids: tuple[str, ...]
    item_ids: tuple[str, ...]
    timed: bool = True
    """False: the source says nothing about order."""
    name: str = ""

    def __post_init__(self) -> None:
        sizes = {len(self.user_index), len(self.item_index), len(self.weight), len(self.time)}
        if len(sizes) != 1:
            raise InteractionsError(f"columns of unequal length {sorted(sizes)}; give one value a row")
        for index, ids, what in ((self.user_index, self.user_ids, "user"), (self.item_index, self.item_ids, "item")):
            if len(index) and not 0 <= int(index.min()) <= int(index.max()) < len(ids):
                raise InteractionsError(f"{what}_index must lie in 0..{len(ids) - 1}")

    @classmethod
    def from_columns(
        cls,
        users: Sequence[str],
        items: Sequence[str],
        weights: Sequence[float] | None = None,
        times: Sequence[float] | None = None,
        *,
        item_ids: Sequence[str] | None = None,
        name: str = "",
    ) -> Interactions:
        """Build from parallel columns; `item_ids` fixes the vocabulary and drops rows about other items."""
        if not len(users):
            raise InteractionsError(f"{name or 'the data'} holds no interaction")
        vocabulary = tuple(item_ids) if item_ids is not None else tuple(sorted(set(items), key=_natural))
        position = {item_id: index for index, item_id in enumerate(vocabulary)}
        columns = np.array([position.get(item, -1) for item in items], dtype=np.int32)
        kept = columns >= 0
        user_ids = tuple(sorted({user for user, keep in zip(users, kept, strict=True) if keep}, key=_natural))
        row_of = {user: index for index, user in enumerate(user_ids)}
        rows = np.array([row_of[user] for user, keep in zip(users, kept, strict=True) if keep], dtype=np.int32)
        n = len(columns)
        return cls(
            user_index=rows,
            item_index=columns[kept],
            weight=np.asarray(np.ones(n) if weights is None else weights, dtype=np.float32)[kept],
            time=np.asarray(np.zeros(n) if times is None else times, dtype=np.float64)[kept],
            user_ids=user_ids,
            item_ids=vocabulary,
            timed=times is not None,
            name=name,
        )

    def __len__(self) -> int:
        return len(self.user_index)

    @property
    def n_users(self) -> int:
        return len(self.user_ids)

    @property
    def n_items(self) -> int:
        return len(self.item_ids)

    def select(self, rows: NDArray[Any]) -> Interactions:
        """The rows named (a mask or indices), with both vocabularies unchanged."""
        return Interactions(
            self.user_index[rows], self.item_index[rows], self.weight[rows], self.time[rows],
            self.user_ids, self.item_ids, self.timed, self.name,
        )  # fmt: skip

    def matrix(self) -> Any:
        """(n_users, n_items) float32 CSR, 1 where the user ever reacted."""
        from scipy.sparse import csr_matrix

        ones = np.ones(len(self), dtype=np.float32)
        found = csr_matrix((ones, (self.user_index, self.item_index)), shape=(self.n_users, self.n_items))
        found.data[:] = 1.0
        return found

    @cached_property
    def order(self) -> NDArray[np.int64]:
        """(n,) rows sorted by user, then time; ties keep the source's order."""
        return np.lexsort((np.arange(len(self)), self.time, self.user_index))

    def histories(self) -> Histories:
        """Every user's items, oldest first; row u is user u (possibly empty). All weights are 1."""
        counts = np.bincount(self.user_index, minlength=self.n_users)
        return Histories(
            offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            items=self.item_index[self.order],
            weights=np.ones(len(self), dtype=np.float32),
            n_items=self.n_items,
        )


@dataclass(frozen=True, eq=False)
class Histories:
    """Several people's reactions, each oldest first, laid end to end."""

    offsets: NDArray[np.int64]
    """(n + 1,) person p owns `items[offsets[p]:offsets[p + 1]]`."""
    items: NDArray[np.int32]
    """(m,) item indices."""
    weights: NDArray[np.float32]
    """(m,) 1 an ordinary like, negative a dislike."""
    n_items: int

    @classmethod
    def of(
        cls, rows: Iterable[Sequence[int]], n_items: int, weights: Iterable[Sequence[float]] | None = None
    ) -> Histories:
        """From lists of item indices, oldest first."""
        lists = [np.asarray(row, dtype=np.int32) for row in rows]
        items = np.concatenate([*lists, np.empty(0, np.int32)]).astype(np.int32)
        flat = np.ones(len(items)) if weights is None else np.concatenate([np.empty(0), *map(np.asarray, weights)])
        return cls(
            np.concatenate([[0], np.cumsum([len(row) for row in lists])]).astype(np.int64),
            items,
            flat.astype(np.float32),
            n_items,
        )

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, person: int) -> NDArray[np.int32]:
        """The items of one person, oldest first."""
        return self.items[self.offsets[person] : self.offsets[person + 1]]

    def __iter__(self) -> Iterator[NDArray[np.int32]]:
        return (self[person] for person in range(len(self)))

    @property
    def lengths(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)

    @property
    def people(self) -> NDArray[np.int64]:
        """(m,) whose reaction each entry is."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def take(self, people: Sequence[int] | NDArray[np.int64]) -> Histories:
        """The rows of these people, in this order."""
        spans = [slice(self.offsets[p], self.offsets[p + 1]) for p in people]
        return Histories.of(
            [self.items[s].tolist() for s in spans], self.n_items, [self.weights[s].tolist() for s in spans]
        )

    def without_last(self, n: int = 1) -> Histories:
        """Each history less its newest `n` reactions."""
        ages = self.ages()
        kept = ages >= n
        lengths = np.maximum(self.lengths - n, 0)
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        return Histories(offsets, self.items[kept], self.weights[kept], self.n_items)

    def ages(self) -> NDArray[np.int64]:
        """(m,) how many newer reactions the same person has; the newest has age 0."""
        return np.repeat(self.offsets[1:], self.lengths) - 1 - np.arange(len(self.items))

    def matrix(self, *, decay: float | None = None) -> Any:
        """(n, n_items) float32 CSR of weights; with `decay`, each times exp(-age / decay)."""
        from scipy.sparse import csr_matrix

        data = self.weights if decay is None else self.weights * np.exp(-self.ages() / decay)
        return csr_matrix(
            (data.astype(np.float32), self.items, self.offsets), shape=(len(self), self.n_items), copy=True
        )

    def interactions(self, item_ids: Sequence[str], *, timed: bool = True) -> Interactions:
        """The same as a log; person p becomes user p, the place in the history its time."""
        place = np.arange(len(self.items)) - np.repeat(self.offsets[:-1], self.lengths)
        return Interactions(
            self.people.astype(np.int32),
            self.items,
            self.weights,
            place.astype(np.float64),
            tuple(str(p) for p in range(len(self))),
            tuple(item_ids),
            timed,
        )


def faded(weights: NDArray[np.float32], decay: float | None) -> NDArray[np.float32]:
    """(m,) float32: one person's weights, oldest first, each times exp(-age / decay); as they are for None."""
    if decay is None:
        return weights
    return (weights * np.exp(np.arange(1 - len(weights), 1) / decay)).astype(np.float32)


def load_interactions(name: str, folder: Path) -> Interactions:
    """Read a known data set from its folder.

    Raises:
        InteractionsError: the data set is unknown, a file is missing, or a line is not what the format says.
    """
    if name not in LOADERS:
        raise InteractionsError(f"no data set {name!r}; known: {', '.join(sorted(LOADERS))}")
    return LOADERS[name](folder)


def load_genres(name: str, folder: Path) -> dict[str, frozenset[str]]:
    """Item id to its genres, for the data sets that say so; empty otherwise."""
    if name == "movielens-100k":
        names = [row[0] for row in _split_rows(folder, "u.genre", "|", width=2)]
        return {
            row[0]: frozenset(g for g, flag in zip(names, row[5:], strict=False) if flag == "1")
            for row in _split_rows(folder, "u.item", "|", width=24, encoding="iso-8859-1")
        }
    if name == "movielens-1m":
        rows = _split_rows(folder, "movies.dat", "::", width=3, encoding="iso-8859-1")
        return {row[0]: frozenset(row[2].split("|")) for row in rows}
    if name == "movielens-latest-small":
        return {
            row["movieId"]: frozenset(row["genres"].split("|")) - {"(no genres listed)"}
            for row in _read_csv(folder, "movies.csv")
        }
    return {}


def load_titles(name: str, folder: Path) -> dict[str, str]:
    """Item id to its title as the source writes it; empty where the source has none."""
    if name == "movielens-100k":
        return {row[0]: row[1] for row in _split_rows(folder, "u.item", "|", width=24, encoding="iso-8859-1")}
    if name == "movielens-1m":
        return {row[0]: row[1] for row in _split_rows(folder, "movies.dat", "::", width=3, encoding="iso-8859-1")}
    if name == "movielens-latest-small":
        return {row["movieId"]: row["title"] for row in _read_csv(folder, "movies.csv")}
    if name == "amazon-games":
        return {row[0]: html.unescape(row[1]) for row in _split_rows(folder, "Games.item", "\t", width=2, skip=1)}
    return {}


def load_movielens_100k(folder: Path) -> Interactions:
    """All 100,000 ratings with their stars and times; RecBole's `ml-100k.inter` serves as well."""
    if _find(folder, "u.data") is None and _find(folder, "ml-100k.inter") is not None:
        rows = list(_split_rows(folder, "ml-100k.inter", "\t", width=4, skip=1))
    else:
        rows = list(_split_rows(folder, "u.data", "\t", width=4))
    return _from_ratings(rows, "movielens-100k", "u.data")


def load_movielens_latest_small(folder: Path) -> Interactions:
    """Ratings in half stars, with times."""
    rows = [(r["userId"], r["movieId"], r["rating"], r["timestamp"]) for r in _read_csv(folder, "ratings.csv")]
    return _from_ratings(rows, "movielens-latest-small", "ratings.csv")


def load_movielens_1m(folder: Path) -> Interactions:
    """`ratings.dat` of the publisher, or `sequences.tsv` (ordered items, no stars)."""
    if _find(folder, "ratings.dat") is not None:
        rows = list(_split_rows(folder, "ratings.dat", "::", width=4))
        return _from_ratings(rows, "movielens-1m", "ratings.dat")
    table = ((row[0], row[2].split()) for row in _split_rows(folder, "sequences.tsv", "\t", width=3, skip=1))
    return _from_sequences(table, "movielens-1m")


def load_amazon_games(folder: Path) -> Interactions:
    """Purchase sequences; the source's own test item stays last, its validation item before it."""
    rows = _split_rows(folder, "sequences.tsv", "\t", width=3, skip=1)
    return _from_sequences(((row[0], [*row[1].split(), row[2].strip()]) for row in rows), "amazon-games")


def load_steam_games(folder: Path) -> Interactions:
    """Hours played (purchases that were never played count as 0); the source has no times."""
    hours: dict[tuple[str, str], float] = {}
    for number, row in enumerate(csv.reader(_open(folder, "steam-200k.csv")), 1):
        if len(row) < 4:
            raise InteractionsError(f"steam-200k.csv line {number}: {len(row)} columns, 5 expected; fetch it again")
        played = _number(row[3], "steam-200k.csv", number) if row[2] == "play" else 0.0
        hours[row[0], row[1]] = max(hours.get((row[0], row[1]), 0.0), played)
    users, items = zip(*hours, strict=True) if hours else ((), ())
    return Interactions.from_columns(users, items, list(hours.values()), name="steam-games")


LOADERS: dict[str, Callable[[Path], Interactions]] = {
    "movielens-100k": load_movielens_100k,
    "movielens-1m": load_movielens_1m,
    "movielens-latest-small": load_movielens_latest_small,
    "amazon-games": load_amazon_games,
    "steam-games": load_steam_games,
}


def _from_ratings(rows: Sequence[Sequence[str]], name: str, file: str) -> Interactions:
    stars = [_number(row[2], file, n) for n, row in enumerate(rows, 1)]
    times = [_number(row[3], file, n) for n, row in enumerate(rows, 1)]
    return Interactions.from_columns([r[0] for r in rows], [r[1] for r in rows], stars, times, name=name)


def _from_sequences(table: Iterable[tuple[str, list[str]]], name: str) -> Interactions:
    users: list[str] = []
    items: list[str] = []
    times: list[float] = []
    for user, sequence in table:
        users += [user] * len(sequence)
        items += sequence
        times += range(len(sequence))
    return Interactions.from_columns(users, items, None, times, name=name)


def _natural(text: str) -> tuple[int, str]:
    """Numbers in numeric order before words in alphabetical order."""
    return (int(text), "") if text.isdecimal() and len(text) < 18 else (10**18, text)


def _number(text: str, file: str, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise InteractionsError(f"{file} line {line}: {text[:40]!r} is not a number; fetch the file again")
    return value


def _find(folder: Path, file: str) -> Path | None:
    return next((path for path in (folder / file, folder / f"{file}.gz") if path.is_file()), None)


def _open(folder: Path, file: str, encoding: str = "utf-8") -> io.TextIOBase:
    path = _find(folder, file)
    if path is None:
        raise InteractionsError(f"{str(folder)!r} has no {file} or {file}.gz; run: parley data get {folder.name}")
    try:
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return io.StringIO(raw.decode(encoding), newline="")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InteractionsError(f"{path.name} is damaged ({error}); fetch it again") from error


def _split_rows(
    folder: Path, file: str, separator: str, *, width: int, skip: int = 0, encoding: str = "utf-8"
) -> Iterator[list[str]]:
    for number, line in enumerate(_open(folder, file, encoding), 1):
        if number <= skip or not line.strip():
            continue
        row = line.rstrip("\r\n").split(separator)
        if len(row) < width:
            raise InteractionsError(f"{file} line {number}: {len(row)} columns, {width} expected; fetch it again")
        yield row


def _read_csv(folder: Path, file: str) -> Iterator[dict[str, str]]:
    for number, row in enumerate(csv.DictReader(_open(folder, file)), 2):
        if None in row or None in row.values():
            raise InteractionsError(f"{file} line {number}: wrong number of columns; fetch it again")
        yield row
