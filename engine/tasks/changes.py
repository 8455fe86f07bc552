"""Changing how a task stands in the lists: its priority, when it comes up again, when it is due, who may claim it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any, Literal

from sqlalchemy import delete

from engine import projection
from engine.engine import Command
from engine.errors import NotAllowed, Rejected
from engine.models.instance import ProcessInstance
from engine.models.task import UPDATING, TaskCandidate, UserTask
from engine.staff import roles
from engine.task_attributes import ASSIGNEE, COLUMNS, plain
from engine.tasks import holding, rights
from engine.tasks.possession import stamp
from engine.tasks.rows import lock
from engine.timing import timekeeping

MOST_URGENT = 100
FURTHEST = dt.timedelta(days=366)
ATTRIBUTES = {column: name for name, column in COLUMNS.items()}


class _Unset(Enum):
    UNSET = 0


UNSET = _Unset.UNSET


def update(
    command: Command,
    key: int,
    *,
    priority: int | Literal[_Unset.UNSET] = UNSET,
    follow_up_at: dt.datetime | Literal[_Unset.UNSET] | None = UNSET,
    due_at: dt.datetime | Literal[_Unset.UNSET] | None = UNSET,
    groups: Sequence[str] | Literal[_Unset.UNSET] = UNSET,
    users: Sequence[str] | Literal[_Unset.UNSET] = UNSET,
    version: int | None = None,
    reason: str = "",
) -> UserTask:
    """Change when a task comes up again (its people and supervisors; None clears it), or, for supervisors only, the rest.

    Until the follow-up date the task is left out of its assignee's list; its clock runs on. `priority` is 0 to 100. `due_at` is
    of a task no time limit holds for: a limit is paused, or changed in the policy table, but not overruled. `groups` and
    `users` are who may claim the task; who has it keeps it. Raises NotAllowed, TaskClosed, TaskChanged, or Rejected for a
    moment that is past or more than a year ahead, an unknown role or person, and nobody left to do the task.
    """
    _, task = lock(command, key, version)
    asked = {
        "priority": priority, "follow_up_at": follow_up_at, "due_at": due_at, "groups": groups, "users": users,
    }  # fmt: skip
    asked = {name: value for name, value in asked.items() if value is not UNSET}
    _require_right(command, task, asked)
    checked = {name: _CHECKS[name](command, task, value) for name, value in asked.items()}
    changes = {
        name: (getattr(task, name), value)
        for name, value in checked.items()
        if getattr(task, name) != value
    }
    if not changes:
        return task
    detail = {
        "reason": reason.strip()[:500],
        "changes": {name: [plain(one) for one in pair] for name, pair in changes.items()},
        **stamp(rights.principal_for(command.actor, task)),
    }
    if holding.listens(task, UPDATING):
        wanted = {ATTRIBUTES[name]: plain(value) for name, (_, value) in changes.items()}
        holding.begin(command, task, UPDATING, "update", wanted, {"detail": detail})
        return task
    given = {name: value for name, (_, value) in changes.items()}
    _set(command, task, given, whose=task.assignee_id)
    note(command, task, detail)
    return task


def note(command: Command, task: UserTask, detail: dict[str, Any]) -> None:
    """Write into the history that a locked task was changed."""
    instance = command.session.get_one(ProcessInstance, task.instance_key)
    task.version += 1
    command.audit("task.updated", task.element_id, on=instance, task=str(task.key), **detail)


def checked(command: Command, task: UserTask, corrections: Mapping[str, Any]) -> dict[str, Any]:
    """Give the attributes that a listener corrects (`task_attributes`) as JSON has them. Raises Rejected as `update` does."""
    return {
        name: plain(_CHECKS[COLUMNS[name]](command, task, value))
        for name, value in corrections.items()
        if name in COLUMNS
    }


def write(command: Command, task: UserTask, corrected: Mapping[str, Any]) -> None:
    """Change the attributes of a locked task that `checked` gave. Raises Rejected when nobody would be left to do it."""
    values = {COLUMNS[name]: value for name, value in corrected.items() if name in COLUMNS}
    moments = {
        name: dt.datetime.fromisoformat(values[name])
        for name in ("due_at", "follow_up_at")
        if values.get(name)
    }
    _set(command, task, values | moments, whose=corrected.get(ASSIGNEE, task.assignee_id))


def _set(command: Command, task: UserTask, values: Mapping[str, Any], whose: object) -> None:
    for name, value in values.items():
        setattr(task, name, value)
    if not values.keys().isdisjoint(("groups", "users")):
        if not task.groups and not task.users and whose is None:
            raise Rejected(reason="nobody would be left to do the task")
        _offer(command, task)
    if "due_at" in values:
        task.check_at, task.escalation = task.due_at, 0
        command.wake_workers()


def _require_right(command: Command, task: UserTask, asked: dict[str, Any]) -> None:
    if rights.may_assign(command.actor, task):
        return
    if not rights.may_work(command.actor, task):
        raise NotAllowed(reason="changing this task")
    if asked.keys() - {"follow_up_at"}:
        raise NotAllowed(reason=f"changing the {' and the '.join(sorted(asked))} of this task")


def _offer(command: Command, task: UserTask) -> None:
    """Let the task be found by those who may claim it now."""
    alone = len(task.groups) == 1 and not task.users
    task.candidate_group = task.groups[0] if alone else None
    command.session.execute(delete(TaskCandidate).where(TaskCandidate.task_key == task.key))
    if not alone:
        projection.add_candidates(command, task.key, task.site_id, task.groups, task.users)


def _priority(_command: Command, _task: UserTask, number: int) -> int:
    if not 0 <= number <= MOST_URGENT:
        raise Rejected(reason=f"a priority is 0 to {MOST_URGENT}")
    return number


def _ahead(command: Command, _task: UserTask, moment: dt.datetime | None) -> dt.datetime | None:
    if moment is not None and not command.now < moment <= command.now + FURTHEST:
        raise Rejected(reason="a follow-up or due date lies within the next year")
    return moment


def _due(command: Command, task: UserTask, moment: dt.datetime | None) -> dt.datetime | None:
    if timekeeping.counted(task):
        raise Rejected(reason="a time limit holds for this task: pause it, or change the limit")
    return _ahead(command, task, moment)


def _groups(_command: Command, _task: UserTask, named: Sequence[str]) -> list[str]:
    unknown = set(named) - roles.catalogue().keys() - {roles.ALL_STAFF}
    if unknown:
        raise Rejected(reason=f"unknown roles: {', '.join(sorted(unknown))}")
    return list(dict.fromkeys(named))


def _users(command: Command, task: UserTask, named: Sequence[str]) -> list[str]:
    found = [rights.colleague(command.session, one, task, anyone=True) for one in named]
    return list(dict.fromkeys(user.username for user in found))


_CHECKS: dict[str, Any] = {
    "priority": _priority, "follow_up_at": _ahead, "due_at": _due, "groups": _groups, "users": _users,
}  # fmt: skip
