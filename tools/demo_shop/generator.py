"""The demo shop: a simulated coffee shop whose true purchase process is known.

Everybody's purchase rate and dropout probability come from one population, whatever the day of
their first purchase. Country, acquisition channel and loyalty tier are then drawn *given* these
traits. So segments differ in retention, while all customers together follow the BG/NBD model, and a
fit of that model must find the parameters of `parameters.json`.

Sources: P. Fader, B. Hardie, K. Lee (2005), "Counting Your Customers" the Easy Way: An Alternative
to the Pareto/NBD Model, Marketing Science 24(2), for purchases and dropout (BG/NBD); P. Fader,
B. Hardie (2013), The Gamma-Gamma Model of Monetary Value, for order values.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

PARAMETERS = json.loads(Path(__file__).with_name("parameters.json").read_text())

# Of each value of a trait: its share among average people, and how strongly it attracts the loyal
# (positive) or the disloyal (negative).
COUNTRIES = {
    "DE": (0.48, 0.0),
    "AT": (0.15, 0.5),
    "CH": (0.11, 1.6),
    "FR": (0.14, -1.4),
    "NL": (0.12, -0.3),
}
CHANNELS = {
    "organic": (0.30, 0.6),
    "paid_search": (0.22, -0.2),
    "paid_social": (0.18, -3.0),
    "affiliate": (0.10, -1.2),
    "newsletter": (0.08, 1.6),
    "referral": (0.12, 2.6),
}
TIERS = {"bronze": (0.70, -2.5), "silver": (0.24, 1.5), "gold": (0.06, 5.0)}

# Acquisition follows the season; repeat purchases do not, so that they stay Poisson.
SEASON = [1.0, 0.9, 1.0, 1.0, 0.95, 0.85, 0.7, 0.7, 0.95, 1.15, 1.8, 1.9]  # January to December
YEARLY_GROWTH = 0.15

VALUE_ADDED_TAX = {"DE": 0.19, "AT": 0.20, "CH": 0.081, "FR": 0.20, "NL": 0.21}
# What a parcel costs, in cents: packing, and postage, of which the shipping charged pays a part.
PACKING = 150
POSTAGE = {"DE": 420, "AT": 640, "CH": 980, "FR": 690, "NL": 610}
# Of a payment, in cents and as a share of all that is paid.
PAYMENT_FEE = (25, 0.014)
HOUR_WEIGHTS = [1, 0, 0, 0, 0, 1, 3, 5, 6, 6, 6, 6, 7, 6, 5, 5, 6, 7, 8, 9, 10, 9, 6, 3]

# EUR spent to acquire one customer; a channel that is not listed has no recorded costs.
ACQUISITION_COST = {"paid_search": 31.0, "paid_social": 26.0, "affiliate": 24.0, "referral": 15.0}
RETENTION_COST_PER_MONTH = {"newsletter": 620.0, "": 450.0}  # "": the loyalty programme

# One random stream a step: a change in one step leaves the draws of the others alone.
STEPS = [
    "people",
    "purchases",
    "traits",
    "registration",
    "orders",
    "refunds",
    "writing",
    "costs",
    "survey",
]


def generate_demo_shop(seed: int) -> dict[str, pd.DataFrame]:
    """Simulate the shop and return its inputs by name, every value as the text of its CSV cell.

    Args:
        seed: seed of all random draws; the same seed gives the same shop.

    Returns:
        `raw_orders` (about 24,000 rows), `raw_customers`, `raw_refunds`, `raw_costs` and
        `raw_survey_responses`. Amounts are EUR with two decimals, timestamps UTC unless they carry
        an offset. A few rows of each are dirty on purpose; none of them may be counted.
    """
    rng = dict(zip(STEPS, np.random.default_rng(seed).spawn(len(STEPS)), strict=True))
    people = draw_people(rng["people"])
    purchases = simulate_purchases(rng["purchases"], people)
    people = assign_traits(rng["traits"], people)
    people = register(rng["registration"], people)
    orders = place_orders(rng["orders"], people, purchases)
    refunds = refund_orders(rng["refunds"], orders)
    refunded = refunds.groupby("order_id")["cents"].sum()
    is_fully_refunded = orders["order_id"].map(refunded).eq(orders["net_cents"])
    orders.loc[is_fully_refunded & orders["kind"].ne("no purchase"), "status"] = "Refunded"
    return {
        "raw_orders": with_dirty_orders(written_orders(rng["writing"], orders)),
        "raw_customers": with_dirty_customers(written_customers(people)),
        "raw_refunds": with_dirty_refunds(written_refunds(refunds)),
        "raw_costs": with_dirty_costs(spend(rng["costs"], people)),
        "raw_survey_responses": with_dirty_responses(survey(rng["survey"], people, orders)),
    }


def write_demo_shop(folder: Path) -> list[Path]:
    """Write the seed CSVs of the demo shop into a folder, replacing those that are there.

    Args:
        folder: an existing folder, in the project `seeds`.

    Returns:
        The files written, `retention_demo__<input>.csv` each.
    """
    paths = []
    for name, frame in generate_demo_shop(PARAMETERS["seed"]).items():
        path = Path(folder) / f"retention_demo__{name}.csv"
        frame.to_csv(path, index=False, lineterminator="\n")
        paths.append(path)
    return paths


# --- People and their purchases: BG/NBD and Gamma-Gamma ------------------------------------------


def draw_people(rng: np.random.Generator) -> pd.DataFrame:
    """Draw the latent traits of everybody who buys at least once, in the order of first purchase.

    Returns:
        One row a person: `first_day` (days since the start), `rate` lambda ~ Gamma(r, alpha) in
        purchases a week, `dropout` p ~ Beta(a, b), `value_rate` nu ~ Gamma(q, v) per EUR. The four
        are independent.
    """
    number = PARAMETERS["purchasing_customers"]
    bg_nbd = PARAMETERS["bg_nbd"]
    return pd.DataFrame(
        {
            "first_day": np.sort(rng.choice(last_day() + 1, size=number, p=acquisition_density())),
            "rate": rng.gamma(bg_nbd["r"], 1 / bg_nbd["alpha_weeks"], number),
            "dropout": rng.beta(bg_nbd["a"], bg_nbd["b"], number),
            "value_rate": draw_value_rates(rng, number),
        }
    )


def simulate_purchases(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Simulate the purchase days of each person by the BG/NBD process as published.

    From the first purchase on, gaps are exponential with the person's rate while they are alive;
    after each *repeat* purchase (not the first, whence P(alive) = 1 for x = 0) they drop out with
    their probability. Gaps are rounded to whole days and last at least one, because the model is
    fitted on purchases merged per customer and day.

    Returns:
        One row a purchase day: `person` (row of `people`), `day` (days since the start), `number`
        (0 is the first purchase), `net_cents` (value after discounts, ~ Gamma(p, value_rate)).
    """
    rates, dropouts = people["rate"].to_numpy(), people["dropout"].to_numpy()
    person, day, number = np.arange(len(people)), people["first_day"].to_numpy(), 0
    rounds = []
    while person.size:
        rounds.append(pd.DataFrame({"person": person, "day": day, "number": number}))
        if number > 0:
            alive = rng.random(person.size) >= dropouts[person]
            person, day = person[alive], day[alive]
        gap_days = np.rint(7 * rng.exponential(size=person.size) / rates[person])
        day = day + np.clip(gap_days, 1, last_day() + 1).astype(int)
        person, day, number = person[day <= last_day()], day[day <= last_day()], number + 1
    purchases = pd.concat(rounds).sort_values(["person", "number"], ignore_index=True)
    value_rates = people["value_rate"].to_numpy()[purchases["person"]]
    return purchases.assign(net_cents=draw_net_cents(rng, value_rates))


