"""What signers do, and what their signatures set free: a signer's task has no token of its own (ADR 16)."""

from __future__ import annotations

from sqlalchemy.orm import Session

from engine.engine import Command
from engine.errors import WaitsForSigners
from engine.models.instance import ProcessInstance
from engine.models.task import COMPLETING, CREATED, CREATING, UserTask
from engine.staff import notifications
from engine.staff.access import Principal
from engine.tasks import family, progress
from engine.tasks.opinions import REJECT, Verdict
from engine.tasks.possession import stamp
from engine.tasks.progress import Completion
from engine.timing import clocks


def require_before_done(session: Session, task: UserTask) -> None:
    """Raise WaitsForSigners while a signer before the task has not signed."""
    waiting = [one for one in family.children(session, task) if one.position == family.BEFORE]
    if waiting:
        names = ", ".join(one.assignee.name for one in waiting if one.assignee)
        raise WaitsForSigners(people=names)


def hold(
    command: Command, instance: ProcessInstance, task: UserTask, principal: Principal | None
) -> Completion:
    """Keep what was submitted until the signers beside and after the task have signed; those after it begin now."""
    progress.act_for(task, principal)
    clocks.settle(command, task)
    for one in family.children(command.session, task):
        if one.state == CREATING:
            _open(command, instance, one, task)
    task.state = COMPLETING
    task.completed_by = command.actor.user_id
    task.assignee_id = task.assignee_id or command.actor.user_id
    task.check_at = None
    task.version += 1
    command.audit(
        "task.submitted", task.element_id, on=instance, task=str(task.key), **stamp(principal)
    )
    return Completion(task=task, instance=instance, ran=True, held=True)


def _open(command: Command, instance: ProcessInstance, signer: UserTask, task: UserTask) -> None:
    """Ask a signer whose turn it is; the time he has is what the task has left."""
    signer.state = CREATED
    signer.limit, signer.due_at, signer.escalation = task.limit, task.due_at, task.escalation
    signer.paused_seconds = task.paused_seconds
    signer.check_at = clocks.next_check(command.engine, command.session, task)
    signer.created_at = command.now
    signer.version += 1
    people = [signer.assignee_id] if signer.assignee_id is not None else []
    notifications.tell(command, people, "sign_asked", instance=instance, task=signer)


def sign(
    command: Command,
    instance: ProcessInstance,
    signer: UserTask,
    verdict: Verdict,
    principal: Principal | None,
) -> Completion:
    """Take a signer's verdict; the last one sets free what is held.

    A rejection of something held gives it back to who submitted it. When the process then runs on without end,
    the signer's task stays open and the verdict is kept as draft.
    """
    if signer.signers:
        signer.outcome, signer.opinion = verdict
        return hold(command, instance, signer, principal)
    freed = _freed(command.session, signer, verdict.outcome)
    root = freed[-1] if freed and freed[-1].parent_key is None else None
    done = progress.run(command, instance, root, root.submitted or {}) if root else None
    if root is not None and done is None:
        return progress.stopped(command, instance, signer, verdict._asdict())
    signer.outcome, signer.opinion = verdict
    progress.act_for(signer, principal)
    _finish(command, instance, signer, **stamp(principal))
    _set_free(command, instance, signer, freed, done, said=verdict.outcome)
    return Completion(task=signer, instance=instance, ran=True)


def release(command: Command, instance: ProcessInstance, removed: UserTask) -> bool:
    """Go on without a signer who was taken away; False, and nothing changed, when the process runs on without end."""
    freed = _freed(command.session, removed, None)
    root = freed[-1] if freed and freed[-1].parent_key is None else None
    done = progress.run(command, instance, root, root.submitted or {}) if root else None
    if root is not None and done is None:
        return False
    _set_free(command, instance, removed, freed, done)
    return True


def _freed(session: Session, signer: UserTask, outcome: str | None) -> list[UserTask]:
    """List the held tasks that are done once this signer is, from the nearest up."""
    freed: list[UserTask] = []
    one, said = signer, outcome
    while one.parent_key is not None and said != REJECT:
        parent = session.get_one(UserTask, one.parent_key)
        if parent.state != COMPLETING or parent.signers > 1:
            break
        freed.append(parent)
        one, said = parent, parent.outcome
    return freed


def _set_free(
    command: Command,
    instance: ProcessInstance,
    signer: UserTask,
    freed: list[UserTask],
    done: progress.Run | None,
    said: str | None = None,
) -> None:
    last = signer
    for held in freed:
        held.signers -= 1
        if held.parent_key is None and done is not None:
            clean = held.submitted or {}
            progress.settle(command, instance, held, clean, done, signed_by=command.actor.name)
            return
        _finish(command, instance, held)
        last, said = held, held.outcome
    _tell_parent(command, instance, last, said)


def _finish(command: Command, instance: ProcessInstance, signer: UserTask, **detail: str) -> None:
    progress.close(command, signer, None)
    command.audit(
        "task.signed",
        signer.element_id,
        on=instance,
        task=str(signer.key),
        outcome=signer.outcome,
        reason=signer.opinion or "",
        position=signer.position,
        **detail,
    )


def _tell_parent(
    command: Command, instance: ProcessInstance, signer: UserTask, said: str | None
) -> None:
    """Count the signer as done at its parent, and give back what a rejection stops."""
    if signer.parent_key is None:
        return
    parent = command.session.get_one(UserTask, signer.parent_key)
    parent.signers -= 1
    parent.version += 1
    people = [parent.completed_by or parent.assignee_id]
    kind = "task_signed"
    if parent.state == COMPLETING and said == REJECT:
        give_back(command, instance, parent)
        kind = "task_given_back"
    if said is not None:
        facts = {"by": command.actor.name, "outcome": said, "reason": signer.opinion}
        known = [one for one in people if one is not None]
        notifications.tell(command, known, kind, instance=instance, task=parent, **facts)


def give_back(command: Command, instance: ProcessInstance, task: UserTask) -> None:
    """Open a held task again; what was submitted stays on its row."""
    task.version += 1
    task.state = CREATED
    task.completed_by = task.acted_for = None
    task.check_at = clocks.next_check(command.engine, command.session, task)
    command.audit("task.given_back", task.element_id, on=instance, task=str(task.key))
