"""Retention: how long instances that ended are kept, and deleting them with everything that belongs to them.

Without a rule for its process an instance is kept for ever. No rule may be shorter than six months: the audit is a log of
operations (网络安全法 第二十一条（三）). That personal data is kept no longer than it is needed (个人信息保护法 第十九条) is
for the company to decide, process by process.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Select, delete, false, func, literal, or_, select, union_all, update
from sqlalchemy.orm import Session

from engine import attachments, instances
from engine.engine import Command, Engine
from engine.errors import Conflict, NotAllowed, NotFound, Rejected
from engine.models import Base
from engine.models.audit import AuditEntry
from engine.models.batch import ACTIVE, SUSPENDED, Batch, RetentionRule
from engine.models.clock import Clock
from engine.models.definition import ProcessDefinition
from engine.models.instance import ACTIVE as RUNNING
from engine.models.instance import SUSPENDED as STANDING
from engine.models.instance import ProcessInstance
from engine.models.task import Attachment, Draft, UserTask
from engine.operations import batches
from engine.staff.access import SYSTEM
from engine.store import database

SHORTEST, LONGEST = 183, 36_500
# What stays when an instance goes: the results of batches, and tickets of the counter without their instance.
KEPT, UNLINKED = {"batch_item"}, {"ticket"}
FOUND_BY = ("clock", "user_task")


class InstanceRunning(Conflict):
    """This process instance has not ended."""

    code = "instance_running"


@dataclass(frozen=True, kw_only=True)
class Expired:
    """What would be deleted of a process: instances that ended before the rule's days, and what they bring along."""

    process_id: str
    days: int
    instances: int
    tasks: int
    attachments: int
    bytes: int


def rules(session: Session) -> dict[str, int]:
    """Give the days by process for those that have a rule."""
    query = select(RetentionRule.process_id, RetentionRule.days).order_by(RetentionRule.process_id)
    return {row.process_id: row.days for row in session.execute(query)}


def change(command: Command, process_id: str, days: int | None) -> None:
    """Keep ended instances of a process for so many days; None keeps them for ever.

    For process owners and administrators. Raises NotFound, NotAllowed, or Rejected below 183 and above 36,500 days.
    """
    batches.require_operator(command.actor)
    known = select(ProcessDefinition.key).where(ProcessDefinition.process_id == process_id)
    if command.session.scalar(known.limit(1)) is None:
        raise NotFound(noun="process definition", key=process_id)
    if days is not None and not SHORTEST <= days <= LONGEST:
        raise Rejected(reason=f"{days} days are not between {SHORTEST} and {LONGEST}")
    before = rules(command.session).get(process_id)
    if days is None:
        gone = delete(RetentionRule).where(RetentionRule.process_id == process_id)
        command.session.execute(gone)
    else:
        value = {"days": days, "changed_by": command.actor.user_id, "changed_at": command.now}
        row = database.insert_of(command.session)(RetentionRule).values(
            process_id=process_id, **value
        )
        command.session.execute(
            row.on_conflict_do_update(index_elements=["process_id"], set_=value)
        )
    command.audit("retention.changed", process_id, before=before, after=days)


def expired(session: Session, now: dt.datetime) -> Select[ProcessInstance]:
    """Select the instances whose time is over by the rules as they are."""
    over = [
        (ProcessInstance.process_id == process_id)
        & (ProcessInstance.ended_at < now - dt.timedelta(days=days))
        for process_id, days in rules(session).items()
    ]
    return select(ProcessInstance).where(ProcessInstance.ended_at.is_not(None), or_(false(), *over))


def estimate(session: Session, now: dt.datetime) -> list[Expired]:
    """Tell what a clean-up now would delete, by process; nothing is changed."""
    found = []
    for process_id, days in rules(session).items():
        keys = (
            expired(session, now)
            .where(ProcessInstance.process_id == process_id)
            .with_only_columns(ProcessInstance.key)
        )
        files = select(func.count(), func.coalesce(func.sum(Attachment.size), 0)).where(
            Attachment.instance_key.in_(keys)
        )
        count, size = session.execute(files).one()
        found.append(
            Expired(
                process_id=process_id, days=days, attachments=count, bytes=size,
                instances=session.scalar(select(func.count()).select_from(keys.subquery())) or 0,
                tasks=session.scalar(select(func.count()).where(UserTask.instance_key.in_(keys))) or 0,
            )
        )  # fmt: skip
    return found


