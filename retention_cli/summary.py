"""The headline metrics of a build in the terminal, read from its public relations."""

import pandas as pd
import plotext
from rich.console import Console
from rich.table import Table
from rich.text import Text

from retention_cli.project import Marts

HEADLINES = [
    "churn_rate",
    "retention_rate",
    "repeat_customer_rate",
    "purchase_frequency",
    "average_order_value",
    "customer_value",
]
# Shown where they have a value: without costs or surveys some never do.
FURTHER_HEADLINES = [
    "formula_clv",
    "net_revenue_retention",
    "customer_acquisition_cost",
    "net_promoter_score",
]
ACTIVE_CUSTOMERS = ("Active customers at the close", "Aktive Kunden am Ende", "customers")
GRAINS = ["month", "quarter", "week", "year"]  # the first of them that was built is shown
PERIODS_IN_PLOT = 36
MISSING = "-"


def summarise(marts: Marts, console: Console) -> None:
    """Print the headline metrics, their course, the data quality and where to look next.

    Raises:
        NotReadableError: nothing is built yet, or the database is in use.
    """
    grain, periods = total_periods(marts)
    console.print()
    if periods.empty:
        console.print("No order could be used; retention__rejected_records says why.\n")
    else:
        console.print(headline_table(marts, grain, periods, console.width), "")
        plot_course(console, grain, periods)
    console.print(quality_table(marts), "")
    console.print(relations_table(marts), "")
    console.print(next_steps(), soft_wrap=True)


def total_periods(marts: Marts) -> tuple[str, pd.DataFrame]:
    """Return the grain to show and its periods over all customers, in order of time.

    Returns:
        The grain, and one row a period: its `period_start` as index, `is_complete`,
        `closing_customers` and one column a metric of the catalogue.
    """
    snapshots = marts.query(
        """
        select period_grain, period_start, is_complete, closing_customers
        from retention__period_snapshots
        where segment_dimension = 'all'
        order by period_start
        """
    )
    grain = next((grain for grain in GRAINS if grain in set(snapshots["period_grain"])), GRAINS[0])
    values = marts.query(
        f"""
        select metric, period_start, value
        from retention__metrics
        where segment_dimension = 'all' and period_grain = '{grain}'
        """  # noqa: S608 (one of GRAINS)
    ).pivot(index="period_start", columns="metric", values="value")
    periods = snapshots[snapshots["period_grain"].eq(grain)].set_index("period_start")
    return grain, periods.drop(columns="period_grain").join(values)


# --- Headline metrics ----------------------------------------------------------------------------


def headline_table(marts: Marts, grain: str, periods: pd.DataFrame, width: int) -> Table:
    """Return the last complete period beside the same period a year before.

    Where no period is complete yet, the running one stands there and is said to be running. German
    terms are there where the width in characters allows.
    """
    complete = periods[periods["is_complete"]]
    start = (periods if complete.empty else complete).index[-1]
    year_before = start - (pd.Timedelta(weeks=52) if grain == "week" else pd.DateOffset(years=1))
    both = periods.reindex([start, year_before])
    names = [period_name(grain, day) for day in both.index]

    table = Table(title="All customers", caption="Still running" if complete.empty else None)
    table.add_column("Metric")
    if width >= 110:
        table.add_column("German", style="dim")
    table.add_column(names[0], justify="right", style="bold")
    table.add_column(names[1], justify="right")
    table.add_column("Change", justify="right")
    currency = reporting_currency(marts)
    definitions = marts.query(
        "select metric, label_en, label_de, unit from retention__metric_definitions"
    ).set_index("metric")
    known = both.columns[periods.notna().any()]
    headlines = HEADLINES + [metric for metric in FURTHER_HEADLINES if metric in known]
    rows = {metric: tuple(definitions.loc[metric]) for metric in headlines}
    for column, (label, german, unit) in (rows | {"closing_customers": ACTIVE_CUSTOMERS}).items():
        current, before = both[column]
        values = [written_value(value, unit, currency) for value in (current, before)]
        labels = [label, german] if width >= 110 else [label]
        table.add_row(*labels, *values, written_change(current, before, unit))
    return table


def period_name(grain: str, start: pd.Timestamp) -> str:
    """Return a period as people write it, such as `June 2026`."""
    match grain:
        case "month":
            return f"{start:%B %Y}"
        case "quarter":
            return f"Q{start.quarter} {start.year}"
        case "week":
            return f"Week of {start:%Y-%m-%d}"
        case _:
            return str(start.year)


