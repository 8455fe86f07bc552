"""Tasks that are open again because somebody returned or withdrew work: who gets them, why, and who is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import tasks
from engine.engine import Command
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import UserTask
from engine.runtime import Execution, Move, UserTaskOpened
from engine.staff import notifications

RETURN, STRAIGHT, BACK, WITHDRAW = "return", "straight_back", "back", "withdraw"


def still_here(session: Session, site_id: int, user_id: int) -> User | None:
    """Give a person if active and at work at the site."""
    user = session.get(User, user_id)
    if user is None or not user.active:
        return None
    return user if any(one.site_id in (None, site_id) for one in user.memberships) else None


def signed(move: Move, command: Command, task: UserTask, reason: str) -> Move:
    """Give the move with who makes it and why in what it leaves behind.

    Going straight back leads to that person, from a substitute to whom he stood in for.
    """
    principal = tasks.principal_for(command.actor, task)
    whose = principal.username if principal else command.actor.username
    facts = {"by": command.actor.user_id, "name": command.actor.name, "reason": reason}
    origin: dict[str, Any] = {**(move.origin or {}), **facts, "step": task.name}
    if move.back is None:
        return replace(move, origin=origin)
    back = {**(move.back_origin or {}), **facts, "assignee": whose}
    origin["back"] = {"to": move.back, "origin": back}
    return replace(move, origin=origin, back_origin=back)


def announce(
    command: Command, instance: ProcessInstance, execution: Execution, kind: str, reason: str
) -> list[UserTask]:
    """Tell whoever has a task that the execution opened again; give these tasks."""
    keys = [one.key for one in execution.events if isinstance(one, UserTaskOpened) and one.origin]
    query = select(UserTask).where(UserTask.key.in_(keys)).order_by(UserTask.key)
    found = list(command.session.scalars(query))
    for task in found:
        if task.assignee_id is not None:
            facts = {"by": command.actor.name, "reason": reason}
            notifications.tell(
                command, [task.assignee_id], kind, instance=instance, task=task, **facts
            )
    return found
