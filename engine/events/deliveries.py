"""Deliveries: what was broadcast reaches each who waited for it, each in a transaction of its own."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, exists, or_, select

from engine import instances
from engine.engine import Command, Engine
from engine.events import start_events
from engine.models.event import Signal, SignalDelivery, SignalSubscription, StartSubscription
from engine.models.instance import ACTIVE, SUSPENDED, ProcessInstance
from engine.staff.access import SYSTEM


def pending(engine: Engine, limit: int = 100) -> list[int]:
    """Find the deliveries that can be made now, oldest first; those to suspended instances wait."""
    query = (
        select(SignalDelivery.id)
        .outerjoin(ProcessInstance, ProcessInstance.key == SignalDelivery.instance_key)
        .where(SignalDelivery.incident_key.is_(None))
        .where(or_(ProcessInstance.key.is_(None), ProcessInstance.status != SUSPENDED))
        .order_by(SignalDelivery.id)
        .limit(limit)
    )
    with engine.read() as session:
        return list(session.scalars(query))


def deliver(engine: Engine, delivery_id: int) -> bool:
    """Bring a signal to one who waited for it; False when another worker is at it or has done it."""
    with engine.begin(SYSTEM) as command:
        found = select(SignalDelivery).where(SignalDelivery.id == delivery_id)
        delivery = command.session.scalar(found.with_for_update(skip_locked=True))
        if delivery is None or delivery.incident_key is not None:
            return False
        signal = command.session.get_one(Signal, delivery.signal_key)
        if delivery.instance_key is None:
            _start(command, delivery, signal)
        elif not _correlate(command, delivery, signal):
            return False
        if delivery.incident_key is None:
            command.session.delete(delivery)
        return True


def _start(command: Command, delivery: SignalDelivery, signal: Signal) -> None:
    subscription = command.session.get(StartSubscription, delivery.subscription_key)
    # A version deployed since then has taken the place of the one that waited.
    if subscription is not None:
        key = start_events.start(command, subscription, signal.site_id, signal.variables)
        instance = instances.lock(command, key)
        command.audit("signal.received", signal.name, on=instance, signal=str(signal.key))


def _correlate(command: Command, delivery: SignalDelivery, signal: Signal) -> bool:
    assert delivery.instance_key is not None  # noqa: S101
    instance = instances.lock(command, delivery.instance_key)
    if instance.status == SUSPENDED:
        return False
    key = delivery.subscription_key
    if instance.status == ACTIVE and _exists(command, SignalSubscription.key == key):
        incident = instances.advance(
            command, instance, lambda run: run.correlate(key, signal.variables)
        )
        delivery.incident_key = incident.key if incident else None
        command.audit("signal.received", signal.name, on=instance, signal=str(signal.key))
    return True


def _exists(command: Command, condition: ColumnElement[bool]) -> bool:
    return bool(command.session.scalar(select(exists().where(condition))))


def drop_done(engine: Engine) -> int:
    """Delete signals that everybody has got; give how many."""
    with engine.begin(SYSTEM) as command:
        open_ = exists().where(SignalDelivery.signal_key == Signal.key)
        gone = delete(Signal).where(~open_).returning(Signal.key)
        return len(command.session.scalars(gone).all())
