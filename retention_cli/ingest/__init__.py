"""Reads whatever people have of orders into Parquet in the canonical columns."""

from retention_cli.ingest.errors import DecisionNeededError, NotUsableError
from retention_cli.ingest.imported import Imported, Request
from retention_cli.ingest.importing import ingest_files, run_import

__all__ = [
    "DecisionNeededError",
    "Imported",
    "NotUsableError",
    "Request",
    "ingest_files",
    "run_import",
]
