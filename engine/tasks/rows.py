"""Finding a user task, and locking it for a change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from engine import instances
from engine.engine import Command
from engine.errors import NotFound, TaskChanged, TaskClosed, TaskHeld
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import CREATED, UserTask
from engine.staff.access import Actor
from engine.store.keys import is_key


def visible_to(actor: Actor) -> Select[UserTask]:
    """Select the user tasks the actor may see: those of the sites where the actor works, but for those kept from him."""
    query = select(UserTask)
    if actor.hidden:
        query = query.where(UserTask.instance_key.not_in(actor.hidden))
    return query if actor.is_system else query.where(UserTask.site_id.in_(actor.site_ids))


def get(session: Session, actor: Actor, key: int) -> UserTask:
    """Give a task the actor may see. Raises NotFound, also for those of other sites."""
    found = session.scalar(visible_to(actor).where(UserTask.key == key)) if is_key(key) else None
    if found is None:
        raise NotFound(noun="user task", key=key)
    return found


def lock(
    command: Command, key: int, version: int | None = None, *, states: Sequence[str] = (CREATED,)
) -> tuple[ProcessInstance, UserTask]:
    """Give a task and its instance for changing them, the instance locked first.

    Raises NotFound, TaskHeld while its listeners decide, TaskClosed unless it is in one of `states`, TaskChanged when
    `version` is not the task's, or when its instance does not run.
    """
    instance, task = instances.lock_with(command, UserTask, "user task", key)
    if task.is_held:
        raise TaskHeld
    if task.state not in states:
        raise TaskClosed(**who_has(command.session, task))
    instances.require_running(instance)
    if version is not None and task.version != version:
        raise TaskChanged(**who_has(command.session, task))
    return instance, task


def who_has(session: Session, task: UserTask) -> dict[str, Any]:
    """Give who has or had the task and since when, to tell a person who came second."""
    user_id = task.completed_by or task.assignee_id
    user = session.get(User, user_id) if user_id else None
    return {"by": user.name if user else "", "at": task.completed_at or task.claimed_at}
