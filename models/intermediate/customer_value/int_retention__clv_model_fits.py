"""Fit the models of customer lifetime value by maximum likelihood, one row a fit.

BG/NBD (how often and how long a customer buys): Fader, Hardie & Lee (2005), "Counting Your
Customers the Easy Way", Marketing Science 24(2). Gamma-Gamma (how much a purchase is worth): Fader
& Hardie (2013), "The Gamma-Gamma Model of Monetary Value". Both likelihoods are maximised over the
logarithms of their parameters with the analytic gradient, on statistics grouped by equal values.

The file imports nothing of this project, so that it runs as a dbt model wherever numpy, pandas and
scipy are installed; `python3 retention.py fit-clv` runs the same functions for engines without
Python models.
"""

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit, gammaln, psi

BG_NBD_PARAMETERS = ("r", "alpha", "a", "b")
GAMMA_GAMMA_PARAMETERS = ("p", "q", "v")
PARAMETERS = BG_NBD_PARAMETERS + GAMMA_GAMMA_PARAMETERS

# A parameter that runs past these has no finite maximum-likelihood value.
SMALLEST_PARAMETER, LARGEST_PARAMETER = 1e-5, 1e5
# Converged: a further Newton step would raise the log-likelihood by less than this.
LIKELIHOOD_TOLERANCE = 1e-12
NEWTON_MAXIMUM_STEPS = 20
# More rows than twice as many are searched in about this many of them first.
SEARCHED_ROWS = 20_000
SERIES_TOLERANCE = 1e-15
SERIES_MAXIMUM_TERMS = 100_000


class FitRefusedError(ValueError):
    """The data do not carry a fit; the message says why in one sentence."""


def weighted_sum(weights, values):
    """Return the sum of weights * values by numpy itself.

    The product `@` would round differently with the number of threads of the machine's BLAS.
    """
    return np.sum(weights * values)


def bg_nbd_objective(log_parameters, statistics):
    """Return the negative log-likelihood of BG/NBD and its gradient, per customer.

    log_parameters: natural logarithms of (r, alpha, a, b), alpha in weeks, shape (4,).
    statistics: arrays (x, t_x, T, customers, distinct x, customers by distinct x).
    Equation (6) of Fader, Hardie & Lee (2005); the gradient is with respect to log_parameters.
    """
    r, alpha, a, b = np.exp(log_parameters)
    x, recency, age, customers, x_values, customers_by_x = statistics
    total = customers.sum()

    log_age, log_recency = np.log(alpha + age), np.log(alpha + recency)
    still_alive = -(r + x) * log_age
    # Who never bought again cannot have dropped out: dropout follows a repeat purchase.
    repeat = x > 0
    dropped_out = np.full_like(age, -np.inf)
    dropped_out[repeat] = (
        np.log(a) - np.log(b + x[repeat] - 1) - (r + x[repeat]) * log_recency[repeat]
    )
    by_x = (
        gammaln(r + x_values)
        - gammaln(r)
        + gammaln(a + b)
        + gammaln(b + x_values)
        - gammaln(b)
        - gammaln(a + b + x_values)
    )
    log_likelihood = (
        weighted_sum(customers_by_x, by_x)
        + total * r * np.log(alpha)
        + weighted_sum(customers, np.logaddexp(still_alive, dropped_out))
    )

    dropouts = customers * expit(dropped_out - still_alive)
    others = customers - dropouts
    beta_total = psi(a + b) - psi(a + b + x_values)
    gradient = np.array(
        [
            weighted_sum(customers_by_x, psi(r + x_values) - psi(r))
            + total * np.log(alpha)
            - weighted_sum(others, log_age)
            - weighted_sum(dropouts, log_recency),
            total * r / alpha
            - weighted_sum(others, (r + x) / (alpha + age))
            - weighted_sum(dropouts, (r + x) / (alpha + recency)),
            weighted_sum(customers_by_x, beta_total) + dropouts.sum() / a,
            weighted_sum(customers_by_x, beta_total + psi(b + x_values) - psi(b))
            - weighted_sum(dropouts[repeat], 1 / (b + x[repeat] - 1)),
        ]
    )
    return -log_likelihood / total, -gradient * np.exp(log_parameters) / total


