"""Entry point: raw frames and settings in, expected relations out."""

import pandas as pd

from acceptance.oracle import (
    bridge,
    cohorts,
    customers,
    first_order,
    marketing,
    metrics,
    predictions,
    rates,
    snapshots,
    survival,
    value,
)
from acceptance.oracle.settings import Settings
from acceptance.oracle.shop import open_shop


def recompute(raw: dict[str, pd.DataFrame], settings: Settings) -> dict[str, pd.DataFrame]:
    """Return the expected content of every public relation, keyed by its name.

    `raw` maps `orders` and, optionally, `customers`, `refunds`, `costs`, `survey_responses` and
    `exchange_rates` to frames of text with the columns of the inputs of the same names
    (`raw_orders` ...); None, NaN, blank text and words for nothing are NULL. The predicted values
    are there where the settings bring `clv_parameters`. Money is Decimal in the reporting currency,
    rates are fractions. Raises ValueError where a required column or a segment column is missing.
    """
    shop = open_shop(raw, settings)
    ledger = snapshots.Ledger.of(shop)
    evaluated = [snapshots.customers_over(ledger, period) for period in snapshots.all_periods(shop)]
    base = snapshots.base_quantities(shop, evaluated)
    customer_rows = customers.customers(shop)
    curves = survival.survival_curves(shop, ledger)
    clv = value.customer_lifetime_value(shop, ledger, evaluated, base, curves).assign(
        **first_order.mature_values(shop, ledger, base, evaluated)
    )
    cohort_rows = cohorts.cohorts(shop, ledger, evaluated)
    windows = first_order.repurchase_windows(shop, ledger)
    relations = {
        "retention__orders": customers.orders(shop),
        "retention__customers": customer_rows,
        "retention__customer_movements": snapshots.customer_movements(shop, evaluated),
        "retention__customer_period_snapshots": snapshots.customer_period_snapshots(
            shop, evaluated
        ),
        "retention__period_snapshots": snapshots.period_snapshots(base, shop.settings.calendar),
        "retention__churn_rate": rates.period_mart(base, "churn_rate"),
        "retention__retention_rate": rates.period_mart(base, "retention_rate"),
        "retention__repeat_rate": rates.period_mart(base, "repeat_rate"),
        "retention__purchase_frequency": rates.period_mart(base, "purchase_frequency"),
        "retention__average_order_value": rates.period_mart(base, "average_order_value"),
        "retention__contribution_margin": marketing.contribution_margin(
            shop, ledger, base, evaluated
        ),
        "retention__revenue_bridge": bridge.revenue_bridge(shop, ledger, evaluated),
        "retention__cohorts": cohort_rows,
        "retention__cohort_averages": cohorts.cohort_averages(cohort_rows),
        "retention__repurchase_windows": windows,
        "retention__order_ladder": first_order.order_ladder(shop, ledger),
        "retention__survival": survival.survival(curves),
        "retention__survival_lifetimes": survival.survival_lifetimes(curves),
        "retention__order_gaps": survival.order_gaps(ledger),
        "retention__customer_lifetime_value": clv,
        "retention__rfm_segments": value.rfm_segments(shop, customer_rows),
        "retention__revenue_concentration": value.revenue_concentration(shop, customer_rows),
        "retention__acquisition": first_order.repurchases_of_acquired(
            marketing.acquisition(shop, ledger, base, evaluated, clv), windows
        ),
        "retention__net_promoter_score": marketing.net_promoter_score(shop),
        "retention__rejected_records": customers.rejected_records(shop),
        "retention__data_quality": customers.data_quality(shop),
        "retention__order_statuses": customers.order_statuses(shop),
    }
    if settings.clv_parameters:
        predicted = predictions.predictions(ledger)
        customer_rows = customer_rows.merge(predicted, on="customer_key")
        relations["retention__customers"] = customer_rows
        relations["retention__audiences"] = predictions.audiences(
            customer_rows, relations["retention__order_gaps"], shop.as_of_date
        )
    predicted = customer_rows.reindex(columns=["predicted_clv"])  # none without parameters
    relations["retention__customer_lifetime_value"] = clv.assign(
        **first_order.predicted_values(shop, predicted, clv)
    )
    return relations | {"retention__metrics": metrics.metrics(relations, shop.settings.calendar)}
