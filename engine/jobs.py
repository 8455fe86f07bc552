"""Jobs: service tasks taken by workers under a lease, completed once, retried with growing pauses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select

from engine import instances, projection
from engine.engine import Command
from engine.errors import Conflict, Rejected
from engine.models.instance import ACTIVE, ProcessInstance
from engine.models.job import COMPLETED, CREATED, FAILED, Job
from engine.runtime import AD_HOC, TASK_LISTENER, Direction, Execution
from engine.tasks import transitions
from engine.tasks.transitions import Answer

FIRST_BACKOFF = dt.timedelta(seconds=5)


class JobClosed(Conflict):
    """This job was completed, failed or canceled before."""

    code = "job_closed"


class JobNotLeased(Conflict):
    """Nobody, or another worker, holds this job: its lease has run out."""

    code = "job_not_leased"


def activate(
    command: Command,
    types: Sequence[str],
    *,
    worker: str,
    lease: dt.timedelta,
    limit: int,
) -> list[Job]:
    """Lease up to `limit` due jobs of these types to a worker; others see them again when the lease runs out."""
    query = (
        select(Job)
        .join(ProcessInstance, ProcessInstance.key == Job.instance_key)
        .where(
            Job.state == CREATED,
            Job.type.in_(types),
            Job.run_at <= command.now,
            ProcessInstance.status == ACTIVE,
        )
        .order_by(Job.run_at, Job.key)
        .limit(limit)
        .with_for_update(skip_locked=True, of=Job)
    )
    if not command.actor.is_system:
        query = query.where(Job.site_id.in_(command.actor.site_ids))
        query = query.where(Job.instance_key.not_in(command.actor.hidden))
    leased = list(command.session.scalars(query))
    for job in leased:
        job.worker = worker
        job.attempts += 1
        job.run_at = command.now + lease
    return leased


def lock(
    command: Command, key: int, states: Sequence[str] = (CREATED,)
) -> tuple[ProcessInstance, Job]:
    """Give a job and its instance for changing them. Raises NotFound, or JobClosed in any other state."""
    instance, job = instances.lock_with(command, Job, "job", key)
    if job.state not in states:
        raise JobClosed(state=job.state)
    instances.require_running(instance)
    return instance, job


def complete(
    command: Command,
    key: int,
    variables: Mapping[str, Any],
    answer: Answer | Direction | None = None,
) -> Job:
    """Complete a job and run its instance on; when the process runs on without end, the job fails with an incident.

    A task listener gives an `answer` instead of variables; without one it lets pass what it was asked about.
    The job of an ad-hoc subprocess gives a `Direction` besides; without one it waits for what is active.
    Raises NotFound, JobClosed, InstanceClosed, InstanceSuspended, Rejected for an answer of any other job or one that
    cannot be followed.
    """
    instance, job = lock(command, key)
    listens = TASK_LISTENER in job.headers
    directs = isinstance(answer, Direction)
    if variables or directs if listens else isinstance(answer, Answer):
        raise Rejected(reason="a task listener gives an answer, any other job variables")
    if directs and AD_HOC not in job.headers:
        raise Rejected(reason="only the job of an ad-hoc subprocess directs one")
    _close(command, job, COMPLETED)
    command.audit("job.completed", job.element_id, on=instance, type=job.type)
    if listens:
        said = answer if isinstance(answer, Answer) else Answer()
        stopped = transitions.heard(command, instance, job, said)
    else:
        run = partial(_complete, key=key, variables=dict(variables), answer=answer)
        stopped = instances.advance(command, instance, run, job=job)
    if stopped:
        job.state = FAILED
    return job


def _complete(
    execution: Execution,
    *,
    key: int,
    variables: dict[str, Any],
    answer: Answer | Direction | None,
) -> None:
    if isinstance(answer, Direction):
        execution.direct(key, variables, answer)
    else:
        execution.complete(key, variables)


def fail(
    command: Command,
    key: int,
    message: str,
    *,
    retries: int | None = None,
    backoff: dt.timedelta | None = None,
) -> Job:
    """Note a failed attempt: try again after a pause that doubles, or open an incident when no retries are left."""
    instance, job = lock(command, key)
    job.retries = max(0, job.retries - 1 if retries is None else retries)
    job.error = message[:4000]
    job.worker = ""
    if job.retries:
        pause = FIRST_BACKOFF * 2 ** min(job.attempts - 1, 10) if backoff is None else backoff
        job.run_at = command.now + pause
    else:
        job.state = FAILED
        projection.record_job_incident(command, instance, job, message)
    return job


def throw_error(
    command: Command, key: int, code: str, message: str, variables: Mapping[str, Any]
) -> Job:
    """Let a BPMN error leave the service task; an error nobody catches becomes an incident. Raises as `complete` does."""
    instance, job = lock(command, key)
    if TASK_LISTENER in job.headers:
        raise Rejected(reason="a task listener throws no error: it denies, or fails")
    _close(command, job, COMPLETED)
    command.audit("job.error_thrown", job.element_id, on=instance, code=code, reason=message[:500])
    thrown = instances.advance(
        command,
        instance,
        lambda run: run.throw_error(key, code, message, dict(variables)),
        job=job,
    )
    if thrown:
        job.state = FAILED
    return job


def update(
    command: Command,
    key: int,
    *,
    retries: int | None = None,
    lease: dt.timedelta | None = None,
    worker: str | None = None,
) -> Job:
    """Say how many attempts a job has left, or hold a leased one for `lease` from now (a worker's heartbeat).

    Attempts may also be given to a job that failed; it is tried again when its incident is resolved. With `worker`, a
    lease is held only while that worker has it. Raises NotFound, JobClosed, JobNotLeased, InstanceClosed,
    InstanceSuspended.
    """
    instance, job = lock(command, key, (CREATED,) if retries is None else (CREATED, FAILED))
    if lease is not None:
        expired = job.run_at <= command.now
        if not job.worker or expired or worker not in (None, job.worker):
            raise JobNotLeased(worker=job.worker)
        job.run_at = command.now + lease
    if retries is not None:
        job.retries = retries
        command.audit("job.retries_set", job.element_id, on=instance, retries=retries)
    return job


def _close(command: Command, job: Job, state: str) -> None:
    job.state = state
    job.ended_at = command.now
