"""No data test that cannot fail: each is seen to fail when the relations it reads are damaged.

The demo is built once, and what has tests of its own under other settings. Then every column of
every relation that a test reads is damaged in turn, on some of its rows, inside a transaction that
is rolled back, and the test's own compiled SQL is run. Of a test of several identities each has to
be seen broken.
"""

import json
import shutil

import duckdb
import pytest

from acceptance.support.builds import build, run_dbt
from acceptance.support.shops import orders_of
from retention_cli.project import DbtFailedError, Project

NUMBERS = ("BIGINT", "INTEGER", "DOUBLE", "DECIMAL")
DAMAGES = {
    "null": ("",),
    "{column} + 1": NUMBERS,
    "{column} - 1": NUMBERS,
    "-3 * {column} - 5": NUMBERS,
    "{column} || 'x'": ("VARCHAR",),
    "{column} + interval 40 day": ("DATE", "TIMESTAMP"),
    "not {column}": ("BOOLEAN",),
}
SOME_ROWS = "rowid = 0 or hash(rowid) % 3 = 0"
MADE_UP = {"VARCHAR": "'x'", "BOOLEAN": "true", "DATE": "'2025-01-01'", "TIMESTAMP": "'2025-01-01'"}

# A test, and what must be built to have it, beside the demo.
OTHER_BUILDS = {
    "linked_identifiers_are_one_person": {
        "customer_identity": "email",
        # Enough people that the damage hits some of them in one of their two rows only.
        "raw_orders": orders_of(*((f"{person}", "2025-01-01") for person in range(30))).assign(
            email=[f"{person}@example.com" for person in range(30)]
        ),
    },
}
# What no damage makes up, or only by chance; builds of other modules show them failing.
SHOWN_ELSEWHERE = {
    "no_customer_has_an_implausible_share_of_orders",  # test_tables_and_files
    "no_order_lies_years_before_all_others",  # test_old_outliers
}


@pytest.fixture
def damageable(tmp_path):
    """Open a copy of a build's database, all of its relations as tables with rows."""

    def open_copy(folder):
        manifest = json.loads((folder / "target" / "manifest.json").read_text())
        database = tmp_path / "warehouse.duckdb"
        shutil.copy(folder / database.name, database)
        connection = duckdb.connect(database)
        for node in relations(manifest, connection):
            if node["config"]["materialized"] == "view":
                make_table(connection, node["relation_name"])
        for node in relations(manifest, connection):
            make_up_rows(connection, node["relation_name"])
        return manifest, connection

    return open_copy


def relations(manifest, connection):
    """Nodes of the relations that were built."""
    names = connection.sql(
        """select format('"{}"."{}"."{}"', table_catalog, table_schema, table_name)
        from information_schema.tables"""
    ).fetchall()
    return [node for node in manifest["nodes"].values() if (node.get("relation_name"),) in names]


def make_table(connection, view):
    connection.execute(f"create temp table rows_of_view as from {view}")
    connection.execute(f"drop view {view}; create table {view} as from rows_of_view")
    connection.execute("drop table rows_of_view")


def make_up_rows(connection, name):
    """Give a relation without rows two equal ones."""
    if not connection.sql(f"select 1 from {name} limit 1").fetchall():
        kinds = [kind for _, kind, *_ in connection.sql(f"describe {name}").fetchall()]
        row = ", ".join(f"cast({MADE_UP.get(kind, '1')} as {kind})" for kind in kinds)
        connection.execute(f"insert into {name} values ({row}), ({row})")


def damages(connection, name):
    """Statements that damage a relation, one aspect at a time."""
    yield f"delete from {name} where {SOME_ROWS}"
    yield f"insert into {name} select * from {name} where {SOME_ROWS}"
    for column, kind, *_ in connection.sql(f"describe {name}").fetchall():
        quoted = f'"{column}"'
        yield f"update {name} set {quoted} = null"
        for damage, kinds in DAMAGES.items():
            if kind.startswith(kinds):
                changed = damage.format(column=quoted)
                yield f"update {name} set {quoted} = {changed} where {SOME_ROWS}"


def parts_of(test):
    """Conditions on a row of what a test returns, by name: all that the test looks for."""
    metadata = test.get("test_metadata") or {}
    if metadata.get("name") != "unique_grain":
        return {test["name"]: "true"}
    identities = metadata["kwargs"].get("identities", {})
    return {f"{test['name']}: grain": "rows_found > 1"} | {
        f"{test['name']}: {identity}": f"{identity} > 0" for identity in identities
    }


def caught_by(connection, damage, test_sql, parts):
    """The names of the parts of a test that see a damage."""
    counts = ", ".join(f"count(*) filter ({condition}) > 0" for condition in parts.values())
    connection.execute("begin")
    try:
        connection.execute(damage)
        found = connection.sql(f"select {counts} from ({test_sql})").fetchone()
        return {name for name, is_caught in zip(parts, found, strict=True) if is_caught}
    finally:
        connection.execute("rollback")


def never_failing(manifest, connection, test):
    """The names of the parts of a test that no damage of what it reads makes fail."""
    left = parts_of(test)
    read = [node for node in test["depends_on"]["nodes"] if node in manifest["nodes"]]
    for node in read:
        for damage in damages(connection, manifest["nodes"][node]["relation_name"]):
            for name in caught_by(connection, damage, test["compiled_code"], left):
                del left[name]
            if not left:
                return set()
    return left.keys()


def test_every_data_test_fails_on_damaged_data(demo, damageable):
    # Others may have left the manifest of a command that compiles nothing.
    Project.in_folder(demo.database.parent).dbt("compile")
    manifest, connection = damageable(demo.database.parent)
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    compiled = [test for test in tests if test.get("compiled_code")]
    assert sum(len(parts_of(test)) for test in compiled) > 200
    never_fail = {name for test in compiled for name in never_failing(manifest, connection, test)}
    assert never_fail <= SHOWN_ELSEWHERE
    disabled = [node for versions in manifest["disabled"].values() for node in versions]
    others = {test["name"] for test in tests if test not in compiled}
    others |= {node["name"] for node in disabled if node["resource_type"] == "test"}
    assert others == OTHER_BUILDS.keys()


@pytest.mark.parametrize("name", OTHER_BUILDS)
def test_data_tests_of_other_settings_fail_on_damaged_data(name, damageable, tmp_path_factory):
    folder = tmp_path_factory.mktemp("other")
    build(folder, "--write-json", "--select", f"+{name}", **OTHER_BUILDS[name])
    manifest, connection = damageable(folder)
    [test] = [node for node in manifest["nodes"].values() if node["name"] == name]
    assert not never_failing(manifest, connection, test)


def test_a_failed_test_names_the_identities_that_do_not_hold(tmp_path):
    orders = orders_of(("a", "2024-01-01"), ("a", "2024-02-01"))
    snapshots = "retention__period_snapshots"
    build(tmp_path, "--select", f"+{snapshots}", command="run", raw_orders=orders)
    with duckdb.connect(tmp_path / "warehouse.duckdb") as connection:
        connection.execute(f"update retention.{snapshots} set orders = orders + 1")
    test = f"rows_of_{snapshots}_hold"
    project, inputs = Project.in_folder(tmp_path), {"raw_orders": tmp_path / "raw_orders.parquet"}
    with pytest.raises(DbtFailedError) as failed:
        run_dbt(project, "test", "--select", test, **inputs)
    said = str(failed.value)
    assert f"{test}: first_plus_later_orders_is_orders does not hold; failing rows: " in said
    assert said.count("does not hold") == 1
