"""Copies (抄送): instances people are sent to read; no token waits for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from engine import executions, projection
from engine.engine import Command
from engine.errors import NotFound
from engine.expressions import feel
from engine.models.identity import Membership, User
from engine.models.instance import ProcessInstance
from engine.models.task import Copy, UserTask
from engine.runtime import Execution
from engine.staff import notifications, people, roles, sight
from engine.staff.access import Actor
from engine.store import database

PROPERTY = "copyTo"


def deliver(
    command: Command,
    instance: ProcessInstance,
    task: UserTask,
    user_ids: Iterable[int],
    *,
    sent_by: int | None = None,
    note: str = "",
) -> None:
    """Put the instance into people's boxes, unread, tell them, and note it; `sent_by` is empty for a step's `copyTo`.

    Nobody it is kept from gets it.
    """
    readers = sorted(set(user_ids) - sight.kept_from(command.session, instance))
    if not readers:
        return
    insert = database.insert_of(command.session)(Copy)
    same = {"instance_key": instance.key, "task_key": task.key, "sent_by": sent_by, "note": note}
    rows = [{"user_id": one, "created_at": command.now, **same} for one in readers]
    renewed = {
        name: insert.excluded[name] for name in ("task_key", "sent_by", "note", "created_at")
    }
    command.session.execute(
        insert.values(rows).on_conflict_do_update(
            index_elements=["instance_key", "user_id"], set_=renewed | {"read_at": None}
        )
    )
    names = [user.name for user in people.by_id(command.session, readers).values()]
    command.audit(
        "task.copied",
        task.element_id,
        on=instance,
        task=str(task.key),
        to=", ".join(sorted(names)),
        reason=note,
    )
    notifications.tell(
        command, readers, "copy_sent", instance=instance, step=task.name, by=command.actor.name
    )


def readers(
    command: Command,
    instance: ProcessInstance,
    task: UserTask,
    execution: Execution,
    submitted: Mapping[str, Any],
) -> list[int]:
    """Give who gets a copy when the task completes, by its property `copyTo`: roles, user names, `starter`, or FEEL.

    A failing expression is an incident, and nobody gets a copy.
    """
    source = task.properties.get(PROPERTY, "").strip()
    if not source:
        return []
    if not source.startswith("="):
        return resolve(command.session, instance, source.split(","))
    scope = {**executions.names(command, instance), **execution.variables_of(task.key), **submitted}
    local = command.now.astimezone(ZoneInfo(instance.policy["zone"]))
    result = feel().batch([source], scope, now=local)[0]
    names = result.value if isinstance(result.value, list) else [result.value]
    if result.error or not all(isinstance(one, str) for one in names):
        reason = result.error or "it gives neither text nor a list of texts"
        projection.record_failure(command, instance, task.element_id, f"{source}: {reason}")
        return []
    return resolve(command.session, instance, names)


def is_over(instance: ProcessInstance, task: UserTask, execution: Execution) -> bool:
    """Whether the step of a task that was just done is over: a vote is only with its last ballot."""
    if "vote" not in task.properties:
        return True
    body = next((entry["scope"] for entry in instance.active if entry["key"] == task.key), None)
    return all(one.key != body for one in execution.active)


def resolve(session: Session, instance: ProcessInstance, names: Iterable[str]) -> list[int]:
    """Give the active people that roles at the instance's site, user names and `starter` stand for."""
    wanted = {one.strip() for one in names if one.strip()}
    held = wanted & roles.catalogue().keys()
    query = (
        select(User.id)
        .outerjoin(Membership)
        .where(
            User.active,
            or_(
                User.username.in_(wanted - held),
                Membership.role.in_(held)
                & (Membership.site_id.in_([instance.site_id]) | Membership.site_id.is_(None)),
            ),
        )
        .distinct()
    )
    found = list(session.scalars(query))
    starter = instance.started_by if roles.STARTER in wanted else None
    return [*found, starter] if starter is not None and starter not in found else found


def has(session: Session, actor: Actor, instance_key: int) -> bool:
    """Whether the actor was sent this instance to read."""
    query = select(Copy.id).where(Copy.instance_key == instance_key, Copy.user_id == actor.user_id)
    return session.scalar(query) is not None


def unread(session: Session, actor: Actor) -> int:
    """Count the copies the actor has not read."""
    query = select(func.count()).where(Copy.user_id == actor.user_id, Copy.read_at.is_(None))
    return session.scalar(query) or 0


def mark_read(command: Command, instance_key: int) -> None:
    """Mark the actor's copy of an instance as read. Raises NotFound without one."""
    if not has(command.session, command.actor, instance_key):
        raise NotFound(noun="copy", key=instance_key)
    command.session.execute(
        update(Copy)
        .where(
            Copy.instance_key == instance_key,
            Copy.user_id == command.actor.user_id,
            Copy.read_at.is_(None),
        )
        .values(read_at=command.now)
    )


def of_instance(session: Session, instance_key: int) -> list[tuple[Copy, User]]:
    """List who was sent an instance, the earliest first."""
    query = (
        select(Copy, User)
        .join(User, User.id == Copy.user_id)
        .where(Copy.instance_key == instance_key)
        .order_by(Copy.created_at, User.username)
    )
    return [(copy, user) for copy, user in session.execute(query)]
