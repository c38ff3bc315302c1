"""What a model learns from: one example is a role, what it reads, and what it should write.

Prompts are short: the role's name stands where instructions would stand, because the adapter knows the task.
Generators and labels make examples; everything that must not be in training and in test at once (a title, a
template, a dialogue) is named in `group`, and splits go by those names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError

Role = Literal["understand", "reply", "rank", "simulate", "plan", "question"]
"""understand: context and utterance to acts and edits in the compact notation.
reply: facts to prose. rank: what is known of a person and lettered candidates to a letter.
simulate: what to disclose to a seeker's words. plan: wishes to a plan's JSON.
question: a facet and its options to a question."""
ROLES: tuple[Role, ...] = get_args(Role)


class ExampleError(ValueError):
    """A file of examples that cannot be used; the message names the line and the mend."""


class Example(BaseModel):
    """One thing to learn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    prompt: str = Field(min_length=1)
    """What the model reads, without the role and without chat markers."""
    target: str = Field(min_length=1)
    """What it should write."""
    weight: float = Field(default=1.0, gt=0)
    """How much its tokens count in the loss."""
    group: str = Field(min_length=1)
    """Names that must not be on both sides of a split, joined by "|": "dialogue:redial/20001",
    "title:alien-1979|template:like-3"."""
    open: bool = False
    """The target is only a beginning (acts without edits, say): no end is learned after it."""
    source: str = ""
    """Where it comes from, for the model card: "redial", "ccpe", "laps", "generated", ..."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names in `group`."""
        return tuple(n for n in self.group.split("|") if n)


class Preference(BaseModel):
    """One prompt with a better and a worse answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: Role
    prompt: str = Field(min_length=1)
    chosen: str = Field(min_length=1)
    rejected: str = Field(min_length=1)
    weight: float = Field(default=1.0, gt=0)
    group: str = Field(min_length=1)
    source: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names in `group`."""
        return tuple(n for n in self.group.split("|") if n)


Kind = TypeVar("Kind", Example, Preference)


def load_examples(path: Path) -> list[Example]:
    """Examples of a JSONL file, one a line.

    Raises:
        ExampleError: no such file, no example in it, or a line that is none.
    """
    return _load(path, Example)


def load_preferences(path: Path) -> list[Preference]:
    """Preference pairs of a JSONL file, one a line.

    Raises:
        ExampleError: no such file, no pair in it, or a line that is none.
    """
    return _load(path, Preference)


def _load(path: Path, kind: type[Kind]) -> list[Kind]:
    wanted = ", ".join(name for name, info in kind.model_fields.items() if info.is_required())
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ExampleError(f"cannot read {str(path)!r} ({error}); give a JSONL file with {wanted} a line") from None
    found: list[Kind] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            found.append(kind.model_validate_json(line))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            raise ExampleError(f"{path.name}, line {number}, {where}: {first['msg']}; it needs {wanted}") from None
    if not found:
        raise ExampleError(f"{path.name} is empty; give one JSON object a line with {wanted}")
    return found


def write_examples(path: Path, examples: Iterable[Example | Preference]) -> int:
    """Write them as JSONL, fields at their defaults left out; returns how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for example in examples:
            file.write(json.dumps(example.model_dump(exclude_defaults=True), ensure_ascii=False) + "\n")
            count += 1
    return count


def deduplicate(examples: Iterable[Example]) -> Iterator[Example]:
    """The examples without repetitions: the same role, prompt and target, whatever the case and spaces of the prompt.

    Of the same prompt with different targets, the first stays: a model cannot learn both.
    """
    seen: set[tuple[str, str]] = set()
    for example in examples:
        key = (example.role, " ".join(example.prompt.casefold().split()))
        if key not in seen:
            seen.add(key)
            yield example


def split_examples(examples: Sequence[Kind], *, held_out: float = 0.1, seed: int = 0) -> tuple[list[Kind], list[Kind]]:
    """(training, held out): a share of the names is held out, and every example that has one of them.

    So no title, template or dialogue named in a training example occurs as that name in a held-out one's held-out
    names. The split of a name depends on the name and the seed alone, never on what else is in the file.
    """
    training: list[Kind] = []
    apart: list[Kind] = []
    for example in examples:
        (apart if any(_is_held_out(n, held_out, seed) for n in example.names) else training).append(example)
    return training, apart


def _is_held_out(name: str, share: float, seed: int) -> bool:
    digest = hashlib.sha256(f"{seed}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def chat_prompt(role: str, prompt: str) -> list[dict[str, str]]:
    """The messages a tuned model reads: the role's name as the system message, then the input."""
    return [{"role": "system", "content": role}, {"role": "user", "content": prompt}]
