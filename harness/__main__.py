"""Start of the command line: `python -m harness`, which `python3 retention.py` runs."""

import sys

from harness.cli import app
from harness.inspection import NotInspectableError
from harness.project import DbtFailedError, NotReadableError
from harness.publication import NotPublishedError

if __name__ == "__main__":
    try:
        app(prog_name="python3 retention.py")
    except (DbtFailedError, NotInspectableError, NotPublishedError, NotReadableError) as error:
        sys.exit(str(error))
