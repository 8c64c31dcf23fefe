"""How the public relations are distributed, how fresh they are, and how they moved between builds.

The dbt tests say which values can be at all, and stop a build. These Great Expectations suites look
at what no rule can tell: values that are possible and still unlikely, a shop whose orders stopped
coming in, a table that lost rows since the last check. Their Data Docs are pages for people.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import great_expectations as gx
import pandas as pd
from great_expectations import expectations
from great_expectations.core import ExpectationValidationResult
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
    ProgressBarsConfig,
)
from great_expectations.expectations.expectation import Expectation

from retention_cli.project import Marts

# The dense view is meant to be asked for some periods, so it is looked at by month.
QUERIES = {
    "retention__customer_period_snapshots": (
        "from retention__customer_period_snapshots where period_grain = 'month'"
    ),
}
# Column, least value, and the share of the rows that have at least this. Most shops refund less
# than they sell, know their customers, and do not lose what they spend on marketing.
LIKELY = {
    "retention__orders": [("net_revenue", 0, 0.95)],
    "retention__customers": [("net_revenue", 0, 0.95)],
    "retention__average_order_value": [("average_order_value", 0, 0.9)],
    "retention__acquisition": [("return_on_investment", -1, 0.95)],
}
KNOWN = {"retention__orders": [("customer_key", 0.5)]}
# Relations that hold at least one row in every shop.
NEVER_EMPTY = (
    "retention__data_quality",
    "retention__metric_definitions",
    "retention__orders",
    "retention__period_snapshots",
)
# The columns whose median and share of missing values should stay near those of the last check.
WATCHED = {
    "retention__orders": ["gross_revenue", "net_revenue", "days_since_previous_order"],
    "retention__customers": ["orders", "net_revenue"],
}
# By how much they may move: the rows as a factor, the median as a factor, the share as a number.
ROWS, MEDIAN, SHARE = (0.9, 2), (0.8, 1.25), 0.05

Profile = dict[str, dict[str, Any]]


def check(
    frames: Mapping[str, pd.DataFrame],
    data_docs: Path,
    last: Profile | None = None,
    newest: date | None = None,
) -> dict[str, list[str]]:
    """Check relations against their suites and write the Data Docs: a page a suite and a result.

    Args:
        frames: the rows of each relation, by its name; money as floats.
        data_docs: folder of the Data Docs; its `index.html` is the start.
        last: what `profile` returned at the last check; None leaves out what moved since.
        newest: the day on which, or later, the last order has to be; None leaves it out.

    Returns:
        Of each relation the expectations that its rows do not meet, in words; none if all is well.
    """
    site = {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(data_docs),
        },
    }
    configuration = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(),
        data_docs_sites={"site": site},
        progress_bars=ProgressBarsConfig(globally=False),
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=configuration)
    source = context.data_sources.add_pandas("marts")
    unmet = {}
    for relation, frame in frames.items():
        suite_of = [
            *likely(relation),
            *(fresh(newest) if newest and relation == "retention__orders" else []),
            *(unmoved(last[relation]) if last and relation in last else []),
        ]
        suite = gx.ExpectationSuite(name=relation, expectations=suite_of)
        asset = source.add_dataframe_asset(relation)
        validation = gx.ValidationDefinition(
            name=relation,
            data=asset.add_batch_definition_whole_dataframe("all rows"),
            suite=context.suites.add(suite),
        )
        context.validation_definitions.add(validation)
        results = validation.run(batch_parameters={"dataframe": frame}).results
        unmet[relation] = [in_words(result) for result in results if not result.success]
    context.clean_data_docs()
    context.build_data_docs()
    return unmet


def frames_of(marts: Marts) -> dict[str, pd.DataFrame]:
    """Return the rows of every public relation, by its name."""
    relations = marts.relations()
    with marts.connection() as connection:
        return {
            relation: connection.sql(QUERIES.get(relation, f'from "{relation}"')).df()
            for relation in relations
        }


def profile(frames: Mapping[str, pd.DataFrame]) -> Profile:
    """Return what the next check compares with, by relation: rows, columns, medians, known shares.

    No value of a single row is in it.
    """
    return {
        relation: {
            "rows": len(frame),
            "columns": list(frame.columns),
            "medians": {
                column: float(frame[column].median())
                for column in WATCHED.get(relation, [])
                if column in frame and frame[column].notna().any()
            },
            "known": {
                column: float(frame[column].notna().mean())
                for column in WATCHED.get(relation, [])
                if column in frame and len(frame)
            },
        }
        for relation, frame in frames.items()
    }


def read_profile(path: Path) -> Profile | None:
    """Return the profile that the last check left in a file, None where there is none."""
    if not path.is_file():
        return None
    last: Profile = json.loads(path.read_text(encoding="utf-8"))
    return last


def write_profile(found: Profile, path: Path) -> None:
    """Keep a profile in a file for the next check."""
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def in_words(result: ExpectationValidationResult) -> str:
    """Return an expectation that was not met: its type, its columns, and what was found."""
    configuration = result.expectation_config
    assert configuration is not None  # every result of a suite has it
    columns = [
        value for name, value in configuration.kwargs.items() if name.startswith("column") and value
    ]
    values = result.result.get("partial_unexpected_list", [])[:3]
    found = f"such as {values}" if values else f"it is {result.result.get('observed_value')}"
    problem = next((error["exception_message"] for error in errors_of(result)), found)
    return f"{configuration.type} {columns}: {problem}"


def errors_of(result: ExpectationValidationResult) -> Iterable[dict[str, Any]]:
    """Return the errors that kept an expectation from being checked."""
    information = result.exception_info or {}
    errors = [information] if "raised_exception" in information else information.values()
    return [error for error in errors if error["raised_exception"]]


# --- What the suites are made of -----------------------------------------------------------------


def likely(relation: str) -> list[Expectation]:
    """Return what holds of most rows of a relation in any shop."""
    some_rows = [expectations.ExpectTableRowCountToBeBetween(min_value=1)]
    return [
        *(some_rows if relation in NEVER_EMPTY else []),
        *[
            expectations.ExpectColumnValuesToNotBeNull(column=column, mostly=share)
            for column, share in KNOWN.get(relation, [])
        ],
        *[
            expectations.ExpectColumnValuesToBeBetween(column=column, min_value=least, mostly=share)
            for column, least, share in LIKELY.get(relation, [])
        ],
    ]


def fresh(newest: date) -> list[Expectation]:
    """Return that the last order is of a day or later."""
    moment = pd.Timestamp(newest)
    return [expectations.ExpectColumnMaxToBeBetween(column="order_date", min_value=moment)]


def unmoved(last: Mapping[str, Any]) -> list[Expectation]:
    """Return that a relation is still much like its profile of the last check."""
    return [
        expectations.ExpectTableColumnsToMatchSet(column_set=last["columns"], exact_match=True),
        expectations.ExpectTableRowCountToBeBetween(
            min_value=int(ROWS[0] * last["rows"]),
            max_value=int(ROWS[1] * last["rows"]) or None,  # an empty table may fill
        ),
        *[
            expectations.ExpectColumnMedianToBeBetween(
                column=column,
                min_value=min(factor * median for factor in MEDIAN),
                max_value=max(factor * median for factor in MEDIAN),
            )
            for column, median in last["medians"].items()
        ],
        *[
            expectations.ExpectColumnProportionOfNonNullValuesToBeBetween(
                column=column, min_value=max(share - SHARE, 0), max_value=min(share + SHARE, 1)
            )
            for column, share in last["known"].items()
        ],
    ]
