"""The fits of BG/NBD and Gamma-Gamma: published values, calculus, simulation, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import roots_jacobi
from scipy.stats import gamma, spearmanr

from acceptance.support import purchase_logs as logs
from retention_cli.customer_value import load_fits

fits = load_fits()

MINIMUM = 500
TYPICAL = (0.6, 8.0, 0.8, 2.5)  # r, alpha, a, b


@pytest.fixture(scope="module")
def sample():
    return logs.purchase_statistics(logs.cdnow_sample(), logs.CALIBRATION_END)


@pytest.fixture(scope="module")
def bg_nbd(sample):
    return fits.fit_bg_nbd(logs.group_purchases(sample), MINIMUM)


def both_observations(purchases, calibration_end, end):
    """Statistics of all purchases and of the calibration period, as the dbt model reads them."""
    everyone = logs.purchase_statistics(purchases, end)
    calibration = logs.purchase_statistics(purchases, calibration_end)
    values = pd.concat(
        [
            logs.group_values(everyone).assign(observation="all"),
            logs.group_values(calibration).assign(observation="calibration"),
        ]
    )
    spent = {
        name: frame["repeat_purchases"] * frame["mean_repeat_purchase_value"].fillna(0)
        for name, frame in (("all", everyone), ("calibration", calibration))
    }
    calibration["holdout_purchases"] = (
        everyone["repeat_purchases"] - calibration["repeat_purchases"]
    )
    calibration["repeat_purchase_value"] = spent["calibration"]
    calibration["holdout_value"] = spent["all"] - spent["calibration"]
    keys = ["repeat_purchases", "recency_weeks", "age_weeks", "holdout_purchases"]
    grouped = calibration.assign(customers=1).groupby(keys).sum().reset_index()
    weeks = (pd.Timestamp(end) - pd.Timestamp(calibration_end)).days / 7
    statistics = pd.concat(
        [
            logs.group_purchases(everyone).assign(observation="all"),
            grouped.assign(observation="calibration", holdout_weeks=weeks),
        ]
    )
    return statistics, values


# Published values


def test_bg_nbd_of_the_cdnow_sample_is_the_published_one(sample, bg_nbd):
    assert sample["repeat_purchases"].sum() == 2457
    assert (sample["repeat_purchases"] > 0).sum() == 946
    published = {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}
    assert {name: bg_nbd[name] for name in published} == pytest.approx(published, abs=5.1e-5)
    assert bg_nbd["log_likelihood"] == pytest.approx(-9582.43, abs=0.005)


def test_mbg_nbd_of_the_cdnow_sample_is_the_published_one(sample):
    """Batislam, Denizel & Filiztekin (2007), as fitted by the package lifetimes."""
    fit = fits.fit_bg_nbd(logs.group_purchases(sample), MINIMUM, "mbg_nbd")
    published = {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}
    assert {name: fit[name] for name in published} == pytest.approx(published, abs=5.1e-4)


def test_gamma_gamma_of_the_cdnow_sample_is_the_published_one(sample):
    values = logs.group_values(sample)
    assert values["customers"].sum() == 946
    fit = fits.fit_gamma_gamma(values, MINIMUM, len(sample))
    assert [fit["p"], fit["q"], fit["v"]] == pytest.approx([6.2495, 3.7442, 15.4437], rel=2e-5)
    assert fit["log_likelihood"] == pytest.approx(-4055.92, abs=0.005)


@pytest.mark.parametrize(
    ("customer", "horizon", "expected"),
    [((2, 30.43, 38.86), 39, 1.226), ((26, 30.857, 31), 52, 25.7565)],
)
def test_expected_purchases_of_published_customers(bg_nbd, customer, horizon, expected):
    x, recency, age = customer
    if_alive = fits.expected_purchases_if_alive(bg_nbd, x, age, horizon)
    alive = fits.probability_alive(bg_nbd, x, recency, age)
    assert (alive * if_alive).item() == pytest.approx(expected, abs=1e-3)


def test_probability_alive_of_a_published_customer(bg_nbd):
    alive = fits.probability_alive(bg_nbd, 26, 30.857, 31)
    assert alive == pytest.approx(0.968852, abs=2e-6)


def test_holdout_of_cdnow_is_underestimated_as_the_literature_finds():
    statistics, values = both_observations(
        logs.cdnow_sample(), logs.CALIBRATION_END, logs.HOLDOUT_END
    )
    fit = fits.fit_models(statistics, values, MINIMUM).set_index("model").loc["bg_nbd"]
    assert fit["holdout_actual"] == 1882
    assert fit["is_used"]
    shortfall = 1 - fit["holdout_expected"] / fit["holdout_actual"]
    assert 0.12 < shortfall < 0.14


# Quality in the hold-out, with the published parameters

PUBLISHED = {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259, "first_dropout": 1}


@pytest.fixture(scope="module")
def held_out(sample):
    """x, t_x, T and the actual purchases of the 39 weeks after, one row a customer."""
    everyone = logs.purchase_statistics(logs.cdnow_sample(), logs.HOLDOUT_END)
    actual = everyone["repeat_purchases"].loc[sample.index] - sample["repeat_purchases"]
    columns = ["repeat_purchases", "recency_weeks", "age_weeks"]
    return [*(sample[name].to_numpy(float) for name in columns), actual.to_numpy(float)]


def test_quality_on_the_cdnow_sample(held_out):
    *known, actual = held_out
    one = np.ones_like(actual)
    expected = fits.expected_purchases(PUBLISHED, *known, 39)
    chance = fits.probability_of_purchase(PUBLISHED, *known, 39)
    measures = fits.quality(expected, chance, actual, one)
    assert expected.sum() == pytest.approx(1653.43, abs=0.005)
    assert measures["mean_absolute_error"] == pytest.approx(0.785458, abs=5e-7)
    assert measures["root_mean_squared_error"] == pytest.approx(1.607981, abs=5e-7)
    assert measures["spearman_correlation"] == pytest.approx(0.449287, abs=5e-7)
    assert measures["top_tenth_share"] == pytest.approx(0.470244, abs=5e-7)
    # The published value leaves customers who are predicted alike in the order of the file.
    assert measures["normalised_gini"] == pytest.approx(0.662373, abs=1e-4)
    assert measures["brier_score"] == pytest.approx(((chance - (actual > 0)) ** 2).mean())


@pytest.mark.parametrize(
    ("weeks", "purchases"), [(4, 204.3685), (13, 628.0304), (26, 1171.1600), (39, 1653.4346)]
)
def test_expected_purchases_of_the_cdnow_sample(held_out, weeks, purchases):
    expected = fits.expected_purchases(PUBLISHED, *held_out[:3], weeks)
    assert expected.sum() == pytest.approx(purchases, abs=5e-5)


def test_measures_are_those_of_single_customers(held_out):
    """By other means, customer by customer, and grouped; ties in a random order on average."""
    *known, actual = held_out
    one = np.ones_like(actual)
    expected = np.round(fits.expected_purchases(PUBLISHED, *known, 39), 1)  # many ties
    measures = fits.quality(expected, 1 - np.exp(-expected), actual, one)
    assert measures["spearman_correlation"] == pytest.approx(spearmanr(expected, actual)[0])
    rng = np.random.default_rng(28)
    ginis = []
    for _ in range(200):
        order = np.lexsort([rng.random(len(actual)), -expected])
        ginis.append(np.cumsum(actual[order]).mean() / actual.sum() - 0.5)
    perfect = np.cumsum(np.sort(actual)[::-1]).mean() / actual.sum() - 0.5
    # The mean rank is (n + 1) / 2, half a customer more than one half.
    half = 0.5 / len(actual)
    assert measures["normalised_gini"] == pytest.approx(
        (np.mean(ginis) - half) / (perfect - half), abs=2e-4
    )
    pairs, position = np.unique(expected + 1j * actual, return_inverse=True)
    grouped = fits.quality(
        pairs.real, 1 - np.exp(-pairs.real), pairs.imag, np.bincount(position).astype(float)
    )
    assert grouped == pytest.approx(measures)


# Forecast


@pytest.fixture(scope="module")
def known(sample):
    """The sample at the end of the calibration as arrays, one row a customer."""
    columns = ["repeat_purchases", "recency_weeks", "age_weeks"]
    arrays = {name: sample[name].to_numpy(float) for name in columns}
    spent = sample["repeat_purchases"] * sample["mean_repeat_purchase_value"].fillna(0)
    return arrays | {
        "customers": np.ones(len(sample)),
        "repeat_purchase_value": spent.to_numpy(float),
    }


VALUE_FIT = {"p": 6.2495, "q": 3.7442, "v": 15.4437}


def test_forecast_curve_of_the_cdnow_sample(known):
    cuts = 7 * np.array([4.0, 13, 26, 39])
    curves = fits.forecast_curves(
        PUBLISHED, known, fits.order_values(VALUE_FIT, known), cuts, cuts[:1]
    )
    assert curves[0] == pytest.approx([204.3685, 628.0304, 1171.1600, 1653.4346], abs=6e-5)
    columns = [known[name] for name in ("repeat_purchases", "recency_weeks", "age_weeks")]
    each = fits.expected_purchases(PUBLISHED, *columns, 39)
    assert curves[1][-1] == pytest.approx((each * fits.order_values(VALUE_FIT, known)).sum())
    # In the first month whoever buys does so from now on.
    chance = fits.probability_of_purchase(PUBLISHED, *columns, 4)
    assert curves[2][0] == pytest.approx(chance.sum(), rel=1e-9)


@pytest.mark.parametrize("alpha", [0.01, 4.4, 500])
def test_few_ages_stand_for_all(alpha):
    ages = alpha + np.arange(1, 1826) / 7
    weights = np.random.default_rng(1).gamma(0.3, size=(2, len(ages)))
    points, fewer = fits.fewer_points(ages, weights)
    assert len(points) < len(ages) / 5

    def stays(age):
        return (1 + 0.3 * 52 / age) ** -20.7

    assert fewer @ stays(points) == pytest.approx(weights @ stays(ages), rel=1e-12)
    one, its_weights = fits.fewer_points(ages[:1], weights[:, :1])
    assert (one.tolist(), its_weights.tolist()) == (ages[:1].tolist(), weights[:, :1].tolist())


@pytest.mark.parametrize(("a", "b"), [(0.05, 0.1), (0.8, 2.4), (1, 1), (3, 2000), (40, 0.3)])
def test_means_over_dropout_are_those_of_the_beta_distribution(a, b):
    points, weights = fits.dropout_points(a, b, longest=10)
    assert weights.sum() == pytest.approx(1)
    assert points @ weights == pytest.approx(a / (a + b), rel=1e-9)
    assert points**2 @ weights == pytest.approx(a / (a + b) * (a + 1) / (a + b + 1), rel=1e-9)


@pytest.mark.parametrize("change", [{}, {"first_dropout": 0}, {"a": 0.0, "b": 1.0}])
def test_simulated_futures_have_the_expected_totals(known, change):
    fit = PUBLISHED | change
    _, months = fits.months_after("1997-09-30", 273)
    sample = fits.some_customers(known)
    expected = fits.monthly_curves(fit, VALUE_FIT, sample, months)
    simulated = fits.simulate(np.random.default_rng(30), fit, VALUE_FIT, sample, months)
    assert simulated.mean(axis=1) == pytest.approx(expected, rel=0.05)
    assert simulated.sum(axis=2).mean(axis=1) == pytest.approx(expected.sum(axis=1), rel=0.02)
    # The sample stands for everyone, but for a few large customers.
    of_everyone = fits.monthly_curves(fit, VALUE_FIT, known, months).sum(axis=1)
    share = len(sample["customers"]) / known["customers"].sum()
    assert expected.sum(axis=1) / share == pytest.approx(of_everyone, rel=0.1)


def test_interval_holds_four_in_five_futures_of_the_model(known):
    """Futures that the interval was not made of, with the parameters it was made with."""
    fit = PUBLISHED | {"model": "bg_nbd"}
    months = fits.forecast(fit, VALUE_FIT, known, ("1997-09-30", 273, 0))
    starts = [month["month_start"] for month in months]
    assert (starts[0], starts[-1], len(starts)) == ("1997-10-01", "1998-06-01", 9)
    again = fits.forecast(fit, VALUE_FIT, known, ("1997-09-30", 273, 0))
    assert again == months  # the seed is fixed
    _, ends = fits.months_after("1997-09-30", 273)
    everyone = {name: column[:2000] for name, column in known.items()}
    expected = fits.monthly_curves(fit, VALUE_FIT, everyone, ends)[0]
    futures = fits.simulate(np.random.default_rng(31), fit, VALUE_FIT, everyone, ends)[0]
    spread = fits.forecast_spread(fit, VALUE_FIT, everyone, ends)[:, 0]
    inside = (futures >= expected * (1 + spread[0])) & (futures <= expected * (1 + spread[1]))
    # Wider than these futures by the uncertainty of the parameters.
    assert 0.78 < inside.mean() < 0.92


def test_errors_of_an_earlier_forecast_widen_the_interval(known):
    """By their root mean square, times the quantile of Student's t of so many months."""
    fit, span = PUBLISHED | {"model": "bg_nbd"}, ("1997-09-30", 61, 0)
    astray = [
        {"expected_orders": 100.0, "actual_orders": 130.0}
        | {"expected_buyers": 80.0, "actual_buyers": 80.0}
        | {"expected_revenue": None, "actual_revenue": 900.0},
        {"expected_orders": 50.0, "actual_orders": 40.0}
        | {"expected_buyers": 40.0, "actual_buyers": 40.0}
        | {"expected_revenue": None, "actual_revenue": 300.0},
    ]
    error = 1.885618 * np.sqrt((30**2 + 10**2) / (100**2 + 50**2))  # t of 2 degrees at 90 %
    assert fits.past_errors(astray)[:, 0] == pytest.approx([error, 0, error], rel=1e-6)
    narrow = fits.forecast(fit, VALUE_FIT, known, span)
    assert fits.forecast(fit, VALUE_FIT, known, span, astray[:1]) == narrow
    for before, month in zip(
        narrow, fits.forecast(fit, VALUE_FIT, known, span, astray), strict=True
    ):
        expected = month["expected_orders"]
        for bound in ("low", "high"):
            own = before[f"expected_orders_{bound}"] / expected - 1
            strays = month[f"expected_orders_{bound}"] / expected - 1
            assert abs(strays) == pytest.approx(np.hypot(own, error), rel=1e-6)
            assert month[f"expected_buyers_{bound}"] == before[f"expected_buyers_{bound}"]


