"""Tables that dbt reads by itself: what its own columns are read as, row by row."""

from datetime import date
from decimal import Decimal

import duckdb
import pandas as pd
import pytest

from acceptance.support.builds import build

# Days around the changes of clocks and years, as they are written: text without an offset is UTC.
DATES = {
    # A day of 23 hours is cut at its own ends.
    "Europe/Berlin": {
        "2024-03-30 22:59:59": "2024-03-30",
        "2024-03-30 23:00:00": "2024-03-31",
        "2024-03-31 21:59:59Z": "2024-03-31",
        "2024-03-31 22:00:00": "2024-04-01",
        "2024-03-31 23:59:59 +0200": "2024-03-31",
        "2024-03-31": "2024-03-31",
    },
    # A day of 25 hours holds its hour twice.
    "America/New_York": {
        "2024-11-03 03:59:59": "2024-11-02",
        "2024-11-03 04:00:00": "2024-11-03",
        "2024-11-03 05:30:00": "2024-11-03",
        "2024-11-03 06:30:00": "2024-11-03",
        "2024-11-04 04:59:59": "2024-11-03",
        "2024-11-04 05:00:00": "2024-11-04",
    },
    # The new year comes thirteen hours early, and eight hours late.
    "Pacific/Auckland": {
        "2024-12-31 10:59:59": "2024-12-31",
        "2024-12-31 11:00:00": "2025-01-01",
        "2025-01-01 00:30:00 +1300": "2025-01-01",
        "2025-01-01": "2025-01-01",
    },
    "America/Los_Angeles": {
        "2025-01-01 07:59:59": "2024-12-31",
        "2025-01-01 08:00:00": "2025-01-01",
        "2024-12-31 23:59:59-08:00": "2024-12-31",
    },
}


ORDERS = """\
order_id,customer_id,ordered_at,gross_amount,status,updated_at
1,c,2024-03-01 12:00:01,1,late,
1,c,2024-03-01 12:00:00,9,early,
2,c,2024-03-01,9,large,
2,c,2024-03-01,10,larger,
3,c,2024-03-01,1,copied,
3,c,2024-03-01,1,copied,
4,c,2024-03-01,1,read,
4,c,2024-03-02,one,unreadable,
5,c,2024-03-01,1,mended,2024-03-05
5,c,2024-03-02,9,outdated,2024-03-04
"""

COSTS = """\
spent_on,purpose,amount,channel,currency
2024-03-10, Acquisition,10.00,tv,eur
2024-03-10, Acquisition,10.00,tv,eur
2024-03-01,retention,0,,
2024-02-30,retention,3,,
,retention,4,,
2024-03-10,party,5,,
2024-03-10,,6,,
2024-03-10,retention,-7,,
2024-03-10,retention,seven,,
2024-03-10,retention,,,
"""

RESPONSES = """\
response_id,customer_id,responded_at,score
1,anna,2024-03-10 12:00:00,10
2,,2024-03-20 23:59:59,0.0
3,ben,2024-03-10,11
4,ben,2024-03-10,-1
5,ben,2024-03-10,9.5
6,ben,2024-03-10,ten
7,ben,2024-03-10,nan
8,ben,2024-03-10,
9,ben,soon,9
,ben,2024-03-10,9
"""


def rows(database, query):
    """Return what a query finds where only a part of the project is built."""
    with duckdb.connect(database, read_only=True) as connection:
        return connection.sql(query).fetchall()


