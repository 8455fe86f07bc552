"""Messages for instances that wait for them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from marshmallow import fields
from marshmallow.validate import Range
from sqlalchemy import Select, select

from engine.errors import NotFound
from engine.events import messages
from engine.models.instance import ACTIVE, ProcessInstance
from engine.models.job import MessageCorrelation as Correlation
from engine.models.job import MessageSubscription
from engine.runtime.values import check_variables
from web.api import tenants
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Body, Key, Result, text
from web.extensions import engine

blueprint = Noun("messages")

AT_ONCE = dt.timedelta(minutes=1)  # as long as a worker may take that is quicker than this request
KEPT_MS = messages.TIME_TO_LIVE // dt.timedelta(milliseconds=1)


class MessagePublication(Body):
    """A message; `timeToLive` is in milliseconds, 30 days unless said otherwise and at most."""

    name = text(required=True, shortest=1)
    correlation_key = text(load_default="")
    time_to_live = fields.Integer(strict=True, load_default=KEPT_MS, validate=Range(0, KEPT_MS))
    message_id = text(load_default=None, allow_none=True)
    variables = fields.Dict(keys=fields.String(), load_default=dict)
    tenant_id = text(load_default=None)


class MessageCorrelation(Body):
    """A message for somebody who waits for it already."""

    name = text(required=True, shortest=1)
    correlation_key = text(load_default="")
    variables = fields.Dict(keys=fields.String(), load_default=dict)
    tenant_id = text(load_default=None)


class MessageCorrelated(Result):
    """The message's key and the instance it reached."""

    message_key = Key()
    process_instance_key = Key()
    tenant_id = fields.String()


class MessagePublished(Result):
    """The message's key."""

    message_key = Key()
    tenant_id = fields.String()


@blueprint.post("/messages/publication")
@blueprint.arguments(MessagePublication)
@blueprint.response(200, MessagePublished)
def publish(asked: dict[str, Any]) -> dict[str, Any]:
    """Publish a message at a site; whoever waits for it gets it now or until it expires. For operators."""
    variables = check_variables(asked["variables"])
    with engine.begin(actor()) as command:
        site = tenants.find(command.session, command.actor, asked["tenant_id"])
        tenants.operator(command.actor, [site.id])
        message = messages.publish(
            command,
            site.id,
            asked["name"],
            asked["correlation_key"],
            variables,
            time_to_live=dt.timedelta(milliseconds=asked["time_to_live"]),
            message_id=asked["message_id"],
        )
        return {"message_key": message.key, "tenant_id": site.key}


@blueprint.post("/messages/correlation")
@blueprint.arguments(MessageCorrelation)
@blueprint.response(200, MessageCorrelated)
def correlate(asked: dict[str, Any]) -> dict[str, Any]:
    """Bring a message to the first instance that waits for it now; without one it is not kept. For operators."""
    variables = check_variables(asked["variables"])
    name, correlation_key = asked["name"], asked["correlation_key"]
    with engine.begin(actor()) as command:
        site = tenants.find(command.session, command.actor, asked["tenant_id"])
        tenants.operator(command.actor, [site.id])
        waiting = command.session.scalar(_waiting(site.id, name, correlation_key))
        if waiting is None:
            raise NotFound(noun="subscription to message", key=name)
        message = messages.publish(
            command, site.id, name, correlation_key, variables, time_to_live=AT_ONCE
        )
    messages.correlate(engine, message.key, waiting.key)
    return {
        "message_key": message.key,
        "process_instance_key": _reached(message.key, name),
        "tenant_id": site.key,
    }


def _waiting(
    site_id: int, name: str, correlation_key: str
) -> Select[*tuple[MessageSubscription, ...]]:
    return (
        select(MessageSubscription)
        .join(ProcessInstance, ProcessInstance.key == MessageSubscription.instance_key)
        .where(
            MessageSubscription.site_id == site_id,
            MessageSubscription.name == name,
            MessageSubscription.correlation_key == correlation_key,
            ProcessInstance.status == ACTIVE,
        )
        .order_by(MessageSubscription.key)
        .limit(1)
    )


def _reached(message_key: int, name: str) -> int:
    """Give the instance the message reached, whether by us or by a worker that was quicker. Raises NotFound."""
    query = select(Correlation.instance_key).where(Correlation.message_key == message_key)
    with engine.read() as session:
        found = session.scalar(query.order_by(Correlation.id).limit(1))
    if found is None:
        raise NotFound(noun="subscription to message", key=name)
    return found
