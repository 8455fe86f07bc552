"""Which tasks and instances a box of the inbox holds, as conditions along the indexes of the tables."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
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
    union_all,
)

from engine.models.instance import ProcessInstance
from engine.models.registry import Unit
from engine.models.task import TaskCandidate, UserTask
from engine.registry.typings import canonical
from engine.staff.access import Actor, Principal
from engine.staff.roles import ALL_STAFF

Condition: TypeAlias = ColumnElement[bool]
Rows: TypeAlias = Select[*tuple[Any, ...]]

LONGEST = 64
SEARCHED = 2000
LAST = 0x10FFFF

# A partial index serves only a query that repeats its condition literally, not as a parameter.
OPEN: Condition = UserTask.state == literal_column("'created'")
COMPLETED: Condition = UserTask.state == literal_column("'completed'")
CLAIMABLE: Condition = and_(OPEN, UserTask.assignee_id.is_(None))


@dataclass(frozen=True, kw_only=True)
class Filter:
    """What a list is narrowed to: a site, a procedure, words of the number, unit, summary or step.

    With `now`, own tasks put off until a later follow-up date are left out; with `deferred` too only they are listed.
    """

    site_id: int | None = None
    process_id: str = ""
    text: str = ""
    now: dt.datetime | None = None
    deferred: bool = False


class Range(NamedTuple):
    """Some tasks; `ordered` when an index holds them in the order of the list, so that reading may stop early."""

    where: Condition
    ordered: bool


def wrapped(query: Rows) -> Rows:
    """Make a query fit for a union: on SQLite a part has its own order and limit only inside a subquery."""
    return select(*query.subquery().c)


def own(actor: Actor, wanted: Filter) -> Iterator[Range]:
    """Give the ranges that hold the actor's open tasks: one of his own, one of each whose substitute he is."""
    yield _assigned(actor.user_id, wanted)
    for one in actor.principals:
        assigned = _assigned(one.user_id, wanted)
        covered = and_(UserTask.site_id.in_(list(one.roles)), *_covered(one))
        yield Range(and_(assigned.where, covered), ordered=True)


def _assigned(user_id: int | None, wanted: Filter) -> Range:
    conditions = [OPEN, UserTask.assignee_id == user_id]
    if wanted.site_id is not None:
        conditions.append(UserTask.site_id == wanted.site_id)
    if wanted.now is not None and wanted.deferred:
        conditions.append(UserTask.follow_up_at > wanted.now)
    elif wanted.now is not None:
        due = or_(UserTask.follow_up_at.is_(None), UserTask.follow_up_at <= wanted.now)
        conditions.append(due)
    return Range(and_(*conditions), ordered=True)


def _covered(principal: Principal) -> Iterator[Condition]:
    """Narrow tasks to the procedures a substitution holds for."""
    if principal.process_ids:
        yield UserTask.process_id.in_(sorted(principal.process_ids))


def candidacies(actor: Actor, wanted: Filter) -> Iterator[Range]:
    """Give the ranges that hold what the actor may take: one per site and role, and one for tasks of several groups.

    A substitute may also take what the principal may, with the principal's roles.
    """
    sites = [one for one in actor.site_ids if wanted.site_id in (None, one)]
    if not sites:
        return
    for site_id in sites:
        here = and_(CLAIMABLE, UserTask.site_id == site_id)
        for role, covered in _groups_here(actor, site_id).items():
            ranged = and_(here, UserTask.candidate_group == role)
            yield Range(ranged if covered is None else and_(ranged, covered), ordered=True)
    listed = or_(
        _among(actor, {site_id: _groups(actor, site_id) for site_id in sites}),
        *(and_(_among(one, _shared(one, sites)), *_covered(one)) for one in actor.principals),
    )
    # Without the group the index would be read for all the site's tasks, not just for those of several groups.
    shared = UserTask.candidate_group.is_(None)
    several = and_(CLAIMABLE, UserTask.site_id.in_(sites), shared, listed)
    yield Range(several, ordered=False)


