"""A run that goes on from the last one leaves the marts that a full run makes, to the cent.

Random shops change between runs as shops do: orders come in, late ones too, and are refunded,
cancelled, corrected and taken back, customers change segments and turn out to be one person.
`RETENTION_RANDOM_SEQUENCES` sets how many sequences of runs each of the settings gets.
"""

import json
import os
import random

import pandas as pd
import pytest
from hypothesis import Phase, given
from hypothesis import settings as effort
from hypothesis import strategies as st

from acceptance.marts.test_marts import SETTINGS, SHOPS, settings_id, variables_of
from acceptance.oracle.random_shops import random_shops_with_marketing
from acceptance.support.builds import build
from acceptance.support.compiled_project import columns_read
from acceptance.support.engines import (
    PUBLIC,
    CompiledModels,
    Database,
    DuckDBDatabase,
    PostgresDatabase,
    Rows,
    differences,
    execute,
    rows_of,
)
from acceptance.support.shops import orders_of

SEQUENCES = int(os.environ.get("RETENTION_RANDOM_SEQUENCES", "2"))
RUNS = 4
# What a run deletes before it adds rows: those that one column says, by a relation with its values.
DELETED = {
    "order_group": ("int_retention__order_groups", "order_group", "where is_changed"),
    "coalesce(order_id, '')": ("stg_retention__changed_orders", "order_id", ""),
}
Shop = dict[str, pd.DataFrame]


def changed(shop: Shop, pool: Shop, chance: random.Random) -> Shop:
    """Return a shop in which some rows are gone, some are new and some differ."""
    inputs = {}
    for name, rows in shop.items():
        others = pool[name]
        kept = rows[[chance.random() > 0.08 for _ in range(len(rows))]].copy()
        for column in kept.columns:
            for place in range(len(kept)):
                if chance.random() < 0.03 and len(others):
                    value = others[column].iloc[chance.randrange(len(others))]
                    kept.iloc[place, kept.columns.get_loc(column)] = value
        new = others[[chance.random() < 0.15 for _ in range(len(others))]]
        inputs[name] = pd.concat([kept, new], ignore_index=True)
    return inputs


class Runs:
    """The project in a database, run again and again from the statements of both kinds of run."""

    def __init__(self, database: Database, **variables: object) -> None:
        self.database = database
        self.full = CompiledModels(database, **variables)  # nothing is there to go on from
        inputs = {f"raw_{name}": f"raw.{name}" for name in self.full.inputs}
        for name, columns in self.full.inputs.items():
            with database.connection() as connection:
                frame = pd.DataFrame([dict.fromkeys(columns, "1")], dtype="str")
                database.fill(connection, f"raw.{name}", frame)
                connection.commit()
        database.dbt("run", **inputs, **variables)
        database.dbt("compile", **inputs, **variables)
        manifest = json.loads((database.project.target / "manifest.json").read_text())
        self.going_on = {
            node["name"]: node
            for node in manifest["nodes"].values()
            if node["resource_type"] == "model"
        }

    def marts(self, shops: list[Shop]) -> list[dict[str, Rows]]:
        """Return the public relations after each run: the first is full, the others go on."""
        found = []
        with self.database.connection() as connection:
            self.database.plan_for_few_rows(connection)
            for number, shop in enumerate(shops):
                for name, frame in shop.items():
                    execute(connection, f"delete from raw.{name}")
                    if len(frame):
                        self.database.fill(connection, f"raw.{name}", frame)
                if number:
                    self._note_dates(connection)
                for model in self.full.models:
                    node = self.going_on[model["name"]] if number else model
                    self._run(connection, node, goes_on=number > 0)
                found.append(
                    {
                        model["name"]: rows_of(connection, model["relation_name"])
                        for model in self.full.models
                        if model["schema"] == PUBLIC
                    }
                )
            connection.rollback()
        return found

    def _schema(self, name: str) -> str:
        return self.going_on[name]["relation_name"].rsplit(".", 1)[0]

    def _note_dates(self, connection) -> None:
        """Note up to when the last run knew, as the project does before the first model."""
        schema = self._schema("int_retention__order_groups")
        for column in ("as_of_date", "calibration_date"):
            execute(
                connection,
                f"update {schema}.int_retention__last_run set previous_{column} ="
                f" (select {column} from {schema}.int_retention__reporting_dates)",
            )

    def _run(self, connection, node: dict, goes_on: bool) -> None:
        relation, kind = node["relation_name"], node["config"]["materialized"]
        if kind == "view":
            return
        execute(connection, f"create temp table made as {node['compiled_code']}")
        key = node["config"].get("unique_key")
        if kind != "incremental" or not goes_on:
            if node["name"] == "int_retention__replaced_events":
                # Its columns are those of the last run's events, or none.
                execute(connection, f"drop table {relation}")
                execute(connection, f"create table {relation} as select * from made")
                execute(connection, "drop table made")
                return
            execute(connection, f"delete from {relation}")
        elif key:
            keys = [key] if isinstance(key, str) else key
            same = " and ".join(f"made.{column} = {relation}.{column}" for column in keys)
            execute(
                connection,
                f"delete from {relation} where exists (select 1 from made where {same})",
            )
        else:
            of_orders, of_groups = sorted(DELETED)
            place = of_orders if node["name"].endswith("_records") else of_groups
            name, column, rows = DELETED[place]
            condition = f"{place} in (select {column} from {self._schema(name)}.{name} {rows})"
            execute(connection, f"delete from {relation} where {condition}")
        columns = ", ".join(f'"{column}"' for column in rows_of(connection, "made").columns)
        execute(connection, f"insert into {relation} ({columns}) select {columns} from made")
        execute(connection, "drop table made")