def draw_value_rates(rng: np.random.Generator, number: int) -> np.ndarray:
    """Draw the rates nu ~ Gamma(q, v) of people's order values, per EUR."""
    return rng.gamma(PARAMETERS["gamma_gamma"]["q"], 1 / PARAMETERS["gamma_gamma"]["v"], number)


def draw_net_cents(rng: np.random.Generator, value_rates: np.ndarray) -> np.ndarray:
    """Draw one order value in cents for each rate: z ~ Gamma(p, nu), so E(Z) = p v / (q - 1)."""
    values = rng.gamma(PARAMETERS["gamma_gamma"]["p"], 1 / value_rates)
    return np.maximum(1, np.rint(100 * values)).astype(int)


def last_day() -> int:
    """Return the last day of the shop in days since its start (day 0)."""
    return (pd.Timestamp(PARAMETERS["end"]) - pd.Timestamp(PARAMETERS["start"])).days


def end_of_shop() -> pd.Timestamp:
    """Return the midnight (UTC) that ends the last day of the shop: nothing is dated after it."""
    return pd.Timestamp(PARAMETERS["end"]) + pd.Timedelta(days=1)


def acquisition_density() -> np.ndarray:
    """Return the probability of each day, 0 to the last, to be somebody's first purchase day."""
    dates = pd.date_range(PARAMETERS["start"], PARAMETERS["end"])
    weights = np.array(SEASON)[dates.month - 1] * (1 + YEARLY_GROWTH) ** (
        np.arange(len(dates)) / 365
    )
    weights = np.where(in_campaign(dates), PARAMETERS["campaign"]["uplift"] * weights, weights)
    return weights / weights.sum()


