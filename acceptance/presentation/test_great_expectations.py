"""The Great Expectations suites: unlikely values, orders that stopped, and what moved since."""

from datetime import date

import pandas as pd
import pytest

from retention_cli.expectations import check, frames_of, profile, read_profile, write_profile

ORDERS, CUSTOMERS = "retention__orders", "retention__customers"


@pytest.fixture(scope="module")
def demo_frames(demo):
    return frames_of(demo)


def problems_of(found):
    return {relation: problems for relation, problems in found.items() if problems}


def test_the_demo_is_as_shops_are_and_as_it_was_and_has_data_docs(demo, demo_frames, tmp_path):
    found = check(demo_frames, tmp_path, last=profile(demo_frames), newest=date(2020, 1, 1))
    assert set(found) == set(demo.relations())
    assert problems_of(found) == {}
    index = (tmp_path / "index.html").read_text()
    for relation in found:
        assert (tmp_path / f"expectations/{relation}.html").is_file()
        assert relation in index
    assert len(list(tmp_path.glob("validations/**/*.html"))) == len(found)


def test_cdnow_is_as_shops_are(cdnow, tmp_path):
    assert problems_of(check(frames_of(cdnow), tmp_path)) == {}


def negative(column):
    """A fault: one row in ten is below zero."""

    def break_rows(rows):
        rows = rows.copy()
        rows.loc[rows.index[::10], column] = -5.0
        return rows

    return break_rows


def without_customers(rows):
    return rows.assign(customer_key=rows["customer_key"].where(rows.index % 10 == 0))


def twice_as_dear(rows):
    return rows.assign(gross_revenue=rows["gross_revenue"] * 2)


def without_one_in_ten(rows):
    return rows.assign(net_revenue=rows["net_revenue"].where(rows.index % 10 > 0))


FAULTS = [
    (ORDERS, lambda rows: rows[:0], "expect_table_row_count_to_be_between"),
    (ORDERS, lambda rows: rows[::2], "expect_table_row_count_to_be_between"),
    (ORDERS, lambda rows: pd.concat([rows] * 3), "expect_table_row_count_to_be_between"),
    (ORDERS, negative("net_revenue"), "expect_column_values_to_be_between"),
    (CUSTOMERS, negative("net_revenue"), "expect_column_values_to_be_between"),
    (ORDERS, without_customers, "expect_column_values_to_not_be_null"),
    (ORDERS, twice_as_dear, "expect_column_median_to_be_between"),
    (CUSTOMERS, without_one_in_ten, "expect_column_proportion_of_non_null_values_to_be_between"),
    (ORDERS, lambda rows: rows.assign(extra=1), "expect_table_columns_to_match_set"),
    (
        "retention__churn_rate",
        lambda rows: rows.drop(columns="churn_rate_low"),
        "expect_table_columns_to_match_set",
    ),
]


@pytest.mark.parametrize(("relation", "fault", "expectation"), FAULTS)
def test_what_is_unlikely_or_moved_is_found(demo_frames, tmp_path, relation, fault, expectation):
    rows = demo_frames[relation].reset_index(drop=True)
    last = profile({relation: rows})
    problems = check({relation: fault(rows)}, tmp_path, last)[relation]
    assert [problem for problem in problems if problem.startswith(expectation)], problems


def test_a_shop_whose_orders_stopped_is_found(demo_frames, tmp_path):
    orders = {ORDERS: demo_frames[ORDERS]}
    last_day = orders[ORDERS]["order_date"].max().date()
    assert problems_of(check(orders, tmp_path, newest=last_day)) == {}
    stopped = check(orders, tmp_path, newest=date(last_day.year + 1, 1, 1))[ORDERS]
    assert stopped[0].startswith("expect_column_max_to_be_between ['order_date']: it is ")


def test_a_profile_is_kept_for_the_next_check(demo_frames, tmp_path):
    path = tmp_path / "last_check.json"
    assert read_profile(path) is None
    write_profile(profile(demo_frames), path)
    assert read_profile(path) == profile(demo_frames)
    assert "@" not in path.read_text()
