"""Signals: broadcast at a site to everybody who waits for them at that moment; nobody gets one later."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import insert, literal, null, or_, select

from engine.engine import Command
from engine.errors import NotAllowed
from engine.models.definition import ProcessDefinition
from engine.models.event import Signal, SignalDelivery, SignalSubscription, StartSubscription
from engine.runtime import check_variables

SIGNAL = "signal"


def broadcast(
    command: Command, site_id: int, name: str, variables: Mapping[str, Any] | None = None
) -> Signal:
    """Broadcast a signal at a site; the workers bring it to each who waits for it now and start what it starts.

    Raises NotAllowed at another's site and InvalidVariables for what is not plain JSON.
    """
    if not command.actor.belongs_to(site_id):
        raise NotAllowed(reason="broadcasting at this site")
    return spread(command, site_id, name, check_variables(variables or {}))


def spread(
    command: Command,
    site_id: int,
    name: str,
    variables: Mapping[str, Any],
    *,
    later: Collection[int] = (),
) -> Signal:
    """Note who is to get a signal that a process threw; `later` are the subscriptions that began after it."""
    session = command.session
    signal = Signal(
        key=command.new_key(),
        site_id=site_id,
        name=name[:255],
        variables=dict(variables),
        broadcast_at=command.now,
    )
    session.add(signal)
    session.flush()
    waiting = select(
        literal(signal.key), SignalSubscription.key, SignalSubscription.instance_key
    ).where(
        SignalSubscription.name == signal.name,
        SignalSubscription.site_id == site_id,
        SignalSubscription.key.not_in(list(later)),
    )
    starts = (
        select(literal(signal.key), StartSubscription.key, null())
        .join(ProcessDefinition, ProcessDefinition.key == StartSubscription.definition_key)
        .where(StartSubscription.kind == SIGNAL, StartSubscription.name == signal.name)
        .where(or_(StartSubscription.site_id.is_(None), StartSubscription.site_id == site_id))
        .where(ProcessDefinition.suspended_at.is_(None))
    )
    columns = ["signal_key", "subscription_key", "instance_key"]
    session.execute(insert(SignalDelivery).from_select(columns, waiting))
    session.execute(insert(SignalDelivery).from_select(columns, starts))
    command.wake_workers()
    return signal
