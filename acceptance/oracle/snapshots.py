"""Customers over a period, evaluated from the purchase dates customer by customer, close by close.

`CustomersOverPeriod` holds each quantity of a period as one value a customer; everything else
(snapshots, movements, the rates and the bridge) is a sum or a selection of these.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from acceptance.oracle.calendar import DAY, Calendar, Period
from acceptance.oracle.frames import dates, money, texts
from acceptance.oracle.shop import Shop, from_before

COUNTS = (
    "opening_customers",
    "retained_customers",
    "lost_customers",
    "new_customers",
    "reactivated_customers",
    "closing_customers",
    "acquired_customers",
    "acquired_before_history",
    "ordering_customers",
    "repeat_customers",
    "returning_customers",
    "orders",
    "first_orders",
    "later_orders",
    "unattributed_orders",
    "cumulative_customers",
    "cumulative_repeat_customers",
)
AMOUNTS = (
    "gross_revenue",
    "discounts",
    "refunds",
    "net_revenue",
    "later_net_revenue",
    "total_revenue",
    "unattributed_net_revenue",
)
QUANTITIES = COUNTS + AMOUNTS


@dataclass(frozen=True)
class Ledger:
    """Purchases and counted refunds of a shop as plain arrays, one element a row."""

    shop: Shop
    customer: np.ndarray
    day: np.ndarray
    is_first: np.ndarray
    number: np.ndarray
    window: np.ndarray
    amounts: dict[str, np.ndarray]
    cost_is_known: np.ndarray
    all_costs_are_known: np.ndarray
    refund_customer: np.ndarray
    refund_day: np.ndarray
    refund_number: np.ndarray
    refund_is_later: np.ndarray
    refund_amount: np.ndarray

    @classmethod
    def of(cls, shop: Shop) -> "Ledger":
        """Return the ledger of a shop."""
        purchases, refunds = shop.purchases, shop.refunds
        return cls(
            shop,
            purchases["customer"].to_numpy(dtype=np.int64),
            purchases["day"].to_numpy().astype("datetime64[D]"),
            (purchases["order_number"] == 1).fillna(False).to_numpy(dtype=bool),
            purchases["order_number"].fillna(0).to_numpy(dtype=np.int64),
            purchases["window"].to_numpy(dtype=np.int64),
            {
                "gross_revenue": purchases["gross_revenue"].to_numpy(),
                "discounts": purchases["discounts"].to_numpy(),
                "shipping_and_tax": (purchases["shipping"] + purchases["tax"]).to_numpy(),
                "cost": purchases["cost"].to_numpy(),
                "all_costs": purchases["all_costs"].to_numpy(),
            },
            purchases["cost_is_known"].to_numpy(dtype=bool),
            purchases["all_costs_are_known"].to_numpy(dtype=bool),
            refunds["customer"].to_numpy(dtype=np.int64),
            refunds["day"].to_numpy().astype("datetime64[D]"),
            refunds["order_number"].fillna(0).to_numpy(dtype=np.int64),
            (refunds["order_number"] != 1).fillna(True).to_numpy(dtype=bool),
            refunds["amount"].to_numpy(),
        )

    def bought_between(self, first: date, last: date) -> np.ndarray:
        """Whether each customer has a purchase on a day from `first` to `last`, both included."""
        inside = between(self.day, first, last) & (self.customer >= 0)
        bought = np.zeros(self.shop.customers, dtype=bool)
        bought[self.customer[inside]] = True
        return bought

    def per_customer(self, where: np.ndarray, values: np.ndarray | int = 1) -> np.ndarray:
        """Sum `values` of the purchases `where` by customer; of known customers only."""
        return add_up(self.customer, where, values, self.shop.customers)

    def refunds_per_customer(self, where: np.ndarray) -> np.ndarray:
        """Sum the refunds `where` by customer, in units; of known customers only."""
        return add_up(self.refund_customer, where, self.refund_amount, self.shop.customers)

    def net_revenue_between(self, first: date, last: date) -> np.ndarray:
        """Net revenue of each customer, in units, of the days from `first` to `last`."""
        inside = between(self.day, first, last)
        refunded = between(self.refund_day, first, last)
        sales = self.amounts["gross_revenue"] - self.amounts["discounts"]
        return self.per_customer(inside, sales) - self.refunds_per_customer(refunded)

    def margin_until(self, close: date, costs: str = "all_costs") -> np.ndarray:
        """Net revenue less the known costs of each customer, in units, up to a day.

        `costs` is `all_costs` (contribution margin 2) or `cost`, that of goods alone (1).
        """
        until_close = self.day <= np.datetime64(close, "D")
        spent = self.per_customer(until_close, self.amounts[costs])
        return self.net_revenue_between(self.shop.calendar_start, close) - spent

    def unknown_costs_until(self, close: date, costs: str = "all_costs") -> np.ndarray:
        """Purchases of each customer, up to a day, of which not all of the costs are known."""
        until_close = self.day <= np.datetime64(close, "D")
        return self.per_customer(until_close & ~self.are_known(costs))

    def are_known(self, costs: str) -> np.ndarray:
        """Whether the costs of each purchase are known."""
        return self.all_costs_are_known if costs == "all_costs" else self.cost_is_known


def between(days: np.ndarray, first: date, last: date) -> np.ndarray:
    """Whether each day lies from `first` to `last`, both included."""
    return (days >= np.datetime64(first, "D")) & (days <= np.datetime64(last, "D"))


def add_up(
    customer: np.ndarray, where: np.ndarray, values: np.ndarray | int, customers: int
) -> np.ndarray:
    """Sum integers by customer over the rows `where` that have one."""
    chosen = where & (customer >= 0)
    totals = np.zeros(customers, dtype=np.int64)
    np.add.at(totals, customer[chosen], np.broadcast_to(values, customer.shape)[chosen])
    return totals


@dataclass(frozen=True)
class CustomersOverPeriod:
    """What each customer did in a period: arrays with one element a customer.

    `quantities` maps the names of `QUANTITIES` to integers (amounts in units);
    `unattributed` holds the two quantities without a known customer, as plain numbers.
    """

    period: Period
    close: date
    quantities: dict[str, np.ndarray]
    unattributed: dict[str, int]

    def is_(self, quantity: str) -> np.ndarray:
        """Whether each customer counts in a quantity of customers, such as `lost_customers`."""
        return self.quantities[quantity].astype(bool)


def active_at_close(ledger: Ledger, period: Period, close: date) -> np.ndarray:
    """Whether each customer is active at the close of day `close`, the last of the period so far.

    Active: at least one purchase with close - W < order date <= close, W being the purchase's own.
    With W = `period`: at least one purchase in the period.
    """
    if ledger.shop.settings.activity_window_days == "period":
        return ledger.bought_between(period.start, close)
    day = np.datetime64(close, "D")
    active = np.zeros(ledger.shop.customers, dtype=bool)
    keeps = (ledger.day <= day) & (ledger.day + ledger.window > day) & (ledger.customer >= 0)
    active[ledger.customer[keeps]] = True
    return active


def customers_over(ledger: Ledger, period: Period) -> CustomersOverPeriod:
    """Evaluate every definition of metrics.md section 2 for each customer and one period."""
    shop = ledger.shop
    close = min(period.end, shop.as_of_date)
    opening = active_at_close(ledger, period.previous, period.previous.end)
    closing = active_at_close(ledger, period, close)
    first_in = between(shop.first_purchase_days, period.start, close)
    first_before = shop.first_purchase_days < np.datetime64(period.start, "D")

    inside = between(ledger.day, period.start, close)
    refunded = between(ledger.refund_day, period.start, close)
    until_close = ledger.day <= np.datetime64(close, "D")
    orders = ledger.per_customer(inside)
    first_orders = ledger.per_customer(inside & ledger.is_first)
    gross = ledger.per_customer(inside, ledger.amounts["gross_revenue"])
    discounts = ledger.per_customer(inside, ledger.amounts["discounts"])
    refunds = ledger.refunds_per_customer(refunded)
    sales = ledger.amounts["gross_revenue"] - ledger.amounts["discounts"]
    later_sales = ledger.per_customer(inside & ~ledger.is_first, sales)
    later_refunds = ledger.refunds_per_customer(refunded & ledger.refund_is_later)
    orders_so_far = ledger.per_customer(until_close)

    quantities = {
        "opening_customers": opening,
        "retained_customers": opening & closing,
        "lost_customers": opening & ~closing,
        "new_customers": ~opening & closing & first_in,
        "reactivated_customers": ~opening & closing & first_before,
        "closing_customers": closing,
        "acquired_customers": first_in,
        "acquired_before_history": first_in & from_before(shop),
        "ordering_customers": orders >= 1,
        "repeat_customers": orders >= 2,
        "returning_customers": (orders >= 1) & first_before,
        "orders": orders,
        "first_orders": first_orders,
        "later_orders": orders - first_orders,
        "unattributed_orders": np.zeros(shop.customers),
        "cumulative_customers": orders_so_far >= 1,
        "cumulative_repeat_customers": orders_so_far >= 2,
        "gross_revenue": gross,
        "discounts": discounts,
        "refunds": refunds,
        "net_revenue": gross - discounts - refunds,
        "later_net_revenue": later_sales - later_refunds,
        "total_revenue": gross
        - discounts
        - refunds
        + ledger.per_customer(inside, ledger.amounts["shipping_and_tax"]),
        "unattributed_net_revenue": np.zeros(shop.customers),
    }
    nobody = inside & (ledger.customer == -1)
    refunded_to_nobody = refunded & (ledger.refund_customer == -1)
    return CustomersOverPeriod(
        period,
        close,
        {name: values.astype(np.int64) for name, values in quantities.items()},
        {
            "unattributed_orders": int(nobody.sum()),
            "unattributed_net_revenue": int(
                sales[nobody].sum() - ledger.refund_amount[refunded_to_nobody].sum()
            ),
        },
    )


def all_periods(shop: Shop) -> Iterator[Period]:
    """Every period of every configured grain, from the start of the data to the as-of date."""
    if shop.calendar_start is None:
        return
    for grain in shop.settings.period_grains:
        yield from shop.settings.calendar.periods_between(
            grain, shop.calendar_start, shop.as_of_date
        )


def is_warm_up(shop: Shop, period: Period) -> bool:
    """Whether nobody could lapse yet by the end of a period."""
    window = shop.settings.activity_window_days
    if window == "period":
        return period.start <= shop.first_day
    return period.end < shop.first_day + window * DAY


def period_key_frame(shop: Shop, keys: list[tuple[Period, str, str]]) -> pd.DataFrame:
    """Columns of the period key, one row a (period, segment dimension, segment value)."""
    return pd.DataFrame(
        {
            "period_grain": texts(period.grain for period, _, _ in keys),
            "period_start": dates(period.start for period, _, _ in keys),
            "segment_dimension": texts(dimension for _, dimension, _ in keys),
            "segment_value": texts(value for _, _, value in keys),
            "period_end": dates(period.end for period, _, _ in keys),
            "is_complete": np.array([period.end <= shop.as_of_date for period, _, _ in keys], bool),
            "is_warm_up": np.array([is_warm_up(shop, period) for period, _, _ in keys], bool),
        }
    )


def base_quantities(shop: Shop, evaluated: list[CustomersOverPeriod]) -> pd.DataFrame:
    """Sum the quantities of the evaluated periods by segment: period key + `QUANTITIES`, units."""
    keys, sums = [], []
    for over in evaluated:
        per_customer = np.column_stack([over.quantities[name] for name in QUANTITIES])
        for segmentation in shop.segmentations:
            totals = segmentation.add_up(per_customer)
            for name, amount in over.unattributed.items():
                if segmentation.unattributed is not None:
                    totals[segmentation.unattributed, QUANTITIES.index(name)] += amount
            keys += [(over.period, segmentation.dimension, value) for value in segmentation.values]
            sums.append(totals)
    key_frame = period_key_frame(shop, keys)
    totals = np.concatenate(sums) if sums else np.zeros((0, len(QUANTITIES)), dtype=np.int64)
    return pd.concat([key_frame, pd.DataFrame(totals, columns=list(QUANTITIES))], axis=1)


def period_snapshots(base: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """`retention__period_snapshots`: the base quantities with amounts as money."""
    snapshots = base.copy()
    for name in AMOUNTS:
        snapshots[name] = money(snapshots[name])
    return snapshots.assign(period_name=texts(calendar.names_of(snapshots)))


def customer_movements(shop: Shop, evaluated: list[CustomersOverPeriod]) -> pd.DataFrame:
    """`retention__customer_movements`: who came new, came back or was lost in each period."""
    keys = np.array(shop.customer_keys, dtype=object)
    rows = [
        (over.period.grain, over.period.start, key, movement)
        for over in evaluated
        for movement in ("new", "reactivated", "lost")
        for key in keys[over.is_(f"{movement}_customers")]
    ]
    grain, start, key, movement = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pd.DataFrame(
        {
            "period_grain": texts(grain),
            "period_start": dates(start),
            "customer_key": texts(key),
            "movement": texts(movement),
        }
    )


def customer_period_snapshots(shop: Shop, evaluated: list[CustomersOverPeriod]) -> pd.DataFrame:
    """`retention__customer_period_snapshots`: each period's active customers and their revenue."""
    keys = np.array(shop.customer_keys, dtype=object)
    active = [over.is_("closing_customers") for over in evaluated]

    def column(name: str) -> np.ndarray:
        nothing = np.zeros(0, dtype=np.int64)
        return np.concatenate(
            [nothing]
            + [over.quantities[name][who] for over, who in zip(evaluated, active, strict=True)]
        )

    periods = period_key_frame(shop, [(over.period, "all", "all") for over in evaluated])
    of_period = np.repeat(np.arange(len(evaluated)), [int(who.sum()) for who in active])
    who = np.concatenate([keys[:0], *(keys[who] for who in active)])
    rows = periods[["period_grain", "period_start", "period_end"]].iloc[of_period]
    return rows.reset_index(drop=True).assign(
        customer_key=texts(who),
        orders=column("orders"),
        **{
            name: money(column(name))
            for name in ("gross_revenue", "discounts", "refunds", "net_revenue")
        },
    )
