"""A test set of dialogues, and what it takes to learn for it; the two things every loader here makes."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from parley.tools.recommenders.dialogue import DialogueContext, DialogueExample, ItemFacts


class CrsDataError(ValueError):
    """A dialogue set that cannot be read; the message names the file and the mend."""


@dataclass(frozen=True)
class Case:
    """One recommendation turn of the test set."""

    dialogue_id: str
    context: DialogueContext
    targets: tuple[str, ...]
    """Item ids as the model knows them; "" where the catalogue has no such item: never hit."""
    repeated: tuple[bool, ...]
    """For each target: the data set says it was already named in the context."""


@dataclass(frozen=True)
class Published:
    """A row of somebody's table."""

    name: str
    source: str
    recall: dict[int, float]
    subset: str
    """"clean": labels not named before; "all": every label."""


@dataclass(frozen=True, eq=False)
class CrsData:
    """Everything one evaluation needs."""

    name: str
    cases: Sequence[Case]
    train: Sequence[DialogueExample]
    facts: ItemFacts
    candidates: np.ndarray[Any, np.dtype[np.bool_]]
    """(n_items,) which items the test set ranks."""
    texts: Sequence[str]
    """(n_items,) what an embedder reads of each item."""
    published: Sequence[Published] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def read_lines(folder: Path, file: str, lists: Sequence[str] = ()) -> list[dict[str, Any]]:
    """JSON lines, gzipped or not.

    Args:
        lists: fields every line must have, each a list.

    Raises:
        CrsDataError: missing, or a line is not a JSON object with those lists.
    """
    found = []
    for number, line in enumerate(_open(folder, file).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise CrsDataError(f"{file} line {number} is not a JSON object; fetch the data again")
        lacking = next((field for field in lists if not isinstance(row.get(field), list)), None)
        if lacking is not None or "dialog_id" not in row:
            raise CrsDataError(f"{file} line {number} has no {lacking or 'dialog_id'!r}; fetch the data again")
        found.append(row)
    return found


def read_json(folder: Path, file: str) -> Any:
    """A JSON document, gzipped or not."""
    try:
        return json.loads(_open(folder, file))
    except ValueError:
        raise CrsDataError(f"{file} is not JSON; fetch the data again") from None


def has_file(folder: Path, file: str) -> bool:
    return (folder / file).is_file() or (folder / f"{file}.gz").is_file()


def read_text(folder: Path, file: str) -> str:
    """The whole text of a file, gzipped or not."""
    return _open(folder, file)


def _open(folder: Path, file: str) -> str:
    for path in (folder / file, folder / f"{file}.gz"):
        if path.is_file():
            try:
                raw = path.read_bytes()
                return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
            except (OSError, EOFError, UnicodeDecodeError) as error:
                raise CrsDataError(
                    f"{path.name} cannot be read ({type(error).__name__}); fetch the data again"
                ) from None
    raise CrsDataError(f"{str(folder)!r} has no {file} or {file}.gz; give --data a folder of the evaluation data")


def bare_title(text: str) -> str:
    """A title for comparing: small letters, no punctuation, no leading article."""
    text = re.sub(r"[^a-z0-9]+", " ", text.lower().replace("&", "and")).strip()
    return re.sub(r"^(the|a|an) ", "", text)


def split_year(name: str) -> tuple[str, int | None]:
    """("matrix", 1999) of "The Matrix (1999)"."""
    found = re.match(r"^(.*?)\s*\((\d{4})\)\s*$", name.strip())
    return (bare_title(found[1]), int(found[2])) if found else (bare_title(name), None)
