"""Jobs: search them, hold one for longer, give one new attempts. For operators of the site."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import Range
from sqlalchemy import and_, case, false, func, not_, or_, select

from engine import jobs
from engine.engine import Command
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.job import CREATED, FAILED, Job
from engine.staff.access import Actor
from web.api import task_listeners, tenants
from web.api.credentials import actor
from web.api.filters import FLAG, INSTANT, INTEGER, KEY, TEXT, choice
from web.api.noun import Noun
from web.api.schemas import Body, Instant, Key, Result, text
from web.api.search import Property, Rows, Search, results
from web.extensions import engine, session

blueprint = Noun("jobs")

STATES = (
    "CREATED", "COMPLETED", "FAILED", "CANCELED", "ERROR_THROWN", "MIGRATED", "RETRIES_UPDATED", "TIMED_OUT",
    "PRIORITY_UPDATED", "TIMEOUT_UPDATED",
)  # fmt: skip
MAX_MS = 7 * 24 * 3600 * 1000
MAX_RETRIES = 1000


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


class JobChangeset(Body):
    """New numbers of a job: attempts left, and how many milliseconds from now its worker holds it."""

    retries = fields.Integer(strict=True, allow_none=True, validate=Range(1, MAX_RETRIES))
    timeout = fields.Integer(strict=True, allow_none=True, validate=Range(1, MAX_MS))
    priority = fields.Integer(strict=True, allow_none=True)

    @validates_schema
    def _check_some(self, data: Mapping[str, Any], **_: Any) -> None:
        if data.get("priority") is not None:
            raise ValidationError("Jobs have no priority here.", "priority")
        if data.get("retries") is None and data.get("timeout") is None:
            raise ValidationError("Either retries or timeout is needed.")


class JobUpdate(Body):
    """What to change of a job; a worker's heartbeat is a new timeout."""

    changeset = fields.Nested(JobChangeset, required=True)
    operation_reference = fields.Integer(strict=True)
    job_lease_token = text(allow_none=True)


_BUSINESS_ID = func.nullif(ProcessInstance.business_key, "").label("business_id")
_DEFINITION_KEY = func.coalesce(Job.definition_key, ProcessInstance.definition_key).label(
    "definition_key"
)
_ERROR = func.nullif(Job.error, "")
# A lease; without a worker the moment is when the next attempt may begin.
_DEADLINE = case((Job.worker != "", Job.run_at))
_TRIED = and_(Job.error != "", Job.retries > 0, Job.state == CREATED)


def _has_tried(values: list[Any]) -> Any:
    return or_(false(), *(_TRIED if value else not_(_TRIED) for value in values))


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
        "process_definition_key": Property(KEY, _DEFINITION_KEY),
        "process_instance_key": Property(KEY, Job.instance_key),
        "error_message": Property(TEXT, _ERROR, sortable=False),
        "has_failed_with_retries_left": Property(FLAG, holds=_has_tried, sortable=False),
        "business_id": Property(TEXT, _BUSINESS_ID),
        "deadline": Property(INSTANT, _DEADLINE),
        "creation_time": Property(INSTANT, Job.created_at),
        "end_time": Property(INSTANT, Job.ended_at),
        "tenant_id": Property(TEXT, Site.key),
    },
    Job.key,
)


def rows(operator: Actor) -> Rows:
    """Select the jobs of the sites of an operator, with what is told of each."""
    return (
        select(Job, Site.key.label("tenant_id"), _BUSINESS_ID)
        .join(Site, Site.id == Job.site_id)
        .join(ProcessInstance, ProcessInstance.key == Job.instance_key)
        .where(Job.site_id.in_(operator.site_ids))
        .add_columns(_DEFINITION_KEY, ProcessInstance.parent_key)
    )


def same(job: Job, row: Any) -> dict[str, Any]:
    """What an activated and a found job have in common."""
    return task_listeners.described(job) | {
        "job_key": job.key,
        "type": job.type,
        "process_definition_id": job.process_id,
        "process_definition_key": row.definition_key,
        "process_instance_key": job.instance_key,
        "root_process_instance_key": None if row.parent_key else job.instance_key,
        "element_id": job.element_id,
        "worker": job.worker,
        "retries": job.retries,
        "tenant_id": row.tenant_id,
        "business_id": row.business_id,
        "priority": 0,
    }


def _described(row: Any) -> dict[str, Any]:
    job = row[0]
    return same(job, row) | {
        "state": job.state.upper(),
        "has_failed_with_retries_left": bool(job.error and job.retries and job.state == CREATED),
        **task_listeners.denial(job),
        "error_code": None,
        "error_message": job.error or None,
        "deadline": job.run_at if job.worker else None,
        "creation_time": job.created_at,
        "last_update_time": None,
        "end_time": job.ended_at,
    }


def token(job: Job) -> str:
    """Give the token of a job's latest lease."""
    return f"{job.key}-{job.attempts}"


def fence(command: Command, key: int, given: str | None) -> None:
    """Let only the latest lease of a job pass; without a token anybody may. Raises as `jobs.lock`, and JobNotLeased."""
    if given is None:
        return
    _, job = jobs.lock(command, key, (CREATED, FAILED))
    if given != token(job):
        raise jobs.JobNotLeased(worker=job.worker)


@blueprint.post("/jobs/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("Job", JobResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the jobs of the sites the caller operates."""
    found = SEARCH.run(session, rows(tenants.operator(actor())), asked)
    return {"items": [_described(row) for row in found.rows], "page": found.page}


@blueprint.patch("/jobs/<key:job_key>")
@blueprint.arguments(JobUpdate)
@blueprint.response(204)
def update(asked: dict[str, Any], job_key: int) -> Response:
    """Hold a leased job for longer, or give one new attempts."""
    timeout = asked["changeset"].get("timeout")
    with engine.begin(tenants.operator(actor())) as command:
        fence(command, job_key, asked.get("job_lease_token"))
        jobs.update(
            command,
            job_key,
            retries=asked["changeset"].get("retries"),
            lease=None if timeout is None else dt.timedelta(milliseconds=timeout),
        )
    return Response(status=204)
