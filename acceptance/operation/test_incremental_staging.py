"""Orders that are staged step by step equal those that are staged at once.

However an input changes between two runs, an incremental run has to leave what a full one would.
"""

import json
import os
from collections.abc import Iterator
from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from acceptance.support.compiled_project import INPUT_COLUMNS
from acceptance.support.engines import Database, DuckDBDatabase, PostgresDatabase, execute, rows_of

SEQUENCES = int(os.environ.get("RETENTION_RANDOM_SEQUENCES", "25"))
TODAY = date(2024, 3, 2)
REBUILT = [  # in full by every run, in this order
    "stg_retention__reporting_currency",
    "stg_retention__exchange_rate_records",
    "stg_retention__exchange_rates",
]
DAYS, CHANGED, RECORDS = (
    f"stg_retention__{name}" for name in ("order_days", "changed_orders", "order_records")
)

orders = st.fixed_dictionaries(
    {
        "order_id": st.sampled_from(["1", "2", "3", "4", "5", None]),
        "customer_id": st.sampled_from(["ann", "bob", None]),
        "ordered_at": st.sampled_from(
            [
                "2024-03-01",
                "2024-03-01 10:00:00",
                "2024-03-02",
                "01.03.2024",
                "2024-03-05",
                "2024-03-08 12:00:00",
                "soon",
                None,
            ]
        ),
        "gross_amount": st.sampled_from(["1", "1.00", "20", "-3", "many", None]),
        "status": st.sampled_from(["paid", "cancelled", None]),
        "currency": st.sampled_from(["EUR", "EUR", "eur", "USD", None]),
    }
)
rates = st.fixed_dictionaries(
    {
        "currency": st.sampled_from(["USD", "EUR"]),
        "valid_from": st.sampled_from(["2024-01-01", "2024-03-02"]),
        "rate": st.sampled_from(["0.5", "0.9", "none at all"]),
    }
)


@st.composite
def sequences(draw) -> list[tuple[list[dict], list[dict], int]]:
    """Draw the inputs of several runs, each made of the last one's, and the days between them."""
    rows, given_rates, runs = draw(st.lists(orders, max_size=8)), [], []
    for _ in range(draw(st.integers(2, 4))):
        runs.append((rows, given_rates, draw(st.sampled_from([0, 0, 1, 4]))))
        kept = [row for row in rows if draw(st.integers(0, 4))]  # some are taken away
        copied = [row for row in kept if not draw(st.integers(0, 4))]
        changed = [
            row if draw(st.integers(0, 4)) else row | {column: draw(orders)[column]}
            for row in kept
            for column in [draw(st.sampled_from(sorted(row)))]
        ]
        rows = changed + copied + draw(st.lists(orders, max_size=3))
        if not draw(st.integers(0, 2)):
            given_rates = draw(st.lists(rates, max_size=2))
    return runs


class StagedOrders:
    """The staging of orders in a database, run from its compiled statements."""

    def __init__(self, database: Database, **variables: object) -> None:
        """Compile both kinds of run; those that go on need one to go on from."""
        self.database = database
        names = ["orders", "exchange_rates"]
        for name in names:
            columns = INPUT_COLUMNS[name]
            database.load(name, pd.DataFrame([dict.fromkeys(columns, "1")], dtype="str"))
        variables |= {f"raw_{name}": f"raw.{name}" for name in names}
        self.full = self._compiled(**variables)  # as long as there is nothing to go on from
        database.dbt("run", **variables)
        self.incremental = self._compiled(**variables)

    def _compiled(self, **variables: object) -> dict[str, dict]:
        self.database.dbt("compile", **variables)
        manifest = json.loads((self.database.project.target / "manifest.json").read_text())
        return {node["name"]: node for node in manifest["nodes"].values()}

    def differences(self, runs: list[tuple[list[dict], list[dict], int]]) -> Iterator[str]:
        """Go through the runs, and yield how each leaves other records than a full run."""
        with self.database.connection() as connection:
            self.database.plan_for_few_rows(connection)
            execute(connection, "create temp table today (today date)")
            today = TODAY
            for number, (rows, given_rates, days) in enumerate(runs):
                today += timedelta(days)
                execute(connection, "delete from today")
                execute(connection, f"insert into today values (date '{today}')")
                self._give(connection, "orders", rows)
                self._give(connection, "exchange_rates", given_rates)
                for name in REBUILT:
                    self._replace(connection, name)
                if number:
                    self._go_on(connection)
                else:
                    for name in (DAYS, CHANGED, RECORDS):
                        self._replace(connection, name)
                staged = self._rows(connection, self.full[RECORDS]["relation_name"])
                expected = self._rows(connection, f"({self._sql(self.full[RECORDS])}) as expected")
                if staged != expected:
                    yield f"run {number}: {staged}, expected {expected}"
            connection.rollback()

    def _give(self, connection, name: str, rows: list[dict]) -> None:
        execute(connection, f"delete from raw.{name}")
        if rows:
            frame = pd.DataFrame(rows).reindex(columns=INPUT_COLUMNS[name]).astype("str")
            self.database.fill(connection, f"raw.{name}", frame)

    def _sql(self, model: dict) -> str:
        return model["compiled_code"].replace("current_date", "(select today from today)")

    def _replace(self, connection, name: str, model: dict | None = None) -> None:
        """Put the rows of a model in place of those of its table."""
        model = model or self.full[name]
        execute(connection, f"create temp table made as {self._sql(model)}")
        execute(connection, f"delete from {model['relation_name']}")
        execute(connection, f"insert into {model['relation_name']} select * from made")
        execute(connection, "drop table made")

    def _go_on(self, connection) -> None:
        """Do what dbt does in an incremental run."""
        self._replace(connection, DAYS, self.incremental[DAYS])  # holds every day it held before
        self._replace(connection, CHANGED, self.incremental[CHANGED])
        records = self.incremental[RECORDS]["relation_name"]
        changed = self.incremental[CHANGED]["relation_name"]
        execute(
            connection,
            f"delete from {records} where coalesce(order_id, '') in"
            f" (select order_id from {changed})",
        )
        execute(connection, f"insert into {records} {self._sql(self.incremental[RECORDS])}")

    @staticmethod
    def _rows(connection, relation: str) -> list[str]:
        found = rows_of(connection, relation)
        return sorted(str(dict(zip(found.columns, row, strict=True))) for row in found.rows)


