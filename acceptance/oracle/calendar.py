"""Calendar periods: weeks, months, quarters and years."""

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

DAY = timedelta(days=1)
WEEK_STARTS = {"monday": 0, "sunday": 6, "saturday": 5}
LONGEST = {"week": 7, "month": 31, "quarter": 92, "year": 366}


@dataclass(frozen=True)
class Calendar:
    """On which weekday weeks begin, and with which month years and quarters."""

    week_start: str = "monday"
    fiscal_year_start_month: int = 1

    def period_of(self, grain: str, day: date) -> "Period":
        """Return the period of a grain that holds a day."""
        start = self._first_day(grain, day)
        next_start = start + LONGEST[grain] * DAY
        while self._first_day(grain, next_start - DAY) != start:
            next_start -= DAY
        return Period(self, grain, start, next_start - DAY)

    def periods_between(self, grain: str, first: date, last: date) -> list["Period"]:
        """All periods from the one that holds `first` to the one that holds `last`."""
        periods = [self.period_of(grain, first)]
        while periods[-1].end < last:
            periods.append(self.period_of(grain, periods[-1].end + DAY))
        return periods

    def names_of(self, rows: pd.DataFrame) -> list[str]:
        """Names of the periods of rows, by `period_grain` and `period_start`."""
        keys = zip(rows["period_grain"], rows["period_start"], strict=True)
        return [self.period_of(grain, start.date()).name for grain, start in keys]

    def _first_day(self, grain: str, day: date) -> date:
        if grain == "week":
            return day - (day.weekday() - WEEK_STARTS[self.week_start]) % 7 * DAY
        if grain == "month":
            return day.replace(day=1)
        months = {"quarter": 3, "year": 12}[grain]
        number = 12 * day.year + day.month - self.fiscal_year_start_month
        first = number // months * months + self.fiscal_year_start_month - 1
        return date(first // 12, first % 12 + 1, 1)


@dataclass(frozen=True)
class Period:
    """A calendar period; `end` is its last day."""

    calendar: Calendar
    grain: str
    start: date
    end: date

    @property
    def name(self) -> str:
        """What people call it; fiscal years by the calendar year they end in."""
        if self.grain == "week":
            iso = self.start.isocalendar()
            is_iso = self.calendar.week_start == "monday"
            return f"{iso.year}-W{iso.week:02}" if is_iso else f"week of {self.start}"
        if self.grain == "month":
            return f"{self.start:%Y-%m}"
        year = self.calendar.period_of("year", self.start)
        is_fiscal = self.calendar.fiscal_year_start_month > 1
        name = f"FY{year.end.year}" if is_fiscal else str(year.end.year)
        quarter = (
            12 * (self.start.year - year.start.year) + self.start.month - year.start.month
        ) // 3
        return name if self.grain == "year" else f"{name} Q{quarter + 1}"

    @property
    def previous(self) -> "Period":
        """The period that ends on the day before this one starts."""
        return self.calendar.period_of(self.grain, self.start - DAY)
