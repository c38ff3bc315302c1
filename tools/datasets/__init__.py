"""Public data sets: what there is, and how to get it whole."""

from parley.tools.datasets.fetch import Fetched, Unreachable, fetch, list_data
from parley.tools.datasets.registry import DATA_SETS, DataError, DataSet, Source, find_data_set

__all__ = [
    "DATA_SETS",
    "DataError",
    "DataSet",
    "Fetched",
    "Source",
    "Unreachable",
    "fetch",
    "find_data_set",
    "list_data",
]
