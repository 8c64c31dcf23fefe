"""The Great Expectations suites: every mart meets its own, and a broken mart does not."""

import pandas as pd
import pytest

from retention_cli.expectations import SUITES, check, frames_of


@pytest.fixture(scope="module")
def demo_frames(demo):
    return frames_of(demo)


def set_first(column, value, where=None):
    """A fault: the value of a column in the first row (that fulfils a query)."""

    def break_rows(rows):
        row = (rows if where is None else rows.query(where)).index[0]
        rows = rows.astype({column: "object"}) if isinstance(value, str) else rows
        rows.loc[row, column] = value
        return rows

    return break_rows


def repeat_first(rows):
    """A fault: the first row is there twice."""
    return pd.concat([rows.head(1), rows], ignore_index=True)


FAULTS = {
    ("retention__churn_rate", "expect_column_values_to_be_between"): set_first(
        "churn_rate", 1.2, "opening_customers > 0 and not is_warm_up"
    ),
    ("retention__churn_rate", "expect_column_values_to_not_be_null"): set_first(
        "churn_rate", None, "opening_customers > 0 and not is_warm_up"
    ),
    ("retention__churn_rate", "expect_column_values_to_be_null"): set_first(
        "churn_rate", 0.0, "is_warm_up"
    ),
    ("retention__period_snapshots", "expect_compound_columns_to_be_unique"): repeat_first,
    ("retention__period_snapshots", "expect_column_pair_values_a_to_be_greater_than_b"): set_first(
        "repeat_customers", 10**6
    ),
    ("retention__period_snapshots", "expect_table_row_count_to_be_between"): lambda rows: rows[:0],
    ("retention__customer_movements", "expect_column_values_to_be_in_set"): set_first(
        "movement", "vanished"
    ),
    ("retention__orders", "expect_column_values_to_be_unique"): repeat_first,
    ("retention__customers", "expect_column_values_to_not_match_regex"): set_first(
        "customer_key", "ann@example.com"
    ),
    ("retention__metric_definitions", "expect_column_values_to_match_regex"): set_first(
        "source_article", "somewhere"
    ),
    ("retention__rejected_records", "expect_column_values_to_be_json_parseable"): set_first(
        "raw_record", "{order_id: "
    ),
}


def test_every_public_relation_has_a_suite(demo):
    assert set(SUITES) == set(demo.relations())


def test_the_demo_meets_every_suite_and_has_data_docs(demo_frames, tmp_path):
    unmet = check(demo_frames, tmp_path)
    assert {relation: problems for relation, problems in unmet.items() if problems} == {}
    index = (tmp_path / "index.html").read_text()
    for relation in SUITES:
        assert (tmp_path / f"expectations/{relation}.html").is_file()
        assert relation in index
    assert len(list(tmp_path.glob("validations/**/*.html"))) == len(SUITES)


def test_cdnow_meets_every_suite(cdnow, tmp_path):
    unmet = check(frames_of(cdnow), tmp_path)
    assert {relation: problems for relation, problems in unmet.items() if problems} == {}


@pytest.mark.parametrize(("relation", "expectation"), FAULTS)
def test_a_broken_mart_is_found(demo_frames, tmp_path, relation, expectation):
    broken = FAULTS[relation, expectation](demo_frames[relation].copy())
    problems = check({relation: broken}, tmp_path)[relation]
    assert [problem for problem in problems if problem.startswith(expectation)], problems


def test_a_mart_without_a_column_is_found_and_does_not_stop_the_check(demo_frames, tmp_path):
    broken = demo_frames["retention__churn_rate"].drop(columns="churn_rate_low")
    problems = check({"retention__churn_rate": broken}, tmp_path)["retention__churn_rate"]
    assert any("churn_rate_low" in problem for problem in problems)


def test_every_kind_of_expectation_was_seen_to_fail():
    kinds = {expectation.expectation_type for suite in SUITES.values() for expectation in suite}
    assert kinds == {expectation for _, expectation in FAULTS}
