"""The lists: what I am to do, could take, have done and have started."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import and_, false, or_, select, true, union
from sqlalchemy.orm import Session

from engine.inbox.ranges import (
    COMPLETED,
    OPEN,
    Condition,
    Filter,
    Range,
    Rows,
    among_called,
    candidacies,
    matching,
    narrowed,
    narrowed_instances,
    own,
    typed,
    wrapped,
)
from engine.models.identity import Site, User
from engine.models.instance import ProcessInstance
from engine.models.task import COMPLETING as HELD
from engine.models.task import Copy, UserTask
from engine.staff.access import Actor
from engine.tasks import rights

Row = TypeVar("Row")

SIZE = 30
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
CURSOR = re.compile(r"(\d{0,16})\.(\d{1,18})", re.ASCII)


class TaskRow(NamedTuple):
    """A task with its instance and site and the name of who started the instance."""

    task: UserTask
    instance: ProcessInstance
    site: Site
    starter: str | None
    starter_en: str | None


class CopyRow(NamedTuple):
    """A copy with its instance and site and the name of who sent it; no name when a step did."""

    copy: Copy
    instance: ProcessInstance
    site: Site
    sender: str | None
    sender_en: str | None


class InstanceRow(NamedTuple):
    """An instance with its site; its open tasks come separately."""

    instance: ProcessInstance
    site: Site


@dataclass(frozen=True, kw_only=True)
class Page(Generic[Row]):
    """Some rows of a list; `next` is where the following page begins, None at the end."""

    rows: Sequence[Row]
    next: str | None = None


def mine(
    session: Session, actor: Actor, wanted: Filter, *, after: str = "", size: int = SIZE
) -> Page[TaskRow]:
    """List the actor's own open tasks and those of his principals, the longest overdue first, those without a limit last."""
    return _open_tasks(session, list(own(actor, wanted)), wanted, after, size)


def awaited(
    session: Session, actor: Actor, wanted: Filter, *, after: str = "", size: int = SIZE
) -> Page[TaskRow]:
    """List the actor's tasks that others must act on first: delegated, or submitted and waiting for signers."""
    delegated = and_(OPEN, UserTask.owner_id == actor.user_id, *narrowed(wanted))
    held = and_(UserTask.state == HELD, UserTask.completed_by == actor.user_id)
    ranges = [Range(delegated, ordered=False), Range(held, ordered=False)]
    return _open_tasks(session, ranges, wanted, after, size)


def copied(
    session: Session,
    actor: Actor,
    wanted: Filter,
    *,
    unread: bool = False,
    after: str = "",
    size: int = SIZE,
) -> Page[CopyRow]:
    """List what the actor was sent to read (抄送我的), the latest first; with `unread` only what he has not read."""
    query = (
        select(Copy, ProcessInstance, Site, User.name, User.name_en)
        .join(ProcessInstance, ProcessInstance.key == Copy.instance_key)
        .join(Site, Site.id == ProcessInstance.site_id)
        .outerjoin(User, User.id == Copy.sent_by)
        .where(Copy.user_id == actor.user_id, *narrowed_instances(wanted))
        .order_by(Copy.created_at.desc(), Copy.id.desc())
        .limit(size + 1)
    )
    if unread:
        query = query.where(Copy.read_at.is_(None))
    if after:
        moment, key = _position(after)
        query = query.where(_before(Copy.created_at, Copy.id, moment, key))
    rows = [CopyRow(*row) for row in session.execute(query)]
    return _page(rows, size, lambda row: _cursor(row.copy.created_at, row.copy.id))


def claimable(
    session: Session, actor: Actor, wanted: Filter, *, after: str = "", size: int = SIZE
) -> Page[TaskRow]:
    """List the open tasks nobody has and the actor may take, in the order of `mine`."""
    return _open_tasks(session, list(candidacies(actor, wanted)), wanted, after, size)


def done(
    session: Session, actor: Actor, wanted: Filter, *, after: str = "", size: int = SIZE
) -> Page[TaskRow]:
    """List the tasks the actor completed, the latest first."""
    query = (
        _task_rows()
        .where(UserTask.completed_by == actor.user_id, COMPLETED, *narrowed(wanted))
        .order_by(UserTask.completed_at.desc(), UserTask.key.desc())
        .limit(size + 1)
    )
    if text := typed(wanted):
        query = query.where(UserTask.key.in_(_searched(actor, text)))
    if after:
        moment, key = _position(after)
        query = query.where(_before(UserTask.completed_at, UserTask.key, moment, key))
    rows = [TaskRow(*row) for row in session.execute(query)]
    return _page(rows, size, lambda row: _cursor(row.task.completed_at, row.task.key))


def _searched(actor: Actor, text: str) -> Rows:
    """Look through the tasks the actor completed last."""
    mine = select(UserTask.key).where(UserTask.completed_by == actor.user_id, COMPLETED)
    return matching(mine.order_by(UserTask.completed_at.desc(), UserTask.key.desc()), text)


