"""The scoring of customers in SQL: textbook formulas, published values, bounds, settings."""

from decimal import Decimal

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import betaln, expit, hyp2f1
from scipy.stats import gamma
from scipy.stats import t as student_t

from acceptance.support import purchase_logs as logs
from acceptance.support.builds import run_dbt
from retention_cli.customer_value import fit_clv, load_fits
from retention_cli.project import DbtFailedError, Project

fits = load_fits()

ALIVE = """
select {{ retention.probability_alive("x", "recency", "age", "cases") }} as score from cases
"""
IF_ALIVE = """
select {{ retention.expected_purchases_if_alive() }} as score
from {{ retention.with_purchase_series(
    "(select " ~ retention.purchase_series_columns("x", "age", "horizon", "cases") ~ " from cases)"
    ~ " as series_of_cases"
) }}
"""
ORDER_VALUE = """
select {{ retention.expected_order_value("x", "mean_value", "cases") }} as score from cases
"""
WITHIN = """
select {{ retention.probability_of_purchase_if_alive("x", "age", "horizon", "cases") }} as score from cases
"""  # noqa: E501 (as it stands in the models)
MEDIAN_WAIT = """
select {{ retention.median_wait_if_alive("x", "age", "cases") }} as score from cases
"""
CDNOW = {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259, "first_dropout": 1.0}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return Project.in_folder(tmp_path_factory.mktemp("scoring"))


@pytest.fixture(scope="module")
def score(project):
    """A macro's SQL as a function: a frame of cases in, an array of scores out."""
    compiled = {}

    def run(cases, sql):
        if sql not in compiled:
            result = run_dbt(project, "compile", "--inline", sql)
            compiled[sql] = result.results[0].node.compiled_code
        with duckdb.connect() as connection:
            # Planning 200 nested terms takes longer than running them on so few rows.
            connection.execute("pragma disable_optimizer")
            connection.register("cases", pd.DataFrame(cases, dtype=float))
            return connection.execute(compiled[sql]).fetchnumpy()["score"]

    return run


def random_cases(seed, rows=150, **fixed):
    """Parameters and customers over wide ranges, horizons up to nine times alpha + T."""
    rng = np.random.default_rng(seed)

    def wide(low, high):
        return np.exp(rng.uniform(np.log(low), np.log(high), rows))

    cases = {"r": wide(0.05, 4), "alpha": wide(0.5, 50), "a": wide(0.05, 4), "b": wide(0.05, 10)}
    cases["first_dropout"] = rng.choice([0.0, 1.0], rows)  # MBG/NBD and BG/NBD
    cases["x"] = rng.choice([0, 1, 2, 5, 30, 300, 2000], rows).astype(float)
    cases["age"] = rng.integers(0, 1500, rows) / 7
    cases["recency"] = np.where(cases["x"] > 0, cases["age"] * rng.random(rows), 0)
    cases["horizon"] = (cases["alpha"] + cases["age"]) * wide(0.001, 9)
    return cases | {name: np.full(rows, value) for name, value in fixed.items()}


def rows_of(cases):
    return pd.DataFrame(cases).to_dict("records")


def mean_over_dropout(case):
    """E[(1 - e^(-rate dropout t)) / dropout] over an alive customer's posterior, by quadrature.

    The rate is Gamma(r + x, alpha + T), integrated by hand; dropout is Beta(a, b + x), integrated
    over its logit, where the trapezoidal rule converges exponentially.
    """
    a, b = case["a"], case["b"] + case["x"] + 1 - case["first_dropout"]
    logit = np.arange(-60 / min(a, 1) - np.log(b), 60 / min(b, 1), 0.05)
    log_density = a * logit - (a + b) * np.logaddexp(0, logit) - betaln(a, b)
    dropout = expit(np.maximum(logit, -600))  # nearer to 0 nothing changes
    ratio = case["horizon"] / (case["alpha"] + case["age"])
    purchases = -np.expm1(-(case["r"] + case["x"]) * np.log1p(dropout * ratio)) / dropout
    return 0.05 * np.exp(log_density) @ purchases


