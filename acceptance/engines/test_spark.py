"""Spark by the commands of docs/spark.md: a cluster of this machine, and fits from outside."""

import re
import subprocess
import sys

import pytest

from acceptance.engines.test_engines import records_of
from acceptance.support.engines import DuckDBDatabase
from retention_cli.customer_value import COLUMNS
from retention_cli.project import ROOT
from retention_cli.spark import SparkFailedError, cluster, fit_clv

pytestmark = pytest.mark.everything

STATISTICS = [f"+{name}" for name in COLUMNS]  # all that the fits read


def processes_of_clusters() -> list[str]:
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True
    )
    # The session of the other tests (deploy.SparkSubmit) is of no cluster.
    of_cluster = re.compile(r"org\.apache\.spark\.(deploy\.(master|worker)|executor)\.")
    found = [line for line in listed.stdout.splitlines() if of_cluster.search(line)]
    return [line for line in found if str(ROOT) in line]


def test_a_cluster_runs_the_project_on_two_executors_and_is_gone_after_it(
    tmp_path, monkeypatch, demo
):
    monkeypatch.setenv("RETENTION_SPARK_FOLDER", str(tmp_path / "tables"))
    command = [sys.executable, "-m", "retention_cli", "spark", "--workers", "2", "build"]
    options = ["--select", *STATISTICS, "--exclude-resource-type", "test", "unit_test"]
    subprocess.run([*command, *options], cwd=ROOT, check=True)
    assert processes_of_clusters() == []
    work = ROOT / "target" / "spark-cluster" / "work"
    newest = max(work.iterdir(), key=lambda folder: folder.stat().st_mtime)
    logs = [path.read_text() for path in newest.glob("*/stderr")]
    assert len(logs) == 2
    assert all("Finished task" in log for log in logs)

    published = DuckDBDatabase(demo.database.parent).relations()["retention__clv_model"]
    expected = {fit["model"]: fit for fit in records_of(published)}
    fits = fit_clv(500)
    assert fits.keys() == expected.keys() | {"tenth", "month"}  # of calibration and forecast
    for model, published_fit in expected.items():
        for name, value in fits[model].items():
            same = published_fit[name]
            exact = value is None or isinstance(value, str | bool)
            assert value == (same if exact else pytest.approx(same, rel=1e-9)), (model, name)


def test_a_cluster_is_gone_after_a_failure(tmp_path):
    with pytest.raises(ZeroDivisionError), cluster(tmp_path, workers=1):
        assert len(processes_of_clusters()) == 2
        1 / 0  # noqa: B018 (what is raised in the block)
    assert processes_of_clusters() == []


def test_a_process_that_does_not_start_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with (
        pytest.raises(SparkFailedError, match="Master did not start"),
        cluster(tmp_path, workers=1),
    ):
        pass
