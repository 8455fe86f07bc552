"""What an expression may ask of the world beyond its instance: the unit's other instances, the site's working days.

Each answer is found out when an expression that names it is evaluated, within the same transaction, and costs nothing elsewhere:

`unit_open.<process>` is how many instances of a process run for the unit of this one, at its site, without itself;
`unit_latest.<process>` the variables of the latest instance that was not canceled, running or over, and null without one;
`add working days(date, n)`, `count working days(from, to)` and `is working day(date)` count in the site's calendar.
Without a unit both names are null, so that no comparison with them holds. Why it is so: ADR 25.
"""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple, Protocol

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session, undefer

from engine.engine import Engine
from engine.expressions import Asked
from engine.models.definition import ProcessDefinition
from engine.models.instance import TERMINATED, ProcessInstance
from engine.timing import timekeeping

WORKING_DAYS = "working day"
OPEN, LATEST = "unit_open", "unit_latest"


class Asking(Protocol):
    """Who asks: a command, or an engine with a session for reading."""

    @property
    def engine(self) -> Engine:
        """The engine whose clock and caches hold."""

    @property
    def session(self) -> Session:
        """The session in which is read."""


class Reader(NamedTuple):
    """Who asks while reading."""

    engine: Engine
    session: Session


def of_site(asking: Asking, site_id: int) -> dict[str, Any]:
    """Give what can be asked before there is an instance: the calendar."""
    return {WORKING_DAYS: Asked(partial(_calendar, asking, site_id))}


def of_instance(asking: Asking, instance: ProcessInstance) -> dict[str, Any]:
    """Give what the expressions of an instance may ask."""
    return {
        **of_site(asking, instance.site_id),
        OPEN: Asked(partial(_open, asking, instance)),
        LATEST: Asked(partial(_latest, asking, instance)),
    }


def _calendar(asking: Asking, site_id: int) -> dict[str, Any]:
    return timekeeping.of(asking.engine, asking.session, site_id).calendar.facts


def _open(asking: Asking, instance: ProcessInstance) -> dict[str, int] | None:
    """Count the running instances of every process for the unit; a process without any counts 0."""
    if instance.unit_id is None:
        return None
    of_unit = and_(
        ProcessInstance.process_id == ProcessDefinition.process_id,
        *_beside(instance),
        ProcessInstance.ended_at.is_(None),
    )
    query = (
        select(ProcessDefinition.process_id, func.count(ProcessInstance.key))
        .outerjoin(ProcessInstance, of_unit)
        .where(ProcessDefinition.latest)
        .group_by(ProcessDefinition.process_id)
    )
    asking.session.flush()
    return {row[0]: row[1] for row in asking.session.execute(query)}


def _latest(asking: Asking, instance: ProcessInstance) -> dict[str, Any] | None:
    if instance.unit_id is None:
        return None
    newest = (
        select(ProcessInstance.process_id, func.max(ProcessInstance.key).label("key"))
        .where(*_beside(instance), ProcessInstance.status != TERMINATED)
        .group_by(ProcessInstance.process_id)
        .subquery()
    )
    query = select(ProcessInstance).join(newest, newest.c.key == ProcessInstance.key)
    asking.session.flush()
    found = asking.session.scalars(query.options(undefer(ProcessInstance.variables)))
    return {one.process_id: dict(one.variables) for one in found}


def _beside(instance: ProcessInstance) -> tuple[Any, ...]:
    return (
        ProcessInstance.unit_id == instance.unit_id,
        ProcessInstance.site_id == instance.site_id,
        ProcessInstance.key != instance.key,
    )
