"""Calendar periods: weeks, months, quarters and years, as `begin_periods` says they begin."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

DAY = timedelta(days=1)
WEEK_STARTS = {"monday": 0, "sunday": 6, "saturday": 5}
# The weekday of a week's first day, and the month of a year's; one recomputation runs at a time.
_begin = {"weekday": 0, "month": 1}


def begin_periods(week_start: str, fiscal_year_start_month: int) -> None:
    """Set on which weekday weeks begin, and with which month years and quarters."""
    _begin.update(weekday=WEEK_STARTS[week_start], month=fiscal_year_start_month)


@dataclass(frozen=True)
class Period:
    """A calendar period; `end` is its last day."""

    grain: str
    start: date
    end: date

    @property
    def name(self) -> str:
        """What people call it; fiscal years by the calendar year they end in."""
        if self.grain == "week":
            iso = self.start.isocalendar()
            is_iso = _begin["weekday"] == 0
            return f"{iso.year}-W{iso.week:02}" if is_iso else f"week of {self.start}"
        if self.grain == "month":
            return f"{self.start:%Y-%m}"
        year = period_of("year", self.start)
        name = f"FY{year.end.year}" if _begin["month"] > 1 else str(year.end.year)
        quarter = (
            12 * (self.start.year - year.start.year) + self.start.month - year.start.month
        ) // 3
        return name if self.grain == "year" else f"{name} Q{quarter + 1}"

    @property
    def previous(self) -> "Period":
        """The period that ends on the day before this one starts."""
        return period_of(self.grain, self.start - DAY)


def _first_day(grain: str, day: date) -> date:
    if grain == "week":
        return day - (day.weekday() - _begin["weekday"]) % 7 * DAY
    if grain == "month":
        return day.replace(day=1)
    months = {"quarter": 3, "year": 12}[grain]
    number = 12 * day.year + day.month - _begin["month"]
    first = number // months * months + _begin["month"] - 1
    return date(first // 12, first % 12 + 1, 1)


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


def names_of(rows: pd.DataFrame) -> list[str]:
    """Names of the periods of rows, by `period_grain` and `period_start`."""
    keys = zip(rows["period_grain"], rows["period_start"], strict=True)
    return [period_of(grain, start.date()).name for grain, start in keys]
