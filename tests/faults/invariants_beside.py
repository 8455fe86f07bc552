"""What holds of everything beside the tokens: decisions on tasks, clocks, signals, starts, batches, where tokens came from, copies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import anchors
from engine.deployment import definitions
from engine.engine import Engine
from engine.models import Base
from engine.models import batch as batches
from engine.models import clock as clocks
from engine.models import task as tasks
from engine.models.audit import AuditEntry
from engine.models.batch import Batch, BatchItem
from engine.models.clock import Clock, ClockPause
from engine.models.definition import ProcessDefinition
from engine.models.event import Signal, SignalDelivery, StartSubscription
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident
from engine.models.task import Copy, TaskCandidate, UserTask

DECIDED = ("task.completed", "task.returned", "task.skipped", "task.signed")
OPEN = tasks.UNFINISHED
# What outlives its instance: the results of batches, and tickets of the counter, which lose it.
OUTLIVING = {"batch_item", "ticket"}


def of_instance(session: Session, instance: ProcessInstance) -> Iterator[str]:
    """Say what does not hold beside the tokens of one instance."""
    found = session.scalars(select(UserTask).where(UserTask.instance_key == instance.key)).all()
    yield from _decisions(session, instance, found)
    known = {one.key for one in found}
    rows = session.scalars(select(TaskCandidate.task_key).where(TaskCandidate.task_key.in_(known)))
    offered = Counter(rows)
    for task in found:
        yield from _task(task, known, offered[task.key])
    yield from _clocks(session, instance, found)
    yield from _lineage(session, instance)
    yield from _copies(session, instance, known)


def of_all(engine: Engine, session: Session) -> Iterator[str]:
    """Say what does not hold beside the instances."""
    yield from _signals(session)
    yield from _starts(engine, session)
    yield from _batches(session)
    yield from _strays(session)
    yield from (f"anchor {fault}" for fault in anchors.verify(engine).faults)


def _decisions(session: Session, instance: ProcessInstance, found: list[UserTask]) -> Iterator[str]:
    """Every completed task was decided once, and nothing else was."""
    query = select(AuditEntry.detail).where(
        AuditEntry.chain == instance.key, AuditEntry.action.in_(DECIDED)
    )
    noted = Counter(detail["task"] for detail in session.scalars(query))
    done = Counter(str(one.key) for one in found if one.state == tasks.COMPLETED)
    if noted != done:
        yield f"instance {instance.key}: decided {noted - done}, completed {done - noted}"


def _task(task: UserTask, known: set[int], candidates: int) -> Iterator[str]:
    of = f"task {task.key}"
    if (task.state not in OPEN) != (task.completed_at is not None):
        yield f"{of} is {task.state} since {task.completed_at}"
    if task.state not in OPEN and task.check_at is not None:
        yield f"{of} is {task.state} and watched"
    if task.state == tasks.COMPLETED and task.parent_key is None and task.signers:
        yield f"{of} is completed and waits for {task.signers} signers"
    if task.owner_id is not None and task.assignee_id in (None, task.owner_id):
        yield f"{of} is delegated to {task.assignee_id}"
    before = (task.origin or {}).get("of")
    if before is not None and int(before) not in known:
        yield f"{of} was done before as {before}, which is gone"
    if candidates and task.state not in OPEN:
        yield f"{of} is {task.state} and still offered"
    if task.state in OPEN and task.parent_key is None and bool(candidates) == _alone(task):
        yield f"{of} is offered {candidates} times beside {task.candidate_group}"


def _alone(task: UserTask) -> bool:
    return task.candidate_group is not None or not (task.groups or task.users)


def _clocks(session: Session, instance: ProcessInstance, found: list[UserTask]) -> Iterator[str]:
    """A clock that stands still has one pause that goes on, others none; what is over runs no more."""
    running: Counter[tuple[str, int | None]] = Counter()
    scopes = {entry["key"] for entry in instance.active} | {None}
    rows = session.scalars(select(Clock).where(Clock.instance_key == instance.key)).all()
    still = {one.key: one.state == clocks.PAUSED for one in rows}
    still |= {one.key: one.paused_at is not None for one in found
              if one.state != tasks.CANCELED and one.parent_key is None}  # fmt: skip
    yield from _pauses(session, still)
    for clock in rows:
        over = clock.state == clocks.STOPPED
        if over != (clock.stopped_at is not None) or (over and clock.check_at):
            yield f"clock {clock.key} is {clock.state}: {clock.stopped_at} {clock.check_at}"
        if still[clock.key] != (clock.paused_at is not None):
            yield f"clock {clock.key} is {clock.state} but paused at {clock.paused_at}"
        if not over:
            running[clock.limit_key, clock.scope_key] += 1
            if instance.ended_at or clock.scope_key not in scopes:
                yield f"clock {clock.key} runs on"
    if twice := [one for one, count in running.items() if count > 1]:
        yield f"instance {instance.key}: clocks run twice: {twice}"


def _pauses(session: Session, still: dict[int, bool]) -> Iterator[str]:
    going_on = select(ClockPause.clock_key).where(
        ClockPause.clock_key.in_(still), ClockPause.ended_at.is_(None)
    )
    found = Counter(session.scalars(going_on)) if still else Counter()
    for key, expected in still.items():
        if found[key] != expected:
            yield f"clock {key}: {found[key]} pauses go on, expected {int(expected)}"


def _lineage(session: Session, instance: ProcessInstance) -> Iterator[str]:
    """Every token came from element instances that are known, and none from itself."""
    rows = session.execute(
        select(ElementInstance.key, ElementInstance.came_from, ElementInstance.scope_key)
        .where(ElementInstance.instance_key == instance.key)
    ).all()  # fmt: skip
    entries = [(one["key"], one.get("from"), one["scope"]) for one in instance.active]
    passages = [*((row.key, row.came_from, row.scope_key) for row in rows), *entries]
    known = {key for key, _, _ in passages}
    for key, came_from, scope in passages:
        if strange := (set(came_from or ()) - known) | (set(came_from or ()) & {key}):
            yield f"element instance {key} came from {strange}"
        if scope is not None and scope not in known:
            yield f"element instance {key} lies in {scope}, which is gone"


def _copies(session: Session, instance: ProcessInstance, known: set[int]) -> Iterator[str]:
    """Whoever got a copy was sent it."""
    keys = session.scalars(select(Copy.task_key).where(Copy.instance_key == instance.key)).all()
    sent = select(func.count()).where(
        AuditEntry.chain == instance.key, AuditEntry.action == "task.copied"
    )
    if keys and not session.scalar(sent):
        yield f"instance {instance.key}: copies nobody sent"
    if strange := set(keys) - known - {None}:
        yield f"instance {instance.key}: copies of tasks {strange}"


def _signals(session: Session) -> Iterator[str]:
    for delivery in session.scalars(select(SignalDelivery)):
        if session.get(Signal, delivery.signal_key) is None:
            yield f"delivery {delivery.id} has no signal"
        if delivery.incident_key is not None:
            incident = session.get(Incident, delivery.incident_key)
            if incident is None or incident.resolved_at is not None:
                yield f"delivery {delivery.id} waits for an incident that is over"


def _starts(engine: Engine, session: Session) -> Iterator[str]:
    """Exactly the triggered start events of the latest versions wait."""
    expected: set[tuple[int, str]] = set()
    for key in session.scalars(select(ProcessDefinition.key).where(ProcessDefinition.latest)):
        found = definitions.get(engine, session, key)
        events = found.diagram.triggered_starts(found.process_id)
        expected |= {(key, event.id) for event in events}
    rows = session.execute(
        select(StartSubscription.definition_key, StartSubscription.element_id, StartSubscription.site_id)
    ).all()  # fmt: skip
    if expected != {(row[0], row[1]) for row in rows}:
        yield f"start events: expected {expected}, found {rows}"
    if twice := [row for row, count in Counter(rows).items() if count > 1]:
        yield f"start events wait twice: {twice}"


def _batches(session: Session) -> Iterator[str]:
    for batch in session.scalars(select(Batch)):
        items = session.scalars(select(BatchItem).where(BatchItem.batch_key == batch.key)).all()
        of = f"batch {batch.key} ({batch.kind})"
        if len(items) != batch.total or len({one.instance_key for one in items}) != len(items):
            yield f"{of} has {len(items)} items of {batch.total}"
        over = batch.state in (batches.COMPLETED, batches.CANCELED)
        if over != (batch.ended_at is not None):
            yield f"{of} is {batch.state} since {batch.ended_at}"
        for item in items:
            yield from _item(session, batch, item, over=over)


def _item(session: Session, batch: Batch, item: BatchItem, *, over: bool) -> Iterator[str]:
    of = f"batch {batch.key} ({batch.kind}), instance {item.instance_key}"
    if (item.state == batches.ACTIVE) != (item.processed_at is None):
        yield f"{of} is {item.state} since {item.processed_at}"
    if over and item.state == batches.ACTIVE:
        yield f"{of} was left out"
    gone = session.get(ProcessInstance, item.instance_key) is None
    if batch.kind == "delete" and item.state == batches.COMPLETED and not gone:
        yield f"{of} is still there"
    if batch.kind == "migrate" and not gone:
        query = select(AuditEntry.detail).where(
            AuditEntry.chain == item.instance_key, AuditEntry.action == "instance.migrated"
        )
        if (item.state == batches.COMPLETED) and not session.scalars(query).all():
            yield f"{of} was not migrated"


def _strays(session: Session) -> Iterator[str]:
    """No row names an instance that is gone."""
    there = select(ProcessInstance.key)
    for table in Base.metadata.sorted_tables:
        if "instance_key" not in table.c or table.name in OUTLIVING:
            continue
        column = table.c.instance_key
        query = (
            select(func.count()).select_from(table).where(column.is_not(None), column.not_in(there))
        )
        if count := session.scalar(query):
            yield f"{table.name}: {count} rows of instances that are gone"
    chains = select(func.count()).select_from(AuditEntry).where(
        AuditEntry.chain != 0, AuditEntry.chain.not_in(there)
    )  # fmt: skip
    if count := session.scalar(chains):
        yield f"audit: {count} entries of instances that are gone"
