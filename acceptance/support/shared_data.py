"""Public data sets that lie beside the project, not in it."""

from pathlib import Path

import pytest

from retention_cli.project import ROOT


def shared_file(name: str) -> Path:
    """Path of a file of ../shared/data; skips the test, and says so, where it is not there."""
    for folder in ROOT.parents:
        path = folder / "shared" / "data" / name
        if path.is_file():
            return path
    pytest.skip(
        f"NOT TESTED: {name} is not in ../shared/data, so its reference values were not checked"
    )
