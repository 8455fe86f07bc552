"""Whose a user task is: claim, unclaim, assign, transfer."""

from __future__ import annotations

from typing import Any

from engine.engine import Command
from engine.errors import NotAllowed, Rejected, TaskChanged
from engine.models.instance import ProcessInstance
from engine.models.task import UserTask
from engine.staff import notifications
from engine.tasks import family, rights
from engine.tasks.rows import lock, who_has


def claim(command: Command, key: int, *, version: int | None = None) -> UserTask:
    """Take an open task nobody has. Raises NotAllowed, TaskChanged when somebody has it, TaskClosed.

    What a substitute takes with his principal's role becomes the principal's, so that it returns with the principal.
    """
    _, task = lock(command, key, version)
    if task.assignee_id is not None and task.assignee_id == command.actor.user_id:
        return task
    if task.assignee_id is not None:
        raise TaskChanged(**who_has(command.session, task))
    if not rights.may_claim(command.actor, task):
        raise NotAllowed(reason="claiming this task")
    take(command, task)
    return task


def take(command: Command, task: UserTask) -> None:
    """Make the actor, or whom he is substitute for, the assignee of a task he may claim."""
    principal = rights.principal_for(command.actor, task)
    whose = principal.user_id if principal else command.actor.user_id
    give(command, task, whose, "task.claimed", **stamp(principal))


def stamp(principal: Any) -> dict[str, str]:
    """Give what the audit says of work done for somebody else; nothing of work in one's own right."""
    return {"acted_for": principal.name} if principal else {}


def unclaim(command: Command, key: int, *, version: int | None = None) -> UserTask:
    """Put one's own task back so that the other candidates see it. Raises NotAllowed, Rejected without candidates."""
    _, task = lock(command, key, version)
    if not rights.holds(command.actor, task) and not rights.may_assign(command.actor, task):
        raise NotAllowed(reason="unclaiming another's task")
    if task.parent_key is not None or task.owner_id is not None:
        raise Rejected(reason="this was asked of one person")
    if not task.groups and not task.users:
        raise Rejected(reason="nobody else could take this task")
    principal = rights.principal_for(command.actor, task)
    give(command, task, None, "task.unclaimed", **stamp(principal))
    return task


def assign(
    command: Command, key: int, username: str, *, version: int | None = None, reason: str = ""
) -> UserTask:
    """Give the task to a person of the site. For supervisors of its candidate groups. The clock runs on.

    Raises NotAllowed, or Rejected when that person works elsewhere or may not do the task (separation of duties).
    """
    instance, task = lock(command, key, version)
    if not rights.may_assign(command.actor, task):
        raise NotAllowed(reason="assigning this task")
    user = rights.colleague(command.session, username, task)
    rights.require_distinct(command, task, user.id)
    family.require_new(command.session, task, user)
    task.owner_id = None
    give(command, task, user.id, "task.assigned", assignee=username, reason=reason)
    notifications.tell(command, [user.id], "task_assigned", instance=instance, task=task)
    return task


def transfer(
    command: Command, key: int, username: str, *, version: int | None = None, reason: str = ""
) -> UserTask:
    """Hand a task over for good (转办); its clock runs on, and every hand-over stays in the history.

    The assignee gives it to a colleague who could have claimed it, a supervisor to anybody of the site. Raises NotAllowed,
    also by separation of duties, or Rejected when that person may not have it.
    """
    instance, task = lock(command, key, version)
    above = rights.may_assign(command.actor, task)
    if not above and (task.owner_id is not None or not rights.holds(command.actor, task)):
        raise NotAllowed(reason="transferring this task")
    user = rights.colleague(command.session, username, task, anyone=above)
    if user.id == task.assignee_id:
        raise Rejected(reason=f"{username} has this task already")
    hand_on(command, instance, task, user, reason)
    return task


def hand_on(
    command: Command,
    instance: ProcessInstance,
    task: UserTask,
    user: Any,
    reason: str,
    *,
    owner_id: int | None = None,
) -> None:
    """Replace the assignee of a locked task, tell both, and note it; with `owner_id` it stays delegated."""
    rights.require_distinct(command, task, user.id)
    family.require_new(command.session, task, user)
    before = task.assignee
    principal = rights.principal_for(command.actor, task)
    task.owner_id = owner_id
    give(
        command,
        task,
        user.id,
        "task.transferred",
        assignee=user.username,
        to=user.name,
        before=before.name if before else "",
        reason=reason.strip()[:500],
        **stamp(principal),
    )
    facts = {"by": command.actor.name, "reason": reason.strip()[:500]}
    notifications.tell(
        command, [user.id], "task_transferred", instance=instance, task=task, **facts
    )
    if before is not None:
        notifications.tell(
            command, [before.id], "task_moved", instance=instance, task=task, to=user.name, **facts
        )


def give(command: Command, task: UserTask, user_id: int | None, action: str, **detail: Any) -> None:
    """Change the assignee of a locked task and note it as `action`; what its former assignee put off shows again."""
    instance = command.session.get_one(ProcessInstance, task.instance_key)
    if task.assignee_id is not None and task.assignee_id != user_id:
        task.follow_up_at = None
    task.assignee_id = user_id
    task.claimed_at = command.now if user_id else None
    task.version += 1
    command.audit(action, task.element_id, on=instance, task=str(task.key), **detail)
