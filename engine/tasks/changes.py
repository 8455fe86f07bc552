"""Changing how a task stands in the lists: its priority, and when it comes up again."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Any, Literal

from engine.engine import Command
from engine.errors import NotAllowed, Rejected
from engine.models.task import UserTask
from engine.tasks import rights
from engine.tasks.possession import stamp
from engine.tasks.rows import lock

MOST_URGENT = 100
FURTHEST = dt.timedelta(days=366)


class _Unset(Enum):
    UNSET = 0


UNSET = _Unset.UNSET


def update(
    command: Command,
    key: int,
    *,
    priority: int | Literal[_Unset.UNSET] = UNSET,
    follow_up_at: dt.datetime | Literal[_Unset.UNSET] | None = UNSET,
    version: int | None = None,
    reason: str = "",
) -> UserTask:
    """Change a task's priority (0 to 100, supervisors only) or follow-up date (its people and supervisors; None clears it).

    Until the follow-up date the task is left out of its assignee's list; its clock runs on. Raises NotAllowed, TaskClosed,
    TaskChanged, or Rejected for a date that is past or more than a year ahead.
    """
    instance, task = lock(command, key, version)
    above = rights.may_assign(command.actor, task)
    if not above and not rights.may_work(command.actor, task):
        raise NotAllowed(reason="changing this task")
    changes: dict[str, Any] = {}
    if priority is not UNSET:
        if not above:
            raise NotAllowed(reason="changing the priority of this task")
        changes["priority"] = (task.priority, _priority(priority))
    if follow_up_at is not UNSET:
        changes["follow_up_at"] = (task.follow_up_at, _follow_up(command, follow_up_at))
    changed = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    if not changed:
        return task
    for name, (_, new) in changed.items():
        setattr(task, name, new)
    task.version += 1
    command.audit(
        "task.updated",
        task.element_id,
        on=instance,
        task=str(key),
        reason=reason.strip()[:500],
        changes={name: [_plain(one) for one in pair] for name, pair in changed.items()},
        **stamp(rights.principal_for(command.actor, task)),
    )
    return task


def _priority(number: int) -> int:
    if not 0 <= number <= MOST_URGENT:
        raise Rejected(reason=f"a priority is 0 to {MOST_URGENT}")
    return number


def _follow_up(command: Command, moment: dt.datetime | None) -> dt.datetime | None:
    if moment is not None and not command.now < moment <= command.now + FURTHEST:
        raise Rejected(reason="a follow-up date lies within the next year")
    return moment


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value