def textbook(case):
    """Equation (10) of Fader, Hardie & Lee (2005) as printed, without P(alive); NaN on overflow."""
    r, alpha, a, b = (case[name] for name in ("r", "alpha", "a", "b"))
    b = b + 1 - case["first_dropout"]
    x, age, horizon = case["x"], case["age"], case["horizon"]
    z = horizon / (alpha + age + horizon)
    series = hyp2f1(r + x, b + x, a + b + x - 1, z)
    with np.errstate(invalid="ignore"):
        return (a + b + x - 1) / (a - 1) * (1 - (1 - z) ** (r + x) * series)


# Formulas


@pytest.mark.parametrize("seed", range(3))
def test_expected_purchases_are_the_mean_over_the_posterior(score, seed):
    cases = random_cases(seed)
    expected = [mean_over_dropout(case) for case in rows_of(cases)]
    assert score(cases, IF_ALIVE) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("seed", range(3, 6))
def test_expected_purchases_are_those_of_the_textbook_where_it_holds(score, seed):
    cases = random_cases(seed)
    expected = np.array([textbook(case) for case in rows_of(cases)])
    # Where the textbook's form overflows, or its difference cancels, it says nothing.
    a, r, x = cases["a"], cases["r"], cases["x"]
    holds = (x <= 30) & (np.abs(a - 1) > 0.05) & (r + x > 0.2)
    holds &= np.abs(a + cases["b"] + x - cases["first_dropout"]) > 0.05
    assert holds.sum() > 50
    scored = score(cases, IF_ALIVE)
    assert scored[holds] == pytest.approx(expected[holds], rel=1e-8)


def test_the_textbook_overflows_where_the_series_does_not(score):
    cases = random_cases(6, x=2000.0)
    assert not np.isfinite([textbook(case) for case in rows_of(cases)]).all()
    assert np.isfinite(score(cases, IF_ALIVE)).all()


@pytest.mark.parametrize(
    "singular",
    [
        {"a": 1.0},
        {"a": 1 + 1e-9},
        {"a": 0.4, "b": 0.6, "x": 0.0, "first_dropout": 1},
        {"r": 1.5, "a": 2.5},
    ],
)
def test_singular_points_of_the_textbook_are_ordinary(score, singular):
    cases = random_cases(7, **singular)
    expected = [mean_over_dropout(case) for case in rows_of(cases)]
    assert score(cases, IF_ALIVE) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("z", "error"), [(0.9, 1e-11), (0.93, 1e-9), (0.95, 1e-7), (0.97, 1e-4)])
def test_error_at_long_horizons_is_the_documented_one(score, z, error):
    cases = random_cases(8, rows=300)
    cases["x"] = np.minimum(cases["x"], 5)
    cases["horizon"] = (cases["alpha"] + cases["age"]) * z / (1 - z)
    expected = np.array([mean_over_dropout(case) for case in rows_of(cases)])
    assert np.abs(score(cases, IF_ALIVE) / expected - 1).max() < error


@pytest.mark.parametrize("scale", [10, 1000])
def test_nearly_equal_dropout_of_all_customers_is_scored_too(score, scale):
    cases = random_cases(9, a=1.0 * scale, b=3.0 * scale, x=4.0)
    cases["horizon"] = np.minimum(cases["horizon"], 3 * (cases["alpha"] + cases["age"]))
    python = [
        fits.expected_purchases_if_alive(case, case["x"], case["age"], case["horizon"]).item()
        for case in rows_of(cases)
    ]
    assert score(cases, IF_ALIVE) == pytest.approx(python, rel=1e-9)


