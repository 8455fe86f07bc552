"""Whose a user task is: claim, unclaim, assign, transfer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.engine import Command
from engine.errors import NotAllowed, Rejected, TaskChanged
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import ASSIGNING, COMPLETING, UserTask
from engine.staff import notifications
from engine.tasks import family, holding, rights
from engine.tasks.rows import lock, who_has


class Word(NamedTuple):
    """What people are told of a change: who, which kind of notification, and its facts."""

    user_ids: Sequence[int]
    kind: str
    facts: Mapping[str, Any]


def claim(command: Command, key: int, *, version: int | None = None) -> UserTask:
    """Take an open task nobody has. Raises NotAllowed, also by separation of duties, TaskChanged when somebody has it, TaskClosed.

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
    rights.require_distinct(command, task, command.actor.user_id, whose)
    family.require_one_ballot(command.session, task, whose)
    give(command, task, whose, "task.claimed", **stamp(principal))


def stamp(principal: Any) -> dict[str, Any]:
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
    _, task = lock(command, key, version)
    if not rights.may_assign(command.actor, task):
        raise NotAllowed(reason="assigning this task")
    user = rights.colleague(command.session, username, task)
    rights.require_distinct(command, task, user.id)
    family.require_new(command.session, task, user)
    family.require_one_ballot(command.session, task, user.id)
    told = [Word([user.id], "task_assigned", {}), _moved(command, task, user, None, reason)]
    detail: dict[str, Any] = {"assignee": username, "to": user.name, "reason": reason.strip()[:500]}
    give(command, task, user.id, "task.assigned", tell=told, **detail)
    return task


def _moved(command: Command, task: UserTask, user: User, owner_id: int | None, reason: str) -> Word:
    """What those are told who lose a task: who had it, and who had delegated it."""
    losing = {task.assignee_id, task.owner_id} - {None, user.id, owner_id}
    facts = {"by": command.actor.name, "reason": reason.strip()[:500], "to": user.name}
    return Word(sorted(one for one in losing if one is not None), "task_moved", facts)


def transfer(
    command: Command, key: int, username: str, *, version: int | None = None, reason: str = ""
) -> UserTask:
    """Hand a task over for good (转办); its clock runs on, and every hand-over stays in the history.

    The assignee gives it to a colleague who could have claimed it, a supervisor to anybody of the site. Raises NotAllowed,
    also by separation of duties, or Rejected when that person may not have it.
    """
    _, task = lock(command, key, version)
    above = rights.may_assign(command.actor, task)
    if not above and (task.owner_id is not None or not rights.holds(command.actor, task)):
        raise NotAllowed(reason="transferring this task")
    user = rights.colleague(command.session, username, task, anyone=above)
    if user.id == task.assignee_id:
        raise Rejected(reason=f"{username} has this task already")
    hand_on(command, task, user, reason)
    return task


def hand_on(
    command: Command,
    task: UserTask,
    user: Any,
    reason: str,
    *,
    owner_id: int | None = None,
) -> None:
    """Replace the assignee of a locked task, tell both, and note it; with `owner_id` it stays delegated."""
    rights.require_distinct(command, task, user.id)
    family.require_new(command.session, task, user)
    family.require_one_ballot(command.session, task, user.id)
    before = task.assignee
    principal = rights.principal_for(command.actor, task)
    facts = {"by": command.actor.name, "reason": reason.strip()[:500]}
    moved = _moved(command, task, user, owner_id, reason)
    told = [Word([user.id], "task_transferred", facts), moved]
    give(
        command,
        task,
        user.id,
        "task.transferred",
        owner_id=owner_id,
        tell=told,
        assignee=user.username,
        to=user.name,
        before=before.name if before else "",
        reason=reason.strip()[:500],
        **stamp(principal),
    )


def give(
    command: Command,
    task: UserTask,
    user_id: int | None,
    action: str,
    *,
    owner_id: int | None = None,
    tell: Sequence[Word] = (),
    **detail: Any,
) -> None:
    """Change the assignee of a locked task, see `settle`, at once or when its listeners let it pass.

    With an `owner_id` it is delegated by him. What is submitted already changes hands without asking them.
    """
    if task.state == COMPLETING or not holding.listens(task, ASSIGNING):
        settle(command, task, user_id, action, owner_id, tell, **detail)
        return
    user = command.session.get(User, user_id) if user_id else None
    told = [[list(word.user_ids), word.kind, dict(word.facts)] for word in tell]
    held = {"action": action, "whose": user_id, "owner": owner_id, "tell": told, "detail": detail}
    verb = {"task.claimed": "claim", "task.unclaimed": "unassign"}.get(action, "assign")
    wanted = {"assignee": user.username if user else None}
    holding.begin(command, task, ASSIGNING, verb, wanted, held)


def settle(
    command: Command,
    task: UserTask,
    user_id: int | None,
    action: str,
    owner_id: int | None,
    tell: Iterable[Word],
    **detail: Any,
) -> None:
    """Change the assignee, note it as `action` and tell people; what its former assignee put off shows again."""
    instance = command.session.get_one(ProcessInstance, task.instance_key)
    if task.assignee_id is not None and task.assignee_id != user_id:
        task.follow_up_at = None
    task.assignee_id, task.owner_id = user_id, owner_id
    task.claimed_at = command.now if user_id else None
    task.version += 1
    command.audit(action, task.element_id, on=instance, task=str(task.key), **detail)
    for people, kind, facts in tell:
        notifications.tell(command, people, kind, instance=instance, task=task, **facts)
