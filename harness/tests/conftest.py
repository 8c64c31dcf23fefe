"""What the tests share: builds of the project."""

from importlib import metadata

import pytest

from harness.project import Marts, Project


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> Marts:
    """The demo shop, built with all its tests."""
    project = Project.in_folder(tmp_path_factory.mktemp("demo"))
    project.dbt("build")
    return project.marts


@pytest.fixture(scope="session")
def cdnow(tmp_path_factory) -> Marts:
    """The public CDNOW purchase log, built with all its tests."""
    project = Project.in_folder(tmp_path_factory.mktemp("cdnow"))
    files = metadata.files("lifetimes")
    log = next(file.locate() for file in files if file.name == "CDNOW_master.txt")
    project.dbt("build", variables={"raw_orders": log, "source_format": "cdnow"})
    return project.marts