@pytest.fixture(
    scope="module",
    params=[("duckdb", ""), ("duckdb", "EUR"), ("postgres", "EUR")],
    ids=lambda parameters: "-".join(filter(None, parameters)),
)
def staged_orders(request, tmp_path_factory) -> StagedOrders:
    engine, currency = request.param
    folder = tmp_path_factory.mktemp(engine)
    if engine == "duckdb":
        database = DuckDBDatabase(folder)
    else:
        database = PostgresDatabase(folder, request.getfixturevalue("postgres_server"))
    return StagedOrders(database, reporting_currency=currency)


@given(runs=sequences())
@effort(max_examples=SEQUENCES, deadline=None)
def test_incremental_runs_leave_what_a_full_run_leaves(staged_orders, runs):
    assert list(staged_orders.differences(runs)) == []


def order(order_id: str, ordered_at: str, **columns: str) -> dict:
    return {"order_id": order_id, "ordered_at": ordered_at, "gross_amount": "1"} | columns


ONE, TWO = order("1", "2024-03-01"), order("2", "2024-03-02")
SECOND_DAY_OF_ONE = order("1", "2024-03-02", status="paid")
IN_DOLLARS = order("3", "2024-03-03", currency="USD")
IN_EUROS = order("2", "2024-03-02", currency="EUR")
RATE = {"currency": "USD", "valid_from": "2024-01-01", "rate": "0.5"}
TOMORROW = order("1", "2024-03-05")


@pytest.mark.parametrize(
    "runs",
    {
        "added": [([ONE], [], 0), ([ONE, TWO], [], 0)],
        "changed in place": [([ONE, TWO], [], 0), ([ONE | {"status": "paid"}, TWO], [], 0)],
        "another currency of others": [([ONE, IN_DOLLARS], [], 0), ([ONE, IN_EUROS], [], 0)],
        "copied": [([ONE], [], 0), ([ONE, ONE], [], 0), ([ONE], [], 0)],
        "another version on another day": [([ONE], [], 0), ([ONE, SECOND_DAY_OF_ONE], [], 0)],
        "its better version taken away": [([ONE, SECOND_DAY_OF_ONE], [], 0), ([ONE], [], 0)],
        "moved to another day": [([ONE], [], 0), ([SECOND_DAY_OF_ONE], [], 0)],
        "all of a day taken away": [([ONE, TWO], [], 0), ([TWO], [], 0), ([ONE, TWO], [], 0)],
        "nothing left": [([ONE, TWO], [], 0), ([], [], 0), ([TWO], [], 0)],
        "two changes that cancel": [
            ([ONE, ONE, TWO, TWO], [], 0),
            ([ONE, TWO], [], 0),
        ],
        "no longer in the future": [([TOMORROW], [], 0), ([TOMORROW], [], 4)],
        "a second currency": [([IN_DOLLARS], [], 0), ([IN_DOLLARS, IN_EUROS], [], 0)],
        "one currency again": [([IN_DOLLARS, IN_EUROS], [], 0), ([IN_DOLLARS], [], 0)],
        "a rate that comes later": [
            ([IN_DOLLARS, IN_EUROS], [], 0),
            ([IN_DOLLARS, IN_EUROS], [RATE], 0),
        ],
        "a rate that is taken back": [([IN_DOLLARS], [RATE], 0), ([IN_DOLLARS], [], 0)],
    }.values(),
)
def test_each_way_to_change_is_noticed(staged_orders, runs):
    assert list(staged_orders.differences(runs)) == []
