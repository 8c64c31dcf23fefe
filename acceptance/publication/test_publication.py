"""Publishing: readers see whole, tested builds only, whatever becomes of the runs behind them."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from filelock import FileLock

from acceptance.support.engines import PostgresDatabase, Rows, differences, execute
from acceptance.support.shops import orders_of
from retention_cli.project import DATABASE, ROOT, Marts
from retention_cli.publication import NotPublishedError, Publication, publish, verify

KILLS = int(os.environ.get("RETENTION_KILLS", "2"))
HEADER = "order_id,customer_id,ordered_at,gross_amount,currency\n"
WITHOUT_UNIT_TESTS = ["--exclude-resource-type", "unit_test"]
# What a build says of itself: when it was, and which.
OF_THE_BUILD = ["build_id", "published_at", "restated_at"]


def write_orders(file: Path, number: int) -> None:
    """An order a day, `number` of them; each build is known by how many orders it holds."""
    days = pd.date_range("2024-01-01", periods=number).strftime("%Y-%m-%d")
    rows = [f"{day},c{index % 3},{day},10.00,EUR\n" for index, day in enumerate(days)]
    beside = file.with_suffix(".new")
    beside.write_text(HEADER + "".join(rows))
    beside.replace(file)


def publish_orders(folder: Path, file: Path) -> Publication:
    return publish(folder, *WITHOUT_UNIT_TESTS, variables={"raw_orders": str(file)})


@pytest.fixture
def orders(tmp_path):
    file = tmp_path / "orders.csv"
    write_orders(file, 5)
    return file


@pytest.mark.everything
def test_a_publication_says_what_it_is_and_every_export_is_of_it(orders, tmp_path):
    folder = tmp_path / "published"
    publication = publish_orders(folder, orders)
    marts = Marts(folder / DATABASE)
    [row] = marts.frame("retention__publication").to_dict("records")
    assert str(row.pop("as_of_date"))[:10] == "2024-01-05"
    assert row.pop("published_at")
    relations = json.loads(row.pop("relations"))
    assert row == {
        "build_id": publication.build_id,
        "tests_passed": publication.tests_passed,
        "tests_warned": publication.tests_warned,
    }
    assert verify(folder) == []
    assert publication.tests_passed > 100
    assert publication.tests_warned == 0
    exports = {path.stem: path for path in (folder / "parquet" / "latest").iterdir()}
    assert sorted(exports) == marts.relations() == sorted([*relations, "retention__publication"])
    for relation, path in exports.items():
        exported = pq.ParquetFile(path)
        assert exported.metadata.num_rows == len(marts.frame(relation))
        assert exported.metadata.metadata[b"build_id"].decode() == publication.build_id


@pytest.mark.everything
def test_what_fails_leaves_the_last_publication_and_says_so(orders, tmp_path):
    folder = tmp_path / "published"
    publish_orders(folder, orders)
    content = (folder / DATABASE).read_bytes()
    with orders.open("a") as file:
        file.write("u,c1,2024-01-09,1.00,USD\n")
    with pytest.raises(NotPublishedError) as refusal:
        publish_orders(folder, orders)
    assert "set_reporting_currency" in str(refusal.value)
    assert str(refusal.value).endswith("Nothing is published; what was before stays")
    assert (folder / DATABASE).read_bytes() == content
    write_orders(orders, 6)
    publish_orders(folder, orders)
    assert number_of_orders(folder) == 6


@pytest.mark.everything
def test_whoever_reads_keeps_the_build_that_was_opened(orders, tmp_path):
    folder = tmp_path / "published"
    publish_orders(folder, orders)
    exports = (folder / "parquet" / "latest").resolve()
    content = (folder / DATABASE).read_bytes()
    with (folder / DATABASE).open("rb") as opened:
        write_orders(orders, 6)
        publish_orders(folder, orders)
        assert opened.read() == content
    assert number_of_orders(folder) == 6
    assert pq.read_table(exports / "retention__orders.parquet").num_rows == 5
    latest = folder / "parquet" / "latest"
    assert pq.read_table(latest / "retention__orders.parquet").num_rows == 6


def test_one_run_at_a_time(orders, tmp_path):
    (tmp_path / ".running").write_text("process 7, since 2026-06-30 08:00:00 UTC")
    who = r"another run is publishing here \(process 7, since 2026-06-30 08:00:00 UTC\); wait"
    with FileLock(tmp_path / ".lock"), pytest.raises(NotPublishedError, match=who):
        publish_orders(tmp_path, orders)


READER = """
import json, sys, time
from pathlib import Path
import duckdb
import pyarrow.parquet as pq

