"""A first look at somebody's own orders: what the project makes of them, and how to build it.

The project itself reads the files, into a database that is thrown away; no second reader does.
"""

import json
import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path

from rich.console import Console
from rich.table import Table

from retention_cli.project import Marts, Project

USUAL_WINDOWS = [7, 14, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730]
DEFAULT_WINDOW = 90
FEWEST_GAPS = 20
REASONS_SHOWN = 10
WANTED = ["+retention__orders", "+retention__rejected_records", "+retention__data_quality"]
FACTS = """
{% if execute %}
{{ tojson({
    "columns": retention.file_columns("raw_orders", retention.input_value("raw_orders")),
    "inputs": retention.inputs(),
    "exports": retention.export_columns(),
}) }}
{% endif %}
"""


class NotInspectableError(Exception):
    """A file cannot be looked at; the message is one line that names it and the mend."""


@dataclass(frozen=True)
class InspectionReport:
    """What is in an orders file, and the settings that build it.

    Attributes:
        variables: the settings for `dbt build`, inputs among them.
        source_format: the format the columns are taken for.
        columns: the names of all columns.
        matched: the columns that are read: the project's name for each, and the file's.
        not_there: the project's names of the columns that could be read and are not there.
        missing: each required column that is not there, with names in the file that resemble it.
        rows: per input, rows that are accepted, rejected and dropped as exact copies.
        reasons: why rows are rejected, by input and reason.
        first_date, last_date: of the orders that are used, ISO 8601; None where there are none.
        currencies: order records by currency, most first; `None` for those that name none.
        orders, customers: how many are used.
        guest_share: fraction of the orders that name nobody; None without orders.
        gaps: days between consecutive orders of a customer: their number and percentiles by name.
    """

    variables: dict[str, object]
    source_format: str
    columns: list[str]
    matched: dict[str, str] = field(default_factory=dict)
    not_there: list[str] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    reasons: list[tuple[str, str, int]] = field(default_factory=list)
    first_date: str | None = None
    last_date: str | None = None
    currencies: dict[str | None, int] = field(default_factory=dict)
    orders: int = 0
    customers: int = 0
    guest_share: float | None = None
    gaps: dict[str, float] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """The line for a POSIX shell that builds the marts."""
        variables = json.dumps(self.variables, ensure_ascii=False)
        return f".venv/bin/dbt build --vars {shlex.quote(variables)}"


def inspect(
    orders: Path,
    customers: Path | None = None,
    refunds: Path | None = None,
    on_event: Callable[[object], None] | None = None,
) -> InspectionReport:
    """Look at an orders file, and at customers and refunds that belong to it.

    Args:
        orders, customers, refunds: files, or globs of several.
        on_event: called with every event of the dbt commands that run.

    Raises:
        NotInspectableError: a name holds what dbt takes for code.
        retention_cli.project.DbtFailedError: a file is not there or cannot be read at all.
    """
    given = {"raw_orders": orders, "raw_customers": customers, "raw_refunds": refunds}
    variables = {name: str(path.resolve()) for name, path in given.items() if path}
    for name, path in variables.items():
        if any(mark in path for mark in ["{{", "{%", "{#"]):
            raise NotInspectableError(f"{name}: dbt takes {path} for code; rename the file")
    with tempfile.TemporaryDirectory(prefix="retention-") as folder:
        project = Project.in_folder(Path(folder))
        # The refusals of a run would come before what is to be found out.
        manifest = project.dbt("parse", variables=variables)
        facts = project.dbt(
            "compile", "--inline", FACTS, variables=variables, manifest=manifest, on_event=on_event
        )
        found = json.loads(facts.results[0].node.compiled_code)
        formats = known_columns(found["inputs"], found["exports"])
        source_format, missing = guess_format(found["columns"], formats)
        matched, not_there = match_columns(found["columns"], formats.get(source_format, {}))
        if source_format != "generic":
            variables["source_format"] = source_format
        report = InspectionReport(
            variables, source_format, found["columns"], matched, not_there, missing
        )
        if missing:
            return report
        project.dbt("run", "--select", *WANTED, variables=variables, on_event=on_event)
        currencies = count_currencies(project.marts)
        named = [name for name in currencies if name]
        if len(named) > 1:
            # Without a rate no two currencies add up: the rest is said of the most frequent one.
            variables["reporting_currency"] = named[0]
            project.dbt("run", "--select", *WANTED, variables=variables, on_event=on_event)
        return replace(report, currencies=currencies, **describe(project.marts, variables))


