"""What an execution did becomes rows: tasks, jobs, subscriptions, incidents, and the history of elements."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, delete, or_, select, update

from engine import task_attributes
from engine.engine import Command
from engine.errors import BudgetExceeded
from engine.events import signals
from engine.models import job as jobs
from engine.models import task as tasks
from engine.models.event import SignalSubscription
from engine.models.identity import User
from engine.models.instance import ElementInstance, ProcessInstance
from engine.models.job import Incident, Job, MessageSubscription
from engine.models.task import TaskCandidate, UserTask
from engine.runtime import (
    LISTENER_EVENT,
    TASK_LISTENER,
    ElementActivated,
    ElementCompleted,
    ElementTerminated,
    Execution,
    IncidentClosed,
    IncidentOpened,
    JobOpened,
    ProcessRejected,
    SignalAwaited,
    SignalThrown,
    SubscriptionClosed,
    SubscriptionOpened,
    UserTaskOpened,
)
from engine.staff import approvers, notifications, sight
from engine.staff.roles import STARTER
from engine.store import statements
from engine.timing import clocks, spans

LONGEST_KEY = 255


def correlation(key: str) -> str:
    """Give what stands for a correlation key in the rows: itself, or the digest of one that would not fit."""
    if len(key) <= LONGEST_KEY and "\0" not in key:
        return key
    return "sha256:" + hashlib.sha256(key.encode(errors="surrogatepass")).hexdigest()


def project(command: Command, instance: ProcessInstance, execution: Execution) -> None:
    """Write the rows for everything that happened since the execution was loaded."""
    of = _by_type(execution.events)
    spans.project(command, instance, execution.events)
    _project_elements(command, instance, execution.events)
    for opened in of.get(UserTaskOpened, []):
        _open_task(command, instance, opened)
    begun = {event.key for event in of.get(ElementActivated, [])}
    for opened in of.get(JobOpened, []):
        again = None if opened.key in begun else command.session.get(Job, opened.key)
        _open_job(command, instance, opened, again)
    _project_subscriptions(command, instance, of)
    _project_signals(command, instance, execution.events, of)
    _project_incidents(command, instance, of)
    _cancel_terminated(command, instance, [event.key for event in of.get(ElementTerminated, [])])
    if ProcessRejected in of and execution.completed:
        instance.outcome = "reject"
    if instance.next_due is None and execution.next_due is not None:
        command.wake_workers()


def _by_type(events: Iterable[Any]) -> dict[type, list[Any]]:
    sorted_events: dict[type, list[Any]] = {}
    for event in events:
        sorted_events.setdefault(type(event), []).append(event)
    return sorted_events


def _project_elements(command: Command, instance: ProcessInstance, events: Iterable[Any]) -> None:
    """Keep the living element instances on the instance row and write each one that ended as history."""
    alive = {entry["key"]: entry for entry in instance.active}
    ended: list[dict[str, Any]] = []
    for event in events:
        if isinstance(event, ElementActivated):
            alive[event.key] = _entry(event, command.now)
        elif isinstance(event, ElementCompleted | ElementTerminated) and event.key in alive:
            state = "completed" if isinstance(event, ElementCompleted) else "terminated"
            ended.append(_history(instance, alive.pop(event.key), state, command.now))
    instance.active = list(alive.values())
    statements.insert(command.session, ElementInstance, *ended)


def _entry(event: ElementActivated, now: dt.datetime) -> dict[str, Any]:
    return {
        "key": event.key,
        "id": event.element_id,
        "type": event.type,
        "process": event.process_id,
        "definition": event.definition_key,
        "scope": event.scope_key,
        "flow": event.flow_id,
        "joined": list(event.joined),
        "from": list(event.came_from),
        "since": now.isoformat(),
    }


def _history(
    instance: ProcessInstance, entry: dict[str, Any], state: str, now: dt.datetime
) -> dict[str, Any]:
    return {
        "key": entry["key"],
        "instance_key": instance.key,
        "process_id": entry["process"],
        "definition_key": entry.get("definition"),
        "element_id": entry["id"],
        "type": entry["type"],
        "scope_key": entry["scope"],
        "flow_id": entry["flow"],
        "joined": entry["joined"] or None,
        "came_from": entry.get("from") or None,
        "state": state,
        "started_at": dt.datetime.fromisoformat(entry["since"]),
        "ended_at": now,
    }


def _open_task(command: Command, instance: ProcessInstance, opened: UserTaskOpened) -> None:
    assignee_id = _assignee(command, instance, opened)
    groups = approvers.groups_of(command, instance, opened, assignee_id)
    held = opened.transition is not None
    alone = len(groups) == 1 and not opened.candidate_users
    clock = clocks.start(command, instance, opened)
    task = {
        "key": opened.key,
        "instance_key": instance.key,
        "site_id": instance.site_id,
        "process_id": opened.process_id,
        "definition_key": opened.definition_key or instance.definition_key,
        "element_id": opened.element_id,
        "name": opened.name[:255],
        "state": opened.transition or tasks.CREATED,
        "assignee_id": None if held and opened.assignee else assignee_id,
        "candidate_group": groups[0] if alone else None,
        "groups": groups,
        "users": list(opened.candidate_users),
        "area": instance.policy.get("area", ""),
        "form_id": opened.form_id,
        "properties": dict(opened.properties),
        "summary": list(opened.summary),
        "priority": opened.priority,
        "limit_row": clock.limit,
        "due_at": clock.due_at,
        "check_at": None if held else clock.check_at,
        "follow_up_at": opened.follow_up_date,
        "created_at": command.now,
        "origin": dict(opened.origin) if opened.origin else None,
    }
    statements.insert(command.session, UserTask, task)
    if not alone:
        add_candidates(command, opened.key, instance.site_id, groups, opened.candidate_users)


def _assignee(command: Command, instance: ProcessInstance, opened: UserTaskOpened) -> int | None:
    found = instance.started_by if STARTER in opened.candidate_groups else None
    if opened.assignee:
        return drawn_assignee(command, instance, opened.assignee)
    return None if found in sight.kept_from(command.session, instance) else found


def drawn_assignee(command: Command, instance: ProcessInstance, username: str) -> int | None:
    """Give the person a diagram names; None when he is not active, or the instance is kept from him."""
    found = command.session.scalar(select(User.id).where(User.username == username, User.active))
    return None if found in sight.kept_from(command.session, instance) else found


def add_candidates(
    command: Command, task_key: int, site_id: int, groups: Iterable[str], users: Iterable[str]
) -> None:
    """Write the rows by which a task with several groups, or with candidate users, is found."""
    rows = [{"candidate_group": group, "username": None} for group in groups]
    rows += [{"candidate_group": None, "username": user} for user in users]
    same = {"task_key": task_key, "site_id": site_id}
    statements.insert(command.session, TaskCandidate, *(row | same for row in rows))


def _open_job(
    command: Command, instance: ProcessInstance, opened: JobOpened, again: Job | None
) -> None:
    command.wake_workers()
    if again is not None:  # an error of it that nobody caught is tried again
        again.state, again.retries, again.attempts = jobs.CREATED, opened.retries, 0
        again.run_at, again.ended_at, again.worker = command.now, None, ""
        return
    headers, variables = task_attributes.job_content(command.session, opened)
    command.session.add(
        Job(
            key=opened.key,
            instance_key=instance.key,
            site_id=instance.site_id,
            definition_key=opened.definition_key,
            process_id=opened.process_id,
            element_id=opened.element_id,
            type=opened.type,
            headers=headers,
            variables=variables,
            retries=opened.retries,
            run_at=command.now,
            created_at=command.now,
        )
    )


def _project_subscriptions(
    command: Command, instance: ProcessInstance, of: dict[type, list[Any]]
) -> None:
    closed = [event.key for event in of.get(SubscriptionClosed, []) if not event.is_signal]
    opened = [event for event in of.get(SubscriptionOpened, []) if event.key not in closed]
    if closed:
        command.session.execute(
            delete(MessageSubscription).where(MessageSubscription.key.in_(closed))
        )
    for event in opened:
        command.session.add(
            MessageSubscription(
                key=event.key,
                instance_key=instance.key,
                site_id=instance.site_id,
                element_id=event.element_id,
                name=event.message_name,
                correlation_key=correlation(event.correlation_key),
                created_at=command.now,
            )
        )
    if opened:
        command.wake_workers()


def _project_signals(
    command: Command, instance: ProcessInstance, events: Sequence[Any], of: dict[type, list[Any]]
) -> None:
    """Keep who waits for a signal; a signal that was thrown goes to those who waited before, here and elsewhere."""
    closed = [event.key for event in of.get(SubscriptionClosed, []) if event.is_signal]
    if closed:
        gone = delete(SignalSubscription).where(SignalSubscription.key.in_(closed))
        command.session.execute(gone)
    for event in of.get(SignalAwaited, []):
        if event.key not in closed:
            command.session.add(
                SignalSubscription(
                    key=event.key,
                    instance_key=instance.key,
                    site_id=instance.site_id,
                    element_id=event.element_id,
                    name=event.signal_name[:LONGEST_KEY],
                    created_at=command.now,
                )
            )
    for thrown in of.get(SignalThrown, []):
        since = events[events.index(thrown) :]
        later = [event.key for event in since if isinstance(event, SignalAwaited)]
        signals.spread(command, instance.site_id, thrown.signal_name, thrown.variables, later=later)


def _project_incidents(
    command: Command, instance: ProcessInstance, of: dict[type, list[Any]]
) -> None:
    for event in of.get(IncidentOpened, []):
        _add_incident(
            command, instance, event.element_id, event.error_type, event.message, event.key
        )
    closed = [event.key for event in of.get(IncidentClosed, [])]
    if closed:
        command.session.execute(
            update(Incident)
            .where(Incident.element_key.in_(closed), Incident.resolved_at.is_(None))
            .values(resolved_at=command.now, resolved_by=command.actor.user_id)
        )


def _add_incident(
    command: Command,
    instance: ProcessInstance,
    element_id: str,
    error_type: str,
    message: str,
    element_key: int | None = None,
    job_key: int | None = None,
) -> Incident:
    incident = Incident(
        key=command.new_key(),
        instance_key=instance.key,
        site_id=instance.site_id,
        process_id=instance.process_id,
        definition_key=instance.definition_key,
        element_id=element_id,
        element_key=element_key,
        job_key=job_key,
        error_type=error_type,
        message=message[:4000],
        created_at=command.now,
    )
    command.session.add(incident)
    command.audit("incident.opened", element_id, on=instance, type=error_type, reason=message[:500])
    return incident


def record_incident(
    command: Command, instance: ProcessInstance, error: BudgetExceeded, job: Job | None = None
) -> Incident:
    """Write the incident of a run that was thrown away because it exceeded its budget; `job` is what set it off."""
    elements = error.params.get("element_ids") or [instance.process_id]
    return _add_incident(
        command,
        instance,
        elements[0],
        "BUDGET_EXCEEDED",
        error.message,
        job_key=job.key if job else None,
    )


def record_job_incident(
    command: Command, instance: ProcessInstance, job: Job, message: str
) -> Incident:
    """Write the incident of a job that has no retries left."""
    kinds = {
        TASK_LISTENER: "TASK_LISTENER_NO_RETRIES",
        LISTENER_EVENT: "EXECUTION_LISTENER_NO_RETRIES",
    }
    kind = next((kinds[header] for header in kinds if header in job.headers), "JOB_NO_RETRIES")
    return _add_incident(command, instance, job.element_id, kind, message, job.key, job.key)


def record_failure(
    command: Command, instance: ProcessInstance, element_id: str, message: str
) -> Incident:
    """Write the incident of an expression beside the way of the token, which nothing waits for."""
    return _add_incident(command, instance, element_id, "EXTRACT_VALUE_ERROR", message)


def _tell_canceled(
    command: Command, instance: ProcessInstance, of_tasks: Sequence[ColumnElement[bool]]
) -> None:
    """Tell whoever had a task that it is no longer wanted."""
    query = select(UserTask.name, UserTask.assignee_id, UserTask.owner_id, UserTask.state)
    people: dict[str, list[int]] = {}
    for step, *concerned, state in command.session.execute(query.where(*of_tasks)):
        asked = [one for one in concerned if one is not None and state != tasks.CREATING]
        people.setdefault(step, []).extend(asked)
    for step, user_ids in people.items():
        notifications.tell(command, user_ids, "task_canceled", instance=instance, step=step)


def _cancel_terminated(command: Command, instance: ProcessInstance, keys: list[int]) -> None:
    """Close what belonged to element instances that were terminated by an event or a cancellation."""
    if not keys:
        return
    session = command.session
    session.flush()
    of_tasks = (
        or_(UserTask.key.in_(keys), UserTask.root_key.in_(keys)),
        UserTask.state.in_(tasks.UNFINISHED),
    )
    _tell_canceled(command, instance, of_tasks)
    session.execute(
        update(UserTask)
        .where(*of_tasks)
        .values(state=tasks.CANCELED, completed_at=command.now, completed_by=None, check_at=None,
                version=UserTask.version + 1)
    )  # fmt: skip
    session.execute(delete(TaskCandidate).where(TaskCandidate.task_key.in_(keys)))
    session.execute(
        update(Job)
        .where(Job.key.in_(keys), Job.state != jobs.COMPLETED)
        .values(state=jobs.CANCELED, ended_at=command.now)
    )
    session.execute(delete(MessageSubscription).where(MessageSubscription.key.in_(keys)))
    session.execute(
        update(Incident)
        .where(Incident.element_key.in_(keys), Incident.resolved_at.is_(None))
        .values(resolved_at=command.now)
    )