folder, stop = Path(sys.argv[1]), Path(sys.argv[2])
counts = {"reads": 0, "errors": [], "torn": 0}
seen = {}
SUM = "select sum(orders) from {} where segment_dimension = 'all' and period_grain = 'month'"


def note(build, orders, orders_of_periods):
    counts["reads"] += 1
    if not (orders == orders_of_periods == seen.setdefault(build, orders)):
        counts["torn"] += 1


while not stop.exists():
    try:
        with duckdb.connect(folder / "warehouse.duckdb", read_only=True) as connection:
            connection.execute("use warehouse.retention")
            [[build]] = connection.sql("select build_id from retention__publication").fetchall()
            [[orders]] = connection.sql("select count(*) from retention__orders").fetchall()
            time.sleep(0.01)
            [[of_periods]] = connection.sql(SUM.format("retention__period_snapshots")).fetchall()
            note(build, orders, of_periods)
        latest = (folder / "parquet" / "latest").resolve()
        rows = pq.read_table(latest / "retention__orders.parquet").num_rows
        time.sleep(0.01)
        file = latest / "retention__period_snapshots.parquet"
        build = pq.ParquetFile(file).metadata.metadata[b"build_id"].decode()
        note(build, rows, duckdb.sql(SUM.format(f"'{file}'")).fetchone()[0])
    except Exception as error:
        counts["errors"].append(repr(error))
counts["builds"] = len(seen)
print(json.dumps(counts))
"""


def start(folder: Path, raw_orders: object, *options: str) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "retention_cli",
        "publish",
        "--folder",
        folder,
        *WITHOUT_UNIT_TESTS,
    ]
    command += ["--vars", json.dumps({"raw_orders": str(raw_orders)}), *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)


def killed_or_completed(run: subprocess.Popen, seconds: float) -> str:
    """Kill a run after some seconds, and say whether it was still running."""
    time.sleep(seconds)
    os.killpg(run.pid, signal.SIGKILL) if run.poll() is None else None
    return "killed" if run.wait() < 0 else "completed"


def build_id(folder: Path) -> str:
    return Marts(folder / DATABASE).frame("retention__publication")["build_id"].item()


def number_of_orders(folder: Path) -> int:
    return len(Marts(folder / DATABASE).frame("retention__orders"))


@pytest.mark.everything
def test_readers_see_whole_builds_while_runs_are_killed(orders, tmp_path):
    random_ = random.Random(2024)
    folder, stop = tmp_path / "published", tmp_path / "stop"
    publish_orders(folder, orders)
    sequence, number = [5], 5
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, folder, stop], stdout=subprocess.PIPE, text=True
    )
    started = time.monotonic()
    assert start(folder, orders).wait() == 0
    duration = time.monotonic() - started
    sequence.append(5)
    outcomes = Counter()
    for kill in range(1, KILLS + 1):
        number += 1
        write_orders(orders, number)
        before = build_id(folder)
        run = start(folder, orders)
        outcomes[killed_or_completed(run, random_.uniform(0, 1.1 * duration))] += 1
        if build_id(folder) != before:
            outcomes["published"] += 1
            sequence.append(number_of_orders(folder))
            assert sequence[-1] == number
        if kill % 10 == 0 or kill == KILLS:
            assert start(folder, orders).wait() == 0
            outcomes["published"] += 1
            sequence.append(number)
    stop.touch()
    counts = json.loads(reader.communicate()[0])
    print(f"\n{KILLS} runs: {dict(outcomes)}; reader: {counts}")
    assert counts["errors"] == []
    assert counts["torn"] == 0
    assert counts["reads"] > KILLS
    assert number_of_orders(folder) == number
    assert len(list((folder / "builds").iterdir())) == 2
    assert verify(folder) == []

    undisturbed = tmp_path / "undisturbed"
    for number in sequence:
        write_orders(orders, number)
        publish_orders(undisturbed, orders)
    assert_same_marts(Marts(folder / DATABASE), Marts(undisturbed / DATABASE))


def assert_same_marts(actual: Marts, expected: Marts) -> None:
    assert actual.relations() == expected.relations()
    for relation in expected.relations():
        frames = [
            marts.frame(relation).drop(columns=OF_THE_BUILD, errors="ignore")
            for marts in (actual, expected)
        ]
        pd.testing.assert_frame_equal(*frames, check_exact=True, obj=relation)


# PostgreSQL

READER_OF_POSTGRES = """
import json, sys, time
from pathlib import Path
import psycopg2

