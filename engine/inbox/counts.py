"""How much each box holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, literal, literal_column, or_, select, union_all
from sqlalchemy.orm import Session

from engine.inbox.ranges import (
    OPEN,
    Condition,
    Filter,
    Rows,
    candidacies,
    narrowed_instances,
    own,
    wrapped,
)
from engine.models.instance import ProcessInstance
from engine.models.task import Copy, UserTask
from engine.staff.access import Actor

MOST = 1000


@dataclass(frozen=True, kw_only=True)
class Count:
    """How many rows of one procedure a box holds, how many are overdue and how many fall due today."""

    process_id: str
    definition_key: int
    total: int
    late: int = 0
    today: int = 0


def counts(
    session: Session,
    actor: Actor,
    now: dt.datetime,
    midnight: dt.datetime,
    site_id: int | None = None,
) -> dict[str, list[Count]]:
    """Count the boxes `mine`, `claimable`, `started` (running ones) and `copied` (unread ones) by procedure, in one statement.

    `midnight` ends today. Claimable tasks are counted up to 1,000 per site and role, started instances among the latest 1,000.
    """  # fmt: skip
    wanted = Filter(site_id=site_id, now=now)
    parts = [
        _count_mine(actor, wanted, now, midnight),
        _count_started(actor, wanted),
        _count_copied(actor, wanted),
    ]
    legs = [_few(one.where) for one in candidacies(actor, wanted)]
    if legs:
        parts.append(_count_few("claimable", union_all(*legs).subquery()))
    found: dict[str, list[Count]] = {"mine": [], "claimable": [], "started": [], "copied": []}
    for box, process_id, key, total, late, today in session.execute(union_all(*parts)):
        found[box].append(
            Count(process_id=process_id, definition_key=key, total=total, late=late, today=today)
        )
    return found


def overdue(session: Session, actor: Actor, now: dt.datetime) -> int:
    """Count the actor's own open tasks that are overdue."""
    query = select(func.count()).where(
        OPEN, UserTask.assignee_id == actor.user_id, UserTask.due_at < now,
        UserTask.paused_at.is_(None),
    )  # fmt: skip
    return session.scalar(query) or 0


def _count_mine(actor: Actor, wanted: Filter, now: dt.datetime, midnight: dt.datetime) -> Rows:
    running = UserTask.paused_at.is_(None)
    late = and_(running, UserTask.due_at < now)
    today = and_(running, UserTask.due_at >= now, UserTask.due_at <= midnight)
    return (
        select(
            literal("mine").label("box"),
            UserTask.process_id,
            func.max(UserTask.definition_key),
            func.count(),
            func.sum(case((late, 1), else_=0)),
            func.sum(case((today, 1), else_=0)),
        )
        .where(or_(*(one.where for one in own(actor, wanted))))
        .group_by(UserTask.process_id)
    )


def _few(where: Condition) -> Rows:
    return wrapped(select(UserTask.process_id, UserTask.definition_key).where(where).limit(MOST))


def _count_started(actor: Actor, wanted: Filter) -> Rows:
    latest = (
        select(ProcessInstance.process_id, ProcessInstance.definition_key, ProcessInstance.ended_at)
        .where(ProcessInstance.started_by == actor.user_id, *narrowed_instances(wanted))
        .order_by(ProcessInstance.started_at.desc())
        .limit(MOST)
        .subquery()
    )
    return _count_few("started", latest).where(latest.c.ended_at.is_(None))


def _count_copied(actor: Actor, wanted: Filter) -> Rows:
    latest = (
        select(ProcessInstance.process_id, ProcessInstance.definition_key)
        .join(Copy, Copy.instance_key == ProcessInstance.key)
        .where(Copy.user_id == actor.user_id, Copy.read_at.is_(None), *narrowed_instances(wanted))
        .limit(MOST)
        .subquery()
    )
    return _count_few("copied", latest)


def _count_few(box: str, found: Any) -> Rows:
    nothing: Any = literal_column("0")
    return select(
        literal(box), found.c.process_id, func.max(found.c.definition_key), func.count(),
        nothing, nothing,
    ).group_by(found.c.process_id)  # fmt: skip
