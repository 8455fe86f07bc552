"""Messages for instances that wait for them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from marshmallow import fields
from marshmallow.validate import Range

from engine import messages
from engine.runtime.values import check_variables
from web.api import tenants
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Body, Key, Result, text
from web.extensions import engine

blueprint = Noun("messages")

KEPT_MS = messages.TIME_TO_LIVE // dt.timedelta(milliseconds=1)


class MessagePublication(Body):
    """A message; `timeToLive` is in milliseconds, 30 days unless said otherwise and at most."""

    name = text(required=True, shortest=1)
    correlation_key = text(load_default="")
    time_to_live = fields.Integer(strict=True, load_default=KEPT_MS, validate=Range(0, KEPT_MS))
    message_id = text(load_default=None, allow_none=True)
    variables = fields.Dict(keys=fields.String(), load_default=dict)
    tenant_id = text(load_default=None)


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
