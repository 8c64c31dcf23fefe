"""The project's settings, as the recomputation understands them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from acceptance.oracle.calendar import Calendar

GRAINS = ("week", "month", "quarter", "year")
EXCLUDED_STATUSES = (
    *("cancelled", "canceled", "failed", "pending", "draft", "test", "voided", "void", "expired"),
    *("trash", "deleted", "abandoned", "auto-draft", "checkout-draft", "pending-payment"),
    *("payment-pending", "awaiting-payment", "partial-payment", "partially-paid"),
    *("scheduled-payment", "unpaid", "not-paid", "incomplete", "declined", "denied", "rejected"),
    *("refused", "fraud", "error", "payment-failed", "payment-error", "waiting-for-payment"),
    *("awaiting-bank-wire-payment", "awaiting-check-payment", "on backorder (not paid)"),
)
PURCHASE_STATUSES = (
    *("completed", "complete", "paid", "processing", "processed", "on-hold", "shipped"),
    *("partially-shipped", "sent", "dispatched", "delivered", "fulfilled", "unfulfilled"),
    *("closed", "done", "finished", "confirmed", "accepted", "approved", "captured", "settled"),
    *("succeeded", "success", "active", "invoiced", "ready-for-pickup", "awaiting-shipment"),
    *("awaiting-fulfillment", "awaiting-pickup", "preparing", "in-transit", "payment-accepted"),
    *("remote-payment-accepted", "processing-in-progress", "on backorder (paid)", "refunded"),
    *("partially-refunded", "partial-refund", "returned", "disputed"),
)


@dataclass(frozen=True)
class Settings:
    """Settings with the names and the defaults of the dbt vars.

    `activity_window_days` is W in days or `period`. `as_of_date` None means the latest order date,
    `reporting_currency` "" the only currency of the orders. `source_timezone` is one name, or one
    an input (`raw_orders`), and `minor_units` holds names of amount columns by input.
    `clv_parameters` holds the parameters of `bg_nbd` (r, alpha, a, b) and `gamma_gamma` (p, q, v).
    `today` is the current date; None means now in the reporting time zone. A nonsense value raises
    ValueError.
    """

    activity_window_days: int | Literal["period"] = 90
    activity_window_column: str = ""
    minor_units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    prices_include_tax: bool | Literal[""] = ""
    period_grains: tuple[str, ...] = GRAINS
    week_start: Literal["monday", "sunday", "saturday"] = "monday"
    fiscal_year_start_month: int = 1
    minimum_order_value: str = "0"
    source_timezone: str | Mapping[str, str] = ""
    reporting_timezone: str = "UTC"
    reporting_currency: str = ""
    as_of_date: date | None = None
    history_starts_on: date | None = None
    excluded_statuses: tuple[str, ...] = EXCLUDED_STATUSES
    purchase_statuses: tuple[str, ...] = PURCHASE_STATUSES
    unknown_statuses: Literal["purchase", "no_purchase"] = "purchase"
    refund_dating: Literal["refund", "order"] = "refund"
    customer_identity: Literal["customer_id", "email", "phone"] = "customer_id"
    unidentified_values: tuple[str, ...] = ()
    identity_link_limit: int = 10
    phone_calling_code: str = ""
    customers_across_stores: bool = True
    segment_columns: tuple[str, ...] = ()
    repurchase_windows: tuple[int, ...] = (30, 60, 90, 180, 365)
    clv_horizon_days: int = 365
    purchase_probability_days: int = 90
    clv_discount_rate_annual: float = 0
    clv_parameters: Mapping[str, Mapping[str, float]] | None = None
    today: date | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Refuse values that have no meaning."""
        window = self.activity_window_days
        if window != "period" and not (isinstance(window, int) and window > 0):
            raise ValueError(f"activity_window_days is {window!r}: give a number of days or period")
        if not self.period_grains or set(self.period_grains) - set(GRAINS):
            raise ValueError(f"period_grains is {self.period_grains}: choose from {GRAINS}")
        if self.refund_dating not in ("refund", "order"):
            raise ValueError(f"refund_dating is {self.refund_dating!r}: give refund or order")
        if self.customer_identity not in ("customer_id", "email", "phone"):
            raise ValueError(
                f"customer_identity is {self.customer_identity!r}: give customer_id, email or phone"
            )

    @property
    def timezone(self) -> ZoneInfo:
        """The reporting time zone."""
        return ZoneInfo(self.reporting_timezone)

    def source_zone(self, input_name: str) -> ZoneInfo:
        """The time zone of an input's times without an offset."""
        zones = self.source_timezone
        name = zones if isinstance(zones, str) else zones.get(input_name, "")
        return ZoneInfo(name or "UTC")

    @property
    def attribute_columns(self) -> tuple[str, ...]:
        """Columns of the user's own that orders and customers are read for."""
        own_window = (self.activity_window_column,) if self.activity_window_column else ()
        return (*self.segment_columns, *own_window)

    @property
    def latest_possible_date(self) -> date:
        """The last calendar date that does not lie in the future, with a day's grace."""
        return (self.today or datetime.now(self.timezone).date()) + timedelta(days=1)

    @property
    def calendar(self) -> Calendar:
        """The calendar whose periods everything is counted in."""
        return Calendar(self.week_start, self.fiscal_year_start_month)

    @property
    def shortest_grain(self) -> str:
        """The shortest of the grains in use."""
        return next(grain for grain in GRAINS if grain in self.period_grains)
