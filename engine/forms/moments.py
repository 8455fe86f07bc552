"""The earliest and latest a date, a time or a moment may be, however the limit is written."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, tzinfo
from typing import Final

DAY_LENGTH: Final = len("2026-11-20")


def comparable(text: object, subtype: str, zone: tzinfo, *, end: bool = False) -> str | None:
    """Bring ISO text into the notation in which moments of that subtype compare as text; None for anything else.

    A day that limits a moment begins at midnight in `zone`, with `end` it ends there. What has no zone is meant in `zone`.
    """
    if not isinstance(text, str):
        return None
    try:
        return _written(text.partition("[")[0].strip(), subtype, zone, end=end)
    except (ValueError, OverflowError):
        return None


def _written(text: str, subtype: str, zone: tzinfo, *, end: bool) -> str:
    if subtype == "time":
        clock = text.partition("T")[2] or text
        return time.fromisoformat(clock).isoformat(timespec="minutes")[:5]
    if len(text) == DAY_LENGTH:
        day = date.fromisoformat(text)
        if subtype == "date":
            return day.isoformat()
        moment = datetime.combine(day, time.max if end else time.min, zone)
    else:
        moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    if subtype == "date":
        return moment.astimezone(zone).date().isoformat()
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def local(text: object, subtype: str, zone: tzinfo, *, end: bool = False) -> str:
    """Write a limit as an input of the browser takes it, in the zone of the site; empty if it is none."""
    found = comparable(text, subtype, zone, end=end)
    if found is None or subtype != "datetime":
        return found or ""
    moment = datetime.fromisoformat(found).astimezone(zone)
    return moment.replace(tzinfo=None).isoformat("T", "minutes")
