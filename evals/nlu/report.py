"""The figures of `parley eval nlu`: one row per system, with intervals, what each was trained on, and the counts."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from parley.agent.ledger import ITEM, Hardness, LedgerEdit, Polarity, Stance, Wish
from parley.agent.messages import Understanding
from parley.agent.understanding import DialogueContext, Understander
from parley.agent.understanding.history import context_of
from parley.evals.nlu.acts_eval import act_f1, act_scores, cross_validate, evidence_of, interval, rules_only, shipped
from parley.evals.nlu.dialogues import LabelledTurn, load_turns
from parley.evals.nlu.wishes import MORE, WishCase, load_cases, score_cases
from parley.tools.items import Catalog
from parley.tools.linking import Linker

THIS_YEAR = 2026
"""The year the hand-written utterances count from."""
TRAINED_ON = {
    "shipped": "own labels of 1,656 ReDial turns and generated utterances; none of these labels",
    "rules": "nothing",
    "majority": "this file's labels, other folds",
    "tfidf_lr": "this file's labels, other folds",
    "minilm_lr": "this file's labels, other folds",
    "grammar_features_lr": "this file's labels, other folds (measuring only)",
    "stacked": "this file's labels, other folds, over what ships (measuring only)",
    "stacked_with_tuned": "this file's labels, other folds, over what ships, adapter included (measuring only)",
    "grammar_and_minilm_lr": "this file's labels, other folds (measuring only)",
}


def measure_wishes(split: str | None = None, *, understander: Understander | None = None) -> dict[str, Any]:
    """Exact-constraint accuracy of the shipped understanding, of the linker alone, and of saying nothing."""
    catalog = Catalog.films()
    linker = Linker.for_catalog(catalog)
    understander = understander or Understander(catalog, linker, this_year=lambda: THIS_YEAR)
    systems: dict[str, Callable[[str, DialogueContext], Understanding]] = {
        "shipped": understander.understand,
        "linker_only": lambda text, _: _linker_only(text, linker),
        "says_nothing": lambda text, _: Understanding(),
    }
    rows: list[dict[str, Any]] = []
    for name, understand in systems.items():
        for part, cases in _parts(split).items():
            scores = score_cases(cases, understand, catalog)
            strict, lenient = [s.strict for s in scores], [s.lenient for s in scores]
            rows.append(
                {
                    "system": name,
                    "split": part,
                    "n": len(scores),
                    "exact": float(np.mean(strict)),
                    "exact_ci": _share_interval(strict),
                    "exact_any_firmness": float(np.mean(lenient)),
                }
            )
    return {"title": "Exact wishes on hand-written utterances", "rows": rows}


def _parts(split: str | None) -> dict[str, list[WishCase]]:
    """The cases to score, by the name of their row: the second set batch by batch and as a whole."""
    if split != MORE:
        return {part: load_cases(part) for part in (("development", "held_out") if split is None else (split,))}
    cases = load_cases(MORE)
    batches = {f"{MORE}, batch {n}": [c for c in cases if c.batch == n] for n in sorted({c.batch for c in cases})}
    return batches | {MORE: cases}


def _linker_only(text: str, linker: Linker) -> Understanding:
    """Everything named is wanted: what a keyword bot would understand."""
    edits = [LedgerEdit(wish=Wish(facet=ITEM, value=t.item_id, stance=Stance.LIKE)) for t in linker.link_titles(text)]
    for value in linker.link_values(text):
        soft = value.facet in ("mood", "keyword")
        hardness = Hardness.SOFT if soft else Hardness.HARD
        edits.append(
            LedgerEdit(wish=Wish(facet=value.facet, value=value.value, polarity=Polarity.WANT, hardness=hardness))
        )
    return Understanding(edits=tuple(edits))


def _share_interval(hits: Sequence[bool]) -> str:
    """Wilson's 95 % interval."""
    n, p, z = len(hits), float(np.mean(hits)), 1.96
    middle, half = (p + z * z / (2 * n)), z * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return f"{(middle - half) / (1 + z * z / n):.3f}-{(middle + half) / (1 + z * z / n):.3f}"


