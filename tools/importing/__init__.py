"""Bring any catalogue: CSV, TSV, Parquet, JSON lines, RecBole and MovieLens files."""

from parley.tools.importing.build import Complaint
from parley.tools.importing.catalogs import (
    ImportPlan,
    ImportReport,
    catalog_folder,
    list_catalogs,
    load_catalog_interactions,
    open_catalog,
    plan_import,
    run_import,
)
from parley.tools.importing.tables import ImportFault

__all__ = [
    "Complaint",
    "ImportFault",
    "ImportPlan",
    "ImportReport",
    "catalog_folder",
    "list_catalogs",
    "load_catalog_interactions",
    "open_catalog",
    "plan_import",
    "run_import",
]
