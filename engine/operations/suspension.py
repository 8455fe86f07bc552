"""Suspension: an instance stands still, a definition starts nothing, until somebody resumes them (ADR 20).

While an instance is suspended its tasks are seen but not completed, no timer fires, no message reaches it, no job is handed
out and no reminder is sent. Limits run on: resuming fires once what came due meanwhile.
"""

from __future__ import annotations

from sqlalchemy import Select, select

from engine import instances
from engine.engine import Command
from engine.errors import Conflict, InstanceClosed, NotAllowed, NotFound, Rejected
from engine.models.batch import Batch
from engine.models.definition import ProcessDefinition
from engine.models.instance import ACTIVE, SUSPENDED, ProcessInstance
from engine.operations import batches


class NotSuspended(Conflict):
    """This is not suspended."""

    code = "not_suspended"


class AlreadySuspended(Conflict):
    """This is suspended already."""

    code = "already_suspended"


def suspend(command: Command, key: int, reason: str) -> ProcessInstance:
    """Let an instance stand still, for a reason.

    Allowed to people above a start group of the process, process owners and administrators. Raises NotFound, NotAllowed,
    Rejected without a reason, InstanceClosed, AlreadySuspended.
    """
    instance = _lock(command, key)
    if instance.status == SUSPENDED:
        raise AlreadySuspended(number=instance.number)
    said = _reason(reason)
    instance.status, instance.suspended_at = SUSPENDED, command.now
    instance.version += 1
    command.audit("instance.suspended", instance.process_id, on=instance, reason=said)
    return instance


def resume(command: Command, key: int, reason: str = "") -> ProcessInstance:
    """Let a suspended instance go on. Allowed as suspending it. Raises NotFound, NotAllowed, InstanceClosed, NotSuspended."""
    instance = _lock(command, key)
    if instance.status != SUSPENDED:
        raise NotSuspended(number=instance.number)
    instance.status, instance.suspended_at = ACTIVE, None
    instance.version += 1
    command.audit(
        "instance.resumed", instance.process_id, on=instance, reason=reason.strip()[:1000]
    )
    command.wake_workers()
    return instance


def may_suspend(command: Command, instance: ProcessInstance) -> bool:
    """Whether the actor may suspend and resume the instance."""
    owns = command.actor.has("process_owner", instance.site_id)
    return owns or instances.oversees(command, instance)


def suspend_definition(
    command: Command, key: int, reason: str, *, include_instances: bool = False
) -> Batch | None:
    """Start nothing more from a version of a process; its instances go on unless they are to be suspended too.

    For process owners and administrators. Gives the batch that suspends the instances. Raises NotFound, NotAllowed,
    Rejected without a reason, AlreadySuspended.
    """
    definition = _lock_definition(command, key)
    if definition.suspended_at is not None:
        raise AlreadySuspended(process_id=definition.process_id)
    said = _reason(reason)
    definition.suspended_at = command.now
    command.audit(
        "definition.suspended", definition.process_id, version=definition.version, reason=said
    )
    if not include_instances:
        return None
    return batches.begin(command, batches.SUSPEND, _those(command, key, ACTIVE), reason=said)


def resume_definition(
    command: Command, key: int, *, include_instances: bool = False
) -> Batch | None:
    """Let a version be started again, and its suspended instances go on if wanted. Raises as above, NotSuspended."""
    definition = _lock_definition(command, key)
    if definition.suspended_at is None:
        raise NotSuspended(process_id=definition.process_id)
    definition.suspended_at = None
    command.audit("definition.resumed", definition.process_id, version=definition.version)
    if not include_instances:
        return None
    return batches.begin(command, batches.RESUME, _those(command, key, SUSPENDED))


def _lock(command: Command, key: int) -> ProcessInstance:
    instance = instances.lock(command, key)
    if not may_suspend(command, instance):
        raise NotAllowed(reason="suspending or resuming this process instance")
    if instance.status not in (ACTIVE, SUSPENDED):
        raise InstanceClosed(number=instance.number)
    return instance


def _lock_definition(command: Command, key: int) -> ProcessDefinition:
    batches.require_operator(command.actor)
    # The strongest lock waits for starts that are under way, so that no instance is missed.
    query = select(ProcessDefinition).where(ProcessDefinition.key == key).with_for_update()
    found = command.session.scalar(query)
    if found is None:
        raise NotFound(noun="process definition", key=key)
    return found


def _those(command: Command, definition_key: int, status: str) -> Select[ProcessInstance]:
    return instances.visible_to(command.actor).where(
        ProcessInstance.definition_key == definition_key, ProcessInstance.status == status
    )


def _reason(reason: str) -> str:
    said = reason.strip()[:1000]
    if not said:
        raise Rejected(reason="a reason is needed")
    return said
