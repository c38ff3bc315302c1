"""`parley eval memory` as one document, and as the page under `docs/results/`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from parley.evals.memory.laps import LapsReport, evaluate_laps, tokens_to_reach
from parley.evals.memory.prediction import PredictionConfig, PredictionReport, evaluate_prediction
from parley.tools.items import Catalog

DATA = ("movielens-latest-small", "laps-movie")


class MemoryEvalError(ValueError):
    """The eval cannot run as asked; the message names the value and the mend."""


class MemoryReport(BaseModel):
    """What was asked for of (a), (b) and (c)."""

    model_config = ConfigDict(frozen=True)

    seed: int
    prediction: PredictionReport | None = None
    laps: LapsReport | None = None


def evaluate_memory(
    names: Sequence[str], folder_of: Callable[[str], Path], catalog: Catalog, *, seed: int = 0
) -> MemoryReport:
    """Run the parts that the named data sets serve.

    Raises:
        MemoryEvalError: an unknown data set, or none.
    """
    if unknown := [name for name in names if name not in DATA]:
        raise MemoryEvalError(f"no memory eval on {unknown[0]!r}; there is one on {' and '.join(DATA)}")
    if not names:
        raise MemoryEvalError(f"name a data set: {', '.join(DATA)}")
    prediction = laps = None
    if DATA[0] in names:
        prediction = evaluate_prediction(folder_of(DATA[0]), catalog, PredictionConfig(seed=seed))
    if DATA[1] in names:
        laps = evaluate_laps(folder_of(DATA[1]), catalog, seed=seed)
    return MemoryReport(seed=seed, prediction=prediction, laps=laps)


def write_page(report: MemoryReport) -> str:
    """The report in Markdown, tables only; the prose around it lives in `docs/memory.md`."""
    parts = [
        "# What memory is worth\n",
        f"Made by `parley eval memory --data {','.join(DATA)} --report docs/results` (seed {report.seed}). "
        "Means over people, with 95 % bootstrap intervals; AUC is the chance that an item the person liked is put "
        "above one they did not.\n",
    ]
    if report.prediction is not None:
        parts += _prediction_page(report.prediction)
    if report.laps is not None:
        parts += _laps_page(report.laps)
    return "\n".join(parts)


def _prediction_page(found: PredictionReport) -> list[str]:
    return [
        "## (a) Predicting what a person will like and dislike\n",
        f"MovieLens latest-small: {found.people} people, {found.reactions_learned:,} earlier reactions learned from, "
        f"{found.reactions_predicted:,} later ones predicted. What is known of items comes from other people. "
        "The loop's settings were explored on 140 of the 420 people who qualify, drawn at random, so about a third of "
        "the people reported here took part in that; the 140 not reported prefer the same or neighbouring settings "
        "(within 0.004 AUC).\n",
        "| prediction from | AUC | macro F1 | AUC over item mean |",
        "| --- | --- | --- | --- |",
        *(f"| {row.name} | {row.auc} | {row.f1} | {row.auc_over_item_mean} |" for row in found.rows),
        "",
        f"The critic changes AUC by {found.critic_gain_auc} and F1 by {found.critic_gain_f1}, and keeps "
        f"{found.statements_kept:.0f} of {found.statements_one_pass:.0f} statements a person.\n",
        "### (c) Tokens: the profile against the latest reactions\n",
        f"Everything a person reacted to would take {found.whole_history_tokens:,.0f} tokens as text.\n",
        "| tokens | AUC from the profile | AUC from the latest reactions |",
        "| --- | --- | --- |",
        *(f"| {row.budget} | {row.profile} | {row.history} |" for row in found.tokens),
        "",
        _equal("AUC", [(r.budget, r.profile.mean, r.history.mean) for r in found.tokens]),
    ]


def _laps_page(found: LapsReport) -> list[str]:
    columns = ("recall", "precision", "recall_repeated", "precision_believed", "retention")
    return [
        "## (b) Preferences across sessions\n",
        f"LAPS (films): {found.people} people, {found.people_returning} of them in several sessions, {found.sessions} "
        f"sessions a week apart; {found.noted:,} noted preferences about films, people, genres and moods, of which "
        f"{found.noted_linked:.0%} name something in the catalogue and are judged.\n",
        "| understood by | recall | precision | believed, of what was noted twice | precision of what is believed | "
        "kept from the first session to the last |",
        "| --- | --- | --- | --- | --- | --- |",
        *(f"| {row.name} | {' | '.join(str(getattr(row, column)) for column in columns)} |" for row in found.rows),
        "",
        "### (c) Tokens: the profile against truncated history\n",
        "Of all noted preferences, the share that a prompt of so many tokens brings. From memory it must be the right "
        "way round (liked or not); from the words it is enough that they name it.\n",
        "| tokens | profile | latest turns word for word |",
        "| --- | --- | --- |",
        *(f"| {row.budget} | {row.memory} | {row.history} |" for row in found.tokens),
        "",
        _equal("share", [(r.budget, r.memory.mean, r.history.mean) for r in found.tokens]),
    ]


def _equal(what: str, points: Sequence[tuple[int, float, float]]) -> str:
    """How many tokens truncated history needs for what memory brings in a few."""
    told = []
    history = [(budget, value) for budget, _, value in points]
    for budget, level, _ in points[:3]:
        needed = tokens_to_reach(history, level)
        words = f"more than {history[-1][0]}" if needed != needed else f"{needed:.0f}"
        told.append(f"{budget} tokens of profile equal {words} of history")
    return f"At equal {what}: {'; '.join(told)}.\n"
