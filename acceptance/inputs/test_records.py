"""What records mean: versions, placeholders, refunds, statuses, stores, at the marts.

Shops of one kind are built together; the ids of each begin with its folder's name.
"""

from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest

from acceptance.support.builds import Build, build
from retention_cli.ingest import ingest_files
from retention_cli.project import DbtFailedError

RECORDS = Path(__file__).parent / "records"
IDS = ("order_id", "customer_id", "refund_id")
MARTS = ("--select", "+retention__rejected_records", "+retention__data_quality")
MARTS += ("+retention__orders", "+retention__customers", "+retention__order_statuses")
MARTS_OF_PERIODS = (*MARTS, "+retention__period_snapshots")


def prefixed(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """A shop's rows with ids that no other shop has."""
    ids = {column: name + "/" + frame[column] for column in IDS if column in frame}
    return frame.assign(**ids)


def together(shops: dict[str, dict[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Inputs of several shops as those of one."""
    names = {name for shop in shops.values() for name in shop} - {"raw_order_lines"}
    return {
        name: pd.concat(
            [prefixed(shop[name], key) for key, shop in shops.items() if name in shop],
            ignore_index=True,
        )
        for name in names
    }


def table(path: str) -> pd.DataFrame:
    """A file of the folder of records, as text."""
    return pd.read_csv(RECORDS / path, dtype="str")


def imported(folder: Path, *paths: str) -> dict[str, pd.DataFrame]:
    """What `retention.py` makes of files of the folder of records."""
    result = ingest_files([RECORDS / path for path in paths], folder / paths[0].replace("/", "-"))
    return {name: pd.read_parquet(path) for name, path in result.outputs.items()} | {
        "settings": result.settings
    }


def built_together(folder: Path, shops: dict[str, dict[str, pd.DataFrame]], **settings) -> Build:
    """Build several shops in one project."""
    return build(folder, *MARTS, command="run", **together(shops), **settings)


def purchases_of(made: Build, shop: str) -> pd.DataFrame:
    """The purchases of one of the shops that were built together, by their own order ids."""
    orders = made.frame("retention__orders")
    mine = orders[orders.order_id.str.startswith(f"{shop}/") & orders.is_purchase]
    return mine.assign(order_id=mine.order_id.str.removeprefix(f"{shop}/")).set_index("order_id")


def statuses_of(made: Build) -> dict[str, str]:
    """How each status that came in is taken."""
    statuses = made.frame("retention__order_statuses")
    return dict(zip(statuses.status, statuses.treatment, strict=True))


# --- Tables that dbt reads -----------------------------------------------------------------------


OF_TABLES = {"segment_columns": ["tier"], "as_of_date": "2024-02-20"}


def shops_of_tables() -> dict[str, dict[str, pd.DataFrame]]:
    """The inputs of the shops whose files dbt reads by itself."""
    return {
        "stale": {"raw_orders": table("stale-version-generic/orders.csv")},
        "history": {
            "raw_orders": table("customer-history/orders.csv"),
            "raw_customers": table("customer-history/customers.csv"),
        },
        "refund": {
            "raw_orders": table("refund-above-order/orders.csv"),
            "raw_refunds": table("refund-above-order/refunds.csv"),
        },
        "statuses": {"raw_orders": table("unpaid-statuses/generic.csv")},
        "fractions": {"raw_orders": table("fractions-of-cents/kwd.csv")},
    }


@pytest.fixture(scope="module")
def tables(tmp_path_factory) -> Build:
    """The shops whose files dbt reads by itself, with a customer's id as the person."""
    return built_together(tmp_path_factory.mktemp("tables"), shops_of_tables(), **OF_TABLES)


def test_the_newest_version_of_an_order_counts(tables):
    stale = purchases_of(tables, "stale")
    assert stale.net_revenue.to_dict() == {"1": Decimal(10), "3": Decimal(30)}


def test_the_newest_attributes_of_a_customer_count(tables):
    customers = tables.frame("retention__customers").set_index("customer_key")
    assert customers.tier[["history/a", "history/b"]].tolist() == ["gold", "bronze"]


def test_a_refund_pays_back_goods_shipping_and_tax_and_no_more_than_the_goods(tables):
    refunds = purchases_of(tables, "refund")
    # 100.00 of 124.00 were paid back, of which 80.65 are goods; two rows of one refund add up.
    assert refunds.refunds["3"].quantize(Decimal("0.01")) == Decimal("80.65")
    assert refunds.net_revenue["5"] == 0
    quality = tables.frame("retention__data_quality").set_index("input")
    assert quality.refunds_above_order["raw_refunds"] == 1


def test_signs_are_understood_by_column_not_by_row(tables):
    rejected = tables.frame("retention__rejected_records").set_index("record_id").reason
    assert rejected["refund/1"] == "discount_amount is negative"
    assert rejected["refund/r2"] == "amount is negative"
    quality = tables.frame("retention__data_quality").set_index("input")
    assert quality.discounts_above_goods["raw_orders"] == 1


def test_statuses_of_systems_are_known_with_and_without_their_prefix(tables):
    assert purchases_of(tables, "statuses").net_revenue.to_dict() == {"1": Decimal(10)}
    taken = statuses_of(tables)
    unpaid = ["wc-cancelled", "wc-failed", "pending_payment", "checkout-draft", "expired", "trash"]
    assert {taken[status] for status in [*unpaid, "canceled"]} == {"no purchase"}
    assert taken["wc-completed"] == taken["paid"] == "purchase"


def test_money_is_kept_to_four_decimals(tables):
    fractions = purchases_of(tables, "fractions")
    assert fractions.net_revenue.sum() == Decimal("1.000")


def test_everything_that_came_in_is_accounted_for(tables):
    quality = tables.frame("retention__data_quality")
    parts = quality.accepted + quality.rejected + quality.duplicates_dropped
    assert (quality.raw == parts).all()
    amounts = quality.accepted_amount + quality.rejected_amount + quality.duplicates_dropped_amount
    assert (quality.raw_amount == amounts).all()


# --- Placeholders --------------------------------------------------------------------------------


def placeholders() -> dict[str, pd.DataFrame]:
    """Two shops with values that stand for nobody; the id 0 stays that of guests, unprefixed."""
    shops = {
        "id": {"raw_orders": table("placeholder-customer/orders.csv")},
        "address": {"raw_orders": table("placeholder-email/orders.csv")},
    }
    raw = together(shops)["raw_orders"]
    return {"raw_orders": raw.assign(customer_id=raw["customer_id"].replace("id/0", "0"))}


@pytest.fixture(scope="module")
def by_email(tmp_path_factory) -> Build:
    """Both shops by e-mail."""
    folder = tmp_path_factory.mktemp("by_email")
    return build(folder, *MARTS, command="run", **placeholders(), customer_identity="email")


def people_of(made: Build, shop: str) -> list[tuple[list[str], Decimal]]:
    """Orders and revenue of each known person of a shop."""
    mine = purchases_of(made, shop).reset_index().dropna(subset="customer_key")
    people = mine.groupby("customer_key")
    found = [(sorted(one.order_id), one.net_revenue.sum()) for _, one in people]
    return sorted(found)


def test_an_id_that_stands_for_nobody_is_nobody_and_the_address_is(by_email):
    assert people_of(by_email, "id") == [
        (["1", "6"], 20),
        (["2"], 20),
        (["3"], 30),
        (["4", "5"], 80),
    ]


def test_an_address_that_stands_for_nobody_links_nobody(by_email):
    assert people_of(by_email, "address") == [(["1"], 10), (["2"], 20), (["3", "4"], 70)]
    assert purchases_of(by_email, "address").customer_key.isna().sum() == 2


def test_guests_by_id_are_unattributed(tmp_path):
    orders = table("placeholder-customer/orders.csv")
    made = build(tmp_path, *MARTS, command="run", raw_orders=orders)
    quality = made.frame("retention__data_quality").set_index("input")
    assert quality.unattributed["raw_orders"] == 4


# --- Exports -------------------------------------------------------------------------------------


def exports_of_woocommerce(folder: Path) -> tuple[dict[str, pd.DataFrame], dict]:
    """The inputs that the exports of WooCommerce become, and their settings."""
    shops = {
        "stale": imported(folder, "stale-version-woo/jan.csv", "stale-version-woo/feb.csv"),
        "by_status": imported(folder, "refund-above-order/full_refund_by_status.csv"),
        "partial": imported(folder, "refund-above-order/partial_then_full.csv"),
        "statuses": imported(folder, "unpaid-statuses/woocommerce.csv"),
        "fractions": imported(folder, "fractions-of-cents/woocommerce.csv"),
    }
    settings = [shop.pop("settings") for shop in shops.values()]
    return together(shops), settings[0]


@pytest.fixture(scope="module")
def woocommerce(tmp_path_factory) -> Build:
    """The exports of WooCommerce, in one project."""
    folder = tmp_path_factory.mktemp("woocommerce")
    inputs, settings = exports_of_woocommerce(folder)
    return build(folder, *MARTS, command="run", **inputs, **settings)


def test_the_later_export_counts(woocommerce):
    stale = purchases_of(woocommerce, "stale")
    assert stale.net_revenue.to_dict() == {"602": 80, "603": 40, "604": 20}


@pytest.mark.parametrize(("shop", "order"), [("by_status", "309"), ("partial", "501")])
def test_a_refund_above_the_goods_leaves_nothing(woocommerce, shop, order):
    assert purchases_of(woocommerce, shop).net_revenue[order] == 0


def test_drafts_and_unpaid_orders_of_woocommerce_are_no_purchases(woocommerce):
    statuses = purchases_of(woocommerce, "statuses")
    assert not {"800", "801", "802", "803", "804", "806"} & set(statuses.index)
    assert "805" in statuses.index


def test_net_sales_of_more_decimals_add_up_to_the_cent(woocommerce):
    fractions = purchases_of(woocommerce, "fractions")
    assert fractions.net_revenue.sum().quantize(Decimal("0.01")) == Decimal("83.95")


def exports_of_shopify(folder: Path) -> tuple[dict[str, pd.DataFrame], dict]:
    """The inputs that the exports of Shopify become, and their settings."""
    shops = {
        "stores": imported(folder, "two-stores/us.csv", "two-stores/ca.csv"),
        "statuses": imported(folder, "unpaid-statuses/shopify.csv"),
    }
    settings = [shop.pop("settings") for shop in shops.values()]
    return together(shops), settings[0]


@pytest.fixture(scope="module")
def shopify(tmp_path_factory) -> Build:
    """The exports of Shopify, in one project."""
    folder = tmp_path_factory.mktemp("shopify")
    inputs, settings = exports_of_shopify(folder)
    return build(folder, *MARTS, command="run", **inputs, **settings)


def test_two_stores_keep_their_orders_apart(shopify):
    stores = purchases_of(shopify, "stores")
    assert (len(stores), stores.net_revenue.sum()) == (4, 240)
    assert stores.customer_key.nunique() == 4


def test_unpaid_orders_tips_and_taxes_of_shopify(shopify):
    statuses = purchases_of(shopify, "statuses")
    assert "#2004" not in statuses.index
    assert statuses.gross_revenue[["#2006", "#2007"]].tolist() == [100, 100]
    assert statuses.net_revenue["#2001"] == 0


# --- Stores, lines, phone numbers and rows that were not read -------------------------------------


OF_STORES = {"customer_identity": "phone", "segment_columns": ["store"]}


def two_stores() -> dict[str, pd.DataFrame]:
    """Two stores with the same order numbers; amounts are the lines', people their phones'."""
    orders = pd.DataFrame(
        [
            ("us", "10", "7", "+1 202 5550101", "2024-01-05"),
            ("us", "9", "7", "+1 202 5550101", "2024-01-05"),
            ("ca", "10", "8", "001 202 555-0101", "2024-01-06"),
            ("ca", "11", "9", "0000000", "2024-01-07"),
            ("ca", "12", "9", "", "2024-01-07"),
        ],
        columns=["store", "order_id", "customer_id", "phone", "ordered_at"],
        dtype="str",
    )
    lines = pd.DataFrame(
        [
            ("us", "10", "lamp", "1", "20.00"),
            ("us", "10", "lamp", "1", "20.00"),
            ("us", "9", "pen", "3", "3.00"),
            ("ca", "10", "pen", "1", "1.00"),
            ("ca", "11", "pen", "1", "1.00"),
            ("ca", "12", "pen", "1", "one"),
            ("ca", "99", "pen", "1", "1.00"),
        ],
        columns=["store", "order_id", "product_id", "quantity", "amount"],
        dtype="str",
    )
    customers = pd.DataFrame({"customer_id": ["17.0"]}, dtype="str")
    unread = pd.DataFrame(
        [("raw_orders", "order_id is empty", '{"Order": null}', "5.00")],
        columns=["input", "reason", "raw_record", "amount"],
        dtype="str",
    )
    return {
        "raw_orders": orders,
        "raw_order_lines": lines,
        "raw_customers": customers,
        "raw_rejected_rows": unread,
    }


@pytest.fixture(scope="module")
def stores(tmp_path_factory) -> Build:
    """Both stores, and what of them is not used."""
    folder = tmp_path_factory.mktemp("stores")
    return build(folder, *MARTS, command="run", **two_stores(), **OF_STORES)


def test_a_store_is_part_of_the_order_and_lines_give_its_amount(stores):
    amounts = stores.frame("retention__orders").set_index("order_id").gross_revenue.to_dict()
    assert amounts == {"us/10": 40, "us/9": 3, "ca/10": 1, "ca/11": 1}


def test_a_phone_number_is_one_person_however_it_is_written(stores):
    people = stores.frame("retention__orders").groupby("customer_key").order_id.apply(set)
    assert sorted(map(sorted, people)) == [["ca/10", "us/10", "us/9"], ["ca/11"]]


def test_lines_and_rows_that_are_not_used_are_listed(stores):
    rejected = stores.frame("retention__rejected_records")
    assert set(zip(rejected.input, rejected.reason, strict=True)) == {
        ("raw_orders", "a line of the order cannot be used"),
        ("raw_orders", "order_id is empty"),
        ("raw_order_lines", "amount is not a number"),
        ("raw_order_lines", "order_id names no order that came in"),
    }
    quality = stores.frame("retention__data_quality").set_index("input")
    assert quality.loc["raw_orders", ["raw", "accepted", "rejected"]].tolist() == [6, 4, 2]
    assert quality.rejected_amount["raw_orders"] == 5
    assert quality.matched_records["raw_customers"] == 0
    assert "17.0 and 17" in quality.warning["raw_customers"]


# --- Settings ------------------------------------------------------------------------------------


# Free samples left out, weeks from Sunday, years from April, times of Tokyo.
OF_SETTINGS = {
    "minimum_order_value": 0.01,
    "week_start": "sunday",
    "fiscal_year_start_month": 4,
    "source_timezone": {"raw_orders": "Asia/Tokyo"},
}


def shop_of_settings() -> dict[str, pd.DataFrame]:
    """A free sample, annual payments, and an order whose day depends on the time zone."""
    late = pd.DataFrame(
        [("9", "late", "2024-04-01 05:00", "1", "paid")],
        columns=["order_id", "customer_id", "ordered_at", "gross_amount", "status"],
    )
    return {"raw_orders": pd.concat([table("zero-value-and-prepaid/orders.csv"), late])}


@pytest.fixture(scope="module")
def settings(tmp_path_factory) -> Build:
    """The shop under the settings that people ask for."""
    folder = tmp_path_factory.mktemp("settings")
    return build(folder, *MARTS_OF_PERIODS, command="run", **shop_of_settings(), **OF_SETTINGS)


def test_an_order_below_the_least_value_is_no_purchase(settings):
    orders = settings.frame("retention__orders").set_index("order_id")
    assert orders.is_purchase[["2", "3", "5"]].tolist() == [False, True, False]
    reasons = settings.frame("retention__rejected_records").set_index("record_id").reason
    assert reasons["7"] == "gross_amount is negative"


def test_weeks_and_years_begin_where_the_settings_say(settings):
    periods = settings.frame("retention__period_snapshots")
    starts = periods[periods.orders > 0].groupby("period_grain").period_start
    assert set(starts.apply(lambda days: days.dt.day_name().iloc[0])[["week"]]) == {"Sunday"}
    quarters = periods[(periods.period_grain == "quarter") & (periods.orders > 0)]
    assert set(quarters.period_start.dt.strftime("%Y-%m-%d")) == {
        "2024-01-01",
        "2024-10-01",
    }
    years = periods[(periods.period_grain == "year") & (periods.orders > 0)]
    assert years.set_index(years.period_start.dt.strftime("%Y-%m-%d")).orders.to_dict() == {
        "2023-04-01": 5,
        "2024-04-01": 1,
    }


def test_fiscal_years_are_named_by_the_year_they_end_in(settings):
    periods = settings.frame("retention__period_snapshots")
    named = periods[periods.orders > 0].groupby("period_grain").period_name.apply(set)
    assert named["year"] == {"FY2024", "FY2025"}
    assert named["quarter"] == {"FY2024 Q4", "FY2025 Q3"}
    assert all(name.startswith("week of ") for name in named["week"])


def test_times_without_an_offset_are_of_the_source_time_zone(settings):
    orders = settings.frame("retention__orders").set_index("order_id")
    assert f"{orders.order_date['9']:%Y-%m-%d}" == "2024-03-31"


def test_a_term_paid_in_advance_keeps_its_customer_active(tmp_path):
    orders = pd.DataFrame(
        [
            ("1", "annual", "2024-01-05", "365"),
            ("2", "monthly", "2024-01-05", "30"),
            ("3", "without", "2024-01-05", "soon"),
            ("4", "member", "2024-01-05", ""),
            # The month does not cut the year short.
            ("5", "both", "2024-01-05", "365.0"),
            ("6", "both", "2024-03-01", "30"),
            ("7", "last", "2024-06-30", ""),
        ],
        columns=["order_id", "customer_id", "ordered_at", "term"],
    ).assign(gross_amount="10")
    made = build(
        tmp_path,
        *(
            "--select",
            "+retention__customers",
            "+retention__period_snapshots",
            "+retention__survival",
        ),
        command="run",
        raw_orders=orders,
        raw_customers=pd.DataFrame({"customer_id": ["member"], "term": ["60"]}),
        activity_window_column="term",
        period_grains=["month"],
    )
    customers = made.query(
        "select customer_key, cast(lapse_date as varchar) as lapse_date, status"
        " from retention__customers order by customer_key"
    )
    assert [tuple(row) for row in customers.itertuples(index=False)] == [
        ("annual", "2025-01-04", "active"),
        ("both", "2025-01-04", "active"),
        ("last", "2024-09-28", "active"),
        ("member", "2024-03-05", "lapsed"),
        ("monthly", "2024-02-04", "lapsed"),
        ("without", "2024-04-04", "lapsed"),
    ]
    periods = made.query(
        "select opening_customers, new_customers, reactivated_customers, lost_customers,"
        " closing_customers from retention__period_snapshots"
        " where segment_dimension = 'all' order by period_start"
    )
    assert [tuple(row) for row in periods.itertuples(index=False)] == [
        (0, 5, 0, 0, 5),
        (5, 0, 0, 1, 4),
        (4, 0, 0, 1, 3),
        (3, 0, 0, 1, 2),
        (2, 0, 0, 0, 2),
        (2, 1, 0, 0, 3),
    ]
    events = made.query(
        "select day, events from retention__survival where segment_dimension = 'all' and events > 0"
        " order by day"
    )
    assert [tuple(row) for row in events.itertuples(index=False)] == [(30, 1), (60, 1), (90, 1)]


def test_customers_of_before_the_data_are_counted_apart_among_the_acquired(tmp_path):
    made = build(
        tmp_path,
        *("--select", "+retention__period_snapshots"),
        command="run",
        raw_orders=pd.DataFrame(
            [("1", "old", "2024-01-05"), ("2", "new", "2024-01-06"), ("3", "older", "2024-02-06")],
            columns=["order_id", "customer_id", "ordered_at"],
        ).assign(gross_amount="10"),
        raw_customers=pd.DataFrame(
            [
                ("old", "2023-12-31", "DE"),
                ("new", "2024-01-05", "DE"),
                ("older", "2020-01-01", "FR"),
            ],
            columns=["customer_id", "created_at", "country"],
        ),
        segment_columns=["country"],
        period_grains=["month"],
    )
    found = made.query(
        "select segment_value, acquired_customers, acquired_before_history"
        " from retention__period_snapshots order by period_start, segment_value"
    )
    assert [tuple(row) for row in found.itertuples(index=False)] == [
        ("DE", 2, 1),
        ("FR", 0, 0),
        ("all", 2, 1),
        ("DE", 0, 0),
        ("FR", 1, 1),
        ("all", 1, 1),
    ]


# --- Others like them ----------------------------------------------------------------------------

OTHERS = {
    "activity_window_column": "term",
    "as_of_date": "2024-03-31",
    "customers_across_stores": False,
    "history_starts_on": "2024-01-05",
    "minor_units": {
        "raw_orders": ["gross_amount", "discount_amount"],
        "raw_refunds": ["amount"],
    },
    "reporting_currency": "EUR",
    "reporting_timezone": "America/Sao_Paulo",
    "period_grains": ["month"],
}


def others() -> dict[str, pd.DataFrame]:
    """Situations like those of the folder of records, in one shop, amounts in cents."""
    return {
        "raw_orders": pd.DataFrame(
            [
                # The second was changed an hour later, though its clock shows less.
                ("offset", "v", "2024-01-05", "3000", "", "EUR", "", "2024-01-07T10:00+02:00", ""),
                ("offset", "v", "2024-01-05", "2000", "", "EUR", "", "2024-01-07 09:00", ""),
                # The same number, id and word in two stores; a term in words says nothing.
                ("1001", "7", "2024-01-06", "500", "", "EUR", "us", "", "100000"),
                ("1001", "7", "2024-01-06", "600", "", "EUR", "ca", "", "a year"),
                # In Sao Paulo 00:00 UTC is the evening before, and the day a day.
                ("2", "day", "2024-01-06", "100", "", "EUR", "", "", ""),
                ("3", "day", "2024-01-06 00:00", "100", "", "EUR", "", "", ""),
                ("10", "day", "2024-01-06T12:00Z", "100", "", "EUR", "", "", ""),
                ("9", "day", "2024-01-06T12:00Z", "100", "", "EUR", "", "", ""),
                # All discounts are negative; yen have no cents.
                ("less", "m", "2024-01-08", "1000", "-250", "EUR", "", "", ""),
                ("yen", "m", "2024-01-08", "1000", "0", "JPY", "", "", ""),
                # Nobody, as a spreadsheet and a script write it.
                ("nobody-1", "0.0", "2024-01-08", "100", "", "EUR", "", "", ""),
                ("nobody-2", "undefined", "2024-01-08", "100", "", "EUR", "", "", ""),
            ],
            columns=[
                *("order_id", "customer_id", "ordered_at", "gross_amount", "discount_amount"),
                *("currency", "store", "updated_at", "term"),
            ],
        ),
        "raw_refunds": pd.DataFrame(
            [
                ("-100", "", "us", "a", "1001", "2024-02-01", "2024-02-02"),
                ("-150", "", "us", "a", "1001", "2024-02-01", "2024-02-03"),
                ("-50", "", "us", "a", "1001", "2024-02-01", "2024-02-03"),
                ("-100", "JPY", "", "b", "yen", "2024-02-01", ""),
                ("-100", "", "", "c", "1001", "2024-02-01", ""),
            ],
            columns=[
                *("amount", "currency", "store", "refund_id", "order_id", "refunded_at"),
                "updated_at",
            ],
        ),
        "raw_customers": pd.DataFrame(
            [
                # The evening before the data begin, in the shop's time zone.
                ("7", "ca", "2024-01-05T01:30Z", "45.0"),
                ("v", "", "2024-01-05", ""),
            ],
            columns=["customer_id", "store", "created_at", "term"],
        ),
        "raw_exchange_rates": pd.DataFrame(
            [("JPY", "2024-01-01", "0.01")], columns=["currency", "valid_from", "rate"]
        ),
    }


@pytest.fixture(scope="module")
def made_of_others(tmp_path_factory) -> Build:
    """Orders, customers and the counts of what came in."""
    folder = tmp_path_factory.mktemp("others")
    return build(folder, *MARTS_OF_PERIODS, command="run", **others(), **OTHERS)


def test_versions_signs_and_minor_units_of_others_like_them(made_of_others):
    orders = made_of_others.frame("retention__orders").set_index("order_id")
    assert orders.net_revenue.to_dict() == {
        "offset": 20,
        "us/1001": 3,
        "ca/1001": 6,
        **dict.fromkeys(["2", "3", "9", "10", "nobody-1", "nobody-2"], 1),
        "less": Decimal("7.5"),
        "yen": 9,
    }
    rejected = made_of_others.frame("retention__rejected_records")
    assert sorted(rejected.record_id) == ["a", "c", "offset"]


def test_a_day_without_a_time_is_in_order_with_the_days_of_others(made_of_others):
    orders = made_of_others.frame("retention__orders").set_index("order_id")
    assert orders.order_number[["3", "2", "9", "10"]].tolist() == [1, 2, 3, 4]
    assert orders.days_since_previous_order[["2", "9", "10"]].tolist() == [1, 0, 0]


def test_people_of_two_stores_and_their_terms_are_their_own(made_of_others):
    customers = made_of_others.query(
        "select customer_key, cast(lapse_date as varchar) as lapse_date from retention__customers"
    )
    assert dict(customers.itertuples(index=False)) == {
        "us/7": "2123-12-13",  # a hundred years are for life
        "ca/7": "2024-02-20",
        "v": "2024-04-04",
        "day": "2024-04-05",
        "m": "2024-04-07",
    }
    quality = made_of_others.frame("retention__data_quality").set_index("input")
    assert quality.unattributed["raw_orders"] == 2
    assert quality.warning["raw_orders"].startswith("rows without a number of days")
    assert quality.customers_before_history["raw_customers"] == 1
    january = made_of_others.frame("retention__period_snapshots").iloc[0]
    assert (january.acquired_customers, january.acquired_before_history) == (5, 1)


# Prices that include tax, minor units, history tables, statuses and ids as systems write them.
OF_CHARGES = {
    "reporting_currency": "KWD",
    "minor_units": {"raw_orders": ["gross_amount"], "raw_refunds": ["amount"]},
    "segment_columns": ["tier"],
}


def charges() -> dict[str, pd.DataFrame]:
    """One shop of Kuwait whose rows name the currency or not."""
    return {
        "raw_orders": pd.DataFrame(
            [
                # A dinar has a thousand; 19 of 119 are the tax, of 11.9 of shipping, too.
                ("tax", "a", "2024-01-05", "119000", "", "19", "true", "119", "", "paid"),
                ("yes", "a", "2024-01-05", "119000", "11.9", "20.9", "", "130.9", "", "paid"),
                ("tip", "a", "2024-01-05", "119000", "", "19", "", "125", "", "paid"),
                ("beside", "a", "2024-01-05", "100000", "", "19", "", "119", "", "paid"),
                ("no", "a", "2024-01-05", "119000", "", "19", "0", "", "", "paid"),
                ("yen", "b", "2024-01-06", "500", "", "", "", "", "JPY", "paid"),
                # As systems write that nobody ordered, or paid.
                ("till", "Walk-In Customer", "2024-01-06", "1000", "", "", "", "", "", "paid"),
                ("blank", "(not set)", "2024-01-06", "1000", "", "", "", "", "", "paid"),
                ("part", "b", "2024-01-06", "1000", "", "", "", "", "", "wc_partially-paid"),
                (
                    "wire",
                    "b",
                    "2024-01-06",
                    "1000",
                    "",
                    "",
                    "",
                    "",
                    "",
                    "Awaiting bank wire payment",
                ),
                ("last", "b", "2024-01-09", "1000", "", "", "", "", "", "paid"),
            ],
            columns=[
                *("order_id", "customer_id", "ordered_at", "gross_amount", "shipping_amount"),
                *("tax_amount", "prices_include_tax", "total_amount", "currency", "status"),
            ],
        ),
        # Of the order's currency, which they do not name.
        "raw_refunds": pd.DataFrame(
            [("1", "yen", "2024-01-07", "100"), ("2", "last", "2024-01-09", "100")],
            columns=["refund_id", "order_id", "refunded_at", "amount"],
        ),
        "raw_exchange_rates": pd.DataFrame(
            [("JPY", "2024-01-01", "0.01")], columns=["currency", "valid_from", "rate"]
        ),
        # The end of a version is written after the start of the next; one is yet to come.
        "raw_customers": pd.DataFrame(
            [
                ("a", "gold", "2024-01-01", "", "2024-01-01"),
                ("a", "silver", "2020-01-01", "2023-12-31", "2024-01-02"),
                ("a", "platinum", "2199-01-01", "", "2024-01-03"),
            ],
            columns=["customer_id", "tier", "valid_from", "valid_to", "updated_at"],
        ),
    }


@pytest.fixture(scope="module")
def made_of_charges(tmp_path_factory) -> Build:
    """What of its money is goods."""
    folder = tmp_path_factory.mktemp("charges")
    return build(folder, *MARTS, command="run", **charges(), **OF_CHARGES)


def test_prices_of_tables_that_hold_the_tax_are_taken_without_it(made_of_charges):
    goods = made_of_charges.frame("retention__orders").set_index("order_id").gross_revenue
    assert goods[["tax", "yes", "tip", "beside", "no"]].tolist() == [100, 100, 100, 100, 119]


def test_minor_units_are_those_of_the_row_of_its_order_or_of_the_report(made_of_charges):
    orders = made_of_charges.frame("retention__orders").set_index("order_id")
    assert orders.net_revenue[["yen", "last"]].tolist() == [4, Decimal("0.9")]


def test_the_version_that_is_valid_today_says_what_a_customer_is(made_of_charges):
    customers = made_of_charges.frame("retention__customers").set_index("customer_key")
    assert customers.tier.to_dict() == {"a": "gold", "b": "unknown"}


def test_ids_of_nobody_and_unpaid_statuses_are_known_as_systems_write_them(made_of_charges):
    orders = made_of_charges.frame("retention__orders").set_index("order_id")
    assert orders.customer_key[["till", "blank"]].isna().all()
    assert not orders.is_purchase[["part", "wire"]].any()


def test_files_that_overlap_keep_what_the_latest_says(tmp_path):
    files = {
        "orders-1.csv": "order_id,customer_id,ordered_at,gross_amount\n1,a,2024-01-05,30\n",
        "orders-2.csv": "order_id,customer_id,ordered_at,gross_amount\n1,a,2024-01-05,20\n"
        "2,b,2024-02-05,50\n",
        # The order is again what it was in the first file, and the columns lie otherwise.
        "orders-3.csv": "gross_amount,customer_id,order_id,ordered_at\n30,a,1,2024-01-05\n"
        "5,c,3,2024-03-05\n",
        "refunds-1.csv": "refund_id,order_id,refunded_at,amount\nr,1,2024-01-10,10\n"
        "r,1,2024-01-10,5\ns,2,2024-02-06,7\n",
        "refunds-2.csv": "amount,order_id,refunded_at,refund_id\n10,1,2024-01-10,r\n"
        "5,1,2024-01-10,r\n9,2,2024-02-06,s\n1,3,2024-03-05,t\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    inputs = {"raw_orders": tmp_path / "orders-*.csv", "raw_refunds": tmp_path / "refunds-*.csv"}
    made = build(tmp_path, *MARTS, command="run", **inputs)
    orders = made.frame("retention__orders").set_index("order_id")
    assert orders.gross_revenue.to_dict() == {"1": 30, "2": 50, "3": 5}
    assert orders.refunds.to_dict() == {"1": 15, "2": 9, "3": 1}


def test_a_day_to_come_is_refused_as_the_last_one_known(tmp_path):
    with pytest.raises(DbtFailedError, match=r"as_of_date: '2199-01-01' is in the future; .* give"):
        build(tmp_path, command="run", as_of_date="2199-01-01")
