"""Days, months, quarters and years of a site: when they begin and end in UTC."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

_MONTHS = {"month": 1, "quarter": 3, "year": 12}
MONTHS = 12


@dataclass(frozen=True, order=True)
class Period:
    """A day, month, quarter or year of a zone; `first` is its first day."""

    first: dt.date
    kind: str
    zone: str

    @property
    def start(self) -> dt.datetime:
        """When it begins."""
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> dt.datetime:
        """When the next one begins."""
        return self.moved(1).start

    def moved(self, number: int) -> Period:
        """Give the period so many later, or earlier."""
        if self.kind == "day":
            return Period(self.first + dt.timedelta(days=number), self.kind, self.zone)
        months = self.first.year * MONTHS + self.first.month - 1 + number * _MONTHS[self.kind]
        return Period(dt.date(months // MONTHS, months % MONTHS + 1, 1), self.kind, self.zone)

    def until_here(self, number: int) -> list[Period]:
        """Give the last so many periods, this one the last."""
        return [self.moved(step) for step in range(1 - number, 1)]


def period_of(day: dt.date, kind: str, zone: str) -> Period:
    """Give the period a day lies in."""
    if kind == "day":
        return Period(day, kind, zone)
    month = day.month - (day.month - 1) % _MONTHS[kind]
    return Period(dt.date(day.year, month, 1), kind, zone)


def day_of(moment: dt.datetime, zone: str) -> dt.date:
    """Give the day on which a moment lies in a zone."""
    return moment.astimezone(ZoneInfo(zone)).date()


def _midnight(day: dt.date, zone: str) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZoneInfo(zone)).astimezone(dt.UTC)
