"""Urging (催办): asking whoever has a task to hurry, not too often."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select

from engine.engine import Command
from engine.errors import Conflict, NotAllowed
from engine.models.audit import AuditEntry
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.task import UserTask
from engine.policy import settings
from engine.staff import notifications, people
from engine.tasks import rights
from engine.tasks.opinions import remark
from engine.tasks.rows import lock

SETTING = "tasks.urge_minutes"
ACTION = "task.urged"


class UrgedAlready(Conflict):
    """You urged this task already; try again in {minutes} minutes."""

    code = "urged_already"


def may_urge(command: Command, instance: ProcessInstance, task: UserTask) -> bool:
    """Whether the actor may urge: the starter, supervisors, who delegated the task, and who added the signer."""
    known = {instance.started_by, task.owner_id, task.added_by}
    return (command.actor.user_id in known) or rights.may_assign(command.actor, task)


def urge(command: Command, key: int, text: str = "") -> UserTask:
    """Notify the assignee of an open task, or its candidates while nobody has it; the history keeps it.

    The same person urges the same task again only after the minutes of the setting `tasks.urge_minutes`. Raises NotAllowed,
    TaskClosed, or UrgedAlready with `until` when it may be urged again.
    """
    instance, task = lock(command, key)
    if command.actor.user_id is None or not may_urge(command, instance, task):
        raise NotAllowed(reason="urging this task")
    said = remark(text, required=False)
    _require_pause(command, instance, task)
    whom = _people(command, task)
    facts = {"by": command.actor.name, "reason": said}
    notifications.tell(command, whom, "task_urged", instance=instance, task=task, **facts)
    command.audit(ACTION, task.element_id, on=instance, task=str(key), told=len(whom), reason=said)
    return task


def _people(command: Command, task: UserTask) -> list[int]:
    if task.assignee_id is not None:
        return [task.assignee_id]
    named = people.by_username(command.session, task.users).values()
    held = notifications.holders(command.session, task.site_id, task.groups)
    return [*held, *(user.id for user in named if user.active)]


def _require_pause(command: Command, instance: ProcessInstance, task: UserTask) -> None:
    site = command.session.get_one(Site, task.site_id)
    pause = dt.timedelta(minutes=settings.values(command.session, site, [SETTING])[SETTING])
    query = select(AuditEntry).where(
        AuditEntry.chain == instance.key,
        AuditEntry.action == ACTION,
        AuditEntry.actor_id == command.actor.user_id,
        AuditEntry.at > command.now - pause,
    )
    before = [
        one.at for one in command.session.scalars(query) if one.detail.get("task") == str(task.key)
    ]
    if before:
        until = max(before) + pause
        minutes = -((command.now - until) // dt.timedelta(minutes=1))
        raise UrgedAlready(minutes=minutes, until=until)
