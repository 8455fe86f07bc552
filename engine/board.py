"""The board of supervisors: what is overdue at a site, who has how much in hand, and which approvals wait for the reader.

Supervisors see the tasks of their own roles and of those below them on the ladder. Everything here reads.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Text, and_, case, func, or_, select, true, type_coerce
from sqlalchemy.orm import Session

from engine.inbox import ranges
from engine.inbox.ranges import OPEN
from engine.models.identity import User
from engine.models.instance import ProcessInstance
from engine.models.task import UserTask
from engine.staff import roles
from engine.staff.access import Actor

ALL_SEEING = frozenset({"process_owner", "admin", "quality_inspector"})
MOST = 1000


class Late(NamedTuple):
    """An overdue task with its instance and who has it, if somebody has."""

    task: UserTask
    instance: ProcessInstance
    user: User | None


@dataclass(frozen=True, kw_only=True)
class Load:
    """What one person has in hand, or what nobody has claimed (no user): overdue, due today, later, standing still."""

    user: User | None
    late: int
    today: int
    later: int
    paused: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.late + self.today + self.later + self.paused


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """Approvals of one step that the reader may give: how many, the first moment one is due, and one of them."""

    process_id: str
    element_id: str
    number: int
    next_due: dt.datetime | None
    task: UserTask


def overdue(
    session: Session, actor: Actor, site_id: int, now: dt.datetime, size: int = 10
) -> tuple[list[Late], int]:
    """Give the tasks overdue for longest at a site, and how many there are."""
    late = and_(_watched(actor, site_id), UserTask.paused_at.is_(None), UserTask.due_at < now)
    query = (
        select(UserTask, ProcessInstance, User)
        .join(ProcessInstance, ProcessInstance.key == UserTask.instance_key)
        .outerjoin(User, User.id == UserTask.assignee_id)
        .where(late)
        .order_by(UserTask.due_at, UserTask.key)
        .limit(size)
    )
    total = session.scalar(select(func.count()).where(late)) or 0
    return [Late(*row) for row in session.execute(query)], total


def workload(
    session: Session, actor: Actor, site_id: int, now: dt.datetime, midnight: dt.datetime
) -> list[Load]:
    """Give what everybody has in hand at a site, who has most overdue first, what nobody has claimed last."""
    running = UserTask.paused_at.is_(None)
    late = and_(running, UserTask.due_at < now)
    today = and_(running, UserTask.due_at >= now, UserTask.due_at <= midnight)
    query = (
        select(
            UserTask.assignee_id, func.count(), _number(late), _number(today),
            _number(UserTask.paused_at.is_not(None)),
        )
        .where(_watched(actor, site_id))
        .group_by(UserTask.assignee_id)
    )  # fmt: skip
    rows = session.execute(query).all()
    people = {one.id: one for one in session.scalars(select(User).where(User.id.in_([row[0] for row in rows])))}  # fmt: skip
    loads = [
        Load(user=people.get(who), late=due, today=soon, paused=still, later=total - due - soon - still)
        for who, total, due, soon, still in rows
    ]  # fmt: skip
    return sorted(loads, key=lambda one: (one.user is None, -one.late, -one.total))


def approvals(session: Session, actor: Actor, site_id: int, now: dt.datetime) -> list[Waiting]:
    """Give the approvals the reader has or may claim at a site, by step, the first due first."""
    wanted = ranges.Filter(site_id=site_id, now=now)
    mine = [*ranges.own(actor, wanted), *ranges.candidacies(actor, wanted)]
    if not mine:
        return []
    asks = type_coerce(UserTask.properties, Text).like('%"outcomes"%')
    query = select(UserTask).where(or_(*(one.where for one in mine)), asks).limit(MOST)
    steps: dict[tuple[str, str], list[UserTask]] = {}
    for task in session.scalars(query):
        steps.setdefault((task.process_id, task.element_id), []).append(task)
    found = [_waiting(tasks) for tasks in steps.values()]
    return sorted(found, key=lambda one: (one.next_due is None, one.next_due))


def _waiting(tasks: Sequence[UserTask]) -> Waiting:
    first = min(tasks, key=lambda one: (one.due_at is None, one.due_at))
    return Waiting(
        process_id=first.process_id,
        element_id=first.element_id,
        number=len(tasks),
        next_due=first.due_at,
        task=first,
    )


def _number(condition: ColumnElement[bool]) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _watched(actor: Actor, site_id: int) -> ColumnElement[bool]:
    """The open tasks of a site that are for the actor's roles or those below; signers' rows are their tasks' matter."""
    return and_(
        OPEN, UserTask.site_id == site_id, UserTask.root_key.is_(None), _reach(actor, site_id)
    )


def _reach(actor: Actor, site_id: int) -> ColumnElement[bool]:
    held = actor.roles_at(site_id)
    if actor.is_system or held & ALL_SEEING:
        return true()
    reach = sorted(held | {one for one in roles.catalogue() if roles.superiors(one) & held})
    return or_(UserTask.candidate_group.in_(reach), UserTask.candidate_group.is_(None))
