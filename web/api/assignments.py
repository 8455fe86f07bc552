"""Whose a user task is: claimed, assigned, put back, transferred; and how it stands in the lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Range

from engine import tasks
from engine.errors import TaskChanged
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Body, Instant, camel, text
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
    """New values; null keeps what is there. Due dates come from the limits, candidates from the diagram."""

    due_date = fields.Raw(allow_none=True)
    follow_up_date = Reset(allow_none=True)
    candidate_users = fields.Raw(allow_none=True)
    candidate_groups = fields.Raw(allow_none=True)
    priority = fields.Integer(strict=True, allow_none=True, validate=Range(0, 100))

    @validates_schema
    def _check_supported(self, data: Mapping[str, Any], **_: Any) -> None:
        for name in ("due_date", "candidate_users", "candidate_groups"):
            if data.get(name) is not None:
                raise ValidationError("This is not supported: the process decides it.", camel(name))


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
    """Change when a task comes up again (for its people) or its priority (for supervisors); the clock runs on."""
    changes = asked["changeset"] or {}
    priority, follow_up = changes.get("priority"), changes.get("follow_up_date")
    with engine.begin(actor()) as command:
        tasks.update(
            command,
            user_task_key,
            priority=tasks.UNSET if priority is None else priority,
            follow_up_at=tasks.UNSET if follow_up is None else follow_up or None,
            reason=asked.get("action") or "",
        )
    return Response(status=204)