def test_the_interval_of_the_holdout_knows_nothing_after_the_cut():
    """What happens in it changes the interval of the forecast from the as-of date only."""
    purchases = logs.cdnow_sample()
    ends = {"all": "1998-06-30", "calibration": "1997-09-30", "early_calibration": "1997-05-17"}
    statistics = pd.concat(
        logs.group_purchases(logs.purchase_statistics(purchases, end)).assign(
            observation=observation, holdout_weeks=39.0 * (observation == "calibration")
        )
        for observation, end in ends.items()
    )
    statistics["holdout_purchases"] = statistics["repeat_purchases"] * 0.5
    statistics[["repeat_purchase_value", "holdout_value"]] = 0.0
    values = pd.DataFrame(
        columns=["observation", "repeat_purchases", "mean_repeat_purchase_value", "customers"]
    )
    dates = {f"{name}_date": end for name, end in ends.items()} | {"as_of_date": ends["all"]}
    dates |= {"horizon_days": 60, "discount_rate_annual": 0}
    spans = {"early_calibration": ("1997-05-01", 5), "calibration": ("1997-10-01", 9)}

    def bounds(**factors):
        held_out = [
            {"observation": name, "month_start": month, "orders": 200.0 * factors.get(name, 1)}
            | {"buyers": 150.0, "revenue": 0.0}
            for name, (start, number) in spans.items()
            for month in pd.date_range(start, periods=number, freq="MS").strftime("%Y-%m-%d")
        ]
        months = fits.fit_results(statistics, values, 500, pd.DataFrame(held_out), dates)[2]
        return [
            [
                (month["expected_orders_low"], month["expected_orders_high"])
                for month in months
                if month["is_holdout"] == is_holdout
            ]
            for is_holdout in (1, 0)
        ]

    held_out, ahead = bounds()
    assert (len(held_out), len(ahead)) == (9, 2)
    held_out_later, ahead_later = bounds(calibration=3)
    assert held_out_later == held_out
    assert ahead_later != ahead
    held_out_early, ahead_early = bounds(early_calibration=3)
    assert held_out_early != held_out
    assert ahead_early == ahead


