"""What every row of every public relation has to look like, as Great Expectations suites.

They hold for any shop: each says what a number can be, never what it was on one day. The dbt tests
check the identities between relations; these suites look at the values, from outside the database.
"""

from collections.abc import Iterable
from copy import copy
from itertools import pairwise
from pathlib import Path

import great_expectations as gx
import pandas as pd
from great_expectations.core import ExpectationValidationResult
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
)
from great_expectations.expectations import (
    Expectation,
    ExpectColumnPairValuesAToBeGreaterThanB,
    ExpectColumnValuesToBeBetween,
    ExpectColumnValuesToBeInSet,
    ExpectColumnValuesToBeJsonParseable,
    ExpectColumnValuesToBeNull,
    ExpectColumnValuesToBeUnique,
    ExpectColumnValuesToMatchRegex,
    ExpectColumnValuesToNotBeNull,
    ExpectColumnValuesToNotMatchRegex,
    ExpectCompoundColumnsToBeUnique,
    ExpectTableRowCountToBeBetween,
)
from great_expectations.expectations.row_conditions import Column, Condition

from retention_cli.project import Marts

GRAINS = ["week", "month", "quarter", "year"]
SEGMENT = ["segment_dimension", "segment_value"]
PERIOD = ["period_grain", "period_start", *SEGMENT]
# The dense view is meant to be asked for some periods, so it is looked at by month.
QUERIES = {
    "retention__customer_period_snapshots": (
        "from retention__customer_period_snapshots where period_grain = 'month'"
    ),
}


