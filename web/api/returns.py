"""Returning a task to an earlier step: where it may go, what would end, doing it. Extensions."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from engine import tasks
from engine.flow import returns
from engine.flow.journeys import Target
from engine.flow.returns import Plan
from web.api import user_tasks
from web.api.assignments import version
from web.api.completions import Ended, ended
from web.api.credentials import actor
from web.api.delegations import MAX_REMARK
from web.api.noun import Noun
from web.api.schemas import Body, Instant, Key, Result, text
from web.extensions import engine, session

blueprint = Noun("returns")


class ReturnTarget(Result):
    """An earlier step, who did it, and whether it is what `starter` or `previous` mean."""

    element_id = fields.String()
    element_name = fields.String()
    completed_by = fields.List(fields.String())
    completion_date = Instant(allow_none=True)
    starter = fields.Boolean()
    previous = fields.Boolean()


class ReturnTargets(Result):
    """Where a task may go back to, the latest step first."""

    items = fields.List(fields.Nested(ReturnTarget))


class ReturnPlan(Body):
    """Where to: `starter`, `previous` or the id of a step; straight back, only the caller's token leaves and returns."""

    to = text(required=True, shortest=1)
    straight_back = fields.Boolean(load_default=False)


class Return(ReturnPlan):
    """Where to, and why."""

    reason = text(required=True, shortest=1, longest=MAX_REMARK)
    version = version()


class ReturnPreview(Result):
    """What a return would do: element instances that end, flows waited on again, jobs done that nothing undoes."""

    element_id = fields.String()
    element_name = fields.String()
    straight_back = fields.Boolean()
    ended = fields.List(fields.Nested(Ended))
    waiting_sequence_flow_ids = fields.List(fields.String())
    kept_job_keys = fields.List(Key())
    started_process_instance_keys = fields.List(Key())


@blueprint.get("/user-tasks/<key:user_task_key>/return-targets")
@blueprint.response(200, ReturnTargets)
def targets(user_task_key: int) -> dict[str, Any]:
    """List the steps an open task may be returned to; none where its step allows no return."""
    found = returns.targets(engine, session, tasks.get(session, actor(), user_task_key))
    people = returns.people_of(session, found)
    return {"items": [_target(one, people) for one in found]}


def _target(one: Target, people: Any) -> dict[str, Any]:
    return {
        "element_id": one.element_id,
        "element_name": one.name,
        "completed_by": [people[who].username for who in one.people if who in people],
        "completion_date": one.at,
        "starter": one.starter,
        "previous": one.previous,
    }


@blueprint.post("/user-tasks/<key:user_task_key>/return/preview")
@blueprint.arguments(ReturnPlan)
@blueprint.response(200, ReturnPreview)
def preview(asked: dict[str, Any], user_task_key: int) -> dict[str, Any]:
    """Say what returning a task would do, and change nothing."""
    straight_back = asked["straight_back"]
    plan = returns.preview(
        engine, session, actor(), user_task_key, asked["to"], straight_back=straight_back
    )
    return _planned(plan)


def _planned(plan: Plan) -> dict[str, Any]:
    return {
        "element_id": plan.target.element_id,
        "element_name": plan.target.name,
        "straight_back": plan.straight_back,
        "ended": ended(plan),
        "waiting_sequence_flow_ids": list(plan.waiting),
        "kept_job_keys": [job.key for job in plan.kept],
        "started_process_instance_keys": [one.key for one in plan.started],
    }


@blueprint.post("/user-tasks/<key:user_task_key>/return")
@blueprint.arguments(Return)
@blueprint.response(200, user_tasks.UserTasks)
def give_back(asked: dict[str, Any], user_task_key: int) -> dict[str, Any]:
    """Return a task to an earlier step; gives the tasks that are open again. For who may complete it."""
    with engine.begin(actor()) as command:
        opened = returns.give_back(
            command,
            user_task_key,
            asked["to"],
            asked["reason"],
            straight_back=asked["straight_back"],
            version=asked["version"],
        )
        keys = [task.key for task in opened]
    return user_tasks.told(keys)
