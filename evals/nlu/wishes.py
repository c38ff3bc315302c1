"""Exact-constraint accuracy on hand-written utterances in this product's own schema.

An utterance counts if what was understood is exactly what its author meant: every wish, stance, change and question,
nothing missing, nothing added, firmness and duration included (`strict`), or whatever the firmness (`lenient`).
A third of the first set is held out and was measured once, at the end. A second set, `MORE`, came in batches; the
figure of a batch before anything was mended for it is in docs/results/nlu.md.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from parley.agent.ledger import EditAction, LedgerEdit
from parley.agent.messages import Elicitation, Understanding
from parley.agent.understanding import DialogueContext
from parley.agent.understanding.text import content_words
from parley.evals.nlu.notation import read_ledger, write_edit
from parley.tools.items import PERSON, Catalog

MORE = "more"
"""The name of the second set; all of it is for development."""


class WishCase(BaseModel):
    """One hand-written utterance with what it means, in the notation of `parley.evals.nlu.notation`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    split: str
    context: str
    utterance: str
    gold: tuple[str, ...]
    batch: int = 0
    """Of the second set: which batch it came in, from 1."""


class WishScore(BaseModel):
    """The outcome for one utterance."""

    model_config = ConfigDict(frozen=True)

    case: WishCase
    predicted: tuple[str, ...]
    strict: bool
    lenient: bool


def data_folder() -> Path:
    return Path(str(files("parley.evals.nlu") / "data"))


def load_cases(split: str | None = None) -> list[WishCase]:
    """The first committed set, one split of it ("development", "held_out"), or the second set (`MORE`)."""
    name = "wishes_more.jsonl" if split == MORE else "wishes.jsonl"
    lines = (data_folder() / name).read_text("utf-8").splitlines()
    cases = [WishCase.model_validate_json(line) for line in lines]
    return [c for c in cases if split in (None, MORE) or c.split == split]


def load_contexts(catalog: Catalog) -> dict[str, DialogueContext]:
    """The named contexts that cases are read against."""
    raw = json.loads((data_folder() / "contexts.json").read_text("utf-8"))
    return {
        name: DialogueContext(
            ledger=read_ledger(fields.get("wishes", []), catalog),
            turn=fields.get("turn", 1),
            slate=tuple(fields.get("slate", ())),
            shown=tuple(fields.get("shown", ())),
            focus=fields.get("focus"),
            elicitation=Elicitation.model_validate(fields["elicitation"]) if "elicitation" in fields else None,
            window=tuple((role, text) for role, text in fields.get("window", ())),
        )
        for name, fields in raw.items()
    }


def score_cases(
    cases: Sequence[WishCase], understand: Callable[[str, DialogueContext], Understanding], catalog: Catalog
) -> list[WishScore]:
    """Understand every utterance in its context and compare."""
    contexts = load_contexts(catalog)
    scores = []
    for case in cases:
        predicted = written(understand(case.utterance, contexts[case.context]), catalog)
        if not any(g.startswith("count:") for g in case.gold):
            predicted = tuple(p for p in predicted if not p.startswith("count:"))
        scores.append(
            WishScore(
                case=case,
                predicted=predicted,
                strict=_agree(case.gold, predicted, catalog, lenient=False),
                lenient=_agree(case.gold, predicted, catalog, lenient=True),
            )
        )
    return scores


def written(found: Understanding, catalog: Catalog) -> tuple[str, ...]:
    """What was understood, in the notation: alternatives joined, the question and the count at the end."""
    lines: list[str] = []
    merged: list[LedgerEdit] = []
    for edit in found.edits:
        if edit.alternative and edit.wish is not None and edit.action is EditAction.ADD:
            for number, known in enumerate(merged):
                w = known.wish
                if (
                    w is not None
                    and known.action is EditAction.ADD
                    and _one_role(w.facet, edit.wish.facet, catalog)
                    and w.polarity is edit.wish.polarity
                    and not w.is_number
                ):
                    merged[number] = known.model_copy(
                        update={"wish": w.model_copy(update={"any_of": (*w.any_of, *edit.wish.values)})}
                    )
                    break
            else:
                merged.append(edit)
        else:
            merged.append(edit)
    lines += [write_edit(e, catalog.domain) for e in merged]
    if found.question is not None and (found.question.about or not found.question.unknown) and found.question.about:
        lines.append(f"ask:{found.question.field}({','.join(found.question.about)})")
    if found.surprise:
        lines.append("surprise")
    if found.count is not None:
        lines.append(f"count:{found.count}")
    return tuple(lines)


