"""User tasks: claim, unclaim, assign, complete, and what is typed before that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Session

from engine import database, executions, instances, notifications, projection, submissions
from engine.access import Actor
from engine.engine import Command
from engine.errors import (
    BudgetExceeded,
    NotAllowed,
    NotFound,
    Rejected,
    TaskChanged,
    TaskClosed,
)
from engine.keys import is_key
from engine.models.identity import Membership, User
from engine.models.instance import ProcessInstance
from engine.models.task import COMPLETED, CREATED, Draft, TaskCandidate, UserTask
from engine.roles import ALL_STAFF

MAX_DRAFT = 256_000


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What a completion led to: the task, and the incident's message when the process could not run on."""

    task: UserTask
    instance: ProcessInstance
    ran: bool


def visible_to(actor: Actor) -> Select[UserTask]:
    """Select the user tasks the actor may see: those of the sites where the actor works."""
    query = select(UserTask)
    return query if actor.is_system else query.where(UserTask.site_id.in_(actor.site_ids))


def get(session: Session, actor: Actor, key: int) -> UserTask:
    """Give a task the actor may see. Raises NotFound, also for those of other sites."""
    found = session.scalar(visible_to(actor).where(UserTask.key == key)) if is_key(key) else None
    if found is None:
        raise NotFound(noun="user task", key=key)
    return found


def is_candidate(actor: Actor, task: UserTask) -> bool:
    """Whether the actor belongs to the people who may claim the task."""
    if actor.user_id is None or not actor.belongs_to(task.site_id):
        return False
    groups = set(task.groups)
    return (
        bool(groups & actor.roles_at(task.site_id))
        or ALL_STAFF in groups
        or actor.username in task.users
    )


def may_assign(actor: Actor, task: UserTask) -> bool:
    """Whether the actor may give the task to somebody: people above its candidate groups on the ladder."""
    return actor.is_above(task.groups, task.site_id)


def may_complete(actor: Actor, task: UserTask) -> bool:
    """Whether the actor is the assignee, or could claim the task because nobody has."""
    if task.state != CREATED:
        return False
    if task.assignee_id is not None:
        return task.assignee_id == actor.user_id
    return is_candidate(actor, task)


def claim(command: Command, key: int, *, version: int | None = None) -> UserTask:
    """Take an open task nobody has. Raises NotAllowed, TaskChanged when somebody has it, TaskClosed."""
    _, task = lock(command, key, version)
    if task.assignee_id == command.actor.user_id:
        return task
    if task.assignee_id is not None:
        raise TaskChanged(**who_has(command.session, task))
    if not is_candidate(command.actor, task):
        raise NotAllowed(reason="claiming this task")
    _assign(command, task, command.actor.user_id, "task.claimed")
    return task


def unclaim(command: Command, key: int, *, version: int | None = None) -> UserTask:
    """Put one's own task back so that the other candidates see it. Raises NotAllowed, Rejected without candidates."""
    _, task = lock(command, key, version)
    if task.assignee_id != command.actor.user_id and not may_assign(command.actor, task):
        raise NotAllowed(reason="unclaiming another's task")
    if not task.groups and not task.users:
        raise Rejected(reason="nobody else could take this task")
    _assign(command, task, None, "task.unclaimed")
    return task


def assign(
    command: Command, key: int, username: str, *, version: int | None = None, reason: str = ""
) -> UserTask:
    """Give the task to a person of the site. For supervisors of its candidate groups. The clock runs on.

    Raises NotAllowed, or Rejected when that person works elsewhere or may not do the task (separation of duties).
    """
    instance, task = lock(command, key, version)
    if not may_assign(command.actor, task):
        raise NotAllowed(reason="assigning this task")
    user = _colleague(command.session, username, task)
    _require_distinct(command, task, user.id)
    _assign(command, task, user.id, "task.assigned", assignee=username, reason=reason)
    notifications.tell(command, [user.id], "task_assigned", instance=instance, task=task)
    return task


def _colleague(session: Session, username: str, task: UserTask) -> User:
    user = session.scalar(select(User).where(User.username == username, User.active))
    held = {
        one.role
        for one in (user.memberships if user else [])
        if one.site_id in (None, task.site_id)
    }
    if user is None or not held:
        raise Rejected(reason=f"{username} does not work at this site")
    allowed = set(task.groups)
    if allowed and not allowed & held and ALL_STAFF not in allowed and username not in task.users:
        raise Rejected(reason=f"{username} has none of the roles {', '.join(sorted(allowed))}")
    return user