def check(frames: dict[str, pd.DataFrame], data_docs: Path) -> dict[str, list[str]]:
    """Check relations against their suites and write the Data Docs: a page a suite and a result.

    Args:
        frames: the rows of each relation, by its name; money as floats.
        data_docs: folder of the Data Docs; its `index.html` is the start.

    Returns:
        Of each relation the expectations that its rows do not meet, in words; none if all is well.

    Raises:
        KeyError: a relation has no suite.
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
        progress_bars={"globally": False},
        analytics_enabled=False,
    )
    context = gx.get_context(mode="ephemeral", project_config=configuration)
    source = context.data_sources.add_pandas("marts")
    unmet = {}
    for relation, frame in frames.items():
        # A suite takes expectations for its own, and a build is checked more than once.
        expectations = [copy(expectation) for expectation in SUITES[relation]]
        suite = gx.ExpectationSuite(name=relation, expectations=expectations)
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


def in_words(result: ExpectationValidationResult) -> str:
    """Return an expectation that was not met: its type, its columns, and some offending values."""
    configuration = result.expectation_config
    columns = [
        value for name, value in configuration.kwargs.items() if name.startswith("column") and value
    ]
    values = result.result.get("partial_unexpected_list", [])[:3]
    problem = next((error["exception_message"] for error in errors_of(result)), f"such as {values}")
    return f"{configuration.type} {columns}: {problem}"


def errors_of(result: ExpectationValidationResult) -> Iterable[dict]:
    """Return the errors that kept an expectation from being checked."""
    information = result.exception_info or {}
    errors = [information] if "raised_exception" in information else information.values()
    return [error for error in errors if error["raised_exception"]]


# --- What the suites are made of -----------------------------------------------------------------


def key(*columns: str) -> list[Expectation]:
    """No two rows share the key, and no part of it is missing."""
    unique = (
        ExpectCompoundColumnsToBeUnique(column_list=list(columns))
        if len(columns) > 1
        else ExpectColumnValuesToBeUnique(column=columns[0])
    )
    return [unique, *known(*columns)]


def known(*columns: str, where: Condition | None = None) -> list[Expectation]:
    """The columns have a value, at least where the condition holds."""
    return [ExpectColumnValuesToNotBeNull(column=name, row_condition=where) for name in columns]


def missing(*columns: str, where: Condition) -> list[Expectation]:
    """The columns have no value where the condition holds."""
    return [ExpectColumnValuesToBeNull(column=name, row_condition=where) for name in columns]


def between(
    low: float | None,
    high: float | None,
    *columns: str,
    where: Condition | None = None,
    mostly: float = 1,
) -> list[Expectation]:
    """The values that there are lie between the bounds, or at least this share of them."""
    return [
        ExpectColumnValuesToBeBetween(
            column=name, min_value=low, max_value=high, row_condition=where, mostly=mostly
        )
        for name in columns
    ]


def ascending(*columns: str) -> list[Expectation]:
    """In every row, each column is at least the one before it, where both have a value."""
    return [
        ExpectColumnPairValuesAToBeGreaterThanB(
            column_A=upper, column_B=lower, or_equal=True, ignore_row_if="either_value_is_missing"
        )
        for lower, upper in pairwise(columns)
    ]


def one_of(column: str, *values: str) -> list[Expectation]:
    """The column takes no other values than these."""
    return [ExpectColumnValuesToBeInSet(column=column, value_set=list(values))]


def proportion(column: str) -> list[Expectation]:
    """A fraction between 0 and 1 that lies inside its confidence interval."""
    columns = [f"{column}_low", column, f"{column}_high"]
    return between(0, 1, *columns) + ascending(*columns)


def period_mart(*further_key: str) -> list[Expectation]:
    """One row a period and segment value, with what is known of every period."""
    return [
        *key(*PERIOD, *further_key),
        *known("period_end", "is_complete", "is_warm_up"),
        *one_of("period_grain", *GRAINS),
        *ascending("period_start", "period_end"),
    ]


def money(*before_net: str) -> list[Expectation]:
    """Amounts are never negative but for net revenue, which refunds can bring below zero."""
    return between(0, None, *before_net) + ascending("net_revenue", "gross_revenue")


IS_WARM_UP = Column("is_warm_up") == True  # noqa: E712 (builds a condition)
HAS_OPENING = (Column("is_warm_up") == False) & (Column("opening_customers") > 0)  # noqa: E712
HAS_ORDERS = Column("orders") > 0
ANYTHING = [ExpectTableRowCountToBeBetween(min_value=1)]

SUITES: dict[str, list[Expectation]] = {
    # Orders and customers
    "retention__orders": [
        *key("order_id"),
        *known("order_date", "is_purchase", "is_first_order", "net_revenue"),
        *money("gross_revenue", "discounts", "refunds"),
        *between(1, None, "order_number"),
        *between(0, None, "days_since_previous_order"),
        *missing("order_number", where=Column("is_purchase") == False),  # noqa: E712
        *between(1, 1, "order_number", where=Column("is_first_order") == True),  # noqa: E712
        *missing("days_since_previous_order", where=Column("order_number") == 1),
        *known("days_since_previous_order", where=Column("order_number") > 1),
        # Refunds seldom exceed what was paid.
        *between(0, None, "net_revenue", mostly=0.95),
    ],
    "retention__customers": [
        *key("customer_key"),
        *known("first_order_date", "last_order_date", "lapse_date", "net_revenue"),
        *ascending("first_order_date", "last_order_date", "lapse_date"),
        *one_of("status", "active", "lapsed"),
        *between(1, None, "orders"),
        *between(1, 1, "orders", where=Column("is_repeat_customer") == False),  # noqa: E712
        *between(2, None, "orders", where=Column("is_repeat_customer") == True),  # noqa: E712
        *between(0, None, "net_revenue", mostly=0.95),
        *between(1, 5, "recency_score", "frequency_score", "monetary_score"),
        *one_of("rfm_segment", "vip", "loyal", "at_risk", "hibernating", "new", "occasional"),
        # No e-mail address is ever shown.
        ExpectColumnValuesToNotMatchRegex(column="customer_key", regex="@"),
    ],
    "retention__customer_movements": [
        *key("period_grain", "period_start", "customer_key"),
        *one_of("period_grain", *GRAINS),
        *one_of("movement", "new", "reactivated", "lost"),
    ],
    "retention__customer_period_snapshots": [
        *key("period_grain", "period_start", "customer_key"),
        *known("orders", "net_revenue"),
        *money("orders", "gross_revenue", "discounts", "refunds"),
        *ascending("period_start", "period_end"),
    ],
    "retention__rfm_segments": [
        *key(*SEGMENT, "rfm_segment"),
        *between(0, None, "active_customers", "orders"),
        *ascending("active_customers", "customers", "orders"),
        *between(0, 1, "customer_share"),
        *known("rule"),
    ],
    "retention__audiences": [
        *key("audience", "customer_key"),
        *one_of(
            "audience", "win_back", "about_to_lapse", "second_order_due", "vip", "at_risk", "new"
        ),
        *between(1, None, "rank"),
        *known("reason", "value"),
    ],
    "retention__clv_calibration": [
        *key("tenth"),
        *between(1, 10, "tenth"),
        *between(0, None, "customers", "expected_purchases", "actual_purchases"),
    ],
    "retention__forecast": [
        *key("month_start", "is_holdout"),
        *ascending("expected_orders_low", "expected_orders", "expected_orders_high"),
        *ascending("expected_revenue_low", "expected_revenue", "expected_revenue_high"),
    ],
    "retention__revenue_concentration": [
        *key(*SEGMENT, "decile"),
        *between(1, 10, "decile"),
        *between(0, None, "customers"),
    ],
    # Periods
    "retention__period_snapshots": [
        *ANYTHING,
        *period_mart(),
        *between(0, None, "retained_customers", "lost_customers", "new_customers"),
        *between(0, None, "reactivated_customers", "acquired_customers", "returning_customers"),
        *between(0, None, "repeat_customers", "first_orders", "later_orders"),
        *between(0, None, "unattributed_orders", "cumulative_repeat_customers"),
        *ascending("retained_customers", "opening_customers"),
        *ascending("lost_customers", "opening_customers"),
        *ascending("retained_customers", "closing_customers", "cumulative_customers"),
        *ascending("new_customers", "acquired_customers", "cumulative_customers"),
        *ascending("repeat_customers", "ordering_customers", "orders"),
        *ascending("returning_customers", "ordering_customers"),
        *ascending("cumulative_repeat_customers", "cumulative_customers"),
        *money("gross_revenue", "discounts", "refunds"),
        *ascending("net_revenue", "total_revenue"),
    ],
    "retention__churn_rate": [
        *ANYTHING,
        *period_mart(),
        *proportion("churn_rate"),
        *known("churn_rate", where=HAS_OPENING),
        *missing("churn_rate", "churn_rate_low", "churn_rate_high", where=IS_WARM_UP),
        *missing("churn_rate", where=Column("opening_customers") == 0),
        *ascending("lost_customers", "opening_customers"),
    ],
    "retention__retention_rate": [
        *ANYTHING,
        *period_mart(),
        *proportion("retention_rate"),
        *known("retention_rate", "retention_rate_simple", where=HAS_OPENING),
        *known("retention_rate_net_of_new", where=HAS_OPENING),
        *missing("retention_rate", "retention_rate_simple", where=IS_WARM_UP),
        *between(0, None, "retention_rate_simple", "quick_ratio"),
        *ascending("retention_rate", "retention_rate_simple"),
        *ascending("retention_rate_net_of_new", "retention_rate_simple"),
        *missing("quick_ratio", where=Column("lost_customers") == 0),
    ],
    "retention__repeat_rate": [
        *ANYTHING,
        *period_mart(),
        *proportion("repeat_customer_rate"),
        *proportion("returning_customer_rate"),
        *proportion("lifetime_repeat_rate"),
        *known("repeat_customer_rate", where=Column("ordering_customers") > 0),
        *known("lifetime_repeat_rate", where=Column("cumulative_customers") > 0),
    ],
    "retention__purchase_frequency": [
        *ANYTHING,
        *period_mart(),
        *between(1, None, "purchase_frequency"),
        *known("purchase_frequency", "customer_value", where=HAS_ORDERS),
        *missing("purchase_frequency", "customer_value", where=Column("orders") == 0),
    ],
    "retention__average_order_value": [
        *ANYTHING,
        *period_mart(),
        *known("average_order_value", "average_order_value_total", where=HAS_ORDERS),
        *missing("average_order_value", where=Column("orders") == 0),
        *between(0, None, "average_order_value_gross"),
        *ascending("average_order_value", "average_order_value_gross"),
        *ascending("average_order_value", "average_order_value_total"),
        *between(0, None, "average_order_value", mostly=0.9),
    ],
    "retention__contribution_margin": [
        *ANYTHING,
        *period_mart(),
        *between(0, None, "cost_of_goods", "variable_cost", "acquisition_cost", "retention_cost"),
        *ascending("contribution_margin_3", "contribution_margin_2", "contribution_margin_1"),
        *ascending("contribution_margin_1", "net_revenue"),
        *known("reason", where=Column("contribution_margin_3_rate").is_null()),
    ],
    "retention__revenue_bridge": [
        *ANYTHING,
        *period_mart(),
        *known("previous_revenue", "current_revenue", "churned_revenue", "adjustment_revenue"),
        *between(0, None, "expansion_revenue", "contraction_revenue"),
    ],
    "retention__customer_lifetime_value": [
        *ANYTHING,
        *period_mart(),
        *between(1, None, "lifespan_periods"),
        *between(0, None, "survival_lifespan_periods", "restricted_mean_lifetime_days"),
        *known("reason", where=Column("formula_clv").is_null()),
        *known("reason", where=Column("net_clv").is_null()),
    ],
    "retention__acquisition": [
        *ANYTHING,
        *period_mart(),
        *between(0, None, "referred_customers", "acquisition_cost", "retention_cost"),
        *between(0, None, "customer_acquisition_cost", "payback_periods"),
        *between(-1, None, "return_on_investment", mostly=0.95),
        *proportion("referral_rate"),
        *proportion("repurchase_rate_90_days"),
        *proportion("repurchase_rate_365_days"),
        *ascending("referred_customers", "acquired_customers"),
        *known("reason", where=Column("customer_acquisition_cost").is_null()),
    ],
    "retention__net_promoter_score": [
        *period_mart("touchpoint"),
        *between(-1, 1, "net_promoter_score"),
        *known("net_promoter_score", where=Column("responses") > 0),
        *missing("net_promoter_score", where=Column("responses") == 0),
        *between(0, None, "promoters", "passives", "detractors"),
        *ascending("promoters", "responses"),
        *ascending("detractors", "responses"),
    ],
    # Cohorts, survival, gaps, the model
    "retention__cohorts": [
        *ANYTHING,
        *key("cohort_grain", "cohort_start", *SEGMENT, "age"),
        *one_of("cohort_grain", *GRAINS),
        *between(0, None, "age", "active_customers", "cumulative_orders"),
        *between(0, 1, "retention_rate"),
        *between(1, 1, "retention_rate", where=Column("age") == 0),
        *ascending("ordering_customers", "returned_on_or_after", "cohort_customers"),
        *ascending("active_customers", "cohort_customers", "cumulative_orders"),
        *known("is_complete"),
    ],
    "retention__cohort_averages": [
        *key("cohort_grain", *SEGMENT, "age"),
        *between(0, 1, "retention_rate", "rolling_retention_rate", "on_or_after_retention_rate"),
        *ascending("retention_rate", "on_or_after_retention_rate"),
        *between(1, None, "cohorts"),
    ],
    "retention__repurchase_windows": [
        *ANYTHING,
        *key("cohort_grain", "cohort_start", *SEGMENT, "window_days"),
        *one_of("cohort_grain", "all", *GRAINS),
        *ascending("repurchased_customers", "mature_customers", "cohort_customers"),
        *ascending("mature_customers", "orders"),
        *proportion("repurchase_rate"),
        *known("repurchase_rate", where=Column("mature_customers") > 0),
        *known("reason", where=Column("ltv_to_cac").is_null()),
        *between(0, None, "customer_acquisition_cost", "payback_day"),
    ],
    "retention__order_ladder": [
        *ANYTHING,
        *key(*SEGMENT, "order_number"),
        *proportion("continuation_rate"),
        *between(0, 1, "continuation_rate_90_days", "continuation_rate_365_days"),
        *ascending("continued_customers", "customers"),
        *between(0, None, "median_days_to_next", "mean_days_to_next"),
    ],
    "retention__survival": [
        *ANYTHING,
        *key(*SEGMENT, "day"),
        *between(0, None, "day", "events", "censored"),
        *proportion("survival"),
        *between(1, 1, "survival", where=Column("day") == 0),
        *ascending("events", "at_risk"),
        *ascending("censored", "at_risk"),
    ],
    "retention__survival_lifetimes": [
        *ANYTHING,
        *key(*SEGMENT),
        *between(0, None, "lapsed_customers", "median_lifetime_days"),
        *ascending("lapsed_customers", "customers"),
        *ascending("restricted_mean_lifetime_days", "longest_observed_days"),
    ],
    "retention__order_gaps": [
        *one_of("kind", "percentile", "window"),
        *one_of("same_day_orders", "kept", "merged"),
        *known("percent", where=Column("kind") == "percentile"),
        *between(0, 100, "percent"),
        *between(0, None, "days"),
        *between(0, 1, "longer_gap_share", "returned_share"),
        *ascending("longer_gaps", "gaps"),
        *ascending("returned_customers", "lost_customers"),
    ],
    "retention__clv_model": [
        *key("model"),
        *one_of("model", "bg_nbd", "mbg_nbd", "gamma_gamma"),
        *between(0, None, "r", "alpha", "a", "b", "p", "v"),
        *between(1, None, "q"),
        *ascending("repeat_customers", "customers"),
        *known("refused_reason", where=Column("log_likelihood").is_null()),
        *missing("refused_reason", where=Column("is_used") == True),  # noqa: E712
    ],
    # Catalogue and quality
    "retention__metrics": [
        *ANYTHING,
        *key("metric", *PERIOD),
        *ascending("low", "value", "high"),
        *missing("value", where=Column("denominator") == 0),
    ],
    "retention__metric_definitions": [
        *ANYTHING,
        *key("metric"),
        *known("label_en", "label_de", "formula", "unit"),
        *known("denominator", where=Column("numerator").is_not_null()),
        *known("numerator", where=Column("denominator").is_not_null()),
        ExpectColumnValuesToMatchRegex(column="source_article", regex='^(?:".+|none)$'),
        ExpectColumnValuesToMatchRegex(column="relation", regex="^retention__[a-z_]+$"),
    ],
    "retention__data_quality": [
        *ANYTHING,
        *key("input"),
        *known("raw", "accepted", "rejected", "duplicates_dropped"),
        *between(0, None, "rejected", "duplicates_dropped", "unattributed"),
        *ascending("accepted", "raw"),
    ],
    "retention__order_statuses": [
        *ANYTHING,
        *key("status"),
        *known("treatment", "records"),
        *between(1, None, "records"),
    ],
    "retention__rejected_records": [
        *key("input", "record_number"),
        *known("reason", "raw_record"),
        *between(1, None, "source_rows"),
        ExpectColumnValuesToBeJsonParseable(column="raw_record"),
        ExpectColumnValuesToNotMatchRegex(column="raw_record", regex="@"),
    ],
    "retention__restatements": [
        *key("metric", *PERIOD, "restated_at"),
        *one_of("cause", "data", "settings"),
        *ascending("published_at", "restated_at"),
    ],
}
