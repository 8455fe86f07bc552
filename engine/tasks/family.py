"""A user task and the signers added to it, as a tree."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from engine.errors import Rejected
from engine.models.identity import User
from engine.models.task import COMPLETING, CREATED, CREATING, UserTask

BEFORE, BESIDE, AFTER = "before", "beside", "after"
POSITIONS = (BEFORE, BESIDE, AFTER)
UNFINISHED = (CREATING, CREATED, COMPLETING)


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