def test_many_customers_even_out_but_parameters_stay_uncertain(known):
    fit = PUBLISHED | {"model": "bg_nbd"}
    _, ends = fits.months_after("1997-09-30", 273)
    widths = [
        np.diff(
            fits.forecast_spread(
                fit, VALUE_FIT, known | {"customers": known["customers"] * factor}, ends
            )[:, 0],
            axis=0,
        ).mean()
        for factor in (1, 100)
    ]
    assert widths[1] == pytest.approx(widths[0] / 10, rel=0.2)


def test_months_after_a_day_cut_off_at_the_horizon():
    starts, ends = fits.months_after("2024-01-31", 60)
    assert (starts, ends.tolist()) == (["2024-02-01", "2024-03-01"], [29, 60])
    starts, ends = fits.months_after(pd.Timestamp("2024-01-15"), 17)
    assert (starts, ends.tolist()) == (["2024-01-01", "2024-02-01"], [16, 17])
    assert fits.months_after(pd.NaT, 17)[0] == []


def test_baselines_go_on_as_in_the_calibration():
    x, age, actual = np.array([2.0, 0, 1]), np.array([10.0, 0, 5]), np.array([3.0, 1, 0])
    measures = fits.quality_of_baselines(x, age, actual, np.ones(3), 20)
    # At their own rates 4, 0 and 4; at the rate of all (3 in 15 weeks) 4 each.
    assert measures["rate_baseline_mean_absolute_error"] == pytest.approx(2)
    assert measures["mean_baseline_mean_absolute_error"] == pytest.approx(8 / 3)
    assert measures["mean_baseline_root_mean_squared_error"] == pytest.approx(np.sqrt(26 / 3))
    assert measures["mean_baseline_normalised_gini"] == pytest.approx(0)
    assert measures["mean_baseline_spearman_correlation"] is None


