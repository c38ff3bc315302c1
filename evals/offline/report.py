"""The table of `parley eval offline` as Markdown."""

from __future__ import annotations

from parley.evals.intervals import Estimate
from parley.evals.offline.run import OfflineReport

ACCURACY = ("NDCG@10", "HR@10", "MRR", "Recall@50", "Recall@100", "NDCG@100", "Recall@20", "NDCG@10 cold")


def as_markdown(report: OfflineReport) -> str:
    """Accuracy with 95 % intervals, then what the lists are like, then the settings used."""
    shown = [label for label in ACCURACY if label in report.rows[0].metrics]
    lines = [
        f"{report.data}, {report.protocol}: {report.users:,} users, {report.items:,} items, "
        f"{report.interactions:,} interactions; {report.judged:,} people judged, full ranking.",
        "",
        f"| model | {' | '.join(shown)} | over {report.rows[0].model}, NDCG@10 | fit, s |",
        "|---" * (len(shown) + 3) + "|",
    ]
    for row in report.rows:
        cells = [_cell(row.metrics[label]) for label in shown]
        spread = f" ±{row.seed_spread:.4f} over {len(row.seeds)} seeds" if len(row.seeds) > 1 else ""
        cells[0] += spread
        lines.append(f"| {row.model} | {' | '.join(cells)} | {_signed(row.over_first)} | {row.fit_seconds:.2f} |")
    lines += ["", "| model | coverage@10 | Gini@10 | popularity lift | diversity (genres) |", "|---|---|---|---|---|"]
    for row in report.rows:
        lift, diversity = row.metrics["popularity lift"], row.metrics.get("diversity")
        told = f"{diversity.mean:.3f}" if diversity else "-"
        lines.append(f"| {row.model} | {row.coverage:.3f} | {row.gini:.3f} | {lift.mean:+.2f} | {told} |")
    lines += ["", "Settings:", ""]
    lines += [f"- {row.model}: `{dict(row.settings)}`" for row in report.rows]
    return "\n".join(lines) + "\n"


def _cell(estimate: Estimate) -> str:
    return f"{estimate.mean:.4f} [{estimate.low:.4f}, {estimate.high:.4f}]"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.mean:+.4f} [{estimate.low:+.4f}, {estimate.high:+.4f}]"
