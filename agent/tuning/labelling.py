"""Hand labels of real turns: print sheets to label, read what was written, compare two readers.

    python -m parley.agent.tuning.labelling sheet --part 1 > sheet-1.txt
    python -m parley.agent.tuning.labelling check filled.tsv --part 1 --by A --out agent/tuning/labels/turns.jsonl
    python -m parley.agent.tuning.labelling agreement

The corpora come from PARLEY_DATA_MIRROR; label files name turns and hold no text of theirs. The guidelines are in
`labels/README.md`.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import os
import random
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from parley.agent.acts import DialogueAct

Corpus = Literal["redial", "ccpe", "laps"]
SHARES: dict[Corpus, int] = {"redial": 1560, "ccpe": 900, "laps": 660}
"""Turns drawn of each corpus."""
PARTS = 3
OVERLAP = 320
"""Turns labelled a second time, by the reader of the next part."""
SEED = 7
ACTS: dict[str, DialogueAct] = {
    "REQUEST": DialogueAct.REQUEST,
    "ANSWER": DialogueAct.ANSWER,
    "PROVIDE": DialogueAct.PROVIDE_PREFERENCE,
    "CRITIQUE": DialogueAct.CRITIQUE_FEATURE,
    "ADD": DialogueAct.ADD_CONSTRAINT,
    "COMPARE": DialogueAct.COMPARE,
    "ACCEPT": DialogueAct.ACCEPT,
    "REJECT": DialogueAct.REJECT,
    "SEEN": DialogueAct.SEEN,
    "INQUIRE": DialogueAct.INQUIRE,
    "OPINION": DialogueAct.ASK_OPINION,
    "CONTINUE": DialogueAct.CONTINUE,
    "REFORMULATE": DialogueAct.REFORMULATE,
    "NEUTRAL": DialogueAct.NEUTRAL,
    "STOP": DialogueAct.STOP,
    "END": DialogueAct.END,
    "OTHER": DialogueAct.OTHER,
}
EDIT = re.compile(
    r"""^(?:
        (?:like|dislike|seen|reject|accept|mention):\^?(?:@\d+|"[^"]{1,120}")
        |[+-](?:genre|mood|person|director|cast|language|country|about)=[^=;!~@]{1,80}[!~](?:@standing|@turn)?
        |[+-]?(?:year|runtime)(?:<=|>=|=)\d{1,4}(?:\.\.\d{1,4})?[!~](?:@standing|@turn)?
        |suit<=\d{1,2}[!~]?(?:@standing|@turn)?
        |retract:[a-z]+(?:=[^;]{1,60})?
        |(?:soften|harden):[a-z]+(?:=[^;]{1,60})?
        |reset
    )$""",
    re.VERBOSE,
)


class LabelError(ValueError):
    """A sheet or corpus that cannot be read; the message names the line and the mend."""


class Turn(BaseModel):
    """One user's turn of a corpus, with what was said before it."""

    model_config = ConfigDict(frozen=True)
    corpus: Corpus
    dialogue: str
    turn: int
    before: tuple[tuple[str, str], ...]
    """(role, text), oldest first."""
    text: str

    @property
    def key(self) -> tuple[str, str, int]:
        return (self.corpus, self.dialogue, self.turn)


class Label(BaseModel):
    """What a reader wrote of one turn."""

    model_config = ConfigDict(frozen=True)
    corpus: Corpus
    dialogue: str
    turn: int
    acts: tuple[DialogueAct, ...]
    edits: tuple[str, ...]
    by: str

    @property
    def key(self) -> tuple[str, str, int]:
        return (self.corpus, self.dialogue, self.turn)


def read_turns(mirror: Path, corpus: Corpus) -> Iterator[Turn]:
    """Every user's turn of a corpus, in file order; consecutive messages of one person are joined.

    Raises:
        LabelError: the corpus is not in the mirror.
    """
    for dialogue, messages in {"redial": _redial, "ccpe": _ccpe, "laps": _laps}[corpus](mirror):
        before: list[tuple[str, str]] = []
        for role, number, text in _joined(messages):
            if role == "user":
                yield Turn(corpus=corpus, dialogue=dialogue, turn=number, before=tuple(before), text=text)
            before.append((role, text))


Message = tuple[str, int, str]


def _joined(messages: Sequence[Message]) -> list[Message]:
    joined: list[Message] = []
    for role, number, text in messages:
        text = " ".join(text.split())
        if joined and joined[-1][0] == role:
            joined[-1] = (role, joined[-1][1], f"{joined[-1][2]} {text}")
        elif text:
            joined.append((role, number, text))
    return joined


def _opened(mirror: Path, name: str) -> io.TextIOBase:
    path = mirror / name
    if not path.is_file():
        raise LabelError(f"no {name!r} in {str(mirror)!r}: set PARLEY_DATA_MIRROR to a folder that holds the corpora")
    return io.TextIOWrapper(gzip.open(path, "rb"), encoding="utf-8")


