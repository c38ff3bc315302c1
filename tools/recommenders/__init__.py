"""Classical recommenders: who liked what, turned into scores for anyone. One seam, one test suite."""

from parley.tools.recommenders.base import ClassicalRecommender, Progress, RecommenderConfig, RecommenderError
from parley.tools.recommenders.catalog_taste import CatalogTaste, load_catalog_taste, load_film_recommender
from parley.tools.recommenders.data import Histories, Interactions, InteractionsError, load_interactions
from parley.tools.recommenders.registry import RECOMMENDERS, load_recommender, recommender_class

__all__ = [
    "RECOMMENDERS",
    "CatalogTaste",
    "ClassicalRecommender",
    "Histories",
    "Interactions",
    "InteractionsError",
    "Progress",
    "RecommenderConfig",
    "RecommenderError",
    "load_catalog_taste",
    "load_film_recommender",
    "load_interactions",
    "load_recommender",
    "recommender_class",
]
