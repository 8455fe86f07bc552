"""Public holidays and make-up working days in China, as far as the library knows them."""

from __future__ import annotations

import datetime as dt

from chinese_calendar import holidays, workdays

KNOWN_UNTIL = dt.date(max(day.year for day in holidays), 12, 31)


def public_day(date: dt.date) -> tuple[bool, str] | None:
    """What the State Council decreed for a date, as (worked?, English name of the holiday); None for an ordinary one.

    The library also lists weekends as ordinary days; only days named after a holiday are returned.
    """
    if date in workdays:
        return True, str(workdays[date])
    if date in holidays:
        return False, str(holidays[date])
    return None


def decreed() -> set[dt.date]:
    """Give every date the State Council decreed something for."""
    return {day for day in {*holidays, *workdays} if public_day(day) is not None}
