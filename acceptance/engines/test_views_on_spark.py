"""What can be told of Spark without Spark."""

from acceptance.support.compiled_project import ATTRIBUTES, INPUT_COLUMNS
from acceptance.support.warehouses import compiled_sql, parsed_project, stand_ins

# The catalogue that Spark brings keeps the text of a view in a column of so many characters.
LONGEST = 32_700
# All that makes the reading of inputs longer.
SETTINGS = {
    "activity_window_column": "term",
    "customer_identity": "email",
    "fiscal_year_start_month": 4,
    "minor_units": {
        "raw_orders": [column for column in INPUT_COLUMNS["orders"] if "amount" in column],
        "raw_refunds": ["amount", "goods_amount"],
        "raw_order_lines": ["amount", "discount_amount", "cost_amount"],
        "raw_costs": ["amount"],
    },
    "reporting_currency": "EUR",
    "reporting_timezone": "America/Sao_Paulo",
    "segment_columns": ["channel", "country", "tier"],
    "week_start": "sunday",
}


def test_the_text_of_every_view_has_room_in_the_catalogue_of_spark(tmp_path):
    attributes = {column for columns in ATTRIBUTES.values() for column in columns}
    columns = attributes.union(*INPUT_COLUMNS.values())
    variables = {f"raw_{name}": f"raw.{name}" for name in INPUT_COLUMNS} | SETTINGS
    with stand_ins(tmp_path, sorted(columns)) as profiles:
        manifest = parsed_project(profiles, variables, "spark")
        selection = "config.materialized:view,resource_type:model"
        views = compiled_sql(profiles, "spark", variables, manifest, selection)
    assert "int_retention__order_records" in views
    too_long = {name: len(sql) for name, sql in views.items() if len(sql) > LONGEST}
    assert too_long == {}
