"""Incidents: what the process could not do by itself, and how an operator lets it go on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, delete, select

from engine import instances
from engine.access import Actor
from engine.engine import Command
from engine.errors import Conflict, NotAllowed, NotFound
from engine.models.instance import ProcessInstance
from engine.models.job import CREATED, FAILED, Incident, Job, MessageCorrelation

OPERATORS = frozenset({"admin", "process_owner"})


class IncidentResolved(Conflict):
    """This incident was resolved before."""

    code = "incident_resolved"


def visible_to(actor: Actor) -> Select[Incident]:
    """Select the incidents of the sites where the actor works."""
    query = select(Incident)
    return query if actor.is_system else query.where(Incident.site_id.in_(actor.site_ids))


def resolve(
    command: Command, key: int, *, variables: Mapping[str, Any] | None = None, retries: int = 3
) -> Incident:
    """Try again what failed, after setting variables of the instance where they were wrong.

    A job gets `retries` new attempts; any other element runs again at once, and a new incident shows when it fails again.
    Raises NotFound, IncidentResolved, or NotAllowed unless the actor is an administrator or process owner.
    """
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
        raise NotAllowed(reason="resolving incidents")
    instances.require_running(instance)
    incident.resolved_at, incident.resolved_by = command.now, command.actor.user_id
    command.audit(
        "incident.resolved", incident.element_id, on=instance, variables=sorted(variables or {})
    )
    _try_again(command, instance, incident, dict(variables or {}), retries)
    return incident


def _try_again(
    command: Command,
    instance: ProcessInstance,
    incident: Incident,
    variables: dict[str, Any],
    retries: int,
) -> None:
    command.session.execute(
        delete(MessageCorrelation).where(MessageCorrelation.incident_key == incident.key)
    )
    command.wake_workers()
    job = command.session.get(Job, incident.job_key) if incident.job_key else None
    if job is not None and job.state == FAILED:
        job.state, job.retries, job.run_at = CREATED, retries, command.now
    element_key = incident.element_key if job is None else None

    def act(execution: Any) -> None:
        if variables:
            execution.set_variables(None, variables)
        if element_key is not None:
            execution.retry(element_key)

    if variables or element_key is not None:
        instances.advance(command, instance, act)
