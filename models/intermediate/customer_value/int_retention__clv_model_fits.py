"""Fit the models of customer lifetime value by maximum likelihood, one row per fit.

BG/NBD (how often and how long a customer buys): Fader, Hardie & Lee (2005), "Counting Your
Customers the Easy Way", Marketing Science 24(2). MBG/NBD, in which a customer can already drop
out after the first purchase: Batislam, Denizel & Filiztekin (2007), "Empirical validation and
comparison of models for customer base analysis", International Journal of Research in Marketing
24(3). Both become the negative binomial if nobody drops out: Ehrenberg (1959), "The Pattern of
Consumer Purchases", Journal of the Royal Statistical Society C 8(1). Gamma-Gamma (how much a
purchase is worth): Fader & Hardie (2013), "The Gamma-Gamma Model of Monetary Value". The
likelihoods are maximised over the logarithms of their parameters with the analytic gradient, on
statistics grouped by equal values.

Each fit is repeated on the calibration, the first half of the time, and its predictions are
compared with the hold-out, the second half, customer by customer; that decides which model is used,
if any.

The interval of a forecast covers chance, the uncertainty of the parameters and the error of the
forecast before it: empirical prediction intervals, Williams & Goodman (1971),
"A Simple Method for the Construction of Empirical Confidence Limits for Economic Forecasts",
Journal of the American Statistical Association 66(336).

The file imports nothing of this project, so that it runs as a dbt model wherever numpy, pandas and
scipy are installed; `python3 retention.py fit-clv` runs the same functions for engines without
Python models.
"""

import os

# The matrices are small: threads of the linear algebra would only wait for each other. numpy looks
# at this once, when it is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from numpy.polynomial.chebyshev import chebvander
from scipy.linalg import eigh_tridiagonal
from scipy.optimize import minimize
from scipy.special import expit, gammaln, psi, stdtrit

BG_NBD_PARAMETERS = ("r", "alpha", "a", "b")
NBD_PARAMETERS = BG_NBD_PARAMETERS[:2]
EXTRA_PARAMETERS = len(BG_NBD_PARAMETERS) - len(NBD_PARAMETERS)
GAMMA_GAMMA_PARAMETERS = ("p", "q", "v")
PARAMETERS = BG_NBD_PARAMETERS + GAMMA_GAMMA_PARAMETERS
# The models of how often and how long customers buy, and the number of repeat purchases from which
# on a customer can have dropped out.
FIRST_DROPOUT = {"bg_nbd": 1, "mbg_nbd": 0}
# The second model is used where its error in the hold-out is smaller by this part of the first's.
CLEARLY_SMALLER = 0.01
QUALITY = (
    "mean_absolute_error",
    "root_mean_squared_error",
    "spearman_correlation",
    "normalised_gini",
    "top_tenth_share",
    "brier_score",
)
BASELINES = ("rate_baseline", "mean_baseline")
# What is known at the end of the time, half-way to it, and half-way to that.
OBSERVATIONS = ("all", "calibration", "early_calibration")

# Error of the means over dropout probabilities, and the most points at which they are taken.
DROPOUT_TOLERANCE, DROPOUT_MAXIMUM_POINTS = 1e-11, 200
SMALLEST_DROPOUT = 1e-290  # a probability that can still be divided by
# Error of sums over customers of all ages, of which a few stand for all.
AGE_TOLERANCE = 1e-12
# The interval of a forecast: so many futures of so many customers, the same ones in every build.
SIMULATED_FUTURES = 200
SIMULATED_CUSTOMERS = 2_000
SEED = 20_050_613
INTERVAL = (0.1, 0.9)
FORECAST = ("orders", "buyers", "revenue")

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


def bg_nbd_objective(log_parameters, statistics, first_dropout=FIRST_DROPOUT["bg_nbd"]):
    """Return the negative log-likelihood of BG/NBD or MBG/NBD and its gradient, per customer.

    log_parameters: natural logarithms of (r, alpha, a, b), alpha in weeks, shape (4,).
    statistics: arrays (x, t_x, T, customers, distinct x, customers by distinct x).
    first_dropout: 1 is BG/NBD, equation (6) of Fader, Hardie & Lee (2005). With 0 a customer can
    also drop out after the first purchase, which adds one to the chances of dropping out: MBG/NBD.
    The gradient is with respect to log_parameters.
    """
    r, alpha, a, b = np.exp(log_parameters)
    x, recency, age, customers, x_values, customers_by_x = statistics
    total = customers.sum()
    chances, chances_of_x_values = x + 1 - first_dropout, x_values + 1 - first_dropout

    log_age, log_recency = np.log(alpha + age), np.log(alpha + recency)
    still_alive = -(r + x) * log_age
    # In BG/NBD who never bought again cannot have dropped out: dropout follows a repeat purchase.
    can_drop = chances > 0
    dropped_out = np.full_like(age, -np.inf)
    dropped_out[can_drop] = (
        np.log(a) - np.log(b + chances[can_drop] - 1) - (r + x[can_drop]) * log_recency[can_drop]
    )
    by_x = (
        gammaln(r + x_values)
        - gammaln(r)
        + gammaln(a + b)
        + gammaln(b + chances_of_x_values)
        - gammaln(b)
        - gammaln(a + b + chances_of_x_values)
    )
    log_likelihood = (
        weighted_sum(customers_by_x, by_x)
        + total * r * np.log(alpha)
        + weighted_sum(customers, np.logaddexp(still_alive, dropped_out))
    )

    dropouts = customers * expit(dropped_out - still_alive)
    others = customers - dropouts
    beta_total = psi(a + b) - psi(a + b + chances_of_x_values)
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
            weighted_sum(customers_by_x, beta_total + psi(b + chances_of_x_values) - psi(b))
            - weighted_sum(dropouts[can_drop], 1 / (b + chances[can_drop] - 1)),
        ]
    )
    return -log_likelihood / total, -gradient * np.exp(log_parameters) / total


