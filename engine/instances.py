"""Process instances: start, load, advance, save, cancel.

Every operation on an instance follows one path: lock its row, load the execution, act, project what happened, save.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from sqlalchemy import Select, bindparam, delete, exists, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from engine import executions, numbers, projection, registry
from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.engine import Command
from engine.errors import (
    BudgetExceeded,
    DuplicateBusinessKey,
    ExpressionFailed,
    InstanceClosed,
    InstanceSuspended,
    NotAllowed,
    NotFound,
    Rejected,
)
from engine.expressions import feel
from engine.flow import hidings
from engine.models.identity import Site, User
from engine.models.instance import (
    ACTIVE,
    COMPLETED,
    SUSPENDED,
    TERMINATED,
    ElementInstance,
    ProcessInstance,
)
from engine.models.job import Incident, Job, MessageSubscription
from engine.models.task import Copy, UserTask
from engine.runtime import Element, Execution, cancelable_until, cancelable_within
from engine.staff import approvers
from engine.staff.access import Actor
from engine.store import rows
from engine.store.keys import is_key
from engine.timing import clocks

Part = TypeVar("Part", UserTask, Job)

UNIT_VARIABLE = "unit_no"
LONGEST_KEY = 255


def visible_to(actor: Actor) -> Select[ProcessInstance]:
    """Select the instances the actor may see: those of the sites where the actor works, but for those kept from him."""
    query = select(ProcessInstance)
    if actor.is_system:
        return query
    if actor.hidden:
        query = query.where(ProcessInstance.key.not_in(actor.hidden))
    return query.where(ProcessInstance.site_id.in_(actor.site_ids))


def get(session: Session, actor: Actor, key: int) -> ProcessInstance:
    """Give an instance the actor may read: of a site where he works, or sent to him. Raises NotFound for all others."""
    if not is_key(key) or not actor.may_see(key):
        raise NotFound(noun="process instance", key=key)
    found = session.scalar(visible_to(actor).where(ProcessInstance.key == key))
    if found is None and actor.user_id is not None:
        sent = select(Copy.instance_key).where(
            Copy.instance_key == key, Copy.user_id == actor.user_id
        )
        found = session.scalar(select(ProcessInstance).where(ProcessInstance.key.in_(sent)))
    if found is None:
        raise NotFound(noun="process instance", key=key)
    return found


def start(
    command: Command,
    definition: Definition,
    site: Site,
    variables: Mapping[str, Any],
    *,
    business_key: str | None = None,
    parent_key: int | None = None,
    start_event: str | None = None,
    correlation_key: str = "",
    held: bool = False,
    key: int | None = None,
) -> ProcessInstance:
    """Start an instance at a site and run it to its first wait states; `held`, it does not even leave its start event.

    `variables` are already validated. It starts at the none start event, or at the `start_event` that was triggered, with the
    `correlation_key` of its message. The business key is given, or computed by the start event's `businessKey`; it is
    unique among the active instances of a process at a site; `key` is a new one, when something names it already. One that a triggered event fails to compute is empty, and an
    incident says so. Raises NotAllowed, DuplicateBusinessKey, or BudgetExceeded when
    the process runs on without waiting; then nothing has been written.
    """
    if not _may_start(command.actor, definition, site):
        raise NotAllowed(reason=f"starting {definition.process_id} at {site.key}")
    event = _start_element(definition, start_event)
    instance = _new_instance(command, definition, site, variables, parent_key, event)
    instance.key = key or command.new_key()
    instance.correlation_key = correlation_key
    failed: ExpressionFailed | None = None
    try:
        instance.business_key = business_key or _business_key(command, instance, event, variables)
    except ExpressionFailed as error:
        if start_event is None:
            raise
        instance.business_key, failed = "", error
    _refuse_duplicate(command.session, instance)
    execution = Execution.start(
        definition.diagram,
        definition.key,
        executions.context(command, instance, definition),
        dict(variables),
        process_id=definition.process_id,
        start_event=start_event,
        held=held,
    )
    instance.state = b""
    instance.variables = {}
    instance.active = []
    _insert(command.session, instance)
    if parent_key is not None:
        hidings.inherit(command, instance)
    command.audit("instance.started", instance.process_id, on=instance, number=instance.number)
    save(command, instance, execution)
    if failed:
        projection.record_failure(command, instance, start_event or "", failed.message)
    return instance


def _may_start(actor: Actor, definition: Definition, site: Site) -> bool:
    """Whether the actor may start it there; what names no start group only those may who answer for the processes."""
    unsaid = not definition.start_groups and actor.has("process_owner", site.id)
    return unsaid or definitions.may_start(actor, definition.start_groups, site.id)


def _start_element(definition: Definition, start_event: str | None) -> Element | None:
    if start_event:
        return definition.diagram.elements[start_event]
    return definition.diagram.start_event(definition.process_id)


def _insert(session: Session, instance: ProcessInstance) -> None:
    try:
        rows.insert(session, instance)
    except IntegrityError as error:
        # Somebody started the same at the same moment, and their transaction was first.
        raise DuplicateBusinessKey(
            process_id=instance.process_id, business_key=instance.business_key, instance_key=None
        ) from error


def _new_instance(
    command: Command,
    definition: Definition,
    site: Site,
    variables: Mapping[str, Any],
    parent_key: int | None,
    event: Element | None,
) -> ProcessInstance:
    prefix = event.properties.get("numberPrefix", "") if event else ""
    unit = registry.find_unit(command.session, site.id, str(variables.get(UNIT_VARIABLE) or ""))
    return ProcessInstance(
        process_id=definition.process_id,
        definition_key=definition.key,
        site_id=site.id,
        number=numbers.next_number(command, prefix, site) if prefix else "",
        parent_key=parent_key,
        unit_id=unit.id if unit else None,
        unit_label=unit.label if unit else "",
        status=ACTIVE,
        policy=clocks.snapshot(command, definition, site, unit),
        started_by=command.actor.user_id,
        started_at=command.now,
        version=0,
        audit_seq=0,
        audit_hash="",
    )


def _business_key(
    command: Command,
    instance: ProcessInstance,
    event: Element | None,
    variables: Mapping[str, Any],
) -> str:
    source = event.properties.get("businessKey", "") if event else ""
    if not source.startswith("="):
        return source
    scope = {**executions.names(command, instance), **variables}
    now = command.now.astimezone(ZoneInfo(instance.policy["zone"]))
    result = feel().batch([source], scope, now=now)[0]
    if result.error or not isinstance(result.value, str) or len(result.value) > LONGEST_KEY:
        raise ExpressionFailed(expression=source, reason=result.error or "not a short string")
    return result.value


def _refuse_duplicate(session: Session, instance: ProcessInstance) -> None:
    if not instance.business_key:
        return
    twin = session.scalar(
        select(ProcessInstance.key).where(
            ProcessInstance.site_id == instance.site_id,
            ProcessInstance.process_id == instance.process_id,
            ProcessInstance.business_key == instance.business_key,
            ProcessInstance.ended_at.is_(None),
        )
    )
    if twin is not None:
        raise DuplicateBusinessKey(
            process_id=instance.process_id, business_key=instance.business_key, instance_key=twin
        )


def lock(command: Command, key: int) -> ProcessInstance:
    """Give an instance for changing it; others wait until this command ends. Raises NotFound."""
    (found,) = _first(command, (ProcessInstance,), _LOCK, key)
    return _own(command, found, "process instance", key)


def lock_with(
    command: Command, kind: type[Part], noun: str, key: int
) -> tuple[ProcessInstance, Part]:
    """Give a task or job and its instance for changing them, the instance locked first. Raises NotFound for `noun`."""
    instance, part = _first(command, (ProcessInstance, kind), _locking_with(kind), key)
    return _own(command, instance, noun, key), cast("Part", part)


def _first(
    command: Command, models: tuple[type[Any], ...], query: Select[Any], key: int
) -> list[Any]:
    command.session.flush()
    found = rows.first(command.session, query, models, {"key": key})
    return found or [None] * len(models)


@cache
def _locking_with(kind: type[Any]) -> Select[Any]:
    # PostgreSQL locks in the order of the tables here. Two parallel branches that locked their tasks first would wait for
    # each other, or overwrite each other's state.
    query = select(*rows.columns(ProcessInstance), *rows.columns(kind))
    joined = query.join_from(ProcessInstance, kind, kind.instance_key == ProcessInstance.key)
    return joined.where(kind.key == bindparam("key")).with_for_update(of=(ProcessInstance, kind))


_LOCK = (
    select(*rows.columns(ProcessInstance))
    .where(ProcessInstance.key == bindparam("key"))
    .with_for_update()
)


def lock_found(
    command: Command, query: Select[ProcessInstance], noun: str, key: int
) -> ProcessInstance:
    """Give the instance a query finds for changing it. Raises NotFound for `noun`, also at another site."""
    command.session.flush()
    found = command.session.scalar(
        query.options(
            undefer(ProcessInstance.state),
            undefer(ProcessInstance.variables),
            undefer(ProcessInstance.policy),
        )
        .with_for_update(of=ProcessInstance)
        .execution_options(populate_existing=True)
    )
    return _own(command, found, noun, key)


def _own(command: Command, found: ProcessInstance | None, noun: str, key: int) -> ProcessInstance:
    actor = command.actor
    if found is None or not actor.belongs_to(found.site_id) or not actor.may_see(found.key):
        raise NotFound(noun=noun, key=key)
    return found


def require_running(instance: ProcessInstance) -> None:
    """Raise InstanceClosed or InstanceSuspended unless the instance is active."""
    if instance.status == SUSPENDED:
        raise InstanceSuspended(number=instance.number)
    if instance.status != ACTIVE:
        raise InstanceClosed(number=instance.number)


def save(command: Command, instance: ProcessInstance, execution: Execution) -> None:
    """Project what the execution did onto rows and keep its state."""
    skipped = approvers.pass_over(command, instance, execution)
    faults = hidings.follow(command, instance, execution)
    projection.project(command, instance, execution)
    for fault in faults:
        projection.record_failure(command, instance, instance.process_id, fault)
    if skipped:
        approvers.close_skipped(command, instance, skipped)
    instance.state = execution.save()
    instance.variables = dict(execution.variables)
    instance.next_due = execution.next_due
    instance.version += 1
    if execution.completed:
        _end(instance, command, COMPLETED)
        command.audit("instance.completed", instance.process_id, on=instance)


def _end(instance: ProcessInstance, command: Command, status: str) -> None:
    instance.status = status
    instance.ended_at = command.now
    instance.next_due = None
    instance.active = []


def advance(
    command: Command,
    instance: ProcessInstance,
    act: Callable[[Execution], object],
    *,
    job: Job | None = None,
) -> Incident | None:
    """Load, act and save. When the step budget runs out the state stays as it was, and the incident is given back."""
    execution = executions.load(command, instance)
    try:
        act(execution)
    except BudgetExceeded as error:
        return projection.record_incident(command, instance, error, job)
    save(command, instance, execution)
    return None


def cancel(command: Command, key: int, reason: str) -> ProcessInstance:
    """End an instance with a reason; its open tasks and jobs are canceled.

    Allowed to people above a start group of the process on the escalation ladder, to administrators, and to its starter
    where the process is `cancelable` by him still. Raises NotAllowed, Rejected without a reason, InstanceClosed.
    """
    instance = lock(command, key)
    if instance.status not in (ACTIVE, SUSPENDED):
        raise InstanceClosed(number=instance.number)
    if not may_cancel(command, instance):
        raise NotAllowed(reason="canceling this process instance")
    if not reason.strip():
        raise Rejected(reason="a reason is needed")
    execution = executions.load(command, instance)
    execution.cancel()
    projection.project(command, instance, execution)
    command.session.execute(
        delete(MessageSubscription).where(MessageSubscription.instance_key == key)
    )
    _end(instance, command, TERMINATED)
    instance.reason = reason.strip()[:1000]
    instance.version += 1
    command.audit("instance.canceled", instance.process_id, on=instance, reason=instance.reason)
    return instance


def may_cancel(command: Command, instance: ProcessInstance) -> bool:
    """Whether the actor may cancel the instance: its overseers, and its starter as far as the procedure lets him."""
    return oversees(command, instance) or _may_take_back(command, instance)


def oversees(command: Command, instance: ProcessInstance) -> bool:
    """Whether the actor stands above a start group of the process on the ladder, or is an administrator."""
    definition = definitions.get(command.engine, command.session, instance.definition_key)
    actor = command.actor
    return actor.has("admin", instance.site_id) or actor.is_above(
        definition.start_groups, instance.site_id
    )


def _may_take_back(command: Command, instance: ProcessInstance) -> bool:
    """Whether the actor started it, and neither the step nor the time was reached up to which `cancelable` lets him."""
    if instance.started_by is None or instance.started_by != command.actor.user_id:
        return False
    definition = definitions.get(command.engine, command.session, instance.definition_key)
    process = definition.diagram.content[definition.process_id]
    limit = cancelable_within(process)
    if limit is not None and command.now > limit.after(instance.started_at):
        return False
    steps = cancelable_until(process)
    if steps is None or any(entry["id"] in steps for entry in instance.active):
        return False
    reached = exists().where(
        ElementInstance.instance_key == instance.key, ElementInstance.element_id.in_(steps)
    )
    return not (steps and command.session.scalar(select(reached)))


def starter_name(session: Session, instance: ProcessInstance) -> str:
    """Give the name of who started the instance."""
    user = session.get(User, instance.started_by) if instance.started_by else None
    return user.name if user else ""
