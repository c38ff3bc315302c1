"""Explanation: why this item? Against people's own reasons, against the catalogue, and against a simulated taste.

Cases are dialogues of INSPIRED in which the seeker accepted a film of the catalogue and said afterwards why. The
explainer knows what the seeker named before. Three readings: overlap with the person's reason (BLEU, ROUGE), the
share of sentences the catalogue bears out, and simulated persuasiveness: of the appeal the film really has for the
seeker's taste, how much does the text tell? Persuasiveness follows iEvaLM (Wang et al., arXiv:2305.13112), whose
simulated user rates before reading, after reading and after watching; here the ratings are computed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from parley.agent.ledger import ITEM, Ledger, LedgerEdit, Stance, Wish
from parley.agent.messages import Route, Slate, SlateItem
from parley.agent.reply.request import ReplyRequest
from parley.agent.reply.verify import Verifier
from parley.agent.reply.why import explain_slate
from parley.agent.reply.wording import Wording
from parley.evals.alignment.dialogues import named_by_seeker, rows_of_tsv
from parley.evals.simulate.leaks import LeakGuard, fold
from parley.evals.simulate.records import Frozen, Persona
from parley.evals.simulate.sources import match_titles, text_of
from parley.evals.simulate.target_free import TargetFreeUser
from parley.evals.tasks.table import Answers, TaskError, TaskTable, measured, table_of, tokens_of
from parley.evals.tasks.texts import bleu, rouge_1, rouge_l, words_of
from parley.tools.items import Catalog, Item

Explain = Callable[["Case"], str]


class Case(Frozen):
    """A film someone accepted, what they had named before, and their own reason."""

    name: str
    item_id: str
    likes: tuple[str, ...]
    reason: str


def explanation_cases(folder: Path, catalog: Catalog) -> list[Case]:
    """Accepted films with a reason of at least four words; the seeker named another film of the catalogue.

    Raises:
        TaskError: the folder holds no such dialogue.
    """
    reasons = {r["seeker_survey_id"]: r["reason"] for r in rows_of_tsv(folder / "survey" / "seeker_reasons.tsv.gz")}
    said = {
        row["dialog_id"]: reasons.get(row["seek_survey_id"], "")
        for row in rows_of_tsv(folder / "survey" / "dialog_outcomes.tsv.gz")
        if row["coarse_label"] == "accept_new"
    }
    found = []
    for dialogue in json.loads(text_of(folder / "train_dialogs.json.gz")):
        reason = said.get(dialogue["conv_id"], "")
        if len(words_of(reason)) < 4 or not dialogue["target"]:
            continue
        targets = match_titles({str(place): title for place, title in enumerate(dialogue["target"])}, catalog)
        if not targets:
            continue
        item_id = targets[max(targets, key=int)]
        likes = named_by_seeker(dialogue["dialog"], catalog, item_id)
        if likes:
            found.append(Case(name=dialogue["conv_id"], item_id=item_id, likes=tuple(likes), reason=reason))
    if not found:
        raise TaskError(f"no accepted film with a reason under {folder.name!r}; fetch the data set again")
    return found


def explanation_task(
    folder: Path, catalog: Catalog, *, cases: int, seed: int, model: Any = None, model_cases: int = 0
) -> list[TaskTable]:
    """Trivial texts, Parley's own explanation, and a model's before and after verification."""
    import numpy as np

    every = explanation_cases(folder, catalog)
    some = [every[i] for i in np.random.default_rng(seed).permutation(len(every))[:cases]]
    judge = ExplanationJudge(catalog)
    written = [measured(name, partial(_mark, judge, some, explain)) for name, explain in _ours(catalog).items()]
    about = (
        "Films that INSPIRED's seekers accepted, with the reason they wrote afterwards as reference; the explainer "
        "knows the films they named. `borne out` is the share of sentences the catalogue confirms, `false` the share "
        "of texts with a checkable falsehood, `persuades` the share of the film's simulated appeal to that taste that "
        "the text tells (nan, and left out, where the film has none)."
    )
    tables = [_table(about, written, seed)]
    if model is not None and model_cases:
        part = some[:model_cases]
        writer = ModelExplainer(model, catalog, judge.verifier)
        made = [measured(name, partial(_mark, judge, part, explain)) for name, explain in _ours(catalog).items()]
        count = tokens_of(model)
        made.append(measured("model, raw", partial(_mark, judge, part, writer.write), count))
        made.append(measured("model, verified", partial(_mark, judge, part, writer.write_verified)))
        told = (
            f"The first {len(part)} of the same cases with `{model.model_id}`, which is given the film's facts. "
            "Verified: sentences that are not borne out are cut; nothing left is an empty text."
        )
        tables.append(_table(told, made, seed))
    return tables


class ExplanationJudge:
    """Marks an explanation; calls no model."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.verifier = Verifier(catalog)
        self._guard = LeakGuard(catalog)

    def mark(self, case: Case, text: str) -> Mapping[str, float]:
        """Overlap with the person's reason, what the catalogue bears out, and what it tells of the appeal."""
        verdict = self.verifier.verify(text, [case.item_id], background=case.likes)
        sentences = [s for s in self.verifier.split(text) if s.strip()]
        kept = [s for s in self.verifier.split(verdict.text) if s.strip()]
        return {
            "ROUGE-L": rouge_l(text, case.reason),
            "ROUGE-1": rouge_1(text, case.reason),
            "BLEU": bleu(text, case.reason),
            "borne out": len(kept) / len(sentences) if sentences else math.nan,
            "false": float(verdict.is_wrong),
            "persuades": self.persuades(case, text),
            "words": float(len(words_of(text))),
        }

    def persuades(self, case: Case, text: str) -> float:
        """(told - before) / (watched - before): before reading, nothing of the film's traits is known."""
        history = tuple((item_id, 1.0) for item_id in case.likes for _ in (0, 1))
        seeker = TargetFreeUser(Persona(persona_id=case.name, targets=(), history=history), self.catalog, self._guard)
        item = self.catalog[case.item_id]
        whole = seeker.worth(item)
        if whole <= 0:
            return math.nan
        said = f" {fold(text)} "
        told = sum(
            weight
            for (facet, value), weight in seeker.weights.items()
            if value in item.values(facet) and f" {fold(value)} " in said
        )
        return min(1.0, told / whole)


