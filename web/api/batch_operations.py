"""Batch operations: one operation for many instances, its progress and what became of each."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields
from sqlalchemy import case, func, literal, select

from engine.models.batch import Batch, BatchItem
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.operations import batches
from web.api.batches import TYPES, BatchRequest, BatchStarted, chosen, reason, started
from web.api.credentials import actor
from web.api.filters import INSTANT, KEY, TEXT, choice
from web.api.noun import Noun
from web.api.schemas import Body, Instant, Key, Result
from web.api.search import Property, Rows, Search, results
from web.extensions import engine, session

blueprint = Noun("batch_operations")

STATES = (
    "ACTIVE", "CANCELED", "COMPLETED", "CREATED", "FAILED", "PARTIALLY_COMPLETED", "SUSPENDED",
)  # fmt: skip
ITEM_STATES = ("ACTIVE", "CANCELED", "COMPLETED", "FAILED")
ALL_TYPES = (
    *TYPES.values(), "ADD_VARIABLE", "DELETE_DECISION_DEFINITION", "DELETE_DECISION_INSTANCE",
    "DELETE_PROCESS_DEFINITION", "UPDATE_JOB", "UPDATE_VARIABLE",
)  # fmt: skip
ACTORS = ("ANONYMOUS", "CLIENT", "UNKNOWN", "USER")
USER, UNKNOWN = "USER", "UNKNOWN"


class BatchOperation(Result):
    """A batch operation. A completed one may hold items that failed."""

    batch_operation_key = Key()
    state = fields.String()
    batch_operation_type = fields.String()
    start_date = Instant(allow_none=True)
    end_date = Instant(allow_none=True)
    actor_type = fields.String()
    actor_id = fields.String(allow_none=True)
    operations_total_count = fields.Integer()
    operations_failed_count = fields.Integer()
    operations_completed_count = fields.Integer()
    errors = fields.List(fields.Dict())


class BatchOperationItem(Result):
    """What a batch operation did to one instance."""

    operation_type = fields.String()
    batch_operation_key = Key()
    item_key = Key()
    process_instance_key = Key()
    root_process_instance_key = Key(allow_none=True)
    state = fields.String()
    processed_date = Instant(allow_none=True)
    error_message = fields.String(allow_none=True)


class Nothing(Body):
    """No more is needed."""


_TYPE = case(TYPES, value=Batch.kind)
_BY = case((Batch.created_by.is_(None), literal(UNKNOWN)), else_=literal(USER))

SEARCH = Search(
    "BatchOperation",
    {
        "batch_operation_key": Property(KEY, Batch.key),
        "operation_type": Property(choice(*ALL_TYPES), _TYPE),
        "state": Property(choice(*STATES), func.upper(Batch.state)),
        "start_date": Property(INSTANT, Batch.started_at),
        "end_date": Property(INSTANT, Batch.ended_at),
        "actor_type": Property(choice(*ACTORS), _BY),
        "actor_id": Property(TEXT, User.username, joined=True),
    },
    Batch.key,
)
ITEMS = Search(
    "BatchOperationItem",
    {
        "batch_operation_key": Property(KEY, BatchItem.batch_key),
        "item_key": Property(KEY, BatchItem.instance_key),
        "process_instance_key": Property(KEY, BatchItem.instance_key),
        "state": Property(choice(*ITEM_STATES), func.upper(BatchItem.state)),
        "operation_type": Property(choice(*ALL_TYPES), _TYPE, sortable=False),
        "processed_date": Property(INSTANT, BatchItem.processed_at),
    },
    BatchItem.id,
)


def _described(batch: Batch, username: str | None, seen: batches.Progress) -> dict[str, Any]:
    return {
        "batch_operation_key": batch.key,
        "state": batch.state.upper(),
        "batch_operation_type": TYPES[batch.kind],
        "start_date": batch.started_at,
        "end_date": batch.ended_at,
        "actor_type": USER if batch.created_by else UNKNOWN,
        "actor_id": username,
        "operations_total_count": seen.total,
        "operations_failed_count": seen.failed,
        "operations_completed_count": seen.completed,
        "errors": [],
    }


def _rows() -> Rows:
    named = User.id == Batch.created_by
    return batches.visible_to(actor()).outerjoin(User, named).add_columns(User.username)


@blueprint.post("/batch-operations/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("BatchOperation", BatchOperation))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search the caller's batch operations; for operators, all."""
    found = SEARCH.run(session, _rows(), asked)
    seen = batches.progress(session, *(row[0] for row in found.rows))
    items = [_described(row[0], row.username, seen[row[0].key]) for row in found.rows]
    return {"items": items, "page": found.page}


