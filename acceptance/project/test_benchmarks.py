"""The benchmarks: the orders they write, the ways they compare, and the page they make."""

import json
import sys
from decimal import Decimal

import duckdb
import pytest

from acceptance.support.builds import build
from retention_cli.project import ROOT
from tools.benchmarks.agreement import DisagreementError, check_agreement
from tools.benchmarks.dbt_runs import Node, busy_seconds
from tools.benchmarks.generator import DAYS, write_orders
from tools.benchmarks.measure import MeasuredFailedError, measure
from tools.benchmarks.report import (
    TARGETS,
    read_results,
    rows,
    slowest_models,
    write_page,
    write_result,
)
from tools.benchmarks.rivals import dense, lifetimes, pandas
from tools.benchmarks.suite import Rival, Suite

ORDERS = 20_000
PERIOD_MARTS = {
    "retention__average_order_value",
    "retention__churn_rate",
    "retention__period_snapshots",
    "retention__purchase_frequency",
    "retention__repeat_rate",
    "retention__retention_rate",
    "retention__revenue_bridge",
}


@pytest.fixture(scope="module")
def orders(tmp_path_factory):
    path = tmp_path_factory.mktemp("orders") / "orders.parquet"
    write_orders(path, ORDERS)
    return path


@pytest.fixture(scope="module")
def project(tmp_path_factory, orders):
    selection = [
        "+path:models/marts/periods",
        "+retention__cohorts",
        "+int_retention__purchase_statistics",
    ]
    folder = tmp_path_factory.mktemp("project")
    return build(folder, "--select", *selection, command="run", raw_orders=orders)


def one_row(sql):
    return duckdb.sql(sql).fetchone()


# --- The orders ----------------------------------------------------------------------------------


def test_the_same_orders_are_written_at_every_run(orders, tmp_path):
    write_orders(tmp_path / "again.parquet", ORDERS)
    again = duckdb.sql(f"from '{tmp_path / 'again.parquet'}'").fetchall()
    assert duckdb.sql(f"from '{orders}'").fetchall() == again
    # Other orders than these are another benchmark: what was measured before is no comparison.
    sums = one_row(f"select sum(gross_amount), sum(discount_amount) from '{orders}'")
    assert sums == (Decimal("2381497.02"), Decimal("47914.34"))


def test_the_orders_are_ten_a_customer_over_five_years(orders):
    assert one_row(
        f"""
        select
            count(*), count(distinct order_id), count(distinct customer_id),
            count(*) - count(customer_id),
            min(ordered_at)::date::varchar, max(ordered_at)::date - min(ordered_at)::date + 1
        from '{orders}'
        """
    ) == (ORDERS, ORDERS, ORDERS // 10, ORDERS // 20, "2021-01-01", DAYS)
    assert DAYS == 5 * 365 + 1


def test_the_orders_have_types_and_some_are_cancelled_or_discounted(orders):
    types = {name: kind for name, kind, *_ in duckdb.sql(f"describe from '{orders}'").fetchall()}
    assert types["ordered_at"] == "TIMESTAMP"
    assert types["gross_amount"] == types["discount_amount"] == "DECIMAL(18,2)"
    cancelled, discounted, least, most = one_row(
        f"""
        select
            avg((status = 'cancelled')::int), avg((discount_amount > 0)::int),
            min(gross_amount), max(discount_amount / gross_amount)
        from '{orders}'
        """
    )
    assert 0.015 < cancelled < 0.025
    assert 0.18 < discounted < 0.22
    assert least > 0
    assert most <= 0.11


def test_customers_come_and_leave_and_come_back(project, orders):
    months = project.frame("retention__period_snapshots").query(
        "period_grain == 'month' and period_start >= '2022-01-01'"
    )
    for quantity in ("new_customers", "lost_customers", "reactivated_customers"):
        assert (months[quantity] > 0).all()
    customers = f"from '{orders}' where customer_id is not null group by customer_id"
    once, most = one_row(
        f"select avg((orders = 1)::int), max(orders) from (select count(*) as orders {customers})"
    )
    assert (once, most) == (0.3, 45)


@pytest.mark.parametrize("number", [0, 150, 10_000_000_000])
def test_a_number_that_blocks_do_not_make_is_refused(number, tmp_path):
    with pytest.raises(ValueError, match="multiple of 100"):
        write_orders(tmp_path / "orders.parquet", number)
    assert list(tmp_path.iterdir()) == []


# --- The other ways ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("way", "relations"),
    [
        (dense, {"retention__period_snapshots"}),
        (pandas, PERIOD_MARTS | {"retention__cohorts"}),
        (lifetimes, {"int_retention__purchase_statistics"}),
    ],
    ids=lambda value: getattr(value, "__name__", "").rpartition(".")[2],
)
def test_another_way_finds_what_the_project_has(way, relations, project, orders, tmp_path):
    write_results(way, orders, tmp_path)
    assert set(check_agreement(project.database, tmp_path)) == relations


