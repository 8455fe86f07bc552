"""Process instances: start, load, advance, save, cancel.

Every operation on an instance follows one path: lock its row, load the execution, act, project what happened, save.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, undefer

from engine import clocks, definitions, executions, numbers, projection, registry
from engine.access import Actor
from engine.definitions import Definition
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
from engine.keys import is_key
from engine.models.identity import Site, User
from engine.models.instance import ACTIVE, COMPLETED, SUSPENDED, TERMINATED, ProcessInstance
from engine.models.job import Incident, Job, MessageSubscription
from engine.runtime import Execution

UNIT_VARIABLE = "unit_no"
LONGEST_KEY = 255


def visible_to(actor: Actor) -> Select[ProcessInstance]:
    """Select the instances the actor may see: those of the sites where the actor works."""
    query = select(ProcessInstance)
    if actor.is_system:
        return query
    return query.where(ProcessInstance.site_id.in_(actor.site_ids))


def get(session: Session, actor: Actor, key: int) -> ProcessInstance:
    """Give an instance the actor may see. Raises NotFound, also for those of other sites."""
    found = (
        session.scalar(visible_to(actor).where(ProcessInstance.key == key)) if is_key(key) else None
    )
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
) -> ProcessInstance:
    """Start an instance at a site and run it to its first wait states.

    `variables` are already validated. The business key is given, or computed by the start event's `businessKey`; it is
    unique among the active instances of a process at a site. Raises NotAllowed, DuplicateBusinessKey, or BudgetExceeded when
    the process runs on without waiting; then nothing has been written.
    """
    if not definitions.may_start(command.actor, definition.start_groups, site.id):
        raise NotAllowed(reason=f"starting {definition.process_id} at {site.key}")
    instance = _new_instance(command, definition, site, variables, parent_key)
    instance.business_key = business_key or _business_key(command, instance, definition, variables)
    _refuse_duplicate(command.session, instance)
    execution = Execution.start(
        definition.diagram,
        definition.key,
        executions.context(command, instance, definition),
        dict(variables),
        process_id=definition.process_id,
    )
    instance.state = b""
    instance.variables = {}
    instance.active = []
    command.session.add(instance)
    _insert(command.session, instance)
    command.audit("instance.started", instance.process_id, on=instance, number=instance.number)
    save(command, instance, execution)
    return instance


def _insert(session: Session, instance: ProcessInstance) -> None:
    try:
        session.flush()
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
) -> ProcessInstance:
    event = definition.diagram.start_event(definition.process_id)
    prefix = event.properties.get("numberPrefix", "") if event else ""
    unit = registry.find_unit(command.session, site.id, str(variables.get(UNIT_VARIABLE) or ""))
    return ProcessInstance(
        key=command.new_key(),
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
    definition: Definition,
    variables: Mapping[str, Any],
) -> str:
    event = definition.diagram.start_event(definition.process_id)
    source = event.properties.get("businessKey", "") if event else ""
    if not source.startswith("="):
        return source
    scope = {**variables, **executions.environment(instance)}
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
    query = select(ProcessInstance).where(ProcessInstance.key == key)
    return lock_found(command, query, "process instance", key)


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
    if found is None or not command.actor.belongs_to(found.site_id):
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
    projection.project(command, instance, execution)
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
    act: Callable[[Execution], None],
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

    Allowed to people above a start group of the process on the escalation ladder, and to administrators.
    Raises NotAllowed, Rejected without a reason, InstanceClosed.
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
    """Whether the actor may cancel the instance."""
    definition = definitions.get(command.engine, command.session, instance.definition_key)
    actor = command.actor
    return actor.has("admin", instance.site_id) or actor.is_above(
        definition.start_groups, instance.site_id
    )


def starter_name(session: Session, instance: ProcessInstance) -> str:
    """Give the name of who started the instance."""
    user = session.get(User, instance.started_by) if instance.started_by else None
    return user.name if user else ""
