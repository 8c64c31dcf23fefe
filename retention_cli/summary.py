"""The headline metrics of a build in the terminal, read from its public relations."""

import pandas as pd
import plotext
from rich.console import Console
from rich.table import Table
from rich.text import Text

from retention_cli.figures import (
    FIGURES,
    GRAINS,
    Comparison,
    Figure,
    compare,
    compared_with,
    read_periods,
    shown_period,
)
from retention_cli.project import Marts

PERIODS_IN_PLOT = 36
MISSING = "-"
WIDE = 110  # characters from which on German terms have room
SMALLEST_CHANGE = 0.0005  # smaller ones are neither good nor bad


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
    predictions = predictions_table(marts)
    if predictions:
        console.print(predictions, "")
    console.print(quality_table(marts), "")
    console.print(relations_table(marts), "")
    console.print(next_steps(), soft_wrap=True)


def total_periods(marts: Marts) -> tuple[str, pd.DataFrame]:
    """Return the grain to show and its periods over all customers, as `read_periods` does."""
    built = marts.query("select distinct period_grain from retention__period_snapshots")
    grain = next((grain for grain in GRAINS if grain in set(built["period_grain"])), GRAINS[0])
    return grain, read_periods(marts, grain)


# --- Headline figures ----------------------------------------------------------------------------


def headline_table(marts: Marts, grain: str, periods: pd.DataFrame, width: int) -> Table:
    """Return the last complete period, and its change since the period before and a year before.

    Where no period is complete yet, the running one stands there and is said to be running; it is
    compared with nothing. German terms are there where the width in characters allows.
    """
    place = shown_period(periods)
    running = not periods["is_complete"].iloc[place]
    before, year = compared_with(grain, pd.DatetimeIndex(periods.index))
    starts = [
        periods.index[other] if other >= 0 else None for other in (before[place], year[place])
    ]
    named = periods["period_name"]
    names = [
        f"vs {period_name(grain, start, named[start])}" if start is not None else MISSING
        for start in starts
    ]

    table = Table(title="All customers", caption="Still running" if running else None)
    table.add_column("Figure")
    if width >= WIDE:
        table.add_column("German", style="dim")
    name = period_name(grain, periods.index[place], named.iloc[place])
    table.add_column(name, justify="right", style="bold")
    for name in names:
        table.add_column(name, justify="right")
    currency = reporting_currency(marts)
    definitions = marts.query(
        "select metric, label_en, label_de from retention__metric_definitions"
    ).set_index("metric")
    for comparison in compare(grain, periods, place):
        figure = comparison.figure
        if figure not in FIGURES and periods[figure.column].isna().all():
            continue  # without costs some further figures never have a value
        labels = [figure.label_en, figure.label_de]
        if figure.column in definitions.index:
            labels = [str(label) for label in definitions.loc[figure.column].to_numpy()]
        table.add_row(
            *(labels if width >= WIDE else labels[:1]),
            written_figure(comparison, grain, currency),
            MISSING if running else written_change(figure, comparison.change_before),
            MISSING if running else written_change(figure, comparison.change_year),
        )
    return table


def written_figure(comparison: Comparison, grain: str, currency: str) -> str:
    """Return the value of a figure in its unit."""
    value = comparison.value
    if value is None:
        return MISSING
    match comparison.figure.unit:
        case "rate":
            return f"{value:.1%}"
        case "money":
            return f"{value:,.2f} {currency}".rstrip()
        case "count":
            return f"{value:,.0f}"
        case "periods":
            return f"same {grain}" if value == 0 else f"{value:,.0f} {grain}s"
        case _:
            return f"{value:,.2f}"


def written_change(figure: Figure, change: float | None) -> str:
    """Return a change: of a rate in percentage points, else in percent; whether it is good."""
    if change is None:
        return MISSING
    match figure.unit:
        case "rate":
            text = f"{100 * change:+.1f} points"
        case "periods":
            text = f"{change:+,.0f}"
        case _:
            text = f"{change:+.1%}"
    if abs(change) < SMALLEST_CHANGE:
        return text
    return f"{text} {'better' if change * figure.good > 0 else 'worse'}"


def period_name(grain: str, start: pd.Timestamp, name: str) -> str:
    """Return a period as people write it, such as `June 2026`; `name` is that of the marts."""
    if name.startswith("FY"):
        return name
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


# --- Predictions ---------------------------------------------------------------------------------


def predictions_table(marts: Marts) -> Table | None:
    """Return how good the predictions are and how many customers each audience holds.

    None where nobody is in an audience.
    """
    audiences = marts.query(
        "select audience, count(*) as customers, sum(value) as value from retention__audiences"
        " group by all order by all"
    )
    if audiences.empty:
        return None
    currency = reporting_currency(marts)
    table = Table(title="Whom to write to", caption=trust(marts))
    table.add_column("Audience")
    table.add_column("Customers", justify="right")
    table.add_column("Value together", justify="right")
    for audience, customers, value in audiences.itertuples(index=False):
        worth = f"{value:,.2f} {currency}".rstrip()
        table.add_row(audience.replace("_", " "), f"{customers:,.0f}", worth)
    return table


def trust(marts: Marts) -> str:
    """Return in one sentence whether the predictions can be relied on, and by which measure."""
    models = marts.query(
        "from retention__clv_model where model in ('bg_nbd', 'mbg_nbd')"
        " order by is_used is true desc, model"
    )
    if models.empty:
        return ""
    model = models.iloc[0]
    if not pd.isna(model["refused_reason"]):
        return f"Nothing is predicted: {model['refused_reason']}"
    if pd.isna(model["beats_baseline"]):
        reason = model["holdout_refused_reason"]
        why = "the data are too short for a hold-out." if pd.isna(reason) else reason
        return f"The predictions could not be checked: {why}"
    expected, actual = model["holdout_expected"], model["holdout_actual"]
    checked = f"{expected:,.0f} repeat purchase days expected, {actual:,.0f} happened"
    if not model["beats_baseline"]:
        return f"Do not rely on the predictions: no better than simple rules ({checked})."
    return (
        f"Predictions checked on {model['holdout_weeks']:.0f} weeks they had not seen: {checked};"
        " better than both simple rules."
    )


# --- Data quality and what comes next ------------------------------------------------------------


def written_count(value: float) -> str:
    """Return a number of records."""
    return MISSING if pd.isna(value) else f"{value:,.0f}"


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
        table.add_row(row["input"], *(written_count(row[name]) for name in columns))
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
        "Use your own orders": "python3 retention.py build path/to/orders.csv",
    }.items():
        steps.append(f"{what}:\n").append(f"  {command}\n", style="cyan")
    return steps