@pytest.mark.parametrize(
    "damage",
    [
        "select * replace (lost_customers + (period_start = '2023-05-01')::int as lost_customers)",
        "select * replace (net_revenue + 0.01 as net_revenue)",
        "select * replace (nullif(orders, (select max(orders) from found)) as orders)",
    ],
)
def test_a_way_that_finds_something_else_is_seen(damage, project, orders, tmp_path):
    write_results(dense, orders, tmp_path)
    path = tmp_path / "retention__period_snapshots.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table found as from '{path}'")
        connection.sql(f"{damage} from found").write_parquet(str(path))
    with pytest.raises(DisagreementError, match="retention__period_snapshots: "):
        check_agreement(project.database, tmp_path)


def test_a_way_that_lacks_a_row_or_has_one_twice_is_seen(project, orders, tmp_path):
    write_results(dense, orders, tmp_path)
    path = tmp_path / "retention__period_snapshots.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table found as from '{path}'")
        for others in (
            "from found where period_start > '2021-01-01'",
            "from found union all (from found limit 1)",
        ):
            connection.sql(others).write_parquet(str(path))
            with pytest.raises(DisagreementError):
                check_agreement(project.database, tmp_path)


def write_results(way, orders, folder):
    with duckdb.connect() as connection:
        for name, relation in way.make(connection, str(orders)).items():
            relation.write_parquet(str(folder / f"{name}.parquet"))


# --- Measuring -----------------------------------------------------------------------------------


def test_what_a_process_uses_is_measured(tmp_path):
    program = """
import pathlib, sys, time
folder = pathlib.Path(sys.argv[1])
block = b"x" * 300_000_000
(folder / "left").write_bytes(block[:1_000_000])
(folder / "spilled").write_bytes(block[:5_000_000])
time.sleep(1)
(folder / "spilled").unlink()
print("done")
"""
    usage, said = measure([sys.executable, "-c", program, tmp_path / "here"], tmp_path / "here")
    assert said == "done\n"
    assert usage.peak_memory_bytes > 300_000_000
    assert (usage.disk_bytes, usage.peak_disk_bytes) == (1_000_000, 6_000_000)
    assert usage.wall_seconds > 1
    assert usage.cpu_seconds > 0


def test_a_process_that_fails_says_why(tmp_path):
    command = [sys.executable, "-c", "raise SystemExit('no room')"]
    with pytest.raises(MeasuredFailedError, match="status 1: no room"):
        measure(command, tmp_path / "here")


def test_models_that_run_at_a_time_count_once():
    spans = [(0, 4), (1, 2), (3, 6), (10, 11)]
    nodes = [Node("name", "model", "folder", 0, start, end) for start, end in spans]
    assert busy_seconds(nodes) == 7
    assert busy_seconds([]) == 0


def test_what_is_too_large_for_a_way_is_left_out_with_the_reason(tmp_path):
    suite = Suite(100_000_000, tmp_path, "12GB")
    names = [name for name, _ in suite.steps(list(Rival))]
    assert {"floor", "periods", "build", "run"} < set(names)
    assert set(suite.result["skipped"]) == set(Rival)
    assert not set(names) & {*Rival, "cohorts", "statistics"}
    assert set(Rival) < {name for name, _ in Suite(1_000_000, tmp_path, "1GB").steps(list(Rival))}


# --- The page ------------------------------------------------------------------------------------


def result_of(orders, **seconds):
    usage = {
        "peak_memory_bytes": 2_000_000_000,
        "disk_bytes": 3_000_000,
        "peak_disk_bytes": 4_000_000,
        "models": {"quick": 0.5, "slow": 7.25},
        "period_model_seconds": 23.9,
    }
    return {
        "orders": orders,
        "date": "2026-01-02",
        "machine": {
            "processor": "A Processor",
            "cores": 2,
            "memory_bytes": 24 * 2**30,
            "system": "Linux",
            "versions": {"duckdb": "1.2.3"},
        },
        "memory_limit": "12GB",
        "input_bytes": 5_000_000,
        "note": "beside a backup",
        "measurements": {
            name: usage
            | {"wall_seconds": work + 3, "cpu_seconds": work + 1}
            | {"work_seconds": work, "work_cpu_seconds": work}
            for name, work in seconds.items()
        },
        "skipped": {"pandas": "it would not fit"},
    }


