"""Resources: the files of the bundles as they were deployed."""

from __future__ import annotations

import json
from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy import func, literal, select

from engine.errors import NotFound
from engine.models.definition import Decision, ProcessDefinition, Resource
from web.api.filters import INTEGER, KEY, TEXT
from web.api.noun import Noun
from web.api.problems import problem
from web.api.schemas import DEFAULT_TENANT, Key, Result
from web.api.search import Property, Rows, Search, results
from web.extensions import session

blueprint = Noun("resources")

FIRST = 1
NOT_ACCEPTABLE = 406


class ResourceResult(Result):
    """A file; its version is that of the first process or decision in it, 1 for what has none."""

    resource_key = Key()
    resource_name = fields.String()
    resource_id = fields.String()
    version = fields.Integer()
    version_tag = fields.String(allow_none=True)
    deployment_key = Key()
    tenant_id = fields.String()


def _first(column: Any, of: Any) -> Any:
    return select(func.min(column)).where(of == Resource.key).scalar_subquery()


_PROCESS_ID = _first(ProcessDefinition.process_id, ProcessDefinition.resource_key)
_VERSION = func.coalesce(
    _first(ProcessDefinition.version, ProcessDefinition.resource_key),
    _first(Decision.version, Decision.resource_key),
    FIRST,
)
_TAG = _first(ProcessDefinition.version_tag, ProcessDefinition.resource_key)
_ID = func.coalesce(_PROCESS_ID, Resource.name)

SEARCH = Search(
    "Resource",
    {
        "resource_key": Property(KEY, Resource.key),
        "resource_name": Property(TEXT, Resource.name),
        "resource_id": Property(TEXT, _ID),
        "version": Property(INTEGER, _VERSION),
        "version_tag": Property(TEXT, _TAG),
        "deployment_key": Property(KEY, Resource.deployment_key),
        "tenant_id": Property(TEXT, literal(DEFAULT_TENANT)),
    },
    Resource.key,
)


def _rows() -> Rows:
    return select(
        Resource.key,
        Resource.name,
        Resource.deployment_key,
        _ID.label("resource_id"),
        _VERSION.label("version"),
        _TAG.label("version_tag"),
    )


def _described(row: Any) -> dict[str, Any]:
    return {
        "resource_key": row.key,
        "resource_name": row.name,
        "resource_id": row.resource_id,
        "version": row.version,
        "version_tag": row.version_tag,
        "deployment_key": row.deployment_key,
        "tenant_id": DEFAULT_TENANT,
    }


def content(key: int, kind: str | None = None) -> bytes:
    """Give the bytes of a file, of one kind only if it is named. Raises NotFound."""
    query = select(Resource.content).where(Resource.key == key)
    found = session.scalar(query.where(Resource.kind == kind) if kind else query)
    if found is None:
        raise NotFound(noun="resource", key=key)
    return found


@blueprint.post("/resources/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("Resource", ResourceResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the deployed files."""
    found = SEARCH.run(session, _rows(), asked)
    return {"items": [_described(row) for row in found.rows], "page": found.page}


@blueprint.get("/resources/<key:resource_key>")
@blueprint.response(200, ResourceResult)
def get(resource_key: int) -> dict[str, Any]:
    """Give what is known of a file."""
    row = session.execute(_rows().where(Resource.key == resource_key)).first()
    if row is None:
        raise NotFound(noun="resource", key=resource_key)
    return _described(row)


@blueprint.get("/resources/<key:resource_key>/content")
@blueprint.response(200, {"type": "object"}, content_type="application/json")
@blueprint.alt_response(406, response="NOT_ACCEPTABLE")
def as_json(resource_key: int) -> Response:
    """Give a file that is a JSON object; any other is to be had in binary (406)."""
    found = content(resource_key)
    try:
        whole = isinstance(json.loads(found), dict)
    except ValueError:
        whole = False
    if not whole:
        return problem(NOT_ACCEPTABLE, "This file is no JSON object; ask for content/binary.")
    return Response(found, content_type="application/json")


@blueprint.get("/resources/<key:resource_key>/content/binary")
@blueprint.response(
    200, {"type": "string", "format": "binary"}, content_type="application/octet-stream"
)
def binary(resource_key: int) -> Response:
    """Give a file byte for byte."""
    return Response(content(resource_key), content_type="application/octet-stream")