def measure_dialogues(
    path: Path,
    *,
    cross_validate: bool = False,
    seed: int = 0,
    embed: bool = True,
    tuned: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Acts, entity links and (where the file has them) slots of the shipped understanding, with baselines if asked.

    Args:
        path: labelled dialogues.
        cross_validate: also what is trained on the other folds' labels.
        seed: draws folds and intervals.
        embed: also the baselines that need sentence vectors.
        tuned: ask the tuned model that ships about every turn, for the cross-validation.
        tell: is told how far it is.

    Raises:
        LabelledDataError: the file is in neither form.
    """
    turns = load_turns(path)
    catalog = Catalog.films()
    understander = Understander(catalog, Linker.for_catalog(catalog))
    tell(f"{len(turns)} labelled turns of {len({t.dialogue for t in turns})} dialogues")
    evidence = evidence_of(turns, understander)
    gold = [t.acts for t in turns]
    predictions = {"shipped": shipped(evidence, understander.acts), "rules": rules_only(evidence)}
    if cross_validate:
        told = _told(turns, understander, tell) if tuned else None
        predictions |= _cross_validate(turns, evidence, seed, embed, told)
    rows: list[dict[str, Any]] = []
    for name, predicted in predictions.items():
        scores, spread = act_scores(gold, predicted), interval(turns, gold, predicted, seed=seed)
        row: dict[str, Any] = {"system": name}
        for key, value in scores.items():
            row |= {key: value, f"{key}_ci": f"{spread[key][0]:.3f}-{spread[key][1]:.3f}"}
        rows.append(row | {"trained_on": TRAINED_ON[name], "per_act": act_f1(gold, predicted)})
    report: dict[str, Any] = {"title": f"Dialogue acts in {path.name}", "turns": len(turns), "seed": seed, "rows": rows}
    report |= {"entity_linking": link_accuracy(turns, catalog, understander), "slots": slot_scores(turns, understander)}
    return report


def _cross_validate(turns: Sequence[LabelledTurn], evidence: Any, seed: int, embed: bool, told: Any) -> dict[str, Any]:
    return cross_validate(turns, evidence, seed=seed, embed=embed, told=told)


def _told(turns: Sequence[LabelledTurn], understander: Understander, tell: Callable[[str], None]) -> Any:
    from parley.agent.tuning.serving import open_tuned
    from parley.evals.nlu.told import told_acts

    model = open_tuned()
    try:
        return told_acts(model, turns, understander, tell=tell)
    finally:
        model.close()


def link_accuracy(turns: Sequence[LabelledTurn], catalog: Catalog, understander: Understander) -> dict[str, Any]:
    """Of annotated titles that the catalogue holds, the share linked to the right item, years taken out of the text."""
    held = {_title_key(item.title, item.year): item.item_id for item in catalog}
    found = total = outside = 0
    for turn in turns:
        wanted = [held.get(_key_of(title)) for title in turn.titles]
        outside += sum(w is None for w in wanted)
        if not any(wanted):
            continue
        bare = re.sub(r" ?\(\d{4}\)", "", turn.text)
        linked = {t.item_id for t in understander.linker.link_titles(bare)}
        total += sum(w is not None for w in wanted)
        found += sum(w in linked for w in wanted if w is not None)
    return {"accuracy": found / total if total else None, "titles": total, "not_in_catalogue": outside}


def _key_of(title: str) -> str:
    match = re.match(r"(.*?) *\((\d{4})\)", title)
    return _title_key(match.group(1), int(match.group(2))) if match else _title_key(title, None)


def _title_key(title: str, year: int | None) -> str:
    return re.sub(r"[^a-z0-9]", "", title.lower()) + str(year or "")


SLOT_FACETS = {
    "genre": ("genre",),
    "title": ("item",),
    "movie": ("item",),
    "item": ("item",),
    "actor": ("cast", "person"),
    "director": ("director", "person"),
    "person": ("cast", "director", "person"),
    "keyword": ("keyword", "mood", "about"),
    "keywords": ("keyword", "mood", "about"),
    "plot": ("keyword", "about"),
    "year": ("year",),
    "language": ("language",),
    "country": ("country",),
    "mood": ("mood",),
    "name": ("cast", "director", "person"),
    "release_year": ("year",),
    "duration": ("runtime",),
}
"""Names of slots in other people's files to what our mentions and wishes are called."""


def slot_scores(turns: Sequence[LabelledTurn], understander: Understander) -> dict[str, Any] | None:
    """Micro F1 of (slot, value), values compared without case or punctuation; None if the file has no slots."""
    with_slots = [t for t in turns if t.slots]
    if not with_slots:
        return None
    hits = wanted = given = 0
    for turn in turns:
        context = context_of(turn.before, understander, replay=False)
        found = understander.understand(turn.text, context)
        said = {(m.kind, _plain(word)) for m in found.mentions for word in (m.text, m.value) if word}
        said |= {
            (e.wish.facet, _plain(f"{e.wish.gte or e.wish.lte:g}"))
            for e in found.edits
            if e.wish is not None and e.wish.is_number
        }
        gold = {(slot, _plain(value)) for slot, value in turn.slots}
        hits += sum(any((facet, value) in said for facet in SLOT_FACETS.get(slot, (slot,))) for slot, value in gold)
        wanted += len(gold)
        given += len({m.text for m in found.mentions}) + sum(
            e.wish is not None and e.wish.is_number for e in found.edits
        )
    precision, recall = hits / given if given else 0.0, hits / wanted
    return {
        "f1": 2 * hits / (given + wanted),
        "precision": min(1.0, precision),
        "recall": recall,
        "turns_with_slots": len(with_slots),
        "slots": wanted,
    }


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", re.sub(r" ?\(\d{4}\)", "", text.lower()))


def probe_model(spec: str, data: Path | None, *, sample: int = 40, seed: int = 0) -> dict[str, Any]:
    """What a model alone understands: wishes on the committed set, or acts on labelled dialogues."""
    from parley.agent.llm.loading import load_model
    from parley.evals.nlu.model_probe import probe_acts, probe_wishes

    turns = load_turns(data) if data is not None else None
    model = load_model(spec)
    row = (
        probe_wishes(model, sample=sample, seed=seed)
        if turns is None
        else probe_acts(model, turns, sample=sample, seed=seed)
    )
    return {"title": "A model alone", "rows": [row]}
