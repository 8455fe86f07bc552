"""What service tasks with a built-in job type do. Their effects are rows of our own, so they share the job's transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from engine import instances, registry
from engine.deployment import definitions
from engine.deployment.bundles import START_PROCESS
from engine.engine import Command
from engine.errors import DuplicateBusinessKey, NotFound, Rejected
from engine.events import messages
from engine.models.identity import Site
from engine.models.instance import ProcessInstance
from engine.models.job import Job
from engine.staff import notifications

Handler = Callable[[Command, ProcessInstance, Job], dict[str, Any]]
MANUAL_START = "manual_start"


def handle(command: Command, instance: ProcessInstance, job: Job) -> dict[str, Any]:
    """Do what the job's type says; give the variables it results in. Raises the EngineError of what went wrong."""
    return TYPES[job.type](command, instance, job)


def _start_process(command: Command, instance: ProcessInstance, job: Job) -> dict[str, Any]:
    """Start another process without waiting for it. One that is not deployed becomes a manual to-do (decision 2)."""
    process_id = _required(job, "processId")
    variables = dict(job.variables.get("variables") or {})
    site = command.session.get_one(Site, instance.site_id)
    try:
        definition = definitions.latest(command.engine, command.session, process_id)
    except NotFound:
        definition = definitions.latest(command.engine, command.session, MANUAL_START)
        variables = {
            "process_id": process_id,
            "process_name": job.variables.get("processName") or process_id,
            "role": job.variables.get("role") or "service_supervisor",
            "unit_no": variables.get("unit_no") or instance.unit_label,
            "data": variables,
        }
    business_key = job.variables.get("businessKey") or None
    try:
        started = instances.start(
            command, definition, site, variables, business_key=business_key, parent_key=instance.key
        )
    except DuplicateBusinessKey as error:
        if error.params["instance_key"] is None:
            raise  # started at this very moment: the next attempt finds it
        return {"started_key": str(error.params["instance_key"]), "started_new": False}
    return {"started_key": str(started.key), "started_new": True}


def _publish_message(command: Command, instance: ProcessInstance, job: Job) -> dict[str, Any]:
    messages.publish(
        command,
        instance.site_id,
        _required(job, "name"),
        str(job.variables.get("correlationKey") or ""),
        dict(job.variables.get("variables") or {}),
        message_id=f"job-{job.key}",
    )
    return {}


def _notify(command: Command, instance: ProcessInstance, job: Job) -> dict[str, Any]:
    roles = job.variables.get("roles") or []
    people = notifications.holders(command.session, instance.site_id, roles)
    if job.variables.get("starter") and instance.started_by:
        people.append(instance.started_by)
    notifications.tell(
        command,
        people,
        "process_notice",
        instance=instance,
        text=str(job.variables.get("text") or ""),
    )
    return {}


def _set_unit_status(command: Command, instance: ProcessInstance, job: Job) -> dict[str, Any]:
    label = str(job.variables.get("unit") or instance.unit_label)
    unit = registry.find_unit(command.session, instance.site_id, label)
    if unit is None:
        raise NotFound(noun="unit", key=label)
    since = job.variables.get("since")
    registry.set_status(
        command,
        unit,
        _required(job, "status"),
        since=dt.date.fromisoformat(str(since)[:10]) if since else None,
    )
    return {}


def _required(job: Job, name: str) -> str:
    value = job.variables.get(name) or job.headers.get(name)
    if not value or not isinstance(value, str):
        raise Rejected(reason=f"{job.type} needs {name}")
    return value


TYPES: dict[str, Handler] = {
    START_PROCESS: _start_process,
    "guicheng.publish-message": _publish_message,
    "guicheng.notify": _notify,
    "guicheng.set-unit-status": _set_unit_status,
}
