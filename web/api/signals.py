"""Signals: broadcast to everybody at a site who waits for them now."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from engine.events import signals
from web.api import tenants
from web.api.credentials import actor
from web.api.noun import Noun
from web.api.schemas import Body, Key, Result, text
from web.extensions import engine

blueprint = Noun("signals")


class SignalBroadcast(Body):
    """A signal; nobody gets it later."""

    signal_name = text(required=True, shortest=1)
    variables = fields.Dict(keys=fields.String(), load_default=dict)
    tenant_id = text(load_default=None)


class SignalBroadcastResult(Result):
    """The signal's key."""

    signal_key = Key()
    tenant_id = fields.String()


@blueprint.post("/signals/broadcast")
@blueprint.arguments(SignalBroadcast)
@blueprint.response(200, SignalBroadcastResult)
def broadcast(asked: dict[str, Any]) -> dict[str, Any]:
    """Broadcast a signal at a site; the workers bring it to each who waits and start what it starts. For operators."""
    with engine.begin(actor()) as command:
        site = tenants.find(command.session, command.actor, asked["tenant_id"])
        tenants.operator(command.actor, [site.id])
        signal = signals.broadcast(command, site.id, asked["signal_name"], asked["variables"])
        return {"signal_key": signal.key, "tenant_id": site.key}
