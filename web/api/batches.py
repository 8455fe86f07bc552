"""What requests for batch operations have in common: a filter that chooses instances, and the batch that was begun."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from marshmallow import fields
from sqlalchemy import Select

from engine.models.batch import Batch
from engine.models.instance import ProcessInstance
from web.api import process_instances
from web.api.schemas import Body, Key, Result

TYPES = {
    "cancel": "CANCEL_PROCESS_INSTANCE",
    "suspend": "SUSPEND_PROCESS_INSTANCE",
    "resume": "RESUME_PROCESS_INSTANCE",
    "migrate": "MIGRATE_PROCESS_INSTANCE",
    "modify": "MODIFY_PROCESS_INSTANCE",
    "resolve": "RESOLVE_INCIDENT",
    "delete": "DELETE_PROCESS_INSTANCE",
}


class BatchRequest(Body):
    """Which instances an operation is for, now that it is asked for."""

    filter = fields.Nested(process_instances.SEARCH.filter_schema, required=True)
    operation_reference = fields.Integer(strict=True)


class BatchStarted(Result):
    """The batch operation that was begun."""

    batch_operation_key = Key()
    batch_operation_type = fields.String()


def chosen(asked: Mapping[str, Any]) -> Select[ProcessInstance]:
    """Select the instances of a request, among those the caller may see."""
    found = process_instances.SEARCH.filter(process_instances.rows(), asked["filter"])
    return cast("Select[ProcessInstance]", found)


def reason(asked: Mapping[str, Any]) -> str:
    """Give what stands in the audit as the reason of an act of the API."""
    reference = asked.get("operation_reference")
    return "API" if reference is None else f"API {reference}"


def started(batch: Batch) -> dict[str, Any]:
    """Describe a batch that was begun."""
    return {"batch_operation_key": batch.key, "batch_operation_type": TYPES[batch.kind]}