def judged(**errors):
    """Rows of purchase models with their errors in a hold-out whose baselines have 2 and 3."""
    rows = [
        {
            "model": model,
            "refused_reason": None,
            "root_mean_squared_error": error,
            "rate_baseline_root_mean_squared_error": 3.0,
            "mean_baseline_root_mean_squared_error": 2.0,
            "beats_baseline": error < 2,
            "is_used": False,
        }
        for model, error in errors.items()
    ]
    fits.choose(rows)
    return rows


@pytest.mark.parametrize(
    ("errors", "used"),
    [
        ((1.0, 1.5), "bg_nbd"),
        ((1.0, 0.995), "bg_nbd"),  # not clearly better
        ((1.0, 0.98), "mbg_nbd"),
        ((2.001, 1.999), "mbg_nbd"),  # the only one that beats both baselines
        ((2.0, 2.5), None),
    ],
)
def test_the_model_in_use_is_chosen_on_the_holdout(errors, used):
    rows = judged(bg_nbd=errors[0], mbg_nbd=errors[1])
    assert [row["model"] for row in rows if row["is_used"]] == ([used] if used else [])
    for row in rows:
        if used:
            assert row["choice_reason"].startswith(f"{used} is used. Root mean squared error")
        else:
            assert row["refused_reason"].startswith("No model is better than both baselines.")


