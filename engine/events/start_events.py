"""Start events that no person triggers: a message, a signal or a time starts the latest version of a process.

A process starts at every site, or where its property `startSites` (site keys, separated by commas) says. Each start is a
transaction of its own.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BindParameter, Select, delete, exists, or_, select

from engine import instances, projection
from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.engine import Command, Engine
from engine.errors import BudgetExceeded, DuplicateBusinessKey, Rejected
from engine.expressions import feel
from engine.models.definition import ProcessDefinition
from engine.models.event import StartSubscription
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.job import Message, MessageCorrelation
from engine.policy import limits
from engine.runtime import Element, Timer
from engine.staff.access import SYSTEM

MESSAGE, SIGNAL, TIMER = "message", "signal", "timer"
START_SITES = "startSites"
TENANT = "camunda.vars.tenant."


def subscribe(command: Command, definition_key: int) -> None:
    """Let the start events of a new version wait instead of those of the version before.

    A date that has passed does not start anything; what was due before and has not started yet still starts, once. Raises
    Rejected for a name or time that makes no sense at a site.
    """
    definition = definitions.get(command.engine, command.session, definition_key)
    owed = _owed(command, definition.process_id)
    unsubscribe(command, definition.process_id)
    for event in definition.diagram.triggered_starts(definition.process_id):
        if event.trigger and event.trigger.kind == TIMER:
            for site in _sites(command, definition):
                _schedule(command, definition, event, site, owed.get((event.id, site.id)))
        else:
            _listen(command, definition, event)
    command.wake_workers()


def unsubscribe(command: Command, process_id: str) -> None:
    """Let no start event of a process wait any more."""
    is_process = StartSubscription.process_id == process_id
    command.session.execute(delete(StartSubscription).where(is_process))


def schedule_at(command: Command, site: Site) -> None:
    """Let the timers of all processes start them at a new site too."""
    latest = select(ProcessDefinition.key).where(ProcessDefinition.latest)
    for key in command.session.scalars(latest).all():
        definition = definitions.get(command.engine, command.session, key)
        if site in _sites(command, definition):
            for event in definition.diagram.triggered_starts(definition.process_id):
                if event.trigger and event.trigger.kind == TIMER:
                    _schedule(command, definition, event, site)


def reschedule(command: Command, key: str, site: Site | None) -> None:
    """Let the timers that read a limit or setting start by its present value, at a site or without one at all.

    What was due before and has not started yet still starts, once. Raises Rejected for a time that makes no sense there.
    """
    timed = select(StartSubscription.definition_key).where(StartSubscription.kind == TIMER)
    for definition_key in command.session.scalars(timed.distinct()).all():
        definition = definitions.get(command.engine, command.session, definition_key)
        sites = [one for one in _sites(command, definition) if site is None or one.id == site.id]
        for event in definition.diagram.triggered_starts(definition.process_id):
            if event.trigger and event.trigger.kind == TIMER and f"{TENANT}{key}" in event.trigger.expression:  # fmt: skip
                _begin_again(command, definition, event, sites)
    command.wake_workers()


def _begin_again(
    command: Command, definition: Definition, event: Element, sites: Sequence[Site]
) -> None:
    owed = _owed(command, definition.process_id)
    command.session.execute(
        delete(StartSubscription).where(
            StartSubscription.process_id == definition.process_id,
            StartSubscription.element_id == event.id,
            StartSubscription.site_id.in_([site.id for site in sites]),
        )
    )
    for site in sites:
        _schedule(command, definition, event, site, owed.get((event.id, site.id)))


def _owed(command: Command, process_id: str) -> dict[tuple[str, int | None], dt.datetime]:
    """Since when timers of a process are due that no worker has taken yet, by start event and site."""
    query = select(StartSubscription).where(
        StartSubscription.process_id == process_id, StartSubscription.due_at <= command.now
    )
    rows = command.session.scalars(query)
    return {(row.element_id, row.site_id): row.due_at for row in rows if row.due_at}


def _sites(command: Command, definition: Definition) -> list[Site]:
    """The sites where the process starts by itself. Raises Rejected for one that does not exist."""
    process = definition.diagram.content[definition.process_id]
    named = [key.strip() for key in process.properties.get(START_SITES, "").split(",")]
    wanted = {key for key in named if key}
    found = {site.key: site for site in command.session.scalars(select(Site).order_by(Site.id))}
    if unknown := wanted - found.keys():
        raise Rejected(reason=f"{definition.process_id}: there is no site {', '.join(unknown)}")
    return [site for key, site in found.items() if not wanted or key in wanted]


def _listen(command: Command, definition: Definition, event: Element) -> None:
    assert event.trigger is not None  # noqa: S101
    name = event.trigger.name
    if name.startswith("="):
        result = feel().batch([name[1:]], {}, now=command.now)[0]
        name = result.value
        if not isinstance(name, str) or not name:
            raise Rejected(
                reason=f"{event.id}: the name {event.trigger.name} is {name!r}, not a text"
            )
    limited = START_SITES in definition.diagram.content[definition.process_id].properties
    sites = [site.id for site in _sites(command, definition)] if limited else [None]
    for site_id in sites:
        _add(command, definition, event, name=name[:255], site_id=site_id)


def _schedule(
    command: Command,
    definition: Definition,
    event: Element,
    site: Site,
    owed: dt.datetime | None = None,
) -> None:
    assert event.trigger is not None  # noqa: S101
    zone = ZoneInfo(site.timezone)
    value: Any = event.trigger.expression
    if value.startswith("="):
        keys = definition.diagram.setting_keys
        tenant = limits.settings(command.session, site, keys)
        names = {"camunda": {"vars": {"tenant": tenant}}, "site": {"key": site.key}}
        value = feel().batch([value[1:]], names, now=command.now.astimezone(zone))[0].value
    try:
        timer = Timer.start(event.trigger.timer, value, command.now, zone)
    except ValueError as error:
        raise Rejected(reason=f"{event.id} at {site.key}: {error}") from error
    due = timer.due if timer.due > command.now or timer.every else None
    _add(command, definition, event, site_id=site.id, timer=timer.as_json(), due_at=owed or due)


def _add(command: Command, definition: Definition, event: Element, **fields: Any) -> None:
    assert event.trigger is not None  # noqa: S101
    command.session.add(
        StartSubscription(
            key=command.new_key(),
            process_id=definition.process_id,
            definition_key=definition.key,
            element_id=event.id,
            kind=event.trigger.kind,
            created_at=command.now,
            **fields,
        )
    )


def start(
    command: Command,
    subscription: StartSubscription,
    site_id: int,
    variables: Mapping[str, Any],
    *,
    correlation_key: str = "",
) -> int:
    """Start the process and give the instance's key; that of the one which runs already under the same business key.

    A run that exceeds its budget is held at its start event with an incident, and so nothing is lost.
    """
    definition = definitions.get(command.engine, command.session, subscription.definition_key)
    site = command.session.get_one(Site, site_id)
    begin = partial(
        instances.start,
        command,
        definition,
        site,
        variables,
        start_event=subscription.element_id,
        correlation_key=correlation_key,
    )
    try:
        with command.session.begin_nested():
            return begin().key
    except DuplicateBusinessKey as error:
        if error.params["instance_key"] is None:
            raise  # started at this very moment: the next attempt finds it
        return int(error.params["instance_key"])
    except BudgetExceeded as error:
        instance = begin(held=True)
        projection.record_incident(command, instance, error)
        return instance.key


def due(engine: Engine, limit: int = 100) -> list[int]:
    """Find the timers that are due to start a process, the one due longest first."""
    query = (
        select(StartSubscription.key)
        .join(ProcessDefinition, ProcessDefinition.key == StartSubscription.definition_key)
        .where(StartSubscription.due_at <= engine.clock(), ProcessDefinition.suspended_at.is_(None))
        .order_by(StartSubscription.due_at)
        .limit(limit)
    )
    with engine.read() as session:
        return list(session.scalars(query))


def start_by_timer(engine: Engine, key: int) -> bool:
    """Start what is due and set the timer to its next occurrence; what was missed happens once."""
    with engine.begin(SYSTEM) as command:
        found = select(StartSubscription).where(StartSubscription.key == key)
        row = command.session.scalar(found.with_for_update(skip_locked=True))
        if row is None or row.due_at is None or row.due_at > command.now:
            return False
        assert row.site_id is not None and row.timer is not None  # noqa: S101, PT018
        site = command.session.get_one(Site, row.site_id)
        following = _following(Timer.from_json(row.timer), command.now, site)
        row.timer = following.as_json() if following else row.timer
        row.due_at = following.due if following else None
        start(command, row, site.id, {})
        return True


def _following(timer: Timer, now: dt.datetime, site: Site) -> Timer | None:
    """The next occurrence: the timer's own when what starts now is owed by the one in whose place it came."""
    return timer if timer.due > now else timer.following(now, ZoneInfo(site.timezone))


