"""Offline evaluation of classical recommenders: predict what people did next, against the whole catalogue."""

from parley.evals.offline.fits import OutOfTime
from parley.evals.offline.models import MODELS, OfflineError
from parley.evals.offline.run import OfflineReport, Row, evaluate_offline

__all__ = ["MODELS", "OfflineError", "OfflineReport", "OutOfTime", "Row", "evaluate_offline"]