def test_nothing_is_predicted_where_the_baselines_are_better():
    """Customers who buy again by the calendar until the calibration ends, and never after."""
    rng = np.random.default_rng(29)
    calibration = logs.group_purchases(logs.simulate_bg_nbd(rng, 3_000, TYPICAL, weeks=52))
    calibration = calibration.assign(
        observation="calibration",
        holdout_weeks=52.0,
        holdout_purchases=np.where(calibration["repeat_purchases"] > 0, 0, 9),
        repeat_purchase_value=calibration["repeat_purchases"] * 10.0,
        holdout_value=0.0,
    )
    everyone = calibration.assign(observation="all")
    fitted = fits.fit_models(pd.concat([everyone, calibration]), value_frame(), MINIMUM)
    bought = fitted[fitted["model"] != "gamma_gamma"]
    assert bought["converged"].all()
    assert not bought["beats_baseline"].any()
    assert not bought["is_used"].any()
    assert bought["refused_reason"].str.startswith("No model is better").all()


# A calibration too short to see anybody drop out


def without_dropout(customers=4_000, r=0.9, alpha=9.0):
    """Statistics of customers who never drop out, in weeks 1 to 52 and 53 to 104."""
    rng = np.random.default_rng(27)
    age = rng.integers(7, 365, customers) / 7
    rate = rng.gamma(r, 1 / alpha, customers)
    x = rng.poisson(rate * age)
    last = age * rng.random(customers) ** (1 / np.maximum(x, 1))
    statistics = frame(x.astype(float), np.where(x > 0, last, 0), age, 1)
    return statistics.assign(
        observation="calibration", holdout_weeks=52.0, holdout_purchases=rng.poisson(rate * 52)
    )


def test_a_calibration_without_dropout_is_fitted_without_it():
    calibration = without_dropout()
    with pytest.raises(fits.FitRefusedError, match="a runs to 0"):
        fits.fit_bg_nbd(calibration, MINIMUM)
    fit = fits.fit_past(calibration, MINIMUM, "bg_nbd")
    assert (fit["r"], fit["alpha"]) == pytest.approx((0.9, 9.0), rel=0.1)
    # Nothing near it that has some dropout is more likely.
    x, recency, age = (
        calibration[name].to_numpy(float)
        for name in ("repeat_purchases", "recency_weeks", "age_weeks")
    )
    statistics = bg_nbd_arrays(x, recency, age, np.ones_like(x))
    for a, b in [(1e-4, 1.0), (1e-3, 5.0), (1e-2, 5.0)]:
        loss, _ = fits.bg_nbd_objective(np.log([fit["r"], fit["alpha"], a, b]), statistics)
        assert -loss * len(x) < fit["log_likelihood"]
    expected = fits.expected_purchases(fit, x, recency, age, 52)
    assert expected == pytest.approx((fit["r"] + x) / (fit["alpha"] + age) * 52)
    assert (fits.probability_alive(fit, x, recency, age) == 1).all()


def test_a_calibration_with_dropout_is_not_fitted_without_it():
    """Everybody drops out alike: the likelihood has no maximum, and dropout explains a lot."""
    alike = (0.8, 6.0, 2e5, 4e5)
    seen = logs.simulate_bg_nbd(np.random.default_rng(32), 4_000, alike, weeks=104)
    with pytest.raises(fits.FitRefusedError):
        fits.fit_past(logs.group_purchases(seen), MINIMUM, "bg_nbd")


def test_the_holdout_of_a_calibration_without_dropout_has_its_quality():
    calibration = without_dropout()
    seen = logs.simulate_bg_nbd(np.random.default_rng(28), 4_000, TYPICAL, weeks=104)
    everyone = logs.group_purchases(seen).assign(observation="all")
    held_out_months = pd.DataFrame(
        columns=["observation", "month_start", "orders", "buyers", "revenue"]
    )
    dates = {"early_calibration_date": None, "calibration_date": "2024-12-31"}
    dates |= {"as_of_date": "2025-12-30", "horizon_days": 365, "discount_rate_annual": 0}
    rows, tenths, months = fits.fit_results(
        pd.concat([everyone, calibration]), value_frame(), MINIMUM, held_out_months, dates
    )
    used = next(row for row in rows if row["is_used"])
    assert used["holdout_refused_reason"] is None
    assert used["beats_baseline"]
    assert used["choice_reason"].endswith("Before the hold-out nobody is seen to drop out.")
    assert used["holdout_expected"] == pytest.approx(used["holdout_actual"], rel=0.05)
    assert sum(tenth["expected_purchases"] for tenth in tenths) == pytest.approx(
        used["holdout_expected"]
    )
    past = [month["expected_orders"] for month in months if month["is_holdout"]]
    assert sum(past) == pytest.approx(used["holdout_expected"])
    spread = [month["expected_orders_high"] > month["expected_orders_low"] for month in months]
    assert all(spread)


# Calculus


def bg_nbd_arrays(x, recency, age, customers):
    return (x, recency, age, customers, *fits.count_by_value(x, customers))


log_parameter = st.floats(-3, 3)


