"""Sending copies of a task's instance to colleagues (抄送), by hand."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from engine import instances
from engine.engine import Command
from engine.errors import NotAllowed, Rejected
from engine.models.identity import User
from engine.models.task import UserTask
from engine.staff import copies, people, sight
from engine.tasks import rights, rows

MOST = 50
LONGEST_NOTE = 500


def copy(command: Command, key: int, usernames: Sequence[str], note: str = "") -> list[User]:
    """Send colleagues, also of other sites, the instance of a task to read; give who they are.

    For who may do the task, did it, or supervises it. Raises NotFound, NotAllowed, or Rejected for unknown people and those
    the instance is kept from, more than 50, or a note longer than 500 characters.
    """
    task = rows.get(command.session, command.actor, key)
    instance = instances.lock(command, task.instance_key)
    task = command.session.get_one(UserTask, key, populate_existing=True)
    actor = command.actor
    own = rights.may_work(actor, task) or task.completed_by == actor.user_id
    if actor.user_id is None or not (own or rights.may_assign(actor, task)):
        raise NotAllowed(reason="sending copies of this task")
    found = _people(command.session, usernames)
    hidden = sight.kept_from(command.session, instance)
    if kept := [one.username for one in found if one.id in hidden]:
        raise Rejected(reason=f"this is kept from {', '.join(kept)}")
    said = note.strip()
    if len(said) > LONGEST_NOTE or "\0" in said:
        raise Rejected(reason=f"a note has at most {LONGEST_NOTE} characters")
    readers = [one.id for one in found]
    copies.deliver(command, instance, task, readers, sent_by=actor.user_id, note=said)
    return found


def _people(session: Session, usernames: Sequence[str]) -> list[User]:
    wanted = list(dict.fromkeys(one.strip() for one in usernames if one.strip()))
    if not wanted or len(wanted) > MOST:
        raise Rejected(reason=f"a copy goes to 1 to {MOST} people")
    found = people.by_username(session, wanted)
    unknown = [one for one in wanted if one not in found or not found[one].active]
    if unknown:
        raise Rejected(reason=f"nobody works here as {', '.join(unknown)}")
    return [found[one] for one in wanted]