def matches(engine: Engine, limit: int = 100) -> list[tuple[int, int]]:
    """Find (message, start event) pairs that have not met, oldest message first.

    A message waits while an instance that one with the same correlation key started still runs.
    """
    query = matching(engine.clock()).order_by(Message.key, StartSubscription.key).limit(limit)
    with engine.read() as session:
        return [(row[0], row[1]) for row in session.execute(query)]


def matching(now: dt.datetime | BindParameter[dt.datetime]) -> Select[int, int]:
    """Select (message, start event) pairs that have not met, as `matches` finds them."""
    return (
        select(Message.key, StartSubscription.key)
        .join(StartSubscription, StartSubscription.name == Message.name)
        .join(ProcessDefinition, ProcessDefinition.key == StartSubscription.definition_key)
        .where(StartSubscription.kind == MESSAGE, ProcessDefinition.suspended_at.is_(None))
        .where(
            or_(StartSubscription.site_id.is_(None), StartSubscription.site_id == Message.site_id)
        )
        .where(StartSubscription.created_at <= Message.expires_at)
        .where(~_met(), ~_in_the_way(now))
    )


def _met() -> Any:
    return exists().where(
        MessageCorrelation.message_key == Message.key,
        MessageCorrelation.process_id == StartSubscription.process_id,
    )


