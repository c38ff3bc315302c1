"""The page of `parley eval rank`."""

from __future__ import annotations

from collections.abc import Sequence

from parley.evals.rank.run import RankerRow

COLUMNS = (
    "ranker", "NDCG@10", "hit@1", "against input", "same first item when reordered", "popularity of first", "illegal",
    "calls", "tokens", "seconds", "weights",
)  # fmt: skip


def write_page(rows: Sequence[RankerRow], data: str, model: str, users: int, seed: int, command: str) -> str:
    """Markdown: one table for each kind of candidates, and what the fusion weights say."""
    lines = [
        f"# Rankers over 20 candidates: {data}",
        "",
        f"`{command}`; seed {seed}; model {model}. {users} people: the first half choose fusion weights, the other "
        f"{users - users // 2} are the test. A ranker gets the candidates shuffled. Intervals are 95 % bootstrap over "
        "people.",
        "",
        "*fused*: mixed with the input order by a weight for each band of history length, above 0 only where the "
        "validation people prove a gain. *routed*: the same, only for the requests whose scores are less decided "
        "than the median.",
    ]
    for source, told in (
        ("random", "The person's last item and 19 they never touched"),
        ("retriever", "The 20 best of EASE, the last item among them or not"),
    ):
        lines += ["", f"## {told}", "", f"| {' | '.join(COLUMNS)} |", "| --- |" + " --- |" * (len(COLUMNS) - 1)]
        lines += [_line(row) for row in rows if row.candidates == source]
    weighed = [row for row in rows if row.weights is not None and row.ranker.startswith("fused")]
    zero = sum(not any(row.weights.weights) for row in weighed if row.weights)
    lines += [
        "",
        f"{zero} of {len(weighed)} fused rankers earn weight 0 in every band: there the order is the input order, and "
        "the model is not asked.",
        "",
    ]
    return "\n".join(lines)


def _line(row: RankerRow) -> str:
    cells = [
        row.ranker, str(row.ndcg10), str(row.hit1), str(row.against_input or ""), str(row.top1_kept or ""),
        str(row.popularity_of_first or ""), _number(row.fell_back, ".0%"), _number(row.calls, ".1f"),
        _number(row.tokens, ".0f"), _number(row.seconds, ".2f"),
        " / ".join(f"{w:g}" for w in row.weights.weights) if row.weights else "",
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _number(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)
