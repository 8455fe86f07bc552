"""A submission on its way into the process: run the instance, close the task, keep what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import delete

from engine import executions, instances, projection
from engine.engine import Command
from engine.errors import BudgetExceeded
from engine.models.instance import ProcessInstance
from engine.models.task import COMPLETED, COMPLETING, TaskCandidate, UserTask
from engine.runtime import Execution
from engine.staff import copies
from engine.staff.access import Actor, Principal, load_actor
from engine.tasks import holding, outcomes
from engine.tasks.drafts import save_draft
from engine.timing import clocks


@dataclass(frozen=True, kw_only=True)
class Completion:
    """What a completion led to.

    `ran` is false when the process could not run on, `held` true when what was submitted waits for signers or listeners.
    """

    task: UserTask
    instance: ProcessInstance
    ran: bool
    held: bool = False


class Run(NamedTuple):
    """An execution that took a submission and waits to be saved, and who gets a copy; or it is `held` by listeners."""

    execution: Execution
    readers: Sequence[int]
    held: bool = False


def run(
    command: Command,
    instance: ProcessInstance,
    task: UserTask,
    clean: Mapping[str, Any],
    execution: Execution | None = None,
) -> Run | None:
    """Give a task's clean variables to the process; None with an incident, and nothing else changed, when it never waits.

    Listeners of its completion are asked first: until they let it pass, what was submitted is held.
    """
    execution = execution or executions.load(command, instance)
    if holding.listens(task, COMPLETING):
        by = task.completed_by or command.actor.user_id
        held = {"by": by, "name": command.actor.name, "assignee": task.assignee_id}
        execution.hold(task.key, COMPLETING, "complete", {}, held)
        return Run(execution, (), held=True)
    try:
        return feed(command, instance, task, clean, execution)
    except BudgetExceeded as error:
        projection.record_incident(command, instance, error)
        return None


def feed(
    command: Command,
    instance: ProcessInstance,
    task: UserTask,
    clean: Mapping[str, Any],
    execution: Execution,
) -> Run:
    """Complete a user task in memory, whoever listens. Raises BudgetExceeded."""
    readers = copies.readers(command, instance, task, execution, clean)
    veto = outcomes.vetoes(_who_decided(command, task), task)
    execution.complete(task.key, clean, outcome=task.outcome, veto=veto)
    return Run(execution, readers if copies.is_over(instance, task, execution) else ())


def _who_decided(command: Command, task: UserTask) -> Actor:
    """Who submitted the task, though somebody else signs last."""
    by = task.completed_by
    if by is None or by == command.actor.user_id or "vote" not in task.properties:
        return command.actor
    return load_actor(command.session, by, command.now) or command.actor


def stopped(
    command: Command, instance: ProcessInstance, task: UserTask, typed: Mapping[str, Any]
) -> Completion:
    """Keep as the actor's draft what the process could not take."""
    save_draft(command, f"task:{task.key}", dict(typed))
    return Completion(task=task, instance=instance, ran=False)


def settle(
    command: Command,
    instance: ProcessInstance,
    task: UserTask,
    clean: Mapping[str, Any],
    done: Run,
    **detail: Any,
) -> None:
    """Close a task whose submission the process took, or keep it while listeners hold it, and save the instance."""
    if done.held:
        _wait(command, instance, task, dict(clean), **detail)
    else:
        _close(command, instance, task, clean, **detail)
    instances.save(command, instance, done.execution)
    copies.deliver(command, instance, task, done.readers)


def _wait(
    command: Command,
    instance: ProcessInstance,
    task: UserTask,
    clean: dict[str, Any],
    **detail: Any,
) -> None:
    clocks.settle(command, task)
    task.state, task.submitted, task.check_at = COMPLETING, clean, None
    task.completed_by = task.completed_by or command.actor.user_id
    task.version += 1
    command.audit(
        "task.held", task.element_id, on=instance, task=str(task.key), doing="complete", **detail
    )


def conclude(
    command: Command,
    instance: ProcessInstance,
    task: UserTask,
    clean: Mapping[str, Any],
    done: Run,
    **detail: Any,
) -> None:
    """Close a task that the process took after its listeners; who calls it saves the instance."""
    _close(command, instance, task, clean, **detail)
    copies.deliver(command, instance, task, done.readers)


def _close(
    command: Command,
    instance: ProcessInstance,
    task: UserTask,
    clean: Mapping[str, Any],
    **detail: Any,
) -> None:
    close(command, task, dict(clean))
    command.audit(
        "task.completed",
        task.element_id,
        on=instance,
        task=str(task.key),
        fields=sorted(clean),
        **_decided(task),
        **detail,
    )


def _decided(task: UserTask) -> dict[str, str]:
    said = {"reason": task.opinion} if task.opinion else {}
    return {"outcome": task.outcome, "reason": ""} | said if task.outcome else said


def act_for(task: UserTask, principal: Principal | None) -> None:
    """Stamp a task as done for somebody else, and let it be his where nobody had claimed it."""
    if principal is not None:
        task.acted_for = principal.user_id
        task.assignee_id = task.assignee_id or principal.user_id


def close(command: Command, task: UserTask, submitted: dict[str, Any] | None) -> None:
    """Mark a locked task as completed with what was submitted, by the actor unless somebody submitted it before."""
    clocks.settle(command, task)
    task.state = COMPLETED
    task.completed_by = task.completed_by or command.actor.user_id
    task.assignee_id = task.assignee_id or task.completed_by
    task.completed_at = command.now
    task.submitted = submitted
    task.check_at = None
    task.version += 1
    if task.candidate_group is None and task.parent_key is None:
        command.session.execute(delete(TaskCandidate).where(TaskCandidate.task_key == task.key))
