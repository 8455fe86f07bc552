"""Whose a user task is: claimed, assigned, put back, transferred; and how it stands in the lists."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields
from marshmallow.validate import Range

from engine import tasks
from engine.errors import TaskChanged
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Body, Instant, text
from web.extensions import engine

blueprint = Noun("assignments")

MAX_USERNAME = 64
MAX_REASON = 500
MAX_VERSION = 2**31 - 1
NOTHING = ""


def version() -> fields.Integer:
    """The version of the task the caller saw; the task must still be as it was then."""
    return fields.Integer(strict=True, load_default=None, validate=Range(0, MAX_VERSION))


def username(**options: Any) -> fields.String:
    """A person's user name."""
    return text(shortest=1, longest=MAX_USERNAME, **options)


class UserTaskAssignment(Body):
    """Who gets the task; without override only a task nobody has is given away."""

    assignee = username(required=True)
    allow_override = fields.Boolean(load_default=True, allow_none=True)
    action = text(allow_none=True)


class UserTaskClaim(Body):
    """Which version of the task the caller saw, where the caller knows it."""

    version = version()
    action = text(allow_none=True)


class UserTaskTransfer(Body):
    """Who gets the task for good, and why."""

    assignee = username(required=True)
    reason = text(load_default="", longest=MAX_REASON)
    version = version()


class Reset(Instant):
    """An instant, or the empty text that takes it away."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        return NOTHING if value == NOTHING else super()._deserialize(value, attr, data, **options)


class UserTaskChangeset(Body):
    """New values; null keeps what is there, an empty text takes a date away. Where a time limit holds, it says when a task is due."""

    due_date = Reset(allow_none=True, attribute="due_at")
    follow_up_date = Reset(allow_none=True, attribute="follow_up_at")
    candidate_users = fields.List(username(), allow_none=True, attribute="users")
    candidate_groups = fields.List(text(longest=64), allow_none=True, attribute="groups")
    priority = fields.Integer(strict=True, allow_none=True, validate=Range(0, 100))


class UserTaskUpdate(Body):
    """What to change of a task."""

    changeset = fields.Nested(UserTaskChangeset, load_default=dict, allow_none=True)
    action = text(allow_none=True)


@blueprint.post("/user-tasks/<key:user_task_key>/claim")
@blueprint.arguments(UserTaskClaim, required=False)
@blueprint.response(204)
def claim(asked: dict[str, Any], user_task_key: int) -> Response:
    """Take a task nobody has (an extension). For its candidates."""
    with engine.begin(actor()) as command:
        tasks.claim(command, user_task_key, version=asked["version"])
    return Response(status=204)


@blueprint.post("/user-tasks/<key:user_task_key>/assignment")
@blueprint.arguments(UserTaskAssignment)
@blueprint.response(204)
def assign(asked: dict[str, Any], user_task_key: int) -> Response:
    """Give a task to a person: for supervisors of its candidates; who names himself claims it."""
    with engine.begin(actor()) as command:
        _, task = tasks.lock(command, user_task_key)
        if asked["allow_override"] is False and task.assignee_id is not None:
            raise TaskChanged(**tasks.who_has(command.session, task))
        himself = asked["assignee"] == command.actor.username
        if himself and not tasks.may_assign(command.actor, task):
            tasks.claim(command, user_task_key)
        else:
            tasks.assign(command, user_task_key, asked["assignee"], reason="API")
    return Response(status=204)


@blueprint.delete("/user-tasks/<key:user_task_key>/assignee")
@blueprint.response(204)
def unassign(user_task_key: int) -> Response:
    """Put a task back: one's own, or as a supervisor of its candidates."""
    with engine.begin(actor()) as command:
        tasks.unclaim(command, user_task_key)
    return Response(status=204)


@blueprint.post("/user-tasks/<key:user_task_key>/transfer")
@blueprint.arguments(UserTaskTransfer)
@blueprint.response(204)
def transfer(asked: dict[str, Any], user_task_key: int) -> Response:
    """Hand a task over for good (an extension): its assignee to another candidate, a supervisor to anybody of the site."""
    with engine.begin(actor()) as command:
        tasks.transfer(
            command,
            user_task_key,
            asked["assignee"],
            version=asked["version"],
            reason=asked["reason"],
        )
    return Response(status=204)


@blueprint.patch("/user-tasks/<key:user_task_key>")
@blueprint.arguments(UserTaskUpdate, required=False)
@blueprint.response(204)
def update(asked: dict[str, Any], user_task_key: int) -> Response:
    """Change when a task comes up again (for its people), its priority, due date or candidates (for supervisors)."""
    given = (asked["changeset"] or {}).items()
    changes: dict[str, Any] = {
        name: None if value == NOTHING else value for name, value in given if value is not None
    }
    with engine.begin(actor()) as command:
        tasks.update(command, user_task_key, **changes, reason=asked.get("action") or "")
    return Response(status=204)
