"""ReDial as He et al. and iEvaLM evaluate it, and the 1,000 dialogues there are to learn from.

Items are ReDial's films; several of its ids, with and without a year, can be one film. He et al.'s DBpedia
names are tied to films by title and year. Names in a context are found where the text writes
"Title (Year)"; targets are never used to tie anything.

Sources: Li et al., ReDial, NeurIPS 2018; He et al., "Large Language Models as Zero-Shot Conversational
Recommenders", CIKM 2023, arXiv:2308.10053; Wang et al., iEvaLM, EMNLP 2023, arXiv:2305.13112.
"""

from __future__ import annotations

import ast
import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np

from parley.evals.crs.cases import (
    Case,
    CrsData,
    Published,
    has_file,
    read_json,
    read_lines,
    read_text,
    split_year,
)
from parley.evals.crs.films import GENRE_WORDS, fit_likeness
from parley.tools.recommenders.dialogue import DialogueContext, DialogueExample, DialogueItem, ItemFacts

YEAR = re.compile(r"\((\d{4})\)")
ODD = re.compile(r"series|upcoming|game|song|club|album|score|soundtrack|opera|season|franchise|novel|pinball|village")
"""Qualifiers of DBpedia names that are not the film itself."""


class Films:
    """ReDial's films: one item for all ids of a film."""

    def __init__(self, rows: Iterable[Mapping[str, str]]) -> None:
        named = [(row["movieId"], " ".join(row["movieName"].split()), int(row["nbMentions"] or 0)) for row in rows]
        by_title: dict[str, list[tuple[int | None, int, str]]] = defaultdict(list)
        for movie_id, name, mentions in named:
            title, year = split_year(name)
            by_title[title].append((year, mentions, movie_id))
        self.film_of: dict[str, str] = {}
        self._by_name: dict[tuple[str, int | None], str] = {}
        for title, group in by_title.items():
            years: dict[int | None, list[tuple[int, str]]] = defaultdict(list)
            for year, mentions, movie_id in group:
                years[year].append((mentions, movie_id))
            main = max(years, key=lambda y: (y is not None, sum(n for n, _ in years[y])))
            for year, ids in years.items():
                film = max(years[main] if year is None else ids)[1]
                self._by_name[title, year] = film
                self.film_of.update({movie_id: film for _, movie_id in ids})
            self._by_name.setdefault((title, None), max(years[main])[1])
        self.names = {name: self.film_of[movie_id] for movie_id, name, _ in named}
        self.ids = tuple(sorted(set(self.film_of.values()), key=int))
        self.name_of = {self.film_of[i]: name for i, name, _ in named if self.film_of[i] == i}

    def find(self, name: str) -> str | None:
        """The film of a name with or without a year (one year off is forgiven)."""
        title, year = split_year(name)
        tries = (None,) if year is None else (year, None, year + 1, year - 1)
        return next((self._by_name[title, y] for y in tries if (title, y) in self._by_name), None)

    def mentions(self, texts: Sequence[str]) -> list[str]:
        """Films written as "Title (Year)", in the order of the text."""
        found = []
        for text in texts:
            start = 0
            for year in YEAR.finditer(text):
                words = list(re.finditer(r"\S+", text[start : year.start()]))[-12:]
                spans = (text[start + word.start() : year.end()] for word in words)
                name = next((span for span in spans if span in self.names), None)
                if name is not None:
                    found.append(self.names[name])
                    start = year.end()
        return found


def load_zero_shot(folder: Path, mirror: Path) -> CrsData:
    """He et al.'s test turns; `mirror` holds the data sets to learn from.

    Raises:
        CrsDataError: a file is missing or damaged.
    """
    films = load_films(mirror)
    entity_of = {index: name for name, index in read_json(folder, "entity2id.json").items()}
    link, chosen = tie_names([entity_of[i] for i in read_json(folder, "item_ids.json")], films)
    cases = []
    for row in read_lines(
        folder, _first(folder, "test.jsonl", "test_dev_half.jsonl"), ("context", "prev_entity", "rec")
    ):
        texts = tuple(text for text in row["context"] if text)
        named = [entity_of.get(e, "") for e in row["prev_entity"]]
        written = films.mentions(texts)
        before = [link[n] for n in named if n in link and link[n] not in written]
        seen = set(row["prev_entity"])
        dialogue = str(row["dialog_id"]).rpartition("_")[2]
        context = DialogueContext(
            texts, (*before, *written), tuple(_entity_words(n) for n in named if n not in link), _when(dialogue)
        )
        targets = [entity_of.get(t, "") for t in row["rec"]]
        cases.append(
            Case(
                dialogue, context, tuple(link[t] if chosen.get(link.get(t, "")) == t else "" for t in targets),
                tuple(t in seen for t in row["rec"]),
            )
        )  # fmt: skip
    return assemble("zero-shot-crs ReDial", cases, set(chosen), films, mirror, _published(folder.parent))