def complete(
    command: Command,
    key: int,
    variables: Mapping[str, Any],
    *,
    version: int | None = None,
    typed: bool = False,
) -> Completion:
    """Complete a user task and run its instance to the next wait state.

    `version` is the task version the actor saw; `variables` are checked against the task's form (`typed` when they are JSON
    rather than what a person typed). Raises TaskChanged, TaskClosed, NotAllowed or InvalidVariables; then nothing has been written.
    When the process runs on without end, the task stays open, what was submitted is kept as the actor's draft and an
    incident is recorded.
    """
    instance, task = lock(command, key, version)
    if not may_complete(command.actor, task):
        raise NotAllowed(reason="completing this task", **who_has(command.session, task))
    _require_distinct(command, task, command.actor.user_id)
    execution = executions.load(command, instance)
    form = submissions.form_of(command, task.definition_key, task.form_id)
    clean = dict(variables)
    if form is not None:
        scope = execution.variables_of(key)
        place = submissions.Place(task.site_id, instance.policy["zone"], instance.key, key)
        clean = submissions.check(command, form, variables, scope, place, typed=typed)
    try:
        execution.complete(key, clean)
    except BudgetExceeded as error:
        save_draft(command, f"task:{key}", dict(variables))
        projection.record_incident(command, instance, error)
        return Completion(task=task, instance=instance, ran=False)
    _close(command, task, clean)
    command.audit(
        "task.completed", task.element_id, on=instance, task=str(key), fields=sorted(clean)
    )
    instances.save(command, instance, execution)
    return Completion(task=task, instance=instance, ran=True)


def _close(command: Command, task: UserTask, submitted: dict[str, Any]) -> None:
    task.state = COMPLETED
    task.assignee_id = task.assignee_id or command.actor.user_id
    task.completed_by = command.actor.user_id
    task.completed_at = command.now
    task.submitted = submitted
    task.check_at = None
    task.version += 1
    if task.candidate_group is None:
        command.session.execute(delete(TaskCandidate).where(TaskCandidate.task_key == task.key))


def lock(
    command: Command, key: int, version: int | None = None
) -> tuple[ProcessInstance, UserTask]:
    """Give a task and its instance for changing them, the instance locked first.

    Raises NotFound, TaskClosed, TaskChanged when `version` is not the task's, or when its instance does not run.
    """
    # Two parallel branches would overwrite each other's state if the task were locked before the instance.
    instance_key = select(UserTask.instance_key).where(UserTask.key == key).scalar_subquery()
    query = select(ProcessInstance).where(ProcessInstance.key == instance_key)
    instance = instances.lock_found(command, query, "user task", key)
    task = command.session.get_one(UserTask, key, populate_existing=True)
    if task.state != CREATED:
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


def _assign(
    command: Command, task: UserTask, user_id: int | None, action: str, **detail: Any
) -> None:
    instance = command.session.get_one(ProcessInstance, task.instance_key)
    task.assignee_id = user_id
    task.claimed_at = command.now if user_id else None
    task.version += 1
    command.audit(action, task.element_id, on=instance, task=str(task.key), **detail)


def _require_distinct(command: Command, task: UserTask, user_id: int | None) -> None:
    """Separation of duties: `distinctFrom` names steps whose completer may not do this one."""
    steps = [
        one.strip() for one in task.properties.get("distinctFrom", "").split(",") if one.strip()
    ]
    if not steps:
        return
    same = command.session.scalar(
        select(UserTask.name).where(
            UserTask.instance_key == task.instance_key,
            UserTask.element_id.in_(steps),
            UserTask.completed_by == user_id,
        )
    )
    if same is not None:
        raise NotAllowed(reason=f"who completed “{same}” may not do this task")


def save_draft(command: Command, subject: str, data: Mapping[str, Any]) -> Draft:
    """Keep what the actor typed so far; `subject` is `task:<key>` or `start:<process id>`. Raises Rejected over 256,000 characters."""
    if command.actor.user_id is None:
        raise NotAllowed(reason="the system has no drafts")
    if len(str(data)) > MAX_DRAFT:
        raise Rejected(reason="the draft is too large")
    row = {"user_id": command.actor.user_id, "subject": subject}
    kept = {"data": dict(data), "saved_at": command.now}
    insert = database.insert_of(command.session)(Draft).values(row | kept)
    # Two windows may save at once: the later one wins.
    upsert = insert.on_conflict_do_update(index_elements=list(row), set_=kept).returning(Draft)
    return command.session.scalars(upsert, execution_options={"populate_existing": True}).one()


def draft_of(session: Session, actor: Actor, subject: str) -> Draft | None:
    """Give the actor's own draft."""
    return session.get(Draft, (actor.user_id, subject)) if actor.user_id else None


def drop_draft(command: Command, subject: str) -> None:
    """Forget the actor's draft."""
    command.session.execute(
        delete(Draft).where(Draft.user_id == command.actor.user_id, Draft.subject == subject)
    )


def candidates(session: Session, task: UserTask) -> list[User]:
    """List the active people who may be given the task, by user name."""
    query = (
        select(User)
        .join(Membership)
        .where(User.active, Membership.site_id.in_([task.site_id]) | Membership.site_id.is_(None))
        .order_by(User.username)
    )
    if ALL_STAFF not in task.groups:
        query = query.where(Membership.role.in_(task.groups) | User.username.in_(task.users))
    return list(session.scalars(query).unique())
