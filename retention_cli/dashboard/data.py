"""What the page holds: the aggregated public marts, packed into lists that compress well.

Nothing of a single customer or order goes into the page. Key columns are packed once a grain, each
other column as one list over segments and periods; values that can be computed from two others
without loss (cohort rates) are left to the page.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd

from retention_cli.figures import FIGURES, GRAINS, compared_with
from retention_cli.project import ROOT, Marts

Json = dict[str, object]


class DashboardError(Exception):
    """The dashboard could not be made; the message says why."""


# Columns of each relation with the period key that the page shows.
PERIOD_COLUMNS = {
    "retention__period_snapshots": """
        opening_customers retained_customers lost_customers new_customers reactivated_customers
        closing_customers acquired_customers ordering_customers repeat_customers returning_customers
        orders first_orders later_orders gross_revenue discounts refunds net_revenue
        later_net_revenue unattributed_orders unattributed_net_revenue cumulative_customers
        cumulative_repeat_customers
    """,
    "retention__churn_rate": "churn_rate churn_rate_low churn_rate_high",
    "retention__retention_rate": """
        retention_rate retention_rate_low retention_rate_high retention_rate_net_of_new
        retention_rate_simple quick_ratio
    """,
    "retention__repeat_rate": """
        repeat_customer_rate repeat_customer_rate_low repeat_customer_rate_high
        returning_customer_rate returning_customer_rate_low returning_customer_rate_high
        lifetime_repeat_rate lifetime_repeat_rate_low lifetime_repeat_rate_high
        returning_revenue_share
    """,
    "retention__purchase_frequency": "purchase_frequency customer_value",
    "retention__average_order_value": """
        average_order_value average_order_value_gross average_order_value_total
    """,
    "retention__customer_lifetime_value": """
        clv_365_days margin_clv_365_days predicted_clv_per_customer net_clv formula_clv survival_clv
    """,
    "retention__revenue_bridge": """
        previous_revenue new_revenue reactivated_revenue expansion_revenue contraction_revenue
        churned_revenue adjustment_revenue current_revenue net_revenue_retention
        gross_revenue_retention
    """,
    "retention__contribution_margin": """
        cost_of_goods variable_cost contribution_margin_1 contribution_margin_2
        contribution_margin_3
    """,
    "retention__acquisition": """
        acquisition_cost retention_cost customer_acquisition_cost return_on_investment clv_to_cac
        payback_periods referral_rate referral_rate_low referral_rate_high
    """,
}
# Columns of texts that say why values are missing, under their names on the page.
REASONS = {
    "value_reason": "retention__customer_lifetime_value.reason",
    "acquisition_reason": "retention__acquisition.reason",
    "margin_reason": "retention__contribution_margin.reason",
    "margin_not_recorded": "retention__contribution_margin.not_recorded",
}
# Relations that are packed as they are, as far as they and their columns exist.
TABLES = {
    "retention__survival_lifetimes": """
        segment_dimension segment_value customers lapsed_customers median_lifetime_days
        restricted_mean_lifetime_days longest_observed_days
    """,
    "retention__order_gaps": """
        kind same_day_orders is_window_in_use percent days gaps longer_gaps lost_customers
        returned_customers longer_gap_share returned_share
    """,
    "retention__rfm_segments": """
        segment_dimension segment_value rfm_segment customers active_customers orders net_revenue
        customer_share revenue_share
    """,
    "retention__revenue_concentration": """
        segment_dimension segment_value decile customers net_revenue revenue_share
        cumulative_revenue_share
    """,
    "retention__data_quality": """
        input raw accepted rejected duplicates_dropped unattributed raw_amount rejected_amount
    """,
    "retention__clv_model": """
        model is_used refused_reason beats_baseline holdout_weeks holdout_actual holdout_expected
        holdout_months holdout_months_in_interval
        mean_absolute_error root_mean_squared_error brier_score spearman_correlation
        normalised_gini top_tenth_share
        rate_baseline_mean_absolute_error rate_baseline_root_mean_squared_error
        rate_baseline_brier_score rate_baseline_spearman_correlation
        rate_baseline_normalised_gini rate_baseline_top_tenth_share
        mean_baseline_mean_absolute_error mean_baseline_root_mean_squared_error
        mean_baseline_brier_score mean_baseline_normalised_gini mean_baseline_top_tenth_share
    """,
    "retention__order_ladder": """
        segment_dimension segment_value order_number customers continued_customers continuation_rate
        continuation_rate_90_days continuation_rate_365_days median_days_to_next average_order_value
    """,
    "retention__repurchase_windows": """
        cohort_grain cohort_start segment_dimension segment_value window_days cohort_customers
        mature_customers repurchased_customers repurchase_rate repurchase_rate_low
        repurchase_rate_high net_revenue_per_customer margin_per_customer customer_acquisition_cost
        ltv_to_cac payback_day is_complete reason
    """,
    "retention__clv_calibration": """
        tenth customers expected_purchases actual_purchases expected_buyers actual_buyers
        expected_value actual_value
    """,
    "retention__forecast": """
        month_start is_holdout expected_orders expected_orders_low expected_orders_high
        actual_orders
        expected_buyers expected_buyers_low expected_buyers_high actual_buyers expected_revenue
        expected_revenue_low expected_revenue_high actual_revenue
    """,
}
AUDIENCES = ["win_back", "about_to_lapse", "second_order_due", "vip", "at_risk", "new"]
LARGEST_VALUES = 24  # of a segment dimension; the page says how many more there are


def read_data(marts: Marts, meta: Json, notes: Iterable[tuple[str, str]] = ()) -> Json:
    """Return all that the page shows, ready for JSON.

    Args:
        marts: what was built.
        meta: what the header says that the marts do not know, such as the shop's name.
        notes: dated remarks, (ISO date, text).

    Raises:
        NotReadableError: nothing is built yet, or the database is in use.
    """
    columns = columns_of(marts)
    periods = read_period_marts(marts)
    segments, left_out = offered_segments(periods)
    periods = periods.merge(segments.assign(segment=range(len(segments))))
    grains = [grain for grain in GRAINS if grain in set(periods["period_grain"])]
    packed: Json = {
        "segments": segments.to_numpy().tolist(),
        "left_out": left_out,
        "fiscal_month": fiscal_month(periods),
        "grains": {grain: pack_periods(grain, periods, len(segments)) for grain in grains},
        "cohorts": pack_cohorts(marts, segments, periods, columns["retention__cohorts"]),
        "survival": pack_survival(marts, segments),
        "scores": pack_scores(marts, segments, periods),
        "metrics": pack_definitions(marts),
        "figures": [asdict(figure) for figure in FIGURES],
        "notes": sorted([list(note) for note in {*notes, *recorded_notes(marts)}]),
        "rejected": pack_table(
            marts.query(
                "select input, reason, count(*) as records from retention__rejected_records"
                " group by all order by records desc, input, reason"
            )
        ),
    }
    for relation, names in TABLES.items():
        packed[relation.removeprefix("retention__")] = read_table(
            marts, relation, names.split(), columns.get(relation, []), segments
        )
    packed["first_orders"] = read_first_orders(marts, columns)
    packed["audiences"] = read_audiences(marts, columns)
    packed["restatements"] = count_of(marts, "retention__restatements", columns)
    identity = hashlib.sha256(json.dumps(packed, sort_keys=True).encode()).hexdigest()
    packed["meta"] = meta | facts(marts) | {"build_id": identity[:8]}
    return packed


def facts(marts: Marts) -> Json:
    """Return what the header says of the data: first and last order, currency, window."""
    orders = marts.query(
        """
        select
            cast(min(order_date) as varchar) as first_order,
            cast(max(order_date) as varchar) as last_order,
            count(distinct currency) as currencies,
            max(currency) as currency
        from retention__orders
        where is_purchase
        """
    ).iloc[0]
    window = marts.query(
        "select max(days) as days from retention__order_gaps where is_window_in_use"
    )["days"].iloc[0]
    return {
        "first_order": None if pd.isna(orders["first_order"]) else orders["first_order"],
        "last_order": None if pd.isna(orders["last_order"]) else orders["last_order"],
        "currency": orders["currency"] if orders["currencies"] == 1 else "",
        "window_days": None if pd.isna(window) else int(window),
    }


def is_demo(marts: Marts) -> bool:
    """Return whether the orders are those of the bundled demo shop: the same ids, and as many."""
    seed = ROOT / "seeds" / "retention_demo__raw_orders.csv"
    if not seed.is_file():
        return False
    path = str(seed).replace("'", "''")
    ids = marts.query(
        f"""
        select
            count(*) as orders,
            count(*) filter (order_id in (
                select order_id from read_csv('{path}', all_varchar = true)
            )) as demo_orders
        from retention__orders
        """  # noqa: S608 (a path of this project)
    ).iloc[0]
    return bool(ids["orders"] and ids["orders"] == ids["demo_orders"])


def columns_of(marts: Marts) -> dict[str, list[str]]:
    """Return the columns of each public relation, so that what is not built yet is left out."""
    rows = marts.query(
        """
        select table_name, column_name from information_schema.columns
        where table_schema = 'retention' order by ordinal_position
        """
    )
    return {str(name): few["column_name"].tolist() for name, few in rows.groupby("table_name")}


# --- Periods --------------------------------------------------------------------------------------


def read_period_marts(marts: Marts) -> pd.DataFrame:
    """Return one row a period key with the columns of all period marts side by side."""
    key = "period_grain, period_start, segment_dimension, segment_value"
    chosen = [
        f"{relation}.{column}"
        for relation, names in PERIOD_COLUMNS.items()
        for column in names.split()
    ]
    chosen += [f"{column} as {name}" for name, column in REASONS.items()]
    first, *others = PERIOD_COLUMNS
    return marts.query(
        f"""
        select
            {key}, {first}.period_end, {first}.period_name, {first}.is_complete, {first}.is_warm_up,
            {", ".join(chosen)}
        from {first}
        {" ".join(f"left join {other} using ({key})" for other in others)}
        order by {key}
        """  # noqa: S608 (names of this module)
    )


def fiscal_month(periods: pd.DataFrame) -> int:
    """Return the month with which fiscal years start, by the names of periods; 1 without."""
    fiscal = periods[periods["period_name"].str.startswith("FY")]
    if fiscal.empty:
        return 1
    quarter = re.search(r"Q(\d)$", str(fiscal["period_name"].iloc[0]))
    months_before = 3 * (int(quarter[1]) - 1) if quarter else 0
    return int(fiscal["period_start"].iloc[0].month - months_before - 1) % 12 + 1


def offered_segments(periods: pd.DataFrame) -> tuple[pd.DataFrame, Json]:
    """Return the segments the page offers, all customers first, and how many values are left out.

    Of a dimension with many values the page holds those with most orders.
    """
    key = ["segment_dimension", "segment_value"]
    sizes = periods.groupby(key, sort=True)["orders"].sum().reset_index()
    sizes["rank"] = sizes.groupby("segment_dimension")["orders"].rank(
        method="first", ascending=False
    )
    kept = sizes[sizes["rank"] <= LARGEST_VALUES]
    left_out = sizes[sizes["rank"] > LARGEST_VALUES].groupby("segment_dimension").size()
    total = kept["segment_dimension"].eq("all")
    segments = pd.concat([kept[total], kept[~total]])[key].reset_index(drop=True)
    return segments, {str(name): int(count) for name, count in left_out.items()}


def pack_periods(grain: str, periods: pd.DataFrame, segments: int) -> Json:
    """Return one grain: its periods once, and each column as a list, segment after segment."""
    rows = periods[periods["period_grain"].eq(grain)]
    spans = rows.drop_duplicates("period_start").sort_values("period_start")
    starts = pd.DatetimeIndex(spans["period_start"])
    before, year = compared_with(grain, starts)
    places = rows["segment"].to_numpy() * len(starts) + starts.get_indexer(
        pd.DatetimeIndex(rows["period_start"])
    )
    packed: Json = {
        "starts": [f"{day:%Y-%m-%d}" for day in starts],
        "ends": [f"{day:%Y-%m-%d}" for day in spans["period_end"]],
        "complete": spans["is_complete"].astype(int).tolist(),
        "warm_up": spans["is_warm_up"].astype(int).tolist(),
        "before": before,
        "year": year,
    }
    values: dict[str, list[object]] = {}
    names = [name for columns in PERIOD_COLUMNS.values() for name in columns.split()]
    for name in [*names, *REASONS]:
        column: list[object] = [None] * (len(starts) * segments)
        for place, value in zip(places, plain(rows[name]), strict=True):
            column[place] = value
        values[name] = column
    texts = sorted({str(text) for name in REASONS for text in values[name] if text})
    packed["reasons"] = texts
    for name in REASONS:
        values[name] = [texts.index(str(text)) if text else None for text in values[name]]
    return packed | {"columns": values}


def pack_scores(marts: Marts, segments: pd.DataFrame, periods: pd.DataFrame) -> Json:
    """Return the net promoter score by grain and touchpoint, each column segment after segment."""
    rows = marts.query(
        """
        select
            period_grain, period_start, segment_dimension, segment_value, touchpoint,
            responses, promoters, detractors, net_promoter_score
        from retention__net_promoter_score
        """
    ).merge(segments.assign(segment=range(len(segments))))
    packed: Json = {}
    for grain, some in rows.groupby("period_grain"):
        starts = starts_of(periods, str(grain))
        touchpoints: Json = {}
        for touchpoint, few in some.groupby("touchpoint"):
            if not few["responses"].sum():
                continue
            places = few["segment"].to_numpy() * len(starts) + starts.get_indexer(
                pd.DatetimeIndex(few["period_start"])
            )
            columns: Json = {}
            for name in ["responses", "promoters", "detractors", "net_promoter_score"]:
                column: list[object] = [None] * (len(starts) * len(segments))
                for place, value in zip(places, plain(few[name]), strict=True):
                    column[place] = value
                columns[name] = column
            touchpoints[str(touchpoint)] = columns
        packed[str(grain)] = touchpoints
    return packed


def starts_of(periods: pd.DataFrame, grain: str) -> pd.DatetimeIndex:
    """Return the first days of the periods of a grain, in order of time."""
    days = periods.loc[periods["period_grain"].eq(grain), "period_start"]
    return pd.DatetimeIndex(sorted(days.unique()))


# --- Cohorts and survival -------------------------------------------------------------------------


def pack_cohorts(
    marts: Marts, segments: pd.DataFrame, periods: pd.DataFrame, columns: list[str]
) -> Json:
    """Return the cohorts by grain and segment: sizes, and counts by age, cohort after cohort.

    What accumulates is packed as steps, money in hundredths, which makes whole numbers that are
    mostly short; `complete` is how many ages of a cohort are over.
    """
    extras = [
        name for name in ("acquisition_cost", "ltv_to_cac", "is_paid_back") if name in columns
    ]
    rows = marts.query(
        f"""
        select
            cohort_grain, cohort_start, segment_dimension, segment_value, age, cohort_customers,
            ordering_customers, active_customers, returned_on_or_after, is_complete,
            cast(100 * cumulative_net_revenue as bigint) as cents
            {"".join(f", {name}" for name in extras)}
        from retention__cohorts
        """  # noqa: S608 (names of this module)
    ).merge(segments.assign(segment=range(len(segments))))
    rows = rows.sort_values(["cohort_grain", "segment", "cohort_start", "age"])
    packed: Json = {}
    for grain, some in rows.groupby("cohort_grain"):
        starts = starts_of(periods, str(grain))
        by_segment: list[Json] = [{} for _ in range(len(segments))]
        for segment, few in some.groupby("segment"):
            first = few["age"].eq(0).to_numpy()
            heads = few[first]
            groups = few.groupby("cohort_start", sort=True)
            one: Json = {
                "start": starts.get_indexer(pd.DatetimeIndex(heads["cohort_start"])).tolist(),
                "customers": heads["cohort_customers"].tolist(),
                "ages": groups.size().tolist(),
                "complete": groups["is_complete"].sum().astype(int).tolist(),
                "ordering": few["ordering_customers"].tolist(),
                "active": few["active_customers"].tolist(),
                "after": few["returned_on_or_after"].tolist(),
                "cents": steps(few["cents"], first),
            }
            for name in extras:
                one[name] = plain(groups[name].last())
            by_segment[int(str(segment))] = one
        packed[str(grain)] = by_segment
    return packed


def steps(values: pd.Series, first: np.ndarray) -> list[int]:
    """Return each value less the one before it; the first of each run as it is."""
    numbers = values.to_numpy(dtype="int64")
    before = np.concatenate([[0], numbers[:-1]])
    return [int(step) for step in np.where(first, numbers, numbers - before)]


def pack_survival(marts: Marts, segments: pd.DataFrame) -> list[Json]:
    """Return the survival curve of each segment, where it changes and at its last day."""
    rows = marts.query(
        """
        select
            segment_dimension, segment_value, day, at_risk, events, survival, survival_low,
            survival_high
        from retention__survival
        qualify
            events > 0
            or row_number() over (
                partition by segment_dimension, segment_value order by day desc
            ) = 1
        order by day
        """
    ).merge(segments.assign(segment=range(len(segments))))
    packed: list[Json] = [{} for _ in range(len(segments))]
    names = ["day", "at_risk", "survival", "survival_low", "survival_high"]
    for segment, few in rows.sort_values(["segment", "day"]).groupby("segment"):
        packed[int(str(segment))] = {name: plain(few[name], digits=5) for name in names}
    return packed


# --- Tables ---------------------------------------------------------------------------------------


def read_table(
    marts: Marts, relation: str, names: list[str], columns: list[str], segments: pd.DataFrame
) -> Json | None:
    """Return a relation column by column, None where it is not there."""
    chosen = [name for name in names if name in columns]
    if not chosen:
        return None
    frame = marts.query(f"select {', '.join(chosen)} from {relation} order by all")  # noqa: S608
    if "segment_dimension" in chosen:
        numbered = segments.assign(segment=range(len(segments)))
        frame = frame.merge(numbered).drop(columns=["segment_dimension", "segment_value"])
    return pack_table(frame)


def read_first_orders(marts: Marts, columns: Mapping[str, list[str]]) -> Json | None:
    """Return the windows by the dimensions that no other mart has: those of the first order."""
    if "retention__repurchase_windows" not in columns:
        return None
    found = marts.query(
        """
        select
            segment_dimension, segment_value, window_days, cohort_customers, mature_customers,
            repurchase_rate, repurchase_rate_low, repurchase_rate_high, net_revenue_per_customer,
            margin_per_customer
        from retention__repurchase_windows
        where
            cohort_grain = 'all'
            and segment_dimension not in (
                select segment_dimension from retention__period_snapshots
            )
        order by all
        """
    )
    return pack_table(found)


def read_audiences(marts: Marts, columns: Mapping[str, list[str]]) -> Json | None:
    """Return how many customers each audience holds and what they are worth together."""
    if "retention__audiences" not in columns:
        return None
    found = marts.query(
        "select audience, count(*) as customers, sum(value) as value"
        " from retention__audiences group by all"
    ).set_index("audience")
    every = found.reindex(AUDIENCES)
    every["customers"] = every["customers"].fillna(0)
    return pack_table(every.reset_index())


def count_of(marts: Marts, relation: str, columns: Mapping[str, list[str]]) -> int:
    """Return how many rows a relation has, 0 where it is not there."""
    if relation not in columns:
        return 0
    return int(marts.query(f"select count(*) as rows_ from {relation}")["rows_"].iloc[0])  # noqa: S608


def pack_definitions(marts: Marts) -> Json:
    """Return label, formula, denominator and unit of each metric of the catalogue, by its name."""
    rows = marts.frame("retention__metric_definitions")
    names = ["label_en", "label_de", "formula", "unit", "denominator"]
    return {
        str(metric): dict(zip(names, values, strict=True))
        for metric, values in zip(
            rows["metric"], zip(*(plain(rows[name]) for name in names), strict=True), strict=True
        )
    }


def pack_table(frame: pd.DataFrame) -> Json:
    """Return a frame as lists by column."""
    return {str(name): plain(frame[name]) for name in frame}


def plain(values: pd.Series, digits: int = 7) -> list[object]:
    """Return values as JSON knows them; floats with so many digits, missing ones as None."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return [None if pd.isna(day) else f"{day:%Y-%m-%d}" for day in values]
    return [json_value(value, digits) for value in values.tolist()]


