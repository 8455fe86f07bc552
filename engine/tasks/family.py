"""A user task and the signers added to it, as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.errors import Rejected
from engine.models.identity import User
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.task import COMPLETED, UNFINISHED, UserTask

BEFORE, BESIDE, AFTER = "before", "beside", "after"
BODY = "multiInstanceBody"
POSITIONS = (BEFORE, BESIDE, AFTER)


def signers_of(session: Session, task: UserTask) -> list[UserTask]:
    """List the signers added to a task, nested ones too, finished and canceled ones included, in the order they came."""
    root = task.root_key or task.key
    rows = session.scalars(select(UserTask).where(UserTask.root_key == root).order_by(UserTask.key))
    return list(below(task, list(rows)))


def below(task: UserTask, rows: Sequence[UserTask]) -> Iterator[UserTask]:
    """Give those of some signers that stand under a task, each followed by its own."""
    for row in rows:
        if row.parent_key == task.key:
            yield row
            yield from below(row, rows)


def children(session: Session, task: UserTask) -> list[UserTask]:
    """List the unfinished signers added to the task itself."""
    query = select(UserTask).where(
        UserTask.root_key == (task.root_key or task.key),
        UserTask.parent_key == task.key,
        UserTask.state.in_(UNFINISHED),
    )
    return list(session.scalars(query.order_by(UserTask.key)))


def body_of(instance: ProcessInstance, task: UserTask) -> int | None:
    """Give the passage of the multi-instance activity that an open task is a part of."""
    entries = {entry["key"]: entry for entry in instance.active}
    scope = entries.get(entries.get(task.key, {}).get("scope"))
    return scope["key"] if scope and scope["type"] == BODY else None


def ballots(session: Session, task: UserTask) -> list[UserTask]:
    """List the open and completed tasks of the countersign an open one belongs to, not those taken back; none elsewhere."""
    instance = session.get_one(ProcessInstance, task.instance_key)
    body = body_of(instance, task)
    if body is None:
        return []
    alive = [entry["key"] for entry in instance.active if entry["scope"] == body]
    over = select(ElementInstance.key).where(
        ElementInstance.instance_key == task.instance_key, ElementInstance.scope_key == body
    )
    query = select(UserTask).where(
        UserTask.instance_key == task.instance_key,
        UserTask.parent_key.is_(None),
        UserTask.key.in_(alive) | (UserTask.key.in_(over) & (UserTask.state == COMPLETED)),
    )
    found = list(session.scalars(query.order_by(UserTask.key)))
    again = {(one.origin or {}).get("of") for one in found}
    return [one for one in found if str(one.key) not in again]


def require_one_ballot(session: Session, task: UserTask, user_id: int | None) -> None:
    """Raise Rejected when a person has another vote in the same countersign."""
    if "vote" not in task.properties or task.parent_key is not None:
        return
    others = [one for one in ballots(session, task) if one.key != task.key]
    if user_id in {
        one.acted_for or one.completed_by or one.owner_id or one.assignee_id for one in others
    }:
        raise Rejected(reason="nobody has two votes in one countersign")


def require_new(session: Session, task: UserTask, user: User) -> None:
    """Raise Rejected when a person already has an unfinished part in the task or one of its signers'.

    Somebody who waits for a signer would otherwise wait for himself.
    """
    if task.root_key is None and not task.signers:
        return
    root = task.root_key or task.key
    query = select(UserTask.key).where(
        or_(UserTask.key == root, UserTask.root_key == root),
        UserTask.key != task.key,
        UserTask.state.in_(UNFINISHED),
        or_(UserTask.assignee_id == user.id, UserTask.owner_id == user.id),
    )
    if session.scalar(query.limit(1)) is not None:
        raise Rejected(reason=f"{user.username} has a part in this task already")