@blueprint.get("/batch-operations/<key:batch_operation_key>")
@blueprint.response(200, BatchOperation)
def get(batch_operation_key: int) -> dict[str, Any]:
    """Give a batch operation with its progress."""
    batch = batches.get(session, actor(), batch_operation_key)
    user = session.get(User, batch.created_by) if batch.created_by else None
    seen = batches.progress(session, batch)[batch.key]
    return _described(batch, user.username if user else None, seen)


@blueprint.post("/batch-operation-items/search")
@blueprint.arguments(ITEMS.request, required=False)
@blueprint.response(200, results("BatchOperationItem", BatchOperationItem))
def search_items(asked: dict[str, Any]) -> dict[str, Any]:
    """Search what batch operations did to the instances of the caller's sites."""
    parent = select(ProcessInstance.parent_key).where(ProcessInstance.key == BatchItem.instance_key)
    query = batches.items(actor()).add_columns(Batch.kind, parent.scalar_subquery().label("parent"))
    found = ITEMS.run(session, query, asked)
    return {"items": [_item(row) for row in found.rows], "page": found.page}


def _item(row: Any) -> dict[str, Any]:
    item = row[0]
    return {
        "operation_type": TYPES[row.kind],
        "batch_operation_key": item.batch_key,
        "item_key": item.instance_key,
        "process_instance_key": item.instance_key,
        "root_process_instance_key": None if row.parent else item.instance_key,
        "state": item.state.upper(),
        "processed_date": item.processed_at,
        "error_message": item.message or None,
    }


@blueprint.post("/batch-operations/<key:batch_operation_key>/cancellation")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(204)
def cancel(_asked: dict[str, Any], batch_operation_key: int) -> Response:
    """Leave undone what is not done yet."""
    with engine.begin(actor()) as command:
        batches.cancel(command, batch_operation_key)
    return Response(status=204)


@blueprint.post("/batch-operations/<key:batch_operation_key>/suspension")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(204)
def suspend(_asked: dict[str, Any], batch_operation_key: int) -> Response:
    """Do no more of it until it is resumed."""
    with engine.begin(actor()) as command:
        batches.suspend(command, batch_operation_key)
    return Response(status=204)


@blueprint.post("/batch-operations/<key:batch_operation_key>/resumption")
@blueprint.arguments(Nothing, required=False)
@blueprint.response(204)
def resume(_asked: dict[str, Any], batch_operation_key: int) -> Response:
    """Go on with it."""
    with engine.begin(actor()) as command:
        batches.resume(command, batch_operation_key)
    return Response(status=204)


def _begin(kind: str, asked: dict[str, Any]) -> dict[str, Any]:
    with engine.begin(actor()) as command:
        return started(batches.begin(command, kind, chosen(asked), reason=reason(asked)))


@blueprint.post("/process-instances/cancellation")
@blueprint.arguments(BatchRequest)
@blueprint.response(200, BatchStarted)
def cancel_instances(asked: dict[str, Any]) -> dict[str, Any]:
    """Cancel many instances, each with the caller's right to it."""
    return _begin(batches.CANCEL, asked)


@blueprint.post("/process-instances/suspension")
@blueprint.arguments(BatchRequest)
@blueprint.response(200, BatchStarted)
def suspend_instances(asked: dict[str, Any]) -> dict[str, Any]:
    """Suspend many instances."""
    return _begin(batches.SUSPEND, asked)


@blueprint.post("/process-instances/resumption")
@blueprint.arguments(BatchRequest)
@blueprint.response(200, BatchStarted)
def resume_instances(asked: dict[str, Any]) -> dict[str, Any]:
    """Resume many instances."""
    return _begin(batches.RESUME, asked)


@blueprint.post("/process-instances/incident-resolution")
@blueprint.arguments(BatchRequest)
@blueprint.response(200, BatchStarted)
def resolve_incidents(asked: dict[str, Any]) -> dict[str, Any]:
    """Try again what failed in many instances."""
    return _begin(batches.RESOLVE, asked)


@blueprint.post("/process-instances/deletion")
@blueprint.arguments(BatchRequest)
@blueprint.response(200, BatchStarted)
def delete_instances(asked: dict[str, Any]) -> dict[str, Any]:
    """Delete many ended instances, those whose retention is over."""
    return _begin(batches.DELETE, asked)
