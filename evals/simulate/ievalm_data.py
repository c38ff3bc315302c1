"""iEvaLM's test sets as personas, and their own item tables as catalogues.

The catalogue is built from the files' item table through `Item` and `Domain`, as any import is; its taste model learns
from other dialogues of the same corpus. The published test sets name a target in the context in one row of
eight (ReDial) and one of three (OpenDialKG): those rows are the dirty subset, never mixed with the clean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.records import Persona
from parley.evals.simulate.seam import SimulationError
from parley.evals.simulate.sources import mirror_of, text_of
from parley.tools.items import Catalog, Domain, Item, KindInfo
from parley.tools.recommenders.data import Interactions

if TYPE_CHECKING:
    from parley.evals.simulate.benches import AgentBench
    from parley.evals.simulate.study import StudySettings

TEST_FILES = {"redial": "test_processed_dev_half.jsonl.gz", "opendialkg": "test_processed.jsonl.gz"}
OTHER_FILES = {"redial": "valid_processed.jsonl.gz", "opendialkg": "train_processed.jsonl.gz"}
MOST_OPENING = 600
"""Characters of the real conversation that are kept, the latest."""
DOMAIN = Domain(
    name="films",
    noun="movie",
    plural="movies",
    verb="watch",
    past="watched",
    kinds={
        "genre": KindInfo(label="genre", phrase="{value}", ask="What genre do you like?"),
        "language": KindInfo(label="language", phrase="in {value}"),
    },
    roles={
        "director": KindInfo(label="director", phrase="directed by {value}", ask="Any director you like?"),
        "cast": KindInfo(label="actor", phrase="with {value}", ask="Any actor you like?"),
        "writer": KindInfo(label="writer", phrase="written by {value}"),
    },
)
PUBLISHED_ROWS = {
    # README of iEvaLM-CRS: recall@1 / recall@10 by model, ReDial then OpenDialKG; attribute and free mode
    ("redial", "attribute"): {"KBRD": (0.039, 0.196), "BARCOR": (0.034, 0.201), "UniCRS": (0.053, 0.238),
                              "ChatGPT": (0.191, 0.536)},
    ("redial", "free"): {"KBRD": (0.035, 0.198), "BARCOR": (0.034, 0.190), "UniCRS": (0.107, 0.317),
                         "ChatGPT": (0.146, 0.440)},
    ("opendialkg", "attribute"): {"KBRD": (0.131, 0.293), "BARCOR": (0.264, 0.423), "UniCRS": (0.180, 0.393),
                                  "ChatGPT": (0.299, 0.604)},
    ("opendialkg", "free"): {"KBRD": (0.234, 0.431), "BARCOR": (0.314, 0.458), "UniCRS": (0.314, 0.538),
                             "ChatGPT": (0.400, 0.715)},
}  # fmt: skip
Rows = Sequence[Mapping[str, Any]]


def prepare_ievalm(
    name: str, settings: StudySettings, scratch: Path, bench: AgentBench
) -> tuple[list[Persona], AgentBench, list[str]]:
    """Personas and a bench over the corpus's own catalogue: "redial", "opendialkg", with ":dirty" the dirty subset.

    Raises:
        SimulationError: no such corpus, or no mirror.
    """
    from dataclasses import replace

    from parley.evals.simulate.benches import histories_of

    if name not in TEST_FILES:
        raise SimulationError(f"no iEvaLM corpus {name!r}; known: {', '.join(TEST_FILES)}")
    dirty = settings.data.endswith(":dirty")
    folder = mirror_of("ievalm") / name
    catalog = build_catalog(folder, f"ievalm-{name}")
    test = read_rows(folder / TEST_FILES[name])
    personas, counts = ievalm_personas(test, catalog, settings.users, dirty=dirty, seed=settings.seed)
    home = build_home(scratch, catalog, co_mentions(read_rows(folder / OTHER_FILES[name]), test, catalog))
    mode = "attribute" if settings.simulator == "ievalm-attribute" else "free"
    published = "; ".join(f"{m} {a:.3f} / {b:.3f}" for m, (a, b) in PUBLISHED_ROWS[name, mode].items())
    notes = [
        f"{counts['rows']} test turns here, {counts['clean']} clean (no target named in the context), "
        f"{counts['dirty']} dirty; this table: {len(personas)} {'dirty, uncleaned' if dirty else 'clean'}.",
        f"Published recall@1 / recall@10 (another seeker, text-davinci-003; dirty rows included): {published}.",
    ]
    found = replace(bench, catalog=catalog.name, home=home, slate_size=10, histories=histories_of(personas))
    return personas, found, notes


def build_catalog(folder: Path, name: str) -> Catalog:
    """The items of the corpus, from its item table."""
    info = json.loads(text_of(folder / "id2info.json.gz"))
    entities = json.loads(text_of(folder / "entity2id.json.gz"))
    wanted = set(json.loads(text_of(folder / "item_ids.json.gz")))
    items = {}
    for row in info.values():
        if entities.get(row["name"]) in wanted and row["name"] not in items:
            items[row["name"]] = _item(row)
    return Catalog(items.values(), DOMAIN, name=name)


def ievalm_personas(
    rows: Rows, catalog: Catalog, n: int, *, dirty: bool, seed: int
) -> tuple[list[Persona], dict[str, int]]:
    """One persona a test turn: the conversation so far opens, the recommended items are the targets.

    Returns the personas and how many rows are clean and dirty.
    """
    guard = LeakGuard(catalog)
    groups: dict[bool, list[Persona]] = {True: [], False: []}
    for row in rows:
        targets = tuple(i for i in row["rec"] if i in catalog)
        if not targets:
            continue
        said = [text for text in row["context"][::-1][::2][::-1] if text]
        opening = " ".join(said)[-MOST_OPENING:]
        named = [e for e in row["entity"] if e in catalog]
        is_dirty = bool(set(named) & set(targets)) or bool(guard.finds(" ".join(row["context"]), targets))
        groups[is_dirty].append(
            Persona(
                persona_id=f"{catalog.name}-{row['dialog_id']}-{row['turn_id']}",
                targets=targets,
                history=tuple((i, 1.0) for i in dict.fromkeys(named) if is_dirty or i not in targets),
                opening=opening,
                slice="dirty" if is_dirty else "clean",
            )
        )
    chosen = groups[dirty]
    picked = sorted(np.random.default_rng(seed).permutation(len(chosen))[:n])
    counts = {"rows": len(rows), "clean": len(groups[False]), "dirty": len(groups[True])}
    return [chosen[i] for i in picked], counts


def co_mentions(rows: Rows, test: Rows, catalog: Catalog) -> Interactions:
    """Which items other dialogues name together; dialogues with a test turn are left out."""
    held_out = {row["dialog_id"] for row in test}
    pairs = {
        (str(row["dialog_id"]), item)
        for row in rows
        if row["dialog_id"] not in held_out
        for item in (*row["entity"], *row["rec"])
        if item in catalog
    }
    users, items = zip(*sorted(pairs), strict=True)
    return Interactions.from_columns(users, items, item_ids=[i.item_id for i in catalog], name=catalog.name)


def build_home(folder: Path, catalog: Catalog, interactions: Interactions) -> Path:
    """A home with this catalogue, its taste model and its index; an index already there is used again."""
    from parley.agent.api import Agent
    from parley.tools.recommenders.catalog_taste import CatalogTaste

    home = folder / catalog.name
    catalog.save(home / "catalogs" / catalog.name)
    CatalogTaste.train(catalog, interactions).save_file(home / "catalogs" / catalog.name / "taste.safetensors")
    Agent.open(home=home, model="none", catalog=catalog.name).close()
    return home


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The lines of a JSON-lines file, gzipped or not."""
    return [json.loads(line) for line in text_of(path).splitlines() if line.strip()]


def _item(row: Mapping[str, Any]) -> Item:
    label = re.fullmatch(r"(.*?)\s*\((\d{4})\)", row["name"])
    year = row.get("year") or (label[2] if label else "")
    people = {
        "director": _names(row, "director"),
        "cast": _names(row, "star", "actor"),
        "writer": _names(row, "writer"),
    }
    tags = {"genre": _names(row, "genre"), "language": _names(row, "language")}
    return Item(
        item_id=row["name"],
        title=(label[1] if label else row["name"]).strip() or row["name"],
        year=int(year) if str(year).isdigit() else None,
        people={role: found for role, found in people.items() if found},
        tags={kind: found for kind, found in tags.items() if found},
        text=row.get("plot") or "",
    )


def _names(row: Mapping[str, Any], *keys: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(v.strip() for key in keys for v in _listed(row.get(key)) if v.strip()))


def _listed(value: Any) -> Iterable[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
