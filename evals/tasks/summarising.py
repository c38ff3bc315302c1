"""Summary: the main meaning of what someone says they like. A stand-in for review summary, and called so.

No corpus at hand pairs reviews with summaries. LAPS has the next best: what a person says in a session about
what they like and want, and what was noted of it afterwards, confirmed by them. The person's words are the review,
the notes the summary.

Sources: the task as in Liu et al., arXiv:2304.10149; Joko et al. (LAPS), SIGIR 2024, arXiv:2405.03480.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from parley.agent.ledger import Ledger
from parley.agent.understanding import DialogueContext, Understander
from parley.agent.wish_words import say_wish
from parley.evals.simulate.records import Frozen
from parley.evals.simulate.sources import text_of
from parley.evals.tasks.table import Answers, TaskError, TaskTable, measured, table_of, tokens_of
from parley.evals.tasks.texts import bleu, rouge_1, rouge_l, words_of
from parley.tools.items import Catalog
from parley.tools.linking import Linker

Summarise = Callable[["Talk"], str]


class Talk(Frozen):
    """What someone said in a session, and what was noted of it."""

    turns: tuple[tuple[str, str], ...]
    """(what the assistant said before, what the person said)."""
    notes: str

    @property
    def said(self) -> str:
        return " ".join(words for _, words in self.turns)


def talks(folder: Path) -> list[Talk]:
    """Every session with at least two notes.

    Raises:
        TaskError: there is none.
    """
    found = []
    for name in ("train.json.gz", "val.json.gz"):
        for person in json.loads(text_of(folder / name)):
            for session in person["sessions"]:
                notes = _notes(session["preferences"])
                turns, before = [], ""
                for message in session["dialogue"]:
                    if message["role"].casefold() == "user":
                        turns.append((before, " ".join(message["message"].split())))
                    else:
                        before = message["message"]
                if len(notes) >= 2 and turns:
                    found.append(Talk(turns=tuple(turns), notes="; ".join(notes)))
    if not found:
        raise TaskError(f"no session with notes under {folder.name!r}; fetch the data set again")
    return found


def summary_task(
    folder: Path, catalog: Catalog, *, cases: int, seed: int, model: Any = None, model_cases: int = 0
) -> list[TaskTable]:
    """Lead sentences, a central sentence, the ledger in words, and a model."""
    every = talks(folder)
    some = [every[i] for i in np.random.default_rng(seed).permutation(len(every))[:cases]]
    answers = [measured(name, partial(_mark, some, make)) for name, make in _ours(catalog).items()]
    about = (
        "**A stand-in**: no corpus at hand pairs reviews with summaries. The text is what a person of LAPS said in a "
        "session, the reference what was noted of it and confirmed by them. `words` is the summary's length, `of the "
        "text` its share of what was said; the notes have "
        f"{np.mean([len(words_of(t.notes)) for t in some]):.0f} words on average."
    )
    tables = [table_of("Summary of what someone says", "laps-movie", about, answers, headline="ROUGE-1", seed=seed)]
    if model is not None and model_cases:
        part = some[:model_cases]
        made = [measured(name, partial(_mark, part, make)) for name, make in _ours(catalog).items()]
        made.append(measured("model", partial(_mark, part, partial(_by_model, model)), tokens_of(model)))
        told = f"The first {len(part)} of the same cases with `{model.model_id}`, zero-shot."
        tables.append(table_of("Summary of what someone says", "laps-movie", told, made, headline="ROUGE-1", seed=seed))
    return tables


def lead(talk: Talk, n: int = 1) -> str:
    """The first n sentences."""
    return " ".join(sentences_of(talk.said)[:n])


def central(talk: Talk, n: int = 3) -> str:
    """The n sentences most like all of them together, in their order: words weighed by how few sentences have them."""
    sentences = sentences_of(talk.said)
    bags = [set(words_of(s)) for s in sentences]
    spread = {word: sum(word in bag for bag in bags) for bag in bags for word in bag}
    weight = {word: np.log(1 + len(bags) / count) * count for word, count in spread.items() if len(word) > 3}
    worth = [sum(weight.get(w, 0.0) for w in bag) / (4 + len(bag)) for bag in bags]
    chosen = sorted(np.argsort(-np.array(worth), kind="stable")[:n].tolist())
    return " ".join(sentences[i] for i in chosen)


def sentences_of(text: str) -> list[str]:
    """Split after full stops, question and exclamation marks."""
    return [s for s in re.split(r"(?<=[.!?])\s+", text.strip()) if s]


class LedgerSummary:
    """What Parley understood of it: the ledger after the session, in words."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._understander = Understander(catalog, Linker(catalog))

    def __call__(self, talk: Talk) -> str:
        ledger = Ledger()
        window: list[tuple[str, str]] = []
        for number, (before, words) in enumerate(talk.turns, 1):
            window += [("assistant", before)] if before else []
            context = DialogueContext(ledger=ledger, turn=number, window=tuple(window[-4:]))
            ledger = ledger.apply(self._understander.understand(words, context).edits, turn=number)
            window.append(("user", words))
        return "; ".join(dict.fromkeys(say_wish(wish, self._catalog) for wish in ledger.active))


def _notes(preferences: Mapping[str, Sequence[str]]) -> list[str]:
    """What was noted, once each; dislikes with a "no"."""
    told = [
        ("no " if kind.endswith("dislike") else "") + str(v) for kind, values in preferences.items() for v in values
    ]
    return list(dict.fromkeys(told))


def _ours(catalog: Catalog) -> dict[str, Summarise]:
    return {
        "first sentence": lead,
        "first three sentences": partial(lead, n=3),
        "three central sentences": central,
        "everything said": lambda talk: talk.said,
        "Parley's ledger": LedgerSummary(catalog),
    }


def _by_model(model: Any, talk: Talk) -> str:
    from langchain_core.messages import HumanMessage, SystemMessage

    order = "List in a few words what this person likes, dislikes and wants. Use only what they say."
    messages = [SystemMessage(order), HumanMessage(talk.said[:1800])]
    return "".join(model.stream_text(messages, max_tokens=60, temperature=0.0)).strip()


def _mark(cases: Sequence[Talk], make: Summarise, answers: Answers) -> None:
    for talk in cases:
        text = make(talk)
        answers.add(
            **{
                "ROUGE-1": rouge_1(text, talk.notes),
                "ROUGE-L": rouge_l(text, talk.notes),
                "BLEU": bleu(text, talk.notes),
                "words": float(len(words_of(text))),
                "of the text": len(words_of(text)) / max(1, len(words_of(talk.said))),
            }
        )