def gamma_gamma_objective(log_parameters, statistics):
    """Return the negative log-likelihood of Gamma-Gamma and its gradient, per repeat customer.

    log_parameters: natural logarithms of (p, q, v), v in the unit of the values, shape (3,).
    statistics: arrays (x, mean value, customers, distinct x, customers by distinct x).
    Equation (1a) of Fader & Hardie (2013); the gradient is with respect to log_parameters.
    """
    p, q, v = np.exp(log_parameters)
    x, value, customers, x_values, customers_by_x = statistics
    total = customers.sum()

    log_sum = np.log(v + x * value)
    shape = p * x + q
    log_likelihood = (
        weighted_sum(customers_by_x, gammaln(p * x_values + q) - gammaln(p * x_values))
        + total * (q * np.log(v) - gammaln(q))
        + weighted_sum(customers, p * x * np.log(x * value) - np.log(value) - shape * log_sum)
    )
    gradient = np.array(
        [
            weighted_sum(customers_by_x, x_values * (psi(p * x_values + q) - psi(p * x_values)))
            + weighted_sum(customers, x * (np.log(x * value) - log_sum)),
            weighted_sum(customers_by_x, psi(p * x_values + q))
            + total * (np.log(v) - psi(q))
            - weighted_sum(customers, log_sum),
            total * q / v - weighted_sum(customers, shape / (v + x * value)),
        ]
    )
    return -log_likelihood / total, -gradient * np.exp(log_parameters) / total


def search_maximum(objective, log_start, statistics):
    """Return the logarithms of the parameters with the largest likelihood within the limits."""
    limits = tuple(np.log([SMALLEST_PARAMETER, LARGEST_PARAMETER]))
    return minimize(
        objective,
        log_start,
        args=(statistics,),
        jac=True,
        method="L-BFGS-B",
        bounds=[limits] * len(log_start),
        options={"maxiter": 1000, "ftol": 1e-15, "gtol": 1e-7},
    ).x


def refuse_limits(log_parameters, names):
    """Raise FitRefusedError for a parameter that ran to one of its limits."""
    smallest, largest = np.log([SMALLEST_PARAMETER, LARGEST_PARAMETER])
    for name, value in zip(names, log_parameters, strict=True):
        if not smallest + 1e-3 < value < largest - 1e-3:
            limit = "0" if value < 0 else "infinity"
            raise FitRefusedError(
                f"The likelihood has no maximum: {name} runs to {limit}, so the data do not show "
                "how customers differ."
            )


def hessian_of(objective, log_parameters, statistics, step=1e-4):
    """Return the matrix of second derivatives by central differences of the gradient.

    Raises FitRefusedError where it is not that of a loss with one lowest point.
    """
    steps = step * np.eye(len(log_parameters))
    differences = np.array(
        [
            objective(log_parameters + change, statistics)[1]
            - objective(log_parameters - change, statistics)[1]
            for change in steps
        ]
    ) / (2 * step)
    hessian = (differences + differences.T) / 2
    if not np.isfinite(hessian).all() or np.linalg.eigvalsh(hessian)[0] <= 0:
        raise FitRefusedError(
            "The fit did not converge: the likelihood is flat, so the data do not tell the "
            "parameters apart."
        )
    return hessian


def climb(objective, log_parameters, searched, statistics):
    """Return the maximum that Newton steps reach, by the curvature of `searched`, a part of all."""
    customers = statistics[-1].sum()
    for _ in range(NEWTON_MAXIMUM_STEPS):
        hessian = hessian_of(objective, log_parameters, searched)
        _, gradient = objective(log_parameters, statistics)
        newton_step = np.linalg.solve(hessian, gradient)
        gain_left = customers * gradient @ newton_step / 2
        if gain_left < LIKELIHOOD_TOLERANCE:
            return log_parameters
        log_parameters = log_parameters - newton_step
    raise FitRefusedError(
        f"The fit did not converge: the log-likelihood could still rise by {gain_left:.2g}."
    )


