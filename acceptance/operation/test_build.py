"""The build as a whole: from scratch, and again with the rows in another order."""

import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from acceptance.support.builds import build, copy_of_project
from acceptance.support.shops import orders_of
from retention_cli.project import DATABASE_VARIABLE, ROOT, DbtFailedError, Marts, Project

SEEDS = {
    path.stem.removeprefix("retention_demo__"): path
    for path in (ROOT / "seeds").glob("retention_demo__*.csv")
}
DEMO_SEGMENTS = ["country", "acquisition_channel", "loyalty_tier"]


@pytest.fixture
def fresh_clone(tmp_path) -> Path:
    """The project as a fresh clone has it: nothing built, nothing parsed."""
    return copy_of_project(tmp_path)


def test_a_bare_dbt_build_works_from_scratch(fresh_clone, demo):
    dbt = Path(sys.executable).with_name("dbt")
    variables = {
        name: value
        for name, value in os.environ.items()
        if name != DATABASE_VARIABLE and not name.startswith("DBT_")
    }
    command = [dbt, "build", "--no-use-colors"]
    run = subprocess.run(
        command, check=False, cwd=fresh_clone, env=variables, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stdout
    # The demo shop has dirty rows, of which it warns.
    assert " WARN=2 ERROR=0 SKIP=0 " in run.stdout
    assert "Warning in test values_of_the_input_can_be_read" in run.stdout
    assert "Warning in test records_need_no_second_look" in run.stdout
    marts = Marts(fresh_clone / "warehouse.duckdb")
    assert marts.relations() == demo.relations()
    pd.testing.assert_frame_equal(
        marts.frame("retention__metrics"), demo.frame("retention__metrics"), check_exact=True
    )
    schemas = marts.query("select distinct schema_name as name from duckdb_tables()")["name"]
    assert {"retention", "retention_staging", "retention_intermediate"} <= set(schemas)


@pytest.mark.everything
def test_the_order_of_the_rows_changes_nothing(built_project):
    inputs = {name: pd.read_csv(path, dtype="str") for name, path in SEEDS.items()}
    shuffled = {name: rows.sample(frac=1, random_state=1) for name, rows in inputs.items()}
    first, second = (
        built_project(command="run", segment_columns=DEMO_SEGMENTS, **rows)
        for rows in (inputs, shuffled)
    )
    assert len(first.relations()) >= 10
    for relation in first.relations():
        pd.testing.assert_frame_equal(
            first.frame(relation), second.frame(relation), check_exact=True, obj=relation
        )


@pytest.mark.everything
def test_the_demo_as_files_gives_the_marts_of_the_demo(built_project, demo):
    from_files = built_project(command="run", segment_columns=DEMO_SEGMENTS, **SEEDS)
    for relation in demo.relations():
        # dbt reads a seed's amounts as numbers, so the raw record has 4.9 where the file has 4.90.
        expected, found = (
            build.frame(relation).drop(columns="raw_record", errors="ignore")
            for build in (demo, from_files)
        )
        pd.testing.assert_frame_equal(expected, found, check_exact=True, obj=relation)


def test_one_order_is_enough(built_project):
    build = built_project(raw_orders=orders_of(("ann", "2024-02-29")))
    customers = build.frame("retention__customers")
    assert customers["customer_key"].tolist() == ["ann"]
    assert customers["lapse_date"].tolist() == [pd.Timestamp("2024-05-29")]


def test_a_refused_build_says_why(built_project):
    with pytest.raises(DbtFailedError, match=r"raw_orders: no file matches 'nowhere\.csv'"):
        built_project(raw_orders="nowhere.csv")


@pytest.mark.everything
@pytest.mark.parametrize("tested_customers", [2, 3])
def test_as_many_customers_are_tested_as_the_setting_says(tested_customers, tmp_path):
    orders = orders_of(("ann", "2024-01-01"), ("bob", "2024-01-02"), ("cyd", "2024-01-03"))
    settings = {"tested_customers": tested_customers, "raw_orders": tmp_path / "raw_orders.parquet"}
    build(tmp_path, command="run", **settings | {"raw_orders": orders})
    tested = "{{ retention.sampled_customers(ref('retention__customer_movements')) }}"
    sql = f"select count(distinct customer_key) as customers from {tested}"
    shown = Project.in_folder(tmp_path).dbt("show", "--inline", sql, variables=settings)
    assert shown.results[0].agate_table.rows[0]["customers"] == tested_customers
