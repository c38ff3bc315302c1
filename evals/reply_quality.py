"""Who should word a reply? The realiser and models' verified prose, side by side, by a rubric in code.

    python -m parley.evals.reply_quality --models embedded,tuned --pairs 20 --out docs/results/reply-pairs.md

The rubric asks five things that can be counted, each 0 to 1, and none of which needs taste: how many of the
items the raw prose presents, how much of it is true, how many people it gets right or leaves out, whether
it repeats itself, whether it ends. What the verifier lets through is shown beside it: that is what
users would read. No model judges; the texts are printed in full, for people to read.
"""

from __future__ import annotations

import argparse
import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np

from parley.agent.ledger import Hardness, Ledger, LedgerEdit, Wish
from parley.agent.llm import ChatModel
from parley.agent.messages import Route, Slate, SlateItem, Understanding
from parley.agent.reply import Replier, ReplyRequest
from parley.agent.reply.prose import ProseWriter, tell_facts
from parley.agent.reply.verify import Verifier
from parley.agent.reply.wording import Wording
from parley.agent.tuning.examples import Example
from parley.agent.tuning.forms import reply_prompt
from parley.agent.tuning.reader import answer
from parley.agent.tuning.serving import open_tuned
from parley.tools.items import Catalog, Item

TUNED = "tuned"
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
        _presented(text, items) / len(items),
        len(kept) / max(1, len(sentences)),
        0.0 if verdict.is_wrong or not sentences else 1.0,
        len(set(lines)) / max(1, len(lines)),
        1.0 if text.strip() and text.strip()[-1] in ".!?" else 0.0,
    )
    return Marked(scores, ms)


def _presented(text: str, items: Sequence[Item]) -> int:
    """How many titles the text has, a title inside a longer one not counted."""
    found = 0
    for item in sorted(items, key=lambda i: -len(i.title)):
        found += item.title in text
        text = text.replace(item.title, "")
    return found


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


@dataclass(frozen=True)
class Written:
    """What one writer made of every request."""

    name: str
    marks: list[Marked]
    texts: list[str]
    presents: list[float]
    """Share of a request's items that the verified text presents."""

    @property
    def distinct_2(self) -> float:
        """Distinct pairs of words over all pairs (Li et al., NAACL 2016): how varied the texts are."""
        pairs = [pair for text in self.texts for pair in pairwise(text.casefold().split())]
        return len(set(pairs)) / max(1, len(pairs))


Writer = Callable[[ReplyRequest], str]


def writers(catalog: Catalog, models: Mapping[str, ChatModel]) -> dict[str, Writer]:
    """The realiser, then each model: `tuned` under the short prompt it was taught, others under the instruction."""
    replier = Replier(catalog)
    found: dict[str, Writer] = {"realiser": lambda request: replier.write(request).text}
    for name, model in models.items():
        found[name] = partial(_tuned if name == TUNED else _untuned, replier.wording, model)
    return found


def _untuned(wording: Wording, model: ChatModel, request: ReplyRequest) -> str:
    asked = ProseWriter(wording, model).ask_for_items(request, _items(request, wording.catalog))
    return "".join(model.stream_text(asked, max_tokens=220, temperature=0.3, seed=request.seed)).strip()


def _tuned(wording: Wording, model: ChatModel, request: ReplyRequest) -> str:
    facts = [tell_facts(item, wording) for item in _items(request, wording.catalog)]
    prompt = reply_prompt(wording.understood([*request.ledger]), facts)
    return answer(model, Example(role="reply", prompt=prompt, target="?", group="pairs"))


def compare(catalog: Catalog, by: Mapping[str, Writer], number: int, seed: int) -> list[Written]:
    """Every writer on the same requests."""
    verifier, asked = Verifier(catalog), requests(catalog, number, seed)
    found = []
    for name, write in by.items():
        written = Written(name, [], [], [])
        for request in asked:
            items, wishes = _items(request, catalog), [v for w in request.ledger for v in w.values]
            start = time.perf_counter()
            text = write(request)
            written.marks.append(mark(text, items, wishes, verifier, (time.perf_counter() - start) * 1e3))
            written.texts.append(text)
            verdict = verifier.verify(text, [i.item_id for i in items], wishes=wishes, numbers=[len(items)])
            written.presents.append(len({*verdict.named}) / len(items))
        found.append(written)
    return found


