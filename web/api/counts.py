"""Counts of element instances by element, for one process instance or many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from marshmallow import fields
from sqlalchemy import Select, func, or_, select

from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident
from web.api.schemas import Result
from web.extensions import session

AT_ONCE = 500
COMPLETED, TERMINATED = "completed", "terminated"
STATES = {COMPLETED: "completed", TERMINATED: "canceled"}


class ElementCount(Result):
    """How many element instances of an element are in which state; `incidents` are among the active ones."""

    element_id = fields.String()
    active = fields.Integer()
    completed = fields.Integer()
    canceled = fields.Integer()
    incidents = fields.Integer()


class ElementCounts(Result):
    """The elements a token has been at, by id."""

    items = fields.List(fields.Nested(ElementCount))


def by_element(chosen: Select[Any], definition_key: int) -> dict[str, Any]:
    """Count the element instances of the chosen process instances at the elements of one definition."""
    keys = chosen.with_only_columns(ProcessInstance.key)
    found: dict[str, Counter[str]] = {}
    for source in (_ended(keys, definition_key), _alive(chosen, definition_key), _failed(keys)):
        for element_id, what, number in source:
            found.setdefault(element_id, Counter())[what] += number
    names = ("active", "completed", "canceled", "incidents")
    return {
        "items": [
            {"element_id": one, **{name: seen[name] for name in names}}
            for one, seen in sorted(found.items())
            if any(seen[name] for name in names)
        ]
    }


def _ended(keys: Select[Any], definition_key: int) -> Iterator[tuple[str, str, int]]:
    own = ElementInstance.definition_key
    query = (
        select(ElementInstance.element_id, ElementInstance.state, func.count())
        .where(ElementInstance.instance_key.in_(keys), or_(own.is_(None), own == definition_key))
        .group_by(ElementInstance.element_id, ElementInstance.state)
    )
    for element_id, state, number in session.execute(query):
        yield element_id, STATES.get(state, state), number


def _alive(chosen: Select[Any], definition_key: int) -> Iterator[tuple[str, str, int]]:
    running = chosen.where(ProcessInstance.ended_at.is_(None))
    rows = session.scalars(running.with_only_columns(ProcessInstance.active))
    for active in rows.yield_per(AT_ONCE):
        for entry in active:
            if entry.get("definition") in (None, definition_key):
                yield entry["id"], "active", 1


def _failed(keys: Select[Any]) -> Iterator[tuple[str, str, int]]:
    query = (
        select(Incident.element_id, func.count())
        .where(Incident.instance_key.in_(keys), Incident.resolved_at.is_(None))
        .where(Incident.element_key.is_not(None))
        .group_by(Incident.element_id)
    )
    for element_id, number in session.execute(query):
        yield element_id, "incidents", number
