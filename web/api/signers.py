"""Signers: people added to a task who sign it before, beside or after, and the ballots of a countersign. Extensions."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields
from marshmallow.validate import Length, OneOf

from engine import tasks
from engine.flow import votes
from web.api import user_tasks
from web.api.assignments import username, version
from web.api.completions import RAN_ON
from web.api.credentials import actor
from web.api.delegations import MAX_REMARK
from web.api.noun import Noun
from web.api.problems import CONFLICT, problem
from web.api.schemas import Body, text
from web.extensions import engine, session

blueprint = Noun("signers")

POSITIONS = (tasks.BEFORE, tasks.BESIDE, tasks.AFTER)
MAX_SIGNERS = 50


class Signers(Body):
    """Who signs too, and when."""

    assignees = fields.List(username(), required=True, validate=Length(1, MAX_SIGNERS))
    position = fields.String(required=True, validate=OneOf(POSITIONS))
    note = text(load_default="", longest=MAX_REMARK)
    version = version()


class Removal(Body):
    """Why a signer is not needed any more."""

    reason = text(load_default="", longest=MAX_REMARK)


class Voter(Body):
    """Who signs the countersign too, and why."""

    assignee = username(required=True)
    reason = text(required=True, shortest=1, longest=MAX_REMARK)


class VoterRemoval(Body):
    """Why the countersign goes on without this signer."""

    reason = text(required=True, shortest=1, longest=MAX_REMARK)


@blueprint.get("/user-tasks/<key:user_task_key>/signers")
@blueprint.response(200, user_tasks.UserTasks)
def listed(user_task_key: int) -> dict[str, Any]:
    """List the tasks of the signers added to a task, also to one another."""
    task = tasks.get(session, actor(), user_task_key)
    return user_tasks.told(one.key for one in tasks.signers_of(session, task))


@blueprint.post("/user-tasks/<key:user_task_key>/signers")
@blueprint.arguments(Signers)
@blueprint.response(200, user_tasks.UserTasks)
def add(asked: dict[str, Any], user_task_key: int) -> dict[str, Any]:
    """Ask colleagues of the site to sign the caller's task too; gives their tasks."""
    with engine.begin(actor()) as command:
        added = tasks.add_signers(
            command,
            user_task_key,
            asked["assignees"],
            asked["position"],
            version=asked["version"],
            note=asked["note"],
        )
        keys = [one.key for one in added]
    return user_tasks.told(keys)


@blueprint.post("/user-tasks/<key:user_task_key>/signer-removal")
@blueprint.arguments(Removal, required=False)
@blueprint.response(204)
def remove(asked: dict[str, Any], user_task_key: int) -> Response:
    """Take the signer whose task this is away. For who added him or has the task he was added to."""
    with engine.begin(actor()) as command:
        done = tasks.remove_signer(command, user_task_key, reason=asked["reason"])
    return Response(status=204) if done.ran else problem(CONFLICT, RAN_ON)


@blueprint.delete("/user-tasks/<key:user_task_key>/submission")
@blueprint.response(204)
def take_back(user_task_key: int) -> Response:
    """Take back what one submitted while it waits for signers."""
    with engine.begin(actor()) as command:
        tasks.take_back(command, user_task_key)
    return Response(status=204)


@blueprint.get("/user-tasks/<key:user_task_key>/ballots")
@blueprint.response(200, user_tasks.UserTasks)
def ballots(user_task_key: int) -> dict[str, Any]:
    """List the tasks of the countersign a task belongs to: those done with what was said, and those open."""
    found = votes.ballots(session, tasks.get(session, actor(), user_task_key))
    return user_tasks.told(one.key for one in (*found.done, *found.open))


@blueprint.post("/user-tasks/<key:user_task_key>/ballots")
@blueprint.arguments(Voter)
@blueprint.response(200, user_tasks.UserTasks)
def add_ballot(asked: dict[str, Any], user_task_key: int) -> dict[str, Any]:
    """Let one more person sign beside this task of a countersign; gives the new task unless it is not that person's turn."""
    with engine.begin(actor()) as command:
        added = votes.add_signer(command, user_task_key, asked["assignee"], asked["reason"])
        keys = [added.key] if added else []
    return user_tasks.told(keys)


@blueprint.post("/user-tasks/<key:user_task_key>/ballot-removal")
@blueprint.arguments(VoterRemoval)
@blueprint.response(204)
def remove_ballot(asked: dict[str, Any], user_task_key: int) -> Response:
    """Let a countersign go on without the signer of this open task. For people above it and operators."""
    with engine.begin(actor()) as command:
        votes.remove_signer(command, user_task_key, asked["reason"])
    return Response(status=204)
