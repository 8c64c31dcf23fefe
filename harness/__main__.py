"""Start of the command line: `python -m harness`, which `python3 retention.py` runs."""

import sys

from harness.cli import app
from harness.dashboard import DashboardError
from harness.inspection import NotInspectableError
from harness.project import DbtFailedError, NotReadableError
from harness.publication import NotPublishedError
from harness.spark import SparkFailedError

REFUSALS = (
    DashboardError,
    DbtFailedError,
    NotInspectableError,
    NotPublishedError,
    NotReadableError,
    SparkFailedError,
)

if __name__ == "__main__":
    try:
        app(prog_name="python3 retention.py")
    except REFUSALS as error:
        sys.exit(str(error))