@pytest.mark.parametrize("zone", DATES)
def test_days_are_those_of_the_reporting_time_zone(zone, tmp_path):
    """Whether moments come as text or have a type, with a time zone of their own or without.

    A date without a time is the calendar date, whatever the zone.
    """
    expected = {text: date.fromisoformat(day) for text, day in DATES[zone].items()}
    texts = list(expected)
    pd.DataFrame(
        {"order_id": texts, "customer_id": "c", "ordered_at": texts, "gross_amount": 1}
    ).to_csv(tmp_path / "orders.csv", index=False)
    moments = {
        text: pd.Timestamp(text) for text in expected if len(text) == len("2024-01-01 00:00:00")
    }
    responses = pd.DataFrame(
        {
            "response_id": list(moments),
            "customer_id": "c",
            "responded_at": list(moments.values()),
            "score": 9,
        }
    )
    zoned = pd.Series(moments.values()).dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo")
    refunds = pd.DataFrame(
        {"refund_id": list(moments), "order_id": "o", "refunded_at": zoned, "amount": 1.0}
    )
    costs = pd.DataFrame({"spent_on": [date(2024, 3, 31)], "purpose": "retention", "amount": [1.0]})
    read = build(
        tmp_path,
        *("--select", "+stg_retention__orders", "+stg_retention__refunds"),
        *("stg_retention__survey_responses", "stg_retention__costs"),
        command="run",
        raw_orders=tmp_path / "orders.csv",
        raw_survey_responses=responses,
        raw_refunds=refunds,
        raw_costs=costs,
        reporting_timezone=zone,
    )

    def dates(relation, identifier, day):
        query = f"select {identifier}, {day} from retention_staging.{relation}"
        return dict(rows(read.database, query))

    of_moments = {text: expected[text] for text in moments}
    assert dates("stg_retention__orders", "order_id", "order_date") == expected
    assert dates("stg_retention__refunds", "refund_id", "refund_date") == of_moments
    assert dates("stg_retention__survey_responses", "response_id", "response_date") == of_moments
    assert list(dates("stg_retention__costs", "cost_date", "cost_date")) == [date(2024, 3, 31)]


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    """The database with the records of the three files above."""
    folder = tmp_path_factory.mktemp("records")
    texts = {"raw_orders": ORDERS, "raw_costs": COSTS, "raw_survey_responses": RESPONSES}
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text)
    return build(
        folder,
        *("--select", "+int_retention__order_records", "stg_retention__survey_responses"),
        command="run",
        **{name: folder / f"{name}.csv" for name in texts},
    ).database


def test_of_records_of_one_order_the_latest_then_the_largest_is_used(records):
    """The latest is that of the last update, else of the time of the order."""
    found = rows(
        records,
        "select status, is_copy, rejection_reason"
        " from retention_intermediate.int_retention__order_records",
    )
    other = "another record of this order_id is used"
    assert sorted(found, key=str) == sorted(
        [
            ("late", False, None),
            ("early", False, other),
            ("large", False, None),
            ("larger", False, other),
            ("copied", False, None),
            ("copied", True, None),
            ("read", False, None),
            ("unreadable", False, "gross_amount is not a number"),
            ("mended", False, None),
            ("outdated", False, other),
        ],
        key=str,
    )


def test_each_unreadable_cost_has_its_reason(records):
    """Costs have no id, so that equal ones all count."""
    columns = "cost_date, purpose, amount, channel, currency, rejection_reason"
    found = rows(records, f"select {columns} from retention_staging.stg_retention__costs")
    day = date(2024, 3, 10)
    assert sorted(found, key=str) == sorted(
        [
            (day, "acquisition", Decimal("10.00"), "tv", "EUR", None),
            (day, "acquisition", Decimal("10.00"), "tv", "EUR", None),
            (date(2024, 3, 1), "retention", Decimal("0.00"), None, None, None),
            (None, "retention", Decimal("3.00"), None, None, "spent_on is not a date or time"),
            (None, "retention", Decimal("4.00"), None, None, "spent_on is empty"),
            (
                *(day, "party", Decimal("5.00"), None, None),
                "purpose is neither acquisition nor retention",
            ),
            (day, None, Decimal("6.00"), None, None, "purpose is empty"),
            (day, "retention", Decimal("-7.00"), None, None, "amount is negative"),
            (day, "retention", None, None, None, "amount is not a number"),
            (day, "retention", None, None, None, "amount is empty"),
        ],
        key=str,
    )


def test_each_unreadable_survey_response_has_its_reason(records):
    """Scores are whole numbers from 0 to 10, however they are written."""
    found = rows(
        records,
        "select response_id, rejection_reason"
        " from retention_staging.stg_retention__survey_responses",
    )
    no_score = "score is not a whole number from 0 to 10"
    assert dict(found) == {
        "1": None,
        "2": None,
        "3": no_score,
        "4": no_score,
        "5": no_score,
        "6": no_score,
        "7": "score is empty",
        "8": "score is empty",
        "9": "responded_at is not a date or time",
        None: "response_id is empty",
    }
