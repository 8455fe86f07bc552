"""The days on which the company or a site works or rests against the weekday or the public holidays."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import Rejected
from engine.models.identity import Site
from engine.models.policy import CalendarDay
from engine.policy.overrides import CACHE
from engine.staff.access import require


def rows(session: Session, site: Site | None) -> list[CalendarDay]:
    """List the days the company and the site changed, by date, the site's own after the company's."""
    holds = or_(CalendarDay.site_id.is_(None), CalendarDay.site_id == (site.id if site else None))
    found = session.scalars(select(CalendarDay).where(holds))
    return sorted(found, key=lambda row: (row.date, row.site_id is not None))


def change(
    command: Command, site: Site | None, date: dt.date, working: bool | None, name: str = ""
) -> None:
    """Make a date a working day or a day off at a site, or without one everywhere; None forgets the row.

    Raises NotAllowed unless the actor is an administrator, Rejected for a name that is too long.
    """
    require(command.actor, "admin")
    if len(name) > 64:  # noqa: PLR2004 - the column's length
        raise Rejected(reason="the name is too long")
    at = CalendarDay.site_id == site.id if site else CalendarDay.site_id.is_(None)
    command.session.execute(delete(CalendarDay).where(CalendarDay.date == date, at))
    if working is not None:
        command.session.add(
            CalendarDay(site_id=site.id if site else None, date=date, working=working, name=name)
        )
        command.session.flush()
    command.after_commit(lambda: command.engine.caches.pop(CACHE, None))
    command.audit(
        "calendar.changed", date.isoformat(), site=site.key if site else None, working=working
    )
