"""The calendar of a site: public holidays and make-up days, what the company or the site changed, the hours."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from engine.errors import Rejected
from engine.models.identity import Site
from engine.models.policy import CalendarDay
from engine.policy import limits
from engine.timing import workdays as days
from engine.timing.calendars import Calendar
from engine.timing.holidays import KNOWN_UNTIL
from web import locales, signin, words
from web.extensions import engine, session
from web.pages import place, policy, recalculation, values

CHINESE = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午",
    "Mid-autumn Festival": "中秋",
    "National Day": "国庆节",
}
FIRST_YEAR, LAST_YEAR = 2004, 2100


def register(blueprint: Blueprint) -> None:
    """Add the page to the settings' blueprint."""
    blueprint.add_url_rule("/calendar", "calendar", calendar, methods=["GET", "POST"])


def calendar() -> ResponseReturnValue:
    """Show the days of a year that differ, and change one."""
    site, actor = policy.scope(), signin.current_actor()
    if request.method == "GET":
        return _show(site, {})
    try:
        date = _date(request.form.get("date", ""))
        working = {"work": True, "rest": False, "": None}[request.form.get("kind", "")]
        with engine.begin(actor) as command:
            days.change(command, site, date, working, request.form.get("name", "").strip())
    except (Rejected, ValueError, KeyError):
        return _show(site, {"date": str(_("写一个日期，名称不超过 64 个字"))})
    flash(_("日历已改"), "done")
    back = url_for("settings.calendar", site=site.key if site else None, year=date.year)
    return redirect(recalculation.after_change(site) or back)


def _date(text: str) -> dt.date:
    date = dt.date.fromisoformat(text)
    if not FIRST_YEAR <= date.year <= LAST_YEAR:
        raise ValueError(text)
    return date


def _show(site: Site | None, faults: dict[str, str]) -> ResponseReturnValue:
    here = site or place.here()
    year = _year(here)
    rows = days.rows(session, site)
    used = limits.calendar(session, here) if site else Calendar(days=_plain(rows))
    page = render_template(
        "settings/calendar.html",
        year=year,
        years=(FIRST_YEAR, LAST_YEAR),
        rows=_days(used, year, {row.date: row for row in rows}),
        known=year <= KNOWN_UNTIL.year,
        known_until=KNOWN_UNTIL.year,
        hours=_hours(site),
        editable=signin.current_actor().has("admin"),
        typed=request.form if faults else {},
        faults=faults,
        scope=site.key if site else "",
        scope_name=policy.scope_name(site),
        scopes=policy.scopes(),
    )
    return page, 422 if faults else 200


def _year(here: Site) -> int:
    wanted = request.args.get("year", place.today(here).year, type=int)
    return min(max(wanted or FIRST_YEAR, FIRST_YEAR), LAST_YEAR)


def _plain(rows: list[CalendarDay]) -> dict[dt.date, tuple[bool, str]]:
    return {row.date: (row.working, row.name) for row in rows}


def _days(used: Calendar, year: int, rows: dict[dt.date, CalendarDay]) -> list[dict[str, Any]]:
    first = dt.date(year, 1, 1)
    length = (dt.date(year + 1, 1, 1) - first).days
    found = [used.day(first + dt.timedelta(days=n)) for n in range(length)]
    return [
        {
            "date": day.date,
            "weekday": _weekday(day.date),
            "working": day.working,
            "name": _name(day.name),
            "source": _source(day.source, rows.get(day.date)),
            "own": rows.get(day.date),
        }
        for day in found
        if day.source != "weekday"
    ]


def _weekday(date: dt.date) -> str:
    names = words.WEEKDAYS_EN if locales.select() == "en" else words.WEEKDAYS_ZH
    return names[date.weekday()]


def _name(name: str) -> str:
    return name if locales.select() == "en" else CHINESE.get(name, name)


def _source(source: str, row: CalendarDay | None) -> str:
    if source == "holiday" or row is None:
        return str(_("国家规定"))
    return str(_("全公司")) if row.site_id is None else str(_("本项目"))


def _hours(site: Site | None) -> list[dict[str, str]]:
    """Give the rows of the policy table that make the calendar, in words, with where the reader may change them."""
    keys = [key for key in limits.catalogue() if limits.shapes_time(key)]
    current, actor = limits.values(session, site, keys), signin.current_actor()
    return [
        {
            "label": values.name(limits.catalogue()[key]),
            "value": str(current[key]),
            "url": url_for("settings.index_limit", key=key, site=site.key if site else None)
            if policy.may_change(actor, site, limits.catalogue()[key])
            else "",
        }
        for key in keys
    ]