def _redial(mirror: Path) -> Iterator[tuple[str, list[Message]]]:
    """ReDial's validation dialogues that IARD does not label; films stay `@number`, names are added behind."""
    with _opened(mirror, "redial/iard.json.gz") as file:
        measured = set(json.load(file))
    with _opened(mirror, "redial/valid_linked.jsonl.gz") as lines:
        for line in lines:
            record = json.loads(line)
            if record["conversationId"] in measured:
                continue
            names = record["movieMentions"] or {}
            yield (
                record["conversationId"],
                [
                    (
                        "user" if m["senderWorkerId"] == record["initiatorWorkerId"] else "assistant",
                        int(m["turn_id"]),
                        _named(m["text"], names),
                    )
                    for m in record["messages"]
                ],
            )


def _named(text: str, names: dict[str, str]) -> str:
    return re.sub(r"@(\d+)", lambda m: f"@{m.group(1)} <{' '.join((names.get(m.group(1)) or '?').split())}>", text)


def _ccpe(mirror: Path) -> Iterator[tuple[str, list[Message]]]:
    dialogues: dict[str, list[Message]] = {}
    with _opened(mirror, "ccpe-m/utterances.csv.gz") as file:
        for row in csv.DictReader(file):
            role = "user" if row["speaker"] == "USER" else "assistant"
            dialogues.setdefault(row["dialog_id"], []).append((role, int(row["utterance_index"]), row["text"]))
    yield from dialogues.items()


def _laps(mirror: Path) -> Iterator[tuple[str, list[Message]]]:
    with _opened(mirror, "laps-movie/train.json.gz") as file:
        records = json.load(file)
    for record in records:
        for number, session in enumerate(record["sessions"]):
            yield (
                f"{record['worker_id']}/{number}",
                [(m["role"].lower(), int(m["turn_number"]), m["message"]) for m in session["dialogue"]],
            )


def draw_turns(mirror: Path) -> list[Turn]:
    """The turns to label: whole dialogues at random, until each corpus has its share; the same for everybody."""
    drawn: list[Turn] = []
    for corpus, share in SHARES.items():
        by_dialogue: dict[str, list[Turn]] = {}
        for turn in read_turns(mirror, corpus):
            by_dialogue.setdefault(turn.dialogue, []).append(turn)
        order = sorted(by_dialogue)
        random.Random(SEED).shuffle(order)
        taken = 0
        for dialogue in order:
            if taken >= share:
                break
            drawn.extend(by_dialogue[dialogue])
            taken += len(by_dialogue[dialogue])
    return drawn