def load_ievalm(folder: Path, mirror: Path) -> CrsData:
    """iEvaLM's static test turns of ReDial."""
    films = load_films(mirror)
    ids = set(read_json(folder, "item_ids.json"))
    names = {name for name, index in read_json(folder, "entity2id.json").items() if index in ids}
    candidates = {film for name in names if (film := films.find(name)) is not None}
    cases = [
        Case(e.dialogue_id, e.context, e.targets, tuple(t in e.context.mentioned for t in e.targets))
        for e in _ievalm_examples(
            folder, _first(folder, "test_processed.jsonl", "test_processed_dev_half.jsonl"), films
        )
    ]
    rows = {
        "KBRD": (0.028, 0.169, 0.366), "BARCOR": (0.031, 0.170, 0.372), "UniCRS": (0.050, 0.215, 0.413),
        "ChatGPT": (0.037, 0.174, None),
    }  # fmt: skip
    published = [
        Published(name, "iEvaLM, static", {k: v for k, v in zip((1, 10, 50), r, strict=True) if v is not None}, "all")
        for name, r in rows.items()
    ]
    return assemble("iEvaLM ReDial", cases, candidates, films, mirror, published)


def assemble(
    name: str, cases: Sequence[Case], candidates: set[str], films: Films, mirror: Path, published: Sequence[Published]
) -> CrsData:
    """The rest: what to learn from, never a dialogue of the test."""
    tested = {case.dialogue_id for case in cases}
    train = _ievalm_examples(mirror / "ievalm" / "redial", "valid_processed.jsonl", films)
    kept = [e for e in train if e.dialogue_id not in tested]
    items, movielens, priors = _items(films, mirror)
    likeness, renown = fit_likeness([movielens.get(item.item_id) for item in items], mirror)
    priors.update(renown)
    texts = [f"{films.name_of[i.item_id]}. {', '.join(sorted(i.genres))}. {i.text[:300]}" for i in items]
    facts = ItemFacts(items, None, likeness, priors, GENRE_WORDS)
    mask = np.array([item.item_id in candidates for item in items])
    notes = (
        f"learned from {len({e.dialogue_id for e in kept})} dialogues ({len(kept)} turns), none of them tested",
        f"{int(mask.sum())} items ranked",
    )
    return CrsData(name, cases, kept, facts, mask, texts, published, notes)


def load_films(mirror: Path) -> Films:
    return Films(csv.DictReader(io.StringIO(read_text(mirror / "redial", "movies_with_mentions.csv"))))


def tie_names(names: Sequence[str], films: Films) -> tuple[dict[str, str], dict[str, str]]:
    """DBpedia names to films, and for each film the one name that stands for it when several could."""
    link: dict[str, str] = {}
    best: dict[str, tuple[int, str]] = {}
    for name in names:
        words = _entity_words(name)
        found = re.match(r"^(.*?)\s*\(((?:(\d{4}) )?[^()]*)\)$", words)
        plain, qualifier, year = (found[1], found[2], found[3]) if found else (words, "", None)
        film = films.find(f"{plain} ({year})" if year else plain)
        if film is None:
            continue
        link[name] = film
        quality = 2 if not qualifier else 0 if ODD.search(qualifier) else 3 if "film" in qualifier else 1
        quality += bool(year) + 2 * (plain.lower() == YEAR.sub("", films.name_of[film]).strip().lower())
        if film not in best or quality > best[film][0]:
            best[film] = (quality, name)
    return link, {film: name for film, (_, name) in best.items()}


def _ievalm_examples(folder: Path, file: str, films: Films) -> list[DialogueExample]:
    ids = set(read_json(folder, "item_ids.json"))
    items = {name for name, index in read_json(folder, "entity2id.json").items() if index in ids}
    found = []
    for row in read_lines(folder, file, ("context", "entity", "rec")):
        films_named = [film for e in row["entity"] if e in items and (film := films.find(e)) is not None]
        context = DialogueContext(
            tuple(text for text in row["context"] if text), tuple(films_named),
            tuple(e for e in row["entity"] if e not in items), _when(str(row["dialog_id"])),
        )  # fmt: skip
        found.append(DialogueExample(str(row["dialog_id"]), context, tuple(films.find(r) or "" for r in row["rec"])))
    return found


