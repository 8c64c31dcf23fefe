"""One raw row, and what to say of it where it cannot be used."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

EARLIEST = datetime.min.replace(tzinfo=UTC)
# Money is counted in whole numbers of its fourth decimal place.
UNITS_OF_ONE = 10_000
UNBELIEVABLE_UNITS = 10**12 * UNITS_OF_ONE  # a trillion


class UnusableError(Exception):
    """A row cannot be used; the message is the reason."""


@dataclass
class Record:
    """One raw row: `values` are trimmed texts (None where blank), `text` is the row as JSON.

    `input` is the name of its input, `raw_orders`; `negated` are the columns of amounts that all of
    the input has with a minus. `units` is its amount of money, in units of the fourth decimal
    place. `instant`, `day`, `units` and `parsed` are filled by the reader of the input.
    """

    values: dict[str, str | None]
    text: str
    input: str = ""
    negated: frozenset[str] = frozenset()
    instant: datetime = EARLIEST
    day: date | None = None
    units: int = 0
    parsed: dict = field(default_factory=dict)

    def text_of(self, column: str) -> str | None:
        """Trimmed text of a column; None where it is blank or the input has no such column."""
        return self.values.get(column)
