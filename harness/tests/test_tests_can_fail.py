"""No data test that cannot fail: each is seen to fail when the relations it reads are damaged.

The demo is built once. Then every column of every relation that a test reads is damaged in turn, on
some of its rows, inside a transaction that is rolled back, and the test's own compiled SQL is run.
"""

import json
import shutil

import duckdb
import pytest

DAMAGES = {
    "nothing": "null",
    "more": "{column} + 1",
    "less": "{column} - 1",
    "much less": "-3 * {column} - 5",
    "other text": "{column} || 'x'",
    "other date": "{column} + interval 40 day",
    "the reverse": "not {column}",
}
# It fails on one reason of rejection only; test_currencies.py has orders that give that reason.
SEEN_ELSEWHERE = {"set_reporting_currency_as_several_currencies_came_in"}
SOME_ROWS = "rowid = 0 or hash(rowid) % 3 = 0"


@pytest.fixture(scope="module")
def built(demo, tmp_path_factory):
    """The demo's manifest, and a copy of its database that may be damaged."""
    manifest = json.loads((demo.database.parent / "target" / "manifest.json").read_text())
    database = tmp_path_factory.mktemp("damage") / demo.database.name
    shutil.copy(demo.database, database)
    with duckdb.connect(database) as connection:
        yield manifest, connection


def relations_read(manifest, test):
    """Tables behind a test: the models it depends on, and those behind views among them."""
    pending, relations = list(test["depends_on"]["nodes"]), []
    while pending:
        node = manifest["nodes"].get(pending.pop())
        if not node or node["resource_type"] not in ("model", "seed", "snapshot"):
            continue
        if node["config"]["materialized"] == "view":
            pending += node["depends_on"]["nodes"]
        relations.append(node)
    return relations


def damages(connection, node):
    """Statements that damage a relation, one aspect at a time."""
    name = node["relation_name"]
    if node["config"]["materialized"] == "view":
        return
    yield f"delete from {name} where {SOME_ROWS}"
    yield f"insert into {name} select * from {name} where {SOME_ROWS}"
    for column, kind, *_ in connection.sql(f"describe {name}").fetchall():
        quoted = f'"{column}"'
        yield f"update {name} set {quoted} = null"
        for damage, expression in DAMAGES.items():
            fits = {
                "nothing": True,
                "more": kind in ("BIGINT", "INTEGER", "DOUBLE") or kind.startswith("DECIMAL"),
                "less": kind in ("BIGINT", "INTEGER", "DOUBLE") or kind.startswith("DECIMAL"),
                "much less": kind in ("BIGINT", "INTEGER", "DOUBLE") or kind.startswith("DECIMAL"),
                "other text": kind == "VARCHAR",
                "other date": kind in ("DATE", "TIMESTAMP"),
                "the reverse": kind == "BOOLEAN",
            }[damage]
            if fits:
                changed = expression.format(column=quoted)
                yield f"update {name} set {quoted} = {changed} where {SOME_ROWS}"


def is_caught(connection, damage, test_sql):
    connection.execute("begin")
    try:
        connection.execute(damage)
        return connection.sql(f"select count(*) from ({test_sql})").fetchone()[0] > 0
    finally:
        connection.execute("rollback")


def has_rows(connection, manifest, test):
    """Whether the demo has anything to damage: formats and inputs it does not use are empty."""
    models = [manifest["nodes"].get(name) for name in test["depends_on"]["nodes"]]
    return any(
        connection.sql(f"select 1 from {model['relation_name']} limit 1").fetchone()
        for model in models
        if model
    )


def test_every_data_test_fails_on_damaged_data(built):
    manifest, connection = built
    tests = [
        node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "test" and has_rows(connection, manifest, node)
    ]
    assert len(tests) > 150
    never_fail = {
        test["name"]
        for test in tests
        if not any(
            is_caught(connection, damage, test["compiled_code"])
            for relation in relations_read(manifest, test)
            for damage in damages(connection, relation)
        )
    }
    assert never_fail == SEEN_ELSEWHERE
