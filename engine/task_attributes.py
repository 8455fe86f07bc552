"""The attributes of a user task as task listeners are told them, by the names of Camunda 8."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from engine.models.identity import User
from engine.models.task import COMPLETING, UserTask
from engine.runtime import JobOpened

PREFIX = "io.camunda.zeebe:"
TASK_KEY = f"{PREFIX}userTaskKey"
COLUMNS = {
    "candidateGroups": "groups", "candidateUsers": "users", "dueDate": "due_at", "followUpDate": "follow_up_at",
    "priority": "priority",
}  # fmt: skip
ASSIGNEE = "assignee"


def of(session: Session, task: UserTask) -> dict[str, Any]:
    """Give the attributes of a task that a listener may correct, moments as ISO 8601."""
    user = session.get(User, task.assignee_id) if task.assignee_id else None
    told = {name: plain(getattr(task, column)) for name, column in COLUMNS.items()}
    return {ASSIGNEE: user.username if user else None, **told}


def headers(
    session: Session, task: UserTask, action: str, changes: Mapping[str, Any]
) -> dict[str, str]:
    """Give the headers of a listener's job: the task as it would be, and which attributes would change."""
    now = of(session, task)
    changed = sorted(name for name, value in changes.items() if now.get(name) != value)
    told = {**now, **changes, "action": action, "changedAttributes": changed}
    told["userTaskKey"] = str(task.key)
    return {PREFIX + name: _text(value) for name, value in told.items() if value is not None}


def job_content(session: Session, opened: JobOpened) -> tuple[dict[str, str], dict[str, Any]]:
    """Give the headers and variables of a job; those of a task listener tell of the task and of what was submitted."""
    own, variables = dict(opened.headers), dict(opened.variables)
    task = session.get(UserTask, opened.task_key) if opened.task_key else None
    if task is None:
        return own, variables
    told = headers(session, task, opened.action, opened.changes)
    submitted = task.submitted if task.state == COMPLETING else None
    return own | told, variables | (submitted or {})


def plain(value: Any) -> Any:
    """Give a value as JSON has it."""
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
