"""Completing a user task, and taking a completion back."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields

from engine import tasks
from engine.flow import withdrawals
from web.api import user_tasks
from web.api.assignments import version
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.problems import CONFLICT, problem
from web.api.schemas import Body, Key, Result, text
from web.extensions import engine, session

blueprint = Noun("completions")

MAX_OPINION = 2000
RAN_ON = "The process ran on without end; the task is open and an incident tells why."


class UserTaskCompletion(Body):
    """The variables of the task's form. `outcome` and `opinion` are extensions for steps that decide without a form."""

    variables = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)
    action = text(allow_none=True)
    outcome = text(load_default=None, allow_none=True, longest=16)
    opinion = text(load_default="", longest=MAX_OPINION)
    version = version()


class UserTaskWithdrawal(Body):
    """Which version of the completed task the caller saw."""

    version = version()


class Ended(Result):
    """An element instance that would end; `userTaskKey` is null unless it is somebody's open task."""

    element_instance_key = Key()
    element_id = fields.String()
    user_task_key = Key(allow_none=True)


class WithdrawalPreview(Result):
    """What would end."""

    ended = fields.List(fields.Nested(Ended))


@blueprint.post("/user-tasks/<key:user_task_key>/completion")
@blueprint.arguments(UserTaskCompletion, required=False)
@blueprint.response(204)
def complete(asked: dict[str, Any], user_task_key: int) -> Response:
    """Complete a task and run its instance on. The variables are checked against the task's form; money is integer fen."""
    with engine.begin(actor()) as command:
        done = tasks.complete(
            command,
            user_task_key,
            asked["variables"] or {},
            version=asked["version"],
            typed=True,
            outcome=asked["outcome"],
            opinion=asked["opinion"],
        )
    return Response(status=204) if done.ran else problem(CONFLICT, RAN_ON)


@blueprint.get("/user-tasks/<key:user_task_key>/withdrawal")
@blueprint.response(200, WithdrawalPreview)
def preview(user_task_key: int) -> dict[str, Any]:
    """Say what taking back the caller's completed task would end (an extension)."""
    plan = withdrawals.preview(engine, session, actor(), user_task_key)
    return {"ended": ended(plan)}


def ended(plan: Any) -> list[dict[str, Any]]:
    """Describe what a plan ends: element instances, open tasks among them."""
    opened = {task.key for task in plan.tasks}
    return [
        {
            "element_instance_key": one.key,
            "element_id": one.element_id,
            "user_task_key": one.key if one.key in opened else None,
        }
        for one in plan.ended
    ]


@blueprint.post("/user-tasks/<key:user_task_key>/withdrawal")
@blueprint.arguments(UserTaskWithdrawal, required=False)
@blueprint.response(200, user_tasks.UserTasks)
def withdraw(asked: dict[str, Any], user_task_key: int) -> dict[str, Any]:
    """Take back what one completed while nobody has touched what came after (an extension); gives the open task."""
    with engine.begin(actor()) as command:
        key = withdrawals.withdraw(command, user_task_key, version=asked["version"]).key
    return user_tasks.told([key])
