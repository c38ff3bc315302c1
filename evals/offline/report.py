"""The table of `parley eval offline` as Markdown."""

from __future__ import annotations

from parley.evals.intervals import Estimate
from parley.evals.offline.run import OfflineReport

ACCURACY = ("NDCG@10", "HR@10", "MRR", "Recall@50", "Recall@100", "NDCG@100", "Recall@20", "NDCG@10 cold")


def as_markdown(report: OfflineReport) -> str:
    """Accuracy with 95 % intervals, then what the lists are like, then the settings used."""
    shown = [label for label in ACCURACY if label in report.rows[0].metrics]
    against = list(report.rows[0].over)
    gaps = [report.rows[0].model, *against]
    lines = [
        f"{report.data}, {report.protocol}: {report.users:,} users, {report.items:,} items, "
        f"{report.interactions:,} interactions; {report.judged:,} people judged, full ranking.",
        "",
        f"| model | {' | '.join(shown)} | fit, CPU s |",
        "|---" * (len(shown) + 2) + "|",
    ]
    for row in report.rows:
        cells = [_cell(row.metrics[label]) for label in shown]
        spread = f" ±{row.seed_spread:.4f} over {len(row.seeds)} seeds" if len(row.seeds) > 1 else ""
        cells[0] += spread
        lines.append(f"| {row.model} | {' | '.join(cells)} | {row.fit_seconds:.2f} |")
    lines += ["", "NDCG@10 less that of another model, person by person, with 95 % intervals:", ""]
    lines += [f"| model | {' | '.join(f'over {name}' for name in gaps)} |", "|---" * (len(gaps) + 1) + "|"]
    for row in report.rows:
        lines.append(f"| {row.model} | {' | '.join(map(_signed, (row.over_first, *row.over.values())))} |")
    lines += ["", "| model | coverage@10 | Gini@10 | popularity lift | diversity (genres) |", "|---|---|---|---|---|"]
    for row in report.rows:
        lift, diversity = row.metrics["popularity lift"], row.metrics.get("diversity")
        told = f"{diversity.mean:.3f}" if diversity else "-"
        lines.append(f"| {row.model} | {row.coverage:.3f} | {row.gini:.3f} | {lift.mean:+.2f} | {told} |")
    if report.published:
        lines += [
            "",
            "Printed by others, not run here:",
            "",
            "| model | NDCG@10 | HR@10 | where |",
            "|---|---|---|---|",
        ]
        for printed in report.published:
            figures = [f"{x:.4f}" if x is not None else "-" for x in (printed.ndcg, printed.hit_rate)]
            lines.append(f"| {printed.model} | {' | '.join(figures)} | {printed.source} |")
    lines += ["", "Settings:", ""]
    lines += [f"- {row.model}: `{dict(row.settings)}`" for row in report.rows]
    return "\n".join(lines) + "\n"


def _cell(estimate: Estimate) -> str:
    return f"{estimate.mean:.4f} [{estimate.low:.4f}, {estimate.high:.4f}]"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.mean:+.4f} [{estimate.low:+.4f}, {estimate.high:+.4f}]"
