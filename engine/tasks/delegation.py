"""Delegating (委派): somebody else gives an answer, the task stays with its owner, and no token moves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.engine import Command
from engine.errors import NotAllowed, Rejected
from engine.models.task import ASSIGNING, Draft, UserTask
from engine.store import database
from engine.tasks import family, holding, rights
from engine.tasks.drafts import require_size
from engine.tasks.opinions import remark
from engine.tasks.possession import Word, give, stamp, take
from engine.tasks.rows import lock


def delegate(
    command: Command, key: int, username: str, *, version: int | None = None, note: str = ""
) -> UserTask:
    """Ask a colleague of the site to answer one's task; he has it until he answers, declines or it is recalled.

    Raises NotAllowed, or Rejected when it is delegated already or that person works elsewhere.
    """
    _, task = lock(command, key, version)
    if task.owner_id is not None:
        raise Rejected(reason="this task is delegated already")
    if not rights.may_complete(command.actor, task):
        raise NotAllowed(reason="delegating this task")
    said = remark(note, required=False)
    user = rights.colleague(command.session, username, task, anyone=True)
    if user.id in (command.actor.user_id, task.assignee_id):
        raise Rejected(reason="nobody delegates to himself")
    family.require_new(command.session, task, user)
    if task.assignee_id is None and not holding.listens(task, ASSIGNING):
        take(command, task)
    principal = rights.principal_for(command.actor, task)
    owner_id = task.assignee_id or (principal.user_id if principal else command.actor.user_id)
    told = [Word([user.id], "task_delegated", {"by": command.actor.name, "reason": said})]
    detail = {"to": user.name, "reason": said, **stamp(principal)}
    give(command, task, user.id, "task.delegated", owner_id=owner_id, tell=told, **detail)
    return task


def answer(
    command: Command,
    key: int,
    opinion: str,
    proposal: Mapping[str, Any] | None = None,
    *,
    version: int | None = None,
) -> UserTask:
    """Answer a task that was delegated to the actor: it goes back to its owner, who completes it.

    `proposal` are values for its form, as typed; they become the owner's draft, over what stood in it. Raises NotAllowed, or
    Rejected without an opinion of 1 to 2,000 characters.
    """
    task = _delegated(command, key, version)
    said = remark(opinion)
    if proposal:
        _propose(command, task, dict(proposal))
    _give_back(command, task, "task.answered", "task_answered", said)
    return task


def decline(command: Command, key: int, reason: str, *, version: int | None = None) -> UserTask:
    """Send a delegated task back without an answer. Raises NotAllowed, or Rejected without a reason."""
    task = _delegated(command, key, version)
    _give_back(command, task, "task.declined", "task_declined", remark(reason))
    return task


def recall(command: Command, key: int, *, version: int | None = None) -> UserTask:
    """Take back what one delegated. Raises NotAllowed for anybody but its owner and his substitutes."""
    _, task = lock(command, key, version)
    owners = {command.actor.user_id, *(one.user_id for one in command.actor.principals)}
    if task.owner_id is None or task.owner_id not in owners:
        raise NotAllowed(reason="recalling this task")
    helper = task.assignee_id
    told = [Word([helper], "task_recalled", {})] if helper is not None else []
    give(command, task, task.owner_id, "task.recalled", tell=told)
    return task


def _delegated(command: Command, key: int, version: int | None) -> UserTask:
    _, task = lock(command, key, version)
    if not rights.may_answer(command.actor, task):
        raise NotAllowed(reason="answering this task")
    return task


def _give_back(command: Command, task: UserTask, action: str, kind: str, said: str) -> None:
    principal, owner_id = rights.principal_for(command.actor, task), task.owner_id
    facts = {"by": command.actor.name, "reason": said}
    told = [Word([owner_id], kind, facts)] if owner_id is not None else []
    give(command, task, owner_id, action, tell=told, reason=said, **stamp(principal))


def _propose(command: Command, task: UserTask, proposal: dict[str, Any]) -> None:
    subject = f"task:{task.key}"
    known = command.session.get(Draft, (task.owner_id, subject))
    data = {**(known.data if known else {}), **proposal}
    require_size(data)
    row = {"user_id": task.owner_id, "subject": subject}
    kept = {"data": data, "saved_at": command.now}
    insert = database.insert_of(command.session)(Draft).values(row | kept)
    command.session.execute(insert.on_conflict_do_update(index_elements=list(row), set_=kept))
