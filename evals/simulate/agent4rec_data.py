"""Agent4Rec's thousand users as personas over the shipped films: real logs, real traits, what they watched next.

Training interactions are the known history, test interactions the hidden targets; the ratings of the up to
25 films they told Agent4Rec about grade the history. Activity, diversity and conformity are the released
levels 1 to 3, on [0, 1].
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from parley.evals.simulate.records import Persona
from parley.evals.simulate.sources import match_titles, mirror_of, rows_of, text_of
from parley.tools.items import Catalog


def agent4rec_personas(catalog: Catalog, n: int, *, seed: int = 1) -> list[Persona]:
    """Users with at least five known and two hidden films in the catalogue.

    Raises:
        SimulationError: no mirror to read from.
    """
    folder = mirror_of("agent4rec")
    ids = agent4rec_items(folder, catalog)
    known = read_lists(folder / "cf_train.txt.gz", ids)
    hidden = read_lists(folder / "cf_test.txt.gz", ids)
    stars = _ratings(folder, catalog)
    traits = {row["user_id"]: row for row in rows_of(folder / "user_statistic.csv.gz")}
    personas = []
    for user in sorted(known, key=int):
        targets = [i for i in hidden.get(user, []) if i not in known[user]]
        if len(known[user]) < 5 or len(targets) < 2:
            continue
        graded = stars.get(user, {})
        weights = [(i, 1.0 if graded.get(i, 4.0) >= 4.0 else -1.0) for i in known[user]]
        level = traits[user]
        personas.append(
            Persona(
                persona_id=f"agent4rec-{user}",
                targets=tuple(targets),
                history=tuple(weights),
                traits={k: (float(level[k]) - 1) / 2 for k in ("activity", "diversity", "conformity")},
                slice=f"activity {level['activity']}",
            )
        )
    picked = sorted(np.random.default_rng(seed).permutation(len(personas))[:n])
    return [personas[i] for i in picked]


def agent4rec_items(folder: Path, catalog: Catalog) -> dict[str, str]:
    """Agent4Rec's item id to the catalogue's, by title and year."""
    labels = {row["movie_id"]: row["title"] for row in rows_of(folder / "movie_detail.csv.gz")}
    return match_titles(labels, catalog)


def read_lists(path: Path, ids: dict[str, str]) -> dict[str, list[str]]:
    """User to catalogue ids, from lines of a user id followed by item ids."""
    rows = (line.split() for line in text_of(path).splitlines())
    return {row[0]: [ids[i] for i in row[1:] if i in ids] for row in rows if row}


def _ratings(folder: Path, catalog: Catalog) -> dict[str, dict[str, float]]:
    """User to catalogue id to stars, of the films they were asked about."""
    found: dict[str, dict[str, float]] = {}
    for row in rows_of(folder / "agg_top_25.csv.gz"):
        titles, stars = row["movie_title_list"].split("; "), row["rating_list"].split("; ")
        if len(titles) != len(stars):
            continue
        ids = match_titles({str(place): title for place, title in enumerate(titles)}, catalog)
        found[row["user_id"]] = {ids[str(p)]: float(s) for p, s in enumerate(stars) if str(p) in ids}
    return found
