"""What workers outside do with jobs: lease, complete, fail, throw an error. For operators of the site.

Jobs of the built-in types stay with the server's own worker.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validates
from marshmallow.validate import Length, Range
from sqlalchemy import Select
from sqlalchemy.orm import Session

from engine import handlers, jobs
from engine.engine import Command
from engine.models.definition import ProcessDefinition
from engine.models.instance import ProcessInstance
from engine.models.job import FAILED, Job
from engine.runtime.values import check_variables
from engine.staff.access import Actor
from web.api import jobs as nouns
from web.api import task_listeners, tenants
from web.api.credentials import actor
from web.api.jobs import MAX_MS, MAX_RETRIES
from web.api.noun import Noun
from web.api.problems import CONFLICT, problem
from web.api.schemas import DEFAULT_TENANT, Body, Key, Result, text
from web.api.task_listeners import JobAnswer
from web.extensions import engine, session

blueprint = Noun("leases")

MAX_JOBS = 1000
PHYSICAL_TENANT = "default"


class JobActivation(Body):
    """Which jobs a worker takes and for how many milliseconds nobody else gets them.

    It is answered at once. Every job comes with a lease token, asked for or not.
    """

    type = text(required=True, shortest=1)
    worker = text(load_default="api")
    timeout = fields.Integer(strict=True, required=True, validate=Range(1, MAX_MS))
    max_jobs_to_activate = fields.Integer(strict=True, required=True, validate=Range(1, MAX_JOBS))
    fetch_variable = fields.List(text(), load_default=list, validate=Length(max=200))
    request_timeout = fields.Integer(strict=True)
    tenant_ids = fields.List(text(), load_default=list, allow_none=True, validate=Length(max=200))
    tenant_filter = fields.String()
    with_lease = fields.Boolean(allow_none=True)

    @validates("type")
    def _check_type(self, value: str, **_: Any) -> None:
        if value in handlers.TYPES:
            raise ValidationError("Jobs of this type are done by the server itself.")


class ActivatedJob(Result):
    """A leased job; its key is the idempotency key of what the worker does."""

    job_key = Key()
    type = fields.String()
    kind = fields.String()
    listener_event_type = fields.String()
    process_definition_id = fields.String()
    process_definition_version = fields.Integer()
    process_definition_key = Key()
    process_instance_key = Key()
    root_process_instance_key = Key(allow_none=True)
    element_id = fields.String()
    element_instance_key = Key()
    custom_headers = fields.Dict(keys=fields.String())
    worker = fields.String()
    retries = fields.Integer()
    deadline = fields.Integer(metadata={"description": "Milliseconds since 1970, UTC."})
    variables = fields.Dict(keys=fields.String())
    tenant_id = fields.String()
    physical_tenant_id = fields.String()
    user_task = fields.Dict(allow_none=True)
    tags = fields.List(fields.String())
    business_id = fields.String(allow_none=True)
    priority = fields.Integer()
    job_lease_token = fields.String(allow_none=True)


class ActivatedJobs(Result):
    """The jobs a worker got; none, when none is due."""

    jobs = fields.List(fields.Nested(ActivatedJob))


class JobCompletion(Body):
    """What the job found out; a task listener gives a result instead of variables."""

    variables = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)
    result = fields.Nested(JobAnswer, load_default=None, allow_none=True)
    job_lease_token = text(allow_none=True)


class JobFailure(Body):
    """Why the attempt failed, how many are left, and after how many milliseconds the next may begin."""

    retries = fields.Integer(strict=True, load_default=0, validate=Range(0, MAX_RETRIES))
    error_message = text(load_default="", longest=4000)
    retry_back_off = fields.Integer(strict=True, load_default=0, validate=Range(0, MAX_MS))
    job_lease_token = text(allow_none=True)


class JobError(Body):
    """The BPMN error that leaves the service task."""

    error_code = text(required=True, shortest=1)
    error_message = text(load_default="", longest=4000, allow_none=True)
    variables = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)
    job_lease_token = text(allow_none=True)


@blueprint.post("/jobs/activation")
@blueprint.arguments(JobActivation)
@blueprint.response(200, ActivatedJobs)
def activate(asked: dict[str, Any]) -> dict[str, Any]:
    """Lease due jobs of a type at the sites the caller operates, or at those of them that are named."""
    with engine.begin(_at(session, asked["tenant_ids"])) as command:
        leased = jobs.activate(
            command,
            [asked["type"]],
            worker=asked["worker"],
            lease=dt.timedelta(milliseconds=asked["timeout"]),
            limit=asked["max_jobs_to_activate"],
        )
        return {"jobs": _activated(command, leased, asked["fetch_variable"])}


def _at(where: Session, tenant_ids: Sequence[str] | None) -> Actor:
    who = actor()
    named = [one for one in tenant_ids or () if one != DEFAULT_TENANT]
    return tenants.operator(who, [tenants.find(where, who, one).id for one in named] or None)


def _activated(
    command: Command, leased: Sequence[Job], wanted: Sequence[str]
) -> list[dict[str, Any]]:
    if not leased:
        return []
    command.session.flush()
    rows = command.session.execute(
        _around(command.actor).where(Job.key.in_([job.key for job in leased]))
    )
    about = {row[0].key: row for row in rows}
    return [_lease(job, about[job.key], wanted) for job in leased]


def _around(operator: Actor) -> Select[*tuple[Any, ...]]:
    definition = ProcessDefinition.key == ProcessInstance.definition_key
    return (
        nouns.rows(operator)
        .join(ProcessDefinition, definition)
        .add_columns(ProcessDefinition.version)
    )


def _lease(job: Job, row: Any, wanted: Sequence[str]) -> dict[str, Any]:
    seen = {name: value for name, value in job.variables.items() if not wanted or name in wanted}
    return nouns.same(job, row) | {
        "process_definition_version": row.version,
        "deadline": round(job.run_at.timestamp() * 1000),
        "variables": seen,
        "physical_tenant_id": PHYSICAL_TENANT,
        "user_task": task_listeners.user_task(job),
        "tags": [],
        "job_lease_token": nouns.token(job),
    }


@blueprint.post("/jobs/<key:job_key>/completion")
@blueprint.arguments(JobCompletion, required=False)
@blueprint.response(204)
def complete(asked: dict[str, Any], job_key: int) -> Response:
    """Complete a job and run its instance on."""
    variables = check_variables(asked["variables"] or {})
    with engine.begin(tenants.operator(actor())) as command:
        nouns.fence(command, job_key, asked.get("job_lease_token"))
        job = jobs.complete(command, job_key, variables, task_listeners.answer_of(asked["result"]))
    return _answered(job)


@blueprint.post("/jobs/<key:job_key>/failure")
@blueprint.arguments(JobFailure, required=False)
@blueprint.response(204)
def fail(asked: dict[str, Any], job_key: int) -> Response:
    """Note a failed attempt; without retries left it becomes an incident."""
    with engine.begin(tenants.operator(actor())) as command:
        nouns.fence(command, job_key, asked.get("job_lease_token"))
        jobs.fail(
            command,
            job_key,
            asked["error_message"],
            retries=asked["retries"],
            backoff=dt.timedelta(milliseconds=asked["retry_back_off"]),
        )
    return Response(status=204)


@blueprint.post("/jobs/<key:job_key>/error")
@blueprint.arguments(JobError)
@blueprint.response(204)
def throw(asked: dict[str, Any], job_key: int) -> Response:
    """Let a BPMN error leave the service task; one that nobody catches becomes an incident."""
    variables: Mapping[str, Any] = check_variables(asked["variables"] or {})
    message = asked["error_message"] or ""
    with engine.begin(tenants.operator(actor())) as command:
        nouns.fence(command, job_key, asked.get("job_lease_token"))
        jobs.throw_error(command, job_key, asked["error_code"], message, variables)
    return Response(status=204)


def _answered(job: Job) -> Response:
    if job.state == FAILED:
        return problem(CONFLICT, "The process ran on without end; an incident tells why.")
    return Response(status=204)
