"""The page of `parley eval rank`."""

from __future__ import annotations

from collections.abc import Sequence

from parley.evals.rank.run import RankerRow
from parley.tools.ranking.adaptive import LEAST

COLUMNS = (
    "ranker", "people", "NDCG@10", "hit@1", "against input", "same first when reordered", "popularity of first",
    "illegal", "calls", "tokens", "CPU s", "weights",
)  # fmt: skip


def write_page(rows: Sequence[RankerRow], data: str, model: str, seed: int, command: str, history: int | None) -> str:
    """Markdown: one table for each kind of candidates, and what the fusion weights say."""
    known = "their ten newest items" if history is None else f"their {history} newest items, and so is the recommender"
    lines = [
        f"# Rankers over 20 candidates: {data}",
        "",
        f"`{command}`; seed {seed}; model {model}. Each person's newest item is hidden; a ranker is told {known}, by "
        "title. Every other person chooses fusion weights, the rest are the test (*people*). "
        "A ranker gets the candidates shuffled. Intervals are 95 % bootstrap over people; *against input* is paired: "
        "NDCG@10 less that of the recommender's order for the same people.",
        "",
        "*fused*: mixed with the input order by a weight for each of two bands of history length (one band for fewer "
        f"than {2 * LEAST} validation people), above 0 only where at least {LEAST} validation people prove a gain. "
        "*routed*: the same, only for the requests whose scores are less decided than the median. *tokens*, *calls*: "
        "per request. *CPU s*: median processor time of a request, on a busy machine.",
    ]
    for source, told in (
        ("random", "The person's last item and 19 they never touched"),
        ("retriever", "The 20 best of EASE, the last item among them or not"),
    ):
        lines += ["", f"## {told}", "", f"| {' | '.join(COLUMNS)} |", "| --- |" + " --- |" * (len(COLUMNS) - 1)]
        lines += [_line(row) for row in rows if row.candidates == source]
    return "\n".join([*lines, "", *_floor(rows), ""])


def _floor(rows: Sequence[RankerRow]) -> list[str]:
    """What fusion did to the input order, read off the rows."""
    fused = [row for row in rows if row.weights is not None]
    if not fused:
        return []
    still = [row for row in fused if row.weights is not None and not any(row.weights.weights)]
    moved = [row for row in fused if row not in still]
    below = [row for row in moved if row.against_input is not None and row.against_input.high < 0]
    above = [row for row in moved if row.against_input is not None and row.against_input.low > 0]
    lines = [
        "## The floor",
        "",
        f"{len(still)} of {len(fused)} fused and routed rows earn weight 0 throughout: there the order is the input "
        "order, and the model is not asked.",
    ]
    for row in moved:
        where = "above" if row in above else "below" if row in below else "level with"
        lines.append(f"- {row.ranker}, {row.candidates} candidates: {where} the input order ({row.against_input}).")
    verdict = "No row lies" if not below else f"{len(below)} rows lie"
    return [*lines, "", f"{verdict} below the input order by more than its interval."]


def _line(row: RankerRow) -> str:
    kept = row.top1_kept if row.top1_kept and row.top1_kept.n else ""
    weights = " / ".join(f"{w:g}" for w in row.weights.weights) if row.weights else ""
    cells = [
        row.ranker, str(row.people), str(row.ndcg10), str(row.hit1), str(row.against_input or ""), str(kept),
        str(row.popularity_of_first or ""), _number(row.fell_back, ".0%"), _number(row.calls, ".1f"),
        _number(row.tokens, ".0f"), _number(row.cpu_seconds, ".2f"), weights,
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
