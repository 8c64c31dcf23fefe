"""What is asked of an import, and what it made."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retention_cli.ingest.files import Progress, no_progress
from retention_cli.ingest.formats import Mapping
from retention_cli.ingest.mapping import Ask
from retention_cli.ingest.tables import FileReading

MOST_SEGMENT_VALUES = 250
HUNDREDTHS = (
    "no column says the currency of amounts in minor units, so a hundred make one; where they are yen or"
    ' dinars, set it with --vars "{reporting_currency: JPY}"'
)
# Of a status that says that money went back, in plain words: not all of it did.
PART_OF_ORDER = "partia|teilw|partiel|parci|parzi|gedeelt|częś"
# The columns of the inputs beside orders and lines: what is needed, what is read where it is there.
OTHER_INPUTS: dict[str, tuple[list[str], list[str]]] = {
    "raw_customers": (
        ["customer_id"],
        ["email", "phone", "created_at", "updated_at", "referred_by_customer_id", "person_id"],
    ),
    "raw_refunds": (
        ["order_id", "refunded_at", "amount"],
        ["refund_id", "goods_amount", "tax_amount", "shipping_amount", "store", "updated_at"],
    ),
    "raw_costs": (["spent_on", "amount"], ["purpose", "channel", "currency"]),
    "raw_survey_responses": (
        ["customer_id", "responded_at", "score"],
        ["response_id", "touchpoint"],
    ),
    "raw_exchange_rates": (["currency", "valid_from", "rate"], []),
}
PARQUET = {"raw_orders": "orders", "raw_order_lines": "order_lines"}
PARQUET |= {name: name.removeprefix("raw_") for name in OTHER_INPUTS}


@dataclass(frozen=True)
class Request:
    """What a person asks to be imported.

    Attributes:
        files: of each input, `raw_orders` and so on, with the path to be written into shop.yml.
        settings: dbt's settings, and grain, columns, date_order, decimal_separator, phone_country.
        kept: decisions of a shop.yml, which are not made again; None where there are none.
        ask: asks a person to choose; returns None where nobody is there.
        accept: take proposals that are not sure.
    """

    files: dict[str, list[tuple[Path, str]]]
    settings: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, Any] | None = None
    ask: Ask = lambda question, choices: None
    accept: bool = False
    progress: Progress = no_progress


@dataclass
class Count:
    """What became of the rows of an input, in rows and in money where it can be read."""

    raw: int = 0
    accepted: int = 0
    rejected: int = 0
    dropped: int = 0
    money: float = 0.0
    rejected_money: float = 0.0


@dataclass
class Imported:
    """What an import made.

    Attributes:
        folder: where the Parquet files are.
        outputs: the Parquet file of each input.
        counts: what became of the rows, by input.
        reasons: why rows were rejected or dropped: input, reason, rows; most first.
        mapping: what the columns of the orders mean.
        readings: how each file was read, by input.
        decisions: what was decided, with the evidence: subject, decision, evidence.
        notes: what a person should hear.
        settings: the settings for dbt, inputs included.
        kept: settings of the reader itself that shop.yml keeps.
        proposals: sentences on what columns were taken for.
        statuses: of the orders: status, how it is taken, orders, money; most first.
    """

    folder: Path
    outputs: dict[str, Path] = field(default_factory=dict)
    counts: dict[str, Count] = field(default_factory=dict)
    reasons: list[tuple[str, str, int]] = field(default_factory=list)
    mapping: Mapping = field(default_factory=Mapping)
    files: dict[str, list[FileReading]] = field(default_factory=dict)
    decisions: list[tuple[str, str, str]] = field(default_factory=list)
    other_mappings: dict[str, dict[str, str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    totals: dict[str, Any] = field(default_factory=dict)
    statuses: list[tuple[str, str, int, float]] = field(default_factory=list)

    @property
    def orders(self) -> Path | None:
        """The Parquet file of the orders."""
        return self.outputs.get("raw_orders")

    @property
    def refunds(self) -> Path | None:
        """The Parquet file of the refunds, None where there are none."""
        return self.outputs.get("raw_refunds")

    @property
    def lines(self) -> Path | None:
        """The Parquet file of the order lines, None where there are none."""
        return self.outputs.get("raw_order_lines")

    @property
    def rejected(self) -> Path:
        """The Parquet file of the rows that could not be used."""
        return self.folder / "rejected.parquet"

    @property
    def share_of_rows_lost(self) -> float:
        """Which share of the rows of orders was rejected."""
        count = self.counts["raw_orders"]
        return count.rejected / max(count.raw - count.dropped, 1)

    @property
    def share_of_money_lost(self) -> float:
        """Which share of the money that can be read is in rejected rows."""
        count = self.counts["raw_orders"]
        return count.rejected_money / count.money if count.money else 0.0

    @property
    def verdict(self) -> str:
        """Say in one line whether the files can be used."""
        lost = sum(count.rejected for count in self.counts.values())
        if not self.counts["raw_orders"].accepted:
            return "not usable: no row of the orders can be used"
        if not lost:
            return "ready: every row is used"
        reasons = "; ".join(
            f"{rows:,} x {reason}" for _, reason, rows in self.reasons[:3] if not is_drop(reason)
        )
        return (
            f"usable with a loss of {self.share_of_rows_lost:.1%} of rows and"
            f" {self.share_of_money_lost:.1%} of money ({reasons})"
        )


def is_drop(reason: str) -> bool:
    """Return whether a reason is one for which rows are left out on purpose."""
    return reason.startswith("left out: ")