@pytest.mark.parametrize("objective", [fits.bg_nbd_objective, fits.mbg_nbd_objective])
@given(st.tuples(*[log_parameter] * 4), st.integers(0, 2**32))
def test_bg_nbd_gradient_is_the_slope(objective, log_parameters, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 40, 8).astype(float)
    age = rng.uniform(1, 100, 8)
    recency = np.where(x > 0, age * rng.random(8), 0)
    statistics = bg_nbd_arrays(x, recency, age, rng.integers(1, 9, 8).astype(float))
    assert_gradient_is_the_slope(objective, log_parameters, statistics)


@given(st.tuples(*[log_parameter] * 2), st.integers(0, 2**32))
def test_nbd_gradient_is_the_slope(log_parameters, seed):
    rng = np.random.default_rng(seed)
    x, age = rng.integers(0, 40, 8).astype(float), rng.uniform(1, 100, 8)
    statistics = bg_nbd_arrays(x, 0 * x, age, rng.integers(1, 9, 8).astype(float))
    assert_gradient_is_the_slope(fits.nbd_objective, log_parameters, statistics)


@given(st.tuples(*[log_parameter] * 3), st.integers(0, 2**32))
def test_gamma_gamma_gradient_is_the_slope(log_parameters, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(1, 40, 8).astype(float)
    customers = rng.integers(1, 9, 8).astype(float)
    statistics = (x, rng.gamma(2, 10, 8), customers, *fits.count_by_value(x, customers))
    assert_gradient_is_the_slope(fits.gamma_gamma_objective, log_parameters, statistics)


def assert_gradient_is_the_slope(objective, log_parameters, statistics, step=1e-5):
    log_parameters = np.array(log_parameters)
    gradient = objective(log_parameters, statistics)[1]
    slope = [
        (
            objective(log_parameters + change, statistics)[0]
            - objective(log_parameters - change, statistics)[0]
        )
        / (2 * step)
        for change in step * np.eye(len(log_parameters))
    ]
    assert gradient == pytest.approx(slope, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(("x", "recency"), [(0, 0.0), (1, 5.0), (4, 20.0)])
@pytest.mark.parametrize("first_dropout", [1, 0])
def test_bg_nbd_likelihood_is_the_mixture_it_stands_for(first_dropout, x, recency):
    r, alpha, a, b, age = 1.5, 6.0, 1.2, 2.5, 30.0
    # Gauss-Jacobi nodes take the mean over the Beta distribution of dropout exactly.
    nodes, weights = roots_jacobi(20, b - 1, a - 1)
    dropout, weights = (nodes + 1) / 2, weights / weights.sum()

    def density(rate):
        chances = x + 1 - first_dropout
        likelihood = (1 - dropout) ** chances * rate**x * np.exp(-rate * age)
        if chances > 0:
            gone = dropout * (1 - dropout) ** (chances - 1)
            likelihood += gone * rate**x * np.exp(-rate * recency)
        return weights @ likelihood * gamma.pdf(rate, r, scale=1 / alpha)

    mixture, _ = quad(density, 0, 10, epsabs=0, epsrel=1e-10, limit=200)
    statistics = bg_nbd_arrays(*(np.array([value], float) for value in (x, recency, age, 1)))
    loss, _ = fits.bg_nbd_objective(np.log([r, alpha, a, b]), statistics, first_dropout)
    assert np.exp(-loss) == pytest.approx(mixture, rel=1e-9)


def test_gamma_gamma_likelihood_is_the_mixture_it_stands_for():
    p, q, v, x, value = 6.0, 3.5, 15.0, 3.0, 28.0
    mixture, _ = quad(
        lambda scale: (
            gamma.pdf(value, p * x, scale=1 / (x * scale)) * gamma.pdf(scale, q, scale=1 / v)
        ),
        0,
        20,
    )
    statistics = tuple(np.array([number]) for number in (x, value, 1.0, x, 1.0))
    loss, _ = fits.gamma_gamma_objective(np.log([p, q, v]), statistics)
    assert np.exp(-loss) == pytest.approx(mixture, rel=1e-8)


# Simulation


@pytest.mark.parametrize(
    "truth", [(0.6, 8.0, 0.8, 2.5), (1.5, 15.0, 1.0, 4.0), (0.3, 6.0, 1.6, 3.0)]
)
def test_bg_nbd_finds_the_parameters_of_simulated_customers(truth):
    rng = np.random.default_rng(20)
    statistics = logs.simulate_bg_nbd(rng, 20_000, truth, weeks=104)
    fit = fits.fit_bg_nbd(logs.group_purchases(statistics), MINIMUM)
    assert_within_standard_errors(fit, fits.BG_NBD_PARAMETERS, truth)


def test_gamma_gamma_finds_the_parameters_of_simulated_customers():
    truth = (6.0, 4.0, 15.0)
    statistics = logs.simulate_gamma_gamma(np.random.default_rng(21), 20_000, truth)
    fit = fits.fit_gamma_gamma(logs.group_values(statistics), MINIMUM, 20_000)
    assert_within_standard_errors(fit, fits.GAMMA_GAMMA_PARAMETERS, truth)


def assert_within_standard_errors(fit, names, truth):
    deviations = [
        (fit[name] - value) / fit[f"{name}_standard_error"]
        for name, value in zip(names, truth, strict=True)
    ]
    assert np.abs(deviations).max() < 3
    # Errors so wide that nothing could miss them would prove nothing.
    assert all(fit[f"{name}_standard_error"] < 0.2 * fit[name] for name in names)


def test_standard_errors_are_the_spread_of_repeated_fits():
    rng = np.random.default_rng(22)
    repeated = pd.DataFrame(
        fits.fit_bg_nbd(
            logs.group_purchases(logs.simulate_bg_nbd(rng, 4_000, TYPICAL, weeks=104)),
            MINIMUM,
        )
        for _ in range(60)
    )
    for name in fits.BG_NBD_PARAMETERS:
        spread = repeated[name].std() / repeated[f"{name}_standard_error"].mean()
        assert 0.7 < spread < 1.4, name


# Invariance


def assert_same_fit(fit, expected, rel):
    """The same words, and numbers that differ by no more than the part `rel`."""
    words = {name for name, value in expected.items() if isinstance(value, str)}
    assert fit.keys() == expected.keys()
    assert {name: fit[name] for name in words} == {name: expected[name] for name in words}
    numbers = expected.keys() - words
    assert {name: fit[name] for name in numbers} == pytest.approx(
        {name: expected[name] for name in numbers}, rel=rel
    )


def test_fit_does_not_depend_on_row_order_or_grouping(sample, bg_nbd):
    grouped = logs.group_purchases(sample)
    shuffled = fits.fit_bg_nbd(grouped.sample(frac=1, random_state=1), MINIMUM)
    assert shuffled == bg_nbd
    one_row_a_customer = fits.fit_bg_nbd(sample.assign(customers=1), MINIMUM)
    assert_same_fit(one_row_a_customer, bg_nbd, rel=1e-7)


def test_currency_unit_only_scales_the_value_model(sample):
    values = logs.group_values(sample)
    in_dollars = fits.fit_gamma_gamma(values, MINIMUM, len(sample))
    values["mean_repeat_purchase_value"] *= 100
    in_cents = fits.fit_gamma_gamma(values, MINIMUM, len(sample))
    assert in_cents["p"] == pytest.approx(in_dollars["p"], rel=1e-9)
    assert in_cents["q"] == pytest.approx(in_dollars["q"], rel=1e-9)
    assert in_cents["v"] == pytest.approx(100 * in_dollars["v"], rel=1e-9)
    assert in_cents["log_likelihood"] == pytest.approx(
        in_dollars["log_likelihood"] - 946 * np.log(100), abs=1e-6
    )


# Many rows are searched in some of them first


@pytest.mark.parametrize("searched_rows", [3, 40, 300])
def test_rows_that_are_searched_first_do_not_change_the_fit(searched_rows, sample, monkeypatch):
    """Neither where they lie near the maximum nor where they are too few to have one."""
    statistics, values = logs.group_purchases(sample), logs.group_values(sample)
    assert len(values) > 2 * 300
    expected = (
        fits.fit_bg_nbd(statistics, MINIMUM),
        fits.fit_gamma_gamma(values, MINIMUM, len(sample)),
    )
    monkeypatch.setattr(fits, "SEARCHED_ROWS", searched_rows)
    assert_same_fit(fits.fit_bg_nbd(statistics, MINIMUM), expected[0], rel=1e-6)
    fit = fits.fit_gamma_gamma(values, MINIMUM, len(sample))
    assert_same_fit(fit, expected[1], rel=1e-6)


def test_many_rows_are_read_a_few_times_only(monkeypatch):
    statistics = logs.simulate_bg_nbd(np.random.default_rng(23), 100_000, TYPICAL, weeks=104)
    grouped = logs.group_purchases(statistics)
    assert len(grouped) > 2 * fits.SEARCHED_ROWS
    rows_read = []
    objective = fits.bg_nbd_objective

    def counted(log_parameters, statistics):
        rows_read.append(len(statistics[0]))
        return objective(log_parameters, statistics)

    monkeypatch.setitem(fits.OBJECTIVES, "bg_nbd", counted)
    assert_within_standard_errors(
        fits.fit_bg_nbd(grouped, MINIMUM), fits.BG_NBD_PARAMETERS, TYPICAL
    )
    # Two for each parameter's row of the Hessian; a search of all rows takes some forty more.
    assert rows_read.count(len(grouped)) <= 20


# Refusals


def frame(x=(), recency=(), age=(), customers=()):
    return pd.DataFrame(
        {
            "repeat_purchases": x,
            "recency_weeks": recency,
            "age_weeks": age,
            "customers": customers,
            "observation": "all",
            "holdout_purchases": 0,
            "holdout_weeks": 0.0,
            "repeat_purchase_value": 0.0,
            "holdout_value": 0.0,
        }
    )


def value_frame(x=(), value=(), customers=()):
    return pd.DataFrame(
        {
            "repeat_purchases": x,
            "mean_repeat_purchase_value": value,
            "customers": customers,
            "observation": "all",
        }
    )


@pytest.mark.parametrize(
    ("statistics", "reason"),
    [
        (frame(), "0 customers are fewer than clv_minimum_customers = 500."),
        (frame([1], [2.0], [9.0], [499]), "499 customers are fewer than"),
        (frame([0], [0.0], [9.0], [900]), "No customer has bought again"),
        (frame([0, 1], [0.0, 2.0], [9.0, 9.0], [1, 899]), "The "),
        (frame([0, 1], [0.0, 0.0], [0.0, 0.0], [450, 450]), "The "),
        (
            frame([5], [50.0], [52.0], [900]),
            "The likelihood has no maximum: alpha runs to infinity",
        ),
        (frame([1], [np.nan], [9.0], [900]), "The fit did not converge"),
    ],
)
def test_bg_nbd_refuses_with_a_reason(statistics, reason):
    fitted = fits.fit_models(statistics, value_frame(), MINIMUM).set_index("model").loc["bg_nbd"]
    assert fitted["refused_reason"].startswith(reason)
    assert not fitted["converged"]
    assert fitted[[*fits.PARAMETERS, "log_likelihood"]].isna().all()


def heavy_tailed_values():
    """Mean values whose spread over customers is too wide for a finite mean (q = 0.6)."""
    return logs.group_values(
        logs.simulate_gamma_gamma(np.random.default_rng(24), 5_000, (4.0, 0.6, 10.0))
    ).assign(observation="all")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        (value_frame(), "No customer has a repeat purchase of positive value."),
        (value_frame([1, 2], [10.0, 10.0], [5, 900]), "All customers have the same mean"),
        (heavy_tailed_values(), "q = 0.595 is not above 1"),
        (value_frame([1, 2], [9.0, np.inf], [900, 9]), "The fit "),
    ],
)
def test_gamma_gamma_refuses_with_a_reason(values, reason):
    statistics = logs.group_purchases(
        logs.simulate_bg_nbd(np.random.default_rng(25), 2_000, TYPICAL, weeks=104)
    ).assign(observation="all")
    statistics["holdout_weeks"] = statistics["holdout_purchases"] = np.nan
    fitted = fits.fit_models(statistics, values, MINIMUM).set_index("model")
    assert fitted.loc["gamma_gamma", "refused_reason"].startswith(reason)
    assert fitted.loc["gamma_gamma", [*fits.PARAMETERS, "log_likelihood"]].isna().all()
    assert fitted.loc["bg_nbd", "converged"]  # one model refused takes the other not along


