"""Time limits, rates and amounts of the regulations, as shipped and as changed by the company or a site.

A limit is a row of `policy/limits.json`, identified by its key: `kind` (deadline, interval, rate, amount, text), `value`
(an ISO 8601 duration for times, integer fen for amounts, a share of one for rates), `calendar` (working, clock, natural,
shift), `pausable` (whether people may stop it while a customer or parts are awaited).
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import NotFound, Rejected
from engine.models.identity import Site
from engine.models.policy import LimitOverride
from engine.policy import overrides
from engine.policy import settings as choices
from engine.timing import durations, workdays
from engine.timing.calendars import Calendar, parse_spans, parse_weekdays

TIMES = ("deadline", "interval")
MOST = 10**12
LONGEST = 1000
OFFICE_HOURS = "calendar.office"
DAYTIME = "calendar.daytime"
WEEKDAYS = "calendar.weekdays"
SHIFTS = "shift."
_SNAPSHOT = ("key", "kind", "value", "calendar", "anchor", "source", "number", "pausable")


@cache
def catalogue() -> dict[str, dict[str, Any]]:
    """Give the shipped limits by key, in the order of the table."""
    text = (Path(__file__).parent / "limits.json").read_text("utf-8")
    return {row["key"]: row for row in json.loads(text)}


def unknown(keys: Iterable[str]) -> list[str]:
    """List the keys that name no limit."""
    return sorted(set(keys) - catalogue().keys())


def values(session: Session, site: Site | None, keys: Iterable[str]) -> dict[str, Any]:
    """Give the values that hold at a site, or without one for the company: own row, company's row, shipped.

    Raises NotFound for a key that names no limit.
    """
    wanted = list(dict.fromkeys(keys))
    for key in unknown(wanted):
        raise NotFound(noun="limit", key=key)
    shipped = {key: catalogue()[key]["value"] for key in wanted}
    return shipped | overrides.read(session, LimitOverride, site, wanted)


def snapshot(session: Session, site: Site, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Give the named limits as a process instance keeps them from its start. Raises NotFound for unknown keys."""
    current = values(session, site, keys)
    return {
        key: {name: catalogue()[key].get(name) for name in _SNAPSHOT} | {"value": value}
        for key, value in current.items()
    }


def settings(session: Session, site: Site | None, paths: Iterable[str]) -> dict[str, Any]:
    """Give the settings and limit values that dotted paths mean, nested the way FEEL reads `camunda.vars.tenant.a.b`.

    A path means a key, one it reaches into, or all keys below it. Raises NotFound for a path that means nothing.
    """
    wanted = set(paths)
    for path in unknown_settings(wanted):
        raise NotFound(noun="setting", key=path)
    chosen = [key for path in wanted for key in _meant(path, choices.catalogue())]
    limited = [
        key
        for path in wanted
        if not _meant(path, choices.catalogue())
        for key in _meant(path, catalogue())
    ]
    return choices.tree(choices.values(session, site, chosen) | values(session, site, limited))


def unknown_settings(paths: Iterable[str]) -> list[str]:
    """List the paths that mean neither a setting nor a limit."""
    tables = (choices.catalogue(), catalogue())
    return sorted(p for p in set(paths) if not any(_meant(p, table) for table in tables))


def _meant(path: str, known: Mapping[str, Any]) -> list[str]:
    parts = path.split(".")
    for length in range(len(parts), 0, -1):
        if ".".join(parts[:length]) in known:
            return [".".join(parts[:length])]
    return [key for key in known if key.startswith(f"{path}.")]


def calendar(session: Session, site: Site) -> Calendar:
    """Put together the site's working time from its rows, the hours in the policy table and the public holidays."""
    keys = [key for key in catalogue() if shapes_time(key)]
    texts = values(session, site, keys)
    weekdays = parse_weekdays(texts.pop(WEEKDAYS))
    spans = {key: parse_spans(text) for key, text in texts.items()}
    shifts = {
        key.removeprefix(SHIFTS): hours for key, hours in spans.items() if key.startswith(SHIFTS)
    }
    days = {row.date: (row.working, row.name) for row in workdays.rows(session, site)}
    return Calendar(
        timezone=site.timezone,
        hours=spans[OFFICE_HOURS],
        weekdays=weekdays,
        days=days,
        shifts=shifts,
        daytime=spans[DAYTIME],
    )


def shapes_time(key: str) -> bool:
    """Whether a limit's key is one of those that make the calendar rather than being counted in it."""
    return key in (OFFICE_HOURS, DAYTIME, WEEKDAYS) or key.startswith(SHIFTS)


def is_time(key: str) -> bool:
    """Whether a key names a limit that is a time."""
    return catalogue().get(key, {}).get("kind") in TIMES


def due(limit: Mapping[str, Any], since: dt.datetime, calendar: Calendar) -> dt.datetime:
    """When a limit of a snapshot that began at `since` falls due, in UTC. Raises ValueError for one that is no time."""
    if limit["kind"] not in TIMES:
        raise ValueError(f"{limit.get('key')} is no time limit")
    return calendar.due(limit, since)


def change(command: Command, key: str, site: Site | None, value: Any) -> None:
    """Set a limit for a site, or without one for the company; None goes back to what held before.

    Process owners change any, a site's director those `editable_by_site` at that site. Instances that run keep the value
    they started with. Raises NotFound, NotAllowed, or Rejected for a value that does not fit the limit's kind.
    """
    if key not in catalogue():
        raise NotFound(noun="limit", key=key)
    row = catalogue()[key]
    overrides.require_editor(command, site, by_site=bool(row.get("editable_by_site")))
    if value is not None:
        _check(row, value)
    before = values(command.session, site, [key])[key]
    overrides.write(command, LimitOverride, key, site, value)
    command.audit("limit.changed", key, site=site.key if site else None, before=before, after=value)


def _check(row: Mapping[str, Any], value: Any) -> None:
    try:
        _CHECKS[row["kind"]](value)
        if shapes_time(row["key"]):
            (parse_weekdays if row["key"] == WEEKDAYS else parse_spans)(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise Rejected(reason=f"{value!r} is no {row['kind']}") from error


def _check_number(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < MOST:
        raise ValueError(value)


def _check_amount(value: Any) -> None:
    _check_number(value)
    if not isinstance(value, int):
        raise TypeError(value)


def _check_text(value: Any) -> None:
    if not isinstance(value, str) or not value.strip() or len(value) > LONGEST:
        raise ValueError(value)


_CHECKS = {
    "deadline": durations.parse,
    "interval": durations.parse,
    "rate": _check_number,
    "amount": _check_amount,
    "text": _check_text,
}
