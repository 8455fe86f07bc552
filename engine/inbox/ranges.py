"""Which tasks and instances a box of the inbox holds, as conditions along the indexes of the tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
)

from engine.access import Actor
from engine.models.instance import ProcessInstance
from engine.models.task import TaskCandidate, UserTask
from engine.registry.typings import canonical
from engine.roles import ALL_STAFF

Condition: TypeAlias = ColumnElement[bool]
Rows: TypeAlias = Select[*tuple[Any, ...]]

LONGEST = 64

# A partial index serves only a query that repeats its condition literally, not as a parameter.
OPEN: Condition = UserTask.state == literal_column("'created'")
COMPLETED: Condition = UserTask.state == literal_column("'completed'")
CLAIMABLE: Condition = and_(OPEN, UserTask.assignee_id.is_(None))


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list is narrowed to: a site, a procedure, words of the number, unit, summary or step."""

    site_id: int | None = None
    process_id: str = ""
    text: str = ""


def wrapped(query: Rows) -> Rows:
    """Make a query fit for a union: on SQLite a part has its own order and limit only inside a subquery."""
    return select(*query.subquery().c)


def own(actor: Actor, wanted: Filter) -> Iterator[Condition]:
    """Narrow tasks to those assigned to the actor."""
    yield UserTask.assignee_id == actor.user_id
    if wanted.site_id is not None:
        yield UserTask.site_id == wanted.site_id


def candidacies(actor: Actor, wanted: Filter) -> Iterator[Condition]:
    """Give one condition for each range of the candidates' index that holds something for the actor."""
    for site_id in actor.site_ids:
        if wanted.site_id not in (None, site_id):
            continue
        roles = sorted({*actor.roles_at(site_id), ALL_STAFF})
        here = and_(CLAIMABLE, UserTask.site_id == site_id)
        for role in roles:
            yield and_(here, UserTask.candidate_group == role)
        named = select(TaskCandidate.id).where(
            TaskCandidate.task_key == UserTask.key,
            or_(TaskCandidate.candidate_group.in_(roles), TaskCandidate.username == actor.username),
        )
        yield and_(here, UserTask.candidate_group.is_(None), named.exists())


def narrowed(wanted: Filter) -> Iterator[Condition]:
    """Narrow tasks by a filter."""
    yield true()
    if wanted.site_id is not None:
        yield UserTask.site_id == wanted.site_id
    if wanted.process_id:
        yield UserTask.process_id == wanted.process_id
    text = wanted.text.strip()[:LONGEST]
    if text:
        summary = type_coerce(UserTask.summary, String)
        yield or_(
            UserTask.name.icontains(text, autoescape=True),
            summary.icontains(text, autoescape=True),
            UserTask.instance.has(_called(text)),
        )


def narrowed_instances(wanted: Filter) -> Iterator[Condition]:
    """Narrow instances by a filter."""
    yield true()
    if wanted.site_id is not None:
        yield ProcessInstance.site_id == wanted.site_id
    if wanted.process_id:
        yield ProcessInstance.process_id == wanted.process_id
    text = wanted.text.strip()[:LONGEST]
    if text:
        yield _called(text)


def _called(text: str) -> Condition:
    unit = canonical(text)
    return or_(
        ProcessInstance.number.icontains(text, autoescape=True),
        ProcessInstance.unit_label.icontains(unit or text, autoescape=True),
    )