def reporting_currency(marts: Marts) -> str:
    """Return the currency of the purchases, "" where none or several are written."""
    currencies = marts.query("select distinct currency from retention__orders where is_purchase")
    names = currencies["currency"].dropna()
    return names.iloc[0] if len(names) == 1 else ""


def written_value(value: float, unit: str, currency: str) -> str:
    """Return a value in its unit, which is text of the metric catalogue."""
    if pd.isna(value):
        return MISSING
    if unit.startswith("fraction"):
        return f"{value:.1%}"
    if unit.startswith("reporting currency"):
        return f"{value:,.2f} {currency}".rstrip()
    return f"{value:,.0f}" if unit == "customers" else f"{value:,.2f}"


def written_change(current: float, before: float, unit: str) -> str:
    """Return the change since before: of a rate in percentage points, of all others in percent."""
    if pd.isna(current) or pd.isna(before):
        return MISSING
    if unit.startswith("fraction"):
        return f"{100 * (current - before):+.1f} points"
    return f"{current / before - 1:+.1%}" if before else MISSING


# --- Course over time ----------------------------------------------------------------------------


def plot_course(console: Console, grain: str, periods: pd.DataFrame) -> None:
    """Draw the churn rate and the active customers of the complete periods, two points or more."""
    periods = periods[periods["is_complete"]].tail(PERIODS_IN_PLOT)
    courses = {
        f"Churn rate by {grain}, %": 100 * periods["churn_rate"],
        "Active customers at the close": periods["closing_customers"],
    }
    for title, course in courses.items():
        known = course.dropna()
        if len(known) > 1:
            console.print(line_plot(title, known, width=min(console.width, 100)), "")


def line_plot(title: str, course: pd.Series, width: int) -> Text:
    """Return a line plot from zero upwards of values indexed by day, `width` characters wide."""
    positions = list(range(len(course)))
    step = -(-len(course) // 8)  # at most eight labels
    top = max(course.max(), 1)
    plotext.clear_figure()
    plotext.theme("clear")
    plotext.plot_size(width, 12)
    plotext.title(title)
    plotext.plot(positions, course.tolist(), marker="braille")
    plotext.xticks(positions[::step], [f"{day:%b %y}" for day in course.index[::step]])
    plotext.ylim(0, top)
    plotext.yticks([0, top / 2, top], ["0", f"{top / 2:,.0f}", f"{top:,.0f}"])
    return Text.from_ansi(plotext.build())


# --- Data quality and what comes next ------------------------------------------------------------


def quality_table(marts: Marts) -> Table:
    """Return what became of the records of each input that was given."""
    quality = marts.query("from retention__data_quality where raw > 0")
    caption = None
    if quality["rejected"].any():
        caption = "retention__rejected_records lists each rejected record with its reason"
    table = Table(title="What became of the input", caption=caption)
    table.add_column("Input")
    columns = ["raw", "accepted", "rejected", "duplicates_dropped", "unattributed"]
    for name in columns:
        table.add_column(name.replace("_", " ").capitalize(), justify="right")
    for _, row in quality.iterrows():
        table.add_row(
            row["input"], *(written_value(row[name], "customers", "") for name in columns)
        )
    return table


def relations_table(marts: Marts) -> Table:
    """Return which relation answers which question: the first clause of its description."""
    relations = marts.query(
        """
        select name, trim(regexp_extract(comment, '^[^.:;?(]*[?]?')) as question
        from (
            select table_name as name, comment from duckdb_tables() where schema_name = 'retention'
            union all
            select view_name, comment from duckdb_views() where schema_name = 'retention'
        )
        where comment is not null
        order by name
        """
    )
    table = Table(title="Where to look next", show_header=False, box=None)
    for name, question in relations.itertuples(index=False):
        table.add_row(name, question)
    return table


def next_steps() -> Text:
    """Return the commands that lead on from here."""
    steps = Text()
    for what, command in {
        "Ask a question of your own": (
            'python3 retention.py query "select period_start, churn_rate from retention__churn_rate'
            " where period_grain = 'month' and segment_dimension = 'all' order by 1\""
        ),
        "Read what each table and column means": "python3 retention.py docs --open",
        "Use your own orders": ".venv/bin/dbt build --vars '{raw_orders: path/to/orders.csv}'",
    }.items():
        steps.append(f"{what}:\n").append(f"  {command}\n", style="cyan")
    return steps