def test_holdout_is_refused_on_its_own_below_the_floor():
    statistics = logs.simulate_bg_nbd(np.random.default_rng(26), 800, TYPICAL, weeks=104)
    everyone = logs.group_purchases(statistics).assign(observation="all")
    calibration = logs.group_purchases(statistics.head(300)).assign(
        observation="calibration",
        holdout_purchases=1,
        holdout_weeks=52.0,
        repeat_purchase_value=0.0,
        holdout_value=0.0,
    )
    fitted = fits.fit_models(pd.concat([everyone, calibration]), value_frame(), MINIMUM)
    fitted = fitted.set_index("model").loc["bg_nbd"]
    assert fitted["converged"]
    assert fitted["holdout_refused_reason"].startswith("300 customers are fewer")
    assert pd.isna(fitted["holdout_actual"])
    assert pd.isna(fitted["holdout_expected"])


anything = st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize("tables", [50, pytest.param(150, marks=pytest.mark.everything)])
def test_no_data_crash_the_fit(tables):
    @settings(max_examples=tables, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.integers(0, 3000),
                st.one_of(st.floats(0, 500), anything),
                st.one_of(st.floats(0, 500), anything),
                st.integers(0, 2000),
                st.one_of(st.floats(0.01, 1e6), anything),
            ),
            max_size=12,
        )
    )
    def check(rows):
        x, recency, age, customers, value = (
            map(list, zip(*rows, strict=True)) if rows else ([], [], [], [], [])
        )
        statistics = frame(x, recency, age, customers)
        statistics = pd.concat([statistics, statistics.assign(observation="calibration")])
        statistics["holdout_weeks"] = 10.0
        fitted = fits.fit_models(statistics, value_frame(x, value, customers), 1)
        assert list(fitted["model"]) == ["bg_nbd", "mbg_nbd", "gamma_gamma"]
        assert (fitted["converged"] | fitted["refused_reason"].notna()).all()
        assert (fitted["converged"] & fitted["refused_reason"].isna() | ~fitted["is_used"]).all()
        for _, fit in fitted.iterrows():
            of_value = fit["model"] == "gamma_gamma"
            names = fits.GAMMA_GAMMA_PARAMETERS if of_value else fits.BG_NBD_PARAMETERS
            parameters = fit[list(names)].astype("Float64").to_numpy(float, na_value=np.nan)
            assert np.isfinite(parameters).all() if fit["converged"] else np.isnan(parameters).all()

    check()


def test_an_unforeseen_failure_becomes_a_reason():
    refused = fits.attempt(lambda: 1 / 0)
    assert refused == {"converged": False, "refused_reason": "The fit failed: division by zero."}