def in_campaign(dates: pd.DatetimeIndex) -> np.ndarray:
    """Return whether each date lies in the campaign, whose first and last day both count."""
    campaign = PARAMETERS["campaign"]
    return (dates >= pd.Timestamp(campaign["start"])) & (dates <= pd.Timestamp(campaign["end"]))


def on_days(days: np.ndarray, seconds: np.ndarray) -> pd.Series:
    """Return UTC timestamps from days since the start and seconds since midnight."""
    start = np.datetime64(PARAMETERS["start"], "s")
    return pd.Series(start + (np.asarray(days) * 86_400 + seconds).astype("timedelta64[s]"))


def draw_seconds(rng: np.random.Generator, number: int) -> np.ndarray:
    """Draw times of day in seconds since midnight; most people order in the evening."""
    weights = np.array(HOUR_WEIGHTS) / sum(HOUR_WEIGHTS)
    return 3_600 * rng.choice(24, size=number, p=weights) + rng.integers(0, 3_600, number)


# --- Traits and registration ---------------------------------------------------------------------


def assign_traits(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Give each person a country, a channel and a tier that depend on how loyal they are.

    `loyalty` (0 to 1, uniform) ranks people by purchase rate and dropout. The campaign changes who
    is *labelled* with its channel, not who is acquired: it takes the least loyal of its weeks.
    """
    campaign = PARAMETERS["campaign"]
    attraction = CHANNELS[campaign["channel"]][1]
    campaign_channels = CHANNELS | {campaign["channel"]: (campaign["channel_weight"], attraction)}
    ranks = 0.6 * people["rate"].rank(pct=True) - 0.4 * people["dropout"].rank(pct=True)
    loyalty = ranks.rank(pct=True).to_numpy()
    spending = (-people["value_rate"]).rank(pct=True).to_numpy()
    dates = pd.DatetimeIndex(on_days(people["first_day"], np.zeros(len(people))))
    return people.assign(
        loyalty=loyalty,
        country=draw_trait(rng, COUNTRIES, loyalty),
        acquisition_channel=np.where(
            in_campaign(dates),
            draw_trait(rng, campaign_channels, loyalty),
            draw_trait(rng, CHANNELS, loyalty),
        ),
        loyalty_tier=draw_trait(rng, TIERS, 0.8 * loyalty + 0.2 * spending),
    )


def draw_trait(
    rng: np.random.Generator, values: dict[str, tuple[float, float]], loyalty: np.ndarray
) -> np.ndarray:
    """Draw one value for each person with weight share x exp(attraction x (loyalty - 1/2))."""
    shares, attractions = np.array(list(values.values())).T
    weights = shares * np.exp(attractions * (loyalty[:, None] - 0.5))
    thresholds = np.cumsum(weights / weights.sum(axis=1, keepdims=True), axis=1)
    chosen = (rng.random((len(loyalty), 1)) > thresholds[:, :-1]).sum(axis=1)
    return np.array(list(values))[chosen]


def register(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Register everybody, add people who never order, and number all by registration time.

    Returns:
        `people`, then those without an order (their `first_day` is missing), and the columns
        `seconds` (time of day of the first purchase), `created_at`, `customer_id`, `email`,
        `referred_by_customer_id` ("" if nobody), `is_listed` (False for customers whom orders name
        and the customer list does not).
    """
    number = PARAMETERS["registered_customers_without_order"]
    idle_loyalty = rng.random(number) / 2
    idle = pd.DataFrame(
        {
            "loyalty": idle_loyalty,
            "country": draw_trait(rng, COUNTRIES, idle_loyalty),
            "acquisition_channel": draw_trait(rng, CHANNELS, idle_loyalty),
            "loyalty_tier": "bronze",
        }
    )
    idle_created_at = on_days(rng.integers(0, last_day(), number), draw_seconds(rng, number))
    seconds = draw_seconds(rng, len(people))
    # Most register while they order, some look around for weeks before.
    ahead = np.where(
        rng.random(len(people)) < 0.85,
        rng.integers(60, 1_800, len(people)),
        rng.integers(86_400, 40 * 86_400, len(people)),
    )
    created_at = on_days(people["first_day"], seconds) - pd.Series(ahead.astype("timedelta64[s]"))
    people = people.assign(seconds=seconds, created_at=created_at)
    everybody = pd.concat([people, idle.assign(created_at=idle_created_at)], ignore_index=True)

    rank = everybody["created_at"].rank(method="first").astype(int)
    everybody["customer_id"] = rank.map("C{:05d}".format)
    domain = np.where(rng.random(len(everybody)) < 0.6, "@example.com", "@example.org")
    everybody["email"] = everybody["customer_id"].str.lower() + domain

    # Some register a second time with the same address in another letter case.
    again = rng.choice(np.arange(1_000, len(people)), size=10, replace=False)
    everybody.loc[again, "email"] = everybody.loc[again - 900, "email"].str.upper().to_numpy()

    # Away from both ends, so that the first and the last order are those of listed customers.
    inner = np.flatnonzero((people["first_day"] > 0) & (people["first_day"] < last_day() - 30))
    everybody["is_listed"] = True
    everybody.loc[rng.choice(inner, size=12, replace=False), "is_listed"] = False
    everybody["referred_by_customer_id"] = choose_referrers(rng, everybody)
    is_unreferred = everybody["referred_by_customer_id"].eq("")
    is_referral = everybody["acquisition_channel"].eq("referral")
    everybody.loc[is_referral & is_unreferred, "acquisition_channel"] = "organic"
    return everybody


def choose_referrers(rng: np.random.Generator, everybody: pd.DataFrame) -> list[str]:
    """Choose a listed earlier buyer for each person of channel referral, and "" for all others."""
    buyers = everybody[everybody["first_day"].notna() & everybody["is_listed"]]
    bought_at = on_days(buyers["first_day"].astype(int), buyers["seconds"].to_numpy()).to_numpy()
    order = np.argsort(bought_at, kind="stable")
    buyer_ids, bought_at = buyers["customer_id"].to_numpy()[order], bought_at[order]
    earlier = np.searchsorted(bought_at, everybody["created_at"].to_numpy())
    picks = (rng.random(len(everybody)) * earlier).astype(int)
    is_referred = (everybody["acquisition_channel"] == "referral") & (earlier > 0)
    return np.where(is_referred, buyer_ids[picks], "").tolist()


# --- Orders and refunds --------------------------------------------------------------------------

PURCHASE_STATUSES = {
    "completed": 0.80,
    "Completed": 0.08,
    "COMPLETED": 0.01,
    "shipped": 0.07,
    "Paid": 0.035,
    "": 0.005,
}
OTHER_STATUSES = {
    "cancelled": 0.40,
    "Cancelled": 0.15,
    "CANCELED": 0.05,
    "failed": 0.20,
    "Pending": 0.15,
    "test": 0.05,
}


def place_orders(
    rng: np.random.Generator, people: pd.DataFrame, purchases: pd.DataFrame
) -> pd.DataFrame:
    """Turn purchase days into orders and add those of guests and those that are no purchase.

    Returns:
        One row an order by time: `order_id`, `ordered_at`, `kind` (first, later, guest,
        no purchase), `person` (row of `people`, -1 for guests), `customer_id`, `email`, `status`,
        `net_cents`, `gross_cents`, `discount_cents`, `shipping_cents`, `tax_cents`, `cost_cents`,
        `fulfilment_cents` (less what shipping brings, which is no revenue), `payment_fee_cents`.
    """
    orders = pd.concat(
        [
            own_orders(rng, people, purchases),
            guest_orders(rng, people),
            orders_that_are_no_purchase(rng, people),
        ]
    ).sort_values("ordered_at", kind="stable", ignore_index=True)
    size, is_first = len(orders), orders["kind"].eq("first")
    has_discount = rng.random(size) < np.where(is_first, 0.40, 0.12)
    rate = np.where(is_first, 0.10, rng.choice([0.05, 0.15, 0.20], size)) * has_discount
    net = orders["net_cents"]
    gross = np.rint(net / (1 - rate)).astype(int)
    # Nobody asks guests where they live: they are taxed and served like people in Germany.
    country = people["country"].reindex(orders["person"]).fillna("DE").reset_index(drop=True)
    shipping = np.where(net >= 5_000, 0, np.where(country == "CH", 990, 490))
    tax = np.rint(country.map(VALUE_ADDED_TAX) * (net + shipping)).astype(int)
    fixed_fee, fee_rate = PAYMENT_FEE
    return orders.assign(
        order_id=[f"O{number}" for number in range(100_001, 100_001 + size)],
        gross_cents=gross,
        discount_cents=gross - net,
        shipping_cents=shipping,
        tax_cents=tax,
        cost_cents=np.rint(rng.uniform(0.45, 0.60, size) * net).astype(int),
        fulfilment_cents=PACKING + np.maximum(0, country.map(POSTAGE) - shipping),
        payment_fee_cents=fixed_fee + np.rint(fee_rate * (net + shipping + tax)).astype(int),
    )


def own_orders(
    rng: np.random.Generator, people: pd.DataFrame, purchases: pd.DataFrame
) -> pd.DataFrame:
    """Place one order a purchase day, and on a few days two that share the value of the day."""
    person, is_first = purchases["person"].to_numpy(), purchases["number"].to_numpy() == 0
    first_seconds = people["seconds"].to_numpy()[person].astype(int)
    seconds = np.where(is_first, first_seconds, draw_seconds(rng, len(purchases)))
    net = purchases["net_cents"].to_numpy()
    is_split = (rng.random(len(purchases)) < 0.007) & (seconds < 80_000) & (net > 2_000)
    second_net = np.rint(is_split * net * rng.uniform(0.2, 0.5, len(purchases))).astype(int)
    orders = pd.DataFrame(
        {
            "ordered_at": on_days(purchases["day"], seconds),
            "kind": np.where(is_first, "first", "later"),
            "person": person,
            "customer_id": people["customer_id"].to_numpy()[person],
            "email": people["email"].to_numpy()[person],
            "net_cents": net - second_net,
        }
    )
    minutes = rng.integers(2, 100, is_split.sum())
    second = orders[is_split].assign(
        ordered_at=orders["ordered_at"][is_split] + pd.to_timedelta(minutes, unit="min"),
        kind="later",
        net_cents=second_net[is_split],
    )
    orders = pd.concat([orders, second], ignore_index=True)
    return orders.assign(status=draw_statuses(rng, PURCHASE_STATUSES, len(orders)))


def guest_orders(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Place orders without a customer id: most with an e-mail, some with none or a customer's.

    They follow the season. The first and the last day of the shop stay without guests.
    """
    size = PARAMETERS["guest_orders"]
    density = acquisition_density()[1:-1]
    days = 1 + rng.choice(len(density), size=size, p=density / density.sum())
    email = np.array([f"guest{number}@example.com" for number in range(1, size + 1)], dtype=object)
    shuffled = rng.permutation(size)
    buyers = people.loc[people["is_listed"] & people["first_day"].notna(), "email"].to_numpy()
    email[shuffled[:24]] = [text.upper() for text in rng.choice(buyers, size=24, replace=False)]
    email[shuffled[24:100]] = ""
    return pd.DataFrame(
        {
            "ordered_at": on_days(days, draw_seconds(rng, size)),
            "kind": "guest",
            "person": -1,
            "customer_id": "",
            "email": email,
            "net_cents": draw_net_cents(rng, draw_value_rates(rng, size)),
            "status": draw_statuses(rng, PURCHASE_STATUSES, size),
        }
    )


def orders_that_are_no_purchase(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Place cancelled, failed, pending and test orders, none on the first or the last day."""
    size = PARAMETERS["orders_that_are_no_purchase"]
    person = rng.choice(len(people), size=size)
    earliest = people["first_day"].fillna(0).to_numpy()[person].astype(int) + 1
    days = rng.integers(np.minimum(earliest, last_day() - 1), last_day())
    return pd.DataFrame(
        {
            "ordered_at": on_days(days, draw_seconds(rng, size)),
            "kind": "no purchase",
            "person": person,
            "customer_id": people["customer_id"].to_numpy()[person],
            "email": people["email"].to_numpy()[person],
            "net_cents": draw_net_cents(rng, draw_value_rates(rng, size)),
            "status": draw_statuses(rng, OTHER_STATUSES, size),
        }
    )


def draw_statuses(rng: np.random.Generator, shares: dict[str, float], number: int) -> np.ndarray:
    """Draw order statuses with the given shares, which sum to 1."""
    return rng.choice(list(shares), size=number, p=list(shares.values()))


def refund_orders(rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    """Refund merchandise, in part or in full, 2 to 40 days after the order, by the last day.

    First orders and guest orders come back far more often than later ones: people send back what
    they do not yet know. It also keeps the values of repeat purchases Gamma-Gamma distributed.

    Returns:
        One row a refund by time: `refund_id`, `order_id`, `refunded_at`, `cents`.
    """
    size = len(orders)
    is_full = rng.random(size) < 0.55
    share = np.where(is_full, 1.0, rng.uniform(0.15, 0.80, size))
    delay = pd.to_timedelta(rng.integers(2 * 86_400, 40 * 86_400, size), unit="s")
    is_refunded = rng.random(size) < orders["kind"].map(PARAMETERS["refund_probability"])
    refunds = pd.DataFrame(
        {
            "order_id": orders["order_id"],
            "refunded_at": orders["ordered_at"] + delay,
            "cents": np.maximum(1, np.rint(share * orders["net_cents"])).astype(int),
        }
    )[is_refunded]

    # A few are paid back in two steps, five days apart.
    is_split = rng.random(len(refunds)) < 0.04
    second = refunds[is_split].assign(
        refunded_at=refunds["refunded_at"] + pd.Timedelta(days=5), cents=refunds["cents"] // 3
    )
    refunds.loc[is_split, "cents"] -= second["cents"]
    refunds = pd.concat([refunds, second]).sort_values("refunded_at", kind="stable")
    refunds = refunds[refunds["refunded_at"] < end_of_shop()].reset_index(drop=True)
    return refunds.assign(refund_id=[f"R{number:05d}" for number in range(1, 1 + len(refunds))])


# --- Costs and surveys ---------------------------------------------------------------------------


def spend(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Record what acquisition costs by week (on its Monday) and retention by month.

    Paid social is cheaper by customer than paid search; that its customers do not stay is seen
    only in their value. Nothing is recorded for organic.

    Returns:
        The columns of the input, by date.
    """
    start = pd.Timestamp(PARAMETERS["start"])
    weeks = last_day() // 7 + 1
    rows = []
    for channel, unit_cost in ACQUISITION_COST.items():
        days = people.loc[people["acquisition_channel"] == channel, "first_day"].dropna()
        acquired = np.bincount(days.astype(int) // 7, minlength=weeks)
        # Budgets follow what a channel brings, with a part that is fixed and some noise.
        expected = 0.3 * acquired.mean() + 0.7 * acquired
        amounts = unit_cost * expected * rng.uniform(0.85, 1.15, weeks)
        rows += [
            (start + pd.Timedelta(weeks=week), "acquisition", f"{amount:.2f}", channel, "EUR")
            for week, amount in enumerate(amounts)
        ]
    for channel, monthly in RETENTION_COST_PER_MONTH.items():
        for number, month in enumerate(pd.date_range(start, PARAMETERS["end"], freq="MS")):
            amount = monthly * (1 + 0.02 * number) * rng.uniform(0.95, 1.05)
            rows.append((month, "retention", f"{amount:.2f}", channel, "EUR"))
    costs = pd.DataFrame(rows, columns=["spent_on", "purpose", "amount", "channel", "currency"])
    costs = costs.sort_values(["spent_on", "purpose", "channel"], ignore_index=True)
    return costs.assign(spent_on=costs["spent_on"].dt.strftime("%Y-%m-%d"))


# Of each touchpoint: its share of the invitations, the mean score of average people at the start,
# and the change of that mean a year: support gets better, the yearly survey worse.
TOUCHPOINTS = {
    "after_purchase": (0.62, 8.0, 0.15),
    "after_support": (0.20, 5.9, 0.9),
    "yearly_survey": (0.18, 9.0, -1.0),
}


def survey(rng: np.random.Generator, people: pd.DataFrame, orders: pd.DataFrame) -> pd.DataFrame:
    """Ask customers after some of their purchases; people prone to leave give lower scores.

    The yearly survey runs in November and asks people who bought in that year before.
    """
    purchases = orders[orders["kind"].isin(["first", "later"])]
    size = PARAMETERS["survey_invitations"]
    asked = purchases.iloc[np.sort(rng.choice(len(purchases), size=size, replace=False))]
    shares, means, changes = np.array(list(TOUCHPOINTS.values())).T
    kind = rng.choice(len(shares), size=size, p=shares)
    touchpoint = np.array(list(TOUCHPOINTS))[kind]

    ordered_at = asked["ordered_at"].reset_index(drop=True)
    november = ordered_at.dt.strftime("%Y-11-01").astype("datetime64[s]")
    delay = pd.to_timedelta(rng.integers(20 * 3_600, 12 * 86_400, size), unit="s")
    is_yearly = touchpoint == "yearly_survey"
    responded_at = (ordered_at + delay).mask(is_yearly, november + delay)

    years = (responded_at - pd.Timestamp(PARAMETERS["start"])) / pd.Timedelta(days=365)
    dropout = people["dropout"].to_numpy()[asked["person"]]
    mean = means[kind] + changes[kind] * years - 5.0 * (dropout - 0.15)
    score = np.clip(np.rint(mean + rng.normal(0, 1.9, size)), 0, 10).astype(int)

    responses = pd.DataFrame(
        {
            "customer_id": asked["customer_id"].to_numpy(),
            "responded_at": responded_at,
            "score": score.astype(str),
            "touchpoint": touchpoint,
        }
    )
    is_answered = (responded_at > ordered_at) & (responded_at < end_of_shop())
    responses = responses[is_answered].sort_values("responded_at", kind="stable")
    responses["responded_at"] = written_timestamps(responses["responded_at"])
    responses.insert(
        0, "response_id", [f"S{number:05d}" for number in range(1, 1 + len(responses))]
    )
    return responses.reset_index(drop=True)


# --- What the files say --------------------------------------------------------------------------


def written_timestamps(timestamps: pd.Series) -> pd.Series:
    """Write UTC timestamps as text."""
    return timestamps.dt.strftime("%Y-%m-%d %H:%M:%S")


def written_amounts(cents: pd.Series) -> pd.Series:
    """Write cents as EUR with two decimals."""
    return cents.map(lambda amount: f"{amount // 100}.{amount % 100:02d}")


def written_orders(rng: np.random.Generator, orders: pd.DataFrame) -> pd.DataFrame:
    """Write orders in the columns of the input; a few timestamps carry a UTC offset."""
    has_offset = (rng.random(len(orders)) < 0.0015) & ~orders.index.isin([0, len(orders) - 1])
    local = orders["ordered_at"] + pd.Timedelta(hours=1)
    return pd.DataFrame(
        {
            "order_id": orders["order_id"],
            "customer_id": orders["customer_id"],
            "ordered_at": written_timestamps(orders["ordered_at"]).mask(
                has_offset, local.dt.strftime("%Y-%m-%dT%H:%M:%S+01:00")
            ),
            "status": orders["status"],
            "currency": "EUR",
            "gross_amount": written_amounts(orders["gross_cents"]),
            "discount_amount": written_amounts(orders["discount_cents"]),
            "shipping_amount": written_amounts(orders["shipping_cents"]),
            "tax_amount": written_amounts(orders["tax_cents"]),
            "cost_amount": written_amounts(orders["cost_cents"]),
            "fulfilment_cost_amount": written_amounts(orders["fulfilment_cents"]),
            "payment_fee_amount": written_amounts(orders["payment_fee_cents"]),
            "email": orders["email"],
        }
    )


def written_customers(people: pd.DataFrame) -> pd.DataFrame:
    """Write the listed customers in the columns of the input, by customer id."""
    listed = people[people["is_listed"]].sort_values("customer_id", ignore_index=True)
    return pd.DataFrame(
        {
            "customer_id": listed["customer_id"],
            "email": listed["email"],
            "created_at": written_timestamps(listed["created_at"]),
            "country": listed["country"],
            "acquisition_channel": listed["acquisition_channel"],
            "loyalty_tier": listed["loyalty_tier"],
            "referred_by_customer_id": listed["referred_by_customer_id"],
        }
    )


def written_refunds(refunds: pd.DataFrame) -> pd.DataFrame:
    """Write refunds in the columns of the input, by time; they pay back goods only."""
    return pd.DataFrame(
        {
            "refund_id": refunds["refund_id"],
            "order_id": refunds["order_id"],
            "refunded_at": written_timestamps(refunds["refunded_at"]),
            "amount": written_amounts(refunds["cents"]),
            "goods_amount": written_amounts(refunds["cents"]),
        }
    )


# --- Dirty rows ----------------------------------------------------------------------------------
# Each is an extra row that must be rejected or dropped, so that no purchase of the process is lost.


def altered(frame: pd.DataFrame, row: int, **changes: str) -> pd.DataFrame:
    """Return a copy of one row with other values in some columns."""
    return frame.iloc[[row]].assign(**changes)


def with_dirty_orders(orders: pd.DataFrame) -> pd.DataFrame:
    """Append orders that cannot be read, exact duplicates, and an order id with other contents."""
    is_own = orders["customer_id"].ne("") & orders["ordered_at"].str.len().eq(19)
    own = orders[is_own & orders["status"].eq("completed")].reset_index(drop=True)
    dirty = [
        altered(own, 500, order_id="O900001", ordered_at="2024-13-45 10:00:00"),
        altered(own, 1_500, order_id="O900002", ordered_at="yesterday evening"),
        altered(own, 2_500, order_id="O900003", ordered_at=""),
        altered(own, 3_500, order_id="O900004", gross_amount=""),
        altered(own, 4_500, order_id="O900005", gross_amount="twenty euros"),
        altered(own, 5_500, order_id="O900006", gross_amount="-20.00"),
        altered(own, 6_500, order_id="O900007", discount_amount="a few cents"),
        altered(own, 7_500, order_id=""),
        altered(own, 8_500),
        altered(own, 9_500),
        # The same order id an hour earlier: the later row is the one that counts.
        altered(own, 10_500, ordered_at=an_hour_before(own["ordered_at"].iloc[10_500])),
    ]
    return pd.concat([orders, *dirty], ignore_index=True)


def an_hour_before(timestamp: str) -> str:
    """Return the text of a timestamp one hour before that of another text."""
    return str(pd.Timestamp(timestamp) - pd.Timedelta(hours=1))


def with_dirty_customers(customers: pd.DataFrame) -> pd.DataFrame:
    """Append an exact duplicate, an older entry of a known customer id, and one without an id."""
    older = an_hour_before(customers["created_at"].iloc[2_000])
    dirty = [
        altered(customers, 1_000),
        altered(customers, 2_000, created_at=older, loyalty_tier="unknown tier"),
        altered(customers, 3_000, customer_id="", email="nobody@example.com"),
    ]
    return pd.concat([customers, *dirty], ignore_index=True)


def with_dirty_refunds(refunds: pd.DataFrame) -> pd.DataFrame:
    """Append refunds of an unknown order, with no date, after the last order, with no amount."""
    after_end = end_of_shop() + pd.Timedelta(days=8, hours=10)
    dirty = [
        altered(refunds, 100, refund_id="R90001", order_id="O999999"),
        altered(refunds, 200, refund_id="R90002", refunded_at=""),
        altered(refunds, 300, refund_id="R90003", refunded_at=str(after_end)),
        altered(refunds, 400, refund_id="R90004", amount="all of it"),
        altered(refunds, 50),
    ]
    return pd.concat([refunds, *dirty], ignore_index=True)


def with_dirty_costs(costs: pd.DataFrame) -> pd.DataFrame:
    """Append a cost whose amount cannot be read and one without a date."""
    dirty = [altered(costs, 100, amount="about 400"), altered(costs, 200, spent_on="")]
    return pd.concat([costs, *dirty], ignore_index=True)


def with_dirty_responses(responses: pd.DataFrame) -> pd.DataFrame:
    """Append responses whose score lies outside 0 to 10, is no number, or is missing."""
    scores = ["11", "-1", "ten", ""]
    dirty = [
        altered(responses, 100 * number, response_id=f"S9000{number}", score=score)
        for number, score in enumerate(scores, start=1)
    ]
    return pd.concat([responses, *dirty], ignore_index=True)