def maximise_likelihood(objective, start, rows, names):
    """Return (parameters, standard errors, log-likelihood) at the maximum of a likelihood.

    start: positive parameters to start from. rows: sorted arrays, x first and customers last. A
    large number of rows is searched in evenly spaced ones first: their maximum and curvature are so
    near those of all rows that a few steps remain, which end where any other search would.
    Standard errors come from the observed information. Raises FitRefusedError where all rows have
    no maximum or the search does not reach it.
    """
    everyone = with_counts_by_x(rows)
    spacing = len(rows[0]) // SEARCHED_ROWS
    some = [with_counts_by_x([column[::spacing] for column in rows])] if spacing > 1 else []
    optimum = np.log(start)
    for searched in [*some, everyone]:
        optimum = search_maximum(objective, optimum, searched)
        try:
            refuse_limits(optimum, names)
            optimum = climb(objective, optimum, searched, everyone)
            hessian = hessian_of(objective, optimum, everyone)
            break
        except FitRefusedError:
            if searched is everyone:
                raise
    customers = rows[-1].sum()
    loss, _ = objective(optimum, everyone)
    parameters = np.exp(optimum)
    standard_errors = parameters * np.sqrt(np.diag(np.linalg.inv(hessian)) / customers)
    return parameters, standard_errors, -loss * customers


def with_counts_by_x(rows):
    """Return the arrays with the distinct values of the first, and the sum of the last by them."""
    return (*rows, *count_by_value(rows[0], rows[-1]))


def count_by_value(values, weights):
    """Return the distinct values and the sum of the weights of each."""
    distinct, position = np.unique(values, return_inverse=True)
    return distinct, np.bincount(position, weights=weights)


def sorted_columns(frame, columns):
    """Return the columns as float arrays in one fixed row order, so that sums never differ."""
    ordered = frame.sort_values(columns, kind="stable")
    return [ordered[column].to_numpy(dtype=float) for column in columns]


def fit_bg_nbd(statistics, minimum_customers):
    """Fit BG/NBD and return its parameters, standard errors and log-likelihood as a dict.

    statistics: frame with repeat_purchases (x), recency_weeks (t_x), age_weeks (T) and customers
    (how many customers share these values).
    Raises FitRefusedError for fewer than minimum_customers and for data without a maximum.
    """
    x, recency, age, customers = sorted_columns(
        statistics, ["repeat_purchases", "recency_weeks", "age_weeks", "customers"]
    )
    total = customers.sum()
    if total < minimum_customers:
        raise FitRefusedError(
            f"{total:.0f} customers are fewer than clv_minimum_customers = {minimum_customers}."
        )
    if not x.any():
        raise FitRefusedError(
            "No customer has bought again, so purchase rates cannot be told from dropout."
        )
    start = [1, weighted_sum(customers, age) / weighted_sum(customers, x), 1, 1]
    parameters, standard_errors, log_likelihood = maximise_likelihood(
        bg_nbd_objective,
        np.clip(start, SMALLEST_PARAMETER, LARGEST_PARAMETER),
        (x, recency, age, customers),
        BG_NBD_PARAMETERS,
    )
    return fit_row(BG_NBD_PARAMETERS, parameters, standard_errors, log_likelihood)