def _items(films: Films, mirror: Path) -> tuple[list[DialogueItem], dict[str, str], dict[str, Any]]:
    """Items with facts; film to MovieLens id; renown by votes."""
    info = read_json(mirror / "ievalm" / "redial", "id2info.json")
    ids_of: dict[str, list[str]] = defaultdict(list)
    for movie_id, film in films.film_of.items():
        ids_of[film].append(movie_id)
    meta = mirror / "movie-metadata"
    table = csv.DictReader(io.StringIO(read_text(meta, "redial_movielens_crosswalk.csv")))
    crosswalk = {row["redialMovieId"]: row["movieId"] for row in table if row["movieId"]}
    texts = {row["movieId"]: row for row in csv.DictReader(io.StringIO(read_text(meta, "movies_text.csv")))}
    items, movielens = [], {}
    votes, liked = np.zeros(len(films.ids), np.float32), np.zeros(len(films.ids), np.float32)
    for row_index, film in enumerate(films.ids):
        own = [film, *(i for i in ids_of[film] if i != film)]
        told = [info[i] for i in own if i in info]
        number = next((crosswalk[i] for i in own if i in crosswalk), None)
        row = texts.get(number or "", {})
        if number:
            movielens[film] = number
        if row:
            votes[row_index] = np.log1p(float(row["tmdb_vote_count"] or 0))
            liked[row_index] = float(row["tmdb_vote_average"] or 0)
        genres = [*(g for t in told for g in t.get("genre", ())), *row.get("genres", "").split("|")]
        people = [*(p for t in told for role in ("director", "star", "writer") for p in t.get(role, ())),
                  *row.get("director", "").split("|"), *row.get("cast", "").split("|")]  # fmt: skip
        title, year = split_year(films.name_of[film])
        items.append(
            DialogueItem(
                film, title, year, _small(genres), _small(people), _small(row.get("keywords", "").split("|")),
                row.get("overview") or next((t["plot"] for t in told if t.get("plot")), ""),
            )
        )  # fmt: skip
    priors = {"votes": votes, "vote_average": liked, "has_votes": (votes > 0).astype(np.float32)}
    inspired = mirror / "inspired"
    if has_file(inspired, "train_rec_turns.csv"):
        priors["inspired"] = _inspired_mentions(inspired, films)
    return items, movielens, priors


def _inspired_mentions(folder: Path, films: Films) -> Any:
    """(n_films,) log of how often another corpus (INSPIRED, training part) recommends each film."""
    counts = np.zeros(len(films.ids), np.float32)
    position = {film: row for row, film in enumerate(films.ids)}
    for row in csv.DictReader(io.StringIO(read_text(folder, "train_rec_turns.csv"))):
        try:
            names = ast.literal_eval(row["movies"])
        except (ValueError, SyntaxError):
            continue
        for film in (films.find(str(name)) for name in names):
            if film is not None:
                counts[position[film]] += 1
    return np.log(counts + 0.5)


def _published(folder: Path) -> list[Published]:
    found = []
    if not has_file(folder, "published_results.csv"):
        return []
    for row in csv.DictReader(io.StringIO(read_text(folder, "published_results.csv"))):
        subset = {("recommendation", "True"): "clean", ("all", "False"): "all"}.get(
            (row["condition"], row["exclude_seen"])
        )
        if row["dataset"] == "redial" and row["oov_filtered"] == "True" and subset:
            recall = {k: float(row[f"recall@{k}_mean"]) for k in (1, 5, 10, 20)}
            found.append(Published(row["model"], "He et al., zero-shot", recall, subset))
    return found


def _first(folder: Path, *files: str) -> str:
    return next((file for file in files if has_file(folder, file)), files[0])


def _entity_words(name: str) -> str:
    return unquote(name.strip("<>").rpartition("/resource/")[2]).replace("_", " ")


def _small(words: Iterable[str]) -> frozenset[str]:
    return frozenset(word.lower() for word in words if word)


def _when(dialogue_id: str) -> float | None:
    """ReDial numbers its dialogues as they were held."""
    return float(dialogue_id) if dialogue_id.isdecimal() else None
