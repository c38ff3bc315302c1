"""What a language model alone understands: wishes filled in under a grammar, acts scored as options.

A small sample is enough to see whether a model may be given the job; `docs/results/nlu.md` says what it showed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import Any, Literal

from langchain_core.messages import HumanMessage, SystemMessage
from pydantic import BaseModel

from parley.agent.acts import DialogueAct
from parley.agent.ledger import Hardness, LedgerEdit, Polarity, Wish
from parley.agent.llm.seam import ChatModel, ModelError
from parley.agent.messages import Understanding
from parley.evals.nlu.acts_eval import Acts, act_scores
from parley.evals.nlu.dialogues import LabelledTurn
from parley.evals.nlu.wishes import load_cases, score_cases
from parley.tools.items import Catalog


class ModelWish(BaseModel):
    """A wish as a model is asked for it."""

    facet: Literal["genre", "mood", "person", "language", "year", "runtime"]
    value: str = ""
    at_least: int | None = None
    at_most: int | None = None
    polarity: Literal["want", "avoid"] = "want"
    must: bool = False


class ModelWishes(BaseModel):
    """All wishes of one utterance."""

    wishes: list[ModelWish]


_SYSTEM = (
    "Extract what the user wants from a film as JSON. Example: 'no horror, older than 1990' gives "
    '{"wishes":[{"facet":"genre","value":"Horror","polarity":"avoid","must":true},'
    '{"facet":"year","at_most":1989,"polarity":"want","must":true}]}'
)


def probe_wishes(model: ChatModel, *, sample: int = 40, seed: int = 0) -> dict[str, Any]:
    """Exact-constraint accuracy of the model on a sample of the development utterances without context."""
    cases = [c for c in load_cases("development") if c.context == "none" and c.gold]
    chosen = random.Random(seed).sample(cases, min(sample, len(cases)))
    failed: list[str] = []
    started = time.monotonic()

    def understand(text: str, _: object) -> Understanding:
        try:
            found = model.generate([SystemMessage(_SYSTEM), HumanMessage(text)], ModelWishes, max_tokens=160)
        except ModelError:
            failed.append(text)
            return Understanding()
        return Understanding(edits=tuple(LedgerEdit(wish=_as_wish(w)) for w in found.wishes[:12]))

    scores = score_cases(chosen, understand, Catalog.films())
    return {
        "model": model.model_id,
        "n": len(scores),
        "exact": sum(s.strict for s in scores) / len(scores),
        "exact_any_firmness": sum(s.lenient for s in scores) / len(scores),
        "no_json": len(failed),
        "seconds_each": (time.monotonic() - started) / len(scores),
    }


def _as_wish(wish: ModelWish) -> Wish:
    hardness = Hardness.HARD if wish.must else Hardness.SOFT
    low = None if wish.at_least is None else float(wish.at_least)
    high = None if wish.at_most is None else float(wish.at_most)
    return Wish(
        facet=wish.facet, value=wish.value, gte=low, lte=high, polarity=Polarity(wish.polarity), hardness=hardness
    )


def probe_acts(model: ChatModel, turns: Sequence[LabelledTurn], *, sample: int = 100, seed: int = 0) -> dict[str, Any]:
    """Acts by the likeliest option of one pass, one act a turn."""
    chosen = random.Random(seed).sample(list(turns), min(sample, len(turns)))
    options = [a.value.replace("_", " ") for a in DialogueAct if a is not DialogueAct.END]
    acts = [a for a in DialogueAct if a is not DialogueAct.END]
    predicted: list[Acts] = []
    started = time.monotonic()
    for turn in chosen:
        before = turn.before[-1][1] if turn.before else ""
        prompt = [
            SystemMessage("Name the user's dialogue act: " + ", ".join(options) + "."),
            HumanMessage(f"Assistant: {before[-200:]}\nUser: {turn.text[:300]}\nAct:"),
        ]
        rated = model.score(prompt, options)
        predicted.append(frozenset({acts[max(range(len(acts)), key=lambda i: rated[i])]}))
    scores = act_scores([t.acts for t in chosen], predicted)
    return {
        "model": model.model_id,
        "n": len(chosen),
        "seconds_each": (time.monotonic() - started) / len(chosen),
        **scores,
    }
