"""Running countersigns: who has said what, and signers who come and go while it runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from engine import instances, tasks
from engine.corrections import ReasonMissing
from engine.engine import Command
from engine.errors import NotAllowed, Rejected
from engine.flow import reopenings
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import COMPLETED, COMPLETING, CREATED, UserTask
from engine.runtime import Execution, UserTaskOpened
from engine.staff import copies, notifications
from engine.staff.access import Actor
from engine.tasks import family, opinions

OPERATORS = frozenset({"admin", "process_owner"})


@dataclass(frozen=True, kw_only=True)
class Ballots:
    """The signers' tasks of one passage of a countersign, those done with what they said, and those open or waiting for their own signers."""

    done: tuple[UserTask, ...]
    open: tuple[UserTask, ...]


def ballots(session: Session, task: UserTask) -> Ballots:
    """Give the tasks of the countersign that an open signer's task belongs to; only the task itself elsewhere."""
    found = family.ballots(session, task) or [task]
    return Ballots(
        done=tuple(one for one in found if one.state == COMPLETED),
        open=tuple(one for one in found if one.state in (CREATED, COMPLETING)),
    )


def may_change_signers(actor: Actor, task: UserTask) -> bool:
    """Whether the actor may add signers to the countersign or remove some: people above it, and operators."""
    operator = bool(OPERATORS & actor.roles_at(task.site_id))
    return tasks.may_assign(actor, task) or operator


def add_signer(command: Command, key: int, username: str, reason: str) -> UserTask | None:
    """Let one more person sign beside a signer's open task; gives the new task, None where it is not his turn yet.

    The person becomes the item of the multi-instance activity. Raises NotAllowed, ReasonMissing, and Rejected for who signs
    already or does not work here, and for what is no countersign.
    """
    instance, task, said = _lock(command, key, reason)
    body = _require_body(instance, task)
    user = command.session.scalar(select(User).where(User.username == username))
    if user is None or reopenings.still_here(command.session, task.site_id, user.id) is None:
        raise Rejected(reason=f"{username} does not work at this site")
    _refuse_twice(command.session, task, user)
    command.audit("vote.signer_added", task.element_id, on=instance, signer=username, reason=said)
    opened: list[int] = []

    def act(run: Execution) -> None:
        run.add_instance(body, username)
        opened.extend(one.key for one in run.events if isinstance(one, UserTaskOpened))

    _advance(command, instance, act)
    if not opened:
        return None
    new = command.session.get_one(UserTask, opened[0])
    people = [new.assignee_id] if new.assignee_id is not None else []
    notifications.tell(command, people, "task_assigned", instance=instance, task=new)
    return new


def remove_signer(command: Command, key: int, reason: str) -> UserTask:
    """Go on without the signer of an open task, never without the last one who could sign; gives the cancelled task.

    The result may become certain by it. Raises NotAllowed, ReasonMissing, Rejected.
    """
    instance, task, said = _lock(command, key, reason)
    _require_body(instance, task)
    if len(ballots(command.session, task).open) < 2:  # noqa: PLR2004 - this one and another
        raise Rejected(reason="the last signer cannot be removed")
    user = command.session.get(User, task.assignee_id) if task.assignee_id else None
    command.audit(
        "vote.signer_removed",
        task.element_id,
        on=instance,
        task=str(key),
        signer=user.username if user else None,
        reason=said,
    )
    readers: list[int] = []

    def act(run: Execution) -> None:
        known = copies.readers(command, instance, task, run, {})
        run.remove_instance(key)
        readers.extend(known if copies.is_over(instance, task, run) else ())

    _advance(command, instance, act)
    command.session.refresh(task)
    copies.deliver(command, instance, task, readers)
    return task


def _lock(command: Command, key: int, reason: str) -> tuple[ProcessInstance, UserTask, str]:
    instance, task = tasks.lock(command, key)
    if not may_change_signers(command.actor, task):
        raise NotAllowed(reason="changing the signers")
    if not reason.strip():
        raise ReasonMissing
    return instance, task, opinions.remark(reason)


def _require_body(instance: ProcessInstance, task: UserTask) -> int:
    body = family.body_of(instance, task)
    if body is None:
        raise Rejected(reason="only one person signs this")
    return body


def _refuse_twice(session: Session, task: UserTask, user: User) -> None:
    known = ballots(session, task)
    if user.id in {one.completed_by or one.assignee_id for one in (*known.done, *known.open)}:
        raise Rejected(reason=f"{user.username} signs already")


def _advance(command: Command, instance: ProcessInstance, act: Callable[[Execution], None]) -> None:
    """Run, or write nothing at all when the process then runs on without end."""
    if incident := instances.advance(command, instance, act):
        raise Rejected(reason=incident.message)
