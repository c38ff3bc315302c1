"""OpenDialKG as iEvaLM evaluates it; what is learned from is split off by dialogue, because the published split leaks.

Source: Moon et al., OpenDialKG, ACL 2019; Wang et al., iEvaLM, EMNLP 2023, arXiv:2305.13112.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from parley.evals.crs.cases import Case, CrsData, Published, bare_title, read_json, read_lines
from parley.evals.crs.films import GENRE_WORDS
from parley.tools.recommenders.dialogue import DialogueContext, DialogueExample, DialogueItem, ItemFacts

FIELDS = ("context", "entity", "rec")
PUBLISHED = {
    "KBRD": (0.231, 0.423, 0.492), "BARCOR": (0.312, 0.453, 0.510), "UniCRS": (0.308, 0.513, 0.574),
    "ChatGPT": (0.310, 0.539, None),
}  # fmt: skip


def load_opendialkg(folder: Path) -> CrsData:
    """iEvaLM's static test turns; train and validation turns of other dialogues.

    Raises:
        CrsDataError: a file is missing or damaged.
    """
    info = read_json(folder, "id2info.json")
    entity = read_json(folder, "entity2id.json")
    name_of = {index: name for name, index in entity.items()}
    ranked = set(read_json(folder, "item_ids.json"))
    ids = sorted({int(i) for i in info} | ranked)
    items = [_item(i, info.get(str(i), {}), name_of.get(i, "")) for i in ids]
    known = {name_of[i]: str(i) for i in ids if i in name_of}
    tests = [_example(row, known) for row in read_lines(folder, "test_processed.jsonl", FIELDS)]
    tested = {e.dialogue_id for e in tests}
    train = [
        e
        for part in ("train", "valid")
        for row in read_lines(folder, f"{part}_processed.jsonl", FIELDS)
        if (e := _example(row, known)).dialogue_id not in tested
    ]
    cases = [
        Case(e.dialogue_id, e.context, e.targets, tuple(t in e.context.mentioned for t in e.targets)) for e in tests
    ]
    texts = [f"{i.title}. {', '.join(sorted(i.genres))}. {', '.join(sorted(i.people)[:6])}" for i in items]
    published = [
        Published(name, "iEvaLM, static", {k: v for k, v in zip((1, 10, 50), r, strict=True) if v is not None}, "all")
        for name, r in PUBLISHED.items()
    ]
    notes = (
        f"learned from {len({e.dialogue_id for e in train})} dialogues ({len(train)} turns), none of them tested; the "
        "published models trained on the published split, half of whose test dialogues they had seen turns of",
        f"{len(ranked)} items ranked",
    )
    mask = np.array([i in ranked for i in ids])
    return CrsData(
        "iEvaLM OpenDialKG", cases, train, ItemFacts(items, genre_words=GENRE_WORDS), mask, texts, published, notes
    )


def _item(index: int, info: dict[str, Any], name: str) -> DialogueItem:
    people = {p.lower() for role in ("actor", "director", "writer") for p in info.get(role, ())}
    genres = {g.lower() for g in info.get("genre", ())}
    year = str(info.get("year", ""))
    return DialogueItem(
        str(index), bare_title(info.get("name") or name) or str(index), int(year) if year.isdecimal() else None,
        frozenset(genres), frozenset(people), frozenset(x.lower() for x in info.get("language", ())),
    )  # fmt: skip


def _example(row: dict[str, Any], known: dict[str, str]) -> DialogueExample:
    context = DialogueContext(
        tuple(text for text in row["context"] if text),
        tuple(known[e] for e in row["entity"] if e in known),
        tuple(e for e in row["entity"] if e not in known),
    )
    return DialogueExample(str(row["dialog_id"]), context, tuple(known.get(r, "") for r in row["rec"]))
