"""Calendar periods: ISO weeks, months, quarters and years."""

from dataclasses import dataclass
from datetime import date, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """A calendar period; `end` is its last day."""

    grain: str
    start: date
    end: date

    @property
    def previous(self) -> "Period":
        """The period that ends on the day before this one starts."""
        return period_of(self.grain, self.start - DAY)


def _first_day(grain: str, day: date) -> date:
    if grain == "week":
        return day - day.weekday() * DAY
    if grain == "month":
        return day.replace(day=1)
    if grain == "quarter":
        return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return date(day.year, 1, 1)


def period_of(grain: str, day: date) -> Period:
    """Return the period of a grain that holds a day."""
    longest = {"week": 7, "month": 31, "quarter": 92, "year": 366}[grain]
    start = _first_day(grain, day)
    next_start = start + longest * DAY
    while _first_day(grain, next_start - DAY) != start:
        next_start -= DAY
    return Period(grain, start, next_start - DAY)


def periods_between(grain: str, first: date, last: date) -> list[Period]:
    """All periods from the one that holds `first` to the one that holds `last`."""
    periods = [period_of(grain, first)]
    while periods[-1].end < last:
        periods.append(period_of(grain, periods[-1].end + DAY))
    return periods