def _items(request: ReplyRequest, catalog: Catalog) -> list[Item]:
    return [catalog[i] for i in request.slate.item_ids]


def interval(values: Sequence[float], seed: int = 0) -> str:
    """Mean with a 95 % bootstrap interval."""
    data = np.asarray(values, dtype=float)
    draws = np.random.default_rng(seed).choice(data, (2000, len(data))).mean(axis=1)
    low, high = np.percentile(draws, [2.5, 97.5])
    return f"{data.mean():.2f} [{low:.2f}, {high:.2f}]"


def report(found: Sequence[Written], ids: Mapping[str, str], asked: Sequence[str], command: str, seed: int) -> str:
    """The page: the table, who wins in pairs, and every text."""
    ours, *others = found
    rows = [(CRITERIA[n], [interval([m.scores[n] for m in w.marks]) for w in found]) for n in range(5)]
    rows += [
        ("all five", [interval([m.total for m in w.marks]) for w in found]),
        ("items presented after verification", [interval(w.presents) for w in found]),
        ("different pairs of words (distinct-2)", [f"{w.distinct_2:.2f}" for w in found]),
        ("words", [f"{np.mean([len(t.split()) for t in w.texts]):.0f}" for w in found]),
        ("median ms", [f"{np.median([m.ms for m in w.marks]):.0f}" for w in found]),
    ]
    models = ", ".join(f"{name} is `{model_id}`" for name, model_id in ids.items())
    lines = [
        "# The realiser and models' prose, in pairs",
        "",
        f"`{command}`",
        "",
        f"{len(ours.marks)} slates of three films, seed {seed}; {models}. Mean with 95 % bootstrap interval; each "
        "criterion 0 to 1, counted in code (`evals/reply_quality.py`), no model judges. Models are marked on what "
        "they wrote, before the verifier.",
        "",
        f"| criterion | {' | '.join(w.name for w in found)} |",
        "|---|" + "---|" * len(found),
        *(f"| {name} | {' | '.join(cells)} |" for name, cells in rows),
        "",
    ]
    for other in others:
        wins = sum(a.total > b.total for a, b in zip(ours.marks, other.marks, strict=True))
        losses = sum(a.total < b.total for a, b in zip(ours.marks, other.marks, strict=True))
        level = len(ours.marks) - wins - losses
        lines.append(
            f"In pairs with {other.name}: realiser better {wins}, {other.name} better {losses}, level {level}."
        )
    lines += [
        "",
        "The realiser passes by construction: it can only say fields of the catalogue (`docs/replies.md`).",
        "",
    ]
    lines += ["## The texts", ""]
    for number, wishes in enumerate(asked):
        lines += [f"### {number + 1}. {wishes}", ""]
        for w in found:
            lines += [
                f"**{w.name}** ({w.marks[number].total:.2f})",
                "",
                *(f"> {t}" for t in w.texts[number].split("\n")),
                "",
            ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", default="embedded", help="models by spec, with commas; tuned: the shipped adapter")
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=None)
    options = parser.parse_args()
    from parley.agent.llm import load_model

    names = options.models.split(",")
    models: dict[str, ChatModel] = {n.split(":")[0]: open_tuned() if n == TUNED else load_model(n) for n in names}
    catalog = Catalog.films()
    found = compare(catalog, writers(catalog, models), options.pairs, options.seed)
    asked = [Replier(catalog).wording.understood([*r.ledger]) for r in requests(catalog, options.pairs, options.seed)]
    command = f"python -m parley.evals.reply_quality --models {','.join(models)} --pairs {options.pairs}"
    text = report(found, {n: m.model_id for n, m in models.items()}, asked, command, options.seed)
    if options.out is not None:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(text, "utf-8")
    print(text)


if __name__ == "__main__":
    main()
