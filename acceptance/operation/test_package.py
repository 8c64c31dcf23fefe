"""The project as a package of somebody else's: `integration_tests/`, under a matrix of settings."""

import json
import shutil
from decimal import Decimal

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from retention_cli.project import ROOT, DbtFailedError, Project

CONSUMER = ROOT / "integration_tests"
# dbt's own way: the target's schema, and those of its models and of the package behind it.
PUBLIC, STAGING, INTERMEDIATE = "analytics", "analytics_staging", "analytics_intermediate"

ABROAD = {
    "shop_sells_abroad": True,
    "raw_exchange_rates": "shop_exchange_rates",
    "reporting_currency": "EUR",
}


@pytest.fixture(scope="module")
def consumer(tmp_path_factory):
    """The consumer project with the package installed, and a place for its databases."""
    folder = tmp_path_factory.mktemp("consumer")
    places = ["--project-dir", str(CONSUMER), "--profiles-dir", str(CONSUMER)]
    installed = dbtRunner().invoke(
        ["--log-level", "none", "deps", *places, "--log-path", str(folder)]
    )
    assert installed.success, installed.exception
    yield folder
    shutil.rmtree(CONSUMER / "dbt_packages")


def build(folder, variables=None, *options):
    folder.mkdir(exist_ok=True)
    project = Project.in_folder(folder, CONSUMER)
    project.dbt("build", "--exclude", "test_type:unit", *options, variables=variables)
    return project


@pytest.fixture(scope="module")
def default(consumer):
    return build(consumer / "default")


def connect(project):
    """Open what was built, with the schema of the marts as the current one."""
    connection = duckdb.connect(project.database, read_only=True)
    connection.execute(f"use {PUBLIC}")
    return connection


def schemas(project):
    with connect(project) as connection:
        rows = connection.sql(
            "select schema_name, table_name from duckdb_tables()"
            " union all select schema_name, view_name from duckdb_views() where not internal"
        ).fetchall()
    found = {}
    for schema, relation in rows:
        found.setdefault(schema, set()).add(relation)
    return found


def test_relations_are_in_their_schemas_and_the_demo_is_off(default):
    found = schemas(default)
    places = {PUBLIC, STAGING, INTERMEDIATE, "analytics_shop", "analytics_snapshots"}
    assert set(found) == places
    public = found[PUBLIC] - {"loyal_customers"}
    assert public < found[PUBLIC]
    assert all(name.startswith("retention__") for name in public)
    assert all(name.startswith("stg_retention__") for name in found[STAGING])
    assert all(name.startswith("int_retention__") for name in found[INTERMEDIATE])
    assert not [name for names in found.values() for name in names if "demo" in name]


def test_the_inputs_are_the_consumers_models_and_its_settings_count(default):
    with connect(default) as connection:
        assert connection.sql(
            "select customer_key, orders, net_revenue, country, lapse_date - last_order_date"
            " from retention__customers order by 1"
        ).fetchall() == [
            ("ada", 2, Decimal("60.50"), "PT", 60),
            ("bo", 2, Decimal("22.00"), "SE", 60),
            ("di", 1, Decimal("20.00"), "unknown", 60),
        ]
        assert connection.sql("select customer_key from loyal_customers").fetchall()


@pytest.mark.everything
@pytest.mark.parametrize(
    ("variables", "query", "expected"),
    [
        (
            {
                "customer_identity": "email",
                "activity_window_days": "period",
                "period_grains": ["month"],
                "segment_columns": [],
                "raw_customers": "",
                "raw_refunds": "",
            },
            "select max(orders), count(*), sum(net_revenue) from retention__customers",
            (3, 3, Decimal("137.50")),  # the guest's order is ada's
        ),
        (
            ABROAD | {"reporting_timezone": "Europe/Berlin", "refund_dating": "order"},
            "select gross_revenue, order_date, refunds from retention__orders"
            " inner join (select sum(refunds) from retention__period_snapshots"
            " where period_grain = 'month' and segment_dimension = 'all'"
            " and period_start = '2024-01-01') as january (january) on true"
            " where order_id = 'o6' and january = 5.00",
            (Decimal("12.00"), "2024-04-01", Decimal("0.00")),  # 15.00 USD at April's rate
        ),
        (
            {"raw_orders": "analytics_shop.shop_orders", "as_of_date": "2024-02-10"},
            "select sum(orders), min(customer_key), max(customer_key) from retention__customers",
            (3, "ada", "bo"),
        ),
    ],
    ids=["by email and period", "with exchange rates", "from a relation"],
)
def test_settings_are_overridden(default, tmp_path, variables, query, expected):
    shutil.copy(default.database, tmp_path / default.database.name)
    project = build(tmp_path, variables)
    with connect(project) as connection:
        [row] = connection.sql(query).fetchall()
    assert tuple(str(value) if hasattr(value, "year") else value for value in row) == expected


def test_developers_get_schemas_of_their_own(consumer):
    folder = consumer / "dev"
    folder.mkdir()
    project = Project.in_folder(folder, CONSUMER)
    project.dbt("parse", "--target", "dev")
    manifest = json.loads((project.target / "manifest.json").read_text())
    found = {
        node["schema"]
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["package_name"] == "retention"
    }
    assert found == {"dev_ada", "dev_ada_staging", "dev_ada_intermediate"}


def test_a_misspelt_setting_of_the_package_is_refused_with_the_nearest_name(consumer, tmp_path):
    shop = shutil.copytree(CONSUMER, tmp_path / "shop", symlinks=True)
    file = shop / "dbt_project.yml"
    settings = file.read_text()
    assert "activity_window_days:" in settings
    file.write_text(settings.replace("activity_window_days:", "activity_window_day:"))
    with pytest.raises(
        DbtFailedError, match=r"activity_window_day: .*did you mean activity_window_days\?"
    ):
        Project.in_folder(tmp_path, shop).dbt("run", "--select", "retention__metric_definitions")


def test_no_name_of_the_package_can_meet_another(default):
    manifest = json.loads((default.target / "manifest.json").read_text())
    ours = [node for node in manifest["nodes"].values() if node["package_name"] == "retention"]
    refable = [n["name"] for n in ours if n["resource_type"] in ("model", "seed", "snapshot")]
    assert refable
    assert not [
        name
        for name in refable
        if not name.startswith(("retention__", "stg_retention__", "int_retention__", "retention_"))
    ]
    macros = {}
    for macro in manifest["macros"].values():
        macros.setdefault(macro["package_name"], set()).add(macro["name"])
    of_dbt = set().union(*(names for package, names in macros.items() if package.startswith("dbt")))
    assert macros["retention"] & of_dbt == set()


def test_semantic_layer_and_its_time_spine_stay_in_this_project(default):
    manifest = json.loads((default.target / "semantic_manifest.json").read_text(encoding="utf-8"))
    assert manifest["semantic_models"] == manifest["metrics"] == manifest["saved_queries"] == []
    assert "int_retention__days" not in schemas(default)[INTERMEDIATE]