def _one_role(a: str, b: str, catalog: Catalog) -> bool:
    return a == b or {a, b} <= {*catalog.domain.roles, PERSON}


def _agree(gold: Sequence[str], predicted: Sequence[str], catalog: Catalog, *, lenient: bool) -> bool:
    left = list(predicted)
    topics: list[str] = []
    for line in gold:
        hit = next((p for p in left if _same(line, p, catalog, lenient=lenient)), None)
        if hit is None:
            return False
        left.remove(hit)
        if "topic=" in line:
            topics += content_words(_value(line)) + content_words(_value(hit))
    return all(_is_part_of_topic(p, topics) for p in left)


def _same(gold: str, predicted: str, catalog: Catalog, *, lenient: bool) -> bool:
    if lenient:
        gold, predicted = re.sub(r"[!~](?=@|$)", "", gold), re.sub(r"[!~](?=@|$)", "", predicted)
    if gold == predicted:
        return True
    if "?" in gold and not gold.startswith("ask"):
        pattern = re.escape(gold).replace(r"\?", r"-?\d+(?:\.\d+)?")
        return re.fullmatch(pattern, predicted) is not None
    roles = "|".join((*catalog.domain.roles, PERSON))
    if gold.startswith(("retract:", "soften:", "harden:", "ask:")):
        same = re.compile(rf"(?<=:)(?:{roles})(?=[=(]|$)")
        return same.sub(PERSON, gold) == same.sub(PERSON, predicted) and "director" not in gold + predicted
    if "person=" in gold:
        people = re.match(rf"(?P<sign>(?:or )?[+-])(?:{roles})=(?P<rest>.*)", predicted)
        wanted = re.match(r"(?P<sign>(?:or )?[+-])person=(?P<rest>.*)", gold)
        return bool(people and wanted and _sorted_values(people) == _sorted_values(wanted))
    if "topic=" in gold:
        return _same_topic(gold, predicted)
    if gold.startswith(("+mood", "-mood")) and "|" in gold and predicted.startswith(gold[:6]):
        return set(_value(predicted).split("|")) & set(_value(gold).split("|")) != set() and (
            gold[-1] == predicted[-1] or gold[-1] not in "!~"
        )
    return False


def _sorted_values(match: re.Match[str]) -> tuple[str, list[str], str]:
    rest = match.group("rest")
    return match.group("sign"), sorted(re.split(r"\|", rest.rstrip("!~"))), rest[-1]


def _same_topic(gold: str, predicted: str) -> bool:
    """A theme: the catalogue's keyword or mood for it, or free words that say mostly the same. Free words are soft."""
    match = re.match(r"(?P<sign>[+-])(?:keyword|about|mood|genre)=", predicted)
    if match is None or match.group("sign") != gold[0]:
        return False
    firm = predicted[-1] in "!~" and "about=" not in predicted
    if firm and gold[-1] in "!~" and gold[-1] != predicted[-1]:
        return False
    a, b = _stems(_value(gold)), _stems(_value(predicted))
    return bool(a and b) and (2 * len(a & b) / (len(a) + len(b)) >= 0.5 or a <= b)


def _is_part_of_topic(predicted: str, topics: Sequence[str]) -> bool:
    words = _stems(_value(predicted))
    return predicted[1:].startswith(("keyword=", "about=")) and bool(words) and words <= {t.rstrip("s") for t in topics}


def _stems(text: str) -> set[str]:
    return {w.rstrip("s") for w in content_words(text.replace("|", " ").replace("-", " "))}


def _value(line: str) -> str:
    return re.sub(r"[!~]?(?:@\w+)?$", "", line.split("=", 1)[-1]).lower()


__all__ = ["MORE", "WishCase", "WishScore", "load_cases", "load_contexts", "score_cases", "written"]
