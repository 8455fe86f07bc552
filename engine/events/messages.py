"""Messages between instances: published once, correlated now or when somebody waits for them, kept 30 days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, delete, exists, select
from sqlalchemy.exc import IntegrityError

from engine import instances, projection
from engine.engine import Command, Engine
from engine.errors import Conflict, NotAllowed
from engine.models.instance import ACTIVE, ProcessInstance
from engine.models.job import Message, MessageCorrelation, MessageSubscription
from engine.staff.access import SYSTEM

TIME_TO_LIVE = dt.timedelta(days=30)


class DuplicateMessage(Conflict):
    """A message {name} with the id {message_id} was published before."""

    code = "duplicate_message"


def publish(
    command: Command,
    site_id: int,
    name: str,
    correlation_key: str = "",
    variables: Mapping[str, Any] | None = None,
    *,
    time_to_live: dt.timedelta = TIME_TO_LIVE,
    message_id: str | None = None,
) -> Message:
    """Publish a message at a site; the workers bring it to whoever waits for it, now or until it expires.

    Raises NotAllowed at another's site and DuplicateMessage while one with the same id is kept.
    """
    if not command.actor.belongs_to(site_id):
        raise NotAllowed(reason="publishing at this site")
    message = Message(
        key=command.new_key(),
        site_id=site_id,
        name=name,
        correlation_key=projection.correlation(correlation_key),
        message_id=message_id or None,
        variables=dict(variables or {}),
        published_at=command.now,
        expires_at=command.now + time_to_live,
    )
    command.session.add(message)
    try:
        command.session.flush()
    except IntegrityError as error:
        raise DuplicateMessage(name=name, message_id=message_id) from error
    command.wake_workers()
    return message


def matching() -> Select[int, int]:
    """Select (message, subscription) pairs that belong together and have not met."""
    met = exists().where(
        MessageCorrelation.message_key == Message.key,
        MessageCorrelation.process_id == ProcessInstance.process_id,
    )
    return (
        select(Message.key, MessageSubscription.key)
        .join(
            MessageSubscription,
            (MessageSubscription.name == Message.name)
            & (MessageSubscription.correlation_key == Message.correlation_key)
            & (MessageSubscription.site_id == Message.site_id),
        )
        .join(ProcessInstance, ProcessInstance.key == MessageSubscription.instance_key)
        .where(ProcessInstance.status == ACTIVE, ~met)
        .where(MessageSubscription.created_at <= Message.expires_at)
    )


def matches(engine: Engine, limit: int = 100) -> list[tuple[int, int]]:
    """Find (message, subscription) pairs that belong together and have not met, oldest message first."""
    query = matching().order_by(Message.key, MessageSubscription.key).limit(limit)
    with engine.read() as session:
        return [(row[0], row[1]) for row in session.execute(query)]


def correlate(engine: Engine, message_key: int, subscription_key: int) -> bool:
    """Bring a message to the instance behind a subscription, once per process; False when either is gone by now."""
    with engine.begin(SYSTEM) as command:
        subscription = command.session.get(MessageSubscription, subscription_key)
        message = command.session.get(Message, message_key)
        if subscription is None or message is None:
            return False
        instance = instances.lock(command, subscription.instance_key)
        still = exists().where(MessageSubscription.key == subscription_key)
        if instance.status != ACTIVE or not command.session.scalar(select(still)):
            return False
        if _has_met(command, message, instance.process_id):
            return False
        variables = dict(message.variables)
        incident = instances.advance(
            command, instance, lambda execution: execution.correlate(subscription_key, variables)
        )
        command.session.add(
            MessageCorrelation(
                message_key=message.key,
                process_id=instance.process_id,
                instance_key=instance.key,
                incident_key=incident.key if incident else None,
            )
        )
        command.audit("message.correlated", message.name, on=instance, message=str(message.key))
        return True


def _has_met(command: Command, message: Message, process_id: str) -> bool:
    query = exists().where(
        MessageCorrelation.message_key == message.key, MessageCorrelation.process_id == process_id
    )
    return bool(command.session.scalar(select(query)))


def drop_expired(engine: Engine) -> int:
    """Delete messages whose time is over; give how many."""
    with engine.begin(SYSTEM) as command:
        expired = select(Message.key).where(Message.expires_at <= command.now).scalar_subquery()
        command.session.execute(
            delete(MessageCorrelation).where(MessageCorrelation.message_key.in_(expired))
        )
        gone = delete(Message).where(Message.expires_at <= command.now).returning(Message.key)
        return len(command.session.scalars(gone).all())
