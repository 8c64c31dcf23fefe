"""The layout: what ships stands without the tests and tools, and tests have two tiers."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from retention_cli.project import ROOT

NOT_SHIPPED = {"acceptance", "tools", "pytest", "hypothesis"}
# `retention.py test` starts pytest.
ALLOWED = {("retention_cli/cli.py", "pytest")}
MODULE = "acceptance/engines/test_spark.py"


def imported_packages(path: Path) -> set[str]:
    """Return the names of the packages that a Python file imports, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_shipped_code_imports_no_tests_and_no_tools():
    files = [
        ROOT / "retention.py",
        *(ROOT / "retention_cli").rglob("*.py"),
        *ROOT.glob("models/**/*.py"),
    ]
    found = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in files
        for name in imported_packages(path) & NOT_SHIPPED
    }
    assert found == ALLOWED


@pytest.mark.parametrize(
    ("options", "is_collected"),
    [([], False), (["--everything"], True), (["-m", "everything"], True)],
    ids=["first tier", "both tiers", "second tier"],
)
def test_the_second_tier_runs_only_where_it_is_asked_for(options, is_collected):
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", MODULE, *options]
    run = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert (f"{MODULE}::" in run.stdout) == is_collected
    assert ("python3 retention.py test --everything" in run.stdout) != is_collected


def test_the_version_is_the_same_everywhere():
    package = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))
    version = package["project"]["version"]
    assert project["version"] == version
    assert f"\n## {version}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f'revision: "{version}"' in (ROOT / "docs" / "package.md").read_text(encoding="utf-8")
