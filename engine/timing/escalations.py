"""Reminders and escalations: telling the next people when a time limit is nearly used up, used up, used up twice.

At the reminder the people of the task are told, at the breach the next rung of the ladder that somebody holds, at the second
escalation the site's director (catalogue README §4). Nobody is told at night, except of limits that run by the clock.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import instances
from engine.engine import Command, Engine
from engine.models.clock import Clock
from engine.models.identity import User
from engine.models.instance import SUSPENDED, ProcessInstance
from engine.models.task import CREATED, CREATING, UNFINISHED, UserTask
from engine.staff import notifications, roles
from engine.staff.access import SYSTEM
from engine.timing import clocks, timekeeping
from engine.timing.timekeeping import BREACH, REMINDER, SECOND, Timed

T = TypeVar("T", UserTask, Clock)
DIRECTOR = "site_director"
WAIT = dt.timedelta(hours=1)
RUNNING = frozenset(UNFINISHED) - {CREATING}


def check_task(engine: Engine, key: int) -> bool:
    """Tell who is next about a task's limit, or let its clock go on when its pause is over; False when nothing was due."""
    with engine.begin(SYSTEM) as command:
        instance, task = _lock(command, UserTask, key)
        if instance is None or task is None:
            return False
        if task.state not in RUNNING:
            task.check_at = None
            return False
        if task.paused_at is not None:
            over = task.check_at or command.now
            clocks.go_on(command, instance, task, over)
            notifications.tell(
                command, _own(command.session, [task]), "pause_over", instance=instance, task=task
            )
        else:
            _check(command, instance, task, [task])
        return True


def check_clock(engine: Engine, key: int) -> bool:
    """Tell who is next about a clock over several elements; False when nothing was due."""
    with engine.begin(SYSTEM) as command:
        instance, clock = _lock(command, Clock, key)
        if instance is None or clock is None:
            return False
        query = select(UserTask).where(
            UserTask.instance_key == instance.key, UserTask.state == CREATED
        )
        _check(command, instance, clock, list(command.session.scalars(query)))
        return True


def _lock(command: Command, model: type[T], key: int) -> tuple[ProcessInstance | None, T | None]:
    """Lock the instance of what is due and look again whether it still is."""
    found = command.session.get(model, key)
    if found is None:
        return None, None
    instance = instances.lock(command, found.instance_key)
    again = command.session.get(model, key, populate_existing=True)
    due = again is not None and again.check_at is not None and again.check_at <= command.now
    return (instance, again) if due else (None, None)


def _check(
    command: Command, instance: ProcessInstance, timed: Timed, tasks: Collection[UserTask]
) -> None:
    """Tell the people of the next stage, or look again later when it is night or nobody could act."""
    keeper = timekeeping.of(command.engine, command.session, timed.site_id)
    stage = keeper.stage(timed)
    if stage is None:
        timed.check_at = None
        return
    later = keeper.tell_at(timed, command.now)
    if instance.status == SUSPENDED:
        later = command.now + WAIT
    if later > command.now:
        timed.check_at = later
        return
    if stage == REMINDER and timed.due_at is not None and timed.due_at <= command.now:
        stage = BREACH  # nobody looked in time: to say that it will soon be over would be wrong
    _tell(command, instance, timed, stage, tasks)
    timed.escalation = stage + 1
    timed.check_at = keeper.check_at(timed)


def _tell(
    command: Command,
    instance: ProcessInstance,
    timed: Timed,
    stage: int,
    tasks: Collection[UserTask],
) -> None:
    noun = "task" if isinstance(timed, UserTask) else "clock"
    kind = f"{noun}_due_soon" if stage == REMINDER else f"{noun}_overdue"
    groups, people = _whom(command.session, instance, stage, tasks)
    facts = {}
    if isinstance(timed, Clock):
        if stage >= BREACH:
            timed.breached_at = timed.breached_at or timed.due_at
        facts = {"limit": timed.limit_key, "due": timed.due_at.isoformat()}
    task = timed if isinstance(timed, UserTask) else None
    notifications.tell(command, people, kind, instance=instance, task=task, **facts)
    command.audit(kind.replace("_", ".", 1), timed.element_id, on=instance, told=groups, **facts)


def _whom(
    session: Session, instance: ProcessInstance, stage: int, tasks: Collection[UserTask]
) -> tuple[list[str], list[int]]:
    """Give the roles told at a stage and the people who hold them."""
    groups = sorted({group for task in tasks for group in task.groups})
    if stage == REMINDER:
        starter = [instance.started_by] if instance.started_by and not tasks else []
        return groups, [*_own(session, tasks), *starter]
    rungs = [DIRECTOR] if stage == SECOND else _above(groups)
    return _climb(session, instance.site_id, rungs or [DIRECTOR])


def _own(session: Session, tasks: Iterable[UserTask]) -> list[int]:
    """Give the people whose tasks these are: the assignee, else everybody who could claim one."""
    people: list[int] = []
    for task in tasks:
        if task.assignee_id is not None:
            people.append(task.assignee_id)
            continue
        people += notifications.holders(session, task.site_id, task.groups)
        if task.users:
            named = select(User.id).where(User.username.in_(task.users), User.active)
            people += session.scalars(named)
    return people


def _climb(session: Session, site_id: int, rungs: list[str]) -> tuple[list[str], list[int]]:
    """Give the lowest rung from these upwards that somebody on duty holds, and who does (decision 18)."""
    first, seen = rungs, set(rungs)
    while rungs:
        if people := notifications.holders(session, site_id, rungs):
            return rungs, people
        rungs = [role for role in _above(rungs) if role not in seen]
        seen.update(rungs)
    return first, []


def _above(groups: Iterable[str]) -> list[str]:
    return sorted({above for group in groups if (above := roles.superior(group))})
