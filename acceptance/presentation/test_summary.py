"""The terminal summary: of the demo, of shops with little in them, and of what cannot be read."""

import io
import os
import subprocess
import sys

import duckdb
import pandas as pd
import pytest
from rich.console import Console

from acceptance.support.shops import orders_of
from retention_cli.project import BUILD_FIRST, Marts, NotReadableError
from retention_cli.summary import summarise, trust


def summary_of(marts: Marts, width: int = 120) -> str:
    console = Console(file=io.StringIO(), width=width)
    summarise(marts, console)
    return console.file.getvalue()


def test_the_demo(demo):
    text = summary_of(demo)
    assert "May 2026" in text
    assert "May 2025" in text
    month = demo.query(
        """
        select churn_rate, closing_customers
        from retention__churn_rate
        inner join retention__retention_rate
            using (period_grain, period_start, segment_dimension, segment_value)
        where period_grain = 'month' and period_start = '2026-05-01' and segment_value = 'all'
        """
    ).iloc[0]
    assert f"{month['churn_rate']:.1%}" in text
    assert f"{month['closing_customers']:,.0f}" in text
    assert "Fluktuationsrate" in text
    assert "EUR" in text
    assert "Churn rate by month, %" in text
    assert "24,196" in text  # rows of the seed
    for relation in demo.relations():
        assert f"\n {relation} " in text


def test_a_narrow_terminal_is_kept_to(demo):
    lines = summary_of(demo, width=80).splitlines()
    too_long = [line for line in lines if len(line) > 80 and "retention.py query" not in line]
    assert not too_long


def test_one_order_in_a_running_month(built_project):
    text = summary_of(built_project(command="run", raw_orders=orders_of(("ann", "2024-02-10"))))
    assert "February 2024" in text
    assert "Still running" in text
    assert "Churn rate by month" not in text


def test_a_complete_month_in_the_warm_up_has_no_churn(built_project):
    orders = orders_of(("ann", "2024-01-31"), ("ben", "2024-02-29"))
    text = summary_of(built_project(command="run", raw_orders=orders))
    churn = next(line for line in text.splitlines() if "Churn rate" in line)
    assert churn.replace("│", " ").split() == [
        "Churn",
        "rate",
        "Fluktuationsrate,",
        "Abwanderung",
    ] + 3 * ["-"]


def test_orders_that_cannot_be_used(built_project):
    text = summary_of(built_project(command="run", raw_orders=orders_of(("ann", "soon"))))
    assert "No order could be used" in text
    assert "retention__rejected_records" in text


@pytest.mark.parametrize(
    ("grain", "name"),
    [
        pytest.param("week", "Week of 2024-02-05", marks=pytest.mark.everything),
        pytest.param("quarter", "Q4 2023", marks=pytest.mark.everything),
        pytest.param("year", "2023", marks=pytest.mark.everything),
    ],
)
def test_other_grains_stand_in_for_months(built_project, grain, name):
    orders = orders_of(("ann", "2022-03-05"), ("ben", "2024-02-11"))
    build = built_project(command="run", raw_orders=orders, period_grains=[grain])
    assert name in summary_of(build)


def test_nothing_built_yet(tmp_path):
    with pytest.raises(NotReadableError, match=BUILD_FIRST[:30]):
        Marts(tmp_path / "warehouse.duckdb").relations()


def test_a_database_without_marts(tmp_path):
    duckdb.connect(tmp_path / "other.duckdb").close()
    with pytest.raises(NotReadableError, match="it holds no marts; run"):
        Marts(tmp_path / "other.duckdb").relations()


def test_a_file_that_is_no_database(tmp_path):
    (tmp_path / "warehouse.duckdb").write_text("order_id,customer_id\n" * 1000)
    with pytest.raises(NotReadableError, match="not a valid DuckDB database"):
        Marts(tmp_path / "warehouse.duckdb").relations()


def test_a_relation_that_is_not_there(demo):
    with pytest.raises(NotReadableError, match="retention__luck does not exist"):
        demo.frame("retention__luck")


def test_a_database_that_something_else_writes_to(tmp_path):
    path = tmp_path / "warehouse.duckdb"
    hold = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print(1, flush=True); input()"
    command = [sys.executable, "-c", hold, path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        writer.stdout.readline()
        with pytest.raises(NotReadableError, match="has the file open; close it there"):
            Marts(path).relations()
        writer.communicate(b"\n")


def test_the_command_says_it_in_one_line(tmp_path):
    variables = {"RETENTION_DUCKDB_PATH": str(tmp_path / "none.duckdb")}
    run = subprocess.run(
        [sys.executable, "-m", "retention_cli", "summary"],
        check=False,
        env=variables,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert run.stdout == ""
    assert len(run.stderr.splitlines()) == 1
    assert "none.duckdb: nothing is built yet; run" in run.stderr


# --- The command query ----------------------------------------------------------------------------


def answer_of(demo, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "retention_cli", "query", *arguments],
        check=False,
        env=os.environ | {"RETENTION_DUCKDB_PATH": str(demo.database)},
        capture_output=True,
        text=True,
    )


def test_a_query_shows_all_columns(demo):
    shown = answer_of(demo, "from retention__period_snapshots limit 3").stdout
    names = demo.frame("retention__period_snapshots").columns
    assert [name for name in names if name not in shown] == []


def test_a_query_as_csv_has_all_rows(demo):
    sql = "select * from retention__churn_rate order by all"
    frame = pd.read_csv(io.StringIO(answer_of(demo, "--csv", sql).stdout))
    expected = demo.query(sql)
    assert list(frame.columns) == list(expected.columns)
    pd.testing.assert_series_equal(frame["churn_rate"], expected["churn_rate"])


def test_no_text_of_a_query_as_csv_is_a_formula_of_a_spreadsheet(demo):
    sql = "select '=1+1' as a, '-x' as b, '+x' as c, '@x' as d, -1.5 as number, 'a=b' as text"
    written = answer_of(demo, "--csv", sql).stdout.splitlines()
    assert written == ["a,b,c,d,number,text", "'=1+1,'-x,'+x,'@x,-1.5,a=b"]


def test_a_query_that_misspells_a_column_says_which_there_are(demo):
    run = answer_of(demo, "select chrun_rate from retention__churn_rate")
    assert run.returncode == 1
    assert 'Candidate bindings: "churn_rate"' in run.stderr


def test_audiences_and_whether_the_predictions_can_be_relied_on(demo):
    text = " ".join(summary_of(demo).split())
    customers = demo.query(
        "select count(*) as customers from retention__audiences where audience = 'win_back'"
    )["customers"].item()
    assert f"win back │ {customers:,}" in text
    assert "better than both simple rules" in text


class Doubtful:
    """The marts of the demo with a model that is no better than simple rules."""

    def __init__(self, marts):
        self.marts = marts

    def query(self, sql):
        rows = self.marts.query(sql)
        return rows.assign(beats_baseline=False) if "beats_baseline" in rows else rows


def test_predictions_that_are_no_better_than_simple_rules_are_said_so(demo):
    assert trust(Doubtful(demo)).startswith("Do not rely on the predictions")