def started(
    session: Session, actor: Actor, wanted: Filter, *, after: str = "", size: int = SIZE
) -> Page[InstanceRow]:
    """List the instances the actor started, running and ended, the latest first."""
    query = (
        select(ProcessInstance, Site)
        .join(Site, Site.id == ProcessInstance.site_id)
        .where(ProcessInstance.started_by == actor.user_id, *narrowed_instances(wanted))
        .order_by(ProcessInstance.started_at.desc(), ProcessInstance.key.desc())
        .limit(size + 1)
    )
    if after:
        moment, key = _position(after)
        query = query.where(_before(ProcessInstance.started_at, ProcessInstance.key, moment, key))
    rows = [InstanceRow(*row) for row in session.execute(query)]
    return _page(rows, size, lambda row: _cursor(row.instance.started_at, row.instance.key))


def open_tasks_of(
    session: Session, instances: Sequence[ProcessInstance]
) -> dict[int, list[UserTask]]:
    """Give the open tasks of some instances, by the instance's key."""
    keys = [instance.key for instance in instances if instance.ended_at is None]
    if not keys:
        return {}
    found: dict[int, list[UserTask]] = {}
    query = select(UserTask).where(UserTask.instance_key.in_(keys), OPEN).order_by(UserTask.key)
    for task in session.scalars(query):
        found.setdefault(task.instance_key, []).append(task)
    return found


def next_own_task(session: Session, actor: Actor, instance_key: int) -> UserTask | None:
    """Give the open task of the instance the actor would do next: an own one, else one the actor may take."""
    query = select(UserTask).where(UserTask.instance_key == instance_key, OPEN)
    tasks = list(session.scalars(query.order_by(UserTask.due_at, UserTask.key)))
    own = [task for task in tasks if rights.holds(actor, task)]
    free = [task for task in tasks if rights.may_claim(actor, task)]
    return next(iter(own + free), None)


def _open_tasks(
    session: Session, ranges: Sequence[Range], wanted: Filter, after: str, size: int
) -> Page[TaskRow]:
    if not ranges:
        return Page(rows=[])
    legs = [leg for one in ranges for leg in _legs(one, wanted, after, size)]
    found = union(*legs).subquery()
    query = (
        _task_rows()
        .join(found, found.c.key == UserTask.key)
        .order_by(UserTask.due_at.is_(None), UserTask.due_at, UserTask.key)
        .limit(size + 1)
    )
    rows = [TaskRow(*row) for row in session.execute(query)]
    return _page(rows, size, lambda row: _cursor(row.task.due_at, row.task.key))


def _legs(of: Range, wanted: Filter, after: str, size: int) -> Iterator[Rows]:
    """Read a range behind a cursor; what is called by the text is found wherever in the range it stands."""
    text = typed(wanted)
    narrow = and_(*narrowed(wanted))
    for part in _parts(of, narrow, after):
        yield wrapped((matching(part, text) if text else part).limit(size + 1))
    if text:
        (part,) = _parts(Range(of.where, ordered=False), narrow, after)
        yield wrapped(among_called(part, text).limit(size + 1))


def _parts(of: Range, narrow: Condition, after: str) -> Iterator[Rows]:
    """Split a range behind a cursor: what has a due moment, then what has none; at once where it must be sorted."""
    moment, key = _position(after) if after else (EPOCH, 0)
    query = select(UserTask.key).where(of.where, narrow)
    undated = and_(UserTask.due_at.is_(None), UserTask.key > (key if moment is None else 0))
    dated = false() if moment is None else _after(UserTask.due_at, UserTask.key, moment, key)
    if not of.ordered:
        query = query.order_by(UserTask.due_at.is_(None), UserTask.due_at, UserTask.key)
        yield query.where(or_(dated, undated))
        return
    if moment is not None:
        yield query.where(dated).order_by(UserTask.due_at, UserTask.key)
    yield query.where(undated).order_by(UserTask.due_at, UserTask.key)


def _task_rows() -> Rows:
    return (
        select(UserTask, ProcessInstance, Site, User.name, User.name_en)
        .join(ProcessInstance, ProcessInstance.key == UserTask.instance_key)
        .join(Site, Site.id == UserTask.site_id)
        .outerjoin(User, User.id == ProcessInstance.started_by)
    )


def _page(rows: list[Row], size: int, cursor: Any) -> Page[Row]:
    more = len(rows) > size
    kept = rows[:size]
    return Page(rows=kept, next=cursor(kept[-1]) if more else None)


def _cursor(moment: dt.datetime | None, key: int) -> str:
    return f"{round(moment.timestamp() * 1_000_000) if moment else ''}.{key}"


def _position(cursor: str) -> tuple[dt.datetime | None, int]:
    """Read a cursor; one that makes no sense begins the list anew."""
    found = CURSOR.fullmatch(cursor)
    if found is None:
        return EPOCH, 0
    moment = EPOCH + dt.timedelta(microseconds=int(found[1])) if found[1] else None
    return moment, int(found[2])


def _after(column: Any, key_column: Any, moment: dt.datetime, key: int) -> Condition:
    return and_(column >= moment, or_(column > moment, key_column > key))


def _before(column: Any, key_column: Any, moment: dt.datetime | None, key: int) -> Condition:
    if moment is None:
        return true()
    return and_(column <= moment, or_(column < moment, key_column < key))