def part_of(turns: Sequence[Turn], part: int) -> tuple[list[Turn], list[Turn]]:
    """A reader's own turns, and those to read a second time (another reader's)."""
    dialogues = list(dict.fromkeys((t.corpus, t.dialogue) for t in turns))
    owner = {d: i % PARTS + 1 for i, d in enumerate(dialogues)}
    own = [t for t in turns if owner[(t.corpus, t.dialogue)] == part]
    other = [t for t in turns if owner[(t.corpus, t.dialogue)] == part % PARTS + 1]
    again = random.Random(SEED + part).sample(other, min(len(other), OVERLAP // PARTS))
    return own, again


def print_sheet(turns: Sequence[Turn], out: io.TextIOBase | None = None) -> None:
    """Turns as a reader sees them: the last two messages before, then the utterance, numbered."""
    last: tuple[str, str] | None = None
    for number, turn in enumerate(turns, 1):
        if (turn.corpus, turn.dialogue) != last:
            print(f"\n#### {turn.corpus}", file=out)
            last = (turn.corpus, turn.dialogue)
        for role, text in turn.before[-1:]:
            print(f"   {role[0].upper()}: {text[-280:]}", file=out)
        print(f"[{number}] {turn.text[:500]}", file=out)


def read_sheet(text: str, turns: Sequence[Turn], by: str) -> list[Label]:
    """The labels of a filled-in sheet.

    Raises:
        LabelError: a line that is not in the form of the guidelines, or turns left out; every fault in one message.
    """
    labels: dict[int, Label] = {}
    faults: list[str] = []
    for line in filter(str.strip, text.splitlines()):
        try:
            number, label = _read_line(line, turns, by)
            labels[number] = label
        except LabelError as error:
            faults.append(str(error))
    missing = [n for n in range(1, len(turns) + 1) if n not in labels]
    if missing:
        faults.append(f"{len(missing)} turns have no line, e.g. {missing[:12]}")
    if faults:
        raise LabelError("\n".join(faults))
    return [labels[n] for n in sorted(labels)]


def _read_line(line: str, turns: Sequence[Turn], by: str) -> tuple[int, Label]:
    cells = [c.strip() for c in line.split("\t")]
    if len(cells) != 3 or not cells[0].isdigit() or not 1 <= int(cells[0]) <= len(turns):
        raise LabelError(f"{line!r}: expected number, acts, edits with tabs between, number up to {len(turns)}")
    unknown = [a for a in cells[1].split(",") if a.strip() not in ACTS]
    if unknown:
        raise LabelError(f"{line!r}: no act {unknown[0]!r}; acts: {', '.join(ACTS)}")
    edits = () if cells[2] == "-" else tuple(e.strip() for e in cells[2].split(";") if e.strip())
    wrong = [e for e in edits if not EDIT.match(e)]
    if wrong:
        raise LabelError(f"{line!r}: {wrong[0]!r} is no edit of the guidelines")
    turn = turns[int(cells[0]) - 1]
    acts = tuple(dict.fromkeys(ACTS[a.strip()] for a in cells[1].split(",")))
    return int(cells[0]), Label(
        corpus=turn.corpus, dialogue=turn.dialogue, turn=turn.turn, acts=acts, edits=edits, by=by
    )


def read_labels(name: str = "turns.jsonl", folder: Path | None = None) -> list[Label]:
    """Labels that were checked in."""
    path = (folder or Path(str(files("parley.agent.tuning"))) / "labels") / name
    if not path.is_file():
        return []
    return [Label.model_validate_json(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def write_labels(labels: Sequence[Label], path: Path) -> None:
    """Add labels to a file; a turn read by the same reader before is replaced."""
    kept = {(x.key, x.by): x for x in read_labels(path.name, path.parent)}
    kept.update({(x.key, x.by): x for x in labels})
    lines = [x.model_dump_json() for _, x in sorted(kept.items(), key=lambda pair: pair[0])]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure_agreement(first: Sequence[Label], second: Sequence[Label]) -> dict[str, float]:
    """How far two readers agree on the turns that both read.

    Returns:
        `turns`; `acts_exact`, `edits_exact` (share of turns); `acts_f1`, `edits_f1` (micro, one reader against the
        other); `acts_kappa`: Cohen's kappa of the yes or no of each act, over all acts and turns together.
    """
    by_key = {x.key: x for x in first}
    pairs = [(by_key[x.key], x) for x in second if x.key in by_key]
    if not pairs:
        return {"turns": 0}
    acts = [(frozenset(a.acts), frozenset(b.acts)) for a, b in pairs]
    edits = [(frozenset(a.edits), frozenset(b.edits)) for a, b in pairs]
    return {
        "turns": len(pairs),
        "acts_exact": sum(a == b for a, b in acts) / len(pairs),
        "acts_f1": _f1(acts),
        "acts_kappa": _kappa(acts),
        "edits_exact": sum(a == b for a, b in edits) / len(pairs),
        "edits_f1": _f1(edits),
        "facets_f1": _f1([(frozenset(map(_facet, a)), frozenset(map(_facet, b))) for a, b in edits]),
    }


def _facet(edit: object) -> str:
    """An edit without firmness, scope and the pointer sign."""
    return re.sub(r"[!~]|@standing|@turn|\^", "", str(edit)).lower()


def _f1(pairs: Sequence[tuple[frozenset[object], frozenset[object]]]) -> float:
    both = sum(len(a & b) for a, b in pairs)
    total = sum(len(a) + len(b) for a, b in pairs)
    return 2 * both / total if total else 1.0


def _kappa(pairs: Sequence[tuple[frozenset[object], frozenset[object]]]) -> float:
    cells = len(pairs) * len(DialogueAct)
    agree = sum(len(DialogueAct) - len(a ^ b) for a, b in pairs) / cells
    p = sum(len(a) for a, _ in pairs) / cells
    q = sum(len(b) for _, b in pairs) / cells
    chance = p * q + (1 - p) * (1 - q)
    return (agree - chance) / (1 - chance) if chance < 1 else 1.0


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m parley.agent.tuning.labelling", description=__doc__)
    parser.add_argument("task", choices=["sheet", "check", "agreement"])
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--part", type=int, default=1, choices=range(1, PARTS + 1))
    parser.add_argument("--second", action="store_true", help="the turns to read a second time")
    parser.add_argument("--by", default="A")
    parser.add_argument("--out", type=Path, help="labels are added to this file")
    given = parser.parse_args(arguments)
    try:
        if given.task == "agreement":
            print(json.dumps(measure_agreement(read_labels(), read_labels("second.jsonl")), indent=1))
            return 0
        own, again = part_of(draw_turns(Path(os.environ.get("PARLEY_DATA_MIRROR", "."))), given.part)
        turns = again if given.second else own
        if given.task == "sheet":
            print_sheet(turns)
            return 0
        if given.file is None or not given.file.is_file():
            raise LabelError(f"no file {str(given.file)!r} to check")
        labels = read_sheet(given.file.read_text("utf-8"), turns, given.by)
        if given.out:
            write_labels(labels, given.out)
        print(f"{len(labels)} turns read")
    except LabelError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
