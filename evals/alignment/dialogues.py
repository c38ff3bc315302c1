"""Does the simulated user accept what people accepted? Suggested films of ReDial and INSPIRED.

In ReDial both sides said afterwards of every film whether the seeker liked it. The simulated seeker knows the
films the seeker brought up and liked, and says of each suggested film whether it appeals. INSPIRED says of a
whole dialogue whether the recommendation was accepted. The bar is set on other dialogues (ReDial's validation
set); in both corpora nine in ten suggestions are liked, so accuracy says little: read AUC and kappa.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from parley.evals.agreement import Confusion, auc, interval, kappa
from parley.evals.intervals import Estimate
from parley.evals.simulate.browsing import BrowsingUser
from parley.evals.simulate.leaks import LeakGuard
from parley.evals.simulate.records import Frozen, Persona
from parley.evals.simulate.sources import match_titles, text_of
from parley.tools.items import Catalog


class Judged(Frozen):
    """One suggestion: how it appeals to the simulated seeker, and whether the person took to it."""

    appeal: float
    liked: bool


class Agreement(Frozen):
    """The simulated seeker against the people, at one bar."""

    corpus: str
    confusion: Confusion
    auc: Estimate
    kappa: Estimate
    dialogues: int


def redial_suggestions(path: Path, catalog: Catalog, popularity: Mapping[str, float]) -> list[Judged]:
    """Suggested films with a verdict of the seeker, in dialogues whose seeker brought up a film they liked."""
    found = []
    for line in gzip.decompress(path.read_bytes()).decode().splitlines():
        dialogue = json.loads(line)
        answers = dialogue.get("initiatorQuestions")
        if not isinstance(answers, dict):
            continue
        names = {key: " ".join((name or "").split()) for key, name in dialogue["movieMentions"].items()}
        ids = match_titles(names, catalog)
        said = {ids[key]: answer for key, answer in answers.items() if key in ids}
        own = [i for i, a in said.items() if a["suggested"] == 0 and a["liked"] == 1]
        if not own:
            continue
        user = _seeker(str(dialogue["conversationId"]), own, catalog, popularity)
        found += [
            Judged(appeal=user.appeal(i), liked=a["liked"] == 1)
            for i, a in said.items()
            if a["suggested"] == 1 and a["liked"] in (0, 1)
        ]
    return found


def inspired_outcomes(folder: Path, catalog: Catalog, popularity: Mapping[str, float]) -> list[Judged]:
    """Accepted or not, by dialogue: the last film recommended against the films the seeker named."""
    labels = {
        row["dialog_id"]: row["coarse_label"] for row in rows_of_tsv(folder / "survey" / "dialog_outcomes.tsv.gz")
    }
    found = []
    for dialogue in json.loads(text_of(folder / "train_dialogs.json.gz")):
        label = labels.get(dialogue["conv_id"])
        if label not in ("accept_new", "reject_new") or not dialogue["target"]:
            continue
        targets = match_titles({str(p): t for p, t in enumerate(dialogue["target"])}, catalog)
        if not targets:
            continue
        target = targets[max(targets, key=int)]
        own = named_by_seeker(dialogue["dialog"], catalog, target)
        if own:
            user = _seeker(dialogue["conv_id"], own, catalog, popularity)
            found.append(Judged(appeal=user.appeal(target), liked=label == "accept_new"))
    return found


def best_bar(judged: Sequence[Judged]) -> float:
    """The bar with the highest kappa."""
    appeals = np.array([j.appeal for j in judged])
    liked = [j.liked for j in judged]
    bars = np.unique(np.quantile(appeals, np.linspace(0.02, 0.98, 49)))
    scores = [kappa(list(appeals > bar), liked) for bar in bars]
    return float(bars[int(np.nanargmax(scores))])


def agreement(corpus: str, judged: Sequence[Judged], bar: float, *, seed: int = 0) -> Agreement:
    """Confusion counts, AUC and kappa at a bar set elsewhere."""
    said, liked = [j.appeal > bar for j in judged], [j.liked for j in judged]
    return Agreement(
        corpus=corpus,
        confusion=Confusion.of(said, liked),
        auc=interval(auc, [j.appeal for j in judged], liked, seed=seed),
        kappa=interval(kappa, said, liked, seed=seed),
        dialogues=len(judged),
    )


def _seeker(name: str, own: Sequence[str], catalog: Catalog, popularity: Mapping[str, float]) -> BrowsingUser:
    """A simulated seeker who liked these."""
    persona = Persona(persona_id=name, targets=(), history=tuple((i, 1.0) for i in own for _ in (0, 1)))
    return BrowsingUser(persona, catalog, LeakGuard(catalog), popularity=popularity)


def named_by_seeker(turns: Sequence[str], catalog: Catalog, target: str) -> list[str]:
    """Films the seeker's lines of an INSPIRED dialogue name, but for the target."""
    guard = LeakGuard(catalog)
    text = " ".join(turn for turn in turns if turn.startswith("SEEKER"))
    words = set(re.findall(r"[a-z0-9]+", text.lower()))
    near = [i for i in catalog if set(re.findall(r"[a-z0-9]+", i.title.lower())) <= words]
    return [i.item_id for i in near if i.item_id != target and guard.finds(text, [i.item_id])]


def rows_of_tsv(path: Path) -> list[dict[str, Any]]:
    """A tab-separated file with a heading."""
    lines = text_of(path).splitlines()
    columns = lines[0].split("\t")
    return [dict(zip(columns, line.split("\t"), strict=False)) for line in lines[1:]]
