"""Moments, durations and limits as people read them (ui README §14), in the reader's language."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from engine.timing import durations
from web import locales

INSTANT = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:\d\d)?", re.ASCII
)
MINUTE, HOUR, DAY = 60, 3600, 86_400
WEEKDAYS_EN = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
WEEKDAYS_ZH = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
MONTHS_EN = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def local(moment: dt.datetime) -> dt.datetime:
    """Give a moment in the time zone of the site looked at."""
    return moment.astimezone(ZoneInfo(locales.zone()))


def midnight(now: dt.datetime) -> dt.datetime:
    """Give the end of today where the reader is, in UTC."""
    tomorrow = local(now).date() + dt.timedelta(days=1)
    start = dt.datetime.combine(tomorrow, dt.time(), ZoneInfo(locales.zone()))
    return start.astimezone(dt.UTC)


def duration(length: dt.timedelta) -> str:
    """Write a length of time in at most two units: 48 分, 1 时 18 分, 1 天 10 时; below a minute in seconds."""
    seconds = max(int(length.total_seconds()), 0)
    if seconds >= DAY:
        return _pair(_days(seconds // DAY), _hours(seconds % DAY // HOUR))
    if seconds >= HOUR:
        return _pair(_hours(seconds // HOUR), _minutes(seconds % HOUR // MINUTE))
    return _minutes(seconds // MINUTE) or str(_("%(n)s 秒", n=seconds))


def _pair(first: str, second: str) -> str:
    return f"{first} {second}" if second else first


def _days(number: int) -> str:
    return str(_("%(n)s 天", n=number)) if number else ""


def _hours(number: int) -> str:
    return str(_("%(n)s 时", n=number)) if number else ""


def _minutes(number: int) -> str:
    return str(_("%(n)s 分", n=number)) if number else ""


def working(length: dt.timedelta, day_length: dt.timedelta) -> str:
    """Write working time, which always says so: 1.5 工作日, below a day 3.5 工作时, below an hour 40 分工作时间."""
    if day_length and length >= day_length:
        return _working_days(Fraction(length / day_length).limit_denominator(100))
    seconds = max(length.total_seconds(), 0)
    if seconds >= HOUR:
        return _working_hours(seconds / HOUR)
    return str(_("%(n)s 工作分", n=int(seconds // MINUTE)))


def _working_days(number: Fraction | float) -> str:
    text = _short(float(number))
    return str(_("1 工作日") if text == "1" else _("%(n)s 工作日", n=text))


def _working_hours(number: float) -> str:
    return str(_("%(n)s 工作时", n=_short(number)))


def _short(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def time(moment: dt.datetime) -> str:
    """Write the time of day: 10:42."""
    return local(moment).strftime("%H:%M")


def stamp(moment: dt.datetime, now: dt.datetime) -> str:
    """Write a moment in a table: 10:42 today, else 11-20 10:42 (20 Nov 10:42), with the year when it is another."""
    here, today = local(moment), local(now)
    if here.date() == today.date():
        return here.strftime("%H:%M")
    other_year = here.year != today.year
    if locales.select() == "en":
        return f"{_british(here, with_year=other_year)} {here:%H:%M}"
    return here.strftime("%Y-%m-%d %H:%M" if other_year else "%m-%d %H:%M")


def _british(here: dt.datetime, *, with_year: bool) -> str:
    day = f"{here.day} {MONTHS_EN[here.month - 1]}"
    return f"{day} {here.year}" if with_year else day


def due(moment: dt.datetime, now: dt.datetime) -> str:
    """Write a due moment as `stamp`, midnight as 24:00 of the day that ends."""
    here = local(moment)
    if (here.hour, here.minute) != (0, 0):
        return stamp(moment, now)
    before = here - dt.timedelta(days=1)
    day = stamp(before, now).removesuffix("00:00").strip()
    return f"{day} 24:00".strip()


def dated(moment: dt.datetime) -> str:
    """Write a moment on paper, which is read on another day: 2026-11-20 10:42."""
    return local(moment).strftime("%Y-%m-%d %H:%M")


def date(moment: dt.datetime, now: dt.datetime) -> str:
    """Write a moment in a sentence: 11月20日 周五 10:42; 20 Nov, Fri 10:42."""
    here = local(moment)
    other_year = here.year != local(now).year
    if locales.select() == "en":
        day = f"{_british(here, with_year=other_year)}, {WEEKDAYS_EN[here.weekday()]}"
    else:
        year = f"{here.year}年" if other_year else ""
        day = f"{year}{here.month}月{here.day}日 {WEEKDAYS_ZH[here.weekday()]}"
    return f"{day} {here:%H:%M}"


def limit(row: Mapping[str, Any] | None) -> str:
    """Write a time limit: 限 1 小时, 限 3 工作日, 当天; nothing for none."""
    length = limit_length(row)
    return str(_("限 %(length)s", length=length)) if length and length != same_day() else length


def limit_length(row: Mapping[str, Any] | None) -> str:
    """Write the length of a time limit: 1 小时, 3 工作日, 当天; nothing for none."""
    if not row or not isinstance(row.get("value"), str):
        return ""
    try:
        length = durations.parse(row["value"])
    except ValueError:
        return ""
    return _length(length, str(row.get("calendar") or "clock")) or same_day()


def same_day() -> str:
    """Write a limit of no length: the same day."""
    return str(_("当天"))


def _length(length: durations.Duration, calendar: str) -> str:
    parts = [str(_("%(n)s 个月", n=length.months))] if length.months else []
    if length.days:
        days = _short(float(length.days))
        if calendar == "working":
            parts.append(_working_days(length.days))
        else:
            parts.append(str(_("%(n)s 天", n=days)))
    if length.seconds:
        parts.append(_clock_length(int(length.seconds), calendar))
    return " ".join(parts)


def _clock_length(seconds: int, calendar: str) -> str:
    if calendar == "working":
        return _working_hours(seconds / HOUR)
    if seconds % HOUR == 0:
        number = seconds // HOUR
        return str(_("1 小时") if number == 1 else _("%(n)s 小时", n=number))
    return duration(dt.timedelta(seconds=seconds))


def readable(text: str) -> str:
    """Put the ISO moments in a text as people read them: 2026-11-20T11:06:00+08:00 becomes 2026-11-20 11:06.

    One without a zone is meant where the reader is.
    """

    def read(found: re.Match[str]) -> str:
        moment = dt.datetime.fromisoformat(found[0])
        here = local(moment) if moment.tzinfo else moment
        return here.strftime("%Y-%m-%d %H:%M")

    return INSTANT.sub(read, text)


def person(name: str | None, name_en: str | None = "") -> str:
    """Give a person's name in the reader's language."""
    return (name_en if locales.select() == "en" and name_en else name) or ""


def joined(parts: list[str]) -> str:
    """Join the parts of a list: 、 in Chinese, commas in English."""
    return (", " if locales.select() == "en" else "、").join(parts)
