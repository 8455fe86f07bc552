"""Conditionals: variables for which the conditions of start events are asked."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from engine.events import conditionals
from web.api import tenants
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Body, Key, Result, text
from web.extensions import engine

blueprint = Noun("conditionals")


class ConditionalEvaluation(Body):
    """Variables, and the one definition that is asked, or all."""

    variables = fields.Dict(keys=fields.String(), required=True)
    process_definition_key = Key(load_default=None)
    tenant_id = text(load_default=None)


class ProcessInstanceReference(Result):
    """A process instance that was started."""

    process_definition_key = Key()
    process_instance_key = Key()


class ConditionalEvaluationResult(Result):
    """What was started."""

    conditional_evaluation_key = Key()
    tenant_id = fields.String()
    process_instances = fields.List(fields.Nested(ProcessInstanceReference))


@blueprint.post("/conditionals/evaluation")
@blueprint.arguments(ConditionalEvaluation)
@blueprint.response(200, ConditionalEvaluationResult)
def evaluate(asked: dict[str, Any]) -> dict[str, Any]:
    """Start at a site what has a conditional start event whose condition is true. For operators."""
    with engine.begin(actor()) as command:
        site = tenants.find(command.session, command.actor, asked["tenant_id"])
        tenants.operator(command.actor, [site.id])
        started = conditionals.evaluate(
            command, site, asked["variables"], asked["process_definition_key"]
        )
        return {
            "conditional_evaluation_key": command.new_key(),
            "tenant_id": site.key,
            "process_instances": [
                {"process_definition_key": definition, "process_instance_key": instance}
                for definition, instance in started
            ],
        }
