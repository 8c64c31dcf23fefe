"""A first look at somebody's own orders: what the project makes of them, and how to build it.

The project itself reads the files, into a database that is thrown away; no second reader does.
"""

import json
import shlex
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.project import Marts, Project

USUAL_WINDOWS = [7, 14, 30, 45, 60, 90, 120, 180, 270, 365, 540, 730]
DEFAULT_WINDOW = 90
FEWEST_GAPS = 20
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
        missing: each required column that is not there, with names in the file that resemble it.
        rows: per input, rows that are accepted, rejected and dropped as exact copies.
        reasons: why rows are rejected, by input and reason.
        first_date, last_date: of the orders that are used, ISO 8601; None where there are none.
        currencies: orders by currency; `None` for those that name none.
        orders, customers: how many are used.
        guest_share: fraction of the orders that name nobody; None without orders.
        gaps: days between consecutive orders of a customer: their number and percentiles by name.
    """

    variables: dict[str, object]
    source_format: str
    columns: list[str]
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
        harness.project.DbtFailedError: a file is not there or cannot be read at all.
    """
    given = {"raw_orders": orders, "raw_customers": customers, "raw_refunds": refunds}
    variables = {name: str(path.absolute()) for name, path in given.items() if path}
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
        source_format, missing = guess_format(found["columns"], found["inputs"], found["exports"])
        if source_format != "generic":
            variables["source_format"] = source_format
        if missing:
            return InspectionReport(variables, source_format, found["columns"], missing)
        project.dbt("run", "--select", *WANTED, variables=variables, on_event=on_event)
        return describe(project.marts, variables, source_format, found["columns"])


def guess_format(
    columns: list[str], inputs: dict[str, dict], exports: dict[str, dict]
) -> tuple[str, dict[str, list[str]]]:
    """Return the format that a header fits best, and its required columns that are not there.

    Args:
        columns: the header.
        inputs: the columns of the public interface, by input.
        exports: the spellings of the columns of each system's export, by format and column.
    """
    header = {name.lower().strip(): name for name in columns}
    if len(columns) == 1 and len(columns[0].split()) in (4, 5):
        return "cdnow", {}
    required = {"generic": [[name] for name in inputs["raw_orders"]["required"]]} | {
        name: [column["spellings"] for column in export.values() if column.get("required")]
        for name, export in exports.items()
    }
    lacking = {
        name: [
            spellings for spellings in spelled if not {s.lower() for s in spellings} & set(header)
        ]
        for name, spelled in required.items()
    }
    best = min(lacking, key=lambda name: len(lacking[name]) / len(required[name]))
    return best, {
        spellings[0]: [
            header[near]
            for near in get_close_matches(spellings[0].lower(), header, n=3, cutoff=0.5)
        ]
        for spellings in lacking[best]
    }


def describe(
    marts: Marts, variables: dict[str, object], source_format: str, columns: list[str]
) -> InspectionReport:
    """Return the report on orders that were built."""
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
    currencies = marts.query(
        "select currency, count(*) as orders from retention__orders group by 1 order by 2 desc"
    )
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
    return InspectionReport(
        variables=variables | {"activity_window_days": window},
        source_format=source_format,
        columns=columns,
        rows={
            name: {kind: int(row[kind]) for kind in ["accepted", "rejected", "duplicates_dropped"]}
            for name, row in quality.iterrows()
            if row["raw"] or name in variables
        },
        reasons=[(row.input, row.reason, int(row.rows)) for row in reasons.itertuples()],
        first_date=totals["first_date"],
        last_date=totals["last_date"],
        currencies={
            row.currency if isinstance(row.currency, str) else None: int(row.orders)
            for row in currencies.itertuples()
        },
        orders=int(totals["orders"]),
        customers=int(totals["customers"]),
        guest_share=totals["guests"] / totals["orders"] if totals["orders"] else None,
        gaps={name: float(value) for name, value in gaps.items()} if gaps["number"] else {},
    )


def suggested_window(gaps: int, p90: float) -> int:
    """Return the usual number of days that is the first to cover 90 % of the gaps between orders.

    With fewer than 20 gaps there is nothing to go by, and the default is returned.
    """
    if gaps < FEWEST_GAPS:
        return DEFAULT_WINDOW
    return next((days for days in USUAL_WINDOWS if days >= p90), USUAL_WINDOWS[-1])


def render(report: InspectionReport, console: Console) -> None:
    """Print a report, and the line to run next."""
    console.print(f"\nFormat: [bold]{report.source_format}[/bold], by the columns of its header")
    console.print("Columns: " + ", ".join(report.columns), markup=False, soft_wrap=True)
    if report.missing:
        for column, resembling in report.missing.items():
            hint = (
                f"; is it {' or '.join(repr(name) for name in resembling)}?" if resembling else ""
            )
            console.print(f"Missing: {column}{hint}", markup=False, soft_wrap=True, style="red")
        console.print(
            "Rename these columns in the file, or select them under these names in a model.\n"
        )
        return
    rows = Table("input", "used", "rejected", "exact copies dropped", box=None)
    for name, counts in report.rows.items():
        rows.add_row(name, *(f"{count:,}" for count in counts.values()))
    console.print(rows)
    if report.orders:
        console.print(f"Orders: {report.orders:,}, from {report.first_date} to {report.last_date}")
        console.print(
            f"Customers: {report.customers:,}; orders of nobody known: {report.guest_share:.1%}"
        )
    named = {name or "not named": count for name, count in report.currencies.items()}
    console.print(
        "Currencies: " + ", ".join(f"{name} ({count:,})" for name, count in named.items())
    )
    for input_, reason, count in report.reasons[:10]:
        console.print(
            f"Rejected: {count:,} x {input_}: {reason}",
            markup=False,
            soft_wrap=True,
            style="yellow",
        )
    window = report.variables["activity_window_days"]
    if report.gaps.get("number", 0) >= FEWEST_GAPS:
        console.print(
            f"Activity window: {window} days. Of all repeat orders half come within "
            f"{report.gaps['median']:.0f} days of the one before, 90 % within "
            f"{report.gaps['p90']:.0f}, 95 % within {report.gaps['p95']:.0f}; "
            f"{window} is the first usual number that covers 90 %.",
            soft_wrap=True,
        )
    else:
        console.print(f"Activity window: {window} days, the default: too few repeat orders.")
    console.print("\nTo build the marts:\n")
    console.print(report.command, markup=False, highlight=False, soft_wrap=True)
    console.print()
