"""Revenue bridge: how the net revenue of the previous period became that of this one."""

import numpy as np
import pandas as pd

from acceptance.oracle.frames import money, ratio
from acceptance.oracle.shop import Shop
from acceptance.oracle.snapshots import CustomersOverPeriod, Ledger, period_key_frame

COLUMNS = (
    "previous_revenue",
    "new_revenue",
    "reactivated_revenue",
    "expansion_revenue",
    "contraction_revenue",
    "churned_revenue",
    "adjustment_revenue",
    "current_revenue",
)


def bridge_per_customer(ledger: Ledger, over: CustomersOverPeriod) -> np.ndarray:
    """Amounts of `COLUMNS` in units, customers x 8; each customer is in at most one class.

    Customers are classed by their purchases, in this period and in the one before. Contraction and
    churned revenue are what went missing, as positive amounts.
    """
    before = over.period.previous
    previous = ledger.net_revenue_between(before.start, before.end)
    current = over.quantities["net_revenue"]
    change = current - previous
    bought_before = ledger.bought_between(before.start, before.end)
    bought = over.is_("ordering_customers")
    new = over.is_("acquired_customers")
    both = bought & bought_before
    return np.column_stack(
        [
            previous,
            np.where(new, change, 0),
            np.where(bought & ~bought_before & ~new, change, 0),
            np.where(both & (change > 0), change, 0),
            np.where(both & (change < 0), -change, 0),
            np.where(bought_before & ~bought, -change, 0),
            np.where(~bought_before & ~bought, change, 0),
            current,
        ]
    )


def revenue_bridge(
    shop: Shop, ledger: Ledger, evaluated: list[CustomersOverPeriod]
) -> pd.DataFrame:
    """`retention__revenue_bridge`: six classes of change, and net and gross revenue retention.

    Previous revenue that refunds took to 0 or below has no retention: NULL.
    """
    keys, sums = [], [np.zeros((0, len(COLUMNS)), dtype=np.int64)]
    for over in evaluated:
        per_customer = bridge_per_customer(ledger, over)
        for segmentation in shop.segmentations:
            keys += [(over.period, segmentation.dimension, value) for value in segmentation.values]
            sums.append(segmentation.add_up(per_customer))
    amounts = pd.DataFrame(np.concatenate(sums), columns=list(COLUMNS))
    kept = amounts.previous_revenue - amounts.contraction_revenue - amounts.churned_revenue
    retainable = amounts.previous_revenue.clip(lower=0)
    return period_key_frame(shop, keys).assign(
        **{name: money(amounts[name]) for name in COLUMNS},
        net_revenue_retention=ratio(kept + amounts.expansion_revenue, retainable),
        gross_revenue_retention=ratio(kept, retainable),
    )
