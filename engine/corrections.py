"""Correcting a completed record: with a reason, checked by the same form, the old values kept in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from engine import executions, inquiries, instances, submissions, tasks
from engine.deployment import definitions
from engine.deployment.definitions import Definition
from engine.engine import Command
from engine.errors import ExpressionFailed, NotAllowed, Rejected, TaskChanged
from engine.expressions import feel
from engine.models.audit import AuditEntry
from engine.models.instance import ACTIVE, SUSPENDED, ProcessInstance
from engine.models.task import COMPLETED, UserTask
from engine.staff.access import Actor

ACTION = "task.corrected"
MAX_REASON = 1000


class ReasonMissing(Rejected):
    """Say why the record is corrected."""

    code = "reason_missing"


class NothingCorrected(Rejected):
    """The record says this already."""

    code = "nothing_corrected"


def may_correct(actor: Actor, task: UserTask) -> bool:
    """Whether the actor completed the task, or stands above its candidate groups on the ladder."""
    if task.state != COMPLETED or actor.user_id is None:
        return False
    return task.completed_by == actor.user_id or tasks.may_assign(actor, task)


def correct(
    command: Command,
    task_key: int,
    variables: Mapping[str, Any],
    reason: str,
    *,
    version: int | None = None,
) -> UserTask:
    """Change what a completed task recorded, after the task's form has checked it.

    A variable of the process follows where it still holds what the record said; what a later step has set stays. The
    process does not run on. Audit keeps the reason and the old and new values. Raises NotFound, NotAllowed, TaskChanged
    when `version` is not the task's, ReasonMissing, NothingCorrected, InvalidVariables; then nothing has been written.
    """
    instance, task = _lock(command, task_key, version)
    if not may_correct(command.actor, task):
        raise NotAllowed(reason="correcting this record")
    if not reason.strip():
        raise ReasonMissing
    before = dict(task.submitted or {})
    changes = _changes(before, _checked(command, instance, task, variables, before))
    if not changes:
        raise NothingCorrected
    task.submitted = before | {name: new for name, (_, new) in changes.items()}
    task.version += 1
    command.audit(
        ACTION,
        task.element_id,
        on=instance,
        task=str(task.key),
        reason=reason.strip()[:MAX_REASON],
        changes={name: {"before": old, "after": new} for name, (old, new) in changes.items()},
    )
    _follow(command, instance, changes)
    return task


def _lock(command: Command, task_key: int, version: int | None) -> tuple[ProcessInstance, UserTask]:
    owner = select(UserTask.instance_key).where(UserTask.key == task_key).scalar_subquery()
    query = select(ProcessInstance).where(ProcessInstance.key == owner)
    instance = instances.lock_found(command, query, "user task", task_key)
    task = command.session.get_one(UserTask, task_key, populate_existing=True)
    if version is not None and task.version != version:
        raise TaskChanged(**tasks.who_has(command.session, task))
    return instance, task


def _checked(
    command: Command,
    instance: ProcessInstance,
    task: UserTask,
    variables: Mapping[str, Any],
    before: Mapping[str, Any],
) -> dict[str, Any]:
    form = submissions.form_of(command, task.definition_key, task.form_id)
    if form is None:
        return {name: value for name, value in variables.items() if name in before}
    definition = definitions.get(command.engine, command.session, task.definition_key)
    seen = {**scope_of(definition, instance, task.element_id), **before}
    scope = {**inquiries.of_instance(command, instance), **seen}
    place = submissions.Place(task.site_id, task.site.timezone, instance.key, task.key)
    return submissions.check(command, form, variables, scope, place)


def scope_of(definition: Definition, instance: ProcessInstance, element_id: str) -> dict[str, Any]:
    """Give what a step that is over would see now: the instance's variables and what its input mappings make of them."""
    variables = dict(instance.variables)
    drawn = definition.diagram.elements.get(element_id)
    if drawn is None or not drawn.inputs:
        return variables
    try:
        seen = {**executions.environment(instance), **variables}
        return variables | feel().map(drawn.inputs, seen)
    except ExpressionFailed:
        return variables


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {
        name: (before.get(name), value)
        for name, value in after.items()
        if before.get(name) != value
    }


def _follow(
    command: Command, instance: ProcessInstance, changes: Mapping[str, tuple[Any, Any]]
) -> None:
    """Let the process see the correction, except where a later step has set another value since."""
    current = instance.variables
    set_now = {name: new for name, (old, new) in changes.items() if current.get(name) == old}
    if not set_now:
        return
    if instance.status in (ACTIVE, SUSPENDED):
        instances.advance(command, instance, lambda run: run.set_variables(None, set_now))
    else:
        instance.variables = {**current, **set_now}
        instance.version += 1


def count(session: Session, instance_key: int) -> int:
    """Count the corrections made to the records of an instance."""
    query = select(func.count()).where(
        AuditEntry.chain == instance_key, AuditEntry.action == ACTION
    )
    return session.scalar(query) or 0


def history(session: Session, instance_key: int) -> list[AuditEntry]:
    """List the corrections made to the records of an instance, the first one first."""
    query = (
        select(AuditEntry)
        .where(AuditEntry.chain == instance_key, AuditEntry.action == ACTION)
        .order_by(AuditEntry.seq)
    )
    return list(session.scalars(query))
