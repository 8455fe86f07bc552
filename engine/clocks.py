"""Time limits of user tasks: when a task is due, when someone is reminded, whom an overdue one climbs to.

The limits and settings a definition names are copied onto the instance when it starts (decision 9): a later change applies to
new instances. Reminder at 80 % of the time, breach at 100 %, second escalation at 200 % (catalogue README §4).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from engine import definitions, limits, roles
from engine.calendars import Calendar
from engine.definitions import Definition
from engine.engine import Command, Engine
from engine.errors import NotFound
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.registry import Unit
from engine.models.task import UserTask
from engine.runtime import Diagram, UserTaskOpened

REMINDER, BREACH, SECOND = 0.8, 1.0, 2.0
STAGES = (REMINDER, BREACH, SECOND)
CALENDAR_CACHE = dt.timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class Clock:
    """The time limit of one task; all None when it has none."""

    limit: dict[str, Any] | None = None
    due_at: dt.datetime | None = None
    check_at: dt.datetime | None = None


def snapshot(
    command: Command, definition: Definition, site: Site, unit: Unit | None
) -> dict[str, Any]:
    """Copy the limits and settings that the definition and the processes it calls name."""
    called = _closure(command, definition)
    limit_keys = sorted({key for diagram in called for key in diagram.limit_keys})
    setting_keys = sorted({key for diagram in called for key in diagram.setting_keys})
    return {
        "limits": limits.snapshot(command.session, site, limit_keys),
        "settings": limits.settings(command.session, site, setting_keys),
        "area": unit.area if unit else "",
        "zone": site.timezone,
        "names": {
            "site": {"key": site.key, "name": site.name, "kind": site.kind},
            "unit": _unit_facts(unit),
            "initiator": command.actor.username,
        },
    }


def _unit_facts(unit: Unit | None) -> dict[str, Any] | None:
    if unit is None:
        return None
    return {
        "label": unit.label,
        "name": unit.display,
        "area_m2": unit.floor_area / 100,
        "kind": unit.kind,
    }


def _closure(command: Command, definition: Definition) -> list[Diagram]:
    """Give the diagram and those of the processes it calls, directly or not."""
    found = {definition.process_id: definition.diagram}
    todo = [definition.diagram]
    while todo:
        for process_id in todo.pop().called_processes - found.keys():
            try:
                called = definitions.latest(command.engine, command.session, process_id)
            except NotFound:
                continue
            found[process_id] = called.diagram
            todo.append(called.diagram)
    return list(found.values())


def start(command: Command, instance: ProcessInstance, opened: UserTaskOpened) -> Clock:
    """Give the clock of a task that opens now: the date the diagram computes, else the limit it names."""
    limit = instance.policy.get("limits", {}).get(opened.properties.get("limit", ""))
    if opened.due_date is not None:
        return Clock(limit=limit, due_at=opened.due_date, check_at=opened.due_date)
    if not limit:
        return Clock()
    calendar = calendar_of(command.engine, command.session, instance.site_id)
    due_at = limits.due(limit, command.now, calendar)
    return Clock(
        limit=limit,
        due_at=due_at,
        check_at=_stage_at(calendar, command.now, due_at, limit, REMINDER),
    )


def calendar_of(engine: Engine, session: Session, site_id: int) -> Calendar:
    """Give the working calendar of a site; another process's change is seen within 30 seconds."""
    cache: dict[int, tuple[dt.datetime, Calendar]] = engine.caches.setdefault("calendars", {})
    now = engine.clock()
    known = cache.get(site_id)
    if known is None or abs(now - known[0]) > CALENDAR_CACHE:
        site = session.get_one(Site, site_id)
        known = cache[site_id] = (now, limits.calendar(session, site))
    return known[1]


def _stage_at(
    calendar: Calendar, since: dt.datetime, due: dt.datetime, limit: dict[str, Any], share: float
) -> dt.datetime:
    kind = limit.get("calendar", "clock")
    return calendar.at_share(since, due, share, kind)


def next_check(engine: Engine, session: Session, task: UserTask) -> dt.datetime | None:
    """Give when the task's next reminder or escalation is due, None after the last."""
    if task.due_at is None or task.escalation >= len(STAGES):
        return None
    share = STAGES[task.escalation]
    if not task.limit:
        return task.due_at if share <= BREACH else None
    calendar = calendar_of(engine, session, task.site_id)
    return _stage_at(calendar, task.created_at, task.due_at, task.limit, share)


def escalation_roles(task: UserTask) -> list[str]:
    """Give the roles told at the task's present stage: its own people, the next rung, then the site's director."""
    share = STAGES[task.escalation]
    if share < BREACH:
        return []
    if share >= SECOND:
        return ["site_director"]
    return sorted({above for role in task.groups if (above := roles.superior(role))})