def mbg_nbd_objective(log_parameters, statistics):
    """Return the negative log-likelihood of MBG/NBD and its gradient; see `bg_nbd_objective`."""
    return bg_nbd_objective(log_parameters, statistics, FIRST_DROPOUT["mbg_nbd"])


def nbd_objective(log_parameters, statistics):
    """Return the negative log-likelihood without dropout and its gradient, per customer.

    log_parameters: natural logarithms of (r, alpha), alpha in weeks, shape (2,). statistics: as of
    `bg_nbd_objective`, whose limit this is where a goes to 0.
    """
    r, alpha = np.exp(log_parameters)
    x, _, age, customers, x_values, customers_by_x = statistics
    total = customers.sum()
    log_age = np.log(alpha + age)
    log_likelihood = (
        weighted_sum(customers_by_x, gammaln(r + x_values) - gammaln(r))
        + total * r * np.log(alpha)
        - weighted_sum(customers, (r + x) * log_age)
    )
    gradient = np.array(
        [
            weighted_sum(customers_by_x, psi(r + x_values) - psi(r))
            + total * np.log(alpha)
            - weighted_sum(customers, log_age),
            total * r / alpha - weighted_sum(customers, (r + x) / (alpha + age)),
        ]
    )
    return -log_likelihood / total, -gradient * np.exp(log_parameters) / total


OBJECTIVES = {"bg_nbd": bg_nbd_objective, "mbg_nbd": mbg_nbd_objective, "nbd": nbd_objective}


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
    arrays = [frame[column].to_numpy(dtype=float) for column in columns]
    order = np.lexsort(arrays[::-1])
    return [array[order] for array in arrays]


