"""Time limits: when a user task is due, what every clock of an instance says.

The limits and settings a definition names are copied onto the instance when it starts (decision 9); a later change reaches
what runs only by a recalculation (`recalculations`). Clocks over several elements are started and stopped by `spans`, people
stop the clock of a task with `pauses`, and `escalations` tells people what ran out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.engine import Command, Engine
from engine.errors import NotFound
from engine.models.clock import PAUSED, RUNNING, STOPPED, Clock, ClockPause
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.registry import Unit
from engine.models.task import CANCELED, COMPLETED, CREATED, UserTask
from engine.policy import limits
from engine.runtime import Diagram, UserTaskOpened
from engine.timing import spans, timekeeping
from engine.timing.calendars import Calendar
from engine.timing.timekeeping import Timed


@dataclass(frozen=True, kw_only=True)
class Deadline:
    """The time limit of a task that opens; all None when it has none."""

    limit: dict[str, Any] | None = None
    due_at: dt.datetime | None = None
    check_at: dt.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A time during which a clock stood still; `ended_at` is None while it does."""

    since: dt.datetime
    until: dt.datetime | None
    ended_at: dt.datetime | None
    reason: str
    by: int | None


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What one clock of an instance says.

    `task_key` is the user task it belongs to, None for one over several elements; `element_id` the task's element or the one
    that started it; `limit` is None where the diagram computes the due date. `state` is running, paused or stopped; `late` is whether it ran out before it stopped or until now.
    `paused` is how long it stood still in its own time, without the pause that goes on.
    """

    key: int
    task_key: int | None
    element_id: str
    name: str
    limit: dict[str, Any] | None
    started_at: dt.datetime
    due_at: dt.datetime
    state: str
    late: bool
    stopped_at: dt.datetime | None
    paused: dt.timedelta
    pauses: Sequence[Pause]


def snapshot(
    command: Command, definition: Definition, site: Site, unit: Unit | None
) -> dict[str, Any]:
    """Copy the limits and settings that the definition and the processes it calls name."""
    called = _closure(command, definition)
    return {
        **_copied(command, site, called),
        "area": unit.area if unit else "",
        "zone": site.timezone,
        "names": {
            "site": {"key": site.key, "name": site.name, "kind": site.kind},
            "unit": _unit_facts(unit),
            "initiator": command.actor.username,
        },
    }


def widen(command: Command, instance: ProcessInstance, called: Diagram) -> bool:
    """Copy also what a process names that is called by a name only known now; say whether something was new.

    What the instance carries already stays as it was copied.
    """
    policy = instance.policy
    known, marked = set(policy.get("paths", ())), policy.get("spans", {})
    limited = spans.limit_keys(called) <= policy.get("limits", {}).keys()
    if limited and called.setting_keys <= known and spans.marks([called]).keys() <= marked.keys():
        return False
    new = _copied(command, command.session.get_one(Site, instance.site_id), [called])
    instance.policy = {
        **policy,
        "limits": new["limits"] | policy.get("limits", {}),
        "spans": new["spans"] | marked,
        "settings": _joined(new["settings"], policy.get("settings", {})),
        "paths": sorted(known | set(new["paths"])),
    }
    return True


def _copied(command: Command, site: Site, diagrams: Sequence[Diagram]) -> dict[str, Any]:
    limit_keys = sorted({key for diagram in diagrams for key in spans.limit_keys(diagram)})
    paths = sorted({key for diagram in diagrams for key in diagram.setting_keys})
    return {
        "limits": limits.snapshot(command.session, site, limit_keys),
        "spans": spans.marks(diagrams),
        "settings": limits.settings(command.session, site, paths),
        "paths": paths,
    }


def _joined(new: Mapping[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    """Join two trees of settings; where both have a value, the second's stays."""
    both = {
        name: _joined(new[name], kept[name])
        for name in new.keys() & kept.keys()
        if isinstance(new[name], dict) and isinstance(kept[name], dict)
    }
    return {**new, **kept, **both}


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
                called = definitions.called(command.engine, command.session, process_id)
            except NotFound:
                continue
            found[process_id] = called.diagram
            todo.append(called.diagram)
    return list(found.values())


