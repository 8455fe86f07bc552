"""Incidents: search, look at, and let the process try again."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy import case, func, or_

from engine import instances
from engine.errors import NotFound
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.job import Incident
from engine.operations import incidents
from web.api import elements
from web.api.credentials import actor
from web.api.filters import INSTANT, KEY, SAME, TEXT, choice
from web.api.noun import Noun
from web.api.schemas import Body, Instant, Key, Result
from web.api.search import Property, Rows, Search, results
from web.extensions import engine, session

blueprint = Noun("incidents")

STATES = ("ACTIVE", "RESOLVED", "MIGRATED", "PENDING", "UNKNOWN")
UNKNOWN = "UNKNOWN"
ERROR_TYPES = (
    "AD_HOC_SUB_PROCESS_NO_RETRIES", "CALLED_DECISION_ERROR", "CALLED_ELEMENT_ERROR", "CONDITION_ERROR",
    "DECISION_EVALUATION_ERROR", "EXECUTION_LISTENER_NO_RETRIES", "EXTRACT_VALUE_ERROR", "FORM_NOT_FOUND",
    "IO_MAPPING_ERROR", "JOB_NO_RETRIES", "MESSAGE_SIZE_EXCEEDED", "RESOURCE_NOT_FOUND",
    "TASK_LISTENER_NO_RETRIES", "UNHANDLED_ERROR_EVENT", UNKNOWN, "UNSPECIFIED",
)  # fmt: skip


class IncidentResult(Result):
    """What a process could not do by itself. Types the clients do not know are UNKNOWN; the message tells."""

    incident_key = Key()
    process_definition_id = fields.String()
    process_definition_key = Key()
    process_instance_key = Key()
    root_process_instance_key = Key(allow_none=True)
    error_type = fields.String()
    error_message = fields.String()
    element_id = fields.String()
    element_instance_key = Key()
    creation_time = Instant()
    state = fields.String()
    tenant_id = fields.String()
    job_key = Key(allow_none=True)


class IncidentResolution(Body):
    """How the resolution is called by whoever asks for it."""

    operation_reference = fields.Integer(strict=True)


_ERROR_TYPE = case((Incident.error_type.in_(ERROR_TYPES), Incident.error_type), else_=UNKNOWN)
# An incident of a whole run stands at no element instance, but the clients insist on a key.
_ELEMENT_KEY = func.coalesce(Incident.element_key, Incident.instance_key)


def _is_in(states: list[str]) -> Any:
    wanted = [Incident.resolved_at.is_(None)] if "ACTIVE" in states else []
    wanted += [Incident.resolved_at.is_not(None)] if "RESOLVED" in states else []
    return or_(*wanted) if wanted else Incident.key.is_(None)


SEARCH = Search(
    "Incident",
    {
        "incident_key": Property(KEY, Incident.key),
        "process_definition_id": Property(TEXT, Incident.process_id),
        "process_definition_key": Property(KEY, Incident.definition_key),
        "process_instance_key": Property(KEY, Incident.instance_key),
        "error_type": Property(choice(*ERROR_TYPES), _ERROR_TYPE),
        "error_message": Property(TEXT, Incident.message, sortable=False),
        "element_id": Property(TEXT, Incident.element_id),
        "element_instance_key": Property(KEY, _ELEMENT_KEY),
        "creation_time": Property(INSTANT, Incident.created_at),
        "state": Property(choice(*STATES, operators=SAME), holds=_is_in, sortable=False),
        "tenant_id": Property(TEXT, Site.key),
        "job_key": Property(KEY, Incident.job_key),
    },
    Incident.key,
)


def _rows() -> Rows:
    return (
        incidents.visible_to(actor())
        .join(Site, Site.id == Incident.site_id)
        .join(ProcessInstance, ProcessInstance.key == Incident.instance_key)
        .add_columns(
            Site.key.label("tenant_id"),
            _ERROR_TYPE.label("error_type"),
            _ELEMENT_KEY.label("element_instance_key"),
            ProcessInstance.parent_key.label("parent_key"),
        )
    )


def _described(row: Any) -> dict[str, Any]:
    incident = row[0]
    return {
        "incident_key": incident.key,
        "process_definition_id": incident.process_id,
        "process_definition_key": incident.definition_key,
        "process_instance_key": incident.instance_key,
        "root_process_instance_key": None if row.parent_key else incident.instance_key,
        "error_type": row.error_type,
        "error_message": incident.message,
        "element_id": incident.element_id,
        "element_instance_key": row.element_instance_key,
        "creation_time": incident.created_at,
        "state": "RESOLVED" if incident.resolved_at else "ACTIVE",
        "tenant_id": row.tenant_id,
        "job_key": incident.job_key,
    }


def _found(query: Rows, asked: dict[str, Any]) -> dict[str, Any]:
    found = SEARCH.run(session, query, asked)
    return {"items": [_described(row) for row in found.rows], "page": found.page}


RESULTS = results("Incident", IncidentResult)


@blueprint.post("/incidents/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, RESULTS)
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the incidents of the caller's sites."""
    return _found(_rows(), asked)


@blueprint.post("/process-instances/<key:process_instance_key>/incidents/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, RESULTS)
def search_instance(asked: dict[str, Any], process_instance_key: int) -> dict[str, Any]:
    """Search the incidents of one instance."""
    instance = instances.get(session, actor(), process_instance_key)
    return _found(_rows().where(Incident.instance_key == instance.key), asked)


@blueprint.post("/element-instances/<key:element_instance_key>/incidents/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, RESULTS)
def search_element(asked: dict[str, Any], element_instance_key: int) -> dict[str, Any]:
    """Search the incidents of one element instance; the key of a process instance means all of it."""
    instance = elements.instance_of(element_instance_key)
    whole = instance.key == element_instance_key
    at = Incident.instance_key if whole else Incident.element_key
    return _found(_rows().where(at == element_instance_key), asked)


@blueprint.get("/incidents/<key:incident_key>")
@blueprint.response(200, IncidentResult)
def get(incident_key: int) -> dict[str, Any]:
    """Give an incident."""
    row = session.execute(_rows().where(Incident.key == incident_key)).first()
    if row is None:
        raise NotFound(noun="incident", key=incident_key)
    return _described(row)


@blueprint.post("/incidents/<key:incident_key>/resolution")
@blueprint.arguments(IncidentResolution, required=False)
@blueprint.response(204)
def resolve(_asked: dict[str, Any], incident_key: int) -> Response:
    """Try again what failed; a new incident shows when it fails again. For operators."""
    with engine.begin(actor()) as command:
        incidents.resolve(command, incident_key)
    return Response(status=204)
