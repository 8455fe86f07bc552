"""What holds after every commit, whatever happened: one set of questions to the database, asked after races and kills."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import attachments, audit, executions
from engine.engine import Engine
from engine.models import job as jobs
from engine.models import task as tasks
from engine.models.audit import AuditEntry
from engine.models.definition import ProcessDefinition
from engine.models.event import SignalSubscription
from engine.models.instance import ACTIVE, SUSPENDED, ElementInstance, ProcessInstance
from engine.models.job import Incident, Job, Message, MessageCorrelation, MessageSubscription
from engine.models.task import Attachment, UserTask
from engine.runtime import Execution, listeners
from tests.faults import invariants_beside

LISTENERS = {"executionListener", "taskListener"}
JOB_ELEMENTS = {"serviceTask", "sendTask", "intermediateThrowEvent", "endEvent"} | LISTENERS


def broken(engine: Engine) -> list[str]:
    """Say what does not hold; empty when all is well."""
    with engine.read() as session:
        every = session.scalars(select(ProcessInstance)).all()
        return [
            *(fault for one in every for fault in _instance(engine, session, one)),
            *_effects(session),
            *_messages(session),
            *_chains(engine, session),
            *_files(engine, session),
            *_versions(session),
            *invariants_beside.of_all(engine, session),
        ]


def broken_in(engine: Engine, key: int) -> list[str]:
    """Say what does not hold in one process instance and its audit."""
    with engine.read() as session:
        instance = session.get_one(ProcessInstance, key)
        return [*_instance(engine, session, instance), *_chain(engine, session, key)]


def _instance(engine: Engine, session: Session, instance: ProcessInstance) -> Iterator[str]:
    if instance.status in (ACTIVE, SUSPENDED):
        yield from _tokens(engine, session, instance)
    else:
        yield from _ended(session, instance)
    yield from _history(session, instance)
    yield from invariants_beside.of_instance(session, instance)


def _tokens(engine: Engine, session: Session, instance: ProcessInstance) -> Iterator[str]:
    """No token without its row and no row without its token."""
    execution = executions.peek(engine, session, instance)
    alive = {one.key: one for one in execution.active}
    well = {key: one for key, one in alive.items() if one.incident is None}
    of = f"instance {instance.key}"
    elements = {key: one.element_id for key, one in alive.items() if one.type not in LISTENERS}
    yield from _same(f"{of}: tokens", elements, {one["key"]: one["id"] for one in instance.active})
    yield from _same(
        f"{of}: user tasks",
        {key for key, one in well.items() if one.type in ("userTask", "startEvent")},
        _keys(
            session,
            UserTask,
            instance,
            UserTask.state.in_(tasks.UNFINISHED),
            UserTask.parent_key.is_(None),
        ),
    )
    yield from _held(session, instance, execution)
    yield from _signers(session, instance)
    yield from _same(
        f"{of}: jobs",
        {key for key, one in well.items() if one.type in JOB_ELEMENTS},
        _keys(session, Job, instance, Job.state.in_((jobs.CREATED, jobs.FAILED))),
    )
    for model, name in ((MessageSubscription, "name"), (SignalSubscription, "signal")):
        yield from _same(
            f"{of}: {model.__tablename__}",
            _listening(execution, name),
            _keys(session, model, instance),
        )
    yield from _same(f"{of}: next timer", execution.next_due, instance.next_due)
    if execution.completed or instance.ended_at is not None:
        yield f"{of} is {instance.status} but has ended"
    yield from _incidents(session, instance, {key for key in alive if key not in well})


def _held(session: Session, instance: ProcessInstance, execution: Execution) -> Iterator[str]:
    """Listeners decide about just those tasks whose tokens keep what somebody wanted."""
    rows = session.scalars(select(UserTask).where(UserTask.instance_key == instance.key)).all()
    waiting = {
        token.internal_data["key"]
        for token in execution._instance.all_tokens()
        if "transition" in token.internal_data
    }
    held = {row.key for row in rows if row.is_held}
    yield from _same(f"instance {instance.key}: held tasks", waiting, held)


def _signers(session: Session, instance: ProcessInstance) -> Iterator[str]:
    """A signer has no token; a task knows how many of its signers are unfinished, and is held only for them."""
    rows = session.scalars(select(UserTask).where(UserTask.instance_key == instance.key)).all()
    unfinished = set(tasks.UNFINISHED)
    by_key = {row.key: row for row in rows}
    counted = Counter(row.parent_key for row in rows if row.state in unfinished)
    for row in rows:
        if row.state in unfinished:
            yield from _same(f"task {row.key}: signers", counted[row.key], row.signers)
        if row.state == tasks.COMPLETING and not row.signers and not row.is_held:
            yield f"task {row.key} is held for nobody"
        parent = by_key.get(row.parent_key or 0)
        if row.parent_key is not None and (parent is None or row.root_key not in by_key):
            yield f"signer {row.key} has no task"
        if row.state == tasks.CREATING and parent is not None and parent.state != tasks.CREATED:
            yield f"signer {row.key} was not asked"


def _listening(execution: Execution, name: str) -> set[int]:
    return {
        listener["key"]
        for token in execution._instance.all_tokens()
        for listener in listeners.of(token)
        if name in listener
    }


def _incidents(session: Session, instance: ProcessInstance, stuck: set[int]) -> Iterator[str]:
    query = select(Incident.element_key).where(
        Incident.instance_key == instance.key,
        Incident.resolved_at.is_(None),
        Incident.job_key.is_(None),
        Incident.element_key.is_not(None),
    )
    yield from _same(
        f"instance {instance.key}: incidents", stuck, set(session.scalars(query).all())
    )


def _ended(session: Session, instance: ProcessInstance) -> Iterator[str]:
    """What has ended leaves nothing that somebody could still do."""
    of = f"ended instance {instance.key}"
    if instance.active or instance.next_due or instance.ended_at is None:
        yield f"{of} looks alive: {instance.active} {instance.next_due} {instance.ended_at}"
    open_job = Job.state.in_((jobs.CREATED, jobs.FAILED))
    for model, conditions in (
        (UserTask, [UserTask.state.in_((tasks.CREATING, tasks.CREATED, tasks.COMPLETING))]),
        (Job, [open_job]),
        (MessageSubscription, []),
        (SignalSubscription, []),
    ):
        yield from _same(
            f"{of}: {model.__tablename__}", set(), _keys(session, model, instance, *conditions)
        )


def _history(session: Session, instance: ProcessInstance) -> Iterator[str]:
    """An element instance is either alive or history, and a closed task or job is where it says it is."""
    rows = session.execute(
        select(ElementInstance.key, ElementInstance.state).where(
            ElementInstance.instance_key == instance.key
        )
    ).all()
    ended = {row.key: row.state for row in rows}
    alive = {entry["key"] for entry in instance.active}
    if both := ended.keys() & alive:
        yield f"instance {instance.key}: alive and ended: {sorted(both)}"
    states = {tasks.COMPLETED: "completed", tasks.CANCELED: "terminated"}
    with_token = select(UserTask).where(
        UserTask.instance_key == instance.key, UserTask.parent_key.is_(None)
    )
    for task in session.scalars(with_token):
        expected = states.get(task.state)
        if ended.get(task.key) != expected and not _stuck(session, task.key):
            yield f"task {task.key} is {task.state}, its element {ended.get(task.key)}"
    for job in session.scalars(select(Job).where(Job.instance_key == instance.key)):
        if job.state == jobs.COMPLETED and job.key in alive and not _stuck(session, job.key):
            yield f"job {job.key} is completed and still active"


def _stuck(session: Session, element_key: int) -> bool:
    query = select(Incident.key).where(
        Incident.element_key == element_key, Incident.resolved_at.is_(None)
    )
    return session.scalar(query) is not None


def _effects(session: Session) -> Iterator[str]:
    """A built-in job's effect is there exactly when the job is completed, and once."""
    done = session.scalars(select(Job).where(Job.state == jobs.COMPLETED)).all()
    started = Counter(job.instance_key for job in done if job.type == "guicheng.start-process")
    parents = session.scalars(
        select(ProcessInstance.parent_key).where(ProcessInstance.parent_key.is_not(None))
    ).all()
    yield from _same("started processes", dict(started), dict(Counter(parents)))
    told = {f"job-{job.key}" for job in done if job.type == "guicheng.publish-message"}
    sent = session.scalars(select(Message.message_id).where(Message.message_id.startswith("job-")))
    yield from _same("published messages", told, set(sent.all()))


