"""Upgrades: a running instance goes to another version of its process, with everything that waits (ADR 20).

The standard calls this migration, a word that the tables of the database have taken here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, delete, select, update

from engine import executions, instances, projection, task_attributes
from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.engine import Command
from engine.errors import Conflict, Rejected
from engine.models.batch import Batch
from engine.models.identity import Site, User
from engine.models.instance import ProcessInstance
from engine.models.job import Incident, Job
from engine.models.registry import Unit
from engine.models.task import COMPLETING, CREATED, UNFINISHED, TaskCandidate, UserTask
from engine.operations import batches, modifications, plans
from engine.operations.plans import Plan
from engine.runtime import Execution, JobOpened, UserTaskOpened
from engine.staff import approvers
from engine.staff.roles import STARTER
from engine.tasks import family
from engine.timing import clocks, timekeeping


class AlreadyThere(Conflict):
    """This process instance runs in version {version} already."""

    code = "already_there"


def migrate(command: Command, key: int, plan: Plan, reason: str = "") -> ProcessInstance:
    """Carry an instance over to another version of its process.

    Open tasks get the form, name, people and limit of the new version; who has one keeps it, what was typed stays, and a
    clock counts on from when the task opened. Timers keep their moment, jobs their lease. For process owners and
    administrators of the site, also while the instance is suspended. Raises NotFound, NotAllowed, InstanceClosed,
    AlreadyThere, runtime.Unmigratable with every misfit, Rejected where an expression of the new version fails.
    """
    instance = instances.lock(command, key)
    modifications.require(command.actor, instance)
    source = definitions.get(command.engine, command.session, instance.definition_key)
    target, way = plans.route(command.engine, command.session, plan, source)
    if target.key == source.key:
        raise AlreadyThere(version=target.version)
    instance.policy = _policy(command, instance, target)
    context = executions.context(command, instance, target)
    execution = Execution.migrate(
        way, target.key, context, instance.state, dict(instance.variables)
    )
    instance.definition_key = target.key
    command.audit(
        "instance.migrated", instance.process_id, on=instance, source=source.version,
        target=target.version, mapping=dict(plan.mapping), reason=reason.strip()[:1000],
    )  # fmt: skip
    _renew(command, instance, execution)
    instances.save(command, instance, execution)
    command.wake_workers()
    return instance


def migrate_all(
    command: Command, plan: Plan, chosen: Select[ProcessInstance], reason: str = ""
) -> Batch:
    """Have the chosen instances migrated, each by itself. For operators. Raises NotFound, NotAllowed, Rejected."""
    batches.require_operator(command.actor)
    target = definitions.get(command.engine, command.session, plan.target_key)
    unknown = sorted(set(plan.mapping.values()) - target.diagram.elements.keys())
    if unknown:
        raise Rejected(reason=f"version {target.version} has no {', '.join(unknown)}")
    return batches.begin(command, batches.MIGRATE, chosen, params=plan.as_json(), reason=reason)


def _policy(command: Command, instance: ProcessInstance, target: Definition) -> dict[str, Any]:
    """What the new version needs beyond what was copied at the start; a value copied then stays."""
    session, old = command.session, instance.policy
    unit = session.get(Unit, instance.unit_id) if instance.unit_id else None
    new = clocks.snapshot(command, target, session.get_one(Site, instance.site_id), unit)
    same: dict[str, Any] = {name: old[name] for name in ("area", "zone", "names") if name in old}
    merged: dict[str, Any] = {
        name: _merge(new[name], old.get(name) or {}) for name in ("limits", "settings")
    }
    return {**old, **new, **same, **merged}


def _merge(new: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
    """Both together; where both have something the old stays, contexts are merged."""
    merged = dict(new)
    for name, value in old.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        # A limit is a row of its own and stays as it was; contexts of settings have no key of their own.
        merged[name] = _merge(merged[name], value) if both and "key" not in value else value
    return merged


def _renew(command: Command, instance: ProcessInstance, execution: Execution) -> None:
    """Bring the rows of what is alive in line with the new version; what has begun anew is left to the projection."""
    known = {entry["key"] for entry in instance.active}
    ids = {one.key: one.element_id for one in execution.active}
    instance.active = [
        {**entry, "id": ids.get(entry["key"], entry["id"])} for entry in instance.active
    ]
    again = [
        event
        for event in execution.events
        if (isinstance(event, UserTaskOpened) and event.key in known)
        or (isinstance(event, JobOpened) and command.session.get(Job, event.key) is not None)
    ]
    for event in again:
        execution.events.remove(event)
        if isinstance(event, UserTaskOpened):
            _renew_task(command, instance, event)
        else:
            _renew_job(command, instance, event)
    _rename_incidents(command, instance, ids)


def _renew_task(command: Command, instance: ProcessInstance, opened: UserTaskOpened) -> None:
    task = command.session.get(UserTask, opened.key)
    if task is None or task.state not in UNFINISHED:
        return
    task.element_id, task.name = opened.element_id, opened.name[:255]
    task.definition_key, task.form_id = instance.definition_key, opened.form_id
    task.summary, task.priority = list(opened.summary), opened.priority
    _renew_clock(command, instance, task, opened)
    task.properties = dict(opened.properties)
    task.version += 1
    _renew_people(command, instance, task, opened)
    command.session.execute(
        update(UserTask)
        .where(UserTask.root_key == task.key)
        .values(element_id=task.element_id, definition_key=task.definition_key)
    )


def _renew_clock(
    command: Command, instance: ProcessInstance, task: UserTask, opened: UserTaskOpened
) -> None:
    """Another limit counts from when the task opened; a date the diagram computes stays, for it was computed then."""
    wanted = opened.properties.get("limit", "")
    if opened.due_date is not None or wanted == task.properties.get("limit", ""):
        if task.due_at is None and opened.due_date is not None:
            task.due_at = task.check_at = opened.due_date
        return
    keeper = timekeeping.of(command.engine, command.session, instance.site_id)
    task.limit, task.escalation = instance.policy["limits"].get(wanted), 0
    task.due_at = keeper.due(task, task.limit) if task.limit else None
    if task.paused_at is None and task.state != COMPLETING:
        task.check_at = keeper.check_at(task)
    if task.signers:
        _renew_signers(command, task)


def _renew_signers(command: Command, task: UserTask) -> None:
    """The signers have the time of the task they were added to."""
    for one in family.signers_of(command.session, task):
        if one.state in UNFINISHED:
            one.limit, one.due_at, one.escalation = task.limit, task.due_at, task.escalation
            if one.state == CREATED and one.paused_at is None:
                one.check_at = clocks.next_check(command.engine, command.session, task)


def _renew_people(
    command: Command, instance: ProcessInstance, task: UserTask, opened: UserTaskOpened
) -> None:
    session = command.session
    if task.assignee_id is None and opened.assignee and not task.is_held:
        drawn = select(User.id).where(User.username == opened.assignee, User.active)
        task.assignee_id = session.scalar(drawn)
    if task.assignee_id is None and STARTER in opened.candidate_groups:
        task.assignee_id = instance.started_by
    groups = approvers.groups_of(command, instance, opened, task.assignee_id)
    alone = len(groups) == 1 and not opened.candidate_users
    task.groups, task.users = groups, list(opened.candidate_users)
    task.candidate_group = groups[0] if alone else None
    session.execute(delete(TaskCandidate).where(TaskCandidate.task_key == task.key))
    if not alone:
        projection.add_candidates(command, task.key, task.site_id, groups, opened.candidate_users)


def _renew_job(command: Command, instance: ProcessInstance, opened: JobOpened) -> None:
    job = command.session.get(Job, opened.key)
    if job is not None:
        job.definition_key = instance.definition_key
        job.element_id, job.type = opened.element_id, opened.type
        job.headers, job.variables = task_attributes.job_content(command.session, opened)


def _rename_incidents(command: Command, instance: ProcessInstance, ids: Mapping[int, str]) -> None:
    query = select(Incident).where(
        Incident.instance_key == instance.key, Incident.resolved_at.is_(None)
    )
    for incident in command.session.scalars(query):
        incident.definition_key = instance.definition_key
        incident.element_id = ids.get(incident.element_key or 0, incident.element_id)