stop = Path(sys.argv[1])
counts = {"reads": 0, "errors": [], "torn": 0}
seen = {}
QUERIES = [
    "select build_id from retention.retention__publication",
    "select count(*) from retention.retention__orders",
    "select sum(orders) from retention.retention__period_snapshots"
    " where segment_dimension = 'all' and period_grain = 'month'",
]
connection = psycopg2.connect(host=sys.argv[2], user="postgres", dbname=sys.argv[3])
while not stop.exists():
    try:
        found = []
        with connection, connection.cursor() as cursor:
            for query in QUERIES:
                cursor.execute(query)
                found.append(cursor.fetchone()[0])
                time.sleep(0.01)
        counts["reads"] += 1
        build, orders, of_periods = found
        if not (orders == of_periods == seen.setdefault(build, orders)):
            counts["torn"] += 1
    except Exception as error:
        counts["errors"].append(repr(error))
counts["builds"] = len(seen)
print(json.dumps(counts))
"""


@pytest.fixture
def shop_on_postgres(postgres_server, tmp_path):
    """A database with a table of five orders."""
    database = PostgresDatabase(tmp_path, postgres_server)
    fill_orders(database, 5)
    with database.active():
        yield database


def fill_orders(database: PostgresDatabase, number: int) -> None:
    with database.connection() as connection:
        execute(connection, "drop table if exists raw.orders cascade")
        connection.commit()
    days = pd.date_range("2024-01-01", periods=number).strftime("%Y-%m-%d")
    orders = orders_of(*((f"c{index % 3}", day) for index, day in enumerate(days)))
    database.load("orders", orders.assign(currency="EUR"))


def start_on_postgres(folder: Path) -> subprocess.Popen:
    return start(folder, "raw.orders", "--target", "postgres")


def publish_on_postgres(folder: Path) -> Publication:
    variables = {"raw_orders": "raw.orders"}
    return publish(folder, *WITHOUT_UNIT_TESTS, variables=variables, target="postgres")


def one(database: PostgresDatabase, query: str) -> object:
    with database.connection() as connection:
        return execute(connection, query).fetchone()[0]


ORDERS_PUBLISHED = "select count(*) from retention.retention__orders"
UNDER_CONSTRUCTION = (
    "select count(*) from information_schema.schemata where schema_name like 'publishing%'"
)


@pytest.mark.everything
def test_a_failing_test_leaves_what_is_published_on_postgres(shop_on_postgres, tmp_path):
    folder = tmp_path / "published"
    first = publish_on_postgres(folder)
    assert one(shop_on_postgres, ORDERS_PUBLISHED) == 5
    assert one(shop_on_postgres, UNDER_CONSTRUCTION) == 0
    with shop_on_postgres.connection() as connection:
        execute(connection, "insert into raw.orders values ('u', 'c1', '2024-01-09', '1', 'USD')")
        connection.commit()
    with pytest.raises(NotPublishedError, match="set_reporting_currency"):
        publish_on_postgres(folder)
    build = "select build_id from retention.retention__publication"
    assert one(shop_on_postgres, build) == first.build_id
    assert one(shop_on_postgres, ORDERS_PUBLISHED) == 5
    assert verify(folder, "postgres") == []


@pytest.mark.everything
def test_verify_says_what_was_changed_on_postgres(shop_on_postgres, tmp_path):
    relations = {
        "retention__a": {"rows": 3, "checksum": "sum 0"},
        "retention__b": {"rows": 1, "checksum": "sum 0"},
        "retention__c": {"rows": 1, "checksum": "sum 0"},
        "retention__e": {"rows": 0, "checksum": "sum 0"},
    }
    with shop_on_postgres.connection() as connection:
        for statement in [
            "create schema retention",
            *(f"create table retention.retention__{name} as select 1 as x" for name in "abd"),
            "create table retention.retention__e (x int)",
            "create table retention.retention__publication as"
            f" select '{json.dumps(relations)}' as relations",
        ]:
            execute(connection, statement)
        connection.commit()
    assert verify(tmp_path / "published", "postgres") == [
        "retention__a: has 1 rows, 3 were published",
        "retention__b: holds other values than were published",
        "retention__c is not there any longer",
        "retention__d was not published",
    ]


@pytest.mark.everything
def test_the_history_goes_on_from_what_is_published_on_postgres(shop_on_postgres, tmp_path):
    folder = tmp_path / "published"
    fill_orders(shop_on_postgres, 50)
    publish_on_postgres(folder)
    with shop_on_postgres.connection() as connection:
        execute(connection, "update raw.orders set gross_amount = '99' where order_id = '1'")
        connection.commit()
    publish_on_postgres(folder)
    assert one(shop_on_postgres, "select count(*) from retention.retention__restatements") > 0


@pytest.mark.everything
def test_readers_of_postgres_see_whole_builds_while_runs_are_killed(shop_on_postgres, tmp_path):
    random_ = random.Random(2024)
    folder, stop = tmp_path / "published", tmp_path / "stop"
    started = time.monotonic()
    assert start_on_postgres(folder).wait() == 0
    duration = time.monotonic() - started
    server = shop_on_postgres.environment()
    reader = subprocess.Popen(
        [sys.executable, "-c", READER_OF_POSTGRES, stop, *server.values()],
        stdout=subprocess.PIPE,
        text=True,
    )
    outcomes = Counter()
    for kill in range(1, KILLS + 1):
        fill_orders(shop_on_postgres, 5 + kill)
        run = start_on_postgres(folder)
        outcomes[killed_or_completed(run, random_.uniform(0, 1.1 * duration))] += 1
    assert start_on_postgres(folder).wait() == 0
    stop.touch()
    counts = json.loads(reader.communicate()[0])
    print(f"\n{KILLS} runs: {dict(outcomes)}; reader: {counts}")
    assert counts["errors"] == []
    assert counts["torn"] == 0
    assert counts["reads"] > KILLS
    assert one(shop_on_postgres, ORDERS_PUBLISHED) == 5 + KILLS
    assert one(shop_on_postgres, UNDER_CONSTRUCTION) == 0

    published = marts_alone(shop_on_postgres)
    with shop_on_postgres.connection() as connection:
        execute(connection, "drop schema retention, retention_snapshots cascade")
        connection.commit()
    publish_on_postgres(folder)
    assert differences(published, marts_alone(shop_on_postgres)) == []


def marts_alone(database: PostgresDatabase) -> dict[str, Rows]:
    """What is published but for what speaks of builds: which it is, and what earlier ones said."""
    of_builds = {"retention__publication", "retention__restatements"}
    return {name: rows for name, rows in database.relations().items() if name not in of_builds}