def known_columns(inputs: dict[str, dict], exports: dict[str, dict]) -> dict[str, dict]:
    """Return by format and column the `spellings` of a column, and whether it is `required`.

    Args:
        inputs: the columns of the public interface, by input.
        exports: the spellings of the columns of each system's export, by format and column.
    """
    orders = inputs["raw_orders"]
    generic = {
        name: {"spellings": [name], "required": name in orders["required"]}
        for name in orders["required"] + orders["optional"]
    }
    return {"generic": generic} | exports


def guess_format(columns: list[str], formats: dict[str, dict]) -> tuple[str, dict[str, list[str]]]:
    """Return the format that a header fits best, and its required columns that are not there.

    Args:
        columns: the header.
        formats: what `known_columns` returns.
    """
    if len(columns) == 1 and len(columns[0].split()) in (4, 5):
        return "cdnow", {}
    required = {
        name: {column: one for column, one in known.items() if one.get("required")}
        for name, known in formats.items()
    }
    lacking = {name: match_columns(columns, known)[1] for name, known in required.items()}
    best = min(lacking, key=lambda name: len(lacking[name]) / len(required[name]))
    header = by_lower_case(columns)
    missing = [required[best][column]["spellings"][0] for column in lacking[best]]
    return best, {
        spelling: [
            header[near] for near in get_close_matches(spelling.lower(), header, n=3, cutoff=0.5)
        ]
        for spelling in missing
    }


def match_columns(columns: list[str], known: dict[str, dict]) -> tuple[dict[str, str], list[str]]:
    """Return a format's columns with the header's name for each, and those that it has not."""
    header = by_lower_case(columns)
    matched, not_there = {}, []
    for name, column in known.items():
        found = [header[s.lower()] for s in column["spellings"] if s.lower() in header]
        if found:
            matched[name] = found[0]
        else:
            not_there.append(name)
    return matched, not_there


def by_lower_case(columns: list[str]) -> dict[str, str]:
    """Return the names of a header by how they are compared: in lower case, without blanks."""
    return {name.lower().strip(): name for name in columns}


def count_currencies(marts: Marts) -> dict[str | None, int]:
    """Return the order records by currency, most first; `None` for those that name none."""
    counts = marts.query(
        """
        select currency, count(*) as orders
        from retention_staging.stg_retention__order_records
        group by 1 order by 2 desc, 1
        """
    )
    return {
        row.currency if isinstance(row.currency, str) else None: int(row.orders)
        for row in counts.itertuples()
    }


def describe(marts: Marts, variables: dict[str, object]) -> dict[str, object]:
    """Return what a report says of orders that were built, by its attributes."""
    quality = marts.frame("retention__data_quality").set_index("input")
    reasons = marts.query(
        """
        select input, reason, cast(sum(source_rows) as bigint) as rows
        from retention__rejected_records
        group by all order by rows desc, input, reason
        """
    )
    totals = marts.query(
        """
        select
            count(*) as orders,
            count(distinct customer_key) as customers,
            count(*) filter (customer_key is null) as guests,
            cast(min(order_date) as varchar) as first_date,
            cast(max(order_date) as varchar) as last_date
        from retention__orders
        """
    ).iloc[0]
    gaps = marts.query(
        """
        select
            count(*) as number,
            quantile_cont(days_since_previous_order, 0.5) as median,
            quantile_cont(days_since_previous_order, 0.9) as p90,
            quantile_cont(days_since_previous_order, 0.95) as p95
        from retention__orders
        where days_since_previous_order > 0
        """
    ).iloc[0]
    window = suggested_window(int(gaps["number"]), float(gaps["p90"]) if gaps["number"] else 0)
    return {
        "variables": variables | {"activity_window_days": window},
        "rows": {
            name: {kind: int(row[kind]) for kind in ["accepted", "rejected", "duplicates_dropped"]}
            for name, row in quality.iterrows()
            if row["raw"] or name in variables
        },
        "reasons": [(row.input, row.reason, int(row.rows)) for row in reasons.itertuples()],
        "first_date": totals["first_date"],
        "last_date": totals["last_date"],
        "orders": int(totals["orders"]),
        "customers": int(totals["customers"]),
        "guest_share": totals["guests"] / totals["orders"] if totals["orders"] else None,
        "gaps": {name: float(value) for name, value in gaps.items()} if gaps["number"] else {},
    }


