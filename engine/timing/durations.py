"""ISO 8601 durations as the time limits write them: `PT15M`, `P4D`, `P1M`, `-P3D`, `P0.5D`, `P2W`."""

from __future__ import annotations

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from fractions import Fraction

_NUMBER = r"(\d{1,9}(?:[.,]\d{1,9})?)"
_PATTERN = re.compile(
    rf"([+-]?)P(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}W)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?",
    re.ASCII,
)
CENTURY = 36_525  # days; longer limits are typing errors and would make day-by-day counting slow


@dataclass(frozen=True)
class Duration:
    """Months, days and seconds kept apart, because neither a month nor a working day has a fixed length.

    `days` may be fractional (half a working day). `negative` turns the whole duration around: so much before.
    """

    months: int = 0
    days: Fraction = Fraction(0)
    seconds: Fraction = Fraction(0)
    negative: bool = False

    @property
    def time(self) -> dt.timedelta:
        """The seconds as a timedelta, without months and days and without the sign."""
        return dt.timedelta(microseconds=round(self.seconds * 1_000_000))

    @property
    def clock(self) -> dt.timedelta:
        """Days of 24 hours and seconds as a timedelta, without months and without the sign."""
        return dt.timedelta(microseconds=round(self.days * 86_400_000_000)) + self.time

    def __bool__(self) -> bool:
        return bool(self.months or self.days or self.seconds)


def parse(text: str) -> Duration:
    """Read an ISO 8601 duration; weeks are seven days, years twelve months.

    Raises ValueError for anything else, for fractions of years or months, and for more than a century.
    """
    match = _PATTERN.fullmatch(text.strip())
    if match is None or not any(match.groups()[1:]):
        raise ValueError(f"not an ISO 8601 duration: {text!r}")
    years, months, weeks, days, hours, minutes, seconds = map(_number, match.groups()[1:])
    if (years * 12 + months).denominator != 1 or years.denominator != 1:
        raise ValueError(f"months and years must be whole: {text!r}")
    duration = Duration(
        int(years * 12 + months),
        weeks * 7 + days,
        hours * 3600 + minutes * 60 + seconds,
        match[1] == "-",
    )
    if duration.months * 31 + duration.days + duration.seconds / 86_400 > CENTURY:
        raise ValueError(f"longer than a century: {text!r}")
    return duration


def add_months(day: dt.date, months: int) -> dt.date:
    """The same day so many months later (earlier when negative), or that month's last day when it is shorter."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _number(text: str | None) -> Fraction:
    return Fraction((text or "0").replace(",", "."))
