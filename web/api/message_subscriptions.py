"""Message subscriptions: who waits for which message now."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from sqlalchemy import func, literal, select

from engine.models.definition import ProcessDefinition
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.job import MessageSubscription
from web.api.credentials import actor
from web.api.filters import INSTANT, INTEGER, KEY, TEXT, choice
from web.api.noun import Noun
from web.api.schemas import Instant, Key, Result
from web.api.search import Property, Rows, Search, results
from web.extensions import session

blueprint = Noun("message_subscriptions")

STATES = ("CORRELATED", "CREATED", "DELETED", "MIGRATED")
TYPES = ("PROCESS_EVENT", "START_EVENT")
CREATED, PROCESS_EVENT = "CREATED", "PROCESS_EVENT"


class MessageSubscriptionResult(Result):
    """An element instance that waits for a message."""

    message_subscription_key = Key()
    message_subscription_state = fields.String()
    message_subscription_type = fields.String()
    message_name = fields.String()
    correlation_key = fields.String(allow_none=True)
    last_updated_date = Instant()
    element_id = fields.String()
    element_instance_key = Key(allow_none=True)
    process_definition_id = fields.String()
    process_definition_key = Key(allow_none=True)
    process_definition_name = fields.String(allow_none=True)
    process_definition_version = fields.Integer(allow_none=True)
    process_instance_key = Key(allow_none=True)
    root_process_instance_key = Key(allow_none=True)
    business_id = fields.String(allow_none=True)
    tool_name = fields.String(allow_none=True)
    tool_properties = fields.Dict()
    inbound_connector_type = fields.String(allow_none=True)
    tenant_id = fields.String()


_BUSINESS_ID = func.nullif(ProcessInstance.business_key, "")

SEARCH = Search(
    "MessageSubscription",
    {
        "message_subscription_key": Property(KEY, MessageSubscription.key),
        "message_subscription_state": Property(choice(*STATES), literal(CREATED), sortable=False),
        "message_subscription_type": Property(
            choice(*TYPES), literal(PROCESS_EVENT), sortable=False
        ),
        "message_name": Property(TEXT, MessageSubscription.name),
        "correlation_key": Property(TEXT, MessageSubscription.correlation_key),
        "last_updated_date": Property(INSTANT, MessageSubscription.created_at),
        "element_id": Property(TEXT, MessageSubscription.element_id),
        "element_instance_key": Property(KEY, MessageSubscription.key),
        "process_definition_id": Property(TEXT, ProcessInstance.process_id),
        "process_definition_key": Property(KEY, ProcessInstance.definition_key),
        "process_definition_name": Property(TEXT, ProcessDefinition.name),
        "process_definition_version": Property(INTEGER, ProcessDefinition.version),
        "process_instance_key": Property(KEY, MessageSubscription.instance_key),
        "business_id": Property(TEXT, _BUSINESS_ID),
        "tenant_id": Property(TEXT, Site.key),
    },
    MessageSubscription.key,
)


def _rows() -> Rows:
    return (
        select(MessageSubscription, ProcessInstance, ProcessDefinition, Site.key)
        .join(ProcessInstance, ProcessInstance.key == MessageSubscription.instance_key)
        .join(ProcessDefinition, ProcessDefinition.key == ProcessInstance.definition_key)
        .join(Site, Site.id == MessageSubscription.site_id)
        .where(MessageSubscription.site_id.in_(actor().site_ids))
    )


def _described(row: Any) -> dict[str, Any]:
    waiting, instance, definition, tenant_id, *_ = row
    return {
        "message_subscription_key": waiting.key,
        "message_subscription_state": CREATED,
        "message_subscription_type": PROCESS_EVENT,
        "message_name": waiting.name,
        "correlation_key": waiting.correlation_key,
        "last_updated_date": waiting.created_at,
        "element_id": waiting.element_id,
        "element_instance_key": waiting.key,
        "process_definition_id": instance.process_id,
        "process_definition_key": instance.definition_key,
        "process_definition_name": definition.name,
        "process_definition_version": definition.version,
        "process_instance_key": instance.key,
        "root_process_instance_key": None if instance.parent_key else instance.key,
        "business_id": instance.business_key or None,
        "tool_name": None,
        "tool_properties": {},
        "inbound_connector_type": None,
        "tenant_id": tenant_id,
    }


@blueprint.post("/message-subscriptions/search")
@blueprint.arguments(SEARCH.request, required=False)
@blueprint.response(200, results("MessageSubscription", MessageSubscriptionResult))
def search(asked: dict[str, Any]) -> dict[str, Any]:
    """Search who waits for a message at the caller's sites; start events and what has been correlated are not listed."""
    found = SEARCH.run(session, _rows(), asked)
    return {"items": [_described(row) for row in found.rows], "page": found.page}