def _groups_here(actor: Actor, site_id: int) -> dict[str, Condition | None]:
    """Give each group by which the actor may take tasks at a site, with the procedures it is narrowed to, or None."""
    found: dict[str, Condition | None] = dict.fromkeys(_groups(actor, site_id))
    for one in actor.principals:
        covered = and_(true(), *_covered(one)) if one.process_ids else None
        for role in sorted(one.roles.get(site_id, ())):
            known = found.get(role, covered)
            both = None if known is None or covered is None else or_(known, covered)
            found[role] = both
    return found


def _shared(principal: Principal, sites: Sequence[int]) -> dict[int, list[str]]:
    return {one: sorted(principal.roles[one]) for one in sites if one in principal.roles}


def _among(person: Actor | Principal, groups: Mapping[int, list[str]]) -> Condition:
    """Find tasks by their rows of several groups and of named people."""
    named = and_(TaskCandidate.username == person.username, TaskCandidate.site_id.in_(list(groups)))
    held = [
        and_(TaskCandidate.site_id == site_id, TaskCandidate.candidate_group.in_(roles))
        for site_id, roles in groups.items()
    ]
    return UserTask.key.in_(select(TaskCandidate.task_key).where(or_(named, *held)))


def _groups(actor: Actor, site_id: int) -> list[str]:
    return sorted({*actor.roles_at(site_id), ALL_STAFF})


def narrowed(wanted: Filter) -> Iterator[Condition]:
    """Narrow tasks by a filter; its text is for `matching` and `called`."""
    yield true()
    if wanted.site_id is not None:
        yield UserTask.site_id == wanted.site_id
    if wanted.process_id:
        yield UserTask.process_id == wanted.process_id


def matching(query: Rows, text: str) -> Rows:
    """Narrow a query of tasks to those of its first rows whose step, summary, number or unit is what was typed.

    Only so many are looked through: the words stand in no index, and a box may hold hundreds of thousands.
    """
    columns = UserTask.key, UserTask.due_at, UserTask.name, UserTask.summary, UserTask.instance_key
    first = query.with_only_columns(*columns).limit(SEARCHED).subquery()
    found = or_(
        first.c.name.icontains(text, autoescape=True),
        type_coerce(first.c.summary, String).icontains(text, autoescape=True),
        first.c.instance_key.in_(called(text)),
    )
    return (
        select(first.c.key)
        .where(found)
        .order_by(first.c.due_at.is_(None), first.c.due_at, first.c.key)
    )


def narrowed_instances(wanted: Filter) -> Iterator[Condition]:
    """Narrow instances by a filter."""
    yield true()
    if wanted.site_id is not None:
        yield ProcessInstance.site_id == wanted.site_id
    if wanted.process_id:
        yield ProcessInstance.process_id == wanted.process_id
    if text := typed(wanted):
        yield ProcessInstance.key.in_(called(text))


def typed(wanted: Filter) -> str:
    """Give the text of a filter without what is around it, and no longer than anything it could be found in."""
    return wanted.text.strip()[:LONGEST]


def called(text: str) -> Select[int]:
    """Find instances by the beginning of the number or of the unit's label, or by the room, along their indexes.

    What is typed so short that it fits very many finds some of them.
    """
    number, label = text.upper(), canonical(text)
    found = [select(ProcessInstance.key).where(_begins(ProcessInstance.number, number))]
    if label:
        units = select(Unit.id).where(or_(_begins(Unit.label, label), Unit.room == label))
        found.append(select(ProcessInstance.key).where(ProcessInstance.unit_id.in_(units)))
    either = union_all(*(wrapped(each.limit(SEARCHED)) for each in found)).subquery()
    return select(either.c[0])


def among_called(query: Rows, text: str) -> Rows:
    """Narrow a query of tasks to those of instances called so.

    It begins with these instances: SQLite would read the whole box instead, and look for each task's among them.
    """
    columns = UserTask.key, UserTask.due_at
    theirs = select(*columns).where(UserTask.instance_key.in_(called(text)))
    first = theirs.limit(SEARCHED * 5).subquery()
    same: Rows = query.with_only_columns(literal_column("1")).order_by(None)
    return (
        select(first.c.key)
        .where(same.where(UserTask.key == first.c.key).exists())
        .order_by(first.c.due_at.is_(None), first.c.due_at, first.c.key)
    )


def _begins(column: Any, start: str) -> Condition:
    following = start[:-1] + chr(min(ord(start[-1]) + 1, LAST))
    return and_(column >= start, column < following)