def test_probability_alive_is_that_of_the_textbook(score):
    cases = random_cases(10)
    with np.errstate(over="ignore"):
        r, alpha, a, b = (cases[name] for name in ("r", "alpha", "a", "b"))
        x, age, recency = cases["x"], cases["age"], cases["recency"]
        survived = np.maximum(x - cases["first_dropout"], 0)
        odds = a / (b + survived) * ((alpha + age) / (alpha + recency)) ** (r + x)
    expected = np.where(x >= cases["first_dropout"], 1 / (1 + odds), 1)
    assert score(cases, ALIVE) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def test_expected_order_value_is_the_mean_over_the_posterior(score):
    cases = {"p": 6.25, "q": 3.74, "v": 15.44}
    cases |= {"x": np.array([0, 1, 7, 50.0]), "mean_value": np.array([np.nan, 22.0, 73.74, 5.0])}
    scored = score(cases, ORDER_VALUE)
    for x, mean_value, value in zip(cases["x"], cases["mean_value"], scored, strict=True):
        total = x * mean_value if x else 0
        # The rate nu of a customer's values is Gamma(p x + q, v + x mean); their mean is p / nu.
        posterior = gamma(6.25 * x + 3.74, scale=1 / (15.44 + total))
        low, high = posterior.ppf([1e-13, 1 - 1e-13])
        expected, _ = quad(lambda nu, law=posterior: 6.25 / nu * law.pdf(nu), low, high)
        assert value == pytest.approx(expected, rel=1e-6)


def test_a_customer_who_never_paid_counts_with_a_value_of_zero(score):
    cases = {"p": 6.0, "q": 4.0, "v": 15.0, "x": [2, 2], "mean_value": [0.0, -5.0]}
    assert score(cases, ORDER_VALUE) == pytest.approx([6.0, 6.0])


@pytest.mark.parametrize(
    ("x", "recency", "age", "horizon", "purchases", "alive"),
    [(2, 30.43, 38.86, 39, 1.226, None), (26, 30.857, 31, 52, 25.7565, 0.968852)],
)
def test_published_customers(score, x, recency, age, horizon, purchases, alive):  # noqa: PLR0917
    cases = CDNOW | {"x": [x], "recency": recency, "age": age, "horizon": horizon}
    probability = score(cases, ALIVE)
    assert probability * score(cases, IF_ALIVE) == pytest.approx(purchases, abs=2e-3)
    if alive:
        assert probability == pytest.approx(alive, abs=5e-6)


# Timing, with the published parameters


@pytest.mark.parametrize(
    ("customer", "alive", "within_90_days", "within_39_weeks", "median_wait"),
    [
        ((2, 30.43, 38.86), 0.726614, 0.321162, 0.554612, 15.6726),
        ((0, 0, 38.86), 1, 0.061160, 0.144332, 710.2071),
        ((7, 29.43, 38.86), 0.641801, 0.544269, 0.635685, 4.3461),
    ],
)
def test_timing_of_three_customers(  # noqa: PLR0917
    score, customer, alive, within_90_days, within_39_weeks, median_wait
):
    x, recency, age = customer
    cases = CDNOW | {"x": [x], "recency": recency, "age": age}
    probability = score(cases, ALIVE)
    assert probability == pytest.approx(alive, abs=6e-7)
    for horizon, expected in ((90 / 7, within_90_days), (39, within_39_weeks)):
        within = probability * score(cases | {"horizon": horizon}, WITHIN)
        assert within == pytest.approx(expected, abs=6e-7)
    assert score(cases, MEDIAN_WAIT) == pytest.approx(median_wait, abs=6e-5)


def test_buyers_of_the_cdnow_sample_within_90_days(score):
    known = logs.purchase_statistics(logs.cdnow_sample(), logs.CALIBRATION_END)
    cases = CDNOW | {
        "x": known["repeat_purchases"],
        "recency": known["recency_weeks"],
        "age": known["age_weeks"],
        "horizon": 90 / 7,
    }
    expected = score(cases, ALIVE) * score(cases, WITHIN)
    purchases = logs.cdnow_sample()
    days_later = (purchases["date"] - pd.Timestamp(logs.CALIBRATION_END)).dt.days
    bought = known.index.isin(purchases["customer"][days_later.between(1, 90)])
    assert expected.sum() == pytest.approx(359.93, abs=0.005)
    assert bought.sum() == 398
    assert ((expected - bought) ** 2).mean() == pytest.approx(0.109588, abs=5e-7)