def by_name(relations: dict[str, Rows]) -> dict[str, Rows]:
    """Sort the columns of relations by name; a contract has an order of its own."""
    found = {}
    for name, rows in relations.items():
        places = sorted(range(len(rows.columns)), key=rows.columns.__getitem__)
        found[name] = Rows(
            [rows.columns[place] for place in places],
            [tuple(row[place] for place in places) for row in rows.rows],
        )
    return found


@pytest.mark.parametrize(
    ("engine", "settings"),
    [("duckdb", settings) for settings in SETTINGS] + [("postgres", SETTINGS[3])],
    ids=lambda value: value if isinstance(value, str) else settings_id(value),
)
def test_runs_that_go_on_leave_the_marts_of_full_runs(engine, settings, tmp_path_factory, request):
    variables = variables_of(settings)
    folder = tmp_path_factory.mktemp(engine)
    if engine == "duckdb":
        database = DuckDBDatabase(folder)
    else:
        database = PostgresDatabase(folder, request.getfixturevalue("postgres_server"))
    runs = Runs(database, **variables)
    whole = CompiledModels(DuckDBDatabase(tmp_path_factory.mktemp("whole")), **variables)
    shops = random_shops_with_marketing(settings)

    @effort(max_examples=SEQUENCES, phases=[Phase.generate], **SHOPS)
    @given(shops, shops, st.integers(0, 2**32))
    def check(first, second, seed):
        chance = random.Random(seed)
        first, second = (
            columns_read(shop[0], settings.segment_columns) for shop in (first, second)
        )
        pool = {name: pd.concat([first[name], second[name]], ignore_index=True) for name in first}
        sequence = [first]
        for _ in range(RUNS - 1):
            sequence.append(changed(sequence[-1], pool, chance))
        for number, marts in enumerate(runs.marts(sequence)):
            expected = by_name(whole.build(sequence[number]))
            assert differences(by_name(marts), expected) == [], f"run {number}"

    check()


# Runs of dbt itself

FIRST = (("ann", "2024-01-01"), ("bob", "2024-01-02"), ("cyd", "2024-01-03"), ("ann", "2024-02-01"))
LATER = (*FIRST, ("bob", "2024-02-02"), ("dan", "2024-02-03"))


def run(folder, *options, purchases=FIRST, **variables):
    """Run the models; return whether the run went on, is complete, and whose orders it took."""
    marts = build(folder, *options, command="run", raw_orders=orders_of(*purchases), **variables)
    continues, is_complete = (
        marts.query(
            "select continues, is_complete from retention_intermediate.int_retention__last_run"
        )
        .iloc[0]
        .tolist()
    )
    groups = marts.query(
        "select group_key from retention_intermediate.int_retention__order_groups where is_changed"
    )
    return continues, is_complete, set(groups["group_key"])


@pytest.fixture(scope="module")
def expected(tmp_path_factory):
    """The marts of a full run on the later purchases."""
    folder = tmp_path_factory.mktemp("full")
    run(folder, purchases=LATER)
    return published(folder)


def published(folder):
    relations = DuckDBDatabase(folder).relations()
    del relations["retention__restatements"]
    return relations


def test_a_run_looks_at_the_customers_who_bought_since(tmp_path, expected):
    assert run(tmp_path) == (False, True, {"ann", "bob", "cyd"})
    assert run(tmp_path, purchases=LATER) == (True, True, {"bob", "dan"})
    assert differences(published(tmp_path), expected) == []
    assert run(tmp_path, purchases=LATER) == (True, True, set())
    assert differences(published(tmp_path), expected) == []


@pytest.mark.parametrize(
    "built", ["+stg_retention__order_records", "+int_retention__order_sequence"]
)
def test_a_run_that_broke_off_is_repaired_by_the_next_one(built, tmp_path, expected):
    run(tmp_path)
    went_on, is_complete, _ = run(tmp_path, "--select", built, purchases=LATER)
    assert (went_on, is_complete) == (True, False)
    went_on, is_complete, _ = run(tmp_path, purchases=LATER)
    assert (went_on, is_complete) == (False, True)
    assert differences(published(tmp_path), expected) == []


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        (("--full-refresh",), {}),
        ((), {"activity_window_days": 30}),
        ((), {"period_grains": ["month"]}),
    ],
    ids=["asked for", "window", "grains"],
)
def test_everything_is_rebuilt_where_it_was_made_otherwise(options, variables, tmp_path):
    run(tmp_path)
    went_on, is_complete, groups = run(tmp_path, *options, **variables)
    assert (went_on, is_complete, groups) == (False, True, {"ann", "bob", "cyd"})
