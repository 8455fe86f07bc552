"""Which tasks and instances a box of the inbox holds, as conditions along the indexes of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

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
from engine.models.registry import Unit
from engine.models.task import TaskCandidate, UserTask
from engine.registry.typings import canonical
from engine.roles import ALL_STAFF

Condition: TypeAlias = ColumnElement[bool]
Rows: TypeAlias = Select[*tuple[Any, ...]]

LONGEST = 64
LAST = 0x10FFFF

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


class Range(NamedTuple):
    """Some tasks; `ordered` when an index holds them in the order of the list, so that reading may stop early."""

    where: Condition
    ordered: bool


def wrapped(query: Rows) -> Rows:
    """Make a query fit for a union: on SQLite a part has its own order and limit only inside a subquery."""
    return select(*query.subquery().c)


def own(actor: Actor, wanted: Filter) -> Iterator[Condition]:
    """Narrow tasks to those assigned to the actor."""
    yield UserTask.assignee_id == actor.user_id
    if wanted.site_id is not None:
        yield UserTask.site_id == wanted.site_id


def candidacies(actor: Actor, wanted: Filter) -> Iterator[Range]:
    """Give the ranges that hold what the actor may take: one per site and role, and one for tasks of several groups."""
    sites = [one for one in actor.site_ids if wanted.site_id in (None, one)]
    if not sites:
        return
    for site_id in sites:
        here = and_(CLAIMABLE, UserTask.site_id == site_id)
        for role in _groups(actor, site_id):
            yield Range(and_(here, UserTask.candidate_group == role), ordered=True)
    listed = select(TaskCandidate.task_key).where(or_(*_listed(actor, sites)))
    several = and_(CLAIMABLE, UserTask.site_id.in_(sites), UserTask.key.in_(listed))
    yield Range(several, ordered=False)


def _listed(actor: Actor, sites: Sequence[int]) -> Iterator[Condition]:
    yield TaskCandidate.username == actor.username
    for site_id in sites:
        group = TaskCandidate.candidate_group.in_(_groups(actor, site_id))
        yield and_(TaskCandidate.site_id == site_id, group)


def _groups(actor: Actor, site_id: int) -> list[str]:
    return sorted({*actor.roles_at(site_id), ALL_STAFF})


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
            UserTask.instance_key.in_(select(ProcessInstance.key).where(_called(text))),
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
    """Find instances by the beginning of the number or of the unit's label, or by the room, along their indexes."""
    number, label = text.upper(), canonical(text)
    conditions = [_begins(ProcessInstance.number, number)]
    if label:
        units = select(Unit.id).where(or_(_begins(Unit.label, label), Unit.room == label))
        conditions.append(ProcessInstance.unit_id.in_(units))
    return or_(*conditions)


def _begins(column: Any, start: str) -> Condition:
    following = start[:-1] + chr(min(ord(start[-1]) + 1, LAST))
    return and_(column >= start, column < following)
