"""Timers by the calendar: ISO 8601 dates, durations and repeating intervals, cron. Pure functions of text and instants."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

from cronsim import CronSim, CronSimError

LONGEST = timedelta(days=36525)
SHORTEST_CYCLE = timedelta(seconds=1)
_DURATION = re.compile(
    r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?"
    r"(?:T(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:[.,]\d+)?)S)?)?"
)
_ZONE_NAME = re.compile(r"(?:\[[^\]]*\]|@[\w/+-]+)$")


@dataclass(frozen=True, slots=True)
class Duration:
    """A span of calendar months and of time; `P1M` after 31 January is the last day of February."""

    months: int
    time: timedelta

    @classmethod
    def parse(cls, text: str) -> Duration:
        """From ISO 8601 text such as P1Y2M3DT4H. Raises ValueError, also beyond 100 years."""
        found = _DURATION.fullmatch(text.strip())
        if not found or not any(found.groups()[1:]):
            raise ValueError(f"{text} is not a duration such as PT4H or P3D")
        if any(len(part) > 12 for part in found.groups() if part):  # noqa: PLR2004 - digits that overflow
            raise ValueError(f"{text} is longer than a hundred years")
        years, months, weeks, days, hours, minutes = (
            int(part or 0) for part in found.groups()[1:7]
        )
        seconds = float((found[8] or "0").replace(",", "."))
        sign = -1 if found[1] else 1
        return cls._checked(
            text, sign * (years * 12 + months), (weeks * 7 + days, hours, minutes, seconds), sign
        )

    @classmethod
    def _checked(
        cls, text: str, months: int, parts: tuple[float, float, float, float], sign: int
    ) -> Duration:
        days, hours, minutes, seconds = parts
        total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds
        if total + abs(months) * 2_629_800 > LONGEST.total_seconds():
            raise ValueError(f"{text} is longer than a hundred years")
        return cls(months, sign * timedelta(seconds=total))

    def after(self, instant: datetime, times: int = 1) -> datetime:
        """The instant this many times the duration later, counted from `instant`."""
        months = instant.month - 1 + self.months * times
        year, month = instant.year + months // 12, months % 12 + 1
        day = min(instant.day, calendar.monthrange(year, month)[1])
        return instant.replace(year=year, month=month, day=day) + self.time * times


def instant(value: Any, zone: tzinfo) -> datetime:
    """An ISO 8601 date or date and time as aware UTC; without a zone it is read in `zone`. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(f"{value!r} is not a date and time")  # noqa: TRY004 - a wrong value of the process owner
    try:
        read = datetime.fromisoformat(_ZONE_NAME.sub("", value.strip()))
    except ValueError:
        raise ValueError(
            f"{value} is not a date and time such as 2026-05-01T09:00:00+08:00"
        ) from None
    try:
        return (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise ValueError(f"{value} is beyond the calendar") from None


MACROS = {
    "@yearly": "0 0 0 1 1 *",
    "@annually": "0 0 0 1 1 *",
    "@monthly": "0 0 0 1 * *",
    "@weekly": "0 0 0 * * SUN",
    "@daily": "0 0 0 * * *",
    "@midnight": "0 0 0 * * *",
    "@hourly": "0 0 * * * *",
}
CRON_FIELDS = 6


def _is_cron(text: str) -> bool:
    return text.strip() in MACROS or len(text.split()) > 1


def _next_of_cron(text: str, after: datetime, zone: tzinfo) -> datetime:
    """The first moment after an instant that the expression names. Raises ValueError."""
    fields = MACROS.get(text.strip(), text).replace("?", "*").split()
    if len(fields) != CRON_FIELDS or (fields[3] != "*" and fields[5] != "*"):
        raise ValueError(
            f"{text} is not a cron expression of six fields such as 0 0 9 * * MON-FRI, with a day or a weekday"
        )
    try:
        moments = CronSim(" ".join(fields), after.astimezone(zone))
        # When the clocks go back, a fixed hour comes once and not again.
        fixed = not fields[2].startswith("*")
        return next(m for m in moments if not (fixed and m.fold)).astimezone(UTC)
    except CronSimError as error:
        raise ValueError(f"{text}: {error}") from None
    except StopIteration:
        raise ValueError(f"{text} never comes") from None


@dataclass(frozen=True, slots=True)
class Timer:
    """When it fires (`due`, aware UTC); a cycle also how often still (None: for ever) and what it counts from.

    `every` is a duration, or a cron expression of six fields: seconds first, read in the zone of the site.
    """

    due: datetime
    every: str | None = None
    left: int | None = 1
    anchor: datetime | None = None
    count: int = 0

    @classmethod
    def start(cls, kind: str, value: Any, now: datetime, zone: tzinfo = UTC) -> Timer:
        """A timer of the kind timeDate, timeDuration or timeCycle that begins now. Raises ValueError."""
        if kind == "timeDate":
            return cls(instant(value, zone))
        if not isinstance(value, str):
            raise ValueError(f"{value!r} is not a text")  # noqa: TRY004 - a wrong value of the process owner
        if kind == "timeDuration":
            return cls(Duration.parse(value).after(now))
        return cls._cycle(value, now, zone)

    @classmethod
    def _cycle(cls, text: str, now: datetime, zone: tzinfo) -> Timer:
        if _is_cron(text):
            return cls(_next_of_cron(text, now, zone), text, None, now)
        repetitions, *rest = text.strip().split("/")
        found = re.fullmatch(r"R(\d{0,9})", repetitions)
        if not found or len(rest) not in (1, 2):
            raise ValueError(f"{text} is not a cycle such as R3/PT4H")
        left = int(found[1]) if found[1] else None
        every = Duration.parse(rest[-1])
        if left == 0 or every.after(now) - now < SHORTEST_CYCLE:
            raise ValueError(f"{text} has no repetition or no length")
        if len(rest) == 2:  # noqa: PLR2004 - R3/<start>/<duration>
            begin = instant(rest[0], zone)
            return cls(begin, rest[-1], left, begin, 0)
        return cls(every.after(now), rest[-1], left, now, 1)

    def following(self, now: datetime, zone: tzinfo = UTC) -> Timer | None:
        """The next occurrence, None after the last. Occurrences missed until now are left out; it goes on from now."""
        if self.every is not None and _is_cron(self.every):
            due = _next_of_cron(self.every, max(now, self.due), zone)
            return Timer(due, self.every, None, self.anchor)
        left = None if self.left is None else self.left - 1
        if self.every is None or self.anchor is None or left == 0:
            return None
        every, count = Duration.parse(self.every), self.count + 1
        due = every.after(self.anchor, count)
        if due <= now:
            return Timer(every.after(now), self.every, left, now, 1)
        return Timer(due, self.every, left, self.anchor, count)

    def as_json(self) -> dict[str, Any]:
        """As JSON data, for the saved state."""
        if self.every is None:
            return {"due": self.due.isoformat()}
        anchor = self.anchor.isoformat() if self.anchor else None
        return {
            "due": self.due.isoformat(),
            "every": self.every,
            "left": self.left,
            "anchor": anchor,
            "count": self.count,
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Timer:
        """What `as_json` made."""
        due = datetime.fromisoformat(data["due"])
        if "every" not in data:
            return cls(due)
        return cls(
            due, data["every"], data["left"], datetime.fromisoformat(data["anchor"]), data["count"]
        )
