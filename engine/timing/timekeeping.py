"""How the clocks of a site are kept: its calendar, the shares of a limit at which people are told, how a pause moves it.

A clock is a user task with a due time or a row of `clock`; both are kept by the same columns.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine.engine import Engine
from engine.models.clock import Clock
from engine.models.identity import Site
from engine.models.task import UserTask
from engine.policy import limits, settings
from engine.policy.overrides import CACHE
from engine.timing.calendars import Calendar, Kind

Timed = UserTask | Clock
# The stages of a limit, in order: its own people, the next rung of the ladder, the site's director.
REMINDER, BREACH, SECOND = STAGES = range(3)
REMINDER_PERCENT, SECOND_PERCENT = "clock.reminder_percent", "clock.second_percent"
LONGEST_PAUSE = "clock.longest_pause"
REMEMBERED = dt.timedelta(seconds=30)
# A worker is never quite on time: what was due within working hours is told shortly after them too.
GRACE = dt.timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Timekeeper:
    """The rules by which one site's clocks run. `shares` of the time are told; `longest_pause` is a limit row."""

    calendar: Calendar
    shares: tuple[float, float, float] = (0.8, 1.0, 2.0)
    longest_pause: Mapping[str, Any]

    def due(
        self, timed: Timed, limit: Mapping[str, Any], since: dt.datetime | None = None
    ) -> dt.datetime:
        """When the clock falls due by a limit that counts from `since`, else from its start; its pauses so far included."""
        due = limits.due(limit, since or timed.created_at, self.calendar)
        kind = limit["calendar"]
        return self.calendar.later(due, self.calendar.moved(paused(timed), kind), kind)

    def stage(self, timed: Timed) -> int | None:
        """The next stage to be told; None after the last. A date the diagram computes is told once, when it is over."""
        if not counted(timed):
            return BREACH if timed.escalation <= BREACH else None
        return timed.escalation if timed.escalation <= SECOND else None

    def reached(self, timed: Timed, stage: int) -> dt.datetime:
        """When the clock reaches a stage. The clock must have a due time."""
        due = _due(timed)
        if stage == BREACH or not counted(timed):
            return due
        since, share, kind = timed.created_at, self.shares[stage], kind_of(timed)
        return self.calendar.at_share(since, due, share, kind, paused(timed))

    def check_at(self, timed: Timed) -> dt.datetime | None:
        """When somebody has to be told next, in hours in which that is done; None when nobody has."""
        stage = self.stage(timed)
        if timed.due_at is None or stage is None:
            return None
        return self.tellable(timed, self.reached(timed, stage))

    def first_check(
        self, since: dt.datetime, due: dt.datetime, limit: Mapping[str, Any]
    ) -> dt.datetime:
        """When somebody has to be told first of a clock that starts at `since`."""
        kind = limit["calendar"]
        moment = self.calendar.at_share(since, due, self.shares[REMINDER], kind)
        return self.calendar.tellable(moment, kind)

    def tellable(self, timed: Timed, moment: dt.datetime) -> dt.datetime:
        """The first moment from this one on at which people are told of this clock: no messages at night."""
        return self.calendar.tellable(moment, kind_of(timed))

    def tell_at(self, timed: Timed, now: dt.datetime) -> dt.datetime:
        """When to tell what should have been told at `check_at`: now, or when the next working time begins."""
        planned = timed.check_at or now
        if planned <= now <= planned + GRACE:
            return now
        return self.tellable(timed, now)

    def pause(self, timed: Timed, now: dt.datetime, until: dt.datetime | None) -> None:
        """Stop the clock; it goes on by itself at `until`."""
        timed.paused_at, timed.check_at = now, until

    def resume(self, timed: Timed, now: dt.datetime) -> None:
        """Let the clock go on: due later by what the pause took, by nothing when the time was set back meanwhile."""
        since = timed.paused_at or now
        now = max(now, since)
        kind, before = kind_of(timed), paused(timed)
        if timed.due_at is not None:
            timed.due_at = self.calendar.resume(timed.due_at, since, now, kind, before)
        lost = self.calendar.elapsed(since, now, kind)
        timed.paused_seconds += round(lost.total_seconds())
        timed.paused_at = None
        timed.check_at = self.check_at(timed)

    def pause_ends(self, since: dt.datetime) -> dt.datetime:
        """When a pause that begins at `since` ends at the latest."""
        return limits.due(self.longest_pause, since, self.calendar)


def limit_of(timed: Timed) -> Mapping[str, Any] | None:
    """The limit by which the clock falls due; None where the diagram computes a date, for then the date alone holds."""
    limit = timed.limit
    return limit if limit and not limit.get("dated") else None


def counted(timed: Timed) -> bool:
    """Whether the due time is counted from a limit rather than computed by the diagram."""
    return limit_of(timed) is not None


def kind_of(timed: Timed) -> Kind:
    """How the clock's time is counted."""
    kind: Kind = (limit_of(timed) or {}).get("calendar") or "clock"
    return kind


def paused(timed: Timed) -> dt.timedelta:
    """How long the clock stood still before the present pause, in its own time."""
    return dt.timedelta(seconds=timed.paused_seconds or 0)


def _due(timed: Timed) -> dt.datetime:
    if timed.due_at is None:
        raise ValueError("the clock has no due time")
    return timed.due_at


def of(engine: Engine, session: Session, site_id: int) -> Timekeeper:
    """Give the timekeeper of a site; another process's change is seen within 30 seconds."""
    cache: dict[int, tuple[dt.datetime, Timekeeper]] = engine.caches.setdefault(CACHE, {})
    now = engine.clock()
    known = cache.get(site_id)
    if known is None or abs(now - known[0]) > REMEMBERED:
        known = cache[site_id] = (now, fresh(session, session.get_one(Site, site_id)))
    return known[1]


def fresh(session: Session, site: Site) -> Timekeeper:
    """Read the timekeeper of a site from its rows as they are now."""
    chosen = settings.values(session, site, [REMINDER_PERCENT, SECOND_PERCENT])
    return Timekeeper(
        calendar=limits.calendar(session, site),
        shares=(chosen[REMINDER_PERCENT] / 100, 1.0, chosen[SECOND_PERCENT] / 100),
        longest_pause=limits.snapshot(session, site, [LONGEST_PAUSE])[LONGEST_PAUSE],
    )