def start(command: Command, instance: ProcessInstance, opened: UserTaskOpened) -> Deadline:
    """Give the deadline of a task that opens now: the date the diagram computes, else the limit it names."""
    limit = instance.policy.get("limits", {}).get(opened.properties.get("limit", ""))
    if opened.due_date is not None:
        dated = {**limit, "dated": True} if limit else None
        return Deadline(limit=dated, due_at=opened.due_date, check_at=opened.due_date)
    if not limit:
        return Deadline()
    keeper = timekeeping.of(command.engine, command.session, instance.site_id)
    due_at = limits.due(limit, command.now, keeper.calendar)
    return Deadline(
        limit=limit, due_at=due_at, check_at=keeper.first_check(command.now, due_at, limit)
    )


def calendar_of(engine: Engine, session: Session, site_id: int) -> Calendar:
    """Give the working calendar of a site; another process's change is seen within 30 seconds."""
    return timekeeping.of(engine, session, site_id).calendar


def next_check(engine: Engine, session: Session, task: UserTask) -> dt.datetime | None:
    """Give when the task's next reminder or escalation is due, None after the last."""
    return timekeeping.of(engine, session, task.site_id).check_at(task)


def go_on(
    command: Command, instance: ProcessInstance, task: UserTask, at: dt.datetime, **detail: str
) -> None:
    """Let the clock of a locked task go on from a moment on, which may be a little past when a worker was late."""
    _resume(command, task, at)
    due = task.due_at.isoformat() if task.due_at else None
    command.audit(
        "clock.resumed", task.element_id, on=instance, task=str(task.key), due=due, **detail
    )


def settle(command: Command, task: UserTask) -> None:
    """End the pause of a task that is being completed, so that its due time is the one it had to keep."""
    if task.paused_at is None:
        return
    _resume(command, task, command.now)


def _resume(command: Command, task: UserTask, at: dt.datetime) -> None:
    """Let the clock go on, and those of the signers that stood still with it."""
    keeper = timekeeping.of(command.engine, command.session, task.site_id)
    for one in signers(command.session, task) if task.parent_key is None else ():
        if one.paused_at == task.paused_at:
            keeper.resume(one, at)
    keeper.resume(task, at)
    spans.end_pause(command, task.key, at)


def signers(session: Session, task: UserTask) -> list[UserTask]:
    """List those whose turn it is among the signers added to a task, nested ones too; asks only where there are any."""
    if not task.signers:
        return []
    query = select(UserTask).where(UserTask.root_key == task.key, UserTask.state == CREATED)
    return list(session.scalars(query))


def of(session: Session, instance: ProcessInstance, now: dt.datetime) -> list[Reading]:
    """Read every clock of an instance, those over several elements first, each kind by when it started."""
    rows = session.scalars(select(Clock).where(Clock.instance_key == instance.key))
    tasks = session.scalars(
        select(UserTask).where(UserTask.instance_key == instance.key, UserTask.due_at.is_not(None))
    )
    timed: list[Timed] = [
        *sorted(rows, key=lambda row: row.created_at),
        *sorted(tasks, key=lambda task: task.created_at),
    ]
    pauses = _pauses(session, [one.key for one in timed])
    return [_read(one, pauses.get(one.key, []), now) for one in timed]


def _pauses(session: Session, keys: Sequence[int]) -> dict[int, list[Pause]]:
    found: dict[int, list[Pause]] = {}
    query = select(ClockPause).where(ClockPause.clock_key.in_(keys)).order_by(ClockPause.id)
    for row in session.scalars(query) if keys else ():
        pause = Pause(
            since=row.since, until=row.until, ended_at=row.ended_at, reason=row.reason, by=row.by
        )
        found.setdefault(row.clock_key, []).append(pause)
    return found


def _read(timed: Timed, pauses: Sequence[Pause], now: dt.datetime) -> Reading:
    is_task = isinstance(timed, UserTask)
    stopped_at = timed.completed_at if isinstance(timed, UserTask) else timed.stopped_at
    over = timed.state in (COMPLETED, CANCELED, STOPPED)
    until = stopped_at or timed.paused_at or now
    return Reading(
        key=timed.key,
        task_key=timed.key if is_task else None,
        element_id=timed.element_id,
        name=timed.name if isinstance(timed, UserTask) else "",
        limit=dict(limit) if (limit := timekeeping.limit_of(timed)) else None,
        started_at=timed.created_at,
        due_at=timed.due_at or timed.created_at,
        state=STOPPED if over else PAUSED if timed.paused_at else RUNNING,
        late=bool(timed.due_at and timed.due_at < until),
        stopped_at=stopped_at,
        paused=timekeeping.paused(timed),
        pauses=pauses,
    )
