"""Orders, refunds and costs in several currencies become one."""

from decimal import Decimal

import pytest

from acceptance.support.builds import run_dbt
from retention_cli.project import DbtFailedError, Project

ORDERS = """\
order_id,customer_id,ordered_at,gross_amount,discount_amount,currency
o1,A,2024-01-10 12:00:00,10.00,1.00,EUR
o2,A,2024-01-31 22:59:59,10.00,1.11,usd
o3,B,2024-01-31 23:00:00,10.00,0,USD
o4,B,2024-03-01,10.05,0,
o5,C,2024-03-01,10.00,0,CHF
o6,C,2023-12-31,10.00,0,USD
o7,C,2024-03-01,999999999999.00,0,KWD
"""

REFUNDS = """\
refund_id,order_id,refunded_at,amount
r1,o2,2024-02-15,10.00
r2,o5,2024-03-01,10.00
"""

# Of two rates for one day the greater is used; a rate of the reporting currency is not asked for.
RATES = """\
currency,valid_from,rate
USD,2024-01-01,0.905
usd,2024-02-01,0.920
USD,2024-02-01 00:00:00,0.910
USD,2024-02-01,0.920
EUR,2024-01-01,7
KWD,2024-01-01,3.1
GBP,soon,1.15
GBP,2024-01-01,0
"""

COSTS = """\
spent_on,purpose,amount,currency
2024-01-15,acquisition,100.00,USD
2024-01-15,acquisition,100.00,EUR
2024-01-15,acquisition,100.00,GBP
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("currencies")
    for name, text in {
        "orders": ORDERS,
        "refunds": REFUNDS,
        "rates": RATES,
        "costs": COSTS,
    }.items():
        (folder / f"{name}.csv").write_text(text)
    return folder


@pytest.fixture(scope="module")
def shop(folder):
    project = Project.in_folder(folder)
    variables = {
        "raw_orders": folder / "orders.csv",
        "raw_refunds": folder / "refunds.csv",
        "raw_costs": folder / "costs.csv",
        "raw_exchange_rates": folder / "rates.csv",
        "reporting_currency": "eur",
        "reporting_timezone": "Europe/Berlin",
    }
    run_dbt(project, "build", **variables)
    with project.marts.connection() as connection:
        yield connection


def money(*amounts):
    return tuple(Decimal(amount) for amount in amounts)


def test_amounts_are_converted_at_the_rate_of_the_order_date(shop):
    orders = shop.sql(
        "select order_id, currency, gross_revenue, discounts, refunds"
        " from retention__orders order by order_id"
    ).fetchall()
    assert orders == [
        ("o1", "EUR", *money("10.00", "1.00", "0")),
        # a second before midnight in Berlin, January's rate still; so has the refund of February,
        # which is worth no more than the goods after their discount
        ("o2", "USD", *money("9.05", "1.0046", "8.0454")),
        ("o3", "USD", *money("9.20", "0", "0")),
        ("o4", None, *money("10.05", "0", "0")),
    ]


def test_what_has_no_rate_is_rejected_with_that_reason(shop):
    rejected = shop.sql(
        "select input, record_id, reason from retention__rejected_records"
        " where input <> 'raw_exchange_rates' order by all"
    ).fetchall()
    assert rejected == [
        ("raw_costs", None, "no exchange rate of the currency is valid on spent_on"),
        ("raw_orders", "o5", "no exchange rate of the currency is valid on the order date"),
        ("raw_orders", "o6", "no exchange rate of the currency is valid on the order date"),
        ("raw_orders", "o7", "an amount is a trillion or more in the reporting currency"),
        ("raw_refunds", "r2", "order_id names no order that is used"),
    ]


def test_rates_are_accounted_for(shop):
    rejected = shop.sql(
        "select reason, json_extract_string(raw_record, '$.rate') from retention__rejected_records"
        " where input = 'raw_exchange_rates' order by all"
    ).fetchall()
    assert rejected == [
        ("another rate of this currency is used for this date", "0.910000000000"),
        ("rate is not greater than zero", "0"),
        ("valid_from is not a date or time", "1.15"),
    ]


def test_money_is_accounted_for_as_it_came(shop):
    quality = shop.sql(
        "select input, raw_amount, accepted_amount, rejected_amount"
        " from retention__data_quality where raw_amount > 0 order by input"
    ).fetchall()
    assert quality == [
        ("raw_costs", *money("300.00", "200.00", "100.00")),
        ("raw_orders", *money("1000000000059.05", "40.05", "1000000000019.00")),
        ("raw_refunds", *money("20.00", "10.00", "10.00")),
    ]


def test_costs_are_converted_too(shop):
    amounts = shop.sql(
        "select amount from retention_intermediate.int_retention__costs order by 1"
    ).fetchall()
    assert amounts == [money("90.50"), money("100.00")]


def test_several_currencies_and_no_setting_are_no_guess(folder, tmp_path):
    project = Project.in_folder(tmp_path)
    variables = {"raw_orders": folder / "orders.csv"}
    with pytest.raises(DbtFailedError, match="set_reporting_currency_as_several_currencies_came"):
        run_dbt(
            project,
            *("build", "--select", "+int_retention__reporting_currency"),
            **variables,
        )