def clean(command: Command) -> Batch:
    """Delete everything whose time is over, as a batch. For administrators and process owners, and the system itself."""
    batches.require_operator(command.actor)
    chosen = expired(command.session, command.now)
    if not command.actor.is_system:
        chosen = chosen.where(ProcessInstance.site_id.in_(command.actor.site_ids))
    return batches.begin(command, batches.DELETE, chosen, reason="retention")


def sweep(engine: Engine) -> Batch | None:
    """Begin a clean-up unless nothing is due or one is under way; give its batch."""
    with engine.begin(SYSTEM) as command:
        database.take_turns(command.session, "retention")
        under_way = select(Batch.key).where(
            Batch.kind == batches.DELETE, Batch.state.in_((ACTIVE, SUSPENDED))
        )
        due = expired(command.session, command.now).with_only_columns(ProcessInstance.key).limit(1)
        if command.session.scalar(under_way.limit(1)) or not command.session.scalar(due):
            return None
        return clean(command)


def delete_instance(command: Command, key: int, reason: str = "") -> None:
    """Delete an ended instance with its history, tasks, data, audit chain and files; a note of it stays in the audit.

    For administrators and process owners of the site. Raises NotFound, NotAllowed, InstanceRunning, and Rejected unless
    there is a rule for the process whose days have passed.
    """
    instance = instances.lock(command, key)
    _require_deletable(command, instance)
    session = command.session
    task_keys = select(UserTask.key).where(UserTask.instance_key == key)
    digests = set(session.scalars(select(Attachment.digest).where(Attachment.instance_key == key)))
    subjects = [f"task:{one}" for one in session.scalars(task_keys)]
    session.execute(delete(Draft).where(Draft.subject.in_(subjects)))
    counts = _delete_rows(session, key, task_keys)
    session.execute(delete(AuditEntry).where(AuditEntry.chain == key))
    session.execute(
        update(ProcessInstance).where(ProcessInstance.parent_key == key).values(parent_key=None)
    )
    note = _note(instance)
    session.expunge(instance)
    session.execute(delete(ProcessInstance).where(ProcessInstance.key == key))
    command.audit("instance.deleted", str(key), **note, rows=counts, reason=reason[:1000])
    command.after_commit(partial(_drop_files, command.engine, digests))


def _drop_files(engine: Engine, digests: set[str]) -> None:
    attachments.drop_orphans(engine, digests)


def _require_deletable(command: Command, instance: ProcessInstance) -> None:
    actor, rule = command.actor, rules(command.session).get(instance.process_id)
    if not actor.is_system and not batches.OPERATORS & actor.roles_at(instance.site_id):
        raise NotAllowed(reason="deleting process instances")
    if instance.status in (RUNNING, STANDING) or instance.ended_at is None:
        raise InstanceRunning(number=instance.number)
    if rule is None or instance.ended_at >= command.now - dt.timedelta(days=rule):
        raise Rejected(reason="it must still be kept")


def _delete_rows(session: Session, key: int, task_keys: Select[int]) -> dict[str, int]:
    """Delete the rows of every table that names the instance, one of its tasks or clocks; children before parents.

    The tables are found by their columns, so that none is forgotten when one is added.
    """
    clock_keys = select(Clock.key).where(Clock.instance_key == key)
    owners: dict[str, Any] = {
        "instance_key": [key],
        "task_key": task_keys,
        "clock_key": union_all(task_keys, clock_keys),
    }
    counts: dict[str, int] = {}
    children_first = Base.metadata.sorted_tables[::-1]
    # The rows by which the others are found go last.
    tables = sorted(children_first, key=lambda table: table.name in FOUND_BY)
    for table in tables:
        named = [table.c[name].in_(keys) for name, keys in owners.items() if name in table.c]
        if not named or table.name in KEPT:
            continue
        if table.name in UNLINKED:
            session.execute(update(table).where(or_(*named)).values(instance_key=None))
            continue
        gone = session.scalars(delete(table).where(or_(*named)).returning(literal(1))).all()
        counts |= {table.name: len(gone)} if gone else {}
    return counts


def _note(instance: ProcessInstance) -> dict[str, Any]:
    """What stays known of a deleted instance: no personal data, but the head of its audit chain."""
    ended = instance.ended_at
    return {
        "process": instance.process_id,
        "number": instance.number,
        "started": instance.started_at.isoformat(),
        "ended": ended.isoformat() if ended else None,
        "status": instance.status,
        "chain": [instance.audit_seq, instance.audit_hash],
    }
