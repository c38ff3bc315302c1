"""Reports of a study: one HTML page, Parquet metrics, and trajectories with rewards for tuning."""

from parley.evals.report.write import write_report

__all__ = ["write_report"]