def _in_the_way(now: dt.datetime | BindParameter[dt.datetime]) -> Any:
    """An instance with the message's correlation key that runs, or ran until the message had expired."""
    twin = exists().where(
        ProcessInstance.process_id == StartSubscription.process_id,
        ProcessInstance.site_id == Message.site_id,
        ProcessInstance.correlation_key == Message.correlation_key,
        ProcessInstance.correlation_key != "",
    )
    too_late = twin.where(ProcessInstance.ended_at > Message.expires_at)
    return twin.where(ProcessInstance.ended_at.is_(None)) | ((Message.expires_at <= now) & too_late)


def start_by_message(engine: Engine, message_key: int, key: int) -> bool:
    """Start what a message starts, once per process; False when either is gone or another worker was first."""
    with engine.begin(SYSTEM) as command:
        subscription = command.session.get(StartSubscription, key)
        message = command.session.get(Message, message_key, with_for_update=True)
        if subscription is None or message is None:
            return False
        still = matching(command.now).where(
            StartSubscription.key == key, Message.key == message_key
        )
        if command.session.execute(still).first() is None:
            return False
        started = start(
            command,
            subscription,
            message.site_id,
            message.variables,
            correlation_key=message.correlation_key,
        )
        command.session.add(
            MessageCorrelation(
                message_key=message.key,
                process_id=subscription.process_id,
                instance_key=started,
            )
        )
        instance = instances.lock(command, started)
        command.audit("message.correlated", message.name, on=instance, message=str(message.key))
        return True
