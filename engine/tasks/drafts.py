"""What a person typed into a form and has not submitted yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import NotAllowed, Rejected
from engine.models.task import Draft
from engine.staff.access import Actor
from engine.store import database

MAX_DRAFT = 256_000


def save_draft(command: Command, subject: str, data: Mapping[str, Any]) -> Draft:
    """Keep what the actor typed so far; `subject` is `task:<key>` or `start:<process id>`. Raises Rejected over 256,000 characters."""
    if command.actor.user_id is None:
        raise NotAllowed(reason="the system has no drafts")
    require_size(data)
    row = {"user_id": command.actor.user_id, "subject": subject}
    kept = {"data": dict(data), "saved_at": command.now}
    insert = database.insert_of(command.session)(Draft).values(row | kept)
    # Two windows may save at once: the later one wins.
    upsert = insert.on_conflict_do_update(index_elements=list(row), set_=kept).returning(Draft)
    return command.session.scalars(upsert, execution_options={"populate_existing": True}).one()


def require_size(data: Mapping[str, Any]) -> None:
    """Raise Rejected when a draft is larger than 256,000 characters."""
    if len(str(data)) > MAX_DRAFT:
        raise Rejected(reason="the draft is too large")


def draft_of(session: Session, actor: Actor, subject: str) -> Draft | None:
    """Give the actor's own draft."""
    return session.get(Draft, (actor.user_id, subject)) if actor.user_id else None


def drop_draft(command: Command, subject: str) -> None:
    """Forget the actor's draft."""
    command.session.execute(
        delete(Draft).where(Draft.user_id == command.actor.user_id, Draft.subject == subject)
    )
