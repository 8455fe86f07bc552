"""Clocks: what every time limit of an instance says, and stopping the one of a task. Extensions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import fields

from engine import instances, tasks
from engine.models.identity import User
from engine.staff import people
from engine.timing import clocks, pauses
from engine.timing.clocks import Reading
from web.api.assignments import version
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Body, Instant, Key, Result, text
from web.extensions import engine, session

blueprint = Noun("clocks")

MAX_REASON = 1000


class ClockLimit(Result):
    """The limit a clock counts, as it was when the instance started."""

    limit_key = fields.String(attribute="key")
    value = fields.String()
    calendar = fields.String(allow_none=True)
    source = fields.String(allow_none=True)
    number = fields.String(allow_none=True)
    pausable = fields.Boolean(allow_none=True)


class ClockPause(Result):
    """A time during which a clock stood still; without an end date it still does."""

    start_date = Instant()
    until = Instant(allow_none=True)
    end_date = Instant(allow_none=True)
    reason = fields.String()
    username = fields.String(allow_none=True)


class ClockResult(Result):
    """A clock; `userTaskKey` is null for one over several elements."""

    clock_key = Key()
    user_task_key = Key(allow_none=True)
    element_id = fields.String()
    limit = fields.Nested(ClockLimit, allow_none=True)
    state = fields.String()
    is_late = fields.Boolean()
    start_date = Instant()
    due_date = Instant()
    end_date = Instant(allow_none=True)
    paused_seconds = fields.Integer()
    pauses = fields.List(fields.Nested(ClockPause))


class Clocks(Result):
    """The clocks of an instance, those over several elements first."""

    items = fields.List(fields.Nested(ClockResult))


class Pausing(Body):
    """Why the clock stops, and until when at most."""

    reason = text(required=True, shortest=1, longest=MAX_REASON)
    until = Instant(load_default=None, allow_none=True)
    version = version()


class Resumption(Body):
    """Which version of the task the caller saw."""

    version = version()


@blueprint.get("/process-instances/<key:process_instance_key>/clocks")
@blueprint.response(200, Clocks)
def listed(process_instance_key: int) -> dict[str, Any]:
    """Read every clock of an instance."""
    instance = instances.get(session, actor(), process_instance_key)
    return _told(clocks.of(session, instance, engine.clock()))


@blueprint.get("/user-tasks/<key:user_task_key>/clock")
@blueprint.response(200, ClockResult)
@blueprint.alt_response(204, description="The task has no time limit")
def read(user_task_key: int) -> Any:
    """Read the clock of a user task."""
    task = tasks.get(session, actor(), user_task_key)
    instance = instances.get(session, actor(), task.instance_key)
    found = clocks.of(session, instance, engine.clock())
    own = [one for one in found if one.task_key == user_task_key]
    return _told(own)["items"][0] if own else Response(status=204)


def _told(readings: list[Reading]) -> dict[str, Any]:
    who = people.by_id(session, [pause.by for one in readings for pause in one.pauses])
    return {"items": [_described(one, who) for one in readings]}


def _described(one: Reading, who: Mapping[int, User]) -> dict[str, Any]:
    return {
        "clock_key": one.key,
        "user_task_key": one.task_key,
        "element_id": one.element_id,
        "limit": one.limit and dict.fromkeys(("number", "source", "pausable")) | one.limit,
        "state": one.state.upper(),
        "is_late": one.late,
        "start_date": one.started_at,
        "due_date": one.due_at,
        "end_date": one.stopped_at,
        "paused_seconds": round(one.paused.total_seconds()),
        "pauses": [
            {
                "start_date": pause.since,
                "until": pause.until,
                "end_date": pause.ended_at,
                "reason": pause.reason,
                "username": _name(pause.by, who),
            }
            for pause in one.pauses
        ],
    }


def _name(user_id: int | None, who: Mapping[int, User]) -> str | None:
    user = who.get(user_id) if user_id is not None else None
    return user.username if user else None


@blueprint.post("/user-tasks/<key:user_task_key>/clock/pause")
@blueprint.arguments(Pausing)
@blueprint.response(204)
def pause(asked: dict[str, Any], user_task_key: int) -> Response:
    """Stop the clock of a task while a customer or parts are awaited, where its limit allows it."""
    with engine.begin(actor()) as command:
        pauses.begin(
            command, user_task_key, asked["reason"], asked["until"], version=asked["version"]
        )
    return Response(status=204)


@blueprint.post("/user-tasks/<key:user_task_key>/clock/resumption")
@blueprint.arguments(Resumption, required=False)
@blueprint.response(204)
def resume(asked: dict[str, Any], user_task_key: int) -> Response:
    """Let the clock of a task go on."""
    with engine.begin(actor()) as command:
        pauses.end(command, user_task_key, version=asked["version"])
    return Response(status=204)
