"""Operations on one process instance: suspend, migrate, try again what failed, delete, take along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response
from marshmallow import fields
from marshmallow.validate import Length

from engine import instances
from engine.models.instance import ProcessInstance
from engine.operations import batches as engine_batches
from engine.operations import retention, suspension, upgrades
from engine.operations.plans import Plan
from web.api.batches import BatchRequest, BatchStarted, chosen, reason, started
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Body, Key, text
from web.exports import archive
from web.extensions import engine

blueprint = Noun("operations")


class Operation(Body):
    """How the operation is called by whoever asks for it; it stands in the audit."""

    operation_reference = fields.Integer(strict=True)


class MappingInstruction(Body):
    """An element of the present version and its counterpart."""

    source_element_id = text(required=True)
    target_element_id = text(required=True)


class MigrationPlan(Body):
    """Where to, and which elements have another id there; those of the same id need no instruction."""

    target_process_definition_key = Key(required=True)
    mapping_instructions = fields.List(
        fields.Nested(MappingInstruction), required=True, validate=Length(max=1000)
    )


class MigrationRequest(MigrationPlan):
    """The migration of one instance."""

    operation_reference = fields.Integer(strict=True)


class MigrationBatch(BatchRequest):
    """The migration of many instances."""

    migration_plan = fields.Nested(MigrationPlan, required=True)


@blueprint.post("/process-instances/<key:process_instance_key>/suspension")
@blueprint.arguments(Operation, required=False)
@blueprint.response(204)
def suspend(asked: dict[str, Any], process_instance_key: int) -> Response:
    """Let an instance stand still. For people above its start groups, process owners and administrators."""
    with engine.begin(actor()) as command:
        suspension.suspend(command, process_instance_key, reason(asked))
    return Response(status=204)


@blueprint.post("/process-instances/<key:process_instance_key>/resumption")
@blueprint.arguments(Operation, required=False)
@blueprint.response(204)
def resume(asked: dict[str, Any], process_instance_key: int) -> Response:
    """Let a suspended instance go on."""
    with engine.begin(actor()) as command:
        suspension.resume(command, process_instance_key, reason(asked))
    return Response(status=204)


@blueprint.post("/process-instances/<key:process_instance_key>/migration")
@blueprint.arguments(MigrationRequest)
@blueprint.response(204)
def migrate(asked: dict[str, Any], process_instance_key: int) -> Response:
    """Carry an instance over to another version of its process. For operators."""
    with engine.begin(actor()) as command:
        upgrades.migrate(command, process_instance_key, _plan(asked), reason(asked))
    return Response(status=204)


@blueprint.post("/process-instances/migration")
@blueprint.arguments(MigrationBatch)
@blueprint.response(200, BatchStarted)
def migrate_instances(asked: dict[str, Any]) -> dict[str, Any]:
    """Carry many instances over to another version. For operators."""
    plan = _plan(asked["migration_plan"])
    with engine.begin(actor()) as command:
        return started(upgrades.migrate_all(command, plan, chosen(asked), reason(asked)))


def _plan(asked: Mapping[str, Any]) -> Plan:
    pairs = asked["mapping_instructions"]
    return Plan(
        target_key=asked["target_process_definition_key"],
        mapping={one["source_element_id"]: one["target_element_id"] for one in pairs},
    )


@blueprint.post("/process-instances/<key:process_instance_key>/incident-resolution")
@blueprint.arguments(Operation, required=False)
@blueprint.response(200, BatchStarted)
def resolve(asked: dict[str, Any], process_instance_key: int) -> dict[str, Any]:
    """Try again what failed in one instance, as a batch of its own."""
    own = instances.visible_to(actor()).where(ProcessInstance.key == process_instance_key)
    with engine.begin(actor()) as command:
        instances.get(command.session, actor(), process_instance_key)
        return started(
            engine_batches.begin(command, engine_batches.RESOLVE, own, reason=reason(asked))
        )


@blueprint.post("/process-instances/<key:process_instance_key>/deletion")
@blueprint.arguments(Operation, required=False)
@blueprint.response(204)
def delete(asked: dict[str, Any], process_instance_key: int) -> Response:
    """Delete an ended instance whose retention is over. For operators."""
    with engine.begin(actor()) as command:
        retention.delete_instance(command, process_instance_key, reason(asked))
    return Response(status=204)


@blueprint.get("/process-instances/<key:process_instance_key>/export")
@blueprint.response(200, {"type": "string", "format": "binary"}, content_type="application/zip")
def export(process_instance_key: int) -> Response:
    """Give everything about an instance as one ZIP archive (an extension). For its supervisors and operators."""
    return archive(actor(), process_instance_key)