class ModelExplainer:
    """A language model that is given the facts and asked for one or two sentences."""

    def __init__(self, model: Any, catalog: Catalog, verifier: Verifier) -> None:
        self.model = model
        self.catalog = catalog
        self._verifier = verifier
        self._kept: dict[str, str] = {}

    def write(self, case: Case) -> str:
        from langchain_core.messages import HumanMessage, SystemMessage

        if case.name not in self._kept:
            domain = self.catalog.domain
            item = self.catalog[case.item_id]
            likes = "; ".join(self.catalog[i].label for i in case.likes[:5])
            order = f"Say in one or two short sentences why this person may like the {domain.noun}, from these facts."
            told = f"The person liked: {likes}\nThe {domain.noun}: {item.label}\nFacts: {facts_of(item, self.catalog)}"
            pieces = self.model.stream_text([SystemMessage(order), HumanMessage(told)], max_tokens=70, temperature=0.0)
            self._kept[case.name] = "".join(pieces).strip()
        return self._kept[case.name]

    def write_verified(self, case: Case) -> str:
        return self._verifier.verify(self.write(case), [case.item_id], background=case.likes).text


def facts_of(item: Item, catalog: Catalog) -> str:
    """Every tag and the first names of every role, as a list."""
    parts = [f"{kind}: {', '.join(item.values(kind)[:4])}" for kind in catalog.domain.kinds if item.values(kind)]
    parts += [f"{role}: {', '.join(item.values(role)[:3])}" for role in catalog.domain.roles if item.values(role)]
    return "; ".join(parts)


def _ours(catalog: Catalog) -> dict[str, Explain]:
    """Explainers without a model, the trivial ones first."""
    wording = Wording(catalog)
    noun = catalog.domain.noun

    def constant(case: Case) -> str:
        return f"It is a good {noun} and I think that you will like it."

    def opening(case: Case) -> str:
        text = catalog[case.item_id].text
        return text[: text.find(". ") + 1] or text

    def facts(case: Case) -> str:
        return f"{catalog[case.item_id].label}: {facts_of(catalog[case.item_id], catalog)}."

    def parley(case: Case) -> str:
        edits = [LedgerEdit(wish=Wish(facet=ITEM, value=i, stance=Stance.LIKE)) for i in case.likes]
        item = catalog[case.item_id]
        shown = SlateItem(item_id=item.item_id, title=item.title, year=item.year, score=1.0)
        request = ReplyRequest(
            route=Route.ANSWER, turn=2, ledger=Ledger().apply(edits, turn=1), slate=Slate(items=(shown,), total=1)
        )
        return explain_slate([item], request, wording, None)

    return {"the same for everything": constant, "synopsis, first sentence": opening, "all facts": facts,
            "Parley": parley}  # fmt: skip


def _mark(judge: ExplanationJudge, cases: Sequence[Case], explain: Explain, answers: Answers) -> None:
    for case in cases:
        answers.add(**judge.mark(case, explain(case)))


def _table(about: str, answers: list[Answers], seed: int) -> TaskTable:
    return table_of("Explanation", "inspired", about, answers, headline="ROUGE-L", seed=seed)
