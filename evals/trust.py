"""How far to believe simulated users: what `parley eval alignment` and `parley eval judge` measured last, in lines.

The corpora of people's choices do not ship, so the figures do: `--record` keeps them in `data/trust.json` with the
command, seed and counts they came from, and every report of a simulation prints them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from parley.evals.intervals import Estimate
from parley.evals.simulate.records import Frozen

RECORD = Path(__file__).parent / "data" / "trust.json"
PURPOSE = (
    "Simulated users judge whether an agent finds what they describe, not whether people would like it. How far they "
    "and judges of conversations agree with people:"
)
PARTS: Mapping[str, str] = {
    "alignment": "choosing what Agent4Rec's users watched, 1:1, accuracy",
    "acceptance": "accepting what people accepted, kappa",
    "judge": "judging conversations as people did, Spearman",
}


class Measured(Frozen):
    """One figure of agreement."""

    what: str
    """Who was compared, on what."""
    value: Estimate
    command: str
    seed: int


def read_trust(path: Path = RECORD) -> dict[str, list[Measured]]:
    """The figures on record by part; empty if none was kept."""
    if not path.is_file():
        return {}
    table = json.loads(path.read_text("utf-8"))
    return {part: [Measured.model_validate(row) for row in rows] for part, rows in table.items()}


def record_trust(part: str, rows: Iterable[Measured], path: Path = RECORD) -> None:
    """Keep the figures of one part; the others stay."""
    table: dict[str, Any] = {key: [r.model_dump() for r in value] for key, value in read_trust(path).items()}
    table[part] = [row.model_dump() for row in rows]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n", "utf-8")


def trust_lines(path: Path = RECORD) -> list[str]:
    """The trust block of a report."""
    table = read_trust(path)
    if not table:
        return [f"{PURPOSE} not measured; run `parley eval alignment --record` and `parley eval judge --record`."]
    lines = [PURPOSE]
    for part, about in PARTS.items():
        rows = table.get(part, [])
        if rows:
            told = "; ".join(f"{row.what} {row.value} (n {row.value.n})" for row in rows)
            lines.append(f"- {about}: {told}. `{rows[0].command}`, seed {rows[0].seed}")
    return lines
