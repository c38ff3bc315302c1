"""Who should word a reply? The realiser and a model's verified prose, side by side, by a rubric in code.

    python -m parley.evals.reply_quality --model embedded --pairs 20 --out docs/results/reply-pairs.md

The rubric asks five things that can be counted, each 0 to 1, and none of which needs taste: how many of the
items the raw prose presents, how much of it is true, how many people it gets right or leaves out, whether
it repeats itself, whether it ends. What the verifier lets through is shown beside it: that is what
users would read. No model judges.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from parley.agent.ledger import Hardness, Ledger, LedgerEdit, Wish
from parley.agent.llm import ChatModel
from parley.agent.messages import Route, Slate, SlateItem, Understanding
from parley.agent.reply import Replier, ReplyRequest
from parley.agent.reply.prose import Outcome, ProseWriter
from parley.agent.reply.verify import Verifier
from parley.tools.items import Catalog, Item

CRITERIA = ("presents all", "verified", "nothing wrong", "no repetition", "ends well")


@dataclass(frozen=True)
class Marked:
    """One text under the rubric."""

    scores: tuple[float, ...]
    """In the order of `CRITERIA`, each 0 to 1."""
    ms: float

    @property
    def total(self) -> float:
        return float(np.mean(self.scores))


def mark(text: str, items: Sequence[Item], wishes: Sequence[str], verifier: Verifier, ms: float) -> Marked:
    """Mark a text that should present `items`."""
    verdict = verifier.verify(text, [i.item_id for i in items], wishes=wishes, numbers=[len(items)])
    sentences = [s for s in verifier.split(text) if s.strip()]
    lines = [re.sub(r"\W+", " ", s.casefold()).strip() for s in sentences]
    kept = [s for s in verifier.split(verdict.text) if s.strip()]
    scores = (
        sum(i.title in text for i in items) / len(items),
        len(kept) / max(1, len(sentences)),
        0.0 if verdict.is_wrong or not sentences else 1.0,
        len(set(lines)) / max(1, len(lines)),
        1.0 if text.strip() and text.strip()[-1] in ".!?" else 0.0,
    )
    return Marked(scores, ms)


def requests(catalog: Catalog, number: int, seed: int) -> list[ReplyRequest]:
    """Turns with one or two wishes and three items that meet them."""
    rng = random.Random(seed)
    made: list[ReplyRequest] = []
    kinds = [k for k in catalog.domain.kinds if len(catalog.vocabulary.get(k, {})) > 10][:2]
    while len(made) < number:
        wishes = [
            Wish(facet=k, value=rng.choice(list(catalog.vocabulary[k])[:12]), hardness=Hardness.HARD) for k in kinds
        ]
        fitting = [i for i in catalog if all(w.is_met_by(i) for w in wishes)]
        if len(fitting) < 3:
            continue
        items = rng.sample(fitting, 3)
        edits = tuple(LedgerEdit(wish=w) for w in wishes)
        slate = Slate(
            items=tuple(SlateItem(item_id=i.item_id, title=i.title, year=i.year, score=1.0) for i in items),
            total=len(fitting),
        )
        made.append(
            ReplyRequest(
                route=Route.RECOMMEND, turn=1, seed=seed + len(made), understanding=Understanding(edits=edits),
                ledger=Ledger().apply(edits, turn=1), slate=slate,
            )
        )  # fmt: skip
    return made


def compare(
    catalog: Catalog, model: ChatModel, number: int, seed: int
) -> tuple[list[Marked], list[Marked], list[float]]:
    """The realiser's marks, the model's raw marks, and the share of items the model's shown prose presents."""
    replier, verifier = Replier(catalog), Verifier(catalog)
    prose = ProseWriter(replier.wording, model)
    ours: list[Marked] = []
    theirs: list[Marked] = []
    shown: list[float] = []
    for request in requests(catalog, number, seed):
        items = [catalog[i] for i in request.slate.item_ids]
        wishes = [v for w in request.ledger for v in w.values]
        start = time.perf_counter()
        text = replier.write(request).text
        ours.append(mark(text, items, wishes, verifier, (time.perf_counter() - start) * 1e3))
        start = time.perf_counter()
        raw = "".join(
            model.stream_text(prose.ask_for_items(request, items), max_tokens=220, temperature=0.3, seed=request.seed)
        )
        theirs.append(mark(raw, items, wishes, verifier, (time.perf_counter() - start) * 1e3))
        outcome = Outcome()
        list(prose.recommend(request, items, outcome))
        shown.append(len(outcome.named) / len(items))
    return ours, theirs, shown


def interval(values: Sequence[float], seed: int = 0) -> str:
    """Mean with a 95 % bootstrap interval."""
    data = np.asarray(values, dtype=float)
    draws = np.random.default_rng(seed).choice(data, (2000, len(data))).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{data.mean():.2f} [{low:.2f}, {high:.2f}]"


def report(ours: list[Marked], theirs: list[Marked], shown: list[float], model_id: str, command: str, seed: int) -> str:
    rows = [
        f"| {name} | {interval([m.scores[n] for m in ours])} | {interval([m.scores[n] for m in theirs])} |"
        for n, name in enumerate(CRITERIA)
    ]
    wins = sum(a.total > b.total for a, b in zip(ours, theirs, strict=True))
    losses = sum(a.total < b.total for a, b in zip(ours, theirs, strict=True))
    return "\n".join([
        "# The realiser and the model's prose, in pairs",
        "",
        f"`{command}`",
        "",
        f"{len(ours)} slates of three films, seed {seed}; model `{model_id}`, temperature 0.3; mean with 95 % "
        "bootstrap interval; each criterion 0 to 1, counted in code (`evals/reply_quality.py`), no model judges.",
        "",
        "| criterion | realiser | model, raw |",
        "|---|---|---|",
        *rows,
        f"| all five | {interval([m.total for m in ours])} | {interval([m.total for m in theirs])} |",
        f"| median ms | {np.median([m.ms for m in ours]):.1f} | {np.median([m.ms for m in theirs]):.0f} |",
        "",
        f"In pairs: realiser better {wins}, model better {losses}, level {len(ours) - wins - losses}.",
        f"Of the items, the model's prose presents {interval(shown)} after verification; the realiser adds the rest.",
        "",
        "The realiser passes by construction: it can only say fields of the catalogue (`docs/replies.md`).",
        "",
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    from parley.agent.llm import load_model

    model = load_model(options.model)
    ours, theirs, shown = compare(Catalog.films(), model, options.pairs, options.seed)
    command = f"python -m parley.evals.reply_quality --model {options.model.split(':')[0]} --pairs {options.pairs}"
    text = report(ours, theirs, shown, model.model_id, command, options.seed)
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
