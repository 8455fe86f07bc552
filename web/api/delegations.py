"""Delegations: somebody else answers a task, its owner completes it; and asking whoever has a task to hurry. Extensions."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from engine import tasks
from web.api.assignments import username, version
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Body, text
from web.extensions import engine

blueprint = Noun("delegations")

MAX_REMARK = 2000


class Delegation(Body):
    """Whom to ask, and what to say to that person."""

    assignee = username(required=True)
    note = text(load_default="", longest=MAX_REMARK)
    version = version()


class DelegationAnswer(Body):
    """An opinion, and proposed values for the form, which become the owner's draft."""

    opinion = text(required=True, shortest=1, longest=MAX_REMARK)
    variables = fields.Dict(keys=fields.String(), load_default=dict)
    version = version()


class DelegationRefusal(Body):
    """Why there is no answer."""

    reason = text(required=True, shortest=1, longest=MAX_REMARK)
    version = version()


class Urging(Body):
    """What to say to whoever has the task."""

    text = text(load_default="", longest=MAX_REMARK)


@blueprint.post("/user-tasks/<key:user_task_key>/delegation")
@blueprint.arguments(Delegation)
@blueprint.response(204)
def delegate(asked: dict[str, Any], user_task_key: int) -> Response:
    """Ask a colleague of the site to answer one's task."""
    with engine.begin(actor()) as command:
        tasks.delegate(
            command,
            user_task_key,
            asked["assignee"],
            version=asked["version"],
            note=asked["note"],
        )
    return Response(status=204)


@blueprint.delete("/user-tasks/<key:user_task_key>/delegation")
@blueprint.response(204)
def recall(user_task_key: int) -> Response:
    """Take back what one delegated."""
    with engine.begin(actor()) as command:
        tasks.recall(command, user_task_key)
    return Response(status=204)


@blueprint.post("/user-tasks/<key:user_task_key>/delegation/answer")
@blueprint.arguments(DelegationAnswer)
@blueprint.response(204)
def answer(asked: dict[str, Any], user_task_key: int) -> Response:
    """Answer a task that was delegated to the caller; it goes back to its owner."""
    with engine.begin(actor()) as command:
        tasks.answer(
            command,
            user_task_key,
            asked["opinion"],
            asked["variables"],
            version=asked["version"],
        )
    return Response(status=204)


@blueprint.post("/user-tasks/<key:user_task_key>/delegation/refusal")
@blueprint.arguments(DelegationRefusal)
@blueprint.response(204)
def decline(asked: dict[str, Any], user_task_key: int) -> Response:
    """Send a delegated task back without an answer."""
    with engine.begin(actor()) as command:
        tasks.decline(command, user_task_key, asked["reason"], version=asked["version"])
    return Response(status=204)


@blueprint.post("/user-tasks/<key:user_task_key>/urging")
@blueprint.arguments(Urging, required=False)
@blueprint.response(204)
def urge(asked: dict[str, Any], user_task_key: int) -> Response:
    """Ask whoever has the task to hurry, not too often. For its starter, its owner and supervisors."""
    with engine.begin(actor()) as command:
        tasks.urge(command, user_task_key, asked["text"])
    return Response(status=204)