TEN_MILLION = result_of(10_000_000, floor=2.0, run=59.0, build=76.0, periods=30.0)


def reached(results):
    return {target.text: target.row(results)[2:] for target in TARGETS}


def test_targets_are_judged_by_what_was_measured():
    judged = reached({10_000_000: TEN_MILLION})
    assert judged["10M: `dbt run`, in floors of CPU"] == ["30.0 x", "yes"]
    assert judged["10M: tests on top, in floors of CPU"] == ["8.5 x", "**no**"]
    assert judged["10M: faster than pandas"] == ["not measured", ""]
    assert judged["10M to 100M: growth of the CPU of `dbt run`"] == ["not measured", ""]
    assert judged["demo: CPU of `dbt build`, in that without tests"] == ["not measured", ""]
    one = result_of(1_000_000, floor=0.2, run=9.0, demo_run=9.0, demo_build=15.0)
    hundred = result_of(100_000_000, floor=20.0, run=661.0)
    judged = reached({1_000_000: one, 10_000_000: TEN_MILLION, 100_000_000: hundred})
    assert judged["1M to 10M: growth of the CPU of `dbt run`"] == ["6.0 x", "yes"]
    assert judged["10M to 100M: growth of the CPU of `dbt run`"] == ["11.0 x", "**no**"]
    assert judged["100M: `dbt run`, in floors of work"] == ["33.0 x", "yes"]
    assert judged["100M: `dbt run` finishes, with a memory limit of"] == ["12.0 GB", "yes"]
    assert judged["demo: CPU of `dbt build`, in that without tests"] == ["1.6 x", "yes"]


def test_a_way_must_be_slower_by_the_factor():
    slow = result_of(10_000_000, floor=2.0, periods=30.0, dense=45.0, cohorts=40.0, pandas=51.0)
    judged = reached({10_000_000: slow})
    assert judged["10M: faster than a row for each customer and month"] == ["1.5 x", "yes"]
    assert judged["10M: faster than pandas"] == ["1.3 x", "**no**"]


def test_the_table_of_a_size_has_what_was_measured_and_what_was_not():
    table = {row[0]: row[1:] for row in rows(TEN_MILLION)}
    assert table["whole project, `dbt run`"] == (
        ["62.0", "59.00", "29.5", "60.0", "30.0", "2,000 MB", "3 MB", "4 MB"]
    )
    assert "pandas, the same marts: not measured, it would not fit" in table
    header, models = slowest_models({10_000_000: TEN_MILLION})
    assert header == ["model", "10M: s", "x floor"]
    assert models == [["`slow`", "7.25", "3.6"], ["`quick`", "0.50", "0.2"]]


def test_results_of_sizes_are_kept_beside_each_other(tmp_path):
    path = tmp_path / "results.json"
    assert read_results(path) == {}
    for result in (TEN_MILLION, result_of(1_000_000, floor=1.0), TEN_MILLION | {"date": "today"}):
        write_result(path, result)
    assert list(json.loads(path.read_text())) == ["1000000", "10000000"]
    assert read_results(path)[10_000_000] == TEN_MILLION | {"date": "today"}


def test_the_page_and_its_picture_are_made_of_the_results(tmp_path):
    page = tmp_path / "speed.md"
    write_page({10_000_000: TEN_MILLION}, page)
    text = page.read_text()
    assert "### 10,000,000 orders" in text
    assert "| whole project, `dbt run` | 62.0 | 59.00 | 29.5 | 60.0 | 30.0 |" in text
    assert (
        "| 10M | 2026-01-02 | A Processor, 2 cores, 24 GiB, Linux | 12GB | duckdb 1.2.3 |" in text
    )
    assert "| 5 MB | beside a backup |" in text
    assert "](pictures/speed.svg)" in text
    picture = (tmp_path / "pictures" / "speed.svg").read_text()
    assert picture.startswith("<svg")
    assert "whole project, dbt run" in picture
    with pytest.raises(ValueError, match="nothing has been measured"):
        write_page({}, page)


def test_the_page_of_the_documentation_is_that_of_its_results(tmp_path):
    docs = ROOT / "docs"
    write_page(read_results(docs / "benchmarks.json"), tmp_path / "benchmarks.md")
    assert (tmp_path / "benchmarks.md").read_text() == (docs / "benchmarks.md").read_text()