def json_value(value: object, digits: int) -> object:
    """Return one value as JSON knows it; whole floats without a fraction, which is shorter."""
    match value:
        case None:
            return None
        case bool():
            return int(value)
        case Decimal():
            return whole(float(value))
        case float():
            return (
                None if np.isnan(value) or np.isinf(value) else whole(float(f"{value:.{digits}g}"))
            )
        case int() | str():
            return value
    return None if value is pd.NA else str(value)


def whole(number: float) -> float | int:
    """Return a number without its fraction where that is zero."""
    return int(number) if number == int(number) else number


# --- Notes ----------------------------------------------------------------------------------------


def read_notes(path: Path) -> list[tuple[str, str]]:
    """Return the dated notes of a CSV file with the columns date and text, in order of time.

    Raises:
        DashboardError: there is no such file, a column is missing, or a date is none.
    """
    if not path.is_file():
        raise DashboardError(f"{path}: there is no such file of notes")
    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except (ValueError, UnicodeDecodeError) as error:
        raise DashboardError(f"{path}: not a CSV file: {error}") from error
    frame.columns = frame.columns.str.strip().str.lower()
    missing = {"date", "text"} - set(frame.columns)
    if missing:
        raise DashboardError(
            f"{path}: notes need the columns date and text; missing: {sorted(missing)}"
        )
    days = pd.to_datetime(frame["date"], format="%Y-%m-%d", errors="coerce")
    if days.isna().any():
        text = frame["date"][days.isna()].iloc[0]
        raise DashboardError(f"{path}: {text!r} is not a date such as 2026-05-31")
    dated = sorted(zip(days.dt.strftime("%Y-%m-%d"), frame["text"], strict=True))
    return [(str(day), str(text)) for day, text in dated]


def recorded_notes(marts: Marts) -> list[tuple[str, str]]:
    """Return the dated notes of the input raw_annotations, (ISO date, text), none where it is not.

    They are in an internal relation, which is left out of what is published.
    """
    places = marts.query(
        "select table_schema from information_schema.tables"
        " where table_name = 'int_retention__annotation_records'"
    )["table_schema"]
    if places.empty:
        return []
    rows = marts.query(
        f"""
        select strftime(annotation_date, '%Y-%m-%d') as day, annotation
        from "{places.iloc[0]}".int_retention__annotation_records
        where rejection_reason is null and not is_copy
        """  # noqa: S608 (a name that dbt gave)
    )
    return [(str(day), str(text)) for day, text in rows.itertuples(index=False, name=None)]
