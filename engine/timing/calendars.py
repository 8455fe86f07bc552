"""Working time: when a limit falls due, how much of it is used. Pure functions of a calendar; no database, no clock.

Four ways of counting (口径 in the regulations):
`clock` is the time on the wall, 24 hours a day; months are calendar months in the site's zone.
`natural` are whole days: the day it begins is not counted and the last one ends at 24:00 local time; zero days are 当天.
`working` are office hours; N working days end when the office closes on the Nth working day after the day it began.
`shift` are the hours in which any shift is on duty, every day of the year; a limit of nothing ends with the present shift.
Every instant that goes in must be aware; every instant that comes out is UTC.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo

from engine.timing.durations import CENTURY, Duration, add_months, parse
from engine.timing.holidays import KNOWN_UNTIL, decreed, public_day

Kind = Literal["working", "clock", "natural", "shift"]
Span = tuple[dt.time, dt.time]
Opening = tuple[dt.datetime, dt.datetime]

OFFICE: tuple[Span, ...] = (  # T-AD-01
    (dt.time(8, 30), dt.time(12)),
    (dt.time(13), dt.time(17, 30)),
)
SHIFTS: Mapping[str, tuple[Span, ...]] = {
    "early": ((dt.time(7), dt.time(15)),),  # T-AD-02
    "late": ((dt.time(15), dt.time(20)),),  # T-AD-03
}
DAYTIME: tuple[Span, ...] = (
    (dt.time(7), dt.time(21)),
)  # catalogue README §4: nobody is disturbed at night
WEEKDAYS = frozenset(range(5))
ONE_DAY = dt.timedelta(days=1)
NOTHING = dt.timedelta()
_TIME = re.compile(r"(\d{1,2}):(\d{2})", re.ASCII)


def parse_spans(text: str) -> tuple[Span, ...]:
    """Read hours like `08:30-12:00, 13:00-17:30`. Raises ValueError unless they are in order and do not overlap."""
    times = [dt.time(int(hour), int(minute)) for hour, minute in _TIME.findall(text)]
    if not times or len(times) % 2 or any(a >= b for a, b in pairwise(times)):
        raise ValueError(f"not a list of hours: {text!r}")
    return tuple(zip(times[::2], times[1::2], strict=True))


def parse_weekdays(text: str) -> frozenset[int]:
    """Read working weekdays like `1,2,3,4,5` (1 is Monday) as 0 to 6. Raises ValueError for anything else."""
    days = [part.strip() for part in text.split(",")]
    if any(day not in tuple("1234567") for day in days):
        raise ValueError(f"not a list of weekdays: {text!r}")
    return frozenset(int(day) - 1 for day in days)


@dataclass(frozen=True)
class Day:
    """Whether a date is worked, why (`site` row, `holiday` by law or plain `weekday`), and its name if it has one."""

    date: dt.date
    working: bool
    source: Literal["site", "holiday", "weekday"]
    name: str = ""


@dataclass(frozen=True)
class Calendar:
    """A site's working time. `days` are its own rows and win over the public holidays, which win over the weekdays.

    `hours` are ordered and do not overlap; `shifts` name further spans of every day; `daytime` is when people may be told
    of what is not urgent. Public holidays and make-up days are known up to `known_until`; after that only weekdays and the
    site's rows count.
    """

    timezone: str = "Asia/Shanghai"
    hours: tuple[Span, ...] = OFFICE
    weekdays: frozenset[int] = WEEKDAYS
    days: Mapping[dt.date, tuple[bool, str]] = field(default_factory=dict)
    shifts: Mapping[str, tuple[Span, ...]] = field(default_factory=lambda: SHIFTS)
    daytime: tuple[Span, ...] = DAYTIME
    known_until: dt.date = KNOWN_UNTIL

    @cached_property
    def roster(self) -> Calendar:
        """The hours in which any shift is on duty as a calendar without days off."""
        return self._every_day(_union(self.shifts.values()))

    @cached_property
    def _waking(self) -> Calendar:
        return self._every_day(self.daytime)

    def _every_day(self, hours: tuple[Span, ...]) -> Calendar:
        every = frozenset(range(7))
        return replace(self, hours=hours, weekdays=every, days={}, known_until=dt.date.min)

    @cached_property
    def zone(self) -> ZoneInfo:
        """The site's time zone."""
        return ZoneInfo(self.timezone)

    @cached_property
    def day_length(self) -> dt.timedelta:
        """The office hours of one working day."""
        return sum((end - start for start, end in self.spans(dt.date(2000, 1, 3))), NOTHING)

    @cached_property
    def facts(self) -> dict[str, Any]:
        """The days as data: the weekdays that are worked (1 is Monday), and of each date that differs whether it is worked."""
        listed = {*self.days, *(date for date in decreed() if date <= self.known_until)}
        worked = {date: self.day(date).working for date in sorted(listed)}
        days = {
            d.isoformat(): on for d, on in worked.items() if on != (d.weekday() in self.weekdays)
        }
        return {"weekdays": [day + 1 for day in sorted(self.weekdays)], "days": days}

    def day(self, date: dt.date) -> Day:
        """What kind of day this is."""
        if date in self.days:
            return Day(date, self.days[date][0], "site", self.days[date][1])
        decreed = public_day(date) if date <= self.known_until else None
        if decreed is not None:
            return Day(date, decreed[0], "holiday", decreed[1])
        return Day(date, date.weekday() in self.weekdays, "weekday")

    def spans(self, date: dt.date) -> list[Opening]:
        """The office hours of this date as UTC instants, whether it is worked or not."""
        return [(self._at(date, start), self._at(date, end)) for start, end in self.hours]

    def midnight(self, date: dt.date) -> dt.datetime:
        """00:00 local time of this date."""
        return self._at(date, dt.time())

    def date_of(self, moment: dt.datetime) -> dt.date:
        """The local date of a moment."""
        return moment.astimezone(self.zone).date()

    def shift_at(self, moment: dt.datetime) -> str | None:
        """The first shift that covers this moment, if any."""
        local = moment.astimezone(self.zone).time()
        names = (n for n, s in self.shifts.items() if any(a <= local < b for a, b in s))
        return next(names, None)

    def shift_end(self, moment: dt.datetime) -> dt.datetime:
        """When the shift that is on at this moment ends, or the next one to begin. Raises ValueError without shifts."""
        local = moment.astimezone(self.zone)
        spans = sorted(span for spans in self.shifts.values() for span in spans)
        if not spans:
            raise ValueError("the calendar has no shifts")
        later = (end for _, end in spans if end > local.time())
        if (end := next(later, None)) is not None:
            return self._at(local.date(), end)
        return self._at(local.date() + ONE_DAY, spans[0][1])

    def tellable(self, moment: dt.datetime, kind: Kind) -> dt.datetime:
        """The first moment from `moment` on at which people may be told of a limit counted this way.

        Always for `clock`; in daytime for `natural`; in the hours that count for the others, their last instant included.
        """
        if kind == "clock":
            return moment
        if kind == "natural":
            return self._waking.tellable(moment, "working")
        if kind == "shift":
            return self.roster.tellable(moment, "working")
        openings = self._openings(moment)
        return next(max(moment, opening) for opening, closing in openings if closing >= moment)

    def add(self, start: dt.datetime, duration: str | Duration, kind: Kind) -> dt.datetime:
        """`start` plus a duration. A negative one that counts days leads back to the beginning of such a day.

        Raises ValueError for a naive start, a malformed duration, or a calendar without working time.
        """
        if start.tzinfo is None:
            raise ValueError("naive datetime")
        length = parse(duration) if isinstance(duration, str) else duration
        if kind == "clock":
            return self._clock(start.astimezone(dt.UTC), length)
        if kind == "natural":
            return self._natural(start, length)
        if kind == "shift":
            return self.roster.add(start, length, "working") if length else self.shift_end(start)
        back = length.negative and bool(length)
        return (self._working_back if back else self._working)(start.astimezone(dt.UTC), length)

    def due(self, limit: Mapping[str, Any], since: dt.datetime) -> dt.datetime:
        """When a limit (`value`, `calendar`, `kind`) that began at `since` falls due.

        A deadline counted backwards in days (`-P3D`) falls due at the end of that day, an interval at its beginning.
        """
        length = parse(limit["value"])
        moment = self.add(since, length, limit["calendar"])
        by_day = limit["calendar"] == "natural" or (
            limit["calendar"] == "working" and (length.months or length.days >= 1)
        )
        if not (length.negative and by_day) or limit.get("kind") == "interval":
            return moment
        date = self.date_of(moment)
        natural = limit["calendar"] == "natural"
        return self.midnight(date + ONE_DAY) if natural else self.spans(date)[-1][1]

    def elapsed(self, start: dt.datetime, end: dt.datetime, kind: Kind) -> dt.timedelta:
        """The time between two moments: office hours for `working`, else the clock's; negative when end < start."""
        if end < start:
            return -self.elapsed(end, start, kind)
        if kind == "shift":
            return self.roster.elapsed(start, end, "working")
        if kind != "working":
            return end - start
        openings = self._openings(start, self.date_of(end))
        return sum((max(min(b, end) - max(a, start), NOTHING) for a, b in openings), NOTHING)

    def share(
        self,
        since: dt.datetime,
        due: dt.datetime,
        now: dt.datetime,
        kind: Kind,
        paused: dt.timedelta = NOTHING,
    ) -> float:
        """How much of the time from `since` to `due` is used at `now`: 0 at the start, 1 when due, 2 when twice over.

        `paused` is how long the clock stood still, by which `due` has already moved.
        """
        lost = self.moved(paused, kind)
        total = self.elapsed(since, due, kind) - lost
        if total > NOTHING:
            return max((self.elapsed(since, now, kind) - lost) / total, 0.0)
        return 1.0 if now >= due else 0.0

    def at_share(
        self,
        since: dt.datetime,
        due: dt.datetime,
        share: float,
        kind: Kind,
        paused: dt.timedelta = NOTHING,
    ) -> dt.datetime:
        """The moment at which this share of the time is used (0.8 for a reminder, 2.0 for the second escalation)."""
        if share == 1:
            return due.astimezone(dt.UTC)
        lost = self.moved(paused, kind)
        part = (self.elapsed(since, due, kind) - lost) * share + lost
        return self.later(since, part, kind)

    def moved(self, paused: dt.timedelta, kind: Kind) -> dt.timedelta:
        """By how much pauses of this length together move the due moment: `natural` limits by whole days."""
        return ONE_DAY * math.ceil(paused / ONE_DAY) if kind == "natural" else paused

    def resume(
        self,
        due: dt.datetime,
        paused: dt.datetime,
        resumed: dt.datetime,
        kind: Kind,
        before: dt.timedelta = NOTHING,
    ) -> dt.datetime:
        """The due moment after the clock stood still: later by what the pause took, for `natural` by whole days.

        `before` is how long it stood still earlier; several pauses add up before they are rounded to days.
        """
        total = before + self.elapsed(paused, resumed, kind)
        return self.later(due, self.moved(total, kind) - self.moved(before, kind), kind)

    def later(self, start: dt.datetime, time: dt.timedelta, kind: Kind) -> dt.datetime:
        """The moment so much time of this kind after `start`, in UTC."""
        start = start.astimezone(dt.UTC)
        if kind == "shift":
            return self.roster.later(start, time, "working")
        return self._work_on(start, time) if kind == "working" else start + time

    def _clock(self, start: dt.datetime, length: Duration) -> dt.datetime:
        sign = -1 if length.negative else 1
        if length.months:
            local = start.astimezone(self.zone)
            start = self._at(add_months(local.date(), sign * length.months), local.time())
        return start + sign * length.clock

    def _natural(self, start: dt.datetime, length: Duration) -> dt.datetime:
        sign = -1 if length.negative else 1
        date = self.date_of(start + sign * length.time)
        date = add_months(date, sign * length.months) + sign * ONE_DAY * math.ceil(length.days)
        return self.midnight(date if length.negative else date + ONE_DAY)

    def _working(self, start: dt.datetime, length: Duration) -> dt.datetime:
        whole = math.floor(length.days)
        rest = length.time + self.day_length * float(length.days - whole)
        if rest and not whole and not length.months:
            return self._work_on(start, rest)
        date = add_months(self.date_of(start), length.months)
        days = self._working_days(date + ONE_DAY if whole else date, 1)
        closings = (self.spans(day)[-1][1] for day in days)
        later = (closing for closing in closings if closing >= start)
        return self._work_on([next(later) for _ in range(max(whole, 1))][-1], rest)

    def _working_back(self, start: dt.datetime, length: Duration) -> dt.datetime:
        whole = math.floor(length.days)
        rest = length.time + self.day_length * float(length.days - whole)
        if whole or length.months:
            date = add_months(self.date_of(start), -length.months)
            days = self._working_days(date - ONE_DAY if whole else date, -1)
            start = self.spans([next(days) for _ in range(max(whole, 1))][-1])[0][0]
        return self._work_back(start, rest)

    def _work_on(self, start: dt.datetime, time: dt.timedelta) -> dt.datetime:
        if not time:
            return start
        for opening, closing in self._openings(start):
            begin = max(opening, start)
            if closing - begin >= time:
                return begin + time
            time -= max(closing - begin, NOTHING)
        raise AssertionError  # the days never end

    def _work_back(self, end: dt.datetime, time: dt.timedelta) -> dt.datetime:
        if not time:
            return end
        days = self._working_days(self.date_of(end), -1)
        for opening, closing in (span for day in days for span in reversed(self.spans(day))):
            finish = min(closing, end)
            if finish - opening >= time:
                return finish - time
            time -= max(finish - opening, NOTHING)
        raise AssertionError  # the days never end

    def _openings(self, start: dt.datetime, last: dt.date | None = None) -> Iterator[Opening]:
        for day in self._working_days(self.date_of(start), 1, last):
            yield from self.spans(day)

    def _working_days(
        self, date: dt.date, step: int, last: dt.date | None = None
    ) -> Iterator[dt.date]:
        idle = 0
        while last is None or date <= last:
            idle = 0 if self.day(date).working and self.hours else idle + 1
            if not idle:
                yield date
            if idle > CENTURY:
                raise ValueError("the calendar has no working days")
            date += ONE_DAY * step

    def _at(self, date: dt.date, time: dt.time) -> dt.datetime:
        return dt.datetime.combine(date, time, self.zone).astimezone(dt.UTC)


def _union(groups: Iterable[tuple[Span, ...]]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for start, end in sorted(span for spans in groups for span in spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
