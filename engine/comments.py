"""Remarks people leave on a process instance."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from engine import instances
from engine.engine import Command
from engine.errors import NotAllowed, Rejected
from engine.models.task import Comment

MAX_LENGTH = 2000
LATEST = 200


def add(command: Command, instance_key: int, text: str, *, task_key: int | None = None) -> Comment:
    """Leave a remark on an instance, running or ended.

    Raises NotFound, NotAllowed for the system, Rejected when the text is blank or longer than 2,000 characters.
    """
    instance = instances.get(command.session, command.actor, instance_key)
    if not command.actor.belongs_to(instance.site_id):
        raise NotAllowed(reason="remarks on what one was only sent to read")
    if command.actor.user_id is None:
        raise NotAllowed(reason="commenting without an account")
    said = text.strip()
    if not said or len(said) > MAX_LENGTH:
        raise Rejected(reason=f"a remark has 1 to {MAX_LENGTH} characters")
    comment = Comment(
        key=command.new_key(),
        instance_key=instance.key,
        task_key=task_key,
        user_id=command.actor.user_id,
        text=said,
        created_at=command.now,
    )
    command.session.add(comment)
    return comment


def of_instance(session: Session, instance_key: int) -> list[Comment]:
    """List the latest 200 remarks on an instance with their authors, the oldest first."""
    query = (
        select(Comment)
        .where(Comment.instance_key == instance_key)
        .options(joinedload(Comment.user))
        .order_by(Comment.created_at.desc(), Comment.key.desc())
        .limit(LATEST)
    )
    return list(session.scalars(query))[::-1]