def fit_gamma_gamma(values, minimum_customers, all_customers):
    """Fit Gamma-Gamma and return its parameters, standard errors and log-likelihood as a dict.

    values: frame with repeat_purchases (x > 0), mean_repeat_purchase_value (> 0) and customers
    (how many share these values). all_customers: customers of any kind, for the data floor.
    Raises FitRefusedError below the floor, without a maximum, and for q <= 1 (no finite mean).
    """
    if all_customers < minimum_customers:
        raise FitRefusedError(
            f"{all_customers:.0f} customers are fewer than "
            f"clv_minimum_customers = {minimum_customers}."
        )
    x, value, customers = sorted_columns(
        values, ["repeat_purchases", "mean_repeat_purchase_value", "customers"]
    )
    total = customers.sum()
    if total == 0:
        raise FitRefusedError("No customer has a repeat purchase of positive value.")
    if (value == value[0]).all():
        raise FitRefusedError(
            "All customers have the same mean purchase value, so there is no spread to fit."
        )
    # Fitted in units of the mean value, the search is the same in every currency.
    unit = weighted_sum(customers, value) / total
    scaled_parameters, standard_errors, log_likelihood = maximise_likelihood(
        gamma_gamma_objective,
        [2.0, 3.0, 1.0],
        (x, value / unit, customers),
        GAMMA_GAMMA_PARAMETERS,
    )
    to_currency = np.array([1, 1, unit])
    if scaled_parameters[1] <= 1:
        raise FitRefusedError(
            f"q = {scaled_parameters[1]:.3f} is not above 1: the mean purchase value of all "
            "customers is infinite under the fit."
        )
    return fit_row(
        GAMMA_GAMMA_PARAMETERS,
        scaled_parameters * to_currency,
        standard_errors * to_currency,
        log_likelihood - total * np.log(unit),
    )


def fit_row(names, parameters, standard_errors, log_likelihood):
    """Return a fit as one flat dict of floats."""
    return (
        dict(zip(names, map(float, parameters), strict=True))
        | {
            f"{name}_standard_error": float(error)
            for name, error in zip(names, standard_errors, strict=True)
        }
        | {"log_likelihood": float(log_likelihood)}
    )


def probability_alive(fit, x, recency, age):
    """Return P(alive | x, t_x, T) of BG/NBD, an array in [0, 1]; recency and age in weeks.

    From equation (10) of Fader, Hardie & Lee (2005).
    """
    r, alpha, a, b = (fit[name] for name in BG_NBD_PARAMETERS)
    log_odds_of_dropout = (
        np.log(a)
        - np.log(b + np.maximum(x, 1) - 1)
        + (r + x) * np.log((alpha + age) / (alpha + recency))
    )
    return np.where(x > 0, expit(-log_odds_of_dropout), 1.0)


def expected_purchases_if_alive(fit, x, age, horizon):
    """Return the purchases expected in the next `horizon` weeks from customers who are alive.

    x, age: arrays of one shape, age (T) in weeks. Equation (10) of Fader, Hardie & Lee (2005),
    factor * C / B * (1 - (1 - z)^B * 2F1(A, B; C; z)) with z = horizon / (alpha + T + horizon),
    as published where its series falls fast and after Euler's transformation elsewhere. The leading
    1 of the series is taken out, so that neither B = 0 (a = 1) nor C = 0 is singular.
    """
    r, alpha, a, b = (fit[name] for name in BG_NBD_PARAMETERS)
    x, age = np.broadcast_arrays(np.atleast_1d(x).astype(float), np.atleast_1d(age).astype(float))
    z = horizon / (alpha + age + horizon)
    as_published = a > 1 + r + x
    series_a = np.where(as_published, b + x, a + b - 1 - r)
    series_b = np.where(as_published, r + x, a - 1)
    series_c = a + b + x - 1
    factor = np.divide(r + x, a - 1, out=np.ones_like(x), where=as_published)

    exponent = series_b * np.log1p(-z)
    growth = -np.log1p(-z) * np.divide(
        np.expm1(exponent), exponent, out=np.ones_like(exponent), where=exponent != 0
    )
    term = series_a * z
    series = term.copy()
    running = np.flatnonzero(term)
    for n in range(1, SERIES_MAXIMUM_TERMS):
        rising = (series_a[running] + n) * (series_b[running] + n) / (n + 1)
        ratio = z[running] * rising / (series_c[running] + n)
        term[running] *= ratio
        series[running] += term[running]
        # The terms left over are about a geometric series once each is smaller than the last.
        left_over = np.abs(term[running]) > SERIES_TOLERANCE * np.abs(series[running]) * (1 - ratio)
        running = running[left_over | (ratio >= 1)]
        if not running.size:
            break
    return factor * (series_c * growth - np.exp(exponent) * series)