def test_simulated_customers_buy_as_often_as_the_probability_says(score):
    """Customers who are alive, with their own rates, of which dropout tells nothing more."""
    rng = np.random.default_rng(27)
    x, age = 2, 38.86
    rate = rng.gamma(CDNOW["r"] + x, 1 / (CDNOW["alpha"] + age), 1_000_000)
    waits = rng.exponential(1 / rate)
    cases = CDNOW | {"x": [x], "age": age, "horizon": 90 / 7}
    assert (waits <= 90 / 7).mean() == pytest.approx(score(cases, WITHIN)[0], abs=0.002)
    assert np.median(waits) == pytest.approx(score(cases, MEDIAN_WAIT)[0], rel=0.01)


@pytest.mark.parametrize("x", [0.0, 2000.0, 1e6])
def test_timing_overflows_nowhere(score, x):
    cases = random_cases(11, x=x)
    cases["r"][:20] = 1e-5
    within, wait = score(cases, WITHIN), score(cases, MEDIAN_WAIT)
    assert ((within >= 0) & (within <= 1)).all()
    assert np.isfinite(wait).all()
    # Before the median wait a purchase has come in less than half of the cases.
    assert ((wait <= cases["horizon"]) == (within >= 0.5)).all()


# Bounds and monotonicity

seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_scores_stay_within_their_bounds(score, seed):
    cases = random_cases(seed)
    probability, purchases = score(cases, ALIVE), score(cases, IF_ALIVE)
    assert ((probability >= 0) & (probability <= 1)).all()
    assert (purchases >= 0).all()
    assert np.isfinite(purchases).all()


@settings(max_examples=8, deadline=None)
@given(seeds, st.floats(1.001, 3))
def test_expected_purchases_grow_with_the_horizon_but_ever_slower(score, seed, factor):
    cases = random_cases(seed)
    shorter = cases | {"horizon": cases["horizon"] / factor}
    more, less = score(cases, IF_ALIVE), score(shorter, IF_ALIVE)
    assert (more >= less * (1 - 1e-11)).all()
    assert (more <= less * factor * (1 + 1e-11)).all()
    # Nobody is expected to buy more than they would if nobody ever dropped out.
    rate = (cases["r"] + cases["x"]) / (cases["alpha"] + cases["age"])
    assert (more <= rate * cases["horizon"] * (1 + 1e-11)).all()


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_more_time_since_the_last_purchase_lowers_the_probability_alive(score, seed):
    cases = random_cases(seed)
    earlier = cases | {"recency": cases["recency"] / 2}
    assert (score(earlier, ALIVE) <= score(cases, ALIVE) * (1 + 1e-12)).all()


@settings(max_examples=8, deadline=None)
@given(seeds)
def test_scores_in_sql_are_those_of_the_fit(score, seed):
    cases = random_cases(seed, rows=20)
    for case, alive, if_alive in zip(
        rows_of(cases), score(cases, ALIVE), score(cases, IF_ALIVE), strict=True
    ):
        x, age, horizon = case["x"], case["age"], case["horizon"]
        python_alive = fits.probability_alive(case, x, case["recency"], age).item()
        assert alive == pytest.approx(python_alive, rel=1e-9, abs=1e-300)
        python_if_alive = fits.expected_purchases_if_alive(case, x, age, horizon).item()
        assert if_alive == pytest.approx(python_if_alive, rel=1e-9)


# The models, built

PREDICTIONS = "retention_intermediate.int_retention__customer_predictions"
FITS = "retention__clv_model"
ENDS = [
    "int_retention__customer_predictions",
    "retention__clv_model",
    "retention__clv_calibration",
    "retention__forecast",
]


def build(project, variables=None):
    """Build the predictions and what they need, with the tests of these models."""
    selected = ["--select", *(f"+{name}" for name in ENDS)]
    selected += ["--indirect-selection", "cautious", "--exclude-resource-type", "unit_test"]
    run_dbt(project, "build", *selected, **variables or {})
    return predictions(project), model_rows(project)


def predictions(project):
    return project.marts.query(f"from {PREDICTIONS} order by customer_key").set_index(
        "customer_key"
    )


def model_rows(project):
    return project.marts.query(f"from {FITS}").set_index("model")


