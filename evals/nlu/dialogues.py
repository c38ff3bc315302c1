"""Labelled dialogues: files in the form of IARD or of its DialogueKit version, plain or gzipped."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from parley.agent.acts import CODES, DialogueAct


class LabelledDataError(ValueError):
    """A file that is in neither form; the message names the place and the mend."""


class LabelledTurn(BaseModel):
    """One user utterance with what came before and what annotators said of it."""

    model_config = ConfigDict(frozen=True)

    dialogue: str
    before: tuple[tuple[str, str], ...]
    """(role, text), oldest first."""
    text: str
    acts: frozenset[DialogueAct]
    titles: tuple[str, ...] = ()
    """Titles annotated in the text, with their years."""
    slots: tuple[tuple[str, str], ...] = ()
    """(slot, value) pairs, where the file has them."""


_TITLE = re.compile(r"@\d+ *<([^>]+)>|<([^>]+\(\d{4}\))>")
_YEARED = re.compile(
    r"((?:[A-Z0-9][\w'.:&!,-]*|of|the|and|in|to|a|for|on|at|with|from|[-–])(?: (?:[A-Z0-9][\w'.:&!,-]*|of|the|"
    r"and|in|to|a|for|on|at|with|from|[-–]))*) \((\d{4})\)"
)


def load_turns(path: Path) -> list[LabelledTurn]:
    """Every labelled user turn of a file.

    Raises:
        LabelledDataError: no such file, not JSON, or neither form.
    """
    if not path.is_file():
        raise LabelledDataError(f"no file {str(path)!r}; give one in the form of iard.json or iard_dialoguekit.json")
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError, EOFError) as error:
        raise LabelledDataError(f"{path.name} is not JSON ({error}); give a file in the form of iard.json") from error
    try:
        turns = _from_iard(data) if isinstance(data, dict) else _from_dialoguekit(data)
    except (KeyError, TypeError, AttributeError) as error:
        raise LabelledDataError(
            f"{path.name}: {error!r} is missing or of the wrong shape; see iard_README for the form"
        ) from error
    if not turns:
        raise LabelledDataError(f"{path.name} holds no labelled user turn; each needs an act among {', '.join(CODES)}")
    return turns


def _acts(codes: Sequence[str]) -> frozenset[DialogueAct]:
    """Codes as acts; an end is an "other" (the taxonomy has no end)."""
    acts = {CODES[c] for c in codes if c in CODES}
    if DialogueAct.END in acts:
        acts = acts - {DialogueAct.END} or {DialogueAct.OTHER}
    return frozenset(acts)


def _from_iard(data: dict[str, Any]) -> list[LabelledTurn]:
    turns: list[LabelledTurn] = []
    for dialogue, info in data.items():
        before: list[tuple[str, str]] = []
        for turn in sorted(info["dialogue_info"].values(), key=lambda t: t["utterance_pos"]):
            raw = turn["utterance_text"]
            titles = tuple(dict.fromkeys(" ".join((a or b).split()) for a, b in _TITLE.findall(raw)))
            text = " ".join(_TITLE.sub(lambda m: m.group(1) or "", raw).split())
            role = "user" if turn["role"] == "seeker" else "assistant"
            acts = _acts(turn["sub-intent/action"]) if role == "user" else frozenset()
            if acts:
                turns.append(LabelledTurn(dialogue=dialogue, before=tuple(before), text=text, acts=acts, titles=titles))
            before.append((role, text))
    return turns


def _from_dialoguekit(data: Sequence[dict[str, Any]]) -> list[LabelledTurn]:
    turns: list[LabelledTurn] = []
    for number, dialogue in enumerate(data):
        before: list[tuple[str, str]] = []
        for turn in dialogue["conversation"]:
            text = " ".join(re.sub(r"<[^>]+>", " ", turn["utterance"]).split())
            role = "user" if turn["participant"] == "USER" else "assistant"
            acts = _acts([a["intent"] for a in turn["dialogue_acts"]]) if role == "user" else frozenset()
            if acts:
                slots = [_slot(s) for a in turn["dialogue_acts"] for s in a.get("slot_values") or ()]
                name = str(dialogue.get("conversation_id", number))
                titles = tuple(dict.fromkeys(f"{a} ({b})" for a, b in _YEARED.findall(text)))
                turns.append(
                    LabelledTurn(
                        dialogue=name, before=tuple(before), text=text, acts=acts, titles=titles, slots=tuple(slots)
                    )
                )
            before.append((role, text))
    return turns


def _slot(value: Any) -> tuple[str, str]:
    """A slot value as DialogueKit writes it: a pair, or an object with slot and value."""
    if isinstance(value, dict):
        return str(value["slot"]).lower(), str(value["value"]).lower()
    return str(value[0]).lower(), str(value[1]).lower()