def suggested_window(gaps: int, p90: float) -> int:
    """Return the usual number of days that is the first to cover 90 % of the gaps between orders.

    With fewer than 20 gaps there is nothing to go by, and the default is returned.
    """
    if gaps < FEWEST_GAPS:
        return DEFAULT_WINDOW
    return next((days for days in USUAL_WINDOWS if days >= p90), USUAL_WINDOWS[-1])


def render(report: InspectionReport, console: Console) -> None:
    """Print a report, and the line to run next."""

    def say(text: str, style: str | None = None) -> None:
        console.print(text, markup=False, highlight=False, soft_wrap=True, style=style)

    say("")
    say(f"Format: {report.source_format}, by the columns of its header", "bold")
    render_columns(report, say)
    if report.missing:
        return
    rows = Table("input", "used", "rejected", "exact copies dropped", box=None)
    for name, counts in report.rows.items():
        rows.add_row(name, *(f"{count:,}" for count in counts.values()))
    console.print(rows)
    if report.orders:
        say(f"Orders: {report.orders:,}, from {report.first_date} to {report.last_date}")
        say(f"Customers: {report.customers:,}; orders of nobody known: {report.guest_share:.1%}")
    named = {name or "not named": count for name, count in report.currencies.items()}
    say("Currencies: " + ", ".join(f"{name} ({count:,})" for name, count in named.items()))
    if "reporting_currency" in report.variables:
        currency = report.variables["reporting_currency"]
        say(
            f"Only orders in {currency} are used. To use the others as well, "
            "set raw_exchange_rates to a file with the columns currency, valid_from and rate.",
            "yellow",
        )
    for input_, reason, count in report.reasons[:REASONS_SHOWN]:
        say(f"Rejected: {count:,} x {input_}: {reason}", "yellow")
    if len(report.reasons) > REASONS_SHOWN:
        say(f"Rejected: {len(report.reasons) - REASONS_SHOWN} more reasons", "yellow")
    window = report.variables["activity_window_days"]
    if report.gaps.get("number", 0) >= FEWEST_GAPS:
        say(
            f"Activity window: {window} days. Of all repeat orders half come within "
            f"{report.gaps['median']:.0f} days of the one before, 90 % within "
            f"{report.gaps['p90']:.0f}, 95 % within {report.gaps['p95']:.0f}; "
            f"{window} is the first usual number that covers 90 %."
        )
    else:
        say(f"Activity window: {window} days, the default: too few repeat orders.")
    say("\nTo build the marts:\n")
    say(report.command)
    say("")


def render_columns(report: InspectionReport, say: Callable[..., None]) -> None:
    """Print which columns are read, which could be, and which are missing."""
    if report.matched:
        say(f"Columns read: {', '.join(report.matched.values())}")
    if report.not_there:
        optional = [name for name in report.not_there if name not in report.missing]
        say(f"Not there, and not needed: {', '.join(optional)}")
    ignored = [name for name in report.columns if name not in report.matched.values()]
    if ignored and report.matched:
        say(f"Not read: {', '.join(ignored)} (segment_columns can make segments of columns)")
    for column, resembling in report.missing.items():
        hint = f"; is it {' or '.join(repr(name) for name in resembling)}?" if resembling else ""
        say(f"Missing: {column}{hint}", "red")
    if report.missing:
        say("Rename these columns in the file, or select them under these names in a model.\n")
