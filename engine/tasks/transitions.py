"""What listeners let pass is carried out, what one of them denies is given up (ADR 29).

The token of the user task keeps what somebody wanted; here it becomes what he would have done himself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from engine import executions, instances, projection
from engine.engine import Command
from engine.errors import BudgetExceeded
from engine.models.instance import ProcessInstance
from engine.models.job import Incident, Job
from engine.models.task import ASSIGNING, COMPLETING, CREATED, CREATING, UPDATING, UserTask
from engine.runtime import Execution, TransitionReady
from engine.staff import notifications
from engine.task_attributes import ASSIGNEE, TASK_KEY
from engine.tasks import changes, holding, possession, progress, rights
from engine.timing import clocks

DENIED = "denied"
LONGEST_REASON = 500


class Answer(NamedTuple):
    """What a task listener says: whether it denies what was wanted, why, and which attributes of the task it corrects."""

    denied: bool = False
    reason: str = ""
    corrections: Mapping[str, Any] = {}


def heard(command: Command, instance: ProcessInstance, job: Job, answer: Answer) -> Incident | None:
    """Take the answer of a task listener whose job is locked; after the last, what was held is carried out.

    Gives the incident when the process then runs on without end: the job may be tried again. Raises Rejected for what
    cannot be denied or corrected.
    """
    task = command.session.get_one(UserTask, int(job.headers[TASK_KEY]))
    execution = executions.load(command, instance)
    if answer.denied:
        _deny(command, instance, job, task, execution, answer.reason.strip()[:LONGEST_REASON])
        return None
    execution.correct(job.key, _checked(command, task, job, answer.corrections))
    try:
        execution.complete(job.key, {})
        carry_out(command, execution)
    except BudgetExceeded as error:
        return projection.record_incident(command, instance, error, job)
    instances.save(command, instance, execution)
    return None


def _checked(
    command: Command, task: UserTask, job: Job, corrections: Mapping[str, Any]
) -> dict[str, Any]:
    """Give what a listener corrects, as the token keeps it. Raises Rejected."""
    found = dict(corrections)
    username = found.get(ASSIGNEE)
    if username:
        user = rights.colleague(command.session, username, task, anyone=True)
        rights.require_distinct(command, task, user.id)
    whose = {ASSIGNEE: username or None} if ASSIGNEE in found else {}
    return whose | changes.checked(command, task, found)


def carry_out(command: Command, execution: Execution) -> None:
    """Do what all listeners have let pass; whoever calls it saves the instance. Raises BudgetExceeded."""
    for ready in [one for one in execution.events if isinstance(one, TransitionReady)]:
        execution.events.remove(ready)
        task = command.session.get_one(UserTask, ready.key)
        _CARRIED_OUT[ready.transition](command, execution, task, ready)


def _create(command: Command, execution: Execution, task: UserTask, ready: TransitionReady) -> None:
    """Open the task, or ask first whether whom the diagram names may have it."""
    changes.write(command, task, ready.changes)
    if ready.held and holding.listens(task, ASSIGNING):
        wanted = {ASSIGNEE: ready.changes[ASSIGNEE]}
        execution.hold(task.key, ASSIGNING, "assign", wanted, {})
        task.state = ASSIGNING
    else:
        _open(command, task, ready)


def _open(command: Command, task: UserTask, ready: TransitionReady) -> None:
    _reopen(command, task)
    if ASSIGNEE in ready.changes:
        task.assignee_id = _whose(command, task, ready.changes)


def _reopen(command: Command, task: UserTask) -> None:
    task.state = CREATED
    task.check_at = clocks.next_check(command.engine, command.session, task)


def _whose(command: Command, task: UserTask, wanted: Mapping[str, Any]) -> int | None:
    username = wanted[ASSIGNEE]
    instance = command.session.get_one(ProcessInstance, task.instance_key)
    return projection.drawn_assignee(command, instance, username) if username else None


def _assign(
    command: Command, _execution: Execution, task: UserTask, ready: TransitionReady
) -> None:
    """Give the task to whom it was meant for or to whom a listener chose, and tell people as if it had been at once."""
    held = ready.held
    if held:
        whose, detail = _whose(command, task, ready.changes), dict(held["detail"])
        tell = [
            possession.Word(_instead(people, held["whose"], whose), kind, facts)
            for people, kind, facts in held["tell"]
        ]
        if whose != held["whose"]:
            detail["corrected"] = ready.changes[ASSIGNEE] or ""
        task.state = CREATED
        possession.settle(
            command,
            task,
            whose,
            held["action"],
            held["owner"],
            tell,
            asked_by=held["name"],
            **detail,
        )
    else:  # it opens with an assignee
        _open(command, task, ready)
    changes.write(command, task, ready.changes)


def _instead(people: Sequence[int], meant: int | None, whose: int | None) -> list[int]:
    chosen = [whose if one == meant else one for one in people]
    return [one for one in chosen if one is not None]


def _update(
    command: Command, _execution: Execution, task: UserTask, ready: TransitionReady
) -> None:
    task.state = CREATED
    changes.write(command, task, ready.changes)
    if ASSIGNEE in ready.changes:
        task.assignee_id = _whose(command, task, ready.changes)
    changes.note(command, task, {**ready.held["detail"], "asked_by": ready.held["name"]})


def _complete(
    command: Command, execution: Execution, task: UserTask, ready: TransitionReady
) -> None:
    instance = command.session.get_one(ProcessInstance, task.instance_key)
    clean = task.submitted or {}
    done = progress.feed(command, instance, task, clean, execution)
    changes.write(command, task, ready.changes)
    if ASSIGNEE in ready.changes:
        task.assignee_id = _whose(command, task, ready.changes)
    progress.conclude(command, instance, task, clean, done, asked_by=ready.held["name"])


_CARRIED_OUT = {CREATING: _create, ASSIGNING: _assign, UPDATING: _update, COMPLETING: _complete}


def _deny(
    command: Command,
    instance: ProcessInstance,
    job: Job,
    task: UserTask,
    execution: Execution,
    reason: str,
) -> None:
    """Let the task be as before, and tell who wanted something else why."""
    event, held = execution.deny(job.key)
    job.headers = {**job.headers, DENIED: reason}
    if event == COMPLETING:
        task.completed_by = task.acted_for = task.outcome = task.opinion = None
        task.assignee_id = held["assignee"]
    _reopen(command, task)
    task.version += 1
    command.audit(
        "task.denied", task.element_id, on=instance, task=str(task.key), event=event, reason=reason
    )
    people = [held["by"]] if held.get("by") is not None else []
    notifications.tell(command, people, "task_denied", instance=instance, task=task, reason=reason)
    instances.save(command, instance, execution)