@pytest.fixture(scope="module")
def sample_file(tmp_path_factory):
    """The CDNOW sample of the `lifetimes` package as a file of orders, numbered by row."""
    sample = logs.cdnow_sample()
    orders = pd.DataFrame(
        {
            "order_id": [str(number) for number in range(len(sample))],
            "customer_id": sample["customer"],
            "ordered_at": sample["date"],
            "gross_amount": [Decimal(str(value)) for value in sample["value"]],
        }
    )
    path = tmp_path_factory.mktemp("cdnow") / "orders.parquet"
    orders.to_parquet(path, index=False)
    return str(path)


def test_cdnow_through_the_models_gives_the_published_fit_and_customers(project, sample_file):
    settings_used = {"raw_orders": sample_file}
    settings_used |= {"as_of_date": logs.CALIBRATION_END, "clv_horizon_days": 273}
    customers, models = build(project, settings_used)
    published = {"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}
    bg_nbd, gamma_gamma = models.loc["bg_nbd"], models.loc["gamma_gamma"]
    assert bg_nbd[list(published)].to_dict() == pytest.approx(published, abs=5.1e-5)
    assert bg_nbd["log_likelihood"] == pytest.approx(-9582.43, abs=0.005)
    assert (bg_nbd["customers"], bg_nbd["repeat_customers"]) == (2357, 946)
    assert gamma_gamma[["p", "q", "v"]].tolist() == pytest.approx(
        [6.2495, 3.7442, 15.4437], rel=2e-5
    )
    assert gamma_gamma["log_likelihood"] == pytest.approx(-4055.92, abs=0.005)
    statistics = project.marts.query(
        "from retention_intermediate.int_retention__purchase_statistics "
        "where observation = 'all' order by customer_key"
    )
    expected = logs.purchase_statistics(logs.cdnow_sample(), logs.CALIBRATION_END)
    for column in ["repeat_purchases", "recency_weeks", "age_weeks"]:
        assert statistics[column].tolist() == expected[column].tolist()
    assert statistics["mean_repeat_purchase_value"].to_numpy() == pytest.approx(
        expected["mean_repeat_purchase_value"].to_numpy(), rel=1e-12, nan_ok=True
    )
    # The customer of the paper's worked example: x = 2, t_x = 30.43, T = 38.86, 39 weeks ahead.
    example = statistics.query("repeat_purchases == 2 and abs(recency_weeks - 30.43) < 0.01")
    example = example[(example["age_weeks"] - 38.86).abs() < 0.01]["customer_key"].iloc[0]
    assert customers.loc[example, "expected_purchases"] == pytest.approx(1.226, abs=5e-4)


def test_cdnow_through_the_models_shows_the_shortfall_of_the_holdout(project, sample_file):
    _, models = build(project, {"raw_orders": sample_file})
    bg_nbd = models.loc["bg_nbd"]
    assert bg_nbd["holdout_weeks"] == 39
    assert bg_nbd["holdout_actual"] == 1882
    assert 0.12 < 1 - bg_nbd["holdout_expected"] / bg_nbd["holdout_actual"] < 0.14
    assert pd.isna(models.loc["gamma_gamma", "holdout_actual"])
    # Those of the published parameters, which this fit's differ from in the fifth digit.
    measures = {
        "mean_absolute_error": 0.785458,
        "root_mean_squared_error": 1.607981,
        "spearman_correlation": 0.449287,
        "normalised_gini": 0.662373,
        "top_tenth_share": 0.470244,
    }
    assert bg_nbd[list(measures)].to_dict() == pytest.approx(measures, abs=1e-4)
    assert bg_nbd["beats_baseline"]
    assert bg_nbd["is_used"]
    assert bg_nbd["choice_reason"].startswith("bg_nbd is used. Root mean squared error")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """The demo shop with its predictions, undiscounted."""
    project = Project.in_folder(tmp_path_factory.mktemp("demo"))
    return project, *build(project)


def rescore(project, variables):
    """The predictions under other settings."""
    run_dbt(project, "run", "--select", *(f"+{name}" for name in ENDS), **variables)
    return predictions(project)


def test_predictions_are_the_product_of_their_parts(demo):
    _, customers, _ = demo
    customers = customers.drop(columns=["expected_next_order_date", "churn_risk"]).astype(float)
    product = customers["expected_purchases"] * customers["expected_order_value"]
    assert (customers["predicted_clv"] - product).abs().max() < 0.5  # order value is in cents
    if_alive = customers["predicted_clv"] / customers["probability_alive"]
    likely = customers[customers["probability_alive"] > 0.1]  # cents are too coarse for the others
    at_risk = (if_alive * (1 - customers["probability_alive"]))[likely.index]
    assert (likely["value_at_risk"] - at_risk).abs().max() < 0.1
    assert (customers["value_at_risk"] > customers["predicted_clv"]).any()
    assert customers["predicted_clv"].sum() == pytest.approx(product.sum(), rel=1e-4)


def test_timing_follows_from_the_probabilities(demo):
    project, customers, models = demo
    as_of = project.marts.query(
        "select as_of_date from retention_intermediate.int_retention__reporting_dates"
    )["as_of_date"][0]
    fit = models.loc["bg_nbd"].astype(object).to_dict()
    known = project.marts.query(
        "from retention_intermediate.int_retention__purchase_statistics where observation = 'all'"
    ).set_index("customer_key")
    x, age = known["repeat_purchases"], known["age_weeks"]
    wait = 7 * (fit["alpha"] + age) * (2 ** (1 / (fit["r"] + x)) - 1)
    dates = pd.to_datetime(customers["expected_next_order_date"])
    days = (dates - pd.Timestamp(as_of)).dt.days.reindex(known.index)
    assert (days.isna() == (wait > 365)).all()
    assert (days.dropna() - wait[days.notna()]).abs().max() <= 0.5
    none = 1 - customers["probability_of_purchase"].astype(float)
    risk = pd.cut(none, [-1, 1 / 3, 2 / 3, 2], labels=["low", "medium", "high"]).astype(str)
    assert (risk == customers["churn_risk"]).all()
    assert set(customers["churn_risk"]) == {"low", "medium", "high"}


@pytest.mark.everything
def test_a_second_build_predicts_the_same(demo):
    project, customers, models = demo
    again = rescore(project, {})
    pd.testing.assert_frame_equal(again, customers, check_exact=True)
    pd.testing.assert_frame_equal(model_rows(project), models, check_exact=True)


@pytest.mark.everything
def test_parameters_of_the_command_give_the_predictions_of_the_python_model(demo):
    project, customers, models = demo
    parameters = fit_clv(project, 500)
    assert set(parameters) == {"bg_nbd", "mbg_nbd", "gamma_gamma", "tenth", "month"}
    results = "retention__clv_calibration", "retention__forecast"
    built = [project.marts.query(f"from {name} order by all") for name in results]
    rescored = rescore(project, {"clv_parameters": parameters})
    pd.testing.assert_frame_equal(rescored, customers, check_exact=True)
    pd.testing.assert_frame_equal(model_rows(project), models, check_exact=True)
    for name, expected in zip(results, built, strict=True):
        again = project.marts.query(f"from {name} order by all")
        assert len(again) >= 10
        pd.testing.assert_frame_equal(again, expected, check_exact=True)


def test_the_second_model_scores_where_it_is_the_one_in_use(demo):
    project, *_ = demo
    mbg_nbd = {"r": 0.55, "alpha": 5.4, "a": 0.6, "b": 2.0}
    rescored = rescore(project, {"clv_parameters": {"mbg_nbd": mbg_nbd}})
    known = project.marts.query(
        "from retention_intermediate.int_retention__purchase_statistics "
        "where observation = 'all' order by customer_key"
    )
    arrays = [
        known[name].to_numpy(float) for name in ("repeat_purchases", "recency_weeks", "age_weeks")
    ]
    fit = mbg_nbd | {"first_dropout": 0}
    alive = fits.probability_alive(fit, *arrays)
    assert (alive[arrays[0] == 0] < 1).all()
    assert rescored["probability_alive"].to_numpy(float) == pytest.approx(alive)
    expected = fits.expected_purchases(fit, *arrays, 365 / 7)
    assert rescored["expected_purchases"].to_numpy(float) == pytest.approx(expected)
    assert list(model_rows(project).query("is_used").index) == ["mbg_nbd"]


@pytest.mark.everything
def test_tenths_add_up_to_the_holdout(demo):
    project, _, models = demo
    # The test before has left other parameters there.
    rescore(project, {})
    tenths = project.marts.query("from retention__clv_calibration order by tenth").astype(float)
    fit = models.loc["bg_nbd"]
    assert tenths["expected_purchases"].sum() == pytest.approx(fit["holdout_expected"], rel=1e-9)
    assert tenths["actual_purchases"].sum() == pytest.approx(fit["holdout_actual"], rel=1e-9)
    assert tenths["expected_purchases"].is_monotonic_decreasing
    assert tenths["customers"].max() - tenths["customers"].min() <= 1
    best = tenths["actual_purchases"][0] / fit["holdout_actual"]
    assert best == pytest.approx(fit["top_tenth_share"], rel=1e-9)
    held_out = project.marts.query(
        """
        select count(*) as customers, sum(holdout_value) as holdout_value,
            count(*) filter (where holdout_purchases > 0) as buyers
        from retention_intermediate.int_retention__purchase_statistics
        where observation = 'calibration'
        """
    ).iloc[0]
    assert tenths["customers"].sum() == held_out["customers"]
    assert tenths["actual_buyers"].sum() == pytest.approx(held_out["buyers"], rel=1e-9)
    assert tenths["actual_value"].sum() == pytest.approx(float(held_out["holdout_value"]), abs=0.1)


def test_the_forecast_adds_up_to_the_customers(demo):
    project, _, models = demo
    rescore(project, {"clv_discount_rate_annual": 0.1})
    customers = predictions(project)
    months = project.marts.query("from retention__forecast order by month_start")
    ahead = months[~months["is_holdout"].astype(bool)]
    assert ahead["expected_orders"].sum() == pytest.approx(
        customers["expected_purchases"].sum(), rel=1e-9
    )
    assert float(ahead["expected_revenue"].sum()) == pytest.approx(
        float(customers["predicted_clv"].sum()), rel=1e-6
    )
    assert len(ahead) == 13  # of 365 days from the middle of a month
    assert ahead["actual_orders"].isna().all()
    held_out = months[months["is_holdout"].astype(bool)]
    fit = models.loc["bg_nbd"]
    assert held_out["expected_orders"].sum() == pytest.approx(fit["holdout_expected"], rel=1e-9)
    assert held_out["actual_orders"].sum() == fit["holdout_actual"]
    tenths = project.marts.query("from retention__clv_calibration")
    for name in ("actual", "expected"):
        assert float(held_out[f"{name}_revenue"].sum()) == pytest.approx(
            float(tenths[f"{name}_value"].sum()), rel=1e-6
        )
    inside = held_out["actual_orders"].between(
        held_out["expected_orders_low"], held_out["expected_orders_high"]
    )
    assert (len(held_out), inside.sum()) == (
        fit["holdout_months"],
        fit["holdout_months_in_interval"],
    )
    # What the hold-out was wrong by is in the interval of what is ahead.
    for name in ("orders", "buyers", "revenue"):
        actual, expected = (
            held_out[f"{kind}_{name}"].astype(float) for kind in ("actual", "expected")
        )
        wrong = np.sqrt(((actual - expected) ** 2).sum() / (expected**2).sum())
        expected, high = (ahead[f"expected_{name}{end}"].astype(float) for end in ("", "_high"))
        assert (high / expected - 1 > student_t.ppf(0.9, len(held_out)) * wrong).all(), name


@pytest.mark.everything
def test_discounting_takes_off_what_the_rate_says(demo):
    project, customers, _ = demo
    rate, horizon = 0.1, 365
    discounted = rescore(project, {"clv_discount_rate_annual": rate})
    pd.testing.assert_series_equal(
        discounted["expected_purchases"], customers["expected_purchases"], check_exact=True
    )
    # Between nothing and the discount of a purchase on the horizon's last day.
    kept = discounted["predicted_clv"].astype(float).sum() / float(customers["predicted_clv"].sum())
    assert 1 / (1 + rate) < kept < 0.98
    purchases = project.marts.query("from retention_intermediate.int_retention__expected_purchases")
    fit = model_rows(project).loc["bg_nbd"].astype(object).to_dict() | {"first_dropout": 1}
    days = np.linspace(0, horizon, 3651)
    for row in purchases.iloc[:: len(purchases) // 20].itertuples():
        curve = [
            fits.expected_purchases_if_alive(fit, row.repeat_purchases, row.age_weeks, day / 7)
            for day in days[1:]
        ]
        gains = np.diff(np.concatenate([[0], np.ravel(curve)]))
        middle = (days[1:] + days[:-1]) / 2
        expected = gains @ (1 + rate) ** (-middle / 365)
        assert row.discounted_purchases_if_alive == pytest.approx(expected, rel=1e-4)


def test_below_the_floor_nothing_is_predicted(demo):
    project, *_ = demo
    customers = rescore(project, {"clv_minimum_customers": 1_000_000})
    assert len(customers) == 6000
    assert customers.isna().all(axis=None)
    reasons = model_rows(project)["refused_reason"]
    assert (reasons == "6000 customers are fewer than clv_minimum_customers = 1000000.").all()


@pytest.mark.everything
def test_a_refusal_of_the_command_reaches_the_marts(demo):
    project, *_ = demo
    parameters = fit_clv(project, 1_000_000)
    assert rescore(project, {"clv_parameters": parameters}).isna().all(axis=None)
    models = model_rows(project)
    assert models["refused_reason"].str.startswith("6000 customers are fewer").all()
    assert not models["converged"].any()
    assert (models["customers"] == 6000).all()


@pytest.mark.everything
def test_one_refused_model_leaves_the_other_models_predictions(demo):
    project, *_ = demo
    parameters = {"bg_nbd": {"r": 0.4, "alpha": 4.0, "a": 0.6, "b": 3.0}}
    rescored = rescore(project, {"clv_parameters": parameters})
    assert rescored[["probability_alive", "expected_purchases"]].notna().all(axis=None)
    assert rescored[["expected_order_value", "predicted_clv"]].isna().all(axis=None)
    reason = model_rows(project).loc["gamma_gamma", "refused_reason"]
    assert reason == "The setting clv_parameters has no gamma_gamma."


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"clv_horizon_days": 0}, "clv_horizon_days: '0' is not a whole number from 1"),
        ({"purchase_probability_days": 0}, "purchase_probability_days: '0' is not a whole number"),
        ({"clv_horizon_days": "soon"}, "clv_horizon_days: 'soon' is not"),
        ({"clv_discount_rate_annual": -0.1}, "clv_discount_rate_annual: '-0.1' is not"),
        ({"clv_discount_rate_annual": "10 %"}, "clv_discount_rate_annual: '10 %' is not"),
        ({"clv_minimum_customers": "1; drop"}, "clv_minimum_customers: '1; drop' is not"),
        ({"clv_parameters": 3}, "clv_parameters: give a dictionary"),
        ({"clv_parameters": {"pareto": {"r": 1}}}, "clv_parameters: 'pareto' is not one of"),
        ({"clv_parameters": {"bg_nbd": {"r": "1) or (1"}}}, "clv_parameters: r of bg_nbd is"),
        ({"clv_parameters": {"month": [{"month_start": "'"}]}}, "month_start of month is"),
        ({"clv_parameters": {"tenth": [{"tenth": "1"}]}}, "tenth of tenth is '1', not a number"),
        ({"clv_parameters": {"bg_nbd": {"r": 1}}}, "clv_parameters: bg_nbd needs alpha"),
        (
            {"clv_parameters": {"gamma_gamma": {"p": 6, "q": 0.9, "v": 15}}},
            "clv_parameters: gamma_gamma needs q as a number above 1",
        ),
    ],
)
def test_a_senseless_setting_stops_the_run_with_one_line(project, variables, message):
    with pytest.raises(DbtFailedError) as failure:
        run_dbt(project, "run", "--select", "int_retention__expected_purchases", **variables)
    assert message in str(failure.value)
