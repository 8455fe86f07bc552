"""Decisions: the versions deployed, their DMN, and evaluating one outside of any process."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flask import Response
from marshmallow import ValidationError, fields, validates_schema
from sqlalchemy import literal, select

from engine.deployment import definitions
from engine.errors import DecisionFailed, NotFound
from engine.expressions import Decided, Evaluated, Match
from engine.models.definition import Decision, Resource
from engine.runtime.values import check_variables
from web.api import tenants
from web.api.credentials import actor
from web.api.filters import INTEGER, KEY, TEXT
from web.api.noun import Noun
from web.api.schemas import DEFAULT_TENANT, Body, Key, Result, text
from web.api.search import Property, Rows, Search, results
from web.extensions import engine, session

blueprint = Noun("decisions")

_TYPES = {"table": "DECISION_TABLE", "literal": "LITERAL_EXPRESSION"}


class DecisionDefinitionResult(Result):
    """A version of a decision; its requirements are the file it is in."""

    decision_definition_key = Key()
    decision_definition_id = fields.String()
    name = fields.String()
    version = fields.Integer()
    decision_requirements_id = fields.String()
    decision_requirements_key = Key()
    decision_requirements_name = fields.String()
    decision_requirements_version = fields.Integer()
    tenant_id = fields.String()


class MatchedRule(Result):
    """A rule of a table that matched, counted from 1."""

    rule_id = fields.String()
    rule_index = fields.Integer()
    evaluated_outputs = fields.List(fields.Dict())


class EvaluatedDecision(Result):
    """A decision evaluated on the way; `output` is JSON as text."""

    decision_definition_id = fields.String()
    decision_definition_name = fields.String()
    decision_definition_version = fields.Integer()
    decision_definition_type = fields.String()
    decision_definition_key = Key()
    decision_evaluation_instance_key = fields.String()
    output = fields.String()
    tenant_id = fields.String()
    matched_rules = fields.List(fields.Nested(MatchedRule))
    evaluated_inputs = fields.List(fields.Dict())


class DecisionEvaluated(Result):
    """What a decision gave; `output` is JSON as text."""

    decision_definition_id = fields.String()
    decision_definition_key = Key()
    decision_definition_name = fields.String()
    decision_definition_version = fields.Integer()
    decision_evaluation_key = Key()
    decision_instance_key = Key()
    decision_requirements_id = fields.String()
    decision_requirements_key = Key()
    output = fields.String()
    failed_decision_definition_id = fields.String(allow_none=True)
    failure_message = fields.String(allow_none=True)
    tenant_id = fields.String()
    evaluated_decisions = fields.List(fields.Nested(EvaluatedDecision))


class DecisionEvaluation(Body):
    """Which decision, by id (its latest version) or by key, and the variables it sees."""

    decision_definition_id = text(load_default=None)
    decision_definition_key = Key(load_default=None)
    variables = fields.Dict(keys=fields.String(), load_default=dict)
    tenant_id = text(load_default=None)

    @validates_schema
    def _one_way(self, data: Mapping[str, Any], **_: Any) -> None:
        if (data["decision_definition_id"] is None) == (data["decision_definition_key"] is None):
            raise ValidationError(
                "Exactly one of decisionDefinitionId and decisionDefinitionKey is needed."
            )


SEARCH = Search(
    "DecisionDefinition",
    {
        "decision_definition_key": Property(KEY, Decision.key),
        "decision_definition_id": Property(TEXT, Decision.decision_id),
        "name": Property(TEXT, Decision.name),
        "version": Property(INTEGER, Decision.version),
        "decision_requirements_key": Property(KEY, Decision.resource_key),
        "tenant_id": Property(TEXT, literal(DEFAULT_TENANT)),
    },
    Decision.key,
)


def _rows() -> Rows:
    return select(Decision, Resource.name).join(Resource, Resource.key == Decision.resource_key)


def _described(row: Any) -> dict[str, Any]:
    decision, resource_name, *_ = row
    file = Path(resource_name).stem
    return {
        "decision_definition_key": decision.key,
        "decision_definition_id": decision.decision_id,
        "name": decision.name,
        "version": decision.version,
        "decision_requirements_id": file,
        "decision_requirements_key": decision.resource_key,
        "decision_requirements_name": file,
        "decision_requirements_version": decision.version,
        "tenant_id": DEFAULT_TENANT,
    }


def _row(*where: Any) -> Any:
    latest = _rows().where(*where).order_by(Decision.version.desc(), Decision.key.desc())
    row = session.execute(latest.limit(1)).first()
    if row is None:
        raise NotFound(noun="decision", key=where[0].right.value)
    return row


@blueprint.post("/decision-definitions/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("DecisionDefinition", DecisionDefinitionResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the deployed versions of all decisions."""
    found = SEARCH.run(session, _rows(), asked)
    return {"items": [_described(row) for row in found.rows], "page": found.page}


