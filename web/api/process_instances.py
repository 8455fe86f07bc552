"""Process instances: start, look at, search and cancel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validates_schema
from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from engine import inquiries, instances, submissions
from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.engine import Command
from engine.errors import DuplicateBusinessKey, NotFound, Rejected
from engine.models.definition import ProcessDefinition
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.job import Incident
from web.api import tenants
from web.api.credentials import actor
from web.api.filters import FLAG, INSTANT, INTEGER, KEY, TEXT, choice
from web.api.noun import Noun
from web.api.schemas import Body, Instant, Key, Result, camel, text
from web.api.search import Property, Rows, Search, results
from web.extensions import engine, session

blueprint = Noun("process_instances")

STATES = ("ACTIVE", "COMPLETED", "SUSPENDED", "TERMINATED")
LATEST = -1
CANCELED = "API"


class ProcessInstanceResult(Result):
    """A run of a process at a site."""

    process_instance_key = Key()
    process_definition_id = fields.String()
    process_definition_name = fields.String(allow_none=True)
    process_definition_version = fields.Integer()
    process_definition_version_tag = fields.String(allow_none=True)
    process_definition_key = Key()
    parent_process_instance_key = Key(allow_none=True)
    parent_element_instance_key = Key(allow_none=True)
    root_process_instance_key = Key(allow_none=True)
    start_date = Instant()
    end_date = Instant(allow_none=True)
    suspended_date = Instant(allow_none=True)
    state = fields.String()
    has_incident = fields.Boolean()
    tenant_id = fields.String()
    business_id = fields.String(allow_none=True)
    tags = fields.List(fields.String())


class ProcessInstanceStarted(Result):
    """What was started; the variables come back only from processes that are awaited."""

    process_definition_id = fields.String()
    process_definition_version = fields.Integer()
    process_definition_key = Key()
    process_instance_key = Key()
    tenant_id = fields.String()
    variables = fields.Dict(keys=fields.String())
    business_id = fields.String(allow_none=True)
    tags = fields.List(fields.String())


class ProcessInstanceStart(Body):
    """What to start: the process by id, in its latest version unless one is named, or by the key of a version."""

    process_definition_id = text()
    process_definition_version = fields.Integer(strict=True, load_default=LATEST)
    process_definition_key = Key()
    variables = fields.Dict(keys=fields.String(), load_default=dict)
    tenant_id = text(load_default=None)
    business_id = text(load_default=None, allow_none=True, shortest=1)
    operation_reference = fields.Integer(strict=True)
    await_completion = fields.Boolean(load_default=False)
    fetch_variables = fields.List(fields.String())
    request_timeout = fields.Integer(strict=True)
    start_instructions = fields.List(fields.Dict())
    runtime_instructions = fields.List(fields.Dict())
    tags = fields.List(fields.String())

    @validates_schema
    def _check_one_process(self, data: Mapping[str, Any], **_: Any) -> None:
        if ("process_definition_id" in data) == ("process_definition_key" in data):
            raise ValidationError("Either processDefinitionId or processDefinitionKey is needed.")

    @validates_schema
    def _check_supported(self, data: Mapping[str, Any], **_: Any) -> None:
        for name in ("await_completion", "start_instructions", "runtime_instructions", "tags"):
            if data.get(name):
                raise ValidationError("This is not supported.", camel(name))


class ProcessInstanceCancellation(Body):
    """Why an instance is canceled: `reason` (an extension), else the operation reference, stands in its audit."""

    operation_reference = fields.Integer(strict=True)
    reason = text(longest=1000, shortest=1)


_INCIDENT = exists().where(
    Incident.instance_key == ProcessInstance.key, Incident.resolved_at.is_(None)
)

SEARCH = Search(
    "ProcessInstance",
    {
        "process_instance_key": Property(KEY, ProcessInstance.key),
        "process_definition_id": Property(TEXT, ProcessInstance.process_id),
        "process_definition_name": Property(TEXT, ProcessDefinition.name),
        "process_definition_version": Property(INTEGER, ProcessDefinition.version),
        "process_definition_version_tag": Property(TEXT, ProcessDefinition.version_tag),
        "process_definition_key": Property(KEY, ProcessInstance.definition_key),
        "parent_process_instance_key": Property(KEY, ProcessInstance.parent_key),
        "start_date": Property(INSTANT, ProcessInstance.started_at),
        "end_date": Property(INSTANT, ProcessInstance.ended_at),
        "suspended_date": Property(INSTANT, ProcessInstance.suspended_at),
        "state": Property(choice(*STATES), func.upper(ProcessInstance.status)),
        "has_incident": Property(FLAG, _INCIDENT, sortable=False),
        "tenant_id": Property(TEXT, Site.key),
        "business_id": Property(TEXT, func.nullif(ProcessInstance.business_key, "")),
    },
    ProcessInstance.key,
)


def rows(query: Rows | None = None) -> Rows:
    """Select the instances the caller may see, or those of a query, with what a search can ask of them."""
    return (
        (instances.visible_to(actor()) if query is None else query)
        .join(ProcessInstance.definition)
        .join(ProcessInstance.site)
        .add_columns(ProcessDefinition, Site.key.label("tenant_id"), _INCIDENT.label("failed"))
    )


def _described(row: Any) -> dict[str, Any]:
    instance, definition = row[0], row[1]
    return {
        "process_instance_key": instance.key,
        "process_definition_id": instance.process_id,
        "process_definition_name": definition.name,
        "process_definition_version": definition.version,
        "process_definition_version_tag": definition.version_tag,
        "process_definition_key": instance.definition_key,
        "parent_process_instance_key": instance.parent_key,
        "parent_element_instance_key": None,
        "root_process_instance_key": None if instance.parent_key else instance.key,
        "start_date": instance.started_at,
        "end_date": instance.ended_at,
        "suspended_date": instance.suspended_at,
        "state": instance.status.upper(),
        "has_incident": row.failed,
        "tenant_id": row.tenant_id,
        "business_id": instance.business_key or None,
        "tags": [],
    }


@blueprint.post("/process-instances/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("ProcessInstance", ProcessInstanceResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the instances of the caller's sites."""
    found = SEARCH.run(session, rows(), asked)
    return {"items": [_described(row) for row in found.rows], "page": found.page}


