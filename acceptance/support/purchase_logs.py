"""Purchase logs whose customer value is known: the public CDNOW sample and simulated customers."""

import importlib.metadata
from pathlib import Path

import numpy as np
import pandas as pd

CALIBRATION_END = "1997-09-30"  # week 39 of CDNOW, the end of the fit in the literature
HOLDOUT_END = "1998-06-30"


def cdnow_sample_path() -> Path:
    """Return the file of the 1/10 sample of CDNOW; the package `lifetimes` carries it as data."""
    files = importlib.metadata.files("lifetimes")
    return Path(next(file.locate() for file in files if file.name == "CDNOW_sample.txt"))


def cdnow_sample() -> pd.DataFrame:
    """Return the 1/10 sample of CDNOW: customer, date, value in USD, one row a purchase."""
    purchases = pd.read_csv(
        cdnow_sample_path(),
        sep=r"\s+",
        header=None,
        names=["customer", "sample_id", "date", "units", "value"],
        dtype={"customer": str, "date": str},
    )
    purchases["date"] = pd.to_datetime(purchases["date"])
    return purchases[["customer", "date", "value"]]


def purchase_statistics(purchases: pd.DataFrame, end: str) -> pd.DataFrame:
    """Return x, t_x, T (weeks) and mean repeat value, a row a customer, of purchases to `end`."""
    days = purchases[purchases["date"] <= end].groupby(["customer", "date"])["value"].sum()
    days = days.reset_index()
    by_customer = days.groupby("customer")["date"]
    repeats = days[days["date"] > by_customer.transform("min")]
    return pd.DataFrame(
        {
            "repeat_purchases": by_customer.size() - 1,
            "recency_weeks": (by_customer.max() - by_customer.min()).dt.days / 7,
            "age_weeks": (pd.Timestamp(end) - by_customer.min()).dt.days / 7,
            "mean_repeat_purchase_value": repeats.groupby("customer")["value"].mean(),
        }
    )


def group_purchases(statistics: pd.DataFrame) -> pd.DataFrame:
    """Return the number of customers of each (x, t_x, T)."""
    keys = ["repeat_purchases", "recency_weeks", "age_weeks"]
    return statistics.groupby(keys).size().rename("customers").reset_index()


def group_values(statistics: pd.DataFrame) -> pd.DataFrame:
    """Return the number of repeat customers of each (x, mean value), as Gamma-Gamma takes them."""
    keys = ["repeat_purchases", "mean_repeat_purchase_value"]
    spenders = statistics[statistics["mean_repeat_purchase_value"] > 0]
    return spenders.groupby(keys).size().rename("customers").reset_index()


def simulate_bg_nbd(rng, customers, parameters, weeks) -> pd.DataFrame:
    """Return x, t_x, T of customers who buy and drop out as BG/NBD says, acquired over `weeks`.

    Purchases happen at any moment, so rates must be small beside one a day to be merged by day.
    """
    r, alpha, a, b = parameters
    rate = rng.gamma(r, 1 / alpha, customers)
    dropout = rng.beta(a, b, customers)
    age = rng.integers(1, weeks * 7, customers, endpoint=True) / 7
    clock, recency = np.zeros(customers), np.zeros(customers)
    repeat_purchases = np.zeros(customers, dtype=int)
    buying = np.arange(customers)
    while buying.size:
        clock[buying] += rng.exponential(1 / rate[buying])
        buying = buying[clock[buying] < age[buying]]
        repeat_purchases[buying] += 1
        recency[buying] = clock[buying]
        buying = buying[rng.random(buying.size) >= dropout[buying]]
    return pd.DataFrame(
        {
            "repeat_purchases": repeat_purchases,
            "recency_weeks": recency,
            "age_weeks": age,
        }
    )


def simulate_gamma_gamma(rng, customers, parameters) -> pd.DataFrame:
    """Return x and the mean of x purchase values of customers who spend as Gamma-Gamma says."""
    p, q, v = parameters
    repeat_purchases = rng.integers(1, 12, customers)
    scale = rng.gamma(q, 1 / v, customers)
    totals = rng.gamma(p * repeat_purchases, 1 / scale)
    return pd.DataFrame(
        {
            "repeat_purchases": repeat_purchases,
            "mean_repeat_purchase_value": totals / repeat_purchases,
        }
    )
