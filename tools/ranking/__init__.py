"""Ordering candidates: the classical floor, the LLM rankers, and how much each may say."""

from parley.tools.ranking.adaptive import ActivityWeights, FusedRanker, RoutedRanker, fit_activity_weights
from parley.tools.ranking.fusion import fuse_scores
from parley.tools.ranking.judging import PairwiseRanker, PointwiseRanker
from parley.tools.ranking.language import RankerError, Scorer, Writer
from parley.tools.ranking.letters import LetterConfig, LetterRanker
from parley.tools.ranking.likelihood import LikelihoodRanker
from parley.tools.ranking.permutation import ListwiseRanker, NirRanker, WindowRanker

__all__ = [
    "ActivityWeights",
    "FusedRanker",
    "LetterConfig",
    "LetterRanker",
    "LikelihoodRanker",
    "ListwiseRanker",
    "NirRanker",
    "PairwiseRanker",
    "PointwiseRanker",
    "RankerError",
    "RoutedRanker",
    "Scorer",
    "WindowRanker",
    "Writer",
    "fit_activity_weights",
    "fuse_scores",
]