@blueprint.get("/decision-definitions/<key:decision_definition_key>")
@blueprint.response(200, DecisionDefinitionResult)
def get(decision_definition_key: int) -> dict[str, Any]:
    """Give a version of a decision."""
    return _described(_row(Decision.key == decision_definition_key))


@blueprint.get("/decision-definitions/<key:decision_definition_key>/xml")
@blueprint.response(200, {"type": "string"}, content_type="text/xml")
def xml(decision_definition_key: int) -> Response:
    """Give the DMN file, byte for byte as it was deployed."""
    decision = _row(Decision.key == decision_definition_key)[0]
    content = session.get_one(Resource, decision.resource_key).content
    return Response(content, content_type="text/xml; charset=utf-8")


@blueprint.post("/decision-definitions/evaluation")
@blueprint.arguments(DecisionEvaluation)
@blueprint.response(200, DecisionEvaluated)
def evaluate(asked: dict[str, Any]) -> dict[str, Any]:
    """Evaluate a decision. For operators; nothing is kept of it."""
    tenants.operator(actor())
    key, id_ = asked["decision_definition_key"], asked["decision_definition_id"]
    wanted = Decision.decision_id == id_ if key is None else Decision.key == key
    described = _described(_row(wanted))
    decision = session.get_one(Decision, described["decision_definition_key"])
    decided = definitions.decide(
        engine,
        session,
        decision.deployment_key,
        decision.decision_id,
        check_variables(asked["variables"]),
        engine.clock(),
    )
    if decided.errors:
        raise DecisionFailed(decision_id=decision.decision_id, reason="; ".join(decided.errors))
    return _evaluated(described, decided)


def _evaluated(described: dict[str, Any], decided: Decided) -> dict[str, Any]:
    key = engine.new_key()
    same = {
        "decision_definition_key": described["decision_definition_key"],
        "decision_definition_version": described["version"],
        "tenant_id": DEFAULT_TENANT,
    }
    return same | {
        "decision_definition_id": described["decision_definition_id"],
        "decision_definition_name": described["name"],
        "decision_evaluation_key": key,
        "decision_instance_key": key,
        "decision_requirements_id": described["decision_requirements_id"],
        "decision_requirements_key": described["decision_requirements_key"],
        "output": json.dumps(decided.value, ensure_ascii=False),
        "failed_decision_definition_id": None,
        "failure_message": None,
        "evaluated_decisions": [
            same | _step(one, f"{key}-{number}")
            for number, one in enumerate(decided.trace, start=1)
        ],
    }


def _step(one: Evaluated, key: str) -> dict[str, Any]:
    return {
        "decision_definition_id": one.decision_id,
        "decision_definition_name": one.name,
        "decision_definition_type": _TYPES.get(one.kind, "UNSPECIFIED"),
        "decision_evaluation_instance_key": key,
        "output": json.dumps(one.value, ensure_ascii=False),
        "matched_rules": [_matched(match) for match in one.matches],
        "evaluated_inputs": [
            {"inputId": f"input-{place}", "inputName": name, "inputValue": json.dumps(value)}
            for place, (name, value) in enumerate(one.inputs, start=1)
        ],
    }


def _matched(match: Match) -> dict[str, Any]:
    outputs = [
        {
            "outputId": f"output-{place}",
            "outputName": name,
            "outputValue": json.dumps(value),
            "ruleId": match.rule_id,
            "ruleIndex": match.place,
        }
        for place, (name, value) in enumerate(match.outputs, start=1)
    ]
    return {"rule_id": match.rule_id, "rule_index": match.place, "evaluated_outputs": outputs}
