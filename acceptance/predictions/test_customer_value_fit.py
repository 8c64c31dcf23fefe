"""The fits of BG/NBD and Gamma-Gamma: published values, calculus, simulation, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import roots_jacobi
from scipy.stats import gamma

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
    calibration["holdout_purchases"] = (
        everyone["repeat_purchases"] - calibration["repeat_purchases"]
    )
    keys = ["repeat_purchases", "recency_weeks", "age_weeks"]
    grouped = calibration.groupby(keys)["holdout_purchases"].agg(["size", "sum"]).reset_index()
    grouped = grouped.rename(columns={"size": "customers", "sum": "holdout_purchases"})
    weeks = (pd.Timestamp(end) - pd.Timestamp(calibration_end)).days / 7
    statistics = pd.concat(
        [
            logs.group_purchases(everyone).assign(observation="all"),
            grouped.assign(observation="calibration", holdout_weeks=weeks),
        ]
    )
    return statistics, logs.group_values(everyone)


# Published values


def test_bg_nbd_of_the_cdnow_sample_is_the_published_one(sample, bg_nbd):
    assert sample["repeat_purchases"].sum() == 2457
    assert (sample["repeat_purchases"] > 0).sum() == 946
    published = {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}
    assert {name: bg_nbd[name] for name in published} == pytest.approx(published, abs=5.1e-5)
    assert bg_nbd["log_likelihood"] == pytest.approx(-9582.43, abs=0.005)


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
    shortfall = 1 - fit["holdout_expected"] / fit["holdout_actual"]
    assert 0.12 < shortfall < 0.14


# Calculus


def bg_nbd_arrays(x, recency, age, customers):
    return (x, recency, age, customers, *fits.count_by_value(x, customers))


log_parameter = st.floats(-3, 3)


@given(st.tuples(*[log_parameter] * 4), st.integers(0, 2**32))
def test_bg_nbd_gradient_is_the_slope(log_parameters, seed):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 40, 8).astype(float)
    age = rng.uniform(1, 100, 8)
    recency = np.where(x > 0, age * rng.random(8), 0)
    statistics = bg_nbd_arrays(x, recency, age, rng.integers(1, 9, 8).astype(float))
    assert_gradient_is_the_slope(fits.bg_nbd_objective, log_parameters, statistics)


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
def test_bg_nbd_likelihood_is_the_mixture_it_stands_for(x, recency):
    r, alpha, a, b, age = 1.5, 6.0, 1.2, 2.5, 30.0
    # Gauss-Jacobi nodes take the mean over the Beta distribution of dropout exactly.
    nodes, weights = roots_jacobi(20, b - 1, a - 1)
    dropout, weights = (nodes + 1) / 2, weights / weights.sum()

    def density(rate):
        likelihood = (1 - dropout) ** x * rate**x * np.exp(-rate * age)
        if x > 0:
            likelihood += dropout * (1 - dropout) ** (x - 1) * rate**x * np.exp(-rate * recency)
        return weights @ likelihood * gamma.pdf(rate, r, scale=1 / alpha)

    mixture, _ = quad(density, 0, 10, epsabs=0, epsrel=1e-10, limit=200)
    statistics = bg_nbd_arrays(*(np.array([value], float) for value in (x, recency, age, 1)))
    loss, _ = fits.bg_nbd_objective(np.log([r, alpha, a, b]), statistics)
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


def test_fit_does_not_depend_on_row_order_or_grouping(sample, bg_nbd):
    grouped = logs.group_purchases(sample)
    shuffled = fits.fit_bg_nbd(grouped.sample(frac=1, random_state=1), MINIMUM)
    assert shuffled == bg_nbd
    one_row_a_customer = fits.fit_bg_nbd(sample.assign(customers=1), MINIMUM)
    assert one_row_a_customer == pytest.approx(bg_nbd, rel=1e-7)


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
    assert fits.fit_bg_nbd(statistics, MINIMUM) == pytest.approx(expected[0], rel=1e-6)
    fit = fits.fit_gamma_gamma(values, MINIMUM, len(sample))
    assert fit == pytest.approx(expected[1], rel=1e-6)


def test_many_rows_are_read_a_few_times_only(monkeypatch):
    statistics = logs.simulate_bg_nbd(np.random.default_rng(23), 100_000, TYPICAL, weeks=104)
    grouped = logs.group_purchases(statistics)
    assert len(grouped) > 2 * fits.SEARCHED_ROWS
    rows_read = []
    objective = fits.bg_nbd_objective

    def counted(log_parameters, statistics):
        rows_read.append(len(statistics[0]))
        return objective(log_parameters, statistics)

    monkeypatch.setattr(fits, "bg_nbd_objective", counted)
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
        }
    )


def value_frame(x=(), value=(), customers=()):
    return pd.DataFrame(
        {"repeat_purchases": x, "mean_repeat_purchase_value": value, "customers": customers}
    )


@pytest.mark.parametrize(
    ("statistics", "reason"),
    [
        (frame(), "0 customers are fewer than clv_minimum_customers = 500."),
        (frame([1], [2.0], [9.0], [499]), "499 customers are fewer than"),
        (frame([0], [0.0], [9.0], [900]), "No customer has bought again"),
        (frame([0, 1], [0.0, 2.0], [9.0, 9.0], [1, 899]), "The likelihood has no maximum"),
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
    )


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
        observation="calibration", holdout_purchases=1, holdout_weeks=52.0
    )
    fitted = fits.fit_models(pd.concat([everyone, calibration]), value_frame(), MINIMUM)
    fitted = fitted.set_index("model").loc["bg_nbd"]
    assert fitted["converged"]
    assert fitted["holdout_refused_reason"].startswith("300 customers are fewer")
    assert pd.isna(fitted["holdout_actual"])
    assert pd.isna(fitted["holdout_expected"])


anything = st.floats(allow_nan=True, allow_infinity=True)


@settings(max_examples=150, deadline=None)
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
def test_no_data_crash_the_fit(rows):
    x, recency, age, customers, value = (
        map(list, zip(*rows, strict=True)) if rows else ([], [], [], [], [])
    )
    statistics = frame(x, recency, age, customers)
    statistics = pd.concat([statistics, statistics.assign(observation="calibration")])
    statistics["holdout_weeks"] = 10.0
    fitted = fits.fit_models(statistics, value_frame(x, value, customers), 1)
    assert list(fitted["model"]) == ["bg_nbd", "gamma_gamma"]
    assert (fitted["refused_reason"].isna() == fitted["converged"]).all()
    for _, fit in fitted.iterrows():
        names = fits.BG_NBD_PARAMETERS if fit["model"] == "bg_nbd" else fits.GAMMA_GAMMA_PARAMETERS
        parameters = fit[list(names)].astype("Float64").to_numpy(float, na_value=np.nan)
        assert np.isfinite(parameters).all() if fit["converged"] else np.isnan(parameters).all()


def test_an_unforeseen_failure_becomes_a_reason():
    refused = fits.attempt(lambda: 1 / 0)
    assert refused == {"converged": False, "refused_reason": "The fit failed: division by zero."}
