"""Decision requirements: the DMN files, each with the decisions in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy import exists, func, literal, select

from engine.errors import NotFound
from engine.models.definition import Decision, Resource
from web.api import resources
from web.api.filters import INTEGER, KEY, TEXT
from web.api.noun import Noun
from web.api.schemas import DEFAULT_TENANT, Key, Result
from web.api.search import Property, Rows, Search, results
from web.extensions import session

blueprint = Noun("decision_requirements")

KIND = "dmn"


class DecisionRequirementsResult(Result):
    """A file of decisions, called as the file is; its version is the latest of a decision in it."""

    decision_requirements_key = Key()
    decision_requirements_id = fields.String()
    decision_requirements_name = fields.String()
    version = fields.Integer()
    resource_name = fields.String()
    tenant_id = fields.String()


_VERSION = (
    select(func.max(Decision.version)).where(Decision.resource_key == Resource.key)
).scalar_subquery()

SEARCH = Search(
    "DecisionRequirements",
    {
        "decision_requirements_key": Property(KEY, Resource.key),
        "resource_name": Property(TEXT, Resource.name),
        "version": Property(INTEGER, _VERSION),
        "tenant_id": Property(TEXT, literal(DEFAULT_TENANT)),
    },
    Resource.key,
)


def _rows() -> Rows:
    decided = exists().where(Decision.resource_key == Resource.key)
    return select(Resource.key, Resource.name, _VERSION.label("version")).where(decided)


def _described(row: Any) -> dict[str, Any]:
    name = Path(row.name).stem
    return {
        "decision_requirements_key": row.key,
        "decision_requirements_id": name,
        "decision_requirements_name": name,
        "version": row.version,
        "resource_name": row.name,
        "tenant_id": DEFAULT_TENANT,
    }


@blueprint.post("/decision-requirements/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("DecisionRequirements", DecisionRequirementsResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the deployed files of decisions."""
    found = SEARCH.run(session, _rows(), asked)
    return {"items": [_described(row) for row in found.rows], "page": found.page}


@blueprint.get("/decision-requirements/<key:decision_requirements_key>")
@blueprint.response(200, DecisionRequirementsResult)
def get(decision_requirements_key: int) -> dict[str, Any]:
    """Give a file of decisions."""
    row = session.execute(_rows().where(Resource.key == decision_requirements_key)).first()
    if row is None:
        raise NotFound(noun="decision requirements", key=decision_requirements_key)
    return _described(row)


@blueprint.get("/decision-requirements/<key:decision_requirements_key>/xml")
@blueprint.response(200, {"type": "string"}, content_type="text/xml")
def xml(decision_requirements_key: int) -> Response:
    """Give the DMN, byte for byte as it was deployed."""
    content = resources.content(decision_requirements_key, KIND)
    return Response(content, content_type="text/xml; charset=utf-8")