def expected_holdout_purchases(fit, statistics, horizon):
    """Return the expected repeat purchases of all customers over the next `horizon` weeks."""
    x, recency, age, customers = sorted_columns(
        statistics, ["repeat_purchases", "recency_weeks", "age_weeks", "customers"]
    )
    # Many customers share (x, T): the series is summed once for each pair.
    pairs, pair_of_row = np.unique(np.stack([x, age]), axis=1, return_inverse=True)
    if_alive = expected_purchases_if_alive(fit, *pairs, horizon)[pair_of_row.ravel()]
    expected = probability_alive(fit, x, recency, age) * if_alive
    return float(weighted_sum(customers, expected))


def attempt(fit, *arguments):
    """Return the result of a fit with `converged` and `refused_reason`, whatever the data do."""
    try:
        with np.errstate(all="ignore"):
            result = fit(*arguments)
        numbers = [value for value in result.values() if isinstance(value, float)]
        if not np.isfinite(numbers).all():
            raise FitRefusedError("The fit did not converge: it left the finite numbers.")
    except FitRefusedError as refusal:
        return {"converged": False, "refused_reason": str(refusal)}
    except (ArithmeticError, ValueError, IndexError, np.linalg.LinAlgError) as error:
        return {"converged": False, "refused_reason": f"The fit failed: {error}."}
    return result | {"converged": True, "refused_reason": None}


def holdout(statistics, horizon, minimum_customers):
    """Fit BG/NBD on the calibration period and return actual and expected holdout purchases."""
    fit = fit_bg_nbd(statistics, minimum_customers)
    return {
        "holdout_actual": float(statistics["holdout_purchases"].sum()),
        "holdout_expected": expected_holdout_purchases(fit, statistics, horizon),
    }


def fit_models(statistics, values, minimum_customers):
    """Fit both models and return one row a fit; a fit that is refused has a reason, no parameters.

    statistics: frame with observation (`all` or `calibration`), repeat_purchases, recency_weeks,
    age_weeks, customers and, of the calibration rows, holdout_purchases and holdout_weeks.
    values: frame with repeat_purchases, mean_repeat_purchase_value and customers.
    """
    everyone = statistics[statistics["observation"] == "all"]
    calibration = statistics[statistics["observation"] == "calibration"]
    all_customers = float(everyone["customers"].sum())
    repeat_customers = float(everyone.loc[everyone["repeat_purchases"] > 0, "customers"].sum())

    bg_nbd = attempt(fit_bg_nbd, everyone, minimum_customers)
    horizon = float(calibration["holdout_weeks"].max()) if len(calibration) else 0.0
    forecast = attempt(holdout, calibration, horizon, minimum_customers)
    gamma_gamma = attempt(fit_gamma_gamma, values, minimum_customers, all_customers)
    rows = [
        {"model": "bg_nbd", "customers": all_customers, "repeat_customers": repeat_customers}
        | bg_nbd
        | {
            "holdout_actual": forecast.get("holdout_actual"),
            "holdout_expected": forecast.get("holdout_expected"),
            "holdout_weeks": horizon or None,
            "holdout_refused_reason": forecast["refused_reason"],
        },
        {
            "model": "gamma_gamma",
            "customers": all_customers,
            "repeat_customers": float(values["customers"].sum()),
        }
        | gamma_gamma,
    ]
    doubles = [*PARAMETERS, *(f"{name}_standard_error" for name in PARAMETERS)]
    doubles += ["log_likelihood", "holdout_weeks", "holdout_actual", "holdout_expected"]
    # Nullable types carry their type and their NULLs into the table, even where all rows are NULL.
    types = (
        {"model": "string"}
        | dict.fromkeys(doubles, "Float64")
        | {"customers": "Int64", "repeat_customers": "Int64", "converged": "boolean"}
        | {"refused_reason": "string", "holdout_refused_reason": "string"}
    )
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def model(dbt, session):
    """Fit as a dbt model; returns the frame of `fit_models`."""
    # Settings reach a Python model through its configuration, in the YAML file beside this one.
    settings = dbt.config.get("meta")
    return fit_models(
        dbt.ref("int_retention__purchase_statistics_grouped").df(),
        dbt.ref("int_retention__purchase_values_grouped").df(),
        int(settings["clv_minimum_customers"]),
    )