def _messages(session: Session) -> Iterator[str]:
    """A correlation is noted in the audit of the instance it reached, and the other way round."""
    met = session.execute(
        select(MessageCorrelation.instance_key, MessageCorrelation.message_key)
    ).all()
    noted = session.execute(
        select(AuditEntry.chain, AuditEntry.detail).where(AuditEntry.action == "message.correlated")
    ).all()
    yield from _same(
        "correlated messages",
        Counter((row[0], str(row[1])) for row in met),
        Counter((row[0], row[1]["message"]) for row in noted),
    )


def _chains(engine: Engine, session: Session) -> Iterator[str]:
    for chain in [audit.ADMINISTRATION, *session.scalars(select(ProcessInstance.key))]:
        yield from _chain(engine, session, chain)


def _chain(engine: Engine, session: Session, chain: int) -> Iterator[str]:
    at = audit.first_break(session, engine.secret, chain)
    if at is not None:
        yield f"audit chain {chain} breaks at {at}"


def _files(engine: Engine, session: Session) -> Iterator[str]:
    for row in session.scalars(select(Attachment)):
        path = attachments.path_of(engine, row)
        content = path.read_bytes() if path.exists() else b""
        if hashlib.sha256(content).hexdigest() != row.digest or len(content) != row.size:
            yield f"attachment {row.key} is not on disk as it was uploaded"


def _versions(session: Session) -> Iterator[str]:
    """Versions count from 1 without gaps, and the last is the one new instances start with."""
    rows = session.scalars(select(ProcessDefinition).order_by(ProcessDefinition.version)).all()
    by_process: dict[str, list[ProcessDefinition]] = {}
    for row in rows:
        by_process.setdefault(row.process_id, []).append(row)
    for process_id, versions in by_process.items():
        yield from _same(
            f"versions of {process_id}",
            [(number, number == len(versions)) for number in range(1, len(versions) + 1)],
            [(row.version, row.latest) for row in versions],
        )


def _keys(session: Session, model: type, instance: ProcessInstance, *more: object) -> set[int]:
    query = select(model.key).where(model.instance_key == instance.key, *more)
    return set(session.scalars(query).all())


def _same(what: str, expected: object, found: object) -> Iterator[str]:
    if expected != found:
        yield f"{what}: expected {expected}, found {found}"


def count(engine: Engine, model: type, *conditions: object) -> int:
    """Count rows."""
    with engine.read() as session:
        return session.scalar(select(func.count()).select_from(model).where(*conditions)) or 0
