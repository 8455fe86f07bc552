"""Telling people: rows written in the command itself, put into words when they are read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.orm import Session

from engine.engine import Command
from engine.models.identity import Membership, User
from engine.models.instance import ProcessInstance
from engine.models.substitution import Substitution
from engine.models.task import Notification, UserTask
from engine.staff import sight
from engine.staff.access import Actor


def tell(
    command: Command,
    user_ids: Iterable[int],
    kind: str,
    *,
    instance: ProcessInstance | None = None,
    task: UserTask | None = None,
    **params: Any,
) -> None:
    """Notify each person once, except the one who acts and whom the instance is kept from.

    Of a task also those are told who are substitutes now.
    """
    wanted = dict.fromkeys(user_ids, "")
    if task is not None and wanted:
        wanted = _substitutes(command, task, list(wanted)) | wanted
    kept_from = _kept_from(command, instance, task) if wanted else frozenset()
    rows = [
        {
            "user_id": user_id,
            "kind": kind,
            "params": _facts(instance, task) | params | ({"principal": whose} if whose else {}),
            "instance_key": instance.key if instance else None,
            "task_key": task.key if task else None,
            "created_at": command.now,
        }
        for user_id, whose in sorted(wanted.items())
        if user_id != command.actor.user_id and user_id not in kept_from
    ]
    if rows:
        command.session.execute(insert(Notification), rows)


def _kept_from(
    command: Command, instance: ProcessInstance | None, task: UserTask | None
) -> frozenset[int]:
    if instance is None and task is not None:
        instance = command.session.get(ProcessInstance, task.instance_key)
    return sight.kept_from(command.session, instance) if instance else frozenset()


def _substitutes(command: Command, task: UserTask, user_ids: Sequence[int]) -> dict[int, str]:
    """Give who is substitute of these people for the task now, with the principal's name."""
    query = (
        select(Substitution.substitute_id, User.name, Substitution.process_ids)
        .join(User, User.id == Substitution.principal_id)
        .where(
            Substitution.principal_id.in_(user_ids),
            Substitution.starts_at <= command.now,
            Substitution.ends_at > command.now,
            Substitution.revoked_at.is_(None),
            Substitution.substitute_id.in_(_working_at(task.site_id)),
        )
    )
    return {
        user_id: name
        for user_id, name, process_ids in command.session.execute(query)
        if not process_ids or task.process_id in process_ids
    }


def _working_at(site_id: int) -> Select[int]:
    here = Membership.site_id.in_([site_id]) | Membership.site_id.is_(None)
    return select(Membership.user_id).join(User).where(here, User.active)


def _facts(instance: ProcessInstance | None, task: UserTask | None) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    if instance is not None:
        facts |= {"number": instance.number, "unit": instance.unit_label}
    if task is not None:
        facts |= {"step": task.name, "due": task.due_at.isoformat() if task.due_at else None}
    return facts


def holders(session: Session, site_id: int, roles: Iterable[str]) -> list[int]:
    """List the active people who hold one of the roles at the site and are on duty."""
    query = (
        select(Membership.user_id)
        .join(User)
        .where(
            Membership.role.in_(list(roles)),
            Membership.site_id.in_([site_id]) | Membership.site_id.is_(None),
            Membership.on_duty,
            User.active,
        )
        .distinct()
    )
    return list(session.scalars(query))


def unread(session: Session, actor: Actor) -> int:
    """Count what the actor has not read."""
    query = select(func.count()).where(
        Notification.user_id == actor.user_id, Notification.read_at.is_(None)
    )
    return session.scalar(query) or 0


def recent(session: Session, actor: Actor, limit: int = 50) -> list[Notification]:
    """List the actor's latest notifications, newest first."""
    query = (
        select(Notification)
        .where(Notification.user_id == actor.user_id)
        .order_by(Notification.created_at.desc(), Notification.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))


def mark_read(command: Command, before: dt.datetime) -> None:
    """Mark the actor's notifications up to a moment as read."""
    command.session.execute(
        update(Notification)
        .where(
            Notification.user_id == command.actor.user_id,
            Notification.read_at.is_(None),
            Notification.created_at <= before,
        )
        .values(read_at=command.now)
    )
