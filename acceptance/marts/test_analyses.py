"""Every analysis compiles, runs on the demo shop and gives an answer that can be checked."""

from pathlib import Path

import pytest

from retention_cli.project import ROOT, Project

ANALYSES = sorted(path.stem for path in (ROOT / "analyses").glob("*.sql"))


@pytest.fixture(scope="module")
def compiled(demo) -> Path:
    """The folder of the analyses as SQL of the database that the demo shop was built in."""
    project = Project.in_folder(demo.database.parent)
    project.dbt("compile", "--select", "resource_type:analysis")
    return project.target / "compiled" / "retention" / "analyses"


@pytest.fixture
def answer(compiled, demo):
    return lambda name: demo.query((compiled / f"{name}.sql").read_text())


@pytest.mark.parametrize("name", ANALYSES)
def test_every_analysis_says_what_it_is_for_and_has_an_answer(name, answer):
    assert (ROOT / "analyses" / f"{name}.sql").read_text().startswith("-- ")
    assert len(answer(name)) > 0


def test_lost_one_or_lost_21_and_won_20(answer, demo):
    rows = answer("lost_one_or_lost_21_and_won_20")
    closing = rows.opening_customers - rows.lost_customers + rows.won_customers
    assert (closing == rows.closing_customers).all()
    assert (rows.retention_rate_simple >= rows.retention_rate).all()
    shrinking = rows[rows.net_change < 0]
    assert len(shrinking) > 0
    assert (shrinking.lost_for_each_net_loss >= 1).all()
    assert rows[rows.net_change >= 0].lost_for_each_net_loss.isna().all()
    complete = demo.query(
        "select count(*) as periods from retention__period_snapshots"
        " where segment_dimension = 'all' and is_complete and not is_warm_up"
        " and opening_customers > 0"
    )
    assert len(rows) == complete.periods.item()


def test_how_to_choose_the_activity_window(answer):
    rows = answer("how_to_choose_the_activity_window").set_index("activity_window_days")
    assert rows.is_window_in_use[lambda column: column].index.to_list() == [90]
    assert rows.returned_within_share.is_monotonic_increasing
    assert rows.lost_customers.is_monotonic_decreasing
    (shortest,) = rows.index[rows.is_shortest_that_90_percent_return_within]
    assert shortest >= rows.p90_gap_days.iloc[0]
    assert (rows[rows.index < shortest].returned_within_share < 0.9).all()


def test_are_the_best_customers_leaving(answer, demo):
    rows = answer("are_the_best_customers_leaving")
    churn = rows.pivot(
        index=["period_grain", "period_start"], columns="customer_group", values="churn_rate"
    )
    assert (churn["best fifth"] < churn["others"]).all()  # the demo shop keeps its best customers
    groups = rows.groupby(["period_grain", "period_start"])
    snapshots = demo.frame("retention__churn_rate").query("segment_dimension == 'all'")
    snapshots = snapshots.set_index(["period_grain", "period_start"])
    for column in ["opening_customers", "lost_customers"]:
        counted = groups[column].sum().astype(int)
        assert counted.equals(snapshots[column].loc[counted.index].astype(int)), column
    best = rows[rows.customer_group == "best fifth"].set_index(["period_grain", "period_start"])
    everybody = groups.opening_customers.sum().loc[best.index]
    assert (best.opening_customers == everybody // 5).all()


def test_which_channel_brings_customers_who_stay(answer):
    rows = answer("which_channel_brings_customers_who_stay")
    channels = rows[rows.segment_dimension == "acquisition_channel"].set_index("segment_value")
    known = channels.drop("unknown")
    assert {known.index[0], known.index[1]} == {"referral", "newsletter"}
    assert known.index[-1] == "paid_social"
    assert known.stay_half_a_year_high["paid_social"] < known.stay_half_a_year_low["organic"]
    assert known.value_after_half_a_year.idxmin() == "paid_social"


def test_what_is_a_point_of_retention_worth(answer, demo):
    rows = answer("what_is_a_point_of_retention_worth")
    assert set(rows.period_grain) == {"week", "month", "quarter", "year"}
    rows = rows.set_index(["period_grain", "retention_points"])
    unchanged = rows.xs(0, level="retention_points")
    changes_of = ["clv_change", "margin_change", "profit_change"]
    assert (unchanged[changes_of] == 0).all(axis=None)
    for grain in unchanged.index:
        changes = rows.loc[grain][changes_of].dropna()
        assert (changes.diff().iloc[1:] > 0).all(axis=None), grain
        churn = 1 - unchanged.retention_rate[grain]
        expected = churn / (churn - changes.index.to_numpy() / 100) - 1
        assert changes.clv_change.to_numpy() == pytest.approx(expected)
    # Where the churn rate is below 5 %, five points more are not to be had.
    assert rows.loc["week"].clv_change.isna().to_list() == [False] * 5 + [True] * 6
    quarters = demo.query(
        "select * from retention__period_snapshots where segment_dimension = 'all'"
        " and period_grain = 'quarter' and is_complete and not is_warm_up order by period_start"
    ).tail(4)
    expected = customer_quarters(quarters, 10) / customer_quarters(quarters, 0) - 1
    assert rows.margin_change["quarter", 10] == pytest.approx(expected)
    costs = demo.query(
        "select sum(acquisition_cost + retention_cost) as cost from retention__acquisition"
        " where segment_dimension = 'all' and period_grain = 'quarter' and is_complete"
        " and period_start >= (select max(period_start) - interval 9 month"
        " from retention__acquisition where period_grain = 'quarter' and is_complete)"
    )
    marketing = rows.first_year_margin - rows.first_year_profit
    assert (marketing["quarter"] - float(costs.cost.item())).abs().max() < 0.01


def customer_quarters(year, retention_points):
    """Average customers of the four quarters to come, added up, one quarter after the other."""
    churn_rate = year.lost_customers.sum() / year.opening_customers.sum() - retention_points / 100
    gains = (year.new_customers + year.reactivated_customers).mean()
    opening, total = year.closing_customers.iloc[-1], 0
    for _ in range(4):
        closing = opening * (1 - churn_rate) + gains
        total += (opening + closing) / 2
        opening = closing
    return total


def test_is_our_acquisition_cost_justified(answer, demo):
    rows = answer("is_our_acquisition_cost_justified").set_index("segment_value")
    known = rows[rows.customer_acquisition_cost.notna()]
    assert {"all", "paid_search", "paid_social"} <= set(known.index)
    windows = demo.query(
        "select * from retention__repurchase_windows where cohort_grain = 'all'"
        " and window_days = 365 and segment_dimension in ('all', 'acquisition_channel')"
    ).set_index("segment_value")
    for column in ("mature_customers", "customer_acquisition_cost", "ltv_to_cac"):
        assert known[column].equals(windows.loc[known.index, column]), column
    assert (
        (known.first_order_margin + known.later_margin)
        .round(9)
        .equals(known.margin_by_day_365.round(9))
    )
    by_first_order = known.first_order_margin >= known.customer_acquisition_cost
    assert (known[by_first_order].verdict == "by the first order").all()
    never = known.margin_by_day_365 < known.customer_acquisition_cost
    assert (known[never].verdict == "not within a year").all()
    assert known[~by_first_order & ~never].verdict.isin(["by later orders"]).all()