def purchase_rows(statistics, minimum_customers):
    """Return x, t_x, T and customers as arrays, and parameters of BG/NBD to start a search from.

    statistics: frame with repeat_purchases (x), recency_weeks (t_x), age_weeks (T) and customers
    (how many customers share these values).
    Raises FitRefusedError for fewer than minimum_customers and where nobody has bought again.
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
    start = np.clip(start, SMALLEST_PARAMETER, LARGEST_PARAMETER)
    return (x, recency, age, customers), start


def fit_bg_nbd(statistics, minimum_customers, model="bg_nbd"):
    """Fit BG/NBD or MBG/NBD; return parameters, standard errors and log-likelihood as a dict.

    statistics: as of `purchase_rows`, which see for refusals. model: a key of FIRST_DROPOUT.
    Raises FitRefusedError for data without a maximum, too.
    """
    rows, start = purchase_rows(statistics, minimum_customers)
    fit = maximise_likelihood(OBJECTIVES[model], start, rows, BG_NBD_PARAMETERS)
    fit = fit_row(BG_NBD_PARAMETERS, *fit)
    return fit | {"model": model, "first_dropout": FIRST_DROPOUT[model]}


def fit_nbd(rows, start):
    """Fit the model without dropout and return the same as `fit_bg_nbd` does, with a = 0.

    rows, start: as `purchase_rows` returns them. With b = 1 the formulas of BG/NBD hold as they
    are: everybody is alive and stays so. Raises FitRefusedError for data without a maximum.
    """
    fit = maximise_likelihood(nbd_objective, start[:2], rows, NBD_PARAMETERS)
    return fit_row(NBD_PARAMETERS, *fit) | {"model": "nbd", "a": 0.0, "b": 1.0, "first_dropout": 1}


def fit_past(statistics, minimum_customers, model):
    """Fit a model to a calibration as `fit_bg_nbd` does, without dropout where it shows none.

    A part of the time can be too short to see anybody drop out: then the likelihood has no maximum,
    and gains less by dropout than two parameters more are worth (Akaike 1974, "A New Look at the
    Statistical Model Identification", IEEE Transactions on Automatic Control 19(6)).
    """
    try:
        return fit_bg_nbd(statistics, minimum_customers, model)
    except FitRefusedError:
        rows, start = purchase_rows(statistics, minimum_customers)
        fit = fit_nbd(rows, start)
        everyone = with_counts_by_x(rows)
        some_dropout = np.log([fit["r"], fit["alpha"], 0.01, 1])
        found = search_maximum(OBJECTIVES[model], some_dropout, everyone)
        loss, _ = OBJECTIVES[model](found, everyone)
        if -loss * everyone[3].sum() - fit["log_likelihood"] > EXTRA_PARAMETERS:
            raise
        return fit


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
    """Return P(alive | x, t_x, T), an array in [0, 1]; recency and age in weeks.

    From equation (10) of Fader, Hardie & Lee (2005). Without dropout (a = 0) everybody is alive.
    """
    r, alpha, a, b = (fit[name] for name in BG_NBD_PARAMETERS)
    first_dropout = fit["first_dropout"]
    with np.errstate(divide="ignore"):
        log_a = np.log(a)
    log_odds_of_dropout = (
        log_a
        - np.log(b + np.maximum(x - first_dropout, 0))
        + (r + x) * np.log((alpha + age) / (alpha + recency))
    )
    return np.where(x >= first_dropout, expit(-log_odds_of_dropout), 1.0)


def probability_of_purchase(fit, x, recency, age, horizon):
    """Return the probability of a purchase in the next `horizon` weeks, an array in [0, 1].

    While alive, the purchase rate is Gamma(r + x, alpha + T); dropout only follows a purchase.
    """
    waits_longer = -(fit["r"] + x) * np.log1p(horizon / (fit["alpha"] + age))
    return probability_alive(fit, x, recency, age) * -np.expm1(waits_longer)


def expected_purchases_if_alive(fit, x, age, horizon):
    """Return the purchases expected in the next `horizon` weeks from customers who are alive.

    x, age: arrays of one shape, age (T) in weeks. Equation (10) of Fader, Hardie & Lee (2005),
    factor * C / B * (1 - (1 - z)^B * 2F1(A, B; C; z)) with z = horizon / (alpha + T + horizon),
    as published where its series falls fast and after Euler's transformation elsewhere. The leading
    1 of the series is taken out, so that neither B = 0 (a = 1) nor C = 0 is singular. A customer of
    MBG/NBD has survived one chance of dropping out more, which is b + 1 in place of b.
    """
    r, alpha, a, b = (fit[name] for name in BG_NBD_PARAMETERS)
    b = b + 1 - fit["first_dropout"]
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


def expected_purchases(fit, x, recency, age, horizon):
    """Return the purchases expected in the next `horizon` weeks, an array like x."""
    # Many customers share (x, T): the series is summed once for each pair.
    pairs, pair_of_row = np.unique(x + 1j * age, return_inverse=True)
    if_alive = expected_purchases_if_alive(fit, pairs.real, pairs.imag, horizon)
    return probability_alive(fit, x, recency, age) * if_alive[pair_of_row]


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


def average_ranks(values, customers):
    """Return the rank of each value, ties sharing their mean rank, counted in customers from 1."""
    distinct, position = np.unique(values, return_inverse=True)
    tied = np.bincount(position, weights=customers, minlength=len(distinct))
    return (np.cumsum(tied) - (tied - 1) / 2)[position]


def correlation(x, y, customers):
    """Return Pearson's correlation of two arrays; NaN where one of them is the same throughout."""
    total = customers.sum()
    x, y = (values - weighted_sum(customers, values) / total for values in (x, y))
    spread = weighted_sum(customers, x * x) * weighted_sum(customers, y * y)
    return weighted_sum(customers, x * y) / np.sqrt(spread) if spread > 0 else np.nan


def cumulated(scores, customers, columns):
    """Return the customers and each column, added up from the highest score downwards, with a 0.

    Customers of one score are taken together, so that nothing depends on an order within them.
    """
    _, position = np.unique(-scores, return_inverse=True)
    sums = [np.bincount(position, weights=column) for column in (customers, *columns)]
    return [np.concatenate([[0.0], np.cumsum(column)]) for column in sums]


def gini(scores, actual, customers):
    """Return how much of the actual purchases the highest scores hold, 0 for none in particular."""
    so_far, held = cumulated(scores, customers, [customers * actual])
    tied, total = np.diff(so_far), so_far[-1]
    # Within a tie the purchases are spread evenly, so that their running sum is a straight line.
    running = tied * held[:-1] + np.diff(held) * (tied + 1) / 2
    return (running.sum() / held[-1] - (total + 1) / 2) / total


def tenths_of(customers):
    """Return how many customers the first 0 to 10 tenths hold; the first take what is left over."""
    size, left_over = divmod(int(customers), 10)
    return np.array([size * tenth + min(tenth, left_over) for tenth in range(11)])


def quality(expected, chance, actual, customers):
    """Return the measures of QUALITY for predictions of single customers, as a dict of floats.

    expected: purchases expected of a customer; chance: the probability of one or more; actual:
    purchases made. customers: how many share a row. A ranking has no measure where nobody bought.
    """
    total = customers.sum()
    error = expected - actual
    bought = weighted_sum(customers, actual)
    so_far, held = cumulated(expected, customers, [customers * actual])
    ranks = (average_ranks(values, customers) for values in (expected, actual))
    measures = (
        weighted_sum(customers, np.abs(error)) / total,
        np.sqrt(weighted_sum(customers, error**2) / total),
        correlation(*ranks, customers),
        gini(expected, actual, customers) / gini(actual, actual, customers) if bought else np.nan,
        np.interp(tenths_of(total)[1], so_far, held) / bought if bought else np.nan,
        weighted_sum(customers, (chance - (actual > 0)) ** 2) / total,
    )
    return {
        name: float(measure) if np.isfinite(measure) else None
        for name, measure in zip(QUALITY, measures, strict=True)
    }


def quality_of_baselines(x, age, actual, customers, horizon):
    """Return the measures of what is expected without a model, each name after its baseline's.

    rate_baseline: a customer goes on at the rate of the calibration. mean_baseline: everybody goes
    on at the mean rate of all. Both know the calibration only; a purchase comes at random.
    """
    rate = np.divide(x, age, out=np.zeros_like(age), where=age > 0)
    mean = np.full_like(age, weighted_sum(customers, x) / weighted_sum(customers, age))
    return {
        f"{baseline}_{name}": measure
        for baseline, purchases in zip(BASELINES, (rate * horizon, mean * horizon), strict=True)
        for name, measure in quality(purchases, -np.expm1(-purchases), actual, customers).items()
    }


def calibration_by_tenth(expected, chance, statistics, value_fit):
    """Return a dict a tenth of the customers, the best predicted first: what was expected and was.

    Of customers who are predicted alike and lie on both sides of a boundary, each side takes an
    even share of what they did. value_fit: parameters of Gamma-Gamma, None where they are refused.
    """
    customers, actual = statistics["customers"], statistics["holdout_purchases"]
    columns = {
        "expected_purchases": customers * expected,
        "actual_purchases": customers * actual,
        "expected_buyers": customers * chance,
        "actual_buyers": customers * (actual > 0),
        "expected_value": expected * order_values(value_fit, statistics),
        "actual_value": statistics["holdout_value"],
    }
    so_far, *sums = cumulated(expected, customers, columns.values())
    ends = tenths_of(so_far[-1])
    parts = {
        name: np.diff(np.interp(ends, so_far, column))
        for name, column in zip(columns, sums, strict=True)
    }
    return [
        {"tenth": tenth + 1, "customers": int(np.diff(ends)[tenth])}
        | {
            name: float(part[tenth]) if np.isfinite(part[tenth]) else None
            for name, part in parts.items()
        }
        for tenth in range(10)
    ]


def months_after(day, days):
    """Return the calendar months of the `days` days after a day: their first days, ISO, and the
    number of days from that day until each has ended, the last one cut off.
    """
    if pd.isna(day) or days < 1:
        return [], np.array([])
    day = pd.Timestamp(day)
    first = (day + pd.Timedelta(1, "D")).replace(day=1)
    starts = pd.date_range(first, day + pd.Timedelta(days, "D"), freq="MS")
    ends = [min((start + pd.offsets.MonthEnd(0) - day).days, days) for start in starts]
    return [f"{start:%Y-%m-%d}" for start in starts], np.array(ends, dtype=float)


def discount_periods(days, annual_rate):
    """Return the last day and the discount factor of each period, as the macro of the name does."""
    if not annual_rate:
        return np.array([float(days)]), np.array([1.0])
    number = -(-days // 30)
    period = np.arange(1, number + 1)
    return days * period / number, (1 + annual_rate) ** (-days * (period - 0.5) / number / 365)


def dropout_points(a, b, longest):
    """Return points and weights whose weighted mean is that over the distribution Beta(a, b).

    longest: the largest t / (alpha + T). The functions whose mean is taken are singular at
    p = -1 / longest; the nearer that is to 0, the more points they need.
    Gauss-Jacobi quadrature by the method of Golub & Welsch (1969), normalised so that no b is too
    large. Without dropout (a = 0) all weight lies on 0.
    """
    if a == 0:
        return np.array([SMALLEST_DROPOUT]), np.array([1.0])
    needed = -np.log(DROPOUT_TOLERANCE) / (2 * np.arccosh(1 + 2 / longest))
    n = np.arange(np.clip(np.ceil(needed), 8, DROPOUT_MAXIMUM_POINTS), dtype=float)
    alpha, beta = b - 1, a - 1  # on [-1, 1] the weight is (1 - y)^alpha (1 + y)^beta
    total = 2 * n + alpha + beta
    diagonal = np.empty_like(n)
    diagonal[0] = (beta - alpha) / (alpha + beta + 2)
    diagonal[1:] = (beta**2 - alpha**2) / (total[1:] * (total[1:] + 2))
    k = n[1:]
    squares = 4 * k * (k + alpha) * (k + beta) * (k + alpha + beta)
    squares /= total[1:] ** 2 * (total[1:] + 1) * np.where(k == 1, 1, total[1:] - 1)
    # For k = 1 the factor (k + alpha + beta) cancels against (total - 1), and both may be 0.
    squares[0] = 4 * (1 + alpha) * (1 + beta) / ((alpha + beta + 2) ** 2 * (alpha + beta + 3))
    points, vectors = eigh_tridiagonal(diagonal, np.sqrt(squares))
    return np.clip((points + 1) / 2, SMALLEST_DROPOUT, 1), vectors[0] ** 2


def fewer_points(points, weights):
    """Return fewer points with weights whose weighted sums over a smooth function are the same.

    points: positive, distinct and rising. weights: shape (sums, points). The function is bounded
    and analytic in the logarithm of a point wherever that has an angle below pi / 2: interpolation
    in Chebyshev points then converges geometrically, Trefethen (2013), "Approximation Theory and
    Approximation Practice", theorem 8.2.
    """
    logs = np.log(points)
    middle, half = (logs[-1] + logs[0]) / 2, (logs[-1] - logs[0]) / 2
    if len(points) < 2:
        return points, weights
    needed = int(np.ceil(-np.log(AGE_TOLERANCE) / np.arcsinh(np.pi / 2 / half)))
    if needed >= len(points):
        return points, weights
    nodes = np.cos(np.pi * (np.arange(needed) + 0.5) / needed)
    sums = weights @ chebvander((logs - middle) / half, needed - 1)
    sums[:, 0] /= 2
    return np.exp(middle + half * nodes), 2 / needed * sums @ chebvander(nodes, needed - 1).T


def forecast_curves(fit, statistics, customer_values, cuts, months):
    """Return what all customers are expected to do until each cut and in each month.

    statistics: arrays repeat_purchases, recency_weeks, age_weeks and customers, one row a group.
    customer_values: expected order value of all customers of a group, added up. cuts, months: days
    from the end of the observation, rising; all months are cuts. Returns purchases and value until
    each cut, and buyers in each month, in which a customer counts who is still alive when it starts
    and buys in it.
    """
    x, recency, age, customers = (
        statistics[name] for name in ("repeat_purchases", "recency_weeks", "age_weeks", "customers")
    )
    r, alpha, a, b = (fit[name] for name in BG_NBD_PARAMETERS)
    alive = probability_alive(fit, x, recency, age)
    purchases, value = np.zeros(len(cuts)), np.zeros(len(cuts))
    buyers = np.zeros(len(months))
    starts = np.concatenate([[0.0], months[:-1]])
    end_of_month = np.searchsorted(cuts, months)
    for repeat_purchases in np.unique(x):
        rows = x == repeat_purchases
        ages, position = np.unique(age[rows], return_inverse=True)
        weights = [
            np.bincount(position, weights=(of_one * alive)[rows])
            for of_one in (customers, customer_values)
        ]
        ages, (weights, values) = fewer_points(alpha + ages, np.array(weights))
        shape = -(r + repeat_purchases)
        scale = 1 / (7 * ages)[:, None, None]
        dropout, chance = dropout_points(
            a, b + 1 - fit["first_dropout"] + repeat_purchases, cuts[-1] * scale.max()
        )

        # A customer of rate l and dropout p makes (1 - exp(-l p t)) / p purchases in t weeks and is
        # alive after them with exp(-l p t); the mean over l is a power.
        until = np.asarray(cuts)[:, None] * scale
        lost = -np.expm1(shape * np.log1p(dropout * until))
        made = lost @ (chance / dropout)
        purchases += weights @ made
        value += values @ made
        stays = np.ones((len(ages), len(months)))
        stays[:, 1:] -= (lost @ chance)[:, end_of_month[:-1]]
        start, length = starts[:, None] * scale, (months - starts)[:, None] * scale
        stays_and_waits = np.exp(shape * np.log1p(dropout * start + length)) @ chance
        buyers += weights @ (stays - stays_and_waits)
    return purchases, value, buyers


def order_values(value_fit, statistics):
    """Return the expected order values of each group's customers, added up; NaN without a fit."""
    x, customers = statistics["repeat_purchases"], statistics["customers"]
    if not value_fit:
        return np.full_like(x, np.nan)
    p, q, v = (value_fit[name] for name in GAMMA_GAMMA_PARAMETERS)
    return p * (customers * v + statistics["repeat_purchase_value"]) / (p * x + q - 1)


def some_customers(statistics):
    """Return groups of single customers, evenly spaced, who stand for all in a simulation."""
    last = np.cumsum(statistics["customers"])
    number = int(min(last[-1], SIMULATED_CUSTOMERS))
    chosen = np.searchsorted(last, (np.arange(number) + 0.5) * last[-1] / number)
    share = statistics["customers"][chosen]
    return {
        "repeat_purchases": statistics["repeat_purchases"][chosen],
        "recency_weeks": statistics["recency_weeks"][chosen],
        "age_weeks": statistics["age_weeks"][chosen],
        "customers": np.ones(number),
        "repeat_purchase_value": statistics["repeat_purchase_value"][chosen] / share,
    }


def simulate(rng, fit, value_fit, sample, months):
    """Return a sample's orders, buyers and revenue by future and month, shape (3, futures, months).

    Each customer draws alive or not, a rate, a dropout probability and a scale of values from what
    is known of them, and then buys and drops out as the model says.
    """
    shape = (SIMULATED_FUTURES, len(sample["customers"]))
    x, age = (
        np.broadcast_to(sample[name], shape).ravel() for name in ("repeat_purchases", "age_weeks")
    )
    r, alpha, a, b = (fit[name] for name in BG_NBD_PARAMETERS)
    alive = probability_alive(fit, x, np.broadcast_to(sample["recency_weeks"], shape).ravel(), age)
    buying = np.flatnonzero(rng.random(x.size) < alive)
    x, age = x[buying], age[buying]
    rate = rng.gamma(r + x) / (alpha + age)
    # Without dropout (a = 0) there is nothing to draw.
    dropout = rng.beta(a, b + 1 - fit["first_dropout"] + x) if a > 0 else np.zeros_like(rate)
    if value_fit:
        p, q, v = (value_fit[name] for name in GAMMA_GAMMA_PARAMETERS)
        spent = np.broadcast_to(sample["repeat_purchase_value"], shape).ravel()[buying]
        scale = (v + spent) / rng.gamma(p * x + q)

    totals = np.zeros((3, SIMULATED_FUTURES * len(months)))
    future = buying // shape[1]
    clock, last_month = np.zeros(len(buying)), np.full(len(buying), -1)
    running = np.arange(len(buying))
    for _ in range(int(months[-1])):  # purchases of one day are one
        clock[running] += 7 * rng.exponential(1 / rate[running])
        running = running[clock[running] < months[-1]]
        month = np.searchsorted(months, clock[running], side="right")
        cell = future[running] * len(months) + month
        totals[0] += np.bincount(cell, minlength=totals.shape[1])
        is_first = month != last_month[running]
        totals[1] += np.bincount(cell[is_first], minlength=totals.shape[1])
        last_month[running] = month
        if value_fit:
            amounts = rng.gamma(p, scale[running])
            totals[2] += np.bincount(cell, weights=amounts, minlength=totals.shape[1])
        running = running[rng.random(running.size) >= dropout[running]]
    return totals.reshape(3, SIMULATED_FUTURES, len(months))


def monthly_curves(fit, value_fit, statistics, months):
    """Return expected orders, buyers and revenue by month, undiscounted, shape (3, months)."""
    purchases, value, buyers = forecast_curves(
        fit, statistics, order_values(value_fit, statistics), months, months
    )
    return np.array([np.diff(purchases, prepend=0), buyers, np.diff(value, prepend=0)])


def forecast_spread(fit, value_fit, statistics, months):
    """Return how far the totals of months stray from what is expected, shape (2, 3, months).

    The bounds of INTERVAL over simulated futures, as parts of the expected totals: chance in what
    customers do, which evens out over many of them, and the uncertainty of the parameters,
    which does not. That of the parameters of the values is left out.
    """
    rng = np.random.default_rng(SEED)
    sample = some_customers(statistics)
    everyone, number = statistics["customers"].sum(), len(sample["customers"])
    expected = monthly_curves(fit, value_fit, sample, months)
    simulated = simulate(rng, fit, value_fit, sample, months)
    chance = (simulated - simulated.mean(axis=1, keepdims=True)) * np.sqrt(number / everyone)

    names = NBD_PARAMETERS if fit["model"] == "nbd" else BG_NBD_PARAMETERS
    logs = np.log([fit[name] for name in names])
    objective = OBJECTIVES[fit["model"]]
    rows = [
        sample[name] for name in ("repeat_purchases", "recency_weeks", "age_weeks", "customers")
    ]
    step = 1e-3
    slopes = []
    for change in step * np.eye(len(logs)):
        sides = [
            monthly_curves(
                fit | dict(zip(names, np.exp(moved), strict=True)),
                value_fit,
                sample,
                months,
            )
            for moved in (logs + change, logs - change)
        ]
        slopes.append((sides[0] - sides[1]) / (2 * step))
    try:
        information = hessian_of(objective, logs, with_counts_by_x(rows)) * everyone
        moves = rng.multivariate_normal(
            np.zeros(len(logs)), np.linalg.inv(information), SIMULATED_FUTURES
        )
    except FitRefusedError:
        moves = np.zeros((SIMULATED_FUTURES, len(logs)))
    uncertainty = np.einsum("fp,pqm->qfm", moves, np.array(slopes))
    strays = np.quantile(chance + uncertainty, INTERVAL, axis=1)
    return np.divide(strays, expected, out=np.zeros_like(strays), where=expected > 0)


def past_errors(months):
    """Return how far months of an earlier forecast went astray, as parts of it, shape (3, 1).

    months: dicts with expected and actual totals. The root mean squared error, in which a large
    month counts for more than a part of one, times the quantile of Student's t that so few errors
    ask for. 0 where fewer than two months have happened.
    """
    if len(months) < 2:
        return np.zeros((len(FORECAST), 1))
    expected, actual = (
        np.array([[month[f"{kind}_{name}"] for month in months] for name in FORECAST], dtype=float)
        for kind in ("expected", "actual")
    )
    squares = ((actual - expected) ** 2).sum(axis=1) / (expected**2).sum(axis=1)
    # Without a forecast of values, revenue is taken to stray like orders.
    squares[2] = squares[2] if np.isfinite(squares[2]) else squares[0]
    return stdtrit(len(months), INTERVAL[1]) * np.sqrt(squares)[:, None]


def forecast(fit, value_fit, statistics, span, earlier_months=()):
    """Return a dict a calendar month of some days after a day: what is expected, and bounds.

    statistics: the arrays of `forecast_curves` and repeat_purchase_value. span: the day, how many
    days, and the annual rate at which revenue is discounted, as the predicted customer lifetime
    value is. earlier_months: those of the forecast before, which widen the bounds by its errors.
    """
    day, days, discount_rate = span[0], int(span[1]), float(span[2])
    starts, months = months_after(day, days)
    if not starts:
        return []
    period_ends, factors = discount_periods(days, discount_rate)
    cuts = np.union1d(months, period_ends)
    purchases, value, buyers = forecast_curves(
        fit, statistics, order_values(value_fit, statistics), cuts, months
    )
    factor = factors[np.searchsorted(period_ends, cuts)]
    discounted = np.cumsum(np.diff(value, prepend=0) * factor)
    at_month = np.searchsorted(cuts, months)
    expected = np.array(
        [
            np.diff(purchases[at_month], prepend=0),
            buyers,
            np.diff(discounted[at_month], prepend=0),
        ]
    )
    low, high = forecast_spread(fit, value_fit, statistics, months)
    # The errors are independent, so their squares add up.
    errors = past_errors(earlier_months)
    bounds = {"": expected, "_low": expected * (1 - np.hypot(np.minimum(low, 0), errors)).clip(0)}
    bounds["_high"] = expected * (1 + np.hypot(np.maximum(high, 0), errors))
    return [
        {"month_start": start}
        | {
            f"expected_{name}{suffix}": float(totals[row, month])
            if np.isfinite(totals[row, month])
            else None
            for row, name in enumerate(FORECAST)
            for suffix, totals in bounds.items()
        }
        for month, start in enumerate(starts)
    ]


def forecast_of_past(fit_pair, known, days, actual_months, earlier_months=()):
    """Return the months of a forecast of what has happened since, and what that was.

    fit_pair: of purchases and, or None, of values. known: the arrays of the customers known then.
    days: the ends of the observation and of the forecast. actual_months: frame with month_start,
    orders, buyers and revenue.
    """
    start, end = map(pd.Timestamp, days)
    span = (start, (end - start).days, 0)
    return with_actual_months(forecast(*fit_pair, known, span, earlier_months), actual_months)


def months_before_holdout(model, early, days, actual_months, minimum_customers):
    """Return the months of an early forecast and what happened in them, [] where it is refused.

    early: the frames statistics and values of the early calibration; days: its end and that of the
    calibration, after which nothing is used.
    """
    statistics, values = early
    fit = attempt(fit_past, statistics, minimum_customers, model)
    if not fit["converged"]:
        return []
    customers = float(statistics["customers"].sum())
    value_fit = attempt(fit_gamma_gamma, values, minimum_customers, customers)
    value_fit = value_fit if value_fit["converged"] else None
    return forecast_of_past((fit, value_fit), arrays_of(statistics), days, actual_months)


HOLDOUT_COLUMNS = (
    "repeat_purchases",
    "recency_weeks",
    "age_weeks",
    "holdout_purchases",
    "customers",
    "repeat_purchase_value",
    "holdout_value",
)


def arrays_of(statistics):
    """Return the columns of HOLDOUT_COLUMNS as arrays by name, in one fixed row order."""
    arrays = sorted_columns(statistics, list(HOLDOUT_COLUMNS))
    return dict(zip(HOLDOUT_COLUMNS, arrays, strict=True))


def holdout(calibration, model, horizon, minimum_customers):
    """Fit a model on the calibration period; return its quality in the hold-out and the fit itself.

    calibration: frame with HOLDOUT_COLUMNS. Nothing after the calibration date reaches the fit.
    """
    fit = fit_past(calibration, minimum_customers, model)
    columns = arrays_of(calibration)
    x, recency, age, actual, customers = (columns[name] for name in HOLDOUT_COLUMNS[:5])
    expected = expected_purchases(fit, x, recency, age, horizon)
    chance = probability_of_purchase(fit, x, recency, age, horizon)
    if not np.isfinite(expected).all():
        raise FitRefusedError("The fit did not converge: it expects no finite number of purchases.")
    measures = quality(expected, chance, actual, customers)
    measures |= quality_of_baselines(x, age, actual, customers, horizon)
    error = "root_mean_squared_error"
    return {
        "holdout_actual": float(weighted_sum(customers, actual)),
        "holdout_expected": float(weighted_sum(customers, expected)),
        "beats_baseline": all(
            measures[error] < measures[f"{baseline}_{error}"] for baseline in BASELINES
        ),
        "calibration": (fit, expected, chance, columns),
    } | measures


def choose(rows):
    """Mark the purchase model in use among its rows, and why; refuse all where none is good.

    The root mean squared error in the hold-out decides, as the expectation makes it smallest; the
    mean absolute error would prefer the median, which is 0 for most customers. The first model is
    used unless another one is clearly better or alone better than both baselines.
    """
    error = "root_mean_squared_error"
    fitted = [row for row in rows if row["refused_reason"] is None]
    compared = [row for row in fitted if row.get(error) is not None]
    if not compared:
        for row in fitted:
            row["is_used"] = row is fitted[0]
            row["choice_reason"] = "There is no hold-out to choose by, so the first model is used."
        return
    errors = ", ".join(f"{row[error]:.4g} of {row['model']}" for row in compared)
    baselines = " and ".join(f"{compared[0][f'{name}_{error}']:.4g}" for name in BASELINES)
    comparison = f"Root mean squared error in the hold-out: {errors}; {baselines} of the baselines."
    good = [row for row in compared if row["beats_baseline"]]
    if not good:
        for row in fitted:
            row["refused_reason"] = f"No model is better than both baselines. {comparison}"
        return
    best = min(good, key=lambda row: row[error])
    if good[0][error] * (1 - CLEARLY_SMALLER) <= best[error]:
        best = good[0]
    for row in fitted:
        row["is_used"] = row is best
        row["choice_reason"] = f"{best['model']} is used. {comparison}"


def fit_results(statistics, values, minimum_customers, holdout_months=None, dates=None):
    """Fit all models; return lists of dicts: one a fit, one a tenth of the customers, one a month.

    A fit that is refused has a reason; without a maximum it has no parameters either. Months are
    forecast where holdout_months and dates are given.

    statistics: frame with observation, one of OBSERVATIONS, HOLDOUT_COLUMNS and, of the calibration
    rows, holdout_weeks.
    values: frame with observation, repeat_purchases, mean_repeat_purchase_value and customers.
    holdout_months: frame with observation, month_start, orders, buyers and revenue of the customers
    of each calibration. dates: early_calibration_date, calibration_date, as_of_date, horizon_days
    and discount_rate_annual.
    """
    everyone = statistics[statistics["observation"] == "all"]
    calibration = statistics[statistics["observation"] == "calibration"]
    all_customers = float(everyone["customers"].sum())
    repeat_customers = float(everyone.loc[everyone["repeat_purchases"] > 0, "customers"].sum())
    horizon = float(calibration["holdout_weeks"].max()) if len(calibration) else 0.0

    rows = []
    for model in FIRST_DROPOUT:
        fit = attempt(fit_bg_nbd, everyone, minimum_customers, model)
        outcome = attempt(holdout, calibration, model, horizon, minimum_customers)
        reason = outcome.pop("refused_reason")
        del outcome["converged"]
        rows.append(
            {"model": model, "customers": all_customers, "repeat_customers": repeat_customers}
            | {"holdout_weeks": horizon or None, "holdout_refused_reason": reason}
            | {"is_used": False}
            | outcome
            | fit
        )
    choose(rows)

    values_of = {name: values[values["observation"] == name] for name in OBSERVATIONS}
    gamma_gamma = attempt(fit_gamma_gamma, values_of["all"], minimum_customers, all_customers)
    rows.append(
        {
            "model": "gamma_gamma",
            "customers": all_customers,
            "repeat_customers": float(values_of["all"]["customers"].sum()),
            "is_used": gamma_gamma["converged"],
        }
        | gamma_gamma
    )

    tenths, months, held_out = [], [], []
    used = next((row for row in rows[:-1] if row["is_used"]), None)
    if used and "calibration" in used:
        fit, expected, chance, known = used["calibration"]
        if fit["model"] == "nbd":
            used["choice_reason"] += " Before the hold-out nobody is seen to drop out."
        known_customers = float(calibration["customers"].sum())
        value_fit = attempt(
            fit_gamma_gamma, values_of["calibration"], minimum_customers, known_customers
        )
        value_fit = value_fit if value_fit["converged"] else None
        tenths = calibration_by_tenth(expected, chance, known, value_fit)
        if dates:
            ends = [dates[f"{name}_date"] for name in ("early_calibration", "calibration", "as_of")]
            actual = {
                name: holdout_months[holdout_months["observation"] == name]
                for name in OBSERVATIONS[1:]
            }
            early = statistics[statistics["observation"] == "early_calibration"]
            early = (early, values_of["early_calibration"])
            before = months_before_holdout(
                used["model"], early, ends[:2], actual["early_calibration"], minimum_customers
            )
            held_out = forecast_of_past(
                (fit, value_fit), known, ends[1:], actual["calibration"], before
            )
            used["holdout_months"] = len(held_out)
            used["holdout_months_in_interval"] = sum(
                month["expected_orders_low"]
                <= month["actual_orders"]
                <= month["expected_orders_high"]
                for month in held_out
            )
    if used and dates:
        span = [dates[name] for name in ("as_of_date", "horizon_days", "discount_rate_annual")]
        value_fit = gamma_gamma if gamma_gamma["converged"] else None
        ahead = forecast(used, value_fit, arrays_of(everyone), span, held_out)
        months = [{"is_holdout": 1} | month for month in held_out]
        months += [{"is_holdout": 0} | month for month in ahead]
    return rows, tenths, months


def with_actual_months(months, holdout_months):
    """Return the months of a forecast of the hold-out with what happened in them, 0 for nothing."""
    actual = {
        f"{pd.Timestamp(row['month_start']):%Y-%m-%d}": row
        for row in holdout_months.to_dict("records")
    }
    return [
        month
        | {
            f"actual_{name}": float(actual.get(month["month_start"], {}).get(name, 0))
            for name in FORECAST
        }
        for month in months
    ]


DOUBLES = [
    *PARAMETERS,
    *(f"{name}_standard_error" for name in PARAMETERS),
    *("log_likelihood", "holdout_weeks", "holdout_actual", "holdout_expected"),
    *QUALITY,
    *(f"{baseline}_{name}" for baseline in BASELINES for name in QUALITY),
]
# Nullable types carry their type and their NULLs into the table, even where all rows are NULL.
FIT_TYPES = (
    {"model": "string"}
    | dict.fromkeys(DOUBLES, "Float64")
    | dict.fromkeys(("customers", "repeat_customers"), "Int64")
    | dict.fromkeys(("holdout_months", "holdout_months_in_interval"), "Int64")
    | dict.fromkeys(("beats_baseline", "is_used", "converged"), "boolean")
    | dict.fromkeys(("choice_reason", "refused_reason", "holdout_refused_reason"), "string")
)
TENTH_TYPES = {"tenth": "Int64", "customers": "Int64"} | dict.fromkeys(
    (
        *("expected_purchases", "actual_purchases", "expected_buyers", "actual_buyers"),
        *("expected_value", "actual_value"),
    ),
    "Float64",
)


MONTH_TYPES = {"month_start": "string", "is_holdout": "Int64"} | dict.fromkeys(
    (
        *(f"expected_{name}{suffix}" for name in FORECAST for suffix in ("", "_low", "_high")),
        *(f"actual_{name}" for name in FORECAST),
    ),
    "Float64",
)


def table(rows, types):
    """Return rows as a frame of the given nullable types."""
    return pd.DataFrame(rows, columns=list(types)).astype(types)


def fit_models(statistics, values, minimum_customers):
    """Return the frame of the fits of `fit_results`, one row a model."""
    return table(fit_results(statistics, values, minimum_customers)[0], FIT_TYPES)


def all_results(statistics, values, holdout_months, dates, minimum_customers):
    """Return all that `fit_results` finds in one frame; `result` is the kind of a row.

    dates: frame of one row.
    """
    with np.errstate(all="ignore"):
        fits, tenths, months = fit_results(
            statistics, values, minimum_customers, holdout_months, dates.iloc[0].to_dict()
        )
    kinds = {
        "fit": table(fits, FIT_TYPES),
        "tenth": table(tenths, TENTH_TYPES),
        "month": table(months, MONTH_TYPES),
    }
    for kind, frame in kinds.items():
        frame.insert(0, "result", pd.Series(kind, frame.index, "string"))
        frame.insert(1, "position", pd.Series(range(1, len(frame) + 1), frame.index, "Int64"))
    return pd.concat(kinds.values(), ignore_index=True)


def model(dbt, session):
    """Fit as a dbt model; returns the frame of `all_results`."""
    # Settings reach a Python model through its configuration, in the YAML file beside this one.
    settings = dbt.config.get("meta")
    return all_results(
        dbt.ref("int_retention__purchase_statistics_grouped").df(),
        dbt.ref("int_retention__purchase_values_grouped").df(),
        dbt.ref("int_retention__holdout_months").df(),
        dbt.ref("int_retention__forecast_dates").df(),
        int(settings["clv_minimum_customers"]),
    )