@blueprint.get("/process-instances/<key:process_instance_key>")
@blueprint.response(200, ProcessInstanceResult)
def get(process_instance_key: int) -> dict[str, Any]:
    """Give an instance of the caller's sites, or one the caller was sent to read."""
    key = instances.get(session, actor(), process_instance_key).key
    query = select(ProcessInstance).where(ProcessInstance.key == key)
    return _described(session.execute(rows(query)).one())


@blueprint.post("/process-instances")
@blueprint.arguments(ProcessInstanceStart)
@blueprint.response(200, ProcessInstanceStarted)
def create(asked: dict[str, Any]) -> dict[str, Any]:
    """Start an instance. The variables are checked against the start form, if the process has one."""
    try:
        with engine.begin(actor()) as command:
            return _started(command, asked)
    except IntegrityError as error:  # two at the same moment: the database knows only afterwards
        name = asked.get("process_definition_id") or asked.get("process_definition_key")
        raise DuplicateBusinessKey(
            process_id=name, business_key=asked["business_id"] or "this business key"
        ) from error


def _started(command: Command, asked: Mapping[str, Any]) -> dict[str, Any]:
    site = tenants.find(command.session, command.actor, asked["tenant_id"])
    definition = _wanted(command.session, asked)
    variables = asked["variables"]
    form = submissions.form_of(command, definition.key, definition.start_form_id)
    key = command.new_key()
    if form is not None:
        place = submissions.Place(site.id, site.timezone, key)
        variables = submissions.check(
            command, form, variables, inquiries.of_site(command, site.id), place, typed=True
        )
    instance = instances.start(
        command, definition, site, variables, business_key=asked["business_id"], key=key
    )
    return {
        "process_definition_id": definition.process_id,
        "process_definition_version": definition.version,
        "process_definition_key": definition.key,
        "process_instance_key": instance.key,
        "tenant_id": site.key,
        "variables": {},
        "business_id": instance.business_key or None,
        "tags": [],
    }


def _wanted(where: Session, asked: Mapping[str, Any]) -> Definition:
    process_id, version = asked.get("process_definition_id"), asked["process_definition_version"]
    if process_id is not None and version == LATEST:
        return definitions.latest(engine, where, process_id)
    query = select(ProcessDefinition)
    if process_id is None:
        query = query.where(ProcessDefinition.key == asked["process_definition_key"])
    else:
        same = ProcessDefinition.process_id == process_id
        query = query.where(same, ProcessDefinition.version == version)
    found = where.scalar(query)
    if found is None:
        raise NotFound(noun="process definition", key=process_id or asked["process_definition_key"])
    if found.suspended_at is not None:
        raise Rejected(reason="this process definition is suspended")
    if definitions.is_withdrawn(where, found.process_id):
        raise Rejected(reason="this process has been withdrawn: its family no longer has it")
    return definitions.get(engine, where, found.key)


@blueprint.post("/process-instances/<key:process_instance_key>/cancellation")
@blueprint.arguments(ProcessInstanceCancellation, required=False)
@blueprint.response(204)
def cancel(asked: dict[str, Any], process_instance_key: int) -> Response:
    """Cancel an instance. For people above its start groups, and administrators."""
    reference = asked.get("operation_reference")
    named = CANCELED if reference is None else f"{CANCELED} {reference}"
    with engine.begin(actor()) as command:
        instances.cancel(command, process_instance_key, asked.get("reason", named))
    return Response(status=204)
