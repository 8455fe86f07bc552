"""Conditional start events: a process starts when somebody brings variables for which its condition is true.

Nothing waits for them to change: before an instance there are no variables. An application asks, as in Camunda 8.9.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import or_, select

from engine.deployment import definitions
from engine.engine import Command
from engine.errors import NotAllowed
from engine.events import start_events
from engine.expressions import feel
from engine.models.definition import ProcessDefinition
from engine.models.event import StartSubscription
from engine.models.identity import Site
from engine.runtime import check_variables

CONDITION = "conditional"


def evaluate(
    command: Command, site: Site, variables: Mapping[str, Any], definition_key: int | None = None
) -> list[tuple[int, int]]:
    """Start at the site what has a start event whose condition is true; give the keys of definitions and instances.

    The variables are those of the new instances. With `definition_key` only that definition is asked. A condition that fails or is
    not true starts nothing. Raises NotAllowed at another's site, NotFound for a definition that is not there,
    InvalidVariables.
    """
    if not command.actor.belongs_to(site.id):
        raise NotAllowed(reason="starting processes at this site")
    checked = check_variables(variables)
    if definition_key is not None:
        definitions.get(command.engine, command.session, definition_key)
    return [
        (one.definition_key, start_events.start(command, one, site.id, checked))
        for one in list(_waiting(command, site, definition_key))
        if _holds(command, one, checked)
    ]


def _waiting(
    command: Command, site: Site, definition_key: int | None
) -> Iterator[StartSubscription]:
    query = (
        select(StartSubscription)
        .join(ProcessDefinition, ProcessDefinition.key == StartSubscription.definition_key)
        .where(StartSubscription.kind == CONDITION, ProcessDefinition.suspended_at.is_(None))
        .where(or_(StartSubscription.site_id.is_(None), StartSubscription.site_id == site.id))
        .order_by(StartSubscription.key)
    )
    if definition_key is not None:
        query = query.where(StartSubscription.definition_key == definition_key)
    yield from command.session.scalars(query)


def _holds(command: Command, one: StartSubscription, variables: Mapping[str, Any]) -> bool:
    diagram = definitions.get(command.engine, command.session, one.definition_key).diagram
    trigger = diagram.elements[one.element_id].trigger
    assert trigger is not None  # noqa: S101 - only events with a trigger are subscribed
    result = feel().batch([trigger.expression.removeprefix("=")], dict(variables), now=command.now)
    return result[0].value is True
