"""Process definitions: the versions deployed for the whole company, their XML and start forms."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy import literal, select

from engine.errors import NotFound
from engine.models.definition import ProcessDefinition, Resource
from web.api import forms
from web.api.filters import FLAG, INTEGER, KEY, TEXT, choice
from web.api.noun import Noun
from web.api.schemas import DEFAULT_TENANT, Key, Result
from web.api.search import Property, Rows, Search, results
from web.extensions import session

blueprint = Noun("process_definitions")

STATES = ("ACTIVE", "DRAINING", "DELETED")


class ProcessDefinitionResult(Result):
    """A version of a process. A suspended one starts no more instances, which is DRAINING."""

    process_definition_key = Key()
    process_definition_id = fields.String()
    name = fields.String(allow_none=True)
    resource_name = fields.String()
    version = fields.Integer()
    version_tag = fields.String(allow_none=True)
    tenant_id = fields.String()
    has_start_form = fields.Boolean()
    state = fields.String()


def _is_in(states: list[str]) -> Any:
    wanted = [ProcessDefinition.suspended_at.is_(None)] if "ACTIVE" in states else []
    wanted += [ProcessDefinition.suspended_at.is_not(None)] if "DRAINING" in states else []
    return wanted[0] if len(wanted) == 1 else literal(bool(wanted))


SEARCH = Search(
    "ProcessDefinition",
    {
        "process_definition_key": Property(KEY, ProcessDefinition.key),
        "process_definition_id": Property(TEXT, ProcessDefinition.process_id),
        "name": Property(TEXT, ProcessDefinition.name),
        "resource_name": Property(TEXT, Resource.name),
        "version": Property(INTEGER, ProcessDefinition.version),
        "version_tag": Property(TEXT, ProcessDefinition.version_tag),
        "tenant_id": Property(TEXT, literal(DEFAULT_TENANT)),
        "is_latest_version": Property(FLAG, ProcessDefinition.latest, sortable=False),
        "has_start_form": Property(
            FLAG, ProcessDefinition.start_form_id.is_not(None), sortable=False
        ),
        "state": Property(choice(*STATES, operators=("$eq",)), holds=_is_in, sortable=False),
    },
    ProcessDefinition.key,
)


def _rows() -> Rows:
    return select(ProcessDefinition, Resource.name).join(ProcessDefinition.resource)


def _described(row: Any) -> dict[str, Any]:
    definition, resource_name, *_ = row
    return {
        "process_definition_key": definition.key,
        "process_definition_id": definition.process_id,
        "name": definition.name,
        "resource_name": resource_name,
        "version": definition.version,
        "version_tag": definition.version_tag,
        "tenant_id": DEFAULT_TENANT,
        "has_start_form": definition.start_form_id is not None,
        "state": "DRAINING" if definition.suspended_at else "ACTIVE",
    }


def _row(key: int) -> Any:
    row = session.execute(_rows().where(ProcessDefinition.key == key)).first()
    if row is None:
        raise NotFound(noun="process definition", key=key)
    return row


@blueprint.post("/process-definitions/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("ProcessDefinition", ProcessDefinitionResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the deployed versions of all processes."""
    found = SEARCH.run(session, _rows(), asked)
    return {"items": [_described(row) for row in found.rows], "page": found.page}


@blueprint.get("/process-definitions/<key:process_definition_key>")
@blueprint.response(200, ProcessDefinitionResult)
def get(process_definition_key: int) -> dict[str, Any]:
    """Give a version of a process."""
    return _described(_row(process_definition_key))


@blueprint.get("/process-definitions/<key:process_definition_key>/xml")
@blueprint.response(200, {"type": "string"}, content_type="text/xml")
def xml(process_definition_key: int) -> Response:
    """Give the diagram, byte for byte as it was deployed."""
    definition = _row(process_definition_key)[0]
    return Response(definition.resource.content, content_type="text/xml; charset=utf-8")


@blueprint.get("/process-definitions/<key:process_definition_key>/form")
@blueprint.response(200, forms.FormResult)
@blueprint.alt_response(204, description="The process starts without a form")
def form(process_definition_key: int) -> Any:
    """Give the form of the start event."""
    definition = _row(process_definition_key)[0]
    return forms.answer(definition.deployment_key, definition.start_form_id)
