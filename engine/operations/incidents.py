"""Incidents: what the process could not do by itself, and how an operator lets it go on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from engine import executions, instances
from engine.engine import Command, Engine
from engine.errors import Conflict, NotAllowed, NotFound, Rejected
from engine.models.event import SignalDelivery
from engine.models.instance import ProcessInstance
from engine.models.job import CANCELED, CREATED, FAILED, Incident, Job, MessageCorrelation
from engine.operations import modifications
from engine.runtime import Execution
from engine.staff.access import Actor
from engine.tasks import transitions

OPERATORS = frozenset({"admin", "process_owner"})


class IncidentResolved(Conflict):
    """This incident was resolved before."""

    code = "incident_resolved"


def visible_to(actor: Actor) -> Select[Incident]:
    """Select the incidents of the sites where the actor works, but for those of instances kept from him."""
    query = select(Incident)
    if actor.hidden:
        query = query.where(Incident.instance_key.not_in(actor.hidden))
    return query if actor.is_system else query.where(Incident.site_id.in_(actor.site_ids))


def resolve(
    command: Command,
    key: int,
    *,
    variables: Mapping[str, Any] | None = None,
    local: Mapping[str, Any] | None = None,
    retries: int | None = None,
) -> Incident:
    """Try again what failed, after setting variables of the instance, or `local` ones of the element, that were wrong.

    A job gets `retries` new attempts, else those it was given meanwhile, else 3; any other element runs again at once, and a new incident shows when it fails again.
    Raises NotFound, IncidentResolved, or NotAllowed unless the actor is an administrator or process owner.
    """
    instance, incident = _take(command, key, "resolving incidents")
    command.audit(
        "incident.resolved", incident.element_id, on=instance,
        variables=sorted({**(variables or {}), **(local or {})}),
    )  # fmt: skip
    _try_again(command, instance, incident, dict(variables or {}), dict(local or {}), retries)
    return incident


def resolve_all(command: Command, instance_key: int) -> list[Incident]:
    """Try again everything that failed in an instance, the oldest first. Raises as `resolve` does."""
    query = (
        select(Incident.key)
        .where(Incident.instance_key == instance_key, Incident.resolved_at.is_(None))
        .order_by(Incident.key)
    )
    instances.lock(command, instance_key)
    return [resolve(command, key) for key in list(command.session.scalars(query))]


def skip(
    command: Command, key: int, reason: str, *, variables: Mapping[str, Any] | None = None
) -> Incident:
    """Go on behind the element as if it had done its work; `variables` stand for its result.

    Raises as `resolve` does, and Rejected without a reason or for an incident of no element or of one that cannot be skipped.
    """
    instance, incident = _take(command, key, "skipping a step")
    token = _token(incident)
    said, given = _reason(reason), dict(variables or {})
    command.audit(
        "incident.skipped", incident.element_id, on=instance, reason=said, variables=sorted(given)
    )
    job = command.session.get(Job, token)
    works = job is not None and job.state == FAILED
    if job is not None and works:
        job.state, job.ended_at = CANCELED, command.now
    _advance(command, instance, partial(_leave, token=token, works=works, variables=given))
    return incident


def _leave(run: Execution, *, token: int, works: bool, variables: dict[str, Any]) -> None:
    """Go on behind a step that failed, or whose job did (`works`)."""
    if works:
        run.complete(token, variables)
    else:
        run.skip(token, variables)


def jump(
    command: Command,
    key: int,
    element_id: str,
    reason: str,
    *,
    variables: Mapping[str, Any] | None = None,
) -> Incident:
    """Take the token away from the element that failed and put it on another one, in a scope around it.

    Raises as `skip` does, and Rejected for an element that lies in none of those scopes.
    """
    instance, incident = _take(command, key, "moving a step")
    token, said = _token(incident), _reason(reason)
    command.audit(
        "incident.moved", incident.element_id, on=instance, to=element_id, reason=said,
        variables=sorted(variables or {}),
    )  # fmt: skip
    _advance(command, instance, lambda run: run.move(token, element_id, dict(variables or {})))
    return incident


def preview(
    engine: Engine,
    session: Session,
    actor: Actor,
    key: int,
    *,
    element_id: str = "",
    variables: Mapping[str, Any] | None = None,
) -> modifications.Preview:
    """Tell what `jump` to an element, or `skip` without one, would lead to, and change nothing. Raises as they do."""
    incident = session.scalar(visible_to(actor).where(Incident.key == key))
    if incident is None:
        raise NotFound(noun="incident", key=key)
    instance = instances.get(session, actor, incident.instance_key)
    modifications.require(actor, instance)
    token, given = _token(incident), dict(variables or {})
    if element_id:
        act = partial(Execution.move, key=token, element_id=element_id, variables=given)
    else:
        job = session.get(Job, token)
        works = job is not None and job.state == FAILED
        act = partial(_leave, token=token, works=works, variables=given)
    return modifications.outcome(engine, session, instance, act)


def _take(command: Command, key: int, doing: str) -> tuple[ProcessInstance, Incident]:
    """Give an open incident with its locked instance, marked as resolved."""
    owner = select(Incident.instance_key).where(Incident.key == key).scalar_subquery()
    instance = instances.lock_found(
        command, select(ProcessInstance).where(ProcessInstance.key == owner), "incident", key
    )
    incident = command.session.get(Incident, key, populate_existing=True)
    if incident is None:
        raise NotFound(noun="incident", key=key)
    if incident.resolved_at is not None:
        raise IncidentResolved(number=instance.number)
    if not command.actor.is_system and not OPERATORS & command.actor.roles_at(instance.site_id):
        raise NotAllowed(reason=doing)
    instances.require_running(instance)
    incident.resolved_at, incident.resolved_by = command.now, command.actor.user_id
    return instance, incident


def _token(incident: Incident) -> int:
    """The element instance that is stuck. Raises Rejected for the incident of a whole run."""
    if incident.element_key is None:
        raise Rejected(reason="this incident belongs to no step; modify the instance instead")
    return incident.element_key


def _reason(reason: str) -> str:
    said = reason.strip()[:1000]
    if not said:
        raise Rejected(reason="a reason is needed")
    return said


def _advance(command: Command, instance: ProcessInstance, act: Callable[[Execution], None]) -> None:
    """Run on, or raise BudgetExceeded and leave everything as it was."""
    execution = executions.load(command, instance)
    act(execution)
    transitions.carry_out(command, execution)
    instances.save(command, instance, execution)
    command.wake_workers()


def _try_again(
    command: Command,
    instance: ProcessInstance,
    incident: Incident,
    variables: dict[str, Any],
    local: dict[str, Any],
    retries: int | None,
) -> None:
    command.session.execute(
        delete(MessageCorrelation).where(MessageCorrelation.incident_key == incident.key)
    )
    command.session.execute(
        update(SignalDelivery)
        .where(SignalDelivery.incident_key == incident.key)
        .values(incident_key=None)
    )
    command.wake_workers()
    job = command.session.get(Job, incident.job_key) if incident.job_key else None
    if job is not None and job.state == FAILED:
        job.state, job.retries, job.run_at = CREATED, retries or job.retries or 3, command.now
    element_key = incident.element_key if job is None else None

    def act(execution: Any) -> None:
        if variables or element_key is None:
            execution.set_variables(None, variables)
        if local and incident.element_key is not None:
            execution.set_variables(incident.element_key, local, local=True)
        if element_key is not None:
            execution.retry(element_key)

    # The incident of a whole run has no element: what was held before its first step goes on.
    if variables or local or job is None:
        instances.advance(command, instance, act)
