"""Jobs: service tasks for workers outside. For operators of the site; the built-in types stay with the embedded worker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validates
from marshmallow.validate import Length, Range
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from engine import handlers, jobs
from engine.access import Actor
from engine.engine import Command
from engine.models.definition import ProcessDefinition
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.job import CREATED, FAILED, Job
from engine.runtime.values import check_variables
from web.api import tenants
from web.api.credentials import actor
from web.api.filters import INSTANT, INTEGER, KEY, TEXT, choice
from web.api.noun import Noun
from web.api.problems import CONFLICT, problem
from web.api.schemas import DEFAULT_TENANT, Body, Instant, Key, Result, text
from web.api.search import Property, Rows, Search, results
from web.extensions import engine, session

blueprint = Noun("jobs")

BPMN_ELEMENT, UNSPECIFIED = "BPMN_ELEMENT", "UNSPECIFIED"
STATES = (
    "CREATED", "COMPLETED", "FAILED", "CANCELED", "ERROR_THROWN", "MIGRATED", "RETRIES_UPDATED", "TIMED_OUT",
    "PRIORITY_UPDATED", "TIMEOUT_UPDATED",
)  # fmt: skip
MAX_JOBS = 1000
MAX_MS = 7 * 24 * 3600 * 1000
MAX_RETRIES = 1000
PHYSICAL_TENANT = "default"


class JobActivation(Body):
    """Which jobs a worker takes and for how many milliseconds nobody else gets them. It is answered at once."""

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


class JobResult(Result):
    """A job, whoever works on it."""

    job_key = Key()
    type = fields.String()
    kind = fields.String()
    listener_event_type = fields.String()
    state = fields.String()
    worker = fields.String()
    retries = fields.Integer()
    priority = fields.Integer()
    custom_headers = fields.Dict(keys=fields.String())
    process_definition_id = fields.String(allow_none=True)
    process_definition_key = Key(allow_none=True)
    process_instance_key = Key()
    root_process_instance_key = Key(allow_none=True)
    element_id = fields.String(allow_none=True)
    element_instance_key = Key()
    business_id = fields.String(allow_none=True)
    tenant_id = fields.String()
    has_failed_with_retries_left = fields.Boolean()
    is_denied = fields.Boolean(allow_none=True)
    denied_reason = fields.String(allow_none=True)
    error_code = fields.String(allow_none=True)
    error_message = fields.String(allow_none=True)
    deadline = Instant(allow_none=True)
    creation_time = Instant(allow_none=True)
    last_update_time = Instant(allow_none=True)
    end_time = Instant(allow_none=True)


class JobCompletion(Body):
    """What the job found out. Results of listeners do not exist here."""

    variables = fields.Dict(keys=fields.String(), load_default=dict, allow_none=True)
    result = fields.Raw(allow_none=True)
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


_BUSINESS_ID = func.nullif(ProcessInstance.business_key, "").label("business_id")

SEARCH = Search(
    "Job",
    {
        "job_key": Property(KEY, Job.key),
        "type": Property(TEXT, Job.type),
        "state": Property(choice(*STATES), func.upper(Job.state)),
        "worker": Property(TEXT, Job.worker),
        "retries": Property(INTEGER, Job.retries),
        "element_id": Property(TEXT, Job.element_id),
        "element_instance_key": Property(KEY, Job.key),
        "process_definition_id": Property(TEXT, Job.process_id),
        "process_definition_key": Property(KEY, ProcessInstance.definition_key),
        "process_instance_key": Property(KEY, Job.instance_key),
        "error_message": Property(TEXT, func.nullif(Job.error, ""), sortable=False),
        "deadline": Property(INSTANT, Job.run_at),
        "creation_time": Property(INSTANT, Job.created_at),
        "end_time": Property(INSTANT, Job.ended_at),
        "tenant_id": Property(TEXT, Site.key),
    },
    Job.key,
)


def _rows(operator: Actor) -> Rows:
    return (
        select(Job, Site.key.label("tenant_id"), _BUSINESS_ID)
        .join(Site, Site.id == Job.site_id)
        .join(ProcessInstance, ProcessInstance.key == Job.instance_key)
        .where(Job.site_id.in_(operator.site_ids))
        .add_columns(ProcessInstance.definition_key, ProcessInstance.parent_key)
    )


def _same(job: Job, row: Any) -> dict[str, Any]:
    """What an activated and a found job have in common."""
    return {
        "job_key": job.key,
        "type": job.type,
        "kind": BPMN_ELEMENT,
        "listener_event_type": UNSPECIFIED,
        "process_definition_id": job.process_id,
        "process_definition_key": row.definition_key,
        "process_instance_key": job.instance_key,
        "root_process_instance_key": None if row.parent_key else job.instance_key,
        "element_id": job.element_id,
        "element_instance_key": job.key,
        "custom_headers": job.headers,
        "worker": job.worker,
        "retries": job.retries,
        "tenant_id": row.tenant_id,
        "business_id": row.business_id,
        "priority": 0,
    }


def _described(row: Any) -> dict[str, Any]:
    job = row[0]
    return _same(job, row) | {
        "state": job.state.upper(),
        "has_failed_with_retries_left": bool(job.error and job.retries and job.state == CREATED),
        "is_denied": None,
        "denied_reason": None,
        "error_code": None,
        "error_message": job.error or None,
        "deadline": job.run_at if job.worker else None,
        "creation_time": job.created_at,
        "last_update_time": None,
        "end_time": job.ended_at,
    }


@blueprint.post("/jobs/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("Job", JobResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the jobs of the sites the caller operates."""
    found = SEARCH.run(session, _rows(tenants.operator(actor())), asked)
    return {"items": [_described(row) for row in found.rows], "page": found.page}


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
        _rows(operator).join(ProcessDefinition, definition).add_columns(ProcessDefinition.version)
    )


def _lease(job: Job, row: Any, wanted: Sequence[str]) -> dict[str, Any]:
    seen = {name: value for name, value in job.variables.items() if not wanted or name in wanted}
    return _same(job, row) | {
        "process_definition_version": row.version,
        "deadline": round(job.run_at.timestamp() * 1000),
        "variables": seen,
        "physical_tenant_id": PHYSICAL_TENANT,
        "user_task": None,
        "tags": [],
        "job_lease_token": None,
    }


@blueprint.post("/jobs/<key:job_key>/completion")
@blueprint.arguments(JobCompletion, required=False)
@blueprint.response(204)
def complete(asked: dict[str, Any], job_key: int) -> Response:
    """Complete a job and run its instance on."""
    variables = check_variables(asked["variables"] or {})
    with engine.begin(tenants.operator(actor())) as command:
        job = jobs.complete(command, job_key, variables)
    return _answered(job)


@blueprint.post("/jobs/<key:job_key>/failure")
@blueprint.arguments(JobFailure, required=False)
@blueprint.response(204)
def fail(asked: dict[str, Any], job_key: int) -> Response:
    """Note a failed attempt; without retries left it becomes an incident."""
    with engine.begin(tenants.operator(actor())) as command:
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
        jobs.throw_error(command, job_key, asked["error_code"], message, variables)
    return Response(status=204)


def _answered(job: Job) -> Response:
    if job.state == FAILED:
        return problem(CONFLICT, "The process ran on without end; an incident tells why.")
    return Response(status=204)
