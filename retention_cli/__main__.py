"""Start of the command line: `python -m retention_cli`, which `python3 retention.py` runs."""

import sys

from retention_cli.cli import app
from retention_cli.dashboard import DashboardError
from retention_cli.ingest import NotUsableError
from retention_cli.ingest.privacy import harmless
from retention_cli.project import DbtFailedError, NotReadableError
from retention_cli.published_folder import NotPublishedError
from retention_cli.spark import SparkFailedError

REFUSALS = (
    DashboardError,
    DbtFailedError,
    NotPublishedError,
    NotReadableError,
    SparkFailedError,
)


def main() -> None:
    """Run the command of `sys.argv`; what refuses it is one line and an exit code."""
    try:
        app(prog_name="python3 retention.py")
    except NotUsableError as error:
        print(harmless(str(error)), file=sys.stderr)
        sys.exit(error.exit_code)
    except REFUSALS as error:
        sys.exit(harmless(str(error)))


if __name__ == "__main__":
    main()
